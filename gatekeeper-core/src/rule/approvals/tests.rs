use super::super::testing::{Case, conditions, evidence, gate, violations};
use super::*;
use GateStatus::{Error, Fail, Missing, Pass, Warn};
use gatekeeper_evidence::approvals::{Page, Request};

const HEAD: &str = "a1a1a1a1";
const OLD: &str = "b2b2b2b2";

fn review(user: &str, state: State, at: i64, commit: &str) -> Review {
    Review { user: Some(user.into()), state, at: Some(at), commit: Some(commit.into()), ..Review::default() }
}

fn approved(user: &str) -> Review {
    review(user, State::Approved, 100, HEAD)
}

fn list(reviews: &[Review]) -> Approvals {
    Approvals { reviews: reviews.to_vec(), ..Approvals::default() }
}

fn request(author: &str, head: &str, created: i64) -> Approvals {
    let request =
        Request { author: Some(author.into()), head: Some(head.into()), created: Some(created), draft: false };
    Approvals { request: Some(Box::new(request)), ..Approvals::default() }
}

fn case<'c>(keys: &'c str, answers: Vec<Approvals>) -> Case<'c> {
    let evidence = answers.into_iter().enumerate().map(|(n, a)| evidence(&format!("{n}.json"), Data::Approvals(a)));
    let mut case = Case::new(&RULE, keys, evidence.collect());
    case.context.revision.commit = Some(HEAD.to_owned());
    case.now = Some(1_000);
    case
}

fn status(keys: &str, reviews: &[Review]) -> GateStatus {
    case(keys, vec![list(reviews)]).judged().status()
}

#[test]
fn enough_people_approved() {
    assert_eq!(status("min = 2", &[approved("a"), approved("b")]), Pass);
    assert_eq!(status("min = 2", &[approved("a")]), Fail);
    assert_eq!(status("min = 2", &[approved("a"), approved("A")]), Fail, "one person is one");
    assert_eq!(status("", &[approved("a")]), Pass);
    assert_eq!(status("", &[]), Fail);
    let j = case("min = 3", vec![list(&[approved("a")])]).judged();
    assert_eq!(j.to_pass, [Remedy::Other("2 approvals still needed".to_owned())]);
}

#[test]
fn an_approval_of_after_the_check_does_not_count() {
    use State::{Approved, ChangesRequested};
    // It is 1000, and clocks may differ by five minutes.
    let at = |at| case("", vec![list(&[review("a", Approved, at, HEAD)])]).judged();
    assert_eq!([at(1_000).status(), at(1_300).status(), at(1_301).status()], [Pass, Pass, Fail]);
    assert!(at(1_301).notes.contains(&"not counted: a (dated after this check)".to_owned()), "{:?}", at(1_301).notes);
    // It settles no request for changes, and one of after the check stands all the same.
    let both = |first, second, then| {
        status("", &[review("a", first, 1, HEAD), review("a", second, then, HEAD), approved("b")])
    };
    assert_eq!([both(ChangesRequested, Approved, 1_300), both(ChangesRequested, Approved, 1_301)], [Pass, Fail]);
    assert_eq!(both(Approved, ChangesRequested, 1_301), Fail);
    let mut unknown = case("", vec![list(&[review("a", Approved, 9_000, HEAD)])]);
    unknown.now = None;
    assert_eq!(unknown.judged().status(), Pass, "without a clock nobody knows");
}

#[test]
fn the_latest_that_decides_counts() {
    use State::{Approved, ChangesRequested, Commented, Dismissed, Pending};
    let of = |states: &[State]| {
        let reviews: Vec<Review> = (0_i64..).zip(states).map(|(n, s)| review("a", *s, n, HEAD)).collect();
        status("", &reviews)
    };
    assert_eq!(of(&[Approved, Commented]), Pass);
    assert_eq!(of(&[Pending]), Fail);
    assert_eq!(of(&[Approved, ChangesRequested, Dismissed]), Fail);
    assert_eq!(of(&[ChangesRequested, Approved]), Pass);
    assert_eq!(of(&[Dismissed, Approved]), Pass);
}

