//! `[policies]` and the files of gates of rule `rego`: Rego and its data are read with the policy, so that they are part of what it demands, of its
//! digest and of what can be wrong with it.
//!
//! In the tree a gate then has `modules`, the text of each Rego file by its name, and `documents`, the data. A place in such a text is a place in the
//! file.

use super::extends::{Files, PolicyFile, beside, shift};
use super::syntax;
use crate::config::{Entry, Node, PolicyProblem, ProblemCode, Sources, Span, Value};
use gatekeeper_evidence::hash::sha256_hex;
use std::collections::BTreeMap;

/// The rule that runs Rego, which is also the name of the gate that `[policies]` makes.
const RULE: &str = "rego";
/// Most files of one kind that a gate has.
const MOST_FILES: usize = 1_000;
/// Most bytes of all of them.
const MOST_BYTES: usize = 16_777_216;

/// Reads the files, each once.
pub(super) struct Reader<'r> {
    pub(super) files: &'r dyn Files,
    pub(super) sources: &'r mut Sources,
    /// What was read, by name: where its text begins, and the text.
    read: BTreeMap<String, (usize, String)>,
    bytes: usize,
    /// The files, for the verdict.
    pub(super) used: Vec<PolicyFile>,
}

impl<'r> Reader<'r> {
    pub(super) fn new(files: &'r dyn Files, sources: &'r mut Sources) -> Self {
        Reader { files, sources, read: BTreeMap::new(), bytes: 0, used: Vec::new() }
    }

    /// Gives every gate of rule `rego` its files.
    pub(super) fn fill(&mut self, tree: &mut Node) -> Result<(), PolicyProblem> {
        policies(tree)?;
        let Some(Value::Table(gates)) = tree.get_mut("gates").map(|n| &mut n.value) else { return Ok(()) };
        for gate in gates {
            let rule = match gate.node.get("rule").map(|n| &n.value) {
                Some(Value::Text(rule)) => rule.as_str(),
                Some(_) => continue,
                None => gate.key.as_str(),
            };
            if rule == RULE {
                self.gate(&mut gate.node)?;
            }
        }
        Ok(())
    }

    fn gate(&mut self, gate: &mut Node) -> Result<(), PolicyProblem> {
        let modules = self.texts_of(gate.get("rego"), &[".rego"], "Rego file (*.rego)")?;
        let data = self.texts_of(gate.get("data"), &[".json", ".yaml", ".yml"], "JSON or YAML file")?;
        let mut tree: Option<Node> = None;
        for file in data {
            let (_, read) = syntax::read(&file.name, file.text.as_bytes())?;
            let mut node = read.map_err(|p| PolicyProblem { span: moved(&p.span, file.start), ..p })?;
            shift(&mut node, file.start);
            // A folder's name is a step of the path, a file's is not.
            for folder in file.folders.iter().rev() {
                let (span, key_span) = (node.span.clone(), file.span.clone());
                node = Node { span, value: Value::Table(vec![Entry { key: folder.clone(), key_span, node }]) };
            }
            match &mut tree {
                None => tree = Some(node),
                Some(tree) => join(tree, node, &file.name)?,
            }
        }
        let module = |file: File| Entry {
            node: Node { span: file.start..file.start + file.text.len(), value: Value::Text(file.text) },
            key: file.name,
            key_span: file.span,
        };
        put(gate, "modules", modules.into_iter().map(module).collect());
        put(gate, "documents", tree.map(|t| t.entries().unwrap_or_default().to_vec()).unwrap_or_default());
        Ok(())
    }

