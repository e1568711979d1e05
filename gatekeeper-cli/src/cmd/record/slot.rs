//! Where a recording is kept: a place of its own, so that none takes another's.

use crate::files::{remove_old, write_whole};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The folder of recordings that were given no other place.
const FOLDER: &str = "gatekeeper-records";
/// Most recordings of one tool in it.
const MOST: usize = 1_000;

/// A place that was taken.
pub(super) struct Claimed {
    pub(super) file: PathBuf,
    /// Earlier recordings of the same tool that stay.
    pub(super) beside: usize,
}

/// Takes a place by writing `begun` there: `output` where one was given, else the first of NAME.record, NAME-2.record, … that is free.
pub(super) fn claim(output: Option<&Path>, tool: &str, replace: bool, begun: &[u8]) -> io::Result<Claimed> {
    if let Some(file) = output {
        remove_old(file)?;
        // A device keeps nothing: what has begun need not be told there.
        if !file.exists() {
            write_whole(file, begun)?;
        }
        return Ok(Claimed { file: file.to_owned(), beside: 0 });
    }
    let folder = Path::new(FOLDER);
    fs::create_dir_all(folder)?;
    let name = |n: usize| match n {
        1 => folder.join(format!("{tool}.record")),
        n => folder.join(format!("{tool}-{n}.record")),
    };
    if replace {
        // Those of a tool that is named so (`eunit-2`) have its own first place beside them, and are of another.
        fs::remove_file(name(1)).or_else(not_there)?;
        for n in 2..=MOST {
            if fs::remove_file(name(n)).is_err() {
                break;
            }
        }
    }
    for n in 1..=MOST {
        let file = name(n);
        // Two recordings that begin at once take two places.
        match fs::OpenOptions::new().write(true).create_new(true).open(&file) {
            Ok(mut new) => {
                new.write_all(begun)?;
                return Ok(Claimed { file, beside: n - 1 });
            }
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(e),
        }
    }
    Err(io::Error::other(format!("{FOLDER} holds {MOST} recordings of it already: remove them, or use --replace")))
}

fn not_there(e: io::Error) -> io::Result<()> {
    if e.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(e) }
}
