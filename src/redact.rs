//! What no text may show: tokens, codes, keys and phone numbers (rule 16).

/// Replaces what may be a secret in a text of wx or the server: the `known` ones wherever they
/// stand, before all else, then long runs that look like a token, code or key, and digits that look
/// like a phone number. WeChat's numbers of requests and host names stay.
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
    let kept = kept(run.as_bytes(), out.as_bytes());
    let (kept, rest) = run.split_at_checked(kept).unwrap_or(("", run));
    out.push_str(kept);
    out.push_str(if suspicious(rest.as_bytes()) {
        HIDDEN
    } else {
        rest
    });
    run.clear();
}

/// How many bytes of a run support asks for: all of WeChat's number of a request, or a host name
/// before its path. A full stop may end the sentence there.
fn kept(run: &[u8], before: &[u8]) -> usize {
    let word = run.strip_suffix(b".").unwrap_or(run);
    let before = before.trim_ascii_end();
    let is_id = if before.ends_with(b"req_id:") {
        let of_id = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        word.len() <= 24 && word.iter().all(of_id) && !digits_in_a_row(word, 8)
    } else {
        let group = |group: &[u8]| group.len() == 8 && group.iter().all(u8::is_ascii_hexdigit);
        before.ends_with(b"rid:") && word.len() == 26 && word.split(|b| *b == b'-').all(group)
    };
    if is_id {
        return word.len();
    }
    let slashes = word.iter().take_while(|b| **b == b'/').count();
    let host = word.split(|b| *b == b'/').nth(slashes).unwrap_or_default();
    if is_host(host) {
        slashes + host.len()
    } else {
        0
    }
}

/// Lower case, and the last label of letters only: JWTs and most tokens with dots are neither. A
/// label that would be hidden by itself is no host's either, but for what clouds number theirs
/// with: `bucket-1250000000`.
fn is_host(host: &[u8]) -> bool {
    let label = |label: &[u8]| {
        let of_host = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-';
        let phone = if label.iter().all(u8::is_ascii_digit) {
            8
        } else {
            11
        };
        (1..=63).contains(&label.len())
            && label.iter().all(of_host)
            && !digits_in_a_row(label, phone)
            && !label.split(|b| *b == b'-').any(mixed)
    };
    let mut labels = host.rsplit(|b| *b == b'.');
    labels
        .next()
        .is_some_and(|last| !last.is_empty() && last.iter().all(u8::is_ascii_lowercase))
        && host.contains(&b'.')
        && labels.all(label)
}

/// A phone number has at least 8 digits in a row; a token or key is long and mixes letters and
/// digits, or is padded base64.
fn suspicious(run: &[u8]) -> bool {
    let padded =
        run.ends_with(b"=") || (run.contains(&b'+') && run.iter().any(u8::is_ascii_alphabetic));
    digits_in_a_row(run, 8) || mixed(run) || (run.len() >= 16 && padded)
}

/// Names like `ERR_CONNECTION_TIMED_OUT` are long too, but have no digit.
fn mixed(run: &[u8]) -> bool {
    run.len() >= 16 && run.iter().any(u8::is_ascii_digit) && run.iter().any(u8::is_ascii_alphabetic)
}

fn digits_in_a_row(run: &[u8], count: usize) -> bool {
    run.windows(count)
        .any(|window| window.iter().all(u8::is_ascii_digit))
}
