//! The rule `integrity`: files hold what their checksums say, none is missing and none is there that nobody vouches for.

use super::api::{Builder, Item, Judge, Judgement, Rule, RuleError, Scope};
use super::condition::{Condition, counted};
use crate::config::Table;
use crate::project::ProjectFiles;
use crate::verdict::{GateStatus, Violation};
use gatekeeper_evidence::checksums::{Algorithm, Sum};
use gatekeeper_evidence::findings::Place;
use gatekeeper_evidence::glob::Pattern;
use gatekeeper_evidence::location::Location;
use gatekeeper_evidence::{Data, Evidence, Kind};
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::BTreeSet;

pub(super) static RULE: Rule = Rule {
    id: Cow::Borrowed("integrity"),
    title: Cow::Borrowed("files hold what their checksums say; missing, extra and changed ones are named"),
    kind: Kind::Checksums,
    docs: Cow::Borrowed(
        "## What it requires
That every file that a list of checksums names is there and has that sum: by SHA-256 and SHA-512, whichever are stated, each. Names are relative to the folder of the list (or to `base`), and stay below the root. With `files`, every file that those patterns match must be on a list too, the lists themselves aside; a link is a name of its own.
Evidence: `sha256sums` (GNU and BSD style) and `in-toto` statements, whose subjects are such files. A damaged line is an error. Signatures are not checked.
A waiver names a file by its `path`.

## Why
`sha256sum -c` warns of a damaged line and succeeds, and says nothing of a file that was added.

## Configuration
| key | meaning | default |
|---|---|---|
| `files` | patterns of files that must all be on a list | none |
| `except` | patterns of files among these that need not be (signatures, say) | none |
| `base` | the folder that names are relative to, from the root | that of each list |
| `min-files` | fewest files that are on a list | 1 |

## Example
```toml
[[evidence]]
name = \"sums\"
paths = [\"dist/SHA256SUMS\"]
[gates.artifacts]
rule = \"integrity\"
files = [\"dist/**\"]
except = [\"dist/*.asc\"]
```

## When evidence is missing
No list: `missing`. A list that cannot be read, a file that cannot be read, a name that leads out of the project: `error`. A file that is not there fails.
",
    ),
    build: Builder::Fixed(build),
};

#[derive(Debug)]
struct Integrity {
    files: Vec<Pattern>,
    except: Vec<Pattern>,
    base: Option<String>,
    min_files: u64,
}

fn build(t: &mut Table<'_>) -> Option<Box<dyn Judge>> {
    let below = |text: &str| match text.split('/').any(|p| p == "..") {
        true => Err("a pattern stays below the root: `..` is not followed (use --root)".to_owned()),
        false => Pattern::new(text),
    };
    let base = t.text("base").map(|(base, span)| {
        if resolved("", &base).is_none() {
            t.problem(span, "`base` is a folder below the root");
        }
        base
    });
    let (files, except) = (t.patterns("files", below), t.patterns("except", below));
    if let (Some(span), true) = (t.get("except").map(|n| n.span.clone()), files.is_empty()) {
        t.problem(span, "`except` leaves files out of those that `files` names, and there are none");
    }
    Some(Box::new(Integrity { files, except, base, min_files: t.count("min-files").unwrap_or(1).max(1) }))
}

/// A name from the root: relative to a folder, without `.` and `..`. `None` where it leads out.
fn resolved(folder: &str, name: &str) -> Option<String> {
    let drive = name.as_bytes().get(1) == Some(&b':');
    if name.starts_with('/') || folder.starts_with('/') || drive || name.contains('\0') {
        return None;
    }
    let mut out: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(name.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(out.pop()?),
            part => out.push(part),
        }
    }
    Some(out.join("/"))
}

/// What became of a file that is on a list.
enum Checked {
    Holds,
    Differs(Algorithm, String),
    Missing,
    Unreadable(String),
}

