use super::*;
use crate::Engine;
use crate::policy::PolicyFiles;
use crate::verdict::Overall;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[test]
fn a_path_is_named_from_the_working_directory() {
    let of = |path: &str| shown(Path::new("/w"), Path::new(path));
    assert_eq!([of("/w"), of("/w/a/b"), of("/x/a")], [".", "a/b", "/x/a"]);
}

/// 2026-06-01.
const NOW: i64 = 1_780_272_000;

/// A folder of its own, gone when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn of(files: &[(&str, &str)]) -> Folder {
        static N: AtomicUsize = AtomicUsize::new(0);
        let name = format!("gatekeeper-check-{}-{}", std::process::id(), N.fetch_add(1, Ordering::Relaxed));
        let folder = Folder(std::env::temp_dir().join(name));
        fs::create_dir_all(&folder.0).unwrap();
        for (name, text) in files {
            let path = folder.0.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    fn request(&self) -> CheckRequest {
        CheckRequest::new(self.0.clone(), Context::at(NOW))
    }

    fn check(&self) -> Verdict {
        Engine::default().check(&self.request()).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const JUNIT: &str = "<testsuite name=\"s\"><testcase classname=\"c\" name=\"a\" time=\"0.125\"/></testsuite>";

/// Trivy found one thing in one package.
const TRIVY: &str = r#"{"SchemaVersion": 2, "ArtifactName": "shop:1", "ArtifactType": "filesystem", "Metadata": {}, "Results": [
    {"Target": "package-lock.json", "Class": "lang-pkgs", "Type": "npm", "Vulnerabilities": [{"VulnerabilityID": "CVE-2021-23337",
    "PkgName": "leaf", "PkgIdentifier": {"PURL": "pkg:npm/leaf@1"}, "InstalledVersion": "1", "Severity": "CRITICAL", "Title": "t"}]}]}"#;

/// The same with nothing found.
const CLEAN: &str = r#"{"SchemaVersion": 2, "ArtifactName": "shop:1", "ArtifactType": "filesystem", "Metadata": {}, "Results": [
    {"Target": "package-lock.json", "Class": "lang-pkgs", "Type": "npm"}]}"#;

/// A statement that takes it out.
const VEX: &str = r#"{"@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://example.com/v", "author": "a",
    "timestamp": "2026-01-01T00:00:00Z", "version": 1, "statements": [{"vulnerability": {"name": "CVE-2021-23337"},
    "products": [{"@id": "pkg:npm/leaf@1"}], "status": "not_affected", "justification": "vulnerable_code_not_in_execute_path"}]}"#;

const GATE: &str = "[gates.security]\nrule = \"findings\"\nmax = { total = 0 }\n";

fn policy(text: &str) -> String {
    format!("version = 1\n{text}")
}

fn says(verdict: &Verdict, words: &str) -> bool {
    verdict.warnings.iter().any(|w| w.contains(words))
}

