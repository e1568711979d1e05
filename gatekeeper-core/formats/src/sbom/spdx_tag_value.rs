//! SPDX 2 as tag-value text: lines `Tag: value`, long values between `<text>` and `</text>`.
//!
//! Specification: SPDX v2.3, clauses 6 to 13, <https://spdx.github.io/spdx-spec/v2.3/>. Producers: syft, trivy, FOSSology, ORT, bom, reuse,
//! scancode, Yocto, the specification's own tools; also under names like `.spdx`, `.sbom`, `.golden`, `.tag`.
//!
//! Each section is brought into the form of the JSON serialisation and held against its schema, which has the same members. Components are
//! packages. The format has no end mark: whether a file is whole is not known, only that no value breaks off.
//!
//! Deviations: a tag that the specification does not know makes the document invalid, and is noted. `FilesAnalyzed: True` in any letter
//! case is read. A value given twice that may stand once makes the document invalid; the first one counts. A line that is neither a tag, a comment nor blank is an error. Versions 2.0 and 2.1 are read; their validity is not known.

use super::checks::At;
use super::schema;
use super::spdx2::{Spdx, from_fields};
use super::tree::{Node, Piece, Tree};
use crate::format::{Confidence, Content, Format, Head, Parsed};
use crate::input::Input;
use gatekeeper_evidence::error::ParseError;
use gatekeeper_evidence::error::quote;
use gatekeeper_evidence::location::Location;
use gatekeeper_evidence::{Kind, Note};
use std::borrow::Cow;

pub(super) static FORMAT: Format = Format {
    id: "spdx-tag-value",
    title: "SPDX 2 SBOM (tag-value)",
    kind: Kind::Inventory,
    extensions: &["spdx", "tag", "txt"],
    places: &["*.spdx", "sbom.spdx"],
    spec: "SPDX 2.2 and 2.3, tag-value, https://spdx.github.io/spdx-spec/v2.3/",
    producers: &["syft", "trivy", "fossology", "ort", "bom", "reuse", "scancode"],
    recorded_as: None,
    content: Content::Text,
    sniff,
    parse,
};

fn sniff(head: &Head<'_>) -> Confidence {
    let has = head
        .printed()
        .take(2_000)
        .any(|l| l.strip_prefix(b"SPDXVersion:").is_some_and(|v| v.trim_ascii_start().starts_with(b"SPDX-")));
    Confidence::when(has, Confidence::Certain)
}

/// What a tag's value is in the JSON form.
#[derive(Clone, Copy)]
enum Form {
    Text,
    /// One of several texts.
    List,
    Flag,
    /// `ALGORITHM: value`.
    Checksum,
    /// `value (excludes: file, file)`.
    VerificationCode,
    /// `CATEGORY type locator`.
    External,
    /// `DocumentRef-x URI ALGORITHM: value`.
    Document,
    /// `start:end`, of bytes or lines.
    Range(&'static str),
    /// `OPERATING-SYSTEM`, which the JSON form writes with an underscore.
    Purpose,
    /// Read over: has no place in the JSON form.
    Ignored,
}

/// What a tag belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Document,
    Creation,
    Package,
    File,
    Snippet,
    License,
    Relationship,
    Annotation,
    Review,
    /// Whatever is open.
    Open,
}

/// A tag: its name, what it belongs to, the member it becomes, whether it opens a new section.
struct Tag(&'static str, Part, &'static str, Form, bool);