fn check(files: &dyn ProjectFiles, path: &str, sum: &Sum) -> Checked {
    let algorithms: Vec<Algorithm> = sum.digests.iter().map(|(a, _)| *a).collect();
    match files.sums(path, &algorithms) {
        Err(why) => Checked::Unreadable(why),
        Ok(None) => Checked::Missing,
        Ok(Some(found)) => {
            let wrong = sum.digests.iter().zip(found).find(|((_, stated), found)| **stated != **found);
            match wrong {
                Some(((algorithm, _), found)) => Checked::Differs(*algorithm, found),
                None if sum.digests.is_empty() => Checked::Unreadable("no checksum is stated for it".to_owned()),
                None => Checked::Holds,
            }
        }
    }
}

impl Judge for Integrity {
    fn judge(&self, scope: &Scope<'_>) -> Result<Judgement, RuleError> {
        let mut out = Judgement::default();
        let Some(files) = scope.files else {
            let words = "there is no working tree whose files could be looked at";
            return Ok(Judgement::of(Violation::new("files-missing", GateStatus::Missing, words)));
        };
        let mut named: BTreeSet<String> = BTreeSet::new();
        let mut stated: Vec<(&Evidence, &Sum, String)> = Vec::new();
        for e in scope.evidence {
            let Data::Checksums(list) = &e.data else { continue };
            let folder = e.source.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            for sum in &list.files {
                match resolved(self.base.as_deref().unwrap_or(folder), &sum.name) {
                    Some(path) => {
                        named.insert(path.clone());
                        stated.push((e, sum, path));
                    }
                    None => {
                        let words = format!("{} leads out of the project", sum.name);
                        out.violations.push(at(Violation::new("name-outside", GateStatus::Error, words), e, sum));
                    }
                }
            }
        }
        // Files are many and large: several at a time.
        let checked: Vec<Checked> = stated.par_iter().map(|(_, sum, path)| check(files, path, sum)).collect();
        let mut counts = [0_u64; 3];
        for ((e, sum, path), checked) in stated.iter().zip(checked) {
            let (slot, v) = match checked {
                Checked::Holds => continue,
                Checked::Differs(algorithm, found) => {
                    let wanted = sum.digests.iter().find(|(a, _)| *a == algorithm).map_or("", |(_, s)| s);
                    let words = format!("{path} was changed: its {} is {found}, not {wanted}", algorithm.as_str());
                    (0, Violation::new("sum-differs", GateStatus::Fail, words))
                }
                Checked::Missing => {
                    (1, Violation::new("file-missing", GateStatus::Fail, format!("{path} is not there")))
                }
                Checked::Unreadable(why) => {
                    let words = format!("{path} cannot be checked: {why}");
                    out.violations.push(at(Violation::new("file-unreadable", GateStatus::Error, words), e, sum));
                    continue;
                }
            };
            if scope.waived(&Item { path: Some(path), ..Item::default() }) {
                continue;
            }
            count(&mut counts, slot);
            out.violations.push(about(at(v, e, sum), path));
        }
        self.extra(files, &named, scope, &mut counts, &mut out);
        let [changed, missing, extra] = counts;
        let listed = u64::try_from(named.len()).unwrap_or(u64::MAX);
        out.conditions.push(Condition::at_least("files", listed, self.min_files, GateStatus::Error));
        out.conditions.push(Condition::at_most("changed", changed, 0, GateStatus::Fail));
        out.conditions.push(Condition::at_most("missing", missing, 0, GateStatus::Fail));
        if !self.files.is_empty() {
            out.conditions.push(Condition::at_most("extra", extra, 0, GateStatus::Fail));
        }
        Ok(out)
    }
}

fn count(counts: &mut [u64; 3], slot: usize) {
    if let Some(n) = counts.get_mut(slot) {
        *n = n.saturating_add(1);
    }
}

fn at(v: Violation, e: &Evidence, sum: &Sum) -> Violation {
    Violation { location: sum.line.map(Location::line), ..v.from_source(&e.source.path) }
}

