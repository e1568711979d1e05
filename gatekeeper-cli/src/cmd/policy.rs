//! `gatekeeper policy check | test | prove`: whether a policy is one, judges as it should, and can fail at all.

use super::by::{By, Largest};
use super::change::{self, ChangeArgs};
use super::earlier::EarlierArgs;
use super::judge::say_refusal;
use super::verify::Form;
use crate::exit;
use crate::front::Request;
use crate::proof;
use crate::release::Release;
use crate::terminal::{Talk, Terminal};
use clap::{Args, Subcommand};
use gatekeeper_core::Engine;
use gatekeeper_core::output::{document, line};
use gatekeeper_core::proof::Proven;
use std::io::{self, Write};
use std::path::PathBuf;

/// Arguments of `policy`.
#[derive(Debug, Args)]
pub struct PolicyArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Read the policy and name what makes it demand nothing
    Check(CheckArgs),
    /// Judge small projects by it and hold the verdicts to what each expects
    Test(TestArgs),
    /// Make the evidence at hand worse, gate by gate, until each turns red
    Prove(Box<ProveArgs>),
}

#[derive(Debug, Args)]
struct ProveArgs {
    #[command(flatten)]
    of: OfPolicy,
    #[command(flatten)]
    largest: Largest,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    earlier: EarlierArgs,
    #[command(flatten)]
    release: Release,
}

#[derive(Debug, Args)]
struct OfPolicy {
    #[command(flatten)]
    by: By,
    /// Exit with 1 where anything is named
    #[arg(long)]
    strict: bool,
    /// How to show the answer
    #[arg(long, value_enum, default_value_t = Form::Human)]
    format: Form,
}

#[derive(Debug, Args)]
struct CheckArgs {
    /// The policy: the same as --config
    #[arg(value_name = "POLICY", conflicts_with = "config")]
    policy: Option<PathBuf>,
    #[command(flatten)]
    of: OfPolicy,
}

#[derive(Debug, Args)]
struct TestArgs {
    /// A folder of cases: each is a folder with an expected.toml and the reports to judge
    #[arg(value_name = "DIR")]
    cases: PathBuf,
    #[command(flatten)]
    of: OfPolicy,
}

impl OfPolicy {
    fn request(&self) -> Request {
        Request {
            config: self.by.config.clone(),
            root: self.by.root.clone(),
            profile: self.by.profile.clone(),
            now: self.by.now.clone(),
            ..Request::default()
        }
    }
}

/// Runs `policy`.
pub fn run(
    engine: &Engine,
    args: &PolicyArgs,
    terminal: Terminal,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<u8> {
    // Gates and paths of strangers stand in it.
    let out: &mut dyn Write = &mut Talk::new(out);
    match &args.what {
        What::Check(args) => check(engine, args, terminal, out, err),
        What::Prove(args) => prove(engine, args, terminal, out, err),
        What::Test(args) => test(engine, args, terminal, out, err),
    }
}

fn check(
    engine: &Engine,
    args: &CheckArgs,
    terminal: Terminal,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<u8> {
    let of = &args.of;
    let request = Request { config: args.policy.clone().or_else(|| of.by.config.clone()), ..of.request() };
    let (policy, lints) = match proof::policy_check(engine, &request) {
        Ok(found) => found,
        Err(refusal) => return say_refusal(&refusal, terminal.color, err),
    };
    let file = policy.file.clone().unwrap_or_default();
    match of.format {
        Form::Json => document(&lints, out)?,
        Form::Human => {
            for l in &lints {
                let at = l.line.map(|n| format!("{}:{n}: ", l.file.as_ref().unwrap_or(&file))).unwrap_or_default();
                writeln!(out, "{}{}", line(&at), line(&l.message))?;
            }
            for l in &policy.loosened {
                writeln!(out, "looser than its base policy: {}", line(l))?;
            }
            let gates = policy.gates.len();
            let found =
                if lints.is_empty() { "nothing to remark".to_owned() } else { format!("{} to look at", lints.len()) };
            writeln!(out, "{}: {gates} gate{}, {found}", line(&file), if gates == 1 { "" } else { "s" })?;
        }
    }
    Ok(if of.strict && !lints.is_empty() { exit::FAIL } else { exit::PASS })
}

/// 1 where a gate never turns.
fn prove(
    engine: &Engine,
    args: &ProveArgs,
    terminal: Terminal,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<u8> {
    let of = &args.of;
    let given =
        match change::given(&args.change, of.by.root.as_deref(), of.by.config.as_deref(), args.largest.max_bytes) {
            Ok(given) => given,
            Err(refusal) => return say_refusal(&refusal, terminal.color, err),
        };
    let request = Request {
        max_bytes: Some(args.largest.max_bytes),
        revision: given.revision,
        diff: given.diff,
        policy: given.policy,
        changed: given.changed,
        allow_empty: args.change.allow_empty,
        baseline: args.earlier.baseline.clone(),
        history: args.earlier.history.clone(),
        release: args.release.clone(),
        ask_git: true,
        ..of.request()
    };
    let proof = match proof::prove(engine, &request) {
        Ok(proof) => proof,
        Err(refusal) => return say_refusal(&refusal, terminal.color, err),
    };
    match of.format {
        Form::Json => document(&proof, out)?,
        Form::Human => {
            for g in &proof.gates {
                let word = match g.outcome {
                    Proven::Turned => "turns red",
                    Proven::Red => "is red",
                    Proven::Never => "NEVER TURNS",
                    Proven::Untried => "not tried",
                };
                let soft = match g.action {
                    gatekeeper_core::verdict::Action::Block => "",
                    _ => " (and cannot block)",
                };
                let to =
                    g.turned.as_ref().map(|t| format!(": {}, {}", t.status.as_str(), t.reason)).unwrap_or_default();
                writeln!(out, "{}  {word}{soft}: {}{}", line(&g.name), line(&g.because), line(&to))?;
            }
        }
    }
    let untried = proof.gates.iter().any(|g| g.outcome == Proven::Untried);
    Ok(if proof.has_idle_gate() || of.strict && untried { exit::FAIL } else { exit::PASS })
}

/// 1 where a case is judged otherwise than it expects.
fn test(
    engine: &Engine,
    args: &TestArgs,
    terminal: Terminal,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<u8> {
    let tested = match proof::policy_test(engine, &args.of.request(), &args.cases) {
        Ok(tested) => tested,
        Err(refusal) => return say_refusal(&refusal, terminal.color, err),
    };
    let wrong = tested.iter().filter(|t| !t.wrong.is_empty()).count();
    match args.of.format {
        Form::Json => document(&tested, out)?,
        Form::Human => {
            for t in &tested {
                writeln!(out, "{} {}", if t.wrong.is_empty() { "✓" } else { "✗" }, line(&t.case))?;
                for w in &t.wrong {
                    writeln!(out, "    {}", line(w))?;
                }
            }
            writeln!(out, "{} of {} cases are judged as they expect", tested.len() - wrong, tested.len())?;
        }
    }
    Ok(if wrong == 0 { exit::PASS } else { exit::FAIL })
}
