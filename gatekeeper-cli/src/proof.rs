//! What the command line, Python and Node share of what a kept verdict and a policy are good for.

use crate::front::{self, Refusal, Request, ready};
pub use gatekeeper_core::VerifyRequest;
use gatekeeper_core::output::line;
use gatekeeper_core::policy::{Policy, find};
use gatekeeper_core::proof::{Claims, Expectation, Lint, Proof, Tested, Verification, compare, disagreements, lint};
use gatekeeper_core::verdict::{SCHEMA_VERSION, Verdict};
use gatekeeper_core::{CheckRequest, Context, Engine, PolicyError};
use std::path::{Path, PathBuf};

/// Most bytes of a case's expectation.
const MOST: u64 = 1 << 20;

/// Reads a verdict that was kept as JSON.
///
/// # Errors
/// What is no verdict, or one of another shape.
pub fn verdict(text: &[u8]) -> Result<Verdict, Refusal> {
    let verdict: Verdict =
        serde_json::from_slice(text).map_err(|e| Refusal::Usage(format!("it is no verdict: {e}")))?;
    match verdict.schema_version == SCHEMA_VERSION {
        true => Ok(verdict),
        false => Err(Refusal::Usage(format!(
            "its schema_version is {}, and this program reads {SCHEMA_VERSION}",
            verdict.schema_version
        ))),
    }
}

/// A verdict whose parts agree: what is shown, compared or acted on. It may come from strangers.
///
/// # Errors
/// One whose parts disagree.
pub fn sound(verdict: Verdict) -> Result<Verdict, Refusal> {
    let wrong = disagreements(&verdict, &Claims::default());
    let Some(first) = wrong.first() else { return Ok(verdict) };
    let more = match wrong.len() - 1 {
        0 => String::new(),
        n => format!(" (and {n} more)"),
    };
    Err(Refusal::Usage(format!("the verdict disagrees with itself: {}{more}", line(first))))
}

/// Whether a verdict that was kept holds.
///
/// # Errors
/// A policy to hold it against that cannot be used.
pub fn verify(engine: &Engine, verdict: &Verdict, request: &VerifyRequest) -> Result<Verification, Refusal> {
    let cwd = std::env::current_dir().map_err(Refusal::WorkingDirectory)?;
    engine.verify(verdict, request, &cwd, Context::without_clock()).map_err(Refusal::Policy)
}

/// The same from and as JSON: the document of `gatekeeper verify --format json`.
///
/// # Errors
/// As [`verdict`] and [`verify`].
pub fn verify_json(engine: &Engine, text: &str, request: &VerifyRequest) -> Result<String, Refusal> {
    Ok(serde_json::to_string(&verify(engine, &verdict(text.as_bytes())?, request)?)?)
}

/// A verdict that was kept in each of these outputs, in their order. It may come from strangers: one whose parts disagree is refused.
///
/// # Errors
/// As [`verdict`]; a verdict that disagrees with itself; an output that there is not.
pub fn rendered(engine: &Engine, text: &str, outputs: &[String]) -> Result<Vec<String>, Refusal> {
    let outputs = front::outputs(engine, outputs)?;
    let verdict = sound(verdict(text.as_bytes())?)?;
    outputs.iter().map(|output| front::shown(output, &verdict)).collect()
}

/// What differs between two verdicts, from and as JSON: the document of `gatekeeper diff --format json`.
///
/// # Errors
/// As [`verdict`] and [`sound`].
pub fn diff_json(before: &str, after: &str) -> Result<String, Refusal> {
    let kept = |text: &str| sound(verdict(text.as_bytes())?);
    Ok(serde_json::to_string(&compare(&kept(before)?, &kept(after)?))?)
}

/// A project's policy, and what makes it demand nothing.
///
/// # Errors
/// A policy that cannot be used; no policy at all.
pub fn policy_check(engine: &Engine, request: &Request) -> Result<(Policy, Vec<Lint>), Refusal> {
    let request = ready(engine, request)?;
    let policy = engine.policy_of(&request).map_err(Refusal::Policy)?.ok_or_else(none)?;
    let lints = lint(&policy);
    Ok((policy, lints))
}

fn none() -> Refusal {
    Refusal::Usage("there is no policy here or in the parent folders: name one with --config".to_owned())
}

/// Whether each gate of a project can fail.
///
/// # Errors
/// As `check`.
pub fn prove(engine: &Engine, request: &Request) -> Result<Proof, Refusal> {
    engine.prove(&ready(engine, request)?).map_err(Refusal::Policy)
}

/// Judges each case in a folder of cases by the policy.
///
/// # Errors
/// A policy or an expectation that cannot be used; a folder without a case.
pub fn policy_test(engine: &Engine, request: &Request, folder: &Path) -> Result<Vec<Tested>, Refusal> {
    let base = ready(engine, request)?;
    let config = match &request.config {
        Some(config) => config.clone(),
        None => {
            let from =
                base.root.as_ref().map_or_else(|| base.working_directory.clone(), |r| base.working_directory.join(r));
            find(&from).map_err(Refusal::Policy)?.ok_or_else(none)?.0
        }
    };
    let cannot = |e: std::io::Error| Refusal::Usage(format!("{}: cannot be read: {e}", folder.display()));
    let mut cases: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(cannot)? {
        let path = entry.map_err(cannot)?.path();
        if path.is_dir() {
            cases.push(path);
        }
    }
    cases.sort();
    if cases.is_empty() {
        let words = format!("{} holds no case: each is a folder with an expected.toml", folder.display());
        return Err(Refusal::Usage(words));
    }
    cases.iter().map(|case| one(engine, &base, request, &config, case)).collect()
}

fn one(engine: &Engine, base: &CheckRequest, given: &Request, config: &Path, case: &Path) -> Result<Tested, Refusal> {
    let file = case.join("expected.toml");
    let name = file.display().to_string();
    let size = std::fs::metadata(&file).map_or(0, |m| m.len());
    let text = match size > MOST {
        true => return Err(Refusal::Usage(format!("{name}: {size} bytes, above the limit of {MOST}"))),
        false => std::fs::read_to_string(&file).map_err(|e| Refusal::Usage(format!("{name}: cannot be read: {e}")))?,
    };
    let expected = Expectation::parse(&name, &text).map_err(Refusal::Policy)?;
    let mut request = base.clone();
    if expected.now.is_some() {
        let now = Request { now: expected.now.clone(), ..given.clone() };
        request = ready(engine, &now)?;
    }
    request.root = Some(case.to_path_buf());
    request.config = Some(config.to_path_buf());
    request.profile = expected.profile.clone().or(request.profile);
    let wrong = engine.check(&request).map(|v| expected.held(&v)).map_err(|e: PolicyError| Refusal::Policy(e))?;
    let case = case.file_name().map_or_else(|| case.display().to_string(), |n| n.to_string_lossy().into_owned());
    Ok(Tested { case, wrong })
}
