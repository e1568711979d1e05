use super::*;

fn named(name: &str) -> Component {
    Component { name: name.into(), ..Component::default() }
}

#[test]
fn no_licence_is_told_in_the_formats_words() {
    for none in ["", "  ", "NOASSERTION", "none", "Unknown"] {
        assert!(License::expression(none).is_none() && License::name(none).is_none(), "{none}");
        assert!(!Component { licenses: vec![License::name(none)], ..named("a") }.is_licensed());
    }
    assert!(!License::expression("MIT").is_none());
    assert_eq!(License::expression("MIT").form, LicenseForm::Expression);
    assert_eq!(License::name("MIT").form, LicenseForm::Name);
    let both = vec![License::name("NONE"), License::expression("MIT")];
    assert!(Component { licenses: both, ..named("a") }.is_licensed());
    assert!(!named("a").is_licensed());
}

#[test]
fn every_minimum_element_is_looked_for() {
    let all = DocumentElements { author: true, timestamp: true, relationships: true };
    let full = Component { version: Some("1".into()), supplier: Some("s".into()), has_id: true, ..named("a") };
    let missing = |document: DocumentElements, component: Component| -> Vec<(Option<usize>, &str)> {
        let inventory = Inventory { components: vec![component], document, ..Inventory::default() };
        ntia(&inventory).iter().map(|m| (m.component, m.element.as_str())).collect()
    };
    assert_eq!(missing(all, full.clone()), []);
    assert_eq!(missing(DocumentElements { author: false, ..all }, full.clone()), [(None, "author of the SBOM")]);
    assert_eq!(missing(DocumentElements { timestamp: false, ..all }, full.clone()), [(None, "timestamp")]);
    let relationships = DocumentElements { relationships: false, ..all };
    assert_eq!(missing(relationships, full.clone()), [(None, "dependency relationships")]);
    assert_eq!(missing(all, Component { name: " ".into(), ..full.clone() }), [(Some(0), "name")]);
    assert_eq!(missing(all, Component { version: None, ..full.clone() }), [(Some(0), "version")]);
    assert_eq!(missing(all, Component { supplier: None, ..full.clone() }), [(Some(0), "supplier")]);
    assert_eq!(missing(all, Component { has_id: false, ..full }), [(Some(0), "unique identifier")]);
}

#[test]
fn a_package_is_named_by_its_purl_else_by_name_and_version() {
    let versioned = Component { version: Some("1".into()), ..named("a") };
    assert_eq!((named("a").label(), versioned.label()), ("a".to_owned(), "a@1".to_owned()));
    assert_eq!(Component { purl: Some("pkg:hex/a@1".into()), ..versioned }.label(), "pkg:hex/a@1");
}

#[test]
fn packages_are_told_apart_by_purl_or_by_name_and_version() {
    let at = |version: &str| Component { version: Some(version.into()), ..named("a") };
    let purl = |purl: &str| Component { purl: Some(purl.into()), ..named("a") };
    let count = |all: &[Component]| distinct(all.iter());
    assert_eq!(count(&[at("1"), at("1"), at("2"), named("b")]), 3);
    assert_eq!(count(&[purl("pkg:hex/a@1"), purl("pkg:hex/a@1#sub"), purl("pkg:hex/a@1?x=y"), purl("pkg:hex/a@2")]), 2);
    assert_eq!(count(&[]), 0);
}

#[test]
fn the_whole_says_what_all_say_and_is_dated_as_the_oldest() {
    let elements = |author, timestamp, relationships| DocumentElements { author, timestamp, relationships };
    let of = |created: Option<&str>, document, valid| Inventory {
        created: created.map(Into::into),
        document,
        valid,
        ..Inventory::default()
    };
    let all = elements(true, true, true);
    let a = of(Some("2026-01-02T00:00:00+02:00"), all, Some(true));
    let b = of(Some("2026-01-01T23:00:00Z"), elements(true, false, true), Some(true));
    let both = unite(&[&a, &b]);
    assert_eq!(both.created.as_deref(), Some("2026-01-02T00:00:00+02:00"));
    assert_eq!((both.document, both.valid), (elements(true, false, true), Some(true)));
    assert_eq!(unite(&[&a, &of(None, elements(false, true, true), Some(true))]).created, None);
    assert_eq!(unite(&[&a, &of(None, elements(false, true, false), None)]).document, elements(false, true, false));
    assert_eq!(unite(&[&a, &of(None, all, None)]).valid, None);
    assert_eq!(unite(&[]).document, elements(false, false, false));
}

#[test]
fn one_package_has_what_any_document_says_of_it() {
    let bare = || Component { purl: Some("pkg:hex/a".into()), ..named("a") };
    let full = Component {
        version: Some("1".into()),
        supplier: Some("s".into()),
        has_id: true,
        licenses: vec![License::expression("MIT")],
        ..bare()
    };
    let of = |components| Inventory { components, ..Inventory::default() };
    let scoped = |scope: Option<&str>| Component { scope: scope.map(Into::into), ..bare() };
    let united = unite(&[&of(vec![bare()]), &of(vec![full.clone()]), &of(vec![full.clone()])]);
    assert_eq!(united.components, std::slice::from_ref(&full));
    // What the first says stays.
    let other = Component { version: Some("2".into()), supplier: Some("t".into()), ..bare() };
    let united = unite(&[&of(vec![full]), &of(vec![other])]);
    assert_eq!(
        (united.components[0].version.as_deref(), united.components[0].supplier.as_deref()),
        (Some("1"), Some("s"))
    );
    for (a, b, want) in [
        (Some("dev"), Some("dev"), Some("dev")),
        (Some("dev"), Some("runtime"), Some("runtime")),
        (Some("runtime"), None, Some("runtime")),
        (Some("dev"), None, None),
        (Some("dev"), Some("optional"), None),
    ] {
        let united = unite(&[&of(vec![scoped(a)]), &of(vec![scoped(b)])]);
        assert_eq!(united.components[0].scope.as_deref(), want, "{a:?} {b:?}");
    }
}

#[test]
fn the_whole_has_a_specification_only_where_all_have_the_same() {
    let of =
        |spec, version: Option<&str>| Inventory { spec, spec_version: version.map(Into::into), ..Inventory::default() };
    let said = |all: &[&Inventory]| {
        let whole = unite(all);
        (whole.spec, whole.spec_version)
    };
    let one = of(Some("CycloneDX"), Some("1.5"));
    assert_eq!(said(&[&one, &one.clone()]), (Some("CycloneDX"), Some("1.5".to_owned())));
    assert_eq!(said(&[&one, &of(Some("SPDX"), Some("1.6"))]), (None, None));
    assert_eq!(said(&[&one, &of(None, None)]), (None, None));
}

#[test]
fn a_subjects_digests_are_spelt_one_way_and_few() {
    let mut subject = Subject::default();
    for (algorithm, value) in [("SHA-256", " ABcd "), ("sha512", "ef"), ("", "00"), ("-", "00"), ("md5", " ")] {
        subject.add_digest(algorithm, value);
    }
    assert_eq!(subject.digests, ["sha256:abcd".into(), "sha512:ef".into()]);
    subject.add_digest("a", &"0".repeat(1_001));
    assert_eq!(subject.digests.len(), 2);
    subject.add_digest("a", &"0".repeat(1_000));
    assert_eq!(subject.digests.len(), 3);
    (0..100).for_each(|n| subject.add_digest("a", &n.to_string()));
    assert_eq!(subject.digests.len(), 64);
}
