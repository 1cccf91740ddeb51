//! A mini program in a page: what a test does and reads.

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use js_sys::{Function, JSON, Object, Promise, Reflect, eval};
use serde_json::{Value, json};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use crate::tables;

#[wasm_bindgen(module = "/tests/web/page.js")]
extern "C" {
    #[wasm_bindgen(js_name = loadPackage)]
    fn load_package(sources: &Object) -> Promise;

    type Phone;
    #[wasm_bindgen(constructor)]
    fn new(switches: &JsValue) -> Phone;
    #[wasm_bindgen(method)]
    fn start(this: &Phone, options: &JsValue) -> JsValue;
}

/// The modules of the package that are used as they stand.
const SOURCES: [(&str, &str); 10] = [
    ("call", include_str!("../../pkg-template/call.js")),
    ("check", include_str!("../../pkg-template/check.js")),
    ("error", include_str!("../../pkg-template/error.js")),
    ("header", include_str!("../../pkg-template/header.js")),
    ("host", include_str!("../../pkg-template/host.js")),
    ("index", include_str!("../../pkg-template/index.js")),
    ("loader", include_str!("../../pkg-template/loader.js")),
    ("promisify", include_str!("../../pkg-template/promisify.js")),
    ("task", include_str!("../../pkg-template/task.js")),
    ("wxp", include_str!("../../pkg-template/wxp.js")),
];

/// What a promise resolves or rejects with, as JSON.
pub type Settled = LocalBoxFuture<'static, Result<Value, Value>>;

/// A mini program that runs on a phone (page.js). What tests say to it is JavaScript, in which
/// `wxp` and `phone` are the two.
pub struct Page {
    phone: Phone,
    wxp: JsValue,
}

impl Page {
    /// On a new phone with these switches.
    pub async fn open(switches: &str) -> Self {
        Self::with_options(switches, "{}").await
    }

    /// The same with more options than the usual ones.
    pub async fn with_options(switches: &str, options: &str) -> Self {
        let sources = Object::new();
        let generated = [
            ("codes", tables::codes()),
            ("options", tables::options()),
            ("permit", tables::permit()),
            ("version", tables::version()),
        ];
        let written = SOURCES.map(|(name, source)| (name, source.to_owned()));
        for (name, source) in generated.into_iter().chain(written) {
            Reflect::set(&sources, &name.into(), &source.into()).expect("set");
        }
        let loaded = JsFuture::from(load_package(&sources)).await;
        loaded.expect("pkg-template loads, in Chromium 133 or newer");
        Self::start(Phone::new(&js(switches)), options).await
    }

    /// The mini program's next launch, on the same phone.
    pub async fn restart(self) -> Self {
        Self::start(self.phone, "{}").await
    }

    async fn start(phone: Phone, options: &str) -> Self {
        let wxp = phone.start(&js(options));
        let page = Self { phone, wxp };
        page.ask("wxp.ready").await.expect("ready");
        page
    }

    /// Evaluates the expression now.
    pub fn run(&self, source: &str) -> JsValue {
        let run = Function::new_with_args("wxp, phone", &format!("return {source}"));
        let done = run.call2(&JsValue::NULL, &self.wxp, &self.phone);
        done.unwrap_or_else(|e| panic!("{source}: {e:?}"))
    }

    /// The expression's value, as JSON.
    pub fn get(&self, source: &str) -> Value {
        json(&self.run(source))
    }

    /// Evaluates the expression now; what its promise resolves or rejects with, as JSON.
    pub fn ask(&self, source: &str) -> Settled {
        let settled = JsFuture::from(Promise::resolve(&self.run(source)));
        let both = |outcome: Result<JsValue, JsValue>| match outcome {
            Ok(value) => Ok(json(&value)),
            Err(error) => Err(json(&error)),
        };
        settled.map(both).boxed_local()
    }

    /// The same; see [`code`].
    pub async fn code(&self, source: &str) -> String {
        code(self.ask(source).await)
    }

    /// `requestNeedLogin` with this url; what it gives.
    pub fn request(&self, url: &str) -> Settled {
        self.ask(&format!("wxp.requestNeedLogin({{ url: '{url}' }})"))
    }

    /// From here on, what wx or the server gives by this name or path: a value, or a function that
    /// gives or throws it.
    pub fn answer(&self, to: &str, given: &str) {
        self.run(&format!("phone.answers['{to}'] = {given}"));
    }

    /// Logs in, and lets that settle.
    pub async fn log_in(&self) {
        self.ask("wxp.ensureLogin()").await.expect("a login");
        self.idle().await;
    }

    /// Lets all that is under way go on, as far as it does by itself.
    pub async fn idle(&self) {
        for _ in 0..10 {
            let turn = self.ask("new Promise(resolve => setTimeout(resolve))");
            turn.await.expect("a turn");
        }
    }

    /// How often wx or the server was called by this name or path.
    pub fn count(&self, to: &str) -> usize {
        self.calls(to).len()
    }

    /// What wx or the server was called with by this name or path.
    pub fn calls(&self, to: &str) -> Vec<Value> {
        let calls = self.get(&format!("phone.calls.filter(call => call.to === '{to}')"));
        serde_json::from_value(calls).expect("an array")
    }

    /// The tokens that this path was called with.
    pub fn bearers(&self, path: &str) -> Vec<Value> {
        let calls = self.calls(path).into_iter();
        calls
            .map(|call| call["header"]["Authorization"].clone())
            .collect()
    }
}

/// The value of an expression.
pub fn js(source: &str) -> JsValue {
    eval(&format!("({source})")).unwrap_or_else(|e| panic!("{source}: {e:?}"))
}

/// A value as JSON; what has none is null.
pub fn json(value: &JsValue) -> Value {
    let text = JSON::stringify(value)
        .ok()
        .and_then(|text| text.as_string());
    text.map_or(Value::Null, |text| text.parse().expect("JSON"))
}

/// What the server answers to a request with a good token.
pub fn answer(path: &str) -> Result<Value, Value> {
    Ok(json!({ "statusCode": 200, "data": { "code": 200, "data": path } }))
}

/// The code of the error that a call was rejected with, or `resolved`.
pub fn code(outcome: Result<Value, Value>) -> String {
    match outcome {
        Ok(_) => "resolved".into(),
        Err(error) => error["code"].as_str().unwrap_or("no code").into(),
    }
}
