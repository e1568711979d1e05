//! Formats of Erlang/OTP's own tools, console logs apart.

mod common;
mod coverdata;
mod ct_suite_log;

use super::Format;

pub(super) static FORMATS: &[&Format] = &[&coverdata::FORMAT, &ct_suite_log::FORMAT];
