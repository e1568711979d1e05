//! Scores of CVSS vectors, for reports that give a vector and no score. Versions 2 (FIRST, A Complete Guide to CVSS v2.0, section 3.2,
//! <https://www.first.org/cvss/v2/guide>), 3.0 and 3.1 (CVSS v3.1 Specification, section 7, <https://www.first.org/cvss/v3.1/specification-document>)
//! and 4.0 (see `v4`).
//!
//! Of versions 2 and 3 it is the base score, as databases state it. A vector that is not wholly of its version (an unknown, repeated or missing
//! metric, a value that it does not have) has no score: a wrong one is worse than none.

mod v4;

use super::common::note;
use gatekeeper_evidence::Note;
use gatekeeper_evidence::findings::Severity;

/// The worst severity of some vectors, with the field that they were taken from. What is no vector is noted.
pub(super) fn severity<'v>(
    vectors: impl IntoIterator<Item = &'v str>,
    field: &'static str,
    notes: &mut Vec<Note>,
) -> (Severity, &'static str) {
    let mut worst = None;
    for vector in vectors.into_iter().filter(|v| !v.trim().is_empty()) {
        match score(vector) {
            Some(score) => worst = worst.max(Some(Severity::from_score(score))),
            None => note(
                notes,
                format!("a CVSS vector that cannot be read: {}", gatekeeper_evidence::error::quote(vector.as_bytes())),
            ),
        }
    }
    worst.map_or((Severity::Unknown, ""), |severity| (severity, field))
}

/// The score of a vector. Version 2 has no prefix, and parentheses around it are customary.
pub(super) fn score(vector: &str) -> Option<f64> {
    let vector = vector.trim();
    let versioned = vector.strip_prefix("CVSS:").and_then(|rest| rest.split_once('/'));
    match versioned {
        Some(("4.0", rest)) => v4::score(&Metrics::read(rest, v4::NAMES)?),
        Some(("3.0" | "3.1", rest)) => v3(&Metrics::read(rest, V3)?),
        Some(("2.0", rest)) => v2(&Metrics::read(rest, V2)?),
        Some(_) => None,
        None => {
            let bare = vector.strip_prefix('(').and_then(|v| v.strip_suffix(')')).unwrap_or(vector);
            v2(&Metrics::read(bare, V2)?)
        }
    }
}

const V2: &[&str] = &["AV", "AC", "Au", "C", "I", "A", "E", "RL", "RC", "CDP", "TD", "CR", "IR", "AR"];
const V3: &[&str] = &[
    "AV", "AC", "PR", "UI", "S", "C", "I", "A", "E", "RL", "RC", "CR", "IR", "AR", "MAV", "MAC", "MPR", "MUI", "MS",
    "MC", "MI", "MA",
];

/// A vector's metrics, each once.
struct Metrics<'v>(Vec<(&'v str, &'v str)>);

impl<'v> Metrics<'v> {
    fn read(text: &'v str, names: &[&str]) -> Option<Self> {
        let mut out: Vec<(&str, &str)> = Vec::new();
        for part in text.split('/') {
            let (name, value) = part.split_once(':')?;
            if !names.contains(&name) || out.iter().any(|(n, _)| *n == name) {
                return None;
            }
            out.push((name, value));
        }
        Some(Metrics(out))
    }

    fn get(&self, name: &str) -> Option<&'v str> {
        self.0.iter().find(|(n, _)| *n == name).map(|(_, v)| *v)
    }

    /// The number that a metric's value stands for.
    fn weight(&self, name: &str, weights: &[(&str, f64)]) -> Option<f64> {
        let value = self.get(name)?;
        weights.iter().find(|(v, _)| *v == value).map(|(_, w)| *w)
    }
}

fn v2(m: &Metrics<'_>) -> Option<f64> {
    let impact_of = |name| m.weight(name, &[("N", 0.0), ("P", 0.275), ("C", 0.660)]);
    let impact = 10.41 * (1.0 - (1.0 - impact_of("C")?) * (1.0 - impact_of("I")?) * (1.0 - impact_of("A")?));
    let exploitability = 20.0
        * m.weight("AV", &[("L", 0.395), ("A", 0.646), ("N", 1.0)])?
        * m.weight("AC", &[("H", 0.35), ("M", 0.61), ("L", 0.71)])?
        * m.weight("Au", &[("M", 0.45), ("S", 0.56), ("N", 0.704)])?;
    if impact <= 0.0 {
        return Some(0.0);
    }
    let raw = (0.6 * impact + 0.4 * exploitability - 1.5) * 1.176;
    Some((raw * 10.0).round() / 10.0)
}

