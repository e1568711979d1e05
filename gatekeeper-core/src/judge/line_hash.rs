//! `primaryLocationLineHash`: the fingerprint by which GitHub's code scanning tells the same place in two versions of a file.
//!
//! For each line a rolling hash over 100 UTF-16 units from its start on, without blanks and tabs, every line break as one line feed, an end mark
//! (65535) and zeros behind the end; modulo 2^64, to the base 37. Behind a colon stands how often that hash was seen in the file so far. These are
//! the facts of github/codeql-action's `fingerprints.ts`, so that what is uploaded has what the upload itself would add, and alerts keep their
//! identity whichever way they come in.

use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Units of a line's hash.
const BLOCK: usize = 100;

const BASE: u64 = 37;

const TAB: u16 = 9;
const LF: u16 = 10;
const CR: u16 = 13;
const BLANK: u16 = 32;

/// What stands behind the last character.
const END: u16 = u16::MAX;

/// `BASE` to the power of `BLOCK`: the weight of the unit that leaves the window.
const LEAVING: u64 = {
    let (mut out, mut n) = (1_u64, 0);
    while n < BLOCK {
        out = out.wrapping_mul(BASE);
        n += 1;
    }
    out
};

struct Rolling<'w> {
    wanted: &'w BTreeSet<u32>,
    window: [u16; BLOCK],
    /// The line that starts at a place of the window; 0 for none.
    starts: [u32; BLOCK],
    at: usize,
    hash: u64,
    line: u32,
    line_start: bool,
    behind_cr: bool,
    seen: HashMap<u64, u32>,
    out: BTreeMap<u32, String>,
}

impl Rolling<'_> {
    /// A line whose hash has all its units: the place of its start comes round.
    fn told(&mut self) {
        let line = self.starts.get_mut(self.at).map(std::mem::take).unwrap_or_default();
        if line == 0 {
            return;
        }
        let n = self.seen.entry(self.hash).or_insert(0);
        *n = n.saturating_add(1);
        if self.wanted.contains(&line) {
            self.out.insert(line, format!("{:x}:{n}", self.hash));
        }
    }

    fn roll(&mut self, unit: u16) {
        let left = self.window.get_mut(self.at).map(|slot| std::mem::replace(slot, unit)).unwrap_or_default();
        let grown = self.hash.wrapping_mul(BASE).wrapping_add(u64::from(unit));
        self.hash = grown.wrapping_sub(LEAVING.wrapping_mul(u64::from(left)));
        self.at = (self.at + 1) % BLOCK;
    }

    fn take(&mut self, unit: u16) {
        if unit == BLANK || unit == TAB || (self.behind_cr && unit == LF) {
            self.behind_cr = false;
            return;
        }
        self.behind_cr = unit == CR;
        let unit = if unit == CR { LF } else { unit };
        self.told();
        if self.line_start {
            self.line_start = false;
            self.line = self.line.saturating_add(1);
            if let Some(start) = self.starts.get_mut(self.at) {
                *start = self.line;
            }
        }
        self.line_start = unit == LF;
        self.roll(unit);
    }
}

/// The hashes of some lines of a file, by their number from 1; lines that are not there have none.
pub(super) fn line_hashes(file: &[u8], wanted: &BTreeSet<u32>) -> BTreeMap<u32, String> {
    let mut rolling = Rolling {
        wanted,
        window: [0; BLOCK],
        starts: [0; BLOCK],
        at: 0,
        hash: 0,
        line: 0,
        line_start: true,
        behind_cr: false,
        seen: HashMap::new(),
        out: BTreeMap::new(),
    };
    for unit in String::from_utf8_lossy(file).encode_utf16() {
        rolling.take(unit);
    }
    rolling.take(END);
    for _ in 0..BLOCK {
        rolling.told();
        rolling.roll(0);
    }
    rolling.out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<String> {
        line_hashes(text.as_bytes(), &(1..=1_000).collect()).into_values().collect()
    }

    /// The values that code scanning's own action is tested by.
    #[test]
    fn hashes_are_those_of_code_scanning() {
        assert_eq!(all(""), ["c129715d7a2bc9a3:1"]);
        assert_eq!(
            all(" a\nb\n  \t\tc\n d"),
            ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"]
        );
        assert_eq!(
            all(" hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End"),
            [
                "8b7cf3e952e7aeb2:1",
                "b1ae1287ec4718d9:1",
                "bff680108adb0fcc:1",
                "c6805c5e1288b612:1",
                "b86d3392aea1be30:1",
                "e6ceba753e1a442:1"
            ]
        );
        let closed = [
            "e9496ae3ebfced30:1",
            "fb7c023a8b9ccb3f:1",
            "ce8ba1a563dcdaca:1",
            "e20e36e16fcb0cc8:1",
            "b3edc88f2938467e:1",
            "c8e28b0b4002a3a0:1",
            "c129715d7a2bc9a3:1",
        ];
        for breaks in [["\n"; 5], ["\r"; 5], ["\r\n"; 5], ["\r\n", "\n", "\r", "\r", "\r\n"]] {
            let [a, b, c, d, e] = breaks;
            assert_eq!(all(&format!(" hello; \t{a}world!!!{a}{b}{c}  \t\tGreetings{d} End{e}")), closed, "{breaks:?}");
        }
    }

    #[test]
    fn the_same_line_again_is_counted() {
        assert_eq!(
            all(&"Lorem ipsum dolor sit amet.\n".repeat(10)),
            [
                "a7f2ff13bc495cf2:1",
                "a7f2ff13bc495cf2:2",
                "a7f2ff13bc495cf2:3",
                "a7f2ff13bc495cf2:4",
                "a7f2ff13bc495cf2:5",
                "a7f2ff13bc495cf2:6",
                "a7f2ff1481e87703:1",
                "a9cf91f7bbf1862b:1",
                "55ec222b86bcae53:1",
                "cc97dc7b1d7d8f7b:1",
                "c129715d7a2bc9a3:1"
            ]
        );
    }

    #[test]
    fn only_what_is_wanted_and_there_is_answered() {
        let found = line_hashes(b"a\nb\nc\n", &BTreeSet::from([2, 9]));
        assert_eq!(found.into_keys().collect::<Vec<_>>(), [2]);
    }
}
