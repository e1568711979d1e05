//! What a project is: its files, what of it speaks of Erlang, and what its own ignore files say.

use super::bytes::read_rules;
use super::candidate::Candidate;
use super::walk::DEEPEST;
use crate::config::{PolicyError, PolicyProblem, ProblemCode};
use crate::policy::Project;
use crate::relate::findings::{parse_plain, parse_yaml};
use crate::relate::paths::Tree;
use crate::relate::suppress::IgnoreFile;
use gatekeeper_evidence::error::{ParseError, chain};
use gatekeeper_formats::input::Limits;
use std::fs;
use std::path::Path;

/// The ignore files of Trivy at the root.
///
/// # Errors
/// As [`ignore_files_by`].
pub(crate) fn ignore_files(root: &Path, limits: &Limits) -> Result<Vec<IgnoreFile>, PolicyError> {
    ignore_files_by(|name| {
        let path = root.join(name);
        if path.symlink_metadata().is_err() { Ok(None) } else { read_rules(&path, limits).map(Some) }
    })
}

/// The ignore files of Trivy, as a reader of files gives them. One that cannot be read is an error like one in the policy: it says what may pass.
pub(crate) fn ignore_files_by(
    read: impl Fn(&str) -> Result<Option<Vec<u8>>, ParseError>,
) -> Result<Vec<IgnoreFile>, PolicyError> {
    let mut out = Vec::new();
    for (name, yaml) in [(".trivyignore", false), (".trivyignore.yaml", true), (".trivyignore.yml", true)] {
        let wrong = |why: String| PolicyProblem::new(0..0, why).code(ProblemCode::Unreadable);
        let read = read(name).map_err(|e| PolicyError::about(name, wrong(chain(&e))))?;
        let Some(bytes) = read else { continue };
        let text = String::from_utf8(bytes)
            .map_err(|e| PolicyError::about(name, wrong("is not UTF-8 text".to_owned()).because(e)))?;
        let entries = if yaml { parse_yaml(&text) } else { parse_plain(&text) };
        let entries = entries.map_err(|e| {
            let e = e.finish("", "", Some(text.as_bytes()));
            PolicyError::about(name, wrong("cannot be read".to_owned()).because(e))
        })?;
        out.push(IgnoreFile { path: name.to_owned(), entries });
    }
    Ok(out)
}

/// What a project is: by its own files, or, where it has none of those, by evidence that only Erlang's tools leave. A folder `_build` says nothing:
/// Mix, dune and Sphinx have one too.
pub(crate) fn project_of(root: &Path, candidates: &[Candidate]) -> Project {
    const ERLANG: [&str; 4] = ["rebar.config", "rebar.config.script", "rebar.lock", "erlang.mk"];
    const ELIXIR: [&str; 1] = ["mix.exs"];
    const GLEAM: [&str; 1] = ["gleam.toml"];
    const ANY: [&str; 5] = ["Cargo.toml", "package.json", "pyproject.toml", "go.mod", "pom.xml"];
    const RECORDED: [&str; 7] = ["compile", "dialyzer", "xref", "eunit", "ct", "proper", "cover"];
    let has = |files: &[&str]| files.iter().any(|f| root.join(f).exists());
    let of_erlang = |c: &Candidate| {
        let mut parts = c.path.rsplit('/');
        let name = parts.next().unwrap_or_default();
        ERLANG.contains(&name)
            || [".coverdata", ".dialyzer_warnings"].iter().any(|e| name.ends_with(e))
            || name.strip_suffix(".record").is_some_and(|tool| RECORDED.contains(&tool))
            || parts.any(|p| p.starts_with("ct_run."))
    };
    if has(&ERLANG) {
        Project::Erlang
    } else if has(&ELIXIR) {
        Project::Elixir
    } else if has(&GLEAM) {
        Project::Gleam
    } else if !has(&ANY) && candidates.iter().any(of_erlang) {
        Project::Erlang
    } else {
        Project::Any
    }
}

/// Most files of a working tree that are looked at.
const TREE: usize = 500_000;

/// The files of a working tree, those of dependencies and build results left out; nothing where there are too many.
pub fn tree(root: &Path) -> Option<Tree> {
    const BUILT: [&str; 8] = ["node_modules", "_build", "target", "venv", "__pycache__", "dist", "build", "deps"];
    let mut files = Vec::new();
    let mut folders = vec![(root.to_owned(), String::new(), 0_usize)];
    while let Some((folder, prefix, depth)) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let (name, Ok(kind)) = (entry.file_name(), entry.file_type()) else { continue };
            let name = name.to_string_lossy();
            let shown = if prefix.is_empty() { name.to_string() } else { format!("{prefix}/{name}") };
            if kind.is_dir() {
                if !name.starts_with('.') && !BUILT.contains(&name.as_ref()) && depth < DEEPEST {
                    folders.push((entry.path(), shown, depth + 1));
                }
            } else if kind.is_file() {
                files.push(shown);
            }
        }
        if files.len() > TREE {
            return None;
        }
    }
    Some(Tree::new(files))
}
