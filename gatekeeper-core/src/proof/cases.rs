//! What a case of `policy test` expects: `expected.toml` beside the reports that it judges.

use crate::config::{PolicyError, PolicyProblem, ProblemCode, Problems, Span, Table, from_toml};
use crate::verdict::Verdict;
use serde::Serialize;
use std::collections::BTreeMap;

/// What a case expects of the verdict.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expectation {
    /// The statuses that are right; any where none is named.
    pub status: Vec<String>,
    /// The same of gates, by name.
    pub gates: BTreeMap<String, Vec<String>>,
    /// What the gates' reasons or violations have to say.
    pub says: Vec<String>,
    /// The profile to judge by.
    pub profile: Option<String>,
    /// The clock to judge by (RFC 3339).
    pub now: Option<String>,
}

/// What became of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tested {
    /// The case: the name of its folder.
    pub case: String,
    /// What is otherwise than it expects.
    pub wrong: Vec<String>,
}

impl Expectation {
    /// Reads it.
    ///
    /// # Errors
    /// Every mistake in it, with its place.
    pub fn parse(file: &str, text: &str) -> Result<Expectation, PolicyError> {
        let fail = |problems| PolicyError::new(file, text, problems);
        let tree = from_toml(text).map_err(|p| fail(vec![p]))?;
        let problems = Problems::default();
        let read = Table::of(&tree, "an expectation", &problems).map(|mut t| {
            let texts = |all: Vec<(String, Span)>| all.into_iter().map(|(s, _)| s).collect::<Vec<String>>();
            let status = t.texts("status").unwrap_or_default();
            known(&problems, &status, "status", &["pass", "warn", "fail", "unknown"]);
            let gates = t.named_texts("gates");
            let all = ["pass", "warn", "fail", "missing", "error", "inconclusive", "skip"];
            for e in t.named("gates") {
                let right = gates.get(&e.key).into_iter().flatten();
                let right: Vec<(String, Span)> = right.map(|s| (s.clone(), e.node.span.clone())).collect();
                known(&problems, &right, "gates", &all);
            }
            // Words that are none stand in every verdict.
            let says = t.texts("says").unwrap_or_default().into_iter().filter(|(s, _)| !s.is_empty()).collect();
            let expectation = Expectation {
                status: texts(status),
                gates,
                says: texts(says),
                profile: t.text("profile").map(|(s, _)| s),
                now: t.text("now").map(|(s, _)| s),
            };
            t.finish("an expectation");
            expectation
        });
        match (read, problems.into_inner()) {
            (Some(read), problems) if problems.is_empty() && read.expects_nothing() => {
                let words = "this case expects nothing: give it `status`, `gates` or `says`";
                Err(fail(vec![PolicyProblem::new(0..0, words).code(ProblemCode::MissingKey)]))
            }
            (Some(read), problems) if problems.is_empty() => Ok(read),
            (_, problems) => Err(fail(problems)),
        }
    }

    fn expects_nothing(&self) -> bool {
        self.status.is_empty() && self.gates.is_empty() && self.says.is_empty()
    }

    /// What of a verdict is otherwise.
    pub fn held(&self, v: &Verdict) -> Vec<String> {
        let mut wrong = Vec::new();
        if !self.status.is_empty() && !self.status.iter().any(|s| s == v.status.as_str()) {
            let expected = self.status.join(" or ");
            wrong.push(format!("status {}, expected {expected}: {}", v.status.as_str(), v.summary));
        }
        for (name, right) in &self.gates {
            match v.gates.iter().find(|g| g.name == *name) {
                None => wrong.push(format!("there is no gate {name}")),
                Some(g) if right.iter().any(|s| s == g.status.as_str()) => {}
                Some(g) => {
                    let expected = right.join(" or ");
                    wrong.push(format!("gate {name}: {}, expected {expected}: {}", g.status.as_str(), g.reason));
                }
            }
        }
        for words in &self.says {
            let told = |g: &crate::verdict::GateVerdict| {
                g.reason.contains(words.as_str()) || g.violations.iter().any(|v| v.message.contains(words.as_str()))
            };
            if !v.gates.iter().any(told) {
                wrong.push(format!("no gate says {words:?}"));
            }
        }
        wrong
    }
}

fn known(problems: &Problems, statuses: &[(String, Span)], key: &str, words: &[&str]) {
    for (status, span) in statuses.iter().filter(|(s, _)| !words.contains(&s.as_str())) {
        let problem = PolicyProblem::new(span.clone(), format!("`{key}` expects {status:?}, which is no status"));
        problems.add(problem.code(ProblemCode::UnknownWord).nearest(status, words.iter().copied()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Candidate, Context, Engine};

    #[test]
    fn a_case_is_held_to_what_it_expects() {
        let engine = Engine::default();
        let policy = engine.parse_policy("p.toml", b"version = 1\n[gates.unit]\nrule = \"tests\"\n", None).unwrap();
        let red = b"<testsuite name=\"s\"><testcase name=\"a\"><failure/></testcase></testsuite>";
        let v = engine.evaluate(&policy, vec![Candidate::in_memory("j.xml", red.to_vec())], &Context::at(1));
        let wrong = |text: &str| Expectation::parse("expected.toml", text).unwrap().held(&v).len();
        assert_eq!(wrong("status = \"fail\"\nsays = \"s: a\"\n[gates]\nunit = [\"error\", \"fail\"]\n"), 0);
        assert_eq!(
            wrong("status = [\"pass\", \"warn\"]\nsays = \"s: b\"\n[gates]\nunit = \"pass\"\nother = \"pass\"\n"),
            4
        );
    }

    #[test]
    fn a_case_that_expects_nothing_or_no_status_is_a_mistake() {
        let of = |text: &str| Expectation::parse("expected.toml", text).unwrap_err().to_string();
        assert!(of("profile = \"x\"\n").contains("expects nothing"));
        for nothing in ["status = []\n", "says = \"\"\n", "[gates]\n", "status = []\nsays = []\n"] {
            assert!(of(nothing).contains("expects nothing"), "{nothing}");
        }
        // Each at its place, and one mistake once.
        let place = |text: &str| {
            let e = Expectation::parse("expected.toml", text).unwrap_err();
            (e.problems.len(), e.line_column(e.problems[0].span.start))
        };
        assert_eq!(place("status = \"passed\"\n"), (1, (1, 10)));
        assert_eq!(place("status = [\"pass\", \"ok\"]\n"), (1, (1, 19)));
        assert_eq!(place("[gates]\na = \"pass\"\nunit = \"ok\"\n"), (1, (3, 8)));
        assert_eq!(place("statuss = \"pass\"\n"), (1, (1, 1)));
        assert!(of("status = \"passed\"\n").contains("did you mean `pass`?"));
        assert!(of("[gates]\nunit = \"ok\"\n").contains("no status"));
        assert!(of("status = \"pass\"\nsay = \"x\"\n").contains("did you mean `says`?"));
    }
}
