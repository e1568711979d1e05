//! Which licence a text is: LICENSE, COPYING, and what is pasted into a metadata field.
//!
//! Compared with the texts of the SPDX list (see [`super::texts`]) as words, after the list's matching guidelines (see
//! [`super::normalize`]). Candidates come from an index of four-word shingles; each is then laid over the text and scored by
//! the longest common subsequence of words, so that a holder's name in the place of another costs a word or two.
//!
//! An id is answered only where the text is that licence and nothing else speaks against it. None, with the reason:
//! - several licences in one file: which holds for what is not said (but LGPL-3.0 with the GPL-3.0 it amends is LGPL-3.0, and
//!   an exception of the list after a licence is `WITH` it);
//! - words that are missing, added or exchanged, beyond spellings and replaceable parts (see [`super::alike`]): somebody has altered it;
//! - something said beside it that is no title, notice or known phrase (see [`super::beside`]), another licence named there, or more
//!   prose than licence;
//! - more than a megabyte: no licence is, and no more than that is ever looked at.
//!
//! A text cannot say "or later": the answer is the `-only` id. What follows "END OF TERMS AND CONDITIONS" may be missing.

use std::collections::HashMap;

use super::alike::Difference;
use super::beside::Beside;
use super::compare::{self, Hunk};
use super::normalize;
use super::texts::{Kind, Text, Texts, UNKNOWN, shingles, texts};

/// Larger files are not looked at.
const MAX_BYTES: usize = 1 << 20;
/// The longest licence of the list has some 8,000 words; collections of them are longer.
const MAX_WORDS: usize = 120_000;
/// Texts less alike than this are not the same.
const LEAST_SIMILARITY: f64 = 0.9;
/// Part of a licence's indexed shingles that a text must have to be compared with it.
const LEAST_SHARED: f64 = 0.35;
/// Candidates laid over the text.
const MOST_CANDIDATES: usize = 24;
/// Licences looked for in one file.
const MOST_LICENSES: usize = 8;

/// A recognised licence text.
#[derive(Debug, Clone, PartialEq)]
pub struct Detected {
    /// The SPDX id, with an exception where the text has one.
    pub id: String,
    /// How alike the texts are: 1 is word for word.
    pub confidence: f64,
}

/// Why a text is not recognised.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Undetected {
    /// More bytes than a licence file has.
    #[error("{0} bytes are no licence text: more than {max} are not read", max = MAX_BYTES)]
    TooLarge(usize),
    /// No words.
    #[error("the file has no words")]
    Empty,
    /// No licence of the list is like it.
    #[error("no licence of the SPDX list is like it")]
    Unlike,
    /// Several licences.
    #[error("several licences in one file: {ids}", ids = .0.join(", "))]
    Several(Vec<String>),
    /// Like this licence, but in other words, here and there.
    #[error("like {0}, but {words}", words = .1.join("; "))]
    Altered(String, Vec<String>),
    /// This licence with other terms beside it.
    #[error("{0} with other terms beside it: \"{1}\"")]
    Terms(String, String),
    /// This licence with so many words of other prose.
    #[error("{0} with {1} words beside it")]
    Besides(String, usize),
}

/// Recognises a licence text.
pub fn detect(bytes: &[u8]) -> Result<Detected, Undetected> {
    if bytes.len() > MAX_BYTES {
        return Err(Undetected::TooLarge(bytes.len()));
    }
    let (decoded, _, malformed) = encoding_rs::UTF_8.decode(bytes);
    let text = if malformed { encoding_rs::WINDOWS_1252.decode(bytes).0 } else { decoded };
    let (strings, lines): (Vec<String>, Vec<u32>) = normalize::lines(&text, MAX_WORDS).into_iter().unzip();
    if strings.is_empty() {
        return Err(Undetected::Empty);
    }
    let Some(texts) = texts() else { return Err(Undetected::Unlike) };
    let mut rest = Words { numbers: texts.numbers(&strings), strings, lines };
    let mut found: Vec<Found<'_>> = Vec::new();
    while found.len() < MOST_LICENSES
        && let Some(best) = best(texts, &rest, |kind| kind == Kind::License)
    {
        altered(&best, &rest, texts)?;
        rest.take(&best);
        found.push(best);
    }
    let mut exceptions: Vec<&'static str> = Vec::new();
    while found.len().saturating_add(exceptions.len()) < MOST_LICENSES
        && let Some(best) = best(texts, &rest, |kind| kind != Kind::License)
    {
        if best.text.kind == Kind::Exception {
            altered(&best, &rest, texts)?;
            exceptions.push(best.text.id);
            rest.take(&best);
        } else {
            // What was put into an appendix stays beside the licence.
            rest.take_words(&best);
        }
    }
    verdict(&found, &exceptions, &rest, texts)
}

