//! The native half of the npm package `gatekeeper-rs`: arguments in, engine call, document out as JSON text, refusal thrown.
//! `index.js` looks at argument types and parses the text; the types here describe what *it* answers. Nothing here knows a
//! format, a limit or a rule.

// The macros write public items of their own.
#![allow(missing_docs)]

use gatekeeper_cli::Engine;
use gatekeeper_cli::Terminal;
use gatekeeper_cli::front::{self, CustomRule, Reading, Refusal, Request};
use gatekeeper_cli::proof::{self, VerifyRequest};
use gatekeeper_cli::release::Release;
use gatekeeper_cli::rollout;
use napi::bindgen_prelude::{AsyncTask, Buffer, FnArgs, Function};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Env, Error, Result, Status, Task};
use napi_derive::napi;
use std::io::BufWriter;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::thread;

/// What to judge, and by what.
#[napi(object)]
pub struct CheckOptions {
    /// Files and folders to read instead of what the policy names.
    pub paths: Option<Vec<String>>,
    /// The policy; otherwise it is searched for in the root and its parent folders.
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
    /// The unified diff of the change, for gates that judge new code.
    pub diff: Option<String>,
    /// The commit that is judged, in hexadecimal digits.
    pub commit: Option<String>,
    /// Its tree.
    pub tree: Option<String>,
    /// The names of the files that changed: components that none of them touches are not judged.
    pub changed: Option<Vec<String>>,
    /// An empty diff or list is proof that nothing changed; otherwise it is refused.
    pub allow_empty: Option<bool>,
    /// The tag that is released; otherwise the one that the CI run is for.
    pub tag: Option<String>,
    /// The branch that is released from; otherwise the one that is checked out.
    pub branch: Option<String>,
    /// Who wrote the change that is reviewed, by the name that the forge knows.
    pub author: Option<String>,
    /// When the change was handed in for approval (RFC 3339, or a Date): deadlines run from here.
    #[napi(ts_type = "string | Date")]
    pub since: Option<String>,
    /// The snapshot of an earlier run to compare with: a file.
    pub baseline: Option<String>,
    /// Earlier verdicts: files.
    #[napi(ts_type = "string | Array<string>")]
    pub history: Option<Vec<String>>,
    /// Rules of the program's own, by the names that the policy uses. They answer at once: a promise is an error of its gate.
    #[napi(ts_type = "Record<string, RuleFunction | CustomRule>")]
    pub rules: Option<Vec<Vec<String>>>,
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

/// What a rule is asked, for `index.js` to answer: its name, the gate's evidence and the gate's own table, both as JSON text.
type Question = (String, String, String);

/// Answers for every rule, on the thread that JavaScript runs on.
type Answers<'f> = Function<'f, FnArgs<Question>, String>;

/// The same, asked from other threads. It keeps no program alive.
type AnswersLater = ThreadsafeFunction<FnArgs<Question>, String, FnArgs<Question>, Status, false, true>;

/// What comes of a question.
type Answer = std::result::Result<String, String>;

/// Nobody is left to answer: Node is going down.
fn gone<E>(_: E) -> String {
    "JavaScript does not answer any more".to_owned()
}

/// The engine with rules that one function answers for. Each is its name and its kind (empty where none is given); one that declares its keys
/// goes on with `keys`, and for each of them its name and what it takes (empty where that is not said).
fn engine(
    rules: Option<Vec<Vec<String>>>,
    ask: impl Fn(Question) -> Answer + Send + Sync + 'static,
) -> std::result::Result<Engine, Refusal> {
    let ask = Arc::new(ask);
    let rule = |head: Vec<String>| {
        let mut head = head.into_iter();
        let given = |word: String| Some(word).filter(|w| !w.is_empty());
        let (name, kind) = (head.next().unwrap_or_default(), head.next().and_then(given));
        let keys = head.next().map(|_| {
            let mut keys = Vec::new();
            while let Some(key) = head.next() {
                keys.push((key, head.next().and_then(given)));
            }
            keys
        });
        let (ask, asked) = (Arc::clone(&ask), name.clone());
        let ask = move |evidence: &str, config: &str| ask((asked.clone(), evidence.to_owned(), config.to_owned()));
        CustomRule { name, kind, keys, docs: None, ask: Arc::new(ask) }
    };
    front::engine(rules.unwrap_or_default().into_iter().map(rule).collect())
}

/// Works on another thread, while this one, which alone may call JavaScript, answers for the rules.
fn attended(
    rules: Option<Vec<Vec<String>>>,
    answers: Option<Answers<'_>>,
    work: impl FnOnce(&Engine) -> std::result::Result<String, Refusal> + Send,
) -> Result<String> {
    let Some(answers) = answers else { return work(&Engine::default()).map_err(|e| throw(&e)) };
    let (questions, asked) = mpsc::channel::<(Question, mpsc::Sender<Answer>)>();
    let ask = move |question| {
        let (reply, answer) = mpsc::channel();
        questions.send((question, reply)).map_err(gone)?;
        answer.recv().map_err(gone)?
    };
    let engine = engine(rules, ask).map_err(|e| throw(&e))?;
    thread::scope(|scope| {
        // The engine ends with the work, and with it the questions.
        let worker = thread::Builder::new().stack_size(8 << 20).spawn_scoped(scope, move || {
            let engine = engine;
            work(&engine)
        })?;
        for (question, reply) in asked {
            let _ = reply.send(answers.call(question.into()).map_err(|e| e.reason.clone()));
        }
        worker.join().map_err(|_| panicked())?.map_err(|e| throw(&e))
    })
}

/// The engine for work on another thread: JavaScript is asked by way of its event loop.
fn unattended(
    rules: Option<Vec<Vec<String>>>,
    answers: Option<AnswersLater>,
) -> impl Fn() -> std::result::Result<Engine, Refusal> + Send {
    let answers = answers.map(Arc::new);
    move || {
        let Some(answers) = answers.clone() else { return Ok(Engine::default()) };
        engine(rules.clone(), move |question| {
            let (reply, answer) = mpsc::channel();
            let done = move |said: Result<String>, _: Env| {
                let _ = reply.send(said.map_err(|e| e.reason.clone()));
                Ok(())
            };
            match answers.call_with_return_value(question.into(), ThreadsafeFunctionCallMode::NonBlocking, done) {
                Status::Ok => answer.recv().map_err(gone)?,
                other => Err(gone(other)),
            }
        })
    }
}

impl From<CheckOptions> for Request {
    fn from(o: CheckOptions) -> Self {
        let mut request = Request {
            paths: o.paths.unwrap_or_default().into_iter().map(PathBuf::from).collect(),
            config: o.config.map(PathBuf::from),
            root: o.root.map(PathBuf::from),
            profile: o.profile,
            now: o.now,
            max_bytes: o.max_bytes.map(|n| u64::try_from(n).unwrap_or(0)),
            fail_on_warn: o.fail_on_warn.unwrap_or(false),
            baseline: o.baseline.map(PathBuf::from),
            history: o.history.unwrap_or_default().into_iter().map(PathBuf::from).collect(),
            release: Release { tag: o.tag, branch: o.branch, author: o.author, since: o.since },
            ..Request::default()
        };
        request.of_change(o.diff.map(String::into_bytes), o.commit, o.tree, o.allow_empty.unwrap_or(false));
        // A NUL ends each: no name holds one.
        request.of_changed(o.changed.map(|names| names.iter().flat_map(|n| [n.as_bytes(), b"\0"].concat()).collect()));
        request
    }
}

fn reading(o: Option<InspectOptions>) -> Reading {
    o.map_or_else(Reading::default, |o| Reading {
        read_as: o.read_as,
        no_validate: o.validate == Some(false),
        max_bytes: o.max_bytes.map(|n| u64::try_from(n).unwrap_or(0)),
    })
}

/// The one place where refusals become errors: their plain data as JSON text, of which `index.js` makes an `Error`'s properties.
fn throw(refusal: &Refusal) -> Error {
    let text = serde_json::to_string(&refusal.document()).unwrap_or_else(|_| refusal.to_string());
    Error::new(Status::GenericFailure, text)
}

fn panicked() -> Error {
    Error::new(Status::GenericFailure, "gatekeeper panicked: please report this")
}

/// Work for another thread. A panic there would end the whole process: it becomes an error.
pub struct Work(Box<dyn Fn() -> std::result::Result<String, Refusal> + Send>);

impl Task for Work {
    type Output = String;
    type JsValue = String;

