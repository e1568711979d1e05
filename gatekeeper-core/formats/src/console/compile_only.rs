//! Whether a log holds nothing but what compiling prints: rebar3's own steps, diagnostics, and what git, make and C compilers say.
//!
//! Many tools compile first. Of their logs no compile log may be made, as it would say less than they do: what is not known to belong to
//! compiling keeps a log from being one.

use super::common::{Reader, is_crash, is_failure, located, step};
use crate::format::Head;

/// What rebar3 says while it fetches and compiles.
fn is_compile_step(text: &[u8]) -> bool {
    const STEPS: &[&[u8]] = &[
        b"Verifying dependencies",
        b"Analyzing applications",
        b"Compiling ",
        b"Fetching ",
        b"Upgrading ",
        b"Downloading ",
        b"Updating rebar registry",
        b"Updating package registry",
        b"Dependency ",
        b"App ",
        b"Getting log of git ",
        b"Failed to restore ",
        b"Linking ",
        b"Linked ",
        b"Unlocking ",
        b"Skipping ",
        b"Warning: ",
        b"Plugin ",
        b"Rebar3 detected a lock file ",
        b"Expanded plugin",
        b"Behaviour ",
    ];
    text.trim_ascii().is_empty() || STEPS.iter().any(|s| text.starts_with(s)) || is_failure(text)
}

/// Whether a line that is not rebar3's own belongs to compiling: a diagnostic, its source, its box, or what git, make and a C compiler say.
fn is_compile_line(text: &[u8]) -> bool {
    const STARTS: &[&[u8]] = &[
        b" ",
        b"\t",
        b"\xE2",
        b"\\x{25",
        b"%",
        b"make",
        b"cc ",
        b"c++ ",
        b"gcc ",
        b"g++ ",
        b"clang",
        b"ar ",
        b"ranlib",
        b"mkdir ",
        b"In file included",
        b"Cloning into",
        b"remote: ",
        b"From ",
        b"HEAD is now",
        b"Receiving ",
        b"Resolving ",
        b"Unpacking ",
        b"Note: ",
        b"hint: ",
    ];
    text.trim_ascii().is_empty() || STARTS.iter().any(|s| text.starts_with(s)) || is_crash(text) || is_diagnostic(text)
}

/// `src/a.erl:12:5: text`, `src/a.erl: text`, and the same of C sources.
fn is_diagnostic(text: &[u8]) -> bool {
    const ENDS: &[&[u8]] = &[
        b".erl", b".hrl", b".yrl", b".xrl", b".mib", b".src", b".asn1", b".core", b".S", b".config", b".proto",
        b".app", b".script",
    ];
    const OF_C: &[&[u8]] = &[b".c", b".h", b".cc", b".cpp", b".hpp"];
    let (path, rest) = match located(text) {
        Some(l) => (l.path, l.rest),
        None => {
            let Some(at) = memchr::memmem::find(text, b": ") else { return false };
            (text.get(..at).unwrap_or_default(), text.get(at + 2..).unwrap_or_default())
        }
    };
    // Anything but a warning is an error, and then a file failed; without one it is another tool's finding.
    let own = ENDS.iter().any(|e| path.ends_with(e)) && (rest.is_empty() || rest.starts_with(b"Warning: "));
    (own || OF_C.iter().any(|e| path.ends_with(e))) && path.iter().all(|b| *b != b' ')
}

/// Whether a log holds nothing but what compiling prints. A log of mix, of hank, of a linter or of a container that compiled first does not.
pub(super) fn compiles_only(head: &Head<'_>) -> bool {
    let mut rows = Reader::new(head.all());
    while let Some(row) = rows.next() {
        let fits = match step(row.text) {
            Some(text) => is_compile_step(text),
            None => is_compile_line(row.text),
        };
        if !fits {
            return false;
        }
    }
    true
}
