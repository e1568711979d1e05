use super::*;

fn finding(severity: Severity, suppressed: bool) -> Finding {
    Finding { severity, suppressed: suppressed.then(Box::default), ..Finding::default() }
}

#[test]
fn severities_are_ordered_worst_last_and_named() {
    let mut all = Severity::ALL;
    all.reverse();
    assert!(all.is_sorted());
    let names: Vec<&str> = Severity::ALL.iter().map(|s| s.as_str()).collect();
    assert_eq!(names, ["critical", "high", "medium", "low", "info", "unknown"]);
    for severity in Severity::ALL {
        assert_eq!(Severity::from_word(severity.as_str()), Some(severity));
    }
}

#[test]
fn tools_words_for_severities_are_known_in_any_case() {
    for (word, want) in [
        ("BLOCKER", Some(Severity::Critical)),
        (" Important ", Some(Severity::High)),
        ("error", Some(Severity::High)),
        ("moderate", Some(Severity::Medium)),
        ("warning", Some(Severity::Medium)),
        ("note", Some(Severity::Low)),
        ("negligible", Some(Severity::Info)),
        ("none", Some(Severity::Info)),
        ("urgent", None),
        ("", None),
    ] {
        assert_eq!(Severity::from_word(word), want, "{word}");
    }
}

#[test]
fn scores_fall_into_their_bands_at_the_edges() {
    for (score, want) in [
        (10.0, Severity::Critical),
        (9.0, Severity::Critical),
        (8.99, Severity::High),
        (7.0, Severity::High),
        (6.99, Severity::Medium),
        (4.0, Severity::Medium),
        (3.99, Severity::Low),
        (0.1, Severity::Low),
        (0.0, Severity::Info),
        (-0.1, Severity::Unknown),
        (f64::NAN, Severity::Unknown),
    ] {
        assert_eq!(Severity::from_score(score), want, "{score}");
    }
}

#[test]
fn suppressed_findings_do_not_count() {
    let mut items: Vec<Finding> = Vec::new();
    for (n, severity) in Severity::ALL.into_iter().enumerate() {
        items.extend(std::iter::repeat_with(|| finding(severity, false)).take(n + 1));
        items.push(finding(severity, true));
    }
    let findings = Findings { items, ..Findings::default() };
    assert_eq!(findings.active().count(), 21);
    let by = findings.by_severity();
    assert_eq!(Severity::ALL.map(|s| by.get(s)), [1, 2, 3, 4, 5, 6]);
    assert_eq!((by.critical, by.high, by.medium, by.low, by.info, by.unknown), (1, 2, 3, 4, 5, 6));
}

#[test]
fn each_tools_name_has_one_number_however_many_there_are() {
    let mut findings = Findings::default();
    for round in 0..2 {
        for n in 0..40 {
            assert_eq!(findings.tool(&format!("tool-{n}")), n, "round {round}");
        }
    }
    assert_eq!(findings.tools.len(), 40);
    // Names that were there before the index was made are found too.
    let mut read = Findings { tools: (0..30).map(|n| format!("t{n}")).collect(), ..Findings::default() };
    assert_eq!((read.tool("t29"), read.tool("t3"), read.tool("new")), (29, 3, 30));
    assert_eq!((read.tool("new"), read.tools.len()), (30, 31));
    // How names are found makes no difference to what is said.
    let plain = Findings { tools: read.tools.clone(), ..Findings::default() };
    assert_eq!(read, plain);
}

#[test]
fn of_too_many_tools_the_last_share_a_number_without_a_name() {
    let mut findings = Findings { tools: (0..u16::MAX).map(|n| n.to_string()).collect(), ..Findings::default() };
    assert_eq!(findings.tool("one more"), u16::MAX);
    assert_eq!(findings.tools.len(), usize::from(u16::MAX));
    assert_eq!(findings.tool("7"), 7);
    findings.tools.pop();
    findings.tool_index = ToolIndex::default();
    assert_eq!(findings.tool("the last"), u16::MAX - 1);
}