fn about(v: Violation, path: &str) -> Violation {
    Violation { id: Some(path.to_owned()), place: Some(Place { path: path.into(), ..Place::default() }), ..v }
}

impl Integrity {
    /// Files that nobody vouches for.
    fn extra(
        &self,
        files: &dyn ProjectFiles,
        named: &BTreeSet<String>,
        scope: &Scope<'_>,
        counts: &mut [u64; 3],
        out: &mut Judgement,
    ) {
        if self.files.is_empty() {
            return;
        }
        let found = match files.matching(&self.files.iter().collect::<Vec<_>>()) {
            Ok(found) => found,
            Err(why) => {
                let words = format!("what else is there cannot be told: {why}");
                out.violations.push(Violation::new("file-unreadable", GateStatus::Error, words));
                return;
            }
        };
        if found.is_empty() {
            let patterns: Vec<&str> = self.files.iter().map(Pattern::as_str).collect();
            let words = format!("no file matches {}, which `files` names", patterns.join(", "));
            out.violations.push(Violation::new("files-missing", GateStatus::Missing, words));
        }
        let lists: BTreeSet<&str> = scope.evidence.iter().map(|e| e.source.path.as_str()).collect();
        for path in found {
            let known =
                named.contains(&path) || lists.contains(path.as_str()) || self.except.iter().any(|p| p.is_match(&path));
            if known || scope.waived(&Item { path: Some(&path), ..Item::default() }) {
                continue;
            }
            count(counts, 2);
            let v = Violation::new("file-extra", GateStatus::Fail, format!("{path} is on no list of checksums"));
            out.violations.push(about(v, &path));
        }
        if let [_, _, extra] = *counts
            && extra > 0
        {
            let them = if extra == 1 { "it" } else { "them" };
            let words = format!("take {} away, or put {them} on the list", counted(extra, "file"));
            out.to_pass.push(super::remedy::Remedy::Other(words));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::condition::Quantity;
    use super::super::testing::{Case, evidence, gate, violations};
    use super::*;
    use GateStatus::{Error, Fail, Missing, Pass};
    use gatekeeper_evidence::checksums::Checksums;
    use std::collections::BTreeMap;

    /// Files whose sum is their content.
    #[derive(Debug)]
    struct Files(BTreeMap<&'static str, &'static str>);

    impl ProjectFiles for Files {
        fn read(&self, _: &str) -> Result<Option<Vec<u8>>, String> {
            Ok(None)
        }

        fn sums(&self, path: &str, algorithms: &[Algorithm]) -> Result<Option<Vec<String>>, String> {
            match self.0.get(path) {
                Some(&"broken") => Err("it is no plain file".to_owned()),
                found => {
                    Ok(found.map(|content| algorithms.iter().map(|a| format!("{content}-{}", a.as_str())).collect()))
                }
            }
        }

        fn matching(&self, patterns: &[&Pattern]) -> Result<Vec<String>, String> {
            Ok(self.0.keys().filter(|k| patterns.iter().any(|p| p.is_match(k))).map(|k| (*k).to_owned()).collect())
        }
    }

    fn case<'c>(
        keys: &'c str,
        path: &str,
        sums: &[(&str, &[&str])],
        files: &[(&'static str, &'static str)],
    ) -> Case<'c> {
        let sum = |(name, digests): &(&str, &[&str])| Sum {
            name: (*name).into(),
            digests: digests
                .iter()
                .map(|d| (if d.ends_with("512") { Algorithm::Sha512 } else { Algorithm::Sha256 }, (*d).into()))
                .collect(),
            line: Some(1),
        };
        let list = Checksums { files: sums.iter().map(sum).collect(), predicate_type: None };
        let mut case = Case::new(&RULE, keys, vec![evidence(path, Data::Checksums(list))]);
        case.files = Some(Box::new(Files(files.iter().copied().collect())));
        case
    }

