//! The native half of the npm package `gatekeeper`: arguments in, engine call, document out as JSON text, refusal thrown.
//! `index.js` looks at argument types and parses the text; the types here describe what *it* answers. Nothing here knows a
//! format, a rule or a limit.

// The macros write public items of their own.
#![allow(missing_docs)]

use gatekeeper_cli::Engine;
use gatekeeper_cli::Terminal;
use gatekeeper_cli::front::{self, Reading, Refusal, Request};
use napi::bindgen_prelude::{AsyncTask, Buffer};
use napi::{Env, Error, Result, Status, Task};
use napi_derive::napi;
use std::io::BufWriter;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

/// What to judge, and by what.
#[napi(object)]
pub struct CheckOptions {
    /// Files and folders to read instead of what the policy names.
    pub paths: Option<Vec<String>>,
    /// The policy; otherwise it is looked for upwards.
    pub config: Option<String>,
    /// The folder that patterns are relative to.
    pub root: Option<String>,
    /// The policy's profile to judge by.
    pub profile: Option<String>,
    /// The clock to judge by (RFC 3339, or a Date); otherwise this machine's.
    #[napi(ts_type = "string | Date")]
    pub now: Option<String>,
    /// Largest file that is read, bytes.
    pub max_bytes: Option<i64>,
    /// Warnings make the verdict fail.
    pub fail_on_warn: Option<bool>,
}

/// How files are to be read.
#[napi(object)]
pub struct InspectOptions {
    /// As this format, whatever they look like.
    pub read_as: Option<String>,
    /// Whether SBOMs are held against their schema (true where not given).
    pub validate: Option<bool>,
    /// Largest file that is read, bytes.
    pub max_bytes: Option<i64>,
}

impl From<CheckOptions> for Request {
    fn from(o: CheckOptions) -> Self {
        Request {
            paths: o.paths.unwrap_or_default().into_iter().map(PathBuf::from).collect(),
            config: o.config.map(PathBuf::from),
            root: o.root.map(PathBuf::from),
            profile: o.profile,
            now: o.now,
            max_bytes: o.max_bytes.map(|n| u64::try_from(n).unwrap_or(0)),
            fail_on_warn: o.fail_on_warn.unwrap_or(false),
        }
    }
}

fn reading(o: Option<InspectOptions>) -> Reading {
    o.map_or_else(Reading::default, |o| Reading {
        read_as: o.read_as,
        no_validate: o.validate == Some(false),
        max_bytes: o.max_bytes.map(|n| u64::try_from(n).unwrap_or(0)),
    })
}

fn request(o: Option<CheckOptions>) -> Request {
    o.map_or_else(Request::default, Request::from)
}

/// The one place where refusals become errors: their plain data as JSON text, of which `index.js` makes an `Error`'s properties.
fn throw(refusal: &Refusal) -> Error {
    let text = serde_json::to_string(&refusal.document()).unwrap_or_else(|_| refusal.to_string());
    Error::new(Status::GenericFailure, text)
}

/// Work for another thread. A panic there would end the whole process: it becomes an error.
pub struct Work(Box<dyn Fn() -> std::result::Result<String, Refusal> + Send>);

impl Task for Work {
    type Output = String;
    type JsValue = String;

    fn compute(&mut self) -> Result<String> {
        match catch_unwind(AssertUnwindSafe(|| (self.0)())) {
            Ok(done) => done.map_err(|e| throw(&e)),
            Err(_) => Err(Error::new(Status::GenericFailure, "gatekeeper panicked: please report this")),
        }
    }

    fn resolve(&mut self, _: Env, output: String) -> Result<String> {
        Ok(output)
    }
}

fn later(work: impl Fn() -> std::result::Result<String, Refusal> + Send + 'static) -> AsyncTask<Work> {
    AsyncTask::new(Work(Box::new(work)))
}

/// Judges the evidence of a project by its policy: the document of `gatekeeper check --format json`. A failing verdict is an
/// answer, not an error; a policy that cannot be used throws a `GatekeeperError` with code `policy`.
#[napi(catch_unwind, ts_return_type = "Verdict")]
pub fn check(options: Option<CheckOptions>) -> Result<String> {
    front::check_json(&Engine::default(), &request(options)).map_err(|e| throw(&e))
}