    fn compute(&mut self) -> Result<String> {
        match catch_unwind(AssertUnwindSafe(|| (self.0)())) {
            Ok(done) => done.map_err(|e| throw(&e)),
            Err(_) => Err(panicked()),
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
#[napi(catch_unwind, ts_args_type = "options?: CheckOptions | undefined | null", ts_return_type = "Verdict")]
pub fn check(mut options: CheckOptions, answers: Option<Answers<'_>>) -> Result<String> {
    let (rules, request) = (options.rules.take(), Request::from(options));
    attended(rules, answers, |engine| front::check_json(engine, &request))
}

/// Judges, and gives what was seen as a snapshot: text that `check` takes as `baseline` once it is a file.
#[napi(catch_unwind, ts_args_type = "options?: CheckOptions | undefined | null", ts_return_type = "string")]
pub fn snapshot(mut options: CheckOptions, answers: Option<Answers<'_>>) -> Result<String> {
    let (rules, request) = (options.rules.take(), Request::from(options));
    attended(rules, answers, |engine| {
        let taken = front::snapshot(engine, &request)?;
        Ok(serde_json::to_string(&taken.text)?)
    })
}

/// As `check`, on another thread.
#[napi(catch_unwind, ts_args_type = "options?: CheckOptions | undefined | null", ts_return_type = "Promise<Verdict>")]
pub fn check_async(mut options: CheckOptions, answers: Option<AnswersLater>) -> AsyncTask<Work> {
    let (engine, request) = (unattended(options.rules.take(), answers), Request::from(options));
    later(move || front::check_json(&engine()?, &request))
}

fn rendered(engine: &Engine, request: &Request, outputs: &[String]) -> std::result::Result<String, Refusal> {
    Ok(serde_json::to_string(&front::check_rendered(engine, request, outputs)?)?)
}

/// Judges once and gives the verdict as text in each of these outputs (`markdown`, `json`, `human`, …), by name.
#[napi(
    catch_unwind,
    ts_args_type = "outputs: string | Array<string>, options?: CheckOptions",
    ts_return_type = "Record<string, string>"
)]
pub fn check_rendered(outputs: Vec<String>, mut options: CheckOptions, answers: Option<Answers<'_>>) -> Result<String> {
    let (rules, request) = (options.rules.take(), Request::from(options));
    attended(rules, answers, |engine| rendered(engine, &request, &outputs))
}

/// As `checkRendered`, on another thread.
#[napi(
    catch_unwind,
    ts_args_type = "outputs: string | Array<string>, options?: CheckOptions",
    ts_return_type = "Promise<Record<string, string>>"
)]
pub fn check_rendered_async(
    outputs: Vec<String>,
    mut options: CheckOptions,
    answers: Option<AnswersLater>,
) -> AsyncTask<Work> {
    let (engine, request) = (unattended(options.rules.take(), answers), Request::from(options));
    later(move || rendered(&engine()?, &request, &outputs))
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

/// What a verdict that was kept is to hold for.
#[napi(object)]
#[derive(Default)]
pub struct VerifyOptions {
    /// The commit, 7 digits at least.
    pub commit: Option<String>,
    /// The tree, 7 digits at least.
    pub tree: Option<String>,
    /// The policy that it has to be judged by.
    pub config: Option<String>,
    /// The folder below which its evidence has to lie unchanged.
    pub evidence: Option<String>,
}

/// Says whether a verdict that was kept holds: for this commit, tree, policy and evidence, and by itself.
#[napi(
    catch_unwind,
    ts_args_type = "verdict: Verdict | string, options?: VerifyOptions",
    ts_return_type = "{ holds: boolean, status: string, disagreements: Array<string>, notes: Array<string> }"
)]
pub fn verify(verdict: String, options: Option<VerifyOptions>) -> Result<String> {
    let VerifyOptions { commit, tree, config, evidence } = options.unwrap_or_default();
    let (config, evidence) = (config.map(PathBuf::from), evidence.map(PathBuf::from));
    let request = VerifyRequest { commit, tree, config, evidence };
    proof::verify_json(&Engine::default(), &verdict, &request).map_err(|e| throw(&e))
}

