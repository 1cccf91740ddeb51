//! `POST /user/chat`

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderName, header};
use futures_util::stream;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::answer::{ApiError, Failure};
use crate::extract::{Authorized, Body as Document};

/// Longer questions are refused, in characters.
const QUESTION_CHARS: usize = 200;
/// How much is said at once, in characters, and how often: as fast as one reads.
const PIECE: usize = 3;
const PERIOD: Duration = Duration::from_millis(60);

/// A question.
#[derive(Deserialize, ToSchema)]
pub(super) struct Question {
    /// At most 200 characters.
    question: String,
    /// `en` for an English answer.
    #[serde(default)]
    lang: String,
}

/// A text that comes bit by bit, as a language model writes it
///
/// There is no model behind it: the answer says what was asked, by whom, and how it travels.
#[utoipa::path(
    post,
    path = "/user/chat",
    request_body = Question,
    security(("bearer" = [])),
    responses(
        (status = 200, description = "UTF-8 text", body = str, content_type = "text/plain"),
        (status = 400, description = "40001: too long", body = Failure),
        (status = 401, description = "401: log in", body = Failure),
    )
)]
pub(super) async fn chat(
    Authorized(session): Authorized,
    Document(Question { question, lang }): Document<Question>,
) -> Result<([(HeaderName, &'static str); 2], Body), ApiError> {
    if question.chars().count() > QUESTION_CHARS {
        return Err(ApiError::BadRequest(format!(
            "question must be at most {QUESTION_CHARS} characters"
        )));
    }
    let text = answer(&lang, &session.user.nick_name, &question);
    let pieces: Vec<String> = text
        .chars()
        .collect::<Vec<_>>()
        .chunks(PIECE)
        .map(String::from_iter)
        .collect();
    let said = stream::unfold(pieces.into_iter(), |mut pieces| async {
        let piece = pieces.next()?;
        tokio::time::sleep(PERIOD).await;
        Some((Ok::<_, std::io::Error>(piece), pieces))
    });
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        // A proxy that collects what is said would hold it back.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    Ok((headers, Body::from_stream(said)))
}

fn answer(lang: &str, nick_name: &str, question: &str) -> String {
    if lang == "en" {
        let name = if nick_name.is_empty() {
            "friend"
        } else {
            nick_name
        };
        return format!(
            "Hello, {name}. You asked: \u{201c}{question}\u{201d}. This answer comes a few letters \
             at a time, as a language model writes. The request carried your token before the first \
             letter came; had it been refused, one login and one more attempt would have come first, \
             and you would have seen nothing of it. \u{1f389}"
        );
    }
    let name = if nick_name.is_empty() {
        "朋友"
    } else {
        nick_name
    };
    format!(
        "你好，{name}。你问的是“{question}”。这段回答每次只来几个字，就像大模型在写字；网络又把它切成\
         七个字节一段，常常切在一个汉字的中间，而页面上没有一个乱码。第一个字到来之前，请求已经带上了你的令牌；\
         要是令牌被拒绝，会先登录一次再重发，你什么也看不到。\u{1f389}"
    )
}
