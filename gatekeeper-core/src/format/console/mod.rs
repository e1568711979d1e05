//! Formats of rebar3's and Common Test's console output and of the tools it runs.

use super::Format;

pub(super) static FORMATS: &[&Format] = &[];
