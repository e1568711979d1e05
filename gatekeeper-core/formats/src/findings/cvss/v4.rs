//! The score of a CVSS 4.0 vector (FIRST, CVSS v4.0 Specification, section 8, <https://www.first.org/cvss/v4.0/specification-document>):
//! the vector's equivalence classes give a MacroVector with a score from the specification's table, and within it the score is interpolated
//! towards the next lower ones. Threat and environmental metrics count as the vector states them.
//!
//! Reckoned in whole numbers: tenths for scores, steps for distances. So the rounding is exact.

use super::Metrics;

pub(super) const NAMES: &[&str] = &[
    "AV", "AC", "AT", "PR", "UI", "VC", "VI", "VA", "SC", "SI", "SA", "E", "CR", "IR", "AR", "MAV", "MAC", "MAT",
    "MPR", "MUI", "MVC", "MVI", "MVA", "MSC", "MSI", "MSA", "S", "AU", "R", "V", "RE", "U",
];

/// The table's scores in tenths. Rows: EQ1, EQ2, and the five pairs of EQ3 and EQ6 that exist (00, 01, 10, 11, 21); columns: EQ4 and EQ5.
const SCORES: [[u8; 9]; 30] = [
    [100, 98, 95, 100, 93, 91, 93, 89, 81],
    [99, 95, 92, 96, 87, 81, 90, 80, 68],
    [98, 95, 90, 93, 89, 81, 88, 78, 69],
    [95, 92, 84, 92, 81, 65, 80, 70, 48],
    [92, 82, 72, 79, 69, 50, 69, 55, 27],
    [99, 95, 92, 95, 90, 84, 92, 82, 72],
    [97, 92, 85, 91, 83, 71, 81, 71, 53],
    [95, 92, 85, 92, 80, 70, 84, 71, 50],
    [93, 85, 73, 82, 72, 59, 70, 52, 30],
    [86, 75, 52, 71, 52, 29, 63, 29, 17],
    [98, 94, 91, 94, 86, 77, 87, 74, 63],
    [95, 87, 81, 89, 74, 64, 75, 63, 49],
    [94, 88, 76, 86, 74, 59, 72, 57, 52],
    [89, 77, 67, 76, 58, 50, 57, 52, 25],
    [83, 70, 54, 65, 58, 26, 53, 21, 13],
    [95, 88, 76, 90, 75, 61, 77, 68, 52],
    [90, 76, 70, 77, 62, 53, 66, 59, 30],
    [89, 76, 62, 74, 57, 47, 61, 57, 24],
    [78, 67, 58, 59, 57, 23, 52, 29, 16],
    [71, 59, 30, 58, 26, 15, 23, 13, 6],
    [93, 86, 75, 86, 74, 56, 70, 52, 40],
    [87, 72, 58, 74, 61, 34, 54, 40, 22],
    [85, 74, 62, 72, 55, 46, 53, 34, 19],
    [75, 55, 51, 57, 41, 19, 36, 19, 8],
    [64, 51, 20, 47, 21, 11, 24, 9, 4],
    [88, 73, 60, 73, 59, 41, 54, 45, 20],
    [75, 53, 50, 55, 40, 20, 43, 22, 11],
    [75, 58, 40, 61, 48, 20, 46, 17, 8],
    [55, 45, 21, 51, 18, 9, 18, 7, 2],
    [53, 24, 14, 24, 12, 5, 10, 3, 1],
];

/// Classes of the six equations; EQ3 and EQ6 go together.
#[derive(Clone, Copy)]
struct Macro {
    eq1: usize,
    eq2: usize,
    eq36: (usize, usize),
    eq4: usize,
    eq5: usize,
}

impl Macro {
    /// The table's score; none where there is no such MacroVector.
    fn score(self) -> Option<i64> {
        let pair = [(0, 0), (0, 1), (1, 0), (1, 1), (2, 1)].iter().position(|p| *p == self.eq36)?;
        if self.eq1 > 2 || self.eq2 > 1 || self.eq4 > 2 || self.eq5 > 2 {
            return None;
        }
        let row = SCORES.get((self.eq1 * 2 + self.eq2) * 5 + pair)?;
        row.get(self.eq4 * 3 + self.eq5).map(|s| i64::from(*s))
    }
}

/// How far each metric's value is from its worst, in steps.
struct Levels {
    av: i64,
    pr: i64,
    ui: i64,
    ac: i64,
    at: i64,
    vc: i64,
    vi: i64,
    va: i64,
    sc: i64,
    si: i64,
    sa: i64,
    cr: i64,
    ir: i64,
    ar: i64,
    e: usize,
}

impl Levels {
    fn read(m: &Metrics<'_>) -> Option<Self> {
        // A base metric must be there; its modified one counts where it is stated.
        let base = |name: &str, modified: &str, values: &[(&str, i64)]| {
            let level = |v: &str| values.iter().find(|(value, _)| *value == v).map(|(_, level)| *level);
            let own = level(m.get(name).filter(|v| *v != "S")?)?;
            match m.get(modified) {
                None | Some("X") => Some(own),
                Some(v) => level(v),
            }
        };
        let vulnerable: &[(&str, i64)] = &[("H", 0), ("L", 1), ("N", 2)];
        let safety: &[(&str, i64)] = &[("S", 0), ("H", 1), ("L", 2), ("N", 3)];
        let requirement = |name: &str| match m.get(name) {
            None | Some("X" | "H") => Some(0),
            Some("M") => Some(1),
            Some("L") => Some(2),
            Some(_) => None,
        };
        Some(Levels {
            av: base("AV", "MAV", &[("N", 0), ("A", 1), ("L", 2), ("P", 3)])?,
            pr: base("PR", "MPR", &[("N", 0), ("L", 1), ("H", 2)])?,
            ui: base("UI", "MUI", &[("N", 0), ("P", 1), ("A", 2)])?,
            ac: base("AC", "MAC", &[("L", 0), ("H", 1)])?,
            at: base("AT", "MAT", &[("N", 0), ("P", 1)])?,
            vc: base("VC", "MVC", vulnerable)?,
            vi: base("VI", "MVI", vulnerable)?,
            va: base("VA", "MVA", vulnerable)?,
            sc: base("SC", "MSC", &[("H", 1), ("L", 2), ("N", 3)])?,
            si: base("SI", "MSI", safety)?,
            sa: base("SA", "MSA", safety)?,
            cr: requirement("CR")?,
            ir: requirement("IR")?,
            ar: requirement("AR")?,
            e: match m.get("E") {
                None | Some("X" | "A") => 0,
                Some("P") => 1,
                Some("U") => 2,
                Some(_) => return None,
            },
        })
    }

