//! The model test: every order of small scenarios, and random orders of a large one.

mod random;
mod run;
mod scenarios;

use run::{Run, Scenario};

/// No schedule has more moves than this: each comes to an end.
const LONGEST: usize = 300;

/// Tries every order in which the scenario can happen; gives their number and the most logins of
/// any. Depth first: what was done cannot be undone, so each schedule is run from the start, along
/// the choices of the last one.
///
/// # Panics
/// With the schedule, if one breaks a rule.
pub fn explore(scenario: &Scenario) -> (usize, u32) {
    let mut path: Vec<(usize, usize)> = Vec::new();
    let (mut schedules, mut logins) = (0, 0);
    loop {
        let mut run = Run::new(scenario);
        for at in 0.. {
            let choices = run.choices();
            if choices == 0 {
                break;
            }
            if at == LONGEST {
                fail(
                    scenario,
                    path.iter().map(|choice| choice.0),
                    "it goes on for ever",
                );
            }
            if at == path.len() {
                path.push((0, choices));
            }
            assert_eq!(
                path[at].1, choices,
                "{}: the same choices lead to the same state",
                scenario.name
            );
            if let Err(broken) = run.take(path[at].0) {
                fail(
                    scenario,
                    path.iter().take(at + 1).map(|choice| choice.0),
                    &broken,
                );
            }
        }
        if let Err(broken) = run.end() {
            fail(scenario, path.iter().map(|choice| choice.0), &broken);
        }
        schedules += 1;
        logins = logins.max(run.logins());
        while path
            .last()
            .is_some_and(|(choice, choices)| choice + 1 == *choices)
        {
            path.pop();
        }
        match path.last_mut() {
            Some((choice, _)) => *choice += 1,
            None => return (schedules, logins),
        }
    }
}

/// Panics with what happened, in words.
fn fail(scenario: &Scenario, choices: impl Iterator<Item = usize>, broken: &str) -> ! {
    let mut run = Run::new(scenario);
    let mut story = String::new();
    for choice in choices {
        story += &format!("\n  {}", run.describe(choice));
        if run.take(choice).is_err() {
            break;
        }
    }
    // The run is broken; its own farewell would only hide the story.
    std::mem::forget(run);
    let Scenario {
        name,
        stored,
        listener,
        at_once,
        ..
    } = scenario;
    panic!(
        "{name} (stored: {stored:?}, listener: {listener:?}, at once: {at_once}): {broken}, after:{story}"
    )
}
