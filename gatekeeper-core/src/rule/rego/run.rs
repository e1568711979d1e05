//! Runs the rules of a gate over its evidence, with an end.

use super::super::api::{Item, Judge, Judgement, RuleError, Scope};
use super::super::condition::Condition;
use super::super::document;
use super::bound::within;
use super::words::{denies, place_in, words_of};
use crate::config::Selector;
use crate::verdict::{GateStatus, Violation};
use gatekeeper_evidence::findings::Place;
use gatekeeper_evidence::{Evidence, Kind};
use regorus::utils::limits::ExecutionTimerConfig;
use regorus::{Engine, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

/// How long all rules of a gate may take.
const LONGEST: Duration = Duration::from_secs(1);
/// How much memory they may take, where the system tells it.
const MOST: usize = 512 << 20;
/// Steps between two looks at the clock: one may double a text.
const STRIDE: u32 = 1;
/// Most messages that are told of one rule.
const MOST_MESSAGES: usize = 10_000;

/// A gate.
pub(super) struct Rego {
    pub(super) engine: Box<Engine>,
    /// The rules that are asked, by package.
    pub(super) asked: BTreeMap<String, BTreeSet<String>>,
    /// Parts of the document that they speak of.
    pub(super) names: BTreeSet<String>,
    /// Those that must be there, with the place that says so.
    pub(super) fixed: BTreeMap<String, String>,
    pub(super) kinds: Vec<Kind>,
}

impl fmt::Debug for Rego {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rego").field("asked", &self.asked).field("names", &self.names).finish_non_exhaustive()
    }
}

/// Gives the language the run's clock, in seconds, in place of the machine's.
pub(super) fn clock(engine: &mut Engine, now: Option<i64>) {
    let now = move |_: Vec<Value>| match now {
        Some(now) => Ok(Value::from(i128::from(now) * 1_000_000_000)),
        None => Err(anyhow::anyhow!("this run has no clock")),
    };
    // It fails where the function is there, which it is not.
    let _ = engine.add_extension("time.now_ns".to_owned(), 0, Box::new(now));
}

/// The document in the language's own values.
fn value(of: &cel::Value) -> Value {
    match of {
        cel::Value::Int(n) => Value::from(*n),
        cel::Value::Bool(b) => Value::from(*b),
        cel::Value::String(text) => Value::from(text.as_str()),
        cel::Value::List(items) => Value::from(items.iter().map(value).collect::<Vec<_>>()),
        cel::Value::Map(map) => {
            let entries = map.map.iter().map(|(k, v)| (Value::from(k.to_string().trim_matches('"')), value(v)));
            Value::from(entries.collect::<BTreeMap<Value, Value>>())
        }
        _ => Value::Null,
    }
}

/// What one rule came to.
enum Answer {
    /// Messages: what is said, and what waivers may name.
    Said(Vec<(String, Option<String>, Option<String>)>),
    Undefined,
}

/// What the rules of a package came to.
struct Told {
    package: String,
    excused: Result<BTreeSet<String>, String>,
    rules: Vec<(String, Result<Answer, String>)>,
}

/// Asks the rules of all packages, within the time that all of them together have.
fn evaluate(mut engine: Engine, asked: BTreeMap<String, BTreeSet<String>>) -> Vec<Told> {
    let began = std::time::Instant::now();
    let within = |engine: &mut Engine| {
        let limit = LONGEST.saturating_sub(began.elapsed());
        let check_interval = NonZeroU32::new(STRIDE).unwrap_or(NonZeroU32::MIN);
        engine.set_execution_timer_config(ExecutionTimerConfig { limit, check_interval });
    };
    let mut all = Vec::new();
    for (package, names) in asked {
        within(&mut engine);
        let excused = Rego::excused(&mut engine, &package);
        let mut rules = Vec::new();
        for rule in names.into_iter().filter(|_| excused.is_ok()) {
            within(&mut engine);
            let said = Rego::ask(&mut engine, &package, &rule);
            rules.push((rule, said));
        }
        all.push(Told { package, excused, rules });
    }
    all
}

impl Rego {
    /// What is asked for and is not there.
    fn absent(&self, input: &Value) -> Option<Violation> {
        let lacking = self.fixed.iter().find(|(name, _)| {
            let mut at = input;
            name.split('.').any(|step| {
                at = &at[step];
                matches!(at, Value::Undefined)
            })
        });
        lacking.map(|(name, place)| {
            let words = format!("{place} speaks of input.{name}, which this evidence does not have");
            Violation::new("rego-undefined", GateStatus::Error, words)
                .with_help("where it may be absent, ask with object.get(…, default)")
        })
    }

    fn excused(engine: &mut Engine, package: &str) -> Result<BTreeSet<String>, String> {
        let answer = engine.eval_query(format!("data.{package}.exception"), false).map_err(|e| e.to_string())?;
        let mut out = BTreeSet::new();
        for value in answer.result.iter().flat_map(|r| &r.expressions).map(|e| &e.value) {
            let Value::Set(sets) = value else { continue };
            for names in sets.iter().filter_map(|s| s.as_array().ok()) {
                out.extend(names.iter().filter_map(|n| n.as_string().ok()).map(|n| n.to_string()));
            }
        }
        Ok(out)
    }

