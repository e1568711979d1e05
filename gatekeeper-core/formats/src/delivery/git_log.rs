//! `git log --format=raw --decorate=full`: commits as git keeps them, with the tags and branches that stand on them.
//!
//! Specification: git-log(1), "PRETTY FORMATS", `raw` (git 2.x), <https://git-scm.com/docs/git-log>. A commit's header lines come first (`tree`,
//! `parent`, `author`, `committer`, others such as `gpgsig` with continuation lines that begin with a blank), then an empty line, then the message,
//! each line indented by four. A message can therefore never look like a commit of its own.
//!
//! - Tags stand behind the id, and only with `--decorate`: a log without any decoration says nothing of tags.
//! - A shallow clone's last commits are marked `grafted`, and a replaced object `replaced`: either log is not the history. Neither is one in which a
//!   parent of a commit is not listed; whether that matters is for the gate to tell.
//! - Patches and statistics (`-p`, `--stat`), graphs and the marks of `--boundary` and `--left-right` are refused: with them a log is no plain list.
//! - There is no end mark. A log that breaks off inside a commit's header is refused, one that breaks off inside a line is not complete.

use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::commits::{Commit, Commits, Person};
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::location::Location;
use gatekeeper_evidence::{Data, Kind, Note};

pub(super) static FORMAT: Format = Format {
    id: "git-log",
    title: "git log, raw, with its tags",
    kind: Kind::Commits,
    extensions: &["log", "txt"],
    places: &[],
    spec: "git log --format=raw --decorate=full (git 2), https://git-scm.com/docs/git-log",
    producers: &["git"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let mut lines = head.printed().skip_while(|l| l.is_empty());
    let commit = lines.next().and_then(|l| l.strip_prefix(b"commit ")).is_some_and(|l| {
        let digits = l.iter().take_while(|b| b.is_ascii_hexdigit()).count();
        digits == 40 || digits == 64
    });
    Confidence::when(commit && lines.next().is_some_and(|l| l.starts_with(b"tree ")), Confidence::Certain)
}

/// Where a line of the log stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    /// Before the first commit, or after the empty line that ends a message.
    Between,
    /// Among a commit's header lines.
    Header,
    /// In its message.
    Message,
    /// In notes, which are no part of the commit.
    Notes,
}

struct Reader {
    out: Commits,
    notes: Vec<Note>,
    /// Whether it is only a part of the history by git's own marks.
    cut: bool,
    message: Vec<String>,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut r = Reader { out: Commits::default(), notes: Vec::new(), cut: false, message: Vec::new() };
    let mut at = At::Between;
    let mut number = 0_u64;
    let whole_lines = input.bytes.last().is_none_or(|b| *b == b'\n');
    let mut lines = input.bytes.split(|b| *b == b'\n').peekable();
    while let Some(line) = lines.next() {
        if lines.peek().is_none() && line.is_empty() {
            break;
        }
        number = number.saturating_add(1);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let wrong = |wanted: &str| ParseError::malformed(wanted).on_line(number).found(line);
        at = match at {
            _ if line.starts_with(b"commit ") => {
                r.end(at).map_err(wrong)?;
                let text = String::from_utf8_lossy(line);
                let commit = r.commit(text.get(7..).unwrap_or_default(), number);
                r.out.commits.push(commit.ok_or_else(|| {
                    wrong("`commit`, an id of 40 or 64 hexadecimal digits and the names on it in parentheses")
                })?);
                At::Header
            }
            At::Header if line.is_empty() => At::Message,
            At::Header => {
                r.header(&String::from_utf8_lossy(line)).map_err(wrong)?;
                At::Header
            }
            At::Message | At::Between | At::Notes if line.is_empty() => {
                if at == At::Message {
                    r.message.push(String::new());
                }
                if at == At::Notes { At::Notes } else { at }
            }
            At::Message if line.starts_with(b"    ") => {
                r.message.push(String::from_utf8_lossy(line.get(4..).unwrap_or_default()).into_owned());
                At::Message
            }
            At::Message if line.starts_with(b"Notes") && line.ends_with(b":") => At::Notes,
            At::Notes if line.starts_with(b"    ") => At::Notes,
            At::Message | At::Between | At::Notes => {
                return Err(wrong(
                    "a commit, or a message's line indented by four blanks (git log --format=raw, without patches)",
                ));
            }
        };
    }
    r.end(at).map_err(|wanted| ParseError::malformed(wanted).on_line(number).found_words("the end of the file"))?;
    if r.out.commits.is_empty() {
        return Err(ParseError::malformed("commits").at(0).found_words("none"));
    }
    if r.cut {
        let words =
            "it is a shallow clone's log: what lies before its last commits is not in it (fetch the whole history)";
        r.notes.insert(0, Note::new(words));
    }
    if !whole_lines {
        r.notes.insert(0, Note::at("breaks off inside a line", Location::line(number)));
    }
    let complete = (r.cut || !whole_lines).then_some(false);
    Ok(Parsed { tool: Some("git".to_owned()), notes: r.notes, ..Parsed::new(Data::Commits(r.out), complete) })
}

