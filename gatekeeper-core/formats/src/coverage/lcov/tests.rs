use super::*;
use crate::input::Limits;
use gatekeeper_evidence::coverage::Figures;

fn read(text: &str) -> Result<(Coverage, Vec<String>), ParseError> {
    let limits = Limits::default();
    let input = Input { name: "t", bytes: text.as_bytes(), limits: &limits, exit_status: None, validate: false };
    let parsed = parse(&input)?;
    let Data::Coverage(c) = parsed.data else { panic!() };
    Ok((c, parsed.notes.into_iter().map(|n| n.message).collect()))
}

fn figures(text: &str) -> Figures {
    read(text).unwrap().0.figures()
}

fn ratio(covered: u64, total: u64) -> Option<Ratio> {
    Some(Ratio { covered, total })
}

#[test]
fn pieces_are_the_whole_and_end_behind_records() {
    let text = "SF:a\nDA:1,1\nend_of_record\nSF:b\nDA:1,0\nend_of_record\nSF:a\nDA:2,1\nend_of_record\nSF:c\nDA:1,1";
    let bytes = text.as_bytes();
    let cut = pieces(bytes, 4);
    assert!(cut.len() > 2);
    assert_eq!(cut.iter().flat_map(|(s, e)| &bytes[*s..*e]).copied().collect::<Vec<u8>>(), bytes);
    assert!(cut[..cut.len() - 1].iter().all(|(s, e)| bytes[*s..*e].ends_with(b"end_of_record\n")));
    // Piece by piece it says what it says at once, and what breaks off does so where the whole does.
    let whole = |end: usize| Reader::read(&bytes[..end], 0, end, &Begun::at_most(9)).map(|r| (r.out, r.records));
    let joined = |end: usize| {
        let mut sum = Reader::new(&bytes[..end], 0);
        for (s, e) in pieces(&bytes[..end], 4) {
            sum.append(Reader::read(&bytes[..end], s, e, &Begun::at_most(9))?);
        }
        Ok((sum.out, sum.records))
    };
    for end in 0..=bytes.len() {
        assert_eq!(joined(end), whole(end), "{end}");
    }
}

#[test]
fn more_files_than_the_limit_are_refused_and_one_file_many_times_is_not() {
    let of = |name: &dyn Fn(usize) -> usize, records: usize| {
        let text: String = (0..records).map(|i| format!("SF:{}\nDA:1,1\nend_of_record\n", name(i))).collect();
        let limits = Limits { sources: 3, ..Limits::default() };
        let input = Input { name: "t", bytes: text.as_bytes(), limits: &limits, exit_status: None, validate: false };
        parse(&input).map(|p| p.data)
    };
    let hits = |data: Data| match data {
        Data::Coverage(c) => c.files.values().map(|f| f.lines[0].hits).collect::<Vec<_>>(),
        _ => panic!(),
    };
    assert_eq!(of(&|i| i, 3).map(hits), Ok(vec![1, 1, 1]));
    assert!(of(&|i| i, 4).is_err());
    assert_eq!(of(&|_| 0, 5).map(hits), Ok(vec![5]));
}

#[test]
fn repeated_sf_records_add_up() {
    let (c, _) =
        read("SF:a\nDA:1,0\nDA:2,3\nend_of_record\nTN:x\nSF:a\nDA:1,2\nDA:2,4\nDA:9,0\nend_of_record\n").unwrap();
    assert_eq!(c.files["a"].lines, [(1, 2), (2, 7), (9, 0)].map(|(number, hits)| Line { number, hits }));
}

#[test]
fn counts_negative_scientific_and_huge() {
    let (c, notes) =
        read("SF:a\r\nDA:1,-3\r\nDA:2,1.2e+12\r\nDA:3,99999999999999999999,abc\r\nend_of_record\r\n").unwrap();
    assert_eq!(c.files["a"].lines.iter().map(|l| l.hits).collect::<Vec<_>>(), [0, u32::MAX, u32::MAX]);
    assert!(notes.iter().any(|n| n.contains("below zero")), "{notes:?}");
}

#[test]
fn functions_of_both_versions_and_names_with_commas() {
    let (c, _) =
        read("SF:a\nFN:1,4,parse\nFN:6,f(int, char)\nFNDA:1,f(int, char)\nFNDA:0,parse\nFN:9,10,g\nend_of_record\n")
            .unwrap();
    let f: Vec<_> = c.files["a"].functions.iter().map(|f| (f.line, f.name.as_ref(), f.hits)).collect();
    assert_eq!(f, [(1, "parse", 0), (6, "f(int, char)", 1), (9, "g", 0)]);
}