#[rustfmt::skip]
static TAGS: &[Tag] = &[
    Tag("SPDXVersion", Part::Document, "spdxVersion", Form::Text, false),
    Tag("DataLicense", Part::Document, "dataLicense", Form::Text, false),
    Tag("SPDXID", Part::Open, "SPDXID", Form::Text, false),
    Tag("DocumentName", Part::Document, "name", Form::Text, false),
    Tag("DocumentNamespace", Part::Document, "documentNamespace", Form::Text, false),
    Tag("DocumentComment", Part::Document, "comment", Form::Text, false),
    Tag("ExternalDocumentRef", Part::Document, "externalDocumentRefs", Form::Document, false),
    Tag("LicenseListVersion", Part::Creation, "licenseListVersion", Form::Text, false),
    Tag("Creator", Part::Creation, "creators", Form::List, false),
    Tag("Created", Part::Creation, "created", Form::Text, false),
    Tag("CreatorComment", Part::Creation, "comment", Form::Text, false),
    Tag("PackageName", Part::Package, "name", Form::Text, true),
    Tag("PackageVersion", Part::Package, "versionInfo", Form::Text, false),
    Tag("PackageFileName", Part::Package, "packageFileName", Form::Text, false),
    Tag("PackageSupplier", Part::Package, "supplier", Form::Text, false),
    Tag("PackageOriginator", Part::Package, "originator", Form::Text, false),
    Tag("PackageDownloadLocation", Part::Package, "downloadLocation", Form::Text, false),
    Tag("FilesAnalyzed", Part::Package, "filesAnalyzed", Form::Flag, false),
    Tag("PackageVerificationCode", Part::Package, "packageVerificationCode", Form::VerificationCode, false),
    Tag("PackageChecksum", Part::Package, "checksums", Form::Checksum, false),
    Tag("PackageHomePage", Part::Package, "homepage", Form::Text, false),
    Tag("PackageSourceInfo", Part::Package, "sourceInfo", Form::Text, false),
    Tag("PackageLicenseConcluded", Part::Package, "licenseConcluded", Form::Text, false),
    Tag("PackageLicenseInfoFromFiles", Part::Package, "licenseInfoFromFiles", Form::List, false),
    Tag("PackageLicenseDeclared", Part::Package, "licenseDeclared", Form::Text, false),
    Tag("PackageLicenseComments", Part::Package, "licenseComments", Form::Text, false),
    Tag("PackageCopyrightText", Part::Package, "copyrightText", Form::Text, false),
    Tag("PackageSummary", Part::Package, "summary", Form::Text, false),
    Tag("PackageDescription", Part::Package, "description", Form::Text, false),
    Tag("PackageComment", Part::Package, "comment", Form::Text, false),
    Tag("PackageAttributionText", Part::Package, "attributionTexts", Form::List, false),
    Tag("PrimaryPackagePurpose", Part::Package, "primaryPackagePurpose", Form::Purpose, false),
    Tag("ReleaseDate", Part::Package, "releaseDate", Form::Text, false),
    Tag("BuiltDate", Part::Package, "builtDate", Form::Text, false),
    Tag("ValidUntilDate", Part::Package, "validUntilDate", Form::Text, false),
    Tag("ExternalRef", Part::Package, "externalRefs", Form::External, false),
    Tag("ExternalRefComment", Part::Package, "", Form::Ignored, false),
    Tag("FileName", Part::File, "fileName", Form::Text, true),
    Tag("FileType", Part::File, "fileTypes", Form::List, false),
    Tag("FileChecksum", Part::File, "checksums", Form::Checksum, false),
    Tag("LicenseConcluded", Part::File, "licenseConcluded", Form::Text, false),
    Tag("LicenseInfoInFile", Part::File, "licenseInfoInFiles", Form::List, false),
    Tag("LicenseComments", Part::File, "licenseComments", Form::Text, false),
    Tag("FileCopyrightText", Part::File, "copyrightText", Form::Text, false),
    Tag("FileComment", Part::File, "comment", Form::Text, false),
    Tag("FileNotice", Part::File, "noticeText", Form::Text, false),
    Tag("FileContributor", Part::File, "fileContributors", Form::List, false),
    Tag("FileAttributionText", Part::File, "attributionTexts", Form::List, false),
    Tag("FileDependency", Part::File, "fileDependencies", Form::List, false),
    Tag("ArtifactOfProjectName", Part::File, "", Form::Ignored, false),
    Tag("ArtifactOfProjectHomePage", Part::File, "", Form::Ignored, false),
    Tag("ArtifactOfProjectURI", Part::File, "", Form::Ignored, false),
    Tag("SnippetSPDXID", Part::Snippet, "SPDXID", Form::Text, true),
    Tag("SnippetSPDXIdentifier", Part::Snippet, "SPDXID", Form::Text, true),
    Tag("SnippetFromFileSPDXID", Part::Snippet, "snippetFromFile", Form::Text, false),
    Tag("SnippetFromFileSPDXIdentifier", Part::Snippet, "snippetFromFile", Form::Text, false),
    Tag("SnippetByteRange", Part::Snippet, "ranges", Form::Range("offset"), false),
    Tag("SnippetLineRange", Part::Snippet, "ranges", Form::Range("lineNumber"), false),
    Tag("SnippetLicenseConcluded", Part::Snippet, "licenseConcluded", Form::Text, false),
    Tag("LicenseInfoInSnippet", Part::Snippet, "licenseInfoInSnippets", Form::List, false),
    Tag("SnippetLicenseComments", Part::Snippet, "licenseComments", Form::Text, false),
    Tag("SnippetCopyrightText", Part::Snippet, "copyrightText", Form::Text, false),
    Tag("SnippetComment", Part::Snippet, "comment", Form::Text, false),
    Tag("SnippetName", Part::Snippet, "name", Form::Text, false),
    Tag("SnippetAttributionText", Part::Snippet, "attributionTexts", Form::List, false),
    Tag("LicenseID", Part::License, "licenseId", Form::Text, true),
    Tag("ExtractedText", Part::License, "extractedText", Form::Text, false),
    Tag("LicenseName", Part::License, "name", Form::Text, false),
    Tag("LicenseCrossReference", Part::License, "seeAlsos", Form::List, false),
    Tag("LicenseComment", Part::License, "comment", Form::Text, false),
    Tag("Relationship", Part::Relationship, "", Form::Text, true),
    Tag("RelationshipComment", Part::Relationship, "comment", Form::Text, false),
    Tag("Annotator", Part::Annotation, "annotator", Form::Text, true),
    Tag("AnnotationDate", Part::Annotation, "annotationDate", Form::Text, false),
    Tag("AnnotationType", Part::Annotation, "annotationType", Form::Text, false),
    Tag("SPDXREF", Part::Annotation, "spdxElementId", Form::Text, false),
    Tag("AnnotationComment", Part::Annotation, "comment", Form::Text, false),
    Tag("Reviewer", Part::Review, "reviewer", Form::Text, true),
    Tag("ReviewDate", Part::Review, "reviewDate", Form::Text, false),
    Tag("ReviewComment", Part::Review, "comment", Form::Text, false),
];

