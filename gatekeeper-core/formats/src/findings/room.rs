//! How much memory what is read from a report may take.

use crate::input::Input;
use serde::de::Error;
use std::cell::Cell;

/// How much memory rows may take for each byte of the report, and how much whatever its size. Rows of a real report take about as much as their text;
/// millions of `{}` would take a hundred times as much.
const TIMES: usize = 4;
const AT_LEAST: usize = 64 << 20;

thread_local! {
    /// What is left of that for the report that is being read; none while none is.
    static LEFT: Cell<Option<usize>> = const { Cell::new(None) };
}

/// Runs a reader whose rows are bounded by the size of what it reads.
pub(super) fn bounded<T>(input: &Input<'_>, read: impl FnOnce() -> T) -> T {
    let before = LEFT.replace(Some(allowance(input)));
    let out = read();
    LEFT.set(before);
    out
}

/// Starts anew, for the next document of a report that holds several.
pub(super) fn refill(input: &Input<'_>) {
    LEFT.set(Some(allowance(input)));
}

/// How many bytes the rows of a report may take.
pub(super) fn allowance(input: &Input<'_>) -> usize {
    allowance_of(input.bytes)
}

/// The same of a report's bytes.
pub(super) fn allowance_of(bytes: &[u8]) -> usize {
    bytes.len().saturating_mul(TIMES).saturating_add(AT_LEAST)
}

/// Takes the memory of so many rows of a type; an error where nothing of it is left.
pub(super) fn take<T, E: Error>(rows: usize) -> Result<(), E> {
    let Some(left) = LEFT.get() else { return Ok(()) };
    let left = left.checked_sub(rows.saturating_mul(size_of::<T>()));
    LEFT.set(Some(left.unwrap_or_default()));
    left.map(drop)
        .ok_or_else(|| E::custom("more rows than a file of this size tells of, expected rows that say something"))
}
