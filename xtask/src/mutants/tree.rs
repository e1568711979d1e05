//! The woven copy of the workspace below `target/mutants`, and its test programs.
//!
//! The copy lies one folder deeper than the original, so that cargo takes its crates for others and shares only what comes from the registry.

use super::list::{Genre, Id, Mutant, fingerprint};
use super::weave::{self, LeftOut, Region, Woven};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Crates that are changed, and ask for the switch.
const WOVEN: &[&str] = &["gatekeeper-core", "gatekeeper-core/evidence"];

/// Crates that the tests stand on.
const CRATES: &[&str] =
    &["gatekeeper-core", "gatekeeper-core/evidence", "gatekeeper-core/formats", "gatekeeper-core/license"];

/// Integration tests of the engine that hold the judging side and take seconds at most. Those that read the sources see no woven ones.
const TESTS: &[&str] = &[
    "baseline",
    "commits",
    "engine",
    "findings_verdicts",
    "many",
    "mistakes",
    "outputs",
    "prove",
    "stated_numbers",
    "umbrella",
    "unread",
    "verdicts",
];

/// A test program.
#[derive(Debug)]
pub struct Binary {
    pub name: String,
    pub path: PathBuf,
    /// Where its tests run.
    pub folder: PathBuf,
}

/// What was built, and which mutants are not in it.
pub struct Built {
    pub binaries: Vec<Binary>,
    pub left_out: BTreeMap<Id, LeftOut>,
}

/// Weaves the mutants into a copy of the workspace and builds its tests.
///
/// # Errors
/// The copy cannot be written, or does not build for a reason that is no mutant's.
pub fn build(root: &Path, mutants: &[Mutant]) -> Result<Built, String> {
    // Read once: somebody may be at work on them.
    let mut sources = BTreeMap::new();
    for mutant in mutants {
        if !sources.contains_key(mutant.file.as_str()) {
            sources.insert(mutant.file.as_str(), read(&root.join(&mutant.file))?);
        }
    }
    let tree = Tree { root, folder: root.join("target/mutants"), sources };
    tree.copy()?;
    let refused = Refused::read(&tree, mutants);
    let mut left_out = refused.known.clone();
    // First the crates without their unit tests, which spares half of each round.
    let mut whole = false;
    // Each round takes something out, and rustc has a few passes: more rounds than this are a loop.
    for _ in 0..40 {
        let woven = tree.weave(mutants, &left_out)?;
        for w in woven.values() {
            left_out.extend(w.left_out.iter().copied());
        }
        let (messages, done) = tree.cargo(whole)?;
        if done && !whole {
            whole = true;
            continue;
        }
        if done {
            refused.write(mutants, &left_out)?;
            return Ok(Built { binaries: tree.binaries(&messages)?, left_out });
        }
        let before = left_out.len();
        for message in messages.iter().filter_map(|m| m.get("message")).filter(|m| is_error(m)) {
            left_out.extend(blame(message, &woven, mutants)?);
        }
        if left_out.len() == before {
            return Err("the woven crates do not build, and no mutant is to blame".to_owned());
        }
        refused.write(mutants, &left_out)?;
    }
    Err("the woven crates do not build: mutants were taken out again and again".to_owned())
}

struct Tree<'a> {
    root: &'a Path,
    folder: PathBuf,
    /// What is changed, as it is.
    sources: BTreeMap<&'a str, String>,
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))
}

/// Writes what is not there yet: what stays the same keeps its time, and is not built again.
fn write(path: &Path, text: &str) -> Result<(), String> {
    if fs::read(path).is_ok_and(|there| there == text.as_bytes()) {
        return Ok(());
    }
    // What lies there may be a link to the original.
    let _ = fs::remove_file(path);
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).and_then(|()| fs::write(path, text)).map_err(|e| format!("{}: {e}", path.display()))
}

/// Places a file of the original in the copy: linked where that can be done.
fn place(from: &Path, to: &Path) -> Result<(), String> {
    let said = |e: std::io::Error| format!("{}: {e}", to.display());
    let stamp = |p: &Path| fs::metadata(p).and_then(|m| Ok((m.len(), m.modified()?))).ok();
    if stamp(to).is_some_and(|there| Some(there) == stamp(from)) {
        return Ok(());
    }
    let _ = fs::remove_file(to);
    fs::create_dir_all(to.parent().unwrap_or(to)).map_err(said)?;
    fs::hard_link(from, to).or_else(|_| fs::copy(from, to).map(|_| ())).map_err(said)
}