    fn ask(engine: &mut Engine, package: &str, rule: &str) -> Result<Answer, String> {
        let answer = engine.eval_query(format!("data.{package}.{rule}"), false).map_err(|e| e.to_string())?;
        let Some(value) = answer.result.iter().flat_map(|r| &r.expressions).map(|e| &e.value).next() else {
            return Ok(Answer::Undefined);
        };
        let items: Vec<&Value> = match value {
            Value::Undefined => return Ok(Answer::Undefined),
            Value::Set(items) => items.iter().collect(),
            Value::Array(items) => items.iter().collect(),
            // A rule that is no set: it denies by being true, or by what it says.
            Value::Bool(false) => return Ok(Answer::Said(Vec::new())),
            Value::Bool(true) => return Ok(Answer::Said(vec![(format!("{package}.{rule} holds"), None, None)])),
            one => vec![one],
        };
        let mut out = Vec::new();
        for item in items.into_iter().take(MOST_MESSAGES + 1) {
            let text = |key: &str| item[key].as_string().ok().map(|t| t.to_string());
            let said = match item {
                Value::String(text) => Some((text.to_string(), None, None)),
                Value::Object(_) => text("msg").map(|m| (m, text("id"), text("path"))),
                _ => None,
            };
            let Some((message, id, path)) = said else {
                return Err("it yields what is neither a text nor an object with `msg`".to_owned());
            };
            out.push((message.chars().take(2_000).collect(), id, path));
        }
        if out.len() > MOST_MESSAGES {
            return Err(format!("it yields more than {MOST_MESSAGES} messages"));
        }
        Ok(Answer::Said(out))
    }
}

impl Judge for Rego {
    fn takes(&self, evidence: &Evidence, _: &Selector) -> bool {
        self.kinds.is_empty()
            || self.kinds.contains(&evidence.kind())
            || self.names.iter().any(|n| n.starts_with("evidence"))
    }

    fn needs_evidence(&self) -> bool {
        self.names.iter().any(|n| !n.starts_with("run"))
    }

    fn judge(&self, scope: &Scope<'_>) -> Result<Judgement, RuleError> {
        let document = document::make(scope, &self.names);
        let mut out = Judgement { violations: document.violations("the Rego"), ..Judgement::default() };
        if document.is_void() {
            return Ok(out);
        }
        let roots = document.roots.iter().map(|(name, v)| (Value::from(*name), value(v)));
        let input = Value::from(roots.collect::<BTreeMap<Value, Value>>());
        if let Some(absent) = self.absent(&input) {
            out.violations.push(absent);
            return Ok(out);
        }
        let mut engine = (*self.engine).clone();
        clock(&mut engine, scope.now);
        engine.set_input(input);
        let asked = self.asked.clone();
        let told = match within(LONGEST, MOST, move || evaluate(engine, asked)) {
            Ok(told) => told,
            Err(why) => {
                let words = format!("the Rego cannot be evaluated: {why}");
                out.violations.push(Violation::new("rego-error", GateStatus::Error, words));
                return Ok(out);
            }
        };
        for Told { package, excused, rules } in told {
            let (mut denied, mut defined) = (0_u64, false);
            let failed = |rule: &str, e: &str| {
                let place = place_in(e).map(|(line, _)| format!(" (line {line})")).unwrap_or_default();
                let words = format!("{package}.{rule}{place} cannot be evaluated: {}", words_of(e));
                Violation::new("rego-error", GateStatus::Error, words)
            };
            let excused = match excused {
                Ok(excused) => excused,
                Err(e) => {
                    out.violations.push(failed("exception", &e));
                    continue;
                }
            };
            for (rule, said) in &rules {
                let said = match said {
                    Ok(Answer::Said(said)) => said,
                    Ok(Answer::Undefined) => continue,
                    Err(e) => {
                        defined = true;
                        out.violations.push(failed(rule, e));
                        continue;
                    }
                };
                defined = true;
                let bare = ["deny", "violation", "warn"].iter().find_map(|word| rule.strip_prefix(word));
                if !said.is_empty() && excused.contains(bare.unwrap_or(rule).trim_start_matches('_')) {
                    out.notes.push(format!("{package}.exception excuses {package}.{rule}: {} not counted", said.len()));
                    continue;
                }
                let status = if denies(rule) { GateStatus::Fail } else { GateStatus::Warn };
                let name = format!("{package}.{rule}");
                for (message, id, path) in said.iter().cloned() {
                    let id = id.unwrap_or_else(|| name.clone());
                    if scope.waived(&Item { id: Some(&id), path: path.as_deref(), ..Item::default() }) {
                        continue;
                    }
                    denied += u64::from(status == GateStatus::Fail);
                    let code = if status == GateStatus::Fail { "rego-deny" } else { "rego-warn" };
                    let mut violation = Violation::new(code, status, message);
                    violation.place = path.map(|path| Place { path: path.into(), ..Place::default() });
                    violation.id = Some(id);
                    out.violations.push(violation);
                }
            }
            if !defined {
                let words = format!(
                    "no rule of the package `{package}` is defined for this evidence, so nothing was judged by it"
                );
                out.violations.push(Violation::new("rego-undefined", GateStatus::Error, words));
                continue;
            }
            out.conditions.push(Condition::at_most(format!("{package}: denied"), denied, 0, GateStatus::Fail));
        }
        Ok(out)
    }
}