#[test]
fn a_request_for_changes_stands_whoever_made_it() {
    let bad = |user: &str, commit| review(user, State::ChangesRequested, 50, commit);
    assert_eq!(status("", &[approved("a"), bad("b", HEAD)]), Fail);
    assert_eq!(status("", &[approved("a"), bad("b", OLD)]), Fail);
    assert_eq!(status("from = [\"a\"]", &[approved("a"), bad("b", HEAD)]), Fail);
    let ghost = Review { user: None, ..bad("b", HEAD) };
    assert_eq!(status("", &[approved("a"), ghost]), Fail);
    let c = case("", vec![list(&[approved("a"), bad("b", HEAD)])]);
    assert_eq!(violations(&c.judged()), [("changes-requested", Fail)]);
    assert_eq!(c.judged_waiving(&|i| i.id == Some("b")).status(), Pass);
}

#[test]
fn approvals_that_do_not_count_are_said() {
    let told = |keys: &str, reviews: &[Review], author: Option<&str>| {
        let mut c = case(keys, vec![list(reviews)]);
        c.context.release.author = author.map(str::to_owned);
        let j = c.judged();
        (j.status(), j.notes.join("; "))
    };
    let bot = Review { bot: true, ..approved("renovate[bot]") };
    assert_eq!(
        told("", std::slice::from_ref(&bot), Some("m")),
        (Fail, "not counted: renovate[bot] (programs)".to_owned())
    );
    assert_eq!(told("bots = \"allow\"", &[bot], Some("m")).0, Pass);
    assert_eq!(told("", &[approved("M")], Some("m")), (Fail, "not counted: M (the author)".to_owned()));
    assert_eq!(told("from = [\"Alice\"]", &[approved("alice")], Some("m")).0, Pass);
    assert_eq!(told("from = [\"alice\"]", &[approved("b")], Some("m")).0, Fail);
    let ghost = Review { user: None, ..approved("x") };
    assert_eq!(told("", &[ghost], Some("m")).0, Fail);
    let (status, notes) = told("", &[approved("a")], None);
    assert!(status == Pass && notes.contains("the author is not known"), "{notes}");
}

#[test]
fn approvals_of_another_commit_are_stale() {
    let old = review("a", State::Approved, 1, OLD);
    assert_eq!(status("", std::slice::from_ref(&old)), Fail);
    assert_eq!(status("stale = \"allow\"", std::slice::from_ref(&old)), Pass);
    assert_eq!(status("", &[old.clone(), review("a", State::Commented, 2, HEAD)]), Fail);
    assert_eq!(status("", &[Review { commit: Some("a1a1a1a1ffff".into()), ..old.clone() }]), Pass, "by prefix");
    let mut unknown = case("", vec![list(std::slice::from_ref(&old))]);
    unknown.context.revision.commit = None;
    let j = unknown.judged();
    assert!(j.status() == Pass && j.notes.iter().any(|n| n.contains("the head is not known")), "{:?}", j.notes);
    // The request says which commit is its head, and must be of the one that is judged.
    let mut with = case("", vec![list(&[old]), request("m", OLD, 0)]);
    assert_eq!(violations(&with.judged())[0], ("other-commit", Error));
    with.context.revision.commit = None;
    assert_eq!(with.judged().status(), Pass);
}

#[test]
fn groups_have_their_own_number() {
    let keys = "min = 2\ngroups = { security = { of = [\"dave\", \"@Erin\"], min = 1 } }";
    assert_eq!(status(keys, &[approved("alice"), approved("erin")]), Pass);
    assert_eq!(status(keys, &[approved("alice"), approved("bob")]), Fail);
    assert_eq!(status(keys, &[approved("erin")]), Fail);
    let two = "groups = { security = { of = [\"dave\", \"erin\"], min = 2 } }";
    assert_eq!(status(two, &[approved("dave"), approved("erin")]), Pass);
    assert_eq!(status(two, &[approved("dave")]), Fail);
    let j = case(keys, vec![list(&[approved("alice"), approved("bob")])]).judged();
    assert_eq!(conditions(&j), [("approvals", Pass), ("approvals of security", Fail)]);
}

