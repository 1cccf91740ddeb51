//! The WASM side in a real browser: [`Core`] over the package's own `host.js` and a fake `wx`. What native tests can't see: the
//! conversions both ways, tickets, and callbacks that come while Rust is on the stack.

#![cfg(target_arch = "wasm32")]

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Date, Function, Map, Object, Promise, Reflect};
use miniprogram_login::error::Code;
use miniprogram_login::request::{Action, Permit};
use miniprogram_login::session::Status;
use miniprogram_login::wasm::{Core, Host};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen(module = "/pkg-template/host.js")]
extern "C" {
    #[wasm_bindgen(js_name = createHost)]
    fn create_host(client: &JsValue, answer: &JsValue) -> Host;
}

#[wasm_bindgen(module = "/tests/web/wx.js")]
extern "C" {
    /// `{said, wx, options, ops}`.
    #[wasm_bindgen(js_name = fakeClient)]
    fn fake_client(switches: &JsValue) -> JsValue;
    /// The host with what records the core's words.
    fn words(host: Host, client: &JsValue) -> Host;
}

struct Page {
    core: Rc<RefCell<Option<Core>>>,
    client: JsValue,
    _answer: Closure<dyn Fn(u32, bool, JsValue)>,
}

impl Page {
    /// A started core; `switches` is the fake's, as JSON.
    async fn open(switches: &str) -> Self {
        let client = fake_client(&js_sys::JSON::parse(switches).expect("JSON"));
        let core: Rc<RefCell<Option<Core>>> = Rc::default();
        let shared = Rc::clone(&core);
        let answer = Closure::<dyn Fn(u32, bool, JsValue)>::new(move |ticket, ok, value| {
            if let Some(core) = &*shared.borrow() {
                core.answer(ticket, ok, value);
            }
        });
        let host = words(create_host(&client, answer.as_ref()), &client);
        *core.borrow_mut() = Some(create(host, "https://api.example.com").expect("good options"));
        let page = Self {
            core,
            client,
            _answer: answer,
        };
        page.with(|core| core.begin(1, 0, JsValue::UNDEFINED, 0));
        page.idle().await;
        page
    }

    fn with<R>(&self, act: impl FnOnce(&Core) -> R) -> R {
        act(self.core.borrow().as_ref().expect("open"))
    }

    fn permit(&self, url: &str) -> Permit {
        Permit::from_bits(self.with(|core| core.permit(url, false, Date::now())))
    }

    fn bearer(&self) -> String {
        self.with(Core::bearer);
        get(&get(&self.client, "said"), "bearer")
            .as_string()
            .expect("a text")
    }

    /// Lets what is pending in the fake call back.
    async fn idle(&self) {
        for _ in 0..20 {
            let later = Promise::new(&mut |resolve, _| {
                let window = js_sys::global();
                let set_timeout: Function = get(&window, "setTimeout").unchecked_into();
                set_timeout
                    .call2(&window, &resolve, &JsValue::from(1))
                    .expect("a timer");
            });
            JsFuture::from(later).await.expect("a tick");
        }
    }

    /// What the core said of this kind, as JSON.
    fn said(&self, kind: &str) -> Vec<String> {
        let said: Array = get(&get(&self.client, "said"), kind).unchecked_into();
        said.iter()
            .map(|value| {
                js_sys::JSON::stringify(&value)
                    .map(String::from)
                    .unwrap_or_default()
            })
            .collect()
    }
}

/// Whether the error is this one.
fn says(error: &str, code: Code) -> bool {
    error.contains(&format!("\"code\":{},", code as u32))
}

fn create(host: Host, base_url: &str) -> Option<Core> {
    let texts = format!("wx0|develop\n{base_url}\n/login\n/profile\n\n\n");
    let unset = f64::NAN;
    Core::create(host, &texts, false, unset, unset, unset, unset, unset)
}

