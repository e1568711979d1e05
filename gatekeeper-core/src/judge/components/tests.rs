use super::*;
use crate::policy::{Known, parse};
use crate::rule::Rules;
use crate::verdict::GateStatus;
use gatekeeper_evidence::Source;
use gatekeeper_evidence::coverage::{FileCoverage, Line, Metrics, Percentages, Stated};
use gatekeeper_evidence::findings::{Category, Counted, Gap, Place};
use gatekeeper_evidence::test_run::TestRun;
use gatekeeper_formats::Formats;

fn policy(more: &str) -> Policy {
    let text = format!(
        "version = 1\n[gates.coverage]\nlines = 80\nper-component = true\n[components.web]\npaths = [\"web/**\"]\n\
         [components.api]\npaths = [\"api/**\"]\ndepends = [\"lib\"]\n[components.lib]\npaths = [\"lib/**\"]\n\
         [components.app]\npaths = [\"app/**\"]\ndepends = [\"api\"]\n{more}"
    );
    let (formats, rules) = (Formats::default(), Rules::default());
    parse("gatekeeper.toml", text.as_bytes(), None, Known { formats: &formats, rules: &rules }).unwrap()
}

fn touched(names: &[&str]) -> Vec<String> {
    let policy = policy("");
    let touched = Touched::by(&policy, names.iter().copied());
    shown(&policy, Some(&touched))
        .into_iter()
        .filter(|c| c.changed == Some(true))
        .map(|c| format!("{}: {}", c.name, c.because))
        .collect()
}

#[test]
fn a_change_touches_its_component_and_what_depends_on_it() {
    assert_eq!(touched(&["web/a.js"]), ["web: web/a.js changed"]);
    assert_eq!(
        touched(&["lib/a.c"]),
        ["api: it depends on lib, which changed", "lib: lib/a.c changed", "app: it depends on api, which changed"]
    );
    assert_eq!(touched(&["app/a.c"]), ["app: app/a.c changed"], "what it depends on did not change");
    assert_eq!(touched(&[]), Vec::<String>::new());
    assert_eq!(touched(&["web/package-lock.json"]).len(), 1, "a lock file inside of a component");
}

#[test]
fn what_is_nobodys_touches_all() {
    for name in ["README.md", "gatekeeper.toml", "yarn.lock", ".github/workflows/ci.yml"] {
        let all = touched(&[name]);
        assert!(all.len() == 4 && all.iter().all(|c| c.contains(name)), "{all:?}");
    }
    // Also where somebody takes all that nobody else has.
    let policy = policy("[components.rest]\npaths = [\"**\"]");
    for (name, all) in [("gatekeeper.toml", true), ("yarn.lock", true), ("README.md", false)] {
        assert_eq!(Touched::by(&policy, [name]).all.is_some(), all, "{name}");
    }
}

#[test]
fn whether_anything_changed_is_known_only_where_somebody_says() {
    let (policy, mut context) = (policy(""), Context::without_clock());
    assert_eq!(Touched::of(&policy, &context), None);
    context.changed = Some(BTreeSet::new());
    assert_eq!(Touched::of(&policy, &context), Some(Touched::default()));
    let diff = b"diff --git a/web/a b/api/a\nsimilarity index 100%\nrename from web/a\nrename to api/a\n";
    let change = crate::context::Change::read("d", diff.to_vec(), None).unwrap();
    context.diff = Some(std::sync::Arc::new(change));
    let by_diff = Touched::of(&policy, &context).unwrap();
    assert_eq!(by_diff.because.keys().copied().collect::<Vec<_>>(), [0, 1, 3], "both sides of a rename");
    context.changed = Some(BTreeSet::from(["lib/x".to_owned()]));
    assert_eq!(Touched::of(&policy, &context).unwrap().because.len(), 4, "a list beside a diff adds to it");
}

fn evidence(path: &str, data: Data) -> Evidence {
    let source = Source { path: path.to_owned(), ..Source::default() };
    Evidence { source, complete: Some(true), notes: Vec::new(), data }
}

