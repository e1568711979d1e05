//! The output `prometheus`: the verdict as metrics in the text format (prometheus.io, "Exposition formats"), for the node exporter's textfile
//! collector or a push gateway.

use super::{Output, Style, Writer, text};
use crate::verdict::{GateStatus, Overall, Verdict};
use std::borrow::Cow;
use std::io::{self, Write};

pub(super) static OUTPUT: Output = Output {
    id: Cow::Borrowed("prometheus"),
    title: Cow::Borrowed("metrics in Prometheus' text format"),
    write: Writer::Fixed(write),
};

const STATUSES: [GateStatus; 7] = [
    GateStatus::Pass,
    GateStatus::Warn,
    GateStatus::Fail,
    GateStatus::Error,
    GateStatus::Missing,
    GateStatus::Inconclusive,
    GateStatus::Skip,
];

fn write(v: &Verdict, _: &Style, out: &mut dyn Write) -> io::Result<()> {
    head(out, "gatekeeper_verdict", "Whether the verdict has this status.")?;
    for status in [Overall::Pass, Overall::Warn, Overall::Fail, Overall::Unknown] {
        let is = u8::from(v.status == status);
        writeln!(out, "gatekeeper_verdict{{status=\"{}\"}} {is}", status.as_str())?;
    }
    head(out, "gatekeeper_exit_code", "The exit code that stands for the verdict.")?;
    writeln!(out, "gatekeeper_exit_code {}", v.exit_code)?;
    if let Some(now) = v.now.as_deref().and_then(|now| now.parse::<jiff::Timestamp>().ok()) {
        head(out, "gatekeeper_judged_timestamp_seconds", "The clock that the verdict was judged by.")?;
        writeln!(out, "gatekeeper_judged_timestamp_seconds {}", now.as_second())?;
    }
    head(out, "gatekeeper_gate_status", "Whether a gate has this status.")?;
    for g in &v.gates {
        for status in STATUSES {
            let is = u8::from(g.status == status);
            let (gate, rule) = (label(&g.name), label(&g.rule));
            writeln!(
                out,
                "gatekeeper_gate_status{{gate=\"{gate}\",rule=\"{rule}\",status=\"{}\"}} {is}",
                status.as_str()
            )?;
        }
    }
    head(out, "gatekeeper_gate_blocking", "Whether a gate stands in the way.")?;
    for g in &v.gates {
        writeln!(out, "gatekeeper_gate_blocking{{gate=\"{}\"}} {}", label(&g.name), u8::from(g.blocking))?;
    }
    head(out, "gatekeeper_gate_violations", "What a gate falls short by, and what was waived.")?;
    for g in &v.gates {
        writeln!(out, "gatekeeper_gate_violations{{gate=\"{}\"}} {}", label(&g.name), g.violations.len())?;
    }
    head(out, "gatekeeper_gate_waived", "Violations that waivers took away.")?;
    for g in &v.gates {
        let waived = g.waivers.iter().fold(0_u64, |n, w| n.saturating_add(w.waived));
        writeln!(out, "gatekeeper_gate_waived{{gate=\"{}\"}} {waived}", label(&g.name))?;
    }
    for (name, help) in [
        ("gatekeeper_condition_covered", "The part of a share that a condition was held against."),
        ("gatekeeper_condition_total", "The whole of that share."),
    ] {
        head(out, name, help)?;
        for g in &v.gates {
            for c in &g.conditions {
                let Some(sample) = &c.sample else { continue };
                let n = if name.ends_with("covered") { sample.covered } else { sample.total };
                let mut labels = format!("gate=\"{}\",metric=\"{}\"", label(&g.name), label(&c.metric));
                for (key, value) in &c.labels {
                    labels.push_str(&format!(",label_{}=\"{}\"", key_of(key), label(value)));
                }
                writeln!(out, "{name}{{{labels}}} {n}")?;
            }
        }
    }
    Ok(())
}

fn head(out: &mut dyn Write, name: &str, help: &str) -> io::Result<()> {
    writeln!(out, "# HELP {name} {help}\n# TYPE {name} gauge")
}

/// A label's value: backslash, quote and line break are escaped.
fn label(value: &str) -> String {
    let shown = text::short(value, text::LONGEST);
    text::inert(&shown).replace('\\', "\\\\").replace('"', "\\\"")
}

/// A label's name: letters, digits and underscores.
fn key_of(key: &str) -> String {
    key.chars().take(text::LONGEST).map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}
