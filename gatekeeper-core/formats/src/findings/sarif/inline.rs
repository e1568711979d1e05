//! SARIF's `inlineExternalProperties` (3.13.5, 3.15, 4.3): properties of runs that stand at the log's root. A run refers to them by a `sarif:` URI or by
//! guid; arrays are appended to the run's own, and a driver stands for the run's (3.15.2).
//!
//! Results that no run refers to are counted all the same: with the run of their `runGuid`, with the only run there is, or by themselves.

use super::common::note;
use super::document::{Inline, Reference, References, Run};
use gatekeeper_evidence::Note;
use std::collections::HashMap;

/// Most artifacts, components and invocations that are copied into runs: many runs may share one large object.
const COPIES: usize = 1_000_000;

/// Brings inline properties into the runs that they belong to. What is left of the runs' references leads elsewhere.
pub(super) fn settle<'a>(mut runs: Vec<Run<'a>>, mut inline: Vec<Inline<'a>>, notes: &mut Vec<Note>) -> Vec<Run<'a>> {
    if inline.is_empty() {
        return runs;
    }
    let mut by_guid: HashMap<String, usize> = HashMap::new();
    for (i, object) in inline.iter().enumerate() {
        if let Some(guid) = object.guid.get() {
            by_guid.entry(guid.to_ascii_lowercase()).or_insert(i);
        }
    }
    let mut used = vec![false; inline.len()];
    let mut copies = COPIES;
    for run in &mut runs {
        let external = std::mem::take(&mut run.external);
        for (key, references) in external.0 {
            let stated = references.0.len();
            let mut left = Vec::new();
            for reference in references.0 {
                let at = find(&reference, &by_guid);
                let object = at.and_then(|at| inline.get_mut(at));
                if object.is_none_or(|o| !bring(run, &key, o, &mut copies, notes)) {
                    left.push(reference);
                } else if let Some(slot) = at.and_then(|at| used.get_mut(at)) {
                    *slot = true;
                }
            }
            if !left.is_empty() || stated == 0 {
                run.external.0.push((key, References(left)));
            }
        }
    }
    let ids: HashMap<String, usize> =
        runs.iter().enumerate().filter_map(|(i, r)| Some((r.automation.guid.get()?.to_ascii_lowercase(), i))).collect();
    for (mut object, used) in inline.into_iter().zip(used) {
        if object.results.is_empty() && (used || object.invocations.0.is_empty()) {
            continue;
        }
        let named = object.run_guid.get().and_then(|guid| ids.get(&guid.to_ascii_lowercase())).copied();
        let only = (runs.len() == 1).then_some(0);
        let target = named.or(only).filter(|at| runs.get(*at).is_some());
        if named.is_none() && !object.results.is_empty() {
            note(notes, "inline external properties with results that no run refers to: they count");
        }
        let at = target.unwrap_or_else(|| {
            runs.push(Run::default());
            runs.len() - 1
        });
        let Some(run) = runs.get_mut(at) else { continue };
        // What a run refers to was brought in already; of the rest, what results need.
        let keys: &[&str] =
            if used { &["results"] } else { &["driver", "extensions", "artifacts", "invocations", "results"] };
        for key in keys {
            bring(run, key, &mut object, &mut copies, notes);
        }
    }
    runs
}

/// Where a reference leads: `sarif:/inlineExternalProperties/0`, else by guid. The standard's own example calls the array `inlineExternalPropertyFiles`.
fn find(reference: &Reference<'_>, by_guid: &HashMap<String, usize>) -> Option<usize> {
    let pointer = reference.location.uri.text().strip_prefix("sarif:").map(|p| p.trim_start_matches('/'));
    let index = pointer
        .and_then(|p| {
            p.strip_prefix("inlineExternalProperties/").or_else(|| p.strip_prefix("inlineExternalPropertyFiles/"))
        })
        .and_then(|n| n.parse().ok());
    index.or_else(|| {
        // A location of another kind is a file, whatever its guid.
        let inside = reference.location.uri.get().is_none() || pointer.is_some();
        by_guid.get(&reference.guid.get().filter(|_| inside)?.to_ascii_lowercase()).copied()
    })
}

/// Appends one property to the run's. False where too much would be copied.
fn bring<'a>(run: &mut Run<'a>, key: &str, from: &mut Inline<'a>, copies: &mut usize, notes: &mut Vec<Note>) -> bool {
    let rules = |c: &super::document::Component<'_>| c.rules.0.len().saturating_add(1);
    let cost = match key {
        "artifacts" => from.artifacts.0.len(),
        "invocations" => from.invocations.0.len(),
        "extensions" => from.extensions.0.iter().map(rules).sum(),
        "driver" => from.driver.as_ref().map_or(0, rules),
        _ => 0,
    };
    let Some(left) = copies.checked_sub(cost) else { return false };
    *copies = left;
    match key {
        "artifacts" => run.artifacts.0.extend(from.artifacts.0.iter().cloned()),
        "invocations" => run.invocations.0.extend(from.invocations.0.iter().cloned()),
        "extensions" => run.tool.extensions.0.extend(from.extensions.0.iter().cloned()),
        "driver" => {
            if let Some(driver) = &from.driver {
                let own = std::mem::replace(&mut run.tool.driver, driver.clone());
                // The run's own driver stays to tell which tool it was.
                if own.name.get().is_some() {
                    run.tool.driver.name = own.name;
                }
                if driver.rules.0.is_empty() {
                    run.tool.driver.rules = own.rules;
                }
            }
        }
        "results" => {
            let results = std::mem::take(&mut from.results);
            if results.present {
                run.results.present = true;
                run.results.pieces.extend(results.pieces);
                from.results_taken = true;
            } else if from.results_taken {
                note(notes, "inline results that several runs refer to: counted once");
                run.results.present = true;
            }
        }
        // Graphs, taxonomies, web requests: they change no figure.
        _ => {}
    }
    true
}
