//! JSON as WeChat writes it.

use serde::de::DeserializeOwned;

/// Reads JSON, also where a string holds control characters as they are: WeChat puts nicknames
/// into its texts without escaping them, which JSON forbids.
pub fn parse<T: DeserializeOwned>(text: &[u8]) -> serde_json::Result<T> {
    serde_json::from_slice(text).or_else(|_| serde_json::from_slice(&escaped(text)))
}

fn escaped(text: &[u8]) -> Vec<u8> {
    let (mut in_string, mut after_backslash) = (false, false);
    let mut result = Vec::with_capacity(text.len());
    for &byte in text {
        if in_string && byte < b' ' {
            let hex = |digit: u8| char::from_digit(digit.into(), 16).unwrap_or('0') as u8;
            result.extend([b'\\', b'u', b'0', b'0', hex(byte >> 4), hex(byte & 15)]);
            after_backslash = false;
            continue;
        }
        if byte == b'"' && !after_backslash {
            in_string = !in_string;
        }
        after_backslash = in_string && byte == b'\\' && !after_backslash;
        result.push(byte);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::parse;
    use serde_json::{Value, json};

    #[test]
    fn control_characters_in_strings_are_read_and_nothing_else_is_bent() {
        let read = |text: &str| parse::<Value>(text.as_bytes()).ok();
        let text = "{\n\"a\": \"x\u{7}\n\\\"y\u{1f}\",\r\n\"b\\\\\": [1]}";
        let value = json!({ "a": "x\u{7}\n\"y\u{1f}", "b\\": [1] });
        assert_eq!(read(text), Some(value));
        assert_eq!(read("{\u{7}}"), None);
        assert_eq!(read("{\"a\": \"\u{7}"), None);
    }
}
