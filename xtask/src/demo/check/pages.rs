//! Every button of Home, Me, Stream and Timeline.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use url::Url;

use super::{
    super::{
        dir,
        trial::{Trial, list},
    },
    EXCHANGE, EXCHANGE_CALL, HOME, LOGIN, Person, bearer_of, done, expect_bearer,
};

const ENTER: &str = "\u{e007}";

/// Ten requests at once without a session share one login. Returns the token's fingerprint.
pub fn cold_start(trial: &mut Trial) -> Result<String> {
    trial.see(".status", "未登录")?;
    trial.expect_calls("a start without a session", &[])?;
    trial.screenshot("cold")?;

    trial.tap(".ten")?;
    let names = trial.eventually("ten names", |trial| {
        let names = trial.browser.texts(".chip")?;
        ensure!(names.len() == 10, "{}", trial.whole_page()?);
        Ok(names)
    })?;
    let expected = [[LOGIN, EXCHANGE_CALL, EXCHANGE].as_slice(), &[HOME; 10]].concat();
    let calls = trial.expect_calls("ten requests at once", &expected)?;
    let (login, homes) = calls.split_at(3);
    let exchange_carries = login[1].bearer.as_deref();
    ensure!(
        exchange_carries.is_none(),
        "expected no Bearer token in the exchange, saw {exchange_carries:?}"
    );
    let bearer = bearer_of(homes)?;

    let asked: BTreeSet<String> = homes
        .iter()
        .filter_map(|call| name_asked(call.url.as_ref()?))
        .collect();
    let shown: BTreeSet<String> = names.iter().cloned().collect();
    ensure!(
        asked.len() == 10 && shown == asked,
        "expected the names of the ten requests {asked:?}, saw {shown:?}"
    );
    trial.see(".status", "已登录")?;
    let left = trial.browser.texts(".life-text")?.concat();
    ensure!(
        left.starts_with("令牌剩余 01:59:") || left == "令牌剩余 02:00:00",
        "expected the remaining life of a token for two hours, saw {left:?}"
    );
    trial.screenshot("ten")?;
    done(
        "ten requests at once: one wx.login, one jscode2session, one exchange, one token, ten names",
    );
    Ok(bearer)
}

/// After a restart the stored token is used. Both of the tutorial's buttons.
pub fn restart(trial: &mut Trial, bearer: &str) -> Result<()> {
    trial.beside(|panel| panel.click(".restart"))?;
    trial.eventually("a page without the old names", |trial| {
        let names = trial.browser.texts(".chip")?;
        ensure!(names.is_empty(), "{names:?}");
        Ok(())
    })?;
    trial.see(".status", "已登录")?;
    trial.tap(".request1")?;
    trial.see(".chip", "andying")?;
    let calls = trial.expect_calls(
        "the first request after a restart",
        &["/phone/checkSession", HOME],
    )?;
    expect_bearer(&calls[1..], bearer)?;
    // By keys, as without a mouse.
    trial.browser.press(".request2", ENTER)?;
    trial.see(".chip", "eva")?;
    let calls = trial.expect_calls("a request by the keyboard", &[HOME])?;
    expect_bearer(&calls, bearer)?;

    let stored = trial.beside(|panel| {
        panel.click(".kept summary")?;
        panel.texts(".storage li")
    })?;
    let token = stored
        .iter()
        .find_map(|line| line.split_once("\"token\":\""));
    ensure!(
        token.is_some_and(|(_, rest)| rest.chars().nth(6) == Some('…')),
        "expected the stored record with its token masked, saw {stored:?}"
    );
    done(
        "restart: the stored token is used, no login; the panel shows the storage without secrets",
    );
    Ok(())
}

/// The panel's switches, and what the user reads when something is wrong.
pub fn expired_and_offline(trial: &mut Trial) -> Result<()> {
    let advice = "网络不通，请检查网络后再试。";
    trial.beside(|panel| panel.click(".faults [name=down]"))?;
    trial.eventually("the fault in force", |trial| {
        let faults = trial.simulator.faults()?;
        ensure!(faults.contains("ERR_CONNECTION_REFUSED"), "{faults}");
        Ok(())
    })?;
    trial.tap(".request1")?;
    trial.see_error(advice, "network · request")?;
    trial.expect_calls("a request without a server", &["GET /user/home fails"])?;
    trial.beside(|panel| panel.click(".faults [name=down]"))?;
    trial.eventually("no fault", |trial| {
        let faults = trial.simulator.faults()?;
        ensure!(faults == "[]", "{faults}");
        Ok(())
    })?;

    trial.beside(|panel| panel.click(".online"))?;
    trial.tap(".request2")?;
    trial.see_error(advice, "network · request")?;
    trial.expect_calls("a request without a network", &[])?;
    trial.beside(|panel| panel.click(".online"))?;
    trial.tap(".request2")?;
    trial.see(".chip", "eva")?;
    trial.expect_calls("the network is back", &[HOME])?;
    trial.expect_no_error()?;
    done("server down, offline: the page says what to do, and goes on when it is over");
    Ok(())
}

