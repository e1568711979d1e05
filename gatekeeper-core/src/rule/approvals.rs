//! The rule `approvals`: who has to have approved, how many, not the author.

#[cfg(test)]
mod tests;

use super::api::{Builder, Item, Judge, Judgement, Rule, RuleError, Scope};
use super::condition::{Condition, counted};
use super::remedy::Remedy;
use crate::config::{Problems, Table};
use crate::context::Revision;
use crate::verdict::{GateStatus, Violation};
use gatekeeper_evidence::approvals::{Approvals, Review, State, standing};
use gatekeeper_evidence::decimal::Decimal;
use gatekeeper_evidence::{Data, Evidence, Kind};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

pub(super) static RULE: Rule = Rule {
    id: Cow::Borrowed("approvals"),
    title: Cow::Borrowed("who approved, how many, not the author, of this very commit"),
    kind: Kind::Approvals,
    docs: Cow::Borrowed(
        "## What it requires
That enough people approved, and that nobody's request for changes stands. Of each person the latest review that is APPROVED, CHANGES_REQUESTED or DISMISSED counts: a comment changes nothing, and a review that was dismissed brings no older approval back. A request for changes stands whoever made it and on whichever commit. A rejection of a run's environment is never taken back.
No approval is counted of the author, of a program (`bots`), of an account that is gone, of another commit than the head (`stale`), or dated more than five minutes after this check. Names are compared without regard to case.
The author, the head and the time of opening come from evidence of the format `github-pull` or `gitlab-merge-request`, else from `--author`, `--commit` and `--since`. What of it is not known is not looked at, and the verdict says so. Approvals of a run's environments and GitLab's are of no commit, so they cannot be stale by it.
Evidence: `github-reviews` (all pages: a page that says that there is a next one, which is not there, is an error; a bare list of exactly 30 or 100 may be a first page, and warns), `github-run-approvals`, `gitlab-approvals` (where GitLab itself still asks for approvals, that fails).

## Why
A filter on `state == \"APPROVED\"` counts approvals that were dismissed, given to another commit, or by the author; one page of three hides the request for changes.

## Configuration
| key | meaning | default |
|---|---|---|
| `min` | fewest people who approved | 1, or 0 where `groups` are given |
| `from` | only these people's approvals count | everybody's |
| `groups` | for each group `{ of = [people], min = 1 }`: so many of these people approved | none |
| `stale` | `\"deny\"`: approvals of another commit do not count; `\"allow\"`: they do | `\"deny\"` |
| `bots` | `\"deny\"` or `\"allow\"` approvals of programs | `\"deny\"` |
| `committers` | `\"deny\"`: approvals of those who committed do not count either; needs `github-pull-commits` | `\"allow\"` |
| `environments` | only approvals of these environments count | all |
| `deadline` | approvals count until so long after the opening: `\"48h\"`; before it, waiting is `missing` and no failure | none |
| `on-timeout` | after the deadline: `\"reject\"` fails, `\"hold\"` stays `missing` | `\"reject\"` |

## Example
```toml
[[evidence]]
name = \"reviews\"
paths = [\"reviews.json\"]
format = \"github-reviews\"
[[evidence]]
name = \"pull\"
paths = [\"pull.json\"]
format = \"github-pull\"
[gates.approval]
rule = \"approvals\"
min = 2
groups = { security = { of = [\"dave\", \"erin\"], min = 1 } }
```

## When evidence is missing
No list of reviews: `missing`. An answer of the service that is an error, a page that is not there, evidence of another commit than the one that is judged: `error`. An empty list has no approval in it.
",
    ),
    build: Builder::Fixed(build),
};

#[derive(Debug)]
struct Rules {
    min: u64,
    from: Option<Vec<String>>,
    groups: BTreeMap<String, Group>,
    stale: bool,
    bots: bool,
    deny_committers: bool,
    environments: Vec<String>,
    deadline: Option<(Decimal, i64)>,
    reject: bool,
}

#[derive(Debug)]
struct Group {
    of: Vec<String>,
    min: u64,
}

/// Whether a review says that it was made after this check.
fn from_later(review: &Review, scope: &Scope<'_>) -> bool {
    review.at.zip(scope.now).is_some_and(|(at, now)| at > now.saturating_add(SKEW))
}

/// Seconds by which clocks may differ.
const SKEW: i64 = 300;

fn folded(all: Vec<(String, crate::config::Span)>) -> Vec<String> {
    all.into_iter().map(|(name, _)| name.trim_start_matches('@').to_lowercase()).collect()
}

