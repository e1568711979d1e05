//! What a single file is and says: recognised, read, summed up.

use crate::error::{ErrorCode, ParseError};
use crate::evidence::{Data, Evidence, Kind, Note, Ratio, Source};
use crate::format::{self, Format};
use crate::input::{self, Input, Limits};
use crate::record;
use crate::scan::json::without_lone_surrogates;
use serde::Serialize;
use serde_json::{Map, Value, json};

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
}

/// Reads one file's bytes into evidence.
///
/// # Errors
/// A located [`ParseError`] where the content is empty, of no known format, broken, cut off, or says that its tool failed.
pub fn read(name: &str, raw: &[u8], options: &ReadOptions) -> Result<Evidence, ParseError> {
    let fail = |e: ParseError| e.finish(name, options.format.map_or("", |f| f.id), Some(raw));
    // Only a file whose name says what its emptiness means may be empty.
    let may_be_empty = format::of_empty(name).is_some_and(|f| options.format.is_none_or(|given| given.id == f.id));
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
    let (sha256, parsed) = rayon::join(|| record::sha256_hex(raw), || read_content(name, raw, options));
    let (format, parsed, exit_status) = parsed?;
    Ok(Evidence {
        source: Source {
            path: name.to_owned(),
            format: format.id,
            sha256,
            size,
            tool: parsed.tool,
            exit_status,
            modified: parsed.created,
            ..Source::default()
        },
        complete: parsed.complete,
        notes: parsed.notes,
        data: parsed.data,
    })
}

fn read_content(
    name: &str,
    raw: &[u8],
    options: &ReadOptions,
) -> Result<(&'static Format, format::Parsed, Option<i32>), ParseError> {
    let opened = input::open(raw, &options.limits)
        .map_err(|e| e.finish(name, options.format.map_or("", |f| f.id), Some(raw)))?;
    let bytes: &[u8] = &opened.bytes;
    let tool = opened.record.as_ref().map(|r| r.tool.as_str());
    let format = match options.format.or_else(|| format::of_empty(name).filter(|_| bytes.is_empty())) {
        Some(format) => format,
        None => format::detect(name, bytes, tool).map_err(|e| e.finish(name, "", Some(bytes)))?,
    };
    let recorded = opened.record.as_ref().map(|r| r.exit_status.unwrap_or(-1));
    let exit_status = recorded.or(options.exit_status);
    let input = Input { name, bytes, limits: &options.limits, exit_status, validate: !options.skip_validation };
    let lines = (!format.binary).then_some(bytes);
    // Blanks alone say nothing either; a recording of silence does, where its tool is silent when all is well.
    let answered = opened.record.is_some() && format.recorded_as.is_some()
        || bytes.is_empty() && format::of_empty(name).is_some_and(|f| f.id == format.id);
    if bytes.trim_ascii().is_empty() && !answered {
        return Err(ParseError::new(ErrorCode::Empty, "an empty file says nothing").finish(name, format.id, None));
    }
    let mut parsed = parse(format, &input).map_err(|e| e.finish(name, format.id, lines))?;
    for note in &mut parsed.notes {
        if let (Some(location), Some(bytes)) = (&mut note.location, lines) {
            location.resolve(bytes);
        }
    }
    if opened.gzip {
        parsed.notes.push(Note::new("unpacked from gzip"));
    }
    if let Some(record) = &opened.record {
        if let Some(signal) = record.signal {
            parsed.complete = Some(false);
            parsed.notes.push(Note::new(format!("the recorded command was ended by signal {signal}")));
        }
        parsed.created = parsed.created.or_else(|| record.ended.parse::<jiff::Timestamp>().ok().map(|t| t.as_second()));
        parsed.tool.get_or_insert_with(|| record.tool.clone());
    }
    Ok((format, parsed, exit_status))
}

/// Reads content; where that fails and halves of surrogate pairs stand in its JSON texts, once more without them.
fn parse(format: &Format, input: &Input<'_>) -> Result<format::Parsed, ParseError> {
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

/// What `inspect` answers for one file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Inspection {
    /// The file as it was named.
    pub file: String,
    /// The format's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<&'static str>,
    /// What it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// The figures; their fields depend on the kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<Value>,
    /// The tool that wrote it, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// SHA-256 of the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Size, bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Tolerated oddities.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// Why it could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorDocument>,
}

