//! The simulator's own API: its log, its faults, its settings and its people.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde_json::{Map, Value};

use super::Simulator;
use super::fault::Rule;
use super::log::Entry;
use super::world::{Person, Settings};
use crate::crypto::hex;

type Shared = State<Arc<Simulator>>;

pub(super) async fn log(State(simulator): Shared) -> Json<Vec<Entry>> {
    Json(simulator.log().entries())
}

pub(super) async fn clear_log(State(simulator): Shared) -> StatusCode {
    simulator.log().clear();
    StatusCode::NO_CONTENT
}

pub(super) async fn faults(State(simulator): Shared) -> Json<Vec<Rule>> {
    Json(simulator.faults().rules.clone())
}

pub(super) async fn set_faults(
    State(simulator): Shared,
    Json(rules): Json<Vec<Rule>>,
) -> StatusCode {
    simulator.faults().rules = rules;
    StatusCode::NO_CONTENT
}

pub(super) async fn add_fault(State(simulator): Shared, Json(rule): Json<Rule>) -> StatusCode {
    simulator.faults().rules.push(rule);
    StatusCode::NO_CONTENT
}

pub(super) async fn clear_faults(State(simulator): Shared) -> StatusCode {
    simulator.faults().rules.clear();
    StatusCode::NO_CONTENT
}

pub(super) async fn settings(State(simulator): Shared) -> Json<Settings> {
    Json(simulator.world().settings.clone())
}

/// What is left out returns to its default.
pub(super) async fn set_settings(
    State(simulator): Shared,
    Json(settings): Json<Settings>,
) -> StatusCode {
    simulator.world().settings = settings;
    StatusCode::NO_CONTENT
}

pub(super) async fn user(State(simulator): Shared, Path(user): Path<String>) -> Json<Person> {
    Json(simulator.world().user(&user).person.clone())
}

/// What is left out stays as it is.
pub(super) async fn set_user(
    State(simulator): Shared,
    Path(user): Path<String>,
    Json(changes): Json<Map<String, Value>>,
) -> Result<StatusCode, (StatusCode, String)> {
    let mut world = simulator.world();
    let user = world.user(&user);
    user.person = changed(&user.person, changes)
        .map_err(|error| (StatusCode::BAD_REQUEST, error.to_string()))?;
    Ok(StatusCode::NO_CONTENT)
}

fn changed(person: &Person, changes: Map<String, Value>) -> serde_json::Result<Person> {
    let mut person = serde_json::to_value(person)?;
    for (name, value) in changes {
        person[name] = value;
    }
    serde_json::from_value(person)
}

/// A picture for everyone: a disc whose colour follows from the name.
pub(super) async fn avatar(Path(file): Path<String>) -> impl IntoResponse {
    let hue: u32 = file.bytes().map(u32::from).sum::<u32>() % 360;
    let svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 132 132"><rect width="132" height="132" fill="hsl({hue} 60% 85%)"/><circle cx="66" cy="50" r="24" fill="hsl({hue} 50% 45%)"/><circle cx="66" cy="132" r="50" fill="hsl({hue} 50% 45%)"/></svg>"#
    );
    let etag = format!("\"{}\"", hex(file.as_bytes()));
    (
        [
            (header::CONTENT_TYPE, "image/svg+xml".to_owned()),
            (header::ETAG, etag),
        ],
        svg,
    )
}
