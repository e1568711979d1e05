use super::super::testing::{Case, conditions, evidence, gate, violations};
use super::*;
use crate::project::ProjectFiles;
use GateStatus::{Fail, Missing, Pass, Warn};
use gatekeeper_evidence::checksums::Algorithm;
use gatekeeper_evidence::findings::{Package, Place, Suppression};

fn finding(severity: Severity) -> Finding {
    Finding { rule: "R1".into(), message: "bad".into(), severity, ..Finding::default() }
}

fn set(items: Vec<Finding>) -> Findings {
    Findings { tools: vec!["t".to_owned()], items, ..Findings::default() }
}

/// `c`ritical, `h`igh, `m`edium, `l`ow, `i`nfo, `u`nknown.
fn severities(letters: &str) -> Findings {
    let of = |letter| match letter {
        'c' => Severity::Critical,
        'h' => Severity::High,
        'm' => Severity::Medium,
        'l' => Severity::Low,
        'i' => Severity::Info,
        _ => Severity::Unknown,
    };
    set(letters.chars().map(|l| finding(of(l))).collect())
}

fn of(keys: &str, sets: Vec<Findings>) -> Case<'_> {
    let evidence = sets.into_iter().map(|f| evidence("x.sarif", Data::Findings(f))).collect();
    Case::new(&RULE, keys, evidence)
}

fn status(keys: &str, f: Findings) -> GateStatus {
    of(keys, vec![f]).judged().status()
}

#[test]
fn each_limit_holds_at_its_number_and_not_beyond() {
    for (word, one) in [
        ("total", "m"),
        ("critical", "c"),
        ("high", "h"),
        ("medium", "m"),
        ("low", "l"),
        ("info", "i"),
        ("unknown", "u"),
    ] {
        for (key, short) in [("max", Fail), ("warn", Warn)] {
            let keys =
                format!("{key} = {{ {word} = 1, unknown = 9 }}").replace("unknown = 1, unknown = 9", "unknown = 1");
            assert_eq!(status(&keys, severities(one)), Pass, "{keys}");
            assert_eq!(status(&keys, severities(&one.repeat(2))), short, "{keys}");
            // Those below do not count, except in the total.
            let below = if matches!(one, "l" | "u") { "iii" } else { "lll" };
            let expected = if matches!(word, "total" | "info") { short } else { Pass };
            assert_eq!(status(&keys, severities(below)), expected, "{keys}");
        }
    }
}

#[test]
fn a_finding_is_as_bad_as_the_worst_limit_that_it_breaks() {
    let j = of("max = { critical = 0 }\nwarn = { total = 0 }", vec![severities("lc")]).judged();
    assert_eq!(violations(&j), [("finding", Fail), ("finding", Warn)]);
    assert_eq!(conditions(&j), [("critical", Fail), ("total", Warn)]);
    let (critical, any) = (Some(Severity::Critical), None);
    assert_eq!(j.to_pass, [critical, any].map(|severity| Remedy::ReduceFindings { severity, limit: 0 }));
}

#[test]
fn within_the_limit_nothing_is_listed() {
    let j = of("max = { critical = 0, low = 2, unknown = 0 }", vec![severities("ll")]).judged();
    assert_eq!((violations(&j), j.to_pass.clone()), (vec![], vec![]));
    let j = of("max = { critical = 0, low = 2, unknown = 0 }", vec![severities("llc")]).judged();
    assert_eq!(violations(&j), [("finding", Fail)]);
}

#[test]
fn findings_without_a_severity_are_warned_of_where_no_limit_holds_them() {
    let high = "max = { high = 0 }";
    let j = of(high, vec![severities("u")]).judged();
    assert_eq!(violations(&j), [("severity-unknown", Warn)]);
    assert_eq!(j.violations[0].message, "1 finding states no severity, so no limit of this gate holds");
    assert_eq!(violations(&of(high, vec![severities("l")]).judged()), []);
    for held in ["max = { high = 0, unknown = 1 }", "max = { total = 1 }", "max = { high = 0 }\nwarn = { unknown = 1 }"]
    {
        assert_eq!(status(held, severities("u")), Pass, "{held}");
    }
}