    fn codes(case: &Case<'_>) -> Vec<(String, GateStatus)> {
        violations(&case.judged()).into_iter().map(|(c, s)| (c.to_owned(), s)).collect()
    }

    const BOTH: &[(&str, &[&str])] = &[("a", &["one-sha256"]), ("b", &["two-sha256", "two-sha512"])];

    #[test]
    fn each_file_has_each_of_its_sums() {
        let of = |files: &[(&'static str, &'static str)]| codes(&case("", "dist/SUMS", BOTH, files));
        assert_eq!(of(&[("dist/a", "one"), ("dist/b", "two")]), []);
        assert_eq!(of(&[("dist/a", "one"), ("dist/b", "twO")]), [("sum-differs".to_owned(), Fail)]);
        assert_eq!(of(&[("dist/a", "one")]), [("file-missing".to_owned(), Fail)]);
        assert_eq!(of(&[("a", "one"), ("b", "two")]).len(), 2, "names are relative to the list's folder");
        assert_eq!(of(&[("dist/a", "broken"), ("dist/b", "two")]), [("file-unreadable".to_owned(), Error)]);
        let weak: &[(&str, &[&str])] = &[("b", &["two-sha256", "other-sha512"])];
        assert_eq!(codes(&case("", "SUMS", weak, &[("b", "two")])), [("sum-differs".to_owned(), Fail)]);
        assert_eq!(codes(&case("", "SUMS", &[("b", &[])], &[("b", "two")])), [("file-unreadable".to_owned(), Error)]);
        assert_eq!(codes(&case("base = \"out\"", "x/SUMS", &[("./a", &["one-sha256"])], &[("out/a", "one")])), []);
        assert_eq!(codes(&case("", "x/SUMS", &[("../a", &["one-sha256"])], &[("a", "one")])), []);
        assert_eq!(
            codes(&case("", "x/SUMS", &[("../../a", &["one-sha256"])], &[])),
            [("name-outside".to_owned(), Error)]
        );
        let mut none = case("", "SUMS", BOTH, &[]);
        none.files = None;
        assert_eq!(codes(&none), [("files-missing".to_owned(), Missing)]);
    }

    #[test]
    fn files_that_nobody_vouches_for_are_named() {
        let files = [("dist/a", "one"), ("dist/b", "two"), ("dist/SUMS", ""), ("dist/a.asc", ""), ("dist/evil", "x")];
        let of = |keys: &str| codes(&case(keys, "dist/SUMS", BOTH, &files));
        let extra = ("file-extra".to_owned(), Fail);
        assert_eq!(of(""), []);
        assert_eq!(of("files = [\"dist/**\"]"), [extra.clone(), extra.clone()]);
        assert_eq!(of("files = [\"dist/**\"]\nexcept = [\"dist/*.asc\"]"), [extra]);
        assert_eq!(of("files = [\"out/**\"]"), [("files-missing".to_owned(), Missing)]);
    }

    #[test]
    fn what_became_of_each_file_is_counted_and_placed() {
        let sums: &[(&str, &[&str])] =
            &[("a", &["one-sha256", "old-sha512"]), ("b", &["x-sha256"]), ("c", &["x-sha256"]), ("d", &["x-sha256"])];
        let files = [("dist/a", "one"), ("dist/b", "y"), ("dist/evil", "")];
        let j = case("files = [\"dist/**\"]", "dist/SUMS", sums, &files).judged();
        let counted: Vec<(&str, &Quantity, GateStatus)> =
            j.conditions.iter().map(|c| (c.metric.as_ref(), &c.value, c.status)).collect();
        let n = Quantity::Count;
        assert_eq!(
            counted,
            [("files", &n(4), Pass), ("changed", &n(2), Fail), ("missing", &n(2), Fail), ("extra", &n(1), Fail)]
        );
        let told: Vec<(&str, Option<&str>)> =
            j.violations.iter().map(|v| (v.message.as_str(), v.id.as_deref())).collect();
        assert_eq!(
            told,
            [
                ("dist/a was changed: its sha512 is one-sha512, not old-sha512", Some("dist/a")),
                ("dist/b was changed: its sha256 is y-sha256, not x-sha256", Some("dist/b")),
                ("dist/c is not there", Some("dist/c")),
                ("dist/d is not there", Some("dist/d")),
                ("dist/evil is on no list of checksums", Some("dist/evil")),
            ]
        );
        assert!(j.violations.iter().all(|v| v.place.as_ref().map(|p| &*p.path) == v.id.as_deref()), "{j:?}");
        // What is on the list is found there.
        let lines: Vec<_> = j.violations.iter().map(|v| v.location.is_some()).collect();
        assert_eq!(lines, [true, true, true, true, false]);
    }

