//! `GET /user/events`

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderName, header};
use futures_util::stream;
use serde::Serialize;
use utoipa::ToSchema;

use super::UserInfo;
use crate::answer::{ApiError, Failure};
use crate::app::App;
use crate::extract::Authorized;
use crate::places::Place;
use crate::store::{Session, User, now};

/// How often a stream says something, and looks for changes that any instance made.
const PERIOD: Duration = Duration::from_secs(1);

/// One line of the stream.
#[derive(Serialize, ToSchema)]
#[serde(tag = "event", rename_all = "camelCase")]
enum Event {
    /// The first line.
    Hello {
        /// Unix seconds.
        at: i64,
        /// Who listens.
        user: UserInfo,
    },
    /// Nothing changed.
    Tick {
        /// Unix seconds.
        at: i64,
    },
    /// What is shown of the user changed.
    Changed {
        /// Unix seconds.
        at: i64,
        /// As changed.
        user: UserInfo,
    },
    /// The last line: the session or the server ended.
    End {
        /// Unix seconds.
        at: i64,
    },
}

/// What a stream remembers between two lines.
struct Listener {
    app: Arc<App>,
    sid: String,
    /// As last told; none before the first line.
    told: Option<User>,
    session: Option<Session>,
    _place: Place<String>,
}

/// What happens to the user, a JSON document per line, until the session ends
#[utoipa::path(
    get,
    path = "/user/events",
    security(("bearer" = [])),
    responses(
        (status = 200, description = "Lines", body = Event, content_type = "application/x-ndjson"),
        (status = 401, description = "401: log in", body = Failure),
        (status = 429, description = "42901: too many streams are open", body = Failure),
    )
)]
pub(super) async fn events(
    State(app): State<Arc<App>>,
    Authorized(session): Authorized,
) -> Result<([(HeaderName, &'static str); 2], Body), ApiError> {
    let listener = Listener {
        _place: app.streams.take(&session.user.id).await?,
        sid: session.sid.clone(),
        told: None,
        session: Some(session),
        app,
    };
    let lines = stream::unfold(Some(listener), |listener| async {
        let mut listener = listener?;
        let event = listener.next().await;
        let line = serde_json::to_string(&event).map(|line| line + "\n");
        Some((
            line,
            (!matches!(event, Event::End { .. })).then_some(listener),
        ))
    });
    let headers = [
        (header::CONTENT_TYPE, "application/x-ndjson"),
        // A proxy that collects lines would hold them back.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    Ok((headers, Body::from_stream(lines)))
}

impl Listener {
    async fn next(&mut self) -> Event {
        let at = now();
        let Some(told) = &self.told else {
            let Some(session) = self.session.take() else {
                return Event::End { at };
            };
            self.told = Some(session.user.clone());
            return Event::Hello {
                at,
                user: UserInfo::new(&self.app, session.user),
            };
        };
        tokio::select! {
            () = tokio::time::sleep(PERIOD) => {}
            () = self.app.ending.cancelled() => return Event::End { at },
        }
        let at = now();
        match self.app.store.session(&self.sid).await {
            Ok(Some(session)) if session.user == *told => Event::Tick { at },
            Ok(Some(session)) => {
                self.told = Some(session.user.clone());
                Event::Changed {
                    at,
                    user: UserInfo::new(&self.app, session.user),
                }
            }
            Ok(None) => Event::End { at },
            Err(error) => {
                tracing::error!(%error, "a stream lost the database");
                Event::End { at }
            }
        }
    }
}
