use super::*;

fn read(text: &str) -> Result<Diff, ParseError> {
    Diff::read("d", text.as_bytes().to_vec())
}

/// Each file's new name with the numbers of its added lines.
fn added(text: &str) -> Vec<(String, Vec<u32>)> {
    let diff = read(text).unwrap();
    let of = |f: &FileDiff| {
        let name = f.new.clone().unwrap_or_else(|| format!("-{}", f.old.as_deref().unwrap_or_default()));
        (name, diff.added(f).map(|l| l.number).collect())
    };
    diff.files().iter().map(of).collect()
}

fn one(name: &str, numbers: &[u32]) -> Vec<(String, Vec<u32>)> {
    vec![(name.to_owned(), numbers.to_vec())]
}

const HUNK: &str = "@@ -1,2 +1,3 @@\n one\n+two\n three\n";

#[test]
fn prefixes_of_all_sorts_are_taken_off() {
    for (old, new) in
        [("a/", "b/"), ("c/", "w/"), ("i/", "w/"), ("1/", "2/"), ("", ""), ("old/", "new/"), ("x/y/", "z/"), ("a/", "")]
    {
        let text = format!(
            "diff --git {old}src/x.py {new}src/x.py\nindex 1..2 100644\n--- {old}src/x.py\n+++ {new}src/x.py\n{HUNK}"
        );
        assert_eq!(added(&text), one("src/x.py", &[2]), "{old} {new}");
    }
}

#[test]
fn new_and_deleted_files_take_their_name_from_the_header() {
    for (old, new) in [("a/", "b/"), ("", ""), ("old/", "new/"), ("x/y/", "z/")] {
        let head = format!("diff --git {old}src/x y.py {new}src/x y.py\n");
        let text = format!(
            "{head}new file mode 100644\nindex 0000000..2\n--- /dev/null\n+++ {new}src/x y.py\t\n@@ -0,0 +1,2 @@\n+a\n+b\n"
        );
        assert_eq!(added(&text), one("src/x y.py", &[1, 2]), "{old} {new}");
        let text = format!(
            "{head}deleted file mode 100644\nindex 1..0000000\n--- {old}src/x y.py\t\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n"
        );
        assert_eq!(added(&text), one("-src/x y.py", &[]), "{old} {new}");
    }
}

#[test]
fn quoted_names_are_read() {
    let text = format!(
        "diff --git \"a/src/geb\\303\\274hr.py\" \"b/src/geb\\303\\274hr.py\"\nindex 1..2 100644\n--- \"a/src/geb\\303\\274hr.py\"\n+++ \"b/src/geb\\303\\274hr.py\"\n{HUNK}"
    );
    assert_eq!(added(&text), one("src/gebühr.py", &[2]));
}

#[test]
fn lines_that_look_like_headers_are_lines() {
    let text = "diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n@@ -1,2 +1,4 @@\n--- rates\n+++ counter\n+diff --git a/y b/y\n+@@ -1 +1 @@\n one\n";
    assert_eq!(added(text), one("x", &[1, 2, 3]));
    let diff = read(text).unwrap();
    let texts: Vec<&[u8]> = diff.added(&diff.files()[0]).map(|l| l.text).collect();
    assert_eq!(texts, [b"++ counter".as_slice(), b"diff --git a/y b/y", b"@@ -1 +1 @@"]);
    assert_eq!(diff.files()[0].removed, 1);
}

#[test]
fn an_empty_line_of_the_context_and_a_missing_newline_are_read() {
    let text = "diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n@@ -1,3 +1,4 @@\n\n+a\n b\n-c\n\\ No newline at end of file\n+d\n\\ No newline at end of file\n";
    assert_eq!(added(text), one("x", &[2, 4]));
}

