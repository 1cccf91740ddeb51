//! The claims of a JWT, with serde_json as the judge.

use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD, Engine};
use miniprogram_login::token::{Claims, is_bearer};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Number, Value};

use crate::cases;

fn number() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => (0i64..4_000_000_000).prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<u64>().prop_map(Value::from),
        1 => (-1e12..1e12f64).prop_map(|float| Number::from_f64(float).map_or(Value::Null, Value::Number)),
    ]
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => select(&["exp", "iat", "EXP", "ex", "expp", "\"exp\"", "exp\\", "\"exp\":1", "nbf", ""][..]).prop_map(str::to_string),
        1 => any::<String>(),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        3 => number(),
        1 => any::<bool>().prop_map(Value::Bool),
        1 => Just(Value::Null),
        2 => key().prop_map(Value::String),
        1 => any::<String>().prop_map(Value::String),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            proptest::collection::vec((key(), inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn claims() -> impl Strategy<Value = Map<String, Value>> {
    let field = prop_oneof![2 => (select(&["exp", "iat"][..]).prop_map(str::to_string), number()), 3 => (key(), value())];
    proptest::collection::vec(field, 0..6).prop_map(|fields| fields.into_iter().collect())
}

fn token(payload: &[u8]) -> String {
    format!("e30.{}.c2ln", BASE64_URL_SAFE_NO_PAD.encode(payload))
}

/// What the standard calls a NumericDate, in whole seconds.
fn seconds(claims: &Map<String, Value>, name: &str) -> Option<i64> {
    let number = claims.get(name)?;
    number.as_i64().or_else(|| {
        Some(number.as_f64()?.trunc())
            .filter(|float| float.abs() < 1e15)
            .map(|float| float as i64)
    })
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn claims_are_what_serde_json_reads(claims in claims(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_vec_pretty(&claims) } else { serde_json::to_vec(&claims) };
        let ours = Claims::of_jwt(&token(&text.unwrap()));
        for (name, ours) in [("exp", ours.exp), ("iat", ours.iat)] {
            let judged = seconds(&claims, name);
            // What is written with an exponent, or is too large to be a date, may count as unknown.
            let whole = claims.get(name).is_some_and(Value::is_i64);
            prop_assert!(ours == judged || (ours.is_none() && !whole), "{}: {:?} but {:?}", name, ours, judged);
        }
    }

    #[test]
    fn any_bytes_as_claims(bytes in any::<Vec<u8>>()) {
        let ours = Claims::of_jwt(&token(&bytes));
        if let Ok(Value::Object(claims)) = serde_json::from_slice::<Value>(&bytes) {
            prop_assert_eq!(ours.exp, seconds(&claims, "exp"));
        }
    }

    #[test]
    fn any_text_as_token(text in any::<String>(), dots in "[A-Za-z0-9_.=-]{0,40}") {
        Claims::of_jwt(&text);
        Claims::of_jwt(&dots);
    }

    #[test]
    fn only_three_parts_of_base64url_are_a_jwt(exp in 0i64..4_000_000_000, pad in 0..4usize) {
        let json = format!("{{\"exp\":{exp},\"pad\":\"{}ÿ¿\"}}", "?".repeat(pad));
        let expected = Claims { exp: Some(exp), iat: None };
        prop_assert_eq!(Claims::of_jwt(&token(json.as_bytes())), expected);
        let part = BASE64_URL_SAFE_NO_PAD.encode(&json);
        for other in [part.clone(), format!("a.{part}"), format!("a.{part}.b.c"), format!("a.{}.b", BASE64_STANDARD.encode(&json) + "=")] {
            prop_assert_eq!(Claims::of_jwt(&other), Claims::default(), "{}", other);
        }
        let padded = BASE64_URL_SAFE.encode(&json);
        if padded != part {
            prop_assert_eq!(Claims::of_jwt(&format!("a.{padded}.b")), Claims::default());
        }
    }

    #[test]
    fn a_bearer_stands_in_a_header(text in any::<String>(), plain in "[A-Za-z0-9._~+/-]{1,40}={0,2}") {
        prop_assert!(is_bearer(&plain));
        if is_bearer(&text) {
            prop_assert!(text.bytes().all(|byte| byte.is_ascii_graphic()));
        }
    }
}
