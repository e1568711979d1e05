//! Where a case of Common Test failed, from the printed reason: `{badmatch,…, [{suite,case,1,[{file,"…"},{line,41}]}, …]}` and, behind it,
//! the short stack `[{suite,case,41}, …]`.

/// Most places in a failure's text that are looked at.
const PLACES: usize = 64;

/// Where a failure happened: the suite's own place in the stack, with a path or, where there is only the short stack, without.
pub(super) fn place(text: &str, module: &str) -> (Option<Box<str>>, Option<u32>) {
    let own = format!("{module}.erl");
    let mut first = None;
    for at in memchr::memmem::find_iter(text.as_bytes(), b"{file,").take(PLACES) {
        let rest = text.get(at + 6..).unwrap_or_default().trim_start();
        let found = rest.strip_prefix('"').and_then(|r| r.split_once('"')).and_then(|(file, rest)| {
            let line = rest.trim_start_matches(['}', ',', ' ']).strip_prefix("{line,")?;
            Some((file, leading_number(line.trim_start())?))
        });
        if let Some((file, line)) = found {
            if file.rsplit('/').next() == Some(own.as_str()) {
                return (Some(file.into()), Some(line));
            }
            if first.is_none() && !file.ends_with("test_server.erl") {
                first = Some((file, line));
            }
        }
    }
    // {Suite,function,Line}
    let call = format!("{{{module},");
    for at in memchr::memmem::find_iter(text.as_bytes(), call.as_bytes()).take(PLACES) {
        let rest = text.get(at + call.len()..).unwrap_or_default();
        let line = rest.split_once(',').and_then(|(_, rest)| {
            let rest = rest.trim_start();
            let n = leading_number(rest)?;
            rest.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with('}').then_some(n)
        });
        if let Some(line) = line {
            return (Some(own.into()), Some(line));
        }
    }
    match first {
        Some((file, line)) => (Some(file.into()), Some(line)),
        None => (None, None),
    }
}

fn leading_number(text: &str) -> Option<u32> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.get(..end)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn the_suites_own_place_is_preferred() {
        let stack =
            r#"{boom,[{lib,f,1,[{file,"src/lib.erl"},{line,3}]},{a_SUITE,f,1,[{file, "t/a_SUITE.erl"}, {line, 7}]}]}"#;
        assert_eq!(place(stack, "a_SUITE"), (Some("t/a_SUITE.erl".into()), Some(7)));
        assert_eq!(place(stack, "b_SUITE"), (Some("src/lib.erl".into()), Some(3)));
        let short = "timeout, [{timer,sleep,2},{a_SUITE,g,last_expr},{a_SUITE,f,12}]";
        assert_eq!(place(short, "a_SUITE"), (Some("a_SUITE.erl".into()), Some(12)));
        let own = r#"boom, [{test_server,x,1,[{file,"test_server.erl"},{line,9}]}]"#;
        assert_eq!(place(own, "a_SUITE"), (None, None));
        assert_eq!(place("{file,\"a", "a_SUITE"), (None, None));
    }
}
