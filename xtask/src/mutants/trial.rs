//! Which tests reach which mutant, and whether one of them notices it.

use super::list::{Id, Mutant};
use super::tree::Binary;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Memory that a test program may ask for, KiB: a change that makes a list without end is noticed before the machine is.
const MEMORY: u64 = 6_000_000;
/// Seconds of computing that a test program gets beside ten times what its tests took.
const COMPUTING: u64 = 4;
/// Seconds that a test program gets by the clock: for changes that wait for ever.
const WAITING: Duration = Duration::from_secs(60);
/// Tests run together as long as they take no longer than this, milliseconds; then the next ones get ten times that.
const FIRST_ROUND: u64 = 60;

/// A test that reaches a mutant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Test {
    millis: u64,
    binary: usize,
    name: String,
}

/// How a mutant fared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A test failed.
    Noticed,
    /// A test did not end.
    Endless,
    /// All tests that reach it passed: so many.
    Unnoticed(usize),
}

/// Runs all tests once as they are: which tests reach which mutant.
///
/// # Errors
/// A test fails though nothing is changed.
pub fn trace(binaries: &[Binary], folder: &Path) -> Result<BTreeMap<Id, BTreeSet<Test>>, String> {
    let out = Mutex::new(BTreeMap::<Id, BTreeSet<Test>>::new());
    let wrong = Mutex::new(Vec::new());
    in_parallel(binaries.len(), |n, scratch| {
        let Some(binary) = binaries.get(n) else { return };
        let file = folder.join(format!("trace-{n}.txt"));
        let _ = fs::remove_file(&file);
        let mut command = Command::new(&binary.path);
        // With one thread the tests would have no thread of their own, and no name.
        command.arg("--test-threads=2").env("GATEKEEPER_MUTANT_TRACE", &file);
        let said = at_home(&mut command, binary, scratch).stderr(Stdio::null()).output();
        match said {
            Ok(said) if said.status.success() => {
                let lines = fs::read_to_string(&file).unwrap_or_default();
                let mut out = out.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                for line in lines.lines() {
                    let Some((test, reached)) = reached(line, n) else { continue };
                    for id in reached {
                        out.entry(id).or_default().insert(test.clone());
                    }
                }
            }
            Ok(said) => {
                let text = String::from_utf8_lossy(&said.stdout).into_owned();
                let failed = text.lines().filter(|l| l.ends_with("FAILED")).collect::<Vec<_>>().join("\n");
                push(&wrong, format!("{}, with nothing changed: {}\n{failed}", binary.name, said.status));
            }
            Err(e) => push(&wrong, format!("{}: {e}", binary.path.display())),
        }
    });
    let wrong = wrong.into_inner().unwrap_or_default();
    if wrong.is_empty() { Ok(out.into_inner().unwrap_or_default()) } else { Err(wrong.join("\n")) }
}

fn push<T>(to: &Mutex<Vec<T>>, what: T) {
    to.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(what);
}

/// A line of a trace: name, milliseconds, numbers.
fn reached(line: &str, binary: usize) -> Option<(Test, Vec<Id>)> {
    let mut parts = line.split('\t');
    let name = parts.next()?.to_owned();
    let millis = parts.next()?.parse().ok()?;
    let ids = parts.next()?.split(' ').filter_map(|n| n.parse().ok()).collect();
    Some((Test { millis, binary, name }, ids))
}

/// A test program with its folder, files that are thrown away, and nothing that lets it take long over a failure.
fn at_home<'a>(command: &'a mut Command, binary: &Binary, scratch: &Path) -> &'a mut Command {
    command.current_dir(&binary.folder).env("CARGO_MANIFEST_DIR", &binary.folder);
    command
        .env("TMPDIR", scratch)
        .env("PROPTEST_MAX_SHRINK_ITERS", "0")
        .env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "1");
    command.env("RUST_BACKTRACE", "0").stdin(Stdio::null())
}

/// Tries all of them by the tests that reach them: their own module's first, then the quickest of the others, as many as take no more
/// milliseconds than `most` together.
pub fn trial(
    binaries: &[Binary],
    reaching: &BTreeMap<Id, BTreeSet<Test>>,
    mutants: &[&Mutant],
    most: u64,
    tell: impl Fn(usize, &Mutant, &Outcome) + Sync,
) -> BTreeMap<Id, Outcome> {
    let out = Mutex::new(Vec::new());
    in_parallel(mutants.len(), |n, scratch| {
        let Some(mutant) = mutants.get(n) else { return };
        let all = reaching.get(&mutant.id).into_iter().flatten();
        let module = module(&mutant.file);
        let (mut tests, others): (Vec<&Test>, Vec<&Test>) = all.partition(|t| t.name.starts_with(&module));
        let mut spent = 0_u64;
        tests.extend(others.into_iter().take_while(|t| {
            spent = spent.saturating_add(t.millis);
            spent <= most
        }));
        let outcome = attempt(binaries, &tests, mutant.id, scratch);
        tell(n, mutant, &outcome);
        push(&out, (mutant.id, outcome));
    });
    out.into_inner().unwrap_or_default().into_iter().collect()
}

/// How the names of a source's own unit tests begin.
fn module(file: &str) -> String {
    let below = file.rsplit_once("src/").map_or(file, |(_, below)| below);
    let below = below.trim_end_matches(".rs").trim_end_matches("lib").trim_end_matches("/mod");
    if below.is_empty() { "tests::".to_owned() } else { format!("{}::", below.replace('/', "::")) }
}