/// Picture, nickname, phone number, the legacy profile, logout.
pub fn me(trial: &mut Trial, person: &Person) -> Result<()> {
    trial.tap(".host-tab-me")?;
    trial.see(".host-title", "我")?;
    trial.see(".known-phone", "尚未获取")?;
    let bearer = bearer_of(&trial.expect_calls("the page Me", &[HOME])?)?;

    trial.tap(".avatar-button")?;
    trial.tap(".weui-actionsheet__menu button:first-child")?;
    trial.see(".upload b", "100%")?;
    let calls = trial.expect_calls("a picture", &["POST /user/avatar", "GET /avatars"])?;
    expect_bearer(&calls[..1], &bearer)?;
    trial.eventually("the uploaded picture, as large as it should be", |trial| {
        let script = "const i = document.querySelector('.avatar img'); const { width } = i.getBoundingClientRect(); return `${i.naturalWidth} ${width}`";
        let sizes = trial.browser.script(script, serde_json::json!([]))?;
        ensure!(sizes == "132 56", "{sizes}");
        Ok(())
    })?;

    let typed = format!("{}名", person.nick_name);
    trial.browser.type_text(".nickname input", &typed)?;
    trial.tap(".save")?;
    trial.see(".known-nickName", &typed)?;
    let calls = trial.expect_calls("a nickname", &["POST /user/profile"])?;
    expect_bearer(&calls, &bearer)?;

    trial.tap(".phone")?;
    trial.tap(".host-deny")?;
    trial.see_error("你拒绝了提供手机号。愿意时可以再点一次。", "phone_denied")?;
    trial.expect_calls("a refused number", &["/phone/getPhoneNumber fails"])?;
    trial.tap(".phone")?;
    trial.tap(".host-allow")?;
    trial.see(".known-phone", &phone_of(person))?;
    let expected = [
        "/phone/getPhoneNumber",
        "POST /user/phone",
        "/cgi-bin/stable_token",
        "/wxa/business/getuserphonenumber",
    ];
    let calls = trial.expect_calls("phone login", &expected)?;
    expect_bearer(&calls[1..2], &bearer)?;
    done(
        "Me: picture, nickname and number reach the server and are shown; a refusal sends nothing",
    );

    trial.tap(".profile")?;
    trial.see(".host-consent-wants", "申请获取你的昵称、头像")?;
    trial.screenshot("consent")?;
    trial.tap(".host-deny")?;
    trial.see_error(
        "你拒绝了授权。愿意时可以再点一次。",
        "profile_denied · profile",
    )?;
    trial.expect_calls("a refused profile", &["/phone/getUserProfile fails"])?;
    trial.tap(".profile")?;
    trial.tap(".host-allow")?;
    // The name that the backend decrypted.
    trial.see(".known-nickName", &person.nick_name)?;
    let calls = trial.expect_calls(
        "a given profile",
        &["/phone/getUserProfile", "POST /user/profile"],
    )?;
    expect_bearer(&calls[1..], &bearer)?;
    trial.expect_no_error()?;
    trial.tap(".refresh")?;
    trial.expect_calls("asking the server again", &[HOME])?;
    done("Me: the legacy profile is decrypted by the backend with the session of the first login");
    log_out(trial, person, &bearer)
}

/// As the page shows the number.
fn phone_of(person: &Person) -> String {
    format!("+86 100****{:04}", person.digits)
}

fn log_out(trial: &mut Trial, person: &Person, bearer: &str) -> Result<()> {
    trial.tap(".logout")?;
    trial.see(".known-nickName", "尚未获取")?;
    let calls = trial.expect_calls("logout", &["POST /user/logout"])?;
    expect_bearer(&calls, bearer)?;

    // Without a session the tap is not spent on a consent that nothing could be done with.
    trial.tap(".profile")?;
    trial.see_error(
        "刚才还没有登录，现在已在后台登录。请再点一次。",
        "not_logged_in · profile",
    )?;
    trial.expect_calls(
        "a tap on the profile button without a session",
        &[LOGIN, EXCHANGE_CALL, EXCHANGE],
    )?;
    trial.tap(".refresh")?;
    let calls = trial.expect_calls("the first request with the new session", &[HOME])?;
    let renewed = calls[0].bearer.as_deref().is_some_and(|new| new != bearer);
    ensure!(
        renewed,
        "expected a new Bearer token after a logout, saw\n{}",
        list(&calls)
    );
    trial.see(".known-phone", &phone_of(person))?;
    trial.expect_no_error()?;
    done(
        "logout: told to the backend; a profile tap without a session logs in silently and asks nothing",
    );
    Ok(())
}

