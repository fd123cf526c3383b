//! Stairs as rows of a table, each with a drawing of its own on one axis.

use maud::{Markup, html};

use super::super::clean::clean;
use super::super::stairs::{Kind, Stairs, Step, Stretch};

pub(super) fn drawn(stairs: &Stairs) -> Markup {
    html! {
        div.wide {
            table.stairs {
                caption { (clean(&stairs.caption, false)) }
                thead { tr {
                    th scope="col" {} th scope="col" { "ms" } th scope="col" { "95 %" } th scope="col" { "of the gap" }
                    th.drawing scope="col" { "from A to B" } th scope="col" { "claim" }
                } }
                tbody { @for step in &stairs.steps { (line(stairs, step)) } }
            }
        }
    }
}

fn line(stairs: &Stairs, step: &Step) -> Markup {
    html! {
        tr class=[(step.kind == Kind::End).then_some("total")] {
            th scope="row" class=[(step.kind == Kind::Part).then_some("part")] { (clean(&step.name, false)) }
            @for figure in &step.figures { td { (clean(figure, false)) } }
            td.drawing { (drawing(stairs, step)) }
            td { @if !step.claim.is_empty() { span class={ "claim " (step.claim) } { (step.claim) } } }
        }
        @if !step.evidence.is_empty() {
            tr.evidence { td colspan="6" { (clean(&step.evidence, false)) } }
        }
    }
}

fn drawing(stairs: &Stairs, step: &Step) -> Markup {
    let bar = stairs.stretch(step);
    let sure = step.sure.map(|(from, to)| stairs.between(from, to));
    let label = format!("{}: {}", clean(&step.name, false), clean(&step.figures[0], false));
    html! {
        svg viewBox="0 0 1000 20" preserveAspectRatio="none" role="img" aria-label=(label) {
            (stretch(step.class(), bar, 3, 14))
            @if let Some(sure) = sure { (stretch("sure", sure, 9, 2)) }
        }
    }
}

fn stretch(class: &str, Stretch { from, to }: Stretch, top: u8, height: u8) -> Markup {
    let least = if to > from { 1.5 } else { 0.0 };
    html! {
        rect class=(class) x=(format!("{:.1}", (from * 1_000.0).min(1_000.0 - least))) y=(top)
            width=(format!("{:.1}", ((to - from) * 1_000.0).max(least))) height=(height) {}
    }
}
