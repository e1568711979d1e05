//! How often the tests of the rule `regression` raise a false alarm, and how often they see a change: on recorded noise, by the engine's own code.
//!
//! `cargo run --release -p gatekeeper-rs --example statistics` writes the tables of `docs/statistics.md` and its pictures anew; they are the same each
//! time. `-- --check` says whether they are.
#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation
)]
#![allow(clippy::indexing_slicing, clippy::string_slice, clippy::cast_sign_loss, clippy::panic)]

#[allow(dead_code, unused_imports)]
#[path = "../src/stats/mod.rs"]
mod stats;

use stats::{Comparison, Sorted, bootstrap, mann_whitney, welch};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const LEVEL: f64 = 0.05;
const SIZES: [usize; 5] = [5, 10, 20, 30, 50];
const EFFECTS: [f64; 4] = [1.02, 1.05, 1.10, 1.20];
/// Runs of a false-alarm rate, of a power, and of one that costs more: exact distributions of 60 samples, ten thousand draws of a bootstrap.
const RUNS: usize = 10_000;
const POWER_RUNS: usize = 1_000;
const COSTLY: usize = 10;

type Test = (&'static str, fn(&Sorted, &Sorted, f64, f64) -> Option<Comparison>);
const TESTS: [Test; 3] = [
    ("mann-whitney", |a, b, limit, level| Some(mann_whitney(a, b, limit, level))),
    ("welch", welch),
    ("bootstrap", bootstrap),
];

fn runs(of: usize, test: &Test, n: usize) -> usize {
    match (test.0, n) {
        ("mann-whitney", 30) => of / COSTLY,
        ("bootstrap", _) => of / COSTLY / 5,
        _ => of,
    }
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        ((u128::from(z) * n as u128) >> 64) as usize
    }
}

/// How the samples of two runs come to be.
#[derive(Clone, Copy, PartialEq)]
enum Deal {
    /// Each is drawn from all timings.
    Drawn,
    /// The old ones are so many timings in a row, and the new ones those that followed.
    InRow,
    /// Old and new in turns.
    InTurns,
}

fn deal(series: &[f64], n: usize, how: Deal, random: &mut Random) -> (Vec<f64>, Vec<f64>) {
    match how {
        Deal::Drawn => {
            let mut side = || (0..n).map(|_| series[random.below(series.len())]).collect::<Vec<_>>();
            (side(), side())
        }
        _ => {
            let start = random.below(series.len() - 2 * n + 1);
            let window = &series[start..start + 2 * n];
            match how {
                Deal::InRow => (window[..n].to_vec(), window[n..].to_vec()),
                _ => (window.iter().step_by(2).copied().collect(), window.iter().skip(1).step_by(2).copied().collect()),
            }
        }
    }
}

/// In how many of the runs the test answers "worse than the limit".
fn alarms(series: &[f64], n: usize, how: Deal, test: &Test, factor: f64, limit: f64, either: bool) -> f64 {
    let runs = runs(if factor == 1.0 { RUNS } else { POWER_RUNS }, test, n);
    let mut random = Random(n as u64 * 1_000_003 + (factor * 1e6) as u64);
    let mut found = 0;
    for _ in 0..runs {
        let (old, new) = deal(series, n, how, &mut random);
        let new = new.into_iter().map(|v| v * factor).collect();
        let (Some(old), Some(new)) = (Sorted::of(old), Sorted::of(new)) else { panic!("timings are above 0") };
        let Some(c) = (test.1)(&old, &new, limit, LEVEL) else { return f64::NAN };
        found += usize::from(c.p <= LEVEL && (either || c.ratio > limit));
    }
    found as f64 / runs as f64
}

fn percent(share: f64) -> String {
    if share.is_nan() { "–".to_owned() } else { format!("{:.1} %", share * 100.0) }
}

fn row(first: &str, cells: impl IntoIterator<Item = String>) -> String {
    format!("| {first} | {} |\n", cells.into_iter().collect::<Vec<_>>().join(" | "))
}

fn head(first: &str, cells: &[String]) -> String {
    row(first, cells.to_vec()) + "|---|" + &"---|".repeat(cells.len()) + "\n"
}

