//! What runs would have come to with another policy, by the figures that their verdicts hold: no evidence is needed for it. What the figures do not
//! tell is said; [`with`] writes the policy by which that could be judged again.

use super::figure;
use crate::config::{PolicyError, nearest};
use crate::judge;
use crate::verdict::{Action, GateStatus, GateVerdict, Overall, Verdict};
use serde::Serialize;
use serde_json::{Map, Value};

/// A key of the policy with another value: `gates.coverage.lines.min=85`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The tables on the way and the key, as TOML would have them.
    path: Vec<String>,
    /// The value as it was given.
    value: String,
}

impl Setting {
    /// Reads `KEY=VALUE`: the key with the tables on the way, as TOML writes it; an entry of a list of tables goes by its `name`, or by its place
    /// from 0.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Setting, String> {
        let (path, rest) = parts(text)?;
        let value = rest.strip_prefix('=').map(str::trim);
        let value = value.ok_or_else(|| format!("{text:?} sets nothing: write KEY=VALUE"))?;
        let key = text.strip_suffix(rest).unwrap_or(text).trim();
        if path.len() < 2 && path.iter().all(|p| p != "weakening")
            || path.first().is_some_and(|p| p == "gates") && path.len() < 3
        {
            return Err(format!(
                "{key:?} is no key of a gate or of a table: write gates.NAME.KEY=VALUE, such as gates.coverage.lines.min=85"
            ));
        }
        if value.is_empty() {
            return Err(format!("{key:?} has no value: write {key}=VALUE"));
        }
        Ok(Setting { path, value: value.to_owned() })
    }

    /// What stands behind a gate's name, where it is of that gate; the name may hold points.
    fn of(&self, gate: &str) -> Option<String> {
        let below = self.path.strip_prefix(&["gates".to_owned()][..])?;
        let own = (1..below.len()).find(|n| below.get(..*n).is_some_and(|name| name.join(".") == gate))?;
        below.get(own..).map(|keys| keys.join("."))
    }

    /// The key as TOML would have it.
    pub fn key(&self) -> String {
        let bare = |p: &String| !p.is_empty() && p.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
        let part = |p: &String| if bare(p) { p.clone() } else { format!("{p:?}") };
        self.path.iter().map(part).collect::<Vec<_>>().join(".")
    }

    /// The value, without the quotes that TOML would want.
    fn plain(&self) -> &str {
        self.value.trim_matches(['"', '\''])
    }

    /// The value as it would stand in a policy: a number, a list or a table as JSON writes them, else a text.
    fn as_value(&self) -> Value {
        serde_json::from_str(&self.value).unwrap_or_else(|_| Value::from(self.plain()))
    }
}

/// The parts of a dotted key, and what stands behind it.
fn parts(text: &str) -> Result<(Vec<String>, &str), String> {
    let (mut out, mut rest) = (Vec::new(), text.trim_start());
    loop {
        let (part, behind) = match rest.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let inner = rest.get(1..).unwrap_or_default();
                inner.split_once(quote).ok_or_else(|| format!("{text:?} has a quote that does not end"))?
            }
            _ => rest.split_at(rest.find(['.', '=']).unwrap_or(rest.len())),
        };
        let part = part.trim();
        if part.is_empty() {
            return Err(format!("{text:?} has a key without a name: write gates.NAME.KEY=VALUE"));
        }
        out.push(part.to_owned());
        rest = behind.trim_start();
        match rest.strip_prefix('.') {
            Some(next) => rest = next.trim_start(),
            None => return Ok((out, rest)),
        }
    }
}

/// A policy as plain values with these keys set in it: what could judge the same evidence again.
///
/// # Errors
/// A key that leads through something that is no table, in words.
pub fn with(policy: &Value, settings: &[Setting]) -> Result<Value, String> {
    let mut out = policy.clone();
    for s in settings {
        let gates: Vec<String> =
            out.get("gates").and_then(Value::as_object).map(|g| g.keys().cloned().collect()).unwrap_or_default();
        // A gate's name may hold points.
        let of = gates.iter().filter_map(|g| Some((g, s.of(g)?))).max_by_key(|(g, _)| g.len());
        let path: Vec<String> = match of {
            Some((gate, _)) => {
                let points = gate.split('.').count();
                let keys = s.path.iter().skip(1 + points.min(s.path.len())).cloned();
                let whole = s.path.get(1).is_some_and(|p| p == gate);
                let keys: Vec<String> = if whole { s.path.iter().skip(2).cloned().collect() } else { keys.collect() };
                ["gates".to_owned(), gate.clone()].into_iter().chain(keys).collect()
            }
            None => s.path.clone(),
        };
        put(&mut out, &path, s.as_value()).map_err(|why| format!("{}: {why}", s.key()))?;
    }
    Ok(out)
}

