//! What a policy may say, for people: `gatekeeper rules policy`. What gates of one rule have beside this is told by that rule.

/// The keys that do not belong to one rule, in Markdown.
pub const DOCS: &str = "# policy: the keys that are no rule's own

## `[[evidence]]`: which files are evidence, and what is demanded of them
| key | meaning | default |
|---|---|---|
| `paths` | patterns of the files, relative to the root; `{label}` matches a part of a name and gives it as a label; each pattern must match something | |
| `packages` | folders of installed packages, beside or in place of `paths` | |
| `name` | the name by which gates take it (`evidence = [\"unit\"]`) | none |
| `required` | false: it may be absent; the verdict says that it was, and a gate left with nothing but absent optional evidence is `skip` | true |
| `format` | what the files are, where that is not to be told from their content | any |
| `labels` | labels of all its files | none |
| `exclude`, `ignore` | files that are left out; files that need not be evidence | none |
| `min-files` | fewest files that are read as evidence; copies of one result count once | none |
| `min-cases` | fewest test cases that ran | none |
| `min-lines`, `min-sources` | fewest measured lines and source files of coverage | none |
| `min-packages` | fewest different packages of an inventory | none |
| `min-samples`, `min-series` | fewest samples and series of measurements | none |
| `max-age` | older than this is stale | none |
| `same-commit` | the commit that a report names must be the one that is judged | false |
| `exit-status` | the exit status of the command that wrote the files | what `record` kept |
| `strip`, `prefix`, `min-matched` | how file names in coverage reports become the tree's, and the share of them that must be files of it | 90 % |

Below a floor the gates that take such evidence are `error`, whatever it says.

## `[gates.NAME]`: keys of every rule
| key | meaning | default |
|---|---|---|
| `rule` | the rule; may be left out where the gate bears a rule's name | the name |
| `action` | `block`, `warn` or `inform` | `block` |
| `enabled` | false: it is not judged | true |
| `then` | a word that goes into the verdict's `triggers` (and the step's output of that name) where the gate is fail, missing or error | none |
| `tools`, `formats`, `categories`, `labels`, `paths`, `evidence` | which evidence it takes; each tool and label value that is named must have some | all |
| `each` | one or several labels: the gate is judged for each combination of their values by itself. Evidence without one of them is an error | none |
| `require` | values of the labels of `each`, all of them: their product must be there, and a cell that is not is `missing` | none |
| `exclude-cells` | cells of that product that need not be there: `[{ otp = \"27\", os = \"macos\" }]`; those that are there are judged | none |
| `allow-fail` | cells whose fail, missing or error is a warning: `[{ os = \"macos\", reason = \"…\", expires = \"2027-01-31\" }]`; the end is the last day that counts | none |
| `cells` | how many cells must hold: `\"all\"`, `\"any\"` or `{ at-least = 2 }`. Cells that may fail do not count as holding | `\"all\"` |
| `per-component` | judged for each component that changed | false |

Attempts and versions are sorted by number: 10 comes after 9. The verdict lists what each cell came to.

## `[defaults]`: keys that gates share
`action`, `then`, `evidence`, `labels`, `each`, `require`, `exclude-cells`, `allow-fail`, `cells`, `per-component`: every gate has them that does not name them itself.

## `[components.NAME]`: the parts of a repository
| key | meaning | default |
|---|---|---|
| `paths` | patterns of its files, and of evidence that lies below it; where several components match, the longest pattern decides | |
| `labels` | evidence with these labels is its own, wherever it lies | none |
| `depends` | components that it is made from: where they change, it does | none |
| `gates.GATE` | limits of its own for a gate with `per-component`, or `enabled = false` | the gate's |

`[components] root = [...]` lists the files that concern all components; by default lock files at the root and what tells the CI what to run. The policy itself
always does, and so does every file that is in no component. `--changed FILE` (a name a line, or ended by NUL; - for standard input) or a diff says what changed; without either all
components are judged. An empty list must be meant: `--allow-empty`. Coverage and findings belong to a component by their source files, results and other evidence by where
they lie or by their labels; what cannot be placed is judged under the name `root` whatever changed. A component that changed and that no evidence speaks of is `missing`.

## `[[waivers]]`: accepted exceptions
| key | meaning | default |
|---|---|---|
| `gate`, `reason`, `expires` | must be there; the end is the last day that counts | |
| `id`, `test`, `package`, `path` | what is waived: all that is named must fit | one at least |
| `component`, `labels` | where it is waived: in this component, in evidence with these labels; by themselves they waive all that falls short there | |
| `covers` | `[\"missing\"]`, `[\"error\"]`: a whole cell or component (by `labels` and `component` alone) that is missing, or that could not be judged, is a warning | neither |
| `starts`, `owner`, `ticket` | the first day that counts; who sees to it, and where | none |

`[waivers-policy] max-days` is the longest that a waiver may have left.

## `[profiles.NAME]`
`gates.GATE` with keys that take the place of the gate's, table by table; `gates = [\"a\", \"b\"]` judges these alone; `from` names another profile below it. `profile = \"required\"`
refuses a run without one. What a profile demands less is listed in the verdict.

## `extends`
The name of a file that this one is laid over.
";
