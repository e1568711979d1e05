use super::super::testing::{Case, evidence, gate, violations};
use super::*;
use crate::context::Context;
use crate::project::ProjectFiles;
use gatekeeper_evidence::checksums::Algorithm;
use std::collections::BTreeMap;

/// Files from literals.
#[derive(Debug, Default)]
struct Files(BTreeMap<&'static str, &'static str>);

impl ProjectFiles for Files {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        Ok(self.0.get(path).map(|t| t.as_bytes().to_vec()))
    }

    fn sums(&self, _: &str, _: &[Algorithm]) -> Result<Option<Vec<String>>, String> {
        Ok(None)
    }

    fn matching(&self, patterns: &[&Pattern]) -> Result<Vec<String>, String> {
        Ok(self.0.keys().filter(|k| patterns.iter().any(|p| p.is_match(k))).map(|k| (*k).to_owned()).collect())
    }
}

/// Commits in a line, newest first: message and tags.
fn line(rows: &[(&str, &[&str])]) -> Commits {
    let id = |n: usize| format!("{n:040}").into_boxed_str();
    let commits = rows
        .iter()
        .enumerate()
        .map(|(n, (message, tags))| Commit {
            id: id(n),
            parents: if n + 1 < rows.len() { vec![id(n + 1)] } else { Vec::new() },
            message: (*message).into(),
            tags: tags.iter().map(|t| (*t).into()).collect(),
            head: n == 0,
            ..Commit::default()
        })
        .collect();
    Commits { commits, decorated: true }
}

fn judged_on(keys: &str, tag: Option<&str>, log: Option<Commits>, files: &[(&'static str, &'static str)]) -> Judgement {
    let logs = log.into_iter().map(|l| evidence("log", Data::Commits(l))).collect();
    let mut case = Case::new(&RULE, keys, logs);
    case.context = Context::without_clock();
    case.context.release.tag = tag.map(str::to_owned);
    case.files = Some(Box::new(Files(files.iter().copied().collect())));
    case.judged()
}

fn codes(judgement: &Judgement) -> Vec<(String, GateStatus)> {
    violations(judgement).into_iter().map(|(code, status)| (code.to_owned(), status)).collect()
}

fn told(keys: &str, tag: &str, rows: &[(&str, &[&str])]) -> Vec<String> {
    judged_on(keys, Some(tag), Some(line(rows)), &[]).violations.iter().map(|v| v.code.to_string()).collect()
}

const AFTER: &[(&str, &[&str])] = &[("fix: a", &[]), ("chore: start", &["1.2.2"])];

#[test]
fn a_tag_is_a_version_to_the_letter() {
    for good in ["1.2.3", "v1.2.3", "refs/tags/v1.2.3", "1.2.3-rc.1", "1.2.3+build.05"] {
        assert_eq!(told("", good, AFTER), Vec::<String>::new(), "{good}");
    }
    for bad in ["01.2.3", "1.2.3-rc.01", "1.2", "vv1.2.3", "release-1.2.3", "1.2.3 ", ""] {
        assert_eq!(told("", bad, AFTER), ["tag-invalid"], "{bad:?}");
    }
    assert_eq!(told("prefix = \"app-v\"", "app-v1.2.3", AFTER), Vec::<String>::new());
    assert_eq!(told("prefix = \"app-v\"", "v1.2.3", AFTER), ["tag-invalid"]);
    assert_eq!(codes(&judged_on("", None, Some(line(AFTER)), &[])), [("tag-missing".to_owned(), GateStatus::Missing)]);
}

