//! Whether a product that a VEX statement names is what a scanner looked at.

use gatekeeper_evidence::purl::{self, Purl, covers};

/// What can be told of a stated product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scanned {
    /// It is what was scanned.
    This,
    /// Something else was scanned.
    Another,
    /// The report does not tell, or not in terms that can be compared.
    Untold,
}

/// Holds a stated product against the references of what was scanned: package URLs, or names of one container image
/// (`registry/path/name:tag`, `name@sha256:…`).
pub(super) fn scanned(stated: &str, references: &[String]) -> Scanned {
    let stated_purl = purl::parse(stated);
    let same = |ours: &String| {
        stated == ours || matches!((&stated_purl, purl::parse(ours)), (Some(s), Some(o)) if covers(s, &o))
    };
    if references.iter().any(same) {
        return Scanned::This;
    }
    match stated_purl {
        Some(p) if is_image(&p) => Image::of(references).holds(&p),
        Some(_) if references.iter().any(|r| purl::parse(r).is_some_and(|p| !is_image(&p))) => Scanned::Another,
        _ => Scanned::Untold,
    }
}

/// Whether two lists of references can be of one image: by a digest, or by name and tag.
pub(super) fn same_target(a: &[String], b: &[String]) -> bool {
    let (a, b) = (Image::of(a), Image::of(b));
    let meet = |a: &[String], b: &[String]| a.iter().any(|x| b.contains(x));
    let tags = a.tags.is_empty() || b.tags.is_empty() || meet(&a.tags, &b.tags);
    meet(&a.digests, &b.digests) || meet(&a.repositories, &b.repositories) && tags
}

fn is_image(purl: &Purl) -> bool {
    matches!(purl.kind.as_str(), "oci" | "docker")
}

/// All that is known of the one image.
#[derive(Debug, Default)]
struct Image {
    /// With registry and path; without those of Docker Hub.
    repositories: Vec<String>,
    tags: Vec<String>,
    /// `sha256:…`, of its index or of its manifest.
    digests: Vec<String>,
}

impl Image {
    fn of(references: &[String]) -> Image {
        let mut out = Image::default();
        for reference in references {
            match purl::parse(reference) {
                Some(p) if is_image(&p) => {
                    out.repositories.push(repository(p.qualifier("repository_url").unwrap_or(&p.path)));
                    out.version(&p.version);
                    out.tags.extend(p.qualifier("tag").map(str::to_owned));
                }
                Some(_) => {}
                None => {
                    let (rest, digest) = reference.split_once('@').unwrap_or((reference, ""));
                    // A colon before the last slash is a registry's port.
                    let (name, tag) = match rest.rsplit_once(':') {
                        Some((name, tag)) if !tag.contains('/') => (name, tag),
                        _ => (rest, ""),
                    };
                    if !name.is_empty() {
                        out.repositories.push(repository(name));
                    }
                    out.version(digest);
                    out.version(tag);
                }
            }
        }
        out
    }

    fn version(&mut self, version: &str) {
        match version {
            "" => {}
            digest if digest.contains(':') => self.digests.push(digest.to_ascii_lowercase()),
            tag => self.tags.push(tag.to_owned()),
        }
    }

    fn holds(&self, stated: &Purl) -> Scanned {
        let version = stated.version.to_ascii_lowercase();
        let digest = version.contains(':').then_some(version);
        // The digest of a content is the content, wherever it was fetched.
        if digest.as_ref().is_some_and(|d| self.digests.contains(d)) {
            return Scanned::This;
        }
        let tag = match digest {
            None if !stated.version.is_empty() => Some(stated.version.as_str()),
            _ => stated.qualifier("tag"),
        };
        let wanted = repository(stated.qualifier("repository_url").unwrap_or_default());
        let name = repository(&stated.path);
        let named = |r: &String| last(r) == last(&name);
        let lies = |r: &String| {
            wanted.is_empty() || *r == wanted || r.strip_prefix(&wanted).is_some_and(|rest| rest.starts_with('/'))
        };
        let unknown = |list: &[String]| list.is_empty();
        let other = !self.repositories.is_empty() && !self.repositories.iter().any(|r| named(r) && lies(r))
            || digest.is_some() && !unknown(&self.digests)
            || tag.is_some_and(|t| !unknown(&self.tags) && !self.tags.iter().any(|o| o == t));
        let told = !unknown(&self.repositories) && digest.is_none() && tag.is_none_or(|_| !unknown(&self.tags));
        match (other, told) {
            (true, _) => Scanned::Another,
            (false, true) => Scanned::This,
            (false, false) => Scanned::Untold,
        }
    }
}

/// A repository so that its spellings compare equal: Docker Hub is what a name without a registry means.
fn repository(name: &str) -> String {
    let name = name.trim().trim_end_matches('/').to_ascii_lowercase();
    let name = name.split_once("://").map_or(name.as_str(), |(_, rest)| rest);
    // Its hosts all end alike.
    let name = match name.split_once('/') {
        Some((host, rest)) if host == "docker.io" || host.ends_with(".docker.io") => rest,
        _ => name,
    };
    name.strip_prefix("library/").unwrap_or(name).to_owned()
}

