//! HTML pages of Erlang coverage: `rebar3 cover`'s `index.html`, and the annotated source of a module, which `cover` itself writes.
//!
//! Specification: the code is the specification: `rebar_prv_cover.erl` (`write_index/2`) of rebar3,
//! <https://github.com/erlang/rebar3/blob/main/apps/rebar/src/rebar_prv_cover.erl>; `lib/tools/src/cover.erl`
//! (`do_analyse_to_file1/4`, `print_lines/6`) of Erlang/OTP, <https://github.com/erlang/otp/blob/maint/lib/tools/src/cover.erl>.
//!
//! - The index has percentages only, cut to whole numbers or as many digits as `--precision` says. Its first section is the aggregate;
//!   the sections of the single coverdata files behind it are the same modules again and do not count. A module without executable
//!   lines shows 100 %; an index without any module is refused, as its 100 % is of nothing.
//! - A module's page: up to OTP 20 `<pre>` with `N..|` before each executable line, later a table row for each line. Line 0 is not in
//!   it. `mix test --cover` writes such pages too, one a module, named after its atom (`Elixir.Jason.Decoder.html`): the source does not name
//!   the module, so the page does. The text form (`*.COVER.out`) is laid out as the old page and read as well; it has no end mark.

use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use crate::scan::lines::Lines;
use gatekeeper_evidence::coverage::{Coverage, FileCoverage, Line, Metrics, Percentages};
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::{Data, Kind};

use super::common::{self, plain};
use super::html::{Event, Page, Row};

