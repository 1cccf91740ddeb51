//! The stored record: taken over at the start, kept as the session says, and looked at again before
//! a token is replaced. A cache: its failures are events (rule 15).

use std::rc::Rc;

use crate::context::{Context, Ended};
use crate::error::{Code, Error, Stage};
use crate::failure::Failure;
use crate::platform::Platform;
use crate::session::Flight;
use crate::time::Ms;
use crate::token::{Record, Token};

/// wx's storage answers at once or, on a broken client, never.
const DEADLINE: Ms = 3_000;

/// Takes over the stored token, if there is a usable one.
pub async fn restore<P: Platform>(cx: &Context<P>) {
    if let Some(token) = read(cx).await {
        cx.update(|session, now| session.restore(token, now));
    }
}

/// Looks whether another copy of the package, or another program, has logged in since a token ended
/// that this flight is to replace (rule 9).
pub async fn look_again<P: Platform>(cx: &Context<P>, flight: Flight) {
    if let Some(token) = read(cx).await {
        cx.update(|session, now| session.found(flight, token, now));
    }
}

/// The stored token, if it was issued for what we are.
async fn read<P: Platform>(cx: &Context<P>) -> Option<Token> {
    let started = cx.now();
    let load = cx.platform.load(&cx.config.storage_key);
    match cx.finish(load, DEADLINE).await {
        Ended::Answered(Ok(stored)) => Record::read(&stored)?.token(&cx.config.binding),
        failed => {
            tell_failure(cx, started, failed, "");
            None
        }
    }
}

/// Makes the storage hold what the session holds. One runs at a time, so that no write overtakes a
/// later one: what changes meanwhile is written after.
pub async fn save<P: Platform>(cx: Rc<Context<P>>) {
    loop {
        let started = cx.now();
        let record = cx.with(|session| {
            session.writing();
            let token = session.token()?;
            Some(Record::new(token, &cx.config.binding))
        });
        let store = cx.platform.store(&cx.config.storage_key, record.as_ref());
        let written = record.as_ref().map_or("", |record| &record.token);
        let ended = cx.finish(store, DEADLINE).await;
        let well = matches!(ended, Ended::Answered(Ok(_)));
        if !well {
            tell_failure(&cx, started, ended, written);
        }
        if !cx.with(|session| session.written(well)) {
            return;
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
