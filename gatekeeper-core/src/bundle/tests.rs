use super::manifest::{BLOBS, MANIFEST, VERDICT};
use super::*;
use crate::{Context, Engine};
use flate2::Compression;
use flate2::write::GzEncoder;
use gatekeeper_evidence::error::ErrorCode;
use gatekeeper_evidence::hash::sha256_hex;
use gatekeeper_formats::input::Limits;
use serde_json::{Value, json};
use std::io::Write;
use tar::EntryType;

const POLICY: &str = "version = 1\n[gates.unit]\nrule = \"tests\"\n";
const REPORT: &str = "<testsuite name=\"s\"><testcase name=\"a\"/><testcase name=\"b\"/></testsuite>";

fn verdict(report: &str) -> Verdict {
    let engine = Engine::default();
    let policy = engine.parse_policy("p.toml", POLICY.as_bytes(), None).unwrap();
    let files = vec![Candidate::in_memory("out/junit.xml", report.as_bytes().to_vec())];
    let mut v = engine.evaluate(&policy, files, &Context::at(1_780_272_000));
    v.context.commit = Some("a1".repeat(20));
    v
}

fn piece(path: &str, text: &str) -> Piece {
    Piece { path: path.to_owned(), bytes: text.as_bytes().to_vec(), modified: Some(1_780_271_000) }
}

fn written(verdict: &Verdict, pieces: Vec<Piece>) -> Vec<u8> {
    let mut out = Vec::new();
    write(verdict, pieces, &mut out).unwrap();
    out
}

fn good() -> Vec<u8> {
    written(&verdict(REPORT), vec![piece("out/junit.xml", REPORT)])
}

fn refused(packed: &[u8]) -> String {
    let e = Bundle::read("b.bundle", packed, &Limits::default()).unwrap_err();
    assert!(e.line().starts_with("b.bundle"), "{}", e.line());
    e.line()
}

/// An entry of an archive that nobody but an attacker writes.
struct Raw {
    name: &'static str,
    kind: EntryType,
    link: &'static str,
    says: Option<u64>,
    bytes: Vec<u8>,
}

fn file(name: &'static str, bytes: impl Into<Vec<u8>>) -> Raw {
    Raw { name, kind: EntryType::Regular, link: "", says: None, bytes: bytes.into() }
}

fn header(raw: &Raw) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(raw.kind);
    header.set_size(raw.says.unwrap_or(raw.bytes.len() as u64));
    header.set_mode(0o644);
    let old = header.as_gnu_mut().unwrap();
    old.name[..raw.name.len()].copy_from_slice(raw.name.as_bytes());
    old.linkname[..raw.link.len()].copy_from_slice(raw.link.as_bytes());
    header.set_cksum();
    header
}

/// An archive of any entries, as no library would write it.
fn packed(entries: &[Raw], after: &[u8]) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::fast());
    for raw in entries {
        out.write_all(header(raw).as_bytes()).unwrap();
        out.write_all(&raw.bytes).unwrap();
        out.write_all(&vec![0; (512 - raw.bytes.len() % 512) % 512]).unwrap();
    }
    out.write_all(&[0; 1024]).unwrap();
    out.write_all(after).unwrap();
    out.finish().unwrap()
}

/// The manifest of [`good`], changed.
fn manifest(change: impl Fn(&mut Value)) -> Vec<u8> {
    let verdict = serde_json::to_vec(&verdict(REPORT)).unwrap();
    let mut m = json!({
        "gatekeeper_bundle": 1, "engine": "0.1.0",
        "verdict": { "sha256": sha256_hex(&verdict), "size": verdict.len() },
        "files": [{ "path": "out/junit.xml", "sha256": sha256_hex(REPORT.as_bytes()), "size": REPORT.len() }],
    });
    change(&mut m);
    serde_json::to_vec(&m).unwrap()
}

fn with_manifest(change: impl Fn(&mut Value)) -> Vec<u8> {
    packed(&entries(manifest(change)), &[])
}

fn entries(manifest: Vec<u8>) -> Vec<Raw> {
    let blob: &'static str = format!("{BLOBS}{}", sha256_hex(REPORT.as_bytes())).leak();
    vec![
        file(MANIFEST, manifest),
        file(VERDICT, serde_json::to_vec(&verdict(REPORT)).unwrap()),
        file(blob, REPORT.as_bytes()),
    ]
}