#[test]
fn suppressed_findings_do_not_count() {
    let mut f = finding(Severity::High);
    f.suppressed = Some(Box::new(Suppression::default()));
    let many = |own: usize, open: usize| {
        let low = (0..open).map(|_| finding(Severity::Low));
        set(std::iter::repeat_n(f.clone(), own).chain(low).collect())
    };
    assert_eq!(status("max = { total = 1 }", many(1, 1)), Pass);
    // More than half of all is worth a word, unless the policy says how many may be.
    let j = of("max = { total = 1 }", vec![many(2, 1)]).judged();
    assert_eq!(violations(&j), [("mostly-suppressed", Warn)]);
    assert_eq!(status("max = { total = 1 }\nmax-suppressed = 2", many(2, 1)), Pass);
    assert_eq!(status("max = { total = 1 }\nmax-suppressed = 1", many(2, 1)), Fail);
    // What the project's own statements take out is told where they are applied.
    f.suppressed = Some(Box::new(Suppression { by: "vex".into(), reason: "r".into() }));
    assert_eq!(status("max = { total = 0 }", set(vec![f.clone()])), Pass);
}

#[test]
fn a_limit_holds_for_what_is_above_it_and_has_none_of_its_own() {
    for (keys, found, want) in [
        ("max = { high = 0 }", "c", Fail),
        ("max = { high = 0 }", "m", Pass),
        ("max = { high = 0 }", "u", Warn),
        ("max = { medium = 0 }", "c", Fail),
        ("max = { high = 0, critical = 1 }", "c", Pass),
        ("max = { high = 0, critical = 1 }", "cc", Fail),
        ("max = { low = 2, high = 0 }", "cll", Fail),
        ("max = { low = 2, high = 1 }", "cll", Fail),
        ("max = { low = 3, high = 1 }", "cll", Pass),
        ("max = { unknown = 0 }", "c", Pass),
        ("warn = { high = 0 }", "c", Warn),
        ("fail-on = \"high\"", "c", Fail),
        ("fail-on = \"high\"", "h", Fail),
        ("fail-on = \"high\"", "mmm", Pass),
        ("fail-on = \"critical\"", "h", Pass),
    ] {
        assert_eq!(status(keys, severities(found)), want, "{keys} {found}");
    }
}

#[test]
fn what_a_filter_cuts_away_is_counted() {
    let j = of("max = { total = 0 }\nrules = [\"ZZ*\"]", vec![severities("mmm")]).judged();
    assert_eq!((j.status(), j.notes), (Pass, vec!["counted 0 of 3 findings".to_owned()]));
    assert!(of("max = { total = 9 }", vec![severities("mmm")]).judged().notes.is_empty());
}

#[test]
fn only_what_has_a_fix_counts_with_fixable_only() {
    let package = |fixed: Option<&str>| {
        let package = Package { name: "p".into(), fixed: fixed.map(Into::into), ..Package::default() };
        Finding { package: Some(Box::new(package)), ..finding(Severity::High) }
    };
    let keys = "max = { total = 0 }\nfixable-only = true";
    assert_eq!(status(keys, set(vec![package(Some("2"))])), Fail);
    assert_eq!(violations(&of(keys, vec![set(vec![package(None)])]).judged()), [("fixes-unknown", Warn)]);
    let both = of("max = { total = 1 }\nfixable-only = true", vec![set(vec![package(None), package(Some("2"))])]);
    assert_eq!((both.judged().status(), violations(&both.judged())), (Pass, vec![]));
    assert_eq!(status("max = { total = 0 }", set(vec![package(None)])), Fail);
}

/// A tree of these files.
#[derive(Debug)]
struct Tree(&'static [&'static str]);

impl ProjectFiles for Tree {
    fn read(&self, _: &str) -> Result<Option<Vec<u8>>, String> {
        Ok(None)
    }

    fn sums(&self, _: &str, _: &[Algorithm]) -> Result<Option<Vec<String>>, String> {
        Ok(None)
    }

    fn matching(&self, patterns: &[&Pattern]) -> Result<Vec<String>, String> {
        let matched = self.0.iter().filter(|name| patterns.iter().any(|p| p.is_match(name)));
        Ok(matched.map(|name| (*name).to_owned()).collect())
    }
}

