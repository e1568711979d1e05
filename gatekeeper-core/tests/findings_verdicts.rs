//! What findings and licence gates say: the words of a violation, findings of several reports, documents that disagree.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use gatekeeper_core::{Candidate, Context, Engine, Verdict};

fn judged(gate: &str, files: &[(&str, &str)]) -> Verdict {
    let text = format!("version = 1\n[gates.g]\n{gate}");
    let policy = Engine::default().parse_policy("gatekeeper.toml", text.as_bytes(), None).unwrap();
    let candidates = files.iter().map(|(n, t)| Candidate::in_memory(*n, t.as_bytes().to_vec())).collect();
    Engine::default().evaluate(&policy, candidates, &Context::at(1_769_860_800))
}

fn said(v: &Verdict) -> Vec<(&str, &str)> {
    v.gates[0].violations.iter().map(|v| (v.code.as_ref(), v.message.as_str())).collect()
}

const NONE: &str = "rule = \"findings\"\nmax = { total = 0 }\n";

fn bom(kind: &str, rows: &[(&str, &str)]) -> String {
    let components: Vec<String> = rows
        .iter()
        .map(|(name, license)| {
            format!("{{\"type\":\"library\",\"name\":\"{name}\",\"version\":\"1\",\"purl\":\"pkg:{kind}/{name}@1\",\"licenses\":[{license}]}}")
        })
        .collect();
    format!(
        "{{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.5\",\"version\":1,\"components\":[{}]}}",
        components.join(",")
    )
}

fn id(id: &str) -> String {
    format!("{{\"license\":{{\"id\":\"{id}\"}}}}")
}

fn name(name: &str) -> String {
    format!("{{\"license\":{{\"name\":\"{name}\"}}}}")
}

#[test]
fn documents_that_disagree_on_a_licence_are_told() {
    let gate = "rule = \"licenses\"\ndeny = [\"GPL\"]\nallow = [\"MIT\", \"Apache-2.0\", \"BSD\"]\n";
    let a = [("x", id("MIT")), ("y", id("MIT")), ("z", name("BSD")), ("u", name("Some Odd Licence"))];
    let b = [("x", id("GPL-3.0-only")), ("y", id("Apache-2.0")), ("z", id("BSD-3-Clause")), ("u", id("MIT"))];
    let of = |rows: &[(&str, String)]| bom("npm", &rows.iter().map(|(n, l)| (*n, l.as_str())).collect::<Vec<_>>());
    for files in [[("a.cdx.json", of(&a)), ("b.cdx.json", of(&b))], [("b.cdx.json", of(&b)), ("a.cdx.json", of(&a))]] {
        let files: Vec<(&str, &str)> = files.iter().map(|(n, t)| (*n, t.as_str())).collect();
        let v = judged(gate, &files);
        let said = said(&v);
        assert_eq!(v.gates[0].status.as_str(), "fail");
        assert_eq!(said.len(), 3, "{said:?}");
        assert_eq!(said[0], ("license-denied", "x 1: GPL-3.0-only is denied by GPL; elsewhere it is MIT (a.cdx.json)"));
        assert!(said[1].0 == "license-disagreement" && said[1].1.starts_with("u 1: "), "{said:?}");
        assert!(said[2].0 == "license-disagreement" && said[2].1.contains("Apache-2.0 (b.cdx.json)"), "{said:?}");
    }
}

#[test]
fn one_name_in_two_ecosystems_is_two_packages() {
    let gate = "rule = \"licenses\"\ndeny = [\"GPL\"]\n";
    let (npm, pypi) = (bom("npm", &[("d", &id("MIT"))]), bom("pypi", &[("d", &id("GPL-3.0-only"))]));
    let v = judged(gate, &[("a.cdx.json", &npm), ("b.cdx.json", &pypi)]);
    assert_eq!(said(&v), [("license-denied", "d 1: GPL-3.0-only is denied by GPL")]);
    // Who states none gives way, and two spellings of one expression agree.
    let (a, b) = (
        bom("npm", &[("d", "{\"expression\":\"MIT OR Apache-2.0\"}")]),
        bom("npm", &[("d", "{\"expression\":\"Apache-2.0 OR MIT\"}")]),
    );
    let none = bom("npm", &[("d", &name("NOASSERTION"))]);
    let v = judged(gate, &[("a.cdx.json", &a), ("b.cdx.json", &b), ("c.cdx.json", &none)]);
    assert_eq!((v.gates[0].status.as_str(), said(&v)), ("pass", vec![]));
}