fn with_entries(change: impl Fn(&mut Vec<Raw>)) -> Vec<u8> {
    let mut all = entries(manifest(|_| {}));
    change(&mut all);
    packed(&all, &[])
}

#[test]
fn what_was_written_is_read_again_and_always_the_same() {
    let bytes = good();
    assert_eq!(bytes, good());
    let bundle = Bundle::read("b", &bytes, &Limits::default()).unwrap();
    assert_eq!(bundle.verdict, verdict(REPORT));
    assert_eq!(bundle.disagreements(Some("a1a1a1a"), None), Vec::<String>::new());
    assert_eq!(bundle.left_out(), Vec::<&str>::new());
    let files: Vec<_> = bundle.files().map(|(f, bytes)| (f.path.as_str(), f.modified, bytes)).collect();
    assert_eq!(files, [("out/junit.xml", Some(1_780_271_000), REPORT.as_bytes())]);
    assert!(bundle.candidates().iter().all(|c| c.modified == Some(1_780_271_000)));
    // The archive that the tests make by hand is one too, so that what is refused below is refused for what was changed.
    assert!(Bundle::read("b", &with_entries(|_| {}), &Limits::default()).is_ok());
}

#[test]
fn one_content_under_two_paths_is_held_once() {
    let bytes = written(&verdict(REPORT), vec![piece("out/junit.xml", REPORT), piece("out/again.xml", REPORT)]);
    let bundle = Bundle::read("b", &bytes, &Limits::default()).unwrap();
    assert_eq!(bundle.files().count(), 2);
    let told = bundle.disagreements(None, None).join("; ");
    assert_eq!(told, "it holds out/again.xml, which its verdict does not name");
}

#[test]
fn whatever_is_no_plain_file_in_its_place_is_refused() {
    let odd = |kind: EntryType, link: &'static str| {
        refused(&with_entries(|all| all.insert(2, Raw { kind, link, ..file("sha256/x", "") })))
    };
    for (kind, words) in [
        (EntryType::Symlink, "a symbolic link"),
        (EntryType::Link, "a hard link"),
        (EntryType::Char, "a device"),
        (EntryType::Block, "a device"),
        (EntryType::Fifo, "a pipe"),
        (EntryType::Directory, "a folder"),
        (EntryType::GNUSparse, "a sparse file"),
        (EntryType::GNULongName, "an extension"),
        (EntryType::GNULongLink, "an extension"),
        (EntryType::XHeader, "an extension"),
        (EntryType::XGlobalHeader, "an extension"),
        (EntryType::Continuous, "an extension"),
    ] {
        let told = odd(kind, "/etc/passwd");
        assert!(told.contains(&format!("plain files alone, not {words}")), "{told}");
    }
}

#[test]
fn an_entry_of_another_name_twice_or_out_of_order_is_refused() {
    let put = |at: usize, name: &'static str| refused(&with_entries(|all| all.insert(at, file(name, "x"))));
    for name in ["../../escape", "/etc/cron.d/x", "C:\\x", "pr-number.txt", "sha256/../x", "Verdict.json", ""] {
        for at in 0..=3 {
            let told = put(at, name);
            assert!(told.contains("expected"), "{name} at {at}: {told}");
        }
    }
    let twice = |n: usize| {
        refused(&with_entries(|all| {
            let again = file(all[n].name, all[n].bytes.clone());
            all.insert(n + 1, again);
        }))
    };
    for n in 0..3 {
        assert!(twice(n).contains("expected"), "{}", twice(n));
    }
    assert!(twice(2).contains("no entry that the manifest does not name"));
    assert!(refused(&with_entries(|all| all.swap(0, 1))).contains("the entry gatekeeper-bundle.json"));
    assert!(refused(&with_entries(|all| drop(all.pop()))).contains("there are no more"));
}