#[test]
fn it_is_greater_than_what_is_merged() {
    let of = |tag: &str, tags: &[&str]| told("", tag, &[("fix: b", &[]), ("fix: a", tags), ("x", &[])]);
    assert_eq!(of("1.2.3", &["1.2.2"]), Vec::<String>::new());
    assert_eq!(of("1.10.0", &["1.9.0"]), Vec::<String>::new());
    assert_eq!(of("1.2.0", &["1.2.0-rc.1"]), Vec::<String>::new());
    assert_eq!(of("1.2.9", &["1.2.8", "1.3.0"]), ["not-greater"]);
    assert_eq!(of("1.2.0-rc.9", &["1.2.0-rc.10"]), ["not-greater"]);
    assert_eq!(of("1.2.3+b", &["1.2.3+a"]), ["not-greater"], "build metadata makes no version greater");
    assert_eq!(of("1.2.3", &["v1.2.3"]), ["not-greater"], "the same version stands on an older commit");
    assert_eq!(of("1.2.3", &["1.2.3"]), ["tag-elsewhere"]);
    // A tag of another package, and one that is no version, are none of its business.
    assert_eq!(of("1.2.3", &["app-v9.0.0", "9.0", "nightly"]), Vec::<String>::new());
    let own = |tags: &[&str]| told("", "1.2.3", &[("fix: a", tags), ("x", &["1.2.2"])]);
    assert_eq!(own(&["1.2.3"]), Vec::<String>::new());
    assert_eq!(own(&["1.2.3", "v1.2.3"]), Vec::<String>::new());
    assert_eq!(own(&["1.2.4"]), ["not-greater"]);
}

#[test]
fn what_the_log_cannot_tell_is_no_pass() {
    let of = |log| codes(&judged_on("", Some("1.2.3"), log, &[]));
    assert_eq!(of(None), [("commits-missing".to_owned(), GateStatus::Missing)]);
    let plain = Commits { decorated: false, ..line(AFTER) };
    assert_eq!(of(Some(plain)), [("tags-unknown".to_owned(), GateStatus::Missing)]);
    let mut partial = line(AFTER);
    partial.commits.pop();
    assert_eq!(of(Some(partial.clone())), [("history-partial".to_owned(), GateStatus::Error)]);
    partial.commits[0].tags.push("2.0.0".into());
    assert_eq!(of(Some(partial)), [("not-greater".to_owned(), GateStatus::Fail)]);
    let first = judged_on("", Some("1.2.3"), Some(line(&[("x", &[])])), &[]);
    assert_eq!(first.status(), GateStatus::Pass);
    assert!(
        first.conditions.iter().any(|c| matches!(&c.value, Quantity::Word(w) if w.contains("no version tag before")))
    );
}

#[test]
fn pre_releases_have_the_names_that_are_allowed() {
    let of = |keys: &str, tag: &str| told(keys, tag, AFTER);
    let some = "prerelease = [\"alpha\", \"beta\", \"rc\"]";
    for good in ["1.3.0-beta.1", "1.3.0-rc1", "1.3.0-alpha", "1.3.0"] {
        assert_eq!(of(some, good), Vec::<String>::new(), "{good}");
    }
    for bad in ["1.3.0-nightly.1", "1.3.0-RC.1", "1.3.0-1", "1.3.0-betas.1", "1.3.0-x.beta"] {
        assert_eq!(of(some, bad), ["prerelease-unknown"], "{bad}");
    }
    assert_eq!(of("prerelease = []", "1.3.0-beta.1"), ["prerelease-unknown"]);
    assert_eq!(of("prerelease = []", "1.3.0"), Vec::<String>::new());
    assert_eq!(of("", "1.3.0-nightly.1"), Vec::<String>::new());
}

