//! An output of one's own: one line for each gate, separated by tabs. Run it: `cargo run --example custom_output`.

use gatekeeper_core::output::{Output, Style};
use gatekeeper_core::{Candidate, Context, Engine};
use std::io::{self, Write};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let tsv = Output::new("tsv", "one line for each gate, separated by tabs", |verdict, _, out: &mut dyn Write| {
        // Names come from the policy, reasons from reports: `line` takes control characters out of what strangers wrote.
        let mut rows =
            verdict.gates.iter().map(|g| (&g.name, g.status.as_str(), gatekeeper_core::output::line(&g.reason)));
        rows.try_for_each(|(name, status, reason)| writeln!(out, "{name}\t{status}\t{reason}"))
    });
    let engine = Engine::builder().output(tsv).build();
    let policy = "version = 1\n[gates.unit]\nrule = \"tests\"\nmin-pass-rate = 100";
    let policy = engine.parse_policy("gatekeeper.toml", policy.as_bytes(), None)?;
    let report = r#"<testsuite name="s" tests="1"><testcase name="adds"/></testsuite>"#;
    let evidence = vec![Candidate::in_memory("junit.xml", report.into())];
    let verdict = engine.evaluate(&policy, evidence, &Context::without_clock());
    engine.outputs().by_id("tsv").ok_or("no such output")?.write(&verdict, &Style::default(), &mut io::stdout())?;
    Ok(())
}
