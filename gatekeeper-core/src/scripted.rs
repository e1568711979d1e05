//! Rules written in another language. A binding hands over one function from text to text; what that function is shown and what its answers
//! mean is settled here, once for all languages.
//!
//! It is asked with two JSON documents: the gate's evidence (an array, one object for each report) and the gate's own table of the policy.
//! Its answer, as JSON, is one of:
//!
//! - `null`, `true` or `[]`: the gate passes. `false`: it fails.
//! - an array: each item is a violation, either its message or `{"message", "status", "path", "line", "id", "help"}` of which only `message`
//!   is required and `status` is `fail` where it is not given.
//! - `{"status", "reason", "violations"}`, of which only `status` is required. The worst of `status` and the violations' statuses counts.
//!
//! Anything else, and any failure to answer, is an `error` of the gate: a rule that did not say that a gate holds has not passed it.

pub use crate::config::KeyKind;
use crate::config::{Selector, Table};
use crate::rule::{Bound, Condition, Item, Judge, Judgement, Quantity, Rule, RuleError, Scope};
use crate::verdict::{GateStatus, Violation};
use gatekeeper_evidence::findings::Place;
use gatekeeper_evidence::{
    Approvals, Checklist, Checksums, Commits, Coverage, Data, Evidence, Findings, Inventory, Kind, Measurements, Note,
    Recording, TestRun, Vex,
};
use gatekeeper_formats::inspect::summary;
use serde::Serialize;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Asks a rule: the gate's evidence and the gate's own table, both as JSON text. It answers JSON text, or says in words why it could not.
pub type Ask = dyn Fn(&str, &str) -> Result<String, String> + Send + Sync;

/// The kinds of evidence that a rule can take, by the names that policies and bindings use.
pub const KINDS: [Kind; 9] = [
    Kind::Coverage,
    Kind::Tests,
    Kind::Findings,
    Kind::Inventory,
    Kind::Measurements,
    Kind::Approvals,
    Kind::Commits,
    Kind::Checksums,
    Kind::Checklist,
];

/// The statuses that a rule may answer. `skip` is none of them: whether a gate is judged is for the policy to say.
const STATUSES: [GateStatus; 6] = [
    GateStatus::Pass,
    GateStatus::Warn,
    GateStatus::Fail,
    GateStatus::Error,
    GateStatus::Missing,
    GateStatus::Inconclusive,
];

/// A rule that asks a function. Policies name it by `id`; all keys of its gates that gates do not share are its own, and are handed to it
/// unread. It takes evidence of one kind, or of every kind where none is given.
///
/// ```
/// use gatekeeper_core::evidence::Kind;
/// use gatekeeper_core::{Candidate, Context, Engine, scripted};
///
/// let rule = scripted::rule("no-slow-tests", Kind::Tests, |evidence, config| {
///     assert!(evidence.contains("duration_s") && config.contains("limit"));
///     Ok(r#"["slow: 12 s"]"#.to_owned())
/// });
/// let engine = Engine::builder().rule(rule).build();
/// let policy = engine.parse_policy("gatekeeper.toml", b"version = 1\n[gates.g]\nrule = \"no-slow-tests\"\nlimit = 10", None)?;
/// let report = br#"<testsuite name="s"><testcase name="slow" time="12"/></testsuite>"#;
/// let verdict = engine.evaluate(&policy, vec![Candidate::in_memory("junit.xml", report.to_vec())], &Context::without_clock());
/// assert_eq!(verdict.status.as_str(), "fail");
/// # Ok::<(), gatekeeper_core::PolicyError>(())
/// ```
pub fn rule<F>(id: impl Into<Cow<'static, str>>, kind: impl Into<Option<Kind>>, ask: F) -> Rule
where
    F: Fn(&str, &str) -> Result<String, String> + Send + Sync + 'static,
{
    made(id.into(), kind.into(), None, Arc::new(ask))
}

/// The same of a rule that says which keys its gates may have, and what each of them takes where it says so: any other key is a mistake in
/// the policy, as it is in gates of the built-in rules.
///
/// ```
/// use gatekeeper_core::evidence::Kind;
/// use gatekeeper_core::{Engine, scripted};
///
/// let keys = [("limit".to_owned(), Some(scripted::KeyKind::Number))];
/// let rule = scripted::rule_with_keys("no-slow-tests", Kind::Tests, keys, |_, _| Ok("[]".to_owned()));
/// let engine = Engine::builder().rule(rule).build();
/// let policy = b"version = 1\n[gates.g]\nrule = \"no-slow-tests\"\nlimmit = 10";
/// assert!(engine.parse_policy("gatekeeper.toml", policy, None).is_err());
/// ```
pub fn rule_with_keys<F>(
    id: impl Into<Cow<'static, str>>,
    kind: impl Into<Option<Kind>>,
    keys: impl IntoIterator<Item = (String, Option<KeyKind>)>,
    ask: F,
) -> Rule
where
    F: Fn(&str, &str) -> Result<String, String> + Send + Sync + 'static,
{
    made(id.into(), kind.into(), Some(keys.into_iter().collect()), Arc::new(ask))
}

type Keys = Vec<(String, Option<KeyKind>)>;

fn made(id: Cow<'static, str>, kind: Option<Kind>, keys: Option<Keys>, ask: Arc<Ask>) -> Rule {
    let build = {
        let id = id.clone();
        move |table: &mut Table<'_>| {
            let config = match &keys {
                Some(keys) => table.rest_of(keys)?,
                None => table.rest()?,
            };
            let config = config.to_string();
            Some(Box::new(Scripted { id: id.to_string(), config, ask: Arc::clone(&ask) }) as Box<dyn Judge>)
        }
    };
    match kind {
        Some(kind) => Rule::new(id, kind, build),
        None => Rule::of_every_kind(id, build),
    }
}