#[test]
fn evidence_speaks_of_what_it_was_looked_at_for() {
    let of = |tools: &[&str], told: Option<Vec<Category>>| Findings {
        tools: tools.iter().map(|t| (*t).to_owned()).collect(),
        looked_for: told,
        ..Findings::default()
    };
    assert_eq!(of(&["Gitleaks"], None).looked_for(None), [Category::Secret]);
    assert_eq!(of(&[], None).looked_for(Some("xref")), [Category::Code]);
    assert_eq!(of(&["grype"], None).looked_for(Some("eslint")), [Category::Vulnerability, Category::Code]);
    assert_eq!(of(&["of nobody"], None).looked_for(None), []);
    // What the report tells stands for what its tool can do.
    assert_eq!(of(&["trivy"], Some(vec![Category::Secret])).looked_for(Some("xref")), [Category::Secret]);
    assert_eq!(of(&["trivy"], Some(vec![])).looked_for(None), []);
    assert_eq!(looks_for("TRIVY").len(), 4);
    assert!(looks_for("").is_empty());
}

#[test]
fn categories_have_stable_names() {
    for category in Category::ALL {
        assert_eq!(Category::named(category.as_str()), Some(category));
    }
    assert_eq!(Category::ALL.map(Category::as_str), ["code", "vulnerability", "secret", "misconfiguration", "license"]);
    assert_eq!(Category::named("Code"), None);
}

#[test]
fn what_the_totals_count_beyond_the_list_stands_for_findings_of_its_kind() {
    let mut f = Findings { items: vec![finding(Severity::High, false)], ..Findings::default() };
    assert_eq!(
        f.hold_against(&[(Severity::High, 1), (Severity::Low, 0), (Severity::Unknown, 1)], Category::Secret),
        None
    );
    assert!(f.by_totals().is_none());
    let words = f.hold_against(&[(Severity::Unknown, 5), (Severity::High, 3)], Category::Secret).unwrap();
    assert_eq!(words, "states 3 high, lists 1; states 5 in all, lists 3");
    let all = f.by_totals().unwrap();
    assert_eq!(all.by_severity().high, 3);
    // How bad the rest is nobody knows.
    assert_eq!((all.by_severity().critical, all.by_severity().unknown), (2, 0));
    let added: Vec<&Finding> = all.items.iter().skip(1).collect();
    assert!(added.iter().all(|f| f.category == Category::Secret && f.message.as_ref() == words));
    let rules: std::collections::BTreeSet<&str> = added.iter().map(|f| f.rule.as_ref()).collect();
    assert_eq!(rules.len(), 4, "each is one of its own");
    // A tool that knows no severities has none for them either.
    let mut silent = Findings { items: vec![finding(Severity::Unknown, false)], ..Findings::default() };
    silent.hold_against(&[(Severity::Unknown, 3)], Category::Code).unwrap();
    assert_eq!(silent.by_totals().unwrap().by_severity().unknown, 3);
}

#[test]
fn a_gap_says_what_was_not_looked_at() {
    let whole = Gap::whole("nothing");
    assert_eq!((whole.words.as_str(), whole.whole, whole.of.len()), ("nothing", true, 0));
    let part = Gap::part("a.ts").of(Category::Secret);
    assert_eq!((part.words.as_str(), part.whole, part.of), ("a.ts", false, vec![Category::Secret]));
    let of = |n: usize| {
        let items: Vec<String> = (0..n).map(|i| i.to_string()).collect();
        Gap::of_items("file is", "files are", &items).map(|g| g.words)
    };
    assert_eq!(of(0), None);
    assert_eq!(of(1).as_deref(), Some("1 file is: 0"));
    assert_eq!(of(5).as_deref(), Some("5 files are: 0, 1, 2, 3, 4"));
    assert_eq!(of(6).as_deref(), Some("6 files are: 0, 1, 2, 3, 4, …"));
}
