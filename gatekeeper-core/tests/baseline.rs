//! Runs that are compared with an earlier one, from files to verdict: each word of `[baseline]` and `weakening` on both sides of its limit.
#![allow(
    missing_docs,
    clippy::type_complexity,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

use gatekeeper_core::verdict::{GateStatus, GateVerdict, Overall, Verdict};
use gatekeeper_core::{CheckRequest, Context, Engine, Lineage, Revision, Snapshot};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

const DAY: i64 = 86_400;
const NOW: i64 = 1_780_272_000;

/// A folder of its own, gone when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        static N: AtomicUsize = AtomicUsize::new(0);
        let name = format!("gatekeeper-baseline-{}-{}", std::process::id(), N.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn put(&self, name: &str, text: &str) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A policy's text and the reports of a run.
#[derive(Clone)]
struct Run {
    policy: String,
    files: Vec<(&'static str, String)>,
    context: Context,
}

fn run(policy: &str, files: &[(&'static str, String)]) -> Run {
    // What stands at a policy's top comes before its tables.
    let (top, rest) = match policy.strip_prefix("weakening") {
        Some(_) => policy.split_at(policy.find('\n').unwrap() + 1),
        None => ("", policy),
    };
    let policy = format!("version = 1\n{top}[[evidence]]\nname = \"all\"\npaths = [\"reports/**\"]\n{rest}");
    Run { policy, files: files.to_vec(), context: Context::at(NOW) }
}

impl Run {
    fn asked(&self) -> (Folder, CheckRequest) {
        let folder = Folder::new();
        folder.put("gatekeeper.toml", &self.policy);
        for (name, text) in &self.files {
            folder.put(name, text);
        }
        let request = CheckRequest::new(folder.0.clone(), self.context.clone());
        (folder, request)
    }

    fn snapshot(&self) -> Snapshot {
        let (_folder, request) = self.asked();
        let taken = Engine::default().snapshot(&request).unwrap_or_else(|e| panic!("{e}"));
        Engine::default().read_snapshot("base.snap", taken.text.as_bytes()).unwrap_or_else(|e| panic!("{e}"))
    }

    fn check(&self) -> Verdict {
        let (_folder, request) = self.asked();
        Engine::default().check(&request).unwrap_or_else(|e| panic!("{e}"))
    }

    fn against(mut self, before: &Run) -> Verdict {
        self.context.baseline = Some(before.snapshot());
        self.check()
    }
}

fn gate<'v>(verdict: &'v Verdict, name: &str) -> &'v GateVerdict {
    verdict.gates.iter().find(|g| g.name == name).unwrap_or_else(|| panic!("no gate {name} in {:?}", verdict.gates))
}

fn status(verdict: &Verdict, name: &str) -> GateStatus {
    gate(verdict, name).status
}

/// JUnit of cases: `a` passed, `-a` failed, `?a` skipped.
fn junit(cases: &[&str]) -> (&'static str, String) {
    let mut text = String::from("<testsuite name=\"s\">\n");
    for (n, case) in cases.iter().enumerate() {
        let name = case.trim_start_matches(['-', '?']);
        let time = 1.0 + f64::from(u32::try_from(n).unwrap()) / 10.0;
        let inner = match case.as_bytes()[0] {
            b'-' => "<failure message=\"no\"/>",
            b'?' => "<skipped/>",
            _ => "",
        };
        let _ = writeln!(text, "<testcase classname=\"s\" name=\"{name}\" time=\"{time}\">{inner}</testcase>");
    }
    ("reports/junit.xml", text + "</testsuite>\n")
}

fn lcov(files: &[(&str, u32, u32)]) -> (&'static str, String) {
    let mut text = String::from("TN:\n");
    for (name, hit, all) in files {
        let _ = writeln!(text, "SF:{name}");
        for line in 1..=*all {
            let _ = writeln!(text, "DA:{line},{}", u32::from(line <= *hit));
        }
        text.push_str("end_of_record\n");
    }
    ("reports/lcov.info", text)
}

const TESTS: &str = "[gates.tests]\nrule = \"tests\"\n";
const RATCHET: &str = "[gates.coverage]\nrule = \"coverage\"\nratchet = true\n";
const FREE: &str = "[baseline]\nancestor = false\n";

#[test]
fn what_compares_is_missing_without_a_baseline_and_skipped_where_none_is_required() {
    let files = [lcov(&[("a.py", 8, 10)])];
    let v = run(RATCHET, &files).check();
    assert_eq!((v.status, status(&v, "coverage")), (Overall::Unknown, GateStatus::Missing));
    assert!(gate(&v, "coverage").reason.contains("no baseline was given"), "{}", gate(&v, "coverage").reason);
    let optional = "[baseline]\nrequired = false\n";
    let v = run(&format!("{optional}{RATCHET}{TESTS}"), &[files[0].clone(), junit(&["a"])]).check();
    assert_eq!((v.status, status(&v, "coverage")), (Overall::Pass, GateStatus::Skip));
    assert!(gate(&v, "coverage").reason.contains("no baseline"), "{}", gate(&v, "coverage").reason);
    // With limits of its own beside, the rest is judged.
    let v = run(&format!("{optional}{RATCHET}lines = 80\n"), &files).check();
    assert_eq!(status(&v, "coverage"), GateStatus::Pass);
    assert!(gate(&v, "coverage").reason.contains("not compared: no baseline"), "{}", gate(&v, "coverage").reason);
    // Nothing judged is nothing passed, whatever the gate `baseline` says.
    let v = run(&format!("{FREE}{RATCHET}enabled = false\n"), &files);
    let v = v.clone().against(&v);
    assert_eq!((v.status, status(&v, "baseline")), (Overall::Unknown, GateStatus::Pass));
    // Who demands one misses it, though no gate compares.
    for demand in ["[baseline]\nrequired = true\n", "[baseline]\nmax-shrink = 5\n", "weakening = \"fail\"\n"] {
        let v = run(&format!("{demand}{TESTS}"), &[junit(&["a"])]).check();
        assert_eq!(v.status, Overall::Unknown, "{demand}");
    }
    let v = run(&format!("weakening = \"allow\"\n{FREE}{TESTS}"), &[junit(&["a"])]).check();
    assert_eq!(v.status, Overall::Pass);
}

#[test]
fn a_baseline_is_new_enough_whole_and_not_from_the_future() {
    let files = [lcov(&[("a.py", 8, 10)])];
    let policy = format!("[baseline]\nancestor = false\nmax-age = \"30d\"\n{RATCHET}");
    let taken = |at: i64| {
        let mut before = run(&policy, &files);
        before.context = Context::at(NOW + at);
        run(&policy, &files).against(&before)
    };
    assert_eq!(taken(-30 * DAY).status, Overall::Pass);
    assert_eq!(taken(-30 * DAY - 1).status, Overall::Unknown);
    assert_eq!(taken(300).status, Overall::Pass);
    assert_eq!(taken(301).status, Overall::Unknown);
    let v = taken(-31 * DAY);
    assert_eq!((status(&v, "coverage"), status(&v, "baseline")), (GateStatus::Error, GateStatus::Error));
    assert!(gate(&v, "coverage").reason.contains("31 days old"), "{}", gate(&v, "coverage").reason);
    // Without a clock on either side nobody can tell.
    let mut timeless = run(&policy, &files);
    timeless.context = Context::without_clock();
    assert_eq!(run(&policy, &files).against(&timeless).status, Overall::Unknown);
    assert_eq!(timeless.against(&run(&policy, &files)).status, Overall::Unknown);
    // One of evidence that could not be read proves nothing.
    let broken = run(&policy, &[files[0].clone(), ("reports/junit.xml", "<testsuite".to_owned())]);
    assert!(!broken.snapshot().complete());
    assert_eq!(run(&policy, &files).against(&broken).status, Overall::Unknown);
    // One that failed is whole; that is said.
    let failed = run(&format!("{FREE}{TESTS}"), &[junit(&["-a"])]);
    assert!(failed.snapshot().complete() && failed.snapshot().status() == Overall::Fail);
    let v = run(&format!("{FREE}{TESTS}"), &[junit(&["a"])]).against(&failed);
    assert!(v.status == Overall::Warn && gate(&v, "baseline").reason.contains("was fail"), "{v:?}");
}

#[test]
fn a_baseline_is_of_our_commit_or_an_ancestor() {
    let files = [lcov(&[("a.py", 8, 10)])];
    let judged = |word: &str, before: Option<&str>, ours: Option<&str>, lineage: Lineage| {
        let policy = format!("{word}{RATCHET}");
        let revision = |commit: Option<&str>| {
            let mut r = Revision::default();
            r.commit = commit.map(str::to_owned);
            r
        };
        let (mut base, mut now) = (run(&policy, &files), run(&policy, &files));
        base.context.revision = revision(before);
        now.context.revision = revision(ours);
        now.context.lineage = lineage;
        now.against(&base).status
    };
    let (a, b) = (Some("aaaaaaaaaa"), Some("bbbbbbbbbb"));
    let demanded = "[baseline]\nancestor = true\n";
    let cut = || Lineage::CannotTell("shallow".to_owned());
    for word in [demanded, ""] {
        assert_eq!(judged(word, a, Some("aaaaaaa"), Lineage::NotAsked), Overall::Pass, "{word} ours");
        assert_eq!(judged(word, a, b, Lineage::Ancestor), Overall::Pass, "{word} ancestor");
        assert_eq!(judged(word, a, b, Lineage::Stranger), Overall::Unknown, "{word} stranger");
        assert_eq!(judged(word, a, b, cut()), Overall::Unknown, "{word} shallow");
    }
    assert_eq!(judged(demanded, a, b, Lineage::NotAsked), Overall::Warn);
    assert_eq!(judged(demanded, None, b, Lineage::NotAsked), Overall::Warn);
    assert_eq!(judged("", a, b, Lineage::NotAsked), Overall::Pass);
    assert_eq!(judged(FREE, a, b, Lineage::Stranger), Overall::Pass);
}

#[test]
fn what_was_there_and_is_not_is_shown_and_too_much_of_it_is_an_error() {
    let cases = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
    let before = run(&format!("{FREE}max-shrink = 20\n{TESTS}"), &[junit(&cases)]);
    let left = |n: usize| run(&format!("{FREE}max-shrink = 20\n{TESTS}"), &[junit(&cases[..n])]).against(&before);
    assert_eq!((left(10).status, left(8).status, left(7).status), (Overall::Pass, Overall::Pass, Overall::Unknown));
    let v = left(8);
    assert!(
        gate(&v, "baseline").reason.contains("2 of 10 cases are gone: s: i, s: j"),
        "{}",
        gate(&v, "baseline").reason
    );
    assert_eq!(v.baseline.unwrap().changes.lost_cases, ["s: i", "s: j"]);
    // Without a limit it is shown all the same.
    let v = run(&format!("{FREE}{TESTS}"), &[junit(&cases[..1])]).against(&before);
    assert_eq!(v.status, Overall::Warn, "the limit that is gone is told");
    assert!(gate(&v, "baseline").reason.contains("9 of 10 cases are gone"), "{}", gate(&v, "baseline").reason);
    // A case that is skipped is not gone.
    let v = run(
        &before.policy[before.policy.find("[baseline]").unwrap()..],
        &[junit(&["a", "?b", "?c", "?d", "e", "f", "g", "h", "i", "j"])],
    );
    let v = v.against(&before);
    assert_eq!((status(&v, "baseline"), v.baseline.unwrap().changes.skipped_cases.len()), (GateStatus::Pass, 3));
    // Files.
    let policy = format!("{FREE}max-shrink = 50\n[gates.coverage]\nrule = \"coverage\"\nlines = {{ min = 1 }}\n");
    let before = run(&policy, &[lcov(&[("a.py", 1, 2), ("b.py", 1, 3)])]);
    let v = run(&policy, &[lcov(&[("a.py", 1, 2)])]).against(&before);
    assert_eq!((v.status, v.baseline.unwrap().changes.gone_files), (Overall::Pass, vec!["b.py".to_owned()]));
    assert_eq!(run(&policy.replace("50", "49"), &[lcov(&[("a.py", 1, 2)])]).against(&before).status, Overall::Unknown);
    // Whatever kind is gone wholly is gone.
    let policy = format!("{FREE}max-shrink = 99\n{TESTS}");
    let both = run(&policy, &[junit(&["a"]), lcov(&[("a.py", 1, 2)])]);
    assert_eq!(run(&policy, &[junit(&["a"])]).against(&both).status, Overall::Unknown);
}

#[test]
fn a_policy_that_demands_less_than_before_is_told_and_the_stricter_word_counts() {
    let policy = |word: &str, min: u32| {
        let word = if word.is_empty() { String::new() } else { format!("loosening = \"{word}\"\n") };
        format!("{FREE}{word}[gates.coverage]\nrule = \"coverage\"\nlines = {{ min = {min} }}\n")
    };
    let files = [lcov(&[("a.py", 9, 10)])];
    let judged = |before: &str, now: &str| {
        let v = run(&policy(now, 60), &files).against(&run(&policy(before, 80), &files));
        assert!(v.loosened.contains(&"coverage: lines.min 80 → 60".to_owned()), "{:?}", v.loosened);
        v.status
    };
    for (before, now, want) in [
        ("", "", Overall::Warn),
        ("", "allow", Overall::Warn),
        ("allow", "allow", Overall::Pass),
        ("allow", "", Overall::Warn),
        ("fail", "allow", Overall::Fail),
        ("fail", "", Overall::Fail),
        ("allow", "fail", Overall::Fail),
        ("warn", "warn", Overall::Warn),
    ] {
        assert_eq!(judged(before, now), want, "{before} → {now}");
    }
    let v = run(&policy("fail", 80), &files).against(&run(&policy("fail", 60), &files));
    assert_eq!((v.status, v.loosened.len()), (Overall::Pass, 0));
}

#[test]
fn each_sort_of_weakening_is_told_by_name() {
    let policy = |rest: &str| format!("weakening = \"fail\"\n{FREE}loosening = \"allow\"\n{TESTS}{rest}");
    let source = |name: &'static str| (name, "pass\n".to_owned());
    let (a, b) = (source("a.py"), source("b.py"));
    let files = [junit(&["a", "b"]), lcov(&[("a.py", 1, 2), ("b.py", 1, 3)]), a.clone(), b.clone()];
    let before = run(&policy(""), &files);
    let with = |rest: &str, files: &[(&'static str, String)]| run(&policy(rest), files).against(&before);
    let v = with("", &files);
    assert_eq!((v.status, status(&v, "weakening")), (Overall::Pass, GateStatus::Pass));
    let lost = [junit(&["a"]), files[1].clone(), a.clone(), b.clone()];
    let skipped = [junit(&["a", "?b"]), files[1].clone(), a.clone(), b.clone()];
    let unmeasured = [files[0].clone(), lcov(&[("a.py", 1, 2)]), a.clone(), b];
    // What was deleted need not be measured.
    let deleted = [files[0].clone(), lcov(&[("a.py", 1, 2)]), a];
    assert_eq!(with("", &deleted).status, Overall::Pass);
    let waiver = "[[waivers]]\ngate = \"tests\"\ntest = \"z\"\nreason = \"r\"\nexpires = \"2027-01-01\"\n";
    let cases: [(&str, &[(&'static str, String)], &str, &str, &str); 5] = [
        ("", &lost, "case-lost", "s: b ran", "lost"),
        ("", &skipped, "newly-skipped", "s: b ran in the baseline and is skipped", "skipped"),
        ("", &unmeasured, "file-unmeasured", "b.py was measured", "files"),
        ("min-pass-rate = 90\n", &files, "policy-loosened", "min-pass-rate", "policy"),
        (waiver, &files, "waiver-added", "a waiver of z is added", "waivers"),
    ];
    for (rest, files, code, words, key) in cases {
        if code == "policy-loosened" {
            let before = run(&policy("min-pass-rate = 100\n"), files);
            let v = run(&policy(rest), files).against(&before);
            assert_eq!((v.status, gate(&v, "weakening").violations[0].code.as_ref()), (Overall::Fail, code));
            continue;
        }
        let v = with(rest, files);
        let g = gate(&v, "weakening");
        assert_eq!((v.status, g.violations.len(), g.violations[0].code.as_ref()), (Overall::Fail, 1, code), "{g:?}");
        assert!(g.violations[0].message.contains(words), "{}", g.violations[0].message);
        // One sort alone may be less.
        for (word, want) in [("warn", Overall::Warn), ("allow", Overall::Pass)] {
            let table = format!("[weakening]\n{key} = \"{word}\"\n");
            let policy = |rest: &str| format!("{FREE}loosening = \"allow\"\n{table}{TESTS}{rest}");
            let before = run(&policy(""), &before.files);
            assert_eq!(run(&policy(rest), files).against(&before).status, want, "{key} {word}");
        }
    }
    // Who takes the key out is held to the baseline's.
    let v = run(&format!("{FREE}loosening = \"allow\"\n{TESTS}"), &lost).against(&before);
    assert_eq!(v.status, Overall::Fail);
    assert!(v.loosened.iter().any(|l| l.starts_with("weakening ")), "{:?}", v.loosened);
    // Lists that leave more out.
    let exclude = |list: &str| {
        let text = format!("weakening = \"fail\"\n{FREE}loosening = \"allow\"\n{TESTS}");
        let mut r = run(&text, &files);
        r.policy = r.policy.replace("paths = [\"reports/**\"]\n", &format!("paths = [\"reports/**\"]\n{list}"));
        r
    };
    let v = exclude("exclude = [\"reports/old/**\"]\n").against(&exclude(""));
    assert_eq!(gate(&v, "weakening").violations[0].code.as_ref(), "exclude-grown");
}

#[test]
fn a_new_cell_has_nothing_to_be_compared_with_and_one_in_anothers_place_is_missing() {
    let policy = |name: &str| {
        format!(
            "version = 1\n[[evidence]]\npaths = [\"{name}/*.xml\"]\n[baseline]\nancestor = false\n\
             [gates.tests]\nrule = \"tests\"\nmax-lost = 0\neach = \"otp\"\n"
        )
    };
    let at = |folders: &[&'static str]| {
        let files = folders.iter().map(|f| (*f, junit(&["a"]).1)).collect();
        Run { policy: policy("otp-{otp}"), files, context: Context::at(NOW) }
    };
    let before = at(&["otp-27/a.xml"]);
    let v = at(&["otp-27/a.xml", "otp-28/a.xml"]).against(&before);
    assert_eq!((v.status, v.gates[0].status), (Overall::Pass, GateStatus::Pass));
    assert!(v.gates[0].reason.contains("otp = 28 is new"), "{}", v.gates[0].reason);
    let v = at(&["otp-28/a.xml"]).against(&before);
    assert_eq!((v.status, v.gates[0].status), (Overall::Unknown, GateStatus::Missing));
}

#[test]
fn gates_that_were_not_asked_for_are_not_told_of_the_baseline() {
    let mut r = run(&format!("{FREE}{TESTS}"), &[junit(&["a"])]);
    let before = run(&format!("{FREE}{TESTS}"), &[junit(&["a", "b"])]);
    r.context.only = vec!["tests".to_owned()];
    let v = r.against(&before);
    assert_eq!(v.gates.iter().map(|g| g.name.as_str()).collect::<Vec<_>>(), ["tests"]);
    assert!(Path::new(&v.root).is_relative() || !v.root.is_empty());
}

/// The change of a branch: what it renames.
fn renaming(pairs: &[(&str, &str)]) -> std::sync::Arc<gatekeeper_core::Change> {
    let one = |(old, new): &(&str, &str)| {
        format!("diff --git a/{old} b/{new}\nsimilarity index 100%\nrename from {old}\nrename to {new}\n")
    };
    let text: String = pairs.iter().map(one).collect();
    std::sync::Arc::new(gatekeeper_core::Change::read("git", text.into_bytes(), None).unwrap())
}

fn sarif(path: &str) -> (&'static str, String) {
    let place = format!(
        "[{{\"physicalLocation\":{{\"artifactLocation\":{{\"uri\":\"{path}\"}},\"region\":{{\"startLine\":3}}}}}}]"
    );
    let result =
        format!("{{\"ruleId\":\"R\",\"level\":\"error\",\"message\":{{\"text\":\"m\"}},\"locations\":{place}}}");
    let text = format!(
        "{{\"version\":\"2.1.0\",\"runs\":[{{\"tool\":{{\"driver\":{{\"name\":\"t\"}}}},\"results\":[{result}]}}]}}"
    );
    ("reports/scan.sarif", text)
}

#[test]
fn what_the_change_renames_is_not_new_and_not_gone() {
    let policy = format!(
        "[gates.scan]\nrule = \"findings\"\nnew-only = true\nmax = {{ total = 0 }}\n[gates.coverage]\nrule = \"coverage\"\nfiles = {{ max-drop = 0 }}\n{FREE}max-shrink = 0\n"
    );
    let before = run(&policy, &[sarif("old.py"), lcov(&[("old.py", 2, 3), ("x.py", 1, 1)])]);
    // Lines were added, so that nothing but the diff tells that it is the same file.
    let after = || run(&policy, &[sarif("new.py"), lcov(&[("new.py", 3, 4), ("x.py", 1, 1)])]);
    let v = after().against(&before);
    assert_eq!((status(&v, "scan"), status(&v, "baseline")), (GateStatus::Fail, GateStatus::Error));
    let mut renamed = after();
    renamed.context.diff = Some(renaming(&[("old.py", "new.py")]));
    let v = renamed.against(&before);
    assert_eq!((status(&v, "scan"), status(&v, "baseline")), (GateStatus::Pass, GateStatus::Pass), "{:?}", v.gates);
    assert_eq!(v.baseline.as_ref().unwrap().changes.moved_files, ["old.py → new.py"]);
    // A file that moved may not drop either.
    let mut worse = run(&policy, &[sarif("new.py"), lcov(&[("new.py", 2, 4), ("x.py", 1, 1)])]);
    worse.context.diff = Some(renaming(&[("old.py", "new.py")]));
    assert_eq!(status(&worse.against(&before), "coverage"), GateStatus::Fail);
}

fn component(name: &str, cases: &[&str]) -> (&'static str, String) {
    let path = if name == "web" { "web/junit.xml" } else { "api/junit.xml" };
    (path, junit(cases).1)
}

#[test]
fn a_component_is_compared_with_its_own_tests_and_one_that_did_not_change_with_nothing() {
    let policy = |own: &str| {
        format!(
            "version = 1\n[[evidence]]\npaths = [\"*/junit.xml\"]\n[gates.tests]\nrule = \"tests\"\nper-component = true\n{own}\n[components.web]\npaths = [\"web/**\"]\n[components.api]\npaths = [\"api/**\"]\n{FREE}max-shrink = 0\n"
        )
    };
    let of = |own: &str, files: &[(&'static str, String)]| Run { policy: policy(own), ..run("", files) };
    let (web, api) = (component("web", &["a", "b"]), component("api", &["x", "y"]));
    let before = of("max-lost = 0", &[web.clone(), api.clone()]);
    let same = of("max-lost = 0", &[web.clone(), api.clone()]).against(&before);
    assert_eq!((same.status, same.gates[0].reason.contains("is new")), (Overall::Pass, false), "{:?}", same.gates);
    let lost = of("max-lost = 0", &[component("web", &["a"]), api.clone()]).against(&before);
    let cells: Vec<_> = lost.gates[0].cells.iter().map(|c| (c.component.as_deref(), c.status)).collect();
    assert_eq!(cells, [(Some("web"), GateStatus::Fail), (Some("api"), GateStatus::Pass)]);
    // Only web changed, and only its tests ran.
    let changed = |files: &[(&'static str, String)], names: &[&str]| {
        let mut run = of("max-lost = 0", files);
        run.context.changed = Some(names.iter().map(|n| (*n).to_owned()).collect());
        run.against(&before)
    };
    let alone = std::slice::from_ref(&web);
    let v = changed(alone, &["web/a.c"]);
    assert_eq!((v.status, status(&v, "baseline")), (Overall::Pass, GateStatus::Pass), "{:?}", v.gates);
    assert!(gate(&v, "baseline").reason.contains("components that did not change"), "{}", gate(&v, "baseline").reason);
    let less = [component("web", &["a"])];
    assert_eq!(status(&changed(&less, &["web/a.c"]), "baseline"), GateStatus::Error, "its own loss counts");
    // Where everything is concerned everything is compared.
    assert_eq!(status(&changed(alone, &["README.md", "web/a.c"]), "baseline"), GateStatus::Error);
    assert_eq!(status(&changed(alone, &["api/a.c"]), "baseline"), GateStatus::Error);
}

#[test]
fn git_merges_two_snapshots_line_by_line_and_the_fix_makes_one_of_them() {
    let policy = format!("{TESTS}max-lost = 0\n{FREE}");
    let taken = |cases: &[&str], files: &[(&str, u32, u32)]| {
        let (_folder, request) = run(&policy, &[junit(cases), lcov(files)]).asked();
        Engine::default().snapshot(&request).unwrap().text
    };
    let some = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let with = |more: &'static str| some.iter().copied().chain([more]).collect::<Vec<_>>();
    let base = taken(&some, &[("m.py", 1, 1)]);
    // Ours adds a case, theirs another one and a file.
    let (ours, theirs) = (taken(&with("a2"), &[("m.py", 1, 1)]), taken(&with("z"), &[("m.py", 1, 1), ("n.py", 1, 2)]));
    let folder = Folder::new();
    for (name, text) in [("base", &base), ("ours", &ours), ("theirs", &theirs)] {
        folder.put(name, text);
    }
    let merge = std::process::Command::new("git")
        .args(["merge-file", "-p", "ours", "base", "theirs"])
        .current_dir(&folder.0)
        .output()
        .unwrap();
    let merged = String::from_utf8(merge.stdout).unwrap();
    // Both sides changed the counts at the end, and nothing else is in conflict.
    assert_eq!((merge.status.code(), merged.matches("<<<<<<<").count()), (Some(1), 1), "{merged}");
    assert!(Engine::default().read_snapshot("merged", merged.as_bytes()).is_err());
    let fixed = gatekeeper_core::fix_snapshot("merged", merged.as_bytes()).unwrap();
    let both = Engine::default().read_snapshot("merged", fixed.as_bytes()).unwrap();
    let everything: Vec<&str> = some.iter().copied().chain(["a2", "z"]).collect();
    let whole = run(&policy, &[junit(&everything), lcov(&[("m.py", 1, 1), ("n.py", 1, 2)])]);
    let judged = |run: &Run| {
        let mut run = run.clone();
        run.context.baseline = Some(both.clone());
        run.check()
    };
    assert_eq!(status(&judged(&whole), "tests"), GateStatus::Pass);
    // A case of either side is missed.
    for gone in ["a2", "z"] {
        let left: Vec<&str> = everything.iter().copied().filter(|c| *c != gone).collect();
        let v = judged(&run(&policy, &[junit(&left), lcov(&[("m.py", 1, 1), ("n.py", 1, 2)])]));
        assert_eq!(status(&v, "tests"), GateStatus::Fail, "{gone}");
    }
}
