//! `gatekeeper license parse|satisfies|name|detect`: the licence engine by itself.
//!
//! `--format json` answers an array, one object per item in the order given. Exit codes: 0 every item was answered with a
//! licence or a yes, 1 some was not, 2 an entry of a list is no licence.

use std::fs::File;
use std::io::{self, Read as _, Write};

use crate::terminal::Talk;
use clap::{Args, Subcommand, ValueEnum};
use gatekeeper_core::license::{Entry, LicenseLists, answer};
use gatekeeper_core::output::{document, line};
use serde::Serialize;

/// Bytes of a file that are read: enough to see that a file is too large for a licence text.
const MOST_BYTES: u64 = 2 << 20;

/// Licence expressions, names and texts
#[derive(Debug, Args)]
pub struct LicenseArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Whether texts are SPDX licence expressions, and how they are normally written
    Parse {
        /// Licence expressions
        #[arg(required = true, value_name = "EXPR")]
        expressions: Vec<String>,
        #[command(flatten)]
        output: Output,
    },
    /// Whether licence expressions satisfy lists of licences
    Satisfies {
        /// An SPDX id, an id WITH an exception, or a family such as BSD; repeatable
        #[arg(long, value_name = "LICENSE")]
        allow: Vec<String>,
        /// The same, refused; repeatable
        #[arg(long, value_name = "LICENSE")]
        deny: Vec<String>,
        /// Licence expressions
        #[arg(required = true, value_name = "EXPR")]
        expressions: Vec<String>,
        #[command(flatten)]
        output: Output,
    },
    /// Which SPDX expression free-text names stand for
    Name {
        /// Licence names
        #[arg(required = true, value_name = "TEXT")]
        names: Vec<String>,
        #[command(flatten)]
        output: Output,
    },
    /// Which licence the texts in files are
    Detect {
        /// Files such as LICENSE or COPYING
        #[arg(required = true, value_name = "FILE")]
        files: Vec<String>,
        #[command(flatten)]
        output: Output,
    },
}

#[derive(Debug, Args)]
struct Output {
    /// How to answer
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A line per item
    Human,
    /// An array of objects
    Json,
}

/// Answers, and gives the exit code.
pub fn run(args: &LicenseArgs, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    match &args.what {
        What::Parse { expressions, output } => {
            let answers: Vec<_> = expressions.iter().map(|text| answer::parsed(text)).collect();
            let all = answers.iter().all(|answer| answer.valid);
            print(out, output.format, &answers, all, |answer| {
                let said = answer.normalized.as_deref().or(answer.error.as_deref()).unwrap_or_default();
                let mark = if answer.valid { "valid" } else { "invalid" };
                (answer.expression.clone(), format!("{mark}: {said}"))
            })
        }
        What::Satisfies { allow, deny, expressions, output } => {
            let policy = match (entries(allow), entries(deny)) {
                (Ok(allow), Ok(deny)) => LicenseLists { allow, deny, review: Vec::new() },
                (Err(error), _) | (_, Err(error)) => {
                    writeln!(err, "error: {error}")?;
                    return Ok(2);
                }
            };
            let answers: Vec<_> = expressions.iter().map(|text| answer::satisfied(text, &policy)).collect();
            let all = answers.iter().all(|answer| answer.satisfied);
            print(out, output.format, &answers, all, |answer| {
                let mark = if answer.satisfied { "satisfied" } else { "not satisfied" };
                (answer.expression.clone(), format!("{mark}: {}", answer.because))
            })
        }
        What::Name { names, output } => {
            let answers: Vec<_> = names.iter().map(|text| answer::named(text)).collect();
            let all = answers.iter().all(|answer| answer.spdx.is_some());
            print(out, output.format, &answers, all, |answer| {
                let said = answer.spdx.clone().unwrap_or_else(|| "does not say which licence".into());
                (answer.text.clone(), said)
            })
        }
        What::Detect { files, output } => {
            let answers: Vec<_> = files.iter().map(|file| detect(file)).collect();
            let all = answers.iter().all(|answer| answer.spdx.is_some());
            print(out, output.format, &answers, all, |answer| {
                let said = match (&answer.spdx, answer.confidence) {
                    (Some(spdx), Some(confidence)) => format!("{spdx} (confidence {confidence:.2})"),
                    _ => format!("not recognised: {}", answer.because.as_deref().unwrap_or_default()),
                };
                (answer.file.clone(), said)
            })
        }
    }
}

