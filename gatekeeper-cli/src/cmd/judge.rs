//! Judging, for every command that does: its arguments, and what is said where nothing can be judged.

use super::by::{By, Largest};
use super::change::{self, ChangeArgs};
use super::earlier::EarlierArgs;
use crate::exit;
use crate::front::{self, Request};
use crate::progress::Bar;
use crate::refusal::{Refusal, RefusalDocument};
use crate::release::Release;
use clap::Args;
use gatekeeper_core::Engine;
use gatekeeper_core::output::line;
use gatekeeper_core::verdict::Verdict;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What to judge, by what: shared by `check` and `explain`.
#[derive(Debug, Clone, Args)]
pub struct JudgeArgs {
    /// Files and folders to read instead of what the policy names
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    by: By,
    #[command(flatten)]
    release: Release,
    #[command(flatten)]
    largest: Largest,
    #[command(flatten)]
    pub(super) change: ChangeArgs,
    #[command(flatten)]
    pub(super) earlier: EarlierArgs,
    /// No progress is shown.
    #[arg(skip)]
    pub(super) silent: bool,
}

impl JudgeArgs {
    /// Judges below a folder, where no root is given; what is given is relative to it.
    pub(super) fn below(&mut self, folder: &Path) {
        self.by.root.get_or_insert_with(|| folder.to_owned());
        let given = self.paths.iter_mut().chain(&mut self.by.config);
        given.for_each(|path| *path = folder.join(&*path));
    }

    /// Asks for what a kept verdict was asked for, where nothing else is asked.
    pub(super) fn as_in(&mut self, kept: &Verdict) {
        if self.by.config.is_none() && !self.change.reads_the_policy() {
            self.by.config = kept.policy.file.as_ref().map(PathBuf::from);
        }
        self.by.root.get_or_insert_with(|| PathBuf::from(&kept.root));
        self.by.profile = self.by.profile.take().or_else(|| kept.policy.profile.clone());
        self.by.now = self.by.now.take().or_else(|| kept.now.clone());
        if self.paths.is_empty() {
            self.paths = kept.asked.paths.iter().map(PathBuf::from).collect();
        }
        self.release.as_in(&kept.asked);
        self.change.as_in(&kept.context);
    }
}

/// Why nothing was judged, after it was said.
pub(crate) struct Refused {
    /// The exit code.
    pub(crate) code: u8,
    /// What was wrong.
    pub(super) document: RefusalDocument,
}

/// Judges; a policy that cannot be used is shown, and answered with its exit code.
pub(crate) fn judge(
    engine: &Engine,
    args: &JudgeArgs,
    only: Vec<String>,
    fail_on_warn: bool,
    details: bool,
    color: bool,
    err: &mut dyn Write,
) -> io::Result<Result<Verdict, Refused>> {
    let given =
        match change::given(&args.change, args.by.root.as_deref(), args.by.config.as_deref(), args.largest.max_bytes) {
            Ok(given) => given,
            Err(refusal) => {
                writeln!(err, "gatekeeper: {}", line(&refusal.line()))?;
                return Ok(Err(Refused { code: exit::USAGE, document: refusal.document() }));
            }
        };
    let request = Request {
        revision: given.revision,
        diff: given.diff,
        policy: given.policy,
        changed: given.changed,
        allow_empty: args.change.allow_empty,
        paths: args.paths.clone(),
        config: args.by.config.clone(),
        root: args.by.root.clone(),
        profile: args.by.profile.clone(),
        now: args.by.now.clone(),
        max_bytes: Some(args.largest.max_bytes),
        fail_on_warn,
        details,
        only,
        release: args.release.clone(),
        baseline: args.earlier.baseline.clone(),
        history: args.earlier.history.clone(),
        ask_git: true,
        progress: Some(Arc::default()),
    };
    // The bar goes before anything is said.
    let bar = if args.silent { None } else { request.progress.clone().and_then(Bar::on_stderr) };
    let judged = front::check(engine, &request);
    drop(bar);
    match judged {
        Ok(verdict) => Ok(Ok(verdict)),
        Err(refusal) => refused(&refusal, color, err).map(Err),
    }
}

/// Says why nothing was judged.
pub(crate) fn refused(refusal: &Refusal, color: bool, err: &mut dyn Write) -> io::Result<Refused> {
    let code = say_refusal(refusal, color, err)?;
    Ok(Refused { code, document: refusal.document() })
}

/// The same in a line: a policy's first mistake, with where it is and what to do.
pub(super) fn refused_line(refusal: &Refusal) -> String {
    let document = refusal.document();
    match document.problems.split_first() {
        None => document.message,
        Some((first, others)) => {
            let help = first.help.as_ref().map(|h| format!(": {h}")).unwrap_or_default();
            let more = if others.is_empty() { String::new() } else { format!(" (and {} more)", others.len()) };
            format!("the policy with what was set cannot be used: {}{help}{more}", first.message)
        }
    }
}

/// The same; answers the exit code.
pub(crate) fn say_refusal(refusal: &Refusal, color: bool, err: &mut dyn Write) -> io::Result<u8> {
    match refusal {
        Refusal::Policy(e) => {
            // A mistake without a line to show starts one of its own.
            let name = if e.text.is_empty() { "gatekeeper: " } else { "" };
            let shown = shown(&e.rendered(color));
            writeln!(err, "{name}{shown}gatekeeper: the policy cannot be used, so nothing was judged")?;
        }
        e => writeln!(err, "gatekeeper: {}", line(&e.line()))?,
    }
    Ok(exit::USAGE)
}

/// A policy's mistakes with nothing that steers a terminal but their own colours, and no more than some screens of them.
fn shown(rendered: &str) -> String {
    const MOST: usize = 200;
    const COLUMNS: usize = 400;
    let mut out = String::new();
    for (n, text) in rendered.lines().enumerate() {
        if n == MOST {
            out.push_str("… and more\n");
            break;
        }
        let cut: String = text.chars().take(COLUMNS).collect();
        // A colour is `ESC [ digits and semicolons m`, as the renderer writes it.
        for (n, piece) in cut.split("\u{1b}[").enumerate() {
            let code = piece.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
            match code.strip_prefix('m').filter(|_| n > 0) {
                Some(rest) => {
                    out.push_str("\u{1b}[");
                    out.push_str(piece.strip_suffix(rest).unwrap_or_default());
                    out.push_str(&line(rest));
                }
                None if n > 0 => out.push_str(&line(&format!("\u{1b}[{piece}"))),
                None => out.push_str(&line(piece)),
            }
        }
        out.push('\n');
    }
    out
}