#[test]
fn the_diff_may_be_written_in_crlf_or_utf16() {
    let text = format!("diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n{HUNK}");
    let crlf = text.replace('\n', "\r\n");
    assert_eq!(added(&crlf), one("x", &[2]));
    let diff = read(&crlf).unwrap();
    assert_eq!(diff.added(&diff.files()[0]).next().unwrap().text, b"two");
    let wide: Vec<u8> = [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let diff = Diff::read("d", wide).unwrap();
    assert_eq!(diff.added(&diff.files()[0]).next().unwrap().number, 2);
    // A source in CR LF keeps its CR.
    let source = text.replace("+two\n", "+two\r\n");
    let diff = read(&source).unwrap();
    assert_eq!(diff.added(&diff.files()[0]).next().unwrap().text, b"two\r");
}

#[test]
fn renames_copies_modes_binaries_submodules_and_links() {
    let text = "diff --git a/a b/b\nsimilarity index 90%\nrename from a\nrename to b\nindex 1..2 100644\n--- a/a\n+++ b/b\n@@ -4,0 +5 @@\n+x\n\
        diff --git a/c b/d\nsimilarity index 100%\ncopy from c\ncopy to d\n\
        diff --git a/e b/e\nold mode 100644\nnew mode 100755\n\
        diff --git a/f.png b/f.png\nindex 1..2 100644\nBinary files a/f.png and b/f.png differ\n\
        diff --git a/g b/g\nindex 1..2 100644\nGIT binary patch\nliteral 2\nJc${NkU|;|M00aO5\n\nliteral 1\nIc${NkU|;|M00aO5\n\n\
        diff --git a/h b/h\nindex 1..2 160000\n--- a/h\n+++ b/h\n@@ -1 +1 @@\n-Subproject commit 1\n+Subproject commit 2\n\
        diff --git a/i b/i\nnew file mode 120000\nindex 0000000..2\n--- /dev/null\n+++ b/i\n@@ -0,0 +1 @@\n+to\n\\ No newline at end of file\n\
        diff --git a/j b/j\nnew file mode 100644\nindex 0000000..e69de29\n";
    let diff = read(text).unwrap();
    let shown: Vec<(Option<&str>, Option<&str>, Shown, bool)> =
        diff.files().iter().map(|f| (f.old.as_deref(), f.new.as_deref(), f.shown, f.copied)).collect();
    let lines = Shown::Lines;
    assert_eq!(
        shown,
        [
            (Some("a"), Some("b"), lines, false),
            (Some("c"), Some("d"), lines, true),
            (Some("e"), Some("e"), lines, false),
            (Some("f.png"), Some("f.png"), Shown::Binary, false),
            (Some("g"), Some("g"), Shown::Binary, false),
            (Some("h"), Some("h"), Shown::Submodule, false),
            (None, Some("i"), Shown::Link, false),
            (None, Some("j"), lines, false),
        ]
    );
    // A copy leaves what it is of as it was; a rename touches both.
    assert_eq!(diff.names().into_iter().collect::<Vec<_>>(), ["a", "b", "d", "e", "f.png", "g", "h", "i", "j"]);
    assert_eq!(diff.added_lines(), 3);
}

#[test]
fn a_diff_from_the_top_is_named_from_a_folder_below() {
    let file = |name: &str| format!("--- a/{name}\n+++ b/{name}\n{HUNK}");
    let below = |text: &str, folder: &str| {
        let mut diff = read(text).unwrap();
        diff.below(folder);
        diff.files().iter().filter_map(|f| f.new.clone()).collect::<Vec<_>>()
    };
    let both = format!("{}{}", file("one/src/x.py"), file("two/src/x.py"));
    assert_eq!(below(&both, "one/"), ["src/x.py"]);
    assert_eq!(below(&both, "three/"), ["one/src/x.py", "two/src/x.py"]);
    assert_eq!(below(&both, ""), ["one/src/x.py", "two/src/x.py"]);
}

#[test]
fn other_tools_are_read() {
    let gnu = format!(
        "diff -ruN old/src/x.py new/src/x.py\n--- old/src/x.py\t2026-01-01 00:00:00.000000000 +0000\n+++ new/src/x.py\t2026-01-02 00:00:00.000000000 +0000\n{HUNK}Binary files old/p.png and new/p.png differ\n"
    );
    assert_eq!(added(&gnu), [("src/x.py".to_owned(), vec![2]), ("p.png".to_owned(), vec![])]);
    let svn = format!(
        "Index: src/x.py\n===================================================================\n--- src/x.py\t(revision 3)\n+++ src/x.py\t(working copy)\n{HUNK}\nProperty changes on: src/x.py\n___________________________________________________________________\nAdded: svn:executable\n## -0,0 +1 ##\n+*\n\\ No newline at end of property\nIndex: src/y.py\n===================================================================\n--- src/y.py\t(nonexistent)\n+++ src/y.py\t(working copy)\n@@ -0,0 +1 @@\n+y\n"
    );
    assert_eq!(added(&svn), [("src/x.py".to_owned(), vec![2]), ("src/y.py".to_owned(), vec![1])]);
    let hg = format!(
        "diff -r 0123456789ab src/x.py\n--- a/src/x.py\tThu Jan 01 00:00:00 2026 +0000\n+++ b/src/x.py\tThu Jan 01 00:00:00 2026 +0000\n{HUNK}"
    );
    assert_eq!(added(&hg), one("src/x.py", &[2]));
    let new = "--- /dev/null\n+++ b/src/x.py\n@@ -0,0 +1 @@\n+y\n";
    assert_eq!(added(new), one("src/x.py", &[1]));
    let show = format!(
        "commit 0123456789012345678901234567890123456789\nAuthor: a <a@example.org>\n\n    diff --git a/y b/y\n\ndiff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n{HUNK}"
    );
    assert_eq!(added(&show), one("x", &[2]));
    let log = "Submodule lib 1234567..89abcde:\n  > one\n  < two\n";
    let diff = read(log).unwrap();
    assert_eq!((diff.files()[0].new.as_deref(), diff.files()[0].shown), (Some("lib"), Shown::Submodule));
}

#[test]
fn what_is_no_whole_diff_is_refused_with_its_line() {
    let head = "diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n";
    for (text, code, line) in [
        (String::new(), ErrorCode::Empty, None),
        ("\n\n".to_owned(), ErrorCode::Empty, None),
        ("<!DOCTYPE html>\n<html>\n".to_owned(), ErrorCode::Unrecognised, Some(1)),
        (" src/x.py | 2 +-\n 1 file changed\n".to_owned(), ErrorCode::Unrecognised, Some(1)),
        (
            "\u{1b}[1mdiff --git a/x b/x\u{1b}[m\n\u{1b}[36m@@ -1 +1 @@\u{1b}[m\n".to_owned(),
            ErrorCode::Unrecognised,
            Some(1),
        ),
        (format!("{head}@@ -1,2 +1,3 @@\n one\n+two\n"), ErrorCode::Malformed, None),
        (format!("{head}@@ -1,2 +1,3 @@\n one\n+two\n+three\n"), ErrorCode::Malformed, None),
        (format!("{head}@@ -1,2 +1,3 @@\n one\n+two\n+three\n+four\n"), ErrorCode::Malformed, Some(9)),
        (format!("{head}@@ -1,2 +1,2 @@\n one\nxtwo\n"), ErrorCode::Malformed, Some(7)),
        (format!("{head}@@ -1,2 +1,x @@\n one\n"), ErrorCode::Malformed, Some(5)),
        (format!("{head}@@ -1 +1 @@\n-a\n+b\n@@ -1 +1 @@\n-a\n+b\n"), ErrorCode::Malformed, Some(8)),
        (format!("{head}@@ -1,2 +1,3 @@\n a\n+b\n c\n@@ -2 +2,2 @@\n+x\n c\n"), ErrorCode::Malformed, Some(10)),
        (head.to_owned(), ErrorCode::Malformed, None),
        ("diff --git a/x b/x\nindex 1..2 100644\n".to_owned(), ErrorCode::Malformed, None),
        (format!("diff --git a/x b/x\nindex 1..2 100644\n{head}{HUNK}"), ErrorCode::Malformed, Some(3)),
        (format!("{head}{HUNK}fatal: cannot go on\n"), ErrorCode::Malformed, Some(9)),
        (format!("{head}{HUNK}{head}{HUNK}"), ErrorCode::Unrecognised, Some(9)),
        (format!("{head}{HUNK}commit 1234567\n"), ErrorCode::Unrecognised, Some(9)),
        (format!("{head}{HUNK}Only in new: y.py\n"), ErrorCode::Unrecognised, Some(9)),
        (format!("{head}{HUNK}* Unmerged path y\n"), ErrorCode::Unrecognised, Some(9)),
        (
            "diff --cc x\nindex 1,2..3\n--- a/x\n+++ b/x\n@@@ -1,1 -1,1 +1,2 @@@\n++two\n".to_owned(),
            ErrorCode::Unrecognised,
            Some(1),
        ),
        (
            format!(
                "From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001\nSubject: x\n\n{head}{HUNK}"
            ),
            ErrorCode::Unrecognised,
            Some(1),
        ),
        (
            "diff --git a/g b/g\nindex 1..2 100644\nGIT binary patch\nliteral 2\nJc${NkU|;|M00aO5\n".to_owned(),
            ErrorCode::Malformed,
            None,
        ),
    ] {
        let e = read(&text).expect_err(&text);
        assert_eq!((e.code(), e.location().line), (code, line), "{text}\n{e}");
    }
}

#[test]
fn a_diff_cut_within_its_hunks_is_never_read() {
    let text = "diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n@@ -1,3 +1,6 @@\n one\n+two\n+three\n+four\n five\n six\n";
    let start = text.find("@@").unwrap();
    for end in start..text.len() - 4 {
        let cut = text.get(..end).unwrap();
        assert!(read(cut).is_err(), "{cut}");
    }
}
