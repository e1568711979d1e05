//! What our evaluator says of an SBOM, and what `jsonschema` says of it by the same schema files: all fixtures, and the SBOMs of a corpus where one
//! is there (`GATEKEEPER_SHARED`, or `shared` beside the workspace).
//!
//! Ours holds a document against more than the schema: references, ids, expressions, times. So "invalid" is compared by its reasons: what the schema
//! refuses must be invalid, and what it accepts may be invalid for those reasons alone ([`BEYOND`]).

use gatekeeper_evidence::Data;
use gatekeeper_formats::{Formats, ReadOptions, read};
use jsonschema::{Registry, Validator};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Words of the problems that no schema states.
const BEYOND: &[&str] = &[
    "a second time",
    "which nothing in the document is",
    "is no SPDX licence expression",
    "expected CC0-1.0, found",
    "is no URI without '#'",
    "expected SPDXRef-DOCUMENT, found",
    "which externalDocumentRefs does not declare",
    "is no time of the form",
    "is no LicenseRef-",
    "is not SPDXRef- and letters",
];

/// Documents of which the two differ otherwise: the end of the path, and why.
const KNOWN: &[(&str, &str)] = &[(
    "util-cyclonedx-1.4-cdx-1-4-invalid-email-format.json",
    "an address as `idn-email`, which the other does not look at as it is built here",
)];

fn here() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn schema(name: &str) -> Value {
    let path = here().join("../schemas").join(name);
    serde_json::from_slice(&fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))).unwrap()
}

/// The schema files of a document: its specification's main file, where there is one.
fn schema_of(document: &Value) -> Option<String> {
    if document["bomFormat"] == "CycloneDX" {
        return Some(format!("cyclonedx/bom-{}.schema.json", document["specVersion"].as_str()?));
    }
    if let Some(version) = document["spdxVersion"].as_str() {
        return Some(format!("spdx/spdx-{}.schema.json", version.strip_prefix("SPDX-")?));
    }
    let context = document["@context"].to_string();
    let version = ["3.0.0", "3.0.1"].into_iter().find(|v| context.contains(&format!("/rdf/{v}/")))?;
    Some(format!("spdx/spdx-{version}.schema.json"))
}

struct Validators {
    registry: &'static Registry<'static>,
    by_file: BTreeMap<String, Option<Validator>>,
}

impl Validators {
    fn new() -> Self {
        let mut registry = Registry::new();
        for name in ["spdx", "jsf-0.82", "cryptography-defs"] {
            let uri = format!("http://cyclonedx.org/schema/{name}.schema.json");
            registry = registry.add(uri, schema(&format!("cyclonedx/{name}.schema.json"))).unwrap();
        }
        Validators { registry: Box::leak(Box::new(registry.prepare().unwrap())), by_file: BTreeMap::new() }
    }

    fn get(&mut self, file: &str) -> Option<&Validator> {
        let registry = self.registry;
        let make = || {
            let path = here().join("../schemas").join(file);
            if !path.exists() {
                return None;
            }
            let options = jsonschema::options().with_registry(registry).should_validate_formats(true);
            Some(options.build(&schema(file)).unwrap_or_else(|e| panic!("{file}: {e}")))
        };
        self.by_file.entry(file.to_owned()).or_insert_with(make).as_ref()
    }
}

fn json_files(folder: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.map(|e| e.unwrap().path()) {
        if entry.is_dir() {
            json_files(&entry, out);
        } else if entry.extension().is_some_and(|e| e == "json") {
            out.push(entry);
        }
    }
}

/// How many documents both looked at, and how they differ.
fn compare(folder: &Path) -> (usize, Vec<String>) {
    let (mut files, mut wrong, mut compared) = (Vec::new(), Vec::new(), 0);
    json_files(folder, &mut files);
    files.sort();
    let formats = Formats::default();
    let mut validators = Validators::new();
    for path in files {
        let bytes = fs::read(&path).unwrap();
        let name = path.display().to_string();
        let Ok(document) = serde_json::from_slice::<Value>(&bytes) else { continue };
        let Some(file) = schema_of(&document) else { continue };
        let Ok(evidence) = read(&formats, &name, &bytes, &ReadOptions::default()) else { continue };
        let Data::Inventory(inventory) = evidence.data else { continue };
        let (Some(ours), Some(validator)) = (inventory.valid, validators.get(&file)) else { continue };
        compared += 1;
        let theirs: Vec<String> =
            validator.iter_errors(&document).take(3).map(|e| format!("{} {e}", e.instance_path())).collect();
        let by_schema = inventory.problems.iter().any(|p| !BEYOND.iter().any(|b| p.message.contains(b)));
        let agree = if theirs.is_empty() { ours || !by_schema } else { !ours };
        if agree || KNOWN.iter().any(|(end, _)| name.ends_with(end)) {
            continue;
        }
        let ours: Vec<String> =
            inventory.problems.iter().take(3).map(|p| format!("{} {}", p.location, p.message)).collect();
        wrong.push(format!("{name}: ours {ours:?}, jsonschema {theirs:?}"));
    }
    (compared, wrong)
}

fn held(folder: &Path, least: usize) {
    let (compared, wrong) = compare(folder);
    assert!(wrong.is_empty(), "{} of {compared} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(compared >= least, "{compared} documents under {}", folder.display());
}

#[test]
fn fixtures_are_valid_or_not_as_another_evaluator_says() {
    held(&here().join("../../../fixtures"), 30);
}

#[test]
fn the_corpus_is_valid_or_not_as_another_evaluator_says() {
    let beside = || here().join("../../../../shared");
    let shared = std::env::var_os("GATEKEEPER_SHARED").map_or_else(beside, PathBuf::from);
    let folder = shared.join("corpus/sbom");
    if !folder.exists() {
        eprintln!("!!! SKIPPED: no SBOMs at {}", folder.display());
        return;
    }
    held(&folder, 400);
}
