//! Tests of all XML formats: whatever they refuse, they say where in the document.

use crate::read::{ReadOptions, read};
use crate::registry::Formats;
use gatekeeper_evidence::error::ParseError;

/// What a format says of a document that it refuses.
fn refused(format: &str, text: &[u8]) -> ParseError {
    let formats = Formats::default();
    let options = ReadOptions { format: Some(formats.by_id(format).unwrap()), ..ReadOptions::default() };
    read(&formats, "t.xml", text, &options).unwrap_err()
}

#[test]
fn errors_name_the_place_in_the_document() {
    let mut wrong = Vec::new();
    // `^` marks where the error stands.
    for (format, marked, path) in [
        (
            "junit",
            "<testsuites><testsuite/><testsuite>\n<testcase/><testcase name='a' ^time=3/>",
            "/testsuites/testsuite[2]/testcase[2]/@time",
        ),
        (
            "junit",
            "<testsuite><testcase name='a'/><testcase name='^&no;'/></testsuite>",
            "/testsuite/testcase[2]/@name",
        ),
        ("junit", "<testsuite>\n<testcase name='a'><failure>^", "/testsuite/testcase/failure"),
        ("nunit3", "<test-run><test-suite><test-case result='Passed'>^</test-suite>", "/test-run/test-suite/test-case"),
        (
            "nunit2",
            "<test-results><test-suite><results><test-case name='a' executed='True' success='True'>^</results>",
            "/test-results/test-suite/results/test-case",
        ),
        ("xunit2", "<assemblies><assembly/><assembly>^<collection", "/assemblies/assembly[2]/collection"),
        ("trx", "<TestRun><Results/><Results>^&no;</Results></TestRun>", "/TestRun/Results[2]"),
        ("cobertura", "<coverage><packages><^line number='1'/></packages></coverage>", "/coverage/packages/line"),
        ("clover", "<coverage><project/><project><^line/></project></coverage>", "/coverage/project[2]/line"),
        ("jacoco", "<report><package name='p'><x a='1' a='^2'/></package></report>", "/report/package/x/@a"),
        (
            "opencover",
            "<CoverageSession><Modules><Module/><Module><^File uid='1'/>",
            "/CoverageSession/Modules/Module[2]/File",
        ),
        ("cyclonedx-xml", "<^bom xmlns='http://cyclonedx.org/schema/bom/9.9'/>", "/bom"),
        ("sonar-generic", "<coverage version='1'><^file/></coverage>", "/coverage/file"),
        ("checkstyle", "^<other/>", "/other"),
    ] {
        let before = marked.split('^').next().unwrap();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
        let error = refused(format, marked.replace('^', "").as_bytes());
        if error.location().to_string() != format!("{line}:{column} {path}") {
            wrong.push(format!("{marked}: {error}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_place_is_that_of_the_decoded_text() {
    let text =
        b"<?xml version='1.0' encoding='ISO-8859-1'?>\n<testsuite name='\xE9\xE9'><testcase name='&no;'/></testsuite>";
    assert_eq!(refused("junit", text).location().to_string(), "2:38 /testsuite/testcase/@name");
    let text = b"<testsuite><testcase name='a'/><testcase name='\xE9'/></testsuite>";
    assert_eq!(refused("junit", text).location().to_string(), "1:48 /testsuite/testcase[2]/@name");
}

#[test]
fn whatever_is_cut_off_has_a_path() {
    let formats = Formats::default();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    let mut seen = std::collections::BTreeSet::new();
    for format in formats.iter() {
        let Ok(entries) = std::fs::read_dir(root.join(format.id)) else { continue };
        for path in entries.map(|e| e.unwrap().path()) {
            let Ok(text) = std::fs::read(&path) else { continue };
            if !path.extension().is_some_and(|e| e == "xml" || e == "trx") || !text.starts_with(b"<") {
                continue;
            }
            let cut = text.get(..text.len() * 2 / 3).unwrap();
            let options = ReadOptions { format: Some(format), ..ReadOptions::default() };
            if let Err(error) = read(&formats, "t.xml", cut, &options) {
                let path = error.location().path.clone().unwrap_or_default();
                assert!(path.starts_with('/') && error.location().line.is_some(), "{}: {error}", format.id);
                seen.insert(format.id);
            }
        }
    }
    assert!(seen.len() >= 10, "{seen:?}");
}