pub(super) static FORMAT: Format = Format {
    id: "erlang-cover-html",
    title: "Erlang cover pages",
    kind: Kind::Coverage,
    extensions: &["html", "out"],
    places: &[
        "_build/test/cover/index.html",
        "_build/*+test/cover/index.html",
        "cover/*.COVER.html",
        "cover/Elixir.*.html",
        "apps/*/cover/Elixir.*.html",
    ],
    spec: "rebar3 cover, https://rebar3.org/docs/testing/ct/; cover:analyse_to_file/3, https://www.erlang.org/doc/apps/tools/cover.html",
    producers: &["rebar3", "cover"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

/// What a page is.
enum Sort {
    Index,
    Table,
    Text,
}

fn sort(bytes: &[u8]) -> Option<Sort> {
    // Marks stand behind the style sheet at the most.
    let head = bytes.get(..bytes.len().min(16 * 1024)).unwrap_or_default();
    let has = |mark: &str| memchr::memmem::find(head, mark.as_bytes()).is_some();
    if has("<title>Coverage Summary</title>") && has(" summary</h1>\ncoverage calculated from:") {
        return Some(Sort::Index);
    }
    let generated = memchr::memmem::find(head, b"File generated from ")?;
    let line = Lines::new(head.get(generated..)?).next()?.bytes;
    let by = |mark: &[u8]| memchr::memmem::find(line, mark).is_some();
    if by(b" by COVER ") {
        Some(Sort::Text)
    } else {
        (by(b">cover</a> at ") && has("<td class=\"line\"")).then_some(Sort::Table)
    }
}

fn sniff(head: &Head<'_>) -> Confidence {
    Confidence::when(sort(head.bytes()).is_some(), Confidence::Certain)
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    match sort(input.bytes) {
        Some(Sort::Index) => index(input),
        Some(Sort::Table) => table(input),
        Some(Sort::Text) => text(input),
        None => Err(ParseError::malformed("the index of rebar3 cover or a page of cover")
            .at(0)
            .found(input.bytes.get(..64.min(input.bytes.len())).unwrap_or_default())),
    }
}

fn cut_off(input: &Input<'_>, expected: &str) -> ParseError {
    ParseError::malformed(expected).at(input.bytes.len()).found_words("the end of the file")
}

fn index(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut sections: usize = 0;
    let mut aggregate = false;
    let mut percent = Percentages::default();
    let (mut total, mut ended) = (None, false);
    for event in Page::new(input.bytes) {
        match event {
            Event::Heading(text) => {
                sections += 1;
                if sections == 1 {
                    aggregate = text == "aggregate summary";
                }
            }
            Event::Row(row) if sections == 1 && !row.head => {
                let [name, value] = row.cells.as_slice() else {
                    return Err(ParseError::malformed("a module and its percentage").at(row.at));
                };
                let value = percentage(value, &row)?;
                // The last row is the total's; a module may have that name.
                if let Some((name, value)) = total.replace((name.clone(), value)) {
                    percent.files.insert(name.into(), value);
                }
            }
            Event::End => ended = true,
            _ => {}
        }
    }
    match total {
        Some((name, value)) if name == "Total" => percent.total = value,
        _ => return Err(cut_off(input, "the row of the total")),
    }
    if !ended {
        return Err(cut_off(input, "the end of the page"));
    }
    if percent.files.is_empty() {
        return Err(ParseError::malformed("a module: a total of nothing says nothing").at(0).found_words("none"));
    }
    if !aggregate && sections > 1 {
        return Err(ParseError::malformed("the aggregate summary first").at(0).found_words("another section"));
    }
    let coverage = Coverage { percent: Some(percent), ..Coverage::default() };
    Ok(Parsed::new(Data::Coverage(coverage), Some(true)))
}

/// "85%", "85.3%".
fn percentage(text: &str, row: &Row) -> Result<Box<str>, ParseError> {
    let value = text.strip_suffix('%').unwrap_or_default().trim();
    let plain = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    match value.parse::<f64>() {
        Ok(n) if plain && (0.0..=100.0).contains(&n) => Ok(value.into()),
        _ => Err(ParseError::malformed("a percentage").at(row.at).found(text)),
    }
}

fn table(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let mut file = FileCoverage::default();
    let mut ended = false;
    for event in Page::new(input.bytes) {
        match event {
            Event::Row(row) if !row.head => {
                let [number, hits, ..] = row.cells.as_slice() else { continue };
                let number = number
                    .parse()
                    .map_err(|_| ParseError::malformed("a line's number").at(row.at).found(number.as_str()))?;
                if let Some(hits) = count(hits, row.at)? {
                    file.lines.push(Line { number, hits });
                }
            }
            Event::End => ended = true,
            _ => {}
        }
    }
    if !ended {
        return Err(cut_off(input, "the end of the page"));
    }
    module(input, file, Some(true))
}

fn text(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let html = input.bytes.trim_ascii_start().starts_with(b"<");
    let mut file = FileCoverage::default();
    // The source begins behind a line of stars and an empty one.
    let mut number: Option<u32> = None;
    let (mut stars, mut ended) = (false, false);
    for line in Lines::new(input.bytes) {
        let Some(n) = number else {
            if stars && line.bytes.is_empty() {
                number = Some(0);
            }
            stars |= line.bytes.len() > 20 && line.bytes.iter().all(|b| *b == b'*');
            continue;
        };
        if html && line.bytes.starts_with(b"</pre>") {
            ended = true;
            break;
        }
        let bytes = line.bytes.strip_prefix(b"<font color=red>").unwrap_or(line.bytes);
        let bar = memchr::memchr(b'|', bytes.get(..bytes.len().min(32)).unwrap_or_default())
            .ok_or_else(|| ParseError::malformed("'|' before the source line").at(line.offset).found(line.bytes))?;
        let n = n.saturating_add(1);
        number = Some(n);
        let hits = String::from_utf8_lossy(bytes.get(..bar).unwrap_or_default());
        if let Some(hits) = count(hits.trim_end_matches('.').trim(), line.offset)? {
            file.lines.push(Line { number: n, hits });
        }
    }
    if number.is_none() || html && !ended {
        return Err(cut_off(input, if html { "</pre> behind the source" } else { "the module's source" }));
    }
    module(input, file, html.then_some(true))
}

/// A line's hits; none for a line that is not executable.
fn count(text: &str, at: usize) -> Result<Option<u32>, ParseError> {
    if text.is_empty() {
        return Ok(None);
    }
    // What table pages show for 0.
    if text == ":-(" {
        return Ok(Some(0));
    }
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(ParseError::malformed("a number of hits").at(at).found(text));
    }
    Ok(Some(text.parse().unwrap_or(u32::MAX)))
}

/// The module that the page is of: as its source file is named, else as the page is.
fn module(input: &Input<'_>, file: FileCoverage, complete: Option<bool>) -> Result<Parsed, ParseError> {
    let head = String::from_utf8_lossy(input.bytes.get(..input.bytes.len().min(16 * 1024)).unwrap_or_default());
    let source = head.split_once("File generated from ").map(|(_, rest)| rest);
    let source = source.and_then(|r| r.split_once(" by ")).map(|(path, _)| plain(path).into_owned());
    let name = source
        .as_deref()
        .and_then(|s| s.rsplit(['/', '\\']).next()?.strip_suffix(".erl"))
        .or_else(|| {
            let page = input.file_name();
            Some(page.strip_suffix(".html").or(page.strip_suffix(".out"))?)
                .map(|p| p.strip_suffix(".COVER").unwrap_or(p))
        })
        .filter(|name| !name.is_empty())
        .ok_or_else(|| ParseError::malformed("'File generated from' with the path of a module's source").at(0))?;
    let mut coverage = Coverage { metrics: Metrics { lines: true, ..Metrics::default() }, ..Coverage::default() };
    coverage.add(common::module(name), file);
    Ok(Parsed::new(Data::Coverage(coverage), complete))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Limits;
    use gatekeeper_evidence::Ratio;

    fn read(name: &str, text: &str) -> Result<(Coverage, Option<bool>), ParseError> {
        let limits = Limits::default();
        parse(&Input { name, bytes: text.as_bytes(), limits: &limits, exit_status: None, validate: true }).map(|p| {
            match p.data {
                Data::Coverage(c) => (c, p.complete),
                other => panic!("{other:?}"),
            }
        })
    }

    fn section(name: &str, rows: &str) -> String {
        format!(
            "<h1>{name} summary</h1>\ncoverage calculated from:\n<ul><li>x</li></ul>\n<table><tr><th>module</th><th>coverage %</th></tr>\n{rows}</table>\n"
        )
    }

    fn index_page(sections: &str) -> String {
        format!("<!DOCTYPE HTML><html>\n<head><title>Coverage Summary</title></head>\n<body>\n{sections}</body></html>")
    }

    #[test]
    fn only_the_aggregate_counts_and_a_module_may_be_named_total() {
        let first = section(
            "aggregate",
            "<tr><td><a href='a/a.html'>a</a></td><td>71%</td>\n<tr><td><a href='a/Total.html'>Total</a></td><td>7.25%</td></tr>\n<tr><td><strong>Total</strong></td><td>85%</td>\n",
        );
        let second = section("ct", "<tr><td>b</td><td>1%</td>\n<tr><td><strong>Total</strong></td><td>1%</td>\n");
        let html = index_page(&[first, second].concat());
        let (c, complete) = read("index.html", &html).unwrap();
        let p = c.percent.as_ref().unwrap();
        assert_eq!(p.total.as_ref(), "85");
        assert_eq!(p.files.iter().map(|(k, v)| (&**k, &**v)).collect::<Vec<_>>(), [("Total", "7.25"), ("a", "71")]);
        assert_eq!((complete, c.figures().lines), (Some(true), None));
        for cut in 0..html.len() {
            assert!(read("index.html", html.split_at(cut).0).is_err(), "{cut}");
        }
    }

    #[test]
    fn a_total_of_nothing_and_wrong_percentages_are_refused() {
        let nothing = section("aggregate", "<tr><td><strong>Total</strong></td><td>100%</td>\n");
        assert!(read("index.html", &index_page(&nothing)).is_err());
        for bad in ["101%", "-1%", "x%", "5", "NaN%", "%"] {
            let rows = format!("<tr><td>a</td><td>{bad}</td>\n<tr><td>Total</td><td>1%</td>\n");
            assert!(read("index.html", &index_page(&section("aggregate", &rows))).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_page_of_a_module_gives_its_lines() {
        let row = |n: u32, hits: &str| {
            format!(
                "<tr>\n<td class=\"line\" id=\"L{n}\"><a href=\"#L{n}\">{n}</a></td>\n<td class=\"hits\">{hits}</td>\n<td class=\"source\"><code>a &lt;td&gt;</code></td>\n</tr>\n"
            )
        };
        let html = format!(
            "<!doctype html>\n<html>\n<h1><code>/x/my_mod.html</code></h1>\n<footer><p>File generated from <code>/p/../src/my_mod.erl</code> by <a href=\"http://erlang.org/doc/man/cover.html\">cover</a> at 2026-01-02 at 03:04:05</p></footer>\n<table>\n<tbody>\n{}{}{}</tbody>\n<thead>\n<tr>\n<th>Line</th>\n<th>Hits</th>\n<th>Source</th>\n</tr>\n</thead>\n</table>\n</body>\n</html>\n",
            row(1, ""),
            row(2, ":-("),
            row(3, "99999999999")
        );
        let (c, complete) = read("my_mod.html", &html).unwrap();
        assert_eq!(c.figures().lines, Some(Ratio::new(1, 2)));
        assert_eq!(c.files["my_mod"].lines[1], Line { number: 3, hits: u32::MAX });
        assert_eq!(complete, Some(true));
        assert!(read("my_mod.html", html.split_at(html.len() - 9).0).is_err());
    }

    #[test]
    fn a_page_of_elixir_is_named_after_its_module() {
        let html = "<!doctype html>\n<html>\n<footer><p>File generated from <code>/p/lib/jason/decoder.ex</code> by <a href=\"x\">cover</a> at 2026-01-02 at 03:04:05</p></footer>\n<table>\n<tbody>\n<tr>\n<td class=\"line\" id=\"L1\"><a href=\"#L1\">1</a></td>\n<td class=\"hits\">3</td>\n<td class=\"source\"><code>x</code></td>\n</tr>\n</tbody>\n</table>\n</body>\n</html>\n";
        let (c, _) = read("cover/Elixir.Jason.Decoder.html", html).unwrap();
        assert_eq!(c.files.keys().map(AsRef::as_ref).collect::<Vec<_>>(), ["Jason.Decoder"]);
    }

    #[test]
    fn old_pages_and_text_pages_are_read() {
        let body = "File generated from src/old.erl by COVER 2014-01-02 at 03:04:05\n\n****************************************************************************\n\n        |  -module(old).\n<font color=red>     0..|  a() -> b | c.</font>\n     7..|  b().\n1234567.|  c().\n        |  \n";
        let html = format!("<html>\n<body bgcolor=\"white\" text=\"black\">\n<pre>\n{body}</pre>\n</body>\n</html>\n");
        let (c, complete) = read("old.COVER.html", &html).unwrap();
        assert_eq!(c.figures().lines, Some(Ratio::new(2, 3)));
        assert_eq!(c.files["old"].lines.iter().map(|l| l.number).collect::<Vec<_>>(), [2, 3, 4]);
        assert_eq!(complete, Some(true));
        let (c, complete) =
            read("old.COVER.out", &body.replace("<font color=red>", "").replace("</font>", "")).unwrap();
        assert_eq!((c.figures().lines, complete), (Some(Ratio::new(2, 3)), None));
        assert!(read("old.COVER.html", html.split_once("</pre>").unwrap().0).is_err());
    }
}
