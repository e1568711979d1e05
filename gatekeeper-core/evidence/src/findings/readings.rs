use super::*;

#[test]
fn a_product_must_lie_on_every_way() {
    let node = |purl: &str, parents: &[u32], top| GraphNode { purl: purl.into(), parents: parents.to_vec(), top };
    // root -> a -> leaf, root -> b -> leaf; a second leaf that is brought directly as well.
    let graph = Graph {
        nodes: vec![
            node("root", &[], true),
            node("a", &[0], false),
            node("b", &[0], false),
            node("leaf", &[1, 2], false),
            node("own", &[1], true),
            node("ring", &[5, 1], false),
        ],
    };
    let through = |product: &'static [&'static str], package: &str| {
        graph.leads_through(|p| product.contains(&p), |p| p == package, &mut 100)
    };
    assert!(through(&["root"], "leaf") && through(&["a", "b"], "leaf") && through(&["leaf"], "leaf"));
    assert!(!through(&["a"], "leaf") && !through(&["other"], "leaf") && !through(&["a"], "own"));
    assert!(through(&["a"], "ring") && !through(&["b"], "ring"));
    assert!(!through(&["root"], "nobody"));
    assert!(!graph.leads_through(|p| p == "root", |p| p == "leaf", &mut 7));
}

fn two_medium() -> Findings {
    let one = Finding { severity: Severity::Medium, ..Finding::default() };
    Findings { items: vec![one.clone(), one], ..Findings::default() }
}

#[test]
fn what_is_counted_beyond_the_list_is_a_second_reading() {
    let mut f = two_medium();
    let stated = [(Severity::Critical, 1), (Severity::Medium, 2), (Severity::Unknown, 5)];
    let words = f.hold_against(&stated, Category::Vulnerability).unwrap();
    assert_eq!(words, "states 1 critical, lists 0; states 5 in all, lists 3");
    let by = f.by_totals().unwrap().by_severity();
    // Of two more nobody knows how bad they are.
    assert_eq!((by.critical, by.medium, by.unknown), (3, 2, 0));
    let mut silent = Findings { items: vec![Finding::default()], ..Findings::default() };
    silent.hold_against(&[(Severity::Unknown, 3)], Category::Code);
    assert_eq!(silent.by_totals().unwrap().by_severity().unknown, 3);
}

#[test]
fn fewer_in_the_totals_than_in_the_list_is_none() {
    let mut f = two_medium();
    assert_eq!(f.hold_against(&[(Severity::Medium, 1), (Severity::Unknown, 2)], Category::Code), None);
    assert_eq!(f.by_totals(), None);
}

#[test]
fn gaps_name_a_few_and_count_all() {
    let many: Vec<String> = (0..7).map(|n| format!("f{n}")).collect();
    assert_eq!(
        Gap::of_items("file was skipped", "files were skipped", &many).unwrap().words,
        "7 files were skipped: f0, f1, f2, f3, f4, …"
    );
    assert_eq!(Gap::of_items::<String>("x", "x", &[]), None);
}

#[test]
fn more_than_can_be_told_one_by_one_are_no_count() {
    for (many, told) in [(9_999, 9_999), (10_000, 10_000), (10_001, 10_000), (u64::MAX, 10_000)] {
        let mut f = Findings::default();
        f.hold_against(&[(Severity::Low, many)], Category::Secret).unwrap();
        assert_eq!(f.by_totals().unwrap().items.len(), told);
        let words = format!("it states {many} low and lists 0: too many that nobody can look at");
        let gap = Gap::whole(words).of(Category::Secret);
        assert_eq!(f.gaps, if many > 10_000 { vec![gap] } else { vec![] });
    }
}
