//! `gatekeeper bundle verify BUNDLE` and `gatekeeper bundle render BUNDLE`.

use super::{FileArgs, refuse};
use crate::cmd::actions;
use crate::cmd::change::{self, ChangeArgs};
use crate::cmd::earlier::EarlierArgs;
use crate::cmd::judge::{refused, say_refusal};
use crate::cmd::verify::Form;
use crate::exit;
use crate::files::write_whole;
use crate::front::{self, Judged, Refusal, Request};
use crate::release::Release;
use crate::terminal::Terminal;
use clap::Args;
use gatekeeper_core::bundle::Bundle;
use gatekeeper_core::output::{Output, Style, document, inert, line};
use gatekeeper_core::verdict::{Overall, Verdict};
use gatekeeper_core::{Engine, Revision};
use serde::Serialize;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Which bundle, and by what it is judged again.
#[derive(Debug, Args)]
struct AgainArgs {
    #[command(flatten)]
    file: FileArgs,
    /// Judge its evidence again by this policy
    #[arg(short, long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Judge its evidence again by the policy as it stands in this commit, such as origin/main
    #[arg(long, value_name = "REF")]
    policy_ref: Option<String>,
    /// Judge its evidence again by the policy of this folder, or of the one that --config's patterns are relative to
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// The policy's profile to judge by
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// The clock to judge by (RFC 3339), instead of this machine's
    #[arg(long, value_name = "TIME")]
    now: Option<String>,
    /// A unified diff of the change, - for standard input
    #[arg(long, value_name = "FILE")]
    diff: Option<PathBuf>,
    /// The files that changed, a name a line or each ending in NUL
    #[arg(long, value_name = "FILE")]
    changed: Option<PathBuf>,
    /// Take an empty diff or an empty list of changed files for proof that nothing changed
    #[arg(long)]
    allow_empty: bool,
    #[command(flatten)]
    earlier: EarlierArgs,
    #[command(flatten)]
    release: Release,
    /// Warnings make the verdict fail
    #[arg(long)]
    fail_on_warn: bool,
    /// Report, and exit with 0 whatever the verdict of a bundle that can be trusted
    #[arg(long)]
    warn_only: bool,
}

/// Arguments of `bundle verify`.
#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    #[command(flatten)]
    again: AgainArgs,
    /// How to show the answer
    #[arg(long, value_enum, default_value_t = Form::Human)]
    format: Form,
    /// Also write the verdict as FORMAT to FILE, in any output of `check`; repeatable
    #[arg(long, value_name = "FORMAT=FILE", value_parser = crate::cmd::check::report)]
    report: Vec<(String, PathBuf)>,
}

/// Arguments of `bundle render`.
#[derive(Debug, Args)]
pub(super) struct RenderArgs {
    #[command(flatten)]
    again: AgainArgs,
    /// How to show the verdict: any output of `check`
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: String,
    /// Where to write it; - is standard output
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    output: PathBuf,
}

impl AgainArgs {
    /// Whether the evidence is judged again: who says by what asks for it.
    fn judges(&self) -> bool {
        self.config.is_some() || self.policy_ref.is_some() || self.root.is_some()
    }

    /// What is known on this side. The commit and tree of a bundle are its word: they are taken where nothing is known here.
    fn request(&self, carried: &Verdict) -> Result<Request, Refusal> {
        let changes = ChangeArgs {
            diff: self.diff.clone(),
            policy_ref: self.policy_ref.clone(),
            changed: self.changed.clone(),
            allow_empty: self.allow_empty,
            ..ChangeArgs::default()
        };
        let given = change::given(&changes, self.root.as_deref(), self.config.as_deref(), self.file.max_bytes)?;
        let ours = (self.file.commit.clone(), self.file.tree.clone());
        let theirs = (carried.context.commit.clone(), carried.context.tree.clone());
        // What git says here is of this side's working tree, which nobody judges.
        let mut revision = Revision::default();
        let (names, from) = if ours == (None, None) { (theirs, "the bundle") } else { (ours, "the command line") };
        (revision.commit, revision.tree) = names;
        revision.from = Some(from.to_owned());
        Ok(Request {
            revision,
            diff: given.diff,
            policy: given.policy,
            changed: given.changed,
            allow_empty: self.allow_empty,
            config: self.config.clone(),
            root: self.root.clone(),
            profile: self.profile.clone(),
            now: self.now.clone(),
            max_bytes: Some(self.file.max_bytes),
            fail_on_warn: self.fail_on_warn,
            release: self.release.clone(),
            baseline: self.earlier.baseline.clone(),
            history: self.earlier.history.clone(),
            ask_git: true,
            ..Request::default()
        })
    }
}