fn build(t: &mut Table<'_>) -> Option<Box<dyn Judge>> {
    const DENY: [(&str, bool); 2] = [("deny", false), ("allow", true)];
    let groups = groups(t);
    let from = t.texts("from").map(folded);
    let stated = t.count("min");
    let min = stated.unwrap_or(u64::from(groups.is_empty()));
    let span = |t: &mut Table<'_>, key| t.get(key).map_or_else(|| t.span(), |n| n.span.clone());
    if let Some(from) = from.as_ref().filter(|f| u64::try_from(f.len()).is_ok_and(|n| n < min)) {
        let at = span(t, "min");
        t.problem(at, format!("`min` is {min}, and `from` names {}: it could never pass", people(from.len())));
    }
    if min == 0 && groups.is_empty() {
        let at = span(t, "min");
        t.problem(at, "this gate asks for no approval, so nobody need approve: give it `min` or `groups`");
    }
    let deadline = t.seconds("deadline").and_then(|d| Some((d, d.to_string().split('.').next()?.parse().ok()?)));
    let on_timeout = t.choice("on-timeout", &[("reject", true), ("hold", false)]);
    if on_timeout.is_some() && deadline.is_none() {
        let at = span(t, "on-timeout");
        t.problem(at, "`on-timeout` says what happens after a `deadline`, and there is none");
    }
    Some(Box::new(Rules {
        min,
        from,
        groups,
        stale: t.choice("stale", &DENY).unwrap_or(false),
        bots: t.choice("bots", &DENY).unwrap_or(false),
        deny_committers: !t.choice("committers", &DENY).unwrap_or(true),
        environments: t.texts("environments").unwrap_or_default().into_iter().map(|(e, _)| e).collect(),
        deadline,
        reject: on_timeout.unwrap_or(true),
    }))
}

fn groups(t: &mut Table<'_>) -> BTreeMap<String, Group> {
    let mut out = BTreeMap::new();
    let entries = t.named("groups");
    let problems: &Problems = t.problems();
    for entry in entries {
        let what = format!("the group `{}`", entry.key);
        let Some(mut g) = Table::of(&entry.node, &what, problems) else { continue };
        let of = g.texts("of").map(folded);
        let min = g.count("min").unwrap_or(1);
        if g.get("of").is_none() {
            g.problem(g.span(), format!("{what} does not say who is in it: of = [\"…\"]"));
        }
        if let Some(of) = of {
            if u64::try_from(of.len()).is_ok_and(|n| n < min) {
                g.problem(g.span(), format!("{what} has {} and asks for {min}: it could never pass", people(of.len())));
            }
            if min == 0 {
                g.problem(g.span(), format!("{what} asks for nobody's approval: give it min = 1 or leave it out"));
            }
            out.insert(entry.key.clone(), Group { of, min });
        }
        g.finish("a group");
    }
    out
}

fn people(n: usize) -> String {
    if n == 1 { "1 person".to_owned() } else { format!("{n} people") }
}

/// What all evidence of the gate together says of the request.
#[derive(Default)]
struct Known<'e> {
    author: Option<&'e str>,
    head: Option<&'e str>,
    created: Option<i64>,
    draft: bool,
    committers: Option<BTreeSet<String>>,
}

fn missing(code: &'static str, words: String) -> Violation {
    Violation::new(code, GateStatus::Missing, words)
}

fn error(code: &'static str, words: String) -> Violation {
    Violation::new(code, GateStatus::Error, words)
}

impl Judge for Rules {
    fn judge(&self, scope: &Scope<'_>) -> Result<Judgement, RuleError> {
        let answers: Vec<(&Evidence, &Approvals)> = scope
            .evidence
            .iter()
            .filter_map(|e| match &e.data {
                Data::Approvals(a) => Some((*e, a)),
                _ => None,
            })
            .collect();
        let mut out = Judgement::default();
        let known = known(scope, &answers, &mut out);
        // A request alone says nothing of approvals.
        let beside = |a: &Approvals| a.request.is_some() || a.committers.is_some();
        let lists: Vec<(&Evidence, &Approvals)> =
            answers.iter().copied().filter(|(_, a)| !beside(a) || !a.reviews.is_empty() || a.left.is_some()).collect();
        if lists.is_empty() {
            let words = "there is the request, and no list of its reviews".to_owned();
            out.violations.push(missing("reviews-missing", words));
            return Ok(out);
        }
        if self.deny_committers && known.committers.is_none() {
            let words = "nobody says who committed, and their approvals must not count".to_owned();
            out.violations.push(
                missing("committers-unknown", words)
                    .with_help("keep the request's commits as evidence (format github-pull-commits)"),
            );
        }
        let taken: Vec<&Review> =
            lists.iter().flat_map(|(_, a)| a.reviews.iter().filter(|r| self.asked(a, r))).collect();
        if !self.environments.is_empty() && taken.is_empty() {
            let words = format!("nobody approved or rejected {}", self.environments.join(", "));
            out.violations.push(missing("reviews-missing", words));
            return Ok(out);
        }
        self.refusals(&lists, scope, &mut out);
        for (e, a) in &lists {
            if let Some(left) = a.left.filter(|left| *left > 0) {
                let words = format!("the forge itself still asks for {}", counted(left, "approval"));
                out.violations
                    .push(Violation::new("approvals-left", GateStatus::Fail, words).from_source(&e.source.path));
            }
            let n = a.reviews.len();
            if a.page.is_none() && !a.environments && e.complete.is_none() && (n == 30 || n == 100) {
                let words = format!("{n} reviews are as many as fit on a page, so there may be another");
                let v = Violation::new("page-full", GateStatus::Warn, words).from_source(&e.source.path);
                out.violations.push(v.with_help(
                    "save the answer with its headers (gh api -i), or all pages (gh api --paginate --slurp)",
                ));
            }
        }
        self.count(taken, &known, scope, &mut out);
        Ok(out)
    }
}

