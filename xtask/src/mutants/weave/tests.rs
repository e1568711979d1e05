use super::*;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Every line prints what one kind of change alters.
const SOURCE: &str = r#"
#[derive(Default)]
struct Pair { a: u32, b: u32 }

fn value() -> u32 { // why
    /* first */ let x = 3;
    x + 4
}
fn evens<'a>(of: &'a [u32]) -> impl Iterator<Item = u32> + 'a {
    of.iter().copied().filter(|n| n % 2 == 0)
}
fn arm(n: u32) -> &'static str {
    match n { 1 | 2 => "few", x if x < 5 => "some", _ => "many" }
}
fn taken(of: Option<String>) -> bool {
    let name = String::from("n");
    of.is_some_and(move |t| t == name && !t.is_empty() || t > name)
}
fn pair() -> Pair { Pair { a: 1, b: if value() > 6 { 2 } else { 3 }, ..Pair { a: 8, b: 9 } } }
fn chain(a: Option<u32>, c: bool) -> u32 { if let Some(a) = a && c && a != 2 { a } else { 0 } }
fn sum(mut n: u32) -> u32 { n += 1; n }
const SIX: u32 = 2 * 3;

fn main() {
    let told = std::panic::catch_unwind(|| {
        let name = |n: &str| Some(n.to_string());
        let p = pair();
        format!("{} {:?} {} {} {} {} {}{}{} {}{} {} {} {SIX}", value(), evens(&[1, 2, 4]).collect::<Vec<_>>(), arm(1), arm(4), arm(9),
            arm(5), taken(None), taken(name("n")), taken(name("z")), p.a, p.b, chain(Some(2), true), chain(Some(3), false) + sum(1))
    });
    println!("{}", told.unwrap_or_default());
}
"#;

fn mutant(id: Id, genre: Genre, at: &str, skip: usize, replacement: &str) -> Mutant {
    let offset = SOURCE.find(at).unwrap() + skip;
    let before = SOURCE.get(..offset).unwrap();
    let start = (before.matches('\n').count() + 1, offset - before.rfind('\n').unwrap());
    let replacement = replacement.to_owned();
    Mutant { id, name: at.to_owned(), file: String::new(), genre, start, replacement, opaque: false }
}

/// Mutants with what the program says of each. Of the line, the piece that is another one is given with its place.
fn mutants() -> Vec<(Mutant, usize, &'static str)> {
    use Genre::*;
    vec![
        (mutant(1, FnValue, "let x = 3", 0, "1"), 0, "1"),
        (mutant(2, BinaryOperator, "x + 4", 2, "*"), 0, "12"),
        (mutant(3, FnValue, "of.iter()", 0, "::std::iter::once(7)"), 1, "[7]"),
        (mutant(4, FnValue, "of.iter()", 0, "::std::iter::empty()"), 1, "[]"),
        (mutant(5, BinaryOperator, "== 0", 0, "!="), 1, "[1]"),
        (mutant(6, MatchArm, "1 | 2 =>", 0, ""), 2, "some"),
        (mutant(7, MatchArmGuard, "x < 5", 0, "true"), 4, "some"),
        (mutant(8, MatchArmGuard, "x < 5", 0, "false"), 3, "many"),
        (mutant(9, BinaryOperator, "x < 5", 2, "<="), 5, "some"),
        (mutant(10, BinaryOperator, "== name", 0, "!="), 6, "falsefalsetrue"),
        (mutant(11, BinaryOperator, "&& !t", 0, "||"), 6, "falsetruetrue"),
        (mutant(12, UnaryOperator, "!t.is", 0, ""), 6, "falsefalsetrue"),
        (mutant(13, BinaryOperator, "|| t >", 0, "&&"), 6, "falsefalsefalse"),
        (mutant(14, StructField, "a: 1,", 0, ""), 7, "82"),
        (mutant(15, StructField, "b: if", 0, ""), 7, "19"),
        (mutant(16, BinaryOperator, "> 6", 0, "<"), 7, "13"),
        (mutant(17, BinaryOperator, "!= 2", 0, "=="), 8, "2"),
        (mutant(18, BinaryOperator, "n += 1", 2, "-="), 9, "0"),
    ]
}

