//! `extends`: a policy that is laid over another file, which may extend a further one.
//!
//! Tables merge key by key and the file that extends wins; `[[evidence]]` entries of one name are one entry, those without a name and all
//! `[[waivers]]` add up; any other list is replaced. What a file makes looser than the one below it is kept, to be shown.

use super::defaults;
use super::profile;
use super::syntax;
use crate::config::{Entry, Node, PolicyError, PolicyProblem, ProblemCode, Problems, Sources, Span, Table, Value};
use crate::config::{loosened, merge};
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::hash::sha256_hex;

/// Most files that a policy is made of.
const MOST_FILES: usize = 8;

/// Where the files are that a policy is made of.
pub(crate) trait Files {
    /// A file by its name.
    fn read(&self, name: &str) -> Result<Vec<u8>, ParseError>;

    /// The names of all files below a folder; `None` where the name is no folder's.
    fn list(&self, folder: &str) -> Result<Option<Vec<String>>, ParseError>;
}

/// Single files, by their names.
impl<F: Fn(&str) -> Result<Vec<u8>, ParseError>> Files for F {
    fn read(&self, name: &str) -> Result<Vec<u8>, ParseError> {
        self(name)
    }

    fn list(&self, _: &str) -> Result<Option<Vec<String>>, ParseError> {
        Ok(None)
    }
}

/// A file that a policy is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyFile {
    /// As it was named, or as the file that extends it names it, from where that lies.
    pub file: String,
    /// Its SHA-256.
    pub sha256: String,
}

/// A policy's files, laid over each other.
pub(super) struct Laid {
    pub(super) tree: Node,
    pub(super) sources: Sources,
    /// The text of the file that was named.
    pub(super) text: String,
    /// The files that it extends, the nearest first.
    pub(super) bases: Vec<PolicyFile>,
    /// What each file demands less than the one that it extends.
    pub(super) loosened: Vec<String>,
    /// Mistakes that each file has by itself.
    pub(super) problems: Vec<PolicyProblem>,
}

/// Reads a policy and all that it extends.
pub(super) fn lay(file: &str, bytes: &[u8], profile: Option<&str>, files: &dyn Files) -> Result<Laid, PolicyError> {
    let (text, first) = syntax::read(file, bytes).map_err(|p| PolicyError::about(file, p))?;
    let mut sources = Sources::default();
    sources.add(file, text);
    let fail = |sources: &Sources, problem| Err(PolicyError::of_sources(sources, text, vec![problem]));
    let first = match first {
        Ok(tree) => tree,
        Err(problem) => return fail(&sources, problem),
    };
    let problems = Problems::default();
    version(&first, 0, &problems);
    let (mut trees, mut names, mut bases) = (vec![first], vec![normal(file)], Vec::new());
    while let Some((wanted, span)) = match extended(trees.last()) {
        Ok(wanted) => wanted,
        Err(problem) => return fail(&sources, problem),
    } {
        let over = sources.file(trees.len() - 1).to_owned();
        let name = match beside(&over, &wanted, "`extends`") {
            Ok(name) => name,
            Err(words) => return fail(&sources, PolicyProblem::new(span, words)),
        };
        if names.contains(&normal(&name)) {
            let words = format!("{name} extends itself, by way of {over}: a policy cannot stand on itself");
            return fail(&sources, PolicyProblem::new(span, words));
        }
        if trees.len() == MOST_FILES {
            let words = format!("a policy is made of at most {MOST_FILES} files, and {name} would be one more");
            return fail(&sources, PolicyProblem::new(span, words).code(ProblemCode::OutOfRange));
        }
        let read = files.read(&name).map_err(|e| {
            let words = format!("{name}, which it extends, cannot be read: {}", once(&e.words()));
            PolicyProblem::new(span.clone(), words).code(ProblemCode::Unreadable).because(e)
        });
        let bytes = match read {
            Ok(bytes) => bytes,
            Err(problem) => return fail(&sources, problem),
        };
        let (base_text, tree) = match syntax::read(&name, &bytes) {
            Ok(read) => read,
            Err(p) => return fail(&sources, PolicyProblem { span, message: format!("{name}: {}", p.message), ..p }),
        };
        let start = sources.add(&name, base_text);
        let mut tree = match tree {
            Ok(tree) => tree,
            Err(mut problem) => {
                moved(&mut problem.span, start);
                return fail(&sources, problem);
            }
        };
        shift(&mut tree, start);
        version(&tree, start, &problems);
        names.push(normal(&name));
        bases.push(PolicyFile { file: name, sha256: sha256_hex(&bytes) });
        trees.push(tree);
    }
    let mut loose = Vec::new();
    let mut tree = trees.pop().unwrap_or(Node { span: 0..0, value: Value::Table(Vec::new()) });
    while let Some(over) = trees.pop() {
        let mut below = tree.clone();
        laid_over(&mut tree, over);
        // A default that the file above brings changes every gate of those below.
        let mut whole = tree.clone();
        // Of a run with a profile, what the file above makes of that profile: what is wrong with it is told where it is applied.
        if let Some(name) = profile.filter(|name| profile::names(&below).iter().any(|n| n == name)) {
            let (mut old, mut new) = (below.clone(), whole.clone());
            if profile::apply(&mut old, name).is_ok() && profile::apply(&mut new, name).is_ok() {
                (below, whole) = (old, new);
            }
        }
        defaults::fill(&mut below);
        defaults::fill(&mut whole);
        loose.extend(loosened(&below, &whole));
    }
    Ok(Laid { tree, sources, text: text.to_owned(), bases, loosened: loose, problems: problems.into_inner() })
}

