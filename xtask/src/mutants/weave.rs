//! Weaving: one source in, the same source out with every change in it behind a switch. One build then holds all changes, where building each
//! by itself would take a day.
//!
//! What is changed is copied: `a < b` becomes `(if on(7) { (a) > (b) } else { a < b })`. No operand is evaluated before its time, none is
//! moved twice, and a type that is inferred is inferred as before. The copy is the text as written: of two changes never both are on.

use super::list::{Genre, Id, Mutant};
use std::collections::BTreeMap;
use std::ops::Range;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// A woven source, with what is needed to understand the compiler's complaints about it.
#[derive(Debug, Default)]
pub struct Woven {
    pub text: String,
    /// Where the text of each mutant stands.
    pub changes: Vec<(Id, Range<usize>)>,
    /// Where each place that was woven into stands: a mutant's text and what was there, a `match`, a function.
    pub regions: Vec<(Region, Range<usize>)>,
    /// Mutants that cannot be woven in.
    pub left_out: Vec<(Id, LeftOut)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Region {
    Match,
    Site,
    Function,
}

/// Why a mutant is not woven in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeftOut {
    /// The compiler would refuse it: `||` beside a `let`.
    NeverCompiles,
    /// It is asked for before the program runs, where no switch can be.
    Constant,
    /// Nothing that can be changed was found at its place.
    NotFound,
    /// The compiler refuses the switch, and perhaps not the change.
    Switch,
}

/// Weaves these mutants of a source in.
///
/// # Errors
/// The source is no Rust.
pub fn weave(text: &str, mutants: &[&Mutant]) -> Result<Woven, String> {
    let file = syn::parse_file(text).map_err(|e| e.to_string())?;
    let mut wanted: BTreeMap<(Genre, (usize, usize)), Vec<&Mutant>> = BTreeMap::new();
    for mutant in mutants {
        wanted.entry((mutant.genre, mutant.start)).or_default().push(mutant);
    }
    let mut finder = Finder { text, wanted, sites: Vec::new(), left_out: Vec::new(), constant: 0 };
    finder.visit_file(&file);
    let Finder { wanted, mut sites, mut left_out, .. } = finder;
    left_out.extend(wanted.into_values().flatten().map(|m| (m.id, LeftOut::NotFound)));
    // Outer ones first; what is put in at a place comes before what begins there. Of one range the one that was found first is the outer one.
    sites.sort_by_key(|s| (s.at.start, !s.at.is_empty(), usize::MAX - s.at.end));
    let mut out = Woven { left_out, ..Woven::default() };
    render(text, 0..text.len(), &sites, &mut out);
    Ok(out)
}

/// How a mutant is put into the text.
fn on(id: Id) -> String {
    format!("::gatekeeper_mutants::on({id})")
}

enum Piece {
    Text(String),
    Change(Id, String),
}

/// A range of the source with what comes before and after it.
struct Site {
    at: Range<usize>,
    before: Vec<Piece>,
    after: String,
    region: Region,
}

/// Writes a range of the source with all sites in it.
fn render(text: &str, range: Range<usize>, mut sites: &[Site], out: &mut Woven) {
    let mut at = range.start;
    while let Some((site, rest)) = sites.split_first() {
        let within = rest.partition_point(|s| s.at.start < site.at.end);
        let (inner, beyond) = rest.split_at_checked(within).unwrap_or((rest, &[]));
        out.text.push_str(text.get(at..site.at.start).unwrap_or_default());
        let begin = out.text.len();
        for piece in &site.before {
            match piece {
                Piece::Text(t) => out.text.push_str(t),
                Piece::Change(id, t) => {
                    let start = out.text.len();
                    out.text.push_str(t);
                    out.changes.push((*id, start..out.text.len()));
                }
            }
        }
        render(text, site.at.clone(), inner, out);
        out.text.push_str(&site.after);
        out.regions.push((site.region, begin..out.text.len()));
        at = site.at.end;
        sites = beyond;
    }
    out.text.push_str(text.get(at..range.end).unwrap_or_default());
}

struct Finder<'a> {
    text: &'a str,
    wanted: BTreeMap<(Genre, (usize, usize)), Vec<&'a Mutant>>,
    sites: Vec<Site>,
    left_out: Vec<(Id, LeftOut)>,
    /// How many constants surround this place.
    constant: usize,
}

fn place(of: proc_macro2::Span) -> (usize, usize) {
    let start = of.start();
    (start.line, start.column + 1)
}