#[test]
fn digests_and_sizes_are_held_against_the_content() {
    let other = REPORT.replace("\"a\"", "\"c\"");
    assert!(refused(&with_entries(|all| all[2].bytes = other.clone().into_bytes())).contains("the digest of"));
    assert!(refused(&with_entries(|all| all[2].bytes.push(b' '))).contains("at most are allowed here"));
    assert!(refused(&with_entries(|all| all[2].bytes.truncate(5))).contains("as the manifest says"));
    assert!(refused(&with_entries(|all| all[1].bytes[2] ^= 1)).contains("the digest of"));
    let shorter = refused(&with_manifest(|m| m["files"][0]["size"] = json!(REPORT.len() - 1)));
    assert!(shorter.contains("at most are allowed here"), "{shorter}");
    let forged = refused(&with_manifest(|m| m["files"][0]["sha256"] = json!("0".repeat(64))));
    assert!(forged.contains("the entry sha256/000"), "{forged}");
    let no_digest = refused(&with_manifest(|m| m["files"][0]["sha256"] = json!("../../../../x")));
    assert!(no_digest.contains("a SHA-256 of 64"), "{no_digest}");
}

#[test]
fn sizes_are_believed_only_up_to_the_limits() {
    let huge = |n: usize| {
        refused(&with_entries(|all| {
            all[n].says = Some(2 << 30);
        }))
    };
    for n in 0..3 {
        assert!(huge(n).contains("2147483648 bytes, "), "{}", huge(n));
    }
    let said = refused(&with_manifest(|m| m["files"][0]["size"] = json!(2_u64 << 30)));
    assert!(said.contains("says that it unpacks to 2147483648 bytes"), "{said}");
    // 64 MiB of blanks are 64 KB packed: more than 200 times their size, and above what any bundle may have.
    let blanks = vec![b' '; 64 << 20];
    let name: &'static str = format!("{BLOBS}{}", sha256_hex(&blanks)).leak();
    let m = manifest(|m| {
        m["files"][0]["sha256"] = json!(sha256_hex(&blanks));
        m["files"][0]["size"] = json!(blanks.len());
    });
    let mut all = entries(m);
    all[2] = file(name, blanks);
    let bomb = packed(&all, &[]);
    assert!(bomb.len() < 1 << 20);
    let e = Bundle::read("b", &bomb, &Limits::default()).unwrap_err();
    assert_eq!(e.code(), ErrorCode::LimitExceeded, "{}", e.line());
    // The same where nothing says how much it is: behind the archive's end.
    let mut limits = Limits::default();
    limits.unpacked_bytes = 4096;
    let e = Bundle::read("b", &packed(&entries(manifest(|_| {})), &[0; 32 << 10]), &limits).unwrap_err();
    assert_eq!(e.code(), ErrorCode::LimitExceeded, "{}", e.line());
    let many = refused(&with_manifest(|m| {
        let one = m["files"][0].clone();
        m["files"] = json!(vec![one; MOST_FILES + 1]);
    }));
    assert!(many.contains("holds 10001 files, 10000 at most"), "{many}");
}

#[test]
fn a_limit_lets_through_what_is_just_as_large() {
    let v = serde_json::to_vec(&verdict(REPORT)).unwrap().len() as u64;
    let mut limits = Limits::default();
    limits.file_bytes = v;
    assert!(Bundle::read("b", &good(), &limits).is_ok());
    limits.file_bytes = v - 1;
    assert_eq!(Bundle::read("b", &good(), &limits).unwrap_err().code(), ErrorCode::LimitExceeded);
}

#[test]
fn a_manifest_that_no_writer_of_ours_writes_is_refused() {
    for (key, value) in [
        ("pull_request", json!(7)),
        ("pr_number", json!("7; rm -rf /")),
        ("left_out", json!([])),
        ("gatekeeper_bundle", json!(2)),
        ("engine", json!(null)),
    ] {
        let told = refused(&with_manifest(|m| m[key] = value.clone()));
        assert!(told.contains("gatekeeper-bundle.json"), "{key}: {told}");
    }
    assert!(refused(&packed(&entries(b"{}".to_vec()), &[])).contains("a bundle's manifest"));
    let twice = String::from_utf8(manifest(|_| {})).unwrap().replacen('{', "{\"engine\":\"1\",", 1);
    assert!(refused(&packed(&entries(twice.into_bytes()), &[])).contains("a bundle's manifest"));
}

