//! The licence texts of the SPDX list, packed by the build script, and an index over them.

use std::collections::HashMap;
use std::io::Read as _;
use std::sync::OnceLock;

use super::list;

static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/license-texts.deflate"));

/// Words that stand together in an entry of the index.
pub const SHINGLE: usize = 4;
/// No word of any licence text.
pub const UNKNOWN: u16 = u16::MAX;

/// What a packed text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A licence.
    License,
    /// An exception to one.
    Exception,
    /// What may follow a licence and binds nobody: how to apply it.
    Appendix,
}

/// A text of the list.
pub struct Text {
    /// What it is.
    pub kind: Kind,
    /// Its SPDX id.
    pub id: &'static str,
    /// Its words, as numbers in the dictionary.
    pub words: Vec<u16>,
    /// How many of its shingles the index holds.
    pub indexed: usize,
}

/// All texts, the dictionary, and the index.
pub struct Texts {
    /// The texts.
    pub texts: Vec<Text>,
    dictionary: HashMap<String, u16>,
    words: Vec<String>,
    /// (hash of a shingle, number of a text), sorted.
    index: Vec<(u64, u16)>,
}

/// The texts, unpacked at the first use. None if the packed data is damaged, which the tests rule out.
pub fn texts() -> Option<&'static Texts> {
    static TEXTS: OnceLock<Option<Texts>> = OnceLock::new();
    TEXTS.get_or_init(unpack).as_ref()
}

impl Texts {
    /// A text's words as numbers; unknown ones all alike.
    pub fn numbers(&self, words: &[String]) -> Vec<u16> {
        words.iter().map(|word| self.dictionary.get(word).copied().unwrap_or(UNKNOWN)).collect()
    }

    /// The word of a number.
    pub fn word(&self, number: u16) -> &str {
        self.words.get(usize::from(number)).map_or("", String::as_str)
    }

    /// The texts that hold a shingle.
    pub fn holding(&self, hash: u64) -> impl Iterator<Item = usize> {
        let start = self.index.partition_point(|(known, _)| *known < hash);
        self.index.iter().skip(start).take_while(move |(known, _)| *known == hash).map(|(_, text)| usize::from(*text))
    }
}

/// The shingles of a text: where each begins, and its hash. Those with unknown words are left out.
pub fn shingles(words: &[u16]) -> impl Iterator<Item = (usize, u64)> {
    words.windows(SHINGLE).enumerate().filter(|(_, window)| !window.contains(&UNKNOWN)).map(|(at, window)| {
        // Four words of 16 bits are the shingle itself; the multiplication spreads them for the sampling below.
        let packed = window.iter().fold(0_u64, |packed, word| (packed << 16) | u64::from(*word));
        (at, packed.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    })
}

fn unpack() -> Option<Texts> {
    let mut bytes = Vec::new();
    flate2::read::DeflateDecoder::new(PACKED).read_to_end(&mut bytes).ok()?;
    let mut rest = bytes.as_slice();
    let count = number(&mut rest)?;
    let mut dictionary = HashMap::with_capacity(count);
    let mut words = Vec::with_capacity(count);
    for at in 0..count {
        let end = memchr::memchr(b'\n', rest)?;
        let (word, after) = rest.split_at_checked(end)?;
        let word = String::from_utf8(word.to_vec()).ok()?;
        words.push(word.clone());
        dictionary.insert(word, u16::try_from(at).ok()?);
        rest = after.get(1..)?;
    }
    let count = number(&mut rest)?;
    let mut texts = Vec::with_capacity(count);
    let mut index = Vec::new();
    for at in 0..count {
        let (head, after) = rest.split_at_checked(2)?;
        let &[kind, length] = head else { return None };
        let (id, after) = after.split_at_checked(length.into())?;
        let id = std::str::from_utf8(id).ok()?;
        let (kind, id) = match kind {
            0 => (Kind::License, list::license_id(id)?),
            1 => (Kind::Exception, list::exception_id(id)?),
            _ => (Kind::Appendix, list::license_id(id)?),
        };
        rest = after;
        let (own, after) = rest_words(&mut rest)?;
        rest = after;
        let before = index.len();
        // Long texts are told apart by a quarter of their shingles; short ones need all.
        let all = own.len() < 300;
        let text = u16::try_from(at).ok()?;
        let kept = shingles(&own).filter(|(_, hash)| all || (hash >> 60) < 4).map(|(_, hash)| (hash, text));
        let mut kept: Vec<_> = kept.collect();
        kept.sort_unstable();
        kept.dedup();
        index.extend(kept);
        texts.push(Text { kind, id, words: own, indexed: index.len().saturating_sub(before) });
    }
    index.sort_unstable();
    Some(Texts { texts, dictionary, words, index })
}

fn number(rest: &mut &[u8]) -> Option<usize> {
    let (head, after) = rest.split_first_chunk::<4>()?;
    *rest = after;
    usize::try_from(u32::from_le_bytes(*head)).ok()
}

fn rest_words<'a>(rest: &mut &'a [u8]) -> Option<(Vec<u16>, &'a [u8])> {
    let count = number(rest)?;
    let (words, after) = rest.split_at_checked(count.checked_mul(2)?)?;
    let words = words.as_chunks::<2>().0.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
    Some((words, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_packed_texts_are_whole() {
        let texts = texts().unwrap();
        let licenses = texts.texts.iter().filter(|text| text.kind == Kind::License).count();
        assert!(licenses > 500, "{licenses}");
        for id in ["MIT", "Apache-2.0", "GPL-2.0-only", "GPL-3.0-only", "LGPL-2.1-only", "BSD-3-Clause", "OFL-1.1"] {
            assert!(texts.texts.iter().any(|text| text.id == id && text.kind == Kind::License), "{id}");
        }
        assert!(texts.texts.iter().any(|text| text.id == "Apache-2.0" && text.kind == Kind::Appendix));
        assert!(texts.texts.iter().any(|text| text.id == "LLVM-exception" && text.kind == Kind::Exception));
    }
}
