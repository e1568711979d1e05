//! Sizes as people write them: `10MB`, `1.5 GiB`, `4096`.

/// The bytes of a size: a number, with `kB`, `MB`, `GB` (powers of 1000) or `KiB`, `MiB`, `GiB` (of 1024) behind it where there are many.
///
/// # Errors
/// In words, where it is no size.
pub(crate) fn bytes(text: &str) -> Result<u64, String> {
    const UNITS: [(&str, u64); 8] = [
        ("", 1),
        ("b", 1),
        ("kb", 1_000),
        ("mb", 1_000_000),
        ("gb", 1_000_000_000),
        ("kib", 1 << 10),
        ("mib", 1 << 20),
        ("gib", 1 << 30),
    ];
    let wrong = || format!("a size such as 4096, 10MB or 1.5GiB, not `{text}`");
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end).ok_or_else(wrong)?;
    let unit = unit.trim().to_ascii_lowercase();
    let factor = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, f)| u128::from(*f)).ok_or_else(wrong)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || number.ends_with('.') || fraction.len() > 9 {
        return Err(wrong());
    }
    let scale = 10_u128.pow(u32::try_from(fraction.len()).map_err(|_| wrong())?);
    let digits: u128 = format!("{whole}{fraction}").parse().map_err(|_| wrong())?;
    let all = digits.checked_mul(factor).ok_or_else(wrong)?;
    // Half a byte is none.
    if all % scale != 0 {
        return Err(wrong());
    }
    u64::try_from(all / scale).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, want) in
            [("4096", 4096), ("0", 0), ("10MB", 10_000_000), ("1.5 GiB", 1_610_612_736), ("2kib", 2048), ("7 b", 7)]
        {
            assert_eq!(bytes(text), Ok(want), "{text}");
        }
        for text in ["", "MB", "1.MB", "-1", "1.2.3MB", "0.5", "1e3", "10 parsecs", "99999999999999999999"] {
            assert!(bytes(text).unwrap_err().contains("a size such as"), "{text}");
        }
    }
}