impl Tree<'_> {
    /// Everything but what is woven: `git` says what belongs to the workspace.
    fn copy(&self) -> Result<(), String> {
        let mut git = Command::new("git");
        git.current_dir(self.root).args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
        let listed = git.output().map_err(|e| format!("git cannot be run: {e}"))?;
        let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
        let files: BTreeSet<&str> =
            listed.split('\0').filter(|f| !f.is_empty() && self.root.join(f).is_file()).collect();
        let manifest = self.folder.join("files.txt");
        for gone in read(&manifest).unwrap_or_default().lines().filter(|f| !files.contains(f)) {
            let _ = fs::remove_file(self.folder.join("tree").join(gone));
        }
        for &file in &files {
            let (from, to) = (self.root.join(file), self.folder.join("tree").join(file));
            let package = WOVEN.iter().find(|p| file == format!("{p}/Cargo.toml"));
            if self.sources.contains_key(file) {
                continue;
            } else if let Some(package) = package {
                write(&to, &asking(&read(&from)?, package)?)?;
            } else if file.ends_with(".rs") {
                // Woven today, as it was tomorrow: its time must say so.
                write(&to, &tolerant(file, read(&from)?))?;
            } else {
                place(&from, &to)?;
            }
        }
        write(&manifest, &files.into_iter().collect::<Vec<_>>().join("\n"))?;
        write(&self.folder.join("Cargo.toml"), &workspace(&read(&self.root.join("Cargo.toml"))?)?)?;
        write(&self.folder.join("Cargo.lock"), &read(&self.root.join("Cargo.lock"))?)?;
        let switch = self.folder.join("switch");
        write(&switch.join("src/lib.rs"), include_str!("switch.rs"))?;
        write(
            &switch.join("Cargo.toml"),
            "[package]\nname = \"gatekeeper-mutants\"\nversion = \"0.0.0\"\nedition = \"2024\"\n",
        )
    }

    /// Writes the sources with all mutants in them but those left out.
    fn weave(&self, mutants: &[Mutant], left_out: &BTreeMap<Id, LeftOut>) -> Result<BTreeMap<String, Woven>, String> {
        let mut out = BTreeMap::new();
        for (&file, source) in &self.sources {
            let of_file: Vec<&Mutant> =
                mutants.iter().filter(|m| m.file == file && !left_out.contains_key(&m.id)).collect();
            let text = tolerant(file, source.clone());
            let woven = weave::weave(&text, &of_file).map_err(|e| format!("{file}: {e}"))?;
            write(&self.folder.join("tree").join(file), &woven.text)?;
            out.insert(file.to_owned(), woven);
        }
        Ok(out)
    }

    /// Builds the tests, or one of those that stand on the crates alone: what cargo says, and whether it is built.
    fn cargo(&self, whole: bool) -> Result<(Vec<Value>, bool), String> {
        let mut command = Command::new("cargo");
        command.current_dir(&self.folder).env("CARGO_TARGET_DIR", self.root.join("target")).stderr(Stdio::null());
        command.args(["test", "--no-run", "--offline", "--message-format=json"]);
        command.args(["--package=gatekeeper-rs-evidence", "--package=gatekeeper-rs", "--features=gatekeeper-rs/rego"]);
        command.args(TESTS.iter().take(if whole { TESTS.len() } else { 1 }).map(|t| format!("--test={t}")));
        if whole {
            command.arg("--lib");
        }
        let answer = command.output().map_err(|e| format!("cargo cannot be run: {e}"))?;
        let said = String::from_utf8_lossy(&answer.stdout);
        let messages: Vec<Value> = said.lines().filter_map(|l| serde_json::from_str(l).ok()).collect();
        if messages.is_empty() {
            return Err(format!("`cargo test --no-run` in {} says nothing", self.folder.display()));
        }
        Ok((messages, answer.status.success()))
    }

    fn binaries(&self, messages: &[Value]) -> Result<Vec<Binary>, String> {
        let text = |v: Option<&Value>| v.and_then(Value::as_str).map(str::to_owned);
        let mut out = Vec::new();
        for message in messages {
            let Some(path) = text(message.get("executable")) else { continue };
            let name = text(message.get("target").and_then(|t| t.get("name"))).unwrap_or_default();
            let manifest = PathBuf::from(text(message.get("manifest_path")).unwrap_or_default());
            let folder = manifest.parent().unwrap_or(&self.folder).to_owned();
            out.push(Binary { name, path: PathBuf::from(path), folder });
        }
        if out.len() != TESTS.len() + WOVEN.len() {
            return Err(format!("{} test programs were built, not {}", out.len(), TESTS.len() + WOVEN.len()));
        }
        Ok(out)
    }
}

