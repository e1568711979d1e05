//! Quarantine: cases that may fail until a day, each with a reason.

use crate::config::{ProblemCode, Table};
use jiff::civil::Date;

/// A case that may fail for a time.
#[derive(Debug, Clone)]
pub(super) struct Quarantined {
    /// Its name, alone or behind its class.
    pub(super) test: String,
    /// Last day.
    pub(super) expires: Date,
    /// Who sees to it.
    pub(super) owner: Option<String>,
    /// Why.
    pub(super) reason: String,
}

/// Reads `quarantine = [{ test, reason, expires, owner }]`.
pub(super) fn read(t: &mut Table<'_>) -> Vec<Quarantined> {
    let entries = t.tables("quarantine");
    entries.into_iter().filter_map(entry).collect()
}

fn entry(mut t: Table<'_>) -> Option<Quarantined> {
    let span = t.span();
    let mut demanded = |key: &'static str, what: &str| match t.text(key) {
        Some((text, _)) if !text.trim().is_empty() => Some(text),
        _ => {
            t.problem_of(ProblemCode::MissingKey, span.clone(), format!("this quarantine has no `{key}`: {what}"));
            None
        }
    };
    let test = demanded("test", "name the case that may fail");
    let reason = demanded("reason", "say why it may");
    if t.get("expires").is_none() {
        let words = "this quarantine has no `expires`: give it the last day on which the case may fail";
        t.problem_of(ProblemCode::MissingKey, t.span(), words);
    }
    let expires = t.date("expires");
    let owner = t.text("owner").map(|(text, _)| text);
    t.text("ticket");
    t.finish("a quarantine");
    Some(Quarantined { test: test?, expires: expires?, owner, reason: reason? })
}