#[test]
fn aliases_of_a_line_are_one_function() {
    assert_eq!(figures("SF:a\nFN:5,b\nFN:5,a\nFNDA:0,a\nFNDA:2,b\nDA:5,1\nend_of_record").functions, ratio(1, 1));
    let indexed = "SF:a\nFNL:0,5,9\nFNA:0,0,a\nFNA:0,2,b\nFNL:1,12\nFNA:1,0,c\nend_of_record";
    assert_eq!(figures(indexed).functions, ratio(1, 2));
}

#[test]
fn indices_of_a_line_are_functions_of_their_own() {
    assert_eq!(figures("SF:a\nFNL:0,5\nFNA:0,1,x\nFNL:1,5\nFNA:1,0,x\nend_of_record").functions, ratio(1, 2));
}

#[test]
fn two_functions_of_one_name_keep_their_places() {
    assert_eq!(figures("SF:a\nFN:1,get\nFN:4,get\nFNDA:1,get\nFNDA:0,get\nend_of_record").functions, ratio(1, 2));
}

#[test]
fn branches_with_letters_and_texts() {
    let text = "SF:a\nBRDA:1,0,0,1\nBRDA:1,e0,0,-\nBRDA:1,0,jump to line 4,2\nBRDA:1,0,return a, b,0\nend_of_record";
    assert_eq!(figures(text).branches, ratio(2, 4));
}

#[test]
fn counters_count_only_where_nothing_is_listed() {
    let f =
        figures("SF:a\nFNF:2\nFNH:1\nBRF:0\nBRH:0\nLF:7\nLH:3\nend_of_record\nSF:b\nDA:1,1\nLF:9\nLH:9\nend_of_record");
    assert_eq!((f.lines, f.functions, f.branches), (ratio(4, 8), ratio(1, 2), None));
    assert!(read("SF:b\nDA:1,1\nLF:9\nLH:9\nend_of_record").unwrap().1[0].contains("9/9 stated, 1/1 listed"));
}

#[test]
fn a_windows_path_keeps_its_colon() {
    assert!(read("SF:C:\\a\\b.c\nDA:1,1\nend_of_record").unwrap().0.files.contains_key("C:\\a\\b.c"));
}

#[test]
fn what_is_broken_is_refused_with_its_line() {
    for (bad, line) in [
        ("SF:a\nDA:1,1\n", 3),
        ("SF:a\nDA:1,\nend_of_record", 2),
        ("SF:a\nDA:1\nend_of_record", 2),
        ("SF:a\nDA:x,1\nend_of_record", 2),
        ("SF:a\nDA:-1,1\nend_of_record", 2),
        ("SF:a\nDA:99999999999,1\nend_of_record", 2),
        ("SF:a\nDA:1,1\nend_of_rec", 3),
        ("DA:1,1\n", 1),
        ("end_of_record\n", 1),
        ("SF:a\nDA:1,1\nSF:b\nend_of_record\n", 3),
        ("SF:\nend_of_record\n", 1),
        ("SF:a\nBRDA:1,0,0\nend_of_record", 2),
        ("SF:a\nBRDA:1,0,0,x\nend_of_record", 2),
        ("SF:a\nFN:1\nend_of_record", 2),
        ("SF:a\nFNA:0,1,x\nend_of_record", 2),
        ("TN:only\n", 2),
        ("hello", 1),
    ] {
        let e = read(bad).expect_err(bad).finish("f", "lcov", Some(bad.as_bytes()));
        assert_eq!(e.location().line, Some(line), "{bad:?}: {e}");
    }
}

#[test]
fn what_is_broken_is_refused_at_its_column() {
    for (bad, place) in [
        ("SF:a\nDA:1,x\nend_of_record", (2, 6)),
        ("SF:a\nDA:x,1\nend_of_record", (2, 4)),
        ("SF:a\n  DA:1,x\nend_of_record", (2, 8)),
        ("SF:a\nBRDA:1,?,0,1\nend_of_record", (2, 8)),
        ("SF:a\nBRDA:1,0,0,x\nend_of_record", (2, 12)),
        ("SF:a\nFNL:0,x\nend_of_record", (2, 7)),
        ("SF:a\nDA:1,\nend_of_record", (2, 6)),
        ("end_of_record\n", (1, 1)),
    ] {
        let e = read(bad).expect_err(bad).finish("f", "lcov", Some(bad.as_bytes()));
        assert_eq!((e.location().line, e.location().column), (Some(place.0), Some(place.1)), "{bad:?}: {e}");
    }
}
