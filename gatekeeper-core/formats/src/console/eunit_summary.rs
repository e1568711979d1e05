//! The summaries of EUnit's console, in its verbose and its progress form.

use super::common::{self, number};
use gatekeeper_evidence::test_run::Counts;
use memchr::memmem;

/// What a summary says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Summary {
    pub counts: Counts,
    pub cancelled: bool,
    /// Of the progress form.
    pub progress: bool,
}

/// The summary of the verbose or report form. Text without a line end may stand before it.
pub(super) fn report(text: &[u8]) -> Option<Summary> {
    let passed =
        |passed: u64| Summary { counts: Counts { passed, ..Counts::default() }, cancelled: false, progress: false };
    if text.ends_with(b"  There were no tests to run.") {
        return Some(passed(0));
    }
    if let Some(front) = text.strip_suffix(b" passed.") {
        if front.ends_with(b"  Test") {
            return Some(passed(1));
        }
        let front = front.strip_suffix(b" tests")?;
        let start = front.iter().rposition(|b| !b.is_ascii_digit()).map_or(0, |i| i + 1);
        let n = common::digits(front.get(start..)?)?;
        let before = front.get(..start)?;
        return (before.ends_with(b"  All ") || before.ends_with(b"  ")).then(|| passed(n));
    }
    let at = memmem::rfind(text, b"  Failed: ")?;
    let (failed, rest) = number(text.get(at + 10..)?)?;
    let (skipped, rest) = number(rest.strip_prefix(b".  Skipped: ")?)?;
    let (passed, rest) = number(rest.strip_prefix(b".  Passed: ")?)?;
    (rest == b".").then_some(Summary {
        counts: Counts { passed, failed, skipped, ..Counts::default() },
        // With nothing failed and nothing skipped EUnit prints this form only where something was cancelled.
        cancelled: failed == 0 && skipped == 0,
        progress: false,
    })
}

/// `45 tests, 7 failures, 1 skipped, 7 cancelled`; `0 tests`.
pub(super) fn progress(text: &[u8]) -> Option<Summary> {
    let (total, rest) = number(text)?;
    let rest = rest.strip_prefix(b" tests")?;
    let mut summary = Summary { counts: Counts::default(), cancelled: false, progress: true };
    if rest.is_empty() {
        return (total == 0).then_some(summary);
    }
    let (failed, mut rest) = number(rest.strip_prefix(b", ")?)?;
    rest = rest.strip_prefix(b" failures")?;
    let (mut skipped, mut cancelled) = (0, 0);
    if let Some((n, r)) = rest.strip_prefix(b", ").and_then(number)
        && let Some(r) = r.strip_prefix(b" skipped")
    {
        (skipped, rest) = (n, r);
    }
    if let Some((n, r)) = rest.strip_prefix(b", ").and_then(number)
        && let Some(r) = r.strip_prefix(b" cancelled")
    {
        (cancelled, rest) = (n, r);
    }
    if !rest.is_empty() {
        return None;
    }
    let bad = failed.saturating_add(skipped).saturating_add(cancelled);
    let passed = total.checked_sub(bad)?;
    summary.counts = Counts { passed, failed, skipped, ..Counts::default() };
    summary.cancelled = cancelled > 0;
    Some(summary)
}
