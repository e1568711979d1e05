//! What stands beside a recognised licence text.
//!
//! A title, a name, an address, a copyright notice, how to apply the licence, and known phrases (`beside.txt`) change nothing. Anything else
//! that says something, or that names another licence, may be a term of its own: then it is not clear what holds.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use super::list;
use super::texts::{SHINGLE, Texts, shingles};

/// Lines of more words than this also match in parts.
const SHORT: usize = 8;
/// Fewer known words together are not taken for a part of a known text.
const LEAST_RUN: usize = 8;

/// Words that say something: no title, name or address has them.
const SPEAKING: &[&str] = &[
    "academic",
    "agreement",
    "allow",
    "allowed",
    "applied",
    "applies",
    "apply",
    "are",
    "be",
    "been",
    "being",
    "bundled",
    "bundles",
    "can",
    "cannot",
    "choice",
    "choose",
    "closed",
    "commercial",
    "commercially",
    "condition",
    "conditions",
    "confidential",
    "consent",
    "contain",
    "contains",
    "copies",
    "copy",
    "copying",
    "could",
    "denied",
    "did",
    "distribute",
    "distributed",
    "distribution",
    "do",
    "does",
    "draft",
    "dual",
    "educational",
    "either",
    "evaluation",
    "except",
    "exception",
    "exceptions",
    "expired",
    "expires",
    "fee",
    "fees",
    "forbidden",
    "granted",
    "had",
    "has",
    "have",
    "hereby",
    "if",
    "include",
    "includes",
    "internal",
    "is",
    "it",
    "its",
    "licensed",
    "licensor",
    "limited",
    "may",
    "might",
    "modify",
    "must",
    "neither",
    "never",
    "no",
    "non",
    "noncommercial",
    "none",
    "nor",
    "not",
    "notices",
    "only",
    "option",
    "our",
    "paid",
    "party",
    "patent",
    "patents",
    "pay",
    "payment",
    "permission",
    "permit",
    "permits",
    "permitted",
    "personal",
    "previous",
    "previously",
    "private",
    "prohibited",
    "proprietary",
    "provided",
    "purchase",
    "purposes",
    "redistribute",
    "redistribution",
    "require",
    "required",
    "requires",
    "reserved",
    "restrict",
    "restricted",
    "restriction",
    "restrictions",
    "revoked",
    "secret",
    "sell",
    "shall",
    "should",
    "sold",
    "sublicense",
    "subscription",
    "terms",
    "that",
    "their",
    "them",
    "these",
    "they",
    "third",
    "this",
    "those",
    "trial",
    "under",
    "unless",
    "until",
    "us",
    "use",
    "used",
    "user",
    "users",
    "uses",
    "using",
    "was",
    "we",
    "were",
    "which",
    "who",
    "whom",
    "whose",
    "without",
    "would",
    "you",
    "your",
];

/// Short names of other licences, by the beginning of a word, and what the ids of the same licence start with.
const SHORT_NAMES: &[(&str, &[&str])] = &[
    ("gpl", &["GPL-", "LGPL-", "AGPL-"]),
    ("gnugpl", &["GPL-", "LGPL-", "AGPL-"]),
    ("lgpl", &["LGPL-", "GPL-"]),
    ("agpl", &["AGPL-"]),
    ("gfdl", &["GFDL-"]),
    ("affero", &["AGPL-", "GPL-"]),
    ("sspl", &["SSPL-"]),
    ("busl", &["BUSL-"]),
    ("cddl", &["CDDL-"]),
    ("eupl", &["EUPL-"]),
    ("mpl", &["MPL-"]),
];

/// Other licences that the words beside a licence may speak of.
const NAMES: &[(&[&str], &[&str])] = &[
    (&["commons", "clause"], &[]),
    (&["server", "side", "public"], &["SSPL-"]),
    (&["business", "source"], &["BUSL-"]),
    (&["apache", "license"], &["Apache-"]),
    (&["apache", "2"], &["Apache-"]),
    (&["apache", "software", "license"], &["Apache-"]),
    (&["general", "public", "license"], &["GPL-", "LGPL-", "AGPL-", "GFDL-", "Glide"]),
    // The GPL's own appendix speaks of the LGPL.
    (&["lesser", "general", "public"], &["LGPL-", "GPL-"]),
    (&["mozilla", "public", "license"], &["MPL-"]),
    (&["eclipse", "public", "license"], &["EPL-"]),
    (&["bsd", "license"], &["BSD-", "0BSD"]),
    (&["bsd", "2"], &["BSD-"]),
    (&["bsd", "3"], &["BSD-"]),
    (&["license", "bsd"], &["BSD-", "0BSD"]),
    (&["mit", "license"], &["MIT"]),
    (&["license", "mit"], &["MIT"]),
    (&["identifier", "mit"], &["MIT"]),
    (&["isc", "license"], &["ISC"]),
    (&["license", "isc"], &["ISC"]),
    (&["identifier", "isc"], &["ISC"]),
    (&["boost", "software", "license"], &["BSL-"]),
    (&["creative", "commons"], &["CC-", "CC0-"]),
];

/// Words beside what was recognised, with their numbers and lines; an empty word stands where something was recognised.
pub struct Beside<'a> {
    /// The words.
    pub strings: &'a [String],
    /// Their numbers in the dictionary.
    pub numbers: &'a [u16],
    /// Their lines.
    pub lines: &'a [u32],
}

