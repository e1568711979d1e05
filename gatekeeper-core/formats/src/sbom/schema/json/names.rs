//! Names that a schema knows, each with a value.

/// A table that is made once, of texts that are ours, and asked for each member of a document. It is searched by halves, by length before text: most
/// names differ in their length, and no keyed hash has to guard a table that a document puts nothing into.
#[derive(Debug, Clone)]
pub(super) struct Names<T>(Vec<(Box<str>, T)>);

impl<T> Default for Names<T> {
    fn default() -> Self {
        Names(Vec::new())
    }
}

impl<T> Names<T> {
    fn find(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| {
            known.len().cmp(&name.len()).then_with(|| known.as_bytes().cmp(name.as_bytes()))
        })
    }

    pub(super) fn get(&self, name: &str) -> Option<&T> {
        self.0.get(self.find(name).ok()?).map(|(_, value)| value)
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.find(name).is_ok()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a name; the last value of one that is there counts.
    pub(super) fn insert(&mut self, name: &str, value: T) {
        match self.find(name) {
            Ok(at) => {
                if let Some(slot) = self.0.get_mut(at) {
                    slot.1 = value;
                }
            }
            Err(at) => self.0.insert(at, (name.into(), value)),
        }
    }

    /// The names, in no order that says anything.
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| &**name)
    }
}

impl<'n, T> FromIterator<(&'n str, T)> for Names<T> {
    fn from_iter<I: IntoIterator<Item = (&'n str, T)>>(all: I) -> Self {
        let mut out = Names::default();
        for (name, value) in all {
            out.insert(name, value);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::Names;
    use proptest::prelude::*;
    use std::collections::HashMap;

    proptest! {
        #[test]
        fn knows_what_a_map_knows(all in proptest::collection::vec(("[ab]{0,3}", any::<u8>()), 0..20), asked in "[abc]{0,3}") {
            let names: Names<u8> = all.iter().map(|(name, n)| (&**name, *n)).collect();
            let map: HashMap<&str, u8> = all.iter().map(|(name, n)| (&**name, *n)).collect();
            prop_assert_eq!(names.get(&asked), map.get(&*asked));
            prop_assert_eq!(names.contains(&asked), map.contains_key(&*asked));
            prop_assert_eq!(names.iter().count(), map.len());
            prop_assert_eq!(names.is_empty(), map.is_empty());
            prop_assert!(names.iter().all(|n| names.get(n) == map.get(n)));
        }
    }
}
