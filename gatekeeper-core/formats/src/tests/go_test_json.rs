//! `go test -json`: a stream of events, one JSON object a line (test2json), which gotestsum's `--jsonfile` keeps too.
//!
//! Specification: `go doc test2json`, <https://pkg.go.dev/cmd/test2json>; build events (Go 1.24) in `go help buildjson`. What we do:
//!
//! - A test and its subtests are each a case; a parent's own time is its time without its subtests'.
//! - Lines that are no JSON (downloads, vet, build output on the same stream) are read over, with a note. A last line that breaks off is refused.
//! - A package that failed without a failed test (it did not build, its `TestMain` gave up, it exited) is a problem; where it did not build, the run is
//!   not complete.
//! - A benchmark that succeeds has a `run`, its output and no last event (since Go 1.20); `bench` says that it printed something. It passed when its
//!   package did, or when its result (`… ns/op`) is in its output.
//! - A test that began and did not end (a panic or a time-out ended the binary) is errored, and the run is not complete; neither is
//!   one with a package that has no last word.
//! - The stream does not mark re-runs: each listed run is a case.

use super::common::{self, MESSAGE, Text};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::json;
use crate::scan::lines::Lines;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::location::Location;
use gatekeeper_evidence::test_run::{Case, Outcome, Problem, Suite, TestRun};
use gatekeeper_evidence::{Data, Kind, Note};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};

pub(super) static FORMAT: Format = Format {
    id: "go-test-json",
    title: "go test -json events",
    kind: Kind::Tests,
    extensions: &["json", "jsonl", "log"],
    places: &["go-test.json", "test-results/go-test*.json", "gotestsum.json", "gotest.json"],
    spec: "test2json, https://pkg.go.dev/cmd/test2json",
    producers: &["go"],
    recorded_as: Some("go-test-json"),
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    // Other lines may come first, so the lines are looked at and not the shape.
    let event = |line: &[u8]| {
        line.starts_with(b"{")
            && memchr::memmem::find(line, b"\"Action\":\"").is_some()
            && (memchr::memmem::find(line, b"\"Package\":\"").is_some()
                || memchr::memmem::find(line, b"\"ImportPath\":\"").is_some())
    };
    let first = head.lines().find(|l| l.starts_with(b"{"));
    match first {
        Some(line) if event(line) => Confidence::Certain,
        _ => Confidence::when(head.lines().take(500).any(event), Confidence::Likely),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Event<'a> {
    #[serde(borrow)]
    action: Text<'a>,
    #[serde(borrow)]
    time: Option<Text<'a>>,
    #[serde(borrow)]
    package: Option<Text<'a>>,
    #[serde(borrow)]
    test: Option<Text<'a>>,
    elapsed: Option<f64>,
    #[serde(borrow)]
    output: Option<Text<'a>>,
    #[serde(borrow)]
    failed_build: Option<Text<'a>>,
    #[serde(borrow)]
    import_path: Option<Text<'a>>,
}

#[derive(Default)]
struct Package {
    suite: Suite,
    /// Tests that run.
    open: BTreeMap<Box<str>, Running>,
    output: String,
    begun: bool,
    ended: bool,
    passed: bool,
    bad: bool,
}

#[derive(Default)]
struct Running {
    output: String,
    /// The time of the subtests that ended.
    inner: f64,
    /// A benchmark's result was printed.
    measured: bool,
}

#[derive(Default)]
struct Reader {
    packages: Vec<Package>,
    index: HashMap<Box<str>, usize>,
    problems: Vec<Problem>,
    notes: Vec<Note>,
    /// Output of builds, by import path.
    builds: HashMap<Box<str>, String>,
    incomplete: bool,
    events: u64,
    last_time: String,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut reader = Reader::default();
    let mut other: Option<(u64, usize)> = None;
    let mut broken = None;
    for line in Lines::new(input.bytes) {
        let text = line.bytes.trim_ascii();
        if text.is_empty() {
            continue;
        }
        if broken.take().is_some() {
            // Not the last line, so not a file that breaks off: a test's own output on the same stream.
            other.get_or_insert((line.number.saturating_sub(1), 0)).1 += 1;
        }
        if text.first() != Some(&b'{') {
            other.get_or_insert((line.number, 0)).1 += 1;
            continue;
        }
        match serde_json::from_slice::<Event<'_>>(text) {
            Ok(event) => reader.event(&event, line.number),
            Err(e) if e.is_data() && memchr::memmem::find(text, b"\"Action\"").is_some() => {
                return Err(json::located(e, text, line.offset, None));
            }
            Err(e) if e.is_data() => other.get_or_insert((line.number, 0)).1 += 1,
            Err(e) => broken = Some(json::located(e, text, line.offset, None)),
        }
    }
    if let Some(error) = broken {
        return Err(error);
    }
    if reader.events == 0 {
        return Err(ParseError::malformed("an event of go test -json, {\"Action\": …}").at(0).found_words("none"));
    }
    let mut notes = Vec::new();
    if let Some((line, count)) = other {
        notes.push(Note::at(format!("{count} lines that are no events"), Location::line(line)));
    }
    Ok(reader.done(notes))
}

