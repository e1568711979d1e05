//! The reader's tests: what it gives, refuses and tolerates, and that quick-xml reads the same out of the same documents.

use super::differential::compare;
use super::*;
use crate::input::Limits;

fn tokens(text: &str) -> Result<Vec<String>, ParseError> {
    let limits = Limits { depth: 16, ..Limits::default() };
    let input = Input { name: "t.xml", bytes: text.as_bytes(), limits: &limits, exit_status: None, validate: false };
    let decoded = decode(&input)?;
    let mut xml = Xml::new(&decoded, &input);
    let mut out = Vec::new();
    loop {
        match xml.next()? {
            Token::Start(e) => {
                let attributes: Result<Vec<_>, ParseError> =
                    e.attributes().map(|a| a.and_then(|a| Ok(format!("{}={}", a.key, a.text()?)))).collect();
                out.push(format!("<{} {}", e.name(), attributes?.join(",")));
            }
            Token::End => out.push(">".into()),
            Token::Text(t) => out.push(t.into_owned()),
            Token::Eof => return Ok(out),
        }
    }
}

#[test]
fn elements_attributes_and_text() {
    let got = tokens(
        "<?xml version='1.0'?><!DOCTYPE a SYSTEM \"http://x/y.dtd\"><a x = '1 &lt; 2' n:y=\"b\"><b/>t&amp;u<![CDATA[<c>]]></a>\n",
    );
    assert_eq!(got.unwrap(), ["<a x=1 < 2,y=b", "<b ", ">", "t", "&", "u", "<c>", ">"]);
}

#[test]
fn text_before_and_between_elements_is_exact() {
    assert_eq!(tokens("<a>one<b>two</b>three</a>").unwrap(), ["<a ", "one", "<b ", "two", ">", "three", ">"]);
}

#[test]
fn a_document_type_is_read_over_and_nothing_else_with_it() {
    for good in [
        "r",
        "r SYSTEM \"a>b\"",
        "r PUBLIC '-//x' \"y\"",
        "r [ ]",
        "r [<!ENTITY e '>'> %pe; <!-- ]> ' --><?p ]> '?>] ",
        "r SYSTEM 'x' [<!ELEMENT r ANY>\n]\n",
    ] {
        assert_eq!(tokens(&format!("<!DOCTYPE {good}><r/>")).unwrap(), ["<r ", ">"], "{good}");
    }
    // What a reader would skip with it would be lost: an element, a second document type, text.
    for bad in [
        "r <failed/>",
        "r \"a\"?<",
        "r [<failed/>]",
        "r [ ' ]",
        "r [] 'x'",
        "r [][]",
        "r ]",
        "r [<!ENTITY e <x>>]",
        "r [>]",
        "",
        " ",
        "[]",
    ] {
        assert!(tokens(&format!("<!DOCTYPE {bad}><r/>")).is_err(), "{bad}");
    }
    for cut in ["r", "r 'x", "r [", "r [<", "r [<!ENTITY e '", "r [<!-- ", "r [<?p", "r []"] {
        let error = tokens(&format!("<!DOCTYPE {cut}")).unwrap_err();
        assert!(error.line().contains("end of the file"), "{cut}: {}", error.line());
    }
}

#[test]
fn what_breaks_off_is_refused() {
    for cut in ["<a><b>", "<a", "<a x=\"1", "<a>text", "<a><b></b", "<!-- x", "<a><![CDATA[x", ""] {
        assert!(tokens(cut).is_err(), "{cut}");
    }
}

#[test]
fn what_is_not_well_formed_is_refused() {
    for bad in [
        "<a/><b/>",
        "<a></b>",
        "<a x=\"1\" x=\"2\"/>",
        "<a x=1/>",
        "<a>&bomb;</a>",
        "<a/>text",
        "x<a/>",
        "<a b/>",
        "<?><?p ?><a/>",
        "<? p?><a/>",
        "<a x=\"&bomb;\"/>",
    ] {
        assert!(tokens(bad).is_err(), "{bad}");
    }
    assert!(tokens(&"<a>".repeat(40)).unwrap_err().message().contains("levels"));
}

#[test]
fn tolerated_oddities_are_read() {
    assert_eq!(tokens("<a x=\"<\">]]></a>").unwrap(), ["<a x=<", "]]>", ">"]);
    assert_eq!(tokens("<a x=\"b & c&amp;d &&lt;\"/>").unwrap(), ["<a x=b & c&d &<", ">"]);
    assert_eq!(tokens("<a>b & c</a>").unwrap().concat(), "<a b & c>");
    assert_eq!(tokens("<a x=\"&#xD83D;\"/>").unwrap(), ["<a x=\u{FFFD}", ">"]);
}

#[test]
fn latin_1_is_decoded_as_declared() {
    let limits = Limits::default();
    let bytes = b"<?xml version=\"1.0\" encoding= \"ISO-8859-1\" ?><a>\xE9</a>";
    let input = Input { name: "t", bytes, limits: &limits, exit_status: None, validate: false };
    assert!(decode(&input).unwrap().contains('é'));
}

#[test]
fn fixtures_say_what_another_parser_reads_in_them() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures");
    let mut folders = vec![root];
    let mut read = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = std::fs::read_to_string(&path)
                && text.trim_start_matches('\u{FEFF}').trim_start().starts_with('<')
            {
                match compare(&text) {
                    Ok(accepted) => read += usize::from(accepted),
                    Err(differs) => panic!("{}: {differs}", path.display()),
                }
            }
        }
    }
    assert!(read > 100, "{read}");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(4_000))]

    /// Whatever is put together out of markup: what ours accepts, another parser accepts, and both read the same in it.
    #[test]
    fn what_is_accepted_says_what_another_parser_reads_in_it(
        inside in proptest::collection::vec(proptest::sample::select(vec![
            "<a>", "</a>", "<b x='1'>", "</b>", "</b >", "<c/>", "<n:d y = \"2\" z='&lt;>'/>", "text", " ", "\n", "&amp;", "&#x41;", "<!-- - > -->",
            "<![CDATA[ < & ]] ]]>", "<?p q?>", "]", "]]", "é", "'", "\"", ">", "/", "=", "<", "&", ";", "<!", "-->", "<a", "x='", "<!DOCTYPE a>",
        ]), 0..12)
    ) {
        let text = format!("<r>{}</r>", inside.concat());
        if let Err(differs) = compare(&text) {
            proptest::prop_assert!(false, "{differs}");
        }
    }

    /// The same in front of the root, where a document type may stand.
    #[test]
    fn what_stands_before_the_root_is_read_as_another_parser_does(
        before in proptest::collection::vec(proptest::sample::select(vec![
            "<!DOCTYPE ", "<!DOCTYPE r>", "<!doctype r>", "r", " ", "\n", "SYSTEM ", "PUBLIC ", "\"x\"", "'y>'", "[", "]", ">", "<", "<!ELEMENT r ANY>", "<!ENTITY e \">\">",
            "<!-- ]> -->", "<?p ]>?>", "%pe;", "'", "\"", "-->", "?>", "!", "<r>", "<s/>",
        ]), 0..10)
    ) {
        let text = format!("{}<r a='1'>t</r>", before.concat());
        if let Err(differs) = compare(&text) {
            proptest::prop_assert!(false, "{differs}");
        }
    }
}
