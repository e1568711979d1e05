use super::*;
use gatekeeper_evidence::error::ErrorCode;

fn one(text: &str) -> Value {
    let mut all = read(text.as_bytes(), &Limits::default()).unwrap_or_else(|e| panic!("{text}: {e}"));
    assert_eq!(all.len(), 1, "{text}");
    all.remove(0).1
}

fn fails(text: &str) -> ParseError {
    read(text.as_bytes(), &Limits::default()).expect_err(text).finish("f", "t", Some(text.as_bytes()))
}

#[test]
fn numbers_of_all_bases() {
    for (text, value) in [
        ("42.", 42),
        ("-7 .", -7),
        ("16#fF.", 255),
        ("2#101.", 5),
        ("36#z.", 35),
        ("1_000_000.", 1_000_000),
        ("$a.", 97),
        ("$\\n.", 10),
        ("$ .", 32),
        ("$\\x{41}.", 65),
        ("99999999999999999999.", i64::MAX),
        ("-99999999999999999999.", -i64::MAX),
    ] {
        assert_eq!(one(text), Value::Int(value), "{text}");
    }
    assert_eq!(one("-1.5e3."), Value::Float(-1500.0));
    fails("37#1.");
    fails("2#3.");
    fails("1_.");
}

#[test]
fn texts_and_binaries() {
    for (text, value) in [
        (
            r#""a\tb" "c\x{e9}\x41\101\
d"."#,
            "a\tbcéAAd",
        ),
        (r#"<<"plain">>."#, "plain"),
        (r#"<<"é–"/utf8>>."#, "é–"),
        ("<<76,101,226,128,147>>.", "Le–"),
        ("<<\"a\",$b,16#63:8/integer-unsigned>>.", "abc"),
        ("<<8211/utf8>>.", "–"),
        ("<< >>.", ""),
        ("'quoted \\' atom'.", "quoted ' atom"),
        ("plain_at0m@home.", "plain_at0m@home"),
        ("[$h,$i].", "hi"),
    ] {
        assert_eq!(one(text).text().as_deref(), Some(value), "{text}");
    }
    assert_eq!(one("<<258:16,1:16/little>>."), Value::Binary(vec![1, 2, 1, 0]));
    // Latin-1 bytes that are not UTF-8.
    assert_eq!(one("<<233>>.").text().as_deref(), Some("é"));
}

#[test]
fn nested_terms_comments_and_improper_lists() {
    let int = Value::Int;
    assert_eq!(
        one("% head\n{[1,2|3], % inside\n [1|[2]], #{a => {}, \"b\" => []}}\n."),
        Value::Tuple(vec![
            Value::List(vec![int(1), int(2), int(3)]),
            Value::List(vec![int(1), int(2)]),
            Value::Map(vec![
                (Value::Atom("a".into()), Value::Tuple(vec![])),
                (Value::Text("b".into()), Value::List(vec![]))
            ]),
        ])
    );
    assert_eq!(read(b"a. b.%c\nc.", &Limits::default()).unwrap().len(), 3);
    assert!(read(b" % nothing\n", &Limits::default()).unwrap().is_empty());
}

#[test]
fn latin1_only_where_it_says_so() {
    assert_eq!(read(b"%% -*- coding: latin-1 -*-\n'\xE9'.", &Limits::default()).unwrap()[0].1.atom(), Some("é"));
    assert!(read(b"'\xE9'.", &Limits::default()).is_err());
}

#[test]
fn errors_have_line_and_column() {
    let e = fails("{a,\n  Var}.");
    assert_eq!((e.location().line, e.location().column), (Some(2), Some(3)), "{e}");
    let e = fails("{a, \"é\" b}.");
    assert_eq!(e.location().column, Some(9), "{e}");
    for text in ["{a", "{a}", "\"abc", "'a", "<<1", "[1|2,3].", "{a}.b.", "#{a}.", "a.b", "#Fun<x>.", "<0.1.0>.", "\\."]
    {
        fails(text);
    }
}

#[test]
fn depth_is_bounded() {
    let e = fails(&"[".repeat(300_000));
    assert_eq!(e.code(), ErrorCode::LimitExceeded);
    let e = fails(&"#{a=>".repeat(300_000));
    assert_eq!(e.code(), ErrorCode::LimitExceeded);
}
