//! JaCoCo XML.
//!
//! Specification: `report.dtd` 1.1, JaCoCo 0.8.13, <https://www.jacoco.org/jacoco/trunk/coverage/report.dtd>.
//! Producers: JaCoCo (Ant, Maven, Gradle), Kover, Pester, gcovr, scoverage.
//!
//! Deviations and what we do:
//! - Packages stand under the report or under groups, nested at will. What two groups hold under one package and name are two files. Counters on five levels repeat each other: they count only where
//!   nothing is listed, from the innermost level that has them.
//! - A line is covered when `ci` > 0; its branches are `cb` of `mb + cb`. Lines without `ci` (gcovr) list nothing.
//! - A class may name a source file that its package does not list (coverage-reporter's own sample): what the package counts beyond its listed files is the class's.
//! - Functions are the methods of the classes; a method is covered as its METHOD counter says. A class without `sourcefilename` (DTD 1.0) belongs
//!   to the source file of its outer class's name, else to the one that has its methods' lines, else to the package's only or first one.

use super::common::{Notes, cap, line_number, tell_apart_functions, timestamp};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::xml::{self, Element, Token, Xml};
use gatekeeper_evidence::coverage::{Coverage, Figures, FileCoverage, Function, Line, LineBranches, Metrics, Stated};
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::{Data, Kind, Ratio};
use std::collections::BTreeMap;

pub(super) static FORMAT: Format = Format {
    id: "jacoco",
    title: "JaCoCo XML",
    kind: Kind::Coverage,
    extensions: &["xml"],
    places: &[
        "target/site/jacoco/jacoco.xml",
        "**/target/site/jacoco/jacoco.xml",
        "**/target/site/jacoco-aggregate/jacoco.xml",
        "build/reports/jacoco/test/jacocoTestReport.xml",
        "**/build/reports/jacoco/**/*.xml",
        "**/build/reports/kover/*.xml",
    ],
    spec: "JaCoCo's report.dtd 1.1: https://www.jacoco.org/jacoco/trunk/coverage/report.dtd",
    producers: &["jacoco", "kover", "pester", "gcovr"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let Some(root) = head.xml().filter(|r| r.name == "report") else { return Confidence::No };
    let beginning = head.bytes().get(..head.bytes().len().min(1024)).unwrap_or_default();
    let typed = memchr::memmem::find(beginning, b"//JACOCO//").is_some();
    let listed = root.holds("sessioninfo")
        || (root.holds("package") && (root.holds("counter") || root.holds("sourcefile") || root.holds("class")))
        || (root.holds("group") && root.holds("counter"));
    Confidence::when(typed || listed, Confidence::Certain)
}

/// A class: its methods wait for their source file, which follows.
struct Class {
    name: String,
    source: Option<String>,
    functions: Vec<Function>,
    stated: Stated,
}

#[derive(Default)]
struct Package {
    name: String,
    classes: Vec<Class>,
    /// By name.
    files: BTreeMap<String, FileCoverage>,
    /// Its own counters.
    stated: Stated,
}

/// Which element the counters belong to that are read now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Report,
    Group,
    Package,
    Class,
    Method,
    Source,
    Other,
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    xml::read(input, |_, xml| document(xml))
}

fn document(mut xml: Xml<'_>) -> Result<Parsed, ParseError> {
    let mut r = Reader {
        notes: Notes::default(),
        out: Coverage::default(),
        open: Vec::new(),
        package: None,
        created: None,
        source: None,
        groups: Vec::new(),
        homes: BTreeMap::new(),
        whole: Stated::default(),
        packages: Stated::default(),
    };
    loop {
        match xml.next()? {
            Token::Start(e) => {
                let place = r.start(&e)?;
                r.open.push(place);
            }
            Token::End => match r.open.pop() {
                Some(Place::Group) => drop(r.groups.pop()),
                Some(Place::Package) => r.close_package(),
                Some(Place::Source) => {
                    if let (Some((name, file)), Some(p)) = (r.source.take(), &mut r.package) {
                        match p.files.entry(name) {
                            std::collections::btree_map::Entry::Vacant(v) => {
                                v.insert(file);
                            }
                            std::collections::btree_map::Entry::Occupied(mut o) => o.get_mut().merge(file),
                        }
                    }
                }
                _ => {}
            },
            Token::Text(_) => {}
            Token::Eof => break,
        }
    }
    let mut out = r.out;
    // What no source file has, the report states; where it does not, its packages do.
    out.stated = r.packages;
    out.stated.merge(r.whole);
    let whole = out.stated;
    let listed = out.files.values().map(|f| f.figures(Metrics::ALL));
    let (mut lines, mut branches, mut functions) = (0, 0, 0);
    for f in listed {
        lines += f.lines.map_or(0, |r| r.total);
        branches += f.branches.map_or(0, |r| r.total);
        functions += f.functions.map_or(0, |r| r.total);
    }
    out.stated.lines = out.stated.lines.filter(|_| lines == 0);
    out.stated.branches = out.stated.branches.filter(|_| branches == 0);
    out.stated.functions = out.stated.functions.filter(|_| functions == 0);
    out.metrics.lines = true;
    out.note_metrics();
    out.hold_against(&whole);
    let mut parsed = Parsed::new(Data::Coverage(out), Some(true));
    parsed.created = r.created;
    parsed.notes = xml.take_notes();
    parsed.notes.extend(r.notes.finish());
    Ok(parsed)
}

