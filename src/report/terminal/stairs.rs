//! Stairs in characters: a line of figures and a bar for each step, and below it what stands behind it.

use super::super::clean::clean;
use super::super::stairs::{Kind, Stairs, Step};
use super::{Canvas, wrapped};

/// The shortest bar that tells anything.
const BAR_MIN: usize = 8;

pub(super) fn drawn(stairs: &Stairs, canvas: Canvas) -> Vec<String> {
    let mut lines = wrapped(&clean(&stairs.caption, canvas.ascii), canvas.width);
    let gap = if canvas.width < 100 { 1 } else { 2 };
    let widths: Vec<usize> =
        (0..3).map(|at| stairs.steps.iter().map(|step| step.figures[at].chars().count()).max().unwrap_or(0)).collect();
    let figures: usize = widths.iter().map(|width| width + gap).sum();
    let longest = stairs.steps.iter().map(|step| named(step).chars().count()).max().unwrap_or(0);
    let name = longest.min(canvas.width.saturating_sub(figures + gap + BAR_MIN).max(8));
    let room = canvas.width.saturating_sub(name + figures + gap).max(BAR_MIN);
    for step in &stairs.steps {
        let mut line: Vec<String> = wrapped(&clean(&named(step), canvas.ascii), name);
        let cells = step.figures.iter().zip(&widths);
        let cells: String =
            cells.map(|(cell, width)| format!("{}{:>width$}", " ".repeat(gap), clean(cell, canvas.ascii))).collect();
        line[0] = format!("{:<name$}{cells}{}{}", line[0], " ".repeat(gap), bar(stairs, step, room, canvas.ascii));
        lines.extend(line);
        let said: Vec<&str> = [step.claim, &step.evidence].into_iter().filter(|text| !text.is_empty()).collect();
        if !said.is_empty() {
            lines.extend(wrapped(&clean(&format!("    {}", said.join(": ")), canvas.ascii), canvas.width));
        }
    }
    lines
}

fn named(step: &Step) -> String {
    let indent = if step.kind == Kind::Part { "  " } else { "" };
    format!("{indent}{}", step.name)
}

fn bar(stairs: &Stairs, step: &Step, room: usize, ascii: bool) -> String {
    let stretch = stairs.stretch(step);
    let at = |share: f64| ((share * room as f64).round() as usize).min(room);
    let (from, to) = (at(stretch.from), at(stretch.to));
    if from < to {
        return format!("{}{}", " ".repeat(from), step.glyph(ascii).to_string().repeat(to - from));
    }
    // Too short for a glyph is still there; nothing is not.
    match step.to == step.from {
        true => String::new(),
        false => format!("{}{}", " ".repeat(from.min(room - 1)), if ascii { '|' } else { '▏' }),
    }
}