    fn classes(&self) -> Macro {
        let eq1 = match [self.av, self.pr, self.ui].iter().filter(|l| **l == 0).count() {
            3 => 0,
            0 => 2,
            _ if self.av == 3 => 2,
            _ => 1,
        };
        let eq3 = match (self.vc, self.vi, self.va) {
            (0, 0, _) => 0,
            (0, _, _) | (_, 0, _) | (_, _, 0) => 1,
            _ => 2,
        };
        let required = [(self.cr, self.vc), (self.ir, self.vi), (self.ar, self.va)].contains(&(0, 0));
        let eq4 = match (self.sc, self.si, self.sa) {
            (_, 0, _) | (_, _, 0) => 0,
            (1, _, _) | (_, 1, _) | (_, _, 1) => 1,
            _ => 2,
        };
        Macro { eq1, eq2: usize::from(self.ac + self.at > 0), eq36: (eq3, usize::from(!required)), eq4, eq5: self.e }
    }
}

/// The distance to the first of a class's highest vectors that no metric exceeds.
fn distance<const N: usize>(own: [i64; N], highest: &[[i64; N]]) -> i64 {
    highest
        .iter()
        .find(|h| own.iter().zip(h.iter()).all(|(a, b)| a >= b))
        .map_or(0, |h| own.iter().zip(h.iter()).map(|(a, b)| a - b).sum())
}

pub(super) fn score(m: &Metrics<'_>) -> Option<f64> {
    let l = Levels::read(m)?;
    if (l.vc, l.vi, l.va) == (2, 2, 2) && (l.sc, l.si, l.sa) == (3, 3, 3) {
        return Some(0.0);
    }
    let of = l.classes();
    let value = of.score()?;
    let lower36 = match of.eq36 {
        (0, 0) => [(0, 1), (1, 0)].map(|eq36| Macro { eq36, ..of }.score()).into_iter().max().flatten(),
        (1, 0) => Macro { eq36: (1, 1), ..of }.score(),
        (a, b) => Macro { eq36: (a + 1, b), ..of }.score(),
    };
    let eq1 = match of.eq1 {
        0 => (distance([l.av, l.pr, l.ui], &[[0, 0, 0]]), 1),
        1 => (distance([l.av, l.pr, l.ui], &[[1, 0, 0], [0, 1, 0], [0, 0, 1]]), 4),
        _ => (distance([l.av, l.pr, l.ui], &[[3, 0, 0], [1, 1, 1]]), 5),
    };
    let eq2 = match of.eq2 {
        0 => (distance([l.ac, l.at], &[[0, 0]]), 1),
        _ => (distance([l.ac, l.at], &[[1, 0], [0, 1]]), 2),
    };
    let own36 = [l.vc, l.vi, l.va, l.cr, l.ir, l.ar];
    let eq36 = match of.eq36 {
        (0, 0) => (distance(own36, &[[0, 0, 0, 0, 0, 0]]), 7),
        (0, _) => (distance(own36, &[[0, 0, 1, 1, 1, 0], [0, 0, 0, 1, 1, 1]]), 6),
        (1, 0) => (distance(own36, &[[1, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0]]), 8),
        (1, _) => {
            let highest =
                [[1, 0, 1, 0, 1, 0], [1, 0, 0, 0, 1, 1], [0, 1, 0, 1, 0, 1], [0, 1, 1, 1, 0, 0], [1, 1, 0, 0, 0, 1]];
            (distance(own36, &highest), 8)
        }
        _ => (distance(own36, &[[1, 1, 1, 0, 0, 0]]), 10),
    };
    let eq4 = match of.eq4 {
        0 => (distance([l.sc, l.si, l.sa], &[[1, 0, 0]]), 6),
        1 => (distance([l.sc, l.si, l.sa], &[[1, 1, 1]]), 5),
        _ => (distance([l.sc, l.si, l.sa], &[[2, 2, 2]]), 4),
    };
    let lower = [
        (Macro { eq1: of.eq1 + 1, ..of }.score(), eq1),
        (Macro { eq2: of.eq2 + 1, ..of }.score(), eq2),
        (lower36, eq36),
        (Macro { eq4: of.eq4 + 1, ..of }.score(), eq4),
        (Macro { eq5: of.eq5 + 1, ..of }.score(), (0, 1)),
    ];
    // 840 is a multiple of every depth: each part of the mean is a whole number of 840ths.
    let (mut parts, mut count) = (0, 0);
    for (next, (distance, depth)) in lower {
        if let Some(next) = next {
            parts += (value - next) * distance * (840 / depth);
            count += 1;
        }
    }
    let whole = 840 * count.max(1);
    let tenths = ((2 * (value * whole - parts) + whole) / (2 * whole)).clamp(0, 100);
    // At most 100, so the conversion is exact.
    Some(f64::from(u8::try_from(tenths).ok()?) / 10.0)
}
