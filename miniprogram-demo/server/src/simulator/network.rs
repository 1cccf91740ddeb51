//! The phone's network stack: `wx.request` and `wx.uploadFile` with WeChat's rules and WeChat's
//! failures.

use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, REFERER, SET_COOKIE};
use reqwest::multipart::{Form, Part};
use reqwest::{Client, Method, RequestBuilder, Response, redirect};
use serde_json::{Map, Value, json};
use url::{Host, Origin, Url};

use crate::http_client;

/// WeChat's default and upper bound, ms.
const TIMEOUT: u64 = 60_000;
const METHODS: [&str; 8] = [
    "OPTIONS", "GET", "HEAD", "POST", "PUT", "DELETE", "TRACE", "CONNECT",
];

/// Where requests to one origin really go: `FROM_ORIGIN=TO_ORIGIN`.
#[derive(Debug, Clone)]
pub struct Route {
    from: Origin,
    to: Url,
}

impl FromStr for Route {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let (from, to) = text
            .split_once('=')
            .context("a route is FROM_ORIGIN=TO_ORIGIN")?;
        let to: Url = to
            .parse()
            .with_context(|| format!("{to} is not an origin"))?;
        let from: Url = from
            .parse()
            .with_context(|| format!("{from} is not an origin"))?;
        ensure!(
            to.has_host() && from.has_host(),
            "a route needs a host on both sides"
        );
        Ok(Self {
            from: from.origin(),
            to,
        })
    }
}

/// A failure as `wx.request` reports it.
pub(super) struct Failure {
    text: &'static str,
    errno: i64,
}

impl Failure {
    /// The result object that the callback of `api` gets.
    pub(super) fn result(&self, api: &str) -> Value {
        json!({ "errMsg": format!("{api}:fail {}", self.text), "errno": self.errno })
    }
}

const fn failure(text: &'static str, errno: i64) -> Failure {
    Failure { text, errno }
}

#[derive(Debug)]
pub(super) struct Network {
    client: Client,
    manual: Client,
    routes: Vec<Route>,
}

impl Network {
    pub(super) fn new(routes: Vec<Route>) -> anyhow::Result<Self> {
        let allowed: Vec<Url> = routes.iter().map(|route| route.to.clone()).collect();
        let follow = redirect::Policy::custom(move |attempt| {
            let url = attempt.url();
            if attempt.previous().len() > 5 {
                attempt.error("too many redirects")
            } else if is_loopback(url) || allowed.iter().any(|to| to.origin() == url.origin()) {
                attempt.follow()
            } else {
                attempt.stop()
            }
        });
        let client = |policy| http_client::builder().no_proxy().redirect(policy).build();
        Ok(Self {
            client: client(follow)?,
            manual: client(redirect::Policy::none())?,
            routes,
        })
    }

    /// Performs the request that `args` describes as `wx.request` takes them, and returns the
    /// result object of its callback.
    pub(super) async fn request(&self, args: &Value) -> Value {
        let answer = match self.send(args).await {
            Ok(response) => result("request", args, response).await,
            Err(failure) => Err(failure),
        };
        answer.unwrap_or_else(|failure| failure.result("request"))
    }

    /// Sends what `args` describe as `wx.request` takes them; the body is still to come.
    pub(super) async fn send(&self, args: &Value) -> Result<Response, Failure> {
        let method = args["method"]
            .as_str()
            .unwrap_or("GET")
            .to_ascii_uppercase();
        let method = METHODS
            .contains(&method.as_str())
            .then(|| method.parse::<Method>().ok())
            .flatten()
            .ok_or(failure("method is invalid", 600005))?;
        let (url, body, headers) = self.read(args, &method)?;
        let client = if args["redirect"] == "manual" {
            &self.manual
        } else {
            &self.client
        };
        let mut request = client.request(method, url).headers(headers);
        if let Some(body) = body {
            request = request.body(body);
        }
        within(args, request).send().await.map_err(explain)
    }

    /// The same for `wx.uploadFile`; the file is in `args`, as `fileName` and Base64 `file`.
    pub(super) async fn upload(&self, args: &Value) -> Value {
        let answer = match self.try_upload(args).await {
            Ok(response) => result("uploadFile", &json!({ "dataType": "text" }), response).await,
            Err(failure) => Err(failure),
        };
        answer.unwrap_or_else(|failure| failure.result("uploadFile"))
    }

