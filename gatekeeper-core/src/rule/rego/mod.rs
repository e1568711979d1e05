//! The rule `rego`: rules in the language of Open Policy Agent, the way Conftest reads them (<https://www.conftest.dev>).
//!
//! The language is there with the cargo feature `rego`, which the released programs have. Without it a policy that has such a gate is refused.

#[cfg(feature = "rego")]
mod bound;
#[cfg(feature = "rego")]
mod read;
#[cfg(feature = "rego")]
mod refer;
#[cfg(feature = "rego")]
mod run;
#[cfg(feature = "rego")]
mod stand;
#[cfg(all(test, feature = "rego"))]
mod tests;
#[cfg(feature = "rego")]
mod words;

use super::api::{Builder, Judge, Rule};
use crate::config::{PolicyProblem, ProblemCode, Span, Table, Value};
use gatekeeper_evidence::Kind;
use std::borrow::Cow;

pub(super) static RULE: Rule = Rule {
    id: Cow::Borrowed("rego"),
    title: Cow::Borrowed("rules in Rego, the language of Open Policy Agent, the way Conftest reads them"),
    kind: Kind::Tests,
    docs: Cow::Borrowed(
        "\
## What it requires
That no `deny` or `violation` of the Rego files yields anything. What a `warn` yields is a warning. Names may go on behind an underscore (`deny_no_tests`), as in Conftest; each yields a set of texts, or of objects with `msg`.

`input` is the document that the rule `expression` speaks of: `input.tests.counts.failed`, `input.coverage.lines.covered`, `input.findings.items`, … (`gatekeeper rules expression`). `[policies] rego = \"policy/\"` at the top of a policy makes a gate `rego` with these keys.

## Why
A folder of rules for Conftest runs as it is. What Rego lets through by itself does not pass here: a misspelt `input.covrage` is undefined, so nothing is denied; here every reference to `input` is held against the document when the policy is read. A figure that the evidence does not have is an `error`, not silence (`object.get` asks for what may be absent), and so are a function that fails, a package without rules, and rules that are all undefined.

## Configuration
| key | meaning | default |
|---|---|---|
| `rego` | folders and files with Rego, relative to the policy | required |
| `data` | folders and files with JSON or YAML: `data` of the rules; the names of folders are part of the path, those of files are not | none |
| `namespaces` | the packages whose rules are asked | `[\"main\"]` |
| `all-namespaces` | `true`: every package that has such rules | false |
| `modules` | Rego by a name, in place of `rego`: for programs that embed the engine | none |
| `documents` | data as a table, in place of `data` | none |

The language is Rego version 1; a file that is not is read as version 0. An `exception` of a package excuses rules by name as in Conftest: it is noted. An object's `id` and `path` are what waivers can name, besides the rule (`main.deny_x`).
There is no network, no file and no chance: `http.send`, `opa.runtime` and `rand.intn` are refused when the policy is read, and so are `numbers.range`, `numbers.range_step` and `bits.lsh`, which build without bound in one step; `time.now_ns` is the run's clock. Evaluation ends after a second, or where it has taken 512 MiB of memory: the gate is then an `error`. What was begun may take more until the program ends, so Rego is for policies whose authors you trust (`--policy-ref` reads them from the base of a change).

## Example
```toml
[gates.house-rules]
rule = \"rego\"
rego = \"policy/\"
data = \"policy/data/\"
namespaces = [\"main\", \"release\"]
```

## When evidence is missing
A kind of evidence that the rules name and that is not there: `missing`. A figure that is not there, an evaluation that fails or does not end: `error`.
",
    ),
    build: Builder::Any(build),
};

/// A Rego file: its name, its text and where that begins among the policy's texts.
#[derive(Debug, Clone)]
#[cfg_attr(not(feature = "rego"), allow(dead_code, reason = "without the language nobody reads it"))]
struct Module {
    name: String,
    text: String,
    /// Where it stands in the policy's files; a text within a policy has escapes, so only its whole place is known.
    span: Span,
}

/// What a gate says.
#[derive(Debug)]
#[cfg_attr(not(feature = "rego"), allow(dead_code, reason = "without the language nobody reads it"))]
struct Keys {
    modules: Vec<Module>,
    /// The data, JSON.
    data: Option<String>,
    /// The packages that are asked, each with where it is named; `None` for all.
    namespaces: Option<Vec<(String, Span)>>,
    /// The gate.
    span: Span,
}

fn build(t: &mut Table<'_>) -> Option<Box<dyn Judge>> {
    let span = t.span();
    // The files that these name were read with the policy.
    let named = t.texts("rego");
    let rego = t.peek("rego").map(|n| n.span.clone());
    t.texts("data");
    let mut modules: Vec<Module> = Vec::new();
    for entry in t.named("modules") {
        match &entry.node.value {
            Value::Text(text) => {
                modules.push(Module { name: entry.key.clone(), text: text.clone(), span: entry.node.span.clone() });
            }
            _ => t.problem_of(ProblemCode::WrongType, entry.node.span.clone(), "Rego is a text"),
        }
    }
    let data = t.plain_table("documents").map(|data| data.to_string());
    let all = t.flag("all-namespaces").unwrap_or(false);
    let names = t.texts("namespaces");
    if modules.is_empty() {
        let problem = match (&named, rego) {
            (Some(_), Some(rego)) => PolicyProblem::new(rego, "`rego` names no file"),
            _ if t.peek("rego").is_some() => return None,
            _ => PolicyProblem::new(span.clone(), "this gate has no `rego`").code(ProblemCode::MissingKey),
        };
        t.problems().add(problem.help("write rego = \"policy/\", the folder of the Rego files"));
        return None;
    }
    let namespaces = match (all, names) {
        (true, Some(names)) if !names.is_empty() => {
            t.problem(span, "`namespaces` names some packages, and `all-namespaces` takes all: keep one of the two");
            return None;
        }
        (true, _) => None,
        (false, Some(names)) => Some(names),
        (false, None) => Some(vec![("main".to_owned(), span.clone())]),
    };
    judge(t, Keys { modules, data, namespaces, span })
}

#[cfg(feature = "rego")]
fn judge(t: &Table<'_>, keys: Keys) -> Option<Box<dyn Judge>> {
    read::read(t, keys)
}

#[cfg(not(feature = "rego"))]
fn judge(t: &Table<'_>, keys: Keys) -> Option<Box<dyn Judge>> {
    let words =
        "this build of gatekeeper has no Rego: the released programs have it, or build with the cargo feature `rego`";
    t.problem(keys.span, words);
    None
}
