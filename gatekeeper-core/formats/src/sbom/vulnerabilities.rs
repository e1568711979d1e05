//! The vulnerabilities that a CycloneDX document lists of its components (a VDR, as Dependency-Track and Grype write it): findings of their own,
//! one for each component that is affected, beside the inventory.
//!
//! - Severity: the worst word among the ratings, else the worst score, stated or of a CVSS vector. Each source rates by itself, and nobody says whose word counts.
//! - Taken out by the document's own analysis, as VEX is: `resolved`, or `not_affected` and `false_positive` with a reason.
//! - A document without such a list, or with an empty one, is no scan.

use super::checks::stated;
use crate::scan::cvss;
use gatekeeper_evidence::Note;
use gatekeeper_evidence::findings::{Category, Finding, Findings, Package, Severity, Suppression};
use gatekeeper_evidence::inventory::Component;
use gatekeeper_evidence::vex::VexStatus;
use std::collections::HashMap;

/// Longest text that is kept, bytes.
const TEXT: usize = 2_000;
/// Most findings of one document: what few vulnerabilities affect in many components each takes memory.
const MOST: usize = 1_000_000;

/// A vulnerability while it is read.
#[derive(Debug, Default)]
pub(super) struct Vulnerability {
    pub id: String,
    pub text: String,
    pub url: String,
    pub aliases: Vec<String>,
    /// The worst word of its ratings, and the worst score: stated, and of the vectors.
    pub word: Option<Severity>,
    pub score: Option<f64>,
    pub by_vector: Option<f64>,
    /// The components that it affects, by their bom-ref.
    pub affects: Vec<String>,
    /// What the document's own analysis says, and why.
    pub analysis: Option<(VexStatus, String)>,
}

impl Vulnerability {
    /// One of its ratings.
    pub(super) fn rate(&mut self, word: Option<&str>, score: Option<f64>) {
        self.word = self.word.max(word.and_then(Severity::from_word).filter(|s| *s != Severity::Unknown));
        if let Some(score) = score.filter(|s| s.is_finite()) {
            self.score = Some(self.score.map_or(score, |known| known.max(score)));
        }
    }

    /// The vector of one of its ratings. It counts where no rating has a word or a score.
    pub(super) fn vector(&mut self, vector: &str) {
        if let Some(score) = cvss::score(vector) {
            self.by_vector = Some(self.by_vector.map_or(score, |known| known.max(score)));
        }
    }

    /// Its text: what is given first counts.
    pub(super) fn describe(&mut self, text: &str) {
        if self.text.is_empty() {
            self.text = cut(text).to_owned();
        }
    }

    fn severity(&self) -> (Severity, &'static str) {
        match (self.word, self.score, self.by_vector) {
            (Some(word), ..) => (word, "ratings.severity"),
            (None, Some(score), _) => (Severity::from_score(score), "ratings.score"),
            (None, None, Some(score)) => (Severity::from_score(score), "ratings.vector"),
            (None, None, None) => (Severity::Unknown, ""),
        }
    }

    fn suppressed(&self) -> Option<Box<Suppression>> {
        let (status, reason) = self.analysis.as_ref()?;
        let clears = match status {
            VexStatus::Fixed => true,
            VexStatus::NotAffected => stated(Some(reason)).is_some(),
            VexStatus::Affected | VexStatus::UnderInvestigation => false,
        };
        let reason = format!("{}: {}", status.as_str(), cut(reason));
        clears.then(|| {
            Box::new(Suppression { by: "analysis".into(), reason: reason.trim_end_matches([':', ' ']).into() })
        })
    }
}

/// VexStatus and reason in the words of an analysis; none where its state is of no known kind.
pub(super) fn status_of(state: &str) -> Option<VexStatus> {
    match state {
        "resolved" | "resolved_with_pedigree" => Some(VexStatus::Fixed),
        "exploitable" => Some(VexStatus::Affected),
        "false_positive" | "not_affected" => Some(VexStatus::NotAffected),
        "in_triage" => Some(VexStatus::UnderInvestigation),
        _ => None,
    }
}

/// The findings of a document; none where it lists no vulnerability. `by_ref` tells which component a bom-ref is.
pub(super) fn findings(
    all: Vec<Vulnerability>,
    components: &[Component],
    by_ref: &HashMap<String, usize>,
    tool: Option<&str>,
    notes: &mut Vec<Note>,
) -> Option<Box<Findings>> {
    if all.is_empty() {
        return None;
    }
    let mut out = Findings { looked_for: Some(vec![Category::Vulnerability]), ..Findings::default() };
    out.tools.extend(tool.map(str::to_owned));
    for v in all {
        let (severity, severity_from) = v.severity();
        let suppressed = v.suppressed();
        let packages = v.affects.iter().map(|r| by_ref.get(r).and_then(|at| components.get(*at)));
        // One that affects nothing that is named is one all the same.
        let packages = packages.chain(v.affects.is_empty().then_some(None));
        for package in packages {
            if out.items.len() >= MOST {
                notes.push(Note::new(format!("more than {MOST} vulnerable components: the rest is left out")));
                out.gaps.push(gatekeeper_evidence::findings::Gap::part("some of its vulnerabilities were not read"));
                return Some(Box::new(out));
            }
            out.items.push(Finding {
                rule: v.id.as_str().into(),
                message: v.text.as_str().into(),
                severity,
                severity_from,
                category: Category::Vulnerability,
                package: package.map(|c| {
                    Box::new(Package {
                        name: c.name.clone(),
                        purl: c.purl.clone(),
                        installed: c.version.clone(),
                        fixed: None,
                    })
                }),
                aliases: v.aliases.iter().filter(|a| **a != v.id).take(64).map(|a| a.as_str().into()).collect(),
                suppressed: suppressed.clone(),
                url: (!v.url.is_empty()).then(|| v.url.as_str().into()),
                ..Finding::default()
            });
        }
    }
    Some(Box::new(out))
}

