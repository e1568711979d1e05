//! The rule `command`: how recorded commands ended, whatever they printed.

use super::api::{Builder, Item, Judge, Judgement, Rule, RuleError, Scope};
use super::condition::{Bound, Condition, Quantity, plural};
use super::remedy::Remedy;
use crate::config::{ProblemCode, Selector, Table};
use crate::verdict::{GateStatus, Violation};
use gatekeeper_evidence::decimal::Decimal;
use gatekeeper_evidence::{Data, Evidence, Kind, Recording};
use std::borrow::Cow;
use std::time::Duration;

pub(super) static RULE: Rule = Rule {
    id: Cow::Borrowed("command"),
    title: Cow::Borrowed("how recorded commands ended, whatever they printed"),
    kind: Kind::Command,
    docs: Cow::Borrowed(
        "## What it requires
That commands were recorded (`gatekeeper record --tool NAME -- COMMAND`) and that each of them ended with the right exit status. `tools` names them by the
name that they were recorded under, any name will do; without `tools` every recording counts. All recordings of a name count: a good one makes up for no bad one.

## Why
Formatters, checks with `--check` or `--warnings-as-errors`, and linters of one's own print what nobody parses. Their exit status says it all, and a step of a
pipeline that swallows it (`|| true`, a pipe, a matrix) is how it gets lost.

## Configuration
| key | meaning | default |
|---|---|---|
| `exit-status` | the status that each command must have ended with, or a list of those that are right | 0 |
| `min-commands` | fewest recordings | 1 |
| `max-duration` | longest time that the commands may have run, together: seconds, or `\"5m\"` | none |
| `unread` | true: only recordings whose output is no report that other gates judge | false |

## Example
```toml
[gates.format]
rule = \"command\"
tools = [\"mix-format\", \"hank\"]
exit-status = 0
```
with `gatekeeper record --tool mix-format -- mix format --check-formatted`.

## When evidence is missing
No recording, or none of one of `tools`: `missing`. With `max-duration`, a recording that does not say how long it ran: `error`. A recording that breaks off (its command did not end, or the file was cut): `error`. A command that a
signal ended, or that could not be started: `fail`.
",
    ),
    build: Builder::Any(build),
};

#[derive(Debug)]
struct Command {
    right: Vec<i32>,
    min_commands: u64,
    unread: bool,
    max_duration: Option<Decimal>,
}

fn build(t: &mut Table<'_>) -> Option<Box<dyn Judge>> {
    let right = statuses(t)?;
    let min_commands = t.count("min-commands").unwrap_or(1);
    let unread = t.flag("unread").unwrap_or(false);
    let max_duration = t.seconds("max-duration");
    Some(Box::new(Command { right, min_commands, unread, max_duration }))
}

/// One status or several; `None` where it is neither, which was reported.
fn statuses(t: &mut Table<'_>) -> Option<Vec<i32>> {
    let Some(numbers) = t.numbers("exit-status")? else { return Some(vec![0]) };
    if numbers.is_empty() {
        t.problem(t.span(), "`exit-status` lists no status, so no command could ever be right");
        return None;
    }
    let mut out = Vec::new();
    for (number, span) in numbers {
        match number.to_string().parse() {
            Ok(status) => out.push(status),
            Err(_) => {
                let message = format!("`exit-status` takes whole numbers, not {number}");
                t.problem_of(ProblemCode::OutOfRange, span, message);
                return None;
            }
        }
    }
    Some(out)
}

/// The command as it was given, cut.
fn shown(r: &Recording) -> String {
    const MOST: usize = 120;
    let whole = r.command.join(" ");
    let cut: String = whole.chars().take(MOST).collect();
    if cut.len() < whole.len() { format!("{cut}…") } else { cut }
}

impl Judge for Command {
    fn takes(&self, evidence: &Evidence, _: &Selector) -> bool {
        evidence.source.record.is_some() && (!self.unread || matches!(evidence.data, Data::Command(_)))
    }

