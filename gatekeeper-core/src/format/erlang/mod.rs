//! Formats of Erlang/OTP's own tools, of rebar3 and of Hex, console logs apart.

mod common;
mod cover_html;
mod coverdata;
mod ct_index_html;
mod ct_suite_log;
mod ct_suite_summary;
mod ct_totals;
mod hex_metadata;
mod html;
mod rebar_lock;

use super::Format;

pub(super) static FORMATS: &[&Format] = &[
    &cover_html::FORMAT,
    &coverdata::FORMAT,
    &ct_index_html::FORMAT,
    &ct_suite_log::FORMAT,
    &ct_suite_summary::FORMAT,
    &ct_totals::FORMAT,
    &hex_metadata::FORMAT,
    &rebar_lock::FORMAT,
];
