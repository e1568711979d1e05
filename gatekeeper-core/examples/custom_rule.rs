//! A rule of one's own: no test may take longer than `limit`. Run it: `cargo run --example custom_rule`.

use gatekeeper_core::evidence::{Data, Kind};
use gatekeeper_core::rule::{Item, Judge, Judgement, Rule, RuleError, Scope};
use gatekeeper_core::verdict::{GateStatus, Violation};
use gatekeeper_core::{Candidate, Context, Engine};
use std::time::Duration;

#[derive(Debug)]
struct NoSlowTests {
    limit: Duration,
}

impl Judge for NoSlowTests {
    fn judge(&self, scope: &Scope<'_>) -> Result<Judgement, RuleError> {
        let runs = scope.evidence.iter().filter_map(|e| if let Data::Tests(run) = &e.data { Some(run) } else { None });
        let cases = runs.flat_map(|run| &run.suites).flat_map(|suite| &suite.cases);
        let slow = cases.filter(|case| case.time.is_some_and(|t| t > self.limit.as_secs_f64()));
        let counts = slow.filter(|case| !scope.waived(&Item { test: Some(&case.name), ..Item::default() }));
        let violation = |name: &str| Violation::new("slow-test", GateStatus::Fail, format!("{name} is slow"));
        Ok(Judgement { violations: counts.map(|case| violation(&case.name)).collect(), ..Judgement::default() })
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rule = Rule::new("no-slow-tests", Kind::Tests, |table| {
        Some(Box::new(NoSlowTests { limit: Duration::from_secs(table.count("limit").unwrap_or(10)) }) as Box<dyn Judge>)
    });
    let engine = Engine::builder().rule(rule).build();
    let policy = "version = 1\n[gates.speed]\nrule = \"no-slow-tests\"\nlimit = 5";
    let policy = engine.parse_policy("gatekeeper.toml", policy.as_bytes(), None)?;
    let report = r#"<testsuite><testcase name="sorts" time="12"/><testcase name="adds" time="1"/></testsuite>"#;
    let evidence = vec![Candidate::in_memory("junit.xml", report.into())];
    let verdict = engine.evaluate(&policy, evidence, &Context::without_clock());
    let human = engine.outputs().by_id("human").ok_or("no such output")?;
    Ok(human.write(&verdict, &Default::default(), &mut std::io::stdout())?)
}
