//! Formats of measurements: benchmarks, load generators, monitoring.

mod asv;
mod asv_json;
mod bencher_json;
mod benchmark_action_json;
mod benchmarkdotnet_json;
mod callgrind;
mod catch2_bench;
mod common;
mod criterion;
mod criterion_text;
mod erlperf;
mod exposition;
pub mod extract;
mod gatekeeper;
mod gatling_json;
mod go_bench;
mod google_benchmark_json;
mod hdr_percentiles;
mod hyperfine_json;
mod hyperfine_markdown;
mod hyperfine_text;
mod jmeter_csv;
mod jmeter_json;
mod jmh_json;
mod k6_summary;
mod lighthouse;
mod locust_csv;
mod locust_json;
mod prometheus_json;
mod pytest_benchmark_json;
mod rust_bench;
mod vegeta_json;
mod vegeta_text;
mod vitest_bench;
mod wrk;

use crate::format::Format;

pub(super) static FORMATS: &[&Format] = &[
    &asv::FORMAT,
    &asv_json::FORMAT,
    &bencher_json::FORMAT,
    &benchmark_action_json::FORMAT,
    &benchmarkdotnet_json::FORMAT,
    &catch2_bench::FORMAT,
    &criterion::FORMAT,
    &criterion_text::FORMAT,
    &erlperf::FORMAT,
    &gatling_json::FORMAT,
    &go_bench::FORMAT,
    &google_benchmark_json::FORMAT,
    &callgrind::GUNGRAUN,
    &hdr_percentiles::FORMAT,
    &hyperfine_text::CSV,
    &hyperfine_json::FORMAT,
    &hyperfine_markdown::FORMAT,
    &hyperfine_text::TEXT,
    &callgrind::IAI,
    &jmeter_csv::FORMAT,
    &jmeter_json::FORMAT,
    &jmh_json::FORMAT,
    &k6_summary::FORMAT,
    &lighthouse::MANIFEST,
    &lighthouse::REPORT,
    &locust_csv::FORMAT,
    &locust_json::FORMAT,
    &gatekeeper::CSV,
    &gatekeeper::JSON,
    &exposition::OPENMETRICS,
    &prometheus_json::FORMAT,
    &exposition::PROMETHEUS,
    &pytest_benchmark_json::FORMAT,
    &rust_bench::FORMAT,
    &vegeta_json::FORMAT,
    &vegeta_text::FORMAT,
    &vitest_bench::FORMAT,
    &wrk::FORMAT,
];
