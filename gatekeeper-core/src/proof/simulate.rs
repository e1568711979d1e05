//! What runs would have come to with another limit, by the figures that their verdicts hold: no evidence is needed for it.

use super::figure;
use crate::judge;
use crate::verdict::{Action, GateStatus, GateVerdict, Overall, Verdict};
use serde::Serialize;

/// A key of the policy with another value: `gates.coverage.lines.min=85`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The key below `gates.`, as it was given.
    key: String,
    /// The value, without the quotes that TOML would want.
    value: String,
}

impl Setting {
    /// Reads `gates.NAME.KEY=VALUE`.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Setting, String> {
        let (key, value) = text.split_once('=').ok_or_else(|| format!("{text:?} sets nothing: write KEY=VALUE"))?;
        let (key, value) = (key.trim(), value.trim().trim_matches(['"', '\'']));
        let below = key.strip_prefix("gates.").filter(|k| k.contains('.'));
        let Some(below) = below else {
            return Err(format!(
                "{key:?} is no key of a gate: write gates.NAME.KEY=VALUE, such as gates.coverage.lines.min=85"
            ));
        };
        if value.is_empty() {
            return Err(format!("{key:?} has no value: write {key}=VALUE"));
        }
        Ok(Setting { key: below.to_owned(), value: value.to_owned() })
    }

    /// What stands behind a gate's name, where it is of that gate.
    fn of<'s>(&'s self, gate: &str) -> Option<&'s str> {
        self.key.strip_prefix(gate)?.strip_prefix('.')
    }

    /// The key as it was given.
    pub fn key(&self) -> String {
        format!("gates.{}", self.key)
    }
}

/// What a run would have come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Simulation {
    /// What it came to.
    pub before: Overall,
    /// What it would have come to; `null` where its figures do not tell.
    pub after: Option<Overall>,
    /// The gates that come to something else, with the first reason.
    pub changed: Vec<Changed>,
    /// What cannot be told, and why.
    pub untold: Vec<String>,
}

/// A gate that comes to something else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// Its name.
    pub gate: String,
    /// What it came to.
    pub before: GateStatus,
    /// What it would have come to.
    pub after: GateStatus,
    /// The figure that decides.
    pub because: String,
}

impl Simulation {
    /// Whether the run would not have passed, though it did.
    pub fn would_fail(&self) -> bool {
        let bad = |o: Overall| matches!(o, Overall::Fail | Overall::Unknown);
        !bad(self.before) && self.after.is_some_and(bad)
    }
}

/// Judges a run's figures by other limits.
pub fn simulate(v: &Verdict, settings: &[Setting]) -> Simulation {
    let mut gates = v.gates.clone();
    let (mut changed, mut untold) = (Vec::new(), Vec::new());
    for s in settings {
        // The longest name that fits: names may hold a point.
        let gate = gates.iter_mut().filter(|g| s.of(&g.name).is_some()).max_by_key(|g| g.name.len());
        let Some(gate) = gate else {
            untold.push(format!("{}: it has no such gate", s.key()));
            continue;
        };
        let Some(key) = s.of(&gate.name).map(str::to_owned) else { continue };
        let before = gate.status;
        match set(gate, &key, &s.value) {
            Err(why) => untold.push(format!("{}: {why}", s.key())),
            Ok(because) if gate.status != before => {
                changed.push(Changed { gate: gate.name.clone(), before, after: gate.status, because });
            }
            Ok(_) => {}
        }
    }
    let unread = v.problems.iter().any(|p| p.concerns.is_empty());
    let derived = judge::overall(&gates, unread, v.problems.is_empty() && v.evidence.is_empty(), false);
    let after = untold.is_empty().then_some(derived);
    Simulation { before: v.status, after, changed, untold }
}

/// Sets one key of a gate; answers the figure that decides.
fn set(gate: &mut GateVerdict, key: &str, value: &str) -> Result<String, String> {
    if key == "action" {
        gate.action = match value {
            "block" => Action::Block,
            "warn" => Action::Warn,
            "inform" => Action::Inform,
            other => return Err(format!("it takes block, warn or inform, not {other}")),
        };
        gate.blocking = blocks(gate);
        return Ok(String::new());
    }
    let (metric, comparator) = metric(key).ok_or("its figures do not tell what this key would change")?;
    let concerned: Vec<usize> = (0..gate.conditions.len())
        .filter(|n| gate.conditions.get(*n).is_some_and(|c| c.metric == metric && c.comparator == comparator))
        .collect();
    if concerned.is_empty() {
        let known: Vec<&str> = gate.conditions.iter().map(|c| c.metric.as_str()).collect();
        let words = format!("it held no figure of {metric} to a limit");
        return Err(if known.is_empty() { words } else { format!("{words}: there are {}", known.join(", ")) });
    }
    let mut worst = (GateStatus::Pass, String::new());
    for n in concerned {
        let Some(c) = gate.conditions.get_mut(n) else { continue };
        let status =
            figure::held(c, value).ok_or_else(|| format!("{} {} cannot be held against {value}", c.metric, c.value))?;
        let sample = c.sample.map(|r| format!(" ({} of {})", r.covered, r.total)).unwrap_or_default();
        if status > worst.0 {
            worst = (status, format!("{} {}{sample} {} {value}", c.metric, c.value, c.comparator));
        }
        c.status = status;
        value.clone_into(&mut c.limit);
    }
    let good = matches!(gate.status, GateStatus::Pass | GateStatus::Warn);
    let eased = worst.0 == GateStatus::Pass && gate.status == GateStatus::Fail;
    if good {
        gate.status = gate.status.max(worst.0);
    } else if eased && gate.conditions.iter().all(|c| c.status <= GateStatus::Warn) {
        // Whether what it found beside its figures would have failed it still, they do not tell.
        return Err(format!("it failed, and {metric} alone does not tell whether it still would"));
    }
    gate.blocking = blocks(gate);
    Ok(worst.1)
}

