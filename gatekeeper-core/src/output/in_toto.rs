//! The outputs `in-toto`, `in-toto-gates`, `svr`, `svr-v0.1` and `vsa`: the verdict as statements of the in-toto attestation framework (Statement
//! v1), for an outside signer.
//!
//! - `in-toto`: one test-result v0.1 for the whole; `in-toto-gates`: one for each gate, a line each, as Conforma reads them.
//! - `svr`: Simple Verification Result v0.2 (v0.1 for verifiers that read only that): the gates that passed are its properties.
//! - `vsa`: Verification Summary Attestation (SLSA 1.2).
//!
//! The subject is the commit that was judged; where it is not known, the evidence by its digests. What could not be judged is `FAILED`: none of these
//! predicates has a word for it that all readers know.

use super::document::{document, one_line};
use super::{Output, Style, Writer, text};
use crate::verdict::{GateStatus, GateVerdict, Overall, Verdict};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::io::{self, Write};

pub(super) static WHOLE: Output = Output {
    id: Cow::Borrowed("in-toto"),
    title: Cow::Borrowed("an in-toto test result for the whole, to be signed"),
    write: Writer::Fixed(whole),
};

pub(super) static GATES: Output = Output {
    id: Cow::Borrowed("in-toto-gates"),
    title: Cow::Borrowed("an in-toto test result for each gate, a line each"),
    write: Writer::Fixed(gates),
};

pub(super) static SVR: Output = Output {
    id: Cow::Borrowed("svr"),
    title: Cow::Borrowed("an in-toto Simple Verification Result v0.2"),
    write: Writer::Fixed(svr),
};

pub(super) static SVR_OLD: Output = Output {
    id: Cow::Borrowed("svr-v0.1"),
    title: Cow::Borrowed("the same as v0.1, for older verifiers"),
    write: Writer::Fixed(svr_old),
};

pub(super) static VSA: Output = Output {
    id: Cow::Borrowed("vsa"),
    title: Cow::Borrowed("a SLSA Verification Summary Attestation"),
    write: Writer::Fixed(vsa),
};

const STATEMENT: &str = "https://in-toto.io/Statement/v1";
const TEST_RESULT: &str = "https://in-toto.io/attestation/test-result/v0.1";
const SVR_V0_2: &str = "https://in-toto.io/attestation/svr/v0.2";
const SVR_V0_1: &str = "https://in-toto.io/attestation/svr/v0.1";
const VSA_V1: &str = "https://slsa.dev/verification_summary/v1";
const VERIFIER: &str = env!("CARGO_PKG_REPOSITORY");

/// Subjects of an attestation that GitHub takes.
const SUBJECTS: usize = 1_024;

fn statement(v: &Verdict, kind: &str, predicate: Value) -> io::Result<Value> {
    Ok(json!({ "_type": STATEMENT, "subject": subject(v)?, "predicateType": kind, "predicate": predicate }))
}

/// What the statement is about.
fn subject(v: &Verdict) -> io::Result<Vec<Value>> {
    if let Some(commit) = &v.context.commit {
        return Ok(vec![json!({ "name": "commit", "digest": { "gitCommit": commit } })]);
    }
    let all: Vec<Value> =
        v.evidence.iter().map(|e| json!({ "name": shown(&e.path), "digest": { "sha256": e.sha256 } })).collect();
    match all.len() {
        0 => Err(io::Error::other(
            "there is nothing that this statement could be about: no commit is known (--commit) and no evidence was read",
        )),
        n if n > SUBJECTS => Err(io::Error::other(format!(
            "{n} pieces of evidence are too many subjects ({SUBJECTS} at most): name the commit instead (--commit)"
        ))),
        _ => Ok(all),
    }
}