fn verdict(
    found: &[Found<'_>],
    exceptions: &[&'static str],
    rest: &Words,
    texts: &Texts,
) -> Result<Detected, Undetected> {
    let Some(first) = found.first() else { return Err(Undetected::Unlike) };
    let mut ids: Vec<&str> = found.iter().map(|found| found.text.id).collect();
    ids.sort_unstable();
    ids.dedup();
    // LGPL 3 is written as terms on top of GPL 3, and the two often share a file.
    if ids == ["GPL-3.0-only", "LGPL-3.0-only"] {
        ids.remove(0);
    }
    let [id] = ids.as_slice() else {
        return Err(Undetected::Several(ids.into_iter().map(Into::into).collect()));
    };
    let id = match exceptions {
        [] => (*id).to_owned(),
        [exception] => format!("{id} WITH {exception}"),
        _ => {
            let all = ids.iter().chain(exceptions).map(|id| (*id).into()).collect();
            return Err(Undetected::Several(all));
        }
    };
    let own: usize = found.iter().map(|found| found.text.words.len()).sum();
    let known: Vec<&str> = found.iter().map(|found| found.text.id).chain(exceptions.iter().copied()).collect();
    let beside = Beside { strings: &rest.strings, numbers: &rest.numbers, lines: &rest.lines };
    let most = own.max(200);
    if rest.strings.len() > most.saturating_add(20_000) {
        return Err(Undetected::Besides(id, rest.strings.len()));
    }
    let (beside, said) = beside.judge(&known, texts);
    if beside > most {
        return Err(Undetected::Besides(id, beside));
    }
    if let Some(terms) = said {
        return Err(Undetected::Terms(id, terms));
    }
    let confidence = first.similarity - 0.2 * ratio(beside, own.saturating_add(beside));
    Ok(Detected { id, confidence: (confidence * 10_000.0).floor() / 10_000.0 })
}

/// The words of a text that are not accounted for yet.
struct Words {
    strings: Vec<String>,
    numbers: Vec<u16>,
    lines: Vec<u32>,
}

impl Words {
    /// Takes out what was recognised; an empty word keeps its neighbours from forming phrases.
    fn take(&mut self, found: &Found<'_>) {
        self.strings.splice(found.start..found.end, [String::new()]);
        self.numbers.splice(found.start..found.end, [UNKNOWN]);
        self.lines.splice(found.start..found.end, [u32::MAX]);
    }

    /// Takes out only the words that are the text's; at least one, so that an end comes.
    fn take_words(&mut self, found: &Found<'_>) {
        let window = self.numbers.get(found.start..found.end).unwrap_or_default();
        let Some(hunks) = compare::hunks(&found.text.words, window, window.len()) else {
            self.take(found);
            return;
        };
        let mut own = vec![true; window.len()];
        for at in hunks.into_iter().flat_map(|hunk| hunk.added) {
            if let Some(own) = own.get_mut(at) {
                *own = false;
            }
        }
        let places = self.strings.iter_mut().zip(&mut self.numbers).zip(&mut self.lines);
        for (((word, number), line), own) in places.skip(found.start).zip(own) {
            if own {
                word.clear();
                *number = UNKNOWN;
                *line = u32::MAX;
            }
        }
    }
}

/// A licence laid over a text.
struct Found<'a> {
    text: &'a Text,
    start: usize,
    end: usize,
    similarity: f64,
    /// Words in common, less three for every word that is not.
    weight: isize,
}

fn best<'a>(texts: &'a Texts, words: &Words, kind: impl Fn(Kind) -> bool) -> Option<Found<'a>> {
    let mut hashes: Vec<u64> = shingles(&words.numbers).map(|(_, hash)| hash).collect();
    hashes.sort_unstable();
    hashes.dedup();
    let mut shared = vec![0_usize; texts.texts.len()];
    for text in hashes.iter().flat_map(|hash| texts.holding(*hash)) {
        if let Some(count) = shared.get_mut(text) {
            *count = count.saturating_add(1);
        }
    }
    let mut candidates: Vec<(usize, &Text)> = shared
        .into_iter()
        .zip(&texts.texts)
        .filter(|(shared, text)| kind(text.kind) && *shared > 0 && ratio(*shared, text.indexed) >= LEAST_SHARED)
        .collect();
    // Of long texts the index holds a part: what counts is how many words are shared in all.
    let words_shared = |shared: usize, text: &Text| shared.saturating_mul(text.words.len()) / text.indexed.max(1);
    candidates.sort_by_key(|(shared, text)| (std::cmp::Reverse(words_shared(*shared, text)), text.id));
    let laid = candidates.into_iter().take(MOST_CANDIDATES).filter_map(|(_, text)| lay(text, &words.numbers));
    laid.max_by_key(|found| (found.weight, std::cmp::Reverse(found.text.id)))
}

