use super::super::{Known, parse};
use super::*;
use crate::rule::Rules;
use gatekeeper_formats::Formats;

fn read(keys: &str) -> Result<Cells, Vec<String>> {
    let text = format!(
        "version = 1\n[[evidence]]\npaths = [\"otp-{{otp}}/{{os}}/*.xml\"]\n[gates.ct]\nrule = \"tests\"\n{keys}\n"
    );
    let (formats, rules) = (Formats::default(), Rules::default());
    let policy = parse("p.toml", text.as_bytes(), None, Known { formats: &formats, rules: &rules });
    match policy {
        Ok(mut policy) => Ok(policy.gates.remove(0).cells),
        Err(e) => Err(e
            .problems
            .iter()
            .map(|p| format!("{}{}", p.message, p.help.as_ref().map(|h| format!(" ({h})")).unwrap_or_default()))
            .collect()),
    }
}

fn required(keys: &str) -> Vec<String> {
    let words = |c: &Labels| c.values().cloned().collect::<Vec<_>>().join("/");
    read(keys).unwrap().required.iter().map(words).collect()
}

const BOTH: &str = "each = [\"otp\", \"os\"]\nrequire = { otp = [\"27\", \"28\"], os = [\"linux\", \"macos\"] }\n";

#[test]
fn the_product_of_what_is_required_is_demanded() {
    assert_eq!(required(BOTH), ["linux/27", "linux/28", "macos/27", "macos/28"]);
    assert_eq!(required("each = \"otp\"\nrequire = { otp = [\"27\", \"27\"] }"), ["27"]);
    assert_eq!(required("each = \"otp\""), Vec::<String>::new());
    let of = |excluded: &str| required(&format!("{BOTH}exclude-cells = {excluded}"));
    assert_eq!(of("[{ otp = \"28\", os = \"macos\" }]"), ["linux/27", "linux/28", "macos/27"]);
    assert_eq!(of("[{ os = \"macos\" }]"), ["linux/27", "linux/28"]);
}

#[test]
fn each_mistake_about_cells_is_told_once_with_the_right_word() {
    let told = |keys: &str| read(keys).map(|_| ()).unwrap_err();
    let one = |keys: &str, said: &str| {
        let all = told(keys);
        assert!(all.len() == 1 && all[0].contains(said), "{keys}: {all:?}");
    };
    one("require = { otp = [\"27\"] }", "this gate has none (name the labels");
    one("cells = \"any\"", "this gate has none");
    one("allow-fail = []", "this gate has none");
    one("each = []", "names no label");
    one("each = [\"otp\", \"otp\"]", "names `otp` twice");
    one(
        "each = \"opt\"\nrequire = { otp = [\"27\"] }",
        "no [[evidence]] entry gives a label `opt` (did you mean `otp`?)",
    );
    one("each = \"otp\"\nrequire = { opt = [\"27\"] }", "`opt`, which is not in `each` (did you mean `otp`?)");
    one("each = [\"otp\", \"os\"]\nrequire = { otp = [\"27\"] }", "none of `os`");
    one("each = \"otp\"\nrequire = { otp = [] }", "demands nothing");
    one("each = \"otp\"\nrequire = { otp = [\"27\", \"\"] }", "an empty value of `otp`");
    one("each = \"otp\"\nrequire = { otp = [27] }", "`require.otp` takes a text");
    // What is wrong with `require` is not told again of what leaves cells out of it.
    let excluded_27 = "exclude-cells = [{ otp = \"27\" }]";
    let two = "each = [\"otp\", \"os\"]\n";
    one(
        &format!("{two}require = {{ otp = [\"27\"], so = [\"linux\"] }}\n{excluded_27}"),
        "`so`, which is not in `each`",
    );
    one(&format!("{two}require = {{ otp = [\"27\"], os = [1] }}\n{excluded_27}"), "takes a text");
    one("each = \"otp\"\nexclude-cells = [{ otp = \"27\" }]", "takes cells out of those that `require` names");
    let excluded = |cells: &str| format!("{BOTH}exclude-cells = {cells}");
    one(&excluded("[{ otp = \"28\", so = \"macos\" }]"), "the label `so`, which is not in `each` (did you mean `os`?)");
    one(&excluded("[{ os = \"macso\" }]"), "os = \"macso\", which `require` does not demand (did you mean `macos`?)");
    one(&excluded("[{ os = 1 }]"), "takes a text");
    one(&excluded("[{}]"), "names no label");
    one(&excluded("{ os = \"macos\" }"), "is a list of tables");
    one(&excluded("[{ os = \"macos\" }, { os = \"linux\" }]"), "takes out every cell");
    let allowed = |entry: &str| format!("{BOTH}allow-fail = [{entry}]");
    one(&allowed("{ otp = \"28\", reason = \"r\" }"), "needs `expires`");
    one(&allowed("{ otp = \"28\", expires = \"2027-01-31\" }"), "needs `reason`");
    one(&allowed("{ otp = \"28\" }"), "needs `reason` and `expires`");
    one(&allowed("{ otp = \"28\", reason = \" \", expires = \"2027-01-31\" }"), "is empty");
    one(&allowed("{ reason = \"r\", expires = \"2027-01-31\" }"), "names no label");
    one(&allowed("{ so = \"macos\", reason = \"r\", expires = \"2027-01-31\" }"), "did you mean `os`?");
    one(&allowed("{ os = \"macos\", reason = \"r\", expires = \"soon\" }"), "a date such as");
    let quorum = |cells: &str| format!("{BOTH}cells = {cells}");
    one(&quorum("\"some\""), "`cells` takes all, any");
    one(&quorum("2"), "{ at-least = 2 }");
    one(&quorum("{ at-least = 0 }"), "nothing could fail");
    one(&quorum("{ at-least = 5 }"), "demands 5 cells, and `require` names 4");
    one(&quorum("{ at-laest = 2 }"), "`at-laest`");
    one(&quorum("{ at-least = \"x\" }"), "`at-least` takes a number");
    one(&quorum("{}"), "says how many must hold");
}

#[test]
fn how_many_cells_must_hold_is_read() {
    let of = |cells: &str| read(&format!("{BOTH}cells = {cells}")).unwrap().quorum;
    assert_eq!(of("\"all\""), Quorum::All);
    assert_eq!(of("\"any\""), Quorum::AtLeast(1));
    assert_eq!(of("{ at-least = 4 }"), Quorum::AtLeast(4));
    assert_eq!(read(BOTH).unwrap().quorum, Quorum::All);
}

#[test]
fn what_may_fail_says_why_and_until_when() {
    let cells = read(&format!(
        "{BOTH}allow-fail = [{{ os = \"macos\", reason = \"r\", expires = \"2027-01-31\", owner = \"o\" }}]"
    ));
    let cell = Labels::from([("os".to_owned(), "macos".to_owned())]);
    let expires = jiff::civil::date(2027, 1, 31);
    let owner = Some("o".to_owned());
    assert_eq!(cells.unwrap().allow_fail, [AllowFail { cell, reason: "r".to_owned(), expires, owner, line: 8 }]);
}

#[test]
fn too_many_cells_are_refused() {
    let values = |n: usize| (0..n).map(|i| format!("\"{i}\"")).collect::<Vec<_>>().join(", ");
    let of =
        |a, b| read(&format!("each = [\"otp\", \"os\"]\nrequire = {{ otp = [{}], os = [{}] }}", values(a), values(b)));
    assert_eq!(of(100, 100).unwrap().required.len(), 10_000);
    assert!(of(100, 101).unwrap_err()[0].contains("more than 10000 cells"));
}
