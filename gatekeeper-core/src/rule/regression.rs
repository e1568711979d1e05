//! The rule `regression`: no benchmark worse than in an earlier run by more than is allowed, as far as its samples can tell.

use super::api::{Builder, Compares, Judge, Judgement, Rule, RuleError, Scope};
use super::ratio::Ratio;
use crate::config::Table;
use gatekeeper_evidence::Kind;
use std::borrow::Cow;

pub(super) static RULE: Rule = Rule {
    id: Cow::Borrowed("regression"),
    title: Cow::Borrowed("no benchmark worse than in an earlier run, as far as its samples can tell"),
    kind: Kind::Measurements,
    docs: Cow::Borrowed(
        "## What it requires
That no series is worse than in the baseline (`--baseline FILE`, written by `gatekeeper snapshot`) by more than `max`, in the direction that is worse for it. The ratio of new to old is tested against that limit:
clearly beyond it the gate fails, clearly within it passes, and where the samples cannot tell it is `inconclusive` and says how many samples would. Of several series Holm's correction keeps chance from looking like a finding.
A series that failed or vanished is an error; one that is new is said. A waiver takes out series, by `id` (the metric) or `path`.

## Why
One ratio of two means is noise on shared runners; intervals that overlap prove nothing either way.

## Configuration
| key | meaning | default |
|---|---|---|
| `max` | what a series may be worse by: `\"5%\"` | required |
| `metrics` | patterns of metrics | all |
| `better` | `lower` or `higher`, only where the format does not say | the format's |
| `confidence` | two-sided, percent: with 95, three samples on each side can never tell | 95 |
| `test` | `mann-whitney` (with Hodges and Lehmann's ratio), `welch` (of logarithms), `bootstrap` (of the ratio of medians, seeded by the samples), `exact` (counts without noise) | `mann-whitney`; `exact` for series that are |

Units of one kind are converted. Higher is better: 10 % worse is below 0.9 of the old.

## Example
```toml
[gates.regression]
rule = \"regression\"
metrics = [\"bench/*\"]
max = \"5%\"
```

## When evidence is missing
No baseline, none of a series that is there, or one of 0: `missing`. A series that failed, vanished, changed its kind of unit or has no known direction: `error`. Only a summary, or too few samples: `inconclusive`.
",
    ),
    build: Builder::Fixed(build),
};

#[derive(Debug)]
struct Regression(Ratio);

fn build(t: &mut Table<'_>) -> Option<Box<dyn Judge>> {
    Some(Box::new(Regression(Ratio::read(t, "a regression gate")?)))
}

impl Judge for Regression {
    fn compares(&self) -> Compares {
        Compares::Wholly
    }

    fn judge(&self, scope: &Scope<'_>) -> Result<Judgement, RuleError> {
        Ok(self.0.judge(scope))
    }
}

#[cfg(test)]
mod tests;
