//! Formats of rebar3's and Common Test's console output, of mix's and gleam's, and of the tools that they run.
//!
//! A log often holds several tasks (`rebar3 do compile, xref, dialyzer, eunit, ct, cover`). Each format, where it is named, reads its own
//! task out of the log and lets the others be. Which one an unnamed log is read as: see [`common::confidence`].

mod common;
mod compile;
mod compile_only;
mod cover;
mod ct;
mod ct_run;
mod ct_text;
mod dialyxir;
mod dialyzer;
mod dialyzer_rules;
mod dialyzer_terms;
mod elvis;
mod erlfmt;
mod eunit;
mod eunit_summary;
mod exunit;
mod gleam_test;
mod gradualizer;
mod mix_cover;
mod proper;
mod xref;

use crate::format::Format;

pub(super) static FORMATS: &[&Format] = &[
    &compile::FORMAT,
    &cover::FORMAT,
    &ct::FORMAT,
    &ct_run::FORMAT,
    &dialyzer::FORMAT,
    &elvis::FORMAT,
    &erlfmt::FORMAT,
    &eunit::FORMAT,
    &exunit::FORMAT,
    &gleam_test::FORMAT,
    &gradualizer::FORMAT,
    &mix_cover::FORMAT,
    &proper::FORMAT,
    &xref::FORMAT,
];

/// The format in which a file without a byte is an answer: dialyzer empties its warnings file when it finds nothing, and what `cover` has to
/// say of itself is mostly nothing.
pub(super) fn of_empty(name: &str) -> Option<&'static Format> {
    if name.ends_with(cover::OWN_LOG) {
        return Some(&cover::FORMAT);
    }
    name.ends_with(dialyzer::FILE_END).then_some(&dialyzer::FORMAT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{Head, Parsed};
    use crate::input::{Input, Limits};
    use std::path::PathBuf;

    /// Every file of the fixtures of this family's formats.
    fn fixtures() -> Vec<(&'static Format, String, Vec<u8>)> {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
        let mut out = Vec::new();
        for format in FORMATS {
            let folder = root.join(format.id);
            for entry in std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
                let path = entry.unwrap().path();
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                if name != "expected.json" {
                    out.push((*format, name, std::fs::read(&path).unwrap()));
                }
            }
        }
        out
    }

    fn parse(format: &Format, name: &str, bytes: &[u8]) -> Option<Parsed> {
        let limits = Limits::default();
        (format.parse)(&Input { name, bytes, limits: &limits, exit_status: None, validate: false }).ok()
    }

    #[test]
    fn a_log_that_is_cut_never_proves_what_the_whole_does_not() {
        for (format, name, bytes) in fixtures() {
            // What takes back these logs' good totals stands below them; without a line of any suite nothing else could.
            // A log of several runs may end behind each of them.
            const TAKEN_BACK: &[&str] = &[
                "forged-above-totals",
                "error-after-passed",
                "failures-contradict",
                "two-apps",
                "umbrella",
                "two-tables",
            ];
            if TAKEN_BACK.iter().any(|n| name.contains(n)) {
                continue;
            }
            let whole = parse(format, &name, &bytes);
            // Every length of a small log, some hundred of a large one.
            for end in (0..bytes.len()).step_by(bytes.len() / 800 + 1) {
                let Some(cut) = parse(format, &name, &bytes[..end]) else { continue };
                if cut.complete == Some(true) {
                    let whole =
                        whole.as_ref().unwrap_or_else(|| panic!("{name} is refused, but not its first {end} bytes"));
                    assert_eq!(figures(&cut), figures(whole), "{}/{name} cut to {end} bytes", format.id);
                }
            }
        }
    }

    /// What a gate looks at.
    fn figures(parsed: &Parsed) -> String {
        match &parsed.data {
            gatekeeper_evidence::Data::Tests(t) => format!("{:?} {}", t.counts(), t.problems.len()),
            gatekeeper_evidence::Data::Findings(f) => format!("{:?}", f.by_severity()),
            gatekeeper_evidence::Data::Coverage(c) => format!("{:?} {:?}", c.percent, c.not_counted),
            other => format!("{:?}", other.kind()),
        }
    }

    #[test]
    fn no_byte_makes_a_reader_panic() {
        for (format, name, mut bytes) in fixtures() {
            for at in (0..bytes.len()).step_by(bytes.len() / 400 + 1) {
                let old = bytes[at];
                for new in [old ^ 0x20, b'9', b'\n', 0xFF] {
                    bytes[at] = new;
                    let _ = parse(format, &name, &bytes);
                }
                bytes[at] = old;
                if at % 16 == 0 {
                    let _ = (format.sniff)(&Head::new(&name, &bytes[..at], at));
                }
            }
        }
    }

    #[test]
    fn content_of_another_kind_is_refused_by_every_format() {
        for format in FORMATS {
            for other in [
                &b""[..],
                b"\n",
                b"{}",
                b"[]",
                b"<a/>",
                b"PK\x03\x04",
                b"TN:\nSF:a\nend_of_record\n",
                &[0xFF; 300],
                b"===> ",
                b"===> \n",
            ] {
                assert!(parse(format, "x.log", other).is_none(), "{} reads {other:?}", format.id);
            }
        }
    }
}
