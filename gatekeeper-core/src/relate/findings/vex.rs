//! Applying VEX statements to findings (OpenVEX, CSAF, CycloneDX: in the model's terms).
//!
//! A statement takes out a finding only where it names its vulnerability (by id or alias) and its package: as the product itself, or as a
//! subcomponent of a product that is what was scanned, or that lies on every way to the package by the report's own graph. A product of which nothing
//! is known is no match. It says `not_affected` with a reason or `fixed`, and no other statement on the same says otherwise; where all say when they were made, the latest.

use super::product::{Scanned, scanned};
use super::version;
use gatekeeper_evidence::findings::{Finding, Graph, Package, Suppression};
use gatekeeper_evidence::purl::{self, Purl, covers};
use gatekeeper_evidence::vex::{Product, Statement, VexStatus};
use std::collections::HashMap;

/// What applying statements did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VexReport {
    /// (finding, statement): the finding was suppressed by it.
    pub applied: Vec<(usize, usize)>,
    /// Findings on which statements disagree: nothing was suppressed.
    pub conflicts: Vec<Conflict>,
    /// (finding, statement): `not_affected` without any justification or impact statement: not applied.
    pub unjustified: Vec<(usize, usize)>,
    /// (finding, statement): the statement names the vulnerability and the package, but in another product than what was scanned.
    pub elsewhere: Vec<(usize, usize)>,
    /// Statements that matched no finding in any product.
    pub unused: Vec<usize>,
}

/// Statements that disagree on a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The finding.
    pub finding: usize,
    /// The statements.
    pub statements: Vec<usize>,
}

/// Applies statements. `target` is what the findings were made of, where known (package URLs, or references of one container image): a
/// statement on it without subcomponents speaks of all its packages, and one on another product speaks of none, but for what lies below it in
/// `graph`.
pub fn apply_vex(
    findings: &mut [Finding],
    statements: &[Statement],
    target: &[String],
    graph: Option<&Graph>,
) -> VexReport {
    let mut ways = Ways { graph, steps: STEPS };
    // A document has few products, and each is held against the target once.
    let told: Vec<Vec<Scanned>> =
        statements.iter().map(|s| s.products.iter().map(|p| scanned(&p.id, target)).collect()).collect();
    let mut by_id: HashMap<String, Vec<usize>> = HashMap::new();
    for (s, statement) in statements.iter().enumerate() {
        for id in std::iter::once(&statement.vulnerability).chain(&statement.aliases).filter(|id| !id.is_empty()) {
            let list = by_id.entry(id.to_ascii_uppercase()).or_default();
            if list.last() != Some(&s) {
                list.push(s);
            }
        }
    }
    let mut report = VexReport::default();
    let mut used = vec![false; statements.len()];
    for (f, finding) in findings.iter_mut().enumerate() {
        let mut matching: Vec<usize> = std::iter::once(&finding.rule)
            .chain(&finding.aliases)
            .filter_map(|id| by_id.get(&id.to_ascii_uppercase()))
            .flatten()
            .copied()
            .collect();
        matching.sort_unstable();
        matching.dedup();
        matching.retain(|s| {
            let (Some(statement), Some(told)) = (statements.get(*s), told.get(*s)) else { return false };
            match names(statement, told, finding, &mut ways) {
                Some(Scanned::Another | Scanned::Untold) => {
                    if matches!(statement.status, VexStatus::NotAffected | VexStatus::Fixed) {
                        report.elsewhere.push((f, *s));
                        if let Some(u) = used.get_mut(*s) {
                            *u = true;
                        }
                    }
                    false
                }
                named => named.is_some(),
            }
        });
        for s in &matching {
            if let Some(u) = used.get_mut(*s) {
                *u = true;
            }
        }
        judge(f, finding, &latest(matching, statements), statements, &mut report);
    }
    report.unused = used.iter().enumerate().filter(|(_, u)| !**u).map(|(s, _)| s).collect();
    report
}