fn parts(e: &Evidence) -> Vec<(String, usize)> {
    let policy = policy("");
    let name = |whose: Whose| match whose {
        Whose::Component(n) => policy.components.list[n].name.clone(),
        other => format!("{other:?}"),
    };
    let size = |e: &Evidence| match &e.data {
        Data::Coverage(c) => c.files.len(),
        Data::Findings(f) => f.items.len(),
        _ => 0,
    };
    divide(e, &policy.components).into_iter().map(|(whose, e)| (name(whose), size(&e))).collect()
}

fn named(all: &[(&str, usize)]) -> Vec<(String, usize)> {
    all.iter().map(|(n, c)| ((*n).to_owned(), *c)).collect()
}

#[test]
fn coverage_is_taken_apart_by_its_sources() {
    let of = |path: &str, files: &[&str]| {
        let files = files.iter().map(|f| ((*f).into(), FileCoverage::default())).collect();
        parts(&evidence(path, Data::Coverage(Coverage { files, ..Coverage::default() })))
    };
    assert_eq!(
        of("out/lcov.info", &["web/a", "web/b", "api/a", "x"]),
        named(&[("web", 2), ("api", 1), ("Outside", 1)])
    );
    assert_eq!(
        of("web/lcov.info", &["src/a", "api/a"]),
        named(&[("web", 1), ("api", 1)]),
        "names below the report's own folder"
    );
    assert_eq!(of("out/lcov.info", &[]), named(&[("Nobody", 0)]));
    let percent = Some(Percentages::default());
    let whole = |path: &str| {
        parts(&evidence(path, Data::Coverage(Coverage { percent: percent.clone(), ..Coverage::default() })))
    };
    assert_eq!(whole("out/x"), named(&[("Nobody", 0)]));
    assert_eq!(whole("web/x"), named(&[("web", 0)]));
}

#[test]
fn findings_are_taken_apart_by_their_places() {
    let of = |path: &str, places: &[Option<&str>], counted: bool| {
        let place = |p: &str| Place { path: p.into(), ..Place::default() };
        let items = places.iter().map(|p| Finding { place: p.map(place), ..Finding::default() }).collect();
        let counted = counted.then(|| Box::new(Counted::default()));
        parts(&evidence(path, Data::Findings(Findings { items, counted, ..Findings::default() })))
    };
    let clean = named(&[("web", 0), ("api", 0), ("lib", 0), ("app", 0)]);
    assert_eq!(of("out/x.sarif", &[], false), clean, "a scan of everything speaks of all");
    assert_eq!(of("web/x.sarif", &[], false), named(&[("web", 0)]));
    assert_eq!(of("web/x.sarif", &[Some("src/a"), Some("api/a"), None], false), named(&[("web", 2), ("api", 1)]));
    let both = of("out/x.sarif", &[Some("web/a"), Some("z"), None], true);
    assert_eq!(both, named(&[("web", 1), ("api", 0), ("lib", 0), ("app", 0), ("Outside", 1), ("Nobody", 1)]));
    assert_eq!(of("out/x.sarif", &[], true).last().unwrap(), &("Nobody".to_owned(), 0));
}

/// The part of evidence that is a component's.
fn part_of<'e>(policy: &Policy, e: &'e Evidence, name: &str) -> Option<Cow<'e, Evidence>> {
    let whose = policy.components.by_name(name).map_or(Whose::Nobody, Whose::Component);
    divide(e, &policy.components).remove(&whose)
}

#[test]
fn a_part_of_coverage_keeps_what_is_said_of_the_whole_and_not_its_counters() {
    let metrics = Metrics { lines: true, ..Metrics::default() };
    let lines = vec![Line { number: 1, hits: 1 }];
    let file = FileCoverage { lines, ..FileCoverage::default() };
    let whole = Coverage {
        files: ["web/a", "api/a"].into_iter().map(|f| (f.into(), file.clone())).collect(),
        roots: vec!["/build".into()],
        not_counted: vec!["x".into()],
        metrics,
        stated: Stated { lines: Some(gatekeeper_evidence::Ratio::new(2, 2)), ..Stated::default() },
        claim: Some(Box::default()),
        ..Coverage::default()
    };
    let mut e = evidence("out/l", Data::Coverage(whole.clone()));
    e.notes = vec![gatekeeper_evidence::Note::new("n")];
    let part = part_of(&policy(""), &e, "web").unwrap();
    let files = [("web/a".into(), file)].into();
    assert_eq!(part.data, Data::Coverage(Coverage { files, stated: Stated::default(), ..whole }));
    assert_eq!((&part.source, part.complete, part.notes.len()), (&e.source, Some(true), 1));
}

