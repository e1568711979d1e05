//! Exceptions that a gate itself holds for a time: cases in quarantine, cells that may fail. Those that end soon are told as waivers are.

use super::waive::{SOON, Waivers};
use crate::policy::{Gate, Policy};
use crate::verdict::Due;
use jiff::civil::Date;
use serde_json::Value;

/// The keys whose entries end, and what one of them is.
const KEYS: [(&str, &str); 2] = [("quarantine", "quarantine"), ("allow-fail", "allowance")];

/// All that ends within 14 days, the first to end first.
pub(crate) fn due(policy: &Policy, waivers: &Waivers<'_>, today: Date) -> Vec<Due> {
    let mut all = waivers.due();
    all.extend(of_gates(policy, today).into_iter().map(|(_, due)| due));
    all.sort_by(|a, b| a.expires.cmp(&b.expires));
    all
}

/// A line for each that a gate holds.
pub(crate) fn ending(policy: &Policy, today: Date) -> Vec<String> {
    let said = |(kind, d): (&str, Due)| format!("the {kind} of {} in gate {} ends on {}", d.what, d.gate, d.expires);
    of_gates(policy, today).into_iter().map(said).collect()
}

fn of_gates(policy: &Policy, today: Date) -> Vec<(&'static str, Due)> {
    let mut out = Vec::new();
    for gate in policy.gates.iter().filter(|g| g.enabled) {
        let own = policy.normalised().get("gates").and_then(|g| g.get(&gate.name));
        for (key, kind) in KEYS {
            let entries = own.and_then(|g| g.get(key)).and_then(Value::as_array);
            out.extend(entries.into_iter().flatten().filter_map(|e| Some((kind, of_entry(gate, e, today)?))));
        }
    }
    out
}

fn of_entry(gate: &Gate, entry: &Value, today: Date) -> Option<Due> {
    let text = |key: &str| entry.get(key).and_then(Value::as_str).map(str::to_owned);
    let expires: Date = text("expires")?.parse().ok()?;
    let days = today.until(expires).ok()?.get_days();
    if !(0..=SOON).contains(&days) {
        return None;
    }
    // What it lets through is its case, or the labels of its cell.
    let about = ["reason", "expires", "owner", "ticket"];
    let labels = entry.as_object().into_iter().flatten().filter(|(k, _)| !about.contains(&k.as_str()));
    let labels: Vec<String> = labels.filter_map(|(k, v)| Some(format!("{k}={}", v.as_str()?))).collect();
    Some(Due {
        what: text("test").unwrap_or_else(|| labels.join(", ")),
        gate: gate.name.clone(),
        expires: expires.to_string(),
        days: u32::try_from(days).unwrap_or(0),
        reason: text("reason").unwrap_or_default(),
        owner: text("owner"),
        ticket: text("ticket"),
        policy_line: gate.line.unwrap_or(0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Engine;
    use jiff::civil::date;

    #[test]
    fn what_a_gate_lets_through_is_due_two_weeks_before_its_end() {
        let text = "version = 1\n[[evidence]]\npaths = [\"{os}/*.xml\"]\n[gates.unit]\nrule = \"tests\"\neach = [\"os\"]\n\
            quarantine = [{ test = \"rounds\", reason = \"clock\", expires = \"2026-06-15\", owner = \"me\" }]\n\
            allow-fail = [{ os = \"bsd\", reason = \"new\", expires = \"2026-06-10\" }]\n";
        let policy = Engine::default().parse_policy("p.toml", text.as_bytes(), None).unwrap();
        let told = |today| {
            let due = due(&policy, &Waivers::new(&policy, today), today);
            due.into_iter().map(|d| (d.what, d.days, d.owner, d.policy_line)).collect::<Vec<_>>()
        };
        let rounds = |days| ("rounds".to_owned(), days, Some("me".to_owned()), 4);
        let bsd = |days| ("os=bsd".to_owned(), days, None, 4);
        assert_eq!(told(date(2026, 6, 1)), [bsd(9), rounds(14)]);
        assert_eq!(told(date(2026, 5, 31)), [bsd(10)]);
        assert_eq!(told(date(2026, 6, 15)), [rounds(0)]);
        assert_eq!(told(date(2026, 6, 16)), []);
        let said = ending(&policy, date(2026, 6, 1)).join("; ");
        assert!(said.contains("the quarantine of rounds in gate unit ends on 2026-06-15"), "{said}");
        assert!(said.contains("the allowance of os=bsd in gate unit ends on 2026-06-10"), "{said}");
    }
}
