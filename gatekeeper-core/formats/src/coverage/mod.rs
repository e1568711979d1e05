//! Formats of code coverage.

mod clover;
mod cobertura;
mod common;
mod coveragepy;
mod coveralls;
mod gatekeeper;
mod gcovr_json;
mod go_cover;
mod istanbul;
mod istanbul_summary;
mod jacoco;
mod lcov;
mod llvm_cov;
mod opencover;
mod simplecov;
mod sonar_generic;

use crate::format::Format;

pub(super) static FORMATS: &[&Format] = &[
    &clover::FORMAT,
    &cobertura::FORMAT,
    &coveragepy::FORMAT,
    &coveralls::FORMAT,
    &gatekeeper::FORMAT,
    &gcovr_json::FORMAT,
    &go_cover::FORMAT,
    &istanbul::FORMAT,
    &istanbul_summary::FORMAT,
    &jacoco::FORMAT,
    &lcov::FORMAT,
    &llvm_cov::FORMAT,
    &opencover::FORMAT,
    &simplecov::FORMAT,
    &sonar_generic::FORMAT,
];
