use super::*;

const ISC: &str = "Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby \
    granted, provided that the above copyright notice and this permission notice appear in all copies.\n\nTHE SOFTWARE IS PROVIDED \
    \"AS IS\" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF \
    MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL \
    DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT, NEGLIGENCE \
    OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.\n";

fn read(ecosystem: Ecosystem, files: &[(&str, &str)]) -> Result<(Component, Vec<String>), ParseError> {
    let texts: Vec<String> = files.iter().map(|f| f.0.to_owned()).filter(|f| is_text(f).is_some()).collect();
    let fetch = |file: &str, most: u64| {
        Ok(match files.iter().find(|f| f.0 == file) {
            None => Fetched::Absent,
            Some((_, text)) if text.len() as u64 > most => Fetched::TooLarge(text.len() as u64),
            Some((_, text)) => Fetched::Bytes(text.as_bytes().to_vec()),
        })
    };
    let limits = Limits::default();
    let package = Package { name: "folder", ecosystem: &ecosystem, texts: &texts, fetch: &fetch, limits: &limits };
    component(&package).map(|(c, notes)| (c, notes.into_iter().map(|n| n.message).collect()))
}

fn licenses(c: &Component) -> Vec<&str> {
    c.licenses.iter().map(|l| &*l.text).collect()
}

#[test]
fn the_statement_is_kept_and_the_text_compared() {
    let npm = |field: &str, text: &str| {
        let manifest = format!("{{\"name\":\"@a/b\",\"version\":\"1.0.0\"{field}}}");
        read(Ecosystem::Npm, &[("package.json", &manifest), ("LICENSE", text)]).unwrap()
    };
    let (c, notes) = npm(",\"license\":\"MIT OR ISC\"", ISC);
    assert_eq!((licenses(&c), notes.len(), c.purl.as_deref()), (vec!["MIT OR ISC"], 0, Some("pkg:npm/%40a/b@1.0.0")));
    let (c, notes) = npm(",\"license\":\"GPL-3.0-only\"", ISC);
    assert_eq!(licenses(&c), ["GPL-3.0-only"]);
    assert!(notes[0].contains("GPL-3.0-only") && notes[0].contains("ISC"), "{notes:?}");
    let (c, notes) = npm("", ISC);
    assert_eq!(licenses(&c), ["ISC"]);
    assert!(notes[0].contains("confidence"), "{notes:?}");
    let (c, notes) = npm("", "Do what you like, or ask.");
    assert!(!c.is_licensed() && notes[0].contains("not recognised"), "{notes:?}");
    let (c, _) = npm(",\"license\":\"SEE LICENSE IN ./LICENSE\"", ISC);
    assert_eq!(licenses(&c), ["ISC"]);
    for (field, stated) in [
        (",\"license\":\"GPL-3.0\",\"license\":\"MIT\"", "GPL-3.0 & MIT"),
        (",\"license\":\"MIT\",\"licenses\":[{\"type\":\"GPL-2.0\"}]", "MIT & GPL-2.0"),
        (",\"license\":{\"url\":\"https://opensource.org/licenses/MIT\"}", "https://opensource.org/licenses/MIT"),
        (",\"license\":{\"type\":[\"MIT\",\"GPL-3.0\"]}", "MIT & GPL-3.0"),
        (",\"license\":true", "true"),
        (",\"license\":\"MIT\",\"version\":2", "MIT"),
    ] {
        assert_eq!(licenses(&npm(field, ISC).0).join(" & "), stated, "{field}");
    }
    for elsewhere in ["../LICENSE", "/etc/LICENSE", "gone.txt"] {
        let (c, notes) = npm(&format!(",\"license\":\"SEE LICENSE IN {elsewhere}\""), ISC);
        assert!(!c.is_licensed() && notes.len() == 1, "{elsewhere}: {notes:?}");
    }
}