impl Reader {
    fn package(&mut self, name: &str) -> Option<&mut Package> {
        let at = match self.index.get(name) {
            Some(at) => *at,
            None => {
                let at = self.packages.len();
                self.packages.push(Package { suite: Suite::named(name), ..Package::default() });
                self.index.insert(name.into(), at);
                at
            }
        };
        self.packages.get_mut(at)
    }

    fn event(&mut self, event: &Event<'_>, line: u64) {
        self.events += 1;
        if let Some(time) = &event.time {
            self.last_time.clear();
            self.last_time.push_str(time);
        }
        match event.action.as_ref() {
            "build-output" => {
                let build = self.builds.entry(event.import_path.as_deref().unwrap_or_default().into()).or_default();
                keep(build, event.output.as_deref().unwrap_or_default());
                return;
            }
            "build-fail" => {
                self.incomplete = true;
                let name = event.import_path.as_deref().unwrap_or_default();
                let message = self.builds.get(name).map_or("does not build", |b| common::clip(b)).to_owned();
                self.problems.push(Problem { name: name.to_owned(), message, line: Some(line) });
                return;
            }
            _ => {}
        }
        let Some(name) = event.package.as_deref() else { return };
        let action = event.action.as_ref();
        let test = event.test.as_deref().filter(|t| !t.is_empty());
        let Some(package) = self.package(name) else { return };
        match (action, test) {
            ("start", None) => package.begun = true,
            ("run", Some(test)) => {
                package.begun = true;
                package.open.insert(test.into(), Running::default());
            }
            ("output", Some(test)) => {
                if let Some(running) = package.open.get_mut(test) {
                    let output = event.output.as_deref().unwrap_or_default();
                    running.measured |= output.contains(" ns/op");
                    keep(&mut running.output, output);
                }
            }
            ("output", None) => {
                let output = event.output.as_deref().unwrap_or_default();
                keep(&mut package.output, output);
            }
            ("pass" | "fail" | "skip", Some(test)) => {
                let status = match action {
                    "pass" => Outcome::Passed,
                    "fail" => Outcome::Failed,
                    _ => Outcome::Skipped,
                };
                package.end(test, status, event.elapsed);
            }
            ("pass" | "skip", None) => (package.ended, package.passed) = (true, true),
            ("fail", None) => {
                package.ended = true;
                let unbuilt = event.failed_build.is_some()
                    || package.output.contains("[build failed]")
                    || package.output.contains("[setup failed]");
                // Open benchmarks that were measured explain nothing.
                let open = package.open.iter().any(|(name, r)| !(is_benchmark(name) && r.measured));
                if unbuilt || (!package.bad && !open) {
                    let message = common::clip(&package.output).to_owned();
                    // A build's own event said it already.
                    if event.failed_build.is_none() {
                        self.problems.push(Problem { name: name.to_owned(), message, line: Some(line) });
                    }
                }
                self.incomplete |= unbuilt;
            }
            _ => {}
        }
    }

