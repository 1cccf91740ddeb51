//! apis.js: the wx functions that take an options object with success, fail and complete, and those
//! of them that give a task, by their official types.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::sh::{command, output, root, target};

/// The source of apis.js: the text of a regular expression that matches exactly the former's names,
/// and a list of the latter's.
pub fn generate() -> Result<String> {
    let apis = apis()?;
    let callbacks = expression(&apis.sorted("callbacks")?);
    let tasks = json!(apis.sorted("tasks")?);
    Ok(format!(
        "export const callbackApis = '{callbacks}'\nexport const taskApis = {tasks}\n"
    ))
}

/// What apis.mjs prints.
struct Apis(Value);

impl Apis {
    fn sorted(&self, list: &str) -> Result<Vec<String>> {
        let mut names: Vec<String> = serde_json::from_value(self.0[list].clone())?;
        names.sort();
        Ok(names)
    }
}

/// Asking the TypeScript compiler takes seconds: remembered until the typings, or the question,
/// change.
fn apis() -> Result<Apis> {
    let typings = root().join("xtask/node_modules/miniprogram-api-typings");
    let version = std::fs::read(typings.join("package.json")).context("miniprogram-api-typings")?;
    let recipe = [&version[..], include_bytes!("../../js/apis.mjs")].concat();
    let (seen, done) = (target().join("apis.seen"), target().join("apis.json"));
    if !std::fs::read(&seen).is_ok_and(|s| s == recipe) {
        let json = output(command("node").arg("xtask/js/apis.mjs"))?;
        std::fs::write(&done, json)?;
        std::fs::write(seen, recipe)?;
    }
    Ok(Apis(serde_json::from_slice(&std::fs::read(done)?)?))
}

/// Grouped by their first word, which is smaller after brotli than the list.
fn expression(names: &[String]) -> String {
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for name in names {
        let (verb, rest) = name.split_at(
            name.find(|c: char| c.is_ascii_uppercase())
                .unwrap_or(name.len()),
        );
        match groups.last_mut() {
            Some((last, rests)) if *last == verb => rests.push(rest),
            _ => groups.push((verb, vec![rest])),
        }
    }
    let groups: Vec<String> = groups
        .iter()
        .map(|(verb, rests)| match rests.as_slice() {
            [only] => format!("{verb}{only}"),
            several => format!("{verb}({})", several.join("|")),
        })
        .collect();
    format!("^({})$", groups.join("|"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lists() -> [Vec<String>; 3] {
        crate::tools::node().expect("Node tools");
        let apis = apis().expect("apis.mjs runs");
        ["functions", "callbacks", "tasks"].map(|list| apis.sorted(list).expect("a list of names"))
    }

    #[test]
    fn the_types_decide_and_the_names_would_not() {
        let [functions, callbacks, tasks] = lists();
        assert_eq!((functions.len(), callbacks.len()), (495, 285));
        assert_eq!(
            tasks,
            [
                "downloadFile",
                "preDownloadSubpackage",
                "request",
                "uploadFile"
            ]
        );
        for with in [
            "request",
            "uploadFile",
            "downloadFile",
            "login",
            "getStorage",
            "exitMiniProgram",
        ] {
            assert!(
                callbacks.iter().any(|c| c == with),
                "{with} takes callbacks"
            );
        }
        for without in [
            "getStorageSync",
            "onAppShow",
            "canIUse",
            // Its task takes callbacks of its own.
            "connectSocket",
            "createSelectorQuery",
            "getUpdateManager",
            "nextTick",
        ] {
            assert!(
                functions.iter().any(|f| f == without) && !callbacks.iter().any(|c| c == without),
                "{without} takes none"
            );
        }
        // Whoever goes by names, leaving out on…, off…, create… and …Sync, promisifies 34 functions
        // that take no callbacks, and connectSocket.
        let by_name = |f: &&String| {
            let word = |prefix| {
                f.strip_prefix(prefix)
                    .is_some_and(|rest: &str| rest.starts_with(|c: char| c.is_ascii_uppercase()))
            };
            !(word("on") || word("off") || word("create") || f.ends_with("Sync"))
        };
        assert_eq!(
            functions
                .iter()
                .filter(by_name)
                .filter(|f| !callbacks.contains(f))
                .count(),
            35
        );
        // And misses these two.
        let missed: Vec<&String> = callbacks.iter().filter(|c| !by_name(c)).collect();
        assert_eq!(missed, ["createBLEConnection", "createBLEPeripheralServer"]);
    }

    #[test]
    fn the_expression_matches_exactly_the_names() {
        let [functions, callbacks, _] = lists();
        let script = format!(
            "const re = new RegExp('{}'), all = {functions:?}; console.log(all.filter(n => re.test(n)).sort().join(' ')); \
             console.log(['get', 'xlogin', 'loginx', 'requestNew', ''].some(n => re.test(n)))",
            expression(&callbacks),
        );
        let printed = output(command("node").args(["-e", &script])).expect("node runs it");
        assert_eq!(printed, format!("{}\nfalse\n", callbacks.join(" ")));
    }
}