/// What the evidence and the run say of the request; contradictions are errors.
fn known<'e>(scope: &'e Scope<'_>, answers: &[(&'e Evidence, &'e Approvals)], out: &mut Judgement) -> Known<'e> {
    let facts = &scope.context.release;
    let author = facts.author.as_deref().map(|a| a.trim_start_matches('@'));
    let mut known = Known { author, created: facts.since, ..Known::default() };
    known.head = scope.context.revision.commit.as_deref();
    for (e, a) in answers {
        if let Some(committers) = &a.committers {
            known.committers.get_or_insert_default().extend(committers.iter().map(|c| c.to_lowercase()));
        }
        let Some(request) = &a.request else { continue };
        let mut differs = |code, what: &str, ours: &str, theirs: &str| {
            let words = format!("it is of {what} {theirs}, and {ours} is judged");
            out.violations.push(error(code, words).from_source(&e.source.path));
        };
        match (known.head, request.head.as_deref()) {
            (Some(ours), Some(theirs)) if !Revision::same(ours, theirs) => {
                differs("other-commit", "commit", ours, theirs)
            }
            (None, Some(theirs)) => known.head = Some(theirs),
            _ => {}
        }
        match (known.author, request.author.as_deref()) {
            (Some(ours), Some(theirs)) if ours.to_lowercase() != theirs.to_lowercase() => {
                differs("other-author", "author", ours, theirs);
            }
            (None, theirs) => known.author = theirs,
            _ => {}
        }
        known.created = known.created.or(request.created);
        known.draft |= request.draft;
    }
    known
}

impl Rules {
    /// Whether a review is for one of the environments that are asked for.
    fn asked(&self, answer: &Approvals, review: &Review) -> bool {
        self.environments.is_empty()
            || answer.environments && review.environments.iter().any(|e| self.environments.iter().any(|w| **w == **e))
    }

    /// Requests for changes that stand, and rejections.
    fn refusals(&self, lists: &[(&Evidence, &Approvals)], scope: &Scope<'_>, out: &mut Judgement) {
        // An approval that does not count settles nothing.
        let counts = |r: &&Review| r.state != State::Approved || !from_later(r, scope);
        let people =
            standing(lists.iter().filter(|(_, a)| !a.environments).flat_map(|(_, a)| &a.reviews).filter(counts));
        let rejections = lists
            .iter()
            .filter(|(_, a)| a.environments)
            .flat_map(|(_, a)| a.reviews.iter().filter(|r| self.asked(a, r)));
        for review in people.into_iter().chain(rejections).filter(|r| r.state == State::ChangesRequested) {
            let who = review.user.as_deref().unwrap_or("an account that is gone");
            if scope.waived(&Item { id: Some(who), ..Item::default() }) {
                continue;
            }
            let words = match review.environments.is_empty() {
                true => format!("{who} requested changes, and that stands"),
                false => format!("{who} rejected {}", review.environments.join(", ")),
            };
            let mut v = Violation::new("changes-requested", GateStatus::Fail, words);
            v.id = Some(who.to_owned());
            out.violations.push(v);
            out.to_pass.push(Remedy::Other(format!("settle what {who} asked for, and have it approved or dismissed")));
        }
    }

