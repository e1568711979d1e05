//! The tools: what each is called with, and what it does.

use super::answer::{Answer, shortened, verdict};
use crate::cmd::render;
use crate::front::{self, Reading, Refusal, Request};
use crate::git;
use gatekeeper_core::output::{Explanation, Style, explain, line};
use gatekeeper_core::proof::{compare, comparison};
use gatekeeper_core::{Engine, Verdict};
use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Characters of a path, a name or a word.
const WORD: usize = 4_096;

/// Paths of one call.
const PATHS: usize = 100;

/// Violations that are shown of each gate, where a call does not say how many; and the most that it may ask for.
const MOST: (usize, usize) = (20, 500);

/// What a tool does.
pub(super) type Call = fn(&Engine, &Path, JsonObject) -> Result<Answer, String>;

/// A tool: the command that describes it, and its arguments.
struct Entry {
    name: &'static str,
    /// What an assistant needs to know beside the command's own words.
    more: &'static str,
    arguments: &'static [Argument],
    call: Call,
}

/// An argument: its name, the command's argument whose help describes it (or its own words), and what it holds.
struct Argument {
    name: &'static str,
    from: From,
    of: Of,
    needed: bool,
}

enum From {
    Help(&'static str),
    Words(&'static str),
}

#[derive(Clone, Copy)]
enum Of {
    Path,
    Paths,
    Word,
    Words,
    Flag,
    Most,
    Format,
}

const fn argument(name: &'static str, help: &'static str, of: Of) -> Argument {
    Argument { name, from: From::Help(help), of, needed: false }
}

const GIVEN: Argument = argument("paths", "paths", Of::Paths);
const CONFIG: Argument = argument("config", "config", Of::Path);
const PROFILE: Argument = argument("profile", "profile", Of::Word);
const BASELINE: Argument = argument("baseline", "baseline", Of::Path);

static TOOLS: &[Entry] = &[
    Entry {
        name: "check",
        more: "Runs no tests: make the reports first. Pass and warn are good; fail names what falls short; unknown is not a pass.",
        arguments: &[
            GIVEN,
            CONFIG,
            PROFILE,
            BASELINE,
            argument("only", "only", Of::Words),
            argument("fail_on_warn", "fail_on_warn", Of::Flag),
            Argument {
                name: "most",
                from: From::Words("Violations to show of each gate; the others are counted"),
                of: Of::Most,
                needed: false,
            },
        ],
        call: check,
    },
    Entry {
        name: "explain",
        more: "",
        arguments: &[
            Argument { name: "gate", from: From::Help("gate"), of: Of::Word, needed: true },
            GIVEN,
            CONFIG,
            PROFILE,
            BASELINE,
        ],
        call: explained,
    },
    Entry {
        name: "inspect",
        more: "",
        arguments: &[
            Argument { name: "files", from: From::Help("files"), of: Of::Paths, needed: true },
            argument("read_as", "read_as", Of::Format),
        ],
        call: inspect,
    },
    Entry {
        name: "diff",
        more: "",
        arguments: &[
            Argument { name: "before", from: From::Help("before"), of: Of::Path, needed: true },
            Argument { name: "after", from: From::Help("after"), of: Of::Path, needed: true },
        ],
        call: diff,
    },
];

/// What a tool does, by its name.
pub(super) fn call(name: &str) -> Option<Call> {
    TOOLS.iter().find(|t| t.name == name).map(|t| t.call)
}

/// The tools as the protocol describes them.
pub(super) fn list(engine: &Engine, cli: &clap::Command) -> Vec<Tool> {
    TOOLS
        .iter()
        .map(|entry| {
            let command = cli.find_subcommand(entry.name);
            let about = command.and_then(|c| c.get_about()).map(ToString::to_string).unwrap_or_default();
            let help = |id: &str| {
                let found = command.and_then(|c| c.get_arguments().find(|a| a.get_id() == id));
                found.and_then(|a| a.get_help()).map(ToString::to_string).unwrap_or_default()
            };
            let mut properties = JsonObject::new();
            for a in entry.arguments {
                let mut schema = a.of.schema(engine);
                let words = match a.from {
                    From::Help(id) => help(id),
                    From::Words(words) => words.to_owned(),
                };
                if let Some(schema) = schema.as_object_mut() {
                    schema.insert("description".to_owned(), words.into());
                }
                properties.insert(a.name.to_owned(), schema);
            }
            let needed: Vec<&str> = entry.arguments.iter().filter(|a| a.needed).map(|a| a.name).collect();
            let schema = object(json!({
                "type": "object", "properties": properties, "required": needed, "additionalProperties": false,
            }));
            let said = [about.as_str(), entry.more].into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>();
            let tool = Tool::new_with_raw(entry.name, Some(said.join(". ").into()), Arc::new(schema)).with_annotations(
                ToolAnnotations::new().read_only(true).destructive(false).idempotent(true).open_world(false),
            );
            match answers(entry.name) {
                Some(schema) => tool.with_raw_output_schema(Arc::new(schema)),
                None => tool,
            }
        })
        .collect()
}

/// The schema of a tool's answer, where there is one.
fn answers(tool: &str) -> Option<JsonObject> {
    match tool {
        "check" => {
            let mut schema = object(serde_json::from_slice(include_bytes!("../../../schema/verdict.json")).ok()?);
            schema.insert("type".to_owned(), "object".into());
            // The whole policy in plain values is for judging again; an answer leaves it out.
            for shape in schema.get_mut("definitions")?.as_object_mut()?.values_mut() {
                if let Some(Value::Array(required)) = shape.get_mut("required") {
                    required.retain(|name| name != "normalised");
                }
            }
            Some(schema)
        }
        "inspect" => {
            let mut schema = object(serde_json::from_slice(include_bytes!("../../../schema/inspect.json")).ok()?);
            // The protocol's answers are objects; the command's is a list.
            let definitions = schema.remove("definitions")?;
            let files = json!({ "type": "array", "items": { "$ref": "#/definitions/Inspection" } });
            Some(object(json!({
                "type": "object", "properties": { "files": files }, "required": ["files"], "definitions": definitions,
            })))
        }
        _ => None,
    }
}

fn object(value: Value) -> JsonObject {
    match value {
        Value::Object(map) => map,
        _ => JsonObject::new(),
    }
}

impl Of {
    fn schema(self, engine: &Engine) -> Value {
        let word = json!({ "type": "string", "minLength": 1, "maxLength": WORD });
        match self {
            Of::Path | Of::Word => word,
            Of::Paths | Of::Words => json!({ "type": "array", "items": word, "minItems": 1, "maxItems": PATHS }),
            Of::Flag => json!({ "type": "boolean" }),
            Of::Most => json!({ "type": "integer", "minimum": 0, "maximum": MOST.1, "default": MOST.0 }),
            Of::Format => {
                let formats: Vec<&str> = engine.formats().iter().map(gatekeeper_core::Format::id).collect();
                json!({ "enum": formats })
            }
        }
    }
}

/// What says what is judged, in `check` and `explain`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[serde(default)]
    paths: Vec<String>,
    config: Option<String>,
    profile: Option<String>,
    baseline: Option<String>,
    #[serde(default)]
    only: Vec<String>,
    #[serde(default)]
    fail_on_warn: bool,
    most: Option<usize>,
    gate: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Inspected {
    files: Vec<String>,
    read_as: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Compared {
    before: String,
    after: String,
}

fn arguments<T: DeserializeOwned>(given: JsonObject) -> Result<T, String> {
    serde_json::from_value(Value::Object(given))
        .map_err(|e| format!("the arguments are not as the tool takes them: {}", line(&e.to_string())))
}

/// A path below the root. What a link leads to counts, not its name.
fn below(root: &Path, path: &str) -> Result<PathBuf, String> {
    let shown = || line(&path.chars().take(200).collect::<String>());
    if path.is_empty() || path.chars().count() > WORD || path.contains('\0') {
        return Err(format!("a path has 1 to {WORD} characters, none of them NUL: {}", shown()));
    }
    match root.join(path).canonicalize() {
        Ok(whole) if whole.starts_with(root) => Ok(whole),
        // Whether something is there is not for this server to tell.
        _ => Err(format!("{} is no file or folder below {}", shown(), line(&root.display().to_string()))),
    }
}

fn paths(root: &Path, given: &[String]) -> Result<Vec<PathBuf>, String> {
    if given.len() > PATHS {
        return Err(format!("at most {PATHS} paths in one call, and these are {}", given.len()));
    }
    given.iter().map(|p| below(root, p)).collect()
}

/// Why there is no answer, with a policy's mistakes as people read them.
fn refused(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Policy(e) => {
            let all: Vec<String> = e.rendered(false).lines().take(100).map(line).collect();
            format!("{}\nThe policy cannot be used, so nothing was judged.", all.join("\n"))
        }
        e => line(&e.line()),
    }
}

fn judged(engine: &Engine, root: &Path, asked: &Asked) -> Result<Verdict, String> {
    let optional = |p: &Option<String>| p.as_deref().map(|p| below(root, p)).transpose();
    let request = Request {
        revision: git::revision(root, None, None),
        paths: paths(root, &asked.paths)?,
        config: optional(&asked.config)?,
        root: Some(root.to_owned()),
        profile: asked.profile.clone(),
        baseline: optional(&asked.baseline)?,
        only: asked.only.clone(),
        fail_on_warn: asked.fail_on_warn,
        ask_git: true,
        ..Request::default()
    };
    front::check(engine, &request).map_err(|e| refused(&e))
}

fn text(write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> Result<String, String> {
    let mut bytes = Vec::new();
    write(&mut bytes).map_err(|e| format!("the answer cannot be written: {e}"))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn value(of: &impl serde::Serialize) -> Result<Value, String> {
    serde_json::to_value(of).map_err(|e| format!("the answer cannot be written: {e}"))
}

fn check(engine: &Engine, root: &Path, given: JsonObject) -> Result<Answer, String> {
    let asked: Asked = arguments(given)?;
    if asked.gate.is_some() {
        return Err("`gate` is for explain; check takes `only`, a list".to_owned());
    }
    let most = asked.most.unwrap_or(MOST.0).min(MOST.1);
    let whole = judged(engine, root, &asked)?;
    let style = Style { width: 100, most: most.clamp(1, 20), ..Style::default() };
    let said = match engine.outputs().by_id("human") {
        Some(human) => text(|out| human.write(&whole, &style, out))?,
        None => whole.summary.clone(),
    };
    let document = value(&whole)?;
    Answer::new(&said, most, |most| verdict(&document, most))
}

fn explained(engine: &Engine, root: &Path, given: JsonObject) -> Result<Answer, String> {
    let asked: Asked = arguments(given)?;
    let Some(gate) = &asked.gate else { return Err("`gate` is missing: the name of the gate to explain".to_owned()) };
    let whole = judged(engine, root, &asked)?;
    let Some(explanation) = Explanation::of(&whole, gate) else {
        let names: Vec<String> = whole.gates.iter().take(40).map(|g| line(&g.name)).collect();
        return Err(format!("there is no gate `{}`: there are {}", line(gate), names.join(", ")));
    };
    let said = text(|out| explain(&whole, gate, &Style { width: 100, ..Style::default() }, out).map(drop))?;
    let document = value(&explanation)?;
    Answer::new(&said, MOST.1, |most| shortened(&document, most))
}

fn inspect(engine: &Engine, root: &Path, given: JsonObject) -> Result<Answer, String> {
    let asked: Inspected = arguments(given)?;
    if asked.files.is_empty() {
        return Err("`files` names no file".to_owned());
    }
    let files = paths(root, &asked.files)?;
    let options = Reading { read_as: asked.read_as, ..Reading::default() }.options(engine).map_err(|e| refused(&e))?;
    let answers = engine.inspect(&files, &options);
    let said = text(|out| crate::cmd::inspect::human(&answers, out))?;
    let document = json!({ "files": value(&answers)? });
    Answer::new(&said, MOST.1, |most| shortened(&document, most))
}

fn diff(_: &Engine, root: &Path, given: JsonObject) -> Result<Answer, String> {
    let asked: Compared = arguments(given)?;
    let stored = |path: &str| {
        let mut said = Vec::new();
        let found = render::stored(&below(root, path)?, &mut said).map_err(|e| e.to_string())?;
        found.ok_or_else(|| String::from_utf8_lossy(&said).trim().to_owned())
    };
    let comparison_of = compare(&stored(&asked.before)?, &stored(&asked.after)?);
    let said = text(|out| comparison(&comparison_of, out))?;
    let document = value(&comparison_of)?;
    Answer::new(&said, MOST.1, |most| shortened(&document, most))
}