impl Finder<'_> {
    /// The mutants of a place that can be woven in.
    fn take(&mut self, genre: Genre, at: proc_macro2::Span) -> Vec<(Id, String)> {
        let found = self.wanted.remove(&(genre, place(at))).unwrap_or_default();
        if self.constant > 0 {
            self.left_out.extend(found.iter().map(|m| (m.id, LeftOut::Constant)));
            return Vec::new();
        }
        found.into_iter().map(|m| (m.id, m.replacement.clone())).collect()
    }

    fn source(&self, range: Range<usize>) -> &str {
        self.text.get(range).unwrap_or_default()
    }

    /// `(if on(1) { changed } else { as it was })`
    fn choose(&mut self, at: Range<usize>, changes: Vec<(Id, String)>) {
        if changes.is_empty() {
            return;
        }
        let mut before = vec![Piece::Text("(".to_owned())];
        for (id, changed) in changes {
            before.push(Piece::Text(format!("if {} ", on(id))));
            before.push(Piece::Change(id, format!("{{ {changed} }}")));
            before.push(Piece::Text(" else ".to_owned()));
        }
        before.push(Piece::Text("{ ".to_owned()));
        self.sites.push(Site { at, before, after: " })".to_owned(), region: Region::Site });
    }

    fn region(&mut self, region: Region, at: Range<usize>) {
        self.sites.push(Site { at, before: Vec::new(), after: String::new(), region });
    }

    fn function(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let (Some(first), Some(last)) = (block.stmts.first(), block.stmts.last()) else { return };
        let body = first.span().byte_range().start..last.span().byte_range().end;
        self.region(Region::Function, block.span().byte_range());
        let values = self.take(Genre::FnValue, first.span());
        if values.is_empty() {
            return;
        }
        if !returns_an_iterator(&signature.output) {
            let before = values.into_iter().flat_map(|(id, value)| {
                let text = format!("{{ return {value}; }}");
                [Piece::Text(format!("if {} ", on(id))), Piece::Change(id, text), Piece::Text(" ".to_owned())]
            });
            let before = before.collect();
            self.sites.push(Site { at: body.start..body.start, before, after: String::new(), region: Region::Site });
            return;
        }
        // The one type behind `impl Iterator` is that of all of them.
        let mut looks = Returns(false);
        looks.visit_block(block);
        if looks.0 {
            self.left_out.extend(values.into_iter().map(|(id, _)| (id, LeftOut::Switch)));
            return;
        }
        let mut before = Vec::new();
        let mut after = "}".to_owned();
        for (id, value) in values {
            before.push(Piece::Text(format!("if {} {{ ::gatekeeper_mutants::Either::Left(", on(id))));
            before.push(Piece::Change(id, value));
            before.push(Piece::Text(") } else { ::gatekeeper_mutants::Either::Right(".to_owned()));
            after.push_str(") }");
        }
        before.push(Piece::Text("{ ".to_owned()));
        self.sites.push(Site { at: body, before, after, region: Region::Site });
    }

    fn constant(&mut self, visit: impl FnOnce(&mut Self)) {
        self.constant += 1;
        visit(self);
        self.constant -= 1;
    }
}

fn returns_an_iterator(output: &syn::ReturnType) -> bool {
    let syn::ReturnType::Type(_, of) = output else { return false };
    let syn::Type::ImplTrait(of) = &**of else { return false };
    of.bounds.iter().any(|bound| {
        matches!(bound, syn::TypeParamBound::Trait(t) if t.path.segments.iter().any(|s| s.ident.to_string().contains("Iterator")))
    })
}

/// Whether a function returns before its end.
struct Returns(bool);

impl<'a> Visit<'a> for Returns {
    fn visit_expr_return(&mut self, _: &'a syn::ExprReturn) {
        self.0 = true;
    }

    fn visit_expr_try(&mut self, _: &'a syn::ExprTry) {
        self.0 = true;
    }