#[test]
fn a_deadline_waits_and_then_rejects_or_holds() {
    let of = |keys: &str, reviews: &[Review], now: i64| {
        let mut c = case(keys, vec![list(reviews), request("m", HEAD, 0)]);
        c.now = Some(now);
        c.judged().status()
    };
    let reject = "deadline = \"10m\"\non-timeout = \"reject\"";
    let hold = "deadline = \"10m\"\non-timeout = \"hold\"";
    assert_eq!([of(reject, &[], 600), of(reject, &[], 601)], [Missing, Fail]);
    assert_eq!([of(hold, &[], 600), of(hold, &[], 601)], [Missing, Missing]);
    assert_eq!(of("deadline = \"10m\"", &[], 601), Fail, "reject unless it says otherwise");
    let at = |at| [review("a", State::Approved, at, HEAD)];
    assert_eq!(of(reject, &at(600), 9_000), Pass);
    assert_eq!(of(reject, &at(601), 9_000), Fail, "too late");
    // Waiting excuses no request for changes.
    assert_eq!(of(reject, &[review("a", State::ChangesRequested, 1, HEAD)], 10), Fail);
    assert_eq!(of("deadline = \"10m\"", &[], -400), Error, "handed in in the future");
    let mut c = case(reject, vec![list(&[approved("a")])]);
    assert_eq!(violations(&c.judged()), [("opening-unknown", Missing)]);
    c.context.release.since = Some(0);
    assert_eq!(c.judged().status(), Pass);
    c.now = None;
    assert_eq!(c.judged().status(), Missing);
}

#[test]
fn rejections_of_environments_stand() {
    let of = |keys: &str, entries: &[(&str, State, &str)]| {
        let reviews = entries
            .iter()
            .map(|(user, state, environment)| Review {
                user: Some((*user).into()),
                state: *state,
                environments: vec![(*environment).into()],
                ..Review::default()
            })
            .collect();
        case(keys, vec![Approvals { reviews, environments: true, ..Approvals::default() }]).judged().status()
    };
    use State::{Approved, ChangesRequested};
    assert_eq!(of("", &[("a", Approved, "production")]), Pass);
    assert_eq!(of("", &[("a", Approved, "production"), ("b", ChangesRequested, "production")]), Fail);
    assert_eq!(of("", &[("a", ChangesRequested, "production"), ("a", Approved, "production")]), Fail);
    let only = "environments = [\"production\"]";
    assert_eq!(of(only, &[("a", Approved, "staging")]), Missing);
    assert_eq!(of(only, &[("a", Approved, "production"), ("b", ChangesRequested, "staging")]), Pass);
}

#[test]
fn what_the_forge_still_asks_for_and_full_pages_are_said() {
    let left = |n| case("", vec![Approvals { left: Some(n), ..list(&[approved("a")]) }]).judged().status();
    assert_eq!([left(0), left(1)], [Pass, Fail]);
    let full = |n: usize, page: Option<Page>| {
        let mut reviews = vec![approved("a")];
        reviews.resize(n, review("b", State::Commented, 1, HEAD));
        let mut c = case("", vec![Approvals { page, ..list(&reviews) }]);
        c.evidence[0].complete = None;
        c.judged().status()
    };
    assert_eq!([full(29, None), full(30, None), full(31, None), full(100, None)], [Pass, Warn, Pass, Warn]);
    assert_eq!(full(30, Some(Page::default())), Pass);
}

#[test]
fn a_request_alone_is_no_list_and_committers_must_be_known() {
    assert_eq!(violations(&case("", vec![request("m", HEAD, 0)]).judged()), [("reviews-missing", Missing)]);
    let keys = "committers = \"deny\"";
    assert_eq!(violations(&case(keys, vec![list(&[approved("a")])]).judged()), [("committers-unknown", Missing)]);
    let by = |who: &str| Approvals { committers: Some(vec![who.into()]), ..list(&[approved("a")]) };
    assert_eq!(case(keys, vec![by("b")]).judged().status(), Pass);
    assert_eq!(case(keys, vec![by("A")]).judged().status(), Fail);
    assert_eq!(case("", vec![by("A")]).judged().status(), Pass);
}

#[test]
fn what_is_judged_is_of_one_author() {
    let mut c = case("", vec![list(&[approved("a")]), request("m", HEAD, 0)]);
    assert_eq!(c.judged().status(), Pass);
    c.context.release.author = Some("M".to_owned());
    assert_eq!(c.judged().status(), Pass);
    c.context.release.author = Some("x".to_owned());
    assert_eq!(violations(&c.judged()), [("other-author", Error)]);
    // The request names the author where nobody else does.
    assert_eq!(case("", vec![list(&[approved("m")]), request("M", HEAD, 0)]).judged().status(), Fail);
}