/// The latest of the statements, where each says when it was made.
fn latest(matching: Vec<usize>, statements: &[Statement]) -> Vec<usize> {
    let time = |s: &usize| statements.get(*s).and_then(|s| s.stated);
    match matching.iter().map(time).collect::<Option<Vec<i64>>>().and_then(|all| all.into_iter().max()) {
        Some(last) => matching.into_iter().filter(|s| time(s) == Some(last)).collect(),
        None => matching,
    }
}

fn judge(f: usize, finding: &mut Finding, matching: &[usize], statements: &[Statement], report: &mut VexReport) {
    let of = |s: &usize| statements.get(*s);
    let clears = |s: &&usize| of(s).is_some_and(|s| matches!(s.status, VexStatus::NotAffected | VexStatus::Fixed));
    let clearing: Vec<usize> = matching.iter().filter(clears).copied().collect();
    if clearing.is_empty() {
        return;
    }
    if clearing.len() < matching.len() {
        report.conflicts.push(Conflict { finding: f, statements: matching.to_vec() });
        return;
    }
    let justified = |s: &&usize| of(s).is_some_and(|s| s.status == VexStatus::Fixed || !s.reason.trim().is_empty());
    match clearing.iter().find(justified) {
        Some(s) => {
            if let (Some(statement), None) = (of(s), &finding.suppressed) {
                finding.suppressed = Some(Box::new(Suppression {
                    by: "vex".into(),
                    reason: format!("{}: {}", statement.status.as_str(), statement.reason)
                        .trim_end_matches([':', ' '])
                        .into(),
                }));
            }
            report.applied.push((f, *s));
        }
        None => report.unjustified.extend(clearing.iter().map(|s| (f, *s))),
    }
}

/// Most steps through the graph of one report.
const STEPS: usize = 20_000_000;

/// The report's graph, and how many steps through it are left.
struct Ways<'g> {
    graph: Option<&'g Graph>,
    steps: usize,
}

impl Ways<'_> {
    /// Whether every way to a package leads through a product.
    fn lead_through(&mut self, product: &str, package: &Package) -> bool {
        let (Some(graph), Some(stated)) = (self.graph, purl::parse(product)) else { return false };
        let Some(own) = package.purl.as_deref() else { return false };
        let is_product = |node: &str| purl::parse(node).is_some_and(|p| covers(&stated, &p));
        graph.leads_through(is_product, |node| node == own, &mut self.steps)
    }
}

/// Whether a statement names a finding's package, and whether in the product that was scanned; the product that fits best counts.
fn names(statement: &Statement, told: &[Scanned], finding: &Finding, ways: &mut Ways<'_>) -> Option<Scanned> {
    let package = finding.package.as_deref();
    let mut named = |(product, told): (&Product, &Scanned)| {
        let meant = |p: &&Package| {
            let installed = p.installed.as_deref().unwrap_or_default();
            product.versions.as_ref().is_none_or(|all| all.iter().any(|v| version::holds(v, installed)))
        };
        let package = package.filter(meant);
        let its_own = package.is_some_and(|p| id_names(&product.id, p));
        let part = || package.is_some_and(|p| product.subcomponents.iter().any(|id| id_names(id, p)));
        match told {
            _ if product.subcomponents.is_empty() && its_own => Some(Scanned::This),
            Scanned::This if product.subcomponents.is_empty() && product.versions.is_none() => Some(Scanned::This),
            Scanned::This => part().then_some(Scanned::This),
            told => {
                let whole = product.subcomponents.is_empty();
                let below = (whole || part()) && package.is_some_and(|p| ways.lead_through(&product.id, p));
                if below { Some(Scanned::This) } else { (!whole && part()).then_some(*told) }
            }
        }
    };
    let mut best = None;
    for fit in statement.products.iter().zip(told).filter_map(&mut named) {
        if fit == Scanned::This {
            return Some(fit);
        }
        best = best.or(Some(fit));
    }
    best
}

