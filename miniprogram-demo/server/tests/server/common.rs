//! Starts the real programs' insides on loopback and talks HTTP to them.

use std::sync::Arc;

use clap::Parser;
use miniprogram_server::app::App;
use miniprogram_server::cli::Cli;
use miniprogram_server::config::Config;
use miniprogram_server::http_client;
use miniprogram_server::simulator::{Options, Simulator};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::document;

/// What could be a code, but is none.
pub const CODE: &str = "0123456789abcdef0123456789abcdef";

/// A running simulator. Everything ends with the test's runtime.
pub struct Sim {
    pub url: String,
    client: Client,
}

impl Sim {
    pub async fn start() -> Self {
        Self::start_with(Options::default()).await
    }

    pub async fn start_with(options: Options) -> Self {
        let (listener, url) = listener().await;
        tokio::spawn(Simulator::serve(listener, options));
        Self {
            url,
            client: client(),
        }
    }

    pub async fn phone(&self, api: &str, body: Value) -> Value {
        let request = self
            .client
            .post(format!("{}/phone/{api}", self.url))
            .json(&body);
        let answer = request.send().await.expect("the phone answers");
        assert_eq!(answer.status(), 200, "the phone's side always answers 200");
        answer.json().await.expect("the phone answers JSON")
    }

    /// A code from `wx.login`.
    pub async fn code(&self, user: &str) -> String {
        let answer = self.phone("login", json!({ "user": user })).await;
        answer["code"]
            .as_str()
            .unwrap_or_else(|| panic!("no code: {answer}"))
            .to_owned()
    }

    /// What `wx.getUserProfile` gives, cut to what is submitted.
    pub async fn profile(&self, user: &str) -> Value {
        let answer = self
            .phone("getUserProfile", json!({ "user": user, "desc": "展示" }))
            .await;
        let fields = ["encryptedData", "iv", "rawData", "signature"];
        fields
            .iter()
            .map(|&field| (field.to_owned(), answer[field].clone()))
            .collect()
    }

    pub async fn put(&self, path: &str, body: Value) {
        let request = self.client.put(format!("{}{path}", self.url)).json(&body);
        let answer = request.send().await.expect("the simulator answers");
        assert_eq!(answer.status(), 204, "{path} {body}");
    }

    pub async fn get(&self, path_and_query: &str) -> (reqwest::StatusCode, String) {
        let url = format!("{}{path_and_query}", self.url);
        let answer = self
            .client
            .get(url)
            .send()
            .await
            .expect("the simulator answers");
        (answer.status(), answer.text().await.expect("text"))
    }

    pub async fn log(&self) -> Vec<Value> {
        let (_, text) = self.get("/log").await;
        serde_json::from_str(&text).expect("the log is a JSON array")
    }

    /// How many calls of `path` the log has.
    pub async fn count(&self, path: &str) -> usize {
        self.log()
            .await
            .iter()
            .filter(|entry| entry["path"] == path)
            .count()
    }
}

/// A running backend.
pub struct Backend {
    pub url: String,
    pub app: Arc<App>,
    pub client: Client,
    pub task: JoinHandle<anyhow::Result<()>>,
}

/// What a backend answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Answer {
    /// Status and body code, which say together what happened.
    pub fn codes(&self) -> (u16, i64) {
        (self.status, self.body["code"].as_i64().unwrap_or_default())
    }
}

impl Backend {
    pub async fn start(config: Config) -> Self {
        let app = App::new(config).await.expect("the backend starts");
        let (listener, url) = listener().await;
        let task = tokio::spawn(app.clone().serve(listener));
        Self {
            url,
            app,
            client: client(),
            task,
        }
    }

    pub fn request(&self, method: Method, path: &str, token: &str) -> RequestBuilder {
        self.client
            .request(method, format!("{}{path}", self.url))
            .bearer_auth(token)
    }

    pub async fn get(&self, path: &str, token: &str) -> Answer {
        answer(self.request(Method::GET, path, token)).await
    }

    pub async fn post(&self, path: &str, token: &str, body: Value) -> Answer {
        answer(self.request(Method::POST, path, token).json(&body)).await
    }

    pub async fn login(&self, code: &str) -> Answer {
        let url = format!("{}/user/weixin-login", self.url);
        answer(self.client.post(url).json(&json!({ "code": code }))).await
    }

    /// Logs `user` in and returns the token.
    pub async fn token(&self, sim: &Sim, user: &str) -> String {
        token(&self.login(&sim.code(user).await).await)
    }
}

/// The token in a login's answer.
pub fn token(login: &Answer) -> String {
    let token = login.body["data"]["authorizationToken"].as_str();
    token
        .unwrap_or_else(|| panic!("no token: {login:?}"))
        .to_owned()
}

/// What the backend answers, which must be as its OpenAPI document says.
pub async fn answer(request: RequestBuilder) -> Answer {
    let (client, request) = request.build_split();
    let request = request.expect("a request");
    let (method, url) = (request.method().clone(), request.url().clone());
    let response = client.execute(request).await.expect("the backend answers");
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.expect("a body");
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    let answer = Answer {
        status,
        headers,
        body,
    };
    document::check(&client, &method, &url, &answer).await;
    answer
}

pub fn client() -> Client {
    http_client::builder().build().expect("a client")
}

/// A directory for one test's database.
pub fn directory() -> TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

/// A configuration for `sim`, with a new SQLite file in `directory`.
pub fn config(sim: &Sim, directory: &TempDir) -> Config {
    let database = directory.path().join("test.db");
    let database = format!("sqlite:{}", database.display());
    let arguments = [
        "backend",
        "--wechat-api-base",
        &sim.url,
        "--database-url",
        &database,
    ];
    let cli = Cli::try_parse_from(arguments).expect("arguments");
    cli.config.check().expect("a configuration")
}

/// A simulator and a backend that know each other. The directory must outlive them.
pub async fn both() -> (Sim, Backend, TempDir) {
    let (sim, directory) = (Sim::start().await, directory());
    let backend = Backend::start(config(&sim, &directory)).await;
    (sim, backend, directory)
}

pub async fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    (listener, url)
}
