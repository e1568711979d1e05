//! Reads one file's bytes into evidence: out of their envelopes, recognised, parsed.

use crate::attestation;
use crate::format::{Content, Format, Parsed};
use crate::input::{self, Input, Limits};
use crate::measurements::extract::{self, Extract};
use crate::record::{self, Reported};
use crate::recording;
use crate::registry::Formats;
use crate::scan::json::without_lone_surrogates;
use gatekeeper_evidence::error::{ErrorCode, ParseError};
use gatekeeper_evidence::hash::sha256_hex;
use gatekeeper_evidence::{Data, Evidence, Note, Recording, Source};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// How a file is to be read.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// The limits.
    pub limits: Limits,
    /// The format that it must be of; otherwise it is recognised by its content.
    pub format: Option<&'static Format>,
    /// The exit status of the command that wrote it, where it is known from elsewhere.
    pub exit_status: Option<i32>,
    /// Leaves out holding SBOMs against their schema: `valid` is then not known.
    pub skip_validation: bool,
    /// What to take out of it, whatever its format: it is then measurements of the policy's own.
    pub extract: Option<Arc<[Extract]>>,
    /// Reports that recorded commands wrote: one of these has its command's exit status.
    pub recorded: Arc<Reported>,
}

/// Reads one file's bytes into evidence.
///
/// # Errors
/// A located [`ParseError`] where the content is empty, of no known format, broken, cut off, or says that its tool failed.
pub fn read(formats: &Formats, name: &str, raw: &[u8], options: &ReadOptions) -> Result<Evidence, ParseError> {
    let fail = |e: ParseError| e.finish(name, options.format.map_or("", |f| f.id), Some(raw));
    let known = (!options.recorded.is_empty()).then(|| sha256_hex(raw));
    let writer = known.as_ref().and_then(|sha| options.recorded.writer(name, sha));
    if let Some(writer) = writer
        && options.format.is_none()
        && options.extract.is_none()
        && let Some(mut parsed) = recording::silent(&writer.tool, raw, None)
    {
        signalled(&mut parsed, writer.signal);
        let size = u64::try_from(raw.len()).unwrap_or(u64::MAX);
        let source = Source {
            path: name.to_owned(),
            format: recording::FORMAT.id,
            sha256: sha256_hex(raw),
            size,
            tool: parsed.tool,
            exit_status: Some(writer.exit_status),
            recorded_in: Some(writer.recording.clone()),
            ..Source::default()
        };
        return Ok(Evidence { source, complete: parsed.complete, notes: parsed.notes, data: parsed.data });
    }
    // Only a file whose name says what its emptiness means may be empty.
    let may_be_empty = formats.of_empty(name).is_some_and(|f| options.format.is_none_or(|given| given.id == f.id));
    if raw.is_empty() && !may_be_empty {
        return Err(fail(ParseError::new(ErrorCode::Empty, "an empty file says nothing")));
    }
    let size = u64::try_from(raw.len()).unwrap_or(u64::MAX);
    if size > options.limits.file_bytes {
        return Err(fail(ParseError::limit(format!(
            "{size} bytes, above the limit of {} (raise it with --max-bytes)",
            options.limits.file_bytes
        ))));
    }
    let (sha256, parsed) = rayon::join(
        || known.clone().unwrap_or_else(|| sha256_hex(raw)),
        || read_content(formats, name, raw, options, writer.map(|w| w.exit_status)),
    );
    let Read { format, mut parsed, exit_status, record } = parsed?;
    if let Some(writer) = writer {
        signalled(&mut parsed, writer.signal);
        parsed.tool.get_or_insert_with(|| writer.tool.clone());
    }
    Ok(Evidence {
        source: Source {
            path: name.to_owned(),
            format: format.id,
            sha256,
            size,
            tool: parsed.tool,
            exit_status,
            commits: parsed.commits,
            modified: parsed.created,
            record: record.map(Box::new),
            recorded_in: writer.map(|w| w.recording.clone()),
            ..Source::default()
        },
        complete: parsed.complete,
        notes: parsed.notes,
        data: parsed.data,
    })
}

/// What a command that a signal ended wrote is not all that it would have written.
fn signalled(parsed: &mut Parsed, signal: Option<i32>) {
    if let Some(signal) = signal {
        parsed.complete = Some(false);
        parsed.notes.push(Note::new(format!("the recorded command was ended by signal {signal}")));
    }
}

/// A content that was read.
struct Read {
    format: &'static Format,
    parsed: Parsed,
    exit_status: Option<i32>,
    record: Option<Recording>,
}

