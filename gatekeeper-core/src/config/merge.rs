//! One tree laid over another: a profile over a policy, a policy over what it extends, a component's own limits over a gate's.

use super::measure::Measure;
use super::node::{Entry, Node, Value};

/// Merges tables key by key; anything else is replaced. A limit that is written as a mere number is its `min`. A warning of the base goes where the
/// change's limit has overtaken it: `min = 95` over `{ min = 80, warn = 90 }` leaves nothing to warn of.
pub(crate) fn merge(base: &mut Node, change: &Node) {
    let is_limit = |v: &Value| matches!(v, Value::Number(_) | Value::Text(_));
    match (&mut base.value, &change.value) {
        (Value::Table(keys), Value::Table(changes)) => {
            for change in changes {
                match keys.iter_mut().find(|k| k.key == change.key) {
                    Some(key) => merge(&mut key.node, &change.node),
                    None => keys.push(change.clone()),
                }
            }
            let of = |key: &str| changes.iter().find(|k| k.key == key).map(|k| &k.node);
            if of("warn").is_none() {
                keys.retain(|k| k.key != "warn" || !overtaken(&k.node, of("min"), of("max")));
            } else if changes.iter().all(|k| matches!(k.key.as_str(), "min" | "max" | "warn" | "of")) {
                // What does not fit together was put together there.
                base.span = change.span.clone();
            }
        }
        (Value::Table(keys), new) if is_limit(new) && keys.iter().all(|k| k.key == "min" || k.key == "warn") => {
            keys.retain(|k| k.key != "min" && (k.key != "warn" || !overtaken(&k.node, Some(change), None)));
            keys.push(min_of(change));
        }
        (old, Value::Table(changes)) if is_limit(old) && changes.iter().all(|k| k.key == "min" || k.key == "warn") => {
            let stated = min_of(base);
            *base = change.clone();
            if let Value::Table(keys) = &mut base.value
                && !keys.iter().any(|k| k.key == "min")
            {
                keys.push(stated);
            }
        }
        _ => *base = change.clone(),
    }
}

/// Whether a limit is as strict as a warning or stricter, so that what would be warned of falls short.
pub(super) fn overtaken(warn: &Node, min: Option<&Node>, max: Option<&Node>) -> bool {
    let base = |node: &Node| Measure::read(&node.value).map(|m| m.base());
    let Some(warn) = base(warn) else { return false };
    min.and_then(base).is_some_and(|min| min >= warn) || max.and_then(base).is_some_and(|max| max <= warn)
}

fn min_of(limit: &Node) -> Entry {
    Entry { key: "min".to_owned(), key_span: limit.span.clone(), node: limit.clone() }
}

#[cfg(test)]
mod tests {
    use crate::config::from_toml;

    /// What stands under `k` when a change is laid over it.
    fn merged(base: &str, change: &str) -> String {
        let tree = |value: &str| from_toml(&format!("k = {value}")).unwrap();
        let mut out = tree(base);
        super::merge(&mut out, &tree(change));
        out.get("k").unwrap().to_string()
    }

    #[test]
    fn a_bare_limit_and_a_table_of_one_come_together() {
        for (base, change, comes_to) in [
            // A number is a `min`, on either side.
            ("80", "90", "90"),
            ("80", "{ min = 90 }", "{\"min\": 90}"),
            ("80", "{ warn = 90 }", "{\"warn\": 90, \"min\": 80}"),
            ("80", "{ min = 85, warn = 90 }", "{\"min\": 85, \"warn\": 90}"),
            ("{ min = 80 }", "90", "{\"min\": 90}"),
            ("{ min = 80, warn = 95 }", "90", "{\"warn\": 95, \"min\": 90}"),
            ("{ warn = 95 }", "\"90%\"", "{\"warn\": 95, \"min\": \"90%\"}"),
            // A warning that the limit has reached warns of nothing.
            ("{ min = 80, warn = 90 }", "90", "{\"min\": 90}"),
            ("{ min = 80, warn = 90 }", "89", "{\"warn\": 90, \"min\": 89}"),
            ("{ min = 80, warn = 90 }", "{ min = 90 }", "{\"min\": 90}"),
            ("{ min = 80, warn = 90 }", "{ min = 89 }", "{\"min\": 89, \"warn\": 90}"),
            ("{ max = 10, warn = 5 }", "{ max = 5 }", "{\"max\": 5}"),
            ("{ max = 10, warn = 5 }", "{ max = 6 }", "{\"max\": 6, \"warn\": 5}"),
            ("{ min = 80, warn = 90 }", "{ min = 95, warn = 90 }", "{\"min\": 95, \"warn\": 90}"),
            // What is no table of one lower limit has no place for a number, and a number none for it.
            ("{ max = 5 }", "3", "3"),
            ("{ min = 80, of = \"x\" }", "90", "90"),
            ("{ critical = 0 }", "5", "5"),
            ("5", "{ critical = 0 }", "{\"critical\": 0}"),
            ("5", "{ warn = 4, max = 3 }", "{\"warn\": 4, \"max\": 3}"),
            ("{ warn = 90 }", "true", "true"),
            ("{ warn = 90 }", "[90]", "[90]"),
            ("true", "{ warn = 90 }", "{\"warn\": 90}"),
            ("[80]", "{ warn = 90 }", "{\"warn\": 90}"),
            // Other tables key by key; anything else is replaced.
            (
                "{ a = 1, b = { c = 2, d = 3 } }",
                "{ b = { c = 4 }, e = 5 }",
                "{\"a\": 1, \"b\": {\"c\": 4, \"d\": 3}, \"e\": 5}",
            ),
            ("[1, 2]", "[3]", "[3]"),
        ] {
            assert_eq!(merged(base, change), comes_to, "{base} under {change}");
        }
    }

    #[test]
    fn a_limit_with_its_warning_stands_where_it_was_put_together() {
        let (mut base, change) = (from_toml("k = { min = 80 }").unwrap(), from_toml("\n\nk = { warn = 70 }").unwrap());
        let there = change.get("k").unwrap().span.clone();
        super::merge(&mut base, &change);
        assert_eq!(base.get("k").unwrap().span, there);
        // A table with a `warn` among other things stays where it is.
        let (mut base, change) =
            (from_toml("k = { a = 80 }").unwrap(), from_toml("\n\nk = { warn = 70, b = 1 }").unwrap());
        let here = base.get("k").unwrap().span.clone();
        super::merge(&mut base, &change);
        assert_eq!(base.get("k").unwrap().span, here);
    }
}