/// A policy and what belongs to it, kept elsewhere.
#[derive(Debug)]
struct Elsewhere(BTreeMap<&'static str, String>);

impl PolicyFiles for Elsewhere {
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, ParseError> {
        Ok(self.0.get(name).map(|text| text.clone().into_bytes()))
    }

    fn list(&self, folder: &str) -> Result<Option<Vec<String>>, ParseError> {
        Ok((folder == "rules").then(|| vec!["rules/a.rego".to_owned()]))
    }
}

fn elsewhere(files: &[(&'static str, &str)]) -> GivenPolicy {
    let files = files.iter().map(|(name, text)| (*name, (*text).to_owned())).collect();
    GivenPolicy {
        name: "gatekeeper.toml".into(),
        from: "main (c0ffee1)".into(),
        folder: String::new(),
        root: PathBuf::new(),
        files: Arc::new(Elsewhere(files)),
    }
}

#[test]
fn the_policy_of_a_project_is_the_one_that_lies_there() {
    let there = Folder::of(&[("gatekeeper.toml", &policy(GATE)), ("deep/er/x", "")]);
    let mut request = there.request();
    for cwd in ["", "deep/er"] {
        request.working_directory = there.0.join(cwd);
        for found in [Engine::default().find_policy(&request), Engine::default().policy_of(&request)] {
            let names: Vec<_> = found.unwrap().unwrap().gates.into_iter().map(|g| g.name).collect();
            assert_eq!(names, ["security"], "{cwd}");
        }
    }
    let bare = Folder::of(&[]);
    assert!(Engine::default().find_policy(&bare.request()).unwrap().is_none());
    assert!(Engine::default().policy_of(&bare.request()).unwrap().is_none());
    // A profile is one of a policy.
    let mut request = bare.request();
    request.profile = Some("strict".into());
    let e = Engine::default().check(&request).unwrap_err().to_string();
    assert!(e.contains("there is no policy here, so no profile `strict` either"), "{e}");
}

#[test]
fn a_gate_that_is_asked_for_is_there() {
    let folder = Folder::of(&[("gatekeeper.toml", &policy(GATE)), ("trivy.json", CLEAN)]);
    let asked = |name: &str| {
        let mut request = folder.request();
        request.context.only = vec![name.to_owned()];
        let report = Candidate::in_memory("trivy.json", CLEAN.as_bytes().to_vec());
        [Engine::default().check(&request), Engine::default().check_given(&request, vec![report])]
    };
    for verdict in asked("security") {
        assert_eq!(verdict.unwrap().status, Overall::Pass);
    }
    for refused in asked("securty") {
        let e = refused.unwrap_err().to_string();
        assert!(
            e.contains("gatekeeper.toml") && e.contains("there is no gate `securty`") && e.contains("security"),
            "{e}"
        );
    }
}

#[test]
fn an_ignore_file_takes_out_what_the_policy_lets_it() {
    use Overall::{Fail, Pass, Warn};
    let lets = policy(&format!("suppressions = [\".trivyignore\"]\n{GATE}"));
    let silent = policy(GATE);
    let unnamed = "the policy does not name .trivyignore, so its 1 entry takes nothing out";
    for (policy, report, ignore, status, warned) in [
        (Some(&lets), TRIVY, "CVE-2021-23337\n", Pass, false),
        (Some(&lets), TRIVY, "CVE-2000-1\n", Fail, false),
        (Some(&silent), TRIVY, "CVE-2021-23337\n", Fail, true),
        // Where nothing was found, and where it has no entry, it is no matter.
        (Some(&silent), CLEAN, "CVE-2021-23337\n", Pass, false),
        (Some(&silent), TRIVY, "# none yet\n", Fail, false),
        // Without a policy all of them count, and what was taken out is no plain pass.
        (None, TRIVY, "CVE-2021-23337\n", Warn, false),
        (None, TRIVY, "# none yet\n", Fail, false),
    ] {
        let mut files = vec![("trivy.json", report), (".trivyignore", ignore)];
        files.extend(policy.map(|text| ("gatekeeper.toml", text.as_str())));
        let folder = Folder::of(&files);
        let given = Candidate::in_memory("trivy.json", report.as_bytes().to_vec());
        let in_memory = Engine::default().check_given(&folder.request(), vec![given]).unwrap();
        for v in [folder.check(), in_memory] {
            assert_eq!((v.status, says(&v, unnamed)), (status, warned), "{policy:?} {ignore}: {:?}", v.warnings);
        }
    }
}

#[test]
fn with_a_policy_from_elsewhere_the_ignore_files_there_count_and_those_of_the_tree_do_not() {
    let text = policy(&format!("extends = \"base.toml\"\nsuppressions = [\".trivyignore\"]\n{GATE}"));
    let base = policy("[gates.unit]\nrule = \"tests\"\nenabled = false\n");
    let files = [("gatekeeper.toml", text.as_str()), ("base.toml", base.as_str())];
    let ignore = (".trivyignore", "CVE-2021-23337\n");
    let tree = Folder::of(&[("trivy.json", TRIVY), ignore]);
    let bare = Folder::of(&[("trivy.json", TRIVY)]);
    let of = |folder: &Folder, files: &[(&'static str, &str)]| {
        let mut request = folder.request();
        request.policy = Some(elsewhere(files));
        let given = Candidate::in_memory("trivy.json", TRIVY.as_bytes().to_vec());
        [Engine::default().check(&request).unwrap(), Engine::default().check_given(&request, vec![given]).unwrap()]
    };
    for v in of(&tree, &files) {
        assert_eq!((v.status, v.policy.from.as_deref()), (Overall::Fail, Some("main (c0ffee1)")));
        assert_eq!(v.gates.len(), 2, "what it extends is read there");
    }
    for v in of(&bare, &[&files[..], &[ignore]].concat()) {
        assert_eq!(v.status, Overall::Pass);
    }
    // What is not there, and a root that is none.
    let refused = |given: GivenPolicy| {
        let mut request = bare.request();
        request.policy = Some(given);
        Engine::default().check(&request).unwrap_err().to_string()
    };
    let e = refused(elsewhere(&files[..1]));
    assert!(e.contains("there is no such file in main (c0ffee1)"), "{e}");
    let e = refused(GivenPolicy { root: "trivy.json".into(), ..elsewhere(&files) });
    assert!(e.contains("the root is not a folder that can be read"), "{e}");
    let given = elsewhere(&files);
    assert_eq!(Files::list(&given, "rules").unwrap(), Some(vec!["rules/a.rego".to_owned()]));
    assert_eq!(Files::list(&given, "other").unwrap(), None);
    assert_eq!(Files::read(&given, "base.toml").unwrap(), base.as_bytes());
}

#[test]
fn a_statement_takes_findings_out_where_somebody_named_it() {
    use Overall::{Fail, Pass, Warn};
    let (silent, named) = (policy(GATE), policy(&format!("suppressions = [\".vex/**\"]\n{GATE}")));
    let entries = |patterns: &str| policy(&format!("[[evidence]]\npaths = [{patterns}]\n{GATE}"));
    let (by_name, by_pattern) =
        (entries("\"trivy.json\", \".vex/a.openvex.json\""), entries("\"trivy.json\", \".vex/*\""));
    let vex = ".vex/a.openvex.json";
    let merely_taken = format!("{vex} takes findings out, and the policy does not name it");
    for (what, policy, paths, status, said) in [
        ("in its usual place", Some(&silent), &[][..], Fail, "so its 1 statement takes nothing out"),
        ("named by `suppressions`", Some(&named), &[], Pass, ""),
        ("given by its own name", Some(&silent), &["trivy.json", vex], Pass, ""),
        ("met in a folder that was given", Some(&silent), &["."], Warn, &*merely_taken),
        ("named by an entry", Some(&by_name), &[], Pass, ""),
        ("taken by a pattern for statements", Some(&by_pattern), &[], Pass, ""),
        ("without a policy", None, &[], Warn, ""),
    ] {
        let mut files = vec![("trivy.json", TRIVY), (vex, VEX)];
        files.extend(policy.map(|text| ("gatekeeper.toml", text.as_str())));
        let folder = Folder::of(&files);
        let mut request = folder.request();
        request.paths = paths.iter().map(PathBuf::from).collect();
        let v = Engine::default().check(&request).unwrap();
        assert_eq!(v.status, status, "{what}: {:?}", v.warnings);
        assert!(said.is_empty() || says(&v, said), "{what}: {:?}", v.warnings);
        assert_eq!(says(&v, "the policy does not name"), !said.is_empty(), "{what}: {:?}", v.warnings);
    }
}

#[test]
fn a_statement_is_used_by_what_judged_the_findings_that_it_took_out() {
    let text = policy(&format!("suppressions = [\".vex/**\"]\n{GATE}[gates.unit]\nrule = \"tests\"\n"));
    let of = |report: &str| {
        let files = [("gatekeeper.toml", text.as_str()), ("trivy.json", report), (".vex/a.openvex.json", VEX)];
        let files = [&files[..], &[("junit.xml", JUNIT)]].concat();
        let v = Folder::of(&files).check();
        v.evidence.into_iter().map(|e| (e.path, e.used_by)).collect::<BTreeMap<_, _>>()
    };
    let used = of(TRIVY);
    assert_eq!(used[".vex/a.openvex.json"], ["security"]);
    assert_eq!((&*used["trivy.json"], &*used["junit.xml"]), (&["security".to_owned()][..], &["unit".to_owned()][..]));
    assert_eq!(of(CLEAN)[".vex/a.openvex.json"], Vec::<String>::new());
}

#[test]
fn built_in_gates_for_what_the_others_leave_say_nothing_where_nothing_is_left() {
    let names = |v: &Verdict| v.gates.iter().map(|g| g.name.clone()).collect::<Vec<_>>();
    let any = Folder::of(&[("junit.xml", JUNIT)]).check();
    assert_eq!(names(&any), ["tests", "coverage", "security", "sbom", "licenses"]);
    let beam = ["compile", "dialyzer", "xref", "eunit", "ct", "proper", "coverage", "security", "sbom", "licenses"];
    let erlang = Folder::of(&[("rebar.config", ""), ("lcov.info", "SF:a\nDA:1,1\nend_of_record\n")]).check();
    assert_eq!(names(&erlang), beam);
    let tested = Folder::of(&[("rebar.config", ""), ("junit.xml", JUNIT)]).check();
    assert_eq!(names(&tested), [&beam[..], &["tests"]].concat(), "what another tool tested is left");
    // In a policy somebody meant them.
    let text = policy(
        "[gates.rest]\nrule = \"tests\"\nexcept-tools = [\"eunit\"]\n[gates.commands]\nrule = \"command\"\nunread = true\n",
    );
    let meant = Folder::of(&[("gatekeeper.toml", &text), ("lcov.info", "SF:a\nDA:1,1\nend_of_record\n")]).check();
    assert_eq!((names(&meant), meant.status), (vec!["rest".to_owned(), "commands".to_owned()], Overall::Unknown));
}

#[test]
fn nothing_and_lock_files_alone_are_no_evidence_unless_a_policy_wants_no_more() {
    let lock = r#"{"name": "x", "lockfileVersion": 3, "packages": {"node_modules/a": {"version": "1.0.0", "license": "MIT"}}}"#;
    let of = |files: &[(&str, &str)]| {
        let v = Folder::of(files).check();
        (v.status, v.summary)
    };
    let nothing = (Overall::Unknown, "no evidence was found, so nothing was judged".to_owned());
    assert_eq!(of(&[]), nothing);
    assert_eq!(of(&[("gatekeeper.toml", &policy(GATE))]), nothing);
    let lock_only = "only lock files were found: nothing ran, so nothing was judged by it";
    assert_eq!(of(&[("package-lock.json", lock)]), (Overall::Unknown, lock_only.to_owned()));
    assert_eq!(of(&[("package-lock.json", lock), ("junit.xml", JUNIT)]).0, Overall::Pass);
    let licences = policy("[gates.licenses]\nrule = \"licenses\"\ndeny = [\"GPL\"]\n");
    assert_eq!(of(&[("gatekeeper.toml", &licences), ("package-lock.json", lock)]).0, Overall::Pass);
    // What is broken is something.
    let (status, summary) =
        of(&[("gatekeeper.toml", &policy(GATE)), ("trivy.json", "{\"SchemaVersion\": 2, \"Results\": [")]);
    assert_eq!(status, Overall::Unknown);
    assert!(summary.contains("1 could not be judged"), "{summary}");
    // A gate that judges no evidence has something to say of a project without any.
    let facts = policy("[gates.facts]\nrule = \"expression\"\nexpr = \"run.commit == ''\"\n");
    let (_, summary) = of(&[("gatekeeper.toml", &facts)]);
    assert!(summary.starts_with("1 gate: "), "{summary}");
    let folder = Folder::of(&[("gatekeeper.toml", &format!("{facts}{GATE}"))]);
    let asked = |name: &str| {
        let mut request = folder.request();
        request.context.only = vec![name.to_owned()];
        Engine::default().check(&request).unwrap().summary
    };
    assert!(asked("facts").starts_with("2 gates: "), "{}", asked("facts"));
    assert_eq!(asked("security"), nothing.1, "one that nobody asked for says nothing");
}

#[test]
fn what_only_other_gates_read_is_no_matter_of_the_gates_that_were_asked_for() {
    let text = policy(&format!("[gates.unit]\nrule = \"tests\"\n{GATE}"));
    let failing = JUNIT.replace("/></", "><failure message=\"no\"/></testcase></");
    let broken = "{\"SchemaVersion\": 2, \"Results\": [";
    let of = |only: &[&str], report: &str, junit: &str| {
        let files = [("gatekeeper.toml", text.as_str()), ("trivy.json", report), ("junit.xml", junit)];
        let folder = Folder::of(&files);
        let mut request = folder.request();
        request.context.only = only.iter().map(|n| (*n).to_owned()).collect();
        Engine::default().check(&request).unwrap()
    };
    let whole = of(&[], broken, JUNIT);
    assert_eq!((whole.status, &*whole.problems[0].concerns), (Overall::Unknown, &["security".to_owned()][..]));
    let unit = of(&["unit"], broken, JUNIT);
    assert_eq!((unit.status, &*unit.problems[0].concerns), (Overall::Pass, &["security".to_owned()][..]));
    assert_eq!(of(&["security"], broken, JUNIT).status, Overall::Unknown);
    let statuses: Vec<_> = unit.gates.iter().map(|g| (&*g.name, g.status)).collect();
    assert_eq!(statuses, [("unit", GateStatus::Pass), ("security", GateStatus::Skip)]);
    // Evidence of a gate that nobody asked for was not forgotten.
    let forgotten = "no gate uses it";
    assert!(!says(&of(&["security"], CLEAN, &failing), forgotten));
    let alone =
        Folder::of(&[("gatekeeper.toml", &policy(GATE)), ("trivy.json", CLEAN), ("junit.xml", &failing)]).check();
    assert!(says(&alone, forgotten), "{:?}", alone.warnings);
}

#[test]
fn what_the_built_in_gates_leave_unused_is_no_plain_pass() {
    let lint = r#"{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "lint"}}, "results": [{"ruleId": "R",
        "level": "error", "message": {"text": "m"}}]}]}"#;
    let clean = r#"{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "lint"}}, "results": []}]}"#;
    let of = |report: &str, fail_on_warn: bool| {
        let folder = Folder::of(&[("junit.xml", JUNIT), ("lint.sarif", report)]);
        let mut request = folder.request();
        request.context.fail_on_warn = fail_on_warn;
        Engine::default().check(&request).unwrap().status
    };
    assert_eq!([of(clean, false), of(lint, false), of(lint, true)], [Overall::Pass, Overall::Warn, Overall::Fail]);
    // By a policy it is said alone.
    let text = policy("[gates.unit]\nrule = \"tests\"\n");
    let v = Folder::of(&[("gatekeeper.toml", &text), ("junit.xml", JUNIT), ("lint.sarif", lint)]).check();
    assert_eq!((v.status, says(&v, "no gate uses it")), (Overall::Pass, true));
}

