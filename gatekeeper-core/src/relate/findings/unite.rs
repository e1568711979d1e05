//! Uniting the findings of several scanners: the same vulnerability of the same package is one finding with all its sources.

use super::product::same_target;
use gatekeeper_evidence::findings::{Category, Finding, Findings};
use gatekeeper_evidence::purl;
use std::collections::{BTreeMap, HashMap};

/// A finding as one scanner gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// Which of the united sets.
    pub set: usize,
    /// Which of its items.
    pub item: usize,
}

/// A finding with all that gave it.
#[derive(Debug, Clone, PartialEq)]
pub struct United {
    /// The finding: the first one's, with what the others know beside it, and the worst severity.
    pub finding: Finding,
    /// Where it comes from, in the order of the sets.
    pub members: Vec<Member>,
    /// Names of the tools that found it, each once.
    pub tools: Vec<String>,
    /// Whether some scanners count it as suppressed and others do not: it then counts.
    pub suppression_differs: bool,
}

/// Unites several sets. Vulnerabilities are one where their ids mean the same advisory and the package and its version are the same; everything
/// else stays as it is. That two ids mean the same may be said by any of the sets: a scanner that knows only GHSA ids meets one that knows
/// only CVE ids where a third names both. Findings of several container images stay apart. What one scanner lists twice (in two lock files) stays two: the result never counts less than any scanner alone.
pub fn unite(sets: &[&Findings]) -> Vec<United> {
    let all: Vec<(Member, &Finding)> = sets
        .iter()
        .enumerate()
        .flat_map(|(set, f)| f.items.iter().enumerate().map(move |(item, f)| (Member { set, item }, f)))
        .collect();
    let mut groups = Groups::new(all.len());
    meet(&all, &targets(sets), &mut groups);
    let mut clusters: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for i in 0..all.len() {
        clusters.entry(groups.root(i)).or_default().push(i);
    }
    let mut out: Vec<United> = Vec::with_capacity(clusters.len());
    for cluster in clusters.values() {
        // Each scanner's own list; the n-th of one is the n-th of another.
        let mut lists: BTreeMap<(usize, u16), Vec<usize>> = BTreeMap::new();
        for &i in cluster {
            if let Some((m, f)) = all.get(i) {
                lists.entry((m.set, f.tool)).or_default().push(i);
            }
        }
        let most = lists.values().map(Vec::len).max().unwrap_or(0);
        for n in 0..most {
            let members: Vec<(Member, &Finding)> =
                lists.values().filter_map(|l| l.get(n)).filter_map(|i| all.get(*i).copied()).collect();
            out.extend(merged(&members, sets));
        }
    }
    out.sort_by_key(|u| u.members.first().copied());
    out
}

/// Which sets are of one target, by number. Where reports name several images, one that names none is of none of them: who is not known to be
/// the same counts for himself.
fn targets(sets: &[&Findings]) -> Vec<usize> {
    let mut known: Vec<&[String]> = Vec::new();
    let numbers: Vec<usize> = sets
        .iter()
        .map(|set| match set.target.as_slice() {
            [] => 0,
            target => {
                1 + known.iter().position(|k| same_target(k, target)).unwrap_or_else(|| {
                    known.push(target);
                    known.len() - 1
                })
            }
        })
        .collect();
    if known.len() < 2 { vec![0; sets.len()] } else { numbers }
}

