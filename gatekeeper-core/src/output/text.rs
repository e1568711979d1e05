//! Text from reports made harmless for where it is shown: strangers write them.

use crate::verdict::{CellVerdict, GateStatus, GateVerdict, InputProblem, Verdict, Violation};
use gatekeeper_evidence::error::is_invisible;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Text from reports for a terminal or a line of text: control and invisible characters are shown as escapes, line breaks as blanks.
pub fn line(text: &str) -> String {
    harmless(text).into_owned()
}

/// Whether a text is nothing but letters that every place shows as they are, as most is. In pieces, so that it is a few bytes a cycle.
pub(super) fn is_plain(text: &str) -> bool {
    text.as_bytes().chunks(64).all(|piece| piece.iter().fold(true, |plain, b| plain & matches!(b, 0x20..=0x7e)))
}

fn harmless(text: &str) -> Cow<'_, str> {
    if is_plain(text) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => out.push(' '),
            c if c.is_control() || is_invisible(c) => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// The most characters of a path, a name or an id that are shown.
pub(crate) const LONGEST: usize = 200;

/// Harmless text of at most so many characters. It is cut before and after, as escapes are longer than what they stand for.
pub(crate) fn short(text: &str, most: usize) -> String {
    shown(text, most).into_owned()
}

/// The same, as it stands where nothing has to be changed.
pub(super) fn shown(text: &str, most: usize) -> Cow<'_, str> {
    if text.len() <= most && is_plain(text) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(cut(&line(&cut(text, most)), most))
}

/// How much evidence there is, in words.
pub(crate) fn pieces(n: usize) -> String {
    format!("{} of evidence", counted(n, "piece"))
}

/// So many of what a noun names, which takes an `s`.
pub(crate) fn counted(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

/// Text with nothing in it that the log of a CI service takes for a command: GitHub reads `::word::` at a line's start and `##[word]` anywhere
/// in it, Azure reads `##[word]` and `##vso[word]`. Line by line, so that it is for whole documents.
pub fn inert(text: &str) -> Cow<'_, str> {
    if !text.contains("##") && !text.contains("::") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for piece in text.split_inclusive(['\n', '\r']) {
        let body = piece.trim_start();
        out.push_str(piece.strip_suffix(body).unwrap_or_default());
        let rest = match body.strip_prefix("::") {
            Some(rest) => {
                out.push_str("\\u{3a}:");
                rest
            }
            None => body,
        };
        calm(rest, &mut out);
    }
    Cow::Owned(out)
}

/// Adds a text without the commands that may stand anywhere in a line.
fn calm(text: &str, out: &mut String) {
    let (mut rest, mut before) = (text.chars(), ' ');
    while let Some(c) = rest.next() {
        let word = |text: &str| text.trim_start_matches(|c: char| c.is_ascii_alphanumeric()).starts_with('[');
        if c == '#' && before == '#' && word(rest.as_str()) {
            out.push_str("\\u{23}");
        } else {
            out.push(c);
        }
        before = c;
    }
}