fn cut(text: &str) -> &str {
    let text = text.trim();
    let mut end = text.len().min(TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use crate::{Formats, ReadOptions, read};
    use gatekeeper_evidence::Data;
    use gatekeeper_evidence::findings::{Findings, Severity};

    fn findings(text: &str) -> Option<Findings> {
        match read(&Formats::default(), "t", text.as_bytes(), &ReadOptions::default()).unwrap().data {
            Data::Inventory(i) => i.findings.map(|f| *f),
            other => panic!("no inventory: {other:?}"),
        }
    }

    fn json(vulnerabilities: &str) -> String {
        format!(
            r#"{{"bomFormat":"CycloneDX","specVersion":"1.5","metadata":{{"component":{{"type":"application","bom-ref":"app","name":"app"}}}},
            "vulnerabilities":[{vulnerabilities}],
            "components":[{{"type":"library","bom-ref":"a","name":"lodash","version":"4.17.15","purl":"pkg:npm/lodash@4.17.15"}},
            {{"type":"library","bom-ref":"b","name":"b","version":"1"}}]}}"#
        )
    }

    fn xml(vulnerabilities: &str) -> String {
        format!(
            r#"<bom xmlns="http://cyclonedx.org/schema/bom/1.5"><components><component type="library" bom-ref="a"><name>lodash</name><version>4.17.15</version>
            <purl>pkg:npm/lodash@4.17.15</purl></component></components><vulnerabilities>{vulnerabilities}</vulnerabilities></bom>"#
        )
    }

    #[test]
    fn each_affected_component_is_a_finding() {
        let text = json(
            r#"{"id":"CVE-1","source":{"url":"https://x.example/1"},"references":[{"id":"GHSA-1","source":{}}],"description":"d",
            "ratings":[{"severity":"medium","score":5.0},{"severity":"high"},{"severity":"unknown"}],"affects":[{"ref":"a"},{"ref":"b"}]}"#,
        );
        let f = findings(&text).unwrap();
        assert_eq!(f.items.len(), 2);
        let one = &f.items[0];
        assert_eq!(
            (&*one.rule, one.severity, &*one.aliases[0], &*one.message),
            ("CVE-1", Severity::High, "GHSA-1", "d")
        );
        assert_eq!(one.package.as_ref().unwrap().purl.as_deref(), Some("pkg:npm/lodash@4.17.15"));
        assert_eq!(f.items[1].package.as_ref().unwrap().name.as_ref(), "b");
    }

    #[test]
    fn a_vector_alone_has_a_score() {
        let of = |ratings: &str| {
            findings(&json(&format!(r#"{{"id":"CVE-1","ratings":[{ratings}]}}"#))).unwrap().items[0].severity
        };
        let v3 = r#"{"method":"CVSSv31","vector":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}"#;
        let v2 = r#"{"method":"CVSSv2","vector":"AV:N/AC:M/Au:N/C:N/I:P/A:N"}"#;
        assert_eq!(
            (of(v3), of(v2), of(&format!("{v2},{v3}"))),
            (Severity::Critical, Severity::Medium, Severity::Critical)
        );
        // A word or a score of any rating is worth more than what is reckoned; what is no vector has none.
        assert_eq!(of(&format!(r#"{v3},{{"score":5.0}}"#)), Severity::Medium);
        assert_eq!(of(r#"{"vector":"CVSS:3.1/AV:N"}"#), Severity::Unknown);
        let xml = xml(
            "<vulnerability><id>CVE-1</id><ratings><rating><method>CVSSv31</method><vector>CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H</vector></rating></ratings></vulnerability>",
        );
        assert_eq!(findings(&xml).unwrap().items[0].severity, Severity::Critical);
    }

    #[test]
    fn xml_says_the_same() {
        let text = xml(
            "<vulnerability><id>CVE-1</id><source><url>https://x.example/1</url></source><ratings><rating><score>9.8</score></rating></ratings>\
             <description>d</description><affects><target><ref>a</ref></target></affects></vulnerability>",
        );
        let f = findings(&text).unwrap();
        let one = &f.items[0];
        assert_eq!((&*one.rule, one.severity, &*one.message), ("CVE-1", Severity::Critical, "d"));
        assert_eq!(one.package.as_ref().unwrap().name.as_ref(), "lodash");
        assert_eq!(one.url.as_deref(), Some("https://x.example/1"));
    }

    #[test]
    fn an_analysis_takes_out_what_it_gives_a_reason_for() {
        let of = |analysis: &str| {
            let text = json(&format!(
                r#"{{"id":"CVE-1","ratings":[{{"severity":"low"}}],"analysis":{analysis},"affects":[{{"ref":"a"}}]}}"#
            ));
            findings(&text).unwrap().items[0].suppressed.is_some()
        };
        assert!(
            of(r#"{"state":"not_affected","justification":"code_not_reachable"}"#) && of(r#"{"state":"resolved"}"#)
        );
        assert!(!of(r#"{"state":"not_affected"}"#) && !of(r#"{"state":"exploitable","detail":"d"}"#));
        let xml = xml(
            "<vulnerability><id>CVE-1</id><analysis><state>not_affected</state><justification>code_not_reachable</justification></analysis></vulnerability>",
        );
        assert!(findings(&xml).unwrap().items[0].suppressed.is_some());
    }

    #[test]
    fn without_a_list_it_is_no_scan() {
        assert_eq!(findings(&json("")), None);
        assert_eq!(findings(&xml("")), None);
    }
}
