//! Conventional Commits 1.0.0 (<https://www.conventionalcommits.org/en/v1.0.0/#specification>), to the letter: a type, an optional scope in
//! parentheses, an optional `!`, a colon and a space, a description; a body after one blank line; footers.
//!
//! Types are compared without regard to case (item 15), `BREAKING CHANGE` is not. A line that begins with `BREAKING CHANGE:` counts as a footer
//! wherever it stands behind the first line: producers disagree where a body ends, and a breaking change that is overlooked is the worse mistake.

/// What a conventional commit says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Conventional<'m> {
    /// The type, as written.
    pub kind: &'m str,
    /// Whether it says that it breaks what worked before.
    pub breaking: bool,
}

/// Reads a message; `Err` says which of the rules it breaks.
pub(super) fn read(message: &str) -> Result<Conventional<'_>, &'static str> {
    let mut lines = message.lines();
    let header = lines.next().unwrap_or_default();
    let (head, description) = header.split_once(": ").ok_or(match header.contains(':') {
        true => "no space after the colon",
        false => "no `type: ` before the description",
    })?;
    let (head, bang) = match head.strip_suffix('!') {
        Some(head) => (head, true),
        None => (head, false),
    };
    let kind = match head.split_once('(') {
        Some((kind, scope)) => {
            let scope = scope.strip_suffix(')').ok_or("its scope's parentheses are not closed before the colon")?;
            if !is_noun(scope) {
                return Err("its scope is no noun");
            }
            kind
        }
        None => head,
    };
    let word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if kind.is_empty() || !kind.starts_with(|c: char| c.is_ascii_alphabetic()) || !kind.chars().all(word) {
        return Err("its type is no noun");
    }
    if description.trim().is_empty() {
        return Err("it has no description");
    }
    if lines.next().is_some_and(|second| !second.trim().is_empty()) {
        return Err("no blank line between its description and its body");
    }
    Ok(Conventional { kind, breaking: bang || has_breaking_footer(message) })
}

/// A section of the code base: a name, a path, several with commas; nothing that steers a reader's terminal or text.
fn is_noun(scope: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || " -_./,@#*+&:".contains(c);
    !scope.is_empty()
        && scope.trim() == scope
        && scope.chars().all(plain)
        && scope.chars().any(|c| c.is_alphanumeric() || c == '*')
}

/// Whether a line behind the first says that something breaks.
pub(super) fn has_breaking_footer(message: &str) -> bool {
    message.lines().skip(1).any(|line| {
        ["BREAKING CHANGE", "BREAKING-CHANGE"]
            .iter()
            .filter_map(|token| line.strip_prefix(token))
            .any(|rest| rest.starts_with(':') || rest.starts_with(" #"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(message: &str) -> (String, bool) {
        let c = read(message).unwrap_or_else(|e| panic!("{message}: {e}"));
        (c.kind.to_owned(), c.breaking)
    }

    #[test]
    fn what_keeps_the_specification_is_read() {
        for (message, kind, breaking) in [
            ("feat: x", "feat", false),
            ("fix(parser): x", "fix", false),
            ("Feat(@scope/pkg, core): x", "Feat", false),
            ("my-own_type: x", "my-own_type", false),
            ("feat!: x", "feat", true),
            ("feat(api)!: x", "feat", true),
            ("chore(deps-dev): bump a to 1.0: really", "chore", false),
            ("fix: x\n\nbody\n\nBREAKING CHANGE: y", "fix", true),
            ("fix: x\n\nBREAKING-CHANGE: y", "fix", true),
            ("fix: x\n\nRefs: #1\nBREAKING CHANGE: y", "fix", true),
            ("fix: x\n\nBREAKING CHANGE #12", "fix", true),
            ("fix: x\n\nbreaking change: y", "fix", false),
            ("fix: x\n\nthis is no BREAKING CHANGE: y", "fix", false),
            ("fix: x\n\nBREAKING CHANGES are none", "fix", false),
            ("fix: BREAKING CHANGE: in the first line", "fix", false),
        ] {
            assert_eq!(of(message), (kind.to_owned(), breaking), "{message}");
        }
    }

    #[test]
    fn what_breaks_it_is_told_why() {
        for (message, why) in [
            ("feat:x", "space after the colon"),
            ("feat :x", "space after the colon"),
            ("fixture is broken", "no `type: `"),
            ("", "no `type: `"),
            ("feat(): x", "scope is no noun"),
            ("feat( a): x", "scope is no noun"),
            ("feat(api!): x", "scope is no noun"),
            ("feat(a\u{202E}b): x", "scope is no noun"),
            ("feat(,): x", "scope is no noun"),
            ("feat(api: x", "not closed"),
            ("feat(api) !: x", "not closed"),
            (": x", "type is no noun"),
            ("1st: x", "type is no noun"),
            ("feat x: y", "type is no noun"),
            ("feat!!: y", "type is no noun"),
            ("feat:  ", "no description"),
            ("feat: x\nbody", "no blank line"),
            ("Feat \u{fe0f}: y", "type is no noun"),
        ] {
            let error = read(message).unwrap_err();
            assert!(error.contains(why), "{message:?}: {error}");
        }
    }
}
