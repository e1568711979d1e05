//! Repositories of many kinds as the tests' folder `shapes` draws them: `init` writes a policy for what lies there, `check` judges by it, green and
//! broken in each way that the drawing names. A new repository is a new file.
//!
//! A drawing begins with `# what it is` and has, line by line:
//!
//! - `=== PATH` and the file's text, or `=== PATH < FIXTURE` for one of the fixtures;
//! - `!!! STATUS: what happened`, and what it does to the green tree: a file's new text as above, `cut PATH` (its first half), `empty PATH`,
//!   `gone PATH`, or `in PATH` with pairs of lines `- old` and `+ new`.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

use gatekeeper_cli::{Terminal, run};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

type Tree = BTreeMap<String, Vec<u8>>;

struct Variant {
    status: String,
    what: String,
    tree: Tree,
}

struct Shape {
    green: Tree,
    variants: Vec<Variant>,
}

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn read(text: &str) -> Shape {
    let mut shape = Shape { green: Tree::new(), variants: Vec::new() };
    let (mut file, mut old) = (None::<String>, None::<String>);
    for line in text.lines().skip(1) {
        if let Some(head) = line.strip_prefix("!!! ") {
            let (status, what) = head.split_once(": ").unwrap();
            let tree = shape.green.clone();
            shape.variants.push(Variant { status: status.to_owned(), what: what.to_owned(), tree });
            file = None;
            continue;
        }
        let tree = shape.variants.last_mut().map_or(&mut shape.green, |v| &mut v.tree);
        if let Some(head) = line.strip_prefix("=== ") {
            let (path, from) = head.split_once(" < ").map_or((head, None), |(path, from)| (path, Some(from)));
            let bytes = from.map(|from| fs::read(here().join("../fixtures").join(from)).unwrap()).unwrap_or_default();
            tree.insert(path.to_owned(), bytes);
            file = from.is_none().then(|| path.to_owned());
        } else if let Some(path) = &file {
            let text = tree.get_mut(path).unwrap();
            text.extend(line.bytes().chain([b'\n']));
        } else {
            let (word, rest) = line.split_once(' ').unwrap();
            let unescaped = || rest.replace("\\n", "\n").replace("\\\\", "\\");
            match word {
                "cut" => {
                    let text = tree.get_mut(rest).unwrap();
                    text.truncate(text.len() / 2);
                }
                "empty" => tree.get_mut(rest).unwrap().clear(),
                "gone" => drop(tree.remove(rest).unwrap()),
                "in" => old = Some(rest.to_owned()),
                // Which file is kept before the pair; the pair itself behind a NUL.
                "-" => old = old.map(|path| format!("{}\0{}", path.split('\0').next().unwrap(), unescaped())),
                "+" => {
                    let (path, from) = old.as_ref().unwrap().split_once('\0').unwrap();
                    let text = String::from_utf8(tree[path].clone()).unwrap();
                    assert_eq!(text.matches(from).count(), 1, "{path}: {from}");
                    tree.insert(path.to_owned(), text.replace(from, &unescaped()).into_bytes());
                }
                other => panic!("{other}: {line}"),
            }
        }
    }
    shape
}

fn lay(root: &Path, tree: &Tree) {
    let _ = fs::remove_dir_all(root);
    for (path, bytes) in tree {
        let file = root.join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, bytes).unwrap();
    }
}

/// What a command says, and its exit code.
fn gatekeeper(command: &str, root: &Path, more: &[&str]) -> (String, u8) {
    let mut said = Vec::new();
    let mut arguments = vec!["gatekeeper", command, "--now", "2026-11-25T00:00:00Z", "--root", root.to_str().unwrap()];
    arguments.extend(more);
    let mut err = Vec::new();
    let code = run(arguments, Terminal::PLAIN, &mut said, &mut err);
    (String::from_utf8([said, err].concat()).unwrap(), code)
}

fn check(root: &Path) -> (String, String) {
    let (said, _) = gatekeeper("check", root, &[]);
    let first = said.split([' ', '\n']).next().unwrap_or_default().to_lowercase();
    (first, said)
}

#[test]
fn init_and_check_tell_the_truth_about_twenty_repositories() {
    let mut drawings: Vec<PathBuf> =
        fs::read_dir(here().join("tests/shapes")).unwrap().map(|e| e.unwrap().path()).collect();
    drawings.sort();
    assert!(drawings.len() >= 20);
    let root = std::env::temp_dir().join(format!("gatekeeper-shapes-{}", std::process::id()));
    let (mut wrong, mut count) = (Vec::new(), 0);
    let only = std::env::var("SHAPE").unwrap_or_default();
    for drawing in drawings {
        let name = drawing.file_stem().unwrap().to_string_lossy().into_owned();
        if !only.is_empty() && name != only {
            continue;
        }
        let shape = read(&fs::read_to_string(&drawing).unwrap());
        lay(&root, &shape.green);
        let (written, code) = gatekeeper("init", &root, &[]);
        let policy = fs::read(root.join("gatekeeper.toml"));
        let Ok(policy) = policy else {
            wrong.push(format!("{name}: init: {code}: {written}"));
            continue;
        };
        let (status, said) = check(&root);
        if !["pass", "warn"].contains(&status.as_str()) {
            wrong.push(format!("{name}, green: {status}\n{said}\n{}", String::from_utf8_lossy(&policy)));
        }
        if !only.is_empty() {
            eprintln!("{written}\n{}\n{said}", String::from_utf8_lossy(&policy));
        }
        if said.contains("used by no gate") && name != "data-science" {
            wrong.push(format!("{name}, green: a report is judged by no gate\n{said}"));
        }
        assert!(shape.variants.len() >= 3, "{name}");
        for v in &shape.variants {
            count += 1;
            assert!(v.tree != shape.green, "{name}: {}", v.what);
            let mut tree = v.tree.clone();
            tree.insert("gatekeeper.toml".to_owned(), policy.clone());
            lay(&root, &tree);
            let (status, said) = check(&root);
            if status != v.status {
                wrong.push(format!(
                    "{name}, {}: {status}, not {}\n{said}\n{}",
                    v.what,
                    v.status,
                    String::from_utf8_lossy(&policy)
                ));
            }
        }
    }
    let _ = fs::remove_dir_all(&root);
    assert!(wrong.is_empty(), "{} of {count} are wrong:\n\n{}", wrong.len(), wrong.join("\n\n"));
    assert!(count > 60 || !only.is_empty(), "{count}");
}