/// Members of a section as they come: the member, what it is, the text.
type Fields<'a> = Vec<(&'static str, Form, Cow<'a, str>)>;

struct Reader<'a> {
    spdx: Spdx<'a>,
    schema: Option<schema::Document>,
    part: Part,
    fields: Fields<'a>,
    document: Fields<'a>,
    creation: Fields<'a>,
    /// The open annotation.
    annotation: Fields<'a>,
    /// How many packages, files, snippets, … there were.
    counts: [usize; 8],
}

fn parse(input: &Input<'_>) -> Result<Parsed, ParseError> {
    let text = input.text()?;
    let mut reader = Reader {
        spdx: Spdx::new(text, input.validate),
        schema: None,
        part: Part::Document,
        fields: Vec::new(),
        document: Vec::new(),
        creation: Vec::new(),
        annotation: Vec::new(),
        counts: [0; 8],
    };
    if input.validate {
        let version = text.lines().find_map(|l| l.strip_prefix("SPDXVersion:")).unwrap_or_default();
        reader.schema = schema::spdx_json(version.trim()).map(schema::Document::new);
        if reader.schema.is_none() {
            reader.spdx.check = None;
        }
    }
    let mut at = 0;
    let mut line = 0_u64;
    while let Some(rest) = text.get(at..).filter(|r| !r.is_empty()) {
        line += 1;
        let end = memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
        let whole = rest.get(..end).unwrap_or_default();
        let start = at;
        at += end + 1;
        let trimmed = whole.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let Some((tag, value)) = trimmed.split_once(':').filter(|(t, _)| is_tag(t)) else {
            return Err(ParseError::malformed("a line 'Tag: value', a comment or a blank line")
                .at(start)
                .found(trimmed));
        };
        let mut value: Cow<'_, str> = Cow::Borrowed(value.trim());
        if let Some(inner) = value.strip_prefix("<text>") {
            // The value may go over many lines.
            let offset = rest.find("<text>").unwrap_or_default() + 6;
            let long = rest.get(offset..).unwrap_or_default();
            let Some(close) = memchr::memmem::find(long.as_bytes(), b"</text>") else {
                return Err(ParseError::malformed("</text>").at(text.len()).found_words("the end of the file"));
            };
            if close > inner.len() {
                let lines = memchr::memchr_iter(b'\n', long.get(..close).unwrap_or_default().as_bytes()).count();
                line += u64::try_from(lines).unwrap_or(0);
                let behind = start + offset + close;
                at = memchr::memchr(b'\n', text.get(behind..).unwrap_or_default().as_bytes())
                    .map_or(text.len(), |n| behind + n + 1);
            }
            value = Cow::Borrowed(long.get(..close).unwrap_or_default());
        }
        reader.tag(tag.trim_end(), value, line);
    }
    reader.finish()
}

