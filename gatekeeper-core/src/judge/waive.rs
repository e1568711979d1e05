//! Waivers: accepted exceptions, each with a reason and, mostly, an end. What is waived is counted and shown, never lost.

use crate::policy::{Gate, Policy, Waiver};
use crate::rule::Judgement;
use crate::verdict::{Status, Violation, WaiverUsed};
use gatekeeper_evidence::purl;
use std::borrow::Cow;

/// Days before its end from which a waiver is warned of.
const SOON: i32 = 14;

/// The policy's waivers, and how often each was used.
pub(crate) struct Waivers<'p> {
    waivers: Vec<(&'p Waiver, u64)>,
    today: jiff::civil::Date,
}

impl<'p> Waivers<'p> {
    pub(crate) fn new(policy: &'p Policy, today: jiff::civil::Date) -> Self {
        Waivers { waivers: policy.waivers.iter().map(|w| (w, 0)).collect(), today }
    }

    /// Takes waived violations out of a judgement, and out of the counts that they were counted in.
    pub(crate) fn apply(&mut self, gate: &Gate, judgement: &mut Judgement) -> Vec<WaiverUsed> {
        let mut used = Vec::new();
        for (w, times) in &mut self.waivers {
            if w.gate.as_ref().is_some_and(|g| *g != gate.name) || w.expires.is_some_and(|e| e < self.today) {
                continue;
            }
            let before = judgement.violations.len();
            let mut gone: Vec<Violation> = Vec::new();
            judgement.violations.retain(|v| {
                // What could not be seen cannot be waived.
                let waived = !matches!(v.status, Status::Error | Status::Missing) && names(w, v);
                if waived {
                    gone.push(v.clone());
                }
                !waived
            });
            let n = u64::try_from(before - judgement.violations.len()).unwrap_or(0);
            if n == 0 {
                continue;
            }
            *times += n;
            for v in &gone {
                discount(judgement, v);
            }
            used.push(WaiverUsed {
                what: describe(w),
                reason: w.reason.clone(),
                expires: w.expires.map(|e| e.to_string()),
                waived: n,
                policy_line: w.line,
            });
        }
        used
    }

    /// Waivers that matched nothing, have ended or end soon.
    pub(crate) fn warnings(&self) -> Vec<String> {
        self.waivers
            .iter()
            .filter_map(|(w, used)| {
                let what = describe(w);
                let line = w.line;
                match w.expires {
                    Some(end) if end < self.today => {
                        Some(format!("the waiver of {what} (policy line {line}) ended on {end} and does not count"))
                    }
                    _ if *used == 0 => Some(format!("the waiver of {what} (policy line {line}) matched nothing")),
                    Some(end) => {
                        let left = self.today.until(end).map(|s| s.get_days()).unwrap_or(i32::MAX);
                        (left <= SOON).then(|| format!("the waiver of {what} (policy line {line}) ends on {end}"))
                    }
                    None => None,
                }
            })
            .collect()
    }
}

fn describe(w: &Waiver) -> String {
    let path = w.path.as_ref().map(|p| p.as_str());
    let parts: Vec<&str> = [w.id.as_deref(), w.package.as_deref(), path].into_iter().flatten().collect();
    parts.join(" in ")
}

/// Whether a waiver means a violation: everything that it names must fit.
fn names(w: &Waiver, v: &Violation) -> bool {
    let id = w.id.as_ref().is_none_or(|id| v.id.as_ref().is_some_and(|v| v.eq_ignore_ascii_case(id)));
    let package = w.package.as_ref().is_none_or(|p| v.package.as_ref().is_some_and(|v| package_fits(p, v)));
    let path = w.path.as_ref().is_none_or(|p| v.place.as_ref().is_some_and(|at| p.matches(&at.path).is_some()));
    id && package && path
}

/// `pkg:hex/cowlib` fits `pkg:hex/cowlib@2.1.0` and `pkg:hex/cowlib@2.1.0 2.1.0`; `cowlib` fits `cowlib 2.1.0`. Never a mere prefix.
fn package_fits(wanted: &str, found: &str) -> bool {
    let rest = match found.get(..wanted.len()) {
        Some(head) if head.eq_ignore_ascii_case(wanted) => found.get(wanted.len()..).unwrap_or_default(),
        _ => {
            // A bare name means the package of that name in any ecosystem, but not that of somebody's npm scope.
            let inner = purl::split(found).map_or(Cow::Borrowed(found), |p| p.name());
            let scope = if inner.starts_with('@') { inner.find('/').map_or(0, |at| at + 1) } else { 0 };
            let rest = inner.get(scope..).unwrap_or_default();
            let end = scope + rest.find([' ', '@', '?']).unwrap_or(rest.len());
            let whole = inner.get(..end).unwrap_or(&inner);
            let last = if scope > 0 { whole } else { whole.rsplit('/').next().unwrap_or(whole) };
            return [whole, last].iter().any(|name| name.eq_ignore_ascii_case(wanted));
        }
    };
    rest.is_empty() || rest.starts_with(['@', ' ', '?'])
}

/// Lowers the counts that a waived violation was counted in, and judges them anew.
fn discount(judgement: &mut Judgement, v: &Violation) {
    for c in &mut judgement.conditions {
        let counted = match c.metric.as_str() {
            "total" => v.code == "finding",
            "not allowed" => matches!(v.code.as_ref(), "license-denied" | "license-not-allowed" | "license-review"),
            "unknown" if v.code == "license-unknown" => true,
            metric => v.severity.is_some_and(|s| s.as_str() == metric),
        };
        if !counted || c.comparator != "<=" {
            continue;
        }
        if let (Ok(value), Ok(limit)) = (c.value.parse::<u64>(), c.limit.parse::<u64>()) {
            let value = value.saturating_sub(1);
            c.value = value.to_string();
            let over = value.saturating_sub(limit);
            c.distance = (over > 0).then(|| format!("{over} too many"));
            if over == 0 {
                c.status = Status::Pass;
            }
        }
    }
    // Within the limit again, the rest of the findings of that sort are no violations.
    let still_over = judgement.conditions.iter().any(|c| c.status != Status::Pass);
    if !still_over {
        judgement.violations.retain(|v| v.code != "finding");
        judgement.to_pass.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::package_fits;

    #[test]
    fn a_package_is_named_whole() {
        let yes = [
            ("pkg:hex/cowlib", "pkg:hex/cowlib@2.1.0"),
            ("pkg:hex/cowlib", "pkg:hex/cowlib@2.1.0 2.1.0"),
            ("cowlib", "cowlib 2.1.0"),
            ("cowlib", "pkg:hex/cowlib@2.1.0"),
            ("log4j-core", "pkg:maven/org.apache.logging.log4j/log4j-core@2.0"),
            ("@acme/pad", "pkg:npm/%40acme/pad@1"),
            ("@acme/pad", "@acme/pad 1"),
            ("pkg:npm/%40acme/pad", "pkg:npm/%40acme/pad@1"),
            ("github.com/a/b", "pkg:golang/github.com/a/b@v1"),
        ];
        let no = [
            ("cowlib", "cowlib2 2.1.0"),
            ("pad", "pkg:npm/%40acme/pad@1"),
            ("pad", "@acme/pad 1"),
            ("pkg:hex/cow", "pkg:hex/cowlib@2.1.0"),
            ("@evil/pad", "pkg:npm/%40acme/pad@1"),
        ];
        assert_eq!(yes.map(|(wanted, found)| package_fits(wanted, found)), [true; 9]);
        assert_eq!(no.map(|(wanted, found)| package_fits(wanted, found)), [false; 5]);
    }
}