#[test]
fn a_report_that_contradicts_itself_proves_nothing_of_its_parts() {
    let report = |covered: u32| {
        let class = |name: &str| {
            let lines: String = (1..=10).map(|n| format!("<line number=\"{n}\" hits=\"1\"/>")).collect();
            format!(
                "<package name=\"{name}\"><classes><class name=\"{name}\" filename=\"{name}/a.py\"><methods/><lines>{lines}</lines></class></classes></package>"
            )
        };
        format!(
            "<?xml version=\"1.0\"?>\n<coverage version=\"7\" lines-covered=\"{covered}\" lines-valid=\"20\"><packages>{}{}</packages></coverage>",
            class("web"),
            class("api")
        )
    };
    let whole = "version = 1\n[gates.coverage]\nlines = 80\n";
    let split = format!(
        "{whole}per-component = true\n[components.web]\npaths = [\"web/**\"]\n[components.api]\npaths = [\"api/**\"]\n"
    );
    let part = format!("{whole}paths = [\"web/**\"]\n");
    let waived = format!(
        "{whole}[[waivers]]\ngate = \"coverage\"\npath = \"api/a.py\"\nreason = \"r\"\nexpires = \"2027-06-30\"\n"
    );
    let engine = crate::Engine::default();
    let status = |policy: &str, covered: u32| {
        let policy = engine.parse_policy("p.toml", policy.as_bytes(), None).unwrap();
        let report = crate::Candidate::in_memory("coverage.xml", report(covered).into_bytes());
        engine.evaluate(&policy, vec![report], &Context::at(1_800_000_000)).gates[0].status
    };
    for policy in [whole, &split, &part] {
        assert_eq!(status(policy, 20), GateStatus::Pass, "{policy}");
        // What is stated to be missing is nobody's in particular.
        assert_eq!(status(policy, 4), GateStatus::Error, "{policy}");
        assert_eq!(status(policy, 18), GateStatus::Pass, "enough by either reading of any part: {policy}");
    }
    assert_eq!(
        (status(whole, 17), status(&split, 17), status(&part, 17)),
        (GateStatus::Pass, GateStatus::Error, GateStatus::Error)
    );
    assert_eq!((status(&waived, 20), status(&waived, 4)), (GateStatus::Pass, GateStatus::Error));
}

#[test]
fn a_part_of_findings_keeps_what_is_said_of_the_whole_scan() {
    let place = |p: &str| Some(Place { path: p.into(), ..Place::default() });
    let item = |p: &str| Finding { place: place(p), ..Finding::default() };
    let whole = Findings {
        tools: vec!["one".into(), "two".into()],
        items: vec![item("web/a"), item("api/a"), item("api/b")],
        runs: Some(2),
        target: vec!["app:1".into()],
        looked_for: Some(vec![Category::Secret]),
        gaps: vec![Gap { words: "one thing".into(), ..Gap::default() }],
        counted: Some(Box::new(Counted { words: "9 and 3".into(), ..Counted::default() })),
        ..Findings::default()
    };
    let policy = policy("");
    let of = |path: &str, name: &str| {
        let e = evidence(path, Data::Findings(whole.clone()));
        part_of(&policy, &e, name).map(|part| part.data.clone())
    };
    let part = |items: Vec<Finding>, counted: bool| {
        Data::Findings(Findings { items, counted: whole.counted.clone().filter(|_| counted), ..whole.clone() })
    };
    assert_eq!(of("out/x", "web"), Some(part(vec![item("web/a")], false)));
    assert_eq!(of("out/x", "lib"), Some(part(vec![], false)));
    // What is counted and not listed is whose the scan is, or nobody's.
    assert_eq!(of("out/x", "nobody"), Some(part(vec![], true)));
    assert_eq!(of("api/x", "api"), Some(part(vec![item("api/a"), item("api/b")], true)));
    assert_eq!(of("api/x", "web"), Some(part(vec![item("web/a")], false)));
    assert_eq!(of("api/x", "nobody"), None);
}