/// Joins what is one vulnerability of one package.
fn meet(all: &[(Member, &Finding)], targets: &[usize], groups: &mut Groups) {
    /// Where a package's findings of one id stand: by version, then by purl type ("" where unknown).
    type Bucket = BTreeMap<String, BTreeMap<String, usize>>;
    let mut ids = Ids::of(all.iter().map(|(_, f)| *f));
    let mut buckets: HashMap<(usize, String, String), Bucket> = HashMap::new();
    for (i, (member, f)) in all.iter().enumerate() {
        let Some(package) = f.package.as_deref().filter(|_| f.category == Category::Vulnerability) else { continue };
        let purl = package.purl.as_deref().and_then(purl::parse);
        let version = match &purl {
            Some(p) if !p.version.is_empty() => p.version.clone(),
            _ => package.installed.as_deref().map(|v| purl::version_key(v).to_owned()).unwrap_or_default(),
        };
        // The name alone (case folded) leads to the bucket: who gives no purl knows no type.
        let name = purl.as_ref().map_or_else(|| purl::name_key(&package.name, None), |p| p.path.clone());
        let name = short_name(&name, purl.as_ref().map(|p| p.kind.as_str()));
        let kind = purl.map(|p| p.kind).unwrap_or_default();
        let bucket = buckets.entry((targets.get(member.set).copied().unwrap_or(0), ids.key(f), name)).or_default();
        let first = *bucket.entry(version).or_default().entry(kind).or_insert(i);
        groups.join(first, i);
    }
    for bucket in buckets.values() {
        for kinds in bucket.values() {
            join_unknown(kinds, groups);
        }
        // Without a version it can only be the one that is there.
        if let (Some(unknown), 2) = (bucket.get(""), bucket.len())
            && let Some((_, known)) = bucket.iter().find(|(v, _)| !v.is_empty())
        {
            for (kind, a) in unknown {
                let b =
                    known.get(kind).or_else(|| known.values().next().filter(|_| known.len() == 1 && kind.is_empty()));
                let b = b.or_else(|| known.get("").filter(|_| known.len() == 1));
                if let Some(b) = b {
                    groups.join(*a, *b);
                }
            }
        }
    }
}

/// Which ids mean the same advisory, as the findings' aliases say. Two CVE ids never do: advisories of vendors (RHSA, USN) list many, and uniting
/// by them would count several vulnerabilities as one.
struct Ids {
    index: HashMap<String, usize>,
    classes: Groups,
    /// The CVE id of each class, by its root.
    cve: HashMap<usize, usize>,
}

impl Ids {
    fn of<'f>(findings: impl Iterator<Item = &'f Finding>) -> Self {
        let mut out = Ids { index: HashMap::new(), classes: Groups::new(0), cve: HashMap::new() };
        for f in findings.filter(|f| f.category == Category::Vulnerability) {
            let mut own = None;
            for id in names(f) {
                let at = out.add(id);
                match own {
                    None => own = Some(at),
                    Some(first) => out.join(first, at),
                }
            }
        }
        out
    }

    fn add(&mut self, id: &str) -> usize {
        let id = id.to_ascii_uppercase();
        let is_cve = id.starts_with("CVE-") && id.bytes().filter(|b| *b == b'-').count() == 2;
        let next = self.index.len();
        let at = *self.index.entry(id).or_insert(next);
        if at == next {
            self.classes.0.push(at);
            if is_cve {
                self.cve.insert(at, at);
            }
        }
        at
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.classes.root(a), self.classes.root(b));
        let cve = match (self.cve.get(&a).copied(), self.cve.get(&b).copied()) {
            // Of two classes each has its own.
            (Some(_), Some(_)) => return,
            (x, y) => x.or(y),
        };
        self.classes.join(a, b);
        if let Some(cve) = cve {
            self.cve.insert(a.min(b), cve);
        }
    }

    /// What a finding goes by: the class of its own id, or of the first alias where its own is none that others know.
    fn key(&mut self, f: &Finding) -> String {
        let first = names(f).next().and_then(|id| self.index.get(&id.to_ascii_uppercase()).copied());
        match first {
            Some(at) => format!("\u{0}{}", self.classes.root(at)),
            None => f.rule.to_ascii_uppercase(),
        }
    }
}

/// A finding's ids that can be an advisory's: those of a tool's own rules and packages' names are none.
fn names(f: &Finding) -> impl Iterator<Item = &str> {
    std::iter::once(&f.rule)
        .chain(&f.aliases)
        .map(|id| id.trim())
        .filter(|id| id.contains('-') && id.bytes().any(|b| b.is_ascii_digit()) && !id.contains(char::is_whitespace))
}