    fn by_exit_status(&self) -> bool {
        true
    }

    fn judge(&self, scope: &Scope<'_>) -> Result<Judgement, RuleError> {
        let mut out = Judgement::default();
        let (mut judged, mut wrong, mut millis) = (0_u64, 0_u64, 0_u64);
        for e in scope.evidence {
            let Some(record) = &e.source.record else { continue };
            judged = judged.saturating_add(1);
            match record.millis {
                Some(ran) => millis = millis.saturating_add(ran),
                None if self.max_duration.is_some() => {
                    let message = format!("{}: the recording does not say how long the command ran", record.tool);
                    let v = Violation::new("duration-unknown", GateStatus::Error, message);
                    out.violations.push(v.from_source(&e.source.path));
                }
                None => {}
            }
            if self.right.iter().any(|status| record.ended_with(*status)) {
                continue;
            }
            let item = Item { id: Some(&record.tool), path: Some(&e.source.path), ..Item::default() };
            if scope.waived(&item) {
                continue;
            }
            wrong = wrong.saturating_add(1);
            let message = format!("{}: `{}` {}", record.tool, shown(record), record.ending());
            let mut v = Violation::new("command-failed", GateStatus::Fail, message).from_source(&e.source.path);
            v.id = Some(record.tool.clone());
            out.violations.push(v);
        }
        out.conditions.push(Condition::at_most("failed-commands", wrong, 0, GateStatus::Fail));
        if self.min_commands > 1 {
            out.conditions.push(Condition::at_least("commands", judged, self.min_commands, GateStatus::Fail));
        }
        if let Some(most) = self.max_duration {
            let ran = Quantity::Seconds(Duration::from_millis(millis).as_secs_f64());
            let most = Quantity::Seconds(most.as_f64());
            out.conditions.push(Condition::new("duration", ran, Bound::AtMost, most, GateStatus::Fail));
        }
        if wrong > 0 {
            let right: Vec<String> = self.right.iter().map(i32::to_string).collect();
            let words =
                format!("make {wrong} {} end with exit status {}", plural(wrong, "command"), right.join(" or "));
            out.to_pass.push(Remedy::Other(words));
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Case, conditions, evidence, gate, violations};
    use super::*;
    use GateStatus::{Fail, Pass};

    fn recorded(tool: &str, exit_status: Option<i32>, signal: Option<i32>) -> Evidence {
        let command = vec!["mix".to_owned(), tool.to_owned()];
        let record = Recording { tool: tool.to_owned(), command, exit_status, signal, ..Recording::default() };
        let mut e = evidence(&format!("{tool}.record"), Data::Command(record.clone()));
        e.source.record = Some(Box::new(record));
        e
    }

    fn status(keys: &str, endings: &[(Option<i32>, Option<i32>)]) -> GateStatus {
        let all = endings.iter().map(|(status, signal)| recorded("format", *status, *signal)).collect();
        Case::new(&RULE, keys, all).judged().status()
    }

    #[test]
    fn every_recording_must_have_ended_with_the_right_status() {
        assert_eq!(status("", &[(Some(0), None)]), Pass);
        assert_eq!(status("", &[(Some(1), None)]), Fail);
        assert_eq!(status("", &[(Some(0), None), (Some(1), None)]), Fail, "a good one makes up for no bad one");
        assert_eq!(status("", &[(None, Some(9))]), Fail);
        assert_eq!(status("", &[(Some(0), Some(9))]), Fail, "a signal is no status");
        assert_eq!(status("exit-status = 3", &[(Some(3), None)]), Pass);
        assert_eq!(status("exit-status = 3", &[(Some(0), None)]), Fail);
        assert_eq!(status("exit-status = [0, 2]", &[(Some(0), None), (Some(2), None)]), Pass);
        assert_eq!(status("exit-status = [0, 2]", &[(Some(1), None)]), Fail);
        assert_eq!(status("exit-status = -1", &[(Some(-1), None)]), Pass);
    }

    #[test]
    fn fewer_recordings_than_there_must_be_are_told() {
        let (one, two) = ([(Some(0), None)], [(Some(0), None), (Some(0), None)]);
        assert_eq!([status("min-commands = 2", &one), status("min-commands = 2", &two)], [Fail, Pass]);
    }

    #[test]
    fn commands_may_take_so_long_together() {
        let of = |times: &[Option<u64>]| {
            let mut all: Vec<Evidence> = times.iter().map(|_| recorded("format", Some(0), None)).collect();
            for (e, millis) in all.iter_mut().zip(times) {
                e.source.record.as_mut().unwrap().millis = *millis;
            }
            Case::new(&RULE, "max-duration = \"5m\"", all).judged().status()
        };
        assert_eq!([of(&[Some(300_000)]), of(&[Some(300_001)])], [Pass, Fail]);
        assert_eq!([of(&[Some(150_000), Some(150_000)]), of(&[Some(150_000), Some(150_001)])], [Pass, Fail]);
        assert_eq!(of(&[Some(1), None]), GateStatus::Error);
    }

    #[test]
    fn what_failed_is_told_by_its_command() {
        let j = Case::new(&RULE, "", vec![recorded("format", Some(2), None)]).judged();
        assert_eq!((violations(&j), conditions(&j)), (vec![("command-failed", Fail)], vec![("failed-commands", Fail)]));
        assert_eq!(j.violations[0].message, "format: `mix format` ended with exit status 2");
        assert_eq!(j.to_pass, [Remedy::Other("make 1 command end with exit status 0".to_owned())]);
        let waived = Case::new(&RULE, "", vec![recorded("format", Some(2), None)])
            .judged_waiving(&|i| i.id == Some("format") && i.path == Some("format.record"));
        assert_eq!(waived.status(), Pass);
    }

    #[test]
    fn only_recordings_are_taken() {
        let built = |keys| gate(&RULE, keys).unwrap();
        let (alone, report) = (recorded("x", Some(0), None), evidence("r", Data::Command(Recording::default())));
        let mut read = evidence("x.record", Data::Tests(Default::default()));
        read.source.record = alone.source.record.clone();
        let takes = |keys, e: &Evidence| built(keys).takes(e, &Selector::default());
        assert!(takes("", &alone) && takes("", &read) && !takes("", &report));
        assert!(takes("unread = true", &alone) && !takes("unread = true", &read));
    }

    #[test]
    fn a_status_that_is_none_is_a_mistake() {
        for keys in ["exit-status = 1.5", "exit-status = []", "exit-status = 99999999999", "exit-status = [0, 0.5]"] {
            let wrong = gate(&RULE, keys).map(|_| ()).unwrap_err();
            assert!(wrong.len() == 1 && wrong[0].contains("`exit-status`"), "{keys}: {wrong:?}");
        }
        assert!(gate(&RULE, "exit-status = \"0\"").map(|_| ()).unwrap_err()[0].contains("number"));
    }

    #[test]
    fn it_judges_how_commands_ended_and_not_what_they_wrote() {
        assert!(gate(&RULE, "").unwrap().by_exit_status());
        assert!(!gate(&RULE, "").unwrap().decides());
        let one = |keys| conditions(&Case::new(&RULE, keys, vec![recorded("x", Some(0), None)]).judged()).len();
        assert_eq!((one("min-commands = 1"), one("min-commands = 2")), (1, 2), "one is asked for anyway");
    }

    #[test]
    fn a_long_command_is_cut() {
        let of = |n: usize| shown(&Recording { command: vec!["é".repeat(n)], ..Recording::default() });
        assert_eq!(of(120), "é".repeat(120));
        assert_eq!(of(121), format!("{}…", "é".repeat(120)));
    }
}
