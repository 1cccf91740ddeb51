//! Nicknames, cleaned of what nobody can see.

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};
use unicode_segmentation::UnicodeSegmentation;

/// As long as WeChat lets nicknames be, in what a reader counts as characters.
pub const LENGTH: usize = 32;
/// One such character can be made of any number of marks.
const BYTES: usize = 1024;
/// Invisible, but what holds a family emoji together.
const JOINER: char = '\u{200d}';

/// `text` without control, format and unassigned characters, and without blanks around it.
pub fn clean(text: &str) -> String {
    let visible = text.graphemes(true).flat_map(|grapheme| {
        let end = grapheme.len();
        grapheme.char_indices().filter_map(move |(at, c)| {
            let joins = c == JOINER && at > 0 && at + c.len_utf8() < end;
            (joins || is_visible(c)).then_some(c)
        })
    });
    visible.collect::<String>().trim().to_owned()
}

/// Whether `text` is no longer than a nickname may be.
pub fn fits(text: &str) -> bool {
    text.len() <= BYTES && text.graphemes(true).count() <= LENGTH
}

/// As much of `text` as fits.
pub fn cut(text: &str) -> &str {
    let mut ends = text
        .grapheme_indices(true)
        .map(|(at, part)| at + part.len());
    let fitting = ends.by_ref().take(LENGTH).take_while(|end| *end <= BYTES);
    &text[..fitting.last().unwrap_or_default()]
}

fn is_visible(c: char) -> bool {
    use GeneralCategory::{Control, Format, Unassigned};
    !matches!(c.general_category(), Control | Format | Unassigned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAMILY: &str = "👨\u{200d}👩\u{200d}👧\u{200d}👦";

    #[test]
    fn what_cannot_be_seen_goes_and_families_stay_together() {
        assert_eq!(clean(" a\u{7}b\u{202e}c\u{200d}\u{feff}\u{378} "), "abc");
        assert_eq!(clean("\u{200b}\u{2066}"), "");
        assert_eq!(clean(FAMILY), FAMILY);
        assert_eq!(clean("小伊 é 👍🏽"), "小伊 é 👍🏽");
    }

    #[test]
    fn length_is_what_a_reader_counts() {
        assert!(fits(&FAMILY.repeat(LENGTH)));
        assert!(!fits(&FAMILY.repeat(LENGTH + 1)));
        assert_eq!(cut(&FAMILY.repeat(LENGTH + 1)), FAMILY.repeat(LENGTH));
        assert_eq!(cut("小伊"), "小伊");
        assert!(
            !fits(&format!("a{}", "\u{301}".repeat(BYTES))),
            "one character of marks"
        );
        assert_eq!(cut(&format!("a{}", "\u{301}".repeat(BYTES))), "");
    }
}
