use super::*;
use crate::config::from_yaml;

/// What reading came to, and the problems: their texts of the file and their messages.
fn read<T>(text: &str, f: impl FnOnce(&mut Table<'_>) -> T) -> (T, Vec<(String, String)>) {
    let node = from_toml(text).unwrap();
    let problems = Problems::default();
    let mut table = Table::of(&node, "the policy", &problems).unwrap();
    let got = f(&mut table);
    let told = problems.into_inner();
    (got, told.into_iter().map(|p| (text.get(p.span).unwrap_or_default().to_owned(), p.message)).collect())
}

fn right<T>(text: &str, f: impl FnOnce(&mut Table<'_>) -> T) -> T {
    let (got, problems) = read(text, f);
    assert_eq!(problems, [], "{text}");
    got
}

fn wrong<T: fmt::Debug>(text: &str, f: impl FnOnce(&mut Table<'_>) -> Option<T>) -> (String, String) {
    let (got, mut problems) = read(text, f);
    assert!(got.is_none() && problems.len() == 1, "{text}: {got:?} {problems:?}");
    problems.remove(0)
}

#[test]
fn values_are_taken_as_what_they_are() {
    assert_eq!(right("a = \"x\"", |t| t.text("a")).unwrap(), ("x".to_owned(), 4..7));
    assert_eq!(right("a = true", |t| t.flag("a")), Some(true));
    assert_eq!(right("a = 79.50", |t| t.number("a")).unwrap().0.to_string(), "79.5");
    assert_eq!(right("a = 0x1F", |t| t.count("a")), Some(31));
    assert_eq!(right("a = [\"x\", \"y\"]", |t| t.texts("a")).unwrap().len(), 2);
    assert_eq!(right("a = \"x\"", |t| t.texts("a")).unwrap(), [("x".to_owned(), 4..7)]);
    assert_eq!(right("b = 1", |t| (t.text("a"), t.count("a"), t.texts("a"), t.flag("a"))), (None, None, None, None));
}

#[test]
fn what_is_of_another_sort_is_told_at_its_place() {
    let place_and_words = |(place, message): (String, String)| (place, message);
    assert_eq!(
        place_and_words(wrong("a = 1", |t| t.text("a"))),
        ("1".into(), "`a` takes a text, not the number 1".into())
    );
    assert_eq!(wrong("a = \"x\"", |t| t.flag("a")).1, "`a` takes true or false, not the text \"x\"");
    assert_eq!(wrong("a = false", |t| t.number("a")).1, "`a` takes a number, not false");
    assert_eq!(wrong("a = {}", |t| t.texts("a")).1, "`a` takes a list of texts, not a table");
    assert_eq!(wrong("a = [\"x\", 2]", |t| t.texts("a")), ("2".into(), "`a` takes texts, not the number 2".into()));
    assert_eq!(wrong("a = [1]", |t| t.text("a")).1, "`a` takes a text, not a list");
    assert_eq!(wrong("a = 2026-01-01", |t| t.text("a")).1, "`a` takes a text, not a date");
    assert_eq!(wrong("a = 1", |t| t.table("a").map(|_| ())).1, "`a` must be a table, not a number");
    assert!(wrong("a = 0.1234567891", |t| t.number("a")).1.contains("at most nine digits"));
}

#[test]
fn counts_are_whole_and_percentages_from_nought_to_a_hundred() {
    assert_eq!(right("a = 0", |t| t.count("a")), Some(0));
    for bad in ["-1", "1.5"] {
        assert_eq!(
            wrong(&format!("a = {bad}"), |t| t.count("a")).1,
            format!("`a` takes a whole number from 0, not {bad}")
        );
    }
    for good in ["0", "100", "99.99"] {
        assert!(right(&format!("a = {good}"), |t| t.percent("a")).is_some());
    }
    for bad in ["-0.1", "100.1"] {
        let message = wrong(&format!("a = {bad}"), |t| t.percent("a")).1;
        assert_eq!(message, format!("`a` is a percentage from 0 to 100, not {bad}"));
    }
}

#[test]
fn times_have_units_and_are_never_negative() {
    for (written, seconds) in [
        ("90", "90"),
        ("\"90\"", "90"),
        ("\"90s\"", "90"),
        ("\"15m\"", "900"),
        ("\"2min\"", "120"),
        ("\"1.5h\"", "5400"),
        ("\"7d\"", "604800"),
        ("\"250ms\"", "0.25"),
        ("\"2 h\"", "7200"),
        ("\"1h30m\"", "5400"),
        ("\"1h 30m\"", "5400"),
        ("\"1d2h3m4s\"", "93784"),
        ("0", "0"),
    ] {
        let got = right(&format!("a = {written}"), |t| t.seconds("a"));
        assert_eq!(got, Decimal::parse(seconds), "{written}");
    }
    for bad in
        ["\"2w\"", "\"h\"", "\"\"", "\"30m1h\"", "\"1h1h\"", "\"1h30\"", "\"1..5h\"", "-1", "\"-1s\"", "true", "[]"]
    {
        assert!(wrong(&format!("a = {bad}"), |t| t.seconds("a")).1.starts_with("`a` takes a time"), "{bad}");
    }
}

#[test]
fn a_choice_is_one_of_its_words() {
    let choices = [("block", 1), ("warn", 2)];
    assert_eq!(right("a = \"warn\"", |t| t.choice("a", &choices)), Some(2));
    assert_eq!(wrong("a = \"wran\"", |t| t.choice("a", &choices)).1, "`a` takes block, warn, not \"wran\"");
}

#[test]
fn lists_of_tables_and_tables_of_texts_are_read() {
    let got = right("[[a]]\nx = 1\n[[a]]\nx = 2", |t| {
        t.tables("a").into_iter().filter_map(|mut t| t.count("x")).collect::<Vec<_>>()
    });
    assert_eq!(got, [1, 2]);
    let (got, problems) = read("a = 1", |t| t.tables("a").len());
    assert_eq!((got, problems[0].1.as_str()), (0, "`a` is a list of tables: write [[a]]"));
    let (got, problems) = read("a = [1]", |t| t.tables("a").len());
    assert_eq!((got, problems[0].1.as_str()), (0, "[[a]] must be a table, not a number"));
    let got = right("[a]\nos = \"linux\"\notp = [\"26\", \"27\"]", |t| t.named_texts("a"));
    assert_eq!(got.len(), 2);
    assert_eq!((got["os"].as_slice(), got["otp"].len()), (&["linux".to_owned()][..], 2));
    for bad in ["os = 1", "os = [1]"] {
        let (got, problems) = read(&format!("[a]\n{bad}"), |t| t.named_texts("a"));
        assert!(got.is_empty());
        assert_eq!(problems[0].1, "`a.os` takes a text or a list of texts");
    }
    let (got, problems) = read("a = 1", |t| t.named("a").len());
    assert_eq!((got, problems[0].1.as_str()), (0, "`a` must be a table, not a number"));
    assert_eq!(right("[a.x]\n[a.y]", |t| t.named("a").iter().map(|e| e.key.clone()).collect::<Vec<_>>()), ["x", "y"]);
}

#[test]
fn a_key_that_nobody_asked_for_is_told_with_the_nearest() {
    let text = "min-cases = 1\nmin-casse = 2\n";
    let node = from_toml(text).unwrap();
    let problems = Problems::default();
    let mut table = Table::of(&node, "the policy", &problems).unwrap();
    assert_eq!((table.count("min-cases"), table.span()), (Some(1), node.span.clone()));
    table.finish("the rule");
    let told = problems.into_inner();
    assert_eq!(told.len(), 1);
    assert_eq!(
        (told[0].message.as_str(), text.get(told[0].span.clone())),
        ("the rule has no key `min-casse`", Some("min-casse"))
    );
    assert_eq!(told[0].help.as_deref(), Some("did you mean `min-cases`?"));
}

#[test]
fn keys_come_in_the_files_order_and_broken_files_are_told_with_their_place() {
    let node = from_toml("z = 1\na = 2\n").unwrap();
    let Value::Table(entries) = &node.value else { panic!("a table") };
    assert_eq!(entries.iter().map(|e| e.key.as_str()).collect::<Vec<_>>(), ["z", "a"]);
    let problem = from_toml("a = 1\nb = ").unwrap_err();
    assert!(problem.message.starts_with("not valid TOML: ") && problem.span.start >= 6, "{problem:?}");
    assert!(Table::of(&Node { span: 0..0, value: Value::Flag(true) }, "it", &Problems::default()).is_none());
}

#[test]
fn yaml_and_json_make_the_same_tree() {
    let text = "a: x\nb:\n  - 1\n  - 2.5\nc: {d: true, e: null}\nf: -3\n";
    let node = from_yaml(text).unwrap();
    let problems = Problems::default();
    let mut table = Table::of(&node, "the policy", &problems).unwrap();
    assert_eq!(table.text("a"), Some(("x".to_owned(), 3..4)));
    assert!(
        matches!(&table.get("b").unwrap().value, Value::List(l) if l.len() == 2 && l[1].value == Value::Number("2.5".into()))
    );
    let mut inner = table.table("c").unwrap();
    assert_eq!(inner.flag("d"), Some(true));
    assert_eq!(inner.get("e").unwrap().value, Value::Other("nothing"));
    assert_eq!(table.number("f").unwrap().0.to_string(), "-3");
    table.finish("the policy");
    assert_eq!(problems.into_inner(), []);
    let Value::Table(entries) = &node.value else { panic!("a table") };
    let keys: Vec<&str> = entries.iter().filter_map(|e| text.get(e.key_span.clone())).collect();
    assert_eq!(keys, ["a", "b", "c", "f"]);
    let json = from_yaml("{\"ü\": {\"k\": 18446744073709551615}}").unwrap();
    let Value::Table(entries) = &json.value else { panic!("a table") };
    assert_eq!(entries[0].key, "ü");
    let problem = from_yaml("a: 1\nb: [1\n").unwrap_err();
    assert!(problem.message.starts_with("not valid YAML: ") && !problem.message.contains('\n'), "{problem:?}");
}

#[test]
fn a_percentage_is_no_share_of_one() {
    for (written, percent) in
        [("1.1", "1.1"), ("\"80%\"", "80"), ("\"79.5 %\"", "79.5"), ("\"0.5%\"", "0.5"), ("\"1%\"", "1")]
    {
        assert_eq!(right(&format!("a = {written}"), |t| t.percent("a")), Decimal::parse(percent), "{written}");
    }
    for (written, asked) in [("0.98", "did you mean 98?"), ("1", "did you mean 100?"), ("0.8", "did you mean 80?")] {
        let tree = from_toml(&format!("a = {written}")).unwrap();
        let problems = Problems::default();
        assert_eq!(Table::of(&tree, "it", &problems).unwrap().percent("a"), None, "{written}");
        let told = problems.into_inner();
        assert!(told[0].help.as_deref().unwrap().starts_with(asked), "{told:?}");
    }
    for bad in ["\"101%\"", "\"eighty\"", "\"80\"", "true"] {
        assert_eq!(read(&format!("a = {bad}"), |t| t.percent("a")).0, None, "{bad}");
    }
}

#[test]
fn a_day_is_a_date_or_a_text() {
    for written in ["\"2026-12-31\"", "2026-12-31"] {
        assert_eq!(right(&format!("a = {written}"), |t| t.date("a")).unwrap().to_string(), "2026-12-31");
    }
    for bad in ["\"2026-13-01\"", "\"soon\"", "20261231"] {
        assert!(wrong(&format!("a = {bad}"), |t| t.date("a")).1.starts_with("`a` takes a date"), "{bad}");
    }
    let timed = wrong("a = 2026-12-31T00:00:00Z", |t| t.date("a")).1;
    assert_eq!(timed, "`a` takes a day such as \"2026-12-31\", without a time");
}

#[test]
fn what_stands_there_is_shown_as_it_is_written() {
    for (text, said) in
        [("a = 12", "the number 12"), ("a = true", "true"), ("a = [1]", "a list"), ("a = 0x10", "the number 16")]
    {
        let (_, message) = wrong(text, |t| t.choice("a", &[("x", 1), ("y", 2)]));
        assert!(message.ends_with(&format!(", not {said}")), "{text}: {message}");
    }
}

#[test]
fn what_was_only_looked_at_is_still_to_be_asked_for() {
    let text = "a = 1\nb = 2\n";
    let (looked, told) = read(text, |t| {
        t.count("b");
        let looked = [t.peek("a"), t.peek("b"), t.peek("c")].map(|n| n.map(ToString::to_string));
        (looked, t.rest().map(|r| r.to_string()))
    });
    assert_eq!(looked, ([Some("1".to_owned()), Some("2".to_owned()), None], Some("{\"a\":1}".to_owned())));
    assert_eq!(told, []);
}

#[test]
fn an_unknown_key_and_what_its_table_lacks_for_it_are_one_mistake() {
    let told = |text: &str| {
        let node = from_toml(text).unwrap();
        let problems = Problems::default();
        problems.add(PolicyProblem::new(node.span.clone(), "from before"));
        let mut table = Table::of(&node, "the gate", &problems).unwrap();
        table.flag("c");
        table.problem(table.span(), "the gate needs `min`");
        table.get("min");
        table.finish("the gate");
        problems.into_inner().into_iter().map(|p| p.message).collect::<Vec<_>>()
    };
    assert_eq!(told("min = 1\n"), ["from before", "the gate needs `min`"]);
    assert_eq!(told("mni = 1\n"), ["from before", "the gate has no key `mni`"]);
    // What is wrong with a value of its own stays.
    assert_eq!(
        told("mni = 1\nc = 2\n"),
        ["from before", "`c` takes true or false, not the number 2", "the gate has no key `mni`"]
    );
}

#[test]
fn a_number_is_kept_as_it_is_written() {
    for (written, kept) in [
        ("170141183460469231731687303715884105728", "170141183460469231731687303715884105728"),
        ("-170141183460469231731687303715884105729", "-170141183460469231731687303715884105729"),
        ("0b101", "5"),
        ("0o17", "15"),
        ("1.50", "1.50"),
        ("0xffffffffffffffffffffffffffffffffff", "a number out of range"),
    ] {
        assert_eq!(from_toml(&format!("a = {written}")).unwrap().get("a").unwrap().to_string(), kept, "{written}");
    }
}

#[test]
fn what_is_left_of_a_table_comes_as_plain_values() {
    let rest = |text: &str| {
        right(text, |t| {
            t.count("asked");
            t.rest().map(|r| r.to_string())
        })
    };
    for (text, plain) in [
        ("asked = 1", "{}"),
        ("a = \"x\"\nasked = 1\nb = true", "{\"a\":\"x\",\"b\":true}"),
        ("a = 2026-01-02", "{\"a\":\"2026-01-02\"}"),
        ("a = [1, \"x\", [false]]", "{\"a\":[1,\"x\",[false]]}"),
        ("a = { b = { c = 1 } }", "{\"a\":{\"b\":{\"c\":1}}}"),
        // A whole number keeps its last digit, at either end of what JSON's readers hold.
        ("a = 1_000\nb = +5", "{\"a\":1000,\"b\":5}"),
        ("a = 18446744073709551615", "{\"a\":18446744073709551615}"),
        ("a = -9223372036854775808", "{\"a\":-9223372036854775808}"),
        ("a = 1.5\nb = -0.25\nc = 1e3", "{\"a\":1.5,\"b\":-0.25,\"c\":1000.0}"),
    ] {
        assert_eq!(rest(text).as_deref(), Some(plain), "{text}");
    }
    for bad in ["18446744073709551616", "-9223372036854775809", "nan", "inf", "[1, nan]", "{ b = inf }"] {
        let (place, message) = wrong(&format!("a = {bad}"), |t| t.rest());
        assert!(
            bad.contains(&place) && message.contains("takes a number that JSON can hold"),
            "{bad}: {place} {message}"
        );
    }
    let nothing = from_yaml("a:\n").unwrap();
    let problems = Problems::default();
    assert_eq!(Table::of(&nothing, "it", &problems).unwrap().rest(), None);
    assert!(problems.into_inner()[0].message.starts_with("`a` takes text, a number, true or false"));
}

#[test]
fn of_declared_keys_each_is_of_its_kind_and_others_are_unknown() {
    let keys: Vec<(String, Option<KeyKind>)> = KeyKind::ALL
        .into_iter()
        .map(|kind| (kind.as_str().to_owned(), Some(kind)))
        .chain([("any".to_owned(), None)])
        .collect();
    let taken = |text: &str| {
        let node = from_toml(text).unwrap();
        let problems = Problems::default();
        let mut table = Table::of(&node, "it", &problems).unwrap();
        table.flag("own");
        let rest = table.rest_of(&keys).map(|r| r.to_string());
        table.finish("it");
        (rest, problems.into_inner().into_iter().map(|p| p.message).collect::<Vec<_>>())
    };
    let values = [("text", "\"x\""), ("number", "1"), ("boolean", "true"), ("list", "[1]"), ("table", "{ a = 1 }")];
    for (key, _) in values {
        for (other, value) in values {
            let (rest, told) = taken(&format!("own = true\n{key} = {value}"));
            assert_eq!((rest.is_some(), told.is_empty()), (key == other, key == other), "{key} = {value}: {told:?}");
        }
    }
    for (_, value) in values {
        assert!(taken(&format!("any = {value}")).1.is_empty());
    }
    // A day is a text as well as a date.
    assert_eq!(taken("text = 2026-01-02").0.as_deref(), Some("{\"text\":\"2026-01-02\"}"));
    assert_eq!(taken("number = \"1\"").1, ["`number` takes a number, not the text \"1\""]);
    assert_eq!(taken("boolean = 1").1, ["`boolean` takes true or false, not the number 1"]);
    assert_eq!(taken("list = 1").1, ["`list` takes a list, not the number 1"]);
    assert_eq!(taken("table = 1").1, ["`table` takes a table, not the number 1"]);
    assert_eq!(taken("text = 1").1, ["`text` takes a text, not the number 1"]);
    assert_eq!(taken("own = true\nnumbr = 1").1, ["it has no key `numbr`"]);
    assert_eq!(taken("own = true\nnumbr = 1").0.as_deref(), Some("{}"));
}

#[test]
fn a_table_knows_where_it_stands_and_whether_anything_in_it_was_wrong() {
    let text = "a = { x = 1, y = 2 }\n";
    let (span, told) = read(text, |t| t.table("a").map(|a| a.span()));
    assert_eq!((text.get(span.unwrap()), told.len()), (Some("{ x = 1, y = 2 }"), 0));
    let sound = |text: &str| read(text, |t| (t.is_sound(), t.text("a"), t.is_sound())).0;
    assert_eq!((sound("a = \"x\"").0, sound("a = \"x\"").2), (true, true));
    assert_eq!((sound("a = 1").0, sound("a = 1").2), (true, false));
}

#[test]
fn what_to_write_instead_is_said() {
    assert_eq!(from_toml("a = yes\n").unwrap_err().help.as_deref(), Some("write true"));
    let tree = from_toml("a = \"wran\"").unwrap();
    let problems = Problems::default();
    Table::of(&tree, "it", &problems).unwrap().choice("a", &[("block", 1), ("warn", 2)]);
    assert_eq!(problems.into_inner()[0].help.as_deref(), Some("did you mean `warn`?"));
}

#[test]
fn a_table_of_whatever_keys_comes_as_plain_values() {
    assert_eq!(
        right("a = { b = 1, c = [\"x\"] }", |t| t.plain_table("a")).unwrap().to_string(),
        "{\"b\":1,\"c\":[\"x\"]}"
    );
    assert_eq!(right("b = 1", |t| t.plain_table("a")), None);
    assert_eq!(wrong("a = 1", |t| t.plain_table("a")).1, "`a` takes a table, not the number 1");
}
