//! The family against its fixtures, cut and damaged ones among them, and against content of other kinds.

use super::FORMATS;
use crate::inspect::summary;
use crate::{Formats, ReadOptions, read};
use gatekeeper_evidence::error::{ErrorCode, ParseError};
use gatekeeper_evidence::findings::{Category, Finding, Severity};
use gatekeeper_evidence::{Data, Evidence};
use std::path::PathBuf;

fn folder(id: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(id)
}

/// (name, content, expectation) of every fixture of the family.
fn fixtures() -> Vec<(String, Vec<u8>, serde_json::Value)> {
    let mut out = Vec::new();
    for format in FORMATS {
        let dir = folder(format.id);
        let text = std::fs::read(dir.join("expected.json")).unwrap_or_else(|e| panic!("{}: {e}", format.id));
        let list: Vec<serde_json::Value> = serde_json::from_slice(&text).unwrap();
        assert!(list.iter().any(|e| e["error"] == true), "{} has no refusal", format.id);
        for e in list {
            let name = e["file"].as_str().unwrap().to_owned();
            out.push((format!("{}/{name}", format.id), std::fs::read(dir.join(&name)).unwrap(), e));
        }
    }
    out
}

fn named(id: &str, content: &[u8]) -> Result<Evidence, ParseError> {
    read(
        &Formats::default(),
        "f",
        content,
        &ReadOptions { format: Formats::default().by_id(id), ..ReadOptions::default() },
    )
}

fn sarif(content: &str) -> (Vec<Finding>, Evidence) {
    let e = named("sarif", content.as_bytes()).unwrap();
    let Data::Findings(f) = &e.data else { panic!("no findings") };
    (f.items.clone(), e)
}

#[test]
fn fixtures_read_as_expected() {
    for (name, content, want) in fixtures() {
        let got = read(&Formats::default(), &name, &content, &ReadOptions::default());
        if want["error"] == true {
            let e = got.map(|e| summary(&e)).unwrap_err();
            assert!(!e.message().is_empty(), "{name}");
            continue;
        }
        let got = got.unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(got.source.format, want["format"], "{name}");
        let figures = summary(&got);
        for (key, value) in want["summary"].as_object().unwrap() {
            let same = figures[key] == *value || figures[key].as_f64().is_some_and(|f| Some(f) == value.as_f64());
            assert!(same, "{name}: {key}: {} and not {value}", figures[key]);
        }
    }
}

#[test]
fn cut_fixtures_never_pass_for_whole_ones() {
    for (name, content, want) in fixtures() {
        let id = name.split('/').next().unwrap();
        let one_document =
            [".json", ".sarif", ".baseline", ".xml"].iter().any(|e| name.ends_with(e)) && id != "govulncheck-json";
        let whole = content.trim_ascii_end().len();
        for end in (0..content.len()).step_by(content.len() / 800 + 1) {
            let got = named(id, &content[..end]);
            if one_document && end < whole && want["error"].is_null() {
                assert!(got.is_err(), "{name} cut at {end}");
            }
        }
    }
}

#[test]
fn damaged_fixtures_do_no_harm() {
    for (name, content, _) in fixtures() {
        let id = name.split('/').next().unwrap();
        for (n, byte) in [0_u8, b'"', b'{', b']', b'9', 0xFF, b'<'].into_iter().enumerate() {
            for at in (n..content.len()).step_by(23) {
                let mut damaged = content.clone();
                damaged[at] = byte;
                let _ = named(id, &damaged);
            }
        }
    }
}

#[test]
fn content_of_another_kind_is_no_empty_result() {
    for format in FORMATS {
        for content in ["{\"foo\": 1}", "[{\"foo\": 1}]", "hello world\n", "<x/>", "7", "\"text\"", "[1]"] {
            let got = named(format.id, content.as_bytes());
            assert!(got.is_err(), "{} reads {content} as {:?}", format.id, got.map(|e| summary(&e)));
        }
    }
}

#[test]
fn what_names_no_tool_is_not_recognised() {
    for content in ["[]", "{}", "null", " [ ]\n"] {
        let e = read(&Formats::default(), "eslint.json", content.as_bytes(), &ReadOptions::default()).unwrap_err();
        assert_eq!(e.code(), ErrorCode::Unrecognised, "{content}");
    }
    for id in [
        "eslint-json",
        "gitleaks-json",
        "ruff-json",
        "hadolint-json",
        "pip-audit-json",
        "trivy-json",
        "codeclimate-json",
    ] {
        assert_eq!(summary(&named(id, b"[]\n").unwrap())["total"], 0, "{id}");
    }
}

