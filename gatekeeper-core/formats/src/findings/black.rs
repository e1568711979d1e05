//! `black --check` (<https://black.readthedocs.io/en/stable/usage_and_configuration/the_basics.html>): `would reformat PATH` per file, then a summary (`All done! …` or `Oh no! …` and the
//! counts). One finding is one file; black states no severity. A file that black cannot parse (`error: cannot format PATH`, `error: cannot parse: PATH:LINE:COLUMN`) is a finding of its own
//! word, and the run is not complete. Without the summary the output is refused, unless the recorded exit status (0, 1) stands for it.

use super::common::{message, note, parsed, place};
use super::text;
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::Kind;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::findings::{Category, Finding, Severity};

pub(super) static FORMAT: Format = Format {
    id: "black",
    title: "black --check console output",
    kind: Kind::Findings,
    extensions: &["log", "txt"],
    places: &["black.log", "black.txt"],
    spec: "black --check, https://black.readthedocs.io",
    producers: &["black"],
    recorded_as: Some("black"),
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let (mut files, mut end) = (false, false);
    for line in head.printed() {
        let Ok(line) = std::str::from_utf8(line) else { continue };
        let line = line.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
        files |= line.starts_with("would reformat ")
            || line.starts_with("error: cannot format ")
            || line.starts_with("error: cannot parse: ");
        end |= is_end(line);
    }
    if end { Confidence::Certain } else { Confidence::when(files, Confidence::Likely) }
}

fn is_end(line: &str) -> bool {
    let counts = line.ends_with('.')
        && (line.contains(" would be reformatted")
            || line.contains(" would be left unchanged")
            || line.contains(" left unchanged")
            || line.contains(" to reformat"));
    line.starts_with("All done! ✨") || line.starts_with("Oh no! 💥") || (counts && line.contains(" file"))
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let (mut notes, mut items): (Vec<_>, Vec<Finding>) = (Vec::new(), Vec::new());
    let (mut end, mut complete, mut stated) = (false, true, None);
    text::lines(input, |number, line| {
        input.limits.has_room_for_findings(items.len())?;
        if line.starts_with("Usage: black") || line.starts_with("Error: Invalid value") {
            return Err(super::common::tool_failed(line).on_line(number));
        }
        if let Some(path) = line.strip_prefix("would reformat ").or_else(|| line.strip_prefix("reformatted ")) {
            items.push(Finding {
                rule: "black".into(),
                message: "would be reformatted".into(),
                category: Category::Code,
                place: place(path, None, None),
                ..Finding::default()
            });
        } else if let Some(rest) =
            line.strip_prefix("error: cannot format ").or_else(|| line.strip_prefix("error: cannot parse: "))
        {
            let (path, text) = rest.split_once(": ").unwrap_or((rest, "cannot be parsed"));
            // Newer versions name the place: `error: cannot parse: PATH:3:7`.
            let (path, line, column) =
                text::place_of(path).map_or((path, None, None), |(path, line, column)| (path, Some(line), column));
            complete = false;
            note(&mut notes, format!("not checked: {}", message(path)));
            items.push(Finding {
                rule: "cannot-format".into(),
                message: message(text),
                severity: Severity::High,
                severity_from: "level",
                category: Category::Code,
                place: place(path, line, column),
                ..Finding::default()
            });
        } else if line.starts_with("No Python files are present") || line.starts_with("No Path provided") {
            end = true;
            complete = false;
            note(&mut notes, "black found no file to check");
        } else if is_end(line) {
            end = true;
            // "1 file would fail to reformat", "1 file failed to reformat".
            complete &= !line.contains(" to reformat");
            if line.contains(" would be reformatted") {
                stated = Some(text::number(line).unwrap_or(u64::MAX));
            }
        }
        Ok(())
    })?;
    if !end && !matches!(input.exit_status, Some(0 | 1)) {
        return Err(ParseError::malformed("black's summary (`All done!` or `Oh no!` and the counts)")
            .at(input.bytes.len())
            .found_words("the end of the output"));
    }
    let files = items.iter().filter(|i| *i.rule == *"black").count();
    if stated.is_some_and(|n| usize::try_from(n) != Ok(files)) {
        complete = false;
        note(&mut notes, "the summary counts other than the lines do");
    }
    let complete = text::settle(input, items.len(), Some(complete), &[1], &mut notes)?;
    Ok(parsed(items, complete, "black", notes))
}
