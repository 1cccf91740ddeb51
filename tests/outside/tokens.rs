//! Tokens: their age, their records in the storage, and the dates that a JWT tells.

use miniprogram_login::token::{Age, Record, Token, dates_of_jwt, is_token, without_scheme};
use miniprogram_login::value::Value;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

use crate::cases;
use crate::json::Json;
use crate::jwt::{base64url, jwt};
use crate::shapes::shape;

/// The largest whole number that JavaScript's can tell from the next one.
const SAFE: u64 = (1 << 53) - 1;

/// A number as the storage may give it back.
fn number() -> impl Strategy<Value = f64> {
    let odd = select(&[-1.0, 0.5, f64::NAN, f64::INFINITY, 1e300, -0.0][..]);
    prop_oneof![6 => (0..SAFE).prop_map(|whole| whole as f64), 1 => odd, 1 => any::<f64>()]
}

/// A claim that should be a NumericDate.
fn claim() -> impl Strategy<Value = serde_json::Value> {
    prop_oneof![
        4 => (0..4_000_000_000u32).prop_map(|whole| json!(whole)),
        1 => any::<f64>().prop_map(|number| json!(number)),
        1 => any::<i64>().prop_map(|whole| json!(whole)),
        1 => (0..4_000_000_000u32).prop_map(|whole| json!(whole.to_string())),
        1 => shape(),
    ]
}

fn date(claim: &serde_json::Value) -> Option<i64> {
    let number = Json(claim.clone()).number()?;
    (number.abs() < 1e15).then_some(number.trunc() as i64)
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn age_only_grows(life in option::of(any::<u64>()), received in any::<u64>(), margin in any::<u64>(), a in any::<u64>(), b in any::<u64>()) {
        let token = Token { value: String::new(), received, life, given: false };
        let rank = |now| match token.age(now, margin) {
            Age::Fresh => 0,
            Age::Ageing => 1,
            Age::Expired => 2,
        };
        prop_assert!(rank(a.min(b)) <= rank(a.max(b)));
        prop_assert_eq!(token.age(a, 0) == Age::Expired, token.age(a, margin) == Age::Expired, "the margin ends no life");
        prop_assert!(life.is_some() || rank(a) == 0);
    }

    #[test]
    fn records_are_ours_or_nothing(
        version in 0..3u32, binding in "[ab]{1}", token in prop_oneof!["[A-Za-z0-9._-]{0,20}", any::<String>()],
        received in number(), life in number(), now in any::<u64>(),
    ) {
        let whole = |number: f64| number >= 0.0 && number.fract() == 0.0 && number <= u64::MAX as f64;
        let record = Record { version, binding: binding.clone(), token: token.clone(), received, life, given: false };
        let ours = version == Record::VERSION && binding == "a" && is_token(&token) && whole(received) && whole(life);
        let over = life > 0.0 && now.saturating_sub(received as u64) >= life as u64;
        let restored = record.token("a");
        prop_assert_eq!(restored.is_some(), ours);
        if let Some(restored) = restored {
            prop_assert_eq!(restored.age(now, 0) == Age::Expired, over);
            prop_assert_eq!((restored.received, restored.life.unwrap_or(0)), (received as u64, life as u64));
            prop_assert_eq!(restored.value, token);
        }
    }

    #[test]
    fn a_record_brings_its_token_back(value in "[A-Za-z0-9._-]{1,60}", received in 0..SAFE, life in option::of(1..SAFE)) {
        let token = Token { value, received, life, given: false };
        let record = Record::read(&Json(json!(Record::new(&token, "b"))));
        prop_assert_eq!(record.and_then(|record| record.token("b")), Some(token));
    }

    #[test]
    fn what_is_stored_may_have_any_shape(stored in shape(), name in select(&["version", "binding", "token", "received", "life"][..])) {
        prop_assert!(Record::read(&Json(stored.clone())).is_none());
        let token = Token { value: "t".into(), received: 1, life: None, given: false };
        let mut record = json!(Record::new(&token, "b"));
        record[name] = stored;
        if let Some(record) = Record::read(&Json(record)) {
            // Of another type than it was written with, it is still a record or
            // none; never a panic.
            let _ = record.token("b");
        }
    }

    #[test]
    fn a_token_stands_in_a_header(text in any::<String>(), plain in "[!-~]{1,60}", scheme in "(?i)bearer", blanks in " {1,3}") {
        prop_assert!(is_token(&plain));
        if is_token(&text) {
            prop_assert!(text.bytes().all(|byte| byte.is_ascii_graphic()));
        }
        prop_assert_eq!(without_scheme(&plain, "Bearer"), &plain);
        let with_scheme = format!("{blanks}{scheme}{blanks}{plain}");
        prop_assert_eq!(without_scheme(&with_scheme, "Bearer"), &plain);
    }

    #[test]
    fn the_dates_of_a_jwt_are_what_its_json_says(exp in option::of(claim()), iat in option::of(claim()), sub in "\\PC{0,12}", more in shape()) {
        let mut claims = json!({ "sub": sub, "more": more });
        for (name, claim) in [("exp", &exp), ("iat", &iat)] {
            if let Some(claim) = claim {
                claims[name] = claim.clone();
            }
        }
        let token = jwt(&claims.to_string(), "signature");
        let expected = (exp.as_ref().and_then(date), iat.as_ref().and_then(date));
        prop_assert_eq!(dates_of_jwt::<Json>(&token), expected);
    }

    #[test]
    fn what_is_no_jwt_has_no_dates(text in any::<String>(), parts in proptest::collection::vec("[A-Za-z0-9_-]{0,12}", 0..6), odd in "[^A-Za-z0-9_-]") {
        let none = (None, None);
        let claims = base64url(br#"{"exp":1,"iat":1}"#);
        let dates = |token: &str| dates_of_jwt::<Json>(token);
        prop_assert_eq!(dates(&format!("h.{claims}.s")), (Some(1), Some(1)));
        for token in [format!("h.{claims}"), format!("h.{claims}.s.x"), format!("h.{claims}{odd}.s"), format!("h.{odd}{claims}.s"), claims] {
            prop_assert_eq!(dates(&token), none, "{}", token);
        }
        if parts.len() != 3 {
            prop_assert_eq!(dates(&parts.join(".")), none);
        }
        // Any text at all is one or none, and never a panic.
        dates(&text);
        dates(&parts.join("."));
        dates(&format!("h.{text}.s"));
    }
}