impl Beside<'_> {
    /// How many words are not accounted for, and the first line that says something. `ids` were recognised.
    pub fn judge(&self, ids: &[&str], texts: &Texts) -> (usize, Option<String>) {
        let known = self.known(ids, texts);
        let own = own_words(ids);
        let left = self.strings.iter().zip(&known).filter(|(word, known)| !word.is_empty() && !**known).count();
        let mut said = None;
        let mut at = 0;
        while at < self.strings.len() && said.is_none() {
            let line = self.lines.get(at);
            let ends = |i: usize| self.lines.get(i) != line || known.get(i) != known.get(at);
            let end = (at..self.strings.len()).find(|i| ends(*i)).unwrap_or(self.strings.len());
            if known.get(at) == Some(&false) {
                let words = self.strings.get(at..end).unwrap_or_default();
                let speaks = |word: &String| SPEAKING.contains(&word.as_str()) && !own.contains(word.as_str());
                if words.iter().any(speaks) {
                    said = Some(self.line(at));
                }
            }
            at = end;
        }
        (left, said.or_else(|| self.names_another(ids, &known)))
    }

    /// The words that are known to change nothing.
    fn known(&self, ids: &[&str], texts: &Texts) -> Vec<bool> {
        let mut known = vec![false; self.strings.len()];
        let mark = |known: &mut Vec<bool>, at: usize, count: usize| {
            known.iter_mut().skip(at).take(count).for_each(|known| *known = true);
        };
        // The licence's own words, and how to apply it. LGPL 3 is written as terms on top of GPL 3.
        let base = ids.contains(&"LGPL-3.0-only").then_some("GPL-3.0-only");
        let own: HashSet<u64> = texts
            .texts
            .iter()
            .filter(|text| ids.contains(&text.id) || base == Some(text.id))
            .flat_map(|text| shingles(&text.words).map(|(_, hash)| hash))
            .collect();
        for (at, hash) in shingles(self.numbers) {
            if own.contains(&hash) {
                mark(&mut known, at, SHINGLE);
            }
        }
        let phrases = phrases();
        let stands = |starts: &Starts| {
            starts.is_empty() || ids.iter().any(|id| starts.iter().any(|start| id.starts_with(start)))
        };
        for at in 0..self.strings.len() {
            if let Some([a, b, c, d, ..]) = self.strings.get(at..)
                && phrases.parts.get(&[a.as_str(), b, c, d]).is_some_and(stands)
            {
                mark(&mut known, at, SHINGLE);
            }
        }
        // A few words that a licence has too may be another sentence's: "you may not use".
        for run in known.chunk_by_mut(|a, b| a == b).filter(|run| run.len() < LEAST_RUN) {
            run.fill(false);
        }
        for at in 0..self.strings.len() {
            let rest = self.strings.get(at..).unwrap_or_default();
            let begins = |(starts, phrase): &&(Starts, Vec<&str>)| {
                rest.len() >= phrase.len()
                    && phrase.iter().zip(rest).all(|(phrase, word)| phrase == word)
                    && stands(starts)
            };
            if let Some(longest) = phrases.whole.iter().filter(begins).map(|(_, phrase)| phrase.len()).max() {
                mark(&mut known, at, longest);
            }
        }
        known
    }

    fn names_another(&self, ids: &[&str], known: &[bool]) -> Option<String> {
        let other = |starts: &&[&str]| !ids.iter().any(|id| starts.iter().any(|start| id.starts_with(start)));
        let free = |at: usize, count: usize| {
            known.get(at..at.saturating_add(count)).is_some_and(|known| !known.iter().all(|known| *known))
        };
        (0..self.strings.len()).find_map(|at| {
            let rest = self.strings.get(at..)?;
            let word = rest.first()?;
            let short = SHORT_NAMES.iter().filter(|(start, own)| word.starts_with(start) && other(own));
            let long = NAMES.iter().filter(|(phrase, own)| {
                rest.len() >= phrase.len() && phrase.iter().zip(rest).all(|(a, b)| a == b) && other(own)
            });
            let count = short.map(|_| 1).chain(long.map(|(phrase, _)| phrase.len())).next()?;
            free(at, count).then(|| self.line(at))
        })
    }

    /// The line of a word, as far as it is beside a licence.
    fn line(&self, at: usize) -> String {
        let line = self.lines.get(at);
        let words = self.strings.iter().zip(self.lines).filter(|(word, of)| Some(*of) == line && !word.is_empty());
        words.map(|(word, _)| word.as_str()).take(16).collect::<Vec<_>>().join(" ")
    }
}

/// The words of the recognised licences' own names.
fn own_words(ids: &[&str]) -> HashSet<String> {
    let titles = list::licenses().filter(|(id, _)| ids.contains(id)).map(|(_, title)| title);
    let words = titles.chain(ids.iter().copied()).flat_map(|text| text.split(|c: char| !c.is_alphanumeric()));
    words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// The ids that a line stands beside, by their beginnings; empty: any.
type Starts = Vec<&'static str>;

struct Phrases {
    whole: Vec<(Starts, Vec<&'static str>)>,
    parts: HashMap<[&'static str; SHINGLE], Starts>,
}

fn phrases() -> &'static Phrases {
    static PHRASES: OnceLock<Phrases> = OnceLock::new();
    PHRASES.get_or_init(|| {
        let mut out = Phrases { whole: Vec::new(), parts: HashMap::new() };
        for line in include_str!("beside.txt").lines().filter(|line| !line.starts_with('#')) {
            let (ids, line) = line.split_once('|').unwrap_or(("", line));
            let ids: Starts = ids.split(',').map(str::trim).filter(|id| !id.is_empty()).collect();
            let words: Vec<&str> = line.split_whitespace().collect();
            if words.len() > SHORT {
                let parts = words.windows(SHINGLE).filter_map(|window| <[&str; SHINGLE]>::try_from(window).ok());
                out.parts.extend(parts.map(|part| (part, ids.clone())));
            } else if !words.is_empty() {
                out.whole.push((ids, words));
            }
        }
        out
    })
}
