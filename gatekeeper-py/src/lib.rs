//! The native half of the Python package `gatekeeper`: arguments in, engine call, document out as JSON text, refusal raised.
//! The interpreter's lock is released while the engine works. Nothing here knows a format, a rule or a limit.

use gatekeeper_cli::Engine;
use gatekeeper_cli::Terminal;
use gatekeeper_cli::front::{self, CustomRule, Reading, Refusal, Request};
use gatekeeper_cli::proof::{self, VerifyRequest};
use gatekeeper_cli::release::Release;
use gatekeeper_cli::rollout;
use pyo3::create_exception;
use pyo3::exceptions::{PyException, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::ffi::OsString;
use std::io::BufWriter;
use std::path::PathBuf;
use std::sync::Arc;

create_exception!(gatekeeper, GatekeeperError, PyException, "Why gatekeeper could not answer; `code` says which kind.");
create_exception!(
    gatekeeper,
    PolicyError,
    GatekeeperError,
    "A policy that cannot be used: nothing was judged. `problems` has every mistake with its line, column and remedy."
);
create_exception!(
    gatekeeper,
    ParseError,
    GatekeeperError,
    "A report that cannot be read; `code` is the engine's stable code."
);

/// The one place where refusals become exceptions.
fn raise(py: Python<'_>, refusal: &Refusal) -> PyErr {
    let d = refusal.document();
    let error = match refusal {
        Refusal::Policy(_) => PolicyError::new_err(d.message.clone()),
        Refusal::Unreadable(_) => ParseError::new_err(d.message.clone()),
        _ => return PyValueError::new_err(d.message),
    };
    let fill = || -> PyResult<()> {
        let value = error.value(py);
        value.setattr("code", d.code)?;
        value.setattr("message", &d.message)?;
        value.setattr("file", &d.file)?;
        value.setattr("line", d.line)?;
        value.setattr("column", d.column)?;
        value.setattr("rendered", &d.rendered)?;
        let mut problems = Vec::with_capacity(d.problems.len());
        for p in &d.problems {
            let problem = PyDict::new(py);
            problem.set_item("code", p.code)?;
            problem.set_item("message", &p.message)?;
            problem.set_item("help", &p.help)?;
            problem.set_item("file", &p.file)?;
            problem.set_item("line", p.line)?;
            problem.set_item("column", p.column)?;
            problems.push(problem);
        }
        value.setattr("problems", problems)
    };
    fill().err().unwrap_or(error)
}

fn answer<T: Send>(py: Python<'_>, work: impl FnOnce() -> Result<T, Refusal> + Send) -> PyResult<T> {
    py.detach(work).map_err(|e| raise(py, &e))
}

/// The keys that a rule declares, with what each takes.
type Keys = Vec<(String, Option<String>)>;

/// A rule as the package hands it over: its name, kind, keys and documentation, and a function from two JSON texts to one.
type Registered = (String, Option<String>, Option<Keys>, Option<String>, Py<PyAny>);

/// What is judged and what changed: the diff's text, commit, tree, whether an empty diff or list is proof that nothing changed, and the list of
/// changed files.
type Change = (Option<Vec<u8>>, Option<String>, Option<String>, bool, Option<Vec<u8>>);

/// What is released and reviewed: tag, branch, author, and since when.
type Delivery = (Option<String>, Option<String>, Option<String>, Option<String>);

fn release((tag, branch, author, since): Delivery) -> Release {
    Release { tag, branch, author, since }
}

/// The engine with the rules that are registered. The interpreter is entered for each answer alone.
fn engine(rules: Vec<Registered>) -> Result<Engine, Refusal> {
    let rule = |(name, kind, keys, docs, judge): Registered| {
        let ask = move |evidence: &str, config: &str| {
            Python::attach(|py| -> PyResult<String> { judge.call1(py, (evidence, config))?.extract(py) })
                .map_err(|e: PyErr| e.to_string())
        };
        CustomRule { name, kind, keys, docs, ask: Arc::new(ask) }
    };
    front::engine(rules.into_iter().map(rule).collect())
}

/// The verdict, rendered as each of the outputs in their order.
#[pyfunction]
#[pyo3(signature = (outputs, paths, config, root, profile, now, max_bytes, fail_on_warn, change, delivery, earlier, rules))]
#[expect(clippy::too_many_arguments, reason = "named in Python; the wrapper there gives all of them")]
fn check_rendered(
    py: Python<'_>,
    outputs: Vec<String>,
    paths: Vec<PathBuf>,
    config: Option<PathBuf>,
    root: Option<PathBuf>,
    profile: Option<String>,
    now: Option<String>,
    max_bytes: Option<u64>,
    fail_on_warn: bool,
    change: Change,
    delivery: Delivery,
    earlier: (Option<PathBuf>, Vec<PathBuf>),
    rules: Vec<Registered>,
) -> PyResult<Vec<String>> {
    let (diff, commit, tree, allow_empty, changed) = change;
    let mut request = Request { paths, config, root, profile, now, max_bytes, fail_on_warn, ..Request::default() };
    request.of_change(diff, commit, tree, allow_empty);
    request.of_changed(changed);
    (request.baseline, request.history) = earlier;
    request.release = release(delivery);
    answer(py, || front::check_rendered(&engine(rules)?, &request, &outputs))
}

/// A snapshot of what a run saw, and whether it is complete.
#[pyfunction]
#[pyo3(signature = (paths, config, root, profile, now, max_bytes, commit, tree, delivery, rules))]
#[expect(clippy::too_many_arguments, reason = "named in Python; the wrapper there gives all of them")]
fn snapshot(
    py: Python<'_>,
    paths: Vec<PathBuf>,
    config: Option<PathBuf>,
    root: Option<PathBuf>,
    profile: Option<String>,
    now: Option<String>,
    max_bytes: Option<u64>,
    commit: Option<String>,
    tree: Option<String>,
    delivery: Delivery,
    rules: Vec<Registered>,
) -> PyResult<String> {
    let mut request = Request { paths, config, root, profile, now, max_bytes, ..Request::default() };
    request.of_change(None, commit, tree, false);
    request.release = release(delivery);
    answer(py, || front::snapshot(&engine(rules)?, &request)).map(|taken| taken.text)
}

/// What files are and say.
#[pyfunction]
#[pyo3(signature = (files, read_as, validate, max_bytes))]
fn inspect(
    py: Python<'_>,
    files: Vec<PathBuf>,
    read_as: Option<String>,
    validate: bool,
    max_bytes: Option<u64>,
) -> PyResult<String> {
    let reading = Reading { read_as, no_validate: !validate, max_bytes };
    answer(py, || front::inspect_json(&Engine::default(), &files, &reading))
}

/// What one report in memory is and says.
#[pyfunction]
#[pyo3(signature = (name, data, read_as, validate, max_bytes))]
fn inspect_bytes(
    py: Python<'_>,
    name: String,
    data: &[u8],
    read_as: Option<String>,
    validate: bool,
    max_bytes: Option<u64>,
) -> PyResult<String> {
    let reading = Reading { read_as, no_validate: !validate, max_bytes };
    answer(py, || front::inspect_bytes_json(&Engine::default(), &name, data, &reading))
}

/// Whether a verdict that was kept holds.
#[pyfunction]
#[pyo3(signature = (verdict, commit, tree, config, evidence))]
fn verify(
    py: Python<'_>,
    verdict: &str,
    commit: Option<String>,
    tree: Option<String>,
    config: Option<PathBuf>,
    evidence: Option<PathBuf>,
) -> PyResult<String> {
    let request = VerifyRequest { commit, tree, config, evidence };
    answer(py, || proof::verify_json(&Engine::default(), verdict, &request))
}

/// A verdict that was kept, as text in each of these outputs.
#[pyfunction]
fn render(py: Python<'_>, outputs: Vec<String>, verdict: &str) -> PyResult<Vec<String>> {
    answer(py, || proof::rendered(&Engine::default(), verdict, &outputs))
}

/// What differs between two verdicts.
#[pyfunction]
fn diff(py: Python<'_>, before: &str, after: &str) -> PyResult<String> {
    answer(py, || proof::diff_json(before, after))
}

/// What a verdict says of the next step of a rollout.
#[pyfunction]
#[pyo3(signature = (verdict, current, config))]
fn rollout_next(py: Python<'_>, verdict: &str, current: &str, config: Option<PathBuf>) -> PyResult<String> {
    answer(py, || rollout::next_json(&Engine::default(), current, config.as_deref(), verdict))
}

/// The formats that can be read.
#[pyfunction]
fn formats(py: Python<'_>) -> PyResult<String> {
    answer(py, || front::formats_json(&Engine::default()))
}

/// The rules that gates can be of.
#[pyfunction]
fn rules(py: Python<'_>, rules: Vec<Registered>) -> PyResult<String> {
    answer(py, || front::rules_json(&engine(rules)?))
}

/// The command line: arguments with the program's name first; the exit code.
#[pyfunction]
fn run(py: Python<'_>, argv: Vec<OsString>, rules: Vec<Registered>) -> PyResult<u8> {
    answer(py, || {
        let mut out = BufWriter::new(std::io::stdout());
        Ok(gatekeeper_cli::run_with(&engine(rules)?, argv, Terminal::of_stdout(), &mut out, &mut std::io::stderr()))
    })
}

/// The native half of `gatekeeper`.
#[pymodule]
#[pyo3(name = "_native")]
fn native(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add("__version__", env!("CARGO_PKG_VERSION"))?;
    m.add("GatekeeperError", m.py().get_type::<GatekeeperError>())?;
    m.add("PolicyError", m.py().get_type::<PolicyError>())?;
    m.add("ParseError", m.py().get_type::<ParseError>())?;
    m.add_function(wrap_pyfunction!(check_rendered, m)?)?;
    m.add_function(wrap_pyfunction!(snapshot, m)?)?;
    m.add_function(wrap_pyfunction!(inspect, m)?)?;
    m.add_function(wrap_pyfunction!(inspect_bytes, m)?)?;
    m.add_function(wrap_pyfunction!(verify, m)?)?;
    m.add_function(wrap_pyfunction!(render, m)?)?;
    m.add_function(wrap_pyfunction!(diff, m)?)?;
    m.add_function(wrap_pyfunction!(rollout_next, m)?)?;
    m.add_function(wrap_pyfunction!(formats, m)?)?;
    m.add_function(wrap_pyfunction!(rules, m)?)?;
    m.add_function(wrap_pyfunction!(run, m)?)
}