/// The copy's own workspace.
fn workspace(original: &str) -> Result<String, String> {
    let members: Vec<String> = CRATES.iter().map(|c| format!("\"tree/{c}\"")).collect();
    let mut out = String::with_capacity(original.len());
    let mut ours = false;
    for line in original.lines() {
        if line.starts_with('[') {
            ours = line.starts_with("[profile.dev.package.gatekeeper-");
        }
        if ours {
            // Built once and run for a moment: optimising our crates takes longer than it saves.
            continue;
        } else if line.starts_with("members = ") {
            out.push_str(&format!("members = [{}, \"switch\"]", members.join(", ")));
        } else if !line.starts_with("exclude = ") {
            out.push_str(&line.replace("path = \"gatekeeper-", "path = \"tree/gatekeeper-"));
        }
        out.push('\n');
    }
    if out.contains("members = [\"tree/") { Ok(out) } else { Err("Cargo.toml: no line `members = …`".to_owned()) }
}

/// The manifest of a crate that asks for the switch.
fn asking(manifest: &str, package: &str) -> Result<String, String> {
    let up = "../".repeat(package.split('/').count() + 1);
    let asking = format!("[dependencies]\ngatekeeper-mutants = {{ path = \"{up}switch\" }}\n");
    match manifest.contains("[dependencies]\n") {
        true => Ok(manifest.replacen("[dependencies]\n", &asking, 1)),
        false => Err(format!("{package}/Cargo.toml: no line `[dependencies]`")),
    }
}

/// The top of a woven crate, without complaints of taste.
fn tolerant(file: &str, text: String) -> String {
    match WOVEN.iter().any(|p| file == format!("{p}/src/lib.rs")) {
        true => format!("#![allow(warnings)] {text}"),
        false => text,
    }
}

fn is_error(message: &Value) -> bool {
    message.get("level").and_then(Value::as_str) == Some("error")
        && message.get("spans").and_then(Value::as_array).is_some_and(|s| !s.is_empty())
}

/// A range of a source, and whether it is what the compiler complains of.
struct Spot {
    file: String,
    range: Range<usize>,
    primary: bool,
}

/// The spans of a message, and of what they come from where a macro made them.
fn spots(message: &Value) -> Vec<Spot> {
    let mut out = Vec::new();
    let mut open: Vec<&Value> = message.get("spans").and_then(Value::as_array).into_iter().flatten().collect();
    while let Some(span) = open.pop() {
        let byte = |key: &str| span.get(key).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
        let file = span.get("file_name").and_then(Value::as_str).unwrap_or_default();
        if let (Some(start), Some(end), Some(file)) = (byte("byte_start"), byte("byte_end"), file.strip_prefix("tree/"))
        {
            let primary = span.get("is_primary").and_then(Value::as_bool).unwrap_or_default();
            out.push(Spot { file: file.to_owned(), range: start..end, primary });
        }
        open.extend(span.get("expansion").and_then(|e| e.get("span")));
    }
    out
}

