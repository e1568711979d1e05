//! Reads who uses whom: the paths in a crate's source, and the crates in a manifest.
#![allow(dead_code, missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

/// One use of a module by another. `from` and `to` are paths of modules within their crate; a `to` in a room below begins with the
/// room's name (`evidence`, `formats`, `license`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrow {
    pub file: String,
    pub line: usize,
    pub from: Vec<String>,
    pub to: Vec<String>,
    /// Within `#[cfg(test)] mod …`: a test may reach where the code may not.
    pub in_tests: bool,
}

impl fmt::Display for Arrow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {} uses {}", self.file, self.line, self.from.join("::"), self.to.join("::"))
    }
}

/// The whole of a crate's root, which nobody but the root may bring in.
const ROOT: &str = "(the crate's root)";

/// A crate's source.
pub struct Room {
    pub arrows: Vec<Arrow>,
    files: Vec<(String, String)>,
    /// What a module re-exports: its path with the name → what that stands for.
    exported: BTreeMap<Vec<String>, Vec<String>>,
    /// Files that are modules of tests.
    tests: BTreeSet<Vec<String>>,
}

impl Room {
    pub fn read(src: &Path) -> Room {
        let mut paths = Vec::new();
        sources(src, &mut paths);
        assert!(!paths.is_empty(), "{}", src.display());
        paths.sort();
        let files: Vec<(String, String)> = paths
            .iter()
            .map(|p| {
                let name = p.strip_prefix(src).unwrap().to_string_lossy().replace('\\', "/");
                (name, std::fs::read_to_string(p).unwrap())
            })
            .collect();
        let mut room = Room { arrows: Vec::new(), files, exported: BTreeMap::new(), tests: BTreeSet::new() };
        assert!(room.files.iter().any(|(n, _)| n == "lib.rs"), "{}", src.display());
        let mut exported = BTreeMap::new();
        let mut tests = BTreeSet::new();
        for (file, text) in &room.files {
            let read = Reader::new(file, text).read();
            tests.extend(read.tests);
            for used in read.used {
                if let Some(name) = used.name {
                    let mut known_as = module_of(file);
                    known_as.push(name);
                    exported.insert(known_as, used.path);
                }
            }
        }
        (room.exported, room.tests) = (exported, tests);
        room.arrows = room.files.iter().flat_map(|(n, t)| room.arrows_of(n, t)).collect();
        room
    }

    /// The top modules, by name.
    pub fn modules(&self) -> BTreeSet<String> {
        self.files.iter().map(|(n, _)| n.split('/').next().unwrap().trim_end_matches(".rs").to_owned()).collect()
    }

    /// The top modules that are folders.
    pub fn folders(&self) -> BTreeSet<String> {
        self.files.iter().filter_map(|(n, _)| n.split_once('/').map(|(f, _)| f.to_owned())).collect()
    }

    /// The files and folders of a module.
    pub fn children(&self, module: &str) -> BTreeSet<String> {
        let inner = self.files.iter().filter_map(|(n, _)| n.strip_prefix(module)?.strip_prefix('/'));
        inner.map(|n| n.split('/').next().unwrap().trim_end_matches(".rs").to_owned()).filter(|n| n != "mod").collect()
    }

    /// What a file with this code uses: what it names, and what that stands for where a module on the way re-exports it.
    pub fn arrows_of(&self, file: &str, code: &str) -> Vec<Arrow> {
        let own = module_of(file);
        let modules = self.modules();
        let of_tests = self.tests.iter().any(|t| own.starts_with(t));
        let from = if own.is_empty() { vec!["lib".to_owned()] } else { own };
        let mut out = Vec::new();
        for used in Reader::new(file, code).read().used {
            let mut targets = Vec::new();
            if let Some(real) = used.in_crate.then(|| self.stands_for(&used.path)).flatten() {
                targets.push(real);
            }
            // What the root re-exports is no module; what else is named there is an arrow of its own.
            if targets.is_empty() || modules.contains(&used.path[0]) {
                targets.push(used.path);
            }
            for mut to in targets {
                if to.is_empty() {
                    to.push(ROOT.to_owned());
                }
                let in_tests = used.in_tests || of_tests;
                out.push(Arrow { file: file.to_owned(), line: used.line, from: from.clone(), to, in_tests });
            }
        }
        out
    }

