//! `[rollout]`: the steps of a rollout, and what a verdict says of the next one.

use crate::verdict::{Decision, GateStatus, Overall, Verdict};
use gatekeeper_evidence::decimal::Decimal;
use std::fmt;

/// The steps of a rollout: shares of traffic in percent, each above the one before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rollout {
    /// The steps.
    pub(crate) steps: Vec<Decimal>,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Next {
    /// Go on to this share of traffic, in percent.
    Step(Decimal),
    /// The last step is reached, and all is well.
    Done,
    /// Stay at this step.
    Hold,
    /// Take it back.
    Rollback,
}

impl fmt::Display for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Next::Step(step) => write!(f, "{step}"),
            Next::Done => f.write_str("done"),
            Next::Hold => f.write_str("hold"),
            Next::Rollback => f.write_str("rollback"),
        }
    }
}

impl Next {
    /// The exit status that stands for it: 0 to go on, 1 to roll back, 3 to hold.
    pub fn exit_code(&self) -> u8 {
        match self {
            Next::Step(_) | Next::Done => 0,
            Next::Rollback => 1,
            Next::Hold => 3,
        }
    }
}

impl Rollout {
    /// What a verdict that was reached at a step says of the next one: on only where all passed and some gate decided to promote; back where one decided so;
    /// else it holds.
    ///
    /// # Errors
    /// Where the current share is none of the steps, or no gate of the verdict judges what is rolled out.
    pub fn next(&self, current: Decimal, verdict: &Verdict) -> Result<Next, String> {
        let Some(at) = self.steps.iter().position(|s| *s == current) else {
            let steps: Vec<String> = self.steps.iter().map(Decimal::to_string).collect();
            return Err(format!("{current} is none of the steps of the rollout: {}", steps.join(", ")));
        };
        let deciding = || verdict.gates.iter().filter(|g| g.rule == "canary");
        if deciding().next().is_none() {
            return Err("no gate of this verdict judges a canary (rule = \"canary\")".to_owned());
        }
        // The gate's status says it all; a decision that says something else was written by somebody else.
        let of = |status| if status == GateStatus::Skip { Decision::Hold } else { Decision::of(status) };
        if deciding().any(|g| of(g.status) == Decision::Rollback) {
            return Ok(Next::Rollback);
        }
        let well = matches!(verdict.status, Overall::Pass | Overall::Warn)
            && deciding().all(|g| of(g.status) == Decision::Promote && g.decision == Some(Decision::Promote))
            && !verdict.gates.iter().any(|g| g.blocking);
        Ok(match self.steps.get(at + 1) {
            _ if !well => Next::Hold,
            Some(step) => Next::Step(*step),
            None => Next::Done,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn gate(rule: &str, status: &str, decision: Option<&str>) -> serde_json::Value {
        json!({"name": rule, "rule": rule, "status": status, "action": "block", "blocking": false, "decision": decision, "reason": "", "conditions": [], "violations": [], "evidence": []})
    }

    fn next(current: &str, status: &str, gates: &[serde_json::Value]) -> Result<String, String> {
        let rollout = Rollout { steps: ["5", "15", "50", "100"].iter().map(|s| Decimal::parse(s).unwrap()).collect() };
        let verdict: Verdict = serde_json::from_value(json!({
            "schema_version": 1, "status": status, "exit_code": 0, "summary": "", "policy": {"file": null, "sha256": null, "profile": null}, "root": ".",
            "gates": gates, "evidence": [], "set_aside": [], "problems": [], "ignored": [], "warnings": []
        }))
        .unwrap();
        rollout.next(Decimal::parse(current).unwrap(), &verdict).map(|n| n.to_string())
    }

    #[test]
    fn a_rollout_goes_on_only_where_all_is_well() {
        let canary = |status: &str, decision: &str| gate("canary", status, Some(decision));
        let ok = |s: &str| Ok(s.to_owned());
        assert_eq!(next("15", "pass", &[canary("pass", "promote")]), ok("50"));
        assert_eq!(next("15", "warn", &[canary("warn", "promote"), gate("tests", "warn", None)]), ok("50"));
        assert_eq!(next("100", "pass", &[canary("pass", "promote")]), ok("done"));
        assert_eq!(next("15", "fail", &[canary("fail", "rollback")]), ok("rollback"));
        assert_eq!(next("15", "unknown", &[canary("inconclusive", "hold")]), ok("hold"));
        assert_eq!(next("15", "fail", &[canary("pass", "promote"), gate("tests", "fail", None)]), ok("hold"));
        assert_eq!(next("15", "pass", &[canary("pass", "promote"), canary("inconclusive", "hold")]), ok("hold"));
        assert_eq!(next("15", "pass", &[canary("skip", "promote")]), ok("hold"));
        // A document that says one thing and another.
        assert_eq!(next("15", "pass", &[canary("missing", "promote")]), ok("hold"));
        assert_eq!(next("15", "pass", &[canary("fail", "promote")]), ok("rollback"));
        assert!(next("20", "pass", &[canary("pass", "promote")]).unwrap_err().contains("5, 15, 50, 100"));
        assert!(next("15", "pass", &[gate("tests", "pass", None)]).unwrap_err().contains("no gate"));
    }

    #[test]
    fn each_answer_has_its_exit_status() {
        let step = Next::Step(Decimal::whole(5));
        assert_eq!([step, Next::Done, Next::Rollback, Next::Hold].map(|n| n.exit_code()), [0, 0, 1, 3]);
    }
}