/// Lines over the sizes, as a picture.
fn picture(title: &str, lines: &[(String, Vec<f64>)], most: f64, mark: Option<f64>) -> String {
    const COLORS: [&str; 5] = ["#1f6feb", "#bf3989", "#1a7f37", "#9a6700", "#6e40c9"];
    let (w, h, left, top) = (640.0, 320.0, 60.0, 36.0);
    let x = |n: usize| left + (n as f64 - 5.0) / 45.0 * 380.0;
    let y = |v: f64| top + (1.0 - v / most) * (h - top - 44.0);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w} {h}\" font-family=\"sans-serif\" font-size=\"12\">\n<title>{title}</title>\n\
         <rect width=\"{w}\" height=\"{h}\" fill=\"#fff\"/>\n<text x=\"{left}\" y=\"20\" font-size=\"14\" fill=\"#1f2328\">{title}</text>\n"
    );
    for part in 0..=4 {
        let v = most * f64::from(part) / 4.0;
        let at = y(v);
        let _ = writeln!(
            out,
            "<line x1=\"{left}\" y1=\"{at:.1}\" x2=\"440\" y2=\"{at:.1}\" stroke=\"#d1d9e0\"/><text x=\"52\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#59636e\">{}</text>",
            at + 4.0,
            percent(v)
        );
    }
    for n in SIZES {
        let _ = writeln!(out, "<text x=\"{:.1}\" y=\"294\" text-anchor=\"middle\" fill=\"#59636e\">{n}</text>", x(n));
    }
    out.push_str("<text x=\"250\" y=\"312\" text-anchor=\"middle\" fill=\"#59636e\">samples on each side</text>\n");
    if let Some(mark) = mark {
        let at = y(mark);
        let _ = writeln!(
            out,
            "<line x1=\"{left}\" y1=\"{at:.1}\" x2=\"440\" y2=\"{at:.1}\" stroke=\"#cf222e\" stroke-dasharray=\"5 4\"/>"
        );
    }
    for (n, (name, values)) in lines.iter().enumerate() {
        let color = COLORS[n % COLORS.len()];
        let points: Vec<String> = SIZES
            .iter()
            .zip(values)
            .filter(|(_, v)| v.is_finite())
            .map(|(n, v)| format!("{:.1},{:.1}", x(*n), y(v.min(most))))
            .collect();
        let at = 60 + 20 * n;
        let _ = writeln!(
            out,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2\"/><line x1=\"456\" y1=\"{at}\" x2=\"476\" y2=\"{at}\" stroke=\"{color}\" stroke-width=\"2\"/><text x=\"482\" y=\"{}\" fill=\"#1f2328\">{name}</text>",
            points.join(" "),
            at + 4
        );
    }
    out.push_str("</svg>\n");
    out
}

