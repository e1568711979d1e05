//! Unit tests of the dialyzer format.

use super::*;
use crate::input::Limits;

fn read(name: &str, log: &str, exit_status: Option<i32>) -> Result<Parsed, ParseError> {
    let limits = Limits::default();
    parse(&Input { name, bytes: log.as_bytes(), limits: &limits, exit_status, validate: false })
}

fn found(p: &Parsed) -> &Findings {
    let Data::Findings(f) = &p.data else { panic!("findings") };
    f
}

const START: &str = "===> Dialyzer starting, this may take a while...\n===> Analyzing 3 files with x_plt...\n";

#[test]
fn the_console_is_held_against_its_count() {
    let warnings = "\nsrc/a.erl\nLine 6 Column 5: Unknown function b:c/1\nLine 9: Function f/0 has no local return\n";
    let good = format!("{START}{warnings}===> Warnings occurred running dialyzer: 2\n");
    let p = read("d.log", &good, Some(1)).unwrap();
    let place = found(&p).items[0].place.as_ref().unwrap();
    assert_eq!((&*place.path, place.line, place.column), ("src/a.erl", Some(6), Some(5)));
    assert_eq!(&*found(&p).items[1].rule, "warn_return_no_exit");
    assert_eq!(p.complete, Some(true));
    assert!(read("d.log", &good.replace(": 2\n", ": 3\n"), Some(1)).is_err());
    assert!(read("d.log", &format!("{START}{warnings}"), Some(1)).is_err());
}

#[test]
fn clean_needs_its_exit_status() {
    assert_eq!(read("d.log", START, None).unwrap().complete, None);
    assert_eq!(read("d.log", START, Some(0)).unwrap().complete, Some(true));
    assert!(read("d.log", START, Some(1)).is_err());
    assert!(
        read("d.log", "===> Dialyzer starting, this may take a while...\n===> Updating plt...\n", Some(0)).is_err()
    );
}

#[test]
fn a_failed_analysis_is_refused() {
    let log = format!("{START}===> Error in dialyzing apps: Analysis failed with error:\nx\n");
    assert_eq!(read("d.log", &log, None).unwrap_err().code(), ErrorCode::ToolFailed);
}

#[test]
fn the_file_is_read_in_both_forms() {
    let text = "/p/a.erl:6:5: Unknown function b:c/1\n\n/p/a.erl:12:12: The call l:d\n         ('a') will never return since x\n\n";
    let p = read("27.dialyzer_warnings", text, None).unwrap();
    assert_eq!(found(&p).items.len(), 2);
    assert_eq!(&*found(&p).items[1].message, "The call l:d ('a') will never return since x");
    let raw = "{warn_unknown,{\"/p/a.erl\",{6,5}},\n   {unknown_function,{b,c,1}}}.\n{warn_opaque,{\"/p/a.erl\",18},{x,[\"}. {\",$}]}}.\n";
    let p = read("27.dialyzer_warnings", raw, None).unwrap();
    let items = &found(&p).items;
    assert_eq!((items.len(), &*items[1].rule), (2, "warn_opaque"));
    assert_eq!(items[1].place.as_ref().unwrap().line, Some(18));
    assert!(read("27.dialyzer_warnings", raw.trim_end().trim_end_matches('.'), None).is_err());
}

#[test]
fn empty_is_clean_only_where_it_is_the_file() {
    assert_eq!(read("27.dialyzer_warnings", "", None).unwrap().complete, None);
    assert!(read("d.log", "", None).is_err());
    assert_eq!(read("d.log", "", Some(0)).unwrap().complete, Some(true));
}

#[test]
fn dialyzers_own_console_has_an_end_line() {
    let head = "  Checking whether the PLT p is up-to-date... yes\n  Proceeding with analysis...\n";
    let unknown = "Unknown functions:\n  b:c/1 (a.erl:4:9)\n done in 0m0.1s\n";
    let p = read(
        "d.log",
        &format!("{head}a.erl:3:1: Function f/0 has no local return\n{unknown}done (warnings were emitted)\n"),
        None,
    );
    assert_eq!(found(&p.unwrap()).items.len(), 2);
    let p = read("d.log", &format!("{head}{unknown}done (passed successfully)\n"), None).unwrap();
    assert_eq!((found(&p).items.len(), p.complete, p.notes.len()), (0, Some(true), 1));
    let raw =
        "{warn_callgraph,{\"a.erl\",{3,1}},\n    {call_to_missing,[b,c,1]}}. \n%% Unknown functions:\n%%  b:c/1\n";
    let p = read("d.log", &format!("{head}\n{raw} done in 0m0.1s\ndone (warnings were emitted)\n"), None).unwrap();
    assert_eq!((found(&p).items.len(), &*found(&p).items[0].rule, p.complete), (1, "warn_callgraph", Some(true)));
    assert!(read("d.log", &format!("{head}\n{raw}"), None).is_err());
    assert!(read("d.log", head, None).is_err());
    assert!(read("d.log", "\ndialyzer: No such file, directory or application: \"q\"\n", None).is_err());
}
