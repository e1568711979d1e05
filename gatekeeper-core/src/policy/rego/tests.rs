use super::*;
use crate::config::from_toml;
use gatekeeper_evidence::error::{ErrorCode, ParseError};

/// Files in memory; a name that others lie below is a folder.
struct Disk(BTreeMap<String, Vec<u8>>);

impl Files for Disk {
    fn read(&self, name: &str) -> Result<Vec<u8>, ParseError> {
        self.0.get(name).cloned().ok_or_else(|| ParseError::new(ErrorCode::Io, "there is no such file"))
    }

    fn list(&self, folder: &str) -> Result<Option<Vec<String>>, ParseError> {
        // As a file system may give them: in no order.
        let below: Vec<String> =
            self.0.keys().rev().filter(|n| n.starts_with(&format!("{folder}/"))).cloned().collect();
        Ok((!below.is_empty()).then_some(below))
    }
}

fn disk(files: &[(&str, &str)]) -> Disk {
    Disk(files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect())
}

/// A policy with the files of its gates, and the names of what was read.
fn filled(text: &str, files: &Disk) -> Result<(Node, Vec<String>), String> {
    let mut sources = Sources::default();
    sources.add("p.toml", text);
    let mut tree = from_toml(text).unwrap();
    let mut reader = Reader::new(files, &mut sources);
    match reader.fill(&mut tree) {
        Ok(()) => Ok((tree, reader.used.into_iter().map(|f| f.file).collect())),
        Err(p) => Err(format!("{} {}", p.message, p.help.unwrap_or_default()).trim().to_owned()),
    }
}

fn shown(tree: &Node, gate: &str, key: &str) -> String {
    let node = tree.get("gates").and_then(|g| g.get(gate)).and_then(|g| g.get(key));
    node.map(Node::to_string).unwrap_or_default()
}

