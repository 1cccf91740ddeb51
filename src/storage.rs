//! The stored record: taken over at the start, kept as the session says. A cache: its failures are
//! events (rule 15).

use std::rc::Rc;

use crate::context::{Context, Ended};
use crate::error::{Code, Error, Stage};
use crate::failure::Failure;
use crate::platform::Platform;
use crate::time::Ms;
use crate::token::Record;

/// wx's storage answers at once or, on a broken client, never.
const DEADLINE: Ms = 3_000;

/// Takes over the stored token, if there is a usable one.
pub async fn restore<P: Platform>(cx: &Context<P>) {
    let started = cx.now();
    let load = cx.platform.load(&cx.config.storage_key);
    match cx.finish(load, DEADLINE).await {
        Ended::Answered(Ok(stored)) => {
            let now = cx.now();
            let record = Record::read(&stored);
            if let Some(token) = record.and_then(|record| record.token(&cx.config.binding, now)) {
                cx.with(|session| session.restore(token));
            }
        }
        failed => tell_failure(cx, started, failed, ""),
    }
}

/// Makes the storage hold what the session holds. One runs at a time, so that no write overtakes a
/// later one: what changes meanwhile is written after.
pub async fn save<P: Platform>(cx: Rc<Context<P>>) {
    while cx.with(|session| session.take_unsaved()) {
        let started = cx.now();
        let record = cx.with(|session| {
            let token = session.token()?;
            Some(Record::new(token, &cx.config.binding))
        });
        let store = cx.platform.store(&cx.config.storage_key, record.as_ref());
        let written = record.as_ref().map_or("", |record| &record.token);
        match cx.finish(store, DEADLINE).await {
            Ended::Answered(Ok(_)) => {}
            failed => tell_failure(&cx, started, failed, written),
        }
    }
}

/// `written` is what was being stored; it may be neither the current token nor the one before.
fn tell_failure<P: Platform>(cx: &Context<P>, started: Ms, ended: Ended<P::Value>, written: &str) {
    let stage = Stage::Storage;
    let failure = match ended {
        // A logout came first: what it leaves is stored next.
        Ended::Withdrawn => return,
        Ended::Answered(Err(failure)) => Failure::read(&failure),
        _ => Failure::new("no answer"),
    };
    let error: Error = cx.wx_error(Code::StorageFailed, stage, &failure, &[written]);
    cx.log(stage, started, Some(&error));
    cx.tell_error(error);
}
