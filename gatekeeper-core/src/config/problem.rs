//! What a policy's author got wrong: every mistake with its place and the nearest right word.

use gatekeeper_evidence::location::Location;
use std::fmt;
use std::ops::Range;

/// Where something stands in the file, bytes.
pub type Span = Range<usize>;

/// A mistake in a policy, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyProblem {
    /// Bytes of the file that it is about.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl PolicyProblem {
    /// A mistake at a place.
    pub fn new(span: Span, message: impl Into<String>) -> Self {
        PolicyProblem { span, message: message.into(), help: None }
    }

    /// Says what to do.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds the nearest of the right words, or all of them where none is near and they are few.
    pub fn nearest<'a>(mut self, word: &str, words: impl IntoIterator<Item = &'a str>) -> Self {
        let words: Vec<&str> = words.into_iter().collect();
        self.help = match nearest(word, &words) {
            Some(near) => Some(format!("did you mean `{near}`?")),
            None if words.is_empty() || words.len() > 40 => None,
            None => Some(format!("there are {}", words.join(", "))),
        };
        self
    }
}

/// Why a policy cannot be used: every mistake in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyError {
    /// The file as it was named.
    pub file: String,
    /// Its text, for showing the lines.
    pub text: String,
    /// The mistakes, in the file's order.
    pub problems: Vec<PolicyProblem>,
}

impl PolicyError {
    /// A mistake about the file as a whole.
    pub fn whole(file: impl Into<String>, message: impl Into<String>) -> Self {
        PolicyError { file: file.into(), text: String::new(), problems: vec![PolicyProblem::new(0..0, message)] }
    }

    /// Line and column (from 1, characters) of an offset.
    pub fn line_column(&self, offset: usize) -> (u64, u64) {
        line_column(&self.text, offset)
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, p) in self.problems.iter().enumerate() {
            if n > 0 {
                writeln!(f)?;
            }
            write!(f, "{}", self.file)?;
            if !self.text.is_empty() {
                let (line, column) = self.line_column(p.span.start);
                write!(f, ":{line}:{column}")?;
            }
            write!(f, ": {}", p.message)?;
            if let Some(help) = &p.help {
                write!(f, "; {help}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for PolicyError {}

pub(crate) fn line_column(text: &str, offset: usize) -> (u64, u64) {
    let mut place = Location::at(offset);
    place.resolve(text.as_bytes());
    (place.line.unwrap_or(1), place.column.unwrap_or(1))
}

/// The nearest word by edit distance, where one is near.
pub(crate) fn nearest<'a>(word: &str, words: &[&'a str]) -> Option<&'a str> {
    let most = (word.chars().count() / 3).max(1);
    words
        .iter()
        .map(|w| (distance(&word.to_lowercase(), &w.to_lowercase()), *w))
        .filter(|(d, w)| *d <= most || (word.len() >= 3 && w.starts_with(word)))
        .min_by_key(|(d, _)| *d)
        .map(|(_, w)| w)
}

/// Edit distance with transpositions (optimal string alignment); words are short, long ones are far.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().take(64).collect();
    let b: Vec<char> = b.chars().take(64).collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let at = |r: &[usize], k: usize| r.get(k).copied().unwrap_or(usize::MAX / 2);
            let mut best = (at(&last, j) + usize::from(x != y)).min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            let crossed = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if crossed {
                best = best.min(at(&before, j - 1) + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_count_edits_and_swaps() {
        for (a, b, want) in [
            ("", "", 0),
            ("a", "", 1),
            ("", "ab", 2),
            ("kitten", "sitting", 3),
            ("ab", "ba", 1),
            ("abcd", "acbd", 1),
            ("ca", "abc", 3),
            ("same", "same", 0),
            ("abc", "abd", 1),
            ("abc", "abcd", 1),
        ] {
            assert_eq!(distance(a, b), want, "{a} {b}");
            assert_eq!(distance(b, a), want, "{b} {a}");
        }
    }

    #[test]
    fn a_word_is_near_within_a_third_of_its_letters_or_as_a_beginning() {
        assert_eq!(nearest("ab", &["xb"]), Some("xb"));
        assert_eq!(nearest("ab", &["xy"]), None);
        assert_eq!(nearest("abcdef", &["abcxyf"]), Some("abcxyf"));
        assert_eq!(nearest("abcdef", &["abxyzf"]), None);
        assert_eq!(nearest("min", &["min-pass-rate"]), Some("min-pass-rate"));
        assert_eq!(nearest("mi", &["min-pass-rate"]), None);
        assert_eq!(nearest("TOOLS", &["tools", "tool"]), Some("tools"));
        assert_eq!(nearest("x", &[]), None);
    }

    #[test]
    fn help_names_the_nearest_word_or_the_few_there_are() {
        let help = |word: &str, words: &[&str]| PolicyProblem::new(0..1, "m").nearest(word, words.iter().copied()).help;
        assert_eq!(help("tols", &["tools", "max"]).as_deref(), Some("did you mean `tools`?"));
        assert_eq!(help("zebra", &["tools", "max"]).as_deref(), Some("there are tools, max"));
        assert_eq!(help("zebra", &[]), None);
        assert!(help("zebra", &["w"; 40]).is_some());
        assert_eq!(help("zebra", &["w"; 41]), None);
        assert_eq!(PolicyProblem::new(0..1, "m").help("do it").help.as_deref(), Some("do it"));
    }

    #[test]
    fn an_error_shows_every_mistake_with_its_place() {
        let error = PolicyError {
            file: "p.toml".into(),
            text: "a = 1\nü = x\n".into(),
            problems: vec![PolicyProblem::new(0..1, "first"), PolicyProblem::new(11..12, "second").help("do it")],
        };
        assert_eq!(error.to_string(), "p.toml:1:1: first\np.toml:2:5: second; do it");
        assert_eq!(error.line_column(6), (2, 1));
        assert_eq!(PolicyError::whole("p.toml", "is gone").to_string(), "p.toml: is gone");
    }

    #[test]
    fn the_nearest_word_is_found() {
        let words = ["min-pass-rate", "max-failed", "tools"];
        assert_eq!(nearest("min-pas-rate", &words), Some("min-pass-rate"));
        assert_eq!(nearest("max_failed", &words), Some("max-failed"));
        assert_eq!(nearest("tolos", &words), Some("tools"));
        assert_eq!(nearest("zebra", &words), None);
    }
}
