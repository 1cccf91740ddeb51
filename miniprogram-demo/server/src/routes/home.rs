//! `GET /user/home`

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::UserInfo;
use crate::answer::{Answer, ApiError, Failure, ok};
use crate::app::App;
use crate::extract::{Authorized, Params};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// Comes back as it is.
    #[serde(default)]
    name: String,
}

/// The tutorial's page for those who are logged in.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Home {
    /// As asked.
    name: String,
    /// Who asked.
    user: UserInfo,
}

/// A page that needs a login
#[utoipa::path(
    get,
    path = "/user/home",
    params(Asked),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "Home", body = Answer<Home>),
        (status = 401, description = "401: log in", body = Failure),
    )
)]
pub(super) async fn home(
    State(app): State<Arc<App>>,
    Authorized(session): Authorized,
    Params(asked): Params<Asked>,
) -> Result<Json<Answer<Home>>, ApiError> {
    Ok(ok(Home {
        name: asked.name,
        user: UserInfo::new(&app, session.user),
    }))
}