    async fn try_upload(&self, args: &Value) -> Result<Response, Failure> {
        let (url, _, mut headers) = self.read(args, &Method::POST)?;
        // The form says its own, with its boundary.
        headers.remove(CONTENT_TYPE);
        let file = BASE64.decode(args["file"].as_str().unwrap_or_default());
        let file = file.map_err(|_| failure("file not found", 600000))?;
        let part = Part::bytes(file).file_name(text(&args["fileName"]));
        let mut form = Form::new();
        for (name, value) in args["formData"].as_object().into_iter().flatten() {
            form = form.text(name.clone(), text(value));
        }
        let form = form.part(text(&args["name"]), part);
        let request = self.client.post(url).headers(headers).multipart(form);
        within(args, request).send().await.map_err(explain)
    }

    /// URL, body and header as they go out.
    fn read(
        &self,
        args: &Value,
        method: &Method,
    ) -> Result<(Url, Option<String>, HeaderMap), Failure> {
        let url = args["url"].as_str().and_then(|url| url.parse::<Url>().ok());
        let mut url = url
            .filter(|url| ["http", "https"].contains(&url.scheme()) && url.has_host())
            .ok_or(failure("invalid url", 600009))?;
        if let Some(route) = self.routes.iter().find(|route| route.from == url.origin()) {
            // Not by joining: a path that begins with two slashes would be another host.
            let mut to = route.to.clone();
            to.set_path(url.path());
            to.set_query(url.query());
            url = to;
        } else if !is_loopback(&url) {
            return Err(failure("url not in domain list", 600002));
        }

        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in args["header"].as_object().into_iter().flatten() {
            let invalid = |_| failure("invalid request header", 600010);
            let name: HeaderName = name.parse().map_err(|_| invalid(()))?;
            let value = HeaderValue::from_str(&text(value)).map_err(|_| invalid(()))?;
            if name != REFERER {
                headers.insert(name, value);
            }
        }

        let data = &args["data"];
        let form = headers[CONTENT_TYPE]
            .to_str()
            .is_ok_and(|value| value.contains("application/x-www-form-urlencoded"));

        let body = match data {
            Value::Null => None,
            Value::Object(fields) if method == Method::GET => {
                url.query_pairs_mut().extend_pairs(fields.iter().map(pair));
                None
            }
            Value::Object(fields) if form => {
                let mut body = url::form_urlencoded::Serializer::new(String::new());
                Some(body.extend_pairs(fields.iter().map(pair)).finish())
            }
            data => Some(text(data)),
        };
        Ok((url, body, headers))
    }
}

/// With the timeout of `args`, in WeChat's bounds.
fn within(args: &Value, request: RequestBuilder) -> RequestBuilder {
    let asked = args["timeout"].as_u64().filter(|ms| *ms > 0);
    request.timeout(Duration::from_millis(asked.unwrap_or(TIMEOUT).min(TIMEOUT)))
}

fn pair<'a>((name, value): (&'a String, &Value)) -> (&'a str, String) {
    (name, text(value))
}

/// Strings as they are, everything else as JSON.
fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        // Names below it are whatever the system's resolver makes of them.
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        None => false,
    }
}

/// What is known before the body: `statusCode`, `header` and `cookies`.
pub(super) fn head(response: &Response) -> Value {
    let mut header = Map::new();
    for name in response.headers().keys() {
        let values = response.headers().get_all(name).iter();
        let values: Vec<_> = values
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .collect();
        header.insert(name.to_string(), values.join(",").into());
    }
    let cookies = response.headers().get_all(SET_COOKIE).iter();
    let cookies: Vec<_> = cookies
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .collect();
    json!({
        "statusCode": response.status().as_u16(),
        "header": header,
        "cookies": cookies,
    })
}

async fn result(api: &str, args: &Value, response: Response) -> Result<Value, Failure> {
    let mut answer = head(&response);
    let bytes = response.bytes().await.map_err(explain)?;
    answer["data"] = if args["responseType"] == "arraybuffer" {
        BASE64.encode(&bytes).into()
    } else {
        let text = String::from_utf8_lossy(&bytes);
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let as_json = args["dataType"].as_str().is_none_or(|kind| kind == "json");
        let parsed = as_json.then(|| serde_json::from_str(text).ok()).flatten();
        parsed.unwrap_or_else(|| text.into())
    };
    answer["errMsg"] = format!("{api}:ok").into();
    Ok(answer)
}

pub(super) fn explain(error: reqwest::Error) -> Failure {
    match error {
        error if error.is_timeout() => failure("timeout", 5),
        error if error.is_redirect() => failure("exceed max redirect", 600008),
        error if error.is_connect() => failure(
            "errcode:-102 cronet_error_code:-102 error_msg:net::ERR_CONNECTION_REFUSED",
            600001,
        ),
        _ => failure(
            "errcode:-100 cronet_error_code:-100 error_msg:net::ERR_CONNECTION_CLOSED",
            600001,
        ),
    }
}