/// Shows a verdict that was kept (an object, or its JSON text) in each of these outputs, by name. It may come from strangers: one whose parts
/// disagree throws a `GatekeeperError` with code `usage`.
#[napi(
    catch_unwind,
    ts_args_type = "outputs: string | Array<string>, verdict: Verdict | string",
    ts_return_type = "Record<string, string>"
)]
pub fn render(outputs: Vec<String>, verdict: String) -> Result<String> {
    let texts = || Ok(serde_json::to_string(&proof::rendered(&Engine::default(), &verdict, &outputs)?)?);
    texts().map_err(|e: Refusal| throw(&e))
}

/// Says what is different between two verdicts.
#[napi(
    catch_unwind,
    ts_args_type = "before: Verdict | string, after: Verdict | string",
    ts_return_type = "Record<string, unknown>"
)]
pub fn diff(before: String, after: String) -> Result<String> {
    proof::diff_json(&before, &after).map_err(|e| throw(&e))
}

/// Says what a verdict on a canary means for the rollout: the next share of traffic in percent, `done`, `hold` or `rollback`. `current` is the share
/// that the canary has now, one of the policy's steps; `config` the policy, where it is not found from the working directory.
#[napi(
    catch_unwind,
    js_name = "rollout",
    ts_args_type = "verdict: Verdict | string, current: string | number, config?: string",
    ts_return_type = "string"
)]
pub fn rollout_next(verdict: String, current: String, config: Option<String>) -> Result<String> {
    let config = config.map(PathBuf::from);
    rollout::next_json(&Engine::default(), &current, config.as_deref(), &verdict).map_err(|e| throw(&e))
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
