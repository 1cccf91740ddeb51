//! The OpenAPI document: what no single route says.

use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};
use utoipa::{Modify, OpenApi};

#[derive(OpenApi)]
#[openapi(
    info(title = "miniprogram-server", description = "Login for a WeChat Mini Program"),
    modifiers(&Bearer)
)]
pub(super) struct Document;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}

/// What any route may answer.
const ANY: [(&str, &str); 2] = [
    ("408", "40801: the request took too long"),
    ("500", "50001: our trouble; the log knows"),
];
/// What is counted by address and asks the database.
const USERS: [(&str, &str); 2] = [
    ("429", "42901: later; see Retry-After"),
    (
        "503",
        "50301: the database is not available; see Retry-After",
    ),
];
const WITH_BODY: [(&str, &str); 2] = [
    ("400", "40001: the request is not what this route takes"),
    ("413", "41301: longer than this route takes"),
];
const WITH_QUERY: [(&str, &str); 1] = [("400", "40001: the query is not what this route takes")];

/// Adds to each operation what many may answer.
pub(super) fn complete(document: &mut utoipa::openapi::OpenApi) {
    for (path, item) in &mut document.paths.paths {
        let is_users = path.starts_with("/user/") || path.starts_with("/avatars/");
        for operation in [&mut item.get, &mut item.post].into_iter().flatten() {
            add(operation, &ANY);
            if is_users {
                add(operation, &USERS);
            }
            if operation.request_body.is_some() {
                add(operation, &WITH_BODY);
            } else if path == "/user/home" {
                add(operation, &WITH_QUERY);
            }
        }
    }
}

fn add(operation: &mut Operation, responses: &[(&str, &str)]) {
    for (status, description) in responses {
        let known = &mut operation.responses.responses;
        known.entry((*status).to_owned()).or_insert_with(|| {
            let failure = Ref::from_schema_name("Failure");
            let content = ContentBuilder::new().schema(Some(failure)).build();
            let response = ResponseBuilder::new()
                .description(*description)
                .content("application/json", content);
            RefOr::T(response.build())
        });
    }
}