/// Whether GitHub or GitLab makes more of a text than text, wherever it stands outside of code: a mention, a reference to an issue or a commit, a
/// formula, an emoji, a link. A backslash before them does not help: they are looked for in what was rendered.
fn takes_effect(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let before_digit =
        |mark: &str| lower.split(mark).skip(1).any(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let commit = || {
        lower
            .split(|c: char| !c.is_ascii_alphanumeric())
            .any(|word| word.len() >= 7 && word.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    // A number between colons is a line, but for two.
    let named = |word: &str| {
        let number = word.bytes().all(|b| b.is_ascii_digit());
        let letters = word.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+-".contains(&b));
        letters && (!number || matches!(word, "100" | "1234"))
    };
    let emoji = || {
        let mut words = lower.split(':').skip(1).peekable();
        std::iter::from_fn(|| words.next().map(|word| (word, words.peek().is_some())))
            .any(|(word, closed)| closed && !word.is_empty() && named(word))
    };
    // GitLab's references beside those of issues ("GitLab Flavored Markdown", "GitLab-specific references"): a merge request, an epic, an alert;
    // milestones and labels by number or name; what is named in brackets, `[vulnerability:1]`.
    let named_by = |mark: char| {
        lower.split(mark).skip(1).any(|rest| rest.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '"' | '_')))
    };
    let bracketed = || {
        let word = |rest: &str| rest.trim_start_matches(|c: char| c.is_ascii_alphabetic() || c == '_').starts_with(':');
        lower.split('[').skip(1).any(word)
    };
    let of_gitlab = || {
        ["!", "&", "^", "gl-"].iter().any(|mark| before_digit(mark))
            || ["^alert#", "*iteration:"].iter().any(|mark| lower.contains(mark))
            || named_by('%')
            || named_by('~')
            || bracketed()
    };
    lower.contains(['@', '$'])
        || ["://", "www.", "mailto:", "xmpp:"].iter().any(|link| lower.contains(link))
        || before_digit("#")
        || before_digit("gh-")
        || of_gitlab()
        || commit()
        || emoji()
}

/// For Markdown, cut to a number of characters: nothing in it is markup, a link, a mention, a reference or HTML. What takes effect even as text
/// is shown as code.
pub(crate) fn markdown(text: &str, most: usize) -> String {
    let text = short(text, most);
    if takes_effect(&text) { code(&text) } else { escaped(&text) }
}

/// The same for a table's cell.
pub(crate) fn cell(text: &str, most: usize) -> String {
    let text = short(text, most);
    if takes_effect(&text) { code(&text).replace('|', "\\|") } else { escaped(&text) }
}

/// The same between HTML tags, where Markdown is not read.
pub(crate) fn html(text: &str, most: usize) -> String {
    let text = short(text, most);
    let mut out = String::with_capacity(text.len() + 8);
    let mut calmed = String::with_capacity(text.len());
    calm(&text, &mut calmed);
    for c in calmed.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    if takes_effect(&text) { format!("<code>{out}</code>") } else { out }
}

/// For a page of HTML, in an element or in an attribute's double quotes: text and nothing else, cut to a number of characters.
pub(crate) fn page(text: &str, most: usize) -> String {
    let text = short(text, most);
    let mut out = String::with_capacity(text.len() + 8);
    for c in inert(&text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

fn escaped(text: &str) -> String {
    let text = text.trim_start();
    let mut out = String::with_capacity(text.len() + 8);
    // What would begin a list or a rule at the start of a line: `-`, `+`, `1.`.
    let number = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let text = match text.strip_suffix(number).filter(|n| !n.is_empty()).zip(number.strip_prefix('.')) {
        Some((digits, rest)) => {
            out.push_str(digits);
            out.push_str("\\.");
            rest
        }
        None => {
            if text.starts_with(['-', '+']) {
                out.push('\\');
            }
            text
        }
    };
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '#' | '!' | '|' | '~' => {
                out.push('\\');
                out.push(c);
            }
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            c => out.push(c),
        }
    }
    out
}

/// As code in Markdown: a run of backticks longer than any inside.
pub(crate) fn code(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    calm(&line(text), &mut shown);
    let text = shown;
    if text.is_empty() {
        return text;
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// An address where to read on, as text: only the web's, without blanks and controls.
pub(crate) fn address(v: &Violation) -> Option<&str> {
    let url = v.url.as_deref()?.trim();
    let web = url.starts_with("https://") || url.starts_with("http://");
    (web && url.len() <= 300 && url.bytes().all(|b| b.is_ascii_graphic())).then_some(url)
}

/// Whether an address leads to a database of advisories: those alone become links, as a report's writer may be a stranger.
pub(crate) fn is_advisory(url: &str) -> bool {
    const HOSTS: &[&str] = &[
        "avd.aquasec.com",
        "cve.org",
        "www.cve.org",
        "nvd.nist.gov",
        "osv.dev",
        "pkg.go.dev",
        "rustsec.org",
        "security.snyk.io",
        "security-tracker.debian.org",
        "ubuntu.com",
        "access.redhat.com",
        "alpine.pkgs.org",
    ];
    let rest = url.strip_prefix("https://").unwrap_or_default();
    let host = rest.split('/').next().unwrap_or_default();
    let known = HOSTS.contains(&host) || rest.starts_with("github.com/advisories/");
    let plain = url.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~:/?#%=&+".contains(&b));
    known && plain
}

/// The same for Markdown: a link where it leads to a database of advisories, as code elsewhere.
pub(crate) fn advisory(v: &Violation) -> Option<String> {
    let url = address(v)?;
    Some(if is_advisory(url) { format!("<{url}>") } else { code(url) })
}

/// What a violation says for people, beside its place: a message that begins with the path says it once.
pub(crate) fn said(v: &Violation) -> &str {
    let path = v.place.as_ref().map(|p| p.path.as_ref()).unwrap_or_default();
    let rest = v.message.strip_prefix(path).and_then(|rest| rest.strip_prefix(": "));
    rest.filter(|rest| !path.is_empty() && !rest.is_empty()).unwrap_or(&v.message)
}

/// The id, where neither the message nor the place says it.
pub(crate) fn id(v: &Violation) -> Option<&str> {
    let place = v.place.as_ref().map(|p| p.path.as_ref());
    v.id.as_deref().filter(|id| !v.message.contains(id) && Some(*id) != place)
}

/// A comparator as people write it.
pub(crate) fn comparator(c: &str) -> &str {
    match c {
        ">=" => "≥",
        "<=" => "≤",
        other => other,
    }
}

/// Whether a violation is what the gate's line says: a single reason need not be said twice.
pub(super) fn said_already(g: &GateVerdict, v: &Violation) -> bool {
    // The line says the first violation where the gate could not be judged, and where no condition has its status.
    let by_violation = matches!(g.status, GateStatus::Error | GateStatus::Missing)
        || g.conditions.iter().all(|c| c.status != g.status);
    g.violations.len() == 1 && v.status == g.status && v.place.is_none() && v.id.is_none() && by_violation
}

/// Whether a violation is what a cell's line says ([`cells`]).
pub(super) fn said_by_cell(g: &GateVerdict, v: &Violation) -> bool {
    v.place.is_none() && v.id.is_none() && v.help.is_none() && g.cells.iter().any(|c| c.reason == v.message)
}

/// The evidence of all of several violations, where it is the same and nothing says where in it.
pub(super) fn one_source<'v>(mut all: impl Iterator<Item = &'v Violation>) -> Option<&'v str> {
    let plain = |v: &'v Violation| {
        let somewhere = v.location.as_ref().is_some_and(|l| l.line.is_some() || l.offset.is_some() || l.path.is_some());
        v.source.as_deref().filter(|_| !somewhere)
    };
    let first = plain(all.next()?)?;
    all.all(|v| plain(v) == Some(first)).then_some(first)
}

