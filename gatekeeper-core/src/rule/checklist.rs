//! The rule `checklist`: every box is ticked, and there are as many as there should be.

use super::api::{Builder, Item, Judge, Judgement, Rule, RuleError, Scope};
use super::condition::{Condition, counted};
use super::remedy::Remedy;
use crate::config::Table;
use crate::verdict::{GateStatus, Violation};
use gatekeeper_evidence::error::quote;
use gatekeeper_evidence::location::Location;
use gatekeeper_evidence::{Data, Kind};
use std::borrow::Cow;

pub(super) static RULE: Rule = Rule {
    id: Cow::Borrowed("checklist"),
    title: Cow::Borrowed("every box of a Markdown text is ticked, and there are enough of them"),
    kind: Kind::Checklist,
    docs: Cow::Borrowed(
        "## What it requires
That every box of a Markdown text (`- [x] …`) is ticked, and that there are at least `min-items` of them. Boxes in code blocks and comments are text. An item that was meant to be a box and is none (`- []`) is an open one.
Evidence: any Markdown file (`markdown-checklist`), and the text of a pull or merge request (`github-pull`, `gitlab-merge-request`).
A waiver names a box by `id`: what stands beside it.

## Why
Without a least number a list whose boxes were deleted passes.

## Configuration
| key | meaning | default |
|---|---|---|
| `min-items` | fewest boxes over all texts | 1 |
| `max-open` | most boxes that are not ticked | 0 |

## Example
```toml
[[evidence]]
name = \"release-notes\"
paths = [\"RELEASE.md\"]
[gates.checklist]
rule = \"checklist\"
min-items = 8
```

## When evidence is missing
No text: `missing`. A file without any box: `error`. Fewer boxes than asked for, or a request without one: `fail`.
",
    ),
    build: Builder::Fixed(build),
};

#[derive(Debug)]
struct Boxes {
    min_items: u64,
    max_open: u64,
}

fn build(t: &mut Table<'_>) -> Option<Box<dyn Judge>> {
    Some(Box::new(Boxes {
        min_items: t.count("min-items").unwrap_or(1).max(1),
        max_open: t.count("max-open").unwrap_or(0),
    }))
}

impl Judge for Boxes {
    fn judge(&self, scope: &Scope<'_>) -> Result<Judgement, RuleError> {
        let mut out = Judgement::default();
        let (mut items, mut open) = (0_u64, Vec::new());
        for e in scope.evidence {
            let Data::Checklist(list) = &e.data else { continue };
            items = items.saturating_add(u64::try_from(list.items.len()).unwrap_or(u64::MAX));
            for item in list.items.iter().filter(|i| !i.ticked) {
                if scope.waived(&Item { id: Some(&item.text), ..Item::default() }) {
                    continue;
                }
                let words = format!("{} is not ticked", quote(item.text.as_bytes()));
                let mut v = Violation::new("box-open", GateStatus::Fail, words).from_source(&e.source.path);
                v.id = Some(item.text.to_string());
                v.location = Some(Location::line(item.line));
                open.push(v);
            }
        }
        let n = u64::try_from(open.len()).unwrap_or(u64::MAX);
        out.conditions.push(Condition::at_least("items", items, self.min_items, GateStatus::Fail));
        out.conditions.push(Condition::at_most("open", n, self.max_open, GateStatus::Fail));
        if n > self.max_open {
            out.to_pass
                .push(Remedy::Other(format!("tick {}", counted(n - self.max_open, "box").replace("boxs", "boxes"))));
            out.violations = open;
        } else if n > 0 {
            out.notes.push(format!("{n} not ticked, which is allowed"));
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, conditions, evidence, violations};
    use super::*;
    use GateStatus::{Fail, Pass};
    use gatekeeper_evidence::checklist::{Checklist, Item as Ticked};

    fn case<'c>(keys: &'c str, boxes: &[bool]) -> Case<'c> {
        let item =
            |(n, ticked): (usize, &bool)| Ticked { text: format!("b{n}").into(), ticked: *ticked, ..Ticked::default() };
        let list = Checklist { items: boxes.iter().enumerate().map(item).collect() };
        Case::new(&RULE, keys, vec![evidence("body.md", Data::Checklist(list))])
    }

    #[test]
    fn all_are_ticked_and_there_are_enough() {
        let of = |keys: &str, boxes: &[bool]| {
            conditions(&case(keys, boxes).judged()).iter().map(|c| c.1).collect::<Vec<_>>()
        };
        assert_eq!(of("", &[true]), [Pass, Pass]);
        assert_eq!(of("", &[]), [Fail, Pass]);
        assert_eq!(of("min-items = 0", &[]), [Fail, Pass], "nothing is no list");
        assert_eq!(of("min-items = 3", &[true, true]), [Fail, Pass]);
        assert_eq!(of("min-items = 2", &[true, true]), [Pass, Pass]);
        assert_eq!(of("", &[true, false]), [Pass, Fail]);
        assert_eq!(of("max-open = 1", &[true, false]), [Pass, Pass]);
        assert_eq!(of("max-open = 1", &[false, false]), [Pass, Fail]);
    }

    #[test]
    fn open_ones_are_named_unless_they_are_waived() {
        let j = case("", &[true, false, false]).judged();
        assert_eq!(violations(&j), [("box-open", Fail), ("box-open", Fail)]);
        assert!(j.violations[0].message.contains("b1") && j.to_pass == [Remedy::Other("tick 2 boxes".to_owned())]);
        assert_eq!(case("", &[false]).judged_waiving(&|i| i.id == Some("b0")).status(), Pass);
        assert_eq!(case("", &[false]).judged_waiving(&|i| i.id == Some("b1")).status(), Fail);
    }

    #[test]
    fn what_is_open_and_allowed_is_noted_and_no_more() {
        let of = |keys: &str, boxes: &[bool]| {
            let j = case(keys, boxes).judged();
            (j.violations.len(), j.to_pass.len(), j.notes.join(""))
        };
        assert_eq!(of("", &[true]), (0, 0, String::new()));
        assert_eq!(of("max-open = 1", &[false, true]), (0, 0, "1 not ticked, which is allowed".to_owned()));
        assert_eq!(of("max-open = 1", &[false, false]), (2, 1, String::new()));
    }
}