#[test]
fn a_component_is_compared_with_what_was_its_own() {
    let policy = policy("");
    let files = ["web/a", "web/b", "api/a", "x"].into_iter().map(|f| (f.into(), FileCoverage::default())).collect();
    let whole = evidence("out/l", Data::Coverage(Coverage { files, ..Coverage::default() }));
    let unplaced = evidence("out/junit.xml", Data::Tests(TestRun::default()));
    let of = |name: &str| {
        let parts = own(name, &policy.components, &[&whole, &unplaced]);
        parts.iter().map(|e| if let Data::Coverage(c) = &e.data { c.files.len() } else { 0 }).collect::<Vec<_>>()
    };
    assert_eq!((of("web"), of("api"), of("lib")), (vec![2], vec![1], vec![]));
    assert_eq!(of(OUTSIDE), [1, 0], "what is no component's, and what nobody can place");
}

#[test]
fn that_none_changed_names_the_first_of_them() {
    let names: Vec<String> = (1..=9).map(|n| n.to_string()).collect();
    let judge = &*policy("").gates.remove(0).judge;
    let of = |n: usize, off: usize| {
        let unit = |(at, name)| {
            let skip = Some(if at < off { OFF } else { UNCHANGED });
            Unit { name: Some(name), judge, evidence: Vec::new(), strays: BTreeSet::new(), skip }
        };
        none_changed(&names.iter().take(n).map(String::as_str).enumerate().map(unit).collect::<Vec<_>>())
    };
    assert_eq!(of(2, 0), "none of its components changed: 1, 2");
    assert_eq!(of(8, 0), "none of its components changed: 1, 2, 3, 4, 5, 6, 7, 8");
    assert_eq!(of(9, 0), "none of its components changed: 1, 2, 3, 4, 5, 6, 7, 8, …");
    assert_eq!(of(3, 2), "none of its components changed: 3");
    assert_eq!(of(2, 2), "it is switched off for all of its components: 1, 2");
}

#[test]
fn a_component_of_which_nothing_is_there_is_missing_also_where_it_has_cells() {
    let verdict = |each: &str, files: &[&str]| {
        let text = format!(
            "version = 1\n[[evidence]]\npaths = [\"*/otp-{{otp}}/*.xml\"]\n[gates.tests]\nper-component = true\n{each}\n[components.web]\n\
             paths = [\"web/**\"]\n[components.api]\npaths = [\"api/**\"]\n"
        );
        let engine = crate::Engine::default();
        let policy = engine.parse_policy("p.toml", text.as_bytes(), None).unwrap();
        let junit = |f: &str| format!("<testsuite name=\"s\"><testcase classname=\"c\" name=\"{f}\"/></testsuite>");
        let mut reports: Vec<_> =
            files.iter().map(|f| crate::Candidate::in_memory(format!("{f}/r.xml"), junit(f).into_bytes())).collect();
        reports.iter_mut().for_each(|r| r.labels = [("otp".to_owned(), r.path.get(8..10).unwrap().to_owned())].into());
        let gate = engine.evaluate(&policy, reports, &Context::at(1_800_000_000)).gates.remove(0);
        (gate.status, gate.violations.iter().map(|v| v.message.clone()).collect::<Vec<_>>())
    };
    let missing = |words: &[&str]| (GateStatus::Missing, words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>());
    let both = ["api/otp-27", "web/otp-27"];
    for each in ["", "each = \"otp\"", "each = \"otp\"\ncells = \"any\"", "each = \"otp\"\nrequire = { otp = \"27\" }"]
    {
        assert_eq!(verdict(each, &both), (GateStatus::Pass, Vec::new()), "{each}");
    }
    let said = "no evidence speaks of the component web";
    for each in ["", "each = \"otp\""] {
        assert_eq!(verdict(each, &both[..1]), missing(&[said]), "{each}");
    }
    let few = "0 of 1 cells hold, and at least 1 must";
    assert_eq!(verdict("each = \"otp\"\ncells = \"any\"", &both[..1]), missing(&[few, said]));
    let required = "each = \"otp\"\nrequire = { otp = \"27\" }";
    assert_eq!(verdict(required, &both[..1]), missing(&["no evidence speaks of the component web for otp = 27"]));
}