    fn stands_for(&self, path: &[String]) -> Option<Vec<String>> {
        let mut now = path.to_vec();
        // A chain of re-exports is short; a circle of them would not compile.
        for _ in 0..8 {
            let found = (1..=now.len()).find_map(|n| {
                let real = self.exported.get(&now[..n]).filter(|r| r[..] != now[..n])?;
                Some(real.iter().chain(&now[n..]).cloned().collect::<Vec<_>>())
            });
            match found {
                Some(real) => now = real,
                None => break,
            }
        }
        (now != path).then_some(now)
    }

    /// Which top module uses which, tests and the root aside.
    pub fn between_top_modules(&self) -> BTreeSet<(String, String)> {
        let modules = self.modules();
        self.arrows
            .iter()
            .filter(|a| !a.in_tests && a.from[0] != "lib" && modules.contains(&a.to[0]) && a.from[0] != a.to[0])
            .map(|a| (a.from[0].clone(), a.to[0].clone()))
            .collect()
    }
}

impl Room {
    /// Which child of a folder uses which of its siblings, for every folder; tests aside.
    pub fn between_siblings(&self) -> BTreeMap<String, BTreeSet<(String, String)>> {
        let mut folders: BTreeSet<&str> = BTreeSet::new();
        for (file, _) in &self.files {
            folders.extend(file.match_indices('/').map(|(at, _)| &file[..at]));
        }
        folders
            .into_iter()
            .map(|folder| {
                let module = module_of(folder);
                let children = self.children(folder);
                let child = |path: &[String]| {
                    let child = path.starts_with(&module).then(|| path.get(module.len()).cloned()).flatten()?;
                    children.contains(&child).then_some(child)
                };
                let inner = self.arrows.iter().filter(|a| !a.in_tests);
                let pairs = inner.filter_map(|a| Some((child(&a.from)?, child(&a.to)?))).filter(|(a, b)| a != b);
                (folder.to_owned(), pairs.collect())
            })
            .collect()
    }
}

fn sources(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

/// `rule/licenses/mod.rs` is the module `rule::licenses`, `lib.rs` the root.
fn module_of(file: &str) -> Vec<String> {
    let mut parts: Vec<String> = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if matches!(parts.last().map(String::as_str), Some("mod" | "lib")) {
        parts.pop();
    }
    parts
}

/// Arrows of the modules in the table that the table does not allow. Tests may use anything.
pub fn outside_table(arrows: &[Arrow], table: &[(&str, &[&str])]) -> Vec<Arrow> {
    arrows
        .iter()
        .filter(|a| !a.in_tests && a.to[0] != a.from[0])
        .filter(|a| {
            let row = table.iter().find(|(m, _)| *m == a.from[0]);
            row.is_some_and(|(_, allowed)| {
                !allowed.iter().any(|w| w.split("::").zip(a.to.iter().chain([&String::new()])).all(|(w, t)| w == t))
            })
        })
        .cloned()
        .collect()
}

/// Arrows from one child of a module to another, except to those that all may share. Tests are held to it too.
pub fn siblings(room: &Room, arrows: &[Arrow], module: &str, shared: &[&str]) -> Vec<Arrow> {
    let children = room.children(module);
    arrows
        .iter()
        .filter(|a| a.from[0] == module && a.to[0] == module)
        .filter(|a| match (a.from.get(1), a.to.get(1)) {
            (Some(from), Some(to)) => from != to && !shared.contains(&to.as_str()) && children.contains(to),
            _ => false,
        })
        .cloned()
        .collect()
}

/// One circle, if there is any.
pub fn circle<'a>(arrows: impl IntoIterator<Item = (&'a str, &'a str)>) -> Option<Vec<&'a str>> {
    let mut next: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (from, to) in arrows {
        next.entry(from).or_default().insert(to);
    }
    fn from<'a>(
        at: &'a str,
        next: &BTreeMap<&'a str, BTreeSet<&'a str>>,
        way: &mut Vec<&'a str>,
        done: &mut BTreeSet<&'a str>,
    ) -> Option<Vec<&'a str>> {
        if let Some(start) = way.iter().position(|w| *w == at) {
            return Some(way[start..].to_vec());
        }
        if !done.insert(at) {
            return None;
        }
        way.push(at);
        for to in next.get(at).into_iter().flatten() {
            if let Some(found) = from(to, next, way, done) {
                return Some(found);
            }
        }
        way.pop();
        None
    }
    let mut done = BTreeSet::new();
    next.keys().find_map(|start| from(start, &next, &mut Vec::new(), &mut done))
}

