//! `gatekeeper simulate --set KEY=VALUE VERDICT...`: which of these runs would have failed by another policy. The figures that the verdicts hold tell it
//! of limits; of any other key it can be told where the evidence still lies there (`--root`): then it is judged again.

use super::judge::refused_line;
use super::render;
use super::replay::found_again;
use super::verify::Form;
use crate::exit;
use crate::front::{self, GivenDiff, Request};
use crate::release::Release;
use crate::terminal::Talk;
use clap::Args;
use gatekeeper_core::collect::read_whole;
use gatekeeper_core::error::ParseError;
use gatekeeper_core::input::Limits;
use gatekeeper_core::output::{document, line};
use gatekeeper_core::policy::{GivenPolicy, PolicyFiles};
use gatekeeper_core::proof::{Changed, Setting, Simulation, mistake, simulate, with_settings};
use gatekeeper_core::verdict::{GateStatus, Verdict};
use gatekeeper_core::{Engine, Revision};
use serde::Serialize;
use serde_json::Value;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Arguments of `simulate`.
#[derive(Debug, Args)]
pub struct SimulateArgs {
    /// The verdicts, as `check --format json` wrote them
    #[arg(value_name = "VERDICT", required = true)]
    verdicts: Vec<PathBuf>,
    /// A key of the policy with another value: gates.coverage.lines.min=85, evidence.unit.min-cases=300; repeatable
    #[arg(long, value_name = "KEY=VALUE", required = true, value_parser = Setting::parse)]
    set: Vec<Setting>,
    /// Where the evidence of the verdicts still lies: what their figures do not tell is judged again
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// How to show the answer
    #[arg(long, value_enum, default_value_t = Form::Human)]
    format: Form,
}

#[derive(Serialize)]
struct Run {
    verdict: String,
    would_fail: bool,
    #[serde(flatten)]
    simulation: Simulation,
}

/// Runs `simulate`: 1 where a run would have failed that did not, 3 where that cannot be told, else 0.
pub fn run(engine: &Engine, args: &SimulateArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    // Gates and paths of strangers stand in it.
    let out: &mut dyn Write = &mut Talk::new(out);
    let mut verdicts = Vec::new();
    for path in &args.verdicts {
        let Some(verdict) = render::stored(path, err)? else { return Ok(exit::USAGE) };
        verdicts.push(verdict);
    }
    let reads = |policy: &Value| engine.parse_policy("policy.json", policy.to_string().as_bytes(), None).map(|_| ());
    if let Some(wrong) = mistake(&reads, &verdicts, &args.set) {
        writeln!(err, "gatekeeper: {}", line(&wrong))?;
        return Ok(exit::USAGE);
    }
    let mut runs = Vec::new();
    for (path, verdict) in args.verdicts.iter().zip(verdicts) {
        let mut simulation = simulate(&verdict, &args.set);
        if let Some(root) = args.root.as_ref().filter(|_| !simulation.untold.is_empty()) {
            simulation = judged_again(engine, &verdict, &args.set, root);
        }
        runs.push(Run { verdict: path.display().to_string(), would_fail: simulation.would_fail(), simulation });
    }
    let (bad, untold) =
        (runs.iter().filter(|r| r.would_fail).count(), runs.iter().filter(|r| r.simulation.after.is_none()).count());
    match args.format {
        Form::Json => document(&runs, out)?,
        Form::Human => {
            for r in &runs {
                let word = match (r.would_fail, r.simulation.after) {
                    (true, _) => "would have failed",
                    (_, None) => "cannot be told",
                    (_, Some(after)) => after.as_str(),
                };
                let said = r.simulation.changed.iter().map(|c| format!("{}: {}", c.gate, c.because));
                let said: Vec<String> = said.chain(r.simulation.untold.iter().cloned()).collect();
                let said = if said.is_empty() { String::new() } else { format!("  {}", said.join("; ")) };
                writeln!(out, "{}  {word}{}", line(&r.verdict), line(&said))?;
            }
            writeln!(out, "{bad} of {} would have failed, {untold} cannot be told", runs.len())?;
            if untold > 0 && args.root.is_none() {
                writeln!(out, "where the evidence still lies there, --root DIR judges it again")?;
            }
        }
    }
    Ok(match (bad, untold) {
        (0, 0) => exit::PASS,
        (0, _) => exit::UNKNOWN,
        _ => exit::FAIL,
    })
}

/// The name of a policy that is nowhere but here.
const SIMULATED: &str = "(the policy with what was set).json";

/// That policy, and beside it the ignore files of the root.
#[derive(Debug)]
struct Set {
    policy: String,
    root: PathBuf,
}