fn get(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

#[wasm_bindgen_test]
async fn a_first_request_logs_in_and_gets_the_token() {
    let page = Page::open("{}").await;
    let waiting = page.permit("/user/home");
    assert_eq!((waiting.action(), waiting.join()), (Action::Wait, true));
    page.idle().await;
    assert_eq!(page.said("settled"), ["null"]);
    let going = page.with(|core| Permit::from_bits(core.resume(waiting.to_bits())));
    assert_eq!((going.action(), going.generation()), (Action::Bearer, 1));
    assert_eq!(page.bearer(), "token-1");
    assert_eq!(page.said("login"), ["{\"timeout\":15000}"]);
    assert_eq!(
        page.said("exchange"),
        ["{\"url\":\"https://api.example.com/login\",\"data\":{\"code\":\"code-1\"}}"]
    );
}

#[wasm_bindgen_test]
async fn answers_inside_the_call_are_not_missed() {
    let page = Page::open("{\"sync\": true}").await;
    assert_eq!(page.permit("/user/home").action(), Action::Bearer);
    assert_eq!(page.said("settled"), ["null"]);
}

#[wasm_bindgen_test]
async fn the_record_survives_the_way_through_storage() {
    let first = Page::open("{}").await;
    first.permit("/x");
    first.idle().await;
    let stored = first.said("stored").pop().expect("a record");
    assert!(
        stored.contains("\"version\":1") && stored.contains("\"life\":7200000"),
        "{stored}"
    );
    let second = Page::open(&format!("{{\"stored\": {stored}, \"checkSession\": true}}")).await;
    assert_eq!(second.permit("/x").action(), Action::Wait);
    second.idle().await;
    assert_eq!(second.permit("/x").action(), Action::Bearer);
    assert_eq!(second.said("login"), [""; 0]);
}

#[wasm_bindgen_test]
async fn records_of_any_other_shape_count_as_none() {
    for stored in [
        "\"text\"",
        "7",
        "[]",
        "{}",
        "{\"version\":1}",
        "{\"version\":1,\"binding\":1,\"token\":2,\"received\":3}",
    ] {
        let page = Page::open(&format!("{{\"stored\": {stored}}}")).await;
        let session = page.with(|core| core.session());
        assert_eq!(
            get(&session, "status").as_f64(),
            Some(f64::from(Status::None as u32)),
            "{stored}"
        );
    }
}

#[wasm_bindgen_test]
async fn exchange_answers_of_any_shape_end_the_login() {
    let answers = [
        ("null", Some(Code::ExchangeBadAnswer)),
        ("\"<html>\"", Some(Code::ExchangeBadAnswer)),
        ("{\"code\":200}", Some(Code::ExchangeBadAnswer)),
        (
            "{\"code\":200,\"data\":{\"authorizationToken\":7}}",
            Some(Code::ExchangeBadAnswer),
        ),
        (
            "{\"code\":40001,\"msg\":\"no\"}",
            Some(Code::ExchangeFailed),
        ),
        (
            "{\"code\":\"200\",\"data\":{\"authorizationToken\":\"t\"}}",
            None,
        ),
    ];
    for (answer, code) in answers {
        let page = Page::open(&format!("{{\"answer\": {answer}}}")).await;
        page.permit("/x");
        page.idle().await;
        let settled = page.said("settled").pop().expect("settled");
        assert!(
            code.map_or(settled == "null", |code| says(&settled, code)),
            "{answer}: {settled}"
        );
    }
}

#[wasm_bindgen_test]
async fn a_dropped_step_is_cancelled_and_its_late_answer_meets_nobody() {
    let page = Page::open("{\"slow\": true}").await;
    page.permit("/x");
    page.idle().await;
    page.with(|core| core.begin(2, 3, JsValue::UNDEFINED, 0));
    page.idle().await;
    assert!(
        page.said("settled")
            .pop()
            .is_some_and(|error| says(&error, Code::LoggedOut))
    );
    assert_eq!(page.said("aborted").len(), 1);
    assert_eq!(page.bearer(), "");
}

#[wasm_bindgen_test]
async fn a_wrong_option_is_told() {
    let silent = Closure::<dyn Fn(u32, bool, JsValue)>::new(|_, _, _| {});
    let client = fake_client(&Object::new());
    let host = words(create_host(&client, silent.as_ref()), &client);
    assert!(create(host, "http://public.example.com").is_none());
    let error = get(&get(&client, "said"), "refused");
    assert_eq!(
        get(&error, "code").as_f64(),
        Some(f64::from(Code::Config as u32))
    );
    assert_eq!(
        get(&error, "option").as_string().as_deref(),
        Some("baseUrl")
    );
}

#[wasm_bindgen_test]
async fn a_profile_goes_out_as_wx_gave_it() {
    let page = Page::open("{\"sync\": true}").await;
    page.permit("/x");
    let profile = "{\"userInfo\":{\"nickName\":\"小明\",\"gender\":1},\"encryptedData\":\"e\",\"iv\":\"i\",\"rawData\":\"{}\",\"signature\":\"s\"}";
    let profile = js_sys::JSON::parse(profile).expect("JSON");
    let tapped = page.with(|core| core.tap());
    let call = Object::new();
    Reflect::set(&call, &"value".into(), &profile).expect("set");
    let ops: Map = get(&page.client, "ops").unchecked_into();
    ops.set(&9.into(), &call);
    page.with(|core| core.begin(9, 1, profile.clone(), tapped as u32));
    let posted = page.said("posted").pop().expect("a submit");
    assert_eq!(
        posted,
        "{\"encryptedData\":\"e\",\"iv\":\"i\",\"rawData\":\"{}\",\"signature\":\"s\"}"
    );
    assert_eq!(page.said("finish").len(), 2);
}
