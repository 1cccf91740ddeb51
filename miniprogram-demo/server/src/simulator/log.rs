//! The record of all calls, for tests and for a timeline. It holds no code, token, key or number.

use std::collections::VecDeque;

use serde::Serialize;

/// Older entries give way, so that a load test does not fill the memory.
const ENTRIES: usize = 100_000;

/// Which side of WeChat was called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Side {
    /// WeChat's servers, by the backend.
    Wechat,
    /// The phone, by the mini program.
    Phone,
}

/// One call. What is `None` is left out.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry {
    /// Place in the order of arrival.
    pub(super) seq: u64,
    /// Unix ms of arrival.
    pub(super) at: u64,
    pub(super) side: Side,
    pub(super) path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user: Option<String>,
    /// The phone's request: its method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) method: Option<String>,
    /// The phone's request: its URL, query included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<String>,
    /// The phone's request: a fingerprint of the Bearer token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bearer: Option<String>,
    /// The fault that was applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fault: Option<&'static str>,
    /// HTTP status; of the phone's request, the one the mini program sees. None while unanswered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) errcode: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) errno: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) err_msg: Option<String>,
}

#[derive(Debug, Default)]
pub(super) struct Log {
    next: u64,
    entries: VecDeque<Entry>,
}

impl Log {
    /// Takes in a call as it arrives. Returns its place.
    pub(super) fn begin(&mut self, mut entry: Entry) -> u64 {
        entry.seq = self.next;
        self.next += 1;
        if self.entries.len() == ENTRIES {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
        self.next - 1
    }

    /// The call at `seq`, if it was not cleared meanwhile.
    pub(super) fn entry(&mut self, seq: u64) -> Option<&mut Entry> {
        let first = self.entries.front()?.seq;
        self.entries
            .get_mut(usize::try_from(seq.checked_sub(first)?).ok()?)
    }

    pub(super) fn entries(&self) -> Vec<Entry> {
        self.entries.iter().cloned().collect()
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
    }
}