fn v3(m: &Metrics<'_>) -> Option<f64> {
    let impact_of = |name| m.weight(name, &[("H", 0.56), ("L", 0.22), ("N", 0.0)]);
    let changed = match m.get("S")? {
        "C" => true,
        "U" => false,
        _ => return None,
    };
    let (low, high) = if changed { (0.68, 0.5) } else { (0.62, 0.27) };
    let exploitability = 8.22
        * m.weight("AV", &[("N", 0.85), ("A", 0.62), ("L", 0.55), ("P", 0.2)])?
        * m.weight("AC", &[("L", 0.77), ("H", 0.44)])?
        * m.weight("PR", &[("N", 0.85), ("L", low), ("H", high)])?
        * m.weight("UI", &[("N", 0.85), ("R", 0.62)])?;
    let iss: f64 = 1.0 - (1.0 - impact_of("C")?) * (1.0 - impact_of("I")?) * (1.0 - impact_of("A")?);
    let impact = if changed { 7.52 * (iss - 0.029) - 3.25 * (iss - 0.02).powi(15) } else { 6.42 * iss };
    if impact <= 0.0 {
        return Some(0.0);
    }
    let raw = if changed { 1.08 * (impact + exploitability) } else { impact + exploitability };
    Some(round_up(raw.min(10.0)))
}

/// Appendix A's Roundup: to the next tenth, blind to binary noise.
fn round_up(score: f64) -> f64 {
    let hundred_thousandths = (score * 100_000.0).round();
    if hundred_thousandths % 10_000.0 == 0.0 {
        hundred_thousandths / 100_000.0
    } else {
        ((hundred_thousandths / 10_000.0).floor() + 1.0) / 10.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_those_of_the_calculators() {
        for (vector, wanted) in [
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8),
            ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 10.0),
            ("CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1),
            ("CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:N/I:N/A:N", 0.0),
            ("CVSS:3.1/AV:L/AC:H/PR:L/UI:N/S:U/C:N/I:N/A:L/E:U/RL:O/RC:C", 2.5),
            // The guide's own examples, section 3.3.
            ("AV:N/AC:L/Au:N/C:N/I:N/A:C", 7.8),
            ("(AV:N/AC:L/Au:N/C:C/I:C/A:C)", 10.0),
            ("AV:L/AC:H/Au:N/C:C/I:C/A:C/E:POC/RL:OF/RC:C", 6.2),
            ("CVSS:2.0/AV:N/AC:M/Au:N/C:N/I:P/A:N", 4.3),
            ("AV:L/AC:L/Au:M/C:N/I:N/A:N", 0.0),
            ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H", 10.0),
            ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", 9.3),
            ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:H/SC:N/SI:N/SA:N", 8.7),
            ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H/E:U", 9.1),
            ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N", 0.0),
        ] {
            assert_eq!(score(vector), Some(wanted), "{vector}");
        }
    }

    #[test]
    fn what_is_not_wholly_of_its_version_has_no_score() {
        for vector in [
            "",
            "high",
            "CVSS:3.1/AV:X",
            "CVSS:3.2/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
            "CVSS:3.1/AV:N/AV:P/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
            "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/",
            "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/ZZ:1",
            "CVSS:2.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
            "CVSS:4.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
            "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:R/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N",
            "AV:N/AC:L/Au:N/C:P/I:P",
        ] {
            assert_eq!(score(vector), None, "{vector}");
        }
    }

    #[test]
    fn the_worst_vector_counts_and_the_unreadable_is_noted() {
        let mut notes = Vec::new();
        let got = severity(["AV:N/AC:M/Au:N/C:N/I:P/A:N", "CVSS:9/x", ""], "cvss", &mut notes);
        assert_eq!(got, (Severity::Medium, "cvss"));
        assert_eq!(notes.len(), 1);
        assert_eq!(severity([""], "cvss", &mut notes), (Severity::Unknown, ""));
    }
}
