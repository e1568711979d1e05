//! A number that a report states, and that its reader holds against what is listed, is never read over when it is none: for every fixture, each such
//! number is made negative, too large, a text and a fraction in turn, and what comes out must not be the evidence of a report that states nothing.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

mod common;

use gatekeeper_core::evidence::Kind;
use gatekeeper_core::{Engine, Format, Formats, ReadOptions};

/// What matters of what a report says: all of it but the places, times and texts of single items.
fn meaning(bytes: &[u8], name: &str, format: &'static Format) -> Option<String> {
    use gatekeeper_core::evidence::Data;
    let options = ReadOptions { format: Some(format), skip_validation: true, ..ReadOptions::default() };
    let evidence = Engine::default().read(name, bytes, &options).ok()?;
    let data = match evidence.data {
        Data::Findings(mut f) => {
            f.items.clear();
            format!("{f:?}")
        }
        Data::Tests(mut t) => {
            for case in t.suites.iter_mut().flat_map(|s| s.cases.iter_mut()) {
                case.detail = None;
                case.time = None;
            }
            format!("{t:?}")
        }
        Data::Coverage(c) => format!("{c:?}"),
        _ => String::new(),
    };
    Some(format!("{:?} {data}", evidence.complete))
}

/// Where whole numbers stand as values: `: 12`, `="12"`, `,12`.
fn numbers(bytes: &[u8]) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let end = at + bytes[at..].iter().take_while(|b| b.is_ascii_digit()).count();
        if end == at {
            at += 1;
            continue;
        }
        let before = at.checked_sub(1).map_or(b' ', |b| bytes[b]);
        let after = bytes.get(end).copied().unwrap_or(b'\n');
        let alone = !before.is_ascii_alphanumeric() && !b"-_.+/".contains(&before);
        if alone && !after.is_ascii_alphanumeric() && !b"-_.:/".contains(&after) && end - at <= 9 {
            out.push((at, end));
        }
        at = end;
    }
    out
}

#[test]
fn a_stated_number_that_is_none_is_not_read_over() {
    let mut tried = 0;
    let mut open = Vec::new();
    for (folder, cases) in common::expectations() {
        for case in cases {
            let file = case["file"].as_str().unwrap();
            let path = folder.join(file);
            let Some(format) = case["format"].as_str().and_then(|id| Formats::default().by_id(id)) else { continue };
            let Some(bytes) = path.is_file().then(|| std::fs::read(&path).unwrap()).filter(|b| b.len() < 60_000) else {
                continue;
            };
            if bytes.contains(&0) {
                continue;
            }
            let Some(before) = meaning(&bytes, file, format) else { continue };
            // What is not complete is no pass already.
            if before.starts_with("Some(false)") {
                continue;
            }
            for (start, end) in numbers(&bytes).into_iter().take(60) {
                let with = |text: &str| {
                    let all = [&bytes[..start], text.as_bytes(), &bytes[end..]].concat();
                    meaning(&all, file, format)
                };
                let n: u64 = std::str::from_utf8(&bytes[start..end]).unwrap().parse().unwrap();
                // A severity is a word of its own kind: "1" is one.
                if bytes[..start].ends_with(b"\"severity\": ") || format.kind() == Kind::Measurements {
                    continue;
                }
                let more = with(&(n + 7).to_string());
                if more.as_ref() == Some(&before) {
                    continue;
                }
                let json = bytes.trim_ascii_start().starts_with(b"{") || bytes.trim_ascii_start().starts_with(b"[");
                let quoted = bytes.get(end) == Some(&b'"');
                for wrong in ["-1", "100000000000000000000", "NaN", "0x5", "\"1.0\"", "1.5"] {
                    if json && !quoted && ["NaN", "0x5"].contains(&wrong) || quoted && wrong.starts_with('"') {
                        continue;
                    }
                    // How often a line ran may be written below 0 or in parts (gcov's counters overflow): no better than not at all.
                    if format.kind() == Kind::Coverage && ["-1", "1.5"].contains(&wrong) {
                        continue;
                    }
                    tried += 1;
                    let after = with(wrong);
                    if after.as_ref() == Some(&before) {
                        let line =
                            String::from_utf8_lossy(&bytes[start.saturating_sub(40)..(end + 10).min(bytes.len())]);
                        open.push(format!("{}/{file} {wrong} in …{}", format.id(), line.replace('\n', " ")));
                    }
                }
            }
        }
    }
    assert!(tried > 1_000, "{tried} numbers tried");
    assert!(open.is_empty(), "{} of {tried} read over:\n{}", open.len(), open.join("\n"));
}