#[test]
fn rules_categories_paths_and_tools_narrow_what_counts() {
    let keys = "max = { total = 0 }";
    let secret = || Finding { category: Category::Secret, ..finding(Severity::High) };
    let narrowed = |f: Findings, select: Selector| {
        let mut case = of(keys, vec![f]);
        case.select = select;
        case.judged().status()
    };
    let category = |c| Selector { categories: vec![c], ..Selector::default() };
    assert_eq!(narrowed(set(vec![secret()]), category(Category::Secret)), Fail);
    assert_eq!(narrowed(set(vec![secret()]), category(Category::Code)), Pass);
    let rule = |pattern: &str| status(&format!("{keys}\nrules = [\"{pattern}\"]"), severities("h"));
    assert_eq!([rule("R*"), rule("R1"), rule("S*")], [Fail, Fail, Pass]);
    let at = |path: &str| Finding {
        place: Some(Place { path: path.into(), ..Place::default() }),
        ..finding(Severity::High)
    };
    let paths = || Selector { paths: vec![Pattern::new("src/**").unwrap()], ..Selector::default() };
    assert_eq!(narrowed(set(vec![at("src/a")]), paths()), Fail);
    assert_eq!(narrowed(set(vec![at("lib/a"), at("src/b")]), paths()), Fail);
    assert_eq!(narrowed(set(vec![at("lib/a")]), paths()), Warn, "there may be no such path");
    assert_eq!(narrowed(set(vec![]), paths()), Pass);
    // A file of that path may well be clean.
    let with_tree = |names: &'static [&'static str]| {
        let mut case = of(keys, vec![set(vec![at("lib/a")])]);
        case.select = paths();
        case.files = Some(Box::new(Tree(names)));
        case.judged().status()
    };
    assert_eq!([with_tree(&["src/clean", "lib/a"]), with_tree(&["lib/a"])], [Pass, Warn]);
    assert_eq!(narrowed(set(vec![finding(Severity::High)]), paths()), Fail, "without a place it may lie in any");
    let two = Findings {
        tools: vec!["a".to_owned(), "b".to_owned()],
        items: vec![Finding { tool: 1, ..finding(Severity::High) }],
        ..Findings::default()
    };
    let tool = |t: &str| Selector { tools: vec![t.to_owned()], ..Selector::default() };
    assert_eq!([narrowed(two.clone(), tool("a")), narrowed(two, tool("b"))], [Pass, Fail]);
}

#[test]
fn evidence_speaks_of_what_was_looked_for() {
    let gate = gate(&RULE, "max = { total = 0 }").unwrap();
    let takes = |tool: Option<&str>, f: Findings, select: Selector| {
        let mut e = evidence("x", Data::Findings(f));
        e.source.tool = tool.map(str::to_owned);
        gate.takes(&e, &select)
    };
    let category = |c| Selector { categories: vec![c], ..Selector::default() };
    let clean = Findings::default;
    assert!(takes(Some("trivy"), clean(), category(Category::Vulnerability)));
    assert!(!takes(Some("dialyzer"), clean(), category(Category::Vulnerability)));
    assert!(!takes(Some("nobody-knows"), clean(), category(Category::Code)));
    let named = Selector { tools: vec!["nobody-knows".to_owned()], ..category(Category::Code) };
    assert!(takes(Some("nobody-knows"), clean(), named));
    assert!(takes(Some("dialyzer"), clean(), Selector::default()));
    let told = Findings { looked_for: Some(vec![Category::Secret]), ..clean() };
    assert!(takes(Some("trivy"), told.clone(), category(Category::Secret)));
    assert!(!takes(Some("trivy"), told, category(Category::Vulnerability)));
    let found = set(vec![Finding { category: Category::Secret, ..finding(Severity::Low) }]);
    assert!(takes(None, found, category(Category::Secret)));
}

#[test]
fn what_several_scanners_found_is_one() {
    let vulnerability = || Finding {
        rule: "CVE-2026-1".into(),
        category: Category::Vulnerability,
        package: Some(Box::new(Package {
            name: "p".into(),
            purl: Some("pkg:npm/p@1".into()),
            installed: Some("1".into()),
            fixed: Some("2".into()),
        })),
        ..finding(Severity::High)
    };
    let sets =
        || vec![set(vec![vulnerability()]), Findings { tools: vec!["u".to_owned()], ..set(vec![vulnerability()]) }];
    let j = of("max = { total = 0 }", sets()).judged();
    assert_eq!(violations(&j), [("finding", Fail)]);
    assert_eq!(j.violations[0].message, "bad (found by t, u)");
    assert_eq!(j.violations[0].help.as_deref(), Some("update p to 2"));
    assert_eq!(of("max = { total = 1 }", sets()).judged().status(), Pass, "it counts once");
}

