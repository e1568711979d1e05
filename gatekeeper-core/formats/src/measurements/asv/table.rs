//! The table that asv prints of a benchmark with parameters: a rule of `=`, headings, a rule, rows, a rule. The values of the last parameters may be columns, their names then stand above these.
//!
//! ```text
//! ===== ========== ==========
//! --             kind
//! ----- ---------------------
//!   n      dict       list
//! ===== ========== ==========
//!   10   2.02±0μs   1.86±0μs
//! ===== ========== ==========
//! ```

/// A cell's parameters by name, and what stands in it.
type Cell = (Vec<(String, String)>, String);

/// Where the runs of a rule lie, in characters.
fn runs(rule: &str, of: char) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (at, _) in rule.chars().enumerate().filter(|(_, c)| *c == of) {
        match runs.last_mut() {
            Some((_, end)) if *end == at => *end += 1,
            _ => runs.push((at, at + 1)),
        }
    }
    runs
}

/// Reads the table that begins with the next line; `None` where none does or where it breaks off.
pub(super) fn read<'t>(lines: &mut impl Iterator<Item = &'t str>) -> Option<Vec<Cell>> {
    let first = lines.next()?;
    let indent = first.chars().take_while(|c| *c != '=').count();
    let inner = |line: &str| line.chars().skip(indent).collect::<String>();
    let columns = runs(&inner(first), '=');
    let cut = |line: &str| -> Vec<String> {
        let chars: Vec<char> = line.chars().skip(indent).collect();
        let cell = |(start, end): &(usize, usize)| chars.get(*start..(*end).min(chars.len())).unwrap_or_default();
        columns.iter().map(|c| cell(c).iter().collect::<String>().trim().to_owned()).collect()
    };
    let is_rule = |line: &str, of: char| {
        let line = inner(line);
        line.starts_with(of) && line.chars().all(|c| c == of || c == ' ')
    };
    let second = lines.next()?;
    let above = inner(second).strip_prefix("-- ").map(|names| names.trim().to_owned());
    let (headings, in_rows) = match &above {
        // Up to where the first run below the names goes, columns hold the values of parameters.
        Some(_) => {
            let rule = inner(lines.next()?);
            let end = runs(&rule, '-').first()?.1;
            (lines.next()?, columns.iter().filter(|(_, e)| *e <= end).count())
        }
        None => (second, columns.len().checked_sub(1)?),
    };
    if !is_rule(lines.next()?, if above.is_some() { '=' } else { '-' }) || in_rows == 0 {
        return None;
    }
    let headings = cut(headings);
    let named = |heading: &str| -> Vec<(String, String)> {
        let Some(names) = above.as_deref() else { return Vec::new() };
        let (split, values): (Vec<&str>, Vec<&str>) = (names.split(" / ").collect(), heading.split(" / ").collect());
        if split.len() == values.len() {
            split.iter().zip(values).map(|(n, v)| ((*n).to_owned(), v.to_owned())).collect()
        } else {
            vec![(names.to_owned(), heading.to_owned())]
        }
    };
    let mut cells = Vec::new();
    loop {
        let line = lines.next()?;
        if is_rule(line, '=') {
            return Some(cells).filter(|c: &Vec<Cell>| !c.is_empty());
        }
        if super::progress(line).is_some() {
            return None;
        }
        let row = cut(line);
        let (values, figures) = row.split_at_checked(in_rows)?;
        let parameters: Vec<(String, String)> = headings.iter().cloned().zip(values.iter().cloned()).collect();
        for (heading, figure) in headings.iter().skip(in_rows).zip(figures) {
            let mut of = parameters.clone();
            of.extend(named(heading));
            cells.push((of, figure.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    fn cells(text: &str) -> Option<Vec<String>> {
        let cells = read(&mut text.lines())?;
        let of = |p: &[(String, String)]| p.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(",");
        Some(cells.iter().map(|(p, v)| format!("{}: {v}", of(p))).collect())
    }

    const ROWS: &str = "[ 5%] ··· ==== =====\n           k        \n          ---- -----\n           a b  1.5k\n           2    n/a \n          ==== =====\n";

    #[test]
    fn parameters_in_rows_and_in_columns_are_told() {
        assert_eq!(cells(ROWS).unwrap(), ["k=a b: 1.5k", "k=2: n/a"]);
        let two = "===== ====== ======\n--          kind     \n----- -------------\n  n    dict   list \n===== ====== ======\n  10  2±0μs  failed\n===== ====== ======\n";
        assert_eq!(cells(two).unwrap(), ["n=10,kind=dict: 2±0μs", "n=10,kind=list: failed"]);
        let three = "=== ======= =======\n--       b / c     \n--- ---------------\n a   1 / x   2 / x \n=== ======= =======\n 7    1ms     2ms  \n=== ======= =======\n";
        assert_eq!(cells(three).unwrap(), ["a=7,b=1,c=x: 1ms", "a=7,b=2,c=x: 2ms"]);
    }

    #[test]
    fn a_table_that_breaks_off_is_none() {
        let lines: Vec<&str> = ROWS.lines().collect();
        for end in 0..lines.len() {
            assert_eq!(cells(&lines[..end].join("\n")), None, "{end}");
        }
        assert_eq!(cells(&format!("{}\n[ 6%] ··· x.y 5ms\n          ==== =====", lines[..4].join("\n"))), None);
    }
}
