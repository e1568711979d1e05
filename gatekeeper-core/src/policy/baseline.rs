//! `[baseline]` and `weakening`: what is demanded of the snapshot that a run is compared with, and of what the run is against it.

use crate::config::{Node, PolicyProblem, ProblemCode, Problems, Span, Table, Value};
use gatekeeper_evidence::decimal::Decimal;

/// What a difference does to the verdict, the strictest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    /// It fails.
    Fail,
    /// It warns.
    Warn,
    /// It is shown.
    Allow,
}

const WORDS: [(&str, Severity); 3] = [("fail", Severity::Fail), ("warn", Severity::Warn), ("allow", Severity::Allow)];

/// What counts as weakening the tests or the policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weaker {
    /// Cases that ran and do not run any more.
    Lost,
    /// Cases that ran and are skipped now.
    Skipped,
    /// Files that coverage was measured of and is not any more.
    Files,
    /// Lists that leave more out.
    Excludes,
    /// Limits that demand less.
    Policy,
    /// Waivers that are new.
    Waivers,
}

impl Weaker {
    /// All, in the order in which they are shown.
    pub(crate) const ALL: [(&'static str, Weaker); 6] = [
        ("lost", Weaker::Lost),
        ("skipped", Weaker::Skipped),
        ("files", Weaker::Files),
        ("excludes", Weaker::Excludes),
        ("policy", Weaker::Policy),
        ("waivers", Weaker::Waivers),
    ];
}

/// What a policy says of comparing with an earlier run.
#[derive(Debug, Default)]
pub(crate) struct Against {
    /// The policy as a tree, its profile applied.
    pub tree: Option<Node>,
    /// Whether there must be a baseline; `None` where the policy does not say, so that only what compares needs one.
    pub required: Option<bool>,
    /// Seconds after which a baseline is too old.
    pub max_age: Option<Decimal>,
    /// Whether its commit must be ours or an ancestor; `None` where the policy does not say.
    pub ancestor: Option<bool>,
    /// Most of each kind that may be gone, percent.
    pub max_shrink: Option<Decimal>,
    /// What a loosened policy does.
    pub loosening: Option<Severity>,
    /// What each sort of weakening does; none where the policy does not speak of it.
    pub weakening: Vec<(Weaker, Severity)>,
    /// Line of `[baseline]`, from 1.
    pub line: Option<u64>,
    /// Line of `weakening`, from 1.
    pub weakening_line: Option<u64>,
}

impl Against {
    /// What the policy of a tree says of loosening and weakening: of a baseline's, whose mistakes were told when it was written.
    pub(crate) fn of(tree: &Node) -> Against {
        let problems = Problems::default();
        let mut out = Against::default();
        if let Some(mut top) = Table::of(tree, "a policy", &problems) {
            out = read(&mut top, &[], &problems, &|_| 0);
        }
        out
    }

    /// What a sort of weakening does.
    pub(crate) fn weakening_of(&self, sort: Weaker) -> Option<Severity> {
        self.weakening.iter().find(|(s, _)| *s == sort).map(|(_, severity)| *severity)
    }
}

/// Reads both.
pub(super) fn read(top: &mut Table<'_>, gates: &[&str], problems: &Problems, line: &dyn Fn(&Span) -> u64) -> Against {
    let mut out = Against::default();
    if let Some(mut t) = top.table("baseline") {
        out.line = Some(line(&t.span()));
        out.required = t.flag("required");
        out.max_age = t.seconds("max-age");
        out.ancestor = t.flag("ancestor");
        out.max_shrink = t.percent_from_one("max-shrink");
        out.loosening = t.choice("loosening", &WORDS);
        t.finish("[baseline]");
    }
    let weakening = top.get("weakening");
    match weakening.map(|n| &n.value) {
        Some(Value::Table(_)) => {
            if let Some(mut t) = top.table("weakening") {
                // What the table does not name fails: one key turns all of them on.
                out.weakening =
                    Weaker::ALL.map(|(key, sort)| (sort, t.choice(key, &WORDS).unwrap_or(Severity::Fail))).to_vec();
                t.finish("[weakening]");
            }
        }
        Some(_) => {
            if let Some(word) = top.choice("weakening", &WORDS) {
                out.weakening = Weaker::ALL.map(|(_, sort)| (sort, word)).to_vec();
            }
        }
        None => {}
    }
    out.weakening_line = weakening.map(|n| line(&n.span));
    for (key, node) in [("baseline", top.get("baseline")), ("weakening", weakening)] {
        if let Some(node) = node.filter(|_| gates.contains(&key)) {
            let message = format!("`{key}` is the name of a gate too, so a verdict could not tell them apart");
            let problem = PolicyProblem::new(node.span.clone(), message).code(ProblemCode::InvalidValue);
            problems.add(problem.help("give the gate another name"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::from_toml;

    fn of(text: &str) -> Result<Against, Vec<String>> {
        let tree = from_toml(text).unwrap();
        let problems = Problems::default();
        let mut top = Table::of(&tree, "a policy", &problems).unwrap();
        let out = read(&mut top, &["baseline"], &problems, &|_| 3);
        let problems: Vec<String> = problems.into_inner().into_iter().map(|p| p.message).collect();
        if problems.is_empty() { Ok(out) } else { Err(problems) }
    }

    #[test]
    fn weakening_in_a_word_or_a_table() {
        let all = of("weakening = \"fail\"").unwrap();
        assert!(Weaker::ALL.iter().all(|(_, s)| all.weakening_of(*s) == Some(Severity::Fail)));
        assert_eq!(all.weakening_line, Some(3));
        let some = of("[weakening]\nlost = \"warn\"\nwaivers = \"allow\"").unwrap();
        assert_eq!(some.weakening_of(Weaker::Lost), Some(Severity::Warn));
        assert_eq!(some.weakening_of(Weaker::Waivers), Some(Severity::Allow));
        assert_eq!(some.weakening_of(Weaker::Policy), Some(Severity::Fail));
        assert_eq!(of("").unwrap().weakening_of(Weaker::Lost), None);
    }

    #[test]
    fn mistakes_are_told() {
        for (text, words) in [
            ("weakening = \"fial\"", "`weakening` takes fail, warn, allow"),
            ("weakening = 3", "`weakening` takes a text"),
            ("[weakening]\ncases = \"fail\"", "no key `cases`"),
            ("[baseline]", "the name of a gate too"),
            ("[baseline]\nmax-shrunk = 3", "no key `max-shrunk`"),
            ("[baseline]\nmax-shrink = 0.2", "next to nothing"),
            ("[baseline]\nloosening = \"never\"", "`loosening` takes fail, warn, allow"),
        ] {
            let said = of(text).unwrap_err();
            assert!(said.iter().any(|s| s.contains(words)), "{text}: {said:?}");
        }
    }
}
