//! Reconciles the file names of a report with the files of the working tree. Pure: the files are given, nothing is looked up.
//!
//! Reports name files absolutely (on the machine that ran the tests), relative to a source root, by package, by module, or as compiled
//! files. In the order of trust:
//! 1. the policy's own rules: a `strip` prefix taken off, the `prefix` put before;
//! 2. a root that the report states (Cobertura's `<source>`), joined with a relative name;
//! 3. the name as it stands, then with `\` as `/`, without a drive, `.` and `..` resolved;
//! 4. the longest suffix: a file of the tree that the name ends in whole (an absolute name), or the only one that ends in the name
//!    (a name relative to a source root or package). A common last component alone never matches.
//! 5. an Erlang module's name, or its compiled file: the only `src/**/<module>.erl`.
//!
//! What fits nothing is unmatched; what fits several files alike is ambiguous, with its candidates. Neither is guessed.

use crate::config::PathRules;
use gatekeeper_evidence::Ratio;
use gatekeeper_evidence::coverage::Coverage;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The files of the working tree, by their paths from its root, `/`-separated.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    files: BTreeSet<String>,
    by_name: HashMap<String, Vec<String>>,
}

/// What became of a report's file names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reconciled {
    /// By the report's name: the file of the tree.
    pub matched: BTreeMap<String, String>,
    /// Names that fit no file.
    pub unmatched: Vec<String>,
    /// Names that fit several files alike, with those.
    pub ambiguous: BTreeMap<String, Vec<String>>,
}

impl Tree {
    /// A tree of these files.
    pub fn new<I, T>(files: I) -> Self
    where
        I: IntoIterator<Item = T>,
        T: Into<String>,
    {
        let mut tree = Tree::default();
        for file in files {
            let file: String = file.into();
            if tree.files.contains(&file) {
                continue;
            }
            tree.by_name.entry(last(&file).to_owned()).or_default().push(file.clone());
            tree.files.insert(file);
        }
        for list in tree.by_name.values_mut() {
            list.sort();
        }
        tree
    }

    /// Whether the tree has this file.
    pub fn has(&self, path: &str) -> bool {
        self.files.contains(path)
    }

    /// Its files, in path order.
    pub(crate) fn files(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(String::as_str)
    }

    /// Whether a file with this extension (without the dot) is in it.
    pub fn has_extension(&self, extension: &str) -> bool {
        self.by_name.keys().any(|n| n.rsplit_once('.').is_some_and(|(_, e)| e == extension))
    }

    fn named(&self, name: &str) -> &[String] {
        self.by_name.get(name).map(Vec::as_slice).unwrap_or_default()
    }
}

impl Reconciled {
    /// The share of names that were matched.
    pub fn share(&self) -> Ratio {
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        let total = self.matched.len().saturating_add(self.unmatched.len()).saturating_add(self.ambiguous.len());
        Ratio::new(count(self.matched.len()), count(total))
    }

    /// The coverage under the tree's own names; names of one file are united, what was not matched keeps its name.
    #[must_use]
    pub fn rename(&self, mut coverage: Coverage) -> Coverage {
        for (name, file) in std::mem::take(&mut coverage.files) {
            match self.matched.get(name.as_ref()) {
                Some(path) => coverage.add(path.as_str(), file),
                None => coverage.add(name, file),
            }
        }
        coverage
    }
}

/// What one name came to.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Found {
    One(String),
    /// A file at the tree's root that an absolute name ends in: true only if other names have the same folder in front.
    AtRoot {
        file: String,
        front: String,
    },
    Several(Vec<String>),
    None,
}

/// Reconciles names with a tree. `roots` are those that the report states.
pub fn reconcile<'a>(
    names: impl IntoIterator<Item = &'a str>,
    roots: &[String],
    tree: &Tree,
    rules: &PathRules,
) -> Reconciled {
    let names: BTreeSet<&str> = names.into_iter().collect();
    let mut fronts: HashMap<String, usize> = HashMap::new();
    let mut found = Vec::with_capacity(names.len());
    for name in &names {
        let one = find(name, roots, tree, rules);
        match &one {
            Found::One(file) => {
                if let Some(front) = clean(name).strip_suffix(file.as_str()) {
                    *fronts.entry(front.to_owned()).or_default() += 1;
                }
            }
            Found::AtRoot { front, .. } => *fronts.entry(front.clone()).or_default() += 1,
            _ => {}
        }
        found.push((*name, one));
    }
    let mut out = Reconciled::default();
    for (name, one) in found {
        match one {
            Found::One(file) => {
                out.matched.insert(name.to_owned(), file);
            }
            Found::AtRoot { file, front } if names.len() == 1 || fronts.get(&front).is_some_and(|n| *n > 1) => {
                out.matched.insert(name.to_owned(), file);
            }
            Found::AtRoot { .. } | Found::None => out.unmatched.push(name.to_owned()),
            Found::Several(files) => {
                out.ambiguous.insert(name.to_owned(), files);
            }
        }
    }
    out
}