fn main() -> ExitCode {
    let check = std::env::args().nth(1).as_deref() == Some("--check");
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let recorded = std::fs::read_to_string(here.join("tests/stats/recorded.json")).unwrap();
    let recorded: BTreeMap<String, Vec<f64>> = serde_json::from_str(&recorded).unwrap();
    let sizes: Vec<String> = SIZES.map(|n| n.to_string()).into();
    let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
    let mut tables = String::new();

    let _ = writeln!(tables, "### The recordings\n");
    tables += &head(
        "timings of",
        &["median".into(), "spread (p10 to p90)".into(), "next to the one before (lag-1 correlation)".into()],
    );
    for (name, series) in &recorded {
        let mut sorted = series.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let logs: Vec<f64> = series.iter().map(|v| v.ln()).collect();
        let m = mean(logs.clone());
        let var: f64 = logs.iter().map(|l| (l - m) * (l - m)).sum();
        let lag: f64 = logs.windows(2).map(|w| (w[0] - m) * (w[1] - m)).sum();
        let (low, high) = (sorted[20], sorted[179]);
        tables += &row(
            name,
            [format!("{:.1} ms", sorted[100]), format!("{low:.1} to {high:.1} ms"), format!("{:.2}", lag / var)],
        );
    }

    let mut pictures = Vec::new();
    for (how, title, says) in [
        (
            Deal::Drawn,
            "False alarms: samples drawn from a recording",
            "Both sides are drawn from one recording: nothing changed, and samples know nothing of each other.",
        ),
        (
            Deal::InRow,
            "False alarms: one run after the other",
            "The old samples are timings in a row, the new ones those that followed: what a machine does when it is busy for a while is in it.",
        ),
        (Deal::InTurns, "False alarms: old and new in turns", "The same timings, dealt in turns."),
    ] {
        let _ = writeln!(
            tables,
            "\n### {title}\n\n{says} Share of runs in which the test tells a difference that is not there (5 % is stated).\n"
        );
        tables += &head("test, timings of", &sizes);
        for test in TESTS.iter().filter(|t| how == Deal::Drawn || t.0 == "mann-whitney") {
            let mut lines = Vec::new();
            for (name, series) in &recorded {
                let rates: Vec<f64> = SIZES.iter().map(|n| alarms(series, *n, how, test, 1.0, 1.0, true)).collect();
                tables += &row(&format!("{}, {name}", test.0), rates.iter().map(|r| percent(*r)));
                lines.push((name.clone(), rates));
            }
            if test.0 == "mann-whitney" {
                let file = match how {
                    Deal::Drawn => "false-alarms-drawn",
                    Deal::InRow => "false-alarms-in-a-row",
                    Deal::InTurns => "false-alarms-in-turns",
                };
                let most = if how == Deal::InRow { 1.0 } else { 0.2 };
                pictures.push((file, picture(&format!("{title} (Mann-Whitney)"), &lines, most, Some(LEVEL))));
            }
        }
    }

    let _ = writeln!(
        tables,
        "\n### A gate with `max = \"5%\"` that fails though nothing changed\n\nDrawn, and one run after the other; the mean of the recordings.\n"
    );
    tables += &head("test", &sizes);
    for (how, what) in [(Deal::Drawn, "drawn"), (Deal::InRow, "one after the other")] {
        let test = &TESTS[0];
        let rates = SIZES.map(|n| mean(recorded.values().map(|s| alarms(s, n, how, test, 1.0, 1.05, false)).collect()));
        tables += &row(&format!("mann-whitney, {what}"), rates.map(percent));
    }

    for (limit, title) in
        [(1.0, "Power: a change is told at all (`max = \"0%\"`)"), (1.05, "Power: a gate with `max = \"5%\"` fails")]
    {
        let _ = writeln!(
            tables,
            "\n### {title}\n\nShare of runs in which a true change is told as worse; drawn samples, Mann-Whitney.\n"
        );
        tables += &head("timings of, slower by", &sizes);
        let mut means: BTreeMap<usize, Vec<Vec<f64>>> = BTreeMap::new();
        for (name, series) in &recorded {
            for (e, effect) in EFFECTS.iter().enumerate() {
                let rates: Vec<f64> =
                    SIZES.iter().map(|n| alarms(series, *n, Deal::Drawn, &TESTS[0], *effect, limit, false)).collect();
                tables += &row(&format!("{name}, {:.0} %", (effect - 1.0) * 100.0), rates.iter().map(|r| percent(*r)));
                means.entry(e).or_default().push(rates);
            }
        }
        let lines: Vec<(String, Vec<f64>)> = means
            .iter()
            .map(|(e, all)| {
                let at = (0..SIZES.len()).map(|n| mean(all.iter().map(|r| r[n]).collect())).collect();
                (format!("slower by {:.0} %", (EFFECTS[*e] - 1.0) * 100.0), at)
            })
            .collect();
        let file = if limit > 1.0 { "power-of-a-5-percent-gate" } else { "power" };
        pictures.push((
            file,
            picture(&format!("{}, mean of the recordings", title.replace(['`', '"'], "")), &lines, 1.0, None),
        ));
    }

    let docs: PathBuf = here.parent().unwrap().join("docs");
    let page = std::fs::read_to_string(docs.join("statistics.md")).unwrap();
    let (before, rest) = page.split_once("<!-- tables -->\n").unwrap();
    let (_, after) = rest.split_once("<!-- end of tables -->").unwrap();
    let mut files =
        vec![(docs.join("statistics.md"), format!("{before}<!-- tables -->\n{tables}<!-- end of tables -->{after}"))];
    files.extend(pictures.into_iter().map(|(name, text)| (docs.join("statistics").join(format!("{name}.svg")), text)));
    let mut drift = false;
    for (file, text) in files {
        if std::fs::read_to_string(&file).ok().as_ref() != Some(&text) {
            drift = true;
            println!("{}{}", if check { "differs: " } else { "wrote " }, file.display());
            if !check {
                std::fs::create_dir_all(file.parent().unwrap()).unwrap();
                std::fs::write(&file, text).unwrap();
            }
        }
    }
    ExitCode::from(u8::from(check && drift))
}
