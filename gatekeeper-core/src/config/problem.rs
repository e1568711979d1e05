//! What a policy's author got wrong: every mistake with its code, its place and the nearest right word.

use super::source::{Source, Sources, find, line_column};
use gatekeeper_evidence::error::Cause;
use serde::Serialize;
use std::ops::Range;

/// Where something stands in the file, bytes.
pub type Span = Range<usize>;

/// What kind of mistake a policy has. The names are stable API (`unknown-key`, `wrong-type`, …).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ProblemCode {
    /// The policy, its folder or a file that it counts on cannot be read.
    Unreadable,
    /// It is not the TOML, YAML or JSON that its name says.
    Syntax,
    /// Its `version` is one that this program does not read.
    UnsupportedVersion,
    /// A table has a key that it does not know.
    UnknownKey,
    /// A gate names a rule that there is not.
    UnknownRule,
    /// A format is named that there is not.
    UnknownFormat,
    /// A gate is named that there is not.
    UnknownGate,
    /// An evidence entry is named that there is not.
    UnknownEvidence,
    /// A label is named that no evidence has.
    UnknownLabel,
    /// A profile is named that there is not.
    UnknownProfile,
    /// A word stands where one of a few others must.
    UnknownWord,
    /// A value is of another type than its key takes.
    WrongType,
    /// A number is beyond what its key takes.
    OutOfRange,
    /// A key that must be there is not.
    MissingKey,
    /// There are several policies, and none was named.
    Ambiguous,
    /// A value is of the right type and says nothing that can be used: a pattern, a date, a combination.
    InvalidValue,
}

impl ProblemCode {
    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            ProblemCode::Unreadable => "unreadable",
            ProblemCode::Syntax => "syntax",
            ProblemCode::UnsupportedVersion => "unsupported-version",
            ProblemCode::UnknownKey => "unknown-key",
            ProblemCode::UnknownRule => "unknown-rule",
            ProblemCode::UnknownFormat => "unknown-format",
            ProblemCode::UnknownGate => "unknown-gate",
            ProblemCode::UnknownEvidence => "unknown-evidence",
            ProblemCode::UnknownLabel => "unknown-label",
            ProblemCode::UnknownProfile => "unknown-profile",
            ProblemCode::UnknownWord => "unknown-word",
            ProblemCode::WrongType => "wrong-type",
            ProblemCode::OutOfRange => "out-of-range",
            ProblemCode::MissingKey => "missing-key",
            ProblemCode::Ambiguous => "ambiguous",
            ProblemCode::InvalidValue => "invalid-value",
        }
    }
}

/// A mistake in a policy, with its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct PolicyProblem {
    /// What kind of mistake it is.
    pub code: ProblemCode,
    /// Bytes of the file that it is about.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// What another library said was wrong.
    #[source]
    pub cause: Option<Cause>,
}

impl PolicyProblem {
    /// A value that cannot be used ([`ProblemCode::InvalidValue`]), at these bytes of the file.
    pub fn new(span: Span, message: impl Into<String>) -> Self {
        PolicyProblem { code: ProblemCode::InvalidValue, span, message: message.into(), help: None, cause: None }
    }

