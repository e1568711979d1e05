//! The output `sarif`: the violations as SARIF 2.1.0 (OASIS), for code scanning and editors.
//!
//! Within GitHub's limits ("SARIF support for code scanning", "SARIF results exceed one or more limits"): at most 25,000 results (5,000 are shown), the
//! worst of them; few rules, one for each sort of violation of a gate and severity, of two tags; one place a result; at most 10 MB when packed. What
//! has no place in the code stands at its gate's line in the policy. Where the working tree was there, each result has the fingerprint
//! `primaryLocationLineHash` that an upload would give it.

use super::document::rows;
use super::{Output, Style, Writer, text};
use crate::verdict::{GateStatus, GateVerdict, Verdict, Violation, WaiverUsed};
use flate2::Compression;
use flate2::write::GzEncoder;
use gatekeeper_evidence::findings::Severity;
use gatekeeper_evidence::hash::sha256_hex;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

pub(super) static OUTPUT: Output = Output {
    id: Cow::Borrowed("sarif"),
    title: Cow::Borrowed("violations as SARIF 2.1.0, for code scanning"),
    write: Writer::Detailed(write),
};

/// Results of a run that GitHub takes.
const RESULTS: usize = 25_000;

/// Bytes of a packed document that GitHub takes.
const PACKED: usize = 10_000_000;

/// Characters of a message.
const WORDS: usize = 2_000;

/// A result. Nothing is copied that stands in the verdict as it may be shown, and each is made only while it is written.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Found<'v> {
    rule_id: &'v str,
    rule_index: usize,
    level: &'static str,
    message: Message,
    locations: [Location<'v>; 1],
    partial_fingerprints: Fingerprints<'v>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressions: Option<[Suppression<'v>; 1]>,
    properties: Properties<'v>,
}

#[derive(Serialize)]
struct Message {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location<'v> {
    physical_location: Physical<'v>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical<'v> {
    artifact_location: Artifact<'v>,
    region: Region,
}

#[derive(Serialize)]
struct Artifact<'v> {
    uri: Cow<'v, str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_column: Option<u32>,
}

#[derive(Serialize)]
struct Fingerprints<'v> {
    #[serde(rename = "gatekeeper/v1")]
    own: String,
    #[serde(rename = "primaryLocationLineHash", skip_serializing_if = "Option::is_none")]
    line: Option<&'v str>,
}

#[derive(Serialize)]
struct Suppression<'v> {
    kind: &'static str,
    status: &'static str,
    justification: Cow<'v, str>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Properties<'v> {
    Violation {
        gate: Cow<'v, str>,
        status: &'static str,
        blocking: bool,
        id: Option<Cow<'v, str>>,
        package: Option<Cow<'v, str>>,
        evidence: Option<Cow<'v, str>>,
        url: Option<&'v str>,
    },
    Waiver {
        gate: Cow<'v, str>,
        expires: Option<Cow<'v, str>>,
    },
}

/// What a result is made of.
enum Of<'v> {
    Violation(&'v GateVerdict, &'v Violation),
    Waiver(&'v GateVerdict, &'v WaiverUsed),
}

/// The results in order, each with where its rule stands.
struct Results<'v> {
    all: Vec<(Of<'v>, usize)>,
    rules: &'v [Rule],
    policy: &'v str,
    hashes: Option<&'v LineHashes>,
}

/// By path and line.
type LineHashes = BTreeMap<String, BTreeMap<u32, String>>;

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.all.iter().map(|(of, rule)| self.found(of, *rule)))
    }
}

#[derive(Serialize)]
struct Rule {
    id: String,
    #[serde(flatten)]
    rest: Value,
}

/// A sort of violation: a gate's, by code and severity.
type Sort<'v> = (&'v str, &'v str, Option<Severity>);

/// The rules so far, in order, with where each stands.
#[derive(Default)]
struct Rules<'v> {
    all: Vec<Rule>,
    at: BTreeMap<String, usize>,
    known: HashMap<Sort<'v>, usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'r> {
    tool: Value,
    column_kind: &'static str,
    invocations: [Value; 1],
    results: Results<'r>,
    properties: Value,
}