/// Finds where in the words the text lies, and how alike they are.
fn lay<'a>(text: &'a Text, words: &[u16]) -> Option<Found<'a>> {
    let own = text.words.len();
    let hits = hits(text, words);
    // Where most shingles lie at about the same distance, there the text is.
    let width = isize::try_from((own / 8).max(16)).ok()?;
    let mut votes: HashMap<isize, usize> = HashMap::new();
    for (at, here) in &hits {
        let bucket = distance(*at, *here).div_euclid(width);
        for bucket in [bucket, bucket.saturating_add(1)] {
            let count = votes.entry(bucket).or_default();
            *count = count.saturating_add(1);
        }
    }
    let (bucket, _) = votes.into_iter().max_by_key(|(bucket, count)| (*count, std::cmp::Reverse(*bucket)))?;
    let centre = bucket.saturating_mul(width);
    // The window is wider than the text; its ends are then drawn in to where the two are most alike.
    let loose = width.saturating_mul(2);
    let from = usize::try_from(centre.saturating_sub(loose)).unwrap_or(0);
    let to = centre.saturating_add_unsigned(own).saturating_add(loose);
    let to = usize::try_from(to).unwrap_or(0).min(words.len());
    let window = words.get(from..to)?;
    let (length, _) = best_prefix(&text.words, window.iter());
    let window = window.get(..length)?;
    let backwards: Vec<u16> = text.words.iter().rev().copied().collect();
    let (length, common) = best_prefix(&backwards, window.iter().rev());
    let end = from.saturating_add(window.len());
    let start = end.saturating_sub(length);
    let similarity = ratio(common.saturating_mul(2), own.saturating_add(length));
    let weight = weight(own, length, common);
    // An appendix grants nothing and is filled in; it only has to be known for what it is.
    let least = if text.kind == Kind::Appendix { 0.7 } else { LEAST_SIMILARITY };
    (similarity >= least).then_some(Found { text, start, end, similarity, weight })
}

fn weight(own: usize, window: usize, common: usize) -> isize {
    let apart = own.saturating_add(window).saturating_sub(common.saturating_mul(2));
    isize::try_from(common).unwrap_or(isize::MAX).saturating_sub_unsigned(apart.saturating_mul(3))
}

