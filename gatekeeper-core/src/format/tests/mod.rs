//! Formats of test results.

mod common;
mod ctrf;
mod dart_json;
mod dotnet;
mod go_test_json;
mod jest_json;
mod junit;
mod mocha_json;
mod nunit3;
mod tap;
mod trx;
mod xunit2;

use super::Format;

pub(super) static FORMATS: &[&Format] = &[
    &ctrf::FORMAT,
    &dart_json::FORMAT,
    &go_test_json::FORMAT,
    &jest_json::FORMAT,
    &junit::FORMAT,
    &mocha_json::FORMAT,
    &nunit3::FORMAT,
    &tap::FORMAT,
    &trx::FORMAT,
    &xunit2::FORMAT,
];