impl PolicyFiles for Set {
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, ParseError> {
        if name == SIMULATED {
            return Ok(Some(self.policy.clone().into_bytes()));
        }
        let file = self.root.join(name);
        match file.is_file() {
            true => read_whole(&file, &Limits::default()).map(Some),
            false => Ok(None),
        }
    }
}

/// What a run comes to by its policy with the settings in it, where all that it was judged upon is still there.
fn judged_again(engine: &Engine, kept: &Verdict, settings: &[Setting], root: &Path) -> Simulation {
    let untold = |untold: Vec<String>| Simulation { before: kept.status, after: None, changed: Vec::new(), untold };
    let request = match request(kept, settings, root) {
        Ok(request) => request,
        Err(why) => return untold(why),
    };
    let now = match front::check(engine, &request) {
        Ok(now) => now,
        Err(refusal) => return untold(vec![refused_line(&refusal)]),
    };
    let same = |path: &str, sha256: &str| now.evidence.iter().any(|e| e.path == path && e.sha256 == sha256);
    let aside = |path: &str, sha256: &str| now.set_aside.iter().any(|e| e.path == path && e.sha256 == sha256);
    let other: Vec<String> = kept
        .evidence
        .iter()
        .filter(|e| !same(&e.path, &e.sha256) && !aside(&e.path, &e.sha256))
        .filter(|e| now.evidence.iter().any(|n| n.path == e.path) || !root.join(&e.path).exists())
        .map(|e| format!("{} is no longer what was judged", e.path))
        .collect();
    if !other.is_empty() {
        return untold(other);
    }
    let status = |v: &Verdict, name: &str| v.gates.iter().find(|g| g.name == name).map(|g| g.status);
    let changed = now.gates.iter().filter_map(|g| {
        let before = status(kept, &g.name).unwrap_or(GateStatus::Skip);
        let because = g.reason.clone();
        (before != g.status).then(|| Changed { gate: g.name.clone(), before, after: g.status, because })
    });
    Simulation { before: kept.status, after: Some(now.status), changed: changed.collect(), untold: Vec::new() }
}

/// What was asked for then, by the other policy.
fn request(kept: &Verdict, settings: &[Setting], root: &Path) -> Result<Request, Vec<String>> {
    let mut lacking = Vec::new();
    if kept.policy.file.is_none() {
        return Err(vec!["it was judged by the built-in default: write a policy, and judge by that".to_owned()]);
    }
    let policy = with_settings(&kept.policy.normalised, settings).map_err(|why| vec![why])?;
    let mut take = |what: &str, file: &str, sha256: &str| match found_again(Path::new(file), sha256) {
        Ok(file) => Some(file),
        Err(why) => {
            lacking.push(format!("it was judged with the {what} {why}"));
            None
        }
    };
    let of_file = kept.context.diff.as_ref().filter(|d| d.base.is_none());
    let diff = of_file.and_then(|d| Some((take("diff", &d.from, &d.sha256)?, d)));
    let baseline = kept.asked.baseline.as_ref().and_then(|b| take("baseline", &b.path, &b.sha256));
    let history = kept.asked.history.iter().filter_map(|h| take("history", &h.path, &h.sha256)).collect();
    if let Some(base) = kept.context.diff.as_ref().and_then(|d| d.base.as_ref()) {
        lacking.push(format!("it was judged with git's diff against {base}, which the verdict does not hold"));
    }
    if kept.asked.changed.is_some() {
        lacking.push("it was judged with a list of changed files, which the verdict does not hold".to_owned());
    }
    let diff = diff.and_then(|(file, d)| match front::read_whole(&file, None) {
        Ok(text) => Some(GivenDiff { from: d.from.clone(), text, ..GivenDiff::default() }),
        Err(e) => {
            lacking.push(e.line());
            None
        }
    });
    if !lacking.is_empty() {
        return Err(lacking);
    }
    let mut revision = Revision::default();
    revision.commit.clone_from(&kept.context.commit);
    revision.tree.clone_from(&kept.context.tree);
    revision.from.clone_from(&kept.context.from);
    let mut release = Release::default();
    release.as_in(&kept.asked);
    let policy = GivenPolicy {
        name: SIMULATED.to_owned(),
        from: "the verdict, with what was set".to_owned(),
        folder: String::new(),
        root: root.to_owned(),
        files: Arc::new(Set { policy: policy.to_string(), root: root.to_owned() }),
    };
    Ok(Request {
        paths: kept.asked.paths.iter().map(PathBuf::from).collect(),
        root: Some(root.to_owned()),
        now: kept.now.clone(),
        fail_on_warn: kept.asked.fail_on_warn,
        only: kept.asked.only.clone(),
        policy: Some(policy),
        revision,
        allow_empty: true,
        diff,
        release,
        baseline,
        history,
        ask_git: true,
        ..Request::default()
    })
}