/// Where shingles of the words lie in the text: (place in the words, place in the text), by the first.
fn hits(text: &Text, words: &[u16]) -> Vec<(usize, usize)> {
    let mut places: HashMap<u64, Vec<usize>> = HashMap::with_capacity(text.words.len());
    for (at, hash) in shingles(&text.words) {
        let known = places.entry(hash).or_default();
        if known.len() < 4 {
            known.push(at);
        }
    }
    let place = |(at, hash)| places.get(&hash).into_iter().flatten().map(move |here| (at, *here));
    shingles(words).flat_map(place).collect()
}

fn distance(a: usize, b: usize) -> isize {
    let apart = isize::try_from(a.abs_diff(b)).unwrap_or(isize::MAX);
    if a >= b { apart } else { apart.saturating_neg() }
}

fn ratio(part: usize, whole: usize) -> f64 {
    // Word counts are far below 2^32.
    let float = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    if whole == 0 { 0.0 } else { float(part) / float(whole) }
}

/// The beginning of `b` that is most like `a`: its length, and how many words they have in common, in order.
///
/// The longest common subsequence, 64 words at a time (Hyyrö 2004, "Bit-parallel LCS-length computation").
fn best_prefix<'a>(a: &[u16], b: impl Iterator<Item = &'a u16>) -> (usize, usize) {
    let blocks = a.len().div_ceil(64);
    let mut places: HashMap<u16, Vec<u64>> = HashMap::new();
    for (at, word) in a.iter().enumerate() {
        let mask = places.entry(*word).or_insert_with(|| vec![0; blocks]);
        if let Some(block) = mask.get_mut(at / 64) {
            *block |= 1 << (at % 64);
        }
    }
    let mut row = vec![u64::MAX; blocks];
    let mut best = (weight(a.len(), 0, 0), 0, 0);
    for (at, word) in b.enumerate() {
        let Some(mask) = places.get(word) else { continue };
        let mut carry = false;
        let mut zeros = 0_u32;
        for (block, mask) in row.iter_mut().zip(mask) {
            let both = *block & mask;
            let (sum, over) = block.overflowing_add(both);
            let (sum, again) = sum.overflowing_add(u64::from(carry));
            carry = over || again;
            // The unused bits of the last block stay set: no word of the text is there.
            *block = sum | (*block & !both);
            zeros = zeros.saturating_add(block.count_zeros());
        }
        let common = usize::try_from(zeros).unwrap_or(0);
        let length = at.saturating_add(1);
        let weight = weight(a.len(), length, common);
        if weight > best.0 {
            best = (weight, length, common);
        }
    }
    (best.1, best.2)
}

