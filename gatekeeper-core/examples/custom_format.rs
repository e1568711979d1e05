//! A format of one's own: the log of a spelling checker. Run it: `cargo run --example custom_format`.

use gatekeeper_core::evidence::findings::{Category, Finding, Place, Severity};
use gatekeeper_core::evidence::{Data, Findings, Kind};
use gatekeeper_core::format::{Confidence, Head, Parsed};
use gatekeeper_core::input::Input;
use gatekeeper_core::{Candidate, Context, Engine, Format, ParseError};

/// `spelling 1`, then a line `FILE:LINE: WORD` for each mistake, then `done`.
static SPELLING: Format =
    Format::new("spelling-log", Kind::Findings, sniff, parse).with_title("spelling checker's log");

fn sniff(head: &Head<'_>) -> Confidence {
    Confidence::when(head.bytes().starts_with(b"spelling 1\n"), Confidence::Certain)
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut findings = Findings { tools: vec!["spelling".to_owned()], ..Findings::default() };
    let lines: Vec<&str> = input.text()?.lines().collect();
    // A log of a checker that was killed looks the same up to there.
    let complete = lines.last() == Some(&"done");
    for (line, n) in lines.iter().zip(1_u64..).skip(1).filter(|(line, _)| **line != "done") {
        let parts = line.split_once(": ").and_then(|(place, word)| Some((place.rsplit_once(':')?, word)));
        let Some(((path, number), word)) = parts else {
            return Err(ParseError::malformed("FILE:LINE: WORD").on_line(n).found(line));
        };
        findings.items.push(Finding {
            rule: "spelling".into(),
            message: word.into(),
            severity: Severity::Low,
            category: Category::Code,
            place: Some(Place { path: path.into(), line: number.parse().ok(), column: None }),
            ..Finding::default()
        });
    }
    Ok(Parsed::new(Data::Findings(findings), Some(complete)))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let engine = Engine::builder().format(&SPELLING).build();
    let policy =
        "version = 1\n[gates.spelling]\nrule = \"findings\"\nformats = [\"spelling-log\"]\nmax = { total = 0 }";
    let policy = engine.parse_policy("gatekeeper.toml", policy.as_bytes(), None)?;
    let evidence = vec![Candidate::in_memory("spelling.log", b"spelling 1\nREADME.md:3: recieve\ndone\n".to_vec())];
    let verdict = engine.evaluate(&policy, evidence, &Context::without_clock());
    let human = engine.outputs().by_id("human").ok_or("no such output")?;
    Ok(human.write(&verdict, &Default::default(), &mut std::io::stdout())?)
}
