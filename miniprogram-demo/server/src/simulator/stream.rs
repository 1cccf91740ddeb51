//! `wx.request` with `enableChunked`: the answer as it arrives. For the host it is a JSON document
//! per line: the head, chunks in Base64, and the result object of the callback.

use std::collections::VecDeque;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use futures_util::stream;
use serde_json::{Value, json};

use super::network::{Network, explain, head};

/// The phone's network cuts where it likes: here always within one of three Chinese characters.
const CHUNK: usize = 7;

/// Marks a response whose body is still to come, and says what status the mini program sees.
#[derive(Debug, Clone, Copy)]
pub(super) struct Streamed(pub(super) u16);

/// Where the answer is read from.
struct Reader {
    /// None once the last line was given.
    response: Option<reqwest::Response>,
    lines: VecDeque<Value>,
}

pub(super) async fn request(network: &Network, args: &Value) -> Response {
    let response = match network.send(args).await {
        Ok(response) => response,
        Err(failure) => return Json(failure.result("request")).into_response(),
    };
    let status = response.status().as_u16();
    let reader = Reader {
        lines: VecDeque::from([head(&response)]),
        response: Some(response),
    };
    let lines = stream::unfold(reader, |mut reader| async {
        let line = reader.next().await?;
        Some((Ok::<_, std::io::Error>(format!("{line}\n")), reader))
    });
    let mut answer = Response::new(Body::from_stream(lines));
    answer.extensions_mut().insert(Streamed(status));
    answer
}

impl Reader {
    async fn next(&mut self) -> Option<Value> {
        if let Some(line) = self.lines.pop_front() {
            return Some(line);
        }
        match self.response.as_mut()?.chunk().await {
            Ok(Some(bytes)) => self.lines.extend(cut(&bytes)),
            Ok(None) => {
                self.response = None;
                return Some(json!({ "errMsg": "request:ok" }));
            }
            Err(error) => {
                self.response = None;
                return Some(explain(error).result("request"));
            }
        }
        self.lines.pop_front()
    }
}

fn cut(bytes: &Bytes) -> impl Iterator<Item = Value> {
    let chunks = bytes.chunks(CHUNK);
    chunks.map(|chunk| json!({ "chunk": BASE64.encode(chunk) }))
}