#[test]
fn one_text_that_is_not_recognised_leaves_all_unknown() {
    let (c, _) = read(Ecosystem::Plain, &[("LICENSE", ISC), ("COPYING.extra", "And pay us.")]).unwrap();
    assert!(!c.is_licensed());
    let (c, _) = read(Ecosystem::Plain, &[("LICENSE", ISC), ("NOTICE", "Made by us.")]).unwrap();
    assert_eq!(licenses(&c), ["ISC"]);
    let large = ISC.repeat(2_000);
    let (c, notes) = read(Ecosystem::Plain, &[("LICENSE", &large)]).unwrap();
    assert!(!c.is_licensed() && notes[0].contains("bytes"), "{notes:?}");
}

#[test]
fn erlang_versions_that_are_worked_out_are_not_known() {
    let app = |text: &str| {
        read(Ecosystem::Erlang { hex: false, app: Some("src/x.app.src".into()) }, &[("src/x.app.src", text)])
    };
    let (c, _) = app("{application, x, [{vsn, git}, {licenses, [\"Apache-2.0\"]}]}.").unwrap();
    assert_eq!((c.version.as_deref(), c.purl.as_deref(), licenses(&c)), (None, None, vec!["Apache-2.0"]));
    let (c, _) = app("{application, x, [{vsn, \"1.2\"}]}.").unwrap();
    assert_eq!((c.version.as_deref(), c.is_licensed()), (Some("1.2"), false));
    for bad in ["", "{application, x}.", "{release, x, []}.", "{application, x, [{vsn, \"1"] {
        assert_eq!(app(bad).unwrap_err().file(), "src/x.app.src", "{bad}");
    }
}

#[test]
fn python_fields_in_their_order() {
    let dist = |head: &str| {
        let text = format!("Metadata-Version: 2.1\nName: A_b\nVersion: 1\n{head}\n\nLicense: in the description\n");
        read(Ecosystem::Python("METADATA".into()), &[("METADATA", &text)]).unwrap()
    };
    let of = |head: &str| licenses(&dist(head).0).join(" & ");
    let mit = "Classifier: License :: OSI Approved :: MIT License";
    assert_eq!(of("License-Expression: MIT OR ISC\nLicense: GPL"), "MIT OR ISC");
    assert_eq!(of(&format!("License: MIT\n{mit}")), "MIT");
    // What is not the same holds beside it.
    assert_eq!(of(&format!("License: ISC\n{mit}")), "ISC & License :: OSI Approved :: MIT License");
    let other = "Classifier: License :: Other/Proprietary License";
    assert_eq!(
        of(&format!("{mit}\n{other}")),
        "License :: OSI Approved :: MIT License & License :: Other/Proprietary License"
    );
    assert_eq!(of(&format!("License: MIT\n{other}")), "MIT & License :: Other/Proprietary License");
    assert_eq!(of(&format!("License: Proprietary\n{mit}")), "Proprietary & License :: OSI Approved :: MIT License");
    assert_eq!(of("License: MIT OR ISC\nClassifier: License :: OSI Approved :: ISC License (ISCL)"), "MIT OR ISC");
    assert_eq!(of(&format!("License: as you like\n{mit}")), "License :: OSI Approved :: MIT License");
    assert_eq!(of(&format!("License: UNKNOWN\n{mit}")), "License :: OSI Approved :: MIT License");
    assert_eq!(of("License: as you like"), "as you like");
    assert_eq!(of("Classifier: License :: OSI Approved"), "");
    assert_eq!(of(&format!("License: {}", ISC.trim().replace('\n', "\n        "))), "ISC");
    assert_eq!(dist("").0.purl.as_deref(), Some("pkg:pypi/a-b@1"));
    for bad in ["", "Name: a\n", "Name: a\nVersion: 1\nbroken\n"] {
        assert!(read(Ecosystem::Python("METADATA".into()), &[("METADATA", bad)]).is_err(), "{bad}");
    }
}
