//! Where the documents of one run go, and what stands in them: it depends on what was asked for, not on what is written beside it.
#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on stops")]

use gatekeeper_cli::{Terminal, run};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

const POLICY: &str = "version = 1\n[gates.unit]\nrule = \"tests\"\nmin-pass-rate = 100\n[gates.lines]\nrule = \"coverage\"\nlines = { min = 60 }\n";

struct Project(PathBuf);

impl Project {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("gatekeeper-outputs-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("src")).unwrap();
        let cases: String =
            (0..9).map(|n| format!("<testcase name=\"t{n}\"><failure message=\"no {n}\"/></testcase>")).collect();
        let junit = format!("<testsuite name=\"s\" tests=\"9\" failures=\"9\">{cases}</testsuite>");
        for (name, text) in [
            ("gatekeeper.toml", POLICY),
            ("junit.xml", junit.as_str()),
            ("lcov.info", "SF:src/a.c\nDA:1,1\nDA:2,0\nDA:3,1\nend_of_record\n"),
            ("src/a.c", "int a;\nint never;\nint b;\n"),
        ] {
            fs::write(folder.join(name), text).unwrap();
        }
        Project(folder)
    }

    fn check(&self, arguments: &[&str]) -> (String, String, u8) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let root = self.0.to_str().unwrap();
        let all = ["gatekeeper", "check", "--root", root].into_iter().chain(arguments.iter().copied());
        let code = run(all, Terminal::PLAIN, &mut out, &mut err);
        (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap(), code)
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_report_to_standard_output_stands_there_alone() {
    let p = Project::new("stdout");
    let csv = p.file("v.csv");
    let (out, _, code) = p.check(&["--report", "json=-", "--report", &format!("csv={csv}")]);
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap()["status"], "fail");
    assert_eq!(code, 1);
    assert!(fs::read_to_string(csv).unwrap().contains("no 8"));

    let (out, err, code) = p.check(&["--report", "json=-", "--format", "markdown"]);
    assert_eq!((out.as_str(), code), ("", 2));
    assert!(err.contains("both write to standard output"), "{err}");
    let (out, err, code) = p.check(&["--report", "json=-", "--report", "csv=-"]);
    assert_eq!((out.as_str(), code), ("", 2), "{err}");
}

#[test]
fn details_are_in_documents_that_show_them_and_where_they_are_asked_for() {
    let p = Project::new("details");
    let (html, json) = (p.file("v.html"), p.file("v.json"));
    let (alone, ..) = p.check(&["--format", "json", "--now", "2026-01-31T12:00:00Z"]);
    let reports = [format!("html={html}"), format!("json={json}")];
    p.check(&["--now", "2026-01-31T12:00:00Z", "--report", &reports[0], "--report", &reports[1]]);
    assert_eq!(fs::read_to_string(&json).unwrap(), alone, "JSON is the same beside a page");
    let page = fs::read_to_string(&html).unwrap();
    assert!(page.contains("id=\"data-tests\" data-rows=\"9\"") && page.contains("id=\"data-sources\""), "no lists");

    let (out, ..) = p.check(&["--format", "json", "--details"]);
    let verdict: Value = serde_json::from_str(&out).unwrap();
    let details = &verdict["details"];
    assert_eq!(details["coverage"][0]["files"][0]["uncovered"], serde_json::json!([[2, 2]]));
    assert_eq!(details["sources"]["src/a.c"][0]["lines"][1], "int never;");
    assert_eq!(details["tests"][0]["suites"][0]["cases"].as_array().unwrap().len(), 9);

    // A kept verdict has the page that the run had.
    fs::write(&json, out).unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let again = ["gatekeeper", "render", &json, "--format", "html"];
    assert_eq!(run(again, Terminal::PLAIN, &mut out, &mut err), 0);
    assert!(String::from_utf8(out).unwrap().contains("id=\"data-tests\" data-rows=\"9\""));
}

#[test]
fn verbose_cuts_nothing_and_lists_what_was_judged() {
    let p = Project::new("verbose");
    let (short, ..) = p.check(&[]);
    assert!(short.contains("and 4 more: gatekeeper explain unit") && !short.contains("no 8"), "{short}");
    let (long, ..) = p.check(&["--verbose"]);
    for words in ["no 0", "no 8", "66.66 %", "(2 of 3)", "lcov.info (lcov): lines"] {
        assert!(long.contains(words), "{words}: {long}");
    }
    assert!(!long.contains("… and"), "{long}");
    let (_, err, code) = p.check(&["--verbose", "--quiet"]);
    assert_eq!(code, 2, "{err}");
}
