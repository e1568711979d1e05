//! One installed package's files, read into a component: what it is called, and under which licence it stands.
//!
//! - npm: `package.json`; Erlang: `hex_metadata.config`, else `ebin/*.app` or `src/*.app.src`; Python: `METADATA` or `PKG-INFO`; anything
//!   else by its licence text alone.
//! - The stated licence comes first, as it is stated. Where none is stated, or the field only points at a file ("SEE LICENSE IN"), the licence
//!   **text** decides: several texts all hold, and one that is not recognised leaves the whole unknown. A `NOTICE` counts where there is nothing else.
//! - Where text and statement disagree, the statement is kept and a note names both.
//!
//! Nothing here touches the file system: files are asked for by name.

mod erlang;
mod npm;
mod python;

use crate::input::Limits;
use gatekeeper_evidence::Note;
use gatekeeper_evidence::error::{ErrorCode, ParseError};
use gatekeeper_evidence::inventory::{Component, License, LicenseForm};
use gatekeeper_license as license;
use std::collections::BTreeSet;

/// Largest licence file that is looked at, bytes.
pub const MOST_TEXT: u64 = 1 << 20;
/// Largest description (`package.json`, `METADATA`, …) that is read, bytes.
pub const MOST_DESCRIPTION: u64 = 16 << 20;

/// Whose package it is: which file describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ecosystem {
    /// `package.json`.
    Npm,
    /// `hex_metadata.config`, where it is there, and the application's resource file, where there is one.
    Erlang {
        /// Whether there is a `hex_metadata.config`.
        hex: bool,
        /// `ebin/NAME.app` or `src/NAME.app.src`.
        app: Option<String>,
    },
    /// `METADATA` or `PKG-INFO`, under this name.
    Python(String),
    /// A folder with a licence text.
    Plain,
}

/// What asking for a file gave.
#[derive(Debug)]
pub enum Fetched {
    /// Its bytes.
    Bytes(Vec<u8>),
    /// It has that many bytes, more than were asked for.
    TooLarge(u64),
    /// There is no such file.
    Absent,
    /// It is a link out of the root.
    Outside,
}

/// A package whose files can be asked for.
pub struct Package<'a> {
    /// As its folder names it: `left-pad`, `@scope/name`.
    pub name: &'a str,
    /// Which file describes it.
    pub ecosystem: &'a Ecosystem,
    /// Its licence files, by name within the package.
    pub texts: &'a [String],
    /// Asks for a file by its name within the package, of at most so many bytes.
    pub fetch: &'a dyn Fn(&str, u64) -> Result<Fetched, ParseError>,
    /// The limits.
    pub limits: &'a Limits,
}

/// What a package's description says.
#[derive(Debug, Default)]
struct Described {
    component: Component,
    /// The file that the licence field points at.
    see: Option<String>,
    /// A whole licence text in the field.
    text: Option<String>,
    notes: Vec<String>,
}

/// Whether a file of this name holds a licence text; `Some(false)` for a notice, which counts only where there is nothing else.
pub fn is_text(name: &str) -> Option<bool> {
    const CODE: [&str; 12] = ["js", "mjs", "cjs", "ts", "json", "py", "pyc", "erl", "hrl", "map", "yml", "yaml"];
    let upper = name.to_ascii_uppercase();
    if upper.rsplit_once('.').is_some_and(|(_, e)| CODE.iter().any(|c| c.eq_ignore_ascii_case(e))) {
        return None;
    }
    let starts = |words: &[&str]| words.iter().any(|w| upper.starts_with(w));
    let stem = upper.split('.').next().unwrap_or_default();
    if starts(&["LICENSE", "LICENCE", "COPYING", "UNLICENSE", "UNLICENCE"])
        || stem.ends_with("-LICENSE")
        || stem.ends_with("-LICENCE")
        || is_license_name(&upper)
    {
        return Some(true);
    }
    starts(&["NOTICE"]).then_some(false)
}

/// Whether a file is called by a licence: `GPL.txt`, `MIT`, `BSD-3-Clause.md`.
fn is_license_name(upper: &str) -> bool {
    const NAMES: [&str; 14] =
        ["GPL", "LGPL", "AGPL", "GFDL", "MIT", "BSD", "APACHE", "MPL", "EPL", "CDDL", "EUPL", "SSPL", "BUSL", "CC"];
    let stem = [".TXT", ".MD", ".RST", ".HTML"].iter().find_map(|e| upper.strip_suffix(e)).unwrap_or(upper);
    NAMES.iter().any(|name| stem.starts_with(name))
        && stem.len() <= 40
        && (license::name(stem).is_some() || license::family_named(stem).is_some())
}

/// Reads a package.
pub fn component(package: &Package<'_>) -> Result<(Component, Vec<Note>), ParseError> {
    let mut described = match package.ecosystem {
        Ecosystem::Npm => npm::describe(package)?,
        Ecosystem::Erlang { hex, app } => erlang::describe(package, *hex, app.as_deref())?,
        Ecosystem::Python(file) => python::describe(package, file)?,
        Ecosystem::Plain => Described {
            component: Component { name: package.name.into(), ..Component::default() },
            ..Described::default()
        },
    };
    described.component.has_id = described.component.purl.is_some();
    described.component.licenses.retain(|l| !l.is_none());
    let mut notes = std::mem::take(&mut described.notes);
    if let Some(text) = described.text.take().filter(|_| described.component.licenses.is_empty()) {
        let mut texts = Texts::default();
        texts.add("its licence field", text.as_bytes());
        texts.settle(&mut described.component, &mut notes);
    }
    let texts = read_texts(package, described.see.as_deref())?;
    if described.component.licenses.is_empty() {
        texts.settle(&mut described.component, &mut notes);
    } else {
        texts.compare(&described.component, &mut notes);
    }
    let label = described.component.label();
    Ok((described.component, notes.into_iter().map(|n| Note::new(format!("{label}: {n}"))).collect()))
}

