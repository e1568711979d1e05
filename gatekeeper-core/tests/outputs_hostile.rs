//! What strangers write (names, messages, paths, ids, reasons) takes effect in no output: not in a terminal, not in the log of a CI service, not on a
//! page of GitHub. One table of hostile words, thrown through every field of a verdict and every output.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

use gatekeeper_core::evidence::error::is_invisible;
use gatekeeper_core::output::{self, Explanation, Outputs, Style};
use gatekeeper_core::{Candidate, Context, Engine, Verdict};
use serde_json::Value;

const HOSTILE: &[&str] = &[
    "a\u{1b}[31;5mRED\u{1b}[2J\u{7}\u{8}",
    "a\u{9b}31mRED\u{9d}0;x\u{9c}\u{7f}",
    "FAIL\rPASS\u{b}\u{c}\u{85}\u{2028}\u{2029}b",
    "a\u{202e}\u{2066}gnp.exe\u{2069} \u{200b}\u{feff}\u{200d} \u{e0041}\u{e0042}",
    "::error title=owned::owned",
    "x\n::set-output name=status::pass\r\n  ::stop-commands::tok",
    "##[add-mask]fail",
    "some test ##[stop-commands]tok ###[group]x ##vso[task.setvariable]y",
    "%0A::error::owned%0D%25",
    "<img src=x onerror=alert(1)><script>alert(1)</script></summary></details>",
    "a | b | c |\n| d | e |\n---\n- a\n1. b",
    "a\\| b \\\\| c\\",
    "`` ` <b>bold</b> ``` ~~~",
    "@octocat `@octocat` x@octocat.y",
    "fixes #1, closes GH-2, see owner/repo#3, 16c999e8c71134401a78d4d46435517b2271d6ac",
    "http://evil.example WWW.evil.example mailto:a <http://evil.example> [a](http://evil.example) ![a](b)",
    "$\\color{green}{PASS}$ $$x$$ $`y`$",
    ":white_check_mark: :+1: :100:",
    "&lt;b&gt; &#64;octocat &commat;octocat <!-- hidden",
    "   ",
    "**bold** _it_ ~~gone~~ # big > quote",
    "see !12 group/p!6 &1 2>&1 %2 %\"next\" ~7 ~bug ~\"to do\" ^4 ^alert#4 GL-5 [vulnerability:7] *iteration:3",
    "x\nEOF\nstatus=pass\nstatus<<EOF\npass\nEOF\nghadelimiter_0",
    "a]]>b<![CDATA[c\"><testcase name=\"forged\"/><x a=\"",
    "\" onload=\"x ' onfocus='alert(1)",
    "=cmd|' /C calc'!A0",
    "\t@SUM(1+1)*cmd|x",
    "\r\n+1+1",
    "a\"} 1\ngatekeeper_verdict{status=\"pass\"} 1\n#",
    "[text](1) {0} {{x}} \\[ javascript:alert(1) ../../etc/passwd",
    "a\u{0}b\u{fffe}\u{ffff}",
];

const POLICY: &str = "version = 1\n[gates.unit]\nrule = \"tests\"\nmin-pass-rate = 100\n[gates.lint]\nrule = \"findings\"\nmax = { total = 0 }\n[gates.sbom]\nrule = \"sbom\"\n";

/// A verdict in which every text that a report or a policy can bring is this one.
fn verdict(word: &str) -> Verdict {
    let policy = Engine::default().parse_policy("gatekeeper.toml", POLICY.as_bytes(), None).unwrap();
    let junit = r#"<testsuite name="s" tests="2"><testcase name="a"/><testcase name="WORD" file="src/a.c" line="3"><failure message="WORD"/></testcase></testsuite>"#;
    let sarif = r#"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"WORD","rules":[{"id":"WORD","helpUri":"https://x.example/WORD"}]}},"results":[
        {"ruleId":"WORD","level":"error","message":{"text":"WORD"},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"src/WORD.c"},"region":{"startLine":3}}}]}]}]}"#;
    let files = [
        ("junit.xml", junit),
        ("WORD.sarif", sarif),
        ("WORD.xml", "<testsuite"),
        ("bom.json", "{\"bomFormat\":\"CycloneDX\",\"WORD\":"),
    ];
    let candidates = files.iter().map(|(n, t)| Candidate::in_memory(*n, t.as_bytes().to_vec())).collect();
    let mut v = Engine::default().evaluate(&policy, candidates, &Context::at(1_769_860_800));
    v.warnings.push("WORD".to_owned());
    v.loosened.push("WORD".to_owned());
    v.ignored.push("WORD".to_owned());
    v.policy.profile = Some("WORD".to_owned());
    v.context.commit = Some("WORD".to_owned());
    for g in &mut v.gates {
        g.to_pass.push("WORD".to_owned());
        for violation in &mut g.violations {
            violation.help = Some("WORD".to_owned());
            violation.package = Some("WORD".to_owned());
        }
    }
    let mut json = serde_json::to_value(&v).unwrap();
    put(&mut json, word);
    serde_json::from_value(json).unwrap()
}

