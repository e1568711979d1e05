//! What a JUnit file states of its suites, held against the cases that it lists.
//!
//! `tests` may count more than cases: re-runs (Surefire), configuration functions (Common Test), skipped ones that are not listed. What is
//! counted beyond these has no outcome, except where the producer is known to count something else in that place, which its own mark must say:
//! Catch2 and doctest count assertions, pytest counts sub-tests and teardown errors of one case, and of mocha-junit-reporter only the root
//! counts pending ones.

use gatekeeper_evidence::test_run::{Beyond, Counts, Totals};

/// An open `<testsuites>` or `<testsuite>`: what it states, and what it lists with all suites inside.
#[derive(Default)]
pub(super) struct Tally {
    stated: Totals,
    listed: Counts,
    /// What counts in `tests` and is no case: re-runs, configuration functions.
    surplus: u64,
    /// Elements of failures and errors: some producers count these.
    elements: u64,
    /// What the suites inside come to.
    inner: Beyond,
    /// Whether a suite inside states a number of tests.
    inner_stated: bool,
    /// Whether `tests` counts something else than cases here.
    counts_other: bool,
    /// Whether only the outermost element's counts are to be trusted, and this is not it.
    by_root: bool,
    root_speaks: bool,
    doctest: Doctest,
}

/// Old doctest files bear no name: all of their suites have these attributes alone, and all of their cases say `status="run"` and no time.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Doctest {
    #[default]
    No,
    Suite,
    Cases,
}

