//! What the server and the storage give back: exchange answers, lives of tokens, stored records.

use miniprogram_login::error::{Code, Stage};
use miniprogram_login::login::read_answer;
use miniprogram_login::token::{Age, Answer, Record, Token, is_bearer};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::cases;

fn answer() -> impl Strategy<Value = Answer> {
    let status = prop_oneof![3 => Just(200u16), 1 => any::<u16>(), 1 => select(&[400u16, 401, 429, 500, 503, 0][..])];
    let codes = select(
        &[
            0, 200, 40_029, 40_163, 40_226, 40_301, 42_901, 45_011, 45_009, 40_901, -1, 500,
        ][..],
    );
    let body_code = option::of(prop_oneof![3 => codes, 1 => any::<i32>()]);
    let token = option::of(prop_oneof![3 => "[A-Za-z0-9._-]{1,60}", 1 => any::<String>()]);
    let date = option::of(prop_oneof![Just(1_700_000_000i64), any::<i64>()]);
    let seconds = || {
        option::of(
            prop_oneof![3 => -10..100_000i64, 1 => any::<i64>(), 1 => 1_699_999_000..1_700_100_000i64],
        )
    };
    (
        status,
        body_code,
        token,
        [seconds(), seconds(), seconds(), seconds()],
        date,
        option::of(any::<String>()),
        any::<bool>(),
    )
        .prop_map(
            |(
                status,
                body_code,
                token,
                [expires_in, expires_at, exp, iat],
                date,
                message,
                by_hook,
            )| Answer {
                status,
                body_code,
                token,
                expires_in,
                expires_at,
                exp,
                iat,
                date,
                message,
                by_hook,
            },
        )
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn exchange_answers_grant_by_the_wire_alone(answer in answer()) {
        let good = answer.by_hook || (answer.status == 200 && matches!(answer.body_code, Some(0 | 200)));
        match read_answer(&answer, "code") {
            Ok(token) => {
                prop_assert!(good && is_bearer(&token));
                prop_assert_eq!(Some(token), answer.token);
            }
            Err(error) => {
                prop_assert!(!good || !answer.token.as_deref().is_some_and(is_bearer));
                prop_assert_eq!(error.stage, Stage::Exchange);
                let known = [Code::CodeRejected, Code::LoginBlocked, Code::RateLimited, Code::ExchangeFailed, Code::ExchangeBadAnswer];
                prop_assert!(known.contains(&error.code));
                let rejected = !answer.by_hook && matches!(answer.body_code, Some(40_029 | 40_163));
                prop_assert_eq!(error.code == Code::CodeRejected, rejected);
            }
        }
    }

    #[test]
    fn a_token_is_never_over_on_arrival(answer in answer(), now in any::<u64>()) {
        let token = Token::from_answer(answer.token.clone().unwrap_or_default(), &answer, now);
        prop_assert_ne!(token.life, Some(0));
        prop_assert_ne!(token.age(now, 0), Age::Expired);
        if let (Some(life), Some(seconds)) = (token.life, answer.expires_in.filter(|seconds| *seconds > 0)) {
            prop_assert!(life <= (seconds as u64).saturating_mul(1_000), "the earliest counts");
        }
    }

    #[test]
    fn age_only_grows(life in option::of(any::<u64>()), received in any::<u64>(), margin in any::<u64>(), a in any::<u64>(), b in any::<u64>()) {
        let token = Token { value: String::new(), received, life };
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
        received in any::<u64>(), life in any::<u64>(), now in any::<u64>(),
    ) {
        let record = Record { version, binding: binding.clone(), token: token.clone(), received, life };
        match record.token("a", now) {
            Some(restored) => {
                prop_assert!(version == Record::VERSION && binding == "a" && is_bearer(&token));
                prop_assert_ne!(restored.age(now, 0), Age::Expired);
                prop_assert_eq!((restored.value, restored.received, restored.life.unwrap_or(0)), (token, received, life));
            }
            None => {
                let over = life > 0 && now.saturating_sub(received) >= life;
                prop_assert!(version != Record::VERSION || binding != "a" || !is_bearer(&token) || over);
            }
        }
    }

    #[test]
    fn a_record_brings_its_token_back(value in "[A-Za-z0-9._-]{1,60}", received in any::<u64>(), life in option::of(1..u64::MAX)) {
        let token = Token { value, received, life };
        prop_assert_eq!(Record::new(&token, "b").token("b", received), Some(token));
    }

    #[test]
    fn a_bearer_stands_in_a_header(text in any::<String>(), plain in "[A-Za-z0-9._~+/-]{1,40}={0,2}") {
        prop_assert!(is_bearer(&plain));
        if is_bearer(&text) {
            prop_assert!(text.bytes().all(|byte| byte.is_ascii_graphic()));
        }
    }
}