impl Reader {
    /// Ends the commit that is being read; `Err` says what its header lacks.
    fn end(&mut self, at: At) -> Result<(), &'static str> {
        let message = std::mem::take(&mut self.message);
        let Some(commit) = self.out.commits.last_mut() else { return Ok(()) };
        if commit.tree.is_empty() {
            return Err("a commit's header with its `tree`");
        }
        if commit.author == Person::default() || commit.committer == Person::default() {
            return Err("a commit's header with its `author` and `committer`");
        }
        if at != At::Header {
            let lines = message.len() - message.iter().rev().take_while(|l| l.is_empty()).count();
            commit.message = message.get(..lines).unwrap_or_default().join("\n").into();
        }
        Ok(())
    }

    fn commit(&mut self, text: &str, line: u64) -> Option<Commit> {
        let (id, names) = text.split_once(' ').unwrap_or((text, ""));
        if !matches!(id.len(), 40 | 64) || !id.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let mut commit = Commit { id: id.to_ascii_lowercase().into(), line, ..Commit::default() };
        if names.is_empty() {
            return Some(commit);
        }
        self.out.decorated = true;
        // No name of a reference holds a blank, so the commas between them are plain.
        for name in names.strip_prefix('(')?.strip_suffix(')')?.split(", ") {
            match name {
                "HEAD" => commit.head = true,
                "grafted" | "replaced" => self.cut = true,
                _ => {
                    if let Some(branch) = name.strip_prefix("HEAD -> ") {
                        commit.head = true;
                        let branch = branch.strip_prefix("refs/heads/").unwrap_or(branch);
                        commit.checked_out = Some(branch.into());
                        commit.branches.push(branch.into());
                    } else if let Some(tag) = name.strip_prefix("tag: ") {
                        commit.tags.push(tag.strip_prefix("refs/tags/").unwrap_or(tag).into());
                    } else if let Some(branch) = name.strip_prefix("refs/heads/") {
                        commit.branches.push(branch.into());
                    } else if let Some((_, branch)) = name.strip_prefix("refs/remotes/").and_then(|r| r.split_once('/'))
                        && branch != "HEAD"
                        && !commit.branches.iter().any(|b| &**b == branch)
                    {
                        commit.branches.push(branch.into());
                    }
                }
            }
        }
        Some(commit)
    }

    /// A line of a commit's header; `Err` says what should have stood there.
    fn header(&mut self, line: &str) -> Result<(), &'static str> {
        let Some(commit) = self.out.commits.last_mut() else { return Ok(()) };
        // A signature or a merged tag goes on in lines that begin with a blank.
        if line.starts_with(' ') {
            return Ok(());
        }
        let (key, value) = line.split_once(' ').unwrap_or((line, ""));
        let id = || -> Result<Box<str>, &'static str> {
            let fits = matches!(value.len(), 40 | 64) && value.bytes().all(|b| b.is_ascii_hexdigit());
            if fits { Ok(value.to_ascii_lowercase().into()) } else { Err("an id of 40 or 64 hexadecimal digits") }
        };
        match key {
            "tree" => commit.tree = id()?,
            "parent" => commit.parents.push(id()?),
            "author" => commit.author = person(value).ok_or("a name, an address in angle brackets and a time")?,
            "committer" => commit.committer = person(value).ok_or("a name, an address in angle brackets and a time")?,
            _ if !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') => {}
            _ => return Err("a line of a commit's header (`tree`, `parent`, `author`, `committer`, …)"),
        }
        Ok(())
    }
}