/// An error as documents show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErrorDocument {
    /// The stable code.
    pub code: ErrorCode,
    /// The whole message.
    pub message: String,
    /// The format, where one was recognised.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub format: &'static str,
    /// Where.
    pub location: crate::location::Location,
}

impl From<&ParseError> for ErrorDocument {
    fn from(e: &ParseError) -> Self {
        ErrorDocument { code: e.code(), message: e.to_string(), format: e.format(), location: e.location().clone() }
    }
}

/// Sums up what reading one file gave.
pub fn inspection(name: &str, result: &Result<Evidence, ParseError>) -> Inspection {
    match result {
        Ok(e) => Inspection {
            file: name.to_owned(),
            format: Some(e.source.format),
            kind: Some(e.kind()),
            summary: Some(summary(e)),
            tool: e.source.tool.clone(),
            sha256: Some(e.source.sha256.clone()),
            size: Some(e.source.size),
            notes: e.notes.clone(),
            error: None,
        },
        Err(e) => Inspection {
            file: name.to_owned(),
            format: None,
            kind: None,
            summary: None,
            tool: None,
            sha256: None,
            size: None,
            notes: Vec::new(),
            error: Some(ErrorDocument::from(e)),
        },
    }
}

/// The figures of one piece of evidence.
pub fn summary(e: &Evidence) -> Value {
    let mut out = Map::new();
    let mut put = |key: &str, value: Value| {
        out.insert(key.to_owned(), value);
    };
    match &e.data {
        Data::Coverage(c) => {
            let f = c.figures();
            let ratio = |r: Option<Ratio>| r.map_or(Value::Null, |r| json!(r));
            let stated_only = c.percent.is_some();
            put("lines", if stated_only { Value::Null } else { ratio(f.lines) });
            put("branches", ratio(f.branches));
            put("functions", ratio(f.functions));
            put("statements", ratio(f.statements));
            let files = match &c.percent {
                Some(p) => p.files.len().max(c.files.len()),
                None => c.files.len(),
            };
            put("files", json!(files));
            if let Some(p) = &c.percent {
                put("percent", json!({ "lines": number(&p.total) }));
            }
            if !c.not_counted.is_empty() {
                put("not_counted", json!(c.not_counted.len()));
            }
        }
        Data::Tests(t) => {
            let n = t.counts();
            put("total", json!(n.total()));
            put("passed", json!(n.passed));
            put("failed", json!(n.failed));
            put("errored", json!(n.errored));
            put("skipped", json!(n.skipped));
            put("flaky", json!(n.flaky));
            // Nanoseconds are beyond what any tool measures; without rounding, sums show binary noise.
            put("duration_s", json!((t.duration() * 1e9).round() / 1e9));
            if !t.problems.is_empty() {
                put("problems", json!(t.problems));
            }
        }
        Data::Findings(f) => {
            put("total", json!(f.active().count()));
            put("by_severity", json!(f.by_severity()));
            put("suppressed", json!(f.items.len() - f.active().count()));
            put("tools", json!(f.tools));
        }
        Data::Inventory(i) => {
            put("components", json!(i.components.len()));
            put("licensed", json!(i.components.iter().filter(|c| c.is_licensed()).count()));
            if i.spec.is_some() {
                put("spec", json!(i.spec));
                put("spec_version", json!(i.spec_version));
                put("valid", json!(i.valid));
                if !i.problems.is_empty() {
                    put("problems", json!(i.problems));
                }
            }
        }
        Data::Measurements(m) => {
            put("series", json!(m.series.len()));
            put("samples", json!(m.series.iter().map(|s| s.samples.len()).sum::<usize>()));
        }
        Data::Vex(v) => {
            let mut by = std::collections::BTreeMap::new();
            for s in &v.statements {
                *by.entry(s.status.as_str()).or_insert(0_u64) += 1;
            }
            put("statements", json!(v.statements.len()));
            put("by_status", json!(by));
        }
    }
    put("complete", json!(e.complete));
    Value::Object(out)
}

/// A percentage as printed, as a JSON number: whole ones without a fraction.
fn number(text: &str) -> Value {
    text.parse::<u64>().map(Value::from).or_else(|_| text.parse::<f64>().map(Value::from)).unwrap_or(Value::Null)
}
