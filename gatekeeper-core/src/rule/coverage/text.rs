//! Which lines of a source are no code by their text: comments, and what holds no letter and no digit.

/// How a language begins a comment that goes to the end of the line.
const COMMENTS: [(&str, &[&str]); 5] = [
    ("#", &["py", "pyi", "rb", "sh", "bash", "pl", "pm", "r", "ex", "exs", "jl", "nim", "cr", "tf", "php", "coffee"]),
    (
        "//",
        &[
            "js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts", "java", "kt", "kts", "scala", "groovy", "go", "rs",
            "swift", "dart", "cs", "fs", "c", "h", "cc", "cpp", "cxx", "hpp", "hh", "m", "mm", "php", "vue", "svelte",
            "zig", "gleam",
        ],
    ),
    ("%", &["erl", "hrl"]),
    ("--", &["lua", "hs", "sql", "elm"]),
    (";", &["clj", "cljs", "cljc", "lisp", "scm", "el"]),
];

/// Languages with `/* … */` in which no statement begins with `* `.
const BLOCKS: [&str; 21] = [
    "js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts", "java", "kt", "kts", "scala", "groovy", "go", "rs", "swift",
    "dart", "cs", "php", "vue", "svelte",
];

/// Others, in which one may: what a pointer leads to is assigned.
const POINTERS: [&str; 9] = ["c", "h", "cc", "cpp", "cxx", "hpp", "hh", "m", "mm"];

/// Whether a line of a file with this extension is no code, whatever stands around it.
pub(super) fn is_no_code(extension: &str, text: &[u8]) -> bool {
    let text = text.trim_ascii();
    if !text.iter().any(|b| b.is_ascii_alphanumeric() || !b.is_ascii()) {
        return true;
    }
    let extension = extension.to_ascii_lowercase();
    let is_of = |list: &[&str]| list.contains(&extension.as_str());
    let comment = |(mark, of): &(&str, &[&str])| text.starts_with(mark.as_bytes()) && is_of(of);
    if COMMENTS.iter().any(comment) {
        // An attribute of PHP is code.
        return !text.starts_with(b"#[");
    }
    let blocks = is_of(&BLOCKS);
    blocks && text.starts_with(b"* ")
        || (blocks || is_of(&POINTERS)) && text.strip_prefix(b"/*").is_some_and(to_the_end)
}

/// Whether a comment that has begun goes on to the end of a line: behind its own end there may be code.
fn to_the_end(comment: &[u8]) -> bool {
    memchr::memmem::find(comment, b"*/").is_none_or(|end| end + 2 == comment.len())
}

#[cfg(test)]
mod tests {
    use super::is_no_code;

    #[test]
    fn comments_and_brackets_are_no_code() {
        for (extension, text) in [
            ("py", "  # why"),
            ("js", "// why"),
            ("ts", "/* why */"),
            ("c", "/* why */"),
            ("hpp", "/** why"),
            ("java", "/** why"),
            ("java", " * why"),
            ("erl", "%% why"),
            ("rs", "}"),
            ("py", "),"),
            ("go", ""),
        ] {
            assert!(is_no_code(extension, text.as_bytes()), "{extension} {text}");
        }
    }

    #[test]
    fn what_may_be_code_is_not_taken_for_a_comment() {
        for (extension, text) in [
            ("py", "x = 1  # why"),
            ("c", "#define A 1"),
            ("c", "* p = 1;"),
            ("js", "a * b"),
            ("js", "/* why */ f()"),
            ("js", "/* why */ f() /* b */"),
            ("c", "/* why */ f(); /* b */"),
            ("py", "/* why */"),
            ("php", "#[Attribute]"),
            ("rs", "#[test]"),
            ("py", "ü = 1"),
            ("py", "// 2"),
            ("go", "return"),
        ] {
            assert!(!is_no_code(extension, text.as_bytes()), "{extension} {text}");
        }
    }
}