#[test]
fn what_is_waived_is_taken_out_before_it_counts() {
    let keys = "max = { total = 0 }";
    let f = Finding {
        package: Some(Box::new(Package { name: "p".into(), installed: Some("1".into()), ..Package::default() })),
        place: Some(Place { path: "src/a".into(), ..Place::default() }),
        ..finding(Severity::High)
    };
    let j = of(keys, vec![set(vec![f.clone(), finding(Severity::Low)])])
        .judged_waiving(&|i| (i.id, i.package, i.path) == (Some("R1"), Some("p 1"), Some("src/a")));
    assert_eq!((violations(&j), j.violations[0].severity), (vec![("finding", Fail)], Some(Severity::Low)));
    let all = of(keys, vec![set(vec![f])]).judged_waiving(&|_| true);
    assert_eq!((all.status(), violations(&all), all.to_pass.clone()), (Pass, vec![], vec![]));
}

#[test]
fn what_does_not_count_is_not_asked_for() {
    let mut suppressed = finding(Severity::High);
    suppressed.suppressed = Some(Box::new(Suppression::default()));
    let j = of("max = { total = 0 }\nrules = [\"X\"]", vec![set(vec![suppressed, finding(Severity::High)])]);
    assert_eq!(j.judged_waiving(&|i| panic!("{i:?}")).status(), Pass);
}

#[test]
fn a_gate_that_nothing_can_fail_is_refused() {
    assert!(gate(&RULE, "").unwrap_err()[0].contains("nothing can ever fail it"));
    assert!(gate(&RULE, "max = { hihg = 0 }").is_err());
    assert!(gate(&RULE, "warn = { total = 0 }").is_ok());
}

#[test]
fn a_way_out_names_what_to_update() {
    let of = |fixed: Option<&str>, category| {
        let package = Package { name: "qs".into(), fixed: fixed.map(Into::into), ..Package::default() };
        way_out(&Finding { category, package: Some(Box::new(package)), ..Finding::default() }).unwrap()
    };
    let v = Category::Vulnerability;
    assert_eq!(of(Some("6.9.7"), v), "update qs to 6.9.7");
    assert_eq!(of(Some("express@5.0.0"), v), "update express to 5.0.0, which brings a mended qs");
    for odd in ["@5.0.0", "a@1 or b", "@1 or 2"] {
        assert_eq!(of(Some(odd), v), format!("update qs to {odd}"));
    }
    assert!(of(None, v).starts_with("no fixed version of qs is known"));
    assert_eq!(of(None, Category::License), "replace qs, or waive it with a reason");
    assert_eq!(way_out(&Finding { category: Category::Code, ..Finding::default() }), None);
    let secret = way_out(&Finding { category: Category::Secret, ..Finding::default() });
    assert_eq!(secret.as_deref(), Some("revoke the secret, then take it out; or waive it with a reason"));
}

#[test]
fn a_tools_findings_are_still_of_the_same_scan() {
    let all = Findings {
        tools: vec!["a".to_owned(), "b".to_owned()],
        items: vec![Finding { tool: 0, ..finding(Severity::Low) }, Finding { tool: 1, ..finding(Severity::High) }],
        target: vec!["image:1".to_owned()],
        looked_for: Some(vec![Category::Secret]),
        runs: Some(2),
        ..Findings::default()
    };
    let select = Selector { tools: vec!["b".to_owned()], ..Selector::default() };
    let got = of_tools(&all, None, &select);
    assert_eq!(got.items.iter().map(|f| f.severity).collect::<Vec<_>>(), [Severity::High]);
    assert_eq!((&got.target, &got.looked_for, got.runs), (&all.target, &all.looked_for, all.runs));
}

#[test]
fn who_found_it_is_said_where_several_did() {
    let by = |tool: &str, rule: &str| Findings {
        tools: vec![tool.to_owned()],
        ..set(vec![Finding { rule: rule.into(), category: Category::Code, ..finding(Severity::High) }])
    };
    let j = of("max = { total = 0 }", vec![by("a", "R1"), by("b", "R2")]).judged();
    assert_eq!(j.violations.len(), 2);
    assert!(j.violations.iter().all(|v| !v.message.contains("found by")), "{:?}", j.violations);
}