/// A gate of such a rule.
struct Scripted {
    id: String,
    /// The gate's own table, JSON.
    config: String,
    ask: Arc<Ask>,
}

impl fmt::Debug for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scripted").field("id", &self.id).field("config", &self.config).finish_non_exhaustive()
    }
}

impl Judge for Scripted {
    fn takes(&self, evidence: &Evidence, select: &Selector) -> bool {
        match &evidence.data {
            Data::Findings(f) => select.names_category_of(f, evidence.source.tool.as_deref()),
            _ => true,
        }
    }

    fn judge(&self, scope: &Scope<'_>) -> Result<Judgement, RuleError> {
        let mut judged = self.answer(scope).map_err(RuleError::new)?;
        let before = judged.violations.len();
        // What could not be seen cannot be waived.
        judged.violations.retain(|v| {
            let item = Item { id: v.id.as_deref(), path: v.place.as_ref().map(|p| &*p.path), ..Item::default() };
            !matches!(v.status, GateStatus::Fail | GateStatus::Warn) || !scope.waived(&item)
        });
        // The rule's own words sum up what it found, all of which is waived.
        if before > 0 && judged.violations.is_empty() {
            judged.conditions.clear();
        }
        Ok(judged)
    }
}

impl Scripted {
    fn answer(&self, scope: &Scope<'_>) -> Result<Judgement, String> {
        let text = (self.ask)(&documents(scope)?, &self.config)?;
        let answer: Value = serde_json::from_str(&text).map_err(|e| format!("its answer is not JSON: {e}"))?;
        judgement(&self.id, &answer)
    }
}

/// A report as a rule is shown it.
#[derive(Serialize)]
struct Document<'e> {
    path: &'e str,
    format: &'e str,
    kind: Kind,
    tool: Option<&'e str>,
    labels: &'e BTreeMap<String, String>,
    complete: Option<bool>,
    exit_status: Option<i32>,
    notes: &'e [Note],
    summary: Value,
    data: Content<'e>,
}

