//! The worst of a document's readings: what states figures beside the items that it lists, and disagrees with itself, is judged by each of the
//! two, and the worse status holds.
//!
//! Cases that are counted and not listed have no outcome: however good the rest is, such a document proves nothing, unless it fails by every
//! reading. Skipped ones that are only counted are skipped. A failure that a waiver excuses makes no contradiction: only what the document says
//! of itself is held against itself.

use crate::config::Selector;
use crate::rule::Judgement;
use crate::verdict::{GateStatus, Violation};
use gatekeeper_evidence::findings::Category;
use gatekeeper_evidence::{Data, Evidence};
use std::borrow::Cow;

/// What judging by each reading came to.
pub(super) struct Read {
    pub judgement: Judgement,
    /// Whether a failure of it is not certain, as another reading does not fail.
    pub unsure: bool,
}

/// By which of a document's two readings it is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// The items that it lists.
    List,
    /// The figures that it states.
    Totals,
}

/// Judges by the list, and once more by the totals where these are worse.
pub(super) fn worst_of(evidence: &[&Evidence], mut answer: impl FnMut(&[&Evidence], Reading) -> Judgement) -> Read {
    let listed: Vec<Cow<'_, Evidence>> = evidence.iter().map(|e| by_list(e)).collect();
    let mut judgement = answer(&listed.iter().map(AsRef::as_ref).collect::<Vec<_>>(), Reading::List);
    let totals: Vec<Option<Evidence>> = listed.iter().map(|e| by_totals(e)).collect();
    let worse: Vec<&Evidence> =
        listed.iter().zip(&totals).filter(|(_, t)| t.is_some()).map(|(l, _)| l.as_ref()).collect();
    if worse.is_empty() {
        return Read { judgement, unsure: false };
    }
    let other: Vec<&Evidence> = listed.iter().zip(&totals).map(|(l, t)| t.as_ref().unwrap_or(l)).collect();
    let (by_list, by_totals) = (judgement.status(), answer(&other, Reading::Totals).status());
    let mut unsure = by_list == GateStatus::Fail && by_totals != GateStatus::Fail;
    let untold: Vec<&Evidence> = worse.iter().copied().filter(|e| unlisted(e) > 0).collect();
    if !untold.is_empty() && (by_list, by_totals) != (GateStatus::Fail, GateStatus::Fail) {
        unsure = true;
        for e in untold {
            let n = unlisted(e);
            let (s, verb) = if n == 1 { ("", "has") } else { ("s", "have") };
            let message = format!("it {}: {n} case{s} {verb} no outcome", disagreement(e));
            judgement.violations.push(
                Violation::new("cases-unlisted", GateStatus::Error, message)
                    .from_source(&e.source.path)
                    .with_help("keep the whole report, with every case in it"),
            );
        }
    } else if by_list != by_totals {
        let status = match by_list.max(by_totals) {
            GateStatus::Warn => GateStatus::Warn,
            _ => GateStatus::Error,
        };
        let said: Vec<String> = worse.iter().map(|e| disagreement(e)).collect();
        let message = format!(
            "it contradicts itself ({}): by its list this gate is `{}`, by its totals `{}`",
            said.join("; "),
            by_list.as_str(),
            by_totals.as_str()
        );
        let first = worse.first().map_or("", |e| e.source.path.as_str());
        judgement.violations.push(Violation::new("contradicts-itself", status, message).from_source(first));
    } else {
        const NAMED: usize = 3;
        let said: Vec<String> =
            worse.iter().take(NAMED).map(|e| format!("{}: {}", e.source.path, disagreement(e))).collect();
        let more = worse.len().checked_sub(NAMED).filter(|n| *n > 0);
        let more = more.map(|n| format!("; and {n} more reports")).unwrap_or_default();
        judgement.notes.push(format!(
            "a report contradicts itself, and this gate is `{}` by its list as by its totals ({}{more})",
            by_list.as_str(),
            said.join("; ")
        ));
    }
    Read { judgement, unsure }
}

/// What documents say of their own reach: that nothing was looked at, or not all of it.
pub(super) fn of_themselves(evidence: &[&Evidence], select: &Selector) -> Vec<Violation> {
    let mut out = Vec::new();
    for e in evidence {
        match &e.data {
            Data::Findings(f) => {
                let speaks = |c: &[Category]| {
                    c.is_empty() || select.categories.is_empty() || c.iter().any(|c| select.categories.contains(c))
                };
                let counts = |c: Category| select.categories.is_empty() || select.categories.contains(&c);
                for gap in f.gaps.iter().filter(|g| speaks(&g.of) && !g.found_as.is_some_and(counts)) {
                    let (code, status) = if gap.whole {
                        ("nothing-looked-at", GateStatus::Error)
                    } else {
                        ("left-out", GateStatus::Warn)
                    };
                    out.push(Violation::new(code, status, gap.words.clone()).from_source(&e.source.path));
                }
            }
            Data::Inventory(i) => {
                let say = |words: &String| {
                    Violation::new("left-out", GateStatus::Warn, words.clone()).from_source(&e.source.path)
                };
                out.extend(i.left_out.iter().map(say));
            }
            // Totals of nothing are no measurement.
            Data::Coverage(c) if c.files.is_empty() && c.percent.as_ref().is_none_or(|p| p.files.is_empty()) => {
                let message = "it names no file, so nothing says what was measured";
                out.push(Violation::new("coverage-empty", GateStatus::Error, message).from_source(&e.source.path));
            }
            _ => {}
        }
    }
    out
}

/// Evidence as it lists things, with the skipped cases that it only counts.
fn by_list(e: &Evidence) -> Cow<'_, Evidence> {
    let whole = match &e.data {
        Data::Tests(t) => t.with_counted_skips().map(Data::Tests),
        _ => None,
    };
    match whole {
        Some(data) => Cow::Owned(with(e, data)),
        None => Cow::Borrowed(e),
    }
}

/// Evidence as its totals tell it, where these are worse than its list.
fn by_totals(e: &Evidence) -> Option<Evidence> {
    let data = match &e.data {
        Data::Tests(t) => Data::Tests(t.by_totals()?),
        Data::Coverage(c) => Data::Coverage(c.by_totals()?),
        Data::Findings(f) => Data::Findings(f.by_totals()?),
        _ => return None,
    };
    Some(with(e, data))
}

fn with(e: &Evidence, data: Data) -> Evidence {
    Evidence { source: e.source.clone(), complete: e.complete, notes: e.notes.clone(), data }
}

/// Cases that are counted and not listed.
fn unlisted(e: &Evidence) -> u64 {
    match &e.data {
        Data::Tests(t) => t.beyond.as_ref().map_or(0, |b| b.unlisted),
        _ => 0,
    }
}

/// Both numbers, in words.
fn disagreement(e: &Evidence) -> String {
    match &e.data {
        Data::Tests(t) => t.beyond.as_ref().map(|b| b.words.clone()),
        Data::Coverage(c) => c.disagreement(),
        Data::Findings(f) => f.counted.as_ref().map(|c| c.words.clone()),
        _ => None,
    }
    .unwrap_or_default()
}
