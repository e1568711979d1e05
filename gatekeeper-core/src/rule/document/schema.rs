//! The document that expressions speak of: what there is, by name. Every reference of an expression is held against it when the policy is read.

/// What stands at a place of the document.
#[derive(Debug)]
pub(in crate::rule) enum Shape {
    /// A whole number. All of them are signed.
    Int,
    /// A text.
    Text,
    /// True or false.
    Flag,
    /// A list of one shape.
    List(&'static Shape),
    /// Texts by names that nobody knows beforehand.
    Texts,
    /// Members by name. What a report does not speak of is not there: `has(…)` asks.
    Table(&'static [Member]),
}

/// A member: its name, its shape.
pub(in crate::rule) type Member = (&'static str, Shape);

const RATIO: Shape = Shape::Table(&[("covered", Shape::Int), ("total", Shape::Int)]);

/// The whole document.
pub(in crate::rule) static DOCUMENT: &[Member] = &[
    (
        "tests",
        Shape::Table(&[
            (
                "counts",
                Shape::Table(&[
                    ("total", Shape::Int),
                    ("passed", Shape::Int),
                    ("failed", Shape::Int),
                    ("errored", Shape::Int),
                    ("skipped", Shape::Int),
                    ("flaky", Shape::Int),
                ]),
            ),
            ("problems", Shape::Int),
            ("milliseconds", Shape::Int),
            (
                "cases",
                Shape::List(&Shape::Table(&[
                    ("name", Shape::Text),
                    ("suite", Shape::Text),
                    ("status", Shape::Text),
                    ("milliseconds", Shape::Int),
                    ("tool", Shape::Text),
                ])),
            ),
        ]),
    ),
    (
        "coverage",
        Shape::Table(&[
            ("lines", RATIO),
            ("branches", RATIO),
            ("functions", RATIO),
            ("statements", RATIO),
            (
                "files",
                Shape::List(&Shape::Table(&[
                    ("path", Shape::Text),
                    ("lines", RATIO),
                    ("branches", RATIO),
                    ("functions", RATIO),
                    ("statements", RATIO),
                ])),
            ),
        ]),
    ),
    (
        "findings",
        Shape::Table(&[
            ("total", Shape::Int),
            ("suppressed", Shape::Int),
            (
                "counts",
                Shape::Table(&[
                    ("critical", Shape::Int),
                    ("high", Shape::Int),
                    ("medium", Shape::Int),
                    ("low", Shape::Int),
                    ("info", Shape::Int),
                    ("unknown", Shape::Int),
                ]),
            ),
            (
                "items",
                Shape::List(&Shape::Table(&[
                    ("id", Shape::Text),
                    ("severity", Shape::Text),
                    ("category", Shape::Text),
                    ("message", Shape::Text),
                    ("path", Shape::Text),
                    ("line", Shape::Int),
                    ("package", Shape::Text),
                    ("installed", Shape::Text),
                    ("fixed", Shape::Text),
                    ("tool", Shape::Text),
                ])),
            ),
        ]),
    ),
    (
        "inventory",
        Shape::Table(&[
            ("components", Shape::Int),
            ("licensed", Shape::Int),
            (
                "packages",
                Shape::List(&Shape::Table(&[
                    ("name", Shape::Text),
                    ("version", Shape::Text),
                    ("purl", Shape::Text),
                    ("scope", Shape::Text),
                    ("licenses", Shape::List(&Shape::Text)),
                ])),
            ),
        ]),
    ),
    (
        "approvals",
        Shape::Table(&[(
            "reviews",
            Shape::List(&Shape::Table(&[
                ("user", Shape::Text),
                ("state", Shape::Text),
                ("commit", Shape::Text),
                ("bot", Shape::Flag),
            ])),
        )]),
    ),
    (
        "commits",
        Shape::Table(&[(
            "items",
            Shape::List(&Shape::Table(&[
                ("id", Shape::Text),
                ("subject", Shape::Text),
                ("email", Shape::Text),
                ("merge", Shape::Flag),
            ])),
        )]),
    ),
    ("checksums", Shape::Table(&[("files", Shape::List(&Shape::Table(&[("name", Shape::Text)])))])),
    (
        "checklist",
        Shape::Table(&[("items", Shape::List(&Shape::Table(&[("text", Shape::Text), ("ticked", Shape::Flag)])))]),
    ),
    (
        "evidence",
        Shape::List(&Shape::Table(&[
            ("path", Shape::Text),
            ("format", Shape::Text),
            ("kind", Shape::Text),
            ("tool", Shape::Text),
            ("labels", Shape::Texts),
        ])),
    ),
    (
        "run",
        Shape::Table(&[
            ("commit", Shape::Text),
            ("tree", Shape::Text),
            ("tag", Shape::Text),
            ("branch", Shape::Text),
            ("author", Shape::Text),
        ]),
    ),
];

/// A member of some.
pub(in crate::rule) fn member(members: &'static [Member], name: &str) -> Option<&'static Shape> {
    members.iter().find(|(n, _)| *n == name).map(|(_, shape)| shape)
}
