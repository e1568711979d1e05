//! Where figures changed over `--history` is said and decides nothing.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use gatekeeper_core::{Candidate, Context, Engine, History, Verdict};

const POLICY: &str = "version = 1\n[[evidence]]\nname = \"load\"\npaths = [\"load.json\"]\nextract = [{ metric = \"p99\", json = \"/p99\", unit = \"ms\" }]\n[gates.latency]\nrule = \"measurements\"\nlimits = { p99 = { max = \"900ms\" } }\n";

fn run(p99: f64, at: i64, history: &[Verdict]) -> Verdict {
    let engine = Engine::default();
    let policy = engine.parse_policy("gatekeeper.toml", POLICY.as_bytes(), None).unwrap();
    let lines: Vec<String> = history.iter().map(|v| serde_json::to_string(v).unwrap()).collect();
    let mut context = Context::without_clock();
    context.now = Some(1_800_000_000 + at * 86_400);
    context.history = History::read(lines.iter().map(|l| ("history", l.as_bytes())));
    let report = Candidate::in_memory("load.json", format!("{{\"p99\": {p99}}}").into_bytes());
    engine.evaluate(&policy, vec![report], &context)
}

/// The verdict of the last of these runs, and what it says of changes.
fn last(values: &[f64]) -> Verdict {
    let (now, before) = values.split_last().unwrap();
    let history: Vec<Verdict> = before.iter().enumerate().map(|(n, v)| run(*v, n.try_into().unwrap(), &[])).collect();
    run(*now, 1_000, &history)
}

const NOISE: [f64; 10] = [400.0, 402.0, 399.0, 401.0, 398.0, 403.0, 400.5, 399.5, 402.5, 397.5];

#[test]
fn a_step_is_told_with_its_run() {
    let values: Vec<f64> = NOISE.into_iter().chain(NOISE.map(|v| v + 60.0)).collect();
    let verdict = last(&values);
    let changes = &verdict.changes;
    assert_eq!(changes.len(), 1, "{changes:?}");
    assert_eq!((changes[0].kind.as_ref(), changes[0].runs_before, changes[0].runs_after), ("step", 10, 10));
    assert_eq!(changes[0].since.as_deref(), Some("2027-01-25T08:00:00Z"));
    assert_eq!(changes[0].percent.as_deref(), Some("+15.0 %"));
    let told = verdict.warnings.iter().find(|w| w.contains("changed")).unwrap();
    assert!(told.contains("latency: ") && told.contains("400.3 ms in 10 runs before"), "{told}");
    assert_eq!(verdict.status.as_str(), "pass", "it decides nothing");
}

#[test]
fn a_drift_and_noise() {
    let drift: Vec<f64> = (0..20).map(|n| NOISE[n % 10] + 5.0 * f64::from(u32::try_from(n).unwrap())).collect();
    let verdict = last(&drift);
    assert_eq!(verdict.changes.iter().map(|c| c.kind.as_ref()).collect::<Vec<_>>(), ["drift"]);
    assert!(verdict.warnings.iter().any(|w| w.contains("drifts over 20 runs")), "{:?}", verdict.warnings);
    let noise: Vec<f64> = NOISE.into_iter().chain(NOISE).collect();
    assert_eq!(last(&noise).changes, []);
    assert_eq!(last(&NOISE[..3]).changes, []);
}
