use super::{
    links::{Links, Target},
    page::{Parsed, relative},
    pages::all,
};
use crate::{files::write, sh::root};

const PAGE: &str = "\
# Title

## Two `words`, and one
## 登录 与 隐私协议
## 登录 与 隐私协议
";

fn links() -> anyhow::Result<Links> {
    let mut links = Links::new(root());
    for page in all(&root())? {
        links.add(&page, Parsed::new(PAGE.to_owned()).anchors());
    }
    Ok(links)
}

#[test]
fn a_link_leads_to_a_page_a_heading_or_a_file() -> anyhow::Result<()> {
    let mut links = links()?;
    let site = |address: &str| Target::Site(address.to_owned());
    let cases = [
        ("../en/servers.md", site("en/servers.html")),
        (
            "servers.md#two-words-and-one",
            site("zh/servers.html#two-words-and-one"),
        ),
        (
            "#登录-与-隐私协议-1",
            site("zh/servers.html#登录-与-隐私协议-1"),
        ),
        ("../../README.zh-CN.md", site("zh/index.html")),
        ("../design.md", site("project/design.html")),
        ("../../tests", site("project/tests.html")),
        ("../../Cargo.toml", site("files/Cargo.toml.txt")),
        ("../demo-break.png", site("files/docs/demo-break.png")),
        ("../../examples/servers", Target::Directory),
        ("https://example.com/#x", Target::Outside),
    ];
    for (url, target) in cases {
        assert_eq!(links.follow("docs/zh/servers.md", url), target, "{url}");
    }
    assert_eq!(links.problems, Vec::<String>::new());
    Ok(())
}

#[test]
fn a_link_that_leads_nowhere_is_noted() -> anyhow::Result<()> {
    let mut links = links()?;
    let wrong = [
        "servers.mdx",
        "nothing.md",
        "servers.md#nothing",
        "#Title",
        "../../Cargo.toml#L1",
        "../../../outside.md",
        "../../pkg/index.js",
        "/docs/zh/servers.md",
        "http://example.com",
        "mailto:somebody@example.com",
        "file:///etc/passwd",
    ];
    for url in wrong {
        links.follow("docs/zh/servers.md", url);
    }
    assert_eq!(links.problems.len(), wrong.len(), "{:?}", links.problems);
    Ok(())
}

#[test]
fn a_page_for_users_is_there_in_both_languages_and_in_the_navigation() -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let at = |path: &str| dir.path().join(path);
    for folder in ["docs/zh", "docs/en"] {
        std::fs::create_dir_all(at(folder))?;
    }
    for file in [
        "README.md",
        "README.zh-CN.md",
        "docs/zh/faq.md",
        "docs/en/faq.md",
    ] {
        write(&at(file), "# T\n")?;
    }
    assert_eq!(all(dir.path())?.len(), 4);
    std::fs::remove_file(at("docs/en/faq.md"))?;
    assert!(all(dir.path()).is_err());
    write(&at("docs/en/faq.md"), "# T\n")?;
    write(&at("docs/zh/other.md"), "# T\n")?;
    write(&at("docs/en/other.md"), "# T\n")?;
    assert!(all(dir.path()).is_err());
    Ok(())
}

#[test]
fn links_on_the_site_are_relative() {
    assert_eq!(
        relative("zh/index.html", "en/index.html"),
        "../en/index.html"
    );
    assert_eq!(relative("index.html", "site.css"), "site.css");
}
