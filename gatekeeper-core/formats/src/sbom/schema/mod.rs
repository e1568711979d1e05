//! The official schemas, embedded as data (`schemas/` beside `src/`, with their origin and licences), compiled when first needed.
//! Nothing is fetched: references between them resolve to the embedded files.

pub(super) mod formats;
pub(super) mod json;
pub(super) mod xsd;

pub(super) use json::{Document, Schemas};
use std::sync::OnceLock;
pub(super) use xsd::{Session, Xsd};

macro_rules! embedded {
    ($file:literal) => {
        include_str!(concat!("../../../schemas/", $file))
    };
}

/// A schema with the files that it refers to, and what it compiles to.
struct Entry {
    version: &'static str,
    files: &'static [(&'static str, &'static str)],
    compiled: OnceLock<Option<Schemas>>,
}

impl Entry {
    const fn new(version: &'static str, files: &'static [(&'static str, &'static str)]) -> Self {
        Entry { version, files, compiled: OnceLock::new() }
    }
}

const LICENSES: (&str, &str) = ("spdx.schema.json", embedded!("cyclonedx/spdx.schema.json"));
const SIGNATURES: (&str, &str) = ("jsf-0.82.schema.json", embedded!("cyclonedx/jsf-0.82.schema.json"));
const CRYPTOGRAPHY: (&str, &str) =
    ("cryptography-defs.schema.json", embedded!("cyclonedx/cryptography-defs.schema.json"));

static CYCLONEDX: [Entry; 6] = [
    Entry::new("1.2", &[("bom", embedded!("cyclonedx/bom-1.2.schema.json")), LICENSES]),
    Entry::new("1.3", &[("bom", embedded!("cyclonedx/bom-1.3.schema.json")), LICENSES]),
    Entry::new("1.4", &[("bom", embedded!("cyclonedx/bom-1.4.schema.json")), LICENSES, SIGNATURES]),
    Entry::new("1.5", &[("bom", embedded!("cyclonedx/bom-1.5.schema.json")), LICENSES, SIGNATURES]),
    Entry::new("1.6", &[("bom", embedded!("cyclonedx/bom-1.6.schema.json")), LICENSES, SIGNATURES]),
    Entry::new("1.7", &[("bom", embedded!("cyclonedx/bom-1.7.schema.json")), LICENSES, SIGNATURES, CRYPTOGRAPHY]),
];

static SPDX: [Entry; 4] = [
    Entry::new("SPDX-2.2", &[("spdx", embedded!("spdx/spdx-2.2.schema.json"))]),
    Entry::new("SPDX-2.3", &[("spdx", embedded!("spdx/spdx-2.3.schema.json"))]),
    Entry::new("3.0.0", &[("spdx", embedded!("spdx/spdx-3.0.0.schema.json"))]),
    Entry::new("3.0.1", &[("spdx", embedded!("spdx/spdx-3.0.1.schema.json"))]),
];

fn find(entries: &'static [Entry], version: &str) -> Option<&'static Schemas> {
    let entry = entries.iter().find(|e| e.version == version)?;
    // A unit test compiles every one of them: `None` does not occur.
    entry.compiled.get_or_init(|| json::compile(entry.files).ok()).as_ref()
}

/// The JSON schema of a CycloneDX version.
pub(super) fn cyclonedx_json(version: &str) -> Option<&'static Schemas> {
    find(&CYCLONEDX, version)
}

/// The JSON schema of an SPDX version (`SPDX-2.3`, `3.0.1`).
pub(super) fn spdx_json(version: &str) -> Option<&'static Schemas> {
    find(&SPDX, version)
}

/// An XML schema and what it compiles to.
struct XmlEntry {
    version: &'static str,
    text: &'static str,
    compiled: OnceLock<Option<Xsd>>,
}

impl XmlEntry {
    const fn new(version: &'static str, text: &'static str) -> Self {
        XmlEntry { version, text, compiled: OnceLock::new() }
    }
}

const XML_LICENSES: &str = embedded!("cyclonedx/spdx.xsd");

static CYCLONEDX_XML: [XmlEntry; 8] = [
    XmlEntry::new("1.0", embedded!("cyclonedx/bom-1.0.xsd")),
    XmlEntry::new("1.1", embedded!("cyclonedx/bom-1.1.xsd")),
    XmlEntry::new("1.2", embedded!("cyclonedx/bom-1.2.xsd")),
    XmlEntry::new("1.3", embedded!("cyclonedx/bom-1.3.xsd")),
    XmlEntry::new("1.4", embedded!("cyclonedx/bom-1.4.xsd")),
    XmlEntry::new("1.5", embedded!("cyclonedx/bom-1.5.xsd")),
    XmlEntry::new("1.6", embedded!("cyclonedx/bom-1.6.xsd")),
    XmlEntry::new("1.7", embedded!("cyclonedx/bom-1.7.xsd")),
];

/// The XML schema of a CycloneDX version, where it is `wanted`; nothing at all where there is no such version.
pub(super) fn cyclonedx_xml(version: &str, wanted: bool) -> Option<Option<&'static Xsd>> {
    let entry = CYCLONEDX_XML.iter().find(|e| e.version == version)?;
    Some(if wanted {
        entry.compiled.get_or_init(|| xsd::compile(entry.text, XML_LICENSES).ok()).as_ref()
    } else {
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_schema_compiles() {
        for entry in CYCLONEDX.iter().chain(&SPDX) {
            if let Err(e) = json::compile(entry.files) {
                panic!("{}: {e}", entry.version);
            }
        }
        for entry in &CYCLONEDX_XML {
            if let Err(e) = xsd::compile(entry.text, XML_LICENSES) {
                panic!("{}: {e}", entry.version);
            }
        }
    }
}