    fn done(mut self, notes: Vec<Note>) -> Parsed {
        // A stream of builds alone: no package had its say.
        self.incomplete |= self.packages.is_empty();
        let mut unended = None;
        for package in &mut self.packages {
            for (name, running) in std::mem::take(&mut package.open) {
                if is_benchmark(&name) && (package.passed || running.measured) {
                    package.suite.cases.push(Case { name: common::name(&name).into(), ..Case::default() });
                    continue;
                }
                self.incomplete = true;
                let detail = common::detail(&running.output, "did not end", None, None);
                package.suite.cases.push(Case { name, status: Outcome::Errored, detail, ..Case::default() });
            }
            if !package.ended && (package.begun || !package.suite.cases.is_empty()) {
                self.incomplete = true;
                unended.get_or_insert_with(|| package.suite.name.clone());
            }
            package.suite.cases.shrink_to_fit();
        }
        self.notes.extend(notes);
        if let Some(name) = unended {
            self.notes.push(Note::new(format!("a package without its last word: {}", common::clip(&name))));
        }
        let created = self.last_time.parse::<jiff::Timestamp>().ok().map(|t| t.as_second());
        let suites = self.packages.into_iter().map(|p| p.suite).collect();
        Parsed {
            tool: Some("go".into()),
            notes: self.notes,
            created,
            ..Parsed::new(
                Data::Tests(TestRun { suites, problems: self.problems, ..TestRun::default() }),
                Some(!self.incomplete),
            )
        }
    }
}

impl Package {
    fn end(&mut self, test: &str, status: Outcome, elapsed: Option<f64>) {
        let running = self.open.remove(test).unwrap_or_default();
        self.bad |= status == Outcome::Failed;
        let time = elapsed.map(|t| (t - running.inner).max(0.0));
        if let (Some(elapsed), Some((parent, _))) = (elapsed, test.rsplit_once('/'))
            && let Some(parent) = self.open.get_mut(parent)
        {
            parent.inner += elapsed;
        }
        let detail = if status == Outcome::Passed {
            None
        } else {
            // "    a_test.go:12: message": the place is relative to the package's folder.
            let (file, line) = common::place_in(&running.output).map_or((None, None), |(f, l)| (Some(f), Some(l)));
            common::detail(&running.output, "", file.as_deref(), line)
        };
        self.suite.cases.push(Case { name: common::name(test).into(), status, time, detail, ..Case::default() });
    }
}

/// Whether a name is that of a benchmark or of one within it.
fn is_benchmark(name: &str) -> bool {
    name.strip_prefix("Benchmark").is_some_and(|rest| !rest.starts_with(|c: char| c.is_lowercase()))
}

