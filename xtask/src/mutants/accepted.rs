//! Mutants that may go unnoticed: how often each, with the reason.

use super::list::without_place;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The accepted ones, by name without place.
#[derive(Debug, Default)]
pub struct Accepted(BTreeMap<String, usize>);

impl Accepted {
    /// Reads the list.
    ///
    /// # Errors
    /// It cannot be read, or a mutant in it has no reason.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        Self::parse(&text).map_err(|e| format!("{}:{e}", path.display()))
    }

    /// A reason (lines that begin with `#`) stands above the mutants that it holds for; an empty line ends it.
    fn parse(text: &str) -> Result<Self, String> {
        let mut out = BTreeMap::new();
        let mut reason = false;
        for (n, line) in text.lines().enumerate() {
            match line.trim() {
                "" => reason = false,
                comment if comment.starts_with('#') => reason = true,
                mutant if reason => *out.entry(mutant.to_owned()).or_default() += 1,
                _ => return Err(format!("{}: no reason stands above this mutant", n + 1)),
            }
        }
        Ok(Accepted(out))
    }

    /// The survivors that are not accepted, and those accepted that did not survive: each as often as it is.
    pub fn compare<'a>(&self, survivors: &[&'a str]) -> (Vec<&'a str>, Vec<(String, usize)>) {
        let mut left = self.0.clone();
        let mut unnoticed = Vec::new();
        for &survivor in survivors {
            match left.get_mut(&without_place(survivor)) {
                Some(n) if *n > 0 => *n -= 1,
                _ => unnoticed.push(survivor),
            }
        }
        left.retain(|_, n| *n > 0);
        (unnoticed, left.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_accepted_is_told_and_what_is_noticed_now_too() {
        let accepted =
            Accepted::parse("# equal either way\na.rs: replace < with <= in f\na.rs: replace < with <= in f\n")
                .unwrap();
        let at = |line: u32| format!("a.rs:{line}:9: replace < with <= in f");
        let (one, two, three) = (at(1), at(2), at(3));
        assert_eq!(accepted.compare(&[&one, &two]), (vec![], vec![]));
        assert_eq!(accepted.compare(&[&one]).1, [("a.rs: replace < with <= in f".to_owned(), 1)]);
        assert_eq!(accepted.compare(&[&one, &two, &three]), (vec![three.as_str()], vec![]));
        assert_eq!(accepted.compare(&["b.rs:1:1: replace f with ()"]).0.len(), 1);
        assert!(Accepted::parse("# why\na.rs: x\n\na.rs: y\n").unwrap_err().starts_with("4:"));
    }
}
