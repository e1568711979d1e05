//! `gatekeeper man`: the manual pages, made of the same words as `--help`.

use crate::exit;
use crate::files::write_whole;
use clap::{Args, Command};
use clap_mangen::Man;
use gatekeeper_core::output::line;
use std::io::{self, Write};
use std::path::PathBuf;

/// Arguments of `man`.
#[derive(Debug, Args)]
#[command(
    after_help = "Read one: gatekeeper man check | man -l -\nInstall all: gatekeeper man --out ~/.local/share/man/man1"
)]
pub struct ManArgs {
    /// The command whose page is printed, such as `check` or `policy test`; the program's own where none is named
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,
    /// Write every page to this folder instead, such as gatekeeper.1 and gatekeeper-check.1
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    out: Option<PathBuf>,
}

/// Runs `man`, of these commands.
pub fn run(cli: Command, args: &ManArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let mut cli = cli.disable_help_subcommand(true);
    cli.build();
    let Some(folder) = &args.out else {
        let mut at = &cli;
        for name in &args.command {
            let Some(found) = at.get_subcommands().find(|c| c.get_name() == name) else {
                let known: Vec<&str> = at.get_subcommands().map(Command::get_name).collect();
                let (name, whose) = (line(name), at.get_bin_name().unwrap_or("gatekeeper"));
                if known.is_empty() {
                    writeln!(err, "gatekeeper: `{whose}` has no command `{name}`")?;
                } else {
                    writeln!(err, "gatekeeper: `{whose}` has no command `{name}`: there are {}", known.join(", "))?;
                }
                return Ok(exit::USAGE);
            };
            at = found;
        }
        out.write_all(&page(at)?)?;
        return Ok(exit::PASS);
    };
    let mut pages = Vec::new();
    every(&cli, &mut pages)?;
    for (name, text) in &pages {
        let file = folder.join(name);
        if let Err(e) = write_whole(&file, text) {
            writeln!(err, "gatekeeper: cannot write {}: {e}", line(&file.display().to_string()))?;
            return Ok(exit::USAGE);
        }
    }
    writeln!(out, "{}: {} pages", line(&folder.display().to_string()), pages.len())?;
    Ok(exit::PASS)
}

/// The page of a command and those of its commands, with their files' names.
fn every(command: &Command, out: &mut Vec<(String, Vec<u8>)>) -> io::Result<()> {
    let man = Man::new(command.clone());
    out.push((man.get_filename(), page(command)?));
    command.get_subcommands().try_for_each(|c| every(c, out))
}

fn page(command: &Command) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    Man::new(command.clone()).render(&mut text)?;
    Ok(text)
}
