//! Any diff that git writes, under any setting, gives the same added lines as the two versions do.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

use gatekeeper_core::diff::{Diff, FileDiff, Shown};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Numbers that look random and are the same each time (SplitMix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % below
    }

    fn index(&mut self, below: usize) -> usize {
        usize::try_from(self.roll(u64::try_from(below).unwrap())).unwrap()
    }

    fn pick<'t, T>(&mut self, of: &'t [T]) -> &'t T {
        &of[self.index(of.len())]
    }
}

/// A file: its lines, none of which stands twice anywhere, what ends them, and whether the last one ends.
#[derive(Clone, PartialEq)]
struct File {
    lines: Vec<String>,
    end: &'static str,
    ends: bool,
    executable: bool,
    binary: bool,
}

type Tree = BTreeMap<String, File>;

const NAMES: [&str; 12] = [
    "src/fee.py",
    "src/geb\u{fc}hr.py",
    "src/a b.py",
    "src/quo\"te.py",
    "src/back\\slash.py",
    "src/tab\tbed.py",
    "b/a/x.py",
    "a/b.py",
    "x",
    "src/-dash.py",
    "dev/null",
    "src/deep/er/still/z.py",
];

/// What makes a line look like something else.
const STARTS: [&str; 14] = [
    "x = ",
    "+++ b/",
    "--- a/",
    "-- ",
    "++ ",
    "@@ -1 +1 @@ ",
    "diff --git a/x b/x ",
    "\\ No newline ",
    " ",
    "\t",
    "Binary files a and b differ ",
    "rename to ",
    "index 1..2 ",
    "",
];

impl File {
    fn bytes(&self) -> Vec<u8> {
        let mut out = self.lines.join(self.end);
        if self.ends && !self.lines.is_empty() {
            out.push_str(self.end);
        }
        if self.binary {
            out.push('\0');
        }
        out.into_bytes()
    }

    /// Its lines as git counts them.
    fn git_lines(&self) -> Vec<Vec<u8>> {
        let bytes = self.bytes();
        let mut lines: Vec<Vec<u8>> = bytes.split(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
        if lines.last().is_some_and(Vec::is_empty) {
            lines.pop();
        }
        lines
    }
}

fn line(dice: &mut Dice, next: &mut u64) -> String {
    *next += 1;
    format!("{}line {next} of {}", dice.pick(&STARTS), dice.roll(1000))
}

fn file(dice: &mut Dice, next: &mut u64) -> File {
    let n = *dice.pick(&[0, 1, 2, 5, 30, 80]);
    File {
        lines: (0..n).map(|_| line(dice, next)).collect(),
        end: if dice.roll(4) == 0 { "\r\n" } else { "\n" },
        ends: dice.roll(4) > 0,
        executable: dice.roll(6) == 0,
        binary: dice.roll(12) == 0,
    }
}

/// Another version of a tree: lines in, lines out, files new, gone and under other names.
fn changed(tree: &Tree, dice: &mut Dice, next: &mut u64) -> Tree {
    let mut out = Tree::new();
    for (name, old) in tree {
        let mut f = old.clone();
        match dice.roll(8) {
            0 => continue,
            1 => f.executable = !f.executable,
            2 => f.ends = !f.ends,
            3 => {}
            _ => {
                for _ in 0..=dice.roll(4) {
                    let at = dice.index(f.lines.len() + 1);
                    match dice.roll(3) {
                        0 => f.lines.insert(at, line(dice, next)),
                        1 if at < f.lines.len() => drop(f.lines.remove(at)),
                        _ if at < f.lines.len() => f.lines[at] = line(dice, next),
                        _ => f.lines.push(line(dice, next)),
                    }
                }
            }
        }
        let moved = format!("moved/{name}");
        let name = if dice.roll(6) == 0 { &moved } else { name };
        out.insert(name.clone(), f);
    }
    for name in NAMES {
        if !tree.contains_key(name) && !out.contains_key(name) && dice.roll(5) == 0 {
            out.insert(name.to_owned(), file(dice, next));
        }
    }
    out
}

struct Repository(PathBuf);

impl Drop for Repository {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Repository {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("gatekeeper-diff-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let repository = Repository(folder);
        repository.git(&["init", "-q", "-b", "main", "."]);
        repository
    }

