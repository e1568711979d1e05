//! Every mistake that a policy can have: `mistakes/cases.txt` has one policy for each, and `mistakes/expected.txt` what is said of it (`UPDATE=1`
//! writes it anew). Each is told once, with line, column and caret. What the readers can say is looked up in their source, so that a new mistake
//! without a case fails here.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

use gatekeeper_core::{Engine, PolicyError};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

struct Case {
    name: String,
    file: &'static str,
    profile: Option<String>,
    bytes: Vec<u8>,
}

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mistakes")
}

/// The cases: a heading each, with words about how it is to be read. `version = 1` and a gate are added where they are not the point.
fn cases() -> Vec<Case> {
    let text = fs::read_to_string(here().join("cases.txt")).unwrap().replace("\r\n", "\n");
    let mut out = Vec::new();
    for part in text.split("=== ").filter(|p| !p.is_empty()) {
        let (heading, body) = part.split_once('\n').unwrap();
        let mut name = Vec::new();
        let (mut file, mut profile, mut raw, mut latin) = ("p.toml", None, false, false);
        for word in heading.split(' ') {
            match word {
                ".json" => file = "p.json",
                ".yaml" => file = "p.yaml",
                "raw" => raw = true,
                "latin1" => latin = true,
                _ if word.starts_with("profile=") => profile = word.strip_prefix("profile=").map(str::to_owned),
                _ => name.push(word),
            }
        }
        let mut policy = body.to_owned();
        if file == "p.toml" && !raw {
            policy = format!("version = 1\n{policy}");
            if !policy.contains("[gates") && !policy.contains("\ngates") {
                policy.push_str("[gates.unit]\nrule = \"tests\"\n");
            }
        }
        let bytes = if latin {
            policy.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()
        } else {
            policy.into_bytes()
        };
        out.push(Case { name: name.join(" "), file, profile, bytes });
    }
    assert!(out.len() > 200, "{}", out.len());
    out
}

fn error_of(case: &Case) -> Option<PolicyError> {
    Engine::default().parse_policy(case.file, &case.bytes, case.profile.as_deref()).err()
}

#[test]
fn every_mistake_is_told_once_with_its_place() {
    let mut wrong = Vec::new();
    let mut said = String::new();
    for case in cases() {
        let Some(e) = error_of(&case) else {
            wrong.push(format!("{}: this policy has no mistake", case.name));
            continue;
        };
        if e.problems.len() != 1 {
            wrong.push(format!("{}: {} messages: {e}", case.name, e.problems.len()));
        }
        let rendered = e.rendered(false);
        let (line, column) = e.line_column(e.problems[0].span.start);
        if !e.text.is_empty() && (!rendered.contains('^') || !rendered.contains(&format!("{line}:{column}"))) {
            wrong.push(format!("{}: no caret or place: {rendered}", case.name));
        }
        let _ = writeln!(said, "=== {}\n{}\n{}", case.name, e.problems[0].code.as_str(), rendered.trim_end());
    }
    let expected = here().join("expected.txt");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&expected, &said).unwrap();
    }
    let known = fs::read_to_string(&expected).unwrap_or_default().replace("\r\n", "\n");
    let (known, now): (Vec<&str>, Vec<&str>) = (known.split("=== ").collect(), said.split("=== ").collect());
    wrong.extend(now.iter().filter(|n| !known.contains(n)).map(|n| format!("is now: {n}")));
    wrong.extend(known.iter().filter(|k| !now.contains(k)).map(|k| format!("was: {k}")));
    assert!(wrong.is_empty(), "{}\n(UPDATE=1 writes them anew)", wrong.join("\n"));
}

/// What no text of a single policy can bring about.
const ELSEWHERE: &[&str] = &[
    // Folders and files: tests/engine.rs, policy/find.rs.
    "bears a policy's name and is no file that can be read",
    "there are {} policies in one place ({}): keep one, or name one with --config",
    // Several files: policy/extends/tests.rs.
    "{name} extends itself, by way of {over}: a policy cannot stand on itself",
    "a policy is made of at most {MOST_FILES} files, and {name} would be one more",
    // Thousands of entries: the readers' own tests.
    "`require` demands more than {MOST} cells",
    "a policy has at most {MOST} components, and this one has {}",
    "a policy has at most {MOST_PROFILES} profiles, and this one has {}",
    "{} (and {more} more mistakes behind this one)",
    "`{key}` lists {} patterns, and may list {MOST}: use wildcards",
    // What the reader of YAML says, which is told in other words.
    "duplicate mapping key: ",
    " rejected by the configured policy",
    // Built here and not read: rules from outside ask for values of any form.
    "a number that JSON can hold",
    "text, a number, true or false, a list or a table",
    "a number out of range",
    // Long and costly expressions: rule/expression/tests.rs.
    "`expr` takes {steps} steps where lists have {USUAL} elements, and may take {STEPS_AT_LOAD}: nest fewer lists",
    "an expression of {} bytes is longer than the {LONGEST} that one may have",
    "`message` takes too many steps",
    // A list that is applied is refused where it is read.
    "`gates` of a profile lists names of gates",
    // Words that messages are made of.
    "case that ran",
    "cases that ran",
    "measured source file",
    "measured source files",
    "evidence of a run",
    // Against today's date, which only a run has.
    "this waiver is to hold for {days} days, and [waivers-policy] allows {most}",
];