/// `Name <address> 1780135200 +0000`; a name may be empty, and may hold anything but the brackets.
fn person(text: &str) -> Option<Person> {
    let (rest, time) = text.rsplit_once("> ")?;
    let (name, email) = rest.rsplit_once('<')?;
    let (seconds, zone) = time.split_once(' ')?;
    let known_zone = zone.len() >= 5 && zone.starts_with(['+', '-']);
    let time = seconds.parse().ok().filter(|_| known_zone)?;
    Some(Person { name: name.trim().into(), email: email.into(), time })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Limits;

    const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
    const TREE: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

    fn commit(id: &str, names: &str, parents: &[&str], message: &str) -> String {
        let parents: String = parents.iter().map(|p| format!("parent {p}\n")).collect();
        let message: String = message.lines().map(|l| format!("    {l}\n")).collect();
        let who = "A B <a@example.org> 1780135200 +0000";
        format!("commit {id}{names}\ntree {TREE}\n{parents}author {who}\ncommitter {who}\n\n{message}")
    }

    fn read(text: &str) -> Result<Parsed, ParseError> {
        let limits = Limits::default();
        parse(&Input { name: "l.txt", bytes: text.as_bytes(), limits: &limits, exit_status: None, validate: true })
    }

    fn commits(text: &str) -> (Commits, Option<bool>) {
        let parsed = read(text).unwrap();
        match parsed.data {
            Data::Commits(c) => (c, parsed.complete),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn names_on_a_commit_are_told_apart() {
        let names = " (HEAD -> refs/heads/main, tag: refs/tags/v1.0.0, refs/remotes/origin/release/1.0, refs/remotes/origin/HEAD)";
        let (log, complete) = commits(&commit(A, names, &[], "feat: x\n\nbody"));
        let c = &log.commits[0];
        assert_eq!((log.decorated, c.head, c.checked_out.as_deref()), (true, true, Some("main")));
        assert_eq!(c.tags, ["v1.0.0".into()]);
        assert_eq!(c.branches, ["main".into(), "release/1.0".into()]);
        assert_eq!((&*c.message, complete), ("feat: x\n\nbody", None));
        assert_eq!(c.author, Person { name: "A B".into(), email: "a@example.org".into(), time: 1_780_135_200 });
        let (log, _) = commits(&commit(A, "", &[], "x"));
        assert!(!log.decorated && log.head().is_some());
        let (log, _) = commits(&commit(A, " (HEAD, tag: v1)", &[], "x"));
        assert_eq!((log.commits[0].tags.len(), log.commits[0].checked_out.as_deref()), (1, None));
    }

    #[test]
    fn commits_follow_one_another_whatever_their_messages_say() {
        let fake = format!("commit {B}\ntree {TREE}");
        let text = commit(A, "", &[B], &fake) + "\n" + &commit(B, "", &[], "") + "\n" + &commit(A, "", &[], "last");
        let (log, _) = commits(&text);
        assert_eq!(log.commits.len(), 3);
        assert_eq!(&*log.commits[0].message, fake);
        assert_eq!([&*log.commits[1].message, &*log.commits[2].message], ["", "last"]);
        assert_eq!([log.commits[0].line, log.commits[1].line], [1, 10]);
    }

    #[test]
    fn signatures_and_notes_are_no_part_of_a_message() {
        let text = commit(A, "", &[], "x").replace("\n\n    x", "\ngpgsig -----BEGIN\n \n iQ==\n -----END\n\n    x");
        let (log, _) = commits(&(text + "\nNotes:\n    feat!: from the notes\n\n" + &commit(B, "", &[], "y")));
        assert_eq!([&*log.commits[0].message, &*log.commits[1].message], ["x", "y"]);
    }

    #[test]
    fn what_is_no_whole_log_is_refused_or_not_complete() {
        let whole = commit(A, "", &[B], "one\ntwo");
        assert_eq!(commits(&whole).1, None);
        assert_eq!(commits(whole.strip_suffix("o\n").unwrap()).1, Some(false));
        assert_eq!(commits(&commit(A, " (grafted, HEAD)", &[B], "x")).1, Some(false));
        assert_eq!(commits(&commit(A, " (replaced)", &[B], "x")).1, Some(false));
        let header: String = whole.split("committer").next().unwrap().to_owned();
        let tree_less = whole.replace(&format!("tree {TREE}\n"), "");
        for (text, said) in [
            (header, "author"),
            (tree_less, "tree"),
            (whole.clone() + "\n" + " src/a.c | 2 +-\n", "without patches"),
            (whole.replace("commit a", "commit -a"), "40 or 64"),
            (whole.replace("parent b", "parent x"), "hexadecimal"),
            (whole.replace("+0000", ""), "a time"),
            ("\n\n".to_owned(), "commits"),
        ] {
            let error = read(&text).map(drop).unwrap_err();
            assert!(error.line().contains(said), "{said}: {}", error.line());
        }
    }
}
