//! What no text may show: tokens, codes, keys and phone numbers (rule 16).

/// Replaces what may be a secret in a text of wx or the server: the `known` ones wherever they
/// stand, long runs that look like a token, code or key, and digits that look like a phone number.
pub fn redact(text: &str, known: &[&str]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut run = String::new();
    let mut known_end = 0;
    for (at, c) in text.char_indices() {
        if at < known_end {
            continue;
        }
        let rest = text.as_bytes().get(at..).unwrap_or_default();
        let secret = known
            .iter()
            .find(|secret| !secret.is_empty() && rest.starts_with(secret.as_bytes()));
        if secret.is_none()
            && (c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '-' | '_' | '.' | '~'))
        {
            run.push(c);
            continue;
        }
        flush(&mut run, &mut out);
        match secret {
            Some(secret) => {
                out.push_str(HIDDEN);
                known_end = at + secret.len();
            }
            None => out.push(c),
        }
    }
    flush(&mut run, &mut out);
    out
}

const HIDDEN: &str = "[redacted]";

fn flush(run: &mut String, out: &mut String) {
    out.push_str(if suspicious(run.as_bytes()) {
        HIDDEN
    } else {
        run
    });
    run.clear();
}

/// A phone number has at least 8 digits in a row; a token or key is long and mixes letters and
/// digits, or is padded base64. Names like `ERR_CONNECTION_TIMED_OUT` are long
/// too, but have no digit.
fn suspicious(run: &[u8]) -> bool {
    let has = |is: fn(&u8) -> bool| run.iter().any(is);
    let (digits, letters) = (has(u8::is_ascii_digit), has(u8::is_ascii_alphabetic));
    let padded = run.ends_with(b"=") || (has(|b| *b == b'+') && letters);
    let phone = run
        .windows(8)
        .any(|window| window.iter().all(u8::is_ascii_digit));
    phone || (run.len() >= 16 && ((digits && letters) || padded))
}