fn is_tag(text: &str) -> bool {
    let text = text.trim_end();
    !text.is_empty() && text.len() <= 60 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

impl<'a> Reader<'a> {
    fn tag(&mut self, name: &str, value: Cow<'a, str>, line: u64) {
        let Some(Tag(_, part, member, form, opens)) = TAGS.iter().find(|t| t.0 == name) else {
            let message = || format!("a tag that the specification does not know: {}", quote(name.as_bytes()));
            if self.spdx.notes.len() < 20 {
                self.spdx.notes.push(Note::at(message(), Location::line(line)));
            }
            if let Some(check) = &mut self.spdx.check {
                check.problems.add(|| Location::line(line), message);
            }
            return;
        };
        match part {
            Part::Document => self.document.push((member, *form, value)),
            Part::Creation => self.creation.push((member, *form, value)),
            // An id stands in the document's part, a package or a file; a relationship between them does not close those.
            Part::Open if self.part == Part::Document => self.document.push((member, *form, value)),
            Part::Open => self.fields.push((member, *form, value)),
            Part::Relationship => {
                if *opens {
                    self.relationship(&value);
                }
            }
            // It may stand within a section, and does not close it.
            Part::Annotation => {
                if *opens {
                    self.annotated();
                }
                self.annotation.push((member, *form, value));
            }
            Part::Review => {}
            _ => {
                if *opens {
                    self.close();
                    self.part = *part;
                }
                if self.part == *part {
                    self.fields.push((member, *form, value));
                } else if let Some(check) = &mut self.spdx.check {
                    let name = name.to_owned();
                    check.problems.add(|| Location::line(line), || format!("{name} outside of its section"));
                }
            }
        }
    }

    fn relationship(&mut self, value: &str) {
        let words: Vec<&str> = value.split_ascii_whitespace().collect();
        let (from, kind, to) = match words.as_slice() {
            [from, kind, to] => (*from, *kind, *to),
            _ => (value, "", ""),
        };
        let mut tree = Tree::default();
        let at = tree.open();
        for (name, text) in [("spdxElementId", from), ("relationshipType", kind), ("relatedSpdxElement", to)] {
            tree.push(Node::Text(name.into()));
            tree.push(Node::Text(text.to_owned().into()));
        }
        tree.close(at, true);
        self.give("relationships", 4, &tree);
    }

    /// Hands the open annotation over. What it is of is a reference; the JSON form says that by the annotation's place.
    fn annotated(&mut self) {
        if self.annotation.is_empty() {
            return;
        }
        let mut fields = std::mem::take(&mut self.annotation);
        let index = self.counts.get(5).copied().unwrap_or_default();
        if let Some(of) = fields.iter().position(|(member, ..)| *member == "spdxElementId") {
            let (.., of) = fields.remove(of);
            self.spdx.annotates(of, index);
        }
        let tree = self.object("annotations", index, fields);
        self.give("annotations", 5, &tree);
    }

    /// The JSON form of a section; what stands twice and may not is told.
    fn object(&mut self, list: &'static str, index: usize, fields: Fields<'a>) -> Tree<'a> {
        let (tree, twice) = object(fields);
        for member in twice {
            if let Some(check) = &mut self.spdx.check {
                let root = At::ROOT;
                let at = root.name(list);
                let at = if list.is_empty() { root } else { at.index(index) };
                check.problems.at(&at.name(member), || "a second time, and it may stand once".into());
            }
        }
        tree
    }

    /// Hands the open section over.
    fn close(&mut self) {
        let mut fields = std::mem::take(&mut self.fields);
        let (list, count) = match self.part {
            Part::Package => ("packages", 0),
            Part::File => ("files", 1),
            Part::Snippet => ("snippets", 2),
            Part::License => ("hasExtractedLicensingInfos", 3),
            _ => return,
        };
        if self.part == Part::Snippet && !fields.iter().any(|(member, ..)| *member == "name") {
            // A snippet need not have a name; the JSON schema alone demands one.
            fields.push(("name", Form::Text, "".into()));
        }
        let index = self.counts.get(count).copied().unwrap_or_default();
        let tree = self.object(list, index, fields);
        self.give(list, count, &tree);
    }

    fn give(&mut self, list: &'static str, count: usize, tree: &Tree<'a>) {
        let index = self.counts.get(count).copied().unwrap_or_default();
        if let Some(slot) = self.counts.get_mut(count) {
            *slot += 1;
        }
        self.piece(&Piece::Item(list, index, tree.root()));
    }

    fn piece(&mut self, piece: &Piece<'_, 'a>) {
        if let (Some(schema), Some(check)) = (&mut self.schema, &mut self.spdx.check) {
            schema.piece(piece, &mut check.problems);
        }
        self.spdx.take(piece);
    }

    fn finish(mut self) -> Result<Parsed, ParseError> {
        self.close();
        self.annotated();
        let fields = std::mem::take(&mut self.creation);
        let creation = self.object("", 0, fields);
        self.piece(&Piece::Member("creationInfo", creation.root()));
        let fields = std::mem::take(&mut self.document);
        let document = self.object("", 0, fields);
        for (name, value) in document.root().members() {
            self.piece(&Piece::Member(name, value));
        }
        if let (Some(schema), Some(check)) = (self.schema, &mut self.spdx.check) {
            schema.end(&mut check.problems);
        }
        let mut parsed = self.spdx.finish()?;
        parsed.complete = None;
        Ok(parsed)
    }
}