fn last(repository: &str) -> &str {
    repository.rsplit('/').next().unwrap_or(repository)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:23a264e6e429852221a963e9f17338ba3f5796dc7086e46439a6f4482cf6e0cb";

    fn holds(stated: &str, references: &[&str]) -> Scanned {
        scanned(stated, &references.iter().map(|r| (*r).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn two_scanners_references_meet() {
        let of = |all: &[&str]| all.iter().map(|r| (*r).to_owned()).collect::<Vec<_>>();
        let trivy = of(&["docker.io/library/alpine:3.10", &format!("alpine@{DIGEST}")]);
        assert!(same_target(&trivy, &of(&["alpine:3.10"])));
        assert!(same_target(&trivy, &of(&[&format!("mirror.example.org/alpine@{DIGEST}")])));
        assert!(!same_target(&trivy, &of(&["alpine:3.11"])) && !same_target(&trivy, &of(&["debian:3.10"])));
    }

    #[test]
    fn images_are_compared_by_all_that_both_sides_tell() {
        use Scanned::{Another, This, Untold};
        let digest = format!("alpine@{DIGEST}");
        let by_tag = &["ghcr.io/org/app:1.2"][..];
        for (stated, references, want) in [
            ("pkg:oci/app", by_tag, This),
            ("pkg:oci/app?repository_url=ghcr.io%2Forg%2Fapp&tag=1.2", by_tag, This),
            ("pkg:oci/app?repository_url=ghcr.io/org", by_tag, This),
            ("pkg:oci/app?tag=1.3", by_tag, Another),
            ("pkg:docker/org/app@1.2", by_tag, This),
            ("pkg:docker/org/app@1.3", by_tag, Another),
            ("pkg:oci/app?repository_url=quay.io/org/app", by_tag, Another),
            ("pkg:oci/other", by_tag, Another),
            (&format!("pkg:oci/app@{DIGEST}"), by_tag, Untold),
            (&format!("pkg:oci/alpine@{}?arch=amd64", DIGEST.replace(':', "%3A")), &[digest.as_str()], This),
            (&format!("pkg:oci/alpine@{}", DIGEST.replace("23a", "000")), &[digest.as_str()], Another),
            ("pkg:oci/alpine?repository_url=docker.io/library/alpine", &["alpine:3.10"], This),
            ("pkg:oci/app", &["localhost:5000/app"], This),
            ("pkg:oci/app", &[], Untold),
            ("pkg:npm/app@1.0", by_tag, Untold),
            ("pkg:npm/app@1.0", &["pkg:npm/app@1.0"], This),
            ("pkg:npm/app@1.0", &["pkg:npm/other@1.0"], Another),
            ("Example Product 1.0", by_tag, Untold),
            ("Example Product 1.0", &["ghcr.io/org/app:1.2", "Example Product 1.0"], This),
            ("Example Product 1.0", &["Example Product 1.1"], Untold),
        ] {
            assert_eq!(holds(stated, references), want, "{stated} against {references:?}");
        }
    }

    #[test]
    fn targets_are_one_by_digest_or_by_name_and_tag() {
        let one = |a: &[&str], b: &[&str]| {
            let of = |all: &[&str]| all.iter().map(|r| (*r).to_owned()).collect::<Vec<_>>();
            let got = same_target(&of(a), &of(b));
            assert_eq!(got, same_target(&of(b), &of(a)), "{a:?} {b:?}");
            got
        };
        assert!(one(&["app:1"], &["app"]));
        assert!(one(&["app:1", "app:2"], &["app:2"]));
        assert!(!one(&["app:1"], &["app:2"]));
        assert!(!one(&["a/app:1"], &["b/app:1"]));
        assert!(!one(&["app@sha256:aa"], &["other@sha256:bb"]));
        assert!(one(&["app@sha256:AA"], &["other@sha256:aa"]));
        assert!(one(&["localhost:5000/app:1"], &["localhost:5000/app:1"]));
        assert!(!one(&["localhost:5000/app"], &["localhost:5001/app"]));
        let host = format!("{}.docker.io/library/app:1", "any");
        assert!(one(&[&host], &["https://docker.io/app:1"]));
        assert!(one(&["pkg:oci/app@1?repository_url=ghcr.io/org/app"], &["ghcr.io/org/app:1"]));
        assert!(one(&["pkg:oci/app?repository_url=ghcr.io/org/app&tag=1"], &["ghcr.io/org/app:1"]));
        assert!(!one(&["pkg:oci/app?repository_url=ghcr.io/org/app&tag=2"], &["ghcr.io/org/app:1"]));
        assert!(!one(&["pkg:npm/app"], &["app"]));
        assert!(!one(&[], &[]));
    }

    #[test]
    fn a_registrys_prefix_ends_at_a_slash() {
        use Scanned::{Another, This};
        let at = &["ghcr.io/organisation/app"][..];
        assert_eq!(holds("pkg:oci/app?repository_url=ghcr.io/organisation", at), This);
        assert_eq!(holds("pkg:oci/app?repository_url=ghcr.io/org", at), Another);
        assert_eq!(holds("pkg:oci/app?tag=1", at), Scanned::Untold);
        assert_eq!(repository(" HTTPS://Docker.io/library/App/ "), "app");
        assert_eq!(repository("my-docker.io/app"), "my-docker.io/app");
    }
}
