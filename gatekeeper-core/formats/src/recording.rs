//! What a recording says where no format claims its tool's output.
//!
//! What is printed is read in the format that claims the tool's name, else in the one that it is recognised as. Where it is of no format, it is how
//! the command ended that counts, and nothing else ([`FORMAT`]); of tools that are silent, or print an empty list, where they find nothing, that
//! silence is their answer ([`silent`]).

use crate::format::{Confidence, Content, Format, Parsed};
use crate::record::Header;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::findings::Findings;
use gatekeeper_evidence::{Data, Kind};

/// A recorded command whose output is no report: only how it ended is known.
pub static FORMAT: Format = Format {
    id: "recording",
    title: "recorded command, judged by how it ended (gatekeeper record)",
    kind: Kind::Command,
    extensions: &["record"],
    places: &["gatekeeper-records/*.record", ".gatekeeper/records/*.record"],
    spec: "gatekeeper record, this program",
    producers: &["gatekeeper"],
    recorded_as: None,
    content: Content::Text,
    sniff: |_| Confidence::No,
    parse: |_| Err(ParseError::malformed("a recording that `gatekeeper record` made").at(0)),
};

/// What a recording says where nothing that was printed is a report.
pub(crate) fn command_alone(header: &Header) -> Parsed {
    Parsed { tool: Some(header.tool.clone()), ..Parsed::new(Data::Command(header.recording()), Some(true)) }
}

/// Linters that print nothing, or an empty list, where they find nothing, and exit with another status than 0 where they do: of these, silence
/// with the status 0 is an answer. What writes its findings to a file and ends with 0 whatever it finds (scanners) is none of them.
const SILENT: [&str; 26] = [
    "actionlint",
    "ansible-lint",
    "black",
    "buildifier",
    "eslint",
    "flake8",
    "gitleaks",
    "gofmt",
    "golangci-lint",
    "hadolint",
    "isort",
    "ktlint",
    "markdownlint",
    "oxlint",
    "prettier",
    "pycodestyle",
    "pyflakes",
    "ruff",
    "shellcheck",
    "shfmt",
    "standard",
    "staticcheck",
    "stylelint",
    "tsc",
    "yamllint",
    "yarn-audit",
];

/// A tool's name without what people write differently.
fn plain(tool: &str) -> String {
    tool.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// Whether an argument sends a tool's findings elsewhere: then silence says nothing.
fn elsewhere(command: &[String]) -> bool {
    command.iter().skip(1).any(|a| {
        let flag = a.split('=').next().unwrap_or_default();
        ["-o", "-w"].contains(&flag)
            || ["--out", "--report-path", "--report-file", "--quiet-stdout"].iter().any(|f| flag.starts_with(f))
            || a.contains('>')
    })
}

/// What a tool says with no word, or with an empty list: that it found nothing, where it is known to say so like this. `printed` is the command, where
/// this is what it printed, and not a report that it wrote.
pub(crate) fn silent(tool: &str, bytes: &[u8], printed: Option<&[String]>) -> Option<Parsed> {
    let bare: Vec<u8> = bytes.iter().copied().filter(|b| !b.is_ascii_whitespace()).take(8).collect();
    let says_nothing = match bare.as_slice() {
        b"" => !printed.is_some_and(elsewhere),
        b"[]" | b"{}" | b"null" => true,
        _ => false,
    };
    if !says_nothing || !SILENT.iter().any(|known| plain(known) == plain(tool)) {
        return None;
    }
    let findings = Findings { tools: vec![tool.to_owned()], ..Findings::default() };
    Some(Parsed { tool: Some(tool.to_owned()), ..Parsed::new(Data::Findings(findings), Some(true)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn silence_is_an_answer_of_those_that_are_silent() {
        let printed = |tool: &str, bytes: &[u8], command: &str| silent(tool, bytes, Some(&words(command))).is_some();
        assert!(printed("hadolint", b"", "hadolint Dockerfile"));
        assert!(printed("Ruff", b" []\n", "ruff check --output-format json"));
        assert!(printed("golangci_lint", b"null", "golangci-lint run"));
        assert!(!printed("ruff", b"[1]", "ruff check"), "something was said");
        assert!(!printed("trivy", b"", "trivy fs ."), "it ends with 0 whatever it finds");
        assert!(!printed("eslint", b"", "eslint -o out.json ."), "its findings are elsewhere");
        assert!(!printed("eslint", b"", "sh -c eslint>x"));
        assert!(printed("eslint", b"[]", "eslint -f json --output-file=x ."), "a list is an answer");
        assert!(silent("gitleaks", b"", None).is_some() && silent("trivy", b"[]", None).is_none());
    }
}