/// The place in the code, `path:line:column`.
pub(crate) fn place(v: &Violation) -> Option<String> {
    let p = v.place.as_ref()?;
    let mut out = short(&p.path, LONGEST);
    for n in [p.line, p.column].into_iter().flatten() {
        let _ = write!(out, ":{n}");
    }
    Some(out)
}

/// The evidence and the place in it.
pub(crate) fn source(v: &Violation) -> Option<String> {
    let source = short(v.source.as_ref()?, LONGEST);
    match &v.location {
        Some(l) if l.line.is_some() || l.offset.is_some() || l.path.is_some() => {
            Some(format!("{source}{}{}", if l.line.is_some() { ":" } else { " " }, short(&l.to_string(), LONGEST)))
        }
        _ => Some(source),
    }
}

/// Violations to show: many that differ in nothing but their evidence are one, with the number of those that it stands for.
pub(crate) fn grouped(violations: &[Violation]) -> Vec<(&Violation, usize)> {
    /// So many alike are shown one by one.
    const FEW: usize = 3;
    fn key(v: &Violation) -> Option<(&str, GateStatus)> {
        let alike = v.place.is_none() && v.id.is_none() && v.package.is_none();
        alike.then(|| (v.code.as_ref(), v.status))
    }
    let mut counts = BTreeMap::new();
    for key in violations.iter().filter_map(key) {
        *counts.entry(key).or_insert(0_usize) += 1;
    }
    let mut out = Vec::with_capacity(violations.len());
    for v in violations {
        match key(v).and_then(|k| counts.get_mut(&k)) {
            // 0 is left where one has already spoken for all.
            Some(0) => {}
            Some(n) if *n > FEW => out.push((v, std::mem::take(n))),
            _ => out.push((v, 1)),
        }
    }
    out
}

