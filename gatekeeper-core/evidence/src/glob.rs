//! Path patterns: `*`, `?`, `[a-z]`, `{a,b}`, `**`, and `{label}`, which matches a part of a name and gives it as a label.
//!
//! By hand and not by `globset`: that has no labels, and does not give a pattern by its components, by which a tree is walked. A test holds it
//! against `globset` in what both know.

use regex::Regex;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// A compiled pattern.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    whole: Wild,
    labels: Vec<String>,
    /// The pattern's components, for walking a tree.
    pub parts: Vec<Part>,
}

/// One component of a pattern.
#[derive(Debug, Clone)]
pub enum Part {
    /// A name.
    Literal(String),
    /// A name with wildcards.
    Wild(Wild),
    /// `**`: any number of folders.
    Deep,
}

/// What a pattern, or a component of one, takes. There are hundreds of usual places and few files that come near any of them: the expression is
/// compiled when a name begins and ends as it must.
#[derive(Debug, Clone)]
pub struct Wild {
    expression: String,
    /// What every name that fits begins and ends with.
    begins: String,
    ends: String,
    /// Whether it is a plain text, which `begins` is.
    plain: bool,
    compiled: OnceLock<Option<Regex>>,
}

impl Wild {
    /// From an expression, and the pattern that it stands for.
    fn new(expression: String, pattern: &str) -> Result<Self, String> {
        let special = ['*', '?', '[', '{'];
        let plain = !pattern.contains(special);
        let begins = pattern.split(special).next().unwrap_or_default().to_owned();
        let behind = pattern.rsplit(['*', '?', ']', '}']).next().unwrap_or_default();
        // `**/a` takes `a`.
        let deep = pattern.strip_suffix(behind).is_some_and(|before| before.ends_with("**"));
        let ends = if deep { behind.strip_prefix('/').unwrap_or(behind) } else { behind };
        let out = Wild { expression, begins, ends: ends.to_owned(), plain, compiled: OnceLock::new() };
        // A class may be none, and a long pattern too large; others cannot fail.
        if pattern.contains('[') || pattern.len() > 100 {
            let compiled = compile(&out.expression).map_err(|e| format!("not a pattern: {e}"))?;
            let _ = out.compiled.set(Some(compiled));
        }
        Ok(out)
    }

    /// Whether it takes a name.
    pub fn is_match(&self, name: &str) -> bool {
        match self.plain {
            true => name == self.begins,
            false => self.near(name).is_some_and(|r| r.is_match(name)),
        }
    }

    /// The expression, where a name begins and ends as it must.
    fn near(&self, name: &str) -> Option<&Regex> {
        let near = name.starts_with(&self.begins) && name.ends_with(&self.ends);
        near.then(|| self.compiled.get_or_init(|| compile(&self.expression).ok()).as_ref()).flatten()
    }
}

fn compile(expression: &str) -> Result<Regex, regex::Error> {
    regex::RegexBuilder::new(expression).size_limit(1 << 20).build()
}

impl Pattern {
    /// Compiles a pattern, or says what is wrong with it.
    pub fn new(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("a pattern must not be empty".to_owned());
        }
        if text.len() > 1_000 {
            return Err("a pattern has at most 1000 characters".to_owned());
        }
        let mut labels = Vec::new();
        let clean = text.strip_prefix("./").unwrap_or(text);
        let mut whole = String::from("^");
        let mut parts = Vec::new();
        let names: Vec<&str> = split(clean);
        for (n, name) in names.iter().enumerate() {
            let last = n + 1 == names.len();
            if *name == "**" {
                parts.push(Part::Deep);
                whole.push_str(if last { ".*" } else { "(?:.*/)?" });
                continue;
            }
            let mut found = Vec::new();
            let regex = component(name, &mut found)?;
            let wild = name.contains(['*', '?', '[', '{']);
            parts.push(if wild {
                Part::Wild(Wild::new(format!("^{regex}$"), name)?)
            } else {
                Part::Literal((*name).to_owned())
            });
            whole.push_str(&regex);
            if !last {
                whole.push('/');
            }
            for label in found {
                if labels.contains(&label) {
                    return Err(format!("the label {{{label}}} stands in it twice"));
                }
                labels.push(label);
            }
        }
        whole.push('$');
        let whole = Wild::new(whole, &names.join("/"))?;
        Ok(Pattern { text: text.to_owned(), whole, labels, parts })
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The labels that it gives.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The labels that a path gives, where it matches.
    pub fn matches(&self, path: &str) -> Option<BTreeMap<String, String>> {
        if self.labels.is_empty() {
            return self.is_match(path).then(BTreeMap::new);
        }
        let captures = self.whole.near(path)?.captures(path)?;
        Some(self.labels.iter().filter_map(|l| captures.name(l).map(|m| (l.clone(), m.as_str().to_owned()))).collect())
    }

    /// Whether it matches.
    pub fn is_match(&self, path: &str) -> bool {
        self.whole.is_match(path)
    }