struct Reader {
    notes: Notes,
    out: Coverage,
    open: Vec<Place>,
    package: Option<Package>,
    source: Option<(String, FileCoverage)>,
    created: Option<i64>,
    /// The names of the open groups.
    groups: Vec<String>,
    /// In which group a file was met first.
    homes: BTreeMap<String, String>,
    whole: Stated,
    packages: Stated,
}

impl Reader {
    fn start(&mut self, e: &Element<'_>) -> Result<Place, ParseError> {
        let parent = self.open.last().copied();
        let wrong = |expected: &str| Err(ParseError::malformed(expected).at(e.offset).found(e.name()));
        Ok(match (e.name(), parent) {
            ("line", Some(Place::Source)) => {
                self.line(e)?;
                Place::Other
            }
            ("counter", Some(parent)) => {
                self.counter(e, parent)?;
                Place::Other
            }
            ("report", None) => Place::Report,
            (_, None) => return wrong("the root element report"),
            ("sessioninfo", _) => {
                let dump = e.attribute("dump")?.and_then(|t| timestamp(&t));
                self.created = self.created.max(dump);
                Place::Other
            }
            ("group", Some(Place::Report | Place::Group)) => {
                self.groups.push(e.attribute("name")?.unwrap_or_default().into_owned());
                Place::Group
            }
            ("package", Some(Place::Report | Place::Group)) => {
                let name = e.attribute("name")?.unwrap_or_default().into_owned();
                self.package = Some(Package { name, ..Package::default() });
                Place::Package
            }
            ("class", Some(Place::Package)) => {
                if let Some(p) = &mut self.package {
                    p.classes.push(Class {
                        name: e.attribute("name")?.unwrap_or_default().into_owned(),
                        source: e.attribute("sourcefilename")?.filter(|s| !s.is_empty()).map(|s| s.into_owned()),
                        functions: Vec::new(),
                        stated: Stated::default(),
                    });
                }
                Place::Class
            }
            ("method", Some(Place::Class)) => {
                let name = e.attribute("name")?.unwrap_or_default();
                let desc = e.attribute("desc")?.unwrap_or_default();
                let line = match e.attribute("line")? {
                    Some(l) => l.trim().parse().map_err(|_| {
                        ParseError::malformed("a line number of the method").at(e.offset).found(l.as_bytes())
                    })?,
                    None => 0,
                };
                if let Some(c) = self.package.as_mut().and_then(|p| p.classes.last_mut()) {
                    let name = format!("{}.{name}{desc}", c.name);
                    c.functions.push(Function { line, name: name.into(), hits: 0 });
                }
                Place::Method
            }
            ("sourcefile", Some(Place::Package)) => {
                let Some(name) = e.attribute("name")?.filter(|n| !n.is_empty()) else {
                    return wrong("a name of the source file");
                };
                self.source = Some((name.into_owned(), FileCoverage::default()));
                Place::Source
            }
            ("line" | "class" | "method" | "sourcefile" | "package" | "group", _) => {
                return wrong("JaCoCo's elements in their order");
            }
            _ => Place::Other,
        })
    }