/// The text literals of the readers that are messages, each with where it stands.
fn messages() -> Vec<(String, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    let mut open: Vec<PathBuf> = ["policy", "config", "rule"].iter().map(|d| src.join(d)).collect();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    let mut out: Vec<(String, String)> = Vec::new();
    for path in files {
        let name = path.strip_prefix(&src).unwrap().to_string_lossy().replace('\\', "/");
        // Rego's are told of folders beside the policy, which no single text has: its own tests have them.
        let skipped = [
            "policy/rego.rs",
            "policy/default.rs",
            "policy/keys/table.rs",
            "policy/keys.rs",
            "config/stricter.rs",
            "config/loosened.rs",
        ];
        let tests = name.ends_with("/unit.rs")
            || name.ends_with("/testing.rs")
            || (name.ends_with("/tests.rs") && name != "rule/tests.rs");
        if tests || name.starts_with("rule/rego") || skipped.contains(&name.as_str()) {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let lines: Vec<&str> = code.lines().collect();
        // Rules also say what they judge: of theirs only what stands where a problem is made.
        let problem = |l: &str| ["PolicyProblem::new(", ".problem(", ".problem_of("].iter().any(|p| l.contains(p));
        let near = |n: usize| {
            !name.starts_with("rule/")
                || lines[n.saturating_sub(4)..(n + 4).min(lines.len())].iter().any(|l| problem(l))
        };
        for (n, literal) in literals(code) {
            if near(n) && literal.split_whitespace().count() >= 3 && !literal.starts_with('\n') {
                out.push((name.clone(), literal));
            }
        }
    }
    assert!(out.len() > 150, "{}", out.len());
    out
}

/// The text literals of code, with the line that each begins on, from 0. Comments have none.
fn literals(code: &str) -> Vec<(usize, String)> {
    let mut out = Vec::new();
    let mut inside: Option<(usize, String)> = None;
    for (n, line) in code.lines().enumerate() {
        if inside.is_none() && line.trim_start().starts_with("//") {
            continue;
        }
        let mut chars = line.char_indices();
        while let Some((at, c)) = chars.next() {
            match (&mut inside, c) {
                (None, '"') => inside = Some((n, String::new())),
                (None, '\'') if line[at..].starts_with("'\"'") => {
                    chars.next();
                    chars.next();
                }
                (None, _) => {}
                (Some((_, text)), '\\') => match chars.next() {
                    Some((_, 'n')) => text.push('\n'),
                    Some((_, c)) => text.push(c),
                    None => {}
                },
                (Some(_), '"') => out.extend(inside.take()),
                (Some((_, text)), c) => text.push(c),
            }
        }
        if let Some((_, text)) = &mut inside {
            text.push(' ');
        }
    }
    out
}

/// The parts of a message that stand between what is filled in.
fn fragments(literal: &str) -> Vec<String> {
    let text = literal.replace("{{", "\u{1}").replace("}}", "\u{2}");
    let mut out = Vec::new();
    for (n, part) in text.split('{').enumerate() {
        let fixed = if n == 0 { part } else { part.split_once('}').map_or(part, |(_, rest)| rest) };
        out.push(fixed.replace('\u{1}', "{").replace('\u{2}', "}"));
    }
    out.retain(|f| f.trim().len() > 2);
    out
}

#[test]
fn every_message_of_the_readers_has_a_case() {
    let said: Vec<String> = cases().iter().filter_map(error_of).map(|e| e.to_string()).collect();
    let mut untold = Vec::new();
    for (file, literal) in messages() {
        if ELSEWHERE.contains(&literal.as_str()) {
            continue;
        }
        let parts = fragments(&literal);
        let told = |text: &String| {
            let mut rest = text.as_str();
            parts.iter().all(|p| match rest.find(p.as_str()) {
                Some(at) => {
                    rest = &rest[at + p.len()..];
                    true
                }
                None => false,
            })
        };
        if !parts.is_empty() && !said.iter().any(told) {
            untold.push(format!("{file}: {literal}"));
        }
    }
    assert!(untold.is_empty(), "no case of mistakes/cases.txt is told these:\n{}", untold.join("\n"));
}

#[test]
fn every_kind_of_mistake_has_a_case() {
    let source = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/config/problem.rs")).unwrap();
    let codes: Vec<&str> = source
        .lines()
        .filter_map(|l| l.trim().strip_prefix("ProblemCode::")?.split_once(" => \"")?.1.strip_suffix("\","))
        .collect();
    assert!(codes.len() >= 16, "{codes:?}");
    let seen: Vec<&str> = cases().iter().filter_map(error_of).map(|e| e.problems[0].code.as_str()).collect();
    // These are of files and folders.
    let elsewhere = ["ambiguous"];
    let untold: Vec<&&str> = codes.iter().filter(|c| !seen.contains(c) && !elsewhere.contains(c)).collect();
    assert!(untold.is_empty(), "no case of {untold:?}");
}
