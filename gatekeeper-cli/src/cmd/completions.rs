//! `gatekeeper completions SHELL`: what makes a shell complete commands, options and the words of the tables.

use crate::exit;
use clap::builder::PossibleValuesParser;
use clap::{Args, Command};
use clap_complete::Shell;
use gatekeeper_core::output::Output;
use gatekeeper_core::{Engine, Format, Rule};
use std::io::{self, Write};

/// Arguments of `completions`.
#[derive(Debug, Args)]
#[command(
    after_help = "bash:       gatekeeper completions bash > ~/.local/share/bash-completion/completions/gatekeeper\n\
                  zsh:        gatekeeper completions zsh > \"${fpath[1]}/_gatekeeper\"\n\
                  fish:       gatekeeper completions fish > ~/.config/fish/completions/gatekeeper.fish\n\
                  PowerShell: gatekeeper completions powershell >> $PROFILE\n\
                  elvish:     gatekeeper completions elvish >> ~/.config/elvish/rc.elv"
)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

/// Runs `completions`, of these commands.
pub fn run(engine: &Engine, cli: Command, args: &CompletionsArgs, out: &mut dyn Write) -> io::Result<u8> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut with_words(engine, cli), "gatekeeper", &mut script);
    out.write_all(&script)?;
    Ok(exit::PASS)
}

/// The commands, with the words of the tables where an option takes any text: what is a word is decided when it is used.
fn with_words(engine: &Engine, cli: Command) -> Command {
    let outputs: Vec<String> = engine.outputs().iter().map(|o: &Output| o.id().to_owned()).collect();
    let formats: Vec<String> = engine.formats().iter().map(|f: &Format| f.id().to_owned()).collect();
    let rules: Vec<String> =
        engine.rules().iter().map(|r: &Rule| r.id().to_owned()).chain(["policy".to_owned()]).collect();
    let taking = |command: Command, argument: &'static str, words: &[String]| {
        let words = words.to_vec();
        command.mut_arg(argument, |a| a.value_parser(PossibleValuesParser::new(words)))
    };
    cli.mut_subcommand("check", |c| taking(c, "format", &outputs))
        .mut_subcommand("render", |c| taking(c, "format", &outputs))
        .mut_subcommand("inspect", |c| taking(c, "read_as", &formats))
        .mut_subcommand("rules", |c| taking(c, "rule", &rules))
}