/// What a file extends.
fn extended(tree: Option<&Node>) -> Result<Option<(String, Span)>, PolicyProblem> {
    let Some(node) = tree.and_then(|t| t.get("extends")) else { return Ok(None) };
    match &node.value {
        Value::Text(name) => Ok(Some((name.clone(), node.span.clone()))),
        _ => Err(PolicyProblem::new(node.span.clone(), "`extends` takes the name of one file, such as \"org.toml\"")
            .code(ProblemCode::WrongType)),
    }
}

/// Each file says which version it is written in.
/// What is said where the language's version is not there.
pub(super) const VERSION_IS_MISSING: &str = "`version = 1` is missing";

fn version(tree: &Node, start: usize, problems: &Problems) {
    let Some(mut top) = tree.entries().and_then(|_| Table::of(tree, "a policy", problems)) else { return };
    match top.number("version") {
        Some((v, _)) if v.as_count() == Some(1) => {}
        Some((v, span)) => top.problem_of(
            ProblemCode::UnsupportedVersion,
            span,
            format!("version {v} is not known: this program reads version 1"),
        ),
        None if top.get("version").is_some() => {}
        None => problems.add(
            PolicyProblem::new(start..start, VERSION_IS_MISSING)
                .code(ProblemCode::MissingKey)
                .help("write it on the first line, above all tables"),
        ),
    }
}

/// A name as it is seen from a file: relative to that file's folder.
pub(super) fn beside(file: &str, wanted: &str, key: &str) -> Result<String, String> {
    let plain = wanted.replace('\\', "/");
    if plain.trim().is_empty() {
        return Err(format!("{key} names no file"));
    }
    if plain.contains("://") {
        return Err(format!("{key} takes a file, and {wanted} is an address: fetch it first, and name the file"));
    }
    if plain.starts_with('/') || plain.as_bytes().get(1) == Some(&b':') {
        return Err(format!("{key} takes a file relative to the one that names it, not {wanted}"));
    }
    let file = file.replace('\\', "/");
    let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
    Ok(normal(&if folder.is_empty() && !file.starts_with('/') { plain } else { format!("{folder}/{plain}") }))
}

/// A path without `.` and, as far as there is a folder to leave, `..`.
fn normal(path: &str) -> String {
    let path = path.replace('\\', "/");
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|p| *p != "..") => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("{}{}", if path.starts_with('/') { "/" } else { "" }, parts.join("/"))
}

/// Lays a file over the one that it extends.
fn laid_over(base: &mut Node, over: Node) {
    let Value::Table(changes) = over.value else {
        *base = over;
        return;
    };
    if base.entries().is_none() {
        base.value = Value::Table(Vec::new());
    }
    let Value::Table(keys) = &mut base.value else { return };
    for change in changes {
        match keys.iter_mut().find(|k| k.key == change.key) {
            None => keys.push(change),
            Some(key) => match (key.key.as_str(), &mut key.node.value, change.node.value) {
                ("evidence", Value::List(entries), Value::List(more)) => by_name(entries, more),
                ("waivers", Value::List(waivers), Value::List(more)) => waivers.extend(more),
                (_, _, value) => merge(&mut key.node, &Node { span: change.node.span, value }),
            },
        }
    }
}

fn by_name(entries: &mut Vec<Node>, more: Vec<Node>) {
    for entry in more {
        let name = entry.get("name").map(|n| n.value.clone());
        let known = name.and_then(|name| entries.iter_mut().find(|e| e.get("name").is_some_and(|n| n.value == name)));
        match known {
            Some(known) => merge(known, &entry),
            None => entries.push(entry),
        }
    }
}

fn moved(span: &mut Span, by: usize) {
    span.start = span.start.saturating_add(by);
    span.end = span.end.saturating_add(by);
}

/// Moves every place in a tree into the common space.
pub(crate) fn shift(node: &mut Node, by: usize) {
    moved(&mut node.span, by);
    match &mut node.value {
        Value::Table(entries) => {
            for Entry { key_span, node, .. } in entries {
                moved(key_span, by);
                shift(node, by);
            }
        }
        Value::List(items) => items.iter_mut().for_each(|n| shift(n, by)),
        _ => {}
    }
}

/// Why something cannot be read, where that it cannot is said already.
pub(super) fn once(words: &str) -> &str {
    words.strip_prefix("cannot be read: ").unwrap_or(words)
}

#[cfg(test)]
mod tests;
