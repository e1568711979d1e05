//! Formats of test results.

mod common;
mod ctrf;
mod dart_json;
mod dotnet;
mod gatekeeper;
mod go_test_json;
mod gtest_json;
mod jest_json;
mod junit;
mod libtest_json;
mod mocha_json;
mod nunit2;
mod nunit3;
mod playwright_json;
mod tap;
mod trx;
mod xunit2;

use crate::format::Format;

pub(super) static FORMATS: &[&Format] = &[
    &ctrf::FORMAT,
    &dart_json::FORMAT,
    &gatekeeper::FORMAT,
    &go_test_json::FORMAT,
    &gtest_json::FORMAT,
    &jest_json::FORMAT,
    &junit::FORMAT,
    &libtest_json::FORMAT,
    &mocha_json::FORMAT,
    &nunit2::FORMAT,
    &nunit3::FORMAT,
    &playwright_json::FORMAT,
    &tap::FORMAT,
    &trx::FORMAT,
    &xunit2::FORMAT,
];

#[cfg(test)]
mod robustness {
    //! Every fixture of the family, cut at every length and with bytes changed: an error or evidence, never a panic, never less without a word.

    use super::FORMATS;
    use crate::{Formats, ReadOptions, read};
    use gatekeeper_evidence::{Data, Evidence};
    use std::path::Path;

    fn fixtures() -> Vec<(&'static crate::format::Format, String, Vec<u8>)> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
        let mut out = Vec::new();
        for format in FORMATS {
            let entries = std::fs::read_dir(root.join(format.id)).expect("a folder of fixtures for each format");
            for entry in entries.map(Result::unwrap).filter(|e| e.file_name() != "expected.json") {
                let name = entry.file_name().into_string().unwrap();
                out.push((*format, name, std::fs::read(entry.path()).unwrap()));
            }
        }
        out
    }

    fn figures(e: &Evidence) -> (u64, usize, Option<bool>) {
        let Data::Tests(run) = &e.data else { panic!("no tests") };
        (run.counts().total(), run.problems.len(), e.complete)
    }

    #[test]
    fn cut_anywhere_is_an_error_or_says_so() {
        for (format, name, bytes) in fixtures() {
            let options = ReadOptions { format: Some(format), ..ReadOptions::default() };
            let Ok(whole) = read(&Formats::default(), &name, &bytes, &options) else { continue };
            let (total, _, _) = figures(&whole);
            // A stream of documents may end behind each of them.
            if name.contains("two-documents") {
                continue;
            }
            // Every length of a small file, some thousand of a large one.
            for cut in (0..bytes.trim_ascii_end().len()).step_by(bytes.len() / 4_000 + 1) {
                match read(&Formats::default(), &name, &bytes[..cut], &options) {
                    Err(e) => assert!(!e.expected().is_empty()),
                    Ok(part) => {
                        let (t, problems, complete) = figures(&part);
                        assert!(
                            t >= total || complete != Some(true) || problems > 0,
                            "{name} cut at {cut}: {t} of {total} cases, and nothing said"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn changed_bytes_never_panic() {
        for (format, name, bytes) in fixtures() {
            let options = ReadOptions { format: Some(format), ..ReadOptions::default() };
            for at in (0..bytes.len()).step_by(bytes.len() / 800 + 1) {
                let mut changed = bytes.clone();
                changed[at] = [0, b'"', b'<', b'9', 0xFF][at % 5];
                let _ = read(&Formats::default(), &name, &changed, &options);
            }
        }
    }

    #[test]
    fn other_formats_content_is_never_an_empty_result() {
        let all = fixtures();
        for format in FORMATS {
            let options = ReadOptions { format: Some(format), ..ReadOptions::default() };
            for (own, name, bytes) in all.iter().filter(|(own, ..)| own.id != format.id) {
                assert!(
                    read(&Formats::default(), name, bytes, &options).is_err(),
                    "{} read {} of {}",
                    format.id,
                    name,
                    own.id
                );
            }
        }
    }
}
