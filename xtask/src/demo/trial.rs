//! Hands, eyes and patience for the check: taps what is on the page,
//! waits for what should come, reads the log.

use std::{
    sync::mpsc::Receiver,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, bail, ensure};

use super::{
    browser::Browser,
    dir,
    log::{Call, Simulator},
};

const PATIENCE: Duration = Duration::from_secs(10);

/// One run through the page.
pub struct Trial<'a> {
    /// Shows the page; its commands go to the mini program's frame.
    pub browser: Browser,
    /// Serves the page and writes the log.
    pub simulator: Simulator,
    /// Gets a message when the person at the terminal has had enough.
    pub interrupted: &'a Receiver<()>,
    /// How many calls of the log were looked at.
    pub looked_at: usize,
    /// What the names of its pictures begin with.
    pub pictures: &'static str,
}

impl Trial<'_> {
    /// Exactly these calls in this order since the last such look;
    /// one that should fail is followed by " fails".
    pub fn expect_calls(&mut self, when: &str, expected: &[&str]) -> Result<Vec<Call>> {
        let calls = self.finished_calls(expected.len())?;
        let outcome = |call: &Call| match call.succeeded() {
            true => call.what(),
            false => format!("{} fails", call.what()),
        };
        let seen: Vec<String> = calls.iter().map(outcome).collect();
        let text = list(&calls);
        ensure!(
            seen == expected,
            "{when}: expected the calls {expected:?}, saw\n{text}"
        );
        self.looked_at += calls.len();
        Ok(calls)
    }

    /// The page shows no error card.
    pub fn expect_no_error(&self) -> Result<()> {
        let errors = self.browser.texts(".error")?;
        ensure!(
            errors.is_empty(),
            "expected no error on the page, saw {errors:?}"
        );
        Ok(())
    }

    /// The calls since the last look, once they are so many and every one is answered.
    fn finished_calls(&self, number: usize) -> Result<Vec<Call>> {
        self.eventually(&format!("{number} answered calls"), |trial| {
            let calls = trial.simulator.calls()?.split_off(trial.looked_at);
            let answered = calls.iter().all(Call::answered);
            ensure!(answered && calls.len() >= number, "\n{}", list(&calls));
            Ok(calls)
        })
    }

    /// Taps the element as soon as it is there.
    pub fn tap(&self, css: &str) -> Result<()> {
        self.eventually(&format!("something to tap at {css}"), |trial| {
            trial.browser.tap(css)
        })
    }

    /// Does something in the panel beside the phone.
    pub fn beside<T>(&self, act: impl FnOnce(&Browser) -> Result<T>) -> Result<T> {
        self.browser.leave_frame()?;
        let done = act(&self.browser);
        self.browser.enter_frame()?;
        done
    }

    /// The page shows this error: what the user can do, and the code.
    pub fn see_error(&self, advice: &str, code: &str) -> Result<()> {
        self.see(".error-title", advice)?;
        self.see(".error-text", code)
    }

    /// Waits until the first visible element that matches has exactly this text.
    pub fn see(&self, css: &str, expected: &str) -> Result<()> {
        self.eventually(&format!("{expected:?} at {css}"), |trial| {
            let texts = trial.browser.texts(css)?;
            ensure!(
                texts.first().is_some_and(|text| text == expected),
                "{texts:?} on the page: {}",
                trial.whole_page()?
            );
            Ok(())
        })
    }

    /// All visible text, for messages.
    pub fn whole_page(&self) -> Result<String> {
        Ok(self.browser.texts("body")?.concat().replace('\n', " | "))
    }

    /// Asks again and again until it succeeds; otherwise the error says what was expected
    /// and what was seen last.
    pub fn eventually<T>(&self, expected: &str, ask: impl Fn(&Self) -> Result<T>) -> Result<T> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if self.interrupted.try_recv().is_ok() {
                bail!("interrupted");
            }
            match ask(self) {
                Ok(found) => return Ok(found),
                Err(seen) if Instant::now() > deadline => bail!(
                    "expected {expected} within {} s, saw: {seen:#}",
                    PATIENCE.as_secs()
                ),
                Err(_) => thread::sleep(Duration::from_millis(50)),
            }
        }
    }

    /// Writes a picture of the whole window, once the timeline in it shows every call.
    pub fn screenshot(&self, name: &str) -> Result<()> {
        self.eventually("every call in the timeline", |trial| {
            let calls = trial.simulator.calls()?.len();
            let lines = trial.beside(|panel| panel.texts(".timeline li"))?.len();
            ensure!(lines == calls, "{lines} lines for {calls} calls");
            Ok(())
        })?;
        let name = format!("{}{name}.png", self.pictures);
        self.beside(|panel| panel.screenshot(&dir().join(name)))
    }
}

/// The calls for a message, one a line.
pub fn list(calls: &[Call]) -> String {
    let line = |call: &Call| {
        let status = call
            .status
            .map_or("…".to_owned(), |status| status.to_string());
        format!(
            "  {} {status} {} {}",
            call.what(),
            call.bearer.as_deref().unwrap_or("-"),
            call.err_msg.as_deref().unwrap_or("")
        )
    };
    calls.iter().map(line).collect::<Vec<_>>().join("\n")
}
