//! The results, the goals, and both as text.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Results by subject.
pub type By<T> = BTreeMap<String, T>;

/// Instruction counts by what was done.
pub type Counts = By<Count>;

const LIMIT: &str = "handwritten";
const AGAIN: &str = "handwritten again";
const OURS: &str = "ours";

/// Median and middle half of the samples.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Spread {
    pub median: f64,
    pub low: f64,
    pub high: f64,
    pub samples: u32,
}

/// One request after the other.
#[derive(Debug, Serialize, Deserialize)]
pub struct Request {
    /// Microseconds for one.
    pub us: Spread,
    /// Microseconds more than the hand-written code in the same round.
    pub more: Spread,
}

/// Many calls at once.
#[derive(Debug, Serialize, Deserialize)]
pub struct Many {
    /// Milliseconds for all.
    pub ms: Spread,
    /// By the hand-written code's in the same round.
    pub ratio: Spread,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Timing {
    pub request: By<Request>,
    pub at_once: By<Many>,
    pub one_login: By<Many>,
    /// Measure → subject → why it takes no part.
    pub left_out: By<By<String>>,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Cold {
    /// Milliseconds to the first request.
    pub times: By<Spread>,
    /// How many times as long as another build of the package, in the same round.
    pub ratio: Option<Spread>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MemorySample {
    pub heap_used: u64,
    pub closures: u64,
    pub wasm: Option<WasmMemory>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct WasmMemory {
    /// Bytes of linear memory.
    pub size: u64,
    /// Bytes of it that the allocator's list does not hold free.
    pub live: u64,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Memory {
    /// Before the first block and after each.
    pub samples: Vec<MemorySample>,
    /// Bytes of JavaScript heap per request.
    pub slope: f64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Count {
    /// Executed WASM instructions.
    pub instructions: u64,
    /// Calls from JavaScript into the module.
    pub calls_in: f64,
    /// Calls from the module to JavaScript.
    pub calls_out: f64,
}

/// Everything that one run measured.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Results {
    pub timing: Timing,
    pub cold: Cold,
    pub memory: Memory,
    pub handwritten_memory: Memory,
    pub counts: Counts,
}

/// A goal, and whether this run reached it.
struct Goal {
    reached: bool,
    what: String,
}

/// The tables and the goals.
pub fn text(results: &Results) -> String {
    let mut out = times(&results.timing);
    for (measure, subjects) in &results.timing.left_out {
        for (subject, reason) in subjects {
            out += &format!("left out of {measure}: {subject} ({reason})\n");
        }
    }
    out += "\ncold start, ms to the first request with a stored token (bare: WebAssembly.instantiate alone)\n";
    for (subject, spread) in &results.cold.times {
        out += &format!("{subject:<20} {}\n", range(spread, 2));
    }
    out += "\nexecuted WASM instructions, and calls across the boundary\n";
    for (what, count) in &results.counts {
        let Count {
            instructions,
            calls_in,
            calls_out,
        } = count;
        out += &format!("{what:<20} {instructions:>8}, {calls_in} calls in, {calls_out} out\n");
    }
    out += "\ngoals\n";
    for Goal { reached, what } in goals(results) {
        out += &format!("{} {what}\n", if reached { "reached" } else { "MISSED " });
    }
    out
}

fn times(timing: &Timing) -> String {
    let mut out = format!(
        "{:<20} {:>32} {:>24} {:>22} {:>22}\n",
        "median (middle half)",
        "µs per request",
        "more than by hand, µs",
        "1,000 at once, ×",
        "100 on a login, ×"
    );
    let mut rows: Vec<_> = timing.request.iter().collect();
    rows.sort_by(|a, b| a.1.us.median.total_cmp(&b.1.us.median));
    for (subject, request) in rows {
        let many = |all: &By<Many>| {
            all.get(subject)
                .map_or_else(|| "–".into(), |many| range(&many.ratio, 2))
        };
        out += &format!(
            "{subject:<20} {:>32} {:>24} {:>22} {:>22}\n",
            range(&request.us, 2),
            range(&request.more, 2),
            many(&timing.at_once),
            many(&timing.one_login),
        );
    }
    out
}

fn range(spread: &Spread, digits: usize) -> String {
    let Spread {
        median, low, high, ..
    } = spread;
    format!("{median:.digits$} ({low:.digits$}–{high:.digits$})")
}

fn goals(results: &Results) -> Vec<Goal> {
    let Timing {
        request,
        at_once,
        one_login,
        ..
    } = &results.timing;
    let goal = |reached, what| Goal { reached, what };
    let mut goals = Vec::new();
    if let (Some(ours), Some(again)) = (request.get(OURS), request.get(AGAIN)) {
        let apart = again.more.median.abs();
        goals.push(goal(
            apart <= 0.5,
            format!("the run counts: the hand-written code, twice in it, differs by {apart:.2} µs (at most 0.5)"),
        ));
        let more = ours.more;
        goals.push(goal(
            more.median <= 1.5 && more.samples >= 301,
            format!(
                "an authorised request costs {:.2} µs more than by hand, over {} rounds (at most 1.5)",
                more.median, more.samples
            ),
        ));
        let ahead: Vec<String> = request
            .iter()
            .filter(|(name, other)| {
                ![LIMIT, AGAIN, OURS].contains(&name.as_str()) && other.us.median <= ours.us.median
            })
            .map(|(name, other)| format!("{name} takes {:.2} µs", other.us.median))
            .collect();
        goals.push(goal(
            ahead.is_empty(),
            format!(
                "it is ahead of every peer, with {:.2} µs{}{}",
                ours.us.median,
                if ahead.is_empty() { "" } else { "; but " },
                ahead.join(", ")
            ),
        ));
    }
    for (all, most, what) in [
        (at_once, 1.25, "1,000 requests at once"),
        (one_login, 4.0, "100 callers on one login"),
    ] {
        if let Some(ours) = all.get(OURS) {
            let ratio = ours.ratio.median;
            goals.push(goal(
                ratio <= most,
                format!("{what} take {ratio:.2} times as long as by hand (at most {most})"),
            ));
        }
    }
    if let Some(Spread { median, .. }) = results.cold.ratio {
        goals.push(goal(
            median <= 1.3,
            format!("a cold start takes {median:.2} times as long as before (at most 1.3)"),
        ));
    }
    let Memory { samples, slope } = &results.memory;
    goals.push(goal(
        *slope < 1.0,
        format!(
            "{slope:.3} bytes per request stay behind (under 1; by hand {:.3})",
            results.handwritten_memory.slope
        ),
    ));
    let left = |of: fn(&MemorySample) -> Option<u64>| {
        let mut all = samples.iter().map(of);
        let first = all.next().flatten();
        (first, first.is_some() && all.all(|later| later == first))
    };
    for (of, what) in [
        (
            (|s| Some(s.closures)) as fn(&MemorySample) -> Option<u64>,
            "live closures",
        ),
        (|s| s.wasm.map(|w| w.live), "live bytes in WASM memory"),
        (|s| s.wasm.map(|w| w.size), "bytes of WASM memory"),
    ] {
        let (first, same) = left(of);
        goals.push(goal(
            same,
            match (first, same) {
                (Some(first), true) => format!("{what}: {first} before and after each block"),
                _ => format!(
                    "{what} do not stay the same: {:?}",
                    samples.iter().filter_map(of).collect::<Vec<_>>()
                ),
            },
        ));
    }
    goals
}