#[test]
fn on_the_diff_only_what_the_change_adds_counts() {
    let at = |line: u32, last_line: Option<u32>| Finding {
        place: Some(Place { path: "src/a.py".into(), line: Some(line), column: None }),
        last_line,
        ..finding(Severity::High)
    };
    const DIFF: &str = "--- a/src/a.py\n+++ b/src/a.py\n@@ -5,0 +6,2 @@\n+x\n+y\n";
    let judged = |items: Vec<Finding>, diff: Option<&str>| {
        let case = of("max = { total = 0 }\non-diff = true", vec![set(items)]);
        match diff {
            Some(diff) => case.with_diff(diff).judged(),
            None => case.judged(),
        }
    };
    assert_eq!(violations(&judged(vec![at(6, None)], None)), [("diff-missing", Missing)]);
    let j = judged(vec![at(5, None), at(8, None), at(1, Some(5))], Some(DIFF));
    assert_eq!((j.status(), j.notes), (Pass, vec!["counted 0 of 3 findings".to_owned()]));
    for f in [at(6, None), at(7, None), at(1, Some(6))] {
        assert_eq!(judged(vec![f], Some(DIFF)).status(), Fail);
    }
    let j = judged(vec![at(7, None)], Some(DIFF));
    assert!(j.violations[0].message.contains("line 7"), "{}", j.violations[0].message);
}

#[test]
fn only_what_is_new_counts_and_slack_is_nobody_s_to_spend() {
    use crate::relate::findings::fingerprint;
    use crate::rule::api::Compares;
    let item = |rule: &str, line: u32| Finding {
        rule: rule.into(),
        message: format!("wrong at line {line}").into(),
        place: Some(Place { path: "a.py".into(), line: Some(line), column: None }),
        severity: Severity::High,
        ..Finding::default()
    };
    let report = |path: &str, items: Vec<Finding>| {
        evidence(path, Data::Findings(Findings { tools: vec!["t".into()], items, ..Findings::default() }))
    };
    let judged = |keys: &str, before: Vec<Finding>, now: Vec<Finding>| {
        let printed =
            before.into_iter().map(|i| Finding { fingerprint: Some(fingerprint(&i).into()), message: "".into(), ..i });
        let mut case = Case::new(&RULE, keys, vec![report("a", now)]);
        case.baseline = Some(vec![report("base", printed.collect())]);
        case.judged()
    };
    let keys = "max = { total = 0 }\nnew-only = true";
    let old = || vec![item("A", 1), item("A", 9)];
    let j = judged(keys, old(), vec![item("A", 3), item("A", 30)]);
    assert_eq!((j.status(), j.notes[0].as_str()), (Pass, "0 of 2 findings not in the baseline"));
    let j = judged(keys, old(), vec![item("A", 3), item("A", 30), item("A", 31)]);
    assert_eq!((j.status(), j.violations.len()), (Fail, 1));
    let j = judged(keys, old(), vec![item("A", 3), item("B", 1)]);
    assert_eq!((j.status(), j.violations[0].id.as_deref()), (Fail, Some("B")));
    assert!(j.notes[1].starts_with("1 finding of the baseline no longer there: A in a.py"), "{:?}", j.notes);
    // Without the key all count.
    assert_eq!(judged("max = { total = 0 }", old(), old()).status(), Fail);
    assert_eq!(gate(&RULE, keys).unwrap().compares(), Compares::Wholly);
    assert_eq!(gate(&RULE, "max = { total = 0 }").unwrap().compares(), Compares::Not);
}