fn read_content(
    formats: &Formats,
    name: &str,
    raw: &[u8],
    options: &ReadOptions,
    writer: Option<i32>,
) -> Result<Read, ParseError> {
    // What a recording is wrapped in is told by its first words.
    let wrapped = if record::is_one(raw) { recording::FORMAT.id } else { "" };
    let opened = input::open(raw, &options.limits)
        .map_err(|e| e.finish(name, options.format.map_or(wrapped, |f| f.id), Some(raw)))?;
    // A document inside an attestation is read as if it stood alone.
    let itself = options.extract.is_some() || options.format.is_some_and(|f| f.id == "in-toto");
    let attested = if itself { None } else { attestation::open(&opened.bytes) };
    let bytes: &[u8] = attested.as_ref().map_or(&opened.bytes, |a| &a.document);
    let tool = opened.record.as_ref().map(|r| r.tool.as_str());
    let given = options.extract.as_ref().map(|_| &extract::FORMAT).or(options.format);
    let recorded = opened.record.as_ref().map(|r| r.exit_status.unwrap_or(-1));
    let exit_status = recorded.or(options.exit_status).or(writer);
    if let Some(header) = &opened.record
        && let Some((format, parsed)) = of_recording(formats, name, bytes, header, given)?
    {
        return Ok(Read {
            format,
            parsed: finish_recording(parsed, header),
            exit_status,
            record: Some(header.recording()),
        });
    }
    let format = match given.or_else(|| formats.of_empty(name).filter(|_| bytes.is_empty())) {
        Some(format) => format,
        None => formats.detect(name, bytes, tool).map_err(|e| e.finish(name, "", Some(bytes)))?,
    };
    let input = Input { name, bytes, limits: &options.limits, exit_status, validate: !options.skip_validation };
    let lines = (format.content != Content::Binary).then_some(bytes);
    // Blanks alone say nothing either; a recording of silence does, where its tool is silent when all is well.
    let answered = opened.record.is_some() && format.recorded_as.is_some()
        || bytes.is_empty() && formats.of_empty(name).is_some_and(|f| f.id == format.id);
    if bytes.trim_ascii().is_empty() && !answered {
        return Err(ParseError::new(ErrorCode::Empty, "an empty file says nothing").finish(name, format.id, None));
    }
    let read = match &options.extract {
        Some(extracts) => extract::parse(&input, extracts),
        None => parse(format, &input),
    };
    let mut parsed = read.map_err(|e| e.finish(name, format.id, lines))?;
    for note in &mut parsed.notes {
        if let (Some(location), Some(bytes)) = (&mut note.location, lines) {
            location.resolve(bytes);
        }
    }
    if let Data::Tests(run) = &parsed.data {
        let listed = run.suites.iter().map(|s| s.cases.len().saturating_add(1)).fold(0, usize::saturating_add);
        options.limits.has_room_for(listed).map_err(|e| e.finish(name, format.id, None))?;
    }
    let room = match &parsed.data {
        Data::Findings(findings) => options.limits.has_room_for_findings(findings.items.len()),
        Data::Coverage(coverage) => options.limits.has_room_for_sources(coverage.files.len()),
        _ => Ok(()),
    };
    room.map_err(|e| e.finish(name, format.id, None))?;
    // What was left out is told wherever the file is.
    if let Data::Findings(findings) = &parsed.data {
        let words = findings.gaps.iter().map(|g| &g.words).filter(|w| !parsed.notes.iter().any(|n| n.message == **w));
        let told: Vec<Note> = words.take(20).map(|w| Note::new(w.clone())).collect();
        parsed.notes.extend(told);
    }
    if let Some(attested) = &attested {
        parsed.notes.insert(0, Note::new(attested.note()));
        if let Data::Inventory(inventory) = &mut parsed.data {
            attested.name(inventory);
        }
    }
    if opened.gzip {
        parsed.notes.push(Note::new("unpacked from gzip"));
    }
    let record = opened.record.as_ref().map(record::Header::recording);
    if let Some(header) = &opened.record {
        parsed = finish_recording(parsed, header);
    }
    Ok(Read { format, parsed, exit_status, record })
}

/// What a recording adds to what was printed.
fn finish_recording(mut parsed: Parsed, header: &record::Header) -> Parsed {
    signalled(&mut parsed, header.signal);
    parsed.created = parsed.created.or_else(|| header.ended.parse::<jiff::Timestamp>().ok().map(|t| t.as_second()));
    parsed.tool.get_or_insert_with(|| header.tool.clone());
    parsed
}

