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