/// What could not be read and no gate could be blamed for, a line each; many of one kind are one line with their number.
pub(crate) fn strays(v: &Verdict) -> Vec<String> {
    const FEW: usize = 3;
    const MOST: usize = 10;
    let mut kinds: Vec<Vec<&InputProblem>> = Vec::new();
    let mut at = BTreeMap::new();
    for p in v.problems.iter().filter(|p| p.concerns.is_empty()) {
        let n = *at.entry((p.error.code.as_str(), p.error.format.as_str())).or_insert(kinds.len());
        match kinds.get_mut(n) {
            Some(kind) => kind.push(p),
            None => kinds.push(vec![p]),
        }
    }
    let mut out = Vec::new();
    for kind in &kinds {
        match kind.as_slice() {
            [first, others @ ..] if others.len() >= FEW => {
                let words = short(&first.error.message, 2 * LONGEST);
                out.push(format!("{words} (and {} more files like it)", others.len()));
            }
            few => out.extend(few.iter().map(|p| short(&p.error.message, 2 * LONGEST))),
        }
    }
    limited(out, MOST)
}

/// The first so many, and a line that counts the rest.
pub(crate) fn limited(mut lines: Vec<String>, most: usize) -> Vec<String> {
    let rest = lines.len().saturating_sub(most);
    if rest > 0 {
        lines.truncate(most);
        lines.push(format!("… and {rest} more (--format json shows all)"));
    }
    lines
}

/// The cells of a gate that are not as the others: a line each for those that fall short, one for those that were not judged for one reason.
pub(crate) fn cells(g: &GateVerdict) -> Vec<String> {
    let mut out = Vec::new();
    let differ = g.cells.iter().any(|c| Some(c.status) != g.cells.first().map(|c| c.status));
    if !differ {
        return out;
    }
    let name = |c: &CellVerdict| {
        let labels = c.labels.iter().map(|(label, value)| format!("{label}={value}"));
        c.component.iter().cloned().chain(labels).collect::<Vec<_>>().join(" ")
    };
    let mut unjudged: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for c in &g.cells {
        match c.status {
            GateStatus::Pass => {}
            GateStatus::Skip => unjudged.entry(&c.reason).or_default().push(name(c)),
            status => out.push(format!("{}: {}: {}", name(c), status.as_str(), c.reason)),
        }
    }
    out.extend(unjudged.into_iter().map(|(reason, names)| format!("not judged: {}: {reason}", names.join(", "))));
    out
}

