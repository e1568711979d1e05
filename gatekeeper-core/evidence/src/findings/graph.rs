//! Which package brought which.

/// The packages of a report and who brought them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Graph {
    /// The packages, in the report's order.
    pub nodes: Vec<GraphNode>,
}

/// A package in a [`Graph`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GraphNode {
    /// Its package URL.
    pub purl: Box<str>,
    /// The packages that depend on it.
    pub parents: Vec<u32>,
    /// Whether what was scanned brings it by itself, whatever else does.
    pub top: bool,
}

impl Graph {
    /// Whether every way from what was scanned to a package leads through a product. Each step takes one of `steps`; without any left,
    /// nothing is proven.
    pub fn leads_through(
        &self,
        product: impl Fn(&str) -> bool,
        package: impl Fn(&str) -> bool,
        steps: &mut usize,
    ) -> bool {
        let mut open: Vec<usize> = Vec::new();
        for (n, node) in self.nodes.iter().enumerate() {
            let Some(left) = steps.checked_sub(1) else { return false };
            *steps = left;
            if package(&node.purl) {
                open.push(n);
            }
        }
        let mut seen = vec![false; self.nodes.len()];
        let found = !open.is_empty();
        while let Some(n) = open.pop() {
            let (Some(node), Some(seen)) = (self.nodes.get(n), seen.get_mut(n)) else { return false };
            let Some(left) = steps.checked_sub(node.parents.len().saturating_add(1)) else { return false };
            *steps = left;
            if std::mem::replace(seen, true) || product(&node.purl) {
                continue;
            }
            if node.top || node.parents.is_empty() {
                return false;
            }
            open.extend(node.parents.iter().filter_map(|p| usize::try_from(*p).ok()));
        }
        found
    }
}