    fn visit_expr_closure(&mut self, _: &'a syn::ExprClosure) {}

    fn visit_item(&mut self, _: &'a syn::Item) {}
}

impl<'a> Visit<'a> for Finder<'_> {
    fn visit_item_fn(&mut self, i: &'a syn::ItemFn) {
        let inside = |v: &mut Self| {
            v.function(&i.sig, &i.block);
            visit::visit_item_fn(v, i);
        };
        if i.sig.constness.is_some() { self.constant(inside) } else { inside(self) }
    }

    fn visit_impl_item_fn(&mut self, i: &'a syn::ImplItemFn) {
        let inside = |v: &mut Self| {
            v.function(&i.sig, &i.block);
            visit::visit_impl_item_fn(v, i);
        };
        if i.sig.constness.is_some() { self.constant(inside) } else { inside(self) }
    }

    fn visit_trait_item_fn(&mut self, i: &'a syn::TraitItemFn) {
        if let Some(block) = &i.default {
            self.function(&i.sig, block);
        }
        visit::visit_trait_item_fn(self, i);
    }

    fn visit_item_const(&mut self, i: &'a syn::ItemConst) {
        self.constant(|v| visit::visit_item_const(v, i));
    }

    fn visit_item_static(&mut self, i: &'a syn::ItemStatic) {
        self.constant(|v| visit::visit_item_static(v, i));
    }

    fn visit_impl_item_const(&mut self, i: &'a syn::ImplItemConst) {
        self.constant(|v| visit::visit_impl_item_const(v, i));
    }

    fn visit_trait_item_const(&mut self, i: &'a syn::TraitItemConst) {
        self.constant(|v| visit::visit_trait_item_const(v, i));
    }

    fn visit_expr_const(&mut self, i: &'a syn::ExprConst) {
        self.constant(|v| visit::visit_expr_const(v, i));
    }

    fn visit_type_array(&mut self, i: &'a syn::TypeArray) {
        self.constant(|v| visit::visit_type_array(v, i));
    }

    fn visit_variant(&mut self, i: &'a syn::Variant) {
        self.constant(|v| visit::visit_variant(v, i));
    }

    fn visit_pat(&mut self, i: &'a syn::Pat) {
        self.constant(|v| visit::visit_pat(v, i));
    }

    fn visit_expr_repeat(&mut self, i: &'a syn::ExprRepeat) {
        self.visit_expr(&i.expr);
        self.constant(|v| v.visit_expr(&i.len));
    }

    fn visit_expr_binary(&mut self, i: &'a syn::ExprBinary) {
        let joins_a_let = matches!(i.op, syn::BinOp::And(_)) && (holds_a_let(&i.left) || holds_a_let(&i.right));
        let found = self.take(Genre::BinaryOperator, i.op.span());
        if joins_a_let {
            self.left_out.extend(found.into_iter().map(|(id, _)| (id, LeftOut::NeverCompiles)));
        } else {
            let (left, right) = (i.left.span().byte_range(), i.right.span().byte_range());
            let changed = |(id, op): (Id, String)| {
                (id, format!("({}) {op} ({})", self.source(left.clone()), self.source(right.clone())))
            };
            // What is assigned to is no value.
            let assigned = |(id, op): (Id, String)| {
                (id, format!("{} {op} ({})", self.source(left.clone()), self.source(right.clone())))
            };
            let assigns =
                !matches!(i.op, syn::BinOp::Eq(_) | syn::BinOp::Ne(_) | syn::BinOp::Le(_) | syn::BinOp::Ge(_))
                    && self.source(i.op.span().byte_range()).ends_with('=');
            let changes = match assigns {
                true => found.into_iter().map(assigned).collect(),
                false => found.into_iter().map(changed).collect(),
            };
            self.choose(i.span().byte_range(), changes);
        }
        visit::visit_expr_binary(self, i);
    }

    fn visit_expr_unary(&mut self, i: &'a syn::ExprUnary) {
        let found = self.take(Genre::UnaryOperator, i.op.span());
        let operand = self.source(i.expr.span().byte_range()).to_owned();
        self.choose(i.span().byte_range(), found.into_iter().map(|(id, _)| (id, operand.clone())).collect());
        visit::visit_expr_unary(self, i);
    }

    fn visit_expr_match(&mut self, i: &'a syn::ExprMatch) {
        self.region(Region::Match, i.span().byte_range());
        for arm in &i.arms {
            for (id, _) in self.take(Genre::MatchArm, arm.span()) {
                let end = arm.pat.span().byte_range().end;
                let before = vec![Piece::Change(id, format!(" if !{}", on(id)))];
                self.sites.push(Site { at: end..end, before, after: String::new(), region: Region::Site });
            }
            let Some((_, guard)) = &arm.guard else { continue };
            let (always, never): (Vec<_>, Vec<_>) =
                self.take(Genre::MatchArmGuard, guard.span()).into_iter().partition(|(_, value)| value == "true");
            let always = always.into_iter().map(|(id, _)| Piece::Change(id, format!("{} || ", on(id))));
            let never = never.into_iter().map(|(id, _)| Piece::Change(id, format!("!{} && ", on(id))));
            let mut before: Vec<Piece> = always.chain(never).collect();
            if before.is_empty() {
                continue;
            }
            before.push(Piece::Text("(".to_owned()));
            let at = guard.span().byte_range();
            self.sites.push(Site { at, before, after: ")".to_owned(), region: Region::Site });
        }
        visit::visit_expr_match(self, i);
    }

    fn visit_expr_struct(&mut self, i: &'a syn::ExprStruct) {
        let whole = i.span().byte_range();
        let mut changes = Vec::new();
        for pair in i.fields.pairs() {
            let field = pair.value().span().byte_range();
            let end = pair.punct().map_or(field.end, |comma| comma.span().byte_range().end);
            for (id, _) in self.take(Genre::StructField, pair.value().span()) {
                let without = [whole.start..field.start, end..whole.end].map(|r| self.source(r)).concat();
                changes.push((id, without));
            }
        }
        self.choose(whole, changes);
        visit::visit_expr_struct(self, i);
    }
}

/// Whether an operand is a `let`, or a chain with one.
fn holds_a_let(of: &syn::Expr) -> bool {
    match of {
        syn::Expr::Let(_) => true,
        syn::Expr::Binary(b) if matches!(b.op, syn::BinOp::And(_)) => holds_a_let(&b.left) || holds_a_let(&b.right),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