#[test]
fn depth_is_bounded() {
    for depth in [128, 200_000] {
        let open = "[".repeat(depth);
        let close = "]".repeat(depth);
        // In what is not read, depth does not matter.
        let bag = format!(
            "{{\"version\":\"2.1.0\",\"runs\":[{{\"tool\":{{\"driver\":{{\"name\":\"x\"}}}},\"results\":[],\"properties\":{open}{close}}}]}}"
        );
        assert!(named("sarif", bag.as_bytes()).is_ok(), "{depth}");
        let read_there = format!("{{\"version\":\"2.1.0\",\"runs\":{open}{close}}}");
        assert!(named("sarif", read_there.as_bytes()).is_err(), "{depth}");
        let data = format!("{{\"data\":{open}{close}}}");
        assert!(named("github-vulnerability-json", data.as_bytes()).is_err(), "{depth}");
    }
}

#[test]
fn versions_other_than_2_1_0_are_unsupported() {
    for version in ["2.0.0", "2.0.0-csd.2.beta.2019-02-20", "2.2.0", "1.0.0"] {
        let text = format!(
            "{{\"runs\":[{{\"tool\":{{\"name\":\"x\"}},\"results\":[{{\"message\":7}}]}}],\"version\":\"{version}\"}}"
        );
        assert_eq!(named("sarif", text.as_bytes()).unwrap_err().code(), ErrorCode::UnsupportedVersion, "{version}");
    }
    assert_eq!(named("sarif", b"{\"version\":\"2.1.0\"}").unwrap_err().code(), ErrorCode::Malformed);
}

#[test]
fn trivy_sarif_tells_package_and_versions() {
    let text = r#"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"Trivy","rules":[{"id":"CVE-1","helpUri":"https://avd.example/1",
        "properties":{"tags":["vulnerability","security","HIGH"]}}]}},"results":[{"ruleId":"CVE-1","ruleIndex":0,
        "message":{"text":"Package: libx\nInstalled Version: 1.0-r1\nVulnerability CVE-1\nSeverity: HIGH\nFixed Version: 1.1\nLink: [CVE-1](https://avd.example/1)"},
        "locations":[{"physicalLocation":{"artifactLocation":{"uri":"a%20b/lock.json"},"region":{"startLine":3}}}]}]}]}"#;
    let (items, e) = sarif(text);
    let f = &items[0];
    let p = f.package.as_ref().unwrap();
    assert_eq!((&*p.name, p.installed.as_deref(), p.fixed.as_deref()), ("libx", Some("1.0-r1"), Some("1.1")));
    assert_eq!(
        (f.category, f.severity, f.severity_from),
        (Category::Vulnerability, Severity::High, "rule.properties.tags")
    );
    assert_eq!(f.url.as_deref(), Some("https://avd.example/1"));
    assert_eq!(f.place.as_ref().map(|p| (&*p.path, p.line)), Some(("a b/lock.json", Some(3))));
    assert_eq!(e.source.tool.as_deref(), Some("trivy"));
}

