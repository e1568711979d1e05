//! in-toto statements: which files an attestation is of. Bare, signed (DSSE), or in a bundle of Sigstore, several one behind the other too.
//!
//! Specification: in-toto attestation framework v1, <https://github.com/in-toto/attestation/tree/main/spec/v1>; DSSE v1,
//! <https://github.com/secure-systems-lab/dsse>; Sigstore bundle v0.3. Signatures are not checked, which is said. A subject without a digest, or with
//! weak ones alone, proves nothing and is refused. A statement whose predicate is a document that is read by itself (an SBOM) is read as that unless the
//! policy says `format = "in-toto"`.

use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::json;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use gatekeeper_evidence::checksums::{Algorithm, Checksums, Sum};
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::{Data, Kind, Note};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;

pub(super) static FORMAT: Format = Format {
    id: "in-toto",
    title: "in-toto statement: the files that an attestation is of",
    kind: Kind::Checksums,
    extensions: &["json", "jsonl", "intoto"],
    places: &[],
    spec: "in-toto attestation framework v1, https://github.com/in-toto/attestation/tree/main/spec/v1",
    producers: &["in-toto"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(shape) = head.json().filter(|s| !s.root_is_array) else { return Confidence::No };
    let statement =
        shape.text("_type").is_some_and(|t| t.starts_with("https://in-toto.io/Statement/")) && shape.has("subject");
    let envelope =
        |at: &str| shape.text(&format!("{at}payloadType")) == Some(PAYLOAD) && shape.has(&format!("{at}payload"));
    Confidence::when(statement || envelope("") || envelope("dsseEnvelope."), Confidence::Certain)
}

const PAYLOAD: &str = "application/vnd.in-toto+json";

#[derive(Deserialize, Default)]
#[serde(default)]
struct Document {
    #[serde(rename = "_type")]
    kind: Option<String>,
    #[serde(rename = "predicateType")]
    predicate_type: Option<String>,
    subject: Option<Vec<Subject>>,
    #[serde(rename = "payloadType")]
    payload_type: Option<String>,
    payload: Option<String>,
    signatures: Option<Vec<IgnoredAny>>,
    #[serde(rename = "dsseEnvelope")]
    envelope: Option<Box<Document>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Subject {
    name: Option<String>,
    digest: BTreeMap<String, String>,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut out = Checksums::default();
    let mut signed = false;
    let mut documents = 0_usize;
    json::documents(input, |document: Document| {
        documents += 1;
        add(document, &mut out, &mut signed, 0)
    })?;
    if documents == 0 || out.files.is_empty() {
        return Err(ParseError::malformed("a statement with subjects").at(0).found_words("none"));
    }
    let notes = if signed { vec![Note::new("signed, and the signature was not checked")] } else { Vec::new() };
    Ok(Parsed { notes, ..Parsed::new(Data::Checksums(out), Some(true)) })
}

fn add(document: Document, out: &mut Checksums, signed: &mut bool, depth: usize) -> Result<(), ParseError> {
    let refuse = |wanted: &str, found: &str| Err(ParseError::malformed(wanted).at(0).found_words(found));
    if depth > 2 {
        return refuse("a statement", "envelopes in envelopes");
    }
    if let Some(envelope) = document.envelope {
        return add(*envelope, out, signed, depth + 1);
    }
    if let Some(payload) = &document.payload {
        if document.payload_type.as_deref() != Some(PAYLOAD) {
            return refuse("an envelope of an in-toto statement", "one of another type");
        }
        let payload = payload.trim();
        let Ok(bytes) = STANDARD.decode(payload).or_else(|_| URL_SAFE.decode(payload)) else {
            return refuse("a payload in base64", "another text");
        };
        *signed |= document.signatures.is_some_and(|s| !s.is_empty());
        let inner: Document = json::from_bytes(&bytes).map_err(|e| e.in_path("$.payload"))?;
        return add(inner, out, signed, depth + 1);
    }
    let kind = document.kind.as_deref().unwrap_or_default();
    if !kind.starts_with("https://in-toto.io/Statement/") {
        return refuse("an in-toto statement", "another document");
    }
    let subjects = document.subject.unwrap_or_default();
    if subjects.is_empty() {
        return refuse("a statement with subjects", "none");
    }
    for (n, subject) in subjects.into_iter().enumerate() {
        let at = |e: ParseError| e.at(0).in_path(format!("$.subject[{n}]"));
        let name = subject.name.filter(|n| !n.is_empty());
        let name = name.ok_or_else(|| at(ParseError::malformed("a subject with a name").found_words("none")))?;
        let mut digests = Vec::new();
        for (algorithm, sum) in subject.digest {
            let Some(algorithm) = Algorithm::named(&algorithm) else { continue };
            if sum.len() != algorithm.digits() || !sum.bytes().all(|b| b.is_ascii_hexdigit()) {
                let wanted = format!("{} hexadecimal digits of {}", algorithm.digits(), algorithm.as_str());
                return Err(at(ParseError::malformed(wanted).found(sum.as_bytes())));
            }
            digests.push((algorithm, sum.to_ascii_lowercase().into_boxed_str()));
        }
        if digests.is_empty() {
            return Err(at(ParseError::malformed("a digest of SHA-256 or SHA-512").found_words("none")));
        }
        let known = out.files.iter().find(|f| *f.name == *name);
        let other = |known: &Sum| known.digests.iter().any(|(a, s)| digests.iter().any(|(b, t)| a == b && s != t));
        if known.is_some_and(other) {
            return Err(at(ParseError::malformed("one digest for each file").found_words("another for the same name")));
        }
        if known.is_none_or(|known| known.digests != digests) {
            out.files.push(Sum { name: name.into(), digests, line: None });
        }
    }
    out.predicate_type = document.predicate_type.map(Into::into).or(out.predicate_type.take());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Limits;

    fn read(text: &str) -> Result<(Checksums, usize), ParseError> {
        let limits = Limits::default();
        let input =
            Input { name: "s.json", bytes: text.as_bytes(), limits: &limits, exit_status: None, validate: true };
        parse(&input).map(|p| match p.data {
            Data::Checksums(c) => (c, p.notes.len()),
            other => panic!("{other:?}"),
        })
    }

    fn statement(subjects: &str) -> String {
        format!(
            r#"{{"_type":"https://in-toto.io/Statement/v1","subject":[{subjects}],"predicateType":"https://slsa.dev/provenance/v1","predicate":{{}}}}"#
        )
    }

    fn subject(name: &str, digest: &str) -> String {
        format!(r#"{{"name":"{name}","digest":{{{digest}}}}}"#)
    }

    #[test]
    fn subjects_are_read_out_of_each_envelope() {
        let (a, b) = ("A".repeat(64), "b".repeat(128));
        let plain = statement(&subject("x", &format!(r#""sha256":"{a}","sha1":"c","sha512":"{b}""#)));
        let envelope = format!(
            r#"{{"payloadType":"{PAYLOAD}","payload":"{}","signatures":[{{"sig":"x"}}]}}"#,
            STANDARD.encode(&plain)
        );
        let bundle =
            format!(r#"{{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","dsseEnvelope":{envelope}}}"#);
        for (text, notes) in
            [(plain.clone(), 0), (envelope.clone(), 1), (bundle, 1), (format!("{plain}\n{envelope}\n"), 1)]
        {
            let (c, said) = read(&text).unwrap();
            assert_eq!((c.files.len(), c.files[0].digests.len(), said), (1, 2, notes), "{text}");
            assert_eq!(&*c.files[0].digests[0].1, a.to_lowercase());
            assert_eq!(c.predicate_type.as_deref(), Some("https://slsa.dev/provenance/v1"));
        }
    }

    #[test]
    fn what_proves_nothing_is_refused() {
        let a = "a".repeat(64);
        let sum = format!(r#""sha256":"{a}""#);
        for text in [
            statement(""),
            statement(r#"{"name":"x"}"#),
            statement(&subject("x", "")),
            statement(&subject("x", r#""sha1":"aa""#)),
            statement(&subject("x", r#""sha256":"aa""#)),
            statement(&subject("", &sum)),
            statement(&[subject("x", &sum), subject("x", &format!(r#""sha256":"{}""#, "b".repeat(64)))].join(",")),
            statement(&subject("x", &sum)).replace("https://in-toto.io/", "https://example.org/"),
            r#"{"payloadType":"text/plain","payload":"","signatures":[]}"#.to_owned(),
            format!(r#"{{"payloadType":"{PAYLOAD}","payload":"*"}}"#),
            "{}".to_owned(),
        ] {
            assert!(read(&text).is_err(), "{text}");
        }
    }
}
