//! What the server answers to an exchange: what it grants, and for how long.

use miniprogram_login::error::{Code, Stage};
use miniprogram_login::login::{Answer, judge};
use miniprogram_login::token::{Age, Grant, Token, is_token, without_scheme};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

use crate::cases;
use crate::json::Json;

const BODY_CODES: &[i32] = &[
    0, 200, 40_029, 40_163, 40_226, 40_301, 42_901, 45_011, 45_009, 40_901, -1, 500,
];

fn status() -> impl Strategy<Value = u16> {
    let known = select(&[400u16, 401, 429, 500, 503, 0][..]);
    prop_oneof![3 => Just(200u16), 1 => any::<u16>(), 1 => known]
}

fn body_code() -> impl Strategy<Value = Option<i32>> {
    option::of(prop_oneof![3 => select(BODY_CODES), 1 => any::<i32>()])
}

fn token() -> impl Strategy<Value = Option<String>> {
    option::of(prop_oneof![3 => "[A-Za-z0-9._-]{1,60}", 1 => any::<String>()])
}

fn seconds() -> impl Strategy<Value = Option<i64>> {
    let near = 1_699_999_000..1_700_100_000i64;
    option::of(prop_oneof![3 => -10..100_000i64, 1 => any::<i64>(), 1 => near])
}

fn grant() -> impl Strategy<Value = Grant> {
    let date = option::of(prop_oneof![Just(1_700_000_000i64), any::<i64>()]);
    let times = [seconds(), seconds(), seconds(), seconds()];
    (token(), times, date).prop_map(|(token, [expires_in, expires_at, exp, iat], date)| Grant {
        token,
        expires_in,
        expires_at,
        exp,
        iat,
        date,
    })
}

fn answer() -> impl Strategy<Value = Answer> {
    let message = option::of(any::<String>());
    let parts = (status(), body_code(), message, grant(), any::<bool>());
    parts.prop_map(|(status, body_code, message, grant, by_hook)| Answer {
        status,
        body_code,
        is_success: (200..300).contains(&status) && matches!(body_code, None | Some(0 | 200)),
        message,
        grant,
        by_hook,
    })
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn exchange_answers_grant_by_the_wire_alone(answer in answer()) {
        let good = answer.by_hook || answer.is_success;
        match judge(&answer, &["code"]) {
            Ok(token) => {
                prop_assert!(good && is_token(&token));
                prop_assert_eq!(Some(token), answer.grant.token);
            }
            Err(error) => {
                prop_assert!(!good || !answer.grant.token.as_deref().is_some_and(is_token));
                prop_assert_eq!(error.stage, Stage::Exchange);
                let known = [Code::CodeRejected, Code::LoginBlocked, Code::RateLimited, Code::ExchangeFailed, Code::ExchangeBadAnswer];
                prop_assert!(known.contains(&error.code));
                let rejected = !answer.by_hook && matches!(answer.body_code, Some(40_029 | 40_163));
                prop_assert_eq!(error.code == Code::CodeRejected, rejected);
            }
        }
    }

    #[test]
    fn an_exchange_is_read_where_the_wire_says(
        status in status(), body_code in body_code(), token in token(), message in any::<String>(),
        expires_in in -10..100_000i64, expires_at in 0..10_000_000_000i64, as_text in any::<bool>(),
    ) {
        let number = |number: i64| if as_text { json!(number.to_string()) } else { json!(number) };
        let data = json!({ "authorizationToken": token, "expiresIn": number(expires_in), "expiresAt": number(expires_at) });
        let code = body_code.map(|code| number(code.into()));
        let response = Json(json!({ "statusCode": number(status.into()), "data": { "code": code, "msg": message, "data": data } }));
        let answer = Answer::read(&response, None, "Bearer");
        prop_assert_eq!((answer.status, answer.body_code, answer.by_hook), (status, body_code, false));
        prop_assert_eq!(answer.message, Some(message));
        prop_assert_eq!(answer.grant.token.as_deref(), token.as_deref().map(|token| without_scheme(token, "Bearer")));
        prop_assert_eq!((answer.grant.expires_in, answer.grant.expires_at), (Some(expires_in), Some(expires_at)));
    }

    #[test]
    fn a_hook_gives_a_token_or_an_object_with_one(token in any::<String>(), expires_in in -10..100_000i64, other in any::<String>()) {
        let response = Json(json!({ "statusCode": 200, "data": { "code": 0, "data": { "authorizationToken": other } } }));
        let text = Answer::read(&response, Some(Json(json!(token))), "Bearer");
        let object = Answer::read(&response, Some(Json(json!({ "token": token, "expiresIn": expires_in }))), "Bearer");
        prop_assert!(text.by_hook && object.by_hook);
        let token = Some(without_scheme(&token, "Bearer").to_owned());
        prop_assert_eq!((&text.grant.token, text.grant.expires_in), (&token, None));
        prop_assert_eq!((object.grant.token, object.grant.expires_in), (token, Some(expires_in)));
        // Where the default looks is nothing to a hook.
        let nothing = Answer::read(&response, Some(Json(json!({ "authorizationToken": other }))), "Bearer");
        prop_assert_eq!(nothing.grant.token, None);
    }

    #[test]
    fn a_token_is_never_over_on_arrival(grant in grant(), now in any::<u64>()) {
        let token = Token::granted(grant.token.clone().unwrap_or_default(), &grant, now);
        prop_assert_ne!(token.life, Some(0));
        prop_assert_ne!(token.age(now, 0), Age::Expired);
        if let (Some(life), Some(seconds)) = (token.life, grant.expires_in.filter(|seconds| *seconds > 0)) {
            prop_assert!(life <= (seconds as u64).saturating_mul(1_000), "the earliest counts");
        }
    }
}