#[test]
fn paths_that_leave_a_folder_or_fall_together_are_refused() {
    for (path, words) in [
        ("../x", "leaves its folder"),
        ("a/../../x", "leaves its folder"),
        ("/etc/passwd", "is absolute"),
        ("C:/x", "is absolute"),
        ("a\\..\\x", "a backslash"),
        ("a//x", "an empty part"),
        ("a/./x", "an empty part"),
        ("a/", "an empty part"),
        ("", "is empty"),
        ("a\u{0}b", "a control character"),
        ("a\nb", "a control character"),
    ] {
        let told = refused(&with_manifest(|m| m["files"][0]["path"] = json!(path)));
        assert!(told.contains(words), "{path:?}: {told}");
        let mut out = Vec::new();
        assert!(write(&verdict(REPORT), vec![piece(path, REPORT)], &mut out).is_err(), "{path:?}");
    }
    let long = refused(&with_manifest(|m| m["files"][0]["path"] = json!("a/".repeat(512) + "b")));
    assert!(long.contains("longer than 1024"), "{long}");
    let both = |a: &str, b: &str| {
        refused(&with_manifest(|m| {
            let mut other = m["files"][0].clone();
            m["files"][0]["path"] = json!(a);
            other["path"] = json!(b);
            m["files"].as_array_mut().unwrap().push(other);
        }))
    };
    assert!(both("a/x", "a/x").contains("each path once"));
    assert!(both("A/x", "a/X").contains("each path once"));
    assert!(both("ΣΑΣ", "σας").contains("each path once") && both("STRASSE", "straße").contains("each path once"));
    assert!(both("a", "a/x").contains("a file or a folder, not both"));
    assert!(both("b", "a").contains("sorted by path"));
    assert!(!is_portable("a/con.txt") && !is_portable("a/COM1") && !is_portable("x.") && !is_portable("a:b"));
    assert!(is_portable("a/console.txt") && is_portable("com10/x") && is_portable("out/junit.xml"));
}

#[test]
fn what_is_cut_off_damaged_or_longer_is_refused() {
    let bytes = good();
    for n in 0..bytes.len() {
        assert!(Bundle::read("b", &bytes[..n], &Limits::default()).is_err(), "cut at {n} of {}", bytes.len());
    }
    for n in 0..bytes.len() {
        let mut other = bytes.clone();
        other[n] ^= 0x55;
        if let Ok(bundle) = Bundle::read("b", &other, &Limits::default()) {
            // A few bits of gzip's header mean nothing.
            assert!(n < 10 && bundle.verdict == verdict(REPORT), "byte {n}");
        }
    }
    assert!(refused(&[bytes.as_slice(), b"x"].concat()).contains("nothing after the compressed archive"));
    assert!(refused(&[bytes.clone(), bytes].concat()).contains("nothing after the compressed archive"));
    let behind = refused(&packed(&entries(manifest(|_| {})), b"secret"));
    assert!(behind.contains("nothing after the archive's end"), "{behind}");
    assert!(refused(b"PK\x03\x04").contains("is no bundle"));
    assert!(refused(b"").contains("is empty"));
}

#[test]
fn a_verdict_that_disagrees_is_told() {
    let said = |change: &dyn Fn(&mut Verdict), commit: Option<&str>| {
        let mut v = verdict(REPORT);
        change(&mut v);
        let bytes = written(&v, vec![piece("out/junit.xml", REPORT)]);
        Bundle::read("b", &bytes, &Limits::default()).unwrap().disagreements(commit, None).join("; ")
    };
    assert_eq!(said(&|_| {}, Some("a1a1a1a")), "");
    assert!(said(&|_| {}, Some("b2b2b2b")).contains("it is for the commit a1a1"));
    assert!(said(&|v| v.context.commit = None, Some("b2b2b2b")).contains("does not know its commit"));
    let forged = said(&|v| v.evidence[0].sha256 = "0".repeat(64), None);
    assert!(forged.contains("out/junit.xml is no longer what was judged"), "{forged}");
    assert!(said(&|v| v.gates.clear(), None).contains("the gate unit of its policy is not among"));
    // A verdict that did not pass is as good a verdict.
    let failing = REPORT.replace("\"b\"/>", "\"b\"><failure/></testcase>");
    let bytes = written(&verdict(&failing), vec![piece("out/junit.xml", &failing)]);
    let bundle = Bundle::read("b", &bytes, &Limits::default()).unwrap();
    assert_eq!((bundle.verdict.exit_code, bundle.disagreements(None, None)), (1, vec![]));
}
