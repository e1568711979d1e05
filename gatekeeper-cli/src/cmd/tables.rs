//! `gatekeeper formats` and `gatekeeper rules`: the tables, for people and programs.

use crate::exit;
use clap::{Args, ValueEnum};
use gatekeeper_core::output::{document, line};
use gatekeeper_core::policy::keys;
use gatekeeper_core::{Engine, rule};
use std::io::{self, Write};

/// Arguments of `formats`.
#[derive(Debug, Args)]
pub struct FormatsArgs {
    /// How to show them
    #[arg(long, value_enum, default_value_t = Form::Human)]
    format: Form,
}

/// Arguments of `rules`.
#[derive(Debug, Args)]
pub struct RulesArgs {
    /// The rule to document; `policy` documents the keys of the policy itself
    rule: Option<String>,
    /// How to show them
    #[arg(long, value_enum, default_value_t = Form::Human)]
    format: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    Human,
    Json,
    Markdown,
}

/// Runs `formats`.
pub fn formats(engine: &Engine, args: &FormatsArgs, out: &mut dyn Write) -> io::Result<u8> {
    match args.format {
        Form::Json => {
            let rows: Vec<_> = engine.formats().iter().collect();
            document(&rows, out)?;
        }
        Form::Markdown => {
            writeln!(out, "| format | kind | what | usual places |\n|---|---|---|---|")?;
            for f in engine.formats().iter() {
                let places: Vec<String> = f.places().iter().take(3).map(|p| format!("`{p}`")).collect();
                writeln!(out, "| `{}` | {} | {} | {} |", f.id(), f.kind(), f.title(), places.join(" "))?;
            }
        }
        Form::Human => {
            let wide = engine.formats().iter().map(|f| f.id().len()).max().unwrap_or(0);
            for f in engine.formats().iter() {
                writeln!(out, "{:wide$}  {:12}  {}", f.id(), f.kind().as_str(), f.title())?;
            }
        }
    }
    Ok(exit::PASS)
}

/// Runs `rules`.
pub fn rules(engine: &Engine, args: &RulesArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    if args.rule.as_deref() == Some("policy") {
        return policy(args, out);
    }
    let chosen: Vec<_> = match &args.rule {
        None => engine.rules().iter().collect(),
        Some(id) => match engine.rules().by_id(id) {
            Some(r) => vec![r],
            None => {
                let ids: Vec<&str> = engine.rules().iter().map(rule::Rule::id).collect();
                writeln!(err, "gatekeeper: there is no rule `{}`: there are {}", line(id), ids.join(", "))?;
                return Ok(exit::USAGE);
            }
        },
    };
    let whole = args.rule.is_some();
    match args.format {
        Form::Json => {
            document(&chosen, out)?;
        }
        Form::Markdown if !whole => {
            writeln!(out, "| rule | judges |\n|---|---|")?;
            for r in chosen {
                writeln!(out, "| `{}` | {} |", r.id(), r.title())?;
            }
        }
        _ => {
            for r in chosen {
                if whole {
                    writeln!(out, "# {}: {}\n\n{}", r.id(), r.title(), r.docs())?;
                } else {
                    writeln!(out, "{:10}  {}", r.id(), r.title())?;
                }
            }
        }
    }
    Ok(exit::PASS)
}

/// The policy's keys that are no rule's own.
fn policy(args: &RulesArgs, out: &mut dyn Write) -> io::Result<u8> {
    match args.format {
        Form::Json => document(&keys::KEYS, out)?,
        _ => write!(out, "# policy: every key that is no rule's own\n\n{}", keys::docs())?,
    }
    Ok(exit::PASS)
}