#[test]
fn a_scan_of_one_component_that_finds_something_in_another_is_no_scan_of_that_one() {
    let sarif = |files: &[(&str, &str)]| {
        let result = |(file, level): &(&str, &str)| {
            format!(
                "{{\"ruleId\":\"R\",\"level\":\"{level}\",\"message\":{{\"text\":\"m\"}},\"locations\":[{{\"physicalLocation\":{{\"artifactLocation\":{{\"uri\":\"{file}\"}}}}}}]}}"
            )
        };
        let results: Vec<String> = files.iter().map(result).collect();
        format!(
            "{{\"version\":\"2.1.0\",\"runs\":[{{\"tool\":{{\"driver\":{{\"name\":\"eslint\"}}}},\"results\":[{}]}}]}}",
            results.join(",")
        )
    };
    let text = "version = 1\n[gates.lint]\nrule = \"findings\"\nmax = { high = 0 }\nper-component = true\n[components.web]\npaths = [\"web/**\"]\n\
                [components.api]\npaths = [\"api/**\"]\n";
    let engine = crate::Engine::default();
    let policy = engine.parse_policy("p.toml", text.as_bytes(), None).unwrap();
    let of = |reports: &[(&str, &[(&str, &str)])]| {
        let reports = reports.iter().map(|(path, files)| crate::Candidate::in_memory(*path, sarif(files).into_bytes()));
        let gate = engine.evaluate(&policy, reports.collect(), &Context::at(1_800_000_000)).gates.remove(0);
        let api = gate.cells.iter().find(|c| c.component.as_deref() == Some("api")).unwrap();
        (gate.status, api.status, gate.violations.iter().map(|v| v.code.to_string()).collect::<Vec<_>>())
    };
    let (web, api) = ("web/x.sarif", "api/x.sarif");
    let missing = |code: &str| (GateStatus::Missing, GateStatus::Missing, vec![code.to_owned()]);
    assert_eq!(of(&[(web, &[])]), missing("component-missing"));
    assert_eq!(
        of(&[(web, &[("api/a.js", "note")])]),
        missing("component-missing"),
        "one finding is no better than none"
    );
    // What fails fails, whoever found it.
    assert_eq!(of(&[(web, &[("api/a.js", "error")])]).1, GateStatus::Fail);
    let pass = (GateStatus::Pass, GateStatus::Pass, Vec::new());
    assert_eq!(of(&[(web, &[("api/a.js", "note")]), (api, &[])]), pass);
    assert_eq!(of(&[("out/x.sarif", &[("api/a.js", "note")])]), pass, "a scan of everything");
}

#[test]
fn what_is_switched_off_for_every_component_judges_nothing() {
    let status = |web: &str, api: &str, changed: Option<&str>| {
        let text = format!(
            "version = 1\n[gates.coverage]\nlines = 80\nper-component = true\n[components.web]\npaths = [\"web/**\"]\n{web}\
             [components.api]\npaths = [\"api/**\"]\n{api}"
        );
        let engine = crate::Engine::default();
        let policy = engine.parse_policy("p.toml", text.as_bytes(), None).unwrap();
        let lcov = "SF:web/a\nDA:1,1\nend_of_record\nSF:api/a\nDA:1,1\nend_of_record\n";
        let report = crate::Candidate::in_memory("lcov.info", lcov.as_bytes().to_vec());
        let mut context = Context::at(1_800_000_000);
        context.changed = changed.map(|name| BTreeSet::from([name.to_owned()]));
        engine.evaluate(&policy, vec![report], &context).status.as_str()
    };
    let off = |name: &str| format!("[components.{name}.gates.coverage]\nenabled = false\n");
    let (web, api) = (off("web"), off("api"));
    assert_eq!(status(&web, &api, None), "unknown");
    assert_eq!(status(&web, &api, Some("web/a")), "unknown");
    assert_eq!(status(&web, "", None), "pass", "the other one is judged");
    assert_eq!(status(&web, "", Some("web/a")), "pass", "the other one did not change");
}

