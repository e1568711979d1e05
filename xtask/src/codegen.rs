//! Generated parts that are checked in: the README's tables (what `gatekeeper formats` and `gatekeeper rules` print), its example's
//! output and the files that it shows, and the types of the documents for Python and TypeScript.

use crate::documents::Shapes;
use gatekeeper_cli::front::{self, Request};
use std::fs;
use std::path::{Path, PathBuf};

/// Where a generated part of a page ends.
const END: &str = "<!-- end -->";

/// Regenerates, or with `check` only compares. Answers what to tell: drift where `check` found any.
///
/// # Errors
/// A file that cannot be read or written, a page with a marker that is not closed.
pub fn codegen(root: &Path, check: bool) -> Result<(Vec<String>, bool), String> {
    let shapes = Shapes::new()?;
    let mut told = Vec::new();
    let mut drift = false;
    let mut put = |file: &str, new: &str, told: &mut Vec<String>| -> Result<(), String> {
        let path = root.join(file);
        if fs::read_to_string(&path).is_ok_and(|old| old == new) {
            return Ok(());
        }
        drift = true;
        if check {
            told.push(format!("{file}: not what the code says; run `cargo xtask codegen`"));
            return Ok(());
        }
        told.push(format!("{file}: written"));
        fs::write(&path, new).map_err(|e| format!("{file}: cannot be written: {e}"))
    };
    put("gatekeeper-py/python/gatekeeper/documents.py", &shapes.python(), &mut told)?;
    put("gatekeeper-node/documents.d.ts", &shapes.typescript(), &mut told)?;
    match fs::read_to_string(root.join("README.md")) {
        Ok(mut page) => {
            for part in ["formats", "rules"] {
                let marker = format!("<!-- generated: {part} -->");
                let table = table(part)?;
                match replace(&page, &marker, &table)? {
                    Some(new) => page = new,
                    None => told.push(format!("README.md: skipped, it has no `{marker}`")),
                }
            }
            // The README's example: what the command shown prints, whatever the verdict.
            match command(&page, "check") {
                Some(arguments) => {
                    let text = format!("```text\n{}\n```", example(root, arguments)?.trim_end());
                    match replace(&page, "<!-- output: check -->", &text)? {
                        Some(new) => page = new,
                        None => told.push("README.md: skipped, it has no `<!-- output: check -->`".to_owned()),
                    }
                }
                None => told.push("README.md: skipped, it has no command after `<!-- command: check -->`".to_owned()),
            }
            for file in shown_files(&page) {
                let text = fs::read_to_string(root.join(&file)).map_err(|e| format!("README.md shows {file}: {e}"))?;
                let language = if file.ends_with(".rs") { "rust" } else { "text" };
                let text = format!("```{language}\n{}\n```", text.trim_end());
                if let Some(new) = replace(&page, &format!("<!-- file: {file} -->"), &text)? {
                    page = new;
                }
            }
            put("README.md", &page, &mut told)?;
        }
        Err(e) => told.push(format!("README.md: skipped, it cannot be read: {e}")),
    }
    Ok((told, drift && check))
}

/// The table that `gatekeeper formats` or `gatekeeper rules` prints.
fn table(of: &str) -> Result<String, String> {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let arguments = ["gatekeeper", of, "--format", "markdown"];
    match gatekeeper_cli::run(arguments, gatekeeper_cli::Terminal::PLAIN, &mut out, &mut err) {
        gatekeeper_cli::exit::PASS => String::from_utf8(out).map_err(|e| e.to_string()),
        code => Err(format!("gatekeeper {of}: exit code {code}: {}", String::from_utf8_lossy(&err))),
    }
}

/// What `gatekeeper check --root DIR` prints in the repository's root. Not by way of the command line: on a CI machine that would
/// write the job's annotations and summary too.
fn example(root: &Path, arguments: &str) -> Result<String, String> {
    let Some(project) = arguments.strip_prefix("check --root ") else {
        return Err(format!("README.md: its example is `check --root DIR`, not `{arguments}`"));
    };
    std::env::set_current_dir(root).map_err(|e| format!("{}: {e}", root.display()))?;
    let request = Request {
        root: Some(PathBuf::from(project.trim())),
        now: Some("2026-01-01T00:00:00Z".to_owned()),
        ..Request::default()
    };
    front::check_rendered(&gatekeeper_cli::Engine::default(), &request, &["human".to_owned()])
        .map(|texts| texts.concat())
        .map_err(|e| e.to_string())
}

