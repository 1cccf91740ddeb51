//! The OpenAPI document: valid, complete, and true of every answer in these tests.

use reqwest::{Client, Method, Url};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::common::{Answer, both};

static DOCUMENT: OnceCell<Value> = OnceCell::const_new();

/// Compares an answer with what the document says.
pub async fn check(client: &Client, method: &Method, url: &Url, answer: &Answer) {
    let fetch = async || {
        let url = url.join("/openapi.json").expect("a URL");
        let document = client.get(url).send().await.expect("the document");
        document.json().await.expect("JSON")
    };
    let document = DOCUMENT.get_or_init(fetch).await;
    let template = match url.path() {
        "/openapi.json" => return,
        path if path.starts_with("/avatars/") => "/avatars/{id}",
        path => path,
    };
    let Some(routes) = document["paths"].get(template) else {
        return assert_eq!(answer.codes(), (404, 40401), "{method} {url}: {answer:?}");
    };
    let Some(route) = routes.get(method.as_str().to_lowercase()) else {
        return assert_eq!(answer.codes(), (405, 40501), "{method} {url}: {answer:?}");
    };
    let status = answer.status.to_string();
    let response = route["responses"].get(&status);
    let response = response.unwrap_or_else(|| panic!("{method} {template}: {status} is not named"));
    let Some(schema) = response["content"]["application/json"].get("schema") else {
        return;
    };
    let problems = problems(document, schema, &answer.body);
    assert!(
        problems.is_empty(),
        "{method} {url} {answer:?}: {problems:?}"
    );
}

fn problems(document: &Value, schema: &Value, body: &Value) -> Vec<String> {
    let mut schema = schema.clone();
    schema["components"] = document["components"].clone();
    let validator = jsonschema::draft202012::new(&schema).expect("a schema");
    validator
        .iter_errors(body)
        .map(|error| error.to_string())
        .collect()
}

#[tokio::test]
async fn the_document_is_valid() {
    let (_sim, backend, _directory) = both().await;
    let document = backend.get("/openapi.json", "").await.body;
    let parsed = oas3::from_json(document.to_string()).expect("an OpenAPI document");
    parsed.validate_version().expect("a known version");
    let schemas = document["components"]["schemas"]
        .as_object()
        .expect("schemas");
    for (name, schema) in schemas {
        let valid = jsonschema::meta::validate(schema);
        assert!(valid.is_ok(), "{name}: {:?}", valid.err());
    }
    // Each operation has a name of its own, and each parameter of a path is described.
    let mut names = Vec::new();
    for (path, routes) in document["paths"].as_object().expect("paths") {
        for (method, route) in routes.as_object().expect("operations") {
            names.push(route["operationId"].as_str().expect("a name").to_owned());
            let described = route["parameters"].as_array().into_iter().flatten();
            let in_path = described
                .filter(|parameter| parameter["in"] == "path")
                .count();
            assert_eq!(in_path, path.matches('{').count(), "{method} {path}");
            for (status, response) in route["responses"].as_object().expect("responses") {
                assert!(
                    response["description"].is_string(),
                    "{method} {path} {status}"
                );
            }
        }
    }
    let all = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), all, "{names:?}");
}

/// What would not be noticed if the comparison compared nothing.
#[tokio::test]
async fn the_document_refuses_what_is_no_answer() {
    let (_sim, backend, _directory) = both().await;
    let document = backend.get("/openapi.json", "").await.body;
    let schema = |path: &str, status: &str| {
        document["paths"][path]["post"]["responses"][status]["content"]["application/json"]
            ["schema"]
            .clone()
    };
    let failure = schema("/user/weixin-login", "400");
    let refuses = |schema: &Value, body: Value| !problems(&document, schema, &body).is_empty();
    assert!(!refuses(
        &failure,
        json!({ "code": 40001, "msg": "no", "data": null })
    ));
    assert!(refuses(&failure, json!({ "code": 40001, "data": null })));
    assert!(refuses(
        &failure,
        json!({ "code": 40001, "msg": "no", "data": {} })
    ));
    let success = schema("/user/weixin-login", "200");
    assert!(refuses(
        &success,
        json!({ "code": 200, "msg": "ok", "data": {} })
    ));
}
