use super::*;
use crate::rule::testing::{Case, conditions, evidence, gate, violations};
use GateStatus::{Error, Fail, Pass, Warn};
use gatekeeper_evidence::inventory::{Inventory, License};

fn package(name: &str, licence: &str) -> Component {
    let licenses = if licence.is_empty() { Vec::new() } else { vec![License::expression(licence)] };
    Component { name: name.into(), version: Some("1".into()), licenses, line: Some(7), ..Component::default() }
}

fn of<'k>(keys: &'k str, documents: &[&[Component]]) -> Case<'k> {
    let inventory = |c: &[Component]| Data::Inventory(Inventory { components: c.to_vec(), ..Inventory::default() });
    let evidence = documents.iter().enumerate().map(|(n, c)| evidence(&format!("{n}.json"), inventory(c)));
    Case::new(&RULE, keys, evidence.collect())
}

fn said(keys: &str, licence: &str) -> Vec<(String, GateStatus)> {
    let j = of(keys, &[&[package("p", licence)]]).judged();
    violations(&j).into_iter().map(|(code, status)| (code.to_owned(), status)).collect()
}

fn one(code: &str, status: GateStatus) -> Vec<(String, GateStatus)> {
    vec![(code.to_owned(), status)]
}

#[test]
fn each_list_does_its_own() {
    let lists = "allow = [\"MIT\"]\ndeny = [\"GPL\"]\nreview = [\"MPL\"]";
    assert_eq!(said(lists, "MIT"), []);
    assert_eq!(said(lists, "GPL-3.0-only"), one("license-denied", Fail));
    assert_eq!(said(lists, "MPL-2.0"), one("license-review", Warn));
    assert_eq!(said(lists, "Apache-2.0"), one("license-not-allowed", Fail));
    assert_eq!(said(lists, "GPL-3.0-only OR MIT"), []);
    assert_eq!(said("deny = [\"GPL\"]", "LicenseRef-x"), one("license-unknown", Fail));
    assert_eq!(said("deny = [\"GPL\"]", "LGPL-3.0-only"), []);
}

#[test]
fn an_unknown_licence_does_what_the_policy_says() {
    for licence in ["", "LicenseRef-x"] {
        assert_eq!(said("deny = [\"GPL\"]", licence), one("license-unknown", Fail));
        assert_eq!(said("deny = [\"GPL\"]\nunknown = \"warn\"", licence), one("license-unknown", Warn));
        assert_eq!(said("deny = [\"GPL\"]\nunknown = \"allow\"", licence), []);
    }
    let j = of("deny = [\"GPL\"]\nunknown = \"allow\"", &[&[package("p", "")]]).judged();
    assert_eq!(conditions(&j), [("not allowed", Pass)]);
}

#[test]
fn conditions_are_as_bad_as_their_worst_package() {
    let keys = "deny = [\"GPL\"]\nreview = [\"MPL\"]\nunknown = \"warn\"";
    let of = |licences: &[&str]| {
        let packages: Vec<Component> = licences.iter().enumerate().map(|(n, l)| package(&format!("p{n}"), l)).collect();
        of(keys, &[&packages]).judged()
    };
    assert_eq!(conditions(&of(&["MIT"])), [("not allowed", Pass), ("unknown", Pass)]);
    assert_eq!(conditions(&of(&["MPL-2.0", ""])), [("not allowed", Warn), ("unknown", Warn)]);
    let j = of(&["MPL-2.0", "GPL-3.0-only", ""]);
    assert_eq!(conditions(&j), [("not allowed", Fail), ("unknown", Warn)]);
    assert_eq!(violations(&j), [("license-denied", Fail), ("license-review", Warn), ("license-unknown", Warn)]);
    assert_eq!(j.to_pass, [Remedy::SettleLicenses(3)]);
    assert_eq!(j.violations[0].package.as_deref(), Some("p1 1"));
    assert_eq!(j.violations[0].id.as_deref(), Some("GPL-3.0-only"));
}

#[test]
fn documents_that_disagree_are_told_and_the_worst_counts() {
    let keys = "deny = [\"GPL\"]";
    let of = |a, b| of(keys, &[&[package("p", a)], &[package("p", b)]]).judged();
    let j = of("MIT", "Apache-2.0");
    assert_eq!(violations(&j), [("license-disagreement", Warn)]);
    assert_eq!(conditions(&j).last(), Some(&("documents disagree", Warn)));
    assert_eq!(violations(&of("MIT", "GPL-3.0-only")), [("license-denied", Fail)]);
    assert_eq!(violations(&of("MIT", "MIT")), []);
    assert_eq!(violations(&of("MIT", "")), [], "what states none gives way");
    let j = of("MIT", "MIT");
    assert!(!conditions(&j).iter().any(|(m, _)| *m == "documents disagree"));
}