#[derive(Serialize)]
struct Document<'r> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'r>; 1],
}

fn write(v: &Verdict, _: &Style, out: &mut dyn Write) -> io::Result<()> {
    within(v, PACKED, out)
}

/// Writes as many results as a document of so many bytes holds when packed.
fn within(v: &Verdict, limit: usize, out: &mut dyn Write) -> io::Result<()> {
    // What holds little text is small when packed: the rest is the same in every result.
    if words(v) <= limit {
        return written(v, RESULTS, out);
    }
    let mut most = RESULTS;
    loop {
        let mut bytes = Vec::new();
        written(v, most, &mut bytes)?;
        if bytes.len() <= limit || most == 0 || packed(&bytes)? <= limit {
            return out.write_all(&bytes);
        }
        let all =
            v.gates.iter().fold(0_usize, |n, g| n.saturating_add(g.violations.len()).saturating_add(g.waivers.len()));
        most = most.min(all) / 2;
    }
}

/// Bytes that violations bring, with what is said of each beside them: more than they come to when packed.
fn words(v: &Verdict) -> usize {
    /// Digits of the fingerprints, and what a packer makes of the keys.
    const EACH: usize = 250;
    let len = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let of = |v: &Violation| {
        let path = v.place.as_ref().map_or(0, |p| p.path.len().saturating_mul(3));
        let twice = len(&v.id).saturating_add(len(&v.package)).saturating_mul(2);
        [v.message.len(), len(&v.help), len(&v.source), len(&v.url), path, twice, EACH]
            .into_iter()
            .fold(0, usize::saturating_add)
    };
    let waivers = v
        .gates
        .iter()
        .flat_map(|g| &g.waivers)
        .map(|w| w.reason.len().saturating_add(w.what.len()).saturating_add(EACH));
    v.gates.iter().flat_map(|g| &g.violations).map(of).chain(waivers).fold(0, usize::saturating_add)
}

fn packed(bytes: &[u8]) -> io::Result<usize> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.len())
}

/// Writes the document with at most so many results: the worst, and what waivers took away.
fn written(v: &Verdict, most: usize, out: &mut dyn Write) -> io::Result<()> {
    let policy = v.policy.file.as_deref().unwrap_or("gatekeeper.toml");
    let mut rules = Rules::default();
    let mut worst: Vec<(&GateVerdict, &Violation)> =
        v.gates.iter().flat_map(|g| g.violations.iter().map(move |violation| (g, violation))).collect();
    worst.sort_by_key(|(g, v)| Reverse((g.blocking, v.status, v.severity)));
    let waived: Vec<(&GateVerdict, &WaiverUsed)> =
        v.gates.iter().flat_map(|g| g.waivers.iter().map(move |waiver| (g, waiver))).collect();
    let shown_waivers = waived.len().min(most / 5);
    let most = most.saturating_sub(shown_waivers);
    let cut = worst.len().saturating_sub(most).saturating_add(waived.len() - shown_waivers);
    let mut all: Vec<(Of<'_>, usize)> = Vec::with_capacity(worst.len().min(most) + shown_waivers);
    for (gate, violation) in worst.into_iter().take(most) {
        let rule = rules.of(gate, &violation.code, violation.severity);
        all.push((Of::Violation(gate, violation), rule));
    }
    for (gate, waiver) in waived.into_iter().take(shown_waivers) {
        let rule = rules.of(gate, "waived", None);
        all.push((Of::Waiver(gate, waiver), rule));
    }
    let mut notifications: Vec<Value> = text::strays(v)
        .iter()
        .map(|stray| json!({ "level": "error", "message": message(stray) }))
        .chain(v.warnings.iter().map(|w| json!({ "level": "warning", "message": message(w) })))
        .take(100)
        .collect();
    if cut > 0 {
        let words = format!("and {cut} more results, which are left out: the worst {most} are here");
        notifications.push(json!({ "level": "warning", "message": message(&words) }));
    }
    let mut invocation = json!({
        "executionSuccessful": !matches!(v.exit_code, 3),
        "exitCode": v.exit_code,
        "toolExecutionNotifications": notifications,
    });
    if let (Some(now), Some(invocation)) = (&v.now, invocation.as_object_mut()) {
        invocation.insert("endTimeUtc".to_owned(), Value::from(shown(now)));
    }
    let hashes = v.details.as_ref().map(|d| &d.line_hashes);
    let sarif = Document {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: json!({ "driver": {
                "name": "gatekeeper",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules.all,
            } }),
            column_kind: "unicodeCodePoints",
            invocations: [invocation],
            results: Results { all, rules: &rules.all, policy, hashes },
            properties: json!({ "status": v.status.as_str(), "summary": text::short(&v.summary, WORDS) }),
        }],
    };
    // A result a line.
    rows(&sarif, 4, out)
}

