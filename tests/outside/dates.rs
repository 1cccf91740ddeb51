//! The `Date` header, with httpdate as the judge.

use std::time::{Duration, UNIX_EPOCH};

use miniprogram_login::token::unix_seconds;
use proptest::prelude::*;
use proptest::sample::select;

use crate::cases;

fn judged(text: &str) -> Option<i64> {
    let since = httpdate::parse_http_date(text)
        .ok()?
        .duration_since(UNIX_EPOCH)
        .ok()?;
    i64::try_from(since.as_secs()).ok()
}

fn almost() -> impl Strategy<Value = String> {
    let day = select(&["Sun", "Mon", "Tue", "sun", "Xyz", "日"][..]);
    let month = select(&["Jan", "Feb", "Mar", "Jun", "Dec", "jan", "Foo", "anF", "月"][..]);
    let zone = select(&["GMT", "UTC", "gmt", "", "+0000", "GM"][..]);
    let gap = select(&[" ", "  ", "", "\t"][..]);
    (day, 0..40u32, month, 1960..10_001u32, 0..30u32, 0..70u32, 0..70u32, zone, gap).prop_map(
        |(day, date, month, year, hour, minute, second, zone, gap)| {
            format!("{day},{gap}{date:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} {zone}")
        },
    )
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn every_date_of_a_server_is_read(seconds in 0u64..253_402_300_800) {
        let text = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds));
        prop_assert_eq!(unix_seconds(&text), Some(seconds as i64));
        let padded = format!(" {text} ");
        prop_assert_eq!(unix_seconds(&padded), Some(seconds as i64));
    }

    #[test]
    fn what_is_almost_a_date(text in almost()) {
        if let (Some(ours), Some(judged)) = (unix_seconds(&text), judged(&text)) {
            prop_assert_eq!(ours, judged, "{}", text);
        }
    }

    #[test]
    fn any_text_as_date(text in any::<String>(), ascii in "[ -~]{29}") {
        for text in [text, ascii] {
            prop_assert_eq!(unix_seconds(&text), judged(&text));
        }
    }

    #[test]
    fn a_date_with_one_byte_changed(seconds in 0u64..253_402_300_800, at in 0..29usize, byte in any::<char>()) {
        let mut text = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds));
        text.replace_range(at..=at, &byte.to_string());
        if let (Some(ours), Some(judged)) = (unix_seconds(&text), judged(&text)) {
            prop_assert_eq!(ours, judged, "{}", text);
        }
    }
}