/// What a bundle comes to.
#[derive(Debug, Serialize)]
struct Answer {
    /// The worse of what it says and what its evidence comes to here; unknown where it cannot be trusted.
    status: Overall,
    /// The same as a process's exit status.
    exit_code: u8,
    /// Whether it is whole, and its parts agree with each other and with what was asked.
    trusted: bool,
    /// Whether its evidence was judged again here.
    judged_again: bool,
    /// The status in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    carried: Option<Overall>,
    /// The commit that it is for, as it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<String>,
    /// What keeps it from being trusted.
    disagreements: Vec<String>,
    /// What is to be known beside that.
    notes: Vec<String>,
    /// The paths of the evidence in it.
    files: Vec<String>,
}

/// What a trusted bundle came to.
struct Done {
    answer: Answer,
    verdict: Verdict,
}

/// Why there is no answer that a verdict belongs to.
enum Stopped {
    Distrusted(Vec<String>),
    Refused(Refusal),
}

/// How bad a status is.
fn rank(status: Overall) -> u8 {
    match status {
        Overall::Pass => 0,
        Overall::Warn => 1,
        Overall::Unknown => 2,
        Overall::Fail => 3,
    }
}

/// Reads, checks and judges.
fn answer(engine: &Engine, args: &AgainArgs) -> Result<Done, Stopped> {
    let bundle = args.file.read().map_err(Stopped::Distrusted)?;
    let carried = bundle.verdict.status;
    let mut notes = Vec::new();
    if args.file.commit.is_none() && args.file.tree.is_none() {
        notes.push("it was held against no commit: give the one that it should be for with --commit".to_owned());
    }
    let left_out = bundle.left_out();
    if !left_out.is_empty() {
        notes.push(format!("{} of the verdict's evidence is not in it: {}", left_out.len(), left_out.join(", ")));
    }
    let verdict = if args.judges() {
        again(engine, args, &bundle, &mut notes).map_err(Stopped::Refused)?
    } else {
        notes.push("this is the word of the job that wrote it: judge its evidence again with --config".to_owned());
        bundle.verdict.clone()
    };
    let answer = Answer {
        status: verdict.status,
        exit_code: verdict.exit_code,
        trusted: true,
        judged_again: args.judges(),
        carried: Some(carried),
        commit: verdict.context.commit.clone(),
        disagreements: Vec::new(),
        notes,
        files: bundle.files().map(|(file, _)| file.path.clone()).collect(),
    };
    Ok(Done { answer, verdict })
}

/// Judges the evidence by this side's policy. The worse of both verdicts counts.
fn again(engine: &Engine, args: &AgainArgs, bundle: &Bundle, notes: &mut Vec<String>) -> Result<Verdict, Refusal> {
    let carried = &bundle.verdict;
    let request = front::ready(engine, &args.request(carried)?)?;
    let mut verdict = engine.check_given(&request, bundle.candidates()).map_err(Refusal::Policy)?;
    if verdict.policy.digest != carried.policy.digest {
        notes.push("the job that wrote it judged by another policy".to_owned());
    }
    if rank(carried.status) > rank(verdict.status) {
        let (theirs, ours) = (carried.status.as_str(), verdict.status.as_str());
        notes.push(format!("the job that wrote it came to `{theirs}`, here it is `{ours}`: the worse counts"));
        // Its words are a stranger's, and stand in no verdict of ours.
        verdict.summary =
            format!("`{theirs}` by the job that wrote the bundle; judged again here: {}", verdict.summary);
        verdict.status = carried.status;
        verdict.exit_code = carried.status.exit_code();
    }
    Ok(verdict)
}

