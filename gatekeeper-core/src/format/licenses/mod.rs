//! Formats of lock files and licence lists.

mod cargo_deny_list;
mod cargo_license_json;
mod common;
mod go_licenses_csv;
mod license_checker_csv;
mod license_checker_json;
mod npm_lock;
mod pip_licenses;
mod pip_licenses_csv;
mod pip_licenses_json;

use super::Format;

pub(super) static FORMATS: &[&Format] = &[
    &cargo_deny_list::FORMAT,
    &cargo_license_json::FORMAT,
    &go_licenses_csv::FORMAT,
    &license_checker_csv::FORMAT,
    &license_checker_json::FORMAT,
    &npm_lock::FORMAT,
    &pip_licenses_csv::FORMAT,
    &pip_licenses_json::FORMAT,
];
