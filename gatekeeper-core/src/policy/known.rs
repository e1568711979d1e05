//! What a policy may name.

use crate::rule::Rules;
use gatekeeper_formats::Formats;

/// The formats and rules that policies name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known<'k> {
    pub formats: &'k Formats,
    pub rules: &'k Rules,
}