/// Who knows no type joins the only type that is known.
fn join_unknown(kinds: &BTreeMap<String, usize>, groups: &mut Groups) {
    if let (Some(unknown), 2) = (kinds.get(""), kinds.len())
        && let Some((_, known)) = kinds.iter().find(|(k, _)| !k.is_empty())
    {
        groups.join(*unknown, *known);
    }
}

/// An operating system's package without the distribution before it (`debian/openssl`): scanners without purls give the name alone.
fn short_name(path: &str, kind: Option<&str>) -> String {
    let name = match kind {
        Some("deb" | "rpm" | "apk" | "alpm") => path.rsplit('/').next().unwrap_or(path),
        _ => path,
    };
    name.to_ascii_lowercase()
}

fn merged(members: &[(Member, &Finding)], sets: &[&Findings]) -> Option<United> {
    let (_, first) = members.first()?;
    let mut finding = (*first).clone();
    let mut tools: Vec<String> = Vec::new();
    let suppressed = members.iter().filter(|(_, f)| f.suppressed.is_some()).count();
    if suppressed < members.len() {
        finding.suppressed = None;
    }
    for (m, f) in members {
        let name = sets.get(m.set).and_then(|s| s.tools.get(usize::from(f.tool)));
        if let Some(name) = name
            && !tools.contains(name)
        {
            tools.push(name.clone());
        }
        if f.severity > finding.severity {
            finding.severity = f.severity;
            finding.severity_from = f.severity_from;
        }
        for id in std::iter::once(&f.rule).chain(&f.aliases) {
            let known = id.is_empty() || id.eq_ignore_ascii_case(&finding.rule);
            if !known && !finding.aliases.iter().any(|a| a.eq_ignore_ascii_case(id)) {
                finding.aliases.push(id.clone());
            }
        }
        if let (Some(ours), Some(theirs)) = (&mut finding.package, &f.package) {
            let fill = |a: &mut Option<Box<str>>, b: &Option<Box<str>>| *a = a.take().or_else(|| b.clone());
            fill(&mut ours.purl, &theirs.purl);
            fill(&mut ours.installed, &theirs.installed);
            fill(&mut ours.fixed, &theirs.fixed);
        }
        finding.url = finding.url.take().or_else(|| f.url.clone());
        finding.place = finding.place.take().or_else(|| f.place.clone());
        finding.is_new = match (finding.is_new, f.is_new) {
            (Some(a), Some(b)) => Some(a || b),
            (a, b) => a.or(b),
        };
    }
    Some(United {
        finding,
        members: members.iter().map(|(m, _)| *m).collect(),
        tools,
        suppression_differs: suppressed > 0 && suppressed < members.len(),
    })
}

/// Disjoint sets; the root is the lowest index, so that the result keeps the input's order.
struct Groups(Vec<usize>);

impl Groups {
    fn new(len: usize) -> Self {
        Groups((0..len).collect())
    }