fn put(json: &mut Value, word: &str) {
    match json {
        Value::String(s) => *s = s.replace("WORD", word),
        Value::Array(items) => items.iter_mut().for_each(|i| put(i, word)),
        Value::Object(items) => items.values_mut().for_each(|i| put(i, word)),
        _ => {}
    }
}

fn rendered(v: &Verdict) -> Vec<(String, String)> {
    // A statement about nothing is refused; no other output is.
    let render = |o: &output::Output| {
        let mut bytes = Vec::new();
        let written = o.write(v, &Style::default(), &mut bytes);
        assert!(written.is_ok() || v.context.commit.is_none(), "{}: {written:?}", o.id());
        written.is_ok().then(|| (o.id().to_owned(), String::from_utf8(bytes).unwrap()))
    };
    let mut all: Vec<(String, String)> = Outputs::default().iter().filter_map(render).collect();
    for g in &v.gates {
        let mut bytes = Vec::new();
        assert!(output::explain(v, &g.name, &Style::default(), &mut bytes).unwrap());
        all.push(("explain".to_owned(), String::from_utf8(bytes).unwrap()));
        let mut bytes = Vec::new();
        output::document(&Explanation::of(v, &g.name).unwrap(), &mut bytes).unwrap();
        all.push(("explain as json".to_owned(), String::from_utf8(bytes).unwrap()));
    }
    all
}

/// Whether the runner of GitHub Actions, or that of Azure Pipelines, takes a line for a command.
fn is_command(line: &str) -> bool {
    let inside = |mark: &str| {
        line.match_indices(mark).any(|(at, _)| {
            let rest = &line[at + mark.len()..];
            rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric()).starts_with('[')
        })
    };
    line.trim_start().starts_with("::") || inside("##")
}

#[test]
fn nothing_takes_effect_in_a_terminal_or_a_log() {
    for word in HOSTILE {
        for (output, text) in rendered(&verdict(word)) {
            let steers = |c: char| (c.is_control() && c != '\n') || is_invisible(c);
            assert!(!text.contains(steers), "{output}: {word:?}: {text}");
            for line in text.lines() {
                let own = output == "github"
                    && ["::error title=", "::warning title=", "::notice title="].iter().any(|c| line.starts_with(c));
                assert!(own || !is_command(line), "{output}: {word:?}: {line}");
                assert!(!own || !line.contains("##["), "{output}: {word:?}: {line}");
            }
        }
    }
}

#[test]
fn json_holds_every_word_as_it_was() {
    for word in HOSTILE {
        let v = verdict(word);
        let text = rendered(&v).into_iter().find(|(o, _)| o == "json").unwrap().1;
        assert_eq!(serde_json::from_str::<Verdict>(&text).unwrap(), v, "{word:?}");
    }
}