/// An answer as it comes, and one that is stopped.
pub fn stream(trial: &mut Trial, person: &Person) -> Result<()> {
    trial.tap(".host-tab-stream")?;
    // The answer repeats the question, so this one takes its time.
    trial
        .browser
        .type_text(".question input", &"慢".repeat(200))?;
    trial.tap(".ask")?;
    trial.eventually("the first letters", |trial| {
        let letters = trial.browser.texts(".answer-text")?.concat();
        ensure!(!letters.is_empty(), "{letters:?}");
        Ok(())
    })?;
    trial.eventually("a stopped answer", |trial| {
        let state = trial.browser.texts(".state")?;
        if state == ["进行中"] {
            trial.browser.tap(".stop")?;
        }
        ensure!(state == ["已停止"], "{state:?}");
        Ok(())
    })?;
    trial.expect_calls("a stopped answer", &["POST /user/chat"])?;

    let question = format!("{}问，登录几次？", person.nick_name);
    trial.browser.type_text(".question input", &question)?;
    trial.tap(".ask")?;
    trial.see(".state", "进行中")?;
    trial.see(".state", "完")?;
    let answer = trial.browser.texts(".answer-text")?.concat();
    ensure!(
        answer.contains(&question) && answer.ends_with('\u{1f389}') && !answer.contains('\u{fffd}'),
        "expected the whole answer without a broken character, saw {answer:?}"
    );
    let cut = trial.browser.texts(".cut")?.concat();
    ensure!(
        !cut.starts_with("0 "),
        "expected chunks that end inside a character, saw {cut:?}"
    );
    trial.expect_calls("a streamed answer", &["POST /user/chat"])?;
    trial.expect_no_error()?;
    done("Stream: the answer is shown as it arrives, no character is broken; it can be stopped");
    Ok(())
}

/// "Ten requests, one login", as the page draws it.
pub fn timeline(trial: &mut Trial) -> Result<()> {
    trial.tap(".host-tab-timeline")?;
    trial.tap(".clear")?;
    trial.see(".none", "还没有调用：点上面的按钮，或去别的页点一点")?;
    trial.tap(".host-page:not([hidden]) .ten")?;
    trial.eventually(
        "ten requests, one login, one exchange, one token",
        |trial| {
            let counts = trial.browser.texts(".count-value")?;
            ensure!(counts == ["10", "1", "1", "1"], "{counts:?}");
            Ok(())
        },
    )?;
    trial.eventually("an arrow for every call", |trial| {
        let arrows = |to: &str| trial.browser.texts(&format!(".call-{to} .words"));
        let (app, wechat, server) = (arrows("sdk")?, arrows("wechat")?, arrows("server")?);
        ensure!(
            (app.len(), wechat.len(), server.len()) == (10, 1, 11),
            "{app:?} {wechat:?} {server:?}"
        );
        // Numbered, never shown.
        let named = server
            .iter()
            .filter(|words| words.starts_with("GET /user/home · #"));
        ensure!(named.count() == 10, "{server:?}");
        Ok(())
    })?;
    let out_and_in = ["POST /user/logout", LOGIN, EXCHANGE_CALL, EXCHANGE];
    let expected = [out_and_in.as_slice(), &[HOME; 10]].concat();
    trial.expect_calls("the timeline's ten requests", &expected)?;
    trial
        .browser
        .screenshot_of(".host-page:not([hidden])", &dir().join("demo-timeline.png"))?;
    done("Timeline: ten requests, one login, one token, an arrow for every call");
    Ok(())
}

/// The phone's language, and the promises of iOS 15.
pub fn english_and_macrotasks(trial: &mut Trial, page: &str) -> Result<()> {
    trial.browser.leave_frame()?;
    trial
        .browser
        .open(&format!("{page}/?user=eva&language=en&promises=macrotask"))?;
    trial.browser.enter_frame()?;
    trial.see(".host-title", "Login demo")?;
    trial.see(".host-tab-break", "Break it")?;
    trial.tap(".ten")?;
    trial.eventually("ten names", |trial| {
        let names = trial.browser.texts(".chip")?;
        ensure!(names.len() == 10, "{}", trial.whole_page()?);
        Ok(())
    })?;
    trial.screenshot("english")?;
    let expected = [[LOGIN, EXCHANGE_CALL, EXCHANGE].as_slice(), &[HOME; 10]].concat();
    trial.expect_calls("ten requests with promises of iOS 15", &expected)?;
    done("in English, with the promises of iOS 15: ten requests, one login");
    Ok(())
}

/// The `name` in a URL's query.
fn name_asked(url: &Url) -> Option<String> {
    url.query_pairs()
        .find(|(key, _)| key == "name")
        .map(|(_, name)| name.into_owned())
}