fn put(at: &mut Value, path: &[String], value: Value) -> Result<(), String> {
    let Some((key, rest)) = path.split_first() else {
        *at = value;
        return Ok(());
    };
    match at {
        Value::Object(map) => put(map.entry(key.clone()).or_insert_with(|| Value::Object(Map::new())), rest, value),
        Value::Array(items) => {
            let named = |v: &Value| v.get("name").and_then(Value::as_str) == Some(key.as_str());
            let n = items.iter().position(named).or_else(|| key.parse().ok().filter(|n| *n < items.len()));
            let there = items.len();
            let item = n.and_then(|n| items.get_mut(n));
            put(item.ok_or_else(|| format!("there is no entry `{key}` among the {there}"))?, rest, value)
        }
        // What was short for a table: lines = 80.
        Value::Number(_) | Value::String(_) if matches!(key.as_str(), "min" | "warn" | "max") => {
            let short = std::mem::take(at);
            *at = Value::Object(Map::from_iter([("min".to_owned(), short)]));
            put(at, path, value)
        }
        _ => Err(format!("`{key}` would stand below something that is no table")),
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

/// What reads a policy out of plain values: the mistakes in it, or nothing.
pub type Reads<'r> = &'r dyn Fn(&Value) -> Result<(), PolicyError>;

/// What is wrong with one of the settings: a gate that none of the runs has, or what no policy of theirs takes.
pub fn mistake(reads: Reads<'_>, verdicts: &[Verdict], settings: &[Setting]) -> Option<String> {
    settings.iter().find_map(|s| s.mistake(reads, verdicts)).map(|why| format!("--set {why}"))
}

impl Setting {
    fn mistake(&self, reads: Reads<'_>, verdicts: &[Verdict]) -> Option<String> {
        let of_gate = self.path.first().is_some_and(|p| p == "gates");
        let has = |v: &&Verdict| !of_gate || v.gates.iter().any(|g| self.of(&g.name).is_some());
        let own: Vec<&Verdict> = verdicts.iter().filter(has).collect();
        if own.is_empty() {
            let name = self.path.get(1)?;
            let names: Vec<&str> = verdicts.iter().flat_map(|v| &v.gates).map(|g| g.name.as_str()).collect();
            let near = nearest(name, &names).map(|near| format!(": did you mean `{near}`?")).unwrap_or_default();
            return Some(format!("{}: there is no gate `{name}`{near}", self.key()));
        }
        let mut first = None;
        for v in own {
            // A policy of another version, or one of parts that are not here, tells nothing of what is set.
            if v.policy.file.is_none() || reads(&v.policy.normalised).is_err() {
                return None;
            }
            let set = match with(&v.policy.normalised, std::slice::from_ref(self)) {
                Ok(set) => set,
                Err(why) => {
                    first.get_or_insert(why);
                    continue;
                }
            };
            let problems = reads(&set).err()?.problems;
            let problem = problems.first()?;
            let help = problem.help.as_ref().map(|help| format!(": {help}")).unwrap_or_default();
            first.get_or_insert(format!("{}: {}{help}", self.key(), problem.message));
        }
        first
    }
}

/// Judges a run's figures by other limits.
pub fn simulate(v: &Verdict, settings: &[Setting]) -> Simulation {
    let mut gates = v.gates.clone();
    let (mut changed, mut untold) = (Vec::new(), Vec::new());
    for s in settings {
        if s.path.first().is_none_or(|p| p != "gates") {
            untold.push(format!("{}: the figures of a verdict do not tell what this key changes", s.key()));
            continue;
        }
        // The longest name that fits: names may hold a point.
        let gate = gates.iter_mut().filter(|g| s.of(&g.name).is_some()).max_by_key(|g| g.name.len());
        let Some(gate) = gate else {
            untold.push(format!("{}: it has no such gate", s.key()));
            continue;
        };
        let Some(key) = s.of(&gate.name) else { continue };
        let before = gate.status;
        match set(gate, &key, s.plain()) {
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
    if key == "enabled" && value == "false" {
        gate.status = GateStatus::Skip;
        gate.blocking = false;
        return Ok("switched off by the policy".to_owned());
    }
    if key == "then" {
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

    fn reads(policy: &Value) -> Result<(), PolicyError> {
        Engine::default().parse_policy("policy.json", policy.to_string().as_bytes(), None).map(|_| ())
    }

    #[test]
    fn what_no_policy_takes_is_a_mistake() {
        let told = |set: &str| {
            let settings = [Setting::parse(set).unwrap()];
            mistake(&reads, &[verdict(169), verdict(100)], &settings)
        };
        for (set, words) in [
            (
                "gates.coverag.lines.min=85",
                "--set gates.coverag.lines.min: there is no gate `coverag`: did you mean `coverage`?",
            ),
            (
                "gates.coverage.linse=85",
                "--set gates.coverage.linse: a gate of rule `coverage` has no key `linse`: did you mean `lines`?",
            ),
            ("gates.coverage.lines.min=0.9", "`min` is a percentage, and 0.9 % is next to nothing"),
            ("gates.coverage.rule=coverag", "did you mean `coverage`?"),
            ("baseline.max-shrnk=20", "did you mean `max-shrink`?"),
            ("gates.coverage.action.x=1", "`action` takes a text"),
            ("version.x.y=1", "something that is no table"),
        ] {
            let said = told(set).unwrap_or_else(|| panic!("{set}"));
            assert!(said.contains(words), "{set}: {said}");
        }
        for right in [
            "gates.coverage.lines.min=85",
            "gates.a.b.action=block",
            "baseline.max-shrink=20",
            "gates.coverage.tools=x",
        ] {
            assert_eq!(told(right), None, "{right}");
        }
    }

    #[test]
    fn a_gate_that_some_of_the_runs_have_is_none() {
        let mut other = verdict(169);
        other.gates.retain(|g| g.name != "coverage");
        let settings = [Setting::parse("gates.coverage.lines.min=85").unwrap()];
        assert_eq!(mistake(&reads, &[other.clone(), verdict(169)], &settings), None);
        assert!(mistake(&reads, &[other], &settings).is_some());
        // Of the built-in default nobody knows what it would take.
        let mut built_in = verdict(169);
        built_in.policy.file = None;
        assert_eq!(mistake(&reads, &[built_in], &[Setting::parse("gates.coverage.linse=85").unwrap()]), None);
    }

    #[test]
    fn what_the_figures_do_not_tell_is_said() {
        for (set, words) in [
            ("gates.other.lines.min=1", "no such gate"),
            ("gates.coverage.branches.min=1", "no figure of branches to a limit: there are lines"),
            ("gates.coverage.tools=x", "do not tell what this key"),
            ("gates.coverage.lines.min=much", "cannot be held against much"),
            ("gates.coverage.action=stop", "not stop"),
            ("gates.coverage.enabled=true", "do not tell what this key"),
            ("baseline.max-shrink=3", "do not tell what this key changes"),
            ("evidence.unit.min-cases=3", "do not tell what this key changes"),
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
            ("gates..b=3", "without a name"),
            ("=3", "without a name"),
            ("gates.\"a.b=3", "does not end"),
        ] {
            let said = Setting::parse(text).unwrap_err();
            assert!(said.contains(words), "{text}: {said}");
        }
        assert_eq!(Setting::parse("gates.a.max-duration=\"5m\"").unwrap().plain(), "5m");
        assert!(Setting::parse("weakening=fail").is_ok());
        assert_eq!(Setting::parse("gates.\"a.b\" . lines.min = 3").unwrap().key(), "gates.\"a.b\".lines.min");
    }

    #[test]
    fn a_gate_that_is_switched_off_is_skipped() {
        let off = of(100, &["gates.coverage.lines.min=10", "gates.coverage.enabled=false"]);
        assert!(off.untold.len() == 1, "{off:?}");
        let off = of(100, &["gates.coverage.enabled=false"]);
        assert_eq!((off.changed[0].after, off.after), (GateStatus::Skip, Some(Overall::Pass)));
    }

    #[test]
    fn any_key_of_a_policy_can_be_set_in_it() {
        let policy = serde_json::json!({
            "version": 1,
            "evidence": [{ "name": "unit", "paths": ["a"] }, { "paths": ["b"] }],
            "gates": { "a.b": { "rule": "coverage", "lines": 80 }, "a": { "rule": "tests" } },
        });
        let set = |text: &str| with(&policy, &[Setting::parse(text).unwrap()]);
        let at = |text: &str, pointer: &str| set(text).unwrap().pointer(pointer).cloned().unwrap();
        assert_eq!(at("evidence.unit.min-cases=3", "/evidence/0/min-cases"), 3);
        assert_eq!(at("evidence.1.required=false", "/evidence/1/required"), false);
        assert_eq!(at("baseline.max-age=\"30d\"", "/baseline/max-age"), "30d");
        assert_eq!(at("weakening=fail", "/weakening"), "fail");
        assert_eq!(at("gates.a.max-failed=3", "/gates/a/max-failed"), 3);
        for key in ["gates.a.b.lines.min=90", "gates.\"a.b\".lines.min=90"] {
            assert_eq!(at(key, "/gates/a.b/lines/min"), 90, "{key}");
        }
        // What was short for `min` stays so.
        assert_eq!(at("gates.a.b.lines.warn=90", "/gates/a.b/lines/min"), 80);
        assert_eq!(at("gates.a.b.patch={\"lines\": 70}", "/gates/a.b/patch/lines"), 70);
        assert_eq!(at("gates.a.tools=[\"eunit\"]", "/gates/a/tools/0"), "eunit");
        assert!(set("evidence.lint.min-cases=3").unwrap_err().contains("no entry `lint` among the 2"));
        assert!(set("version.x.y=3").unwrap_err().contains("no table"));
        assert_eq!(policy.pointer("/gates/a.b/lines").unwrap(), 80, "it stays what it was");
    }
}