/// Cuts to a number of characters.
pub(crate) fn cut(text: &str, most: usize) -> String {
    if text.len() <= most || text.chars().count() <= most {
        return text.to_owned();
    }
    let mut out: String = text.chars().take(most.saturating_sub(1)).collect();
    out.push('…');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_the_terminal_or_a_reader() {
        assert_eq!(line("a\u{1b}[31mb\n\u{202e}c"), "a\\u{1b}[31mb \\u{202e}c");
        assert_eq!(line("a\u{e0041}b\u{2028}c"), "a\\u{e0041}b\\u{2028}c");
        assert_eq!(markdown("<img src=x> [a](b) | `c`", 99), "&lt;img src=x&gt; \\[a\\]\\(b\\) \\| \\`c\\`");
        assert_eq!(cell("@you | `c`", 99), "`` @you \\| `c` ``");
        assert_eq!(html("<b> #1", 99), "<code>&lt;b&gt; #1</code>");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(page("::a <b> \"'&\u{202e}", 99), "\\u{3a}:a &lt;b&gt; &quot;&#39;&amp;\\u{202e}");
    }

    #[test]
    fn what_github_or_gitlab_links_is_code() {
        let effects = [
            "see !12",
            "group/project!3",
            "&1",
            "2>&1",
            "%2",
            "%\"next release\"",
            "~7",
            "~bug",
            "~\"to do\"",
            "^4",
            "^alert#4",
            "GL-5",
            "[vulnerability:9]",
            "[feature_flag:1]",
            "*iteration:3",
            "#123",
            "see GH-2",
            "owner/repo#3",
            "16c999e",
            "$x$",
            ":tada:",
            "a :+1: b",
            "@you",
            "HTTP://evil.example",
            "WWW.evil.example",
            "mailto:a",
        ];
        for text in effects {
            assert_eq!(markdown(text, 99), format!("`{text}`"));
        }
        for (text, shown) in [
            ("a:f/0 calls b:g/1", "a:f/0 calls b:g/1"),
            ("- a", "\\- a"),
            ("1. a", "1\\. a"),
            ("33.33 % < 80 %", "33\\.33 % &lt; 80 %"),
            ("# big", "\\# big"),
            ("a !b & c", "a \\!b &amp; c"),
            ("~ 5 %, ~/x, 5%", "\\~ 5 %, \\~/x, 5%"),
            ("a[0]: b", "a\\[0\\]: b"),
            ("a.c:1:34: 2 of 3", "a.c:1:34: 2 of 3"),
        ] {
            assert_eq!(markdown(text, 99), shown);
        }
    }

    #[test]
    fn a_log_sees_no_commands() {
        for (text, shown) in [
            ("::error::x\n  ::add-mask::y\nstd::map", "\\u{3a}:error::x\n  \\u{3a}:add-mask::y\nstd::map"),
            (
                "a ##[stop-commands]x ##vso[task] ###[group]",
                "a #\\u{23}[stop-commands]x #\\u{23}vso[task] ##\\u{23}[group]",
            ),
            ("## heading [a]", "## heading [a]"),
        ] {
            assert_eq!(inert(text), shown);
        }
    }

    #[test]
    fn a_path_is_said_once_and_so_is_common_evidence() {
        let placed = |message: &str, source: &str, id: &str| {
            let mut v = Violation::new("x", GateStatus::Fail, message).from_source(source);
            v.place =
                Some(gatekeeper_evidence::findings::Place { path: "src/a.c".into(), line: Some(3), column: None });
            v.id = Some(id.to_owned());
            v
        };
        for (message, is) in [
            ("src/a.c: 5 of 10 lines", "5 of 10 lines"),
            ("src/a.c: ", "src/a.c: "),
            ("src/a.cc: x", "src/a.cc: x"),
            ("in src/a.c: x", "in src/a.c: x"),
        ] {
            assert_eq!(said(&placed(message, "r", "i")), is);
        }
        assert_eq!(said(&Violation::new("x", GateStatus::Fail, ": x")), ": x", "no place, no path");
        assert_eq!(id(&placed("m", "r", "src/a.c")), None);
        assert_eq!(id(&placed("has R1", "r", "R1")), None);
        assert_eq!(id(&placed("m", "r", "R1")), Some("R1"));

        let all = [placed("a", "lint.sarif", "1"), placed("b", "lint.sarif", "2")];
        assert_eq!(one_source(all.iter()), Some("lint.sarif"));
        let other = [placed("a", "lint.sarif", "1"), placed("b", "other.sarif", "2")];
        assert_eq!(one_source(other.iter()), None);
        let mut somewhere = all.clone();
        somewhere[1].location = Some(gatekeeper_evidence::location::Location { line: Some(9), ..Default::default() });
        assert_eq!(one_source(somewhere.iter()), None, "where in it would be lost");
        assert_eq!(one_source([].iter()), None);
        assert_eq!(one_source([Violation::new("x", GateStatus::Fail, "x")].iter()), None);
    }

    #[test]
    fn many_alike_are_one() {
        let of = |code: &'static str| Violation::new(code, GateStatus::Error, "x");
        let many: Vec<Violation> = (0..2000).map(|_| of("a")).chain([of("b"), of("b")]).collect();
        let counts: Vec<usize> = grouped(&many).into_iter().map(|(_, n)| n).collect();
        assert_eq!(counts, [2000, 1, 1]);
    }

    #[test]
    fn only_databases_of_advisories_are_linked_to() {
        let of = |url: &str| {
            let mut v = Violation::new("finding", GateStatus::Fail, "x");
            v.url = Some(url.to_owned());
            advisory(&v)
        };
        assert_eq!(of("https://osv.dev/GHSA-1").as_deref(), Some("<https://osv.dev/GHSA-1>"));
        assert_eq!(of("https://osv.dev.example.org/1").as_deref(), Some("`https://osv.dev.example.org/1`"));
        assert_eq!(of("https://osv.dev/>x").as_deref(), Some("`https://osv.dev/>x`"));
        assert_eq!(of("https://osv.dev@example.org/").as_deref(), Some("`https://osv.dev@example.org/`"));
        assert_eq!(of("javascript:alert(1)"), None);
    }
}
