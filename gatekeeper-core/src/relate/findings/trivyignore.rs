//! Trivy's ignore files (<https://trivy.dev/latest/docs/configuration/filtering/>): `.trivyignore` (an id per line, `exp:2026-12-31` behind it) and `.trivyignore.yaml` (ids with
//! paths, package URLs, expiry and statement). They become waivers that are shown: what they took out, what has run out, what matched nothing.
//!
//! As in Trivy, an entry has run out from its date on.

use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::findings::{Category, Finding, Suppression};
use gatekeeper_evidence::glob::Pattern;
use gatekeeper_evidence::purl;
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::HashMap;

/// One entry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ignore {
    /// The id that it names.
    pub id: String,
    /// The category that it is restricted to (the list of the YAML form that it stands in).
    pub category: Option<Category>,
    /// Patterns of paths that it is restricted to.
    pub paths: Vec<String>,
    /// Package URLs that it is restricted to.
    pub purls: Vec<String>,
    /// From when on it does not hold any more.
    pub expires: Option<Date>,
    /// The stated reason.
    pub statement: String,
    /// Line of the plain form.
    pub line: Option<u64>,
}

/// What applying entries did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IgnoreReport {
    /// (finding, entry): the finding was suppressed by it.
    pub applied: Vec<(usize, usize)>,
    /// (finding, entry): would have been, but the entry has run out.
    pub expired: Vec<(usize, usize)>,
    /// Entries that matched no finding.
    pub unused: Vec<usize>,
}

/// Reads the plain form.
///
/// # Errors
/// A located error where a line is neither an id, a comment nor an id with an expiry date.
pub fn parse_plain(text: &str) -> Result<Vec<Ignore>, ParseError> {
    let mut out = Vec::new();
    for (number, line) in (1_u64..).zip(text.lines()) {
        let line = line.split('#').next().unwrap_or_default().trim();
        let mut words = line.split_whitespace();
        let Some(id) = words.next() else { continue };
        let mut ignore = Ignore { id: id.to_owned(), line: Some(number), ..Ignore::default() };
        for word in words {
            let date = word.strip_prefix("exp:").and_then(|d| d.parse::<Date>().ok());
            let wrong = || ParseError::malformed("exp:YYYY-MM-DD behind an id").on_line(number).found(word);
            ignore.expires = Some(date.ok_or_else(wrong)?);
        }
        out.push(ignore);
    }
    Ok(out)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    vulnerabilities: Option<Vec<Entry>>,
    misconfigurations: Option<Vec<Entry>>,
    secrets: Option<Vec<Entry>>,
    licenses: Option<Vec<Entry>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Entry {
    id: String,
    paths: Option<Vec<String>>,
    purls: Option<Vec<String>>,
    expired_at: Option<String>,
    statement: Option<String>,
}

/// Reads the YAML form.
///
/// # Errors
/// An error where it is no YAML, has keys that Trivy does not know (a misspelt restriction would widen the entry), an entry without id, a
/// pattern or package URL that cannot be read, or a date that is none.
pub fn parse_yaml(text: &str) -> Result<Vec<Ignore>, ParseError> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let file: File =
        serde_saphyr::from_str(text).map_err(|e| ParseError::malformed("a .trivyignore.yaml").because(e))?;
    let lists = [
        (Category::Vulnerability, "vulnerabilities", file.vulnerabilities),
        (Category::Misconfiguration, "misconfigurations", file.misconfigurations),
        (Category::Secret, "secrets", file.secrets),
        (Category::License, "licenses", file.licenses),
    ];
    let mut out = Vec::new();
    for (category, name, list) in lists {
        for (n, e) in list.unwrap_or_default().into_iter().enumerate() {
            let path = |key: &str| format!("$.{name}[{n}].{key}");
            if e.id.trim().is_empty() {
                return Err(ParseError::malformed("an id").in_path(path("id")));
            }
            let expires = match &e.expired_at {
                None => None,
                Some(text) => Some(date(text).ok_or_else(|| {
                    ParseError::malformed("a date YYYY-MM-DD").in_path(path("expired_at")).found(text)
                })?),
            };
            let (paths, purls) = (e.paths.unwrap_or_default(), e.purls.unwrap_or_default());
            for pattern in &paths {
                Pattern::new(pattern)
                    .map_err(|_| ParseError::malformed("a path pattern").in_path(path("paths")).found(pattern))?;
            }
            for id in &purls {
                purl::parse(id)
                    .ok_or_else(|| ParseError::malformed("a package URL").in_path(path("purls")).found(id))?;
            }
            let statement = e.statement.unwrap_or_default();
            out.push(Ignore { id: e.id, category: Some(category), paths, purls, expires, statement, line: None });
        }
    }
    Ok(out)
}

