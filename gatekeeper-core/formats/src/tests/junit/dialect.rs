//! Who wrote a JUnit file: most writers leave a mark in the names that they give to runs and suites.

use crate::scan::xml::Attribute;

/// The writer, by the attributes of `<testsuites>` or `<testsuite>`.
pub(super) fn tool_of(element: &str, attributes: &[Attribute<'_>]) -> Option<&'static str> {
    let get = |key: &str| attributes.iter().find(|a| a.key == key).map(|a| a.raw);
    let name = get("name").unwrap_or_default();
    let named = match name {
        "pytest" | "pytest tests" => Some("pytest"),
        "jest tests" => Some("jest"),
        "vitest tests" => Some("vitest"),
        "Mocha Tests" => Some("mocha"),
        "AllTests" => Some("gtest"),
        "nextest-run" => Some("nextest"),
        "rspec" => Some("rspec"),
        "bun test" => Some("bun"),
        "PHPUnit" => Some("phpunit"),
        _ => None,
    };
    if named.is_some() {
        return named;
    }
    if get("noNamespaceSchemaLocation").is_some_and(|s| s.contains("surefire")) {
        return Some("surefire");
    }
    if get("package") == Some("org.eslint") {
        return Some("eslint");
    }
    if element == "testsuites" {
        // Its id and name are empty unless the environment sets them; what it states, and the order, is its own.
        const PLAYWRIGHT: [&str; 7] = ["id", "name", "tests", "failures", "skipped", "errors", "time"];
        return attributes.iter().map(|a| a.key).eq(PLAYWRIGHT).then_some("playwright");
    }
    if is_eunit_suite(name) {
        return Some("eunit");
    }
    // cth_surefire names the folder of the suite's HTML log.
    if get("log").is_some() && get("hostname").is_some() {
        return Some("ct");
    }
    (get("assertions").is_some() && get("warnings").is_some()).then_some("phpunit")
}

/// EUnit's own titles of top-level groups: `module 'calc_tests'`, `file "calc.app"`, `application "calc"`, `directory "test"`.
fn is_eunit_suite(raw: &str) -> bool {
    let quoted = |rest: Option<&str>| {
        rest.is_some_and(|r| {
            ["'", "\"", "&quot;", "&apos;"].iter().any(|q| r.starts_with(q) && r.len() > 1 && r.ends_with(q))
        })
    };
    ["module ", "file ", "application ", "directory "].iter().any(|w| quoted(raw.strip_prefix(w)))
}

/// EUnit's names of cases: `module:line function`, and the pseudo-cases of broken fixtures.
pub(super) fn is_eunit_case(raw: &str) -> bool {
    if is_fixture(raw) {
        return true;
    }
    let Some((module, rest)) = raw.split_once(':') else { return false };
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    !module.is_empty()
        && module.starts_with(|c: char| c.is_ascii_lowercase() || c == '\'')
        && module.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'@' | b'\'' | b'.'))
        && digits > 0
        && rest.as_bytes().get(digits) == Some(&b' ')
}

/// The pseudo-case of a set-up or clean-up that failed: `fixture setup [1,4]`. The tests of a fixture that was not set up are nowhere.
pub(super) fn is_fixture(raw: &str) -> bool {
    raw.starts_with("fixture setup ") || raw.starts_with("fixture cleanup ")
}

/// Common Test's configuration functions, which its surefire hook lists as cases.
pub(super) fn is_ct_config(raw: &str) -> bool {
    matches!(raw, "init_per_suite" | "end_per_suite" | "init_per_group" | "end_per_group" | "error_in_suite")
}

/// The prolog of cth_surefire, with its blank behind `encoding=`.
pub(super) fn is_ct_prolog(text: &str) -> bool {
    text.trim_start().starts_with("<?xml version=\"1.0\" encoding= \"UTF-8\" ?><testsuites")
}

/// A source file and a line in it.
type SourceLine = (Box<str>, u32);

/// What EUnit's report of an exception says: the exception on one line (its stack trace comes first in the file), and the first place
/// in the stack that is not EUnit's own.
pub(super) fn eunit_failure(text: &str) -> Option<(String, Option<SourceLine>)> {
    let start = text.trim_start();
    if !start.starts_with("::in ") && !start.starts_with("in ") && !start.starts_with("::") {
        return None;
    }
    let class = ["**error:", "**exit:", "**throw:"].iter().filter_map(|c| text.find(c)).min()?;
    let place = text.get(..class)?.lines().find_map(|line| {
        let (_, within) = line.rsplit_once('(')?;
        let (path, number) =
            within.trim_end().trim_end_matches([')', ':']).trim_end_matches(')').split_once(", line ")?;
        let own = path.rsplit('/').next()?.starts_with("eunit");
        (!own).then(|| Some((path.into(), number.trim().parse().ok()?))).flatten()
    });
    let words: Vec<&str> = text.get(class + 2..)?.split_whitespace().collect();
    Some((words.join(" "), place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exception_is_told_before_its_stack() {
        let text = "\n::in function m_tests:a/0 (/b/test/m_tests.erl, line 20)\nin call from eunit_test:run/1 (eunit_test.erl, line 71)\n\
                    **error:{assertEqual,[{module,m_tests},\n       {value,large}]}\n";
        let (message, place) = eunit_failure(text).unwrap();
        assert_eq!(message, "error:{assertEqual,[{module,m_tests}, {value,large}]}");
        assert_eq!(place, Some(("/b/test/m_tests.erl".into(), 20)));
        assert_eq!(eunit_failure("expected 1, got 2"), None);
    }

    #[test]
    fn eunit_is_told_by_its_titles() {
        assert!(is_eunit_suite("module 'a_tests'"));
        assert!(is_eunit_suite("file \"a.app\""));
        assert!(is_eunit_suite("file &quot;a.app&quot;"));
        assert!(!is_eunit_suite("module a"));
        assert!(is_eunit_case("calc_tests:12 add_test"));
        assert!(is_eunit_case("calc_tests:0 -f_test_/0-fun-1- (a title)"));
        assert!(is_eunit_case("fixture setup [1,4]"));
        assert!(!is_eunit_case("Calc:12 adds"));
        assert!(!is_eunit_case("http://x:80 y"));
        assert!(!is_eunit_case("a:b c"));
    }
}