impl<'v> Results<'v> {
    fn found(&self, of: &Of<'v>, rule_index: usize) -> Found<'v> {
        let rule_id = self.rules.get(rule_index).map(|r| r.id.as_str()).unwrap_or_default();
        match of {
            Of::Violation(gate, v) => self.violation(gate, v, rule_id, rule_index),
            Of::Waiver(gate, waiver) => self.waiver(gate, waiver, rule_id, rule_index),
        }
    }

    fn hash(&self, path: &str, line: u64) -> Option<&'v str> {
        let line = u32::try_from(line.max(1)).ok()?;
        Some(self.hashes?.get(path)?.get(&line)?.as_str())
    }

    fn violation(&self, gate: &'v GateVerdict, v: &'v Violation, rule_id: &'v str, rule_index: usize) -> Found<'v> {
        let (path, line) = match &v.place {
            Some(p) => (p.path.as_ref(), p.line.map(u64::from)),
            None => (self.policy, gate.policy_line),
        };
        let column = v.place.as_ref().filter(|p| p.line.is_some()).and_then(|p| p.column);
        let mut words = format!("{}: {}", gate.name, v.message);
        if let Some(help) = &v.help {
            words.push('\n');
            words.push_str(help);
        }
        let own = v.place.as_ref().map(|p| p.path.as_ref()).unwrap_or_default();
        Found {
            rule_id,
            rule_index,
            level: level(gate, v.status),
            message: message(&words),
            locations: [location(path, line, column.filter(|column| *column > 0))],
            partial_fingerprints: Fingerprints {
                own: fingerprint(&[&gate.name, &v.code, v.id.as_deref().unwrap_or_default(), own, &v.message]),
                line: self.hash(path, line.unwrap_or(1)),
            },
            suppressions: None,
            properties: Properties::Violation {
                gate: shown(&gate.name),
                status: v.status.as_str(),
                blocking: gate.blocking,
                id: v.id.as_deref().map(shown),
                package: v.package.as_deref().map(shown),
                evidence: v.source.as_deref().map(shown),
                url: text::address(v),
            },
        }
    }

    fn waiver(&self, gate: &'v GateVerdict, waiver: &'v WaiverUsed, rule_id: &'v str, rule_index: usize) -> Found<'v> {
        let words = format!("waived: {} ({} of gate {})", waiver.what, waiver.waived, gate.name);
        Found {
            rule_id,
            rule_index,
            level: "note",
            message: message(&words),
            locations: [location(self.policy, Some(waiver.policy_line), None)],
            partial_fingerprints: Fingerprints {
                own: fingerprint(&[&gate.name, "waived", &waiver.what]),
                line: self.hash(self.policy, waiver.policy_line),
            },
            suppressions: Some([Suppression {
                kind: "external",
                status: "accepted",
                justification: text::shown(&waiver.reason, WORDS),
            }]),
            properties: Properties::Waiver { gate: shown(&gate.name), expires: waiver.expires.as_deref().map(shown) },
        }
    }
}

impl<'v> Rules<'v> {
    /// Where the rule of a sort of violation stands.
    fn of(&mut self, gate: &'v GateVerdict, code: &'v str, severity: Option<Severity>) -> usize {
        let sort = (gate.name.as_str(), code, severity);
        if let Some(at) = self.known.get(&sort) {
            return *at;
        }
        let bad = severity.map(|s| format!("/{}", s.as_str())).unwrap_or_default();
        let id = text::short(&format!("{}/{code}{bad}", gate.name), text::LONGEST);
        let at = match self.at.get(&id) {
            Some(at) => *at,
            None => {
                self.all.push(Rule { id: id.clone(), rest: rule(gate, code, severity) });
                self.at.insert(id, self.all.len() - 1);
                self.all.len() - 1
            }
        };
        self.known.insert(sort, at);
        at
    }
}

/// What is said of a rule beside its id.
fn rule(gate: &GateVerdict, code: &str, severity: Option<Severity>) -> Value {
    let mut properties = json!({ "tags": ["quality-gate"], "precision": "very-high" });
    // GitHub shows how bad it is by the middle of each of its ranges.
    if let (Some(score), Some(p)) = (severity.and_then(score), properties.as_object_mut()) {
        p.insert("security-severity".to_owned(), Value::from(score));
        p.insert("tags".to_owned(), json!(["quality-gate", "security"]));
    }
    json!({
        "name": text::short(code, text::LONGEST),
        "shortDescription": { "text": text::short(&format!("{code} in the gate {}", gate.name), 1_000) },
        "fullDescription": { "text": text::short(&format!("The gate {} of rule {}", gate.name, gate.rule), 1_000) },
        "defaultConfiguration": { "level": level(gate, gate.status) },
        "properties": properties,
    })
}

fn score(severity: Severity) -> Option<&'static str> {
    match severity {
        Severity::Critical => Some("9.5"),
        Severity::High => Some("8.0"),
        Severity::Medium => Some("5.5"),
        Severity::Low => Some("2.0"),
        _ => None,
    }
}

fn level(gate: &GateVerdict, status: GateStatus) -> &'static str {
    match status {
        GateStatus::Pass | GateStatus::Skip => "note",
        GateStatus::Warn => "warning",
        _ if gate.blocking => "error",
        _ => "warning",
    }
}

