//! Formats of Erlang/OTP's own tools, console logs apart.

mod common;
mod coverdata;
mod ct_index_html;
mod ct_suite_log;
mod ct_suite_summary;
mod ct_totals;
mod html;

use super::Format;

pub(super) static FORMATS: &[&Format] =
    &[&coverdata::FORMAT, &ct_index_html::FORMAT, &ct_suite_log::FORMAT, &ct_suite_summary::FORMAT, &ct_totals::FORMAT];
