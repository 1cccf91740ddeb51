//! Every page in light and dark: pictures, and what axe-core and a ruler find.

use anyhow::{Result, ensure};
use serde_json::json;

use super::{super::trial::Trial, done};

const PAGES: [&str; 5] = ["index", "me", "stream", "break", "timeline"];

/// Buttons and fields that are smaller than a finger wants, or out of the document's order.
const UNFIT: &str = "return [...document.querySelectorAll('page button, page input, .host-tab')].filter(e => e.checkVisibility()).filter(e => { const { width, height } = (e.closest('wx-input') ?? e).getBoundingClientRect(); return width < 44 || height < 44 || e.tabIndex > 0 }).map(e => e.outerHTML.slice(0, 120))";

pub fn all(trial: &mut Trial) -> Result<()> {
    for scheme in ["dark", "light"] {
        trial.browser.color_scheme(scheme)?;
        for page in PAGES {
            trial.tap(&format!(".host-tab-{page}"))?;
            // What the page asks for when it opens.
            trial.eventually("a page at rest", |trial| {
                let busy = trial.browser.texts("page button[loading]")?;
                ensure!(busy.is_empty(), "{busy:?}");
                Ok(())
            })?;
            trial.screenshot(&format!("{page}-{scheme}"))?;
            let faults = trial.browser.axe()?;
            ensure!(
                faults.is_empty(),
                "{page} in {scheme}: axe-core finds\n  {}",
                faults.join("\n  ")
            );
            let unfit = trial.browser.script(UNFIT, json!([]))?;
            ensure!(
                unfit == json!([]),
                "{page}: smaller than 44 px, or with a tabindex: {unfit}"
            );
        }
    }
    trial.looked_at = trial.simulator.calls()?.len();
    done(
        "five pages in light and dark: axe-core finds nothing against WCAG AA, targets have 44 px",
    );
    Ok(())
}
