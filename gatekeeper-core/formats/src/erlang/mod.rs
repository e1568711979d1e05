//! Formats of Erlang/OTP's own tools, of rebar3, mix, Gleam and Hex, console logs apart.

mod common;
mod cover_html;
mod coverdata;
mod ct_index_html;
mod ct_place;
mod ct_suite_log;
mod ct_suite_summary;
mod ct_totals;
mod gleam_manifest;
pub(crate) mod hex_metadata;
mod html;
mod mix_lock;
mod rebar_lock;

use crate::format::Format;

pub(super) static FORMATS: &[&Format] = &[
    &cover_html::FORMAT,
    &coverdata::FORMAT,
    &ct_index_html::FORMAT,
    &ct_suite_log::FORMAT,
    &ct_suite_summary::FORMAT,
    &ct_totals::FORMAT,
    &gleam_manifest::FORMAT,
    &hex_metadata::FORMAT,
    &mix_lock::FORMAT,
    &rebar_lock::FORMAT,
];

#[cfg(test)]
mod tests {
    use super::FORMATS;
    use crate::{Formats, ReadOptions, read};
    use std::path::Path;

    /// Each fixture cut at every length and with each byte changed: no panic, and never figures of a text or term that lost its end.
    #[test]
    fn damaged_fixtures_are_refused_or_read() {
        for format in FORMATS {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(format.id);
            let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
            files.sort();
            let options = ReadOptions { format: Some(format), ..ReadOptions::default() };
            for path in files {
                let bytes = std::fs::read(&path).unwrap();
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                if name == "expected.json" || bytes.len() > 16 * 1024 {
                    continue;
                }
                assert_eq!(
                    read(&Formats::default(), &name, &bytes, &options).is_err(),
                    name.starts_with("bad-"),
                    "{name}"
                );
                for cut in (0..bytes.len()).step_by(bytes.len() / 800 + 1) {
                    let result = read(&Formats::default(), &name, &bytes[..cut], &options);
                    if let Err(e) = &result {
                        assert!(!e.message().is_empty(), "{name} cut at {cut}");
                    }
                    // These have an end mark, which only blanks may follow.
                    let ends = bytes.trim_ascii_end().len();
                    if ["ct-totals", "ct-index-html", "rebar-lock"].contains(&format.id) && cut < ends && result.is_ok()
                    {
                        // A lock file's first term is whole without its hashes.
                        let last = bytes[..cut].trim_ascii_end().last();
                        assert_eq!((format.id, last), ("rebar-lock", Some(&b'.')), "{name} cut at {cut}");
                    }
                }
                let step = bytes.len() / 500 + 1;
                for at in (0..bytes.len()).step_by(step) {
                    for change in [0x00, 0x01, 0x20, 0x80, 0xFF] {
                        let mut damaged = bytes.clone();
                        damaged[at] = if change == 0 { 0 } else { damaged[at] ^ change };
                        let _ = read(&Formats::default(), &name, &damaged, &options);
                    }
                }
            }
        }
    }
}