#[test]
fn the_other_scanners_sarif_tells_packages_too() {
    let of = |tool: &str, rule: &str, message: &str| {
        let text = format!(
            "{{\"version\":\"2.1.0\",\"runs\":[{{\"tool\":{{\"driver\":{{\"name\":\"{tool}\",\"rules\":[{rule}]}}}},\"results\":[{{\"ruleIndex\":0,\"message\":{{\"text\":\"{message}\"}}}}]}}]}}"
        );
        sarif(&text).0.remove(0)
    };
    let grype = of(
        "grype",
        "{\"id\":\"CVE-1-libx\",\"properties\":{\"purls\":[\"pkg:deb/debian/libx@1\"]}}",
        "A high vulnerability in deb package: libx, version 1 was found at: /a",
    );
    assert_eq!(grype.package.as_ref().map(|p| (&*p.name, p.installed.as_deref())), Some(("libx", Some("1"))));
    assert_eq!((&*grype.rule, &*grype.aliases[0]), ("CVE-1-libx", "CVE-1"));
    let osv = of(
        "osv-scanner",
        "{\"id\":\"CVE-1\",\"deprecatedIds\":[\"CVE-1\",\"GHSA-2\"]}",
        "Package '@a/b@1.2' is vulnerable to 'CVE-1' (also known as 'GHSA-2').",
    );
    assert_eq!(osv.package.as_ref().map(|p| (&*p.name, p.installed.as_deref())), Some(("@a/b", Some("1.2"))));
    assert_eq!(osv.aliases.iter().map(|a| &**a).collect::<Vec<_>>(), ["GHSA-2"]);
    let scout = of(
        "docker scout",
        "{\"id\":\"CVE-1\",\"properties\":{\"purls\":[\"pkg:apk/alpine/openssl@3.0.8-r4\"],\"fixed_version\":\"3.1.1-r0\",\"security-severity\":\"6.5\"}}",
        "  Vulnerability   : CVE-1\\n  Package         : pkg:apk/alpine/openssl@3.0.8-r4?os_name=alpine\\n  Fixed version   : 3.1.1-r0",
    );
    let package = scout.package.unwrap();
    assert_eq!((scout.category, package.fixed.as_deref()), (Category::Vulnerability, Some("3.1.1-r0")));
    assert_eq!(package.purl.as_deref(), Some("pkg:apk/alpine/openssl@3.0.8-r4?os_name=alpine"));
    let template = of("Trivy", "{\"id\":\"[HIGH] CVE-2\",\"properties\":{\"tags\":[\"vulnerability\",\"HIGH\"]}}", "m");
    assert_eq!((&*template.aliases[0], template.severity), ("CVE-2", Severity::High));
    assert_eq!(of("gitleaks", "{\"id\":\"aws\"}", "m").category, Category::Secret);
    assert_eq!(of("Checkov", "{\"id\":\"CKV_1\"}", "m").category, Category::Misconfiguration);
}

#[test]
fn a_result_without_rules_tells_its_category_by_its_id() {
    let of = |tool: &str, id: &str, location: &str| {
        let text = format!(
            "{{\"version\":\"2.1.0\",\"runs\":[{{\"tool\":{{\"driver\":{{\"name\":\"{tool}\"}}}},\"results\":[{{\"ruleId\":\"{id}\",\"message\":{{\"text\":\"m\"}},\"locations\":[{{\"logicalLocations\":[{{\"fullyQualifiedName\":\"{location}\"}}]}}]}}]}}]}}"
        );
        sarif(&text).0.remove(0)
    };
    assert_eq!(of("some scanner", "CVE-2024-1", "").category, Category::Vulnerability);
    assert_eq!(of("some scanner", "no-undef", "").category, Category::Code);
    assert_eq!(of("Snyk Open Source", "snyk:lic:npm:x:GPL-3.0", "x@1.0.0").category, Category::License);
    let scoped = of("Snyk Open Source", "SNYK-JS-1", "@babel/traverse@7.1.0").package.unwrap();
    assert_eq!((&*scoped.name, scoped.installed.as_deref()), ("@babel/traverse", Some("7.1.0")));
    assert!(of("grype", "CVE-1-x", "ghcr.io/o/x@sha256:abc:/usr/lib/y").package.is_none());
}