impl Package<'_> {
    /// A file that describes the package: it has to be there and readable.
    fn description(&self, file: &str) -> Result<Vec<u8>, ParseError> {
        let error = match (self.fetch)(file, MOST_DESCRIPTION.min(self.limits.file_bytes))? {
            Fetched::Bytes(bytes) => return Ok(bytes),
            Fetched::TooLarge(size) => ParseError::limit(format!("{size} bytes are no description of a package")),
            Fetched::Absent => ParseError::new(ErrorCode::Io, "is not there, so the package cannot be read"),
            Fetched::Outside => ParseError::new(ErrorCode::Io, "is a link out of the root, which is not followed"),
        };
        Err(error.finish(file, "", None))
    }
}

/// The licence texts of a package: what each was recognised as, or why not.
#[derive(Debug, Default)]
struct Texts {
    known: Vec<(String, String, f64)>,
    unknown: Vec<(String, String)>,
}

fn read_texts(package: &Package<'_>, see: Option<&str>) -> Result<Texts, ParseError> {
    let mut out = Texts::default();
    let named: Vec<&str> = match see {
        Some(see) => vec![see],
        None => package.texts.iter().map(String::as_str).collect(),
    };
    let file_name = |path: &str| is_text(path.rsplit('/').next().unwrap_or(path));
    let only_notices = named.iter().all(|t| file_name(t) == Some(false));
    for file in named {
        if see.is_none() && file_name(file) == Some(false) && !only_notices {
            continue;
        }
        if file.starts_with('/') || file.split(['/', '\\']).any(|p| p == "..") {
            out.unknown.push((file.to_owned(), "lies outside the package".to_owned()));
            continue;
        }
        match (package.fetch)(file, MOST_TEXT)? {
            Fetched::Bytes(bytes) => out.add(file, &bytes),
            Fetched::TooLarge(size) => {
                out.unknown.push((file.to_owned(), license::Undetected::TooLarge(clamp(size)).to_string()));
            }
            Fetched::Absent => out.unknown.push((file.to_owned(), "there is no such file".to_owned())),
            Fetched::Outside => out.unknown.push((file.to_owned(), "it is a link out of the root".to_owned())),
        }
    }
    Ok(out)
}

fn clamp(size: u64) -> usize {
    usize::try_from(size).unwrap_or(usize::MAX)
}

impl Texts {
    fn add(&mut self, file: &str, bytes: &[u8]) {
        match license::detect(bytes) {
            Ok(found) => self.known.push((file.to_owned(), found.id, found.confidence)),
            Err(why) => self.unknown.push((file.to_owned(), why.to_string())),
        }
    }

    fn ids(&self) -> BTreeSet<&str> {
        let mut ids: BTreeSet<&str> = self.known.iter().map(|(_, id, _)| id.as_str()).collect();
        // LGPL 3 is written as terms on top of GPL 3: COPYING and COPYING.LESSER are one licence.
        if ids.len() == 2 && ids.contains("LGPL-3.0-only") {
            ids.remove("GPL-3.0-only");
        }
        ids
    }

    /// The licence of a package that states none: by its texts, where all of them are recognised.
    fn settle(&self, component: &mut Component, notes: &mut Vec<String>) {
        for (file, why) in &self.unknown {
            notes.push(format!("no licence is stated, and {file} is not recognised: {why}"));
        }
        if self.unknown.is_empty() {
            component.licenses.extend(self.ids().into_iter().map(License::expression));
            for (file, id, confidence) in &self.known {
                notes.push(format!("no licence is stated; {file} is the text of {id} (confidence {confidence:.4})"));
            }
        }
    }

    /// Says where the texts are not what is stated.
    fn compare(&self, component: &Component, notes: &mut Vec<String>) {
        let stated: Vec<&str> = component.licenses.iter().map(|l| &*l.text).collect();
        let stated = stated.join(" AND ");
        let Some(known) = component.licenses.iter().map(bases).collect::<Option<Vec<_>>>() else { return };
        let known: BTreeSet<String> = known.into_iter().flatten().collect();
        for (file, id, _) in &self.known {
            let text = bases(&License::expression(id.as_str())).unwrap_or_default();
            if !text.is_subset(&known) && self.ids().contains(id.as_str()) {
                notes.push(format!("states {stated}, but {file} is the text of {id}: the statement is kept"));
            }
        }
    }
}

/// The ids in a stated licence, without what a text cannot say (`-only`, `-or-later`, `+`); none where it does not say which licence.
fn bases(license: &License) -> Option<BTreeSet<String>> {
    let of = |text: &str| license::parse(text).ok();
    let named = || license::name(&license.text).and_then(|spdx| of(&spdx));
    let expression = match license.form {
        LicenseForm::Expression => of(&license.text).or_else(named),
        LicenseForm::Name => named().or_else(|| of(&license.text)),
    }?;
    let base = |term: &license::Term| {
        let text = term.to_string();
        let id = text.split(" WITH ").next().unwrap_or_default();
        ["-only", "-or-later", "+"].iter().find_map(|end| id.strip_suffix(end)).unwrap_or(id).to_owned()
    };
    Some(expression.terms().iter().map(base).collect())
}

#[cfg(test)]
mod tests;