#[test]
fn what_cannot_be_read_and_is_no_gates_matter_leaves_the_verdict_unknown() {
    let gates = "[[evidence]]\npaths = [\"r/*\"]\n[gates.tests]\nmax-failed = 0\n";
    let of = |other: &str| {
        let text = policy(gates);
        let folder = Folder::of(&[("gatekeeper.toml", &text), ("r/a.xml", JUNIT), ("r/b.bin", other)]);
        let v = folder.check();
        (v.gates[0].status, v.status, v.exit_code)
    };
    // It may be of any kind: the gate has what it judges, and nobody knows what else there was.
    assert_eq!(of("\u{1}\u{2}"), (GateStatus::Pass, Overall::Unknown, 3));
    let another = JUNIT.replace("name=\"s\"", "name=\"t\"");
    assert_eq!(of(&another), (GateStatus::Pass, Overall::Pass, 0));
}

#[test]
fn names_in_reports_are_held_against_the_tree() {
    let sarif = |file: &str| {
        format!(
            r#"{{"version": "2.1.0", "runs": [{{"tool": {{"driver": {{"name": "lint"}}}}, "results": [{{"ruleId": "R",
            "level": "note", "message": {{"text": "m"}}, "locations": [{{"physicalLocation": {{"artifactLocation": {{"uri": "{file}"}},
            "region": {{"startLine": 1}}}}}}]}}]}}]}}"#
        )
    };
    let text = policy("[gates.lint]\nrule = \"findings\"\nmax = { high = 0 }\n");
    for (file, told) in [("src/a.py", false), ("src/other.py", true)] {
        let v = Folder::of(&[("gatekeeper.toml", &text), ("src/a.py", "pass\n"), ("lint.sarif", &sarif(file))]).check();
        assert_eq!(says(&v, "unmatched-paths"), told, "{file}: {:?}", v.warnings);
    }
}

