//! Formats of test results.

mod common;
mod junit;

use super::Format;

pub(super) static FORMATS: &[&Format] = &[&junit::FORMAT];
