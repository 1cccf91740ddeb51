//! What wx says: every failure has a code, and no text lets a secret through.

use miniprogram_login::error::Code;
use miniprogram_login::failure::{
    Failure, of_login, of_profile, of_transport, says_session_expired,
};
use miniprogram_login::redact::redact;
use proptest::prelude::*;
use proptest::sample::select;

use crate::cases;

fn failure() -> impl Strategy<Value = Failure> {
    let words = select(
        &[
            "request:fail ",
            "login:fail ",
            "getUserProfile:fail ",
            "timeout",
            "abort",
            "interrupted",
            "suspend",
            "net::ERR_FAILED",
            "errcode:-118 ",
            "cronet_error_code:-118 ",
            "10011",
            "url not in domain list",
            "auth deny",
            "privacy",
            "desc length",
            "TAP gesture",
            "-13001",
            "超时",
            "网络",
            "İ",
            "ß",
        ][..],
    );
    let text = prop_oneof![3 => proptest::collection::vec(words, 0..4).prop_map(|words| words.concat()), 1 => any::<String>()];
    (text, proptest::option::of(any::<i32>()), any::<bool>()).prop_map(|(err_msg, errno, hook)| {
        Failure {
            err_msg: Some(err_msg),
            errno,
            hook,
            ..Failure::default()
        }
    })
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn every_failure_has_a_code_of_its_stage(failure in failure()) {
        use Code::*;
        let login = [LoginBlocked, RateLimited, Config, HookFailed, Interrupted, LoginTimeout, LoginFailed];
        let transport = [DomainNotAllowed, HookFailed, Aborted, Interrupted, Timeout, Network, RequestFailed];
        let profile = [ProfileNeedsTap, ProfileDesc, ProfilePrivacy, ProfileDenied, ProfileFailed];
        prop_assert!(login.contains(&of_login(&failure, false)));
        prop_assert!(transport.contains(&of_transport(&failure)));
        prop_assert!(profile.contains(&of_profile(&failure)));
        if says_session_expired(&failure) {
            let text = failure.err_msg.unwrap_or_default().to_lowercase();
            prop_assert!(failure.errno == Some(-13_001) || text.contains("-13001") || text.contains("session") || text.contains("relogin"));
        }
    }

    #[test]
    fn case_does_not_matter(failure in failure()) {
        let loud = Failure { err_msg: failure.err_msg.as_ref().map(|text| text.to_ascii_uppercase()), ..failure.clone() };
        prop_assert_eq!(of_login(&loud, false), of_login(&failure, false));
        prop_assert_eq!(of_transport(&loud), of_transport(&failure));
        prop_assert_eq!(of_profile(&loud), of_profile(&failure));
    }

    #[test]
    fn known_secrets_never_pass(before in any::<String>(), after in any::<String>(), secret in "[A-Za-z0-9+/=._~-]{1,30}", other in "[A-Za-z0-9]{0,5}") {
        // A text that spells the secret by accident, or the mark that replaces it, proves nothing.
        prop_assume!(!before.contains(&secret) && !after.contains(&secret) && !"[redacted]".contains(&secret));
        for known in [vec![secret.as_str()], vec![other.as_str(), secret.as_str()], vec!["", secret.as_str()]] {
            let text = redact(&format!("{before} {secret} {after} {secret}"), &known);
            let spelled = secret.len() > 3 && text.contains(&secret);
            prop_assert!(!spelled, "{}", text);
        }
    }

    #[test]
    fn what_looks_like_a_secret_never_passes(
        jwt in "eyJ[A-Za-z0-9_-]{10,30}\\.[A-Za-z0-9_-]{10,60}\\.[A-Za-z0-9_-]{20,43}", code in "0[a-zA-Z0-9]{10}[0-9][a-zA-Z0-9]{20}",
        key in "[A-Za-z0-9+/]{22}==", phone in "1[3-9][0-9]{9}", around in "[ :,;\"'{}<>?&()]{1}",
    ) {
        for secret in [&jwt, &code, &key, &phone] {
            let text = redact(&format!("request:fail{around}{secret}{around}"), &[]);
            prop_assert!(!text.contains(secret.as_str()), "{}", text);
        }
        let text = redact(&format!("call +86{phone} or {phone}@x or tel:{phone}."), &[]);
        prop_assert!(!text.contains(&phone), "{}", text);
    }
}

#[test]
fn wxs_own_words_pass_unchanged() {
    for words in [
        "request:fail timeout",
        "request:fail errcode:-118 cronet_error_code:-118 error_msg:net::ERR_CONNECTION_TIMED_OUT",
        "request:fail 似乎已断开与互联网的连接。",
        "login:fail 系统错误，错误码：41002,appid missing",
        "getUserProfile:fail can only be invoked by user TAP gesture.",
        "setStorage:fail:entry size limit reached",
    ] {
        assert_eq!(redact(words, &[]), words);
    }
}
