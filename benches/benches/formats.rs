//! Throughput per format family, each against a plain read of the same bytes: what a parser is held against.
//!
//! `cargo bench -p gatekeeper-benches --bench formats`; a name narrows it: `-- junit`.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a bench or test that cannot go on stops"
)]

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use gatekeeper_core::{Engine, ReadOptions};
use quick_xml::events::Event;

fn main() {
    divan::main();
}

const SIZES: [usize; 2] = [1_000_000, 10_000_000];

/// Reads as gatekeeper does: recognised by content, hashed, parsed. An input that is refused ends the bench.
fn gatekeeper(bencher: Bencher<'_, '_>, name: &str, format: &str, bytes: &[u8]) {
    let options = ReadOptions::default();
    let evidence = Engine::default().read(name, bytes, &options).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(evidence.source.format, format);
    bencher
        .counter(BytesCount::of_slice(bytes))
        .bench(|| Engine::default().read(black_box(name), black_box(bytes), &options));
}

fn newlines(bencher: Bencher<'_, '_>, bytes: &[u8]) {
    bencher.counter(BytesCount::of_slice(bytes)).bench(|| memchr::memchr_iter(b'\n', black_box(bytes)).count());
}

fn xml_events(bencher: Bencher<'_, '_>, bytes: &[u8]) {
    bencher.counter(BytesCount::of_slice(bytes)).bench(|| {
        let mut reader = quick_xml::Reader::from_reader(black_box(bytes));
        let mut events = 0_u64;
        loop {
            match reader.read_event() {
                Ok(Event::Eof) => return events,
                Ok(_) => events += 1,
                Err(e) => panic!("{e}"),
            }
        }
    });
}

fn json_skipped(bencher: Bencher<'_, '_>, bytes: &[u8]) {
    bencher
        .counter(BytesCount::of_slice(bytes))
        .bench(|| serde_json::from_slice::<serde::de::IgnoredAny>(black_box(bytes)).is_ok());
}

macro_rules! family {
    ($family:ident, $file:literal, $format:literal, $plain:ident) => {
        mod $family {
            use divan::Bencher;

            #[divan::bench(args = super::SIZES)]
            fn gatekeeper(bencher: Bencher<'_, '_>, bytes: usize) {
                super::gatekeeper(bencher, $file, $format, &gatekeeper_benches::$family(bytes));
            }

            #[divan::bench(args = super::SIZES)]
            fn $plain(bencher: Bencher<'_, '_>, bytes: usize) {
                super::$plain(bencher, &gatekeeper_benches::$family(bytes));
            }
        }
    };
}

family!(lcov, "lcov.info", "lcov", newlines);
family!(cobertura, "cobertura.xml", "cobertura", xml_events);
family!(istanbul, "coverage-final.json", "istanbul", json_skipped);
family!(coverdata, "all.coverdata", "erlang-coverdata", newlines);
family!(junit, "junit.xml", "junit", xml_events);
family!(console, "compile.log", "rebar3-compile", newlines);
family!(sarif, "trivy.sarif", "sarif", json_skipped);
family!(cyclonedx, "bom.json", "cyclonedx-json", json_skipped);
family!(spdx, "app.spdx.json", "spdx-json", json_skipped);
family!(samples, "latency.json", "measurements-json", json_skipped);
family!(prometheus, "latency.json", "prometheus-json", json_skipped);
