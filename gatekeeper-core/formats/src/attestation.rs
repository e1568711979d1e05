//! The envelope of an attestation: an in-toto statement whose predicate is a document that is read by itself (an SBOM, VEX), as
//! `cosign attest` and GitHub's attestations hold it; bare, or signed (DSSE: its payload is the statement, in base64).
//!
//! Specification: in-toto attestations v1, <https://github.com/in-toto/attestation/tree/main/spec/v1>; DSSE v1,
//! <https://github.com/secure-systems-lab/dsse>. Signatures are not checked, and that is said. Predicates of other types stay where they are.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use gatekeeper_evidence::inventory::{Inventory, Subject};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// What was taken out of an envelope.
#[derive(Debug)]
pub(crate) struct Opened {
    /// The predicate: a document of its own.
    pub document: Vec<u8>,
    /// Whether it was signed.
    signed: bool,
    subjects: Vec<Named>,
}

#[derive(Deserialize)]
struct Statement<'a> {
    #[serde(rename = "_type")]
    kind: String,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    #[serde(borrow)]
    predicate: &'a RawValue,
    #[serde(default)]
    subject: Vec<Named>,
}

#[derive(Debug, Deserialize)]
struct Named {
    #[serde(default)]
    name: String,
    #[serde(default)]
    digest: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Envelope {
    #[serde(rename = "payloadType")]
    kind: String,
    payload: String,
    signatures: Vec<serde::de::IgnoredAny>,
}

/// Predicates that are documents of a known format.
const DOCUMENTS: &[&str] = &["https://spdx.dev/", "https://cyclonedx.org/", "https://openvex.dev/"];

/// The document in an attestation; `None` where the content is none, or not of a document.
pub(crate) fn open(bytes: &[u8]) -> Option<Opened> {
    // Nearly everything is told by its first kilobytes.
    let head = bytes.get(..bytes.len().min(4096))?;
    let marked = |mark: &[u8]| memchr::memmem::find(head, mark).is_some();
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return None;
    }
    if marked(b"\"payloadType\"") || marked(b"\"payload\"") {
        let envelope: Envelope = serde_json::from_slice(bytes).ok()?;
        if envelope.kind != "application/vnd.in-toto+json" {
            return None;
        }
        let payload = envelope.payload.trim();
        let inner = STANDARD.decode(payload).or_else(|_| URL_SAFE.decode(payload)).ok()?;
        let signed = !envelope.signatures.is_empty();
        return statement(&inner).map(|o| Opened { signed, ..o });
    }
    (marked(b"\"predicateType\"") || marked(b"\"_type\"")).then(|| statement(bytes)).flatten()
}

fn statement(bytes: &[u8]) -> Option<Opened> {
    let s: Statement<'_> = serde_json::from_slice(bytes).ok()?;
    let known = s.kind.starts_with("https://in-toto.io/Statement/")
        && DOCUMENTS.iter().any(|d| s.predicate_type.starts_with(d));
    known.then(|| {
        // Old cosign wrapped the document once more: `{"Data": …, "Timestamp": …}`.
        #[derive(Deserialize)]
        struct Wrapped<'a> {
            #[serde(borrow, rename = "Data")]
            data: &'a RawValue,
        }
        let inner = serde_json::from_str::<Wrapped<'_>>(s.predicate.get()).ok();
        let document = inner.map_or(s.predicate.get(), |w| w.data.get());
        // Tag-value documents stand as a text.
        let text = serde_json::from_str::<String>(document).ok();
        let document = text.map_or_else(|| document.as_bytes().to_vec(), String::into_bytes);
        Opened { document, signed: false, subjects: s.subject }
    })
}

impl Opened {
    /// What is to be said of it.
    pub(crate) fn note(&self) -> &'static str {
        if self.signed {
            "out of a signed in-toto statement, whose signature was not checked"
        } else {
            "out of an in-toto statement"
        }
    }

    /// Adds what the statement says that its document is of.
    pub(crate) fn name(&self, inventory: &mut Inventory) {
        for named in &self.subjects {
            let subject = inventory
                .subject
                .get_or_insert_with(|| Box::new(Subject { name: named.name.as_str().into(), ..Subject::default() }));
            for (algorithm, value) in &named.digest {
                subject.add_digest(algorithm, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Formats, ReadOptions, read};
    use gatekeeper_evidence::Data;

    const BOM: &str = r#"{"bomFormat":"CycloneDX","specVersion":"1.5","metadata":{"component":{"type":"application","name":"app","version":"2.0"}},
        "components":[{"type":"library","name":"a","version":"1"}]}"#;

    fn wrapped(predicate: &str) -> String {
        format!(
            r#"{{"_type":"https://in-toto.io/Statement/v1","subject":[{{"name":"ghcr.io/x/app","digest":{{"sha256":"AB12"}}}}],
            "predicateType":"https://cyclonedx.org/bom","predicate":{predicate}}}"#
        )
    }

    fn inventory(text: &str) -> (Inventory, &'static str, String) {
        let e = read(&Formats::default(), "t.json", text.as_bytes(), &ReadOptions::default()).unwrap();
        let note = e.notes.first().map(|n| n.message.clone()).unwrap_or_default();
        match e.data {
            Data::Inventory(i) => (i, e.source.format, note),
            other => panic!("no inventory: {other:?}"),
        }
    }

    #[test]
    fn a_wrapped_document_is_read_as_what_it_is() {
        let signed = format!(
            r#"{{"payloadType":"application/vnd.in-toto+json","payload":"{}","signatures":[{{"sig":"x"}}]}}"#,
            STANDARD.encode(wrapped(BOM))
        );
        let old = wrapped(&format!(r#"{{"Data":{BOM},"Timestamp":"2026-01-01T00:00:00Z"}}"#));
        for text in [wrapped(BOM), signed, old] {
            let (i, format, note) = inventory(&text);
            assert_eq!((i.components.len(), i.valid, format), (1, Some(true), "cyclonedx-json"));
            let subject = i.subject.unwrap();
            assert_eq!((&*subject.name, subject.version.as_deref()), ("app", Some("2.0")));
            assert_eq!(subject.digests, ["sha256:ab12".into()]);
            assert!(note.contains("in-toto statement"), "{note}");
        }
    }

    #[test]
    fn other_statements_stay_what_they_are() {
        for text in [
            wrapped(BOM).replace("https://cyclonedx.org/bom", "https://slsa.dev/provenance/v1"),
            wrapped(BOM).replace("https://in-toto.io/Statement/v1", "https://example.org/x"),
            r#"{"payloadType":"text/plain","payload":"","signatures":[]}"#.to_owned(),
            BOM.to_owned(),
        ] {
            assert!(open(text.as_bytes()).is_none(), "{text}");
        }
    }
}
