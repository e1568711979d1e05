//! Formats of rebar3's and Common Test's console output and of the tools it runs.
//!
//! A log often holds several tasks (`rebar3 do compile, xref, dialyzer, eunit, ct, cover`). Each format, where it is named, reads its own
//! task out of the log and lets the others be. Which one an unnamed log is read as: see [`common::confidence`].

mod common;
mod compile;
mod cover;
mod ct;
mod ct_run;
mod ct_text;
mod dialyzer;
mod dialyzer_rules;
mod dialyzer_terms;
mod eunit;
mod proper;
mod xref;

use super::Format;

pub(super) static FORMATS: &[&Format] = &[
    &compile::FORMAT,
    &cover::FORMAT,
    &ct::FORMAT,
    &ct_run::FORMAT,
    &dialyzer::FORMAT,
    &eunit::FORMAT,
    &proper::FORMAT,
    &xref::FORMAT,
];

/// The format in which a file without a byte is an answer: dialyzer empties its warnings file when it finds nothing.
pub(super) fn of_empty(name: &str) -> Option<&'static Format> {
    name.ends_with(dialyzer::FILE_END).then_some(&dialyzer::FORMAT)
}