/// Keeps the beginning of an output, without the runner's own lines.
fn keep(to: &mut String, text: &str) {
    let own = ["=== RUN", "=== PAUSE", "=== CONT", "=== NAME", "--- PASS", "PASS\n"];
    if to.len() < MESSAGE && !own.iter().any(|w| text.trim_start().starts_with(w)) {
        to.push_str(common::clip_end(text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn read(text: &str) -> Result<(TestRun, Option<bool>), ParseError> {
        testing::tests(parse, text, None)
    }

    #[test]
    fn tests_and_subtests_are_cases() {
        let (run, complete) = read(concat!(
            "go: downloading x v1\n",
            "{\"Action\":\"start\",\"Package\":\"p\"}\n{\"Action\":\"run\",\"Package\":\"p\",\"Test\":\"T\"}\n",
            "{\"Action\":\"run\",\"Package\":\"p\",\"Test\":\"T/a\"}\n",
            "{\"Action\":\"output\",\"Package\":\"p\",\"Test\":\"T/a\",\"Output\":\"    t_test.go:9: no\\n\"}\n",
            "{\"Action\":\"fail\",\"Package\":\"p\",\"Test\":\"T/a\",\"Elapsed\":0.5}\n",
            "{\"Action\":\"fail\",\"Package\":\"p\",\"Test\":\"T\",\"Elapsed\":0.75}\n{\"Action\":\"fail\",\"Package\":\"p\",\"Elapsed\":1}\n"
        ))
        .unwrap();
        assert_eq!((run.counts().failed, run.counts().total(), complete, run.problems.len()), (2, 2, Some(true), 0));
        assert!((run.duration() - 0.75).abs() < 1e-9);
        let detail = run.suites[0].cases[0].detail.as_ref().unwrap();
        assert_eq!((detail.file.as_deref(), detail.line), (Some("t_test.go"), Some(9)));
    }

    #[test]
    fn what_does_not_build_is_a_problem() {
        let (run, complete) = read(concat!(
            "{\"ImportPath\":\"p\",\"Action\":\"build-output\",\"Output\":\"./a.go:1: syntax\\n\"}\n{\"ImportPath\":\"p\",\"Action\":\"build-fail\"}\n",
            "{\"Action\":\"start\",\"Package\":\"p\"}\n{\"Action\":\"fail\",\"Package\":\"p\",\"FailedBuild\":\"p\"}\n",
            "{\"Action\":\"output\",\"Package\":\"q\",\"Output\":\"FAIL\\tq [build failed]\\n\"}\n{\"Action\":\"fail\",\"Package\":\"q\"}\n"
        ))
        .unwrap();
        assert_eq!((run.counts().total(), run.problems.len(), complete), (0, 2, Some(false)));
    }

    #[test]
    fn a_test_that_did_not_end_is_errored() {
        let (run, complete) =
            read("{\"Action\":\"run\",\"Package\":\"p\",\"Test\":\"T\"}\n{\"Action\":\"fail\",\"Package\":\"p\"}\n")
                .unwrap();
        assert_eq!((run.counts().errored, complete), (1, Some(false)));
    }

    #[test]
    fn a_benchmark_ends_without_a_word() {
        let run = |end: &str| {
            read(&format!(
                "{{\"Action\":\"run\",\"Package\":\"p\",\"Test\":\"BenchmarkA\"}}\n{{\"Action\":\"run\",\"Package\":\"p\",\"Test\":\"BenchmarkA/x\"}}\n{end}\n"
            ))
            .unwrap()
        };
        let (passed, complete) = run("{\"Action\":\"pass\",\"Package\":\"p\"}");
        assert_eq!((passed.counts().passed, passed.counts().errored, complete), (2, 0, Some(true)));
        let (died, complete) = run("{\"Action\":\"fail\",\"Package\":\"p\"}");
        assert_eq!((died.counts().errored, complete), (2, Some(false)));
        let (measured, complete) = read(concat!(
            "{\"Action\":\"run\",\"Package\":\"p\",\"Test\":\"BenchmarkA\"}\n",
            "{\"Action\":\"output\",\"Package\":\"p\",\"Test\":\"BenchmarkA\",\"Output\":\"BenchmarkA-8 \\t 10\\t 12 ns/op\\n\"}\n",
            "{\"Action\":\"fail\",\"Package\":\"p\"}\n",
        ))
        .unwrap();
        assert_eq!((measured.counts().passed, measured.problems.len(), complete), (1, 1, Some(true)));
        let (skipped, _) = run(
            "{\"Action\":\"skip\",\"Package\":\"p\",\"Test\":\"BenchmarkA/x\"}\n{\"Action\":\"pass\",\"Package\":\"p\"}",
        );
        assert_eq!((skipped.counts().skipped, skipped.counts().passed), (1, 1));
    }

    #[test]
    fn a_last_line_that_breaks_off_is_refused() {
        assert!(read("{\"Action\":\"start\",\"Package\":\"p\"}\n{\"Action\":\"pa").is_err());
        assert!(read("ok  p 0.1s\n").is_err());
        assert!(read("{\"Action\":1,\"Package\":\"p\"}\n").is_err());
    }
}
