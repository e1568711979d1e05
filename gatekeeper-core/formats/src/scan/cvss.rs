//! Scores of CVSS vectors, for reports that give a vector and no score. The crate `cvss` reckons them: versions 2, 3.0, 3.1 and 4.0.
//!
//! Of versions 2 and 3 it is the base score, as databases state it; of version 4.0 threat and environmental metrics count as the vector
//! states them. A vector that is not wholly of its version (an unknown, repeated or missing metric, a value that it does not have) has no
//! score: a wrong one is worse than none. The crate lets missing metrics of version 3 pass; they are looked for here.

/// The score of a vector. Version 2 has no prefix, though some write one, and parentheses around it are customary.
pub(crate) fn score(vector: &str) -> Option<f64> {
    let vector = vector.trim();
    let score = match vector.strip_prefix("CVSS:") {
        Some(rest) => match rest.strip_prefix("2.0/") {
            Some(bare) => v2(bare)?,
            None => prefixed(vector)?,
        },
        None => v2(vector.strip_prefix('(').and_then(|v| v.strip_suffix(')')).unwrap_or(vector))?,
    };
    (0.0..=10.0).contains(&score).then_some(score)
}

fn v2(bare: &str) -> Option<f64> {
    bare.parse::<cvss::v2::Vector>().ok().map(|v| v.score().value())
}

fn prefixed(vector: &str) -> Option<f64> {
    let read: cvss::Cvss = vector.parse().ok()?;
    if let cvss::Cvss::CvssV30(v) | cvss::Cvss::CvssV31(v) = &read {
        v.av.zip(v.ac).zip(v.pr).zip(v.ui).zip(v.s).zip(v.c).zip(v.i).zip(v.a)?;
    }
    Some(read.score())
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
}