/// A date, or the date of a time.
fn date(text: &str) -> Option<Date> {
    let text = text.trim();
    text.parse().ok().or_else(|| text.get(..10)?.parse().ok())
}

/// Applies entries to findings, as of a day. Findings that are suppressed already stay as they are.
pub fn apply_ignores(findings: &mut [Finding], ignores: &[Ignore], today: Date) -> IgnoreReport {
    let mut report = IgnoreReport::default();
    let globs: Vec<Vec<Option<Pattern>>> =
        ignores.iter().map(|i| i.paths.iter().map(|p| Pattern::new(p).ok()).collect()).collect();
    let mut used = vec![false; ignores.len()];
    // An entry concerns those that bear its id: a million entries are not held against each of a million findings.
    let mut by_id: HashMap<&str, Vec<usize>> = HashMap::new();
    for (i, ignore) in ignores.iter().enumerate() {
        by_id.entry(&ignore.id).or_default().push(i);
    }
    for (f, finding) in findings.iter_mut().enumerate() {
        let ids = std::iter::once(&finding.rule).chain(&finding.aliases);
        let mut named: Vec<usize> = ids.filter_map(|id| by_id.get(&**id)).flatten().copied().collect();
        named.sort_unstable();
        named.dedup();
        for i in named {
            let Some(ignore) = ignores.get(i) else { continue };
            let patterns = globs.get(i).map(Vec::as_slice).unwrap_or_default();
            if !matches(ignore, patterns, finding) {
                continue;
            }
            if let Some(u) = used.get_mut(i) {
                *u = true;
            }
            if ignore.expires.is_some_and(|e| today >= e) {
                report.expired.push((f, i));
            } else if finding.suppressed.is_none() {
                finding.suppressed =
                    Some(Box::new(Suppression { by: ".trivyignore".into(), reason: ignore.statement.as_str().into() }));
                report.applied.push((f, i));
            }
        }
    }
    report.unused = used.iter().enumerate().filter(|(_, u)| !**u).map(|(i, _)| i).collect();
    report
}

/// Whether an entry that bears one of a finding's ids takes it.
fn matches(ignore: &Ignore, globs: &[Option<Pattern>], finding: &Finding) -> bool {
    let category = ignore.category.is_none_or(|c| c == finding.category);
    let path = finding.place.as_ref().map(|p| p.path.trim_start_matches("./"));
    let on_path =
        ignore.paths.is_empty() || path.is_some_and(|p| globs.iter().flatten().any(|g| g.matches(p).is_some()));
    category && on_path && (ignore.purls.is_empty() || on_package(ignore, finding))
}

