//! The working tree for rules that hold its files to something, and the repository's history as evidence.

use super::bytes::read_rules;
use super::candidate::{Candidate, Content};
use super::walk::{Asked, Wanted, walk};
use crate::context::ReleaseFacts;
use crate::policy::Policy;
use crate::project::{ProjectFiles, stays_below};
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::checksums::Algorithm;
use gatekeeper_evidence::error::{ErrorCode, ParseError};
use gatekeeper_evidence::glob::Pattern;
use gatekeeper_formats::Formats;
use gatekeeper_formats::input::Limits;
use sha2::{Digest, Sha256, Sha512};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The name under which the repository's log stands among the evidence.
pub(crate) const LOG: &str = "(git log)";

/// A working tree.
#[derive(Debug)]
pub(crate) struct Root {
    folder: PathBuf,
    /// The same without links in it, for telling what leads out.
    real: Option<PathBuf>,
    limits: Limits,
}

impl Root {
    pub(crate) fn new(folder: &Path, limits: &Limits) -> Self {
        Root { folder: folder.to_owned(), real: fs::canonicalize(folder).ok(), limits: limits.clone() }
    }

    /// Where a plain file of this name is; `None` where there is none.
    fn place(&self, path: &str) -> Result<Option<PathBuf>, String> {
        if !stays_below(path) {
            return Err("the name leads out of the project".to_owned());
        }
        let whole = self.folder.join(path);
        let Ok(real) = fs::canonicalize(&whole) else {
            // A link that leads nowhere is there, and is no file.
            return if whole.symlink_metadata().is_ok() {
                Err("it is a link that leads nowhere".to_owned())
            } else {
                Ok(None)
            };
        };
        if !self.real.as_ref().is_some_and(|root| real.starts_with(root)) {
            return Err("it is a link that leads out of the project".to_owned());
        }
        match fs::metadata(&real) {
            Ok(meta) if meta.is_file() => Ok(Some(real)),
            Ok(_) => Err("it is no plain file".to_owned()),
            Err(e) => Err(format!("it cannot be read: {e}")),
        }
    }
}

impl ProjectFiles for Root {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        match self.place(path)? {
            Some(place) => read_rules(&place, &self.limits).map(Some).map_err(|e| e.words()),
            None => Ok(None),
        }
    }

    fn sums(&self, path: &str, algorithms: &[Algorithm]) -> Result<Option<Vec<String>>, String> {
        let Some(place) = self.place(path)? else { return Ok(None) };
        let cannot = |e: std::io::Error| format!("it cannot be read: {e}");
        let mut file = fs::File::open(place).map_err(cannot)?;
        let (mut short, mut long) = (Sha256::new(), Sha512::new());
        let wants = |a| algorithms.contains(&a);
        let mut piece = vec![0_u8; 1 << 18];
        loop {
            let n = match file.read(&mut piece) {
                Ok(0) => break,
                Ok(n) => n,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(cannot(e)),
            };
            let bytes = piece.get(..n).unwrap_or_default();
            if wants(Algorithm::Sha256) {
                short.update(bytes);
            }
            if wants(Algorithm::Sha512) {
                long.update(bytes);
            }
        }
        let (short, long) = (hex(&short.finalize()), hex(&long.finalize()));
        let of = |a: &Algorithm| match a {
            Algorithm::Sha256 => short.clone(),
            Algorithm::Sha512 => long.clone(),
        };
        Ok(Some(algorithms.iter().map(of).collect()))
    }

    fn modified(&self, path: &str) -> Option<i64> {
        super::walk::modified(&self.place(path).ok()??)
    }

    fn matching(&self, patterns: &[&Pattern]) -> Result<Vec<String>, String> {
        let walked = walk(&self.folder, patterns, Wanted::Files, Asked::ByName);
        match walked.unseen.first() {
            Some((path, error)) => Err(format!("{path}: {}", error.words())),
            None => Ok(walked.found.into_iter().map(|f| f.path).collect()),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// The repository's history as evidence, where a gate judges commits.
pub(crate) fn repository(policy: &Policy, formats: &Formats, facts: &ReleaseFacts) -> Option<Candidate> {
    let repository = facts.repository.as_ref()?;
    policy.gates.iter().find(|g| g.enabled && g.rule.kind() == Some(Kind::Commits))?;
    let content = match &repository.problem {
        Some(problem) => Content::Nowhere(ParseError::new(ErrorCode::Io, problem.clone())),
        None => Content::Bytes(repository.log.clone()),
    };
    let format = formats.by_id("git-log");
    Some(Candidate { format, place_of: format, ..Candidate::new(LOG.to_owned(), content) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_summed_and_found_below_the_root_alone() {
        let outer = std::env::temp_dir().join(format!("gatekeeper-root-{}", std::process::id()));
        let folder = outer.join("root");
        fs::create_dir_all(folder.join("d")).unwrap();
        fs::write(outer.join("secret"), "s").unwrap();
        fs::write(folder.join("d/a"), "one\n").unwrap();
        let root = Root::new(&folder, &Limits::default());
        assert_eq!(root.read("d/a").unwrap().as_deref(), Some(b"one\n".as_slice()));
        assert_eq!(root.read("d/b"), Ok(None));
        assert!(root.read("d").unwrap_err().contains("no plain file"));
        assert!(root.read("../secret").unwrap_err().contains("leads out"));
        let sums = root.sums("d/a", &[Algorithm::Sha512, Algorithm::Sha256]).unwrap().unwrap();
        assert_eq!(sums[1], "2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806");
        assert_eq!(sums[0].len(), 128);
        assert_eq!(root.sums("x", &[Algorithm::Sha256]), Ok(None));
        let all = Pattern::new("**").unwrap();
        assert_eq!(root.matching(&[&all]), Ok(vec!["d/a".to_owned()]));
        #[cfg(unix)]
        {
            // A second name of a file is a name that somebody may have to vouch for.
            std::os::unix::fs::symlink("a", folder.join("d/b")).unwrap();
            assert_eq!(root.matching(&[&all]), Ok(vec!["d/a".to_owned(), "d/b".to_owned()]));
            std::os::unix::fs::symlink("../secret", folder.join("out")).unwrap();
            std::os::unix::fs::symlink("nowhere", folder.join("gone")).unwrap();
            assert!(root.read("out").unwrap_err().contains("leads out"));
            assert!(root.sums("out", &[Algorithm::Sha256]).unwrap_err().contains("leads out"));
            assert!(root.read("gone").unwrap_err().contains("leads nowhere"));
        }
        fs::remove_dir_all(&outer).unwrap();
    }
}