#[test]
fn no_package_is_an_error() {
    assert_eq!(violations(&of("deny = [\"GPL\"]", &[&[]]).judged()), [("inventory-empty", Error)]);
    let mut case = of("deny = [\"GPL\"]", &[&[package("p", "MIT")], &[]]);
    assert_eq!(violations(&case.judged()), [], "a lock file of no dependency");
    if let Data::Inventory(i) = &mut case.evidence[1].data {
        i.spec = Some("SPDX");
    }
    assert_eq!(violations(&case.judged()), [("inventory-empty", Warn)]);
}

#[test]
fn exceptions_and_scopes_are_left_out() {
    let except =
        |name: &str| said(&format!("deny = [\"GPL\"]\nexceptions = {{ \"{name}\" = \"bought\" }}"), "GPL-3.0-only");
    for fits in ["p", "p@1", "p*"] {
        assert_eq!(except(fits), [], "{fits}");
    }
    assert_eq!(except("q"), one("license-denied", Fail));
    let mut dev = package("d", "GPL-3.0-only");
    dev.scope = Some("dev".into());
    let of = |keys| of(keys, &[&[dev.clone(), package("p", "MIT")]]).judged().status();
    assert_eq!(of("deny = [\"GPL\"]"), Fail);
    assert_eq!(of("deny = [\"GPL\"]\nignore-scopes = [\"dev\"]"), Pass);
    assert_eq!(of("deny = [\"GPL\"]\nignore-scopes = [\"optional\"]"), Fail);
}

#[test]
fn what_is_waived_is_taken_out_before_it_counts() {
    let packages = [package("a", "GPL-3.0-only"), package("b", ""), package("c", "MPL-2.0")];
    let case = of("deny = [\"GPL\"]\nreview = [\"MPL\"]", &[&packages]);
    let names = |id: &'static str, package: &'static str| {
        move |i: &Item<'_>| (i.id, i.package, i.path) == (Some(id), Some(package), Some("0.json"))
    };
    let j = case.judged_waiving(&names("GPL-3.0-only", "a 1"));
    assert_eq!(conditions(&j), [("not allowed", Warn), ("unknown", Fail)]);
    let j = case.judged_waiving(&names("no licence", "b 1"));
    assert_eq!(
        (conditions(&j), j.to_pass.clone()),
        (vec![("not allowed", Fail), ("unknown", Pass)], vec![Remedy::SettleLicenses(2)])
    );
    let j = case.judged_waiving(&|_| true);
    assert_eq!((j.status(), violations(&j), j.to_pass.clone()), (Pass, vec![], vec![]));
}

#[test]
fn a_waiver_sees_every_document_that_names_the_package() {
    let case = of("deny = [\"GPL\"]", &[&[package("p", "GPL-3.0-only")], &[package("p", "GPL-3.0-only")]]);
    let by = |fits: &dyn Fn(&[&str]) -> bool| {
        let judged = case.judged_waiving(&|i| fits(&i.sources.iter().map(|s| s.path.as_str()).collect::<Vec<_>>()));
        judged.status()
    };
    assert_eq!(by(&|sources| sources == ["0.json", "1.json"]), Pass);
    assert_eq!(by(&|sources| sources.len() != 2), Fail);
}

#[test]
fn what_to_do_depends_on_what_is_at_fault() {
    let help = |licence: &str| {
        let keys = "deny = [\"GPL\"]\nreview = [\"MPL\"]";
        of(keys, &[&[package("p", licence)]]).judged().violations[0].help.clone().unwrap()
    };
    assert!(help("").starts_with("find out its licence"), "{}", help(""));
    for known in ["GPL-3.0-only", "MPL-2.0"] {
        assert_eq!(help(known), "replace the package, or accept it under exceptions with a reason");
    }
    let two = of("deny = [\"GPL\"]", &[&[package("p", "MIT")], &[package("p", "Apache-2.0")]]).judged();
    assert!(two.violations[0].help.as_deref().unwrap().starts_with("find out which of them is right"), "{two:?}");
}

#[test]
fn rows_of_one_document_do_not_give_way_to_each_other() {
    let keys = "deny = [\"GPL\"]";
    let judged = |documents: &[&[Component]]| {
        let j = of(keys, documents).judged();
        violations(&j).into_iter().map(|(code, _)| code.to_owned()).collect::<Vec<_>>()
    };
    let (clear, unclear) = (|| package("p", "MIT"), || package("p", ""));
    assert_eq!(judged(&[&[clear(), unclear()]]), ["license-unknown"], "one of the two may be anything");
    assert_eq!(judged(&[&[unclear(), clear()]]), ["license-unknown"]);
    assert_eq!(judged(&[&[clear()], &[unclear()]]), Vec::<String>::new());
    assert_eq!(judged(&[&[unclear()], &[clear()]]), Vec::<String>::new());
    // Two documents that know nothing do not clear each other.
    assert_eq!(judged(&[&[unclear()], &[unclear()]]), ["license-unknown"]);
    assert_eq!(judged(&[&[unclear()], &[package("p", "LicenseRef-x")]]), ["license-unknown"]);
    // And what is clear stays what it is.
    assert_eq!(judged(&[&[clear()], &[package("p", "GPL-3.0-only")]]), ["license-denied"]);
}

