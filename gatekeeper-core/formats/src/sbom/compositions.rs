//! What an SBOM says of its own completeness: CycloneDX's `compositions`, SPDX 3's `completeness` of relationships.

use gatekeeper_evidence::inventory::Inventory;

/// Most things that are named.
const MOST: usize = 5;
/// Longest name that is shown, characters.
const LONG: usize = 100;

/// Takes what one composition says. Those of which it is not known whether they are whole say nothing; nor does one that says nothing of itself.
pub(super) fn say<'n>(inventory: &mut Inventory, aggregate: &str, of: impl Iterator<Item = &'n str>) {
    let missing = match aggregate {
        "incomplete" => "its list is incomplete",
        "incomplete_first_party_only" => "it lists first-party components only",
        "incomplete_first_party_proprietary_only" => "it lists proprietary first-party components only",
        "incomplete_first_party_opensource_only" => "it lists open-source first-party components only",
        "incomplete_third_party_only" => "it lists third-party components only",
        "incomplete_third_party_proprietary_only" => "it lists proprietary third-party components only",
        "incomplete_third_party_opensource_only" => "it lists open-source third-party components only",
        _ => return,
    };
    let names: Vec<String> = of.take(MOST + 1).map(|n| n.chars().take(LONG).collect()).collect();
    let more = if names.len() > MOST { ", …" } else { "" };
    let shown = names.iter().take(MOST).map(String::as_str).collect::<Vec<_>>().join(", ");
    let words = match shown.is_empty() {
        true => format!("the document says that {missing}"),
        false => format!("the document says that {missing}: {shown}{more}"),
    };
    if inventory.left_out.len() < MOST && !inventory.left_out.contains(&words) {
        inventory.left_out.push(words);
    }
}

#[cfg(test)]
mod tests {
    use crate::{Formats, ReadOptions, read};
    use gatekeeper_evidence::Data;

    fn left_out(text: &str) -> Vec<String> {
        match read(&Formats::default(), "t", text.as_bytes(), &ReadOptions::default()).unwrap().data {
            Data::Inventory(i) => i.left_out,
            other => panic!("no inventory: {other:?}"),
        }
    }

    #[test]
    fn a_document_that_calls_itself_incomplete_is_heard() {
        let json = |compositions: &str| {
            let text = format!(
                r#"{{"bomFormat":"CycloneDX","specVersion":"1.5","components":[{{"type":"library","bom-ref":"a","name":"a"}}],"compositions":[{compositions}]}}"#
            );
            left_out(&text)
        };
        assert_eq!(
            json(r#"{"aggregate":"incomplete","assemblies":["a"]}"#),
            ["the document says that its list is incomplete: a"]
        );
        assert_eq!(
            json(r#"{"aggregate":"incomplete_first_party_only"}"#),
            ["the document says that it lists first-party components only"]
        );
        for whole in ["complete", "unknown", "not_specified"] {
            assert!(json(&format!(r#"{{"aggregate":"{whole}","dependencies":["a"]}}"#)).is_empty(), "{whole}");
        }
        let xml = |aggregate: &str| {
            left_out(&format!(
                r#"<bom xmlns="http://cyclonedx.org/schema/bom/1.5"><components><component type="library"><name>a</name></component></components>
                <compositions><composition><aggregate>{aggregate}</aggregate></composition></compositions></bom>"#
            ))
        };
        assert_eq!((xml("incomplete").len(), xml("complete").len()), (1, 0));
    }

    #[test]
    fn spdx_3_says_it_of_its_relationships() {
        let graph = |completeness: &str| {
            let text = format!(
                r#"{{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[
                {{"type":"CreationInfo","@id":"_:c","specVersion":"3.0.1","created":"2026-01-01T00:00:00Z","createdBy":["urn:x:p"]}},
                {{"type":"software_Package","spdxId":"urn:x:a","creationInfo":"_:c","name":"a"}},
                {{"type":"Relationship","spdxId":"urn:x:r","creationInfo":"_:c","from":"urn:x:a","relationshipType":"contains","to":[]{completeness}}}]}}"#
            );
            left_out(&text)
        };
        assert_eq!(graph(r#","completeness":"incomplete""#).len(), 1);
        assert!(graph(r#","completeness":"complete""#).is_empty() && graph("").is_empty());
    }
}