    fn root(&mut self, i: usize) -> usize {
        let mut at = i;
        while let Some(&parent) = self.0.get(at)
            && parent != at
        {
            // Path halving.
            let grand = self.0.get(parent).copied().unwrap_or(parent);
            if let Some(slot) = self.0.get_mut(at) {
                *slot = grand;
            }
            at = grand;
        }
        at
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        if let Some(slot) = self.0.get_mut(a.max(b)) {
            *slot = a.min(b);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatekeeper_evidence::findings::{Package, Severity, Suppression};

    fn vulnerability(
        rule: &str,
        aliases: &[&str],
        purl: Option<&str>,
        name: &str,
        version: &str,
        s: Severity,
    ) -> Finding {
        Finding {
            rule: rule.into(),
            aliases: aliases.iter().map(|a| (*a).into()).collect(),
            severity: s,
            category: Category::Vulnerability,
            package: Some(Box::new(Package {
                name: name.into(),
                purl: purl.map(Into::into),
                installed: (!version.is_empty()).then(|| version.into()),
                fixed: None,
            })),
            ..Finding::default()
        }
    }

    fn set(tool: &str, items: Vec<Finding>) -> Findings {
        Findings { tools: vec![tool.into()], items, ..Findings::default() }
    }

    #[test]
    fn two_scanners_of_one_vulnerability_are_one_finding_with_the_worst_severity() {
        let trivy = set("trivy", vec![vulnerability("CVE-1", &["GHSA-1"], None, "lodash", "4.0", Severity::Medium)]);
        let npm = set("npm", vec![vulnerability("ghsa-1", &[], Some("pkg:npm/lodash"), "lodash", "", Severity::High)]);
        let osv = set(
            "osv",
            vec![vulnerability("OSV-1", &["GHSA-1"], Some("pkg:npm/lodash@4.0"), "lodash", "4.0", Severity::Low)],
        );
        let got = unite(&[&trivy, &npm, &osv]);
        assert_eq!(got.len(), 1, "{got:?}");
        assert_eq!(got[0].tools, ["trivy", "npm", "osv"]);
        assert_eq!(got[0].finding.severity, Severity::High);
        assert_eq!(got[0].finding.package.as_ref().unwrap().purl.as_deref(), Some("pkg:npm/lodash"));
        assert!(got[0].finding.aliases.iter().any(|a| **a == *"OSV-1"));
    }

    #[test]
    fn other_packages_versions_and_types_stay_apart() {
        let a = set("a", vec![vulnerability("CVE-1", &[], Some("pkg:npm/x@1"), "x", "1", Severity::Low)]);
        for (purl, name, version) in [("pkg:npm/y@1", "y", "1"), ("pkg:npm/x@2", "x", "2"), ("pkg:pypi/x@1", "x", "1")]
        {
            let b = set("b", vec![vulnerability("CVE-1", &[], Some(purl), name, version, Severity::Low)]);
            assert_eq!(unite(&[&a, &b]).len(), 2, "{purl}");
        }
        let c = set("c", vec![vulnerability("CVE-2", &[], Some("pkg:npm/x@1"), "x", "1", Severity::Low)]);
        assert_eq!(unite(&[&a, &c]).len(), 2);
    }

    #[test]
    fn a_pair_of_ids_that_one_report_names_bridges_the_others() {
        let purl = Some("pkg:npm/lodash@4.0");
        let of = |tool: &str, rule: &str, aliases: &[&str], name: &str| {
            set(
                tool,
                vec![vulnerability(rule, aliases, purl.filter(|_| name == "lodash"), name, "4.0", Severity::High)],
            )
        };
        let npm = of("npm", "GHSA-aaaa-1111", &[], "lodash");
        let trivy = of("trivy", "CVE-2020-1", &[], "lodash");
        assert_eq!(unite(&[&npm, &trivy]).len(), 2);
        // The pair is known from a finding on quite another package.
        let pair = of("osv", "GHSA-aaaa-1111", &["CVE-2020-1"], "other");
        let got = unite(&[&npm, &trivy, &pair]);
        assert_eq!(got.len(), 2, "{got:?}");
        assert_eq!(got[0].tools, ["npm", "trivy"]);
        assert_eq!(got[0].finding.aliases, ["CVE-2020-1".into()]);
    }

    #[test]
    fn an_advisory_of_many_vulnerabilities_makes_them_no_one() {
        let one = |tool: &str, rule: &str, aliases: &[&str]| {
            set(tool, vec![vulnerability(rule, aliases, Some("pkg:rpm/redhat/x@1"), "x", "1", Severity::High)])
        };
        let trivy = one("trivy", "CVE-2020-1", &["RHSA-2020:1"]);
        let grype = one("grype", "CVE-2020-2", &["RHSA-2020:1"]);
        assert_eq!(unite(&[&trivy, &grype]).len(), 2);
        let collective = one("other", "RHSA-2020:1", &["CVE-2020-1", "CVE-2020-2"]);
        assert_eq!(unite(&[&trivy, &grype, &collective]).len(), 2);
        assert_eq!(unite(&[&collective, &grype, &trivy]).len(), 2);
    }

    #[test]
    fn what_one_scanner_lists_twice_stays_two() {
        let twice = vulnerability("CVE-1", &[], None, "x", "1", Severity::Low);
        let a = set("a", vec![twice.clone(), twice.clone()]);
        let b = set("b", vec![twice]);
        assert_eq!(unite(&[&a, &b]).len(), 2);
        assert_eq!(unite(&[&a]).len(), 2);
    }

    #[test]
    fn a_suppression_that_others_do_not_share_does_not_count() {
        let mut one = vulnerability("CVE-1", &[], None, "x", "1", Severity::Low);
        let other = one.clone();
        one.suppressed = Some(Box::new(Suppression::default()));
        let got = unite(&[&set("a", vec![one]), &set("b", vec![other])]);
        assert!(got.len() == 1 && got[0].finding.suppressed.is_none() && got[0].suppression_differs);
    }

    #[test]
    fn code_findings_are_never_united() {
        let f = Finding { rule: "B101".into(), ..Finding::default() };
        assert_eq!(unite(&[&set("a", vec![f.clone()]), &set("b", vec![f])]).len(), 2);
    }

    #[test]
    fn a_version_beside_a_purl_without_one_tells_packages_apart() {
        let of = |tool: &str, version: &str| {
            set(tool, vec![vulnerability("CVE-1", &[], Some("pkg:npm/x"), "x", version, Severity::Low)])
        };
        assert_eq!(unite(&[&of("a", "1"), &of("b", "2")]).len(), 2);
        assert_eq!(unite(&[&of("a", "1"), &of("b", "1")]).len(), 1);
    }

    #[test]
    fn only_reports_of_one_target_are_united() {
        let of = |tool: &str, target: &str| Findings {
            target: vec![target.to_owned()],
            ..set(tool, vec![vulnerability("CVE-1", &[], Some("pkg:npm/x@1"), "x", "1", Severity::Low)])
        };
        let (a, b, c) = (of("a", "image:1"), of("b", "other:1"), of("c", "other:1"));
        let mut tools: Vec<Vec<String>> = unite(&[&a, &b, &c]).into_iter().map(|u| u.tools).collect();
        tools.sort();
        assert_eq!(tools, [vec!["a"], vec!["b", "c"]]);
    }

    #[test]
    fn one_that_states_no_version_is_the_only_one_that_is_there() {
        let of = |tool: &str, purl: Option<&str>, version: &str| {
            set(tool, vec![vulnerability("CVE-1", &[], purl, "x", version, Severity::Low)])
        };
        let united = |sets: &[Findings]| unite(&sets.iter().collect::<Vec<_>>()).len();
        let bare = of("b", None, "");
        assert_eq!(united(&[of("a", Some("pkg:npm/x@1"), "1"), bare.clone()]), 1);
        assert_eq!(united(&[of("a", None, "1"), bare.clone()]), 1);
        // Of two versions it may be either.
        assert_eq!(united(&[of("a", Some("pkg:npm/x@1"), "1"), of("c", Some("pkg:npm/x@2"), "2"), bare.clone()]), 3);
        // Of two kinds of one version too.
        assert_eq!(united(&[of("a", Some("pkg:npm/x@1"), "1"), of("c", Some("pkg:pypi/x@1"), "1"), bare]), 3);
        // A kind that is stated is that kind, or one that states none.
        let npm = of("b", Some("pkg:npm/x"), "");
        assert_eq!(united(&[of("a", Some("pkg:npm/x@1"), "1"), npm.clone()]), 1);
        assert_eq!(united(&[of("a", Some("pkg:pypi/x@1"), "1"), npm.clone()]), 2);
        assert_eq!(united(&[of("a", None, "1"), npm.clone()]), 1);
        assert_eq!(united(&[of("a", None, "1"), of("c", Some("pkg:pypi/x@1"), "1"), npm]), 2);
    }

    #[test]
    fn what_is_new_to_one_scanner_is_new() {
        let of = |new: Option<bool>| Finding {
            is_new: new,
            ..vulnerability("CVE-1", &[], Some("pkg:npm/x@1"), "x", "1", Severity::Low)
        };
        let (yes, no) = (Some(true), Some(false));
        for (a, b, want) in
            [(yes, no, yes), (no, yes, yes), (no, no, no), (yes, None, yes), (None, no, no), (None, None, None)]
        {
            let got = unite(&[&set("a", vec![of(a)]), &set("b", vec![of(b)])]);
            assert_eq!((got.len(), got[0].finding.is_new), (1, want), "{a:?} {b:?}");
        }
    }

    /// The tools of each united finding, of sets each with one vulnerability of `pkg:npm/x@1` and what it is of.
    fn by_target(sets: &[(&str, &[&str])]) -> Vec<Vec<String>> {
        let all: Vec<Findings> = sets
            .iter()
            .map(|(tool, target)| Findings {
                target: target.iter().map(|t| (*t).to_owned()).collect(),
                ..set(tool, vec![vulnerability("CVE-1", &[], Some("pkg:npm/x@1"), "x", "1", Severity::Low)])
            })
            .collect();
        unite(&all.iter().collect::<Vec<_>>()).into_iter().map(|u| u.tools).collect()
    }

    #[test]
    fn where_several_images_are_named_one_that_names_none_is_of_none_of_them() {
        let (one, two, three): (&[&str], &[&str], &[&str]) = (&["one:1"], &["two:1"], &["three:1"]);
        assert_eq!(by_target(&[("a", one), ("b", &[])]), [["a", "b"]]);
        assert_eq!(by_target(&[("a", &[]), ("b", &[])]), [["a", "b"]]);
        assert_eq!(by_target(&[("a", one), ("b", one), ("c", &[])]), [["a", "b", "c"]]);
        assert_eq!(by_target(&[("a", one), ("b", two), ("c", &[])]), [["a"], ["b"], ["c"]]);
        assert_eq!(by_target(&[("a", &[]), ("b", one), ("c", two), ("d", three)]), [["a"], ["b"], ["c"], ["d"]]);
        assert_eq!(
            by_target(&[("a", one), ("b", two), ("c", three), ("d", three), ("e", two), ("f", one)]),
            [["a", "f"], ["b", "e"], ["c", "d"]]
        );
    }

    #[test]
    fn the_version_of_a_purl_tells_packages_apart_and_else_the_one_that_is_installed() {
        let of = |purl: &str, version: &str| {
            set("t", vec![vulnerability("CVE-1", &[], Some(purl), "x", version, Severity::Low)])
        };
        let united = |a: Findings, b: Findings| unite(&[&a, &b]).len() == 1;
        assert!(!united(of("pkg:npm/x@1", ""), of("pkg:npm/x@2", "")));
        assert!(united(of("pkg:npm/x@1", ""), of("pkg:npm/x@1", "")));
        // The purl counts where both are there.
        assert!(!united(of("pkg:npm/x@1", "3"), of("pkg:npm/x@2", "3")));
        assert!(united(of("pkg:npm/x@1", "1"), of("pkg:npm/x", "v1")));
    }

    #[test]
    fn a_distributions_package_is_known_by_its_name_alone() {
        let of = |tool: &str, purl: Option<&str>, name: &str| {
            set(tool, vec![vulnerability("CVE-1", &[], purl, name, "1", Severity::Low)])
        };
        for (purl, name, same) in [
            ("pkg:deb/debian/openssl@1", "openssl", true),
            ("pkg:rpm/redhat/openssl@1", "OpenSSL", true),
            ("pkg:apk/alpine/openssl@1", "openssl", true),
            ("pkg:alpm/arch/openssl@1", "openssl", true),
            // In other ecosystems the space before a name is part of it.
            ("pkg:npm/%40scope/openssl@1", "openssl", false),
            ("pkg:maven/org.x/openssl@1", "openssl", false),
            ("pkg:deb/debian/openssl@1", "libssl", false),
        ] {
            assert_eq!(unite(&[&of("a", Some(purl), name), &of("b", None, name)]).len() == 1, same, "{purl} {name}");
        }
    }

    #[test]
    fn only_what_can_be_an_advisorys_id_bridges() {
        let finding =
            |rule: &str, aliases: &[&str]| vulnerability(rule, aliases, Some("pkg:npm/x@1"), "x", "1", Severity::Low);
        let ids = |f: &Finding| names(f).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(
            ids(&finding(" CVE-2020-1 ", &["lodash-merge", "B101", "see GHSA-1", "", "GHSA-aa11"])),
            ["CVE-2020-1", "GHSA-aa11"]
        );
        let met = |a: Finding, b: Finding| unite(&[&set("a", vec![a]), &set("b", vec![b])]).len() == 1;
        for (alias, bridges) in [("GHSA-aa11", true), ("lodash-merge", false), ("B101", false), ("see GHSA-1", false)] {
            assert_eq!(met(finding("OSV-1", &[alias]), finding("PYSEC-2", &[alias])), bridges, "{alias}");
        }
        // A rule of the tool's own is compared as it is, in any case of its letters.
        assert!(met(finding("rule", &[]), finding("RULE", &[])) && !met(finding("rule", &[]), finding("other", &[])));
    }

    #[test]
    fn a_united_finding_has_the_worst_severity_and_each_id_once() {
        let of = |rule: &str, aliases: &[&str], severity, from| Finding {
            severity_from: from,
            ..vulnerability(rule, aliases, Some("pkg:npm/x@1"), "x", "1", severity)
        };
        let united = |a: Finding, b: Finding| {
            let mut got = unite(&[&set("a", vec![a]), &set("b", vec![b])]);
            assert_eq!(got.len(), 1);
            got.remove(0).finding
        };
        for (a, b, worst, from) in [
            (Severity::Low, Severity::High, Severity::High, "b"),
            (Severity::High, Severity::Low, Severity::High, "a"),
            (Severity::High, Severity::High, Severity::High, "a"),
            (Severity::Unknown, Severity::Info, Severity::Info, "b"),
            (Severity::Info, Severity::Unknown, Severity::Info, "a"),
        ] {
            let got = united(of("CVE-1", &[], a, "a"), of("CVE-1", &[], b, "b"));
            assert_eq!((got.severity, got.severity_from), (worst, from), "{a:?} {b:?}");
        }
        let (a, b) =
            (of("CVE-1", &["GHSA-1"], Severity::Low, ""), of("cve-1", &["ghsa-1", "", "OSV-1"], Severity::Low, ""));
        assert_eq!(united(a, b).aliases, ["GHSA-1".into(), "OSV-1".into()]);
    }

    #[test]
    fn what_all_suppress_stays_suppressed() {
        let of = |suppressed: bool| Finding {
            suppressed: suppressed.then(Box::default),
            ..vulnerability("CVE-1", &[], None, "x", "1", Severity::Low)
        };
        for (suppressed, counts, differs) in [
            (vec![true, true], false, false),
            (vec![false, false], true, false),
            (vec![true, false], true, true),
            (vec![false, true], true, true),
            (vec![true], false, false),
        ] {
            let sets: Vec<Findings> = suppressed.iter().map(|s| set("t", vec![of(*s)])).collect();
            let got = unite(&sets.iter().collect::<Vec<_>>());
            assert_eq!(
                (got.len(), got[0].finding.suppressed.is_none(), got[0].suppression_differs),
                (1, counts, differs),
                "{suppressed:?}"
            );
        }
    }
}