/// The crates of this workspace that a manifest depends on, by their package names.
pub fn crates_of(manifest: &str) -> BTreeSet<String> {
    fn of_table(table: &toml::Table, out: &mut BTreeSet<String>) {
        for (key, value) in table {
            let Some(inner) = value.as_table() else { continue };
            if key.ends_with("dependencies") {
                for (name, dependency) in inner {
                    let package = dependency.get("package").and_then(toml::Value::as_str).unwrap_or(name);
                    if package.starts_with("gatekeeper") {
                        out.insert(package_name(package));
                    }
                }
            } else if key == "target" {
                inner.values().filter_map(toml::Value::as_table).for_each(|t| of_table(t, out));
            }
        }
    }
    let mut out = BTreeSet::new();
    of_table(&manifest.parse().unwrap(), &mut out);
    out
}

/// The workspace's name of a dependency → the package's.
fn package_name(name: &str) -> String {
    match name {
        "gatekeeper-core" => "gatekeeper-rs".to_owned(),
        "gatekeeper-evidence" | "gatekeeper-formats" | "gatekeeper-license" => name.replacen('-', "-rs-", 1),
        other => other.to_owned(),
    }
}

/// A path that code names, resolved to the root of its crate.
struct Used {
    line: usize,
    path: Vec<String>,
    in_crate: bool,
    in_tests: bool,
    /// The name that a `use` gives it.
    name: Option<String>,
}

/// What a file says.
#[derive(Default)]
struct Said {
    used: Vec<Used>,
    /// The modules of tests that stand in files of their own.
    tests: Vec<Vec<String>>,
}

/// Reads the paths of one file.
struct Reader {
    tokens: Vec<(usize, String)>,
    at: usize,
    module: Vec<String>,
}

impl Reader {
    fn new(file: &str, code: &str) -> Self {
        Reader { tokens: tokens(code), at: 0, module: module_of(file) }
    }

    fn peek(&self, ahead: usize) -> &str {
        self.tokens.get(self.at + ahead).map_or("", |(_, t)| t)
    }