    /// Says what kind of mistake it is.
    #[must_use]
    pub fn code(mut self, code: ProblemCode) -> Self {
        self.code = code;
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Keeps what another library said was wrong.
    #[must_use]
    pub fn because(mut self, error: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.cause = Some(Cause::new(error));
        self
    }

    /// Adds the nearest of the right words, or all of them where none is near and they are few.
    #[must_use]
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

/// Why a policy cannot be used: every mistake in it. [`PolicyError::rendered`] shows them in their lines.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.lines())]
#[non_exhaustive]
pub struct PolicyError {
    /// The file as it was named.
    pub file: String,
    /// Its text, for showing the lines; empty where it could not be read.
    pub text: String,
    /// The mistakes, in the file's order; behind them those of the files that it extends ([`PolicyError::file_of`]).
    pub problems: Vec<PolicyProblem>,
    bases: Vec<Source>,
    #[source]
    cause: Option<Cause>,
}

impl PolicyError {
    /// The mistakes of a file with this text.
    pub fn new(file: impl Into<String>, text: impl Into<String>, problems: Vec<PolicyProblem>) -> Self {
        let cause = problems.iter().find_map(|p| p.cause.clone());
        PolicyError { file: file.into(), text: text.into(), problems, bases: Vec::new(), cause }
    }

    /// A file or folder that cannot be read ([`ProblemCode::Unreadable`]), or a mistake about it as a whole.
    pub fn whole(file: impl Into<String>, message: impl Into<String>) -> Self {
        Self::about(file, PolicyProblem::new(0..0, message).code(ProblemCode::Unreadable))
    }

    /// A mistake that has no place in the file's text.
    pub fn about(file: impl Into<String>, problem: PolicyProblem) -> Self {
        Self::new(file, "", vec![problem])
    }

    /// The mistakes of a policy that is made of several files.
    pub(crate) fn of_sources(sources: &Sources, text: &str, problems: Vec<PolicyProblem>) -> Self {
        PolicyError { bases: sources.bases(), ..Self::new(sources.file(0), text, problems) }
    }

    /// Line and column (from 1, characters) of a place in the file that it lies in.
    pub fn line_column(&self, offset: usize) -> (u64, u64) {
        let (_, text, start) = self.place_of(offset);
        line_column(text, offset.saturating_sub(start))
    }

    /// The file that a place lies in: the policy's own, or one that it extends.
    pub fn file_of(&self, offset: usize) -> &str {
        self.place_of(offset).0
    }

    /// File, text and where it begins.
    pub(super) fn place_of(&self, offset: usize) -> (&str, &str, usize) {
        match find(&self.bases, offset) {
            Some(base) => (&base.file, &base.text, base.start),
            None => (&self.file, &self.text, 0),
        }
    }

    fn lines(&self) -> String {
        let line = |p: &PolicyProblem| {
            let place = match self.line_column(p.span.start) {
                _ if self.text.is_empty() => String::new(),
                (line, column) => format!(":{line}:{column}"),
            };
            let help = p.help.as_ref().map(|h| format!("; {h}")).unwrap_or_default();
            format!("{}{place}: {}{help}", self.file_of(p.span.start), p.message)
        };
        self.problems.iter().map(line).collect::<Vec<_>>().join("\n")
    }
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

/// Edit distance with transpositions; words of a policy are short, and of a long one its beginning tells.
fn distance(a: &str, b: &str) -> usize {
    let head = |text: &str| text.chars().take(64).collect::<String>();
    strsim::osa_distance(&head(a), &head(b))
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
        let problems = vec![PolicyProblem::new(0..1, "first"), PolicyProblem::new(11..12, "second").help("do it")];
        let error = PolicyError::new("p.toml", "a = 1\nü = x\n", problems);
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

    #[test]
    fn a_swap_is_one_edit_and_long_words_cost_no_time() {
        assert_eq!(distance("tolos", "tools"), 1);
        assert_eq!(distance(&"x".repeat(1 << 20), &"y".repeat(1 << 20)), 64);
    }

    #[test]
    fn causes_are_kept() {
        let io = std::io::Error::other("disk");
        let e = PolicyError::about("p.toml", PolicyProblem::new(0..0, "cannot be read").because(io));
        let source = std::error::Error::source(&e).and_then(|s| s.downcast_ref::<std::io::Error>());
        assert!(source.is_some());
        assert_eq!(gatekeeper_evidence::error::chain(&e), "p.toml: cannot be read: disk");
    }

    #[test]
    fn codes_are_named_as_they_are_written_in_documents() {
        for code in [ProblemCode::UnknownKey, ProblemCode::OutOfRange, ProblemCode::InvalidValue] {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        }
    }
}
