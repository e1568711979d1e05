//! An installed Python distribution: `METADATA` of a `.dist-info`, `PKG-INFO` of an `.egg-info`.
//!
//! Specification: Python core metadata 2.4, <https://packaging.python.org/en/latest/specifications/core-metadata/>: headers as in a mail, up to the
//! first empty line; continued lines begin with a blank. The licence: `License-Expression`; else `License`, where it says which (setuptools puts
//! whole texts into it) and the classifiers: all hold, as far as they are not the same; else what `License` says anyway. `OSI Approved` and `DFSG
//! approved` are classes of licences, not licences.

use super::{Described, Package};
use crate::licenses::common;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::inventory::{Component, License};
use gatekeeper_evidence::purl;
use gatekeeper_license as license;

/// What a licence's name has at most; longer is a text.
const LONGEST_NAME: usize = 200;
/// Classifiers that name no licence.
const CLASSES: [&str; 3] = ["License", "OSI Approved", "DFSG approved"];

pub(super) fn describe(package: &Package<'_>, file: &str) -> Result<Described, ParseError> {
    let bytes = package.description(file)?;
    let (text, _, malformed) = encoding_rs::UTF_8.decode(&bytes);
    let text = if malformed { encoding_rs::WINDOWS_1252.decode(&bytes).0 } else { text };
    let headers = headers(&text).map_err(|e| e.finish(file, "", None))?;
    let all =
        |key: &'static str| headers.iter().filter(move |(k, _)| k.eq_ignore_ascii_case(key)).map(|(_, v)| v.trim());
    let one = |key: &'static str| all(key).find(|v| !v.is_empty());
    let missing =
        |key: &str| ParseError::malformed(format!("the header {key}")).found_words("none").finish(file, "", None);
    let name = one("Name").ok_or_else(|| missing("Name"))?;
    let version = one("Version").ok_or_else(|| missing("Version"))?;
    let component = Component {
        name: name.into(),
        version: Some(version.into()),
        purl: Some(purl::write_pypi(name, Some(version)).into()),
        ..Component::default()
    };
    let mut out = Described { component, ..Described::default() };
    let field = one("License").filter(|t| !License::name(*t).is_none());
    let classifiers: Vec<License> = all("Classifier")
        .filter(|c| c.starts_with("License ::") && !CLASSES.contains(&c.rsplit("::").next().unwrap_or_default().trim()))
        .map(License::name)
        .collect();
    let says = |l: &License| super::bases(l).is_some();
    if let Some(expression) = one("License-Expression") {
        out.component.licenses.push(common::license(expression));
        return Ok(out);
    }
    match field {
        Some(text) if text.contains('\n') || text.len() > LONGEST_NAME => {
            if classifiers.is_empty() {
                out.text = Some(text.to_owned());
            } else if let Ok(found) = license::detect(text.as_bytes()) {
                out.component.licenses = common::together(vec![classifiers, vec![License::expression(found.id)]]);
            } else {
                out.component.licenses = classifiers;
            }
        }
        Some(text) => {
            let stated = common::license(text);
            let vague = !says(&stated) && !classifiers.is_empty() && classifiers.iter().all(says);
            out.component.licenses = common::together(vec![vec![stated.clone()], classifiers]);
            if vague && !out.component.licenses.contains(&stated) {
                let words: Vec<&str> = out.component.licenses.iter().map(|c| &*c.text).collect();
                out.notes
                    .push(format!("`License: {text}` does not say which: its classifiers do ({})", words.join("; ")));
            }
        }
        None => out.component.licenses = classifiers,
    }
    Ok(out)
}

/// The headers with their continued lines.
fn headers(text: &str) -> Result<Vec<(&str, String)>, ParseError> {
    let mut out: Vec<(&str, String)> = Vec::new();
    for (n, line) in text.lines().enumerate() {
        if line.is_empty() {
            break;
        }
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = out.last_mut() {
                value.push('\n');
                let line = line.trim();
                value.push_str(line.strip_prefix('|').unwrap_or(line));
            }
            continue;
        }
        let Some((key, value)) = line.split_once(':') else {
            let line_number = u64::try_from(n).unwrap_or(u64::MAX).saturating_add(1);
            return Err(ParseError::malformed("`Header: value`").on_line(line_number).found(line));
        };
        out.push((key.trim(), value.trim().to_owned()));
    }
    Ok(out)
}
