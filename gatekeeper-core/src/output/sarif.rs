//! The output `sarif`: the violations as SARIF 2.1.0 (OASIS), for code scanning and editors.
//!
//! Within GitHub's limits ("SARIF support for code scanning", "SARIF results exceed one or more limits"): at most 25,000 results (5,000 are shown), the
//! worst of them; few rules, one for each sort of violation of a gate and severity, of two tags; one place a result; at most 10 MB when packed. What
//! has no place in the code stands at its gate's line in the policy. Where the working tree was there, each result has the fingerprint
//! `primaryLocationLineHash` that an upload would give it.

use super::document::document;
use super::{Output, Style, Writer, text};
use crate::verdict::{GateStatus, GateVerdict, Verdict, Violation, WaiverUsed};
use flate2::Compression;
use flate2::write::GzEncoder;
use gatekeeper_evidence::findings::Severity;
use gatekeeper_evidence::hash::sha256_hex;
use serde::Serialize;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeMap;
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

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    rule_id: String,
    rule_index: usize,
    level: &'static str,
    message: Value,
    locations: Vec<Value>,
    partial_fingerprints: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<Value>,
    properties: Value,
}

/// The rules so far, in order, with where each stands.
#[derive(Default)]
struct Rules {
    all: Vec<Value>,
    at: BTreeMap<String, usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'r> {
    tool: Value,
    column_kind: &'static str,
    invocations: [Value; 1],
    results: &'r [Found],
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
    let mut most = RESULTS;
    loop {
        let bytes = written(v, most)?;
        // What holds little text is small when packed: the rest is the same in every result.
        if bytes.len() <= limit || words(v) <= limit || most == 0 || packed(&bytes)? <= limit {
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

/// The document with at most so many results: the worst, and what waivers took away.
fn written(v: &Verdict, most: usize) -> io::Result<Vec<u8>> {
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
    let hashes = v.details.as_ref().map(|d| &d.line_hashes);
    let hash = |path: &str, line: u64| {
        let line = u32::try_from(line).ok()?;
        hashes?.get(path)?.get(&line).cloned()
    };
    let mut results: Vec<Found> = worst
        .into_iter()
        .take(most)
        .map(|(g, v)| {
            let (path, line) = match &v.place {
                Some(p) => (p.path.as_ref(), p.line.map_or(1, u64::from)),
                None => (policy, g.policy_line.unwrap_or(1)),
            };
            Found {
                partial_fingerprints: fingerprints(g, v, hash(path, line.max(1))),
                ..result(g, v, policy, &mut rules)
            }
        })
        .collect();
    for (gate, waiver) in waived.into_iter().take(shown_waivers) {
        let words = format!("waived: {} ({} of gate {})", waiver.what, waiver.waived, gate.name);
        let (rule_id, rule_index) = rules.of(gate, "waived", None);
        results.push(Found {
            rule_id,
            rule_index,
            level: "note",
            message: message(&words),
            locations: vec![location(policy, Some(waiver.policy_line))],
            partial_fingerprints: fingerprint(&[&gate.name, "waived", &waiver.what], hash(policy, waiver.policy_line)),
            suppressions: vec![json!({
                "kind": "external",
                "status": "accepted",
                "justification": text::short(&waiver.reason, WORDS),
            })],
            properties: json!({ "gate": shown(&gate.name), "expires": waiver.expires.as_deref().map(shown) }),
        });
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
            results: &results,
            properties: json!({ "status": v.status.as_str(), "summary": text::short(&v.summary, WORDS) }),
        }],
    };
    let mut bytes = Vec::new();
    document(&sarif, &mut bytes)?;
    Ok(bytes)
}

fn result(gate: &GateVerdict, v: &Violation, policy: &str, rules: &mut Rules) -> Found {
    let (rule_id, rule_index) = rules.of(gate, &v.code, v.severity);
    let place = v.place.as_ref();
    let mut physical = match place {
        Some(p) => location(&p.path, p.line.map(u64::from)),
        None => location(policy, gate.policy_line),
    };
    let column = place.filter(|p| p.line.is_some()).and_then(|p| p.column).filter(|column| *column > 0);
    if let (Some(column), Some(Value::Object(region))) = (column, physical.pointer_mut("/physicalLocation/region")) {
        region.insert("startColumn".to_owned(), Value::from(column));
    }
    let help = v.help.as_deref().map(|h| format!("\n{h}")).unwrap_or_default();
    Found {
        rule_id,
        rule_index,
        level: level(gate, v.status),
        message: message(&format!("{}: {}{help}", gate.name, v.message)),
        locations: vec![physical],
        partial_fingerprints: BTreeMap::new(),
        suppressions: Vec::new(),
        properties: json!({
            "gate": shown(&gate.name),
            "status": v.status.as_str(),
            "blocking": gate.blocking,
            "id": v.id.as_deref().map(shown),
            "package": v.package.as_deref().map(shown),
            "evidence": v.source.as_deref().map(shown),
            "url": text::address(v),
        }),
    }
}

impl Rules {
    /// The rule of a sort of violation, and where it stands.
    fn of(&mut self, gate: &GateVerdict, code: &str, severity: Option<Severity>) -> (String, usize) {
        let bad = severity.map(|s| format!("/{}", s.as_str())).unwrap_or_default();
        let id = text::short(&format!("{}/{code}{bad}", gate.name), text::LONGEST);
        if let Some(at) = self.at.get(&id) {
            return (id, *at);
        }
        let at = self.all.len();
        let mut properties = json!({ "tags": ["quality-gate"], "precision": "very-high" });
        // GitHub shows how bad it is by the middle of each of its ranges.
        if let (Some(score), Some(p)) = (severity.and_then(score), properties.as_object_mut()) {
            p.insert("security-severity".to_owned(), Value::from(score));
            p.insert("tags".to_owned(), json!(["quality-gate", "security"]));
        }
        self.all.push(json!({
            "id": id,
            "name": text::short(code, text::LONGEST),
            "shortDescription": { "text": text::short(&format!("{code} in the gate {}", gate.name), 1_000) },
            "fullDescription": { "text": text::short(&format!("The gate {} of rule {}", gate.name, gate.rule), 1_000) },
            "defaultConfiguration": { "level": level(gate, gate.status) },
            "properties": properties,
        }));
        self.at.insert(id.clone(), at);
        (id, at)
    }
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
fn location(path: &str, line: Option<u64>) -> Value {
    let uri = uri(path);
    match line.filter(|l| *l > 0) {
        Some(line) => {
            json!({ "physicalLocation": { "artifactLocation": { "uri": uri }, "region": { "startLine": line } } })
        }
        None => json!({ "physicalLocation": { "artifactLocation": { "uri": uri }, "region": { "startLine": 1 } } }),
    }
}

/// A relative reference (RFC 3986): what may not stand in one is percent-encoded.
fn uri(path: &str) -> String {
    let path = path.replace('\\', "/");
    let mut out = String::with_capacity(path.len());
    for byte in path.trim_start_matches('/').bytes().take(WORDS) {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' | b'+' | b'@' | b'=' | b',' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    if out.is_empty() { ".".to_owned() } else { out }
}

fn fingerprints(gate: &GateVerdict, v: &Violation, line: Option<String>) -> BTreeMap<&'static str, String> {
    let path = v.place.as_ref().map(|p| p.path.as_ref()).unwrap_or_default();
    fingerprint(&[&gate.name, &v.code, v.id.as_deref().unwrap_or_default(), path, &v.message], line)
}

/// What tells a result again: our own over what it says, and the line's as GitHub computes it.
fn fingerprint(parts: &[&str], line: Option<String>) -> BTreeMap<&'static str, String> {
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend_from_slice(part.as_bytes());
        bytes.push(0);
    }
    let own = ("gatekeeper/v1", sha256_hex(&bytes));
    line.map(|hash| ("primaryLocationLineHash", hash)).into_iter().chain([own]).collect()
}

/// A message as plain text: `[text](1)` and `{0}` would be a link and a placeholder (section 3.11).
fn message(words: &str) -> Value {
    let plain = text::short(words, WORDS);
    let mut out = String::with_capacity(plain.len());
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
    json!({ "text": out })
}

fn shown(text: &str) -> String {
    text::short(text, text::LONGEST)
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
        assert_eq!(message("[a](1) {0} {a} \\"), json!({ "text": "\\[a\\](1) {{0} {a} \\\\" }));
    }
}