#[test]
fn results_belong_to_where_they_lie() {
    let of = |path: &str| parts(&evidence(path, Data::Tests(TestRun::default())));
    assert_eq!(of("api/out/junit.xml"), named(&[("api", 0)]));
    assert_eq!(of("out/junit.xml"), named(&[("Nobody", 0)]));
}

fn judged(names: Option<&[&str]>, all: &[Evidence]) -> Vec<(String, bool, usize)> {
    let policy =
        policy("[components.web.gates.coverage]\nlines = 90\n[components.app.gates.coverage]\nenabled = false\n");
    let touched = names.map(|names| Touched::by(&policy, names.iter().copied()));
    let taken: Vec<&Evidence> = all.iter().collect();
    let units = units(&policy.gates[0], &policy.components, touched.as_ref(), &taken);
    units.iter().map(|u| (u.name.unwrap().to_owned(), u.skip.is_none(), u.evidence.len())).collect()
}

#[test]
fn only_what_changed_is_judged_and_what_nobody_can_place() {
    let files = |names: &[&str]| {
        let files = names.iter().map(|f| ((*f).into(), FileCoverage::default())).collect();
        evidence("out/l", Data::Coverage(Coverage { files, ..Coverage::default() }))
    };
    let of = |names: Option<&[&str]>, all: &[Evidence]| {
        judged(names, all).into_iter().filter(|(_, judged, _)| *judged).map(|(n, _, e)| (n, e)).collect::<Vec<_>>()
    };
    let report = [files(&["web/a", "api/a", "lib/a", "x"])];
    assert_eq!(of(None, &report), named(&[("web", 1), ("api", 1), ("lib", 1), ("root", 1)]));
    assert_eq!(of(Some(&["web/a"]), &report), named(&[("web", 1)]));
    assert_eq!(of(Some(&["x"]), &report), named(&[("web", 1), ("api", 1), ("lib", 1), ("root", 1)]));
    assert_eq!(of(Some(&[]), &report), named(&[]));
    let unplaced = [files(&["web/a", "x"]), files(&[])];
    assert_eq!(of(Some(&["api/b"]), &unplaced), named(&[("api", 0), ("root", 1)]));
}

#[test]
fn what_could_not_be_read_in_a_component_that_did_not_change_is_excused() {
    let policy = policy("");
    let of = |names: Option<&[&str]>, file: &str| {
        let touched = names.map(|names| Touched::by(&policy, names.iter().copied()));
        excused(&policy.gates[0], &policy, touched.as_ref(), file, &BTreeMap::new())
    };
    assert!(of(Some(&["api/a"]), "web/out/*.xml"));
    assert!(!of(Some(&["web/a"]), "web/out/*.xml") && !of(None, "web/out/*.xml"));
    assert!(!of(Some(&["api/a"]), "out/*.xml"), "what may speak of any");
    let whole = self::policy("[gates.tests]\n");
    let touched = Touched::by(&whole, ["api/a"]);
    assert!(!excused(&whole.gates[1], &whole, Some(&touched), "web/out/x.xml", &BTreeMap::new()));
}

#[test]
fn what_is_judged_of_a_component_bears_its_name_and_can_be_waived_by_it() {
    let verdict = |more: &str, web: bool| {
        let report = |name: &str, hits: u8| {
            let text = format!("SF:{name}/a.c\nDA:1,1\nDA:2,{hits}\nend_of_record\n");
            crate::Candidate::in_memory(format!("{name}/lcov.info"), text.into_bytes())
        };
        let mut reports = vec![report("api", 1), report("lib", 1), report("app", 1)];
        reports.extend(web.then(|| report("web", 0)));
        // 2027-01-15.
        crate::Engine::default().evaluate(&policy(more), reports, &Context::at(1_800_000_000))
    };
    let v = verdict("", true);
    let gate = v.gates.first().unwrap();
    assert!(gate.reason.starts_with("passes on api, lib, app; fails on web: "), "{}", gate.reason);
    let cells: Vec<_> = gate.cells.iter().map(|c| (c.component.as_deref().unwrap(), c.status.as_str())).collect();
    assert_eq!(cells, [("web", "fail"), ("api", "pass"), ("lib", "pass"), ("app", "pass")]);
    assert!(!gate.violations.is_empty());
    assert!(
        gate.violations.iter().all(|v| v.labels.get("component").is_some_and(|c| c == "web")),
        "{:?}",
        gate.violations
    );
    // A whole component that is not there, waived by its name and by no other.
    let waiver = |component: &str| {
        format!(
            "[[waivers]]\ngate = \"coverage\"\ncomponent = \"{component}\"\ncovers = [\"missing\"]\nreason = \"r\"\n\
             expires = \"2027-06-30\"\n"
        )
    };
    assert_eq!(verdict("", false).status.as_str(), "unknown");
    assert_eq!(verdict(&waiver("web"), false).status.as_str(), "warn");
    assert_eq!(verdict(&waiver("api"), false).status.as_str(), "unknown");
}