/// The JSON form of a section, and the members that stand several times but may only once: the first one counts.
fn object<'a>(fields: Fields<'a>) -> (Tree<'a>, Vec<&'static str>) {
    let mut twice = Vec::new();
    let mut out: Vec<(&'static str, Vec<Tree<'a>>, bool)> = Vec::new();
    for (member, form, value) in fields {
        let (tree, list) = match form {
            Form::Ignored => continue,
            Form::Text => (text(value), false),
            Form::Purpose => (text(value.replace('-', "_").into()), false),
            Form::List => (text(value), true),
            Form::Flag => {
                let mut tree = Tree::default();
                tree.push(match value.to_ascii_lowercase().as_str() {
                    "true" => Node::Bool(true),
                    "false" => Node::Bool(false),
                    _ => Node::Text(value),
                });
                (tree, false)
            }
            Form::Checksum => {
                let (algorithm, sum) = halves(&value, ':');
                (from_fields(&[("algorithm", algorithm), ("checksumValue", sum)]), true)
            }
            Form::VerificationCode => {
                let code = halves(&value, '(').0;
                (from_fields(&[("packageVerificationCodeValue", code)]), false)
            }
            Form::External => {
                let (category, rest) = halves(&value, ' ');
                // The specification writes PACKAGE-MANAGER here; the JSON schema of 2.2 knows only PACKAGE_MANAGER.
                let category = category.replace('-', "_");
                let (kind, locator) = halves(&rest, ' ');
                let fields = [("referenceCategory", category), ("referenceType", kind), ("referenceLocator", locator)];
                (from_fields(&fields), true)
            }
            Form::Document => {
                let (id, rest) = halves(&value, ' ');
                let (uri, sum) = halves(&rest, ' ');
                let (algorithm, sum) = halves(&sum, ':');
                let mut tree = Tree::default();
                let at = tree.open();
                for (name, text) in [("externalDocumentId", id), ("spdxDocument", uri)] {
                    tree.push(Node::Text(name.into()));
                    tree.push(Node::Text(text.into()));
                }
                tree.push(Node::Text("checksum".into()));
                tree.append(from_fields(&[("algorithm", algorithm), ("checksumValue", sum)]));
                tree.close(at, true);
                (tree, true)
            }
            Form::Range(unit) => (range(&value, unit), true),
        };
        match out.iter_mut().find(|(name, ..)| *name == member) {
            Some((_, values, true)) => values.push(tree),
            Some((_, _, false)) => twice.push(member),
            None => out.push((member, vec![tree], list)),
        }
    }
    let mut tree = Tree::default();
    let at = tree.open();
    for (name, values, list) in out {
        tree.push(Node::Text(name.into()));
        if list {
            let at = tree.open();
            values.into_iter().for_each(|v| tree.append(v));
            tree.close(at, false);
        } else {
            values.into_iter().for_each(|v| tree.append(v));
        }
    }
    tree.close(at, true);
    (tree, twice)
}

fn text(value: Cow<'_, str>) -> Tree<'_> {
    let mut tree = Tree::default();
    tree.push(Node::Text(value));
    tree
}

fn range<'a>(value: &str, unit: &'static str) -> Tree<'a> {
    let (start, end) = halves(value, ':');
    let mut tree = Tree::default();
    let at = tree.open();
    for (name, number) in [("startPointer", start), ("endPointer", end)] {
        tree.push(Node::Text(name.into()));
        let pointer = tree.open();
        // Which file it points into is the snippet's own `snippetFromFile`; the JSON form says it again.
        tree.push(Node::Text("reference".into()));
        tree.push(Node::Text("SPDXRef-".into()));
        tree.push(Node::Text(unit.into()));
        tree.push(number.parse::<u32>().map_or(Node::Text(number.into()), |n| Node::Number(n.into())));
        tree.close(pointer, true);
    }
    tree.close(at, true);
    tree
}

/// What stands before and behind the first of a mark, blanks trimmed.
fn halves(text: &str, mark: char) -> (String, String) {
    let (a, b) = text.trim().split_once(mark).unwrap_or((text, ""));
    (a.trim().to_owned(), b.trim().to_owned())
}