/// What the verdict was judged by.
fn configuration(v: &Verdict, name: &str) -> Value {
    let mut policy = Map::new();
    policy.insert("name".to_owned(), Value::from(shown(name)));
    policy.insert("uri".to_owned(), Value::from(shown(v.policy.file.as_deref().unwrap_or("built-in"))));
    if let Some(sha256) = &v.policy.sha256 {
        policy.insert("digest".to_owned(), json!({ "sha256": sha256 }));
    }
    Value::Object(policy)
}

fn whole(v: &Verdict, _: &Style, out: &mut dyn Write) -> io::Result<()> {
    let of = |wanted: &str| -> Vec<String> {
        v.gates.iter().filter(|g| of_gate(g) == Some(wanted)).map(|g| shown(&g.name)).collect()
    };
    let result = match v.status {
        Overall::Pass => "PASSED",
        Overall::Warn => "WARNED",
        Overall::Fail | Overall::Unknown => "FAILED",
    };
    let predicate = json!({
        "result": result,
        "configuration": [configuration(v, "gatekeeper")],
        "passedTests": of("PASSED"),
        "warnedTests": of("WARNED"),
        "failedTests": of("FAILED"),
    });
    document(&statement(v, TEST_RESULT, predicate)?, out)
}

fn gates(v: &Verdict, _: &Style, out: &mut dyn Write) -> io::Result<()> {
    for g in &v.gates {
        let Some(result) = of_gate(g) else { continue };
        let named = |wanted: &str| if wanted == result { vec![shown(&g.name)] } else { Vec::new() };
        let predicate = json!({
            "result": result,
            "configuration": [configuration(v, &g.name)],
            "passedTests": named("PASSED"),
            "warnedTests": named("WARNED"),
            "failedTests": named("FAILED"),
        });
        one_line(&statement(v, TEST_RESULT, predicate)?, out)?;
    }
    Ok(())
}

/// What a gate came to in the predicate's words; `None` where it was not judged and nobody asked for it.
fn of_gate(g: &GateVerdict) -> Option<&'static str> {
    match g.status {
        GateStatus::Pass => Some("PASSED"),
        GateStatus::Skip => None,
        _ if g.blocking => Some("FAILED"),
        _ => Some("WARNED"),
    }
}

fn passed(v: &Verdict) -> Vec<String> {
    let of = |g: &GateVerdict| format!("GATEKEEPER_GATE_{}", shown(&g.name));
    let mut all: Vec<String> = v.gates.iter().filter(|g| g.status == GateStatus::Pass).map(of).collect();
    if v.exit_code == 0 {
        all.insert(0, "GATEKEEPER_PASSED".to_owned());
    }
    all
}

fn svr(v: &Verdict, _: &Style, out: &mut dyn Write) -> io::Result<()> {
    let verifier = json!({ "id": VERIFIER, "policies": [configuration(v, "policy")] });
    simple(v, SVR_V0_2, verifier, out)
}

fn svr_old(v: &Verdict, _: &Style, out: &mut dyn Write) -> io::Result<()> {
    simple(v, SVR_V0_1, json!({ "id": VERIFIER }), out)
}

fn simple(v: &Verdict, kind: &str, verifier: Value, out: &mut dyn Write) -> io::Result<()> {
    let predicate = json!({ "verifier": verifier, "timeCreated": time(v)?, "properties": passed(v) });
    document(&statement(v, kind, predicate)?, out)
}

fn vsa(v: &Verdict, _: &Style, out: &mut dyn Write) -> io::Result<()> {
    let Some(commit) = &v.context.commit else {
        return Err(io::Error::other(
            "a verification summary is about a commit, and none is known: give it with --commit",
        ));
    };
    let hash = if commit.len() == 64 { "sha256" } else { "sha1" };
    let mut policy = Map::new();
    policy.insert("uri".to_owned(), Value::from(shown(v.policy.file.as_deref().unwrap_or("built-in"))));
    if let Some(sha256) = &v.policy.sha256 {
        policy.insert("digest".to_owned(), json!({ "sha256": sha256 }));
    }
    let predicate = json!({
        "verifier": { "id": VERIFIER, "version": { "gatekeeper": env!("CARGO_PKG_VERSION") } },
        "timeVerified": time(v)?,
        "resourceUri": format!("gitoid:commit:{hash}:{commit}"),
        "policy": policy,
        "verificationResult": if v.exit_code == 0 { "PASSED" } else { "FAILED" },
        "verifiedLevels": if v.exit_code == 0 { passed(v) } else { Vec::new() },
        "slsaVersion": "1.2",
    });
    document(&statement(v, VSA_V1, predicate)?, out)
}

