//! OWASP dependency-check's XML report (`dependency-check.N.N.xsd`, <https://jeremylong.github.io/DependencyCheck/general/thereport.html>). The severity is the row's own word, in any
//! letter case, else the CVSS 3 and CVSS 2 words that the row carries. `suppressedVulnerability` elements are suppressed. An `analysisExceptions` element
//! means that something was not looked at: not complete.

use super::common::{foreign, message, note, package, parsed, place, purl_parts, seconds, severity};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::xml::{self, Token, Xml};
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::findings::{Category, Finding, Gap, Suppression};
use gatekeeper_evidence::purl;
use gatekeeper_evidence::{Kind, Note};

pub(super) static FORMAT: Format = Format {
    id: "dependency-check-xml",
    title: "OWASP dependency-check XML report",
    kind: Kind::Findings,
    extensions: &["xml"],
    places: &[
        "dependency-check-report.xml",
        "target/dependency-check-report.xml",
        "build/reports/dependency-check-report.xml",
        "reports/dependency-check-report.xml",
        "odc-reports/dependency-check-report.xml",
    ],
    spec: "OWASP dependency-check XSD, https://jeremylong.github.io/DependencyCheck/",
    producers: &["dependency-check"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    // The second in 1.1 and 1.2.
    const NAMESPACES: &[&[u8]] = &[b"dependency-check.", b"OWASP_Dependency_Check#"];
    let start = head.bytes().get(..head.bytes().len().min(2_000)).unwrap_or_default();
    let named = || NAMESPACES.iter().any(|n| memchr::memmem::find(start, n).is_some());
    Confidence::when(head.xml().is_some_and(|r| r.name == "analysis") && named(), Confidence::Certain)
}

#[derive(Default)]
struct Dependency {
    file: String,
    path: String,
    purl: Option<String>,
    rows: Vec<Row>,
}

#[derive(Default)]
struct Row {
    name: String,
    severity: String,
    /// Of the CVSS elements inside.
    inner_severity: String,
    description: String,
    notes: String,
    suppressed: bool,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    xml::read(input, |_, xml| document(xml))
}

fn document(mut xml: Xml<'_>) -> Result<Parsed, ParseError> {
    let (mut notes, mut items, mut complete) = (Vec::new(), Vec::new(), true);
    let (mut root, mut any, mut created) = (false, false, None);
    loop {
        match xml.next()? {
            Token::Start(e) => match (xml.depth(), e.name()) {
                (1, "analysis") => root = true,
                (1, _) => return Err(foreign("the root element analysis")),
                (2, "scanInfo" | "projectInfo" | "dependencies") => {}
                (3, "analysisExceptions") => {
                    complete = false;
                    note(&mut notes, "the report lists analysis exceptions: something was not looked at");
                    xml.skip()?;
                }
                (3, "reportDate") => created = seconds(&xml.text_of(100)?),
                (3, "dependency") => {
                    any = true;
                    fold(dependency(&mut xml)?, &mut items, &mut notes);
                }
                _ => xml.skip()?,
            },
            Token::Eof => break,
            _ => {}
        }
    }
    if !root {
        return Err(foreign("the root element analysis"));
    }
    notes.extend(xml.take_notes());
    let nothing = (!any).then(|| Gap::whole("it names no dependency: nothing was looked at"));
    Ok(Parsed { created, ..parsed(items, Some(complete), "dependency-check", notes).with_gaps(nothing) })
}

fn dependency(xml: &mut Xml<'_>) -> Result<Dependency, ParseError> {
    let mut out = Dependency::default();
    let until = xml.depth();
    loop {
        match xml.next()? {
            Token::Start(e) => match e.name() {
                "fileName" => out.file = xml.text_of(1000)?,
                "filePath" => out.path = xml.text_of(1000)?,
                "vulnerability" => out.rows.push(row(xml, false)?),
                "suppressedVulnerability" => out.rows.push(row(xml, true)?),
                "vulnerabilities" | "identifiers" | "packages" | "package" | "suppressedVulnerabilities" => {}
                "id" => {
                    let id = xml.text_of(400)?;
                    if purl::is_purl(&id) && out.purl.is_none() {
                        out.purl = Some(id.trim().to_owned());
                    }
                }
                _ => xml.skip()?,
            },
            Token::End if xml.depth() < until => return Ok(out),
            Token::Eof => return Ok(out),
            _ => {}
        }
    }
}

fn row(xml: &mut Xml<'_>, suppressed: bool) -> Result<Row, ParseError> {
    let mut out = Row { suppressed, ..Row::default() };
    let until = xml.depth();
    loop {
        match xml.next()? {
            Token::Start(e) => match e.name() {
                "name" if xml.depth() == until + 1 => out.name = xml.text_of(200)?,
                "severity" if xml.depth() == until + 1 => out.severity = xml.text_of(60)?,
                "description" => out.description = xml.text_of(2_000)?,
                "notes" => out.notes = xml.text_of(600)?,
                "cvssV2" | "cvssV3" | "cvssV4" => {}
                // CVSS 3's word stands behind CVSS 2's and wins.
                "severity" | "baseSeverity" => out.inner_severity = xml.text_of(60)?,
                _ => xml.skip()?,
            },
            Token::End if xml.depth() < until => return Ok(out),
            Token::Eof => return Ok(out),
            _ => {}
        }
    }
}

fn fold(d: Dependency, items: &mut Vec<Finding>, notes: &mut Vec<Note>) {
    let purl = d.purl.as_deref();
    for r in d.rows {
        let (word, from) =
            if r.severity.trim().is_empty() { (&r.inner_severity, "cvss.severity") } else { (&r.severity, "severity") };
        let (severity, severity_from) = severity(word, from, notes);
        let id = r.name.trim();
        let (name, version) = purl_parts(purl, &d.file);
        items.push(Finding {
            rule: message(id),
            message: message(&r.description),
            severity,
            severity_from,
            category: Category::Vulnerability,
            place: place(if d.path.is_empty() { &d.file } else { &d.path }, None, None),
            package: package(&name, &version, "", purl.map(Into::into)),
            suppressed: r
                .suppressed
                .then(|| Box::new(Suppression { by: "suppression file".into(), reason: message(&r.notes) })),
            url: id.starts_with("CVE-").then(|| message(&format!("https://nvd.nist.gov/vuln/detail/{id}"))),
            ..Finding::default()
        });
    }
}