/// The arguments of the command that stands after `<!-- command: NAME -->`: what follows `gatekeeper` or `cargo run … --`.
fn command<'a>(page: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = page.split_once(&format!("<!-- command: {name} -->"))?;
    let line = rest.lines().find_map(|l| l.strip_prefix("$ "))?;
    line.split_once(" -- ").map(|(_, a)| a).or_else(|| line.strip_prefix("gatekeeper "))
}

/// The files that a page shows whole: those named in `<!-- file: PATH -->`.
fn shown_files(page: &str) -> Vec<String> {
    let named = page.split("<!-- file: ").skip(1).filter_map(|rest| rest.split_once(" -->"));
    named.map(|(file, _)| file.to_owned()).collect()
}

/// A page with the part between its markers replaced; `None` where it has no such marker.
fn replace(page: &str, marker: &str, text: &str) -> Result<Option<String>, String> {
    let Some((before, rest)) = page.split_once(marker) else { return Ok(None) };
    let Some((_, after)) = rest.split_once(END) else { return Err(format!("README.md: no `{END}` after `{marker}`")) };
    Ok(Some(format!("{before}{marker}\n{}\n{END}{after}", text.trim_end())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_markers_is_replaced() {
        let page = "a\n<!-- generated: rules -->\nold\n<!-- end -->\nb\n<!-- generated: formats -->\nx\n<!-- end -->\n";
        let new = replace(page, "<!-- generated: rules -->", "| new |\n").unwrap().unwrap();
        assert_eq!(
            new,
            "a\n<!-- generated: rules -->\n| new |\n<!-- end -->\nb\n<!-- generated: formats -->\nx\n<!-- end -->\n"
        );
        assert_eq!(replace("no marker", "<!-- generated: rules -->", "x").unwrap(), None);
        assert!(replace("<!-- x --> never closed", "<!-- x -->", "x").is_err());
    }

    #[test]
    fn the_files_that_a_page_shows_are_found() {
        assert_eq!(shown_files("<!-- file: a.rs -->\nx\n<!-- end -->\n<!-- file: b.rs -->"), ["a.rs", "b.rs"]);
        assert!(shown_files("<!-- command: check -->").is_empty());
    }

    #[test]
    fn the_command_is_what_follows_the_program() {
        let page = "<!-- command: check -->\n```console\n$ cargo run -q -p gatekeeper-cli -- check --root x\n```\n";
        assert_eq!(command(page, "check"), Some("check --root x"));
        assert_eq!(
            command(&page.replace("cargo run -q -p gatekeeper-cli --", "gatekeeper"), "check"),
            Some("check --root x")
        );
        assert_eq!(command("", "check"), None);
    }

    #[test]
    fn drift_is_found_and_mended_and_missing_markers_are_told() {
        let root = std::env::temp_dir().join(format!("gatekeeper-xtask-{}", std::process::id()));
        for folder in ["gatekeeper-py/python/gatekeeper", "gatekeeper-node"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        fs::write(root.join("README.md"), "# x\n<!-- generated: rules -->\n<!-- end -->\n").unwrap();
        assert!(codegen(&root, true).unwrap().1, "everything is missing");
        let (told, _) = codegen(&root, false).unwrap();
        assert!(told.iter().any(|t| t.contains("generated: formats")), "{told:?}");
        assert!(!codegen(&root, true).unwrap().1, "just written");
        let page = fs::read_to_string(root.join("README.md")).unwrap();
        assert!(page.contains("| `coverage` |"), "{page}");
        fs::write(root.join("README.md"), page.replace("`coverage`", "`cover`")).unwrap();
        assert!(codegen(&root, true).unwrap().1, "changed by hand");
        fs::remove_dir_all(&root).unwrap();
    }
}