fn time(v: &Verdict) -> io::Result<&str> {
    v.now
        .as_deref()
        .ok_or_else(|| io::Error::other("this statement says when it was made, and the verdict had no clock"))
}

fn shown(text: &str) -> String {
    text::short(text, text::LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::{Action, RunContext};

    fn verdict(status: GateStatus, blocking: bool) -> Verdict {
        let json = json!({
            "schema_version": 1, "status": "fail", "exit_code": 1, "summary": "", "root": ".", "now": "2026-01-31T12:00:00Z",
            "policy": { "file": "gatekeeper.toml", "sha256": "aa", "profile": null },
            "gates": [{ "name": "unit", "rule": "tests", "status": status, "action": Action::Block, "blocking": blocking, "reason": "",
                "conditions": [], "violations": [], "evidence": [] }],
            "evidence": [], "set_aside": [], "problems": [], "ignored": [], "warnings": [],
        });
        let mut v: Verdict = serde_json::from_value(json).unwrap();
        v.context = RunContext { commit: Some("a".repeat(40)), ..RunContext::default() };
        v
    }

    fn written(output: &Output, v: &Verdict) -> Result<Value, String> {
        let mut bytes = Vec::new();
        output.write(v, &Style::default(), &mut bytes).map_err(|e| e.to_string())?;
        serde_json::from_slice(&bytes).map_err(|e| e.to_string())
    }

    #[test]
    fn nothing_but_a_pass_is_passed() {
        let of = |status, blocking| {
            let v = written(&GATES, &verdict(status, blocking)).unwrap();
            v["predicate"]["result"].as_str().unwrap().to_owned()
        };
        assert_eq!(of(GateStatus::Pass, false), "PASSED");
        for status in [GateStatus::Fail, GateStatus::Error, GateStatus::Missing, GateStatus::Inconclusive] {
            assert_eq!((of(status, true), of(status, false)), ("FAILED".to_owned(), "WARNED".to_owned()));
        }
        let svr = written(&SVR, &verdict(GateStatus::Fail, true)).unwrap();
        assert_eq!(svr["predicate"]["properties"], json!([]));
        let vsa = written(&VSA, &verdict(GateStatus::Pass, false)).unwrap();
        // The whole failed, whatever this gate did.
        assert_eq!(
            (&vsa["predicate"]["verificationResult"], &vsa["predicate"]["verifiedLevels"]),
            (&json!("FAILED"), &json!([]))
        );
    }

    #[test]
    fn a_statement_is_about_something() {
        let mut v = verdict(GateStatus::Pass, false);
        assert_eq!(written(&WHOLE, &v).unwrap()["subject"][0]["digest"]["gitCommit"], "a".repeat(40));
        v.context = RunContext::default();
        assert!(written(&WHOLE, &v).unwrap_err().contains("no evidence was read"));
        assert!(written(&VSA, &v).unwrap_err().contains("--commit"));
    }

    #[test]
    fn a_statement_says_when_it_was_made() {
        let mut v = verdict(GateStatus::Pass, false);
        assert_eq!(written(&SVR_OLD, &v).unwrap()["predicate"]["timeCreated"], "2026-01-31T12:00:00Z");
        v.now = None;
        assert!(written(&SVR_OLD, &v).is_err() && written(&VSA, &v).is_err());
    }
}