#[test]
fn a_waiver_sees_the_package_and_all_who_found_it() {
    use std::cell::RefCell;
    let one = |name: &str| Finding {
        category: Category::Vulnerability,
        package: Some(Box::new(Package {
            name: name.into(),
            purl: Some(format!("pkg:npm/{name}@1").into()),
            installed: Some("1".into()),
            fixed: None,
        })),
        ..finding(Severity::High)
    };
    let file = |path: &str, names: &[&str]| {
        let items = names.iter().map(|n| one(n)).collect();
        evidence(path, Data::Findings(Findings { tools: vec![path.to_owned()], items, ..Findings::default() }))
    };
    let asked = |evidence: Vec<Evidence>| {
        let seen = RefCell::new(Vec::new());
        Case::new(&RULE, "max = { total = 0 }", evidence).judged_waiving(&|i| {
            let sources: Vec<&str> = i.sources.iter().map(|s| s.path.as_str()).collect();
            seen.borrow_mut().push(format!("{} by {}", i.package.unwrap_or_default(), sources.join(" ")));
            false
        });
        let mut seen = seen.into_inner();
        seen.sort();
        seen.dedup();
        seen
    };
    let both = vec![file("a", &["x", "y"]), file("b", &["x"])];
    assert_eq!(asked(both), ["pkg:npm/x@1 by a b", "pkg:npm/y@1 by a"]);
    assert_eq!(asked(vec![file("a", &["x"])]), ["pkg:npm/x@1 by a"]);
}

#[test]
fn a_package_is_named_with_its_version_once() {
    let of = |purl: Option<&str>, installed: Option<&str>| {
        let own =
            Package { name: "x".into(), purl: purl.map(Into::into), installed: installed.map(Into::into), fixed: None };
        package(&Finding { package: Some(Box::new(own)), ..finding(Severity::Low) })
    };
    assert_eq!(of(Some("pkg:npm/x@1"), Some("1")).as_deref(), Some("pkg:npm/x@1"));
    assert_eq!(of(Some("pkg:npm/x"), Some("1")).as_deref(), Some("pkg:npm/x 1"));
    assert_eq!(of(Some("pkg:npm/x"), None).as_deref(), Some("pkg:npm/x"));
    assert_eq!(of(None, Some("1")).as_deref(), Some("x 1"));
    assert_eq!(of(None, None).as_deref(), Some("x"));
    assert_eq!(package(&finding(Severity::Low)), None);
}

#[test]
fn of_a_file_of_several_tools_those_that_are_named_count() {
    let two = Findings {
        tools: vec!["a".to_owned(), "b".to_owned()],
        items: vec![Finding { tool: 1, ..finding(Severity::High) }, finding(Severity::Low)],
        counted: Some(Box::default()),
        gaps: vec![Default::default()],
        ..Findings::default()
    };
    let of = |tools: &[&str], writer: Option<&str>| {
        let select = Selector { tools: tools.iter().map(|t| (*t).to_owned()).collect(), ..Selector::default() };
        of_tools(&two, writer, &select).into_owned()
    };
    let count = |tools: &[&str], writer| of(tools, writer).items.len();
    assert_eq!((count(&[], None), count(&["a"], None), count(&["b"], None), count(&["a", "b"], None)), (2, 1, 1, 2));
    // Who wrote the file stands for all of it, unless one of its tools is named.
    assert_eq!((count(&["github"], Some("github")), count(&["github"], Some("other"))), (2, 0));
    assert_eq!(count(&["github", "a"], Some("github")), 1);
    // What its totals say and what was left out stays told; and who found what.
    let one = of(&["a"], None);
    assert_eq!(one.tools, two.tools);
    assert_eq!((one.counted.is_some(), one.gaps.len()), (true, 1));
}

