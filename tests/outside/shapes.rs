//! Values of any shape: what is of another type than expected is absent, and takes nothing along.

use std::time::{Duration, UNIX_EPOCH};

use miniprogram_login::failure::Failure;
use miniprogram_login::login::{Answer, judge};
use miniprogram_login::response::Response;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use crate::cases;
use crate::json::Json;

/// Any JSON.
pub fn shape() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(|flag| json!(flag)),
        any::<i64>().prop_map(|whole| json!(whole)),
        any::<f64>().prop_map(|number| json!(number)),
        "[a-z0-9.]{0,8}".prop_map(|text| json!(text)),
        "\\PC{0,6}".prop_map(|text| json!(text)),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        let list = proptest::collection::vec(inner.clone(), 0..3);
        let map = proptest::collection::vec(("[a-z]{0,4}", inner), 0..3);
        prop_oneof![
            list.prop_map(Value::Array),
            map.prop_map(|map| map.into_iter().collect()),
        ]
    })
}

/// The whole number that a value is, or that a text is.
fn whole(value: &Value) -> Option<i32> {
    let number = match value {
        Value::String(text) => text.trim().parse().ok()?,
        other => other.as_f64()?,
    };
    (number == f64::from(number as i32)).then_some(number as i32)
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn a_failure_of_any_shape_is_one(any_at_all in shape(), [errno, err_code, old, hook] in [shape(), shape(), shape(), shape()], text in "\\PC{0,12}") {
        Failure::read(&Json(any_at_all));
        let failure = Failure::read(&Json(json!({ "errMsg": text, "errno": errno, "errCode": err_code, "err_code": old, "hook": hook })));
        prop_assert_eq!(failure.err_msg, Some(text).filter(|said| !said.is_empty()));
        prop_assert_eq!(failure.errno, whole(&errno).or(whole(&err_code)).or(whole(&old)));
        prop_assert_eq!(failure.hook, !hook.is_null());
    }

    #[test]
    fn a_response_of_any_shape_is_one([any_at_all, status, header, code, data] in [shape(), shape(), shape(), shape(), shape()], text in "\\PC{0,12}") {
        for response in [any_at_all.clone(), json!({ "statusCode": 200, "data": any_at_all })] {
            let response = Json(response);
            let answer = Answer::read(&response, None, "Bearer");
            if let Ok(token) = judge(&answer, &["code"]) {
                prop_assert_eq!(&response.0["data"]["data"]["authorizationToken"], &json!(token));
            }
        }
        let given = Json(json!({ "statusCode": status, "header": header, "data": { "code": code, "msg": text, "data": data } }));
        let response = Response::read(&given);
        let expected = whole(&status).and_then(|status| status.try_into().ok());
        prop_assert_eq!(response.status, expected.unwrap_or(0));
        let body = response.body();
        prop_assert_eq!((body.code, body.message), (whole(&code), Some(text)));
        prop_assert_eq!(body.data, Some(Json(data)).filter(|data| !data.0.is_null()));
    }

    #[test]
    fn the_date_is_read_as_it_is_spelt(seconds in 0..253_402_300_799u64, name in select(&["Date", "date", "DATE"][..]), others in proptest::collection::vec(("[A-Za-z-]{0,8}", shape()), 0..4)) {
        let date = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds));
        let mut header: Value = others.into_iter().filter(|(name, _)| !name.eq_ignore_ascii_case("date")).collect();
        let read = |header: &Value| Response::read(&Json(json!({ "header": header }))).date();
        prop_assert_eq!(read(&header), None);
        header[name] = json!(date);
        prop_assert_eq!(read(&header), Some(seconds as i64));
    }

    #[test]
    fn a_date_of_any_shape_is_one_or_none(date in shape(), header in shape()) {
        Response::read(&Json(json!({ "header": header }))).date();
        let found = Response::read(&Json(json!({ "header": { "Date": date } }))).date();
        let judge = date.as_str().and_then(|text| httpdate::parse_http_date(text).ok());
        prop_assert_eq!(found.is_some(), judge.is_some());
    }
}