fn find(name: &str, roots: &[String], tree: &Tree, rules: &PathRules) -> Found {
    let ruled = apply(name, rules);
    if let Some(path) = &ruled
        && tree.has(path)
    {
        return Found::One(path.clone());
    }
    let cleaned = ruled.unwrap_or_else(|| clean(name));
    if !is_absolute(&cleaned) && !cleaned.is_empty() {
        match under_roots(&cleaned, roots, tree) {
            Found::None => {}
            known => return known,
        }
    }
    if tree.has(name) {
        return Found::One(name.to_owned());
    }
    if tree.has(&cleaned) {
        return Found::One(cleaned);
    }
    match suffix(&cleaned, tree) {
        Found::None => module(&cleaned, tree),
        known => known,
    }
}

/// The rules on a name; `None` where none speaks of it.
fn apply(name: &str, rules: &PathRules) -> Option<String> {
    let cleaned = clean(name);
    let rests = rules.strip.iter().filter_map(|strip| {
        let strip = clean(strip);
        let folder = strip.trim_end_matches('/');
        cleaned.strip_prefix(folder).filter(|rest| folder.is_empty() || rest.starts_with('/'))
    });
    // The longest prefix leaves the shortest rest.
    let stripped = rests.min_by_key(|rest| rest.len()).map(|rest| rest.trim_start_matches('/'));
    let rest = stripped.unwrap_or(&cleaned);
    match &rules.prefix {
        Some(prefix) if !is_absolute(rest) => Some(clean(&format!("{}/{rest}", prefix.trim_end_matches('/')))),
        _ => stripped.map(str::to_owned),
    }
}

/// A relative name under the roots that the report states.
fn under_roots(name: &str, roots: &[String], tree: &Tree) -> Found {
    let mut files = BTreeSet::new();
    for root in roots {
        let joined = clean(&format!("{}/{name}", clean(root).trim_end_matches('/')));
        if tree.has(&joined) {
            files.insert(joined);
        } else if let Found::One(file) = whole_file(&joined, tree) {
            // Only what says more than the name alone: part of the root itself.
            if file.len() > name.len() {
                files.insert(file);
            }
        }
    }
    let mut files: Vec<String> = files.into_iter().collect();
    match files.len() {
        0 => Found::None,
        1 => files.pop().map_or(Found::None, Found::One),
        _ => Found::Several(files),
    }
}

/// The longest file of the tree that the name ends in.
fn whole_file(name: &str, tree: &Tree) -> Found {
    let fits = |file: &&String| name.strip_suffix(file.as_str()).is_some_and(|front| front.ends_with('/'));
    let Some(file) = tree.named(last(name)).iter().filter(fits).max_by_key(|f| f.len()) else { return Found::None };
    if file.contains('/') {
        return Found::One(file.clone());
    }
    let front = name.strip_suffix(file.as_str()).unwrap_or_default().to_owned();
    Found::AtRoot { file: file.clone(), front }
}

fn suffix(name: &str, tree: &Tree) -> Found {
    let whole = whole_file(name, tree);
    if matches!(whole, Found::One(_)) {
        return whole;
    }
    let fits = |file: &&String| file.strip_suffix(name).is_some_and(|front| front.ends_with('/'));
    match one_of(tree.named(last(name)).iter().filter(fits)) {
        Found::None => whole,
        known => known,
    }
}

/// The source of an Erlang module, by the module's name or its compiled file.
fn module(name: &str, tree: &Tree) -> Found {
    let module = last(name).strip_suffix(".beam").unwrap_or(name);
    let all = tree.named(&format!("{module}.erl"));
    match one_of(all.iter().filter(|f| f.split('/').any(|part| part == "src"))) {
        Found::None => one_of(all.iter()),
        known => known,
    }
}