#[test]
fn manifests_agree_or_are_named() {
    let of = |keys: &str, files: &[(&'static str, &'static str)]| {
        let j = judged_on(keys, Some("1.2.3"), Some(line(AFTER)), files);
        (codes(&j), j.notes.len())
    };
    let fail = |code: &str| vec![(code.to_owned(), GateStatus::Fail)];
    assert_eq!(of("", &[("VERSION", "1.2.3"), ("package.json", "{\"version\":\"1.2.3\"}")]), (vec![], 0));
    assert_eq!(
        of("", &[("VERSION", "1.2.3"), ("package.json", "{\"version\":\"1.2.2\"}")]),
        (fail("manifest-disagrees"), 0)
    );
    assert_eq!(of("", &[("src/x.app.src", "{application,x,[{vsn,\"1.2.2\"}]}.")]).0, fail("manifest-disagrees"));
    assert_eq!(of("", &[("src/x.app.src", "{application,x,[{vsn,git}]}.")]), (vec![], 1));
    assert_eq!(of("", &[("package.json", "{")]).0, [("manifest-unreadable".to_owned(), GateStatus::Error)]);
    // Only the root's are looked at unless more are named.
    let below = [("apps/x/package.json", "{\"version\":\"9.0.0\"}")];
    assert_eq!(of("", &below), (vec![], 0));
    assert_eq!(of("manifests = [\"apps/*/package.json\"]", &below).0, fail("manifest-disagrees"));
    assert_eq!(
        of("manifests = [\"apps/*/package.json\"]", &[]).0,
        [("manifest-missing".to_owned(), GateStatus::Missing)]
    );
    // A waiver takes a manifest out by its path.
    let mut case = Case::new(&RULE, "", vec![evidence("log", Data::Commits(line(AFTER)))]);
    case.context.release.tag = Some("1.2.3".to_owned());
    case.files = Some(Box::new(Files([("VERSION", "1.2.2")].into())));
    assert_eq!(case.judged_waiving(&|i| i.path == Some("VERSION")).status(), GateStatus::Pass);
    case.files = None;
    assert_eq!(case.judged().status(), GateStatus::Pass);
}

#[test]
fn the_changelog_has_it() {
    let of = |tag: &str, files: &[(&'static str, &'static str)]| {
        let j = judged_on("changelog = \"CHANGELOG.md\"", Some(tag), Some(line(AFTER)), files);
        (codes(&j), j.to_pass.len())
    };
    let lacks = vec![("changelog-lacks".to_owned(), GateStatus::Fail)];
    assert_eq!(of("1.2.3", &[("CHANGELOG.md", "## [1.2.3]\n")]), (vec![], 0));
    assert_eq!(of("1.2.3+build.1", &[("CHANGELOG.md", "## [1.2.3]\n")]), (vec![], 0));
    assert_eq!(of("1.2.3", &[("CHANGELOG.md", "## 1.2.3-rc.1\n")]), (lacks.clone(), 1));
    assert_eq!(of("1.2.3", &[]), (lacks, 0));
}

#[test]
fn it_is_released_from_the_branch_that_is_asked() {
    let of = |branch: Option<&str>, checked_out: Option<&str>, at: &[&str], held: &[&str]| {
        let mut log = line(AFTER);
        log.commits[0].checked_out = checked_out.map(Into::into);
        log.commits[0].branches = at.iter().map(|b| (*b).into()).collect();
        let mut case = Case::new(
            &RULE,
            "branch = [\"main\", \"release/{major}.{minor}\"]",
            vec![evidence("log", Data::Commits(log))],
        );
        case.context.release.tag = Some("1.2.3".to_owned());
        case.context.release.branch = branch.map(str::to_owned);
        let branches = held.iter().map(|b| (*b).to_owned()).collect();
        case.context.release.repository = Some(crate::context::Repository { branches, ..Default::default() });
        case.judged().status()
    };
    use GateStatus::{Fail, Missing, Pass};
    assert_eq!(of(Some("release/1.2"), None, &[], &[]), Pass);
    assert_eq!(
        of(Some("release/1.3"), Some("main"), &["main"], &["main"]),
        Fail,
        "what is said counts before what is found"
    );
    assert_eq!(of(None, Some("main"), &[], &[]), Pass);
    assert_eq!(of(None, Some("topic"), &["topic", "main"], &["main"]), Fail, "it was not released from main");
    assert_eq!(of(None, None, &["release/1.2"], &[]), Pass);
    assert_eq!(of(None, None, &["topic"], &["main"]), Pass);
    assert_eq!(of(None, None, &["topic"], &[]), Fail);
    assert_eq!(of(None, None, &[], &[]), Missing);
}

