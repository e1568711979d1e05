//! Looks at eight bytes in one step: names, values and blanks in reports are short, where a search by wide registers costs more to begin than it saves.

const ONES: u64 = u64::from_ne_bytes([1; 8]);
const HIGHS: u64 = u64::from_ne_bytes([0x80; 8]);

/// Where the first of some bytes stands among eight; 8 where none does.
#[inline]
pub(crate) fn first<const N: usize>(eight: [u8; 8], wanted: [u8; N]) -> usize {
    let word = u64::from_le_bytes(eight);
    let mut found = 0;
    for byte in wanted {
        // A byte that is zero here is one that was sought. What is marked behind such a byte may be wrong, the first is right.
        let off = word ^ (u64::from(byte).wrapping_mul(ONES));
        found |= off.wrapping_sub(ONES) & !off & HIGHS;
    }
    usize::try_from(found.trailing_zeros() / 8).unwrap_or(8)
}

#[cfg(test)]
mod tests {
    use super::first;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn finds_what_a_walk_finds(eight in any::<[u8; 8]>(), a in any::<u8>(), b in any::<u8>(), near in 0..9_usize) {
            // Neighbours of what is sought, which a carry would reach.
            for from in [a, b] {
                let mut bytes = eight;
                for (n, byte) in bytes.iter_mut().enumerate().skip(near) {
                    *byte = if n % 2 == 0 { from } else { from ^ 1 };
                }
                let walked = |wanted: &[u8]| bytes.iter().position(|byte| wanted.contains(byte)).unwrap_or(8);
                prop_assert_eq!(first(bytes, [a]), walked(&[a]));
                prop_assert_eq!(first(bytes, [a, b]), walked(&[a, b]));
            }
        }
    }
}