    fn line(&mut self, e: &Element<'_>) -> Result<(), ParseError> {
        let (mut number, mut ci, mut mb, mut cb) = (None, None, 0, 0);
        for a in e.attributes() {
            let a = a?;
            match a.key {
                "nr" => number = Some(line_number(&a)?),
                "ci" => ci = Some(cap(a.count()?)),
                "mb" => mb = a.count()?,
                "cb" => cb = a.count()?,
                _ => {}
            }
        }
        let number = number.ok_or_else(|| ParseError::malformed("the attribute nr of a line").at(e.offset))?;
        if let Some((_, file)) = &mut self.source {
            match ci {
                Some(hits) => file.lines.push(Line { number, hits }),
                None => {
                    self.notes.at(
                        "a line that does not say whether it ran (ci): the counters count",
                        e.offset,
                        String::new,
                    );
                }
            }
            let total = mb.saturating_add(cb);
            if total > 0 {
                file.line_branches.push(LineBranches { line: number, covered: cap(cb), total: cap(total) });
            }
        }
        Ok(())
    }

    fn counter(&mut self, e: &Element<'_>, parent: Place) -> Result<(), ParseError> {
        let (mut kind, mut missed, mut covered) = ("", None, None);
        for a in e.attributes() {
            let a = a?;
            match a.key {
                "type" => kind = a.raw,
                "missed" => missed = Some(a.count()?),
                "covered" => covered = Some(a.count()?),
                _ => {}
            }
        }
        let (Some(missed), Some(covered)) = (missed, covered) else {
            return Err(ParseError::malformed("missed and covered of a counter").at(e.offset));
        };
        let ratio = Ratio::new(covered, covered.saturating_add(missed));
        let stated = match parent {
            Place::Report => &mut self.whole,
            Place::Package => {
                // Packages of groups add up; the report's own counters, where there are any, say the same.
                let slot = match kind {
                    "LINE" => &mut self.packages.lines,
                    "BRANCH" => &mut self.packages.branches,
                    "METHOD" => &mut self.packages.functions,
                    _ => return Ok(()),
                };
                *slot = Some(slot.unwrap_or_default().plus(ratio));
                match &mut self.package {
                    Some(p) => &mut p.stated,
                    None => return Ok(()),
                }
            }
            Place::Source => match &mut self.source {
                Some((_, file)) => &mut file.stated,
                None => return Ok(()),
            },
            Place::Class => match self.package.as_mut().and_then(|p| p.classes.last_mut()) {
                Some(class) => &mut class.stated,
                None => return Ok(()),
            },
            Place::Method => {
                let f = self.package.as_mut().and_then(|p| p.classes.last_mut()).and_then(|c| c.functions.last_mut());
                if let (Some(f), "METHOD" | "LINE" | "INSTRUCTION") = (f, kind) {
                    f.hits = f.hits.max(u32::from(covered > 0));
                }
                return Ok(());
            }
            Place::Group | Place::Other => return Ok(()),
        };
        // A package's counter of 0 says that there is nothing beside what its files list.
        let ratio = Some(ratio).filter(|r| r.total > 0 || parent == Place::Package);
        match kind {
            "LINE" => stated.lines = ratio,
            "BRANCH" => stated.branches = ratio,
            "METHOD" => stated.functions = ratio,
            _ => {}
        }
        Ok(())
    }

    /// Gives the classes' methods to their source files.
    fn close_package(&mut self) {
        let Some(mut p) = self.package.take() else { return };
        for file in p.files.values_mut() {
            file.normalise();
        }
        let mut without: BTreeMap<String, FileCoverage> = BTreeMap::new();
        for class in std::mem::take(&mut p.classes) {
            match home(&class, &p) {
                Some((name, guessed)) => {
                    if guessed {
                        self.notes.push("a class that does not say its source file", None, || {
                            format!("{} is taken for a part of {name}", class.name)
                        });
                    }
                    if let Some(file) = p.files.get_mut(&name) {
                        file.functions.extend(class.functions);
                    }
                }
                // No source file in the report: the class's own counters are all there is.
                None => {
                    let name = class.source.clone().unwrap_or_else(|| outer(&class.name).to_owned());
                    let file = without.entry(name).or_default();
                    file.functions.extend(class.functions);
                    let add = |a: &mut Option<Ratio>, b: Option<Ratio>| {
                        *a = match (*a, b) {
                            (Some(a), Some(b)) => Some(a.plus(b)),
                            (a, b) => a.or(b),
                        };
                    };
                    add(&mut file.stated.lines, class.stated.lines);
                    add(&mut file.stated.branches, class.stated.branches);
                    add(&mut file.stated.functions, class.stated.functions);
                }
            }
        }
        self.within_package(&p, &mut without);
        for (name, mut file) in p.files.into_iter().chain(without) {
            tell_apart_functions(&mut file.functions);
            let stated = file.stated;
            file.hold_against(&stated);
            if !file.lines.is_empty() {
                file.stated.lines = None;
            }
            if !file.line_branches.is_empty() {
                file.stated.branches = None;
            }
            if !file.functions.is_empty() {
                file.stated.functions = None;
            }
            let name = if p.name.is_empty() { name } else { format!("{}/{name}", p.name) };
            let name = self.of_group(name);
            self.out.add(name, file);
        }
    }