/// A place in the tree; a path that is none of it (absolute, upwards, not as written) is only named.
fn location(path: &str, line: Option<u64>, start_column: Option<u32>) -> Location<'_> {
    let start_line = line.filter(|l| *l > 0).unwrap_or(1);
    let region = Region { start_line, start_column };
    Location { physical_location: Physical { artifact_location: Artifact { uri: uri(path) }, region } }
}

/// A relative reference (RFC 3986): what may not stand in one is percent-encoded.
fn uri(path: &str) -> Cow<'_, str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/+@=,".contains(&byte);
    if !path.is_empty() && path.len() <= WORDS && !path.starts_with('/') && path.bytes().all(plain) {
        return Cow::Borrowed(path);
    }
    let path = path.replace('\\', "/");
    let mut out = String::with_capacity(path.len());
    for byte in path.trim_start_matches('/').bytes().take(WORDS) {
        match byte {
            byte if plain(byte) => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    Cow::Owned(if out.is_empty() { ".".to_owned() } else { out })
}

/// What tells a result again: over what it says.
fn fingerprint(parts: &[&str]) -> String {
    let mut bytes = Vec::with_capacity(parts.iter().map(|part| part.len() + 1).sum());
    for part in parts {
        bytes.extend_from_slice(part.as_bytes());
        bytes.push(0);
    }
    sha256_hex(&bytes)
}

/// A message as plain text: `[text](1)` and `{0}` would be a link and a placeholder (section 3.11).
fn message(words: &str) -> Message {
    let plain = text::short(words, WORDS);
    if !plain.contains(['[', ']', '\\', '{']) {
        return Message { text: plain };
    }
    let mut out = String::with_capacity(plain.len() + 8);
    let mut rest = plain.chars();
    while let Some(c) = rest.next() {
        let number = || {
            let behind = rest.as_str().trim_start_matches(|c: char| c.is_ascii_digit());
            behind.len() < rest.as_str().len() && behind.starts_with('}')
        };
        match c {
            '[' | ']' | '\\' => out.push('\\'),
            '{' if number() => out.push('{'),
            _ => {}
        }
        out.push(c);
    }
    Message { text: out }
}

fn shown(text: &str) -> Cow<'_, str> {
    text::shown(text, text::LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A verdict of one gate with so many violations of this message.
    fn verdict(violations: usize, message: impl Fn(usize) -> String) -> Verdict {
        let violation = |n| json!({ "code": "finding", "status": "fail", "message": message(n) });
        serde_json::from_value(json!({
            "schema_version": 1, "status": "fail", "exit_code": 1, "summary": "", "root": ".",
            "policy": { "file": "gatekeeper.toml", "sha256": "aa", "profile": null },
            "gates": [{ "name": "lint", "rule": "findings", "status": "fail", "action": "block", "blocking": true, "reason": "",
                "conditions": [], "evidence": [], "violations": (0..violations).map(violation).collect::<Vec<_>>(),
                "waivers": [{ "what": "x", "reason": "y", "waived": 1, "policy_line": 3 }] }],
            "evidence": [], "set_aside": [], "problems": [], "ignored": [], "warnings": [],
        }))
        .unwrap()
    }

    fn read(v: &Verdict) -> (Vec<u8>, Value) {
        let mut bytes = Vec::new();
        OUTPUT.write(v, &Style::default(), &mut bytes).unwrap();
        let sarif = serde_json::from_slice(&bytes).unwrap();
        (bytes, sarif)
    }

    #[test]
    fn no_more_results_than_code_scanning_takes_and_the_rest_is_counted() {
        for (violations, shown, said) in
            [(24_999, 25_000, None), (25_000, 25_000, Some("and 1 more")), (30_000, 25_000, Some("and 5001 more"))]
        {
            let (_, sarif) = read(&verdict(violations, |n| format!("m{n}")));
            let run = &sarif["runs"][0];
            assert_eq!(run["results"].as_array().unwrap().len(), shown, "{violations}");
            let notes = run["invocations"][0]["toolExecutionNotifications"].to_string();
            assert_eq!(said.is_some_and(|s| notes.contains(s)), said.is_some(), "{violations}: {notes}");
            assert!(run["results"].to_string().contains("suppressions"), "the waiver is there");
        }
    }

    #[test]
    fn what_does_not_pack_is_cut_until_it_fits() {
        // Text that looks like chance packs to about half of its hex digits.
        let noise = |n: usize| (0..10).map(|part| sha256_hex(format!("{n} {part}").as_bytes())).collect::<String>();
        let v = verdict(400, noise);
        for (limit, all) in [(400_000, true), (100_000, false), (20_000, false)] {
            let mut bytes = Vec::new();
            within(&v, limit, &mut bytes).unwrap();
            assert!(packed(&bytes).unwrap() <= limit, "{limit}");
            let sarif: Value = serde_json::from_slice(&bytes).unwrap();
            let results = sarif["runs"][0]["results"].as_array().unwrap().len();
            assert_eq!(results == 401, all, "{limit}: {results}");
            assert!(results > 10, "{limit}: {results}");
            assert_eq!(sarif.to_string().contains("more results, which are left out"), !all, "{limit}");
        }
    }

    #[test]
    fn a_path_is_a_relative_reference() {
        for (path, is) in [
            ("src/a b.c", "src/a%20b.c"),
            ("/etc/x", "etc/x"),
            ("a\\b:1", "a/b%3A1"),
            ("", "."),
            ("é#?", "%C3%A9%23%3F"),
        ] {
            assert_eq!(uri(path), is);
        }
    }

    #[test]
    fn a_message_has_no_links_and_no_placeholders() {
        assert_eq!(message("[a](1) {0} {a} \\").text, "\\[a\\](1) {{0} {a} \\\\");
    }
}