/// Whether one of an entry's package URLs covers the finding's: without a version, any.
fn on_package(ignore: &Ignore, finding: &Finding) -> bool {
    let own = finding.package.as_deref().and_then(|p| p.purl.as_deref()).and_then(purl::parse);
    own.is_some_and(|own| {
        ignore.purls.iter().filter_map(|p| purl::parse(p)).any(|stated| {
            stated.kind == own.kind
                && stated.path == own.path
                && (stated.version.is_empty() || stated.version == own.version)
                && stated.qualifiers.iter().all(|q| own.qualifiers.contains(q))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatekeeper_evidence::findings::{Package, Place};

    fn finding(rule: &str, category: Category, path: &str, purl: &str) -> Finding {
        Finding {
            rule: rule.into(),
            category,
            place: Some(Place { path: path.into(), line: None, column: None }),
            package: Some(Box::new(Package { name: "x".into(), purl: Some(purl.into()), ..Package::default() })),
            ..Finding::default()
        }
    }

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn the_plain_form_and_its_expiry() {
        let got = parse_plain("# why\nCVE-1 exp:2026-01-10\n\nAVD-DS-0002 # both\n").unwrap();
        assert_eq!(got.len(), 2);
        assert_eq!((got[0].expires, got[0].line), (Some(day("2026-01-10")), Some(2)));
        assert_eq!(parse_plain("ok\nCVE-1 exp:soon").unwrap_err().location().line, Some(2));
        assert!(parse_plain("CVE-1 and more").is_err());
        let mut all = [finding("CVE-1", Category::Vulnerability, "a", "pkg:npm/x@1")];
        assert_eq!(apply_ignores(&mut all, &got, day("2026-01-10")).expired, [(0, 0)]);
        assert!(all[0].suppressed.is_none());
        let report = apply_ignores(&mut all, &got, day("2026-01-09"));
        assert_eq!((report.applied.as_slice(), report.unused.as_slice()), ([(0, 0)].as_slice(), [1].as_slice()));
    }

    #[test]
    fn the_yaml_form_restricts() {
        let text = "vulnerabilities:\n  - id: CVE-1\n    paths: [\"app/*.lock\"]\n    purls: [\"pkg:npm/x\"]\n    statement: not reached\n    expired_at: 2027-01-01\n";
        let got = parse_yaml(text).unwrap();
        let mut all = [
            finding("CVE-1", Category::Vulnerability, "app/a.lock", "pkg:npm/x@1"),
            finding("CVE-1", Category::Vulnerability, "app/deep/a.lock", "pkg:npm/x@1"),
            finding("CVE-1", Category::Vulnerability, "app/a.lock", "pkg:npm/y@1"),
            finding("CVE-1", Category::Misconfiguration, "app/a.lock", "pkg:npm/x@1"),
        ];
        assert_eq!(apply_ignores(&mut all, &got, day("2026-06-01")).applied, [(0, 0)]);
        assert_eq!(all[0].suppressed.as_ref().unwrap().reason.as_ref(), "not reached");
    }

    #[test]
    fn a_misspelt_restriction_is_an_error() {
        for text in [
            "vulnerabilities:\n  - id: CVE-1\n    path: [a]\n",
            "vulnerabilities:\n  - paths: [a]\n",
            "vulnerabilities:\n  - id: x\n    expired_at: soon\n",
            "vulnerabilities:\n  - id: x\n    purls: [lodash]\n",
            "vulnerabilities: [",
        ] {
            assert!(parse_yaml(text).is_err(), "{text}");
        }
        assert!(parse_yaml("").unwrap().is_empty());
    }

    #[test]
    fn an_entry_holds_for_what_it_names_in_every_respect() {
        let of = |change: fn(&mut Ignore), f: &Finding| {
            let mut ignore = Ignore { id: "CVE-1".into(), ..Ignore::default() };
            change(&mut ignore);
            !apply_ignores(&mut [f.clone()], &[ignore], day("2026-06-01")).applied.is_empty()
        };
        let f = finding("CVE-1", Category::Vulnerability, "./app/a.lock", "pkg:npm/x@1?arch=arm64");
        assert!(of(|_| (), &f));
        assert!(!of(|i| i.id = "CVE-2".into(), &f));
        let alias = Finding { rule: "GHSA-1".into(), aliases: vec!["CVE-1".into()], ..f.clone() };
        assert!(of(|_| (), &alias));
        assert!(of(|i| i.category = Some(Category::Vulnerability), &f));
        assert!(!of(|i| i.category = Some(Category::Secret), &f));
        assert!(of(|i| i.paths = vec!["x".into(), "app/*".into()], &f));
        assert!(!of(|i| i.paths = vec!["*".into()], &f));
        assert!(!of(|i| i.paths = vec!["**".into()], &Finding { place: None, ..f.clone() }));
        for (purl, want) in [
            ("pkg:npm/x", true),
            ("pkg:npm/x@1", true),
            ("pkg:npm/x@2", false),
            ("pkg:pypi/x", false),
            ("pkg:npm/y", false),
            ("pkg:npm/x?arch=arm64", true),
            ("pkg:npm/x?arch=amd64", false),
        ] {
            let ignore = Ignore { id: "CVE-1".into(), purls: vec![purl.into()], ..Ignore::default() };
            let report = apply_ignores(&mut [f.clone()], &[ignore], day("2026-06-01"));
            assert_eq!(report.applied.len(), usize::from(want), "{purl}");
        }
        let bare = Finding { package: None, ..f };
        assert!(!of(|i| i.purls = vec!["pkg:npm/x".into()], &bare));
    }

    #[test]
    fn entries_of_any_of_its_ids_are_tried_once_in_their_order() {
        let of = |id: &str, statement: &str| Ignore { id: id.into(), statement: statement.into(), ..Ignore::default() };
        let ignores = [of("CVE-9", "none"), of("CVE-1", "by alias"), of("GHSA-1", "by rule"), of("CVE-1", "again")];
        let mut all =
            [Finding { rule: "GHSA-1".into(), aliases: vec!["CVE-1".into(), "CVE-1".into()], ..Finding::default() }];
        let report = apply_ignores(&mut all, &ignores, day("2026-06-01"));
        assert_eq!((report.applied.as_slice(), report.unused.as_slice()), ([(0, 1)].as_slice(), [0].as_slice()));
        assert_eq!(&*all[0].suppressed.as_ref().unwrap().reason, "by alias");
    }

    #[test]
    fn what_is_suppressed_already_stays_as_it_is() {
        let mut f = finding("CVE-1", Category::Vulnerability, "a", "pkg:npm/x@1");
        f.suppressed = Some(Box::new(Suppression { by: "vex".into(), reason: "r".into() }));
        let mut all = [f];
        let ignore = Ignore { id: "CVE-1".into(), ..Ignore::default() };
        let report = apply_ignores(&mut all, &[ignore], day("2026-06-01"));
        assert_eq!((report.applied.len(), report.unused.len()), (0, 0));
        assert_eq!(&*all[0].suppressed.as_ref().unwrap().by, "vex");
    }

    #[test]
    fn each_list_of_the_yaml_form_is_of_its_category() {
        let text = "vulnerabilities: [{id: a}]\nmisconfigurations: [{id: b}]\nsecrets: [{id: c}]\nlicenses: [{id: d, expired_at: 2026-01-02T03:04:05Z}]\n";
        let got = parse_yaml(text).unwrap();
        let all: Vec<(&str, Option<Category>)> = got.iter().map(|i| (i.id.as_str(), i.category)).collect();
        assert_eq!(
            all,
            [
                ("a", Some(Category::Vulnerability)),
                ("b", Some(Category::Misconfiguration)),
                ("c", Some(Category::Secret)),
                ("d", Some(Category::License))
            ]
        );
        assert_eq!(got[3].expires, Some(day("2026-01-02")));
        for (text, place) in [
            ("secrets:\n  - id: a\n  - id: ' '\n", "$.secrets[1].id"),
            ("secrets:\n  - id: a\n    expired_at: soon\n", "$.secrets[0].expired_at"),
            ("licenses:\n  - id: a\n    paths: ['{']\n", "$.licenses[0].paths"),
            ("licenses:\n  - id: a\n    purls: [x]\n", "$.licenses[0].purls"),
        ] {
            assert_eq!(parse_yaml(text).unwrap_err().location().path.as_deref(), Some(place), "{text}");
        }
        assert!(parse_yaml("  \n").unwrap().is_empty());
    }
}