#[test]
fn commits_keep_the_specification_and_demand_their_step() {
    let of = |tag: &str, messages: &[&str]| {
        let mut rows: Vec<(&str, &[&str])> = messages.iter().map(|m| (*m, &[] as &[&str])).collect();
        rows.push(("begin", &["1.1.0"]));
        told("commits = \"conventional\"", tag, &rows)
    };
    let fine: Vec<String> = Vec::new();
    assert_eq!(of("1.1.1", &["fix: a"]), fine);
    assert_eq!(of("1.1.1", &["docs: words", "perf: faster", "build(ci): x"]), fine);
    assert_eq!(of("1.1.1", &["feat: x"]), ["step-too-small"]);
    assert_eq!(of("1.1.1", &["FEAT: x"]), ["step-too-small"]);
    assert_eq!(of("1.2.0", &["feat: x"]), fine);
    assert_eq!(of("1.2.0-rc.1", &["feat: x"]), fine);
    assert_eq!(of("1.2.0", &["feat(api)!: x"]), ["step-too-small"]);
    assert_eq!(of("2.0.0", &["feat(api)!: x"]), fine);
    assert_eq!(of("1.2.0", &["fix: x\n\nBREAKING CHANGE: y"]), ["step-too-small"]);
    assert_eq!(of("1.2.0", &["feat:nospace"]), ["commit-unconventional"]);
    assert_eq!(of("1.2.0", &["fix: a", "wip", "fix: b", "also"]), ["commit-unconventional"; 2]);
    assert_eq!(of("1.1.1", &["Revert \"feat: x\"\n\nThis reverts commit 0."]), fine);
    assert_eq!(of("1.1.1", &["Merge branch 'side'"]), ["commit-unconventional"], "a merge has two parents");
    assert_eq!(of("1.1.1", &[]), fine, "a release of the same commit");
}

#[test]
fn before_1_0_0_a_minor_step_is_enough_for_a_breaking_change() {
    let of = |tag: &str, base: &str, message: &str| {
        told("commits = \"conventional\"", tag, &[(message, &[]), ("x", &[base])])
    };
    assert_eq!(of("0.3.0", "0.2.5", "feat!: x"), Vec::<String>::new());
    assert_eq!(of("0.2.6", "0.2.5", "feat!: x"), ["step-too-small"]);
    assert_eq!(of("1.0.0", "0.2.5", "feat!: x"), Vec::<String>::new());
    assert_eq!(of("1.3.0", "1.2.5", "feat!: x"), ["step-too-small"]);
}

#[test]
fn a_step_is_counted_from_the_last_release_and_the_form_from_the_last_tag() {
    let rows: &[(&str, &[&str])] =
        &[("fix: b", &[]), ("feat!: a", &["2.0.0-rc.1"]), ("wip", &["1.1.1-rc.1"]), ("x", &["1.1.0"])];
    assert_eq!(told("commits = \"conventional\"", "2.0.0", rows), Vec::<String>::new());
    let rows: &[(&str, &[&str])] = &[("fix: b", &[]), ("feat: a", &["1.1.1-rc.1"]), ("x", &["1.1.0"])];
    assert_eq!(told("commits = \"conventional\"", "1.1.1", rows), ["step-too-small"]);
}

#[test]
fn merges_and_reverts_are_counted_and_their_breaking_footers_too() {
    let mut log = line(&[("Merge branch 'side'\n\nBREAKING CHANGE: x", &[]), ("fix: a", &[]), ("x", &["1.1.0"])]);
    let beside = log.commits[2].id.clone();
    log.commits[0].parents.push(beside);
    let j = judged_on("commits = \"conventional\"", Some("1.1.1"), Some(log.clone()), &[]);
    assert_eq!(codes(&j), [("step-too-small".to_owned(), GateStatus::Fail)]);
    log.commits[0].message = "Merge branch 'side'".into();
    let j = judged_on("commits = \"conventional\"", Some("1.1.1"), Some(log), &[]);
    assert_eq!(j.status(), GateStatus::Pass);
    let words: Vec<String> = j.conditions.iter().map(|c| format!("{:?}", c.value)).collect();
    assert!(words.iter().any(|w| w.contains("1 commit since 1.1.0, 1 merge and 0 reverts")), "{words:?}");
}