#[test]
fn a_gate_has_the_files_that_it_names_one_by_one_or_by_their_folder() {
    let files = disk(&[
        ("policy/b.rego", "B"),
        ("policy/a.REGO", "A"),
        ("policy/README.md", "no"),
        ("d/x.json", "{\"a\": 1}"),
        ("d/team/y.yml", "b: 2\n"),
    ]);
    let text = "[gates.one]\nrule = \"rego\"\nrego = \"policy\"\ndata = [\"d\"]\n[gates.rego]\nrego = [\"policy/b.rego\", \"policy\"]\n\
                [gates.other]\nrule = \"tests\"\nrego = \"policy\"\n[gates.odd]\nrule = 5\nrego = \"policy\"\n";
    let (tree, used) = filled(text, &files).unwrap();
    let modules = r#"{"policy/a.REGO": "A", "policy/b.rego": "B"}"#;
    assert_eq!(shown(&tree, "one", "modules"), modules);
    assert_eq!(shown(&tree, "one", "documents"), r#"{"team": {"b": 2}, "a": 1}"#, "a folder is a step of the path");
    assert_eq!(shown(&tree, "rego", "modules"), r#"{"policy/b.rego": "B", "policy/a.REGO": "A"}"#, "each once");
    assert_eq!((shown(&tree, "other", "modules"), shown(&tree, "odd", "modules")), (String::new(), String::new()));
    assert_eq!(used, ["policy/a.REGO", "policy/b.rego", "d/team/y.yml", "d/x.json"]);
}

#[test]
fn a_place_in_a_file_is_a_place_of_that_file() {
    let text = "[gates.rego]\nrego = \"a.rego\"\ndata = \"x.json\"\n";
    let files = disk(&[("a.rego", "package a\n"), ("x.json", "\n{\"k\": 1}")]);
    let mut sources = Sources::default();
    sources.add("p.toml", text);
    let mut tree = from_toml(text).unwrap();
    Reader::new(&files, &mut sources).fill(&mut tree).unwrap();
    let gate = tree.get("gates").unwrap().get("rego").unwrap();
    let at = |sources: &Sources, span: &Span| {
        (sources.file(sources.number_of(span.start)).to_owned(), sources.line(span.start))
    };
    let module = &gate.get("modules").unwrap().entries().unwrap()[0];
    assert_eq!(at(&sources, &module.node.span), ("a.rego".to_owned(), 1));
    assert_eq!(module.node.span.len(), "package a\n".len());
    let document = &gate.get("documents").unwrap().entries().unwrap()[0];
    assert_eq!(at(&sources, &document.key_span), ("x.json".to_owned(), 2));
    // So is one of a mistake in it.
    let broken = disk(&[("a.rego", ""), ("x.json", "\n\n{")]);
    let mut tree = from_toml(text).unwrap();
    let problem = Reader::new(&broken, &mut sources).fill(&mut tree).unwrap_err();
    assert_eq!(at(&sources, &problem.span), ("x.json".to_owned(), 3), "{problem:?}");
}

#[test]
fn data_is_joined_and_nothing_is_said_twice() {
    let of = |one: &str, two: &str| {
        let files = disk(&[("a.rego", ""), ("x.json", one), ("y.json", two)]);
        let text = "[gates.rego]\nrego = \"a.rego\"\ndata = [\"x.json\", \"y.json\"]\n";
        filled(text, &files).map(|(tree, _)| shown(&tree, "rego", "documents"))
    };
    assert_eq!(
        of("{\"t\": {\"a\": 1}}", "{\"t\": {\"b\": 2}, \"u\": 3}").unwrap(),
        r#"{"t": {"a": 1, "b": 2}, "u": 3}"#
    );
    for (one, two) in [("{\"a\": 1}", "{\"a\": 1}"), ("{\"a\": {}}", "{\"a\": 1}"), ("{\"a\": 1}", "{\"a\": {}}")] {
        let said = of(one, two).unwrap_err();
        assert_eq!(said, "y.json says what another data file says too (`a`): only tables are joined");
    }
    assert_eq!(of("[1]", "{}").unwrap_err(), "y.json says what another data file says too: only tables are joined");
    // What the policy itself says stays.
    let files = disk(&[("a.rego", ""), ("x.json", "{\"a\": 1, \"b\": 2}")]);
    let text = "[gates.rego]\nrego = \"a.rego\"\ndata = \"x.json\"\ndocuments = { a = 5 }\n";
    assert_eq!(shown(&filled(text, &files).unwrap().0, "rego", "documents"), r#"{"a": 5, "b": 2}"#);
}

#[test]
fn what_cannot_be_read_is_told() {
    let files = Disk(BTreeMap::from([
        ("d/readme.md".to_owned(), Vec::new()),
        ("bad.rego".to_owned(), b"ab\xff".to_vec()),
        ("a.rego".to_owned(), Vec::new()),
    ]));
    let of = |rego: &str| filled(&format!("[gates.rego]\nrego = \"{rego}\"\n"), &files).map(|_| ()).unwrap_err();
    assert_eq!(of("d"), "there is no Rego file (*.rego) in d");
    assert!(of("none.rego").starts_with("none.rego cannot be read: "), "{}", of("none.rego"));
    assert_eq!(of("bad.rego"), "bad.rego is not UTF-8 text from byte 2");
    assert!(of("/etc/a.rego").contains("relative to the one that names it"), "{}", of("/etc/a.rego"));
}

#[test]
fn files_have_a_bound_in_number_and_in_size() {
    let of = |files: usize, sizes: &[usize]| {
        let mut all: BTreeMap<String, Vec<u8>> =
            (0..files).map(|n| (format!("d/{n:04}.json"), b"{}".to_vec())).collect();
        for (n, size) in sizes.iter().enumerate() {
            all.insert(format!("big/{n}.json"), format!("{{{}}}", " ".repeat(size - 2)).into_bytes());
        }
        all.insert("a.rego".to_owned(), Vec::new());
        all.insert("more.json".to_owned(), b"{}".to_vec());
        let folder = if sizes.is_empty() { "d" } else { "big" };
        let told = |data: &str| {
            let text = format!("[gates.rego]\nrego = \"a.rego\"\ndata = {data}\n");
            filled(&text, &Disk(all.clone())).map(|(_, used)| used.len())
        };
        (told(&format!("\"{folder}\"")), told(&format!("[\"more.json\", \"{folder}\"]")))
    };
    assert_eq!(of(MOST_FILES - 1, &[]), (Ok(MOST_FILES), Ok(MOST_FILES + 1)));
    let many = || Err("more than 1000 files below d".to_owned());
    assert_eq!(of(MOST_FILES, &[]), (Ok(MOST_FILES + 1), many()));
    assert_eq!(of(MOST_FILES + 1, &[]), (many(), many()));
    let large = |file: &str| Err(format!("{file} and the files before it have more than {MOST_BYTES} bytes"));
    let half = MOST_BYTES / 2;
    assert_eq!(of(0, &[half, half - 2]), (Ok(3), Ok(4)));
    assert_eq!(of(0, &[half, half]), (Ok(3), large("big/1.json")));
    assert_eq!(of(0, &[half, half + 1]).0, large("big/1.json"));
}

#[test]
fn policies_makes_a_gate() {
    let files = disk(&[("a.rego", "A")]);
    let of =
        |text: &str| filled(text, &files).map(|(tree, _)| tree.get("gates").map(Node::to_string).unwrap_or_default());
    let made = r#""rego": {"rule": "rego", "rego": "a.rego", "modules": {"a.rego": "A"}}"#;
    let table = "[policies]\nrego = \"a.rego\"\n";
    assert_eq!(of(table).unwrap(), format!("{{{made}}}"));
    assert_eq!(of(&format!("[gates.t]\nm = 1\n{table}")).unwrap(), format!(r#"{{"t": {{"m": 1}}, {made}}}"#));
    // A profile may say some of its keys.
    let own = of(&format!("[gates.rego]\naction = \"warn\"\nrule-set = 1\n{table}")).unwrap();
    assert_eq!(
        own,
        r#"{"rego": {"action": "warn", "rule-set": 1, "rule": "rego", "rego": "a.rego", "modules": {"a.rego": "A"}}}"#
    );
    for whole in ["rule = \"tests\"", "rego = \"b.rego\""] {
        let e = of(&format!("[gates.rego]\n{whole}\n{table}")).unwrap_err();
        assert_eq!(e, "[policies] makes a gate `rego`, and there is one of that name give it another name");
    }
    assert!(of("[policies]\ndata = \"x\"\n").unwrap_err().starts_with("[policies] has no `rego`"));
    assert!(of("policies = 5\n").unwrap_err().starts_with("`policies` must be a table"));
    assert_eq!(of("[gates.t]\nm = 1\n").unwrap(), r#"{"t": {"m": 1}}"#);
}

#[test]
fn the_digest_of_a_module_stands_for_it() {
    let files = disk(&[("a.rego", "A")]);
    let (mut tree, _) = filled("[gates.rego]\nrego = \"a.rego\"\n[gates.t]\nm = 1\n", &files).unwrap();
    digested(&mut tree);
    assert_eq!(shown(&tree, "rego", "modules"), format!(r#"{{"a.rego": "sha256:{}"}}"#, sha256_hex(b"A")));
}