/// Refuses a text that differs from the licence in more than spellings and replaceable parts.
fn altered(found: &Found<'_>, words: &Words, texts: &Texts) -> Result<(), Undetected> {
    let window = words.numbers.get(found.start..found.end).unwrap_or_default();
    let strings = words.strings.get(found.start..found.end).unwrap_or_default();
    let own = &found.text.words;
    let most = own.len().saturating_add(window.len()) / 8;
    let Some(hunks) = compare::hunks(own, window, most) else {
        return Err(Undetected::Unlike);
    };
    let mut said: Vec<String> = Vec::new();
    for Hunk { missing, added } in hunks {
        let word = |at: Option<usize>| at.and_then(|at| own.get(at)).map_or("", |number| texts.word(*number));
        let difference = Difference {
            before: word(missing.start.checked_sub(1)),
            after: word(Some(missing.end)),
            missing: own.get(missing).unwrap_or_default().iter().map(|number| texts.word(*number)).collect(),
            added: strings.get(added).unwrap_or_default().iter().map(String::as_str).collect(),
        };
        if said.len() < 4 && !difference.is_harmless() {
            said.push(difference.said());
        }
    }
    if said.is_empty() { Ok(()) } else { Err(Undetected::Altered(found.text.id.into(), said)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIT: &str = "Permission is hereby granted, free of charge, to any person obtaining a copy of this software and \
        associated documentation files (the \"Software\"), to deal in the Software without restriction, including without \
        limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the \
        Software, and to permit persons to whom the Software is furnished to do so, subject to the following conditions:\n\n\
        The above copyright notice and this permission notice shall be included in all copies or substantial portions of \
        the Software.\n\nTHE SOFTWARE IS PROVIDED \"AS IS\", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT \
        NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT \
        SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF \
        CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN \
        THE SOFTWARE.\n";
    const ISC: &str = "Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee \
        is hereby granted, provided that the above copyright notice and this permission notice appear in all copies.\n\nTHE \
        SOFTWARE IS PROVIDED \"AS IS\" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL \
        IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT, \
        INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN \
        AN ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR \
        PERFORMANCE OF THIS SOFTWARE.\n";

    fn id(text: &str) -> Result<String, Undetected> {
        detect(text.as_bytes()).map(|found| found.id)
    }

    #[test]
    fn titles_holders_and_comment_signs_do_not_count() {
        for head in [
            "",
            "The MIT License (MIT)\n\nCopyright (c) 2020-2024 A & B <a@b.c>\n\n",
            "# Foo\n\nCopyright Foo, Inc.\n\n",
        ] {
            let found = detect(format!("{head}{MIT}").as_bytes()).unwrap();
            assert_eq!(found.id, "MIT", "{head}");
            assert!(found.confidence > 0.95, "{head} {}", found.confidence);
        }
        let commented: String = MIT.lines().map(|line| format!("// {line}\r\n")).collect();
        assert_eq!(id(&commented), Ok("MIT".into()));
        assert_eq!(id(ISC), Ok("ISC".into()));
    }

    #[test]
    fn an_altered_text_is_not_the_licence() {
        let evil = MIT.replace("subject to", "except for commercial use, subject to");
        assert!(matches!(id(&evil), Err(Undetected::Altered(..))), "{:?}", id(&evil));
        let not = MIT.replace("hereby granted", "hereby not granted");
        assert!(matches!(id(&not), Err(Undetected::Altered(..))), "{:?}", id(&not));
        let clause =
            format!("\"Commons Clause\" License Condition v1.0\n\nThe Software is provided to you by ...\n\n{MIT}");
        assert!(matches!(id(&clause), Err(Undetected::Terms(..))), "{:?}", id(&clause));
        for (from, to) in [
            ("without limitation the rights to use, copy,", "rights"),
            ("hereby granted", "hereby denied"),
            ("modify, ", ""),
            ("free of charge", "for payment"),
            ("any person", "any employee"),
            ("without restriction", "with restriction"),
            ("use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of", "use"),
        ] {
            let text = MIT.replace(from, to);
            assert!(text != MIT && matches!(id(&text), Err(Undetected::Altered(..))), "{to}: {:?}", id(&text));
        }
        for (from, to) in
            [("granted, free", "gran-\nted, free"), ("MERCHANTABILITY", "MERCHANTIBILITY"), ("the rights", "rights")]
        {
            let text = MIT.replace(from, to);
            assert!(text != MIT && id(&text) == Ok("MIT".into()), "{to}: {:?}", id(&text));
        }
        assert_eq!(id(MIT.get(..MIT.len() / 2).unwrap()), Err(Undetected::Unlike));
    }

    #[test]
    fn what_is_said_beside_a_text_is_not_passed_over() {
        for said in [
            "Copyright (c) 2020 ACME Corp. Non-commercial use only.",
            "(c) 2020 ACME, dual-licensed: the following applies to students",
            "Copyright 2020, 2021: GNU General Public License version 3",
            "<You may not use this software commercially.>",
            "SPDX-License-Identifier: GPL-3.0-only",
            "License: GPL-3.0-or-later",
            "The files in src/vendor are under the GPLv3.",
            "Parts of this software are LGPL-2.1.",
            "Portions are licensed under AGPL 3.",
            "This software is for evaluation only.",
            "The Software shall be used for Good, not Evil.",
            "Previous versions of this software were licensed as follows:",
            "foolib bundles left-pad, which has this license:",
            "Third-party notices",
            "Permission to use, copy, modify, and distribute is not granted.",
        ] {
            for text in [format!("{said}\n\n{MIT}"), format!("{MIT}\n\n{said}\n")] {
                assert!(matches!(id(&text), Err(Undetected::Terms(..))), "{said}: {:?}", id(&text));
            }
        }
        for said in [
            "Project Foo\n===========\n\nCopyright (C) 2001-2020 Foo Bar <foo@bar.com>\nAll rights reserved.",
            "SPDX-License-Identifier: MIT",
            "Foo is distributed under the following license:",
            "foo is released under the MIT license. For more information, please visit https://foo.example/",
            "Copyright (c) 2015 Foo. Licensed under the MIT license.",
            "Copyright 2010 Christian, c@example.no",
        ] {
            let text = format!("{said}\n\n{MIT}");
            assert_eq!(id(&text), Ok("MIT".into()), "{said}");
        }
    }

    #[test]
    fn old_line_ends_and_single_lines_are_read() {
        let text = format!("Copyright (c) 2020 A\n\n{ISC}");
        assert_eq!(id(&text.replace('\n', "\r")), Ok("ISC".into()));
        assert_eq!(id(&text.replace('\n', " ")), Ok("ISC".into()));
    }

    #[test]
    fn several_licences_are_none() {
        assert!(matches!(id(&format!("{MIT}\n---\n{ISC}")), Err(Undetected::Several(ids)) if ids == ["ISC", "MIT"]));
        assert_eq!(id(&format!("{MIT}\n---\n{MIT}")), Ok("MIT".into()));
        let apache = format!("Parts of it are under the Apache License, Version 2.0.\n\n{MIT}");
        assert!(matches!(id(&apache), Err(Undetected::Terms(_, terms)) if terms.contains("apache license")));
        let prose = "Once upon a time there was a file with a great many words. ".repeat(60);
        assert!(matches!(id(&format!("{MIT}\n{prose}")), Err(Undetected::Besides(..))));
    }

    #[test]
    fn hostile_files_are_bounded() {
        assert_eq!(detect(&vec![b'a'; 50 << 20]), Err(Undetected::TooLarge(50 << 20)));
        assert_eq!(detect(b""), Err(Undetected::Empty));
        assert_eq!(detect(b"\xff\xfe\x00\x00"), Err(Undetected::Empty));
        assert_eq!(id(&"permission is hereby granted ".repeat(30_000)), Err(Undetected::Unlike));
        assert_eq!(id(&"<".repeat(100_000)), Err(Undetected::Empty));
    }

    #[test]
    fn the_best_prefix_is_where_the_texts_are_most_alike() {
        let prefix = |a: &[u16], b: &[u16]| best_prefix(a, b.iter());
        assert_eq!(prefix(&[1, 2, 3, 4], &[1, 3, 4, 9, 9]), (3, 3));
        let long: Vec<u16> = (0..1000).collect();
        assert_eq!(prefix(&long, &long), (1000, 1000));
        assert_eq!(prefix(&long, &[]), (0, 0));
        let more: Vec<u16> = (0..1000).chain(2000..3000).collect();
        assert_eq!(prefix(&long, &more), (1000, 1000));
        let odd: Vec<u16> = (0..1000).filter(|word| word % 2 == 1).collect();
        assert_eq!(prefix(&long, &odd), (500, 500));
    }

    #[test]
    fn every_text_of_the_list_is_itself() {
        // Through the numbers: the texts' own words are what the build script packed.
        let texts = texts().unwrap();
        let mut wrong = Vec::new();
        // Every eighth: all of them take a while without optimisation.
        for text in texts.texts.iter().filter(|text| text.kind == Kind::License).step_by(8) {
            let count = text.words.len();
            let words = Words { strings: vec!["x".into(); count], numbers: text.words.clone(), lines: vec![0; count] };
            let found =
                best(texts, &words, |kind| kind == Kind::License).map(|found| (found.text.id, found.similarity));
            if found != Some((text.id, 1.0)) {
                wrong.push((text.id, found));
            }
        }
        assert!(wrong.is_empty(), "{wrong:?}");
    }
}