    /// Classes whose source file the package does not list count for what the package's own counters have beyond its listed files: a class that
    /// names another file than the one that it stands in would else count twice.
    fn within_package(&mut self, p: &Package, without: &mut BTreeMap<String, FileCoverage>) {
        let left = |stated: Option<Ratio>, of: fn(Figures) -> Option<Ratio>| {
            let listed = p.files.values().filter_map(|f| of(f.figures(Metrics::ALL)));
            stated.map(|stated| listed.fold(stated, minus))
        };
        let mut lines = left(p.stated.lines, |f| f.lines);
        let mut branches = left(p.stated.branches, |f| f.branches);
        let mut functions = left(p.stated.functions, |f| f.functions);
        without.retain(|name, file| {
            let own = file.functions.len();
            if functions.is_some_and(|left| left.total < u64::try_from(own).unwrap_or(u64::MAX)) {
                file.stated.functions = Some(take(&mut functions, Ratio::new(u64::MAX, u64::MAX)));
                file.functions.clear();
            } else if let Some(left) = &mut functions {
                *left = minus(*left, file.figures(Metrics::ALL).functions.unwrap_or_default());
            }
            file.stated.lines = file.stated.lines.map(|own| take(&mut lines, own));
            file.stated.branches = file.stated.branches.map(|own| take(&mut branches, own));
            let any = |r: Option<Ratio>| r.is_some_and(|r| r.total > 0);
            let kept = !file.functions.is_empty()
                || any(file.stated.lines)
                || any(file.stated.branches)
                || any(file.stated.functions)
                || p.files.is_empty();
            if !kept {
                self.notes.push(
                    "a class names a source file that its package does not list, and the package counts no more",
                    None,
                    || format!("{}/{name}", p.name),
                );
            }
            kept
        });
    }

    /// Groups are modules: what two of them have under one package and name are two files, the later of which gets its group's name too.
    fn of_group(&mut self, name: String) -> String {
        let group = self.groups.join("/");
        match self.homes.get(&name) {
            Some(first) if *first != group => {
                self.notes.push("a file of the same package and name in several groups", None, || name.clone());
                format!("{group}/{name}")
            }
            Some(_) => name,
            None => {
                self.homes.insert(name.clone(), group);
                name
            }
        }
    }
}

/// What is left of a package's counter, at most the class's own; where the package has none, the class's own.
fn take(left: &mut Option<Ratio>, own: Ratio) -> Ratio {
    match left {
        None => own,
        Some(left) => {
            let taken = if own.total <= left.total { own } else { *left };
            *left = minus(*left, taken);
            taken
        }
    }
}

fn minus(a: Ratio, b: Ratio) -> Ratio {
    let total = a.total.saturating_sub(b.total);
    Ratio::new(a.covered.saturating_sub(b.covered).min(total), total)
}

/// A class's simple name without inner classes: `org/x/Person$Inner` → `Person`.
fn outer(class: &str) -> &str {
    let simple = class.rsplit('/').next().unwrap_or(class);
    simple.split('$').next().filter(|s| !s.is_empty()).unwrap_or(simple)
}

