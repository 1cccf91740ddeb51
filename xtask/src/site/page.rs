//! From a document to a page.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use comrak::{Anchorizer, Arena, Node, Options, format_html, nodes::NodeValue, parse_document};

use super::{
    links::{Links, Target},
    pages::{Group, Language, Page},
};

const FRAME: &str = include_str!("../../site/page.html");

/// A document that can be asked for its headings.
#[derive(Debug)]
pub struct Parsed(String);

impl Parsed {
    pub fn new(markdown: String) -> Self {
        Self(markdown)
    }

    /// The names of its headings in links, as GitHub makes them.
    pub fn anchors(&self) -> BTreeSet<String> {
        let mut names = Anchorizer::new();
        let headings = self.headings();
        headings.iter().map(|text| names.anchorize(text)).collect()
    }

    /// Its first heading.
    pub fn title(&self) -> String {
        self.headings().into_iter().next().unwrap_or_default()
    }

    fn headings(&self) -> Vec<String> {
        let arena = Arena::new();
        parse_document(&arena, &self.0, &options())
            .descendants()
            .filter(|node| matches!(node.data().value, NodeValue::Heading(_)))
            .map(|node| node.collect_text())
            .collect()
    }

    /// Its HTML, with links to where things are on the site.
    pub fn render(&self, page: &Page, links: &mut Links) -> Result<String> {
        let arena = Arena::new();
        let document = parse_document(&arena, &self.0, &options());
        let nodes: Vec<Node<'_>> = document.descendants().collect();
        for node in nodes {
            let url = match &node.data().value {
                NodeValue::Link(link) | NodeValue::Image(link) => link.url.clone(),
                NodeValue::SoftBreak => {
                    // A blank between two Chinese characters, where only the source's line ended.
                    let chinese = |side: Option<char>| side.is_some_and(is_chinese);
                    let text = |near: Option<Node<'_>>| near.map(|node| node.collect_text());
                    let before = text(node.previous_sibling()).and_then(|t| t.chars().next_back());
                    let after = text(node.next_sibling()).and_then(|t| t.chars().next());
                    if chinese(before) && chinese(after) {
                        node.detach();
                    }
                    continue;
                }
                NodeValue::HtmlInline(html) => {
                    check_html(page, html)?;
                    continue;
                }
                NodeValue::HtmlBlock(block) => {
                    check_html(page, &block.literal)?;
                    continue;
                }
                _ => continue,
            };
            match links.follow(&page.source, &url) {
                Target::Outside => {}
                Target::Site(address) => {
                    let from = page.address.as_deref().unwrap_or_default();
                    if let NodeValue::Link(link) | NodeValue::Image(link) =
                        &mut node.data_mut().value
                    {
                        link.url = relative(from, &address);
                    }
                }
                Target::Directory => {
                    // Its text stays.
                    while let Some(child) = node.first_child() {
                        node.insert_before(child);
                    }
                    node.detach();
                }
            }
        }
        let mut html = String::new();
        format_html(document, &options(), &mut html)?;
        // What is wider than a phone is moved sideways, by the keyboard too.
        Ok(html
            .replace("<table>", "<div class=\"scroll\" tabindex=\"0\"><table>")
            .replace("</table>", "</table></div>")
            .replace("<pre>", "<pre tabindex=\"0\">"))
    }
}

/// Characters of Chinese, and its punctuation.
fn is_chinese(c: char) -> bool {
    ('\u{2e80}'..='\u{ffef}').contains(&c)
}

/// Comments alone, as HTML would be left out.
fn check_html(page: &Page, html: &str) -> Result<()> {
    if html.trim_start().starts_with("<!--") {
        return Ok(());
    }
    bail!("{}: HTML is not shown: {}", page.source, html.trim())
}

fn options() -> Options<'static> {
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.autolink = true;
    options.extension.strikethrough = true;
    options.extension.tasklist = true;
    options.extension.alerts = true;
    options.extension.cjk_friendly_emphasis = true;
    options.extension.header_id_prefix = Some(String::new());
    options
}

/// A link from one file of the site to another.
pub fn relative(from: &str, to: &str) -> String {
    "../".repeat(from.matches('/').count()) + to
}

/// What surrounds the text, in its language.
struct Words {
    tag: &'static str,
    name: &'static str,
    home: &'static str,
    index: &'static str,
    contents: &'static str,
    search: &'static str,
    none: &'static str,
    examples: &'static str,
    project: &'static str,
}

const ZH: Words = Words {
    tag: "zh-CN",
    name: "中文",
    home: "zh/index.html",
    index: "首页",
    contents: "目录",
    search: "搜索",
    none: "没有找到",
    examples: "示例",
    project: "给贡献者（英文）",
};

const EN: Words = Words {
    tag: "en",
    name: "English",
    home: "en/index.html",
    index: "Home",
    contents: "Contents",
    search: "Search",
    none: "Nothing found",
    examples: "Examples (Chinese first)",
    project: "For contributors",
};

fn words(language: Language) -> &'static Words {
    match language {
        Language::Zh => &ZH,
        Language::En => &EN,
    }
}

/// The list of pages beside a page.
pub fn navigation(page: &Page, pages: &[Page], titles: &[String]) -> String {
    let words = words(page.language);
    let from = page.address.as_deref().unwrap_or_default();
    let list = |group: Group| {
        let items = pages.iter().zip(titles).filter_map(|(other, title)| {
            let address = other.address.as_deref()?;
            if other.group != group || group == Group::Guide && other.language != page.language {
                return None;
            }
            let title = if address == words.home {
                words.index
            } else {
                title
            };
            let here = if address == from {
                " aria-current=\"page\""
            } else {
                ""
            };
            Some(format!(
                "<li><a href=\"{}\"{here}>{}</a></li>\n",
                relative(from, address),
                escaped(title)
            ))
        });
        items.collect::<String>()
    };
    let mut html = format!("<ul>\n{}</ul>\n", list(Group::Guide));
    for (name, group) in [
        (words.examples, Group::Example),
        (words.project, Group::Project),
    ] {
        let items = list(group);
        if !items.is_empty() {
            html += &format!("<h2>{name}</h2>\n<ul>\n{items}</ul>\n");
        }
    }
    html
}

/// The whole page.
pub fn html(page: &Page, pages: &[Page], title: &str, body: &str, navigation: &str) -> String {
    let words = words(page.language);
    let other = match page.language {
        Language::Zh => &EN,
        Language::En => &ZH,
    };
    let from = page.address.as_deref().unwrap_or_default();
    // The same page in the other language, or the first one.
    let twin = from.split_once('/').map(|(_, name)| {
        let (folder, _) = other.home.split_once('/').unwrap_or_default();
        format!("{folder}/{name}")
    });
    let twin = twin.filter(|twin| {
        page.group == Group::Guide && pages.iter().any(|p| p.address.as_ref() == Some(twin))
    });
    let parts = [
        ("language", words.tag.to_owned()),
        ("title", escaped(title)),
        ("root", relative(from, "")),
        ("home", relative(from, words.home)),
        ("search", words.search.to_owned()),
        ("none", words.none.to_owned()),
        ("contents", words.contents.to_owned()),
        (
            "other",
            relative(from, twin.as_deref().unwrap_or(other.home)),
        ),
        ("other_language", other.tag.to_owned()),
        ("other_name", other.name.to_owned()),
        ("navigation", navigation.to_owned()),
        ("body", body.to_owned()),
    ];
    // The body last: what it says in braces stays.
    parts.iter().fold(FRAME.to_owned(), |html, (name, value)| {
        html.replace(&format!("{{{name}}}"), value)
    })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}
