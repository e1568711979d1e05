//! JSON of Elixir's tools and of ELP; their console logs stand with those of rebar3.

mod common;
mod credo_json;
mod elp_json;
mod mix_audit_json;
mod sobelow_json;

use crate::format::Format;

pub(super) static FORMATS: &[&Format] =
    &[&credo_json::FORMAT, &elp_json::FORMAT, &mix_audit_json::FORMAT, &sobelow_json::FORMAT];

#[cfg(test)]
mod tests {
    use super::FORMATS;
    use crate::{Formats, ReadOptions, read};
    use std::path::Path;

    /// Each fixture cut at every length and with bytes changed: refused, or not less than the whole without a word.
    #[test]
    fn damaged_fixtures_are_refused_or_read() {
        for format in FORMATS {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(format.id);
            let options = ReadOptions { format: Some(format), ..ReadOptions::default() };
            for path in std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()) {
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                if name == "expected.json" {
                    continue;
                }
                let bytes = std::fs::read(&path).unwrap();
                let whole = read(&Formats::default(), &name, &bytes, &options);
                assert_eq!(whole.is_err(), name.starts_with("bad-"), "{name}");
                for cut in 0..bytes.trim_ascii_end().len() {
                    let part = read(&Formats::default(), &name, &bytes[..cut], &options);
                    let behind = bytes.get(cut.saturating_sub(1));
                    // Lines stand for themselves.
                    let whole_lines = format.id == "elp-json" && matches!(behind, Some(b'}' | b'\n'));
                    assert!(part.is_err() || whole_lines, "{name} cut at {cut}");
                }
                for at in (0..bytes.len()).step_by(bytes.len() / 400 + 1) {
                    let mut changed = bytes.clone();
                    changed[at] = [0, b'"', b'{', b'9', 0xFF][at % 5];
                    let _ = read(&Formats::default(), &name, &changed, &options);
                }
            }
        }
    }
}
