//! Licence names as comparable words: lower case, letters and digits apart, without punctuation, dates, and the words that
//! carry no meaning ("the", "license", "version"). "GPLv2.0+" is gpl, 2, +.

/// A name as comparable words.
#[derive(Debug, Default)]
pub struct Words {
    /// The words.
    pub words: Vec<String>,
    /// Words without meaning were left out.
    pub shortened: bool,
    /// A version was written out: "2.0", not "2".
    pub exact: bool,
    /// A word said that the number is a version: "version 2", "v2".
    pub versioned: bool,
}

/// Reads a name as words.
pub fn words(text: &str) -> Words {
    let mut raw: Vec<String> = Vec::new();
    let mut kind = ' ';
    for c in text.chars().flat_map(char::to_lowercase) {
        // A boundary between letters and digits parts words: "GPLv2+" is gplv, 2, +.
        let next = match c {
            '0'..='9' => '0',
            '+' => '+',
            '>' | '=' | '≥' | '<' | '≤' => '>',
            '.' if kind == '0' || kind == 'a' => kind,
            c if c.is_alphanumeric() => 'a',
            _ => ' ',
        };
        match raw.last_mut() {
            Some(word) if next == kind && next != ' ' => word.push(c),
            _ if next != ' ' => raw.push(c.into()),
            _ => {}
        }
        kind = next;
    }
    let mut out = Words::default();
    let mut numbers = raw.iter().skip(1).map(|word| starts_with_digit(word)).collect::<Vec<_>>().into_iter();
    for word in &raw {
        let before_number = numbers.next().unwrap_or(false);
        let word = word.trim_matches('.');
        let word_v = before_number && word.len() > 1 && word.ends_with('v');
        let word = match word {
            _ if word_v => word.trim_end_matches('v'),
            "three" => "3",
            "two" => "2",
            "four" => "4",
            "zero" => "0",
            "clauses" => "clause",
            "exceptions" => "exception",
            "≥" => ">=",
            // CRAN's "(== 2.0)" is the version alone; its "<" and ">" leave open which.
            "=" | "==" => "",
            "licence" | "licenses" | "licences" => "license",
            word => word,
        };
        out.versioned |= matches!(word, "version" | "ver" | "v") || word_v;
        match word {
            "noncommercial" => out.words.extend(["non".into(), "commercial".into()]),
            "sharealike" => out.words.extend(["share".into(), "alike".into()]),
            "noderivatives" | "noderivs" => out.words.extend(["no".into(), "derivatives".into()]),
            "the" | "license" | "version" | "versions" | "ver" | "v" | "a" | "under" | "licensed" | "" => {
                out.shortened = true;
            }
            _ if starts_with_digit(word) => {
                out.exact |= word.ends_with(".0");
                out.words.push(version_word(word));
            }
            _ => out.words.push(word.into()),
        }
    }
    without_date(&mut out.words);
    out
}

/// Whether a word is a number or a version.
pub fn starts_with_digit(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
}

/// "2.0" and "2" are one version.
fn version_word(word: &str) -> String {
    let mut word = word;
    while let Some(shorter) = word.strip_suffix(".0") {
        word = shorter;
    }
    word.into()
}

/// Drops the date of a licence's publication: "Version 2.0, January 2004", "Version 3, 29 June 2007".
fn without_date(words: &mut Vec<String>) {
    const MONTHS: &[&str] = &["january", "february", "march", "april", "may", "june", "july", "august", "september"];
    const MORE: &[&str] = &["october", "november", "december"];
    let is_month = |word: &String| MONTHS.contains(&word.as_str()) || MORE.contains(&word.as_str());
    let Some(month) = words.iter().position(is_month) else { return };
    let year = words.get(month.saturating_add(1)).is_some_and(|word| word.len() == 4 && starts_with_digit(word));
    if !year {
        return;
    }
    let number = |at: Option<usize>| at.and_then(|at| words.get(at)).is_some_and(|word| starts_with_digit(word));
    let day = number(month.checked_sub(1)) && number(month.checked_sub(2));
    words.drain(if day { month.saturating_sub(1) } else { month }..month.saturating_add(2));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_words() {
        for (text, expected) in [
            ("GPLv2.0+", "gpl 2 +"),
            ("The Apache License, Version 2.0, January 2004", "apache 2"),
            ("GNU General Public License, Version 3, 29 June 2007", "gnu general public 3"),
            ("BSD_3-clauses", "bsd 3 clause"),
            ("Two-Clause BSD Licence", "2 clause bsd"),
            ("GPL (>= 2)", "gpl >= 2"),
            ("CC0 1.0", "cc 0 1"),
            ("May 2", "may 2"),
        ] {
            assert_eq!(words(text).words.join(" "), expected, "{text}");
        }
        let read = words("Apache License v2.0");
        assert!(read.shortened && read.exact && read.versioned);
    }
}
