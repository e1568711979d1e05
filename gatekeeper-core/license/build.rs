//! Packs the licence texts of the SPDX list for detection: a dictionary, and each text as numbers of words.
//!
//! The layout, deflated; numbers are little-endian:
//! `u32` words, each word and a newline, `u32` texts, and for each `u8` kind, `u8` length of the id and the id, `u32` words,
//! a `u16` for each. Kinds: 0 a licence, 1 an exception, 2 a part at the end that licence files often leave out.

#[path = "src/normalize.rs"]
mod normalize;

use std::collections::HashMap;
use std::io::Write as _;
use std::path::Path;
use std::{env, fs, io};

/// Mark the end of what binds; how to apply the licence comes after it.
const ENDS: [&[&str]; 2] =
    [&["end", "of", "terms", "and", "conditions"], &["addendum", "how", "to", "use", "this", "license", "for", "your"]];
/// The list's text of LGPL-3.0 has all of GPL-3.0 after it, which files seldom have.
const GPL: &[&str] = &["gnu", "general", "public", "license", "version", "3", "29", "june", "2007"];

struct Text {
    kind: u8,
    id: &'static str,
    words: Vec<String>,
}

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=src/normalize.rs");
    let mut texts: Vec<Text> = Vec::new();
    for &(id, text) in spdx::text::LICENSE_TEXTS {
        // The two tables are in different orders; NOASSERTION is among them and no licence.
        let license = spdx::identifiers::LICENSES.iter().find(|license| license.name == id);
        let listed =
            license.is_some_and(|license| license.flags & spdx::flags::IS_DEPRECATED == 0) && id != "NOASSERTION";
        let (main, rest) = split(id, words(if titled(id) { text } else { untitled(text) }));
        if listed {
            texts.push(Text { kind: 0, id, words: main });
            texts.extend(rest.map(|words| Text { kind: 2, id, words }));
        }
    }
    for &(id, text) in spdx::text::EXCEPTION_TEXTS {
        texts.push(Text { kind: 1, id, words: words(text) });
    }
    // One text under several ids: "-only" before "-or-later", for a text cannot say which; else the shorter id.
    texts.retain(|text| text.words.len() >= 12);
    texts.sort_by(|a, b| (a.kind, &a.words, preference(a.id)).cmp(&(b.kind, &b.words, preference(b.id))));
    texts.dedup_by(|b, a| a.kind == b.kind && a.words == b.words);
    texts.sort_by(|a, b| (a.kind, a.id).cmp(&(b.kind, b.id)));

    let mut dictionary: Vec<&str> = texts.iter().flat_map(|text| &text.words).map(String::as_str).collect();
    dictionary.sort_unstable();
    dictionary.dedup();
    let numbers: HashMap<&str, usize> = dictionary.iter().enumerate().map(|(at, word)| (*word, at)).collect();

    let mut out = Vec::new();
    out.extend(number(dictionary.len())?.to_le_bytes());
    for word in &dictionary {
        out.extend(word.as_bytes());
        out.push(b'\n');
    }
    out.extend(number(texts.len())?.to_le_bytes());
    for text in &texts {
        out.push(text.kind);
        out.push(u8::try_from(text.id.len()).map_err(io::Error::other)?);
        out.extend(text.id.as_bytes());
        out.extend(number(text.words.len())?.to_le_bytes());
        for word in &text.words {
            let at = numbers.get(word.as_str()).copied().unwrap_or_default();
            out.extend(u16::try_from(at).map_err(io::Error::other)?.to_le_bytes());
        }
    }
    let folder = env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("OUT_DIR is not set"))?;
    let file = fs::File::create(Path::new(&folder).join("license-texts.deflate"))?;
    let mut packed = flate2::write::DeflateEncoder::new(file, flate2::Compression::new(6));
    packed.write_all(&out)?;
    packed.finish()?;
    Ok(())
}

fn words(text: &str) -> Vec<String> {
    normalize::lines(text, usize::MAX).into_iter().map(|(word, _)| word).collect()
}

fn number(count: usize) -> io::Result<u32> {
    u32::try_from(count).map_err(io::Error::other)
}

fn preference(id: &str) -> (bool, usize, &str) {
    (id.ends_with("-or-later"), id.len(), id)
}

/// Versions of the OpenLDAP licence that differ by their title alone.
fn titled(id: &str) -> bool {
    id.starts_with("OLDAP-2.2") || id == "OLDAP-2.3"
}

/// The text without its title: a first paragraph of a line or two, which files often replace.
fn untitled(text: &str) -> &str {
    let text = text.trim_start();
    match text.split_once("\n\n") {
        Some((title, rest)) if title.split_whitespace().count() <= 14 && title.lines().count() <= 3 => rest,
        _ => text,
    }
}

fn split(id: &str, mut words: Vec<String>) -> (Vec<String>, Option<Vec<String>>) {
    if id.starts_with("LGPL-3.0") {
        words.truncate(position(&words, GPL).unwrap_or(words.len()));
    }
    for end in ENDS {
        if let Some(at) = position(&words, end) {
            let rest = words.split_off(at + end.len());
            words.truncate(at);
            return (words, Some(rest));
        }
    }
    (words, None)
}

fn position(words: &[String], phrase: &[&str]) -> Option<usize> {
    words.windows(phrase.len()).position(|window| window.iter().eq(phrase.iter()))
}