/// The source file of a class, and whether that was a guess. `None` where the package lists none that fits.
fn home(class: &Class, p: &Package) -> Option<(String, bool)> {
    if let Some(source) = &class.source {
        return p.files.contains_key(source).then(|| (source.clone(), false));
    }
    let simple = outer(&class.name);
    let named = p.files.keys().find(|f| f.rsplit_once('.').map_or(f.as_str(), |(stem, _)| stem) == simple);
    if let Some(name) = named {
        return Some((name.clone(), false));
    }
    let holds =
        |f: &FileCoverage| class.functions.iter().any(|m| f.lines.binary_search_by_key(&m.line, |l| l.number).is_ok());
    let mut fitting = p.files.iter().filter(|(_, f)| holds(f));
    let only = fitting.next().filter(|_| fitting.next().is_none());
    only.or_else(|| p.files.first_key_value()).map(|(n, _)| (n.clone(), p.files.len() > 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn read(inside: &str) -> Result<Coverage, ParseError> {
        let text = format!(
            "<!DOCTYPE report PUBLIC \"-//JACOCO//DTD Report 1.1//EN\" \"report.dtd\"><report name='r'>{inside}</report>"
        );
        testing::coverage(parse, &text)
    }

    fn ratio(covered: u64, total: u64) -> Option<Ratio> {
        Some(Ratio { covered, total })
    }

    const METHOD: &str =
        "<method name='m' desc='()V' line='3'><counter type='METHOD' missed='0' covered='1'/></method>";

    #[test]
    fn nested_groups_and_counters_of_five_levels_count_once() {
        let c = read(&format!(
            "<group name='g'><group name='h'><package name='a/b'><class name='a/b/C' sourcefilename='C.java'>{METHOD}\
             <counter type='METHOD' missed='0' covered='1'/></class><sourcefile name='C.java'><line nr='3' mi='0' ci='2' mb='1' cb='1'/>\
             <line nr='4' mi='2' ci='0' mb='0' cb='0'/><counter type='LINE' missed='9' covered='9'/></sourcefile><counter type='LINE' missed='9' covered='9'/></package>\
             </group></group><counter type='LINE' missed='9' covered='9'/>"
        ))
        .unwrap();
        let f = c.figures();
        assert_eq!((f.lines, f.branches, f.functions), (ratio(1, 2), ratio(1, 2), ratio(1, 1)));
        assert!(c.files.contains_key("a/b/C.java"));
    }

    #[test]
    fn lines_without_ci_leave_it_to_the_counters() {
        let c = read("<package name=''><sourcefile name='a.c'><line nr='1' mb='1' cb='2'/><counter type='LINE' missed='1' covered='4'/></sourcefile></package>").unwrap();
        assert_eq!((c.figures().lines, c.figures().branches), (ratio(4, 5), ratio(2, 3)));
    }

    #[test]
    fn a_class_without_a_source_file_s_name_finds_it() {
        let c = read(&format!(
            "<package name='p'><class name='p/Two$In'>{METHOD}</class><class name='p/Other'>{METHOD}</class><sourcefile name='One.java'><line nr='3' ci='1'/></sourcefile>\
             <sourcefile name='Two.java'><line nr='8' ci='0'/></sourcefile></package>"
        ))
        .unwrap();
        assert_eq!(c.files["p/Two.java"].functions.len(), 1);
        assert_eq!(c.files["p/One.java"].functions.len(), 1);
    }

    #[test]
    fn classes_without_source_files_have_their_counters() {
        let c = read("<package name='p'><class name='p/A$1' sourcefilename='A.kt'><counter type='LINE' missed='1' covered='2'/></class>\
                      <class name='p/A' sourcefilename='A.kt'><counter type='LINE' missed='0' covered='3'/></class></package>").unwrap();
        assert_eq!((c.figures().lines, c.files.len()), (ratio(5, 6), 1));
    }

    #[test]
    fn a_class_of_an_unlisted_source_counts_only_beyond_what_its_package_lists() {
        let package = |missed: u32, methods: u32| {
            read(&format!(
                "<package name='p'><class name='p/S' sourcefilename='Other.java'>{METHOD}<counter type='LINE' missed='1' covered='1'/></class>\
                 <sourcefile name='S.java'><line nr='3' ci='1'/><line nr='4' ci='0'/><counter type='METHOD' missed='0' covered='1'/></sourcefile>\
                 <counter type='LINE' missed='{missed}' covered='1'/><counter type='METHOD' missed='{methods}' covered='1'/></package>"
            ))
            .unwrap()
        };
        let same = package(1, 0);
        assert_eq!((same.figures().lines, same.figures().functions, same.files.len()), (ratio(1, 2), ratio(1, 1), 1));
        let more = package(2, 1);
        assert_eq!((more.figures().lines, more.figures().functions, more.files.len()), (ratio(1, 3), ratio(2, 2), 2));
    }

    #[test]
    fn counters_of_the_report_alone() {
        assert_eq!(read("<counter type='LINE' missed='1' covered='2'/>").unwrap().figures().lines, ratio(2, 3));
    }

    #[test]
    fn what_is_broken_is_refused() {
        for bad in [
            "<package name='p'><sourcefile name='a'><line ci='1'/></sourcefile></package>",
            "<package name='p'><sourcefile name='a'><line nr='1' ci='-1'/></sourcefile></package>",
            "<package name='p'><sourcefile><line nr='1' ci='1'/></sourcefile></package>",
            "<package name='p'><line nr='1' ci='1'/></package>",
            "<counter type='LINE' missed='1'/>",
            "<counter type='LINE' missed='x' covered='1'/>",
            "<sourcefile name='a'/>",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