#[test]
fn a_name_that_says_unknown_beside_a_licence_may_be_any() {
    let of = |licenses: Vec<License>| {
        let p = Component { licenses, ..package("p", "") };
        violations(&of("deny = [\"GPL\"]", &[&[p]]).judged())
            .into_iter()
            .map(|(code, _)| code.to_owned())
            .collect::<Vec<_>>()
    };
    let unknown = ["license-unknown"];
    assert_eq!(of(vec![License::expression("MIT")]), Vec::<String>::new());
    assert_eq!(of(vec![License::expression("MIT"), License::name("unknown")]), unknown);
    assert_eq!(of(vec![License::expression("MIT"), License::name(" ")]), Vec::<String>::new(), "an empty name is none");
    assert_eq!(of(vec![License::expression("MIT"), License::expression("NOASSERTION")]), Vec::<String>::new());
    assert_eq!(of(vec![License::name("unknown")]), unknown);
    assert_eq!(of(vec![License::expression("NOASSERTION")]), unknown);
}

#[test]
fn what_is_new_is_listed_up_to_eight() {
    let note = |n: usize| {
        let now: Vec<Component> = (0..n).map(|n| package(&format!("p{n}"), "MIT")).collect();
        let mut case = of("deny = [\"GPL\"]\nnew-only = true", &[&now]);
        let inventory = Inventory { components: vec![package("gone", "MIT")], ..Inventory::default() };
        case.baseline = Some(vec![evidence("base", Data::Inventory(inventory))]);
        case.judged().notes.into_iter().find(|n| n.contains("added")).unwrap()
    };
    assert_eq!(note(8), "8 packages added: p0 1, p1 1, p2 1, p3 1, p4 1, p5 1, p6 1, p7 1");
    assert_eq!(note(9), "9 packages added: p0 1, p1 1, p2 1, p3 1, p4 1, p5 1, p6 1, p7 1, …");
}

#[test]
fn mistakes_in_the_lists_are_told() {
    for (bad, words) in [
        ("", "nothing can ever fail it"),
        ("deny = []", "`deny` is empty"),
        ("deny = [\"GPL\"]\nexceptions = { p = \" \" }", "has no reason"),
        ("deny = [\"GPL\"]\nignore-scopes = [\"devs\"]", "there is no scope `devs`"),
        ("deny = [\"GPL\"]\nunknown = \"maybe\"", "`unknown` takes fail, warn, allow"),
    ] {
        let said = gate(&RULE, bad).unwrap_err().join("\n");
        assert!(said.contains(words), "{bad}: {said}");
    }
}

#[test]
fn a_family_and_one_of_it_agree_and_others_are_quoted() {
    let of = |a, b| of("deny = [\"GPL\"]\nunknown = \"allow\"", &[&[package("p", a)], &[package("p", b)]]).judged();
    assert_eq!(violations(&of("BSD", "BSD-3-Clause")), []);
    assert_eq!(violations(&of("BSD-3-Clause", "BSD")), []);
    let j = of("MIT", "Apache-2.0");
    let message = &j.violations[0].message;
    assert!(message.contains("MIT (0.json)") && message.contains("Apache-2.0 (1.json)"), "{message}");
}

#[test]
fn only_new_packages_are_judged_and_what_changed_is_listed() {
    let keys = "deny = [\"GPL\"]\nnew-only = true";
    let judged = |keys: &str, before: &[Component], now: &[Component]| {
        let mut case = of(keys, &[now]);
        let inventory = Inventory { components: before.to_vec(), ..Inventory::default() };
        case.baseline = Some(vec![evidence("base", Data::Inventory(inventory))]);
        case.judged()
    };
    let (a, b, c) = (package("a", "MIT"), package("b", "GPL-3.0-only"), package("c", "GPL-3.0-only"));
    assert_eq!(judged(keys, &[a.clone(), b.clone()], &[a.clone(), b.clone()]).status(), Pass);
    let newer = Component { version: Some("2".into()), ..b.clone() };
    assert_eq!(judged(keys, &[a.clone(), b.clone()], &[a.clone(), newer]).status(), Pass, "another version of it");
    let j = judged(keys, &[a.clone(), b.clone()], &[a.clone(), c.clone()]);
    assert_eq!((violations(&j), j.violations[0].package.as_deref()), (vec![("license-denied", Fail)], Some("c 1")));
    assert_eq!(j.notes, ["1 package added: c 1", "1 package removed: b 1"]);
    let j = judged(keys, std::slice::from_ref(&a), &[package("a", "GPL-3.0-only")]);
    assert_eq!((j.status(), j.notes[0].as_str()), (Fail, "1 package under another licence: a 1: MIT → GPL-3.0-only"));
    assert_eq!(judged("deny = [\"GPL\"]", std::slice::from_ref(&b), std::slice::from_ref(&b)).status(), Fail);
    assert_eq!(gate(&RULE, keys).unwrap().compares(), Compares::Wholly);
}
