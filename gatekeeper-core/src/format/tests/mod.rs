//! Formats of test results.

mod common;
mod dotnet;
mod junit;
mod nunit3;
mod trx;
mod xunit2;

use super::Format;

pub(super) static FORMATS: &[&Format] = &[&junit::FORMAT, &nunit3::FORMAT, &trx::FORMAT, &xunit2::FORMAT];
