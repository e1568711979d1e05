//! Words: which rules are asked, and what the language says of an error.

/// Sorts of rules that Conftest asks.
const FAIL: [&str; 2] = ["deny", "violation"];
const WARN: &str = "warn";

/// Whether a rule's name is one of a sort: the word, or what goes on behind it as in `deny_no_tests`.
fn is_of(name: &str, word: &str) -> bool {
    name.strip_prefix(word).is_some_and(|rest| {
        rest.is_empty()
            || rest.strip_prefix('_').is_some_and(|r| {
                !r.is_empty() && r.split('_').all(|p| !p.is_empty() && p.chars().all(|c| c.is_ascii_alphanumeric()))
            })
    })
}

pub(super) fn denies(name: &str) -> bool {
    FAIL.iter().any(|word| is_of(name, word))
}

pub(super) fn is_asked(name: &str) -> bool {
    denies(name) || is_of(name, WARN)
}

/// The words of an error, which shows lines of the file too.
pub(super) fn words_of(said: &str) -> String {
    let last = said.lines().rev().find_map(|l| l.trim().strip_prefix("error: ")).unwrap_or(said.trim());
    last.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(300).collect()
}

/// The line and column that an error names.
pub(super) fn place_in(said: &str) -> Option<(usize, usize)> {
    let (_, line, column) = named(said)?;
    Some((line, column))
}

/// The file that an error names.
pub(super) fn file_in(said: &str) -> Option<&str> {
    named(said).map(|(file, ..)| file)
}

fn named(said: &str) -> Option<(&str, usize, usize)> {
    let line = said.lines().find_map(|l| l.trim().strip_prefix("--> "))?;
    let mut parts = line.rsplitn(3, ':');
    let column = parts.next()?.trim().parse().ok()?;
    let line = parts.next()?.parse().ok()?;
    Some((parts.next()?, line, column))
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn rules_are_asked_by_name() {
        for yes in ["deny", "violation", "warn", "deny_a", "deny_a_b2", "warn_1"] {
            assert!(is_asked(yes), "{yes}");
        }
        for no in ["denied", "deny_", "deny__a", "allow", "warning", "deny-a", "den"] {
            assert!(!is_asked(no), "{no}");
        }
        assert!(denies("violation_x") && !denies("warn_x"));
    }

    #[test]
    fn an_error_is_taken_apart() {
        let said = "\n--> policy/a:b.rego:3:5\n  |\n3 |   x := \n  |     ^\nerror: expecting `}` while\nparsing";
        assert_eq!((place_in(said), file_in(said)), (Some((3, 5)), Some("policy/a:b.rego")));
        assert_eq!(place_in("x"), None);
        assert_eq!(words_of(said), "expecting `}` while");
    }
}
