//! The arguments: each command's own stand in its file.

use crate::cmd;
use crate::terminal::{Color, Terminal};
use clap::{CommandFactory, Parser, Subcommand};
use gatekeeper_core::Engine;
use std::io::{self, Write};

/// Reads the reports of a CI run, judges them by a policy, and never passes what it could not see.
#[derive(Debug, Parser)]
#[command(
    name = "gatekeeper",
    version,
    max_term_width = 100,
    after_help = "Exit codes: 0 pass or warn, 1 fail, 2 bad usage or bad policy, 3 unknown (nothing failed, but a blocking gate could not be judged)."
)]
pub struct Cli {
    /// When to use colours
    #[arg(long, value_enum, default_value_t, global = true, value_name = "WHEN")]
    pub color: Color,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Judge the evidence of this project by its policy: the main job
    Check(cmd::check::CheckArgs),
    /// Write a first policy for the evidence that lies here
    Init(cmd::init::InitArgs),
    /// Explain one gate in full: why, from which evidence, what would make it pass
    Explain(cmd::explain::ExplainArgs),
    /// Show what files are and what they report
    Inspect(cmd::inspect::InspectArgs),
    /// Merge several reports of one kind into one
    Merge(cmd::merge::MergeArgs),
    /// Show a verdict that was kept as JSON in any other form
    Render(cmd::render::RenderArgs),
    /// Say the next step of a rollout by the verdict on its canary
    Rollout(cmd::rollout::RolloutArgs),
    /// Whether a verdict that was kept holds for this commit, tree, policy and evidence
    Verify(cmd::verify::VerifyArgs),
    /// Put a verdict and its evidence into one file, and check one that a job wrote that is not trusted
    Bundle(cmd::bundle::BundleArgs),
    /// What is different between two verdicts
    Diff(cmd::diff::DiffArgs),
    /// Which runs would have failed with other limits, by their verdicts
    Simulate(cmd::simulate::SimulateArgs),
    /// Check a policy, test it on cases, prove that its gates can fail
    Policy(cmd::policy::PolicyArgs),
    /// Run a command and keep its output together with its exit status, as evidence
    Record(cmd::record::RecordArgs),
    /// Write down what a run saw, for later runs to be compared with
    Snapshot(cmd::snapshot::SnapshotArgs),
    /// Parse, compare and detect licences
    License(cmd::license::LicenseArgs),
    /// List the formats that can be read
    Formats(cmd::tables::FormatsArgs),
    /// Show the JSON schema of a policy, a verdict, an inspection or a snapshot
    Schema(cmd::schema::SchemaArgs),
    /// List the rules, or document one; `policy` documents the policy's own keys
    Rules(cmd::tables::RulesArgs),
    /// Judge for a coding assistant: what falls short sends it back to work
    Hook(cmd::hook::HookArgs),
    /// Answer a coding assistant's calls (Model Context Protocol, on standard input and output)
    #[cfg(feature = "mcp")]
    Mcp(cmd::mcp::McpArgs),
    /// Print a script that makes a shell complete this program's commands
    Completions(cmd::completions::CompletionsArgs),
    /// Print the manual page of a command, or write all of them
    Man(cmd::man::ManArgs),
}

impl Cli {
    /// Runs the command that was asked for.
    pub fn run(self, engine: &Engine, terminal: Terminal, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
        match self.command {
            Command::Check(args) => cmd::check::run(engine, &args, terminal, out, err),
            Command::Init(args) => cmd::init::run(engine, &args, out, err),
            Command::Explain(args) => cmd::explain::run(engine, &args, terminal, out, err),
            Command::Inspect(args) => cmd::inspect::run(engine, &args, out, err),
            Command::Merge(args) => cmd::merge::run(engine, &args, out, err),
            Command::Render(args) => cmd::render::run(engine, &args, terminal, out, err),
            Command::Rollout(args) => cmd::rollout::run(engine, &args, out, err),
            Command::Verify(args) => cmd::verify::run(engine, &args, out, err),
            Command::Bundle(args) => cmd::bundle::run(engine, &args, terminal, out, err),
            Command::Diff(args) => cmd::diff::run(&args, out, err),
            Command::Simulate(args) => cmd::simulate::run(engine, &args, out, err),
            Command::Policy(args) => cmd::policy::run(engine, &args, terminal, out, err),
            Command::Record(args) => cmd::record::run(&args, out, err),
            Command::Snapshot(args) => cmd::snapshot::run(engine, &args, terminal, out, err),
            Command::License(args) => cmd::license::run(&args, out, err),
            Command::Formats(args) => cmd::tables::formats(engine, &args, out),
            Command::Schema(args) => cmd::schema::run(engine, &args, out),
            Command::Rules(args) => cmd::tables::rules(engine, &args, out, err),
            Command::Hook(args) => cmd::hook::run(engine, &args, out, err),
            #[cfg(feature = "mcp")]
            Command::Mcp(args) => cmd::mcp::run(engine, &Cli::command(), &args, err),
            Command::Completions(args) => cmd::completions::run(engine, Cli::command(), &args, out),
            Command::Man(args) => cmd::man::run(Cli::command(), &args, out, err),
        }
    }
}