    #[test]
    fn extra_files_are_told_where_they_are_asked_for_alone() {
        let of = |keys: &str, extra: usize| {
            let files = [("dist/a", "one"), ("dist/x", ""), ("dist/y", "")];
            let j = case(keys, "dist/SUMS", &[("a", &["one-sha256"])], &files[..=extra]).judged();
            let metrics: Vec<String> = j.conditions.iter().map(|c| c.metric.to_string()).collect();
            (metrics.join(" "), j.to_pass)
        };
        let way = |words: &str| vec![super::super::remedy::Remedy::Other(words.to_owned())];
        assert_eq!(of("", 2), ("files changed missing".to_owned(), vec![]));
        let asked = "files = [\"dist/**\"]";
        let metrics = || "files changed missing extra".to_owned();
        assert_eq!(of(asked, 0), (metrics(), vec![]));
        assert_eq!(of(asked, 1), (metrics(), way("take 1 file away, or put it on the list")));
        assert_eq!(of(asked, 2), (metrics(), way("take 2 files away, or put them on the list")));
        let waived = case(asked, "dist/SUMS", &[("a", &["one-sha256"])], &[("dist/a", "one"), ("dist/x", "")])
            .judged_waiving(&|i| i.path == Some("dist/x"));
        assert_eq!((waived.status(), waived.to_pass), (Pass, vec![]));
    }

    #[test]
    fn a_name_stays_below_the_root() {
        for (folder, name, want) in [
            ("", "a", Some("a")),
            ("dist", "a/./b", Some("dist/a/b")),
            ("dist/x", "../a", Some("dist/a")),
            ("dist", "..", Some("")),
            ("dist", "../../a", None),
            ("", "/etc/passwd", None),
            ("/abs", "a", None),
            ("", "C:a", None),
            ("dist", "c:\\a", None),
            ("", "a\0b", None),
            ("", "ab:c", Some("ab:c")),
        ] {
            assert_eq!(resolved(folder, name).as_deref(), want, "{folder} {name}");
        }
    }

    #[test]
    fn too_few_files_are_no_proof_and_a_waiver_names_one() {
        let one = |keys| case(keys, "SUMS", &[("a", &["one-sha256"])], &[("a", "two")]);
        assert_eq!(one("min-files = 2").judged_waiving(&|_| true).status(), Error);
        assert_eq!(one("").judged_waiving(&|i| i.path == Some("a")).status(), Pass);
        assert_eq!(one("").judged_waiving(&|i| i.path == Some("b")).status(), Fail);
        assert_eq!(case("", "SUMS", &[], &[]).judged().status(), Error);
    }

    #[test]
    fn mistakes_in_its_keys_are_told() {
        for (keys, said) in [
            ("base = \"../x\"", "below the root"),
            ("except = [\"x\"]", "there are none"),
            ("files = [\"../x\"]", "`..` is not followed"),
        ] {
            let problems = gate(&RULE, keys).unwrap_err();
            assert!(problems.len() == 1 && problems[0].contains(said), "{keys}: {problems:?}");
        }
    }
}