#[test]
fn woven_in_each_change_does_what_it_says_and_nothing_when_off() {
    let folder = std::env::temp_dir().join(format!("gatekeeper-weave-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let mutants = mutants();
    let woven = weave(SOURCE, &mutants.iter().map(|(m, ..)| m).collect::<Vec<_>>()).unwrap();
    assert_eq!(woven.left_out, []);
    let (program, switch) = (folder.join("woven"), folder.join("libgatekeeper_mutants.rlib"));
    let rustc = |source: &Path, kind: &str, to: &Path| {
        let mut command = Command::new("rustc");
        command.args(["--edition=2024", "--cap-lints=allow", "--crate-type", kind, "-o"]).arg(to).arg(source);
        if kind == "bin" {
            command.arg("--extern").arg(format!("gatekeeper_mutants={}", switch.display()));
        }
        let out = command.output().unwrap();
        assert!(out.status.success(), "{}\n{}", String::from_utf8_lossy(&out.stderr), woven.text);
    };
    rustc(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/mutants/switch.rs"), "lib", &switch);
    let source = folder.join("woven.rs");
    fs::write(&source, &woven.text).unwrap();
    rustc(&source, "bin", &program);

    let run = |id: Id| {
        let out = Command::new(&program).env("GATEKEEPER_MUTANT", id.to_string()).output().unwrap();
        String::from_utf8(out.stdout).unwrap().trim().to_owned()
    };
    let plain = run(0);
    assert_eq!(plain, "7 [2, 4] few some many many falsetruetrue 12 0 2 6");
    for (mutant, at, changed) in &mutants {
        let (was, is): (Vec<&str>, String) = (pieces(&plain), run(mutant.id));
        let is = pieces(&is);
        assert_eq!(is.get(*at), Some(changed), "{}: {}", mutant.id, mutant.name);
        // What stands on the changed function alone may differ beside it.
        let others = was.iter().zip(&is).enumerate().filter(|(n, (was, is))| n != at && was != is).count();
        assert!(others <= 1, "{}: {was:?} {is:?}", mutant.name);
    }

    // Off, a trace tells what was asked for, and the main thread is no test.
    let trace = folder.join("trace");
    Command::new(&program).env("GATEKEEPER_MUTANT_TRACE", &trace).output().unwrap();
    assert!(!trace.exists());
    fs::remove_dir_all(&folder).unwrap();
}

fn pieces(line: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut rest = line;
    while let Some(end) = rest.find(' ') {
        let end = if rest.starts_with('[') { rest.find(']').unwrap() + 1 } else { end };
        let (piece, then) = rest.split_at(end);
        out.push(piece);
        rest = then.trim_start();
    }
    out.push(rest);
    out
}

#[test]
fn what_cannot_be_woven_in_is_said() {
    let all = [
        mutant(1, Genre::BinaryOperator, "&& c", 0, "||"),
        mutant(2, Genre::BinaryOperator, "2 * 3", 2, "+"),
        mutant(3, Genre::BinaryOperator, "Default", 0, "+"),
    ];
    let woven = weave(SOURCE, &all.iter().collect::<Vec<_>>()).unwrap();
    assert_eq!(woven.text, SOURCE);
    let mut left_out = woven.left_out;
    left_out.sort();
    assert_eq!(left_out, [(1, LeftOut::NeverCompiles), (2, LeftOut::Constant), (3, LeftOut::NotFound)]);
    assert!(weave("fn f( {", &[]).is_err());
}

#[test]
fn the_text_of_each_change_is_found_again() {
    let mutants = mutants();
    let woven = weave(SOURCE, &mutants.iter().map(|(m, ..)| m).collect::<Vec<_>>()).unwrap();
    let of =
        |id: Id| woven.changes.iter().find(|(n, _)| *n == id).and_then(|(_, r)| woven.text.get(r.clone())).unwrap();
    assert_eq!((of(1), of(2), of(9)), ("{ return 1; }", "{ (x) * (4) }", "{ (x) <= (5) }"));
    assert_eq!((of(6), of(18)), (" if !::gatekeeper_mutants::on(6)", "{ n -= (1) }"));
    // A site holds what was there too.
    let site = |r: &Range<usize>| woven.text.get(r.clone()).unwrap().contains("else { x + 4 })");
    assert!(woven.regions.iter().any(|(of, r)| *of == Region::Site && site(r)));
}