    fn read(mut self) -> Said {
        let mut out = Said::default();
        // Inline modules that are open: the depth of braces at which each closes, and whether it is one of tests.
        let mut open: Vec<(usize, bool)> = Vec::new();
        let mut depth = 0_usize;
        let mut of_tests = false;
        while self.at < self.tokens.len() {
            let line = self.tokens[self.at].0;
            let in_tests = open.iter().any(|(_, t)| *t);
            match self.peek(0) {
                "#" => {
                    // `#[cfg(test)]` belongs to the item that follows its attributes.
                    if ["[", "cfg", "(", "test", ")", "]"].iter().enumerate().all(|(n, t)| self.peek(n + 1) == *t) {
                        of_tests = true;
                    }
                    self.at += 1;
                }
                "mod" if self.peek(2) == ";" => {
                    if in_tests || of_tests {
                        let mut module = self.module.clone();
                        module.push(self.peek(1).to_owned());
                        out.tests.push(module);
                    }
                    of_tests = false;
                    self.at += 3;
                }
                "mod" if self.peek(2) == "{" => {
                    let name = self.peek(1).to_owned();
                    self.module.push(name);
                    open.push((depth, of_tests));
                    of_tests = false;
                    depth += 1;
                    self.at += 3;
                }
                "{" => {
                    depth += 1;
                    of_tests = false;
                    self.at += 1;
                }
                "}" => {
                    depth = depth.saturating_sub(1);
                    if open.last().is_some_and(|(d, _)| *d == depth) {
                        open.pop();
                        self.module.pop();
                    }
                    self.at += 1;
                }
                ";" => {
                    of_tests = false;
                    self.at += 1;
                }
                "use" => {
                    self.at += 1;
                    let mut all = Vec::new();
                    self.tree(Vec::new(), &mut all);
                    for (path, name) in all {
                        let used = self.resolve(&path, line);
                        let in_tests = in_tests || of_tests;
                        out.used.extend(used.map(|u| Used { name: Some(name), in_tests, ..u }));
                    }
                }
                // A path within the code; one that begins behind `::` or `.` is the rest of another.
                word if is_start(word)
                    && (self.at == 0
                        || !matches!(self.tokens[self.at - 1].1.as_str(), "." | "::")
                        || is_crate(word)) =>
                {
                    let mut path = vec![word.to_owned()];
                    self.at += 1;
                    while self.peek(0) == "::" && is_word(self.peek(1)) {
                        path.push(self.peek(1).to_owned());
                        self.at += 2;
                    }
                    if path.len() > 1 {
                        out.used.extend(self.resolve(&path, line).map(|u| Used { in_tests, ..u }));
                    }
                }
                _ => self.at += 1,
            }
        }
        out
    }

    /// A `use` tree: every path in it, with the name that it is known by from there.
    fn tree(&mut self, mut path: Vec<String>, out: &mut Vec<(Vec<String>, String)>) {
        if self.peek(0) == "::" {
            self.at += 1;
        }
        loop {
            match self.peek(0) {
                "{" => {
                    self.at += 1;
                    while !matches!(self.peek(0), "}" | "") {
                        self.tree(path.clone(), out);
                        if self.peek(0) == "," {
                            self.at += 1;
                        }
                    }
                    self.at += 1;
                    return;
                }
                "*" => {
                    self.at += 1;
                    out.push((path, "*".to_owned()));
                    return;
                }
                word if is_word(word) => {
                    // `self` within braces is the path itself.
                    if word != "self" || path.is_empty() {
                        path.push(word.to_owned());
                    }
                    self.at += 1;
                    if self.peek(0) == "::" {
                        self.at += 1;
                        continue;
                    }
                    let mut name = path.last().cloned().unwrap_or_default();
                    if self.peek(0) == "as" {
                        self.peek(1).clone_into(&mut name);
                        self.at += 2;
                    }
                    out.push((path, name));
                    return;
                }
                _ => {
                    self.at += 1;
                    return;
                }
            }
        }
    }

