//! `[suspicion]`: what each suspicion comes to.

use crate::config::Table;
use crate::verdict::suspicion::{CHECKS, Check, FAR, FAR_KEY, Level};
use gatekeeper_evidence::decimal::Decimal;

/// What a policy says of suspicions.
#[derive(Debug)]
pub(crate) struct Suspicion {
    /// As [`CHECKS`] lists them.
    levels: [Level; CHECKS.len()],
    /// The least share of the last verdict's totals, percent, and of these that the last one's must be.
    pub far: Decimal,
}

const WORDS: [(&str, Level); 3] = [("error", Level::Error), ("warn", Level::Warn), ("off", Level::Off)];

impl Default for Suspicion {
    fn default() -> Self {
        Suspicion { levels: CHECKS.map(|c| c.default), far: Decimal::whole(FAR) }
    }
}

impl Suspicion {
    /// What a suspicion comes to.
    pub(crate) fn of(&self, check: Check) -> Level {
        let known = CHECKS.iter().zip(self.levels).find(|(c, _)| c.check == check);
        known.map_or(Level::Warn, |(_, level)| level)
    }
}

/// Reads the table.
pub(super) fn read(top: &mut Table<'_>) -> Suspicion {
    let mut out = Suspicion::default();
    let Some(mut t) = top.table("suspicion") else { return out };
    for (check, level) in CHECKS.iter().zip(&mut out.levels) {
        if let Some(said) = t.choice(check.name, &WORDS) {
            *level = said;
        }
    }
    if let Some(node) = t.get(FAR_KEY) {
        let span = node.span.clone();
        match t.percent_from_one(FAR_KEY) {
            Some(share) if share >= Decimal::whole(100) => t.problem(
                span,
                format!("`{FAR_KEY}` is a share of the last totals below 100: at {share} any other total would be far"),
            ),
            Some(share) => out.far = share,
            None => {}
        }
    }
    t.finish("[suspicion]");
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Problems, from_toml};

    fn of(text: &str) -> Result<Suspicion, Vec<String>> {
        let tree = from_toml(text).unwrap();
        let problems = Problems::default();
        let mut top = Table::of(&tree, "a policy", &problems).unwrap();
        let out = read(&mut top);
        let problems: Vec<String> = problems.into_inner().into_iter().map(|p| p.message).collect();
        if problems.is_empty() { Ok(out) } else { Err(problems) }
    }

    #[test]
    fn each_is_what_the_policy_says_or_what_it_is_by_itself() {
        let none = of("").unwrap();
        assert!(CHECKS.iter().all(|c| none.of(c.check) == c.default) && none.far == Decimal::whole(50));
        let some = of("[suspicion]\nall-skipped = \"error\"\nsame-report = \"off\"\ntotals-far-share = 80").unwrap();
        assert_eq!(some.of(Check::AllSkipped), Level::Error);
        assert_eq!(some.of(Check::SameReport), Level::Off);
        assert_eq!((some.of(Check::TotalsFar), some.far), (Level::Warn, Decimal::whole(80)));
    }

    #[test]
    fn mistakes_are_told() {
        for (text, words) in [
            ("suspicion = \"error\"", "`suspicion`"),
            ("[suspicion]\ntotals-fra = \"off\"", "no key `totals-fra`"),
            ("[suspicion]\ntotals-far = \"fail\"", "`totals-far` takes error, warn, off"),
            ("[suspicion]\ntotals-far-share = 100", "any other total would be far"),
            ("[suspicion]\ntotals-far-share = 0.5", "`totals-far-share`"),
        ] {
            let said = of(text).unwrap_err();
            assert!(said.len() == 1 && said[0].contains(words), "{text}: {said:?}");
        }
        assert!(of("[suspicion]\ntotals-far-share = 99").is_ok());
    }
}
