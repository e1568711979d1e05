//! The benches' inputs are what they are taken for: a bench of a refused report measures nothing.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a bench or test that cannot go on stops"
)]

use gatekeeper_benches as make;
use gatekeeper_core::inspect::summary;
use gatekeeper_core::{Engine, ReadOptions};

fn figures(name: &str, format: &str, bytes: &[u8]) -> serde_json::Value {
    let evidence = Engine::default().read(name, bytes, &ReadOptions::default()).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(evidence.source.format, format);
    assert!(bytes.len() > 90_000, "{name} is too small: {}", bytes.len());
    summary(&evidence)
}

#[test]
fn coverage_reports_are_read() {
    for (name, format, bytes) in [
        ("lcov.info", "lcov", make::lcov(100_000)),
        ("cobertura.xml", "cobertura", make::cobertura(100_000)),
        ("coverage-final.json", "istanbul", make::istanbul(100_000)),
        ("all.coverdata", "erlang-coverdata", make::coverdata(100_000)),
    ] {
        let f = figures(name, format, &bytes);
        let per_file = if format == "istanbul" { 100 } else { 200 };
        assert_eq!(f["lines"]["total"], f["files"].as_u64().unwrap() * per_file, "{name}: {f}");
        assert!(f["lines"]["covered"].as_u64().unwrap() > 0, "{name}: {f}");
    }
}

#[test]
fn other_reports_are_read() {
    let f = figures("junit.xml", "junit", &make::junit(100_000));
    assert_eq!(f["failed"].as_u64().unwrap() * 50, f["total"].as_u64().unwrap(), "{f}");
    let f = figures("compile.log", "rebar3-compile", &make::console(100_000));
    assert_eq!(f["by_severity"]["medium"], f["total"], "{f}");
    let f = figures("trivy.sarif", "sarif", &make::sarif(100_000));
    assert!(f["by_severity"]["critical"].as_u64().unwrap() > 50, "{f}");
    for (name, format, bytes) in
        [("bom.json", "cyclonedx-json", make::cyclonedx(100_000)), ("app.spdx.json", "spdx-json", make::spdx(100_000))]
    {
        let f = figures(name, format, &bytes);
        assert_eq!((&f["valid"], &f["licensed"]), (&true.into(), &f["components"]), "{name}: {f}");
    }
}

#[test]
fn measurements_are_read() {
    for (format, bytes) in
        [("measurements-json", make::samples(100_000)), ("prometheus-json", make::prometheus(100_000))]
    {
        let f = figures("latency.json", format, &bytes);
        assert!(f["samples"].as_u64().unwrap() > 3_000 && f["errors"] == 0, "{format}: {f}");
    }
}