#[test]
fn a_findings_violation_tells_package_fix_and_way_out() {
    let trivy = include_str!("../../fixtures/sarif/hand-trivy--all-classes.sarif");
    let v = judged(NONE, &[("trivy.sarif", trivy)]);
    let of = |id: &str| v.gates[0].violations.iter().find(|v| v.id.as_deref() == Some(id)).unwrap();
    let lodash = of("CVE-2020-8203");
    assert_eq!(lodash.message, "nodejs-lodash: prototype pollution in 'zipObjectDeep'");
    assert_eq!((lodash.package.as_deref(), lodash.fixed.as_deref()), (Some("lodash 4.17.15"), Some("4.17.19")));
    assert_eq!(lodash.url.as_deref(), Some("https://avd.aquasec.com/nvd/cve-2020-8203"));
    assert_eq!(lodash.help.as_deref(), Some("update lodash to 4.17.19"));
    assert_eq!(of("DS002").message, "Specify at least 1 USER command in Dockerfile with non-root user as argument");
    assert_eq!(of("aws-access-key-id").message, "AWS Access Key ID");
    assert_eq!(of("left-pad:WTFPL").message, "license WTFPL");
    let npm = include_str!("../../fixtures/npm-audit-json/npm-10--fix-within-ranges.json");
    let v = judged("rule = \"findings\"\nmax = { total = 0 }\nfixable-only = true\n", &[("npm-audit.json", npm)]);
    let help: Vec<_> = v.gates[0].violations.iter().map(|v| v.help.as_deref().unwrap()).collect();
    assert_eq!(help, ["update minimist to >=0.2.4", "update mkdirp to 3.0.1"]);
}

#[test]
fn markdown_of_an_advisory_is_read_for_its_first_words() {
    let pip = r####"{"dependencies":[{"name":"x","version":"1","vulns":[{"id":"GHSA-aaaa-bbbb-cccc","fix_versions":[],"aliases":[],"description":"### Impact\n\n* It is **bad**.\nMore."},
        {"id":"PYSEC-2025-1","fix_versions":["2"],"aliases":[],"description":""}]}],"fixes":[]}"####;
    let v = judged(NONE, &[("pip-audit.json", pip)]);
    let mut messages: Vec<&str> = said(&v).into_iter().map(|(_, m)| m).collect();
    messages.sort_unstable();
    assert_eq!(messages, ["It is **bad**.", "a known vulnerability of x"]);
}

#[test]
fn what_describes_no_run_or_no_fix_passes_no_gate_silently() {
    let v = judged(NONE, &[("scan.sarif", "{\"version\":\"2.1.0\",\"runs\":[]}")]);
    assert_eq!((v.gates[0].status.as_str(), said(&v)[0].0), ("error", "no-run"));
    let gitlab = r#"{"version":"15.0.0","scan":{"scanner":{"name":"g"},"type":"dependency_scanning","status":"success"},"vulnerabilities":[
        {"id":"1","severity":"High","identifiers":[{"type":"cve","name":"CVE-2025-1","value":"CVE-2025-1"}],"location":{"file":"l","dependency":{"package":{"name":"x"},"version":"1"}}}]}"#;
    let v = judged(
        "rule = \"findings\"\nmax = { total = 0 }\nfixable-only = true\n",
        &[("gl-dependency-scanning-report.json", gitlab)],
    );
    assert_eq!((v.gates[0].status.as_str(), said(&v)[0].0), ("warn", "fixes-unknown"));
}

#[test]
fn quiet_checkov_with_files_that_it_could_not_parse_is_no_pass() {
    let checkov = include_str!("../../fixtures/checkov-json/checkov-3.3--quiet-not-parsed.json");
    assert_eq!(judged(NONE, &[("checkov.json", checkov)]).gates[0].status.as_str(), "error");
}

#[test]
fn a_document_that_takes_nothing_out_is_told() {
    let trivy = include_str!("../../fixtures/sarif/hand-trivy--all-classes.sarif");
    let vex = r#"{"@context":"https://openvex.dev/ns/v0.2.0","@id":"x","author":"a","timestamp":"2026-01-01T00:00:00Z","version":1,"statements":[
        {"vulnerability":{"name":"CVE-2020-8203"},"products":[{"@id":"pkg:npm/lodahs@4.17.15"}],"status":"not_affected","justification":"component_not_present"}]}"#;
    let v = judged(NONE, &[("trivy.sarif", trivy), ("x.openvex.json", vex)]);
    assert!(
        v.warnings.iter().any(|w| w == "none of the 1 statements of x.openvex.json matches a finding"),
        "{:?}",
        v.warnings
    );
    let right = vex.replace("lodahs", "lodash");
    let v = judged(NONE, &[("trivy.sarif", trivy), ("x.openvex.json", &right)]);
    assert_eq!(v.gates[0].violations.len(), 3, "{:?}", v.warnings);
}