/// Each of these would take minutes if something were looked through for every result.
#[test]
fn results_times_rules_extensions_and_overrides_stay_cheap() {
    let many = |n: usize, one: &dyn Fn(usize) -> String| (0..n).map(one).collect::<Vec<_>>().join(",");
    let run = |tool: &str, more: &str, result: &dyn Fn(usize) -> String| {
        let results = many(20_000, result);
        let text = format!("{{\"version\":\"2.1.0\",\"runs\":[{{\"tool\":{tool}{more},\"results\":[{results}]}}]}}");
        assert_eq!(sarif(&text).0.len(), 20_000);
    };
    let extensions = many(20_000, &|n| format!("{{\"name\":\"e{n}\",\"rules\":[{{\"id\":\"r{n}\"}}]}}"));
    let tool = format!("{{\"driver\":{{\"name\":\"t\"}},\"extensions\":[{extensions}]}}");
    run(&tool, "", &|n| format!("{{\"ruleId\":\"a/b/c/d/e{n}\",\"message\":{{\"text\":\"m\"}}}}"));
    run(&tool, "", &|_| "{\"message\":{\"text\":\"m\"},\"rule\":{\"toolComponent\":{\"name\":\"nobody\"}}}".into());
    let overrides =
        many(20_000, &|n| format!("{{\"configuration\":{{\"level\":\"note\"}},\"descriptor\":{{\"id\":\"r{n}\"}}}}"));
    let invocations = format!(",\"invocations\":[{{\"ruleConfigurationOverrides\":[{overrides}]}}]");
    run("{\"driver\":{\"name\":\"t\"}}", &invocations, &|n| {
        format!("{{\"ruleId\":\"x{n}\",\"message\":{{\"text\":\"m\"}}}}")
    });
    let strings = many(20_000, &|n| format!("\"s{n}\":{{\"text\":\"t\"}}"));
    let tool =
        format!("{{\"driver\":{{\"name\":\"t\",\"rules\":[{{\"id\":\"r\",\"messageStrings\":{{{strings}}}}}]}}}}");
    run(&tool, "", &|_| "{\"ruleId\":\"r\",\"message\":{\"id\":\"none\"}}".into());
}

#[test]
fn secrets_are_never_kept() {
    let leak = br#"[{"RuleID":"aws","File":"a","Secret":"TOPSECRET","Match":"key=TOPSECRET","Description":"d"}]"#;
    assert!(!format!("{:?}", named("gitleaks-json", leak).unwrap()).contains("TOPSECRET"));
    let old = br#"[{"rule":"aws","file":"a","offender":"TOPSECRET","line":"key=TOPSECRET"}]"#;
    assert!(!format!("{:?}", named("gitleaks-json", old).unwrap()).contains("TOPSECRET"));
}

#[test]
fn an_exit_status_proves_or_contradicts_a_console() {
    let with = |id: &str, content: &[u8], status| {
        read(
            &Formats::default(),
            "f",
            content,
            &ReadOptions { format: Formats::default().by_id(id), exit_status: Some(status), ..ReadOptions::default() },
        )
    };
    let sorted = b"ERROR: a.py Imports are incorrectly sorted and/or formatted.\n";
    assert_eq!(with("isort", sorted, 1).unwrap().complete, Some(true));
    assert_eq!(with("isort", b"Skipped 2 files\n", 0).unwrap().complete, Some(true));
    assert_eq!(with("isort", b"Skipped 2 files\n", 1).unwrap_err().code(), ErrorCode::ToolFailed);
    assert_eq!(with("tsc", b"a.ts(1,2): error TS1: x\n", 134).unwrap().complete, Some(false));
    assert_eq!(with("mypy", b"a.py:1: error: x  [y]\n", 1).unwrap().complete, Some(true));
    assert!(with("mypy", b"a.py:1: error: x  [y]\n", 2).is_err());
}

#[test]
fn how_many_files_a_report_has_does_not_decide_what_it_is() {
    for count in [3, 400, 6_000] {
        let metrics: Vec<String> = (0..count)
            .map(|n| {
                format!("\"./p/{n}.py\": {{\"CONFIDENCE.HIGH\": 0, \"CONFIDENCE.LOW\": 0, \"SEVERITY.HIGH\": 1, \"loc\": 7, \"nosec\": 0, \"skipped_tests\": 0}}")
            })
            .collect();
        let metrics = metrics.join(",\n");
        let one = "{\"filename\": \"a.py\", \"issue_severity\": \"HIGH\", \"test_id\": \"B101\"}";
        for (results, total) in [(one, 1), ("", 0)] {
            let text = format!(
                "{{\"errors\": [], \"generated_at\": \"2026-01-01T00:00:00Z\", \"metrics\": {{{metrics}, \"_totals\": {{\"loc\": 7}}}}, \"results\": [{results}]}}"
            );
            let e = read(&Formats::default(), "report.json", text.as_bytes(), &ReadOptions::default()).unwrap();
            assert_eq!((e.source.format, summary(&e)["total"].clone()), ("bandit-json", total.into()), "{count}");
        }
        let issues: Vec<String> = (0..count)
            .map(|n| {
                let id = format!("\"SNYK-UNMANAGED-{n}\": {{\"id\": \"SNYK-UNMANAGED-{n}\", \"severity\": \"high\", ");
                id + "\"identifiers\": {\"CVE\": [], \"CWE\": []}, \"credit\": [\"x\"], \"semver\": {\"vulnerable\": [\"*\"]}, \"a\": 1, \"b\": 2, \"c\": 3}"
            })
            .collect();
        let text = format!(
            "{{\"issuesData\": {{{}}}, \"ok\": false, \"dependencyCount\": 2, \"packageManager\": \"Unmanaged (C/C++)\", \"vulnerabilities\": [{{\"id\": \"SNYK-UNMANAGED-0\", \"severity\": \"high\"}}]}}",
            issues.join(",")
        );
        let e = read(&Formats::default(), "report.json", text.as_bytes(), &ReadOptions::default()).unwrap();
        assert_eq!((e.source.format, summary(&e)["total"].clone()), ("snyk-json", 1.into()), "{count}");
    }
}