fn blocks(g: &GateVerdict) -> bool {
    g.action == Action::Block && !matches!(g.status, GateStatus::Pass | GateStatus::Warn | GateStatus::Skip)
}

/// The figure that a key limits, and on which side.
fn metric(key: &str) -> Option<(String, &'static str)> {
    let parts: Vec<&str> = key.split('.').collect();
    match parts.as_slice() {
        ["max", severity] => Some(((*severity).to_owned(), "<=")),
        [of @ ("lines" | "branches" | "functions" | "statements")] | [of, "min"] => Some(((*of).to_owned(), ">=")),
        ["limits", of, "max"] => Some(((*of).to_owned(), "<=")),
        ["limits", of, "min"] => Some(((*of).to_owned(), ">=")),
        [one] => match (one.strip_prefix("min-"), one.strip_prefix("max-")) {
            (Some(of), _) => Some((of.to_owned(), ">=")),
            (_, Some(of)) => Some((of.to_owned(), "<=")),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Candidate, Context, Engine};

    fn verdict(covered: usize) -> Verdict {
        let policy = "version = 1\n[gates.coverage]\nrule = \"coverage\"\nlines = { min = 80 }\n[gates.\"a.b\"]\nrule = \"coverage\"\nlines = { min = 1 }\naction = \"warn\"\n";
        let engine = Engine::default();
        let policy = engine.parse_policy("p.toml", policy.as_bytes(), None).unwrap();
        let lines: String = (1..=200).map(|n| format!("DA:{n},{}\n", u8::from(n <= covered))).collect();
        let report = format!("SF:src/a.c\n{lines}end_of_record\n");
        let files = vec![Candidate::in_memory("lcov.info", report.into_bytes())];
        engine.evaluate(&policy, files, &Context::at(1_780_272_000))
    }

    fn of(covered: usize, set: &[&str]) -> Simulation {
        let settings: Vec<Setting> = set.iter().map(|s| Setting::parse(s).unwrap()).collect();
        simulate(&verdict(covered), &settings)
    }

    #[test]
    fn a_higher_bar_fails_what_is_below_it() {
        let low = of(169, &["gates.coverage.lines.min=85"]);
        assert!(low.would_fail());
        assert_eq!((low.before, low.after), (Overall::Pass, Some(Overall::Fail)));
        assert_eq!(low.changed[0].because, "lines 84.50 % (169 of 200) >= 85");
        let high = of(170, &["gates.coverage.lines.min = 85"]);
        assert!(!high.would_fail() && high.changed.is_empty() && high.after == Some(Overall::Pass));
        assert!(of(169, &["gates.coverage.lines=85"]).would_fail());
    }

    #[test]
    fn a_gate_may_be_let_block_and_its_name_may_hold_a_point() {
        assert_eq!(of(169, &["gates.a.b.lines.min=90"]).after, Some(Overall::Warn));
        let both = of(169, &["gates.a.b.lines.min=90", "gates.a.b.action=block"]);
        assert_eq!((both.after, both.would_fail()), (Some(Overall::Fail), true));
    }

    #[test]
    fn what_the_figures_do_not_tell_is_said() {
        for (set, words) in [
            ("gates.other.lines.min=1", "no such gate"),
            ("gates.coverage.branches.min=1", "no figure of branches to a limit: there are lines"),
            ("gates.coverage.tools=x", "do not tell what this key"),
            ("gates.coverage.lines.min=much", "cannot be held against much"),
            ("gates.coverage.action=stop", "not stop"),
        ] {
            let s = of(169, &[set]);
            assert!(s.after.is_none() && !s.would_fail() && s.untold[0].contains(words), "{s:?}");
        }
        // A run that failed may have failed for more than this figure.
        let eased = of(100, &["gates.coverage.lines.min=10"]);
        assert!(eased.untold[0].contains("does not tell whether it still would"), "{eased:?}");
    }

    #[test]
    fn a_setting_names_a_gates_key_and_a_value() {
        for (text, words) in [
            ("lines.min", "sets nothing"),
            ("lines=3", "no key of a gate"),
            ("gates.a=3", "no key of a gate"),
            ("gates.a.b=", "has no value"),
        ] {
            assert!(Setting::parse(text).unwrap_err().contains(words), "{text}");
        }
        assert_eq!(Setting::parse("gates.a.max-duration=\"5m\"").unwrap().value, "5m");
    }
}