    /// The files that a key names: one by one, or all of a sort below a folder.
    fn texts_of(&mut self, node: Option<&Node>, ends: &[&str], what: &str) -> Result<Vec<File>, PolicyProblem> {
        let mut out: Vec<File> = Vec::new();
        for (name, span) in names(node) {
            let over = self.sources.file(self.sources.number_of(span.start)).to_owned();
            let name = beside(&over, &name, "this").map_err(|words| PolicyProblem::new(span.clone(), words))?;
            let unreadable = |what: &str, e: gatekeeper_evidence::error::ParseError| {
                let words = format!("{what} cannot be read: {}", super::extends::once(&e.words()));
                PolicyProblem::new(span.clone(), words).code(ProblemCode::Unreadable).because(e)
            };
            let is_one = |n: &str| ends.iter().any(|end| n.to_ascii_lowercase().ends_with(end));
            let listed = self.files.list(&name).map_err(|e| unreadable(&name, e))?;
            let mut found = match listed {
                Some(below) => {
                    let found: Vec<String> = below.into_iter().filter(|n| is_one(n)).collect();
                    if found.is_empty() {
                        return Err(PolicyProblem::new(span, format!("there is no {what} in {name}")));
                    }
                    found
                }
                None => vec![name.clone()],
            };
            found.sort();
            if found.len() + out.len() > MOST_FILES {
                let words = format!("more than {MOST_FILES} files below {name}");
                return Err(PolicyProblem::new(span, words).code(ProblemCode::OutOfRange));
            }
            for file in found.into_iter().filter(|f| out.iter().all(|o| o.name != *f)).collect::<Vec<_>>() {
                let (start, text) = match self.read.get(&file) {
                    Some(read) => read.clone(),
                    None => {
                        let bytes = self.files.read(&file).map_err(|e| unreadable(&file, e))?;
                        self.bytes += bytes.len();
                        if self.bytes > MOST_BYTES {
                            let words = format!("{file} and the files before it have more than {MOST_BYTES} bytes");
                            return Err(PolicyProblem::new(span, words).code(ProblemCode::OutOfRange));
                        }
                        let text = String::from_utf8(bytes).map_err(|e| {
                            let words = format!("{file} is not UTF-8 text from byte {}", e.utf8_error().valid_up_to());
                            PolicyProblem::new(span.clone(), words).code(ProblemCode::Unreadable)
                        })?;
                        let start = self.sources.add(&file, &text);
                        self.used.push(PolicyFile { sha256: sha256_hex(text.as_bytes()), file: file.clone() });
                        self.read.insert(file.clone(), (start, text.clone()));
                        (start, text)
                    }
                };
                let below = file.strip_prefix(&format!("{name}/")).unwrap_or_default();
                let folders = below.rsplit_once('/').map(|(f, _)| f.split('/').map(str::to_owned).collect());
                out.push(File { folders: folders.unwrap_or_default(), name: file, span: span.clone(), start, text });
            }
        }
        Ok(out)
    }
}

struct File {
    name: String,
    /// The folders between the one that was named and the file.
    folders: Vec<String>,
    /// Where the policy names it.
    span: Span,
    /// Where its text begins.
    start: usize,
    text: String,
}

fn moved(span: &Span, by: usize) -> Span {
    span.start.saturating_add(by)..span.end.saturating_add(by)
}

/// A text, or a list of texts; what else stands there is told where the gate is read.
fn names(node: Option<&Node>) -> Vec<(String, Span)> {
    let text = |n: &Node| match &n.value {
        Value::Text(t) => Some((t.clone(), n.span.clone())),
        _ => None,
    };
    match node {
        Some(Node { value: Value::List(items), .. }) => items.iter().filter_map(text).collect(),
        Some(node) => text(node).into_iter().collect(),
        None => Vec::new(),
    }
}

/// Adds to a table of a gate; what is written there stays.
fn put(gate: &mut Node, key: &str, mut more: Vec<Entry>) {
    if more.is_empty() {
        return;
    }
    let span = gate.span.clone();
    let Value::Table(keys) = &mut gate.value else { return };
    match keys.iter_mut().find(|k| k.key == key).map(|k| &mut k.node.value) {
        Some(Value::Table(old)) => {
            more.retain(|m| old.iter().all(|o| o.key != m.key));
            old.extend(more);
        }
        Some(_) => {}
        None => {
            let node = Node { span: span.clone(), value: Value::Table(more) };
            keys.push(Entry { key: key.to_owned(), key_span: span, node });
        }
    }
}