#[test]
fn types_are_those_that_are_listed_and_a_waiver_names_a_commit() {
    let keys = "commits = \"conventional\"\ntypes = [\"feat\", \"fix\"]";
    let rows: &[(&str, &[&str])] = &[("docs: a", &[]), ("Fix: b", &[]), ("x", &["1.1.0"])];
    assert_eq!(told(keys, "1.1.1", rows), ["commit-type"]);
    let mut case = Case::new(&RULE, keys, vec![evidence("log", Data::Commits(line(rows)))]);
    case.context.release.tag = Some("1.1.1".to_owned());
    let id = format!("{:040}", 0);
    assert_eq!(case.judged_waiving(&|i| i.id == Some(&id)).status(), GateStatus::Pass);
    assert_eq!(case.judged_waiving(&|i| i.id == Some("1")).status(), GateStatus::Fail);
}

#[test]
fn what_disagrees_is_told_with_both_and_its_place() {
    let j = judged_on("", Some("1.2.3"), Some(line(AFTER)), &[("VERSION", "1.2.2"), ("package.json", "{}")]);
    let v = &j.violations[0];
    assert_eq!(v.message, "VERSION says \"1.2.2\", the tag 1.2.3");
    assert_eq!(v.place.as_ref().map(|p| &*p.path), Some("VERSION"));
    // Manifests that agree are named; where none does, nothing is said of them.
    let words = |files: &[(&'static str, &'static str)]| {
        let j = judged_on("", Some("1.2.3"), Some(line(AFTER)), files);
        let of = |c: &Condition| match &c.value {
            Quantity::Word(w) if c.metric == "manifests" => Some(w.to_string()),
            _ => None,
        };
        j.conditions.iter().find_map(of)
    };
    assert_eq!(words(&[]), None);
    assert_eq!(words(&[("VERSION", "1.2.2")]), None);
    assert_eq!(words(&[("VERSION", "1.2.3")]).as_deref(), Some("VERSION says so too"));
    let two = words(&[("VERSION", "1.2.3"), ("package.json", "{\"version\":\"1.2.3\"}")]);
    assert_eq!(two.as_deref(), Some("VERSION, package.json say so too"));
}

#[test]
fn a_step_that_is_too_small_is_told_with_the_one_that_is_demanded() {
    let of = |tag: &str, messages: &[&str]| {
        let mut rows: Vec<(&str, &[&str])> = messages.iter().map(|m| (*m, &[] as &[&str])).collect();
        rows.push(("begin", &["1.1.0"]));
        let j = judged_on("commits = \"conventional\"", Some(tag), Some(line(&rows)), &[]);
        (j.violations.first().map(|v| v.message.clone()).unwrap_or_default(), j.to_pass)
    };
    let (words, way) = of("1.1.1", &["fix: a", "feat: b"]);
    assert!(
        words.starts_with("\"feat: b\" (")
            && words.ends_with(" demands a minor step, and 1.1.0 → 1.1.1 is a patch one"),
        "{words}"
    );
    assert_eq!(way, [Remedy::Other("release it as a minor step from 1.1.0".to_owned())]);
    let (words, way) = of("1.2.0", &["fix!: a", "feat: b"]);
    assert!(words.ends_with(" demands a major step, and 1.1.0 → 1.2.0 is a minor one"), "{words}");
    assert_eq!(way, [Remedy::Other("release it as a major step from 1.1.0".to_owned())]);
}