/// Whether an id in a statement means a finding's package.
fn id_names(id: &str, package: &Package) -> bool {
    let Some(stated) = purl::parse(id) else {
        return package.purl.as_deref() == Some(id);
    };
    if let Some(own) = package.purl.as_deref().and_then(purl::parse) {
        let own = if own.version.is_empty() {
            let installed = package.installed.as_deref().unwrap_or_default();
            Purl { version: purl::version_key(installed).to_owned(), ..own }
        } else {
            own
        };
        return covers(&stated, &own);
    }
    // Without a purl: name and version as the scanner states them. Which ecosystem it is cannot be checked, so the statement must state the
    // version; nor can qualifiers, so a statement that has some does not match.
    let name = purl::name_key(&package.name, Some(&stated.kind));
    let path = match stated.kind.as_str() {
        "deb" | "rpm" | "apk" => stated.path.rsplit('/').next().unwrap_or(&stated.path),
        _ => &stated.path,
    };
    let version = package.installed.as_deref().map(purl::version_key).unwrap_or_default();
    name == path
        && stated.qualifiers.is_empty()
        && stated.subpath.is_empty()
        && !version.is_empty()
        && stated.version == version
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatekeeper_evidence::findings::GraphNode;

    fn finding(rule: &str, alias: &str, purl: Option<&str>, name: &str, version: &str) -> Finding {
        Finding {
            rule: rule.into(),
            aliases: vec![alias.into()],
            package: Some(Box::new(Package {
                name: name.into(),
                purl: purl.map(Into::into),
                installed: Some(version.into()),
                fixed: None,
            })),
            ..Finding::default()
        }
    }

    fn statement(id: &str, products: &[(&str, &[&str])], status: VexStatus, reason: &str) -> Statement {
        Statement {
            vulnerability: id.into(),
            products: products
                .iter()
                .map(|(id, subs)| Product {
                    subcomponents: subs.iter().map(|s| (*s).into()).collect(),
                    ..Product::new(*id)
                })
                .collect(),
            status,
            reason: reason.into(),
            ..Statement::default()
        }
    }

    #[test]
    fn a_statement_takes_out_what_it_names_and_nothing_else() {
        let mut all = [
            finding("CVE-1", "GHSA-1", Some("pkg:npm/x@1.0"), "x", "1.0"),
            finding("CVE-1", "", Some("pkg:npm/x@2.0"), "x", "2.0"),
            finding("CVE-1", "", Some("pkg:npm/y@1.0"), "y", "1.0"),
            finding("CVE-2", "", Some("pkg:npm/x@1.0"), "x", "1.0"),
            finding("CVE-1", "", None, "x", "1.0"),
        ];
        let s = [statement("ghsa-1", &[("pkg:npm/x@1.0", &[])], VexStatus::NotAffected, "vulnerable_code_not_present")];
        let report = apply_vex(&mut all, &s, &[], None);
        assert_eq!(report.applied, [(0, 0)]);
        assert_eq!(all[0].suppressed.as_ref().unwrap().reason.as_ref(), "not_affected: vulnerable_code_not_present");
        let s = [statement("CVE-1", &[("pkg:npm/x@1.0", &[])], VexStatus::Fixed, "")];
        assert_eq!(apply_vex(&mut all, &s, &[], None).applied, [(0, 0), (4, 0)]);
        assert!(all[1].suppressed.is_none() && all[2].suppressed.is_none() && all[3].suppressed.is_none());
    }

    #[test]
    fn subcomponents_bound_what_a_product_means() {
        let product = "pkg:oci/app?repository_url=example.org/app";
        let s = [statement("CVE-1", &[(product, &["pkg:deb/debian/openssl"])], VexStatus::NotAffected, "no")];
        let mut all = [finding("CVE-1", "", Some("pkg:deb/debian/openssl@1.1?arch=amd64"), "openssl", "1.1")];
        // Of what was scanned nothing is known: it may be anything.
        let report = apply_vex(&mut all, &s, &[], None);
        assert_eq!((report.applied.len(), report.elsewhere, report.unused.len()), (0, vec![(0, 0)], 0));
        let report = apply_vex(&mut all, &s, &["pkg:oci/other".into()], None);
        assert_eq!((report.applied.len(), report.elsewhere), (0, vec![(0, 0)]));
        assert_eq!(apply_vex(&mut all, &s, &["example.org/app:1".into()], None).applied.len(), 1);
        all[0].suppressed = None;
        assert_eq!(apply_vex(&mut all, &s, &[product.into()], None).applied.len(), 1);
        // The whole product: only where it is known to be what was scanned.
        let whole = [statement("CVE-1", &[(product, &[])], VexStatus::NotAffected, "no")];
        all[0].suppressed = None;
        assert_eq!(apply_vex(&mut all, &whole, &[], None).unused, [0]);
        assert_eq!(apply_vex(&mut all, &whole, &[product.into()], None).applied.len(), 1);
    }

    #[test]
    fn disagreement_and_missing_reasons_suppress_nothing() {
        let mut all = [finding("CVE-1", "", Some("pkg:npm/x@1"), "x", "1")];
        let on = |status, reason| statement("CVE-1", &[("pkg:npm/x", &[])], status, reason);
        let report = apply_vex(&mut all, &[on(VexStatus::NotAffected, "r"), on(VexStatus::Affected, "")], &[], None);
        assert_eq!(report.conflicts, [Conflict { finding: 0, statements: vec![0, 1] }]);
        assert_eq!(apply_vex(&mut all, &[on(VexStatus::NotAffected, " ")], &[], None).unjustified, [(0, 0)]);
        assert!(apply_vex(&mut all, &[on(VexStatus::UnderInvestigation, "r")], &[], None).applied.is_empty());
        assert!(all[0].suppressed.is_none());
    }

    #[test]
    fn a_later_statement_stands_for_earlier_ones() {
        let at = |status, stated| Statement { stated, ..statement("CVE-1", &[("pkg:npm/x", &[])], status, "r") };
        let of = |statements: &[Statement]| {
            let mut all = [finding("CVE-1", "", Some("pkg:npm/x@1"), "x", "1")];
            let report = apply_vex(&mut all, statements, &[], None);
            assert!(report.unused.is_empty());
            (all[0].suppressed.is_some(), report.conflicts.len())
        };
        let (before, after) = (VexStatus::UnderInvestigation, VexStatus::NotAffected);
        assert_eq!(of(&[at(after, Some(2)), at(before, Some(1))]), (true, 0));
        assert_eq!(of(&[at(after, Some(1)), at(VexStatus::Affected, Some(2))]), (false, 0));
        assert_eq!(of(&[at(after, Some(1)), at(before, Some(1))]), (false, 1));
        assert_eq!(of(&[at(after, Some(2)), at(before, None)]), (false, 1));
    }

    #[test]
    fn qualifiers_that_are_stated_must_be_there() {
        let s = [statement("CVE-1", &[("pkg:golang/x/y@1#part", &[])], VexStatus::Fixed, "")];
        let mut all = [finding("CVE-1", "", Some("pkg:golang/x/y@1"), "x/y", "1")];
        assert!(apply_vex(&mut all, &s, &[], None).applied.is_empty());
        let s = [statement("CVE-1", &[("pkg:deb/debian/x@1?arch=arm64", &[])], VexStatus::Fixed, "")];
        let mut all = [finding("CVE-1", "", Some("pkg:deb/debian/x@1?arch=amd64"), "x", "1")];
        assert!(apply_vex(&mut all, &s, &[], None).applied.is_empty());
        let mut bare = [finding("CVE-1", "", None, "x", "1")];
        assert!(apply_vex(&mut bare, &s, &[], None).applied.is_empty());
    }

    #[test]
    fn a_product_above_the_package_counts_where_every_way_leads_through_it() {
        let node = |purl: &str, parents: &[u32]| GraphNode {
            purl: purl.into(),
            parents: parents.to_vec(),
            top: parents.is_empty(),
        };
        let nodes = [node("pkg:npm/app@1", &[]), node("pkg:npm/a@1", &[0]), node("pkg:npm/b@1", &[0])];
        let graph =
            |parents: &[u32]| Graph { nodes: nodes.iter().cloned().chain([node("pkg:npm/leaf@1", parents)]).collect() };
        let applied = |product: &str, subcomponents: &[&str], graph: &Graph| {
            let s = [statement("CVE-1", &[(product, subcomponents)], VexStatus::NotAffected, "no")];
            let mut all = [finding("CVE-1", "", Some("pkg:npm/leaf@1"), "leaf", "1")];
            apply_vex(&mut all, &s, &[], Some(graph)).applied.len()
        };
        let leaf = &["pkg:npm/leaf"][..];
        assert_eq!(applied("pkg:npm/a@1", leaf, &graph(&[1])), 1);
        assert_eq!(applied("pkg:npm/a", &[], &graph(&[1])), 1);
        assert_eq!(applied("pkg:npm/app@1", leaf, &graph(&[1, 2])), 1);
        assert_eq!(applied("pkg:npm/a@1", leaf, &graph(&[1, 2])), 0);
        assert_eq!(applied("pkg:npm/a@1", &["pkg:npm/other"], &graph(&[1])), 0);
        assert_eq!(applied("pkg:npm/a@2", leaf, &graph(&[1])), 0);
        assert_eq!(applied("Unknown Product", leaf, &graph(&[1])), 0);
    }

    #[test]
    fn a_version_beside_a_purl_without_one_is_the_packages() {
        let s = [statement("CVE-1", &[("pkg:npm/x@1.0", &[])], VexStatus::Fixed, "")];
        for (installed, applied) in [("1.0", 1), ("2.0", 0), ("", 0)] {
            let mut all = [finding("CVE-1", "", Some("pkg:npm/x"), "x", installed)];
            assert_eq!(apply_vex(&mut all, &s, &[], None).applied.len(), applied, "{installed}");
        }
    }

    /// What a statement on one product, of these versions, does to a finding of the package; whether it is used; whether it is of elsewhere.
    fn did(product: Product, target: &[&str], package: (Option<&str>, &str, &str)) -> (usize, usize, usize) {
        let s = [Statement {
            vulnerability: "CVE-1".into(),
            products: vec![product],
            status: VexStatus::Fixed,
            ..Statement::default()
        }];
        let mut all = [finding("CVE-1", "", package.0, package.1, package.2)];
        let target: Vec<String> = target.iter().map(|t| (*t).to_owned()).collect();
        let report = apply_vex(&mut all, &s, &target, None);
        (report.applied.len(), report.unused.len(), report.elsewhere.len())
    }

    const APPLIED: (usize, usize, usize) = (1, 0, 0);
    const UNUSED: (usize, usize, usize) = (0, 1, 0);
    const ELSEWHERE: (usize, usize, usize) = (0, 0, 1);

    #[test]
    fn versions_that_are_stated_must_hold_the_packages() {
        let of = |id: &str, subs: &[&str], versions: &[&str]| Product {
            subcomponents: subs.iter().map(|s| (*s).to_owned()).collect(),
            versions: Some(versions.iter().map(|v| (*v).to_owned()).collect()),
            ..Product::new(id)
        };
        let package = (Some("pkg:npm/x@1.5"), "x", "1.5");
        assert_eq!(did(of("pkg:npm/x", &[], &["1.0", "vers:npm/>=1.4|<2"]), &[], package), APPLIED);
        assert_eq!(did(of("pkg:npm/x", &[], &["1.0", "vers:npm/<1.4"]), &[], package), UNUSED);
        assert_eq!(did(of("pkg:npm/x", &[], &[]), &[], package), UNUSED);
        // Of the product that was scanned: all of it, unless versions of its packages are stated.
        let image = &["pkg:npm/app@1"][..];
        assert_eq!(did(Product::new("pkg:npm/app@1"), image, package), APPLIED);
        assert_eq!(did(of("pkg:npm/app@1", &[], &["1.5"]), image, package), UNUSED);
        assert_eq!(did(of("pkg:npm/app@1", &["pkg:npm/x"], &["1.5"]), image, package), APPLIED);
        assert_eq!(did(of("pkg:npm/app@1", &["pkg:npm/x"], &["1.6"]), image, package), UNUSED);
        assert_eq!(did(of("pkg:npm/app@1", &["pkg:npm/y"], &["1.5"]), image, package), UNUSED);
    }

    #[test]
    fn of_several_products_the_one_that_was_scanned_counts() {
        let part = |id: &str| Product { subcomponents: vec!["pkg:npm/x".to_owned()], ..Product::new(id) };
        let of = |products: Vec<Product>| {
            let s = [Statement {
                vulnerability: "CVE-1".into(),
                products,
                status: VexStatus::Fixed,
                ..Statement::default()
            }];
            let mut all = [finding("CVE-1", "", Some("pkg:npm/x@1"), "x", "1")];
            let report = apply_vex(&mut all, &s, &["pkg:npm/app@1".to_owned()], None);
            (report.applied.len(), report.unused.len(), report.elsewhere.len())
        };
        let (own, other) = (part("pkg:npm/app@1"), part("pkg:npm/other@1"));
        assert_eq!(of(vec![other.clone()]), ELSEWHERE);
        assert_eq!(of(vec![own.clone()]), APPLIED);
        assert_eq!(of(vec![other.clone(), own.clone()]), APPLIED);
        assert_eq!(of(vec![own, other.clone()]), APPLIED);
        // Parts that are not the package say nothing of it, in whatever product.
        let stranger = Product { subcomponents: vec!["pkg:npm/y".to_owned()], ..Product::new("pkg:npm/other@1") };
        assert_eq!(of(vec![stranger]), UNUSED);
        // The whole of another product says nothing of a package that is not known to be in it.
        assert_eq!(of(vec![Product::new("pkg:npm/other@1")]), UNUSED);
        assert_eq!(of(vec![Product::new("pkg:npm/other@1"), other]), ELSEWHERE);
    }

    #[test]
    fn an_id_means_a_package_by_all_that_it_says() {
        let names = |id: &str, package| did(Product::new(id), &[], package) == APPLIED;
        // What is no package URL is compared as it is.
        assert!(names("cpe:/a:x", (Some("cpe:/a:x"), "x", "1")));
        assert!(!names("cpe:/a:x", (Some("cpe:/a:y"), "x", "1")) && !names("x", (None, "x", "1")));
        // Without a purl: name and version, and nothing else may be stated.
        assert!(names("pkg:npm/x@1", (None, "x", "1")) && names("pkg:npm/x@1", (None, "x", "v1")));
        for id in ["pkg:npm/x@2", "pkg:npm/y@1", "pkg:npm/x", "pkg:npm/x@1?a=b", "pkg:npm/x@1#sub"] {
            assert!(!names(id, (None, "x", "1")), "{id}");
        }
        assert!(!names("pkg:npm/x", (None, "x", "")));
        // Distributions' packages are known by their name alone, others by all of it.
        for id in ["pkg:deb/debian/x@1", "pkg:rpm/redhat/x@1", "pkg:apk/alpine/x@1"] {
            assert!(names(id, (None, "x", "1")), "{id}");
        }
        assert!(!names("pkg:npm/%40scope/x@1", (None, "x", "1")));
        assert!(names("pkg:npm/%40scope/x@1", (None, "@scope/x", "1")));
    }
}