/// Joins data files: tables merge, and nothing is said twice.
fn join(tree: &mut Node, more: Node, file: &str) -> Result<(), PolicyProblem> {
    let twice = |span: Span, what: &str| {
        Err(PolicyProblem::new(
            span,
            format!("{file} says what another data file says too{what}: only tables are joined"),
        ))
    };
    match (&mut tree.value, more.value) {
        (Value::Table(old), Value::Table(new)) => {
            for entry in new {
                match old.iter_mut().find(|o| o.key == entry.key) {
                    None => old.push(entry),
                    Some(o) if o.node.entries().is_some() && entry.node.entries().is_some() => {
                        join(&mut o.node, entry.node, file)?;
                    }
                    Some(_) => return twice(entry.key_span, &format!(" (`{}`)", entry.key)),
                }
            }
            Ok(())
        }
        _ => twice(more.span, ""),
    }
}

/// Makes a gate of `[policies]`.
fn policies(tree: &mut Node) -> Result<(), PolicyProblem> {
    let Value::Table(top) = &mut tree.value else { return Ok(()) };
    let Some(entry) = top.iter().find(|e| e.key == "policies").cloned() else { return Ok(()) };
    let (span, key_span) = (entry.node.span.clone(), entry.key_span.clone());
    let Value::Table(mut keys) = entry.node.value else {
        return Err(PolicyProblem::new(span, "`policies` must be a table")
            .code(ProblemCode::WrongType)
            .help("write [policies] and rego = \"policy/\""));
    };
    if !keys.iter().any(|k| k.key == "rego") {
        let problem = PolicyProblem::new(key_span, "[policies] has no `rego`").code(ProblemCode::MissingKey);
        return Err(problem.help("write rego = \"policy/\", the folder of the Rego files"));
    }
    let rule = Node { span: key_span.clone(), value: Value::Text(RULE.to_owned()) };
    keys.insert(0, Entry { key: "rule".to_owned(), key_span: key_span.clone(), node: rule });
    let gate = Entry {
        key: RULE.to_owned(),
        key_span: key_span.clone(),
        node: Node { span: span.clone(), value: Value::Table(keys) },
    };
    match top.iter_mut().find(|e| e.key == "gates").map(|e| &mut e.node.value) {
        Some(Value::Table(gates)) => match gates.iter_mut().find(|g| g.key == RULE) {
            // A profile's keys for the gate that [policies] makes.
            Some(own) if own.node.get("rule").is_none() && own.node.get("rego").is_none() => {
                let Value::Table(made) = gate.node.value else { return Ok(()) };
                if let Value::Table(keys) = &mut own.node.value {
                    let more: Vec<Entry> = made.into_iter().filter(|m| keys.iter().all(|k| k.key != m.key)).collect();
                    keys.extend(more);
                }
            }
            Some(own) => {
                let words = "[policies] makes a gate `rego`, and there is one of that name";
                return Err(PolicyProblem::new(own.key_span.clone(), words).help("give it another name"));
            }
            None => gates.push(gate),
        },
        Some(_) => {}
        None => {
            let node = Node { span, value: Value::Table(vec![gate]) };
            top.push(Entry { key: "gates".to_owned(), key_span, node });
        }
    }
    Ok(())
}

/// The tree with the digest of each Rego file in place of its text: what the verdict carries and what a later policy is compared with.
pub(super) fn digested(tree: &mut Node) {
    let Some(Value::Table(gates)) = tree.get_mut("gates").map(|n| &mut n.value) else { return };
    for gate in gates {
        let Some(Value::Table(modules)) = gate.node.get_mut("modules").map(|n| &mut n.value) else { continue };
        for module in modules {
            if let Value::Text(text) = &mut module.node.value {
                *text = format!("sha256:{}", sha256_hex(text.as_bytes()));
            }
        }
    }
}

#[cfg(test)]
mod tests;