fn entries(texts: &[String]) -> Result<Vec<Entry>, gatekeeper_core::license::EntryError> {
    texts.iter().map(|text| text.parse()).collect()
}

fn detect(file: &str) -> answer::DetectedFile {
    let read = || {
        let mut bytes = Vec::new();
        let open = File::open(file)?;
        let meta = open.metadata()?;
        if meta.is_file() && meta.len() > MOST_BYTES {
            return Err(io::Error::other(format!("{} bytes are no licence text", meta.len())));
        }
        open.take(MOST_BYTES).read_to_end(&mut bytes)?;
        Ok::<_, io::Error>(bytes)
    };
    match read() {
        Ok(bytes) => answer::detected(file, &bytes),
        Err(error) => answer::unreadable(file, &error.to_string()),
    }
}

fn print<T: Serialize>(
    out: &mut dyn Write,
    format: Format,
    answers: &[T],
    all: bool,
    told: impl Fn(&T) -> (String, String),
) -> io::Result<u8> {
    match format {
        Format::Json => {
            document(answers, out)?;
        }
        Format::Human => {
            let mut talk = Talk::new(out);
            for answer in answers {
                let (asked, said) = told(answer);
                writeln!(talk, "{}: {}", printable(&asked), printable(&said))?;
            }
            talk.flush()?;
        }
    }
    Ok(u8::from(!all))
}

/// Names and files come from strangers: nothing of them may steer a terminal.
fn printable(text: &str) -> String {
    let mut shown = line(&text.chars().take(200).collect::<String>());
    if text.chars().nth(200).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        args: LicenseArgs,
    }

    fn answer(args: &[&str]) -> (u8, String, String) {
        let cli = Cli::try_parse_from(["license"].iter().chain(args)).unwrap();
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let code = run(&cli.args, &mut out, &mut err).unwrap();
        (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    }

    fn json(args: &[&str]) -> (u8, serde_json::Value) {
        let (code, out, _) = answer(args);
        (code, serde_json::from_str(&out).unwrap())
    }

    #[test]
    fn each_item_has_its_answer_in_order() {
        let (code, got) = json(&["parse", "--format", "json", "--", "mit or ISC", "GPL"]);
        assert_eq!(code, 1);
        assert_eq!(got[0], serde_json::json!({"expression": "mit or ISC", "valid": true, "normalized": "MIT OR ISC"}));
        assert_eq!((&got[1]["valid"], &got[1]["normalized"]), (&false.into(), &serde_json::Value::Null));
        let (code, got) =
            json(&["satisfies", "--allow", "MIT", "--deny", "GPL", "--format", "json", "MIT OR GPL-3.0-only"]);
        assert_eq!((code, &got[0]["satisfied"]), (0, &true.into()));
        assert_eq!(got[0]["because"], "MIT is allowed by MIT");
        let (code, got) = json(&["name", "--format", "json", "Apache 2.0", "BSD"]);
        assert_eq!((code, &got[0]["spdx"], &got[1]["spdx"]), (1, &"Apache-2.0".into(), &serde_json::Value::Null));
    }

    #[test]
    fn a_wrong_entry_is_bad_usage() {
        let (code, out, err) = answer(&["satisfies", "--allow", "Apache 2.0", "MIT"]);
        assert_eq!((code, out.as_str()), (2, ""));
        assert!(err.contains("did you mean Apache-2.0?"), "{err}");
    }

    #[test]
    fn a_file_that_is_not_there_has_a_reason() {
        let (code, got) = json(&["detect", "--format", "json", "no-such-file"]);
        assert_eq!((code, &got[0]["spdx"]), (1, &serde_json::Value::Null));
        assert!(got[0]["because"].is_string());
    }

    #[test]
    fn nothing_asked_steers_a_terminal() {
        let (_, out, _) = answer(&["name", "\u{1b}[31mMIT\u{202e}"]);
        assert!(!out.contains('\u{1b}') && !out.contains('\u{202e}'), "{out}");
    }
}
