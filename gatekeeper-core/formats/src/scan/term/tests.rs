use super::*;

fn plain(bytes: &[u8]) -> Result<String, ParseError> {
    decode(bytes, &Limits::default(), &mut Vec::new()).map(|t| format!("{t:?}"))
}

#[test]
fn terms_of_all_useful_kinds_decode() {
    // {a, 'é', -2, 300, [1|b], "hi", <<"x">>, 1.5, []}
    let bytes = [
        131, 104, 9, 119, 1, b'a', 100, 0, 1, 0xE9, 98, 255, 255, 255, 254, 98, 0, 0, 1, 44, 108, 0, 0, 0, 1, 97, 1,
        119, 1, b'b', 107, 0, 2, b'h', b'i', 109, 0, 0, 0, 1, b'x', 70, 0x3F, 0xF8, 0, 0, 0, 0, 0, 0, 106,
    ];
    assert_eq!(
        plain(&bytes).unwrap(),
        r#"Tuple([Atom("a"), Atom("é"), Int(-2), Int(300), List([Int(1), Atom("b")]), Bytes([104, 105]), Binary([120]), Float(1.5), List([])])"#
    );
    let mut cursor = Cursor::new(&bytes[1..], 1);
    cursor.skip().unwrap();
    cursor.end().unwrap();
}

#[test]
fn big_integers_saturate() {
    let mut bytes = vec![131, 110, 9, 0];
    bytes.extend([0, 0, 0, 0, 0, 0, 0, 0, 1]);
    assert_eq!(plain(&bytes).unwrap(), format!("Int({})", i64::MAX));
    assert_eq!(plain(&[131, 110, 5, 0, 0, 0, 0, 0, 1]).unwrap(), format!("Int({})", 1_i64 << 32));
    assert_eq!(plain(&[131, 110, 1, 1, 7]).unwrap(), "Int(-7)");
    let mut huge = vec![131, 110, 200, 1];
    huge.extend([255; 200]);
    assert_eq!(plain(&huge).unwrap(), format!("Int({})", i64::MIN));
}

#[test]
fn promised_elements_that_are_not_there_are_refused() {
    for tag in [105, 108, 109, 111, 116] {
        let e = plain(&[131, tag, 0xFF, 0xFF, 0xFF, 0xFF]).unwrap_err();
        assert_eq!(e.code(), ErrorCode::Malformed, "{e}");
        assert_eq!(e.location().offset, Some(2), "{e}");
    }
}

#[test]
fn a_deep_term_is_a_limit_and_skipping_it_is_not() {
    let mut bytes = vec![131];
    bytes.extend([104, 1].repeat(300_000));
    bytes.push(106);
    assert_eq!(plain(&bytes).unwrap_err().code(), ErrorCode::LimitExceeded);
    let mut cursor = Cursor::new(&bytes[1..], 1);
    cursor.skip().unwrap();
    cursor.end().unwrap();
}

fn packed(inner: &[u8], declared: u32) -> Vec<u8> {
    use std::io::Write;
    let mut bytes = vec![131, 80];
    bytes.extend(declared.to_be_bytes());
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    zlib.write_all(inner).unwrap();
    bytes.extend(zlib.finish().unwrap());
    bytes
}

#[test]
fn a_compressed_term_is_unpacked_to_its_declared_size_only() {
    let mut inner = vec![107, 1, 0];
    inner.extend([b'a'; 256]);
    assert!(plain(&packed(&inner, 259)).unwrap().starts_with("Bytes([97, 97"));
    for declared in [0, 258, 260, 64 << 20, u32::MAX] {
        assert!(plain(&packed(&inner, declared)).is_err(), "{declared}");
    }
    let whole = packed(&inner, 259);
    for cut in 0..whole.len() {
        assert!(plain(&whole[..cut]).is_err(), "{cut}");
    }
    let tight = Limits { unpacked_bytes: 100, ..Limits::default() };
    let e = decode(&whole, &tight, &mut Vec::new()).unwrap_err();
    assert_eq!(e.code(), ErrorCode::LimitExceeded);
}

#[test]
fn what_is_no_term_is_located() {
    let e = plain(&[131, 104, 2, 97, 1, 7]).unwrap_err();
    assert_eq!(e.location().offset, Some(5));
    assert!(plain(&[131, 97, 1, 0]).is_err());
    assert!(plain(b"{ok}").is_err());
}
