//! Formats of test results.

mod common;
mod ctrf;
mod dotnet;
mod junit;
mod nunit3;
mod tap;
mod trx;
mod xunit2;

use super::Format;

pub(super) static FORMATS: &[&Format] =
    &[&ctrf::FORMAT, &junit::FORMAT, &nunit3::FORMAT, &tap::FORMAT, &trx::FORMAT, &xunit2::FORMAT];