/// Markdown without what GitHub leaves alone: code spans, `<code>`, and characters behind a backslash.
fn outside_code(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        if let Some(behind) = rest.strip_prefix("<code>") {
            rest = behind.split_once("</code>").unwrap().1;
        } else if c == '\\' {
            let escaped = rest[1..].chars().next().map_or(0, char::len_utf8);
            out.push_str(&rest[..1 + escaped]);
            rest = &rest[1 + escaped..];
        } else if c == '`' {
            let fence = rest.len() - rest.trim_start_matches('`').len();
            let mut at = fence;
            loop {
                let next = at + rest[at..].find('`').unwrap_or_else(|| panic!("code is not closed: {line}"));
                let run = rest[next..].len() - rest[next..].trim_start_matches('`').len();
                at = next + run;
                if run == fence {
                    break;
                }
            }
            rest = &rest[at..];
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

#[test]
fn nothing_takes_effect_on_a_page_of_github_or_gitlab() {
    let shape = |text: &str| {
        let begins = |tag: &str| text.lines().filter(|l| l.starts_with(tag)).count();
        let rows = text.lines().filter(|l| l.starts_with('|'));
        let cells: Vec<usize> = rows.map(|l| l.replace("\\|", "").matches('|').count()).collect();
        (cells, begins("<details"), begins("</details>"))
    };
    let comment = |word: &str| rendered(&verdict(word)).into_iter().find(|(o, _)| o == "markdown").unwrap().1;
    let summary = |word: &str| output::step_summary(&verdict(word), 0).unwrap();
    let harmless = [shape(&comment("harmless")), shape(&summary("harmless"))];
    let pages = HOSTILE.iter().flat_map(|word| [(word, 0, comment(word)), (word, 1, summary(word))]);
    for (word, of, text) in pages {
        let harmless = &harmless[of];
        // The mark of the comment is our own: a comment of HTML that ends on its line.
        let (mark, body) = text.split_once('\n').unwrap();
        let key = mark.strip_prefix("<!-- gatekeeper-comment:").and_then(|m| m.strip_suffix(" -->")).unwrap();
        assert!(key.chars().all(|c| c.is_ascii_alphanumeric() || "._/#-".contains(c)), "{word:?}: {mark}");
        for line in body.lines() {
            // In HTML that begins a line no Markdown is read, so that a backtick is one.
            let plain = if line.starts_with('<') { outside_code(&line.replace('`', "'")) } else { outside_code(line) };
            let lower = plain.to_ascii_lowercase();
            for mark in [
                "@",
                "$",
                "://",
                "www.",
                "mailto:",
                ":white_check_mark:",
                ":+1:",
                ":100:",
                "gh-2",
                "16c999e",
                "<img",
                "<script",
                "<b>",
                "<!--",
            ] {
                assert!(!lower.contains(mark), "{word:?}: {mark}: {line}");
            }
            // Issues, and what GitLab refers to by a sign: merge requests, epics, alerts, milestones, labels.
            let plain = plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").replace('\\', "");
            for mark in ['#', '!', '&', '^', '%', '~'] {
                let refers = |r: &str| r.starts_with(|c: char| c.is_ascii_digit() || (c == '"' && "%~".contains(mark)));
                assert!(!plain.split(mark).skip(1).any(refers), "{word:?}: {mark}: {line}");
            }
            for mark in ["~bug", "gl-5", "[vulnerability:", "*iteration:"] {
                assert!(!plain.to_ascii_lowercase().contains(mark), "{word:?}: {mark}: {line}");
            }
            assert!(!plain.starts_with("- - ") && !plain.starts_with("- 1. "), "{word:?}: {line}");
        }
        let (cells, opened, closed) = shape(&text);
        assert_eq!((&cells, opened, closed), (&harmless.0, harmless.1, harmless.2), "{word:?}: {text}");
    }
}

/// What programs read: the same records, whatever the words in them are.
fn records(output: &str, text: &str) -> Vec<String> {
    let xml = || {
        let mut reader = quick_xml::Reader::from_str(text);
        let mut out = Vec::new();
        loop {
            use quick_xml::events::Event;
            match reader.read_event().unwrap() {
                Event::Eof => return out,
                Event::Start(e) | Event::Empty(e) => out.push(e.name().as_ref().to_owned()),
                Event::Comment(_) | Event::CData(_) | Event::PI(_) | Event::DocType(_) => panic!("{text}"),
                _ => {}
            }
        }
    };
    fn keys(value: &Value, at: &str, out: &mut Vec<String>) {
        match value {
            Value::Object(items) => items.iter().for_each(|(k, v)| keys(v, &format!("{at}.{k}"), out)),
            Value::Array(items) => items.iter().for_each(|v| keys(v, &format!("{at}[]"), out)),
            _ => out.push(at.to_owned()),
        }
    }
    match output {
        "junit" | "badge" => xml(),
        "csv" => {
            let mut reader = csv::Reader::from_reader(text.as_bytes());
            let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
            for cell in rows.iter().flatten() {
                assert!(!cell.trim_start().starts_with(['=', '+', '-', '@', '\t', '\r', '\n']), "{cell:?}");
            }
            rows.iter().map(|row| row.len().to_string()).collect()
        }
        "prometheus" => {
            let sample = |line: &str| {
                let (name, behind) = line.split_once(['{', ' ']).unwrap();
                let value = line.rsplit_once(' ').unwrap().1;
                value.parse::<f64>().unwrap();
                // Quotes open and close: what is left of the labels without them holds no quote, brace or blank.
                let labels = behind.strip_suffix(value).unwrap().trim_end().trim_end_matches('}');
                let bare = labels.replace("\\\\", "").replace("\\\"", "");
                let outside: String = bare.split('"').step_by(2).collect();
                assert!(!outside.contains([' ', '{', '}', '"']) && bare.matches('"').count() % 2 == 0, "{line}");
                name.to_owned()
            };
            text.lines().map(|l| if l.starts_with("# ") { l.to_owned() } else { sample(l) }).collect()
        }
        "jsonl" | "in-toto-gates" => {
            let mut out = Vec::new();
            for line in text.lines() {
                keys(&serde_json::from_str(line).unwrap(), "$", &mut out);
            }
            out
        }
        "badge-json" | "gitlab" | "in-toto" | "json" | "sarif" | "svr" | "svr-v0.1" | "vsa" => {
            let mut out = Vec::new();
            keys(&serde_json::from_str(text).unwrap(), "$", &mut out);
            out
        }
        // What people read is held elsewhere.
        _ => Vec::new(),
    }
}

#[test]
fn programs_read_the_same_records_whatever_strangers_write() {
    let of = |word: &str| -> Vec<(String, Vec<String>)> {
        let all = rendered(&verdict(word)).into_iter().filter(|(o, _)| !o.starts_with("explain"));
        all.map(|(output, text)| (output.clone(), records(&output, &text))).collect()
    };
    let plain = of("harmless-word");
    assert_eq!(plain.len(), 18);
    assert!(plain.iter().filter(|(_, records)| records.len() > 3).count() >= 13, "{plain:?}");
    for word in HOSTILE {
        for ((output, found), (_, wanted)) in of(word).iter().zip(&plain) {
            assert_eq!(found, wanted, "{output}: {word:?}");
        }
    }
}

#[test]
fn no_output_is_longer_than_its_home_takes() {
    for part in ["L", "😀", "`|<&@", "\u{202e}", "a "] {
        let word = part.repeat(100_000);
        let mut v = verdict(&word);
        let gate = verdict(&part.repeat(1_000)).gates[0].clone();
        v.gates.extend((0..120).map(|n| {
            let mut gate = gate.clone();
            gate.name = format!("{}{n}", gate.name);
            gate.violations = vec![gate.violations[0].clone(); 25];
            gate
        }));
        v.warnings = vec![part.repeat(1_000); 500];
        v.loosened = vec![word.clone(); 50];
        for (id, most) in [("markdown", 65_536), ("human", 400_000), ("github", 300_000)] {
            let mut bytes = Vec::new();
            Outputs::default().by_id(id).unwrap().write(&v, &Style::default(), &mut bytes).unwrap();
            let text = String::from_utf8(bytes).unwrap();
            assert!(text.encode_utf16().count() <= most, "{id}: {}", text.encode_utf16().count());
            assert!(text.len() < 1 << 20 && text.contains("more"), "{id}: {}", text.len());
            if id == "github" {
                for level in ["::error ", "::warning ", "::notice "] {
                    assert!(text.lines().filter(|l| l.starts_with(level)).count() <= 10, "{level}");
                }
            }
        }
    }
}

#[test]
fn many_unreadable_files_are_one_line() {
    let policy = Engine::default().parse_policy("gatekeeper.toml", POLICY.as_bytes(), None).unwrap();
    let files = (0..2_000).map(|n| Candidate::in_memory(format!("r/{n}.xml"), b"<testsuite".to_vec())).collect();
    let v = Engine::default().evaluate(&policy, files, &Context::at(1_769_860_800));
    for (output, text) in rendered(&v) {
        if ["human", "markdown", "github"].contains(&output.as_str()) {
            assert!(text.lines().count() < 40, "{output}: {text}");
            assert!(text.contains("1999 more") || text.contains("2000"), "{output}: {text}");
        }
    }
}

/// The elements and attributes of a page, without what is text in them.
fn skeleton(page: &str) -> Vec<String> {
    let mut out = Vec::new();
    let body = page.split_once("<body>").unwrap().1;
    for piece in body.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').unwrap_or_else(|| panic!("a tag that does not end: {piece}"));
        assert!(!text.contains('>') || tag.starts_with("script"), "{piece}");
        let names = tag.split('"').step_by(2).map(str::trim).collect::<Vec<_>>().join(" ");
        out.push(names);
        if tag == "script" {
            break;
        }
    }
    out
}

#[test]
fn a_page_has_the_same_elements_whatever_strangers_write() {
    let page = |word: &str| rendered(&verdict(word)).into_iter().find(|(o, _)| o == "html").unwrap().1;
    // Words differ in whether an id is said twice, in addresses that are none, and in breaks: those of a plain word are the measure.
    let plain: std::collections::BTreeSet<String> = skeleton(&page("plain-word")).into_iter().collect();
    for word in HOSTILE.iter().chain(&["\" onload=\"x", "' x='", "</script><script>", "<!--", "--><b>", "</title><b>"])
    {
        let found = page(word);
        for tag in skeleton(&found) {
            assert!(
                plain.contains(&tag) || ["span class=", "/span", "code", "/code"].contains(&tag.as_str()),
                "{word:?}: <{tag}>"
            );
        }
        assert_eq!(found.matches("<script>").count(), 1, "{word:?}");
        let title = found.split_once("<title>").unwrap().1.split_once("</title>").unwrap().0;
        assert!(!title.contains('<'), "{word:?}");
    }
}