#[test]
fn it_is_asked_though_there_is_no_evidence() {
    assert!(!gate(&RULE, "").unwrap().needs_evidence());
}

#[test]
fn mistakes_in_its_keys_are_told() {
    for (keys, said) in [
        ("branch = \"release/{mayor}\"", "{mayor}"),
        ("branch = \"release/{major\"", "placeholders"),
        ("types = [\"feat\"]", "commits = \"conventional\""),
        ("commits = \"angular\"", "conventional"),
        ("changelog = \"../CHANGELOG.md\"", "below the root"),
        ("manifests = [\"../x\"]", "`..` is not followed"),
        ("tags = 1", "no key `tags`"),
    ] {
        let problems = gate(&RULE, keys).unwrap_err();
        assert!(problems.len() == 1 && problems[0].contains(said), "{keys}: {problems:?}");
    }
    assert!(gate(&RULE, "branch = [\"main\", \"r/{major}.{minor}.{patch}\"]").is_ok());
}

#[test]
fn before_a_release_the_commits_are_held_by_themselves() {
    let of = |keys: &str, rows: &[(&str, &[&str])]| codes(&judged_on(keys, None, Some(line(rows)), &[]));
    let keys = "tag = false\ncommits = \"conventional\"\ntypes = [\"fix\"]";
    assert_eq!(of(keys, &[("fix: b", &[]), ("whatever", &["1.0.0"])]), []);
    let fail = |code: &str| (code.to_owned(), GateStatus::Fail);
    assert_eq!(of(keys, &[("fix b", &[]), ("whatever", &["1.0.0"])]), [fail("commit-unconventional")]);
    assert_eq!(of(keys, &[("feat: b", &[]), ("whatever", &["1.0.0"])]), [fail("commit-type")]);
    // Without any tag all of them are.
    assert_eq!(of(keys, &[("fix: b", &[]), ("whatever", &[])]), [fail("commit-unconventional")]);
    assert_eq!(codes(&judged_on(keys, None, None, &[])), [("commits-missing".to_owned(), GateStatus::Missing)]);
    let mut cut = line(&[("fix: b", &[]), ("fix: a", &[])]);
    cut.commits.truncate(1);
    assert_eq!(codes(&judged_on(keys, None, Some(cut), &[])), [("history-partial".to_owned(), GateStatus::Error)]);
    let bare = Commits { decorated: false, ..line(AFTER) };
    assert_eq!(codes(&judged_on(keys, None, Some(bare), &[])), [("tags-unknown".to_owned(), GateStatus::Missing)]);
    // A tag that is given is held as ever.
    let tagged = judged_on(keys, Some("01.2.3"), Some(line(AFTER)), &[]);
    assert_eq!(codes(&tagged), [fail("tag-invalid")]);
    // Without either there is nothing that could fail.
    assert!(gate(&RULE, "tag = false").is_err());
    assert!(gate(&RULE, "tag = false\ncommits = \"conventional\"").is_ok());
}

#[test]
fn a_log_of_another_commit_proves_nothing() {
    let judged = |commit: Option<&str>| {
        let log = line(&[("feat: b", &[]), ("feat: a", &["v1.0.0"])]);
        let mut case = Case::new(&RULE, "", vec![evidence("log", Data::Commits(log))]);
        case.context.release.tag = Some("v1.1.0".to_owned());
        case.context.revision.commit = commit.map(str::to_owned);
        case.files = Some(Box::new(Files::default()));
        codes(&case.judged())
    };
    assert_eq!(judged(None), []);
    assert_eq!(judged(Some(&"0".repeat(40))), []);
    assert_eq!(judged(Some("0000000")), [], "7 digits tell");
    let other = vec![("log-of-another-commit".to_owned(), GateStatus::Error)];
    assert_eq!(judged(Some(&format!("{}1", "0".repeat(39)))), other, "it is in the log, and not its end");
    assert_eq!(judged(Some("000000")), other, "6 digits do not");
}