#[test]
fn tools_without_end_are_told_apart_fast_and_have_an_end() {
    let mut findings = gatekeeper_evidence::Findings::default();
    for round in 0..2 {
        for n in 0..100_000_u32 {
            let want = u16::try_from(n).unwrap_or(u16::MAX);
            assert_eq!(findings.tool(&format!("tool {n}")), want, "round {round}");
        }
    }
    assert_eq!(findings.tools.len(), usize::from(u16::MAX));
}

#[test]
fn a_row_is_counted_once_by_what_the_report_says_of_it() {
    let row = |id: &str, version: &str| {
        format!("{{\"id\": \"{id}\", \"packageName\": \"p\", \"version\": \"{version}\", \"severity\": \"low\"}}")
    };
    let rows = [row("A", "1"), row("A", "1"), row("A", "2"), row("B", "1"), row("A", "1")].join(",");
    let text = format!(
        "{{\"ok\": false, \"dependencyCount\": 3, \"packageManager\": \"npm\", \"vulnerabilities\": [{rows}]}}"
    );
    assert_eq!(summary(&named("snyk-json", text.as_bytes()).unwrap())["total"], 3);
}

#[test]
fn rows_that_name_nothing_are_of_another_kind() {
    for (id, text) in [
        ("gosec-json", "{\"Golang errors\": {}, \"Stats\": {}, \"Issues\": [{}]}"),
        ("eslint-json", "[{\"filePath\": \"a\", \"messages\": [{}]}]"),
        ("snyk-json", "{\"ok\": true, \"dependencyCount\": 1, \"vulnerabilities\": [{}]}"),
        ("checkstyle", "<checkstyle><file name=\"a\"><error/></file></checkstyle>"),
    ] {
        assert_eq!(named(id, text.as_bytes()).unwrap_err().code(), ErrorCode::Malformed, "{id}");
    }
}

#[test]
fn a_place_is_the_begin_where_the_end_is_told_too() {
    let text = b"p/b.py:1:10:1:12: error: x  [y]\nC:/a.py:3: error: x  [y]\nFound 2 errors in 2 files (checked 2 source files)\n";
    let e = named("mypy", text).unwrap();
    let Data::Findings(f) = &e.data else { panic!("no findings") };
    let places: Vec<_> = f.items.iter().filter_map(|i| i.place.clone()).map(|p| (p.path, p.line, p.column)).collect();
    assert_eq!(places, [("p/b.py".into(), Some(1), Some(10)), ("C:/a.py".into(), Some(3), None)]);
}

#[test]
fn rows_take_no_more_memory_than_their_file_accounts_for() {
    let many = |row: &str, rows: usize| vec![row; rows].join(",");
    for (id, before, after) in
        [("gitlab-json", "{\"version\": \"15\", \"vulnerabilities\": [", "]}"), ("github-vulnerability-json", "[", "]")]
    {
        let text = format!("{before}{}{after}", many("{}", 600_000));
        let e = named(id, text.as_bytes()).unwrap_err();
        assert!(e.to_string().contains("more rows than"), "{id}: {e}");
    }
    let row = "{\"ruleId\": \"no-unused-vars\", \"severity\": 2, \"message\": \"'x' is never used.\", \"line\": 3, \"column\": 7}";
    let text = format!("[{{\"filePath\": \"a.js\", \"messages\": [{}]}}]", many(row, 100_000));
    assert_eq!(summary(&named("eslint-json", text.as_bytes()).unwrap())["total"], 100_000);
}