    fn git(&self, arguments: &[&str]) -> Vec<u8> {
        let mut command = Command::new("git");
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("GIT_") {
                command.env_remove(name);
            }
        }
        let done = command
            .current_dir(&self.0)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .args([
                "-c",
                "user.name=a",
                "-c",
                "user.email=a@example.org",
                "-c",
                "core.autocrlf=false",
                "-c",
                "core.fileMode=true",
            ])
            .args(arguments)
            .output()
            .unwrap();
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        done.stdout
    }

    fn commit(&self, tree: &Tree) {
        for entry in fs::read_dir(&self.0).unwrap().map(|e| e.unwrap().path()) {
            if entry.file_name().unwrap() != ".git" {
                if entry.is_dir() { fs::remove_dir_all(entry).unwrap() } else { fs::remove_file(entry).unwrap() }
            }
        }
        for (name, f) in tree {
            let path = self.0.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, f.bytes()).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(if f.executable { 0o755 } else { 0o644 })).unwrap();
        }
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "x"]);
    }
}

/// Arguments of `git diff` and settings before it.
fn settings(dice: &mut Dice) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut set = |of: &[&str], dice: &mut Dice| {
        let chosen = *dice.pick(of);
        if !chosen.is_empty() {
            out.extend(["-c".to_owned(), chosen.to_owned()]);
        }
    };
    set(&["", "core.quotePath=true", "core.quotePath=false"], dice);
    set(&["", "diff.noprefix=true", "diff.mnemonicPrefix=true"], dice);
    set(&["", "diff.renames=false", "diff.renames=copies", "diff.renames=true"], dice);
    set(&["", "diff.suppressBlankEmpty=true"], dice);
    set(&["", "diff.algorithm=patience", "diff.algorithm=histogram", "diff.algorithm=minimal"], dice);
    set(&["", "diff.interHunkContext=3", "diff.indentHeuristic=false"], dice);
    out.push("diff".to_owned());
    let context = format!("-U{}", dice.roll(11));
    for of in [
        &["", context.as_str()][..],
        &["", "-M", "-M10%", "-C", "--find-copies-harder", "--no-renames", "-B", "-D"],
        &["", "--text", "--binary", "--full-index"],
        &[
            "",
            "--no-prefix",
            "--src-prefix=old/ --dst-prefix=new/",
            "--src-prefix=p/q/ --dst-prefix=r/",
            "--src-prefix= --dst-prefix=b/",
        ],
        &["", "-W", "--inter-hunk-context=2", "--no-indent-heuristic"],
    ] {
        let chosen = *dice.pick(of);
        out.extend(chosen.split(' ').filter(|a| !a.is_empty()).map(str::to_owned));
    }
    out.extend(["HEAD~1".to_owned(), "HEAD".to_owned()]);
    out
}

/// Holds one file of a diff against both versions.
fn held(diff: &Diff, f: &FileDiff, before: &Tree, after: &Tree, context: &str) {
    let Some(new) = f.new.as_deref() else {
        assert!(before.contains_key(f.old.as_deref().unwrap()), "{context}");
        assert_eq!(diff.added(f).count(), 0, "{context}");
        return;
    };
    let new_file = after.get(new).unwrap_or_else(|| panic!("no {new}: {context}"));
    let none = File { lines: Vec::new(), end: "\n", ends: true, executable: false, binary: false };
    let old_file =
        f.old.as_deref().map_or(&none, |old| before.get(old).unwrap_or_else(|| panic!("no {old}: {context}")));
    if f.shown == Shown::Binary {
        assert!(new_file.binary || old_file.binary, "{context}");
        return;
    }
    let (old, new) = (old_file.git_lines(), new_file.git_lines());
    let old_ends = old_file.bytes().ends_with(b"\n");
    let new_ends = new_file.bytes().ends_with(b"\n");
    // A line is another where it ends otherwise.
    let text = |lines: &[Vec<u8>], n: usize, ends: bool| (lines[n].clone(), ends || n + 1 < lines.len());
    let there: BTreeSet<(Vec<u8>, bool)> = (0..old.len()).map(|n| text(&old, n, old_ends)).collect();
    let right: Vec<(u32, Vec<u8>)> = (0..new.len())
        .filter(|n| !there.contains(&text(&new, *n, new_ends)))
        .map(|n| (u32::try_from(n + 1).unwrap(), new[n].clone()))
        .collect();
    let got: Vec<(u32, Vec<u8>)> = diff.added(f).map(|l| (l.number, l.text.to_vec())).collect();
    assert_eq!(got, right, "{context}");
    let gone = old.len() + right.len() - new.len();
    assert_eq!(f.removed, u64::try_from(gone).unwrap(), "{context}");
}

