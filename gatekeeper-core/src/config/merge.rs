//! One tree laid over another: a profile over a policy, a policy over what it extends, a component's own limits over a gate's.

use super::node::{Entry, Node, Value};

/// Merges tables key by key; anything else is replaced. A limit that is written as a mere number is its `min`.
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
        }
        (Value::Table(keys), new) if is_limit(new) && keys.iter().all(|k| k.key == "min" || k.key == "warn") => {
            keys.retain(|k| k.key != "min");
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

fn min_of(limit: &Node) -> Entry {
    Entry { key: "min".to_owned(), key_span: limit.span.clone(), node: limit.clone() }
}