fn within(inner: &Range<usize>, outer: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

/// The mutants that a complaint is about.
fn blame(message: &Value, woven: &BTreeMap<String, Woven>, mutants: &[Mutant]) -> Result<Vec<(Id, LeftOut)>, String> {
    let mut spots = spots(message);
    spots.sort_by_key(|s| !s.primary);
    for spot in &spots {
        let Some(woven) = woven.get(&spot.file) else { continue };
        let held: Vec<Id> =
            woven.changes.iter().filter(|(_, range)| within(&spot.range, range)).map(|(id, _)| *id).collect();
        if !held.is_empty() {
            let why = |id: Id| match mutants.iter().find(|m| m.id == id) {
                // One type behind `impl Trait` cannot be two.
                Some(m) if m.genre == Genre::FnValue && m.opaque => LeftOut::Switch,
                _ => LeftOut::NeverCompiles,
            };
            let mut out: Vec<(Id, LeftOut)> = held.iter().map(|&id| (id, why(id))).collect();
            // rustc says once for a function that what an array repeats cannot be copied.
            let of: Vec<&Mutant> =
                mutants.iter().filter(|m| held.contains(&m.id) && m.replacement.starts_with('[')).collect();
            let alike = |m: &&Mutant| of.iter().any(|o| (&o.file, o.start) == (&m.file, m.start));
            let alike = mutants.iter().filter(|m| m.replacement.starts_with('[')).filter(alike);
            out.extend(alike.map(|m| (m.id, LeftOut::NeverCompiles)));
            return Ok(out);
        }
    }
    let code = message.get("code").and_then(|c| c.get("code")).and_then(Value::as_str);
    let order: &[(Region, LeftOut)] = match code {
        // Not every case is covered without the arm.
        Some("E0004") => &[(Region::Match, LeftOut::NeverCompiles)],
        _ => &[(Region::Site, LeftOut::Switch), (Region::Function, LeftOut::Switch)],
    };
    for (region, why) in order {
        for spot in &spots {
            let Some(woven) = woven.get(&spot.file) else { continue };
            let around = woven.regions.iter().filter(|(of, range)| of == region && within(&spot.range, range));
            let Some((_, around)) = around.min_by_key(|(_, range)| range.len()) else { continue };
            // Of a `match` its own arms alone, and not what stands in them.
            let inner = |range: &Range<usize>| {
                let matches = woven.regions.iter().filter(|(of, at)| *of == Region::Match && within(range, at));
                matches.min_by_key(|(_, at)| at.len()).is_some_and(|(_, at)| at != around)
            };
            let arm = |id: Id| mutants.iter().any(|m| m.id == id && m.genre == Genre::MatchArm);
            let held: Vec<(Id, LeftOut)> = woven
                .changes
                .iter()
                .filter(|(id, range)| within(range, around) && (*region != Region::Match || arm(*id) && !inner(range)))
                .map(|(id, _)| (*id, *why))
                .collect();
            if !held.is_empty() {
                return Ok(held);
            }
        }
    }
    let rendered = message.get("rendered").and_then(Value::as_str).unwrap_or_default();
    Err(format!("the woven crates do not build:\n{rendered}"))
}

/// What the compiler refused before, as long as its source stays as it is.
struct Refused {
    path: PathBuf,
    prints: BTreeMap<String, u64>,
    known: BTreeMap<Id, LeftOut>,
}

impl Refused {
    fn read(tree: &Tree<'_>, mutants: &[Mutant]) -> Refused {
        let path = tree.folder.join("refused.txt");
        let prints = tree.sources.iter().map(|(file, text)| ((*file).to_owned(), fingerprint(text))).collect();
        let text = read(&path).unwrap_or_default();
        let lines: BTreeSet<&str> = text.lines().collect();
        let mut out = Refused { path, prints, known: BTreeMap::new() };
        for mutant in mutants {
            for why in [LeftOut::NeverCompiles, LeftOut::Switch] {
                if lines.contains(out.line(mutant, why).as_str()) {
                    out.known.insert(mutant.id, why);
                }
            }
        }
        out
    }

    fn line(&self, mutant: &Mutant, why: LeftOut) -> String {
        let print = self.prints.get(&mutant.file).copied().unwrap_or_default();
        format!("{print:016x} {why:?} {}", mutant.name)
    }

    fn write(&self, mutants: &[Mutant], left_out: &BTreeMap<Id, LeftOut>) -> Result<(), String> {
        let text = read(&self.path).unwrap_or_default();
        let mut lines: BTreeSet<String> = text.lines().map(str::to_owned).collect();
        for mutant in mutants {
            if let Some(&why @ (LeftOut::NeverCompiles | LeftOut::Switch)) = left_out.get(&mutant.id) {
                lines.insert(self.line(mutant, why));
            }
        }
        write(&self.path, &lines.into_iter().collect::<Vec<_>>().join("\n"))
    }
}