#[test]
fn without_findings_no_fix_is_asked_for() {
    let codes = |f: Findings| {
        violations(&of("max = { total = 0 }\nfixable-only = true", vec![f]).judged())
            .iter()
            .map(|(c, _)| (*c).to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(codes(set(vec![])), Vec::<String>::new());
    assert_eq!(codes(set(vec![finding(Severity::High)])), ["fixes-unknown"]);
}

#[test]
fn a_file_of_one_tool_is_taken_whole_whatever_it_is_called_within() {
    let of = |tools: &[&str], wanted: &str| {
        let items =
            (0..tools.len()).map(|n| Finding { tool: n.try_into().unwrap(), ..finding(Severity::Low) }).collect();
        let f = Findings { tools: tools.iter().map(|t| (*t).to_owned()).collect(), items, ..Findings::default() };
        let select = Selector { tools: vec![wanted.to_owned()], ..Selector::default() };
        of_tools(&f, None, &select).items.len()
    };
    // That the gate takes the file says that its tool is meant, by the name of the file if not by its own.
    assert_eq!([of(&["Trivy Vulnerability Scanner"], "trivy"), of(&["a"], "a")], [1, 1]);
    assert_eq!([of(&["a", "b"], "a"), of(&["a", "b", "c"], "c"), of(&["a", "b", "c"], "d")], [1, 1, 0]);
}

#[test]
fn paths_beside_all_findings_name_where_these_are() {
    let said = |files: &[&str]| {
        let at = |path: &&str| Finding {
            place: Some(Place { path: (*path).into(), ..Place::default() }),
            ..finding(Severity::High)
        };
        let mut case = of("max = { total = 0 }", vec![set(files.iter().map(at).collect())]);
        case.select.paths = vec![Pattern::new("src/**").unwrap()];
        case.judged().violations.into_iter().map(|v| v.message).collect::<Vec<_>>().join("; ")
    };
    let words = |rest: &str| format!("no file matches `paths` (src/**); the findings are in {rest}");
    assert_eq!(said(&["lib/a", "lib/a"]), words("lib/a"));
    assert_eq!(said(&["lib/a", "lib/b", "lib/c"]), words("lib/a, lib/b, lib/c"));
    assert_eq!(said(&["lib/a", "lib/b", "lib/c", "lib/d"]), words("lib/a, lib/b, lib/c and 1 more"));
    assert_eq!(said(&["lib/a", "lib/b", "lib/c", "lib/d", "lib/e"]), words("lib/a, lib/b, lib/c and 2 more"));
}

#[test]
fn what_is_new_is_counted_among_what_the_gate_speaks_of() {
    use crate::relate::findings::fingerprint;
    let item = |rule: &str| Finding {
        rule: rule.into(),
        message: "wrong".into(),
        place: Some(Place { path: format!("{rule}.py").into(), line: Some(1), column: None }),
        severity: Severity::High,
        ..Finding::default()
    };
    let notes = |before: &[&str], now: Vec<Finding>| {
        let printed = before.iter().map(|rule| {
            let i = item(rule);
            Finding { fingerprint: Some(fingerprint(&i).into()), message: "".into(), ..i }
        });
        let keys = "max = { total = 9 }\nnew-only = true\nrules = [\"A*\", \"B*\"]";
        let mut case = of(keys, vec![set(now)]);
        case.baseline = Some(vec![evidence("base", Data::Findings(set(printed.collect())))]);
        case.judged().notes
    };
    let suppressed = Finding { suppressed: Some(Box::new(Suppression::default())), ..item("A9") };
    let now = vec![item("A1"), item("B1"), suppressed, item("D1")];
    assert_eq!(notes(&["A1"], now)[0], "1 of 2 findings not in the baseline");
    // What is gone is named up to five.
    let gone = |before: &[&str]| notes(before, vec![item("A1")]).get(1).cloned().unwrap_or_default();
    assert_eq!(gone(&["A1"]), "");
    let five = gone(&["B1", "B2", "B3", "B4", "B5"]);
    assert!(five.contains("B5 in B5.py; gatekeeper snapshot"), "{five}");
    let six = gone(&["B1", "B2", "B3", "B4", "B5", "B6"]);
    assert!(six.starts_with("6 findings of the baseline no longer there") && six.contains("B5 in B5.py, …; "), "{six}");
}

#[test]
fn a_finding_of_the_baseline_is_named_by_what_it_has() {
    let of = |rule: &str, path: Option<&str>, package: Option<&str>| {
        shown(&Finding {
            rule: rule.into(),
            place: path.map(|p| Place { path: p.into(), ..Place::default() }),
            package: package.map(|p| Box::new(Package { name: p.into(), ..Package::default() })),
            ..Finding::default()
        })
    };
    assert_eq!([of("R", Some("a"), None), of("", Some("a"), None), of("R", None, None)], ["R in a", "a", "R"]);
    assert_eq!([of("R", None, Some("p")), of("R", Some("a"), Some("p"))], ["R in p", "R in a"]);
}

#[test]
fn the_first_line_that_says_something_is_said() {
    let of = |message: &str| words(&Finding { message: message.into(), ..Finding::default() });
    assert_eq!(of("\n```text\n```\n# Head\nSays it.\nMore."), "Says it.");
    assert_eq!(of("# Head only"), "Head only");
    assert_eq!(of("> - quoted"), "quoted");
    assert_eq!(of("-flag is wrong"), "-flag is wrong");
}