    /// A path from the crate's root; nothing for what is of another crate or of this module.
    fn resolve(&self, path: &[String], line: usize) -> Option<Used> {
        let first = path.first()?.as_str();
        if is_crate(first) {
            let mut to = vec![first.trim_start_matches("gatekeeper_").to_owned()];
            to.extend(path[1..].iter().cloned());
            return Some(Used { line, path: to, in_crate: false, in_tests: false, name: None });
        }
        let mut to = match first {
            "crate" => Vec::new(),
            "self" | "super" => self.module.clone(),
            // In the root a path may begin with one of its modules.
            _ if self.module.is_empty() => vec![first.to_owned()],
            _ => return None,
        };
        if first == "super" {
            to.pop();
        }
        for part in &path[1..] {
            match part.as_str() {
                "super" => {
                    to.pop();
                }
                "self" => {}
                part => to.push(part.to_owned()),
            }
        }
        Some(Used { line, path: to, in_crate: true, in_tests: false, name: None })
    }
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

fn is_crate(word: &str) -> bool {
    word.starts_with("gatekeeper_") && word != "gatekeeper_core"
}

fn is_start(word: &str) -> bool {
    matches!(word, "crate" | "super" | "self") || is_crate(word)
}

/// Words and marks with their lines; comments, texts and characters left out.
pub fn tokens(code: &str) -> Vec<(usize, String)> {
    let c: Vec<char> = code.chars().collect();
    let mut out = Vec::new();
    let (mut i, mut line) = (0, 1);
    let at = |i: usize| c.get(i).copied().unwrap_or('\0');
    while i < c.len() {
        let begin = i;
        if c[i] == '/' && at(i + 1) == '/' {
            while i < c.len() && c[i] != '\n' {
                i += 1;
            }
        } else if c[i] == '/' && at(i + 1) == '*' {
            let mut depth = 0;
            loop {
                match (at(i), at(i + 1)) {
                    ('/', '*') => (depth, i) = (depth + 1, i + 2),
                    ('*', '/') => (depth, i) = (depth - 1, i + 2),
                    _ => i += 1,
                }
                if depth == 0 || i >= c.len() {
                    break;
                }
            }
        } else if let Some(hashes) = raw_text(&c, i) {
            i += c[i..].iter().position(|x| *x == '"').unwrap() + 1;
            while i < c.len() && !(c[i] == '"' && (1..=hashes).all(|n| at(i + n) == '#')) {
                i += 1;
            }
            i += 1 + hashes;
        } else if c[i] == '"' {
            i += 1;
            while i < c.len() && c[i] != '"' {
                i += if c[i] == '\\' { 2 } else { 1 };
            }
            i += 1;
        } else if c[i] == '\'' {
            // A character, or the mark of a lifetime.
            if at(i + 1) == '\\' {
                i += 3;
                while i < c.len() && c[i] != '\'' {
                    i += 1;
                }
                i += 1;
            } else if at(i + 2) == '\'' {
                i += 3;
            } else {
                i += 1;
                while at(i).is_alphanumeric() || at(i) == '_' {
                    i += 1;
                }
            }
        } else if c[i].is_alphanumeric() || c[i] == '_' {
            // `r#word` is the word.
            if c[i] == 'r' && at(i + 1) == '#' {
                i += 2;
            }
            let start = i;
            while at(i).is_alphanumeric() || at(i) == '_' {
                i += 1;
            }
            out.push((line, c[start..i].iter().collect()));
        } else if c[i] == ':' && at(i + 1) == ':' {
            out.push((line, "::".to_owned()));
            i += 2;
        } else {
            if !c[i].is_whitespace() {
                out.push((line, c[i].to_string()));
            }
            i += 1;
        }
        line += c[begin..i.min(c.len())].iter().filter(|x| **x == '\n').count();
    }
    out
}

/// The number of `#` where a raw text (`r"`, `br#"`) begins here.
fn raw_text(c: &[char], i: usize) -> Option<usize> {
    let after_word = i > 0 && (c[i - 1].is_alphanumeric() || c[i - 1] == '_');
    let mut j = i;
    if matches!(c.get(j), Some('b' | 'c')) {
        j += 1;
    }
    if after_word || c.get(j) != Some(&'r') {
        return None;
    }
    let hashes = c[j + 1..].iter().take_while(|x| **x == '#').count();
    (c.get(j + 1 + hashes) == Some(&'"')).then_some(hashes)
}