fn check(diff: &Diff, before: &Tree, after: &Tree, context: &str) {
    for f in diff.files() {
        held(diff, f, before, after, context);
    }
    let names = diff.names();
    for name in before.keys().chain(after.keys()) {
        if before.get(name) != after.get(name) {
            let same = before
                .get(name)
                .zip(after.get(name))
                .is_some_and(|(a, b)| a.bytes() == b.bytes() && a.executable == b.executable);
            assert!(same || names.contains(name.as_str()), "{name} is not told: {context}");
        }
    }
}

#[test]
fn any_diff_of_git_gives_the_lines_of_the_two_versions() {
    for seed in 0..12 {
        let mut dice = Dice(seed);
        let repository = Repository::new(&seed.to_string());
        let mut next = 0;
        let mut before = Tree::new();
        for name in NAMES {
            if dice.roll(3) > 0 {
                before.insert(name.to_owned(), file(&mut dice, &mut next));
            }
        }
        let after = changed(&before, &mut dice, &mut next);
        repository.commit(&before);
        repository.commit(&after);
        for _ in 0..25 {
            let arguments = settings(&mut dice);
            let text = repository.git(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
            let context = format!("seed {seed}, git {}\n{}", arguments.join(" "), String::from_utf8_lossy(&text));
            if text.is_empty() {
                continue;
            }
            match Diff::read("d", text) {
                Ok(diff) => check(&diff, &before, &after, &context),
                Err(e) => panic!("{e}\n{context}"),
            }
        }
    }
}

/// Cut anywhere, a diff is refused, or says no more than the files before the cut.
#[test]
fn a_cut_diff_never_says_less_of_a_file_that_it_shows() {
    let repository = Repository::new("cut");
    let (mut dice, mut next) = (Dice(7), 0);
    let before: Tree = NAMES.iter().map(|n| ((*n).to_owned(), file(&mut dice, &mut next))).collect();
    let after = changed(&before, &mut dice, &mut next);
    repository.commit(&before);
    repository.commit(&after);
    let text = repository.git(&["diff", "-U1", "HEAD~1", "HEAD"]);
    let whole = Diff::read("d", text.clone()).unwrap();
    let all: BTreeMap<Option<String>, u64> = whole.files().iter().map(|f| (f.new.clone(), f.added_lines())).collect();
    let mut read = 0;
    for end in (0..text.len()).step_by(3) {
        let Ok(cut) = Diff::read("d", text[..end].to_vec()) else { continue };
        read += 1;
        for f in cut.files().iter().rev().skip(1).filter(|f| f.new.is_some()) {
            assert_eq!(all.get(&f.new), Some(&f.added_lines()), "{end}");
        }
    }
    assert!(read > 0);
}

#[test]
fn a_merge_in_gits_combined_form_is_refused() {
    let repository = Repository::new("merge");
    let base: Vec<String> = (0..20).map(|n| format!("line {n}")).collect();
    let of = |change: &[(usize, &str)]| {
        let mut lines = base.clone();
        for (n, text) in change {
            lines[*n] = (*text).to_owned();
        }
        Tree::from([("x.py".to_owned(), File { lines, end: "\n", ends: true, executable: false, binary: false })])
    };
    repository.commit(&of(&[]));
    repository.git(&["checkout", "-q", "-b", "side"]);
    repository.commit(&of(&[(3, "side")]));
    repository.git(&["checkout", "-q", "main"]);
    repository.commit(&of(&[(15, "main")]));
    repository.git(&["merge", "-q", "--no-commit", "side"]);
    fs::write(repository.0.join("x.py"), of(&[(3, "both"), (15, "both")])["x.py"].bytes()).unwrap();
    repository.git(&["commit", "-q", "-a", "-m", "merge"]);
    for how in [&["show", "--cc", "HEAD"][..], &["show", "-c", "HEAD"], &["diff", "HEAD", "HEAD~1", "HEAD^2"]] {
        let text = repository.git(how);
        let e = Diff::read("d", text).unwrap_err();
        assert!(e.to_string().contains("combined"), "{how:?}: {e}");
    }
    assert!(Path::new(&repository.0).exists());
}
