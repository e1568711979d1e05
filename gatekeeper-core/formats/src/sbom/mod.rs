//! Formats of software bills of materials.

mod checks;
mod compositions;
mod cyclonedx_json;
mod cyclonedx_xml;
mod schema;
mod sets;
mod spdx2;
mod spdx3_json;
mod spdx_json;
mod spdx_rdf;
mod spdx_tag_value;
mod spdx_xml;
mod spdx_yaml;
mod tree;
mod vulnerabilities;

use crate::format::Format;

pub(super) static FORMATS: &[&Format] = &[
    &cyclonedx_json::FORMAT,
    &cyclonedx_xml::FORMAT,
    &spdx3_json::FORMAT,
    &spdx_json::FORMAT,
    &spdx_rdf::FORMAT,
    &spdx_tag_value::FORMAT,
    &spdx_xml::FORMAT,
    &spdx_yaml::FORMAT,
];

#[cfg(test)]
mod tests {
    use crate::{Formats, ReadOptions, read};
    use gatekeeper_evidence::error::ErrorCode;
    use gatekeeper_evidence::{Data, Inventory};
    use std::path::PathBuf;

    /// Fixtures of this family and of the statements that go with it.
    fn fixtures() -> Vec<(String, Vec<u8>)> {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
        let ids = super::FORMATS.iter().map(|f| f.id).chain(["openvex", "csaf-vex"]);
        let mut out = Vec::new();
        for folder in ids.map(|id| root.join(id)) {
            for entry in std::fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                if !path.ends_with("expected.json") {
                    out.push((path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()));
                }
            }
        }
        assert!(out.len() > 50);
        out
    }

    fn inventory(text: &str, options: &ReadOptions) -> Inventory {
        match read(&Formats::default(), "t", text.as_bytes(), options).unwrap().data {
            Data::Inventory(i) => i,
            other => panic!("no inventory: {other:?}"),
        }
    }

    #[test]
    fn what_breaks_off_is_refused_and_nothing_panics() {
        let options = ReadOptions::default();
        for (name, bytes) in fixtures() {
            let marked = matches!(bytes.trim_ascii_start().first(), Some(b'{' | b'<'));
            let end = bytes.trim_ascii_end().len();
            for cut in (1..end).step_by(7) {
                let result = read(&Formats::default(), &name, &bytes[..cut], &options);
                assert!(!marked || result.is_err(), "{name} cut at {cut}");
            }
            for at in (0..end).step_by(11) {
                let mut flipped = bytes.clone();
                flipped[at] ^= 0x15;
                let _ = read(&Formats::default(), &name, &flipped, &options);
            }
        }
    }

    #[test]
    fn nothing_is_judged_where_nobody_asks() {
        let options = ReadOptions { skip_validation: true, ..ReadOptions::default() };
        for (name, bytes) in fixtures() {
            let (with, without) = (
                read(&Formats::default(), &name, &bytes, &ReadOptions::default()),
                read(&Formats::default(), &name, &bytes, &options),
            );
            let (Ok(with), Ok(without)) = (with, without) else { continue };
            let (Data::Inventory(with), Data::Inventory(without)) = (with.data, without.data) else { continue };
            assert_eq!(without.valid, None, "{name}");
            assert!(without.problems.is_empty(), "{name}");
            assert_eq!(with.components, without.components, "{name}");
            assert_eq!(with.statements, without.statements, "{name}");
            assert_eq!(with.document, without.document, "{name}");
        }
    }

    fn nested(levels: usize) -> String {
        let open = r#"{"type":"library","name":"x","components":["#;
        format!(
            r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{}{}]}}"#,
            open.repeat(levels),
            "]}".repeat(levels)
        )
    }

    #[test]
    fn depth_is_bounded() {
        let options = ReadOptions::default();
        let deep = inventory(&nested(60), &options);
        assert_eq!((deep.components.len(), deep.valid), (60, Some(true)));
        assert_eq!(
            read(&Formats::default(), "t", nested(100_000).as_bytes(), &options).unwrap_err().code(),
            ErrorCode::LimitExceeded
        );
        // What nobody reads may be as deep as it likes.
        let skipped = format!(
            r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","components":[],"x":{}{}}}"#,
            "[".repeat(200_000),
            "]".repeat(200_000)
        );
        let fast = ReadOptions { skip_validation: true, ..ReadOptions::default() };
        assert_eq!(inventory(&skipped, &fast).components.len(), 0);
        assert!(read(&Formats::default(), "t", skipped.as_bytes(), &options).is_err());
        let xml = format!(
            r#"<bom xmlns="http://cyclonedx.org/schema/bom/1.6">{}"#,
            "<components><component><name>x</name>".repeat(100_000)
        );
        assert_eq!(
            read(&Formats::default(), "t", xml.as_bytes(), &options).unwrap_err().code(),
            ErrorCode::LimitExceeded
        );
    }

    #[test]
    fn elements_written_into_each_other_do_not_cost_ever_more() {
        let mut element = r#""https://example.com/x""#.to_owned();
        for n in 0..24 {
            element = format!(
                r#"{{"type":"Relationship","spdxId":"https://example.com/{n}","creationInfo":"_:i","relationshipType":"what","from":{element},"to":[]}}"#
            );
        }
        let text = format!(
            r#"{{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[{{"type":"CreationInfo","@id":"_:i","specVersion":"3.0.1","created":"2026-01-02T03:04:05Z","createdBy":["https://example.com/x"]}},{element}]}}"#
        );
        assert_eq!(inventory(&text, &ReadOptions::default()).valid, Some(false));
    }

    #[test]
    fn licence_sets_and_relationships_that_multiply_are_refused() {
        let node = |n: usize| {
            let members = format!(r#"<member rdf:nodeID="s{}"/>"#, n + 1).repeat(12);
            format!(r#"<DisjunctiveLicenseSet rdf:nodeID="s{n}">{members}</DisjunctiveLicenseSet>"#)
        };
        let rdf = |said: &str, behind: &str| {
            format!(
                r##"<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://spdx.org/rdf/terms#"><SpdxDocument rdf:about="https://e.x/d#SPDXRef-DOCUMENT"><specVersion>SPDX-2.3</specVersion>{said}</SpdxDocument>{behind}</rdf:RDF>"##
            )
        };
        let sets: String = (0..10).map(node).collect();
        let package = r##"<Package rdf:about="#SPDXRef-a"><licenseDeclared rdf:nodeID="s0"/></Package>"##;
        let nested =
            rdf("", &format!(r#"{package}{sets}<License rdf:nodeID="s10"><licenseId>MIT</licenseId></License>"#));
        // One node, said of three thousand elements, leads to three thousand.
        let files: String = (0..3_000)
            .map(|n| format!(r##"<File rdf:about="#SPDXRef-{n}"><relationship rdf:nodeID="r"/></File>"##))
            .collect();
        let to: String =
            (0..3_000).map(|n| format!(r##"<relatedSpdxElement rdf:resource="#SPDXRef-{n}"/>"##)).collect();
        let shared = rdf("", &format!(r#"{files}<Relationship rdf:nodeID="r">{to}</Relationship>"#));
        let json_set = |n: usize| {
            let members = vec![format!(r#""https://e.x/{}""#, n + 1); 12].join(",");
            format!(
                r#",{{"type":"expandedlicensing_ConjunctiveLicenseSet","spdxId":"https://e.x/{n}","expandedlicensing_member":[{members}]}}"#
            )
        };
        let json = format!(
            r#"{{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[{{"type":"CreationInfo","@id":"_:i","specVersion":"3.0.1"}},
                {{"type":"software_Package","spdxId":"https://e.x/p"}},
                {{"type":"Relationship","relationshipType":"hasDeclaredLicense","from":"https://e.x/p","to":["https://e.x/0"]}}{},
                {{"type":"simplelicensing_LicenseExpression","spdxId":"https://e.x/10","simplelicensing_licenseExpression":"MIT"}}]}}"#,
            (0..10).map(json_set).collect::<String>()
        );
        for text in [nested, shared, json] {
            let error = read(&Formats::default(), "t", text.as_bytes(), &ReadOptions::default()).unwrap_err();
            assert_eq!(error.code(), ErrorCode::LimitExceeded, "{error}");
        }
        // The same thing said ten thousand times is said once.
        let again = r#"<relationship rdf:nodeID="r"/>"#.repeat(10_000);
        let to = r##"<relatedSpdxElement rdf:resource="#SPDXRef-a"/>"##.repeat(10_000);
        let text = rdf(&again, &format!(r#"<Relationship rdf:nodeID="r">{to}</Relationship>"#));
        assert_eq!(inventory(&text, &ReadOptions::default()).valid, Some(false));
    }

    #[test]
    fn what_is_said_without_saying_anything_is_no_minimum_element() {
        let text = r#"{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","dataLicense":"CC0-1.0","name":"x","documentNamespace":"https://example.com/x",
            "creationInfo":{"created":"2026-01-02T03:04:05Z","creators":["Organization: NOASSERTION", "Tool: "]},
            "packages":[{"SPDXID":"SPDXRef-a","name":"a","versionInfo":"1","downloadLocation":"NONE","supplier":"Organization: NOASSERTION"},
                {"SPDXID":"SPDXRef-b","name":"b","versionInfo":"1","downloadLocation":"NONE","supplier":"Person: ",
                "externalRefs":[{"referenceCategory":"PACKAGE-MANAGER","referenceType":"http://spdx.org/rdf/references/purl","referenceLocator":"pkg:hex/b@1"}]}],
            "relationships":[{"spdxElementId":"SPDXRef-DOCUMENT","relationshipType":"DESCRIBES","relatedSpdxElement":"SPDXRef-a"},
                {"spdxElementId":"SPDXRef-a","relationshipType":"DEPENDS_ON","relatedSpdxElement":"NOASSERTION"}]}"#;
        let got = inventory(text, &ReadOptions::default());
        assert!(got.components.iter().all(|c| c.supplier.is_none()));
        assert_eq!(got.components[1].purl.as_deref(), Some("pkg:hex/b@1"));
        assert_eq!((got.document.author, got.document.relationships, got.valid), (false, false, Some(true)));
        let none = inventory(&text.replace("\"NOASSERTION\"", "\"NONE\""), &ReadOptions::default());
        assert!(none.document.relationships);
        let json = r#"{"bomFormat":"CycloneDX","specVersion":"1.5","metadata":{"authors":[{"name":""}]},"components":[{"type":"library","name":"a","version":"NOASSERTION"}]}"#;
        let xml = r#"<bom xmlns="http://cyclonedx.org/schema/bom/1.5"><metadata><authors><author><name/></author></authors></metadata><components><component type="library"><name>a</name><version>unknown</version></component></components></bom>"#;
        for text in [json, xml] {
            let got = inventory(text, &ReadOptions::default());
            assert_eq!((got.document.author, got.components[0].version.as_deref()), (false, None), "{text}");
        }
        for text in
            [json.replace(r#""name":"""#, r#""email":"me@example.com""#), xml.replace("<name/>", "<name>Me</name>")]
        {
            assert!(inventory(&text, &ReadOptions::default()).document.author, "{text}");
        }
    }

    #[test]
    fn a_huge_expression_is_looked_at_whole() {
        let document = |expression: &str| {
            format!(
                r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{{"type":"library","name":"x","licenses":[{{"expression":"{expression}"}}]}}]}}"#
            )
        };
        let good = vec!["MIT"; 60_000].join(" OR ");
        let options = ReadOptions::default();
        assert_eq!(inventory(&document(&good), &options).valid, Some(true));
        let bad = inventory(&document(&format!("{good} OR")), &options);
        assert_eq!(bad.valid, Some(false));
        assert_eq!(bad.problems[0].location.path.as_deref(), Some("$.components[0].licenses[0].expression"));
    }

    #[test]
    fn statements_inside_name_purls() {
        let texts = [
            include_str!("../../../../fixtures/cyclonedx-xml/hand-1.5--vex-inside.xml"),
            r#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"type":"library","bom-ref":"a","name":"a","purl":"pkg:hex/a@1"}],
                "vulnerabilities":[{"id":"CVE-2026-0001","analysis":{"state":"not_affected","justification":"code_not_reachable"},"affects":[{"ref":"a"}]}]}"#,
        ];
        for text in texts {
            let got = inventory(text, &ReadOptions::default());
            let [statement] = got.statements.as_slice() else { panic!("{text}") };
            assert_eq!(
                (statement.vulnerability.as_str(), statement.reason.as_str()),
                ("CVE-2026-0001", "code_not_reachable")
            );
            assert_eq!((statement.products[0].id.as_str(), statement.status.as_str()), ("pkg:hex/a@1", "not_affected"));
        }
    }

    #[test]
    fn spdx_licences_and_scopes() {
        let text = r#"{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","dataLicense":"CC0-1.0","name":"x","documentNamespace":"https://example.com/x",
            "creationInfo":{"created":"2026-01-02T03:04:05.123Z","creators":["Tool: syft-1.2.3"]},
            "packages":[{"SPDXID":"SPDXRef-a","name":"a","downloadLocation":"NONE","licenseConcluded":"MIT","licenseDeclared":"GPL-2.0+","supplier":"Organization: Acme"},
                {"SPDXID":"SPDXRef-b","name":"b","downloadLocation":"NONE","licenseDeclared":"noassertion"}],
            "relationships":[{"spdxElementId":"SPDXRef-DOCUMENT","relationshipType":"DESCRIBES","relatedSpdxElement":"SPDXRef-a"},
                {"spdxElementId":"SPDXRef-b","relationshipType":"DEV_DEPENDENCY_OF","relatedSpdxElement":"SPDXRef-a"}]}"#;
        let evidence = read(&Formats::default(), "t", text.as_bytes(), &ReadOptions::default()).unwrap();
        assert_eq!(evidence.source.tool.as_deref(), Some("syft"));
        let got = inventory(text, &ReadOptions::default());
        let (a, b) = (&got.components[0], &got.components[1]);
        assert_eq!(a.licenses.iter().map(|l| &*l.text).collect::<Vec<_>>(), ["MIT", "GPL-2.0+"]);
        assert_eq!((a.supplier.as_deref(), a.scope.as_deref(), a.is_licensed()), (Some("Acme"), None, true));
        assert_eq!((b.supplier.as_deref(), b.scope.as_deref(), b.is_licensed()), (None, Some("dev"), false));
        assert_eq!((got.valid, got.document.relationships), (Some(true), true));
    }

    #[test]
    fn licences_that_are_on_no_list_are_declared() {
        let document = |license: &str, declared: &str| {
            format!(
                r#"{{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","dataLicense":"CC0-1.0","name":"x","documentNamespace":"https://example.com/x",
                "creationInfo":{{"created":"2026-01-02T03:04:05Z","creators":["Tool: t"]}},
                "packages":[{{"SPDXID":"SPDXRef-a","name":"a","downloadLocation":"NONE","licenseDeclared":"{license}"}}]{declared}}}"#
            )
        };
        let own = r#","hasExtractedLicensingInfos":[{"licenseId":"LicenseRef-own","extractedText":"t"}]"#;
        let other = r#","externalDocumentRefs":[{"externalDocumentId":"DocumentRef-o","spdxDocument":"https://example.com/o",
            "checksum":{"algorithm":"SHA1","checksumValue":"85ed0817af83a24ad8da68c2b5094de69833983c"}}]"#;
        for (license, declared, valid) in [
            ("LicenseRef-own", own, true),
            ("MIT OR (LicenseRef-own AND Apache-2.0)", own, true),
            ("LicenseRef-own", "", false),
            ("MIT OR LicenseRef-other", own, false),
            ("DocumentRef-o:LicenseRef-x", other, true),
            ("DocumentRef-o:LicenseRef-x", own, false),
        ] {
            let got = inventory(&document(license, declared), &ReadOptions::default());
            assert_eq!(got.valid, Some(valid), "{license} {declared}: {:?}", got.problems);
        }
    }

    #[test]
    fn one_described_package_needs_no_further_relationship() {
        let spdx = |packages: &str| {
            format!(
                r#"{{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","dataLicense":"CC0-1.0","name":"x","documentNamespace":"https://example.com/x",
                "creationInfo":{{"created":"2026-01-02T03:04:05Z","creators":["Tool: t"]}},"documentDescribes":["SPDXRef-a"],
                "packages":[{{"SPDXID":"SPDXRef-a","name":"a","versionInfo":"1.2","downloadLocation":"NONE",
                "checksums":[{{"algorithm":"SHA256","checksumValue":"AB"}}]}}{packages}]}}"#
            )
        };
        let one = inventory(&spdx(""), &ReadOptions::default());
        assert!(one.document.relationships);
        let subject = one.subject.unwrap();
        assert_eq!((&*subject.name, subject.version.as_deref()), ("a", Some("1.2")));
        assert_eq!(subject.digests, ["sha256:ab".into()]);
        let two = inventory(
            &spdx(r#",{"SPDXID":"SPDXRef-b","name":"b","downloadLocation":"NONE"}"#),
            &ReadOptions::default(),
        );
        assert!(!two.document.relationships);
        let described = r#"{"bomFormat":"CycloneDX","specVersion":"1.5","metadata":{"component":{"type":"application","name":"a"}}}"#;
        assert!(inventory(described, &ReadOptions::default()).document.relationships);
        let none = r#"{"bomFormat":"CycloneDX","specVersion":"1.5"}"#;
        assert!(!inventory(none, &ReadOptions::default()).document.relationships);
    }

    #[test]
    fn aliases_do_not_multiply_without_end() {
        let mut text = "spdxVersion: \"SPDX-2.3\"\na0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for n in 1..12 {
            let last = n - 1;
            text.push_str(&format!("a{n}: &a{n} [{}]\n", vec![format!("*a{last}"); 9].join(", ")));
        }
        assert_eq!(
            read(&Formats::default(), "t", text.as_bytes(), &ReadOptions::default()).unwrap_err().code(),
            ErrorCode::LimitExceeded
        );
    }

    #[test]
    fn problems_name_their_place_and_are_not_all_told() {
        let component = r#"{"type":"foo","name":"x"}"#;
        let list = vec![component; 100].join(",");
        let text = format!(r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{list}]}}"#);
        let got = inventory(&text, &ReadOptions::default());
        assert_eq!((got.valid, got.problems.len()), (Some(false), 20));
        assert_eq!(got.problems[0].location.path.as_deref(), Some("$.components[0].type"));
    }

    #[test]
    fn licences_suppliers_and_scopes_are_kept() {
        let text = r#"{"bomFormat":"CycloneDX","specVersion":"1.5",
 "components":[
  {"type":"library","group":"@scope","name":"a","version":"1","licenses":[{"license":{"id":"MIT"}},{"license":{"name":"Other"}}],
   "publisher":"Acme","scope":"required","cpe":"cpe:2.3:a:a:a:1:*:*:*:*:*:*:*"},
  {"type":"library","name":"b","version":"","properties":[{"name":"cdx:npm:package:development","value":"true"}]}]}"#;
        let fast = ReadOptions { skip_validation: true, ..ReadOptions::default() };
        for options in [ReadOptions::default(), fast] {
            let got = inventory(text, &options);
            let (a, b) = (&got.components[0], &got.components[1]);
            assert_eq!(
                (&*a.name, a.scope.as_deref(), a.supplier.as_deref()),
                ("@scope/a", Some("runtime"), Some("Acme"))
            );
            assert_eq!((a.licenses.len(), a.has_id, a.line), (2, true, Some(3)));
            assert_eq!((b.version.as_deref(), b.scope.as_deref(), b.has_id), (None, Some("dev"), false));
        }
    }
}