impl Tally {
    /// Of an element that opens inside of another, by its attributes: names and raw values.
    pub(super) fn open<'x>(
        outer: Option<&Tally>,
        element: &str,
        attributes: impl Iterator<Item = (&'x str, &'x str)> + Clone,
    ) -> Tally {
        let mut out = Tally {
            counts_other: outer.is_some_and(|o| o.counts_other),
            by_root: outer.is_some_and(|o| o.root_speaks || o.by_root),
            ..Tally::default()
        };
        let mut names = 0_usize;
        for (key, raw) in attributes.clone() {
            names += usize::from(matches!(key, "name" | "errors" | "failures" | "tests"));
            match key {
                "name" => {
                    out.counts_other |= matches!(raw, "pytest" | "pytest tests");
                    out.root_speaks = raw == "Mocha Tests" && element == "testsuites";
                }
                // Catch2 writes no host's name and says so.
                "hostname" => out.counts_other |= raw == "tbd",
                "doctest_version" => out.counts_other = true,
                _ => {}
            }
        }
        if element == "testsuite" && names == 4 && attributes.count() == 4 {
            out.doctest = Doctest::Suite;
        }
        out
    }

    /// A property of the suite.
    pub(super) fn property(&mut self, name: &str) {
        self.counts_other |= matches!(name, "random-seed" | "doctest_version");
    }

    /// One of its counts.
    pub(super) fn states(&mut self, key: &str, count: u64) {
        let add = |slot: &mut Option<u64>| *slot = Some(slot.unwrap_or(0).saturating_add(count));
        match key {
            "tests" => self.stated.total = Some(count),
            "failures" | "errors" => add(&mut self.stated.bad),
            "skipped" | "skip" | "skips" | "ignored" | "disabled" => add(&mut self.stated.skipped),
            _ => {}
        }
    }

    /// A case, with how many elements of failures and of re-runs it has, and whether it looks like one of doctest's.
    pub(super) fn case(&mut self, counts: Counts, elements: u64, reruns: u64, doctest: bool) {
        self.listed = self.listed.plus(counts);
        self.elements = self.elements.saturating_add(elements).saturating_add(reruns);
        self.surplus = self.surplus.saturating_add(reruns);
        self.doctest = match self.doctest {
            Doctest::Suite | Doctest::Cases if doctest => Doctest::Cases,
            _ => Doctest::No,
        };
    }

    /// Something that is listed like a case and is none.
    pub(super) fn other(&mut self) {
        self.surplus = self.surplus.saturating_add(1);
        self.elements = self.elements.saturating_add(1);
    }

    /// How many failures and errors it states where no case is listed at all: a file that could not be loaded.
    pub(super) fn bad_without_cases(&self) -> u64 {
        let listed = self.listed.total().saturating_add(self.elements);
        if listed == 0 { self.stated.bad.unwrap_or(0) } else { 0 }
    }

    /// What is stated beyond what is listed, by this element or by those inside, whichever is more.
    pub(super) fn close(&self) -> Beyond {
        if self.by_root {
            return Beyond::default();
        }
        let counts_other = self.counts_other || self.doctest == Doctest::Cases;
        let mut stated = self.stated;
        stated.total = stated.total.filter(|_| !counts_other);
        let failing = self.listed.failed.saturating_add(self.listed.errored);
        stated.bad = stated.bad.map(|bad| bad.saturating_sub(self.elements.saturating_sub(failing)));
        if self.bad_without_cases() > 0 {
            stated.bad = None;
        }
        let mut own = stated.against(self.listed, self.surplus);
        // Outer suites of some producers count no inner ones: only what nobody else counts is too few.
        if self.inner_stated {
            own = own.without_fewer();
        }
        own.or_more(&self.inner)
    }

    /// Takes in what a suite inside came to.
    pub(super) fn take(&mut self, inner: &Tally, beyond: &Beyond) {
        self.listed = self.listed.plus(inner.listed);
        self.surplus = self.surplus.saturating_add(inner.surplus);
        self.elements = self.elements.saturating_add(inner.elements);
        self.inner_stated |= inner.inner_stated || inner.stated.total.is_some();
        self.counts_other |= inner.counts_other || inner.doctest == Doctest::Cases;
        self.inner = std::mem::take(&mut self.inner).plus(beyond);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::read;
    use gatekeeper_evidence::test_run::Beyond;

    fn beyond(text: &str) -> Beyond {
        read(text).unwrap().0.beyond.map_or_else(Beyond::default, |b| *b)
    }

    fn suite(attributes: &str, cases: &str) -> Beyond {
        beyond(&format!("<testsuites><testsuite name='s' {attributes}>{cases}</testsuite></testsuites>"))
    }

    const TWO: &str = "<testcase name='a' time='1'/><testcase name='b' time='1'/>";

    #[test]
    fn cases_that_are_only_counted_have_no_outcome() {
        let b = suite("tests='5'", TWO);
        assert_eq!((b.unlisted, b.words.as_str()), (3, "states 5 tests, lists 2"));
        assert_eq!(suite("tests='2'", TWO), Beyond::default());
        assert_eq!(suite("tests='1'", TWO).fewer, 1);
    }

    #[test]
    fn skips_that_are_only_counted_are_skips() {
        let b = suite("tests='5' skipped='3'", TWO);
        assert_eq!((b.unlisted, b.skipped), (0, 3));
        let b = suite("tests='5' skipped='1' disabled='1'", TWO);
        assert_eq!((b.unlisted, b.skipped), (1, 2));
        let b = suite("tests='2' skipped='1'", TWO);
        assert_eq!((b.skipped, b.skipped_within), (0, 1));
    }

    #[test]
    fn reruns_and_configuration_functions_count() {
        let flaky = "<testcase name='a'><flakyFailure/><flakyFailure/></testcase>";
        assert_eq!(suite("tests='3'", flaky), Beyond::default());
        assert_eq!(suite("tests='4'", flaky).unlisted, 1);
        let config = "<testcase name='init_per_suite'/><testcase name='a'/><testcase name='end_per_suite'/>";
        assert_eq!(suite("tests='3' hostname='h' log='l'", config), Beyond::default());
    }

    #[test]
    fn failures_are_counted_by_case_or_by_element() {
        assert_eq!(suite("tests='2' failures='2'", TWO).bad, 2);
        let twice = "<testcase name='a'><failure/><failure/></testcase>";
        assert_eq!(suite("tests='1' failures='2'", twice), Beyond::default());
        assert_eq!(suite("tests='1' failures='1'", twice), Beyond::default());
        assert_eq!(suite("tests='1' failures='3'", twice).bad, 1);
    }

    #[test]
    fn the_outer_counts_repeat_the_inner_ones() {
        let b = beyond(&format!(
            "<testsuites tests='9'><testsuite tests='9' name='o'><testsuite name='i' tests='9'>{TWO}</testsuite></testsuite></testsuites>"
        ));
        assert_eq!(b.unlisted, 7);
        let b = beyond(&format!("<testsuites tests='4'><testsuite name='i' tests='2'>{TWO}</testsuite></testsuites>"));
        assert_eq!(b.unlisted, 2);
        // An outer suite that counts its own cases alone.
        let b = beyond(&format!(
            "<testsuites><testsuite tests='1' name='o'><testcase name='c'/><testsuite name='i' tests='2'>{TWO}</testsuite></testsuite></testsuites>"
        ));
        assert_eq!(b, Beyond::default());
    }

    #[test]
    fn producers_that_count_something_else_are_known_by_their_marks() {
        let cases = "<testcase classname='x' name='a' status='run'/><testcase classname='x' name='b' status='run'/>";
        for (attributes, inside) in [
            ("hostname='tbd' tests='90'", TWO.to_owned()),
            ("tests='90'", format!("<properties><property name='random-seed' value='1'/></properties>{TWO}")),
            ("doctest_version='2.4.11' tests='90'", TWO.to_owned()),
            ("errors='0' failures='0' tests='90'", cases.to_owned()),
        ] {
            assert_eq!(suite(attributes, &inside), Beyond::default(), "{attributes}");
        }
        assert_eq!(beyond(&format!("<testsuite name='pytest' tests='90'>{TWO}</testsuite>")), Beyond::default());
        for (attributes, inside) in [
            ("hostname='build-7' tests='90'", TWO),
            ("errors='0' failures='0' tests='90'", TWO),
            ("errors='0' failures='0' tests='90' time='1'", cases),
        ] {
            assert_eq!(suite(attributes, inside).unlisted, 88, "{attributes}");
        }
    }

    #[test]
    fn of_mocha_the_root_is_judged() {
        let b = beyond(&format!(
            "<testsuites name='Mocha Tests' tests='5' skipped='3'><testsuite name='p' tests='2'/><testsuite name='r' tests='3'>{TWO}</testsuite></testsuites>"
        ));
        assert_eq!((b.unlisted, b.skipped), (0, 3));
        let b = beyond(&format!(
            "<testsuites name='Mocha Tests' tests='6' skipped='3'><testsuite name='r' tests='3'>{TWO}</testsuite></testsuites>"
        ));
        assert_eq!((b.unlisted, b.skipped), (1, 3));
    }
}