#[test]
fn evidence_is_marked_by_where_it_lies_and_what_speaks_of_sources_only_below_a_components_own_folder() {
    let policy = policy("[components.rest]\npaths = [\"**\"]");
    let of = |path: &str, data: Data| {
        let source = Source { path: path.to_owned(), ..Source::default() };
        let mut all = [Evidence { source, complete: None, notes: Vec::new(), data }];
        mark(&policy, &mut all);
        all[0].source.component.clone()
    };
    let some = |name: &str| Some(name.to_owned());
    let tests = || Data::Tests(TestRun::default());
    assert_eq!((of("web/r.xml", tests()), of("r.xml", tests())), (some("web"), some("rest")));
    let coverage = || Data::Coverage(Coverage::default());
    assert_eq!((of("web/lcov.info", coverage()), of("lcov.info", coverage())), (some("web"), None));
    let found = || Data::Findings(Findings::default());
    assert_eq!((of("web/a.sarif", found()), of("a.sarif", found())), (some("web"), None));
}

#[test]
fn new_code_of_a_component_is_judged_there_and_nowhere_else() {
    let engine = crate::Engine::default();
    let text = "version = 1\n[gates.c]\nrule = \"coverage\"\npatch = { lines = 80 }\nper-component = true\n[components.web]\npaths = [\"web/**\"]\n[components.api]\npaths = [\"api/**\"]\n";
    let policy = engine.parse_policy("p.toml", text.as_bytes(), None).unwrap();
    let report = |name: &str, hit: u8| format!("SF:{name}\nDA:1,1\nDA:2,{hit}\nend_of_record\n");
    // Line 2 of each of these is new.
    let judged = |report: String, changed: &[&str]| {
        let diff: String =
            changed.iter().map(|n| format!("--- a/{n}\n+++ b/{n}\n@@ -1,0 +2,1 @@\n+x = f()\n")).collect();
        let mut context = Context::at(1_800_000_000);
        context.diff = Some(std::sync::Arc::new(crate::Change::read("d", diff.into_bytes(), None).unwrap()));
        let report = crate::Candidate::in_memory("lcov.info", report.into_bytes());
        let gate = engine.evaluate(&policy, vec![report], &context).gates.remove(0);
        let cells: Vec<_> = gate.cells.iter().map(|c| (c.component.clone().unwrap_or_default(), c.status)).collect();
        (gate.status, cells)
    };
    use GateStatus::{Error, Fail, Pass, Skip};
    let cells = |web, api| vec![("web".to_owned(), web), ("api".to_owned(), api)];
    let both = ["web/a.py", "api/a.py"];
    let of = |web, api| report("web/a.py", web) + &report("api/a.py", api);
    assert_eq!(judged(of(1, 1), &both), (Pass, cells(Pass, Pass)));
    assert_eq!(judged(of(1, 0), &both), (Fail, cells(Pass, Fail)));
    assert_eq!(judged(of(1, 0), &both[..1]), (Pass, cells(Pass, Skip)));
    // One that no report names is owed where it lies; what is no component's, wherever it is looked for.
    assert_eq!(judged(of(1, 1), &["web/a.py", "api/new.py"]), (Error, cells(Pass, Error)));
    assert_eq!(judged(of(1, 1), &["tools/new.py"]).0, Error);
}
