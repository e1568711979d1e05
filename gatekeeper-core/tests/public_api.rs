//! What the crate offers, held against a checked-in list, so that it cannot grow unnoticed: every public item that can be named from
//! the root. `UPDATE=1 cargo test --test public_api` writes the list anew.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

mod arrows;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The public items of one module: `kind name`, and what a `pub use` brings in.
fn items(code: &str) -> Vec<(String, String)> {
    let tokens: Vec<String> = arrows::tokens(code).into_iter().map(|(_, t)| t).collect();
    let word = |at: usize| tokens.get(at).map_or("", String::as_str);
    let mut out = Vec::new();
    let mut depth = 0_usize;
    let mut at = 0;
    while at < tokens.len() {
        match word(at) {
            "{" => depth += 1,
            "}" => depth = depth.saturating_sub(1),
            "pub" if depth == 0 && word(at + 1) != "(" => {
                let mut next = at + 1;
                // `const fn`, `unsafe fn` and `async fn` are functions.
                while matches!(word(next), "const" | "unsafe" | "async") && word(next + 1) == "fn" {
                    next += 1;
                }
                if word(next) == "use" {
                    let end = next + tokens[next..].iter().position(|t| t == ";").unwrap();
                    out.extend(names(&tokens[next + 1..end]).into_iter().map(|n| ("use".to_owned(), n)));
                    at = end;
                } else {
                    out.push((word(next).to_owned(), word(next + 1).to_owned()));
                    at = next;
                }
            }
            _ => {}
        }
        at += 1;
    }
    out
}

/// The names that a `use` tree brings in.
fn names(tree: &[String]) -> Vec<String> {
    let mut out = Vec::new();
    let mut open: Vec<String> = Vec::new();
    let mut last = String::new();
    for (n, token) in tree.iter().enumerate() {
        match token.as_str() {
            "{" => open.push(std::mem::take(&mut last)),
            "}" | "," => {
                if !last.is_empty() {
                    out.push(std::mem::take(&mut last));
                }
                if token == "}" {
                    open.pop();
                }
            }
            "::" | "as" => {}
            // `a::{self}` brings in `a`; in `a::b::{c}`, what is before the brace is `b`.
            "self" if n > 0 => last = open.last().cloned().unwrap_or_default(),
            word => word.clone_into(&mut last),
        }
    }
    if !last.is_empty() {
        out.push(last);
    }
    out
}

fn of_module(folder: &Path, file: &Path, path: &str, out: &mut BTreeSet<String>) {
    for (kind, name) in items(&std::fs::read_to_string(file).unwrap()) {
        out.insert(format!("{kind} {path}::{name}"));
        if kind == "mod" {
            let inner = folder.join(&name);
            let beside = folder.join(format!("{name}.rs"));
            let file = if beside.is_file() { beside } else { inner.join("mod.rs") };
            of_module(&inner, &file, &format!("{path}::{name}"), out);
        }
    }
}

#[test]
fn the_public_items_are_as_listed() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut got = BTreeSet::new();
    of_module(&root.join("src"), &root.join("src/lib.rs"), "gatekeeper_core", &mut got);
    let list = root.join("tests/public-api.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&list, got.iter().map(|l| format!("{l}\n")).collect::<String>()).unwrap();
    }
    let text = std::fs::read_to_string(&list).unwrap();
    let want: BTreeSet<String> = text.lines().map(str::to_owned).collect();
    let more: Vec<&String> = got.difference(&want).collect();
    let less: Vec<&String> = want.difference(&got).collect();
    assert!(more.is_empty() && less.is_empty(), "new: {more:#?}\ngone: {less:#?}\n(UPDATE=1 writes the list anew)");
}

#[test]
fn items_are_found_however_they_are_written() {
    let code = r#"
        pub use a::b::{self, c, d as e, f::{g, h}};
        pub use x::*;
        pub(crate) use hidden::Item;
        pub const fn made() {}
        pub const N: u8 = 1;
        pub struct S { pub field: u8 }
        impl S { pub fn method() {} }
        mod private { pub fn inner() {} }
        // pub fn in_a_comment() {}
    "#;
    let got: Vec<String> = items(code).into_iter().map(|(k, n)| format!("{k} {n}")).collect();
    assert_eq!(got, ["use b", "use c", "use e", "use g", "use h", "use *", "fn made", "const N", "struct S"]);
}