#[test]
fn mistakes_in_its_keys_are_told() {
    for (keys, said) in [
        ("min = 0", "asks for no approval"),
        ("min = 3\nfrom = [\"a\", \"b\"]", "could never pass"),
        ("groups = { s = { of = [\"a\"], min = 2 } }", "could never pass"),
        ("groups = { s = { of = [\"a\"], min = 0 } }", "nobody's approval"),
        ("groups = { s = { min = 1 } }", "who is in it"),
        ("groups = { s = { of = [\"a\"], least = 1 } }", "no key `least`"),
        ("on-timeout = \"reject\"", "there is none"),
        ("stale = \"no\"", "deny, allow"),
    ] {
        let problems = gate(&RULE, keys).unwrap_err();
        assert!(problems.len() == 1 && problems[0].contains(said), "{keys}: {problems:?}");
    }
}

#[test]
fn what_is_known_of_a_request_adds_up_over_all_reports() {
    let draft = |author: Option<&str>, draft| {
        let request = Request { author: author.map(Into::into), draft, ..Request::default() };
        Approvals { request: Some(Box::new(request)), ..list(&[approved("a")]) }
    };
    let notes = |answers: Vec<Approvals>| case("", answers).judged().notes.join("; ");
    let is_draft = |answers| notes(answers).contains("it is a draft");
    assert!(is_draft(vec![draft(None, true), draft(None, false)]));
    assert!(is_draft(vec![draft(None, false), draft(None, true)]));
    assert!(!is_draft(vec![draft(None, false)]));
    // The one report that knows the head or the author says so for all.
    let mut c = case("", vec![request("m", HEAD, 0), list(&[review("a", State::Approved, 1, OLD)])]);
    c.context.revision.commit = None;
    assert_eq!(c.judged().status(), Fail, "an approval of another commit");
}

#[test]
fn only_what_is_short_is_asked_for() {
    let keys = "min = 2\ngroups = { s = { of = [\"a\", \"b\"], min = 1 }, t = { of = [\"c\"], min = 1 } }";
    let wanted = |users: &[&str]| {
        let reviews: Vec<Review> = users.iter().map(|u| approved(u)).collect();
        case(keys, vec![list(&reviews)]).judged().to_pass
    };
    assert_eq!(wanted(&["a", "c"]), []);
    assert_eq!(wanted(&["a", "b"]), [Remedy::Other("1 of t (c) still needed".to_owned())]);
    assert_eq!(wanted(&["c"]), [Remedy::Other("1 approval and 1 of s (a, b) still needed".to_owned())]);
    // Groups alone ask for nobody beside them.
    let only = "groups = { t = { of = [\"c\"], min = 1 } }";
    let j = case(only, vec![list(&[])]).judged();
    assert_eq!(conditions(&j), [("approvals of t", Fail)]);
}

#[test]
fn a_deadline_is_told_as_ahead_or_past() {
    let words = |now: i64| {
        let mut c = case("deadline = \"10m\"", vec![list(&[]), request("m", HEAD, 0)]);
        c.now = Some(now);
        c.judged().violations.iter().find(|v| v.code == "deadline").unwrap().message.clone()
    };
    assert_eq!(words(600), "1 approval still needed; the deadline is 1970-01-01T00:10:00Z");
    assert_eq!(words(601), "1 approval still needed, and the deadline was 1970-01-01T00:10:00Z");
    // Clocks differ by up to five minutes.
    let future = |now: i64| {
        let early = review("a", State::Approved, -300, HEAD);
        let mut c = case("deadline = \"10m\"", vec![list(&[early]), request("m", HEAD, 0)]);
        c.now = Some(now);
        c.judged().status()
    };
    assert_eq!([future(-300), future(-301)], [Pass, Error]);
}

#[test]
fn too_few_people_are_counted_in_words() {
    let said = |keys: &str| gate(&RULE, keys).unwrap_err().join("; ");
    let (one, two) = (said("min = 2\nfrom = [\"a\"]"), said("min = 3\nfrom = [\"a\", \"b\"]"));
    assert!(one.contains("1 person") && !one.contains("1 people"), "{one}");
    assert!(two.contains("2 people"), "{two}");
}
