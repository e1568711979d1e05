//! The output `gitlab`: GitLab's code quality report (docs.gitlab.com, "Code Quality", "Code Quality report format"): a merge request shows what is
//! new in it. What has no place in the code stands at its gate's line in the policy.

use super::document::rows;
use super::{Output, Style, Writer, text};
use crate::verdict::{GateStatus, GateVerdict, Verdict, Violation};
use gatekeeper_evidence::findings::Severity;
use gatekeeper_evidence::hash::sha256_hex;
use serde::Serialize;
use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{self, Write};

pub(super) static OUTPUT: Output = Output {
    id: Cow::Borrowed("gitlab"),
    title: Cow::Borrowed("GitLab's code quality report"),
    write: Writer::Fixed(write),
};

/// Characters of a description.
const WORDS: usize = 2_000;

#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: String,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u64,
}

fn write(v: &Verdict, _: &Style, out: &mut dyn Write) -> io::Result<()> {
    let policy = v.policy.file.as_deref().unwrap_or("gatekeeper.toml");
    let mut seen: HashMap<String, u32> = HashMap::new();
    let mut issues = Vec::new();
    for gate in &v.gates {
        for violation in &gate.violations {
            issues.push(issue(gate, violation, policy, &mut seen));
        }
    }
    for p in v.problems.iter().filter(|p| p.concerns.is_empty()) {
        let fingerprint = fingerprint(&["", p.error.code.as_str(), &p.file], &mut seen);
        issues.push(Issue {
            description: text::short(&p.error.message, WORDS),
            check_name: format!("gatekeeper/{}", p.error.code.as_str()),
            fingerprint,
            severity: "blocker",
            location: Location { path: text::short(&p.file, WORDS), lines: Lines { begin: 1 } },
        });
    }
    // An issue a line.
    rows(&issues, 1, out)
}

fn issue(gate: &GateVerdict, v: &Violation, policy: &str, seen: &mut HashMap<String, u32>) -> Issue {
    let (path, begin) = match &v.place {
        Some(place) => (place.path.as_ref(), u64::from(place.line.unwrap_or(1))),
        None => (policy, gate.policy_line.unwrap_or(1)),
    };
    let id = v.id.as_deref().unwrap_or_default();
    let fingerprint = fingerprint(&[&gate.name, &v.code, id, path, &v.message], seen);
    Issue {
        description: text::short(&format!("{}: {}", gate.name, v.message), WORDS),
        check_name: text::short(&format!("{}/{}", gate.rule, if id.is_empty() { &v.code } else { id }), text::LONGEST),
        fingerprint,
        severity: severity(gate, v),
        location: Location { path: text::short(path, WORDS), lines: Lines { begin: begin.max(1) } },
    }
}

/// The same over all runs for the same violation, whatever its line; several alike are told apart by their number.
fn fingerprint(parts: &[&str], seen: &mut HashMap<String, u32>) -> String {
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend_from_slice(part.as_bytes());
        bytes.push(0);
    }
    let digest = sha256_hex(&bytes);
    let n = seen.entry(digest.clone()).or_insert(0);
    *n = n.saturating_add(1);
    if *n == 1 { digest } else { sha256_hex(format!("{digest} {n}").as_bytes()) }
}

/// GitLab's word for how bad it is.
fn severity(gate: &GateVerdict, v: &Violation) -> &'static str {
    match v.severity {
        Some(Severity::Critical) => "critical",
        Some(Severity::High) => "major",
        Some(Severity::Medium) => "minor",
        Some(_) => "info",
        None if !gate.blocking => "info",
        None => match v.status {
            GateStatus::Error | GateStatus::Missing | GateStatus::Inconclusive => "blocker",
            GateStatus::Fail => "major",
            _ => "minor",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alike_is_told_apart_and_keeps_its_fingerprint() {
        let mut seen = HashMap::new();
        let of = |seen: &mut HashMap<String, u32>| fingerprint(&["a", "b"], seen);
        let (first, second) = (of(&mut seen), of(&mut seen));
        assert_ne!(first, second);
        assert_eq!(of(&mut HashMap::new()), first);
        assert_ne!(fingerprint(&["ab", ""], &mut HashMap::new()), first);
    }
}
