//! Random numbers that are the same everywhere: seeded by the figures themselves.

/// Random numbers by SplitMix64 (Steele, Lea and Flood 2014).
pub(crate) struct Random(u64);

impl Random {
    /// Seeded by figures.
    pub(crate) fn of<'v>(values: impl Iterator<Item = &'v f64>) -> Random {
        let mut random = Random(0x9E37_79B9_7F4A_7C15);
        for value in values {
            random.0 ^= value.to_bits();
            random.next();
            random.0 = random.0.rotate_left(17);
        }
        random
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A place among so many, from 0.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        let n = u128::try_from(count).unwrap_or(0);
        usize::try_from((u128::from(self.next()) * n) >> 64).unwrap_or(0)
    }
}