/// The only one. Copies under `_build` count only where there is nothing else.
fn one_of<'a>(files: impl Iterator<Item = &'a String>) -> Found {
    let (built, mut own): (Vec<&String>, Vec<&String>) = files.partition(|f| f.split('/').any(|part| part == "_build"));
    if own.is_empty() {
        own = built;
    }
    match own.as_slice() {
        [] => Found::None,
        [one] => Found::One((*one).clone()),
        several => Found::Several(several.iter().map(|f| (*f).clone()).collect()),
    }
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn is_absolute(path: &str) -> bool {
    path.starts_with('/')
}

/// `/`-separated, without `file://`, drive, `.` and `..` where they can be resolved. A name with a drive is absolute.
fn clean(name: &str) -> String {
    let name = name.strip_prefix("file://").unwrap_or(name);
    let name = name.strip_prefix(r"\\?\").unwrap_or(name);
    let name = name.replace('\\', "/");
    let rest = match name.as_bytes() {
        [letter, b':', ..] if letter.is_ascii_alphabetic() => name.get(2..).unwrap_or_default(),
        // `/C:/x`, as URLs have it.
        [b'/', letter, b':', b'/', ..] if letter.is_ascii_alphabetic() => name.get(3..).unwrap_or_default(),
        _ => &name,
    };
    let absolute = rest.starts_with('/') || rest.len() < name.len();
    let mut parts: Vec<&str> = Vec::new();
    for part in rest.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|p| *p != "..") => {
                parts.pop();
            }
            ".." if absolute => {}
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    if absolute { format!("/{joined}") } else { joined }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatekeeper_evidence::coverage::{FileCoverage, Line};

    fn tree() -> Tree {
        Tree::new([
            "README.md",
            "src/a.c",
            "lib/src/a.c",
            "src/shop/cart.py",
            "cart.py",
            "app/src/main/java/com/example/Foo.java",
            "one/util.h",
            "two/util.h",
            "apps/x/src/x_server.erl",
            "apps/x/test/x_server_SUITE.erl",
            "_build/default/lib/x/src/x_server.erl",
            "apps/y/src/deep/y_impl.erl",
            "main.go",
            "pkg/log.go",
        ])
    }

    fn one(name: &str, roots: &[&str], rules: &PathRules) -> Reconciled {
        let roots: Vec<String> = roots.iter().map(|r| (*r).to_owned()).collect();
        reconcile([name], &roots, &tree(), rules)
    }

    fn matched(name: &str) -> Option<String> {
        one(name, &[], &PathRules::default()).matched.remove(name)
    }

    #[test]
    fn exact_cleaned_and_absolute_names() {
        for (name, file) in [
            ("src/a.c", "src/a.c"),
            ("./src/../src/a.c", "src/a.c"),
            ("/home/ci/shop/src/a.c", "src/a.c"),
            ("/home/ci/shop/lib/src/a.c", "lib/src/a.c"),
            (r"C:\ci\shop\src\a.c", "src/a.c"),
            ("file:///C:/ci/src/shop/cart.py", "src/shop/cart.py"),
            ("com/example/Foo.java", "app/src/main/java/com/example/Foo.java"),
            ("Foo.java", "app/src/main/java/com/example/Foo.java"),
            ("github.com/me/shop/pkg/log.go", "pkg/log.go"),
            ("x_server", "apps/x/src/x_server.erl"),
            ("_build/test/lib/x/ebin/x_server.beam", "apps/x/src/x_server.erl"),
            ("y_impl", "apps/y/src/deep/y_impl.erl"),
        ] {
            assert_eq!(matched(name).as_deref(), Some(file), "{name}");
        }
    }

    #[test]
    fn what_fits_nothing_or_several_is_named() {
        for name in ["/usr/include/vector", "nowhere", "com/other/Foo.java", "", "..", "/"] {
            assert_eq!(one(name, &[], &PathRules::default()).unmatched, [name], "{name}");
        }
        let r = one("util.h", &[], &PathRules::default());
        assert_eq!(r.ambiguous["util.h"], ["one/util.h", "two/util.h"]);
        assert_eq!(r.share(), Ratio { covered: 0, total: 1 });
    }

    #[test]
    fn a_root_of_the_report_says_which() {
        let none = PathRules::default();
        assert_eq!(one("util.h", &["/home/ci/two"], &none).matched["util.h"], "two/util.h");
        assert_eq!(one("cart.py", &["/home/ci/src/shop"], &none).matched["cart.py"], "src/shop/cart.py");
        assert_eq!(one("cart.py", &["/home/ci"], &none).matched["cart.py"], "cart.py");
        assert!(one("util.h", &["/c/one", "/c/two"], &none).ambiguous.contains_key("util.h"));
    }

    #[test]
    fn rules_come_first() {
        let strip = PathRules { strip: vec!["/build/x".into(), "/build".into()], prefix: None };
        assert_eq!(one("/build/x/cart.py", &[], &strip).matched["/build/x/cart.py"], "cart.py");
        assert!(one("/builder/cart.cc", &[], &strip).matched.is_empty());
        let both = PathRules { strip: vec!["/b/".into()], prefix: Some("two".into()) };
        assert_eq!(one("/b/util.h", &[], &both).matched["/b/util.h"], "two/util.h");
    }

    #[test]
    fn a_file_at_the_root_needs_company() {
        let names = ["/usr/lib/node/main.go", "/usr/share/README.md", "m/main.go", "m/pkg/log.go"];
        let r = reconcile(names, &[], &tree(), &PathRules::default());
        assert_eq!(r.matched["m/main.go"], "main.go");
        assert_eq!(r.unmatched, ["/usr/lib/node/main.go", "/usr/share/README.md"]);
        assert_eq!(r.share(), Ratio { covered: 2, total: 4 });
    }

    #[test]
    fn renaming_unites_what_is_one_file() {
        let file = |number| FileCoverage { lines: vec![Line { number, hits: 1 }], ..FileCoverage::default() };
        let mut c = Coverage::default();
        c.add("./src/a.c", file(1));
        c.add("/ci/src/a.c", file(2));
        c.add("other", file(3));
        let r = reconcile(c.files.keys().map(AsRef::as_ref), &[], &tree(), &PathRules::default());
        let c = r.rename(c);
        assert_eq!(c.files["src/a.c"].lines.len(), 2);
        assert!(c.files.contains_key("other"));
    }

    #[test]
    fn what_is_absolute_stays_so() {
        for (name, want) in [
            ("/a/b", "/a/b"),
            ("/a/../../b", "/b"),
            ("a/../b", "b"),
            ("../b", "../b"),
            (r"C:\a", "/a"),
            ("C:a", "/a"),
            ("/C:/a", "/a"),
            ("/1:/a", "/1:/a"),
            ("1:a", "1:a"),
        ] {
            assert_eq!(clean(name), want, "{name}");
        }
        let prefixed = PathRules { strip: Vec::new(), prefix: Some("src".into()) };
        assert_eq!(apply("a.c", &prefixed).as_deref(), Some("src/a.c"));
        assert_eq!(apply("/x/a.c", &prefixed), None);
    }

    #[test]
    fn a_root_that_says_no_more_than_the_name_does_not_make_it_ambiguous() {
        let none = PathRules::default();
        let found = one("cart.py", &["/home/ci/src/shop", "/other"], &none);
        assert_eq!(found.matched["cart.py"], "src/shop/cart.py");
    }

    #[test]
    fn an_empty_or_absolute_name_is_under_no_root() {
        let none = PathRules::default();
        for (name, root) in [("", "/ci/src/a.c"), (".", "/ci/src/a.c"), ("/util.h", "/ci/two"), ("x", ""), ("x", "/")] {
            assert_eq!(one(name, &[root], &none).unmatched, [name], "{name} under {root}");
        }
        // Of a root that says nothing the name is what it is.
        for root in ["", "/", "."] {
            assert_eq!(one("src/a.c", &[root], &none).matched["src/a.c"], "src/a.c");
            assert!(one("util.h", &[root], &none).ambiguous.contains_key("util.h"));
        }
    }

    #[test]
    fn the_longest_prefix_is_taken_off_in_whatever_order() {
        let tree = Tree::new(["a.c", "x/a.c", "y/x/a.c"]);
        for strip in [["/b", "/b/x"], ["/b/x", "/b"], ["/b/x/", "/b/"]] {
            let rules = PathRules { strip: strip.iter().map(|s| (*s).to_owned()).collect(), prefix: None };
            let got = reconcile(["/b/x/a.c", "/b/y/x/a.c"], &[], &tree, &rules);
            assert_eq!(
                (got.matched["/b/x/a.c"].as_str(), got.matched["/b/y/x/a.c"].as_str()),
                ("a.c", "y/x/a.c"),
                "{strip:?}"
            );
        }
        // A prefix ends where a folder's name does, and `/` is the root of all.
        let rules = |strip: &str| PathRules { strip: vec![strip.to_owned()], prefix: None };
        assert_eq!(apply("/builder/a.c", &rules("/build")), None);
        assert_eq!(apply("/build", &rules("/build")), None);
        assert_eq!(apply("/x/a.c", &rules("/")).as_deref(), Some("x/a.c"));
        let both = PathRules { strip: vec!["/b".to_owned()], prefix: Some("y/".to_owned()) };
        assert_eq!(apply("/b/x/a.c", &both).as_deref(), Some("y/x/a.c"));
        // What stays absolute has no place under a prefix.
        assert_eq!(apply("/c/a.c", &both), None);
    }

    #[test]
    fn a_module_is_what_lies_in_a_source_folder() {
        let tree =
            Tree::new(["a/priv/m.erl", "a/src/m.erl", "b/priv/p.erl", "c/one/q.erl", "c/two/q.erl", "s/src/q2.erl"]);
        let of = |name: &str| reconcile([name], &[], &tree, &PathRules::default());
        assert_eq!(of("m").matched["m"], "a/src/m.erl");
        assert_eq!(of("x/ebin/m.beam").matched["x/ebin/m.beam"], "a/src/m.erl");
        assert_eq!(of("p").matched["p"], "b/priv/p.erl");
        assert_eq!(of("q").ambiguous["q"], ["c/one/q.erl", "c/two/q.erl"]);
        for name in ["a/m", "m.py", "n", "M", "m.erl.beam"] {
            assert_eq!(of(name).unmatched, [name]);
        }
    }
}
