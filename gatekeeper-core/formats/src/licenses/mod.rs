//! Formats of lock files and licence lists.

mod bun_lock;
mod cargo_deny_list;
mod cargo_license_json;
pub(crate) mod common;
mod go_licenses_csv;
mod license_checker_csv;
mod license_checker_json;
mod npm_lock;
mod package_folder;
mod pip_licenses;
mod pip_licenses_csv;
mod pip_licenses_json;

use crate::format::Format;

pub use package_folder::FORMAT as PACKAGE_FOLDER;

pub(super) static FORMATS: &[&Format] = &[
    &bun_lock::FORMAT,
    &cargo_deny_list::FORMAT,
    &cargo_license_json::FORMAT,
    &go_licenses_csv::FORMAT,
    &license_checker_csv::FORMAT,
    &license_checker_json::FORMAT,
    &npm_lock::FORMAT,
    &package_folder::FORMAT,
    &pip_licenses_csv::FORMAT,
    &pip_licenses_json::FORMAT,
];

#[cfg(test)]
mod robustness {
    //! Every fixture of the family, cut at every length and with bytes changed: an error or evidence, never a panic, never less without a word.

    use super::FORMATS;
    use crate::{Formats, ReadOptions, read};
    use gatekeeper_evidence::Data;
    use std::path::Path;

    fn fixtures() -> Vec<(&'static crate::format::Format, String, Vec<u8>)> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
        let mut out = Vec::new();
        for format in FORMATS {
            let entries = std::fs::read_dir(root.join(format.id)).expect("a folder of fixtures for each format");
            for entry in entries.map(Result::unwrap).filter(|e| e.path().is_file() && e.file_name() != "expected.json")
            {
                let name = entry.file_name().into_string().unwrap();
                out.push((*format, name, std::fs::read(entry.path()).unwrap()));
            }
        }
        out
    }

    #[test]
    fn cut_or_changed_anywhere() {
        for (format, name, bytes) in fixtures() {
            let options = ReadOptions { format: Some(format), ..ReadOptions::default() };
            let rows =
                |bytes: &[u8]| match read(&Formats::default(), &name, bytes, &options).map(|e| (e.complete, e.data)) {
                    Ok((complete, Data::Inventory(i))) => Some((i.components.len(), complete)),
                    _ => None,
                };
            let Some((whole, _)) = rows(&bytes) else { continue };
            for cut in 0..bytes.trim_ascii_end().len() {
                if let Some((part, complete)) = rows(&bytes[..cut]) {
                    assert!(part >= whole || complete != Some(true), "{name} cut at {cut}: {part} of {whole} rows");
                }
                for with in [0, b'"', b',', b'\n', 0xFF] {
                    let mut changed = bytes.clone();
                    changed[cut] = with;
                    rows(&changed);
                }
            }
        }
    }

    #[test]
    fn other_formats_content_is_refused() {
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