/// What a recording says whose output no format claims by the tool's name, and that is silence or of no format; `None` where its output is to be
/// read like any other.
fn of_recording(
    formats: &Formats,
    name: &str,
    bytes: &[u8],
    header: &record::Header,
    given: Option<&'static Format>,
) -> Result<Option<(&'static Format, Parsed)>, ParseError> {
    let alone = || Some((&recording::FORMAT, recording::command_alone(header)));
    if given.is_some_and(|f| f.id == recording::FORMAT.id) {
        return Ok(alone());
    }
    let reader = formats.iter().find(|f| f.recorded_as == Some(header.tool.as_str()));
    // mix calls tasks as rebar3 does, and prints something else: nothing of it is read but its exit status.
    if given.is_none() && reader.is_some_and(|f| f.producers.contains(&"rebar3")) && header.program() == "mix" {
        return Ok(alone());
    }
    if given.is_some() || reader.is_some() {
        return Ok(None);
    }
    if let Some(parsed) = recording::silent(&header.tool, bytes, Some(&header.command)) {
        return Ok(Some((&recording::FORMAT, parsed)));
    }
    // What it printed is not its report where it wrote one.
    if !header.reports.is_empty() || bytes.trim_ascii().is_empty() {
        return Ok(alone());
    }
    match formats.detect(name, bytes, None) {
        Err(e) if e.code() == ErrorCode::Unrecognised => Ok(alone()),
        Err(e) => Err(e.finish(name, "", Some(bytes))),
        Ok(_) => Ok(None),
    }
}

/// Parses content. Formats may come from outside: one that panics has read nothing.
fn parse(format: &Format, input: &Input<'_>) -> Result<Parsed, ParseError> {
    catch_unwind(AssertUnwindSafe(|| parse_leniently(format, input)))
        .unwrap_or_else(|_| Err(ParseError::new(ErrorCode::Internal, "its format panicked: please report this")))
}

/// Reads content; where that fails and halves of surrogate pairs stand in its JSON texts, once more without them.
fn parse_leniently(format: &Format, input: &Input<'_>) -> Result<Parsed, ParseError> {
    let error = match (format.parse)(input) {
        Ok(parsed) => return Ok(parsed),
        Err(error) => error,
    };
    let is_json = matches!(input.bytes.trim_ascii_start().first(), Some(b'{' | b'['));
    let mended = (is_json && error.code() == ErrorCode::Malformed).then(|| without_lone_surrogates(input.bytes));
    let Some(mended) = mended.flatten() else { return Err(error) };
    let mut parsed = (format.parse)(&Input { bytes: &mended, ..*input })?;
    parsed.notes.push(Note::new("half of a surrogate pair in a text, read as U+FFFD"));
    Ok(parsed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_mix_prints_is_not_taken_for_a_task_of_rebar3() {
        let of = |program: &str| {
            let text = format!(
                r#"{{"gatekeeper-record":1,"tool":"compile","command":["{program}","compile"],"exit_status":0,"started":"","ended":"","bytes":0,"sha256":""}}"#
            );
            let header: record::Header = serde_json::from_str(&text).unwrap();
            let read =
                of_recording(&Formats::default(), "compile.record", b"Generated a app\n", &header, None).unwrap();
            read.map(|(format, _)| format.id)
        };
        let command = Some(recording::FORMAT.id);
        assert_eq!([of("mix"), of("/usr/bin/mix"), of("rebar3"), of("./rebar3")], [command, command, None, None]);
    }

    #[test]
    fn more_suites_and_cases_than_the_limit_are_refused_whatever_lists_them() {
        let case = r#"{"title":"x","fullTitle":"x","duration":1,"err":{}}"#;
        let mocha = format!(
            r#"{{"stats":{{"suites":1,"tests":3,"passes":3,"pending":0,"failures":0}},"tests":[{case},{case},{case}],"pending":[],"failures":[],"passes":[{case},{case},{case}]}}"#
        );
        let cases = r#"<testcase name="x"/>"#.repeat(3);
        for (name, text) in [
            ("cases.xml", format!(r#"<testsuite name="s">{cases}</testsuite>"#)),
            ("suites.xml", format!("<testsuites>{}</testsuites>", "<testsuite/>".repeat(3))),
            ("a.tap", "TAP version 13\n1..4\n".to_owned() + &"ok\n".repeat(4)),
            ("mocha.json", mocha),
        ] {
            let of = |items: usize| {
                let limits = Limits { items, ..Limits::default() };
                read(&Formats::default(), name, text.as_bytes(), &ReadOptions { limits, ..ReadOptions::default() })
            };
            of(5).unwrap_or_else(|e| panic!("{name}: {e}"));
            let error = of(3).map(drop).unwrap_err();
            assert_eq!(error.code(), ErrorCode::LimitExceeded, "{name}: {error}");
            assert!(error.line().contains("lists more than 3 suites and cases"), "{}", error.line());
        }
    }

    #[test]
    fn runs_of_nothing_take_no_memory_without_bound() {
        let log = format!(r#"{{"version":"2.1.0","runs":[{{}}{}]}}"#, ",{}".repeat(400_000));
        let error =
            read(&Formats::default(), "a.sarif", log.as_bytes(), &ReadOptions::default()).map(drop).unwrap_err();
        assert!(error.line().contains("a file of this size holds fewer"), "{}", error.line());
    }
}
