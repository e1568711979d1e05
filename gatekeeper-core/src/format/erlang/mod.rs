//! Formats of Erlang/OTP's own tools, console logs apart.

mod coverdata;

use super::Format;

pub(super) static FORMATS: &[&Format] = &[&coverdata::FORMAT];
