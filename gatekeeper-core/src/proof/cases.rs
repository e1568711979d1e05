//! What a case of `policy test` expects: `expected.toml` beside the reports that it judges.

use crate::config::{PolicyError, PolicyProblem, ProblemCode, Problems, Table, from_toml};
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
            let texts = |all: Option<Vec<(String, _)>>| all.unwrap_or_default().into_iter().map(|(s, _)| s).collect();
            let status: Vec<String> = texts(t.texts("status"));
            known(&t, &status, "status", &["pass", "warn", "fail", "unknown"]);
            let gates = t.named_texts("gates");
            let all = ["pass", "warn", "fail", "missing", "error", "inconclusive", "skip"];
            gates.values().for_each(|s| known(&t, s, "gates", &all));
            let expectation = Expectation {
                status,
                gates,
                says: texts(t.texts("says")),
                profile: t.text("profile").map(|(s, _)| s),
                now: t.text("now").map(|(s, _)| s),
            };
            t.finish("an expectation");
            expectation
        });
        if tree.entries().is_none_or(|e| !e.iter().any(|e| ["status", "gates", "says"].contains(&e.key.as_str()))) {
            let words = "this case expects nothing: give it `status`, `gates` or `says`";
            problems.add(PolicyProblem::new(0..0, words).code(ProblemCode::MissingKey));
        }
        match (read, problems.into_inner()) {
            (Some(read), problems) if problems.is_empty() => Ok(read),
            (_, problems) => Err(fail(problems)),
        }
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

fn known(t: &Table<'_>, statuses: &[String], key: &str, words: &[&str]) {
    for status in statuses.iter().filter(|s| !words.contains(&s.as_str())) {
        let problem = PolicyProblem::new(t.span(), format!("`{key}` expects {status:?}, which is no status"));
        t.problems().add(problem.code(ProblemCode::UnknownWord).nearest(status, words.iter().copied()));
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
        assert!(of("status = \"passed\"\n").contains("did you mean `pass`?"));
        assert!(of("[gates]\nunit = \"ok\"\n").contains("no status"));
        assert!(of("status = \"pass\"\nsay = \"x\"\n").contains("did you mean `says`?"));
    }
}