    /// Counts those who approved.
    fn count(&self, taken: Vec<&Review>, known: &Known<'_>, scope: &Scope<'_>, out: &mut Judgement) {
        let until = self.until(known, scope, out);
        let mut aside: BTreeMap<&'static str, Vec<&str>> = BTreeMap::new();
        let mut approved: BTreeSet<String> = BTreeSet::new();
        let over = until.zip(scope.now).is_some_and(|(until, now)| now > until);
        let mut untold = false;
        for review in standing(taken.into_iter()).into_iter().filter(|r| r.state == State::Approved) {
            let name = review.user.as_deref().unwrap_or("an account that is gone");
            let folded = name.to_lowercase();
            let stale =
                known.head.is_some_and(|head| review.commit.as_deref().is_some_and(|c| !Revision::same(head, c)));
            let why = if review.user.is_none() {
                "gone"
            } else if review.bot && !self.bots {
                "programs"
            } else if known.author.is_some_and(|a| a.to_lowercase() == folded) {
                "the author"
            } else if self.deny_committers && known.committers.as_ref().is_some_and(|c| c.contains(&folded)) {
                "committers"
            } else if stale && !self.stale {
                "of another commit"
            } else if self.from.as_ref().is_some_and(|f| !f.contains(&folded)) {
                "not among those whose approval counts"
            } else if from_later(review, scope) {
                "dated after this check"
            } else if until.is_some_and(|until| review.at.is_some_and(|at| at > until)) {
                "after the deadline"
            } else if review.at.is_none() && over {
                untold = true;
                "at a time that nobody says, with the deadline over"
            } else {
                approved.insert(folded);
                continue;
            };
            aside.entry(why).or_default().push(name);
        }
        for (why, names) in aside {
            out.notes.push(format!("not counted: {} ({why})", names.join(", ")));
        }
        if known.author.is_none() {
            out.notes.push("the author is not known, so an approval of their own would count (--author)".to_owned());
        }
        if known.head.is_none() && !self.stale {
            out.notes.push("the head is not known, so approvals of other commits would count (--commit)".to_owned());
        }
        if known.draft {
            out.notes.push("it is a draft".to_owned());
        }
        let n = |set: usize| u64::try_from(set).unwrap_or(u64::MAX);
        let short = if untold { GateStatus::Missing } else { self.short(until, scope) };
        let mut wanting = Vec::new();
        if self.min > 0 || self.groups.is_empty() {
            out.conditions.push(Condition::at_least("approvals", n(approved.len()), self.min, short));
            if n(approved.len()) < self.min {
                wanting.push(counted(self.min - n(approved.len()), "approval"));
            }
        }
        for (name, group) in &self.groups {
            let have =
                n(group.of.iter().collect::<BTreeSet<_>>().into_iter().filter(|p| approved.contains(*p)).count());
            out.conditions.push(Condition::at_least(format!("approvals of {name}"), have, group.min, short));
            if have < group.min {
                wanting.push(format!("{} of {name} ({})", group.min - have, group.of.join(", ")));
            }
        }
        if !wanting.is_empty() {
            let words = format!("{} still needed", wanting.join(" and "));
            out.to_pass.push(Remedy::Other(words.clone()));
            if let Some(until) = until {
                let at = jiff::Timestamp::from_second(until).map_or_else(|_| until.to_string(), |t| t.to_string());
                let words = match short {
                    GateStatus::Missing if untold => format!("{words} by {at}, and some say no time"),
                    GateStatus::Fail => format!("{words}, and the deadline was {at}"),
                    _ => format!("{words}; the deadline is {at}"),
                };
                out.violations.push(Violation::new("deadline", short, words));
            }
        }
    }

    /// Until when approvals count. Without a time of opening or a clock a deadline cannot be judged.
    fn until(&self, known: &Known<'_>, scope: &Scope<'_>, out: &mut Judgement) -> Option<i64> {
        let (_, seconds) = self.deadline?;
        let (Some(created), Some(now)) = (known.created, scope.now) else {
            let words = match scope.now {
                None => "no clock was given to tell the deadline by",
                Some(_) => "nobody says when it was handed in, so nobody can tell the deadline",
            };
            let help = "keep the pull request as evidence (format github-pull), or give --since";
            out.violations.push(missing("opening-unknown", words.to_owned()).with_help(help));
            return None;
        };
        if created > now.saturating_add(SKEW) {
            out.violations.push(error("opening-unknown", "it says that it was handed in in the future".to_owned()));
        }
        Some(created.saturating_add(seconds))
    }

    /// What too few approvals come to.
    fn short(&self, until: Option<i64>, scope: &Scope<'_>) -> GateStatus {
        match (until, scope.now) {
            (Some(until), Some(now)) if now <= until => GateStatus::Missing,
            (Some(_), _) if !self.reject => GateStatus::Missing,
            _ => GateStatus::Fail,
        }
    }
}
