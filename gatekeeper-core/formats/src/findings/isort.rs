//! `isort --check-only` (<https://pycqa.github.io/isort/>): `ERROR: PATH Imports are incorrectly sorted and/or formatted.` per file. One finding is one file. The word ERROR is
//! that of every complaint, so it is no severity. A clean isort prints nothing: completeness is not known without the exit status (0, 1).

use super::common::{foreign, message, note, parsed, place};
use super::text;
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::findings::{Category, Finding};

pub(super) static FORMAT: Format = Format {
    id: "isort",
    title: "isort --check-only console output",
    kind: Kind::Findings,
    extensions: &["log", "txt"],
    places: &["isort.log", "isort.txt"],
    spec: "isort --check-only, https://pycqa.github.io/isort/",
    producers: &["isort"],
    recorded_as: Some("isort"),
    content: Content::Text,
    sniff,
    parse,
};

const COMPLAINT: &str = " Imports are incorrectly sorted";

fn sniff(head: &Head<'_>) -> Confidence {
    let own =
        head.printed().any(|l| l.starts_with(b"ERROR: ") && memchr::memmem::find(l, COMPLAINT.as_bytes()).is_some());
    Confidence::when(own, Confidence::Certain)
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let (mut notes, mut items, mut broken, mut other) = (Vec::new(), Vec::new(), false, 0_usize);
    text::lines(input, |_, line| {
        input.limits.has_room_for_findings(items.len())?;
        if let Some((path, _)) = line.strip_prefix("ERROR: ").and_then(|l| l.split_once(COMPLAINT)) {
            items.push(Finding {
                rule: "isort".into(),
                message: "imports are incorrectly sorted or formatted".into(),
                category: Category::Code,
                place: place(path, None, None),
                ..Finding::default()
            });
        } else if line.starts_with("Broken ")
            || line.contains("Unable to parse file")
            || line.contains("unable to parse")
        {
            broken = true;
            note(&mut notes, message(line));
        } else if !(line.is_empty() || (line.starts_with("Skipped ") && line.contains(" file"))) {
            other += 1;
        }
        Ok(())
    })?;
    // A diff (`--diff`) stands between complaints; alone it is no output of a check.
    if items.is_empty() && !broken && other > 0 {
        return Err(foreign("complaints of isort (`ERROR: PATH Imports are incorrectly sorted`)"));
    }
    let complete = text::settle(input, items.len(), broken.then_some(false), &[1], &mut notes)?;
    Ok(parsed(items, complete, "isort", notes))
}