/// The content without the name of its kind, which stands beside it.
#[derive(Serialize)]
#[serde(untagged)]
enum Content<'e> {
    Coverage(&'e Coverage),
    Tests(&'e TestRun),
    Findings(&'e Findings),
    Inventory(&'e Inventory),
    Measurements(&'e Measurements),
    Vex(&'e Vex),
    Approvals(&'e Approvals),
    Commits(&'e Commits),
    Checksums(&'e Checksums),
    Checklist(&'e Checklist),
    Command(&'e Recording),
}

impl<'e> Document<'e> {
    fn of(e: &'e Evidence) -> Self {
        Document {
            path: &e.source.path,
            format: e.source.format,
            kind: e.kind(),
            tool: e.source.tool.as_deref(),
            labels: &e.source.labels,
            complete: e.complete,
            exit_status: e.source.exit_status,
            notes: &e.notes,
            summary: summary(e),
            data: match &e.data {
                Data::Coverage(d) => Content::Coverage(d),
                Data::Tests(d) => Content::Tests(d),
                Data::Findings(d) => Content::Findings(d),
                Data::Inventory(d) => Content::Inventory(d),
                Data::Measurements(d) => Content::Measurements(d),
                Data::Vex(d) => Content::Vex(d),
                Data::Approvals(d) => Content::Approvals(d),
                Data::Commits(d) => Content::Commits(d),
                Data::Checksums(d) => Content::Checksums(d),
                Data::Checklist(d) => Content::Checklist(d),
                Data::Command(d) => Content::Command(d),
            },
        }
    }
}

/// The gate's evidence as JSON, narrowed to what the policy's `paths` and `categories` name.
fn documents(scope: &Scope<'_>) -> Result<String, String> {
    let narrowed: Vec<_> = scope.evidence.iter().filter_map(|e| narrowed(e, scope.select)).collect();
    if narrowed.is_empty() {
        return Err("none of the files in its evidence lies under the gate's `paths`".to_owned());
    }
    let documents: Vec<Document<'_>> = narrowed.iter().map(|e| Document::of(e)).collect();
    serde_json::to_string(&documents).map_err(|e| format!("its evidence cannot be written as JSON: {e}"))
}

/// `None` where the policy's `paths` leave nothing of it.
fn narrowed<'e>(e: &'e Evidence, select: &Selector) -> Option<Cow<'e, Evidence>> {
    let named = |path: &str| select.paths.is_empty() || select.paths.iter().any(|p| p.speaks_of(path));
    match &e.data {
        Data::Findings(f) if !(select.categories.is_empty() && select.paths.is_empty()) => {
            let mut f = f.clone();
            // A finding without a place cannot be told from those in the places named: it counts.
            f.items.retain(|i| {
                (select.categories.is_empty() || select.categories.contains(&i.category))
                    && i.place.as_ref().is_none_or(|at| named(&at.path))
            });
            Some(Cow::Owned(Evidence { data: Data::Findings(f), ..e.clone() }))
        }
        Data::Coverage(c) if !select.paths.is_empty() => {
            let mut c = Coverage { percent: None, stated: Default::default(), ..c.clone() };
            c.files.retain(|path, _| named(path));
            (!c.files.is_empty()).then(|| Cow::Owned(Evidence { data: Data::Coverage(c), ..e.clone() }))
        }
        _ => Some(Cow::Borrowed(e)),
    }
}

/// What an answer means.
fn judgement(id: &str, answer: &Value) -> Result<Judgement, String> {
    match answer {
        Value::Null | Value::Bool(true) => Ok(Judgement::default()),
        Value::Bool(false) => Ok(Judgement::of(failed(GateStatus::Fail, format!("the rule `{id}` answered false")))),
        Value::Array(items) => Ok(Judgement { violations: violations(items)?, ..Judgement::default() }),
        Value::Object(fields) => {
            known(fields, &["status", "reason", "violations"], "the answer")?;
            let status = status(fields)?.ok_or("the answer has no `status`")?;
            let reason = text(fields, "reason")?;
            let mut out = Judgement::default();
            match fields.get("violations") {
                None | Some(Value::Null) => {}
                Some(Value::Array(items)) => out.violations = violations(items)?,
                Some(other) => return Err(format!("`violations` is a list, not {}", what(other))),
            }
            let good = matches!(status, GateStatus::Pass | GateStatus::Warn);
            if !good && out.violations.is_empty() {
                let message = reason.unwrap_or_else(|| format!("the rule `{id}` answered {}", status.as_str()));
                out.violations.push(failed(status, message));
            } else if reason.is_some() || status > out.status() {
                let value = reason.unwrap_or_else(|| format!("the rule `{id}` answered {}", status.as_str()));
                out.conditions.push(stated(id, value, status));
            }
            Ok(out)
        }
        other => Err(format!(
            "it answered {}, not a list of violations, an object with `status`, true or false",
            what(other)
        )),
    }
}

/// The rule's own words, as a condition.
fn stated(id: &str, value: String, status: GateStatus) -> Condition {
    Condition {
        metric: id.to_owned().into(),
        value: Quantity::Word(value.into()),
        bound: Bound::Is,
        limit: Quantity::Word(GateStatus::Pass.as_str().into()),
        noun: "",
        status,
    }
}

fn failed(status: GateStatus, message: String) -> Violation {
    Violation::new("rule-violation", status, message)
}

fn violations(items: &[Value]) -> Result<Vec<Violation>, String> {
    items.iter().enumerate().map(|(n, item)| violation(item).map_err(|e| format!("violation {}: {e}", n + 1))).collect()
}

fn violation(item: &Value) -> Result<Violation, String> {
    let fields = match item {
        Value::String(message) => return Ok(failed(GateStatus::Fail, message.clone())),
        Value::Object(fields) => fields,
        other => return Err(format!("expected a message or an object with `message`, found {}", what(other))),
    };
    known(fields, &["message", "status", "path", "line", "id", "help"], "a violation")?;
    let message = text(fields, "message")?.ok_or("it has no `message`")?;
    let mut v = failed(status(fields)?.unwrap_or(GateStatus::Fail), message);
    if v.status == GateStatus::Pass {
        return Err("a violation cannot have the status `pass`".to_owned());
    }
    v.id = text(fields, "id")?;
    v.help = text(fields, "help")?;
    let line = match fields.get("line") {
        None | Some(Value::Null) => None,
        Some(n) => Some(
            n.as_u64()
                .and_then(|n| u32::try_from(n).ok())
                .filter(|n| *n > 0)
                .ok_or_else(|| format!("`line` is a whole number from 1, not {n}"))?,
        ),
    };
    v.place = match (text(fields, "path")?, line) {
        (Some(path), line) => Some(Place { path: path.into(), line, column: None }),
        (None, Some(_)) => return Err("it has a `line` but no `path`".to_owned()),
        (None, None) => None,
    };
    Ok(v)
}

fn status(fields: &Map<String, Value>) -> Result<Option<GateStatus>, String> {
    let Some(word) = text(fields, "status")? else { return Ok(None) };
    let known = || STATUSES.map(GateStatus::as_str).join(", ");
    match STATUSES.into_iter().find(|s| s.as_str() == word) {
        Some(status) => Ok(Some(status)),
        None => Err(format!("`status` is one of {}, not {word:?}", known())),
    }
}

fn text(fields: &Map<String, Value>, key: &str) -> Result<Option<String>, String> {
    match fields.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => Err(format!("`{key}` is text, not {}", what(other))),
    }
}

/// A misspelt key would be dropped without a sound.
fn known(fields: &Map<String, Value>, keys: &[&str], whose: &str) -> Result<(), String> {
    match fields.keys().find(|k| !keys.contains(&k.as_str())) {
        Some(key) => Err(format!("{whose} has no key {key:?}; its keys are {}", keys.join(", "))),
        None => Ok(()),
    }
}

fn what(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(_) => "text".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Candidate, Context, Engine};
    use serde_json::json;

    fn judged(answer: &str) -> (String, String) {
        let j = serde_json::from_str(answer)
            .map_err(|e| e.to_string())
            .and_then(|a| judgement("r", &a))
            .unwrap_or_else(|e| Judgement::of(Violation::new("rule-error", GateStatus::Error, e)));
        let values = j.conditions.iter().filter_map(|c| match &c.value {
            Quantity::Word(word) => Some(word.to_string()),
            _ => None,
        });
        let said = j.violations.iter().map(|v| v.message.clone()).chain(values);
        (j.status().as_str().to_owned(), said.collect::<Vec<_>>().join("|"))
    }

    #[test]
    fn answers_mean_what_they_say() {
        for (answer, status, said) in [
            ("null", "pass", ""),
            ("true", "pass", ""),
            ("[]", "pass", ""),
            ("false", "fail", "the rule `r` answered false"),
            (r#"["a", {"message": "b", "status": "warn"}]"#, "fail", "a|b"),
            (r#"[{"message": "b", "status": "warn"}]"#, "warn", "b"),
            (r#"{"status": "pass", "reason": "3 of 3"}"#, "pass", "3 of 3"),
            (r#"{"status": "pass"}"#, "pass", ""),
            (r#"{"status": "warn"}"#, "warn", "the rule `r` answered warn"),
            (r#"{"status": "fail"}"#, "fail", "the rule `r` answered fail"),
            (r#"{"status": "inconclusive", "reason": "too few"}"#, "inconclusive", "too few"),
            (r#"{"status": "fail", "reason": "two", "violations": ["a", "b"]}"#, "fail", "a|b|two"),
            (r#"{"status": "pass", "violations": ["a"]}"#, "fail", "a"),
            (r#"{"status": "fail", "violations": ["a"]}"#, "fail", "a"),
            (
                r#"{"status": "fail", "violations": [{"message": "a", "status": "warn"}]}"#,
                "fail",
                "a|the rule `r` answered fail",
            ),
        ] {
            assert_eq!(judged(answer), (status.to_owned(), said.to_owned()), "{answer}");
        }
    }

    #[test]
    fn an_answer_that_means_nothing_is_an_error() {
        for (answer, said) in [
            ("1", "it answered 1"),
            ("0", "it answered 0"),
            ("\"pass\"", "it answered text"),
            ("{}", "no `status`"),
            (r#"{"status": "ok"}"#, "not \"ok\""),
            (r#"{"status": "skip"}"#, "not \"skip\""),
            (r#"{"status": true}"#, "`status` is text, not true"),
            (r#"{"statsu": "pass"}"#, "no key \"statsu\""),
            (r#"{"status": "pass", "violations": "a"}"#, "`violations` is a list"),
            ("[1]", "violation 1: expected a message"),
            (r#"["a", {}]"#, "violation 2: it has no `message`"),
            (r#"[{"message": "a", "status": "pass"}]"#, "cannot have the status `pass`"),
            (r#"[{"message": "a", "line": 3}]"#, "`line` but no `path`"),
            (r#"[{"message": "a", "path": "x", "line": 0}]"#, "`line` is a whole number from 1, not 0"),
            (r#"[{"message": "a", "path": "x", "line": 1.5}]"#, "not 1.5"),
            (r#"[{"message": "a", "severity": "high"}]"#, "no key \"severity\""),
            ("[null]", "found nothing"),
        ] {
            let (status, words) = judged(answer);
            assert_eq!(status, "error", "{answer}");
            assert!(words.contains(said), "{answer}: {words}");
        }
    }

    #[test]
    fn a_violation_has_its_place() {
        let j = judgement("r", &json!([{"message": "m", "path": "a.c", "line": 7, "id": "X1", "help": "h"}])).unwrap();
        let v = &j.violations[0];
        assert_eq!(v.place, Some(Place { path: "a.c".into(), line: Some(7), column: None }));
        assert_eq!((v.id.as_deref(), v.help.as_deref(), v.status), (Some("X1"), Some("h"), GateStatus::Fail));
    }

    const REPORT: &[u8] = br#"<testsuite name="s" tests="1"><testcase name="adds" classname="calc"/></testsuite>"#;

    /// What a rule is shown, and the status of its gate when it answers so.
    fn asked(
        keys: &str,
        kind: impl Into<Option<Kind>>,
        file: &str,
        report: &[u8],
        answer: Result<&str, &str>,
    ) -> (Value, Value, String) {
        let seen = Arc::new(std::sync::Mutex::new((Value::Null, Value::Null)));
        let (seen_there, answer) = (Arc::clone(&seen), answer.map(str::to_owned).map_err(str::to_owned));
        let own = rule("own", kind, move |evidence, config| {
            let both = (serde_json::from_str(evidence).unwrap(), serde_json::from_str(config).unwrap());
            *seen_there.lock().unwrap() = both;
            answer.clone()
        });
        let engine = Engine::builder().rule(own).build();
        let text = format!("version = 1\n[gates.g]\nrule = \"own\"\n{keys}");
        let policy = engine.parse_policy("gatekeeper.toml", text.as_bytes(), None).unwrap();
        let candidates = vec![Candidate::in_memory(file, report.to_vec())];
        let verdict = engine.evaluate(&policy, candidates, &Context::at(1_780_272_000));
        let (evidence, config) = seen.lock().unwrap().clone();
        (evidence, config, format!("{}: {}", verdict.gates[0].status.as_str(), verdict.gates[0].reason))
    }

    #[test]
    fn a_rule_sees_the_evidence_and_its_own_table() {
        let keys = "action = \"block\"\ntools = [\"eunit\"]\nlimit = 10\nshare = 0.5\nwho = { list = [\"a\", true] }";
        let (_, config, said) = asked(keys, Kind::Tests, "junit.xml", REPORT, Ok("[]"));
        assert_eq!(config, Value::Null, "no evidence of eunit: the rule is not asked");
        assert!(said.starts_with("missing"), "{said}");
        let keys = keys.replace("tools = [\"eunit\"]\n", "");
        let (evidence, config, said) = asked(&keys, Kind::Tests, "junit.xml", REPORT, Ok("[]"));
        assert_eq!(config, json!({"limit": 10, "share": 0.5, "who": {"list": ["a", true]}}));
        assert!(said.starts_with("pass"), "{said}");
        let e = &evidence[0];
        assert_eq!((&e["path"], &e["format"], &e["kind"]), (&json!("junit.xml"), &json!("junit"), &json!("tests")));
        assert_eq!(e["summary"]["passed"], 1);
        assert_eq!(e["data"]["suites"][0]["cases"][0]["name"], "adds");
    }

    #[test]
    fn a_rule_that_cannot_answer_is_an_error_of_its_gate() {
        for answer in [Err("ValueError: no"), Ok("not JSON"), Ok("3")] {
            let (_, _, said) = asked("", Kind::Tests, "junit.xml", REPORT, answer);
            assert!(said.starts_with("error: the rule `own` could not judge: "), "{said}");
        }
    }

    #[test]
    fn without_a_kind_a_rule_takes_every_kind() {
        let lcov = b"SF:src/a.c\nDA:1,1\nend_of_record\n";
        for (file, report, kind) in [("junit.xml", REPORT, "tests"), ("lcov.info", lcov.as_slice(), "coverage")] {
            let (evidence, _, said) = asked("", None, file, report, Ok("[]"));
            assert_eq!(evidence[0]["kind"], kind);
            assert!(said.starts_with("pass"), "{said}");
        }
        let (_, _, said) = asked("", None, "lcov.info", b"SF:src/a.c\nDA:1,x\n", Ok("[]"));
        assert!(said.starts_with("error"), "what it would have taken could not be read: {said}");
        let (_, _, said) = asked("formats = [\"junit\"]", None, "lcov.info", lcov, Ok("[]"));
        assert!(said.starts_with("missing"), "{said}");
    }

    #[test]
    fn what_is_waived_does_not_fail_and_an_error_is_never_waived() {
        let waiver = "[[waivers]]\ngate = \"g\"\nid = \"X1\"\nreason = \"known\"\nexpires = \"2099-12-31\"";
        let one = r#"{"status": "fail", "reason": "one", "violations": [{"message": "a", "id": "X1"}]}"#;
        let other = r#"[{"message": "a", "id": "X1"}, {"message": "b", "id": "X2"}]"#;
        let error = r#"[{"message": "a", "id": "X1", "status": "error"}]"#;
        for (answer, status) in [(one, "pass"), (other, "fail: b"), (error, "error: a")] {
            let (_, _, said) = asked(waiver, Kind::Tests, "junit.xml", REPORT, Ok(answer));
            assert!(said.starts_with(status), "{answer}: {said}");
        }
    }

    #[test]
    fn paths_and_categories_narrow_what_a_rule_is_shown() {
        let lcov = b"SF:src/a.c\nDA:1,1\nend_of_record\nSF:gen/b.c\nDA:1,0\nend_of_record\n";
        let (evidence, _, _) = asked("paths = [\"src/**\"]", Kind::Coverage, "lcov.info", lcov, Ok("[]"));
        assert_eq!(evidence[0]["data"]["files"].as_object().unwrap().keys().collect::<Vec<_>>(), ["src/a.c"]);
        let (_, _, said) = asked("paths = [\"lib/**\"]", Kind::Coverage, "lcov.info", lcov, Ok("[]"));
        assert!(said.starts_with("error: ") && said.contains("`paths`"), "{said}");
    }
}
