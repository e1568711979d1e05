//! The plain forms of LCOV's records, which are nearly all of a tracefile, and its fields.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use gatekeeper_evidence::coverage::{Branch, Line};

/// One to seven digits at the start, with the rest. All eight bytes at once, without a branch that a number's length decides: counts are
/// of any length, and a wrong guess costs more than the reading.
#[inline(always)]
pub(super) fn short_number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    const EACH: u64 = 0x0101_0101_0101_0101;
    // Digits become 0 to 9; of the other bytes the first one is told for sure, as carries only go up.
    let digits = u64::from_le_bytes(*bytes.first_chunk()?) ^ (EACH * 0x30);
    let others = (digits.wrapping_add(EACH * 0x76) | digits) & (EACH * 0x80);
    let bits = others.trailing_zeros() & !7;
    if bits == 0 || bits == 64 {
        return None;
    }
    // Aligned to the end, what stands before the first digit is zero; then pairs, fours and all are put together.
    let n = digits << (64 - bits);
    let n = n.wrapping_mul(10 << 8 | 1) >> 8 & 0x00FF_00FF_00FF_00FF;
    let n = n.wrapping_mul(100 << 16 | 1) >> 16 & 0x0000_FFFF_0000_FFFF;
    let n = n.wrapping_mul(10_000 << 32 | 1) >> 32;
    let len = usize::try_from(bits / 8).ok()?;
    Some((u32::try_from(n).ok()?, bytes.get(len..)?))
}

/// The plain form of `DA:<line>,<count>` with its line end: nearly all of a tracefile.
#[inline(always)]
pub(super) fn plain_da(bytes: &[u8]) -> Option<(Line, &[u8])> {
    let (number, rest) = short_number(bytes.strip_prefix(b"DA:")?)?;
    let (hits, rest) = short_number(rest.strip_prefix(b",")?)?;
    Some((Line { number, hits }, rest.strip_prefix(b"\n")?))
}

/// The plain form of `BRDA:<line>,<block>,<arm>,<taken>` with its line end.
#[inline(always)]
pub(super) fn plain_brda(bytes: &[u8]) -> Option<(Branch, &[u8])> {
    let (line, rest) = short_number(bytes.strip_prefix(b"BRDA:")?)?;
    let (block, rest) = short_number(rest.strip_prefix(b",")?)?;
    let (arm, rest) = short_number(rest.strip_prefix(b",")?)?;
    let rest = rest.strip_prefix(b",")?;
    let (hits, rest) = match rest.strip_prefix(b"-") {
        Some(rest) => (0, rest),
        None => short_number(rest)?,
    };
    Some((Branch { line, block, arm, hits }, rest.strip_prefix(b"\n")?))
}

/// The checksum of a line's text (`--checksum`): its MD5 in base64 without padding. What is something else says nothing.
pub(super) fn checksum(text: &[u8]) -> Option<[u8; 16]> {
    let text = text.trim_ascii_end();
    let text = text.strip_suffix(b"==").unwrap_or(text);
    let bytes = STANDARD_NO_PAD.decode(text).ok().filter(|_| text.len() == 22)?;
    bytes.try_into().ok()
}

/// What stands before and behind the first comma.
pub(super) fn cut(value: &[u8]) -> Option<(&[u8], &[u8])> {
    let comma = memchr::memchr(b',', value)?;
    Some((value.get(..comma)?, value.get(comma + 1..)?))
}

/// Digits alone, as far as a `u32` holds them.
pub(super) fn whole_number(text: &[u8]) -> Option<u32> {
    let digits = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(text).ok().filter(|_| digits)?.parse().ok()
}

/// A block's number; a letter before it (`e`: exception) makes it another block. Letters take the numbers from 2^24 to 27 * 2^24.
pub(super) fn block_number(block: &[u8]) -> Option<u32> {
    let (kind, digits) = match block {
        [letter, rest @ ..] if letter.is_ascii_alphabetic() => {
            (u32::from(letter.to_ascii_lowercase() - b'a') + 1, rest)
        }
        _ => (0, block),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    match whole_number(digits) {
        Some(n) if n < 1 << 24 => Some(kind << 24 | n),
        Some(n) if kind == 0 && n >= 27 << 24 => Some(n),
        // No producer counts that far on one line; compilers that write an address or a hash do.
        _ => Some(1 << 30 | hash(block) >> 2),
    }
}

/// FNV-1a, 32 bits: the same number for the same text in every report and on every machine.
pub(super) fn hash(text: &[u8]) -> u32 {
    text.iter().fold(0x811C_9DC5, |h: u32, b| (h ^ u32::from(*b)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_numbers_are_what_parsing_says() {
        for n in (0..20_000).chain([99_999, 123_456, 999_999, 1_000_000, 9_999_999]) {
            for tail in [",12345678", "\n9999999999", "-~~~~~~~~", "/:\u{7f}\u{e9}zzzzzz"] {
                let text = format!("{n}{tail}");
                assert_eq!(short_number(text.as_bytes()), Some((n, tail.as_bytes())), "{text}");
            }
        }
        for none in
            ["12345678", "12345678,", "123456789\n", ",1234567", "1,2345", "", "-1234567", "/1234567", ":1234567"]
        {
            assert_eq!(short_number(none.as_bytes()), None, "{none}");
        }
    }
}
