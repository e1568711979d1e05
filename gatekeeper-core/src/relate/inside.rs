//! Evidence inside of evidence: the vulnerabilities that an SBOM lists are findings, the boxes in a pull request's text are a checklist, and each is judged
//! as such.

use gatekeeper_evidence::{Data, Evidence};

/// Puts findings that inventories hold beside them, and the checklists that requests hold.
pub(crate) fn split(evidence: Vec<Evidence>) -> Vec<Evidence> {
    let mut out = Vec::with_capacity(evidence.len());
    for mut e in evidence {
        let inside = match &mut e.data {
            Data::Inventory(i) => i.findings.take().map(|f| Data::Findings(*f)),
            Data::Approvals(a) => a.checklist.take().map(|c| Data::Checklist(*c)),
            _ => None,
        };
        let within =
            inside.map(|data| Evidence { source: e.source.clone(), complete: e.complete, notes: Vec::new(), data });
        out.push(e);
        out.extend(within);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatekeeper_evidence::{Approvals, Checklist, Findings, Inventory, Source};

    #[test]
    fn findings_of_an_inventory_stand_beside_it() {
        let of = |findings| Evidence {
            source: Source { path: "bom.json".into(), ..Source::default() },
            complete: Some(true),
            notes: Vec::new(),
            data: Data::Inventory(Inventory { findings, ..Inventory::default() }),
        };
        let both = split(vec![of(Some(Box::default())), of(None)]);
        assert_eq!(both.len(), 3);
        assert_eq!(both[1].data, Data::Findings(Findings::default()));
        assert_eq!(both[1].source, both[0].source);
        let approvals = Approvals { checklist: Some(Box::default()), ..Approvals::default() };
        let both = split(vec![Evidence { data: Data::Approvals(approvals), ..of(None) }]);
        assert_eq!(both[0].data, Data::Approvals(Approvals::default()));
        assert_eq!(both[1].data, Data::Checklist(Checklist::default()));
    }
}