/// As `check`, on another thread.
#[napi(catch_unwind, ts_return_type = "Promise<Verdict>")]
pub fn check_async(options: Option<CheckOptions>) -> AsyncTask<Work> {
    let request = request(options);
    later(move || front::check_json(&Engine::default(), &request))
}

fn rendered(request: &Request, outputs: &[String]) -> std::result::Result<String, Refusal> {
    Ok(serde_json::to_string(&front::check_rendered(&Engine::default(), request, outputs)?)?)
}

/// Judges once and gives the verdict as text in each of these outputs (`markdown`, `json`, `human`, …), by name.
#[napi(
    catch_unwind,
    ts_args_type = "outputs: string | Array<string>, options?: CheckOptions",
    ts_return_type = "Record<string, string>"
)]
pub fn check_rendered(outputs: Vec<String>, options: Option<CheckOptions>) -> Result<String> {
    rendered(&request(options), &outputs).map_err(|e| throw(&e))
}

/// As `checkRendered`, on another thread.
#[napi(
    catch_unwind,
    ts_args_type = "outputs: string | Array<string>, options?: CheckOptions",
    ts_return_type = "Promise<Record<string, string>>"
)]
pub fn check_rendered_async(outputs: Vec<String>, options: Option<CheckOptions>) -> AsyncTask<Work> {
    let request = request(options);
    later(move || rendered(&request, &outputs))
}

/// Says what files are and what they say: the document of `gatekeeper inspect --format json`. Folders are walked; a file that
/// cannot be read has an `error` in its entry.
#[napi(
    catch_unwind,
    ts_args_type = "files: string | Array<string>, options?: InspectOptions",
    ts_return_type = "Array<Inspection>"
)]
pub fn inspect(files: Vec<String>, options: Option<InspectOptions>) -> Result<String> {
    let files: Vec<PathBuf> = files.into_iter().map(PathBuf::from).collect();
    front::inspect_json(&Engine::default(), &files, &reading(options)).map_err(|e| throw(&e))
}

/// As `inspect`, on another thread.
#[napi(
    catch_unwind,
    ts_args_type = "files: string | Array<string>, options?: InspectOptions",
    ts_return_type = "Promise<Array<Inspection>>"
)]
pub fn inspect_async(files: Vec<String>, options: Option<InspectOptions>) -> AsyncTask<Work> {
    let files: Vec<PathBuf> = files.into_iter().map(PathBuf::from).collect();
    let reading = reading(options);
    later(move || front::inspect_json(&Engine::default(), &files, &reading))
}

/// Says what a report in memory is and says. Throws a `GatekeeperError` (`code`, `line`, `column`) where it cannot be read.
#[napi(
    catch_unwind,
    ts_args_type = "name: string, data: Uint8Array, options?: InspectOptions",
    ts_return_type = "Inspection"
)]
pub fn inspect_bytes(name: String, data: Buffer, options: Option<InspectOptions>) -> Result<String> {
    front::inspect_bytes_json(&Engine::default(), &name, &data, &reading(options)).map_err(|e| throw(&e))
}

/// The formats that can be read.
#[napi(catch_unwind, ts_return_type = "Array<FormatInfo>")]
pub fn formats() -> Result<String> {
    front::formats_json(&Engine::default()).map_err(|e| throw(&e))
}

/// The rules that gates can be of, with their documentation.
#[napi(catch_unwind, ts_return_type = "Array<RuleInfo>")]
pub fn rules() -> Result<String> {
    front::rules_json(&Engine::default()).map_err(|e| throw(&e))
}

/// Runs the command line with these arguments (without the program's name); gives the exit code.
#[napi(catch_unwind, ts_args_type = "argv: Array<string>")]
pub fn main(argv: Vec<String>) -> u32 {
    let arguments = std::iter::once("gatekeeper".to_owned()).chain(argv);
    let mut out = BufWriter::new(std::io::stdout());
    u32::from(gatekeeper_cli::run(arguments, Terminal::of_stdout(), &mut out, &mut std::io::stderr()))
}