fn attempt(binaries: &[Binary], tests: &[&Test], id: Id, scratch: &Path) -> Outcome {
    for round in rounds(tests) {
        let mut by_binary: BTreeMap<usize, Vec<&Test>> = BTreeMap::new();
        for test in round {
            by_binary.entry(test.binary).or_default().push(test);
        }
        for (n, tests) in by_binary {
            let Some(binary) = binaries.get(n) else { continue };
            match run(binary, &tests, id, scratch) {
                Ended::Passed => {}
                Ended::Failed => return Outcome::Noticed,
                Ended::Endless => return Outcome::Endless,
            }
        }
    }
    Outcome::Unnoticed(tests.len())
}

/// Tests that run together: few at first, for most mutants are noticed at once; more with each round.
fn rounds<'a, 't>(mut tests: &'a [&'t Test]) -> Vec<&'a [&'t Test]> {
    let mut out = Vec::new();
    let mut budget = FIRST_ROUND;
    while !tests.is_empty() {
        let mut spent = 0;
        let fit = tests.iter().take(200).take_while(|t| {
            spent += t.millis.max(1);
            spent <= budget
        });
        let (now, then) = tests.split_at(fit.count().max(1));
        out.push(now);
        tests = then;
        budget = budget.saturating_mul(10).min(10_000);
    }
    out
}

enum Ended {
    Passed,
    Failed,
    Endless,
}

fn run(binary: &Binary, tests: &[&Test], id: Id, scratch: &Path) -> Ended {
    let expected: u64 = tests.iter().map(|t| t.millis).sum();
    let computing = COMPUTING + expected / 100;
    let mut command = limited(&binary.path, computing);
    command.args(["--exact", "--quiet", "--test-threads=1"]).args(tests.iter().map(|t| &t.name));
    command.env("GATEKEEPER_MUTANT", id.to_string());
    at_home(&mut command, binary, scratch).stdout(Stdio::null()).stderr(Stdio::null());
    let Ok(mut child) = command.spawn() else { return Ended::Failed };
    let since = Instant::now();
    let waiting = WAITING + Duration::from_millis(expected.saturating_mul(10));
    let mut pause = Duration::from_millis(1);
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ended::Passed,
            Ok(Some(status)) if ran_out_of_time(status) => return Ended::Endless,
            Ok(Some(_)) | Err(_) => return Ended::Failed,
            Ok(None) if since.elapsed() > waiting => {
                let _ = child.kill();
                let _ = child.wait();
                return Ended::Endless;
            }
            Ok(None) => std::thread::sleep(pause),
        }
        pause = (pause * 5 / 4).min(Duration::from_millis(20));
    }
}

#[cfg(unix)]
fn limited(program: &Path, computing: u64) -> Command {
    let mut command = Command::new("sh");
    let limits = format!("ulimit -v {MEMORY} 2>/dev/null; ulimit -c 0; ulimit -t {computing}; exec \"$0\" \"$@\"");
    command.arg("-c").arg(limits).arg(program);
    command
}

#[cfg(unix)]
fn ran_out_of_time(status: ExitStatus) -> bool {
    // SIGXCPU, and SIGKILL where that is not heard.
    matches!(std::os::unix::process::ExitStatusExt::signal(&status), Some(24 | 9))
}

#[cfg(not(unix))]
fn limited(program: &Path, _computing: u64) -> Command {
    Command::new(program)
}

#[cfg(not(unix))]
fn ran_out_of_time(_status: ExitStatus) -> bool {
    false
}

/// Does `0..n` on all processors; each thread has a folder for what is thrown away.
fn in_parallel(n: usize, work: impl Fn(usize, &Path) + Sync) {
    let next = AtomicUsize::new(0);
    let jobs = std::thread::available_parallelism().map_or(2, usize::from);
    let folder = std::env::temp_dir().join(format!("gatekeeper-mutants-{}", std::process::id()));
    std::thread::scope(|scope| {
        for job in 0..jobs {
            let (next, work, scratch) = (&next, &work, folder.join(job.to_string()));
            scope.spawn(move || {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    if at >= n {
                        break;
                    }
                    let _ = fs::create_dir_all(&scratch);
                    work(at, &scratch);
                    let _ = fs::remove_dir_all(&scratch);
                }
            });
        }
    });
    let _ = fs::remove_dir_all(&folder);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_has_tests_of_its_own() {
        for (file, own) in [
            ("gatekeeper-core/evidence/src/lib.rs", "tests::"),
            ("gatekeeper-core/evidence/src/decimal.rs", "decimal::"),
            ("gatekeeper-core/src/rule/coverage/patch.rs", "rule::coverage::patch::"),
            ("gatekeeper-core/src/rule/rego/mod.rs", "rule::rego::"),
        ] {
            assert_eq!(module(file), own);
        }
    }

    #[test]
    fn the_quickest_tests_run_first_and_few() {
        let test = |millis, name: &str| Test { millis, binary: 0, name: name.to_owned() };
        let (line, ids) = reached("a::b\t12\t3 64 ", 2).unwrap();
        assert_eq!((line, ids), (Test { millis: 12, binary: 2, name: "a::b".to_owned() }, vec![3, 64]));
        let all: BTreeSet<Test> = [test(50, "c"), test(2_000, "e"), test(5, "b"), test(0, "a"), test(100, "d")].into();
        let all: Vec<&Test> = all.iter().collect();
        let names: Vec<Vec<&str>> =
            rounds(&all).into_iter().map(|r| r.iter().map(|t| t.name.as_str()).collect()).collect();
        assert_eq!(names, [vec!["a", "b", "c"], vec!["d"], vec!["e"]]);
        // One that takes longer than its round is given runs alone.
        assert_eq!(rounds(&[&test(500, "x"), &test(501, "y")]).len(), 2);
        assert!(rounds(&[]).is_empty());
    }
}