    /// Whether a path that a report names may be one that the pattern means: reports write `.\src\a.c` and `file:///build/src/a.c` for
    /// `src/a.c`. Of a path that is not relative, any end may be what lies below the root.
    pub fn speaks_of(&self, path: &str) -> bool {
        let path = path.replace('\\', "/");
        let path = path.trim_start_matches("./");
        let absolute = path.starts_with('/') || path.split('/').next().is_some_and(|first| first.ends_with(':'));
        self.is_match(path)
            || absolute && path.match_indices('/').any(|(at, _)| path.get(at + 1..).is_some_and(|p| self.is_match(p)))
    }

    /// Whether its last component takes any name whatever (`**`, `*`): then what it brings need not be evidence.
    pub fn takes_anything(&self) -> bool {
        match self.text.rsplit('/').next() {
            Some(last) => matches!(last, "**" | "*" | ""),
            None => false,
        }
    }
}

/// Splits at `/` outside braces; an ending `/` means everything below.
fn split(text: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = text.split('/').collect();
    if parts.last() == Some(&"") {
        parts.pop();
        parts.push("**");
    }
    parts
}

fn component(name: &str, labels: &mut Vec<String>) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = name.chars();
    while let Some(c) = rest.next() {
        match c {
            '*' => out.push_str("[^/]*"),
            '?' => out.push_str("[^/]"),
            '[' => {
                let class: String = rest.by_ref().take_while(|c| *c != ']').collect();
                if class.is_empty() || !name.contains(']') {
                    return Err("`[` wants characters and `]`".to_owned());
                }
                let (not, class) = match class.strip_prefix(['!', '^']) {
                    Some(c) => ("^", c.to_owned()),
                    None => ("", class),
                };
                let escaped: String = class
                    .chars()
                    .map(|c| if c == '-' { "-".to_owned() } else { regex::escape(&c.to_string()) })
                    .collect();
                // No class takes a `/`: neither `[!a]` nor the range `[+-9]`.
                out.push_str(&format!("[[{not}{escaped}]&&[^/]]"));
            }
            '{' => {
                let mut closed = false;
                let mut inner = String::new();
                for c in rest.by_ref() {
                    if c == '}' {
                        closed = true;
                        break;
                    }
                    inner.push(c);
                }
                if !closed || inner.is_empty() {
                    return Err("`{` wants a label or alternatives and `}`".to_owned());
                }
                if inner.contains(',') {
                    let choices: Result<Vec<String>, String> =
                        inner.split(',').map(|c| component(c, &mut Vec::new())).collect();
                    out.push_str(&format!("(?:{})", choices?.join("|")));
                } else if inner.starts_with(|c: char| c.is_ascii_alphabetic())
                    && inner.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
                {
                    out.push_str(&format!("(?P<{inner}>[^/]+?)"));
                    labels.push(inner);
                } else {
                    return Err(format!("`{{{inner}}}` is no label: letters, digits and _, a letter first"));
                }
            }
            c => out.push_str(&regex::escape(&c.to_string())),
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::strategy::Strategy as _;

    #[test]
    fn labels_are_taken_from_paths() {
        let p = Pattern::new("artifacts/otp-{otp}/{os}/**").unwrap();
        let labels = p.matches("artifacts/otp-27/ubuntu/a/b.xml").unwrap();
        assert_eq!(labels["otp"], "27");
        assert_eq!(labels["os"], "ubuntu");
        assert!(p.matches("artifacts/otp-27/x").is_none());
    }

    #[test]
    fn wildcards_stay_within_a_component() {
        let fits = |p: &str, path: &str| Pattern::new(p).unwrap().matches(path).is_some();
        assert!(fits("*.xml", "a.xml") && !fits("*.xml", "a/b.xml"));
        assert!(fits("**/TEST-*.xml", "TEST-a.xml") && fits("**/TEST-*.xml", "x/y/TEST-a.xml"));
        assert!(fits("a/{b,c}/[0-9]?.x", "a/c/1z.x") && !fits("a/{b,c}/[0-9]?.x", "a/d/1z.x"));
        assert!(fits("logs/", "logs/a/b"));
        assert!(fits("a[!x]b", "a-b") && !fits("a[!x]b", "a/b") && !fits("a[+-9]b", "a/b"));
    }

    fn pattern(text: &str) -> Pattern {
        Pattern::new(text).unwrap()
    }

    #[test]
    fn each_wildcard_means_its_own() {
        let fits = |p: &str, path: &str| pattern(p).matches(path).is_some();
        for (p, path, want) in [
            ("a?c", "abc", true),
            ("a?c", "a/c", false),
            ("a?c", "ac", false),
            ("[!a]x", "bx", true),
            ("[!a]x", "ax", false),
            ("[^a]x", "ax", false),
            ("[a-c]x", "bx", true),
            ("[a-c]x", "dx", false),
            ("[.]x", "ax", false),
            ("{a,b*}", "bcd", true),
            ("**", "a/b/c", true),
            ("a/**", "a/b", true),
            ("a/**", "ab", false),
            ("a/**/b", "a/b", true),
            ("a/**/b", "a/x/y/b", true),
            ("a/**/b", "a/xb", false),
            ("./a", "a", true),
            ("a.b", "axb", false),
            ("a", "xa", false),
            ("a", "ax", false),
        ] {
            assert_eq!(fits(p, path), want, "{p} {path}");
        }
    }

    #[test]
    fn a_pattern_of_everything_takes_anything() {
        for (text, want) in
            [("**", true), ("a/*", true), ("a/**", true), ("a/", true), ("a/*.xml", false), ("a", false)]
        {
            assert_eq!(pattern(text).takes_anything(), want, "{text}");
        }
        assert_eq!(
            (pattern("./a").as_str(), pattern("{x}/{y}").labels()),
            ("./a", &["x".to_owned(), "y".to_owned()][..])
        );
    }

    #[test]
    fn a_reports_path_may_be_one_that_is_meant() {
        let p = pattern("src/*.c");
        for (path, want) in [
            ("src/a.c", true),
            ("./src/a.c", true),
            (r".\src\a.c", true),
            ("/build/src/a.c", true),
            ("file:///build/src/a.c", true),
            (r"C:\w\src\a.c", true),
            ("lib/src/a.c", false),
            ("/build/src/a.h", false),
            ("/xsrc/a.c", false),
        ] {
            assert_eq!(p.speaks_of(path), want, "{path}");
        }
    }

    #[test]
    fn parts_are_for_walking_a_tree() {
        let kinds: Vec<&str> = pattern("a/**/*.x")
            .parts
            .iter()
            .map(|p| match p {
                Part::Literal(_) => "name",
                Part::Wild(_) => "wild",
                Part::Deep => "deep",
            })
            .collect();
        assert_eq!(kinds, ["name", "deep", "wild"]);
        for wild in ["a*", "a?", "[a]", "{a,b}"] {
            assert!(
                matches!(&pattern(wild).parts[..], [Part::Wild(r)] if r.is_match("a") || r.is_match("ab")),
                "{wild}"
            );
        }
        assert!(matches!(&pattern("a*").parts[..], [Part::Wild(r)] if !r.is_match("xa")));
    }

    #[test]
    fn a_patterns_length_is_bounded() {
        assert!(Pattern::new(&"a".repeat(1_000)).is_ok());
        assert!(Pattern::new(&"a".repeat(1_001)).unwrap_err().contains("1000"));
    }

    #[test]
    fn bad_patterns_say_why() {
        for bad in ["[]", "[a", "{1x}", "{a-b}", "a/{x}/b/{x}"] {
            assert!(Pattern::new(bad).is_err(), "{bad}");
        }
        for bad in ["", "{", "{a b}", "{x}/{x}", "[", "a{}"] {
            assert!(Pattern::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_label_is_letters_digits_and_underscores() {
        assert_eq!(pattern("{otp_2}/x").matches("27/x").unwrap()["otp_2"], "27");
        for (bad, said) in [
            ("{", "`{` wants"),
            ("{}", "`{` wants"),
            ("{otp", "`{` wants"),
            ("{2}", "is no label"),
            ("{_a}", "is no label"),
            ("{a-b}", "is no label"),
        ] {
            let e = Pattern::new(bad).unwrap_err().to_string();
            assert!(e.contains(said), "{bad}: {e}");
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(500))]

        /// What both know (`*`, `?`, `[…]`, `{a,b}`, `**` as a whole component) means the same. Left out is what they do not share: a leading
        /// `./`, a class with `/` in it, braces within braces, backslashes, letters beyond ASCII (`?` is a character here and a byte there), and
        /// labels, which are ours alone.
        #[test]
        fn patterns_mean_what_globset_reads_in_them(
            parts in proptest::collection::vec(proptest::prop_oneof![
                2 => proptest::strategy::Just("**".to_owned()),
                5 => proptest::collection::vec(proptest::sample::select(vec![
                    "a", "b", ".c", "-", "+", "(", "*", "?", "[ab]", "[!a]", "[^b]", "[a-c]", "{a,b}", "{ab,*.c,?}",
                ]), 1..5).prop_map(|p: Vec<&str>| p.concat().replace("**", "*")),
            ], 1..5),
            paths in proptest::collection::vec(
                proptest::collection::vec("[abc.+(-]{1,4}", 1..5).prop_map(|p: Vec<String>| p.join("/")), 16
            ),
        ) {
            let text = parts.join("/").replace("**/**", "**");
            let another = globset::GlobBuilder::new(&text).literal_separator(true).build().unwrap().compile_matcher();
            let ours = pattern(&text);
            for path in &paths {
                proptest::prop_assert_eq!(ours.matches(path).is_some(), another.is_match(path), "{} {}", text, path);
            }
        }
    }
}