/// Runs `bundle verify`.
pub(super) fn run(
    engine: &Engine,
    args: &VerifyArgs,
    terminal: Terminal,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<u8> {
    for (format, _) in &args.report {
        if let Some(code) = unknown_output(engine, format, err)? {
            return Ok(code);
        }
    }
    let file = &args.again.file.bundle;
    let Done { answer, verdict } = match answer(engine, &args.again) {
        Ok(done) => done,
        Err(Stopped::Refused(refusal)) => {
            let refused = refused(&refusal, terminal.color, err)?;
            if actions::in_github() {
                actions::github_refused(&refused, args.format == Form::Human, out, err)?;
            }
            return Ok(refused.code);
        }
        Err(Stopped::Distrusted(wrong)) => {
            if actions::in_github() {
                actions::github_nothing("unknown", exit::UNKNOWN, "The bundle cannot be trusted", err)?;
            }
            if args.format == Form::Json {
                document(&distrusted(wrong), out)?;
                return Ok(exit::UNKNOWN);
            }
            return refuse(file, &wrong, err);
        }
    };
    let mut documents = Vec::new();
    for (format, to) in &args.report {
        let mut bytes = Vec::new();
        if let Some(output) = engine.outputs().by_id(format) {
            output.write(&verdict, &Style::default(), &mut bytes)?;
        }
        documents.push((to, bytes));
    }
    for (to, bytes) in documents {
        if let Err(e) = write_whole(to, &bytes) {
            writeln!(err, "gatekeeper: cannot write {}: {e}", line(&to.display().to_string()))?;
            return Ok(exit::USAGE);
        }
    }
    match args.format {
        Form::Json => document(&answer, out)?,
        Form::Human => {
            let mut said = format!("{}  {}\n", answer.status.as_str().to_uppercase(), line(&verdict.summary));
            answer.notes.iter().for_each(|note| said.push_str(&format!("  {}\n", line(note))));
            out.write_all(inert(&said).as_bytes())?;
        }
    }
    if actions::in_github() {
        actions::github(engine, &Judged::new(verdict, false), args.format == Form::Human, out, err)?;
    }
    Ok(if args.again.warn_only { exit::PASS } else { answer.exit_code })
}

fn distrusted(disagreements: Vec<String>) -> Answer {
    Answer {
        status: Overall::Unknown,
        exit_code: exit::UNKNOWN,
        trusted: false,
        judged_again: false,
        carried: None,
        commit: None,
        disagreements,
        notes: Vec::new(),
        files: Vec::new(),
    }
}

/// Runs `bundle render`; the exit code says whether it was written, and 3 that the bundle cannot be trusted.
pub(super) fn render(
    engine: &Engine,
    args: &RenderArgs,
    terminal: Terminal,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<u8> {
    if let Some(code) = unknown_output(engine, &args.format, err)? {
        return Ok(code);
    }
    let verdict = match answer(engine, &args.again) {
        Ok(done) => done.verdict,
        Err(Stopped::Refused(refusal)) => return say_refusal(&refusal, terminal.color, err),
        Err(Stopped::Distrusted(wrong)) => return refuse(&args.again.file.bundle, &wrong, err),
    };
    let Some(output) = engine.outputs().by_id(&args.format) else { return Ok(exit::USAGE) };
    if args.output == Path::new("-") {
        let style = Style { color: terminal.color, width: terminal.width, ..Style::default() };
        output.write(&verdict, &style, out)?;
        return Ok(exit::PASS);
    }
    let mut bytes = Vec::new();
    output.write(&verdict, &Style::default(), &mut bytes)?;
    match write_whole(&args.output, &bytes) {
        Ok(()) => Ok(exit::PASS),
        Err(e) => {
            writeln!(err, "gatekeeper: cannot write {}: {e}", line(&args.output.display().to_string()))?;
            Ok(exit::USAGE)
        }
    }
}

/// Says that there is no such output; answers the exit code.
fn unknown_output(engine: &Engine, id: &str, err: &mut dyn Write) -> io::Result<Option<u8>> {
    if engine.outputs().by_id(id).is_some() {
        return Ok(None);
    }
    let known: Vec<&str> = engine.outputs().iter().map(Output::id).collect();
    writeln!(err, "gatekeeper: there is no output `{}`: there are {}", line(id), known.join(", "))?;
    Ok(Some(exit::USAGE))
}
