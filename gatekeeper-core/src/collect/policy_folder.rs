//! The files that a policy is made of, on disk.

use super::bytes::read_rules;
use crate::policy::Files;
use gatekeeper_evidence::error::{ErrorCode, ParseError};
use gatekeeper_formats::input::Limits;
use std::path::Path;

/// Most files and folders that are looked at.
const MOST: usize = 20_000;
/// Most folders within one another; links may lead in circles.
const DEEPEST: usize = 20;

/// A folder that names are relative to.
pub(crate) struct PolicyFolder<'f> {
    pub(crate) folder: &'f Path,
    pub(crate) limits: &'f Limits,
}

impl Files for PolicyFolder<'_> {
    fn read(&self, name: &str) -> Result<Vec<u8>, ParseError> {
        read_rules(&self.folder.join(name), self.limits)
    }

    fn list(&self, folder: &str) -> Result<Option<Vec<String>>, ParseError> {
        let path = self.folder.join(folder);
        if !path.is_dir() {
            return Ok(None);
        }
        let (mut out, mut seen) = (Vec::new(), 0);
        below(&path, folder, 0, &mut seen, &mut out)?;
        out.sort();
        Ok(Some(out))
    }
}

fn below(path: &Path, name: &str, depth: usize, seen: &mut usize, out: &mut Vec<String>) -> Result<(), ParseError> {
    let io = |e: std::io::Error| ParseError::new(ErrorCode::Io, format!("{name} cannot be read")).because(e);
    if depth > DEEPEST {
        return Err(ParseError::limit(format!("{name}: more than {DEEPEST} folders within one another")));
    }
    for entry in std::fs::read_dir(path).map_err(io)? {
        let entry = entry.map_err(io)?;
        *seen += 1;
        if *seen > MOST {
            return Err(ParseError::limit(format!("{name}: more than {MOST} files")));
        }
        let file = entry.file_name();
        if file == ".git" {
            continue;
        }
        let path = entry.path();
        let name = format!("{name}/{}", file.to_string_lossy());
        // A link is followed: what it leads to is part of the policy, or cannot be read.
        if std::fs::metadata(&path).map_err(io)?.is_dir() {
            below(&path, &name, depth + 1, seen, out)?;
        } else {
            out.push(name);
        }
    }
    Ok(())
}