#[test]
fn a_kept_verdict_gets_the_fingerprints_of_its_lines() {
    let folder = Folder::of(&[("gatekeeper.toml", &policy(GATE)), ("trivy.json", TRIVY)]);
    let mut verdict = folder.check();
    assert_eq!(verdict.details, None);
    Engine::default().hash_lines(&mut verdict, &folder.0);
    let hashes = &verdict.details.as_ref().unwrap().line_hashes;
    assert!(hashes.contains_key("gatekeeper.toml"), "{hashes:?}");
}

#[test]
fn a_file_has_the_names_that_lead_to_it_below_a_folder() {
    let folder = Folder::of(&[("root/a/p.toml", ""), ("outside.toml", "")]);
    let root = folder.0.join("root");
    assert_eq!(below(&root, &root.join("a/p.toml")), ["a/p.toml"]);
    assert_eq!(below(&root, &folder.0.join("outside.toml")), Vec::<String>::new());
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("a/p.toml", root.join("link.toml")).unwrap();
        assert_eq!(below(&root, &root.join("link.toml")), ["link.toml", "a/p.toml"]);
        std::os::unix::fs::symlink(&root, folder.0.join("way")).unwrap();
        assert_eq!(below(&root, &folder.0.join("way/a/p.toml")), ["a/p.toml"]);
    }
}

#[test]
fn what_a_policy_extends_concerns_every_component() {
    let own = policy(
        "extends = \"rules/base.toml\"\n[components.web]\npaths = [\"web/**\"]\n[components.rules]\npaths = [\"rules/**\"]\n\
         [gates.unit]\nrule = \"tests\"\nper-component = true\n",
    );
    let base = policy("[gates.unit]\nrule = \"tests\"\n");
    let folder = Folder::of(&[
        ("gatekeeper.toml", &own),
        ("rules/base.toml", &base),
        ("rules/other.txt", ""),
        ("web/junit.xml", JUNIT),
    ]);
    let changed = |name: &str| {
        let mut request = folder.request();
        request.context.changed = Some([name.to_owned()].into());
        let v = Engine::default().check(&request).unwrap();
        v.components.into_iter().map(|c| c.changed).collect::<Vec<_>>()
    };
    assert_eq!(changed("rules/base.toml"), [Some(true), Some(true)]);
    assert_eq!(changed("gatekeeper.toml"), [Some(true), Some(true)]);
    assert_eq!(changed("rules/other.txt"), [Some(false), Some(true)]);
}
