//! A document as text.

mod stairs;

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, TableStyle};

use super::bars::Bars;
use super::clean::clean;
use super::document::{Block, Document, Table};

/// The narrowest that tables and bars can be printed in.
pub const WIDTH_LEAST: usize = 60;

/// What is printed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Canvas {
    /// Columns; below [`WIDTH_LEAST`] counts as that.
    pub width: usize,
    /// Nothing but ASCII.
    pub ascii: bool,
}

impl Default for Canvas {
    fn default() -> Self {
        Self { width: 100, ascii: false }
    }
}

/// Prints a document, ending in a newline.
#[must_use]
pub fn text(document: &Document, canvas: Canvas) -> String {
    let canvas = Canvas { width: canvas.width.clamp(WIDTH_LEAST, 1_000), ..canvas };
    let mut lines = wrapped(&clean(&document.title, canvas.ascii), canvas.width);
    for block in &document.blocks {
        match block {
            Block::Heading(text) => {
                lines.push(String::new());
                let text = clean(text, canvas.ascii);
                let rule = if canvas.ascii { "-" } else { "─" }.repeat(text.chars().count());
                lines.extend([text, rule]);
            }
            Block::Text(text) => lines.extend(wrapped(&clean(text, canvas.ascii), canvas.width)),
            Block::Notes(notes) => {
                lines.extend(notes.iter().flat_map(|note| wrapped(&clean(note, canvas.ascii), canvas.width)));
            }
            Block::Table(table) => lines.extend(["".to_owned(), rows(table, canvas)]),
            Block::Bars(bars) => {
                lines.push(String::new());
                lines.extend(drawn(bars, canvas));
            }
            Block::Stairs(steps) => {
                lines.push(String::new());
                lines.extend(stairs::drawn(steps, canvas));
            }
        }
    }
    let mut text = lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n");
    text.push('\n');
    text
}

/// Lines of at most `width` characters, broken at spaces where there are any; all but the first as deep as the first.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let indent = " ".repeat((text.len() - text.trim_start_matches(' ').len()).min(width / 2));
    let (mut lines, mut line) = (Vec::new(), indent.clone());
    let room = |line: &str| width.saturating_sub(line.chars().count());
    for word in text.split_whitespace() {
        let space = usize::from(line.len() > indent.len());
        if space > 0 && word.chars().count() + space > room(&line) {
            lines.push(std::mem::replace(&mut line, indent.clone()));
        } else if space > 0 {
            line.push(' ');
        }
        for c in word.chars() {
            if room(&line) == 0 {
                lines.push(std::mem::replace(&mut line, indent.clone()));
            }
            line.push(c);
        }
    }
    lines.push(line);
    lines
}

fn rows(table: &Table, canvas: Canvas) -> String {
    let mut grid = comfy_table::Table::new();
    let rule = if canvas.ascii { '-' } else { '─' };
    grid.load_style(TableStyle::new().header_separator(LineStyle::none().fill(rule).junction(rule)));
    grid.set_content_arrangement(ContentArrangement::Dynamic);
    grid.set_width(u16::try_from(canvas.width).unwrap_or(u16::MAX));
    let cell = |at: usize, text: &str| {
        let lines: Vec<String> = text.split('\n').map(|line| clean(line, canvas.ascii)).collect();
        let side = if at == 0 { CellAlignment::Left } else { CellAlignment::Right };
        comfy_table::Cell::new(lines.join("\n")).set_alignment(side)
    };
    let cells = |row: &[String]| row.iter().enumerate().map(|(at, text)| cell(at, text)).collect::<Vec<_>>();
    if table.head.iter().any(|name| !name.is_empty()) {
        grid.set_header(cells(&table.head));
    }
    for row in &table.rows {
        grid.add_row(cells(row));
    }
    let gap = if canvas.width < 100 { 1 } else { 2 };
    for column in grid.column_iter_mut() {
        column.set_padding((0, gap));
    }
    let widths = grid.column_max_content_widths();
    let figures: usize = widths.iter().skip(1).map(|width| usize::from(width + gap)).sum();
    // Figures stay whole where that leaves the names room to wrap.
    if figures + 14 <= canvas.width {
        for column in grid.column_iter_mut().skip(1) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    let body: Vec<String> = grid.lines().map(|line| line.trim_end().to_owned()).collect();
    format!("{}\n{}", wrapped(&clean(&table.caption, canvas.ascii), canvas.width).join("\n"), body.join("\n"))
}

fn drawn(bars: &Bars, canvas: Canvas) -> Vec<String> {
    let kinds: Vec<String> =
        bars.kinds().map(|part| format!("{} {}", part.glyph(canvas.ascii), part.as_str())).collect();
    let mut lines = wrapped(&format!("{}: {}", clean(&bars.caption, canvas.ascii), kinds.join(", ")), canvas.width);
    let longest =
        |text: &dyn Fn(usize) -> usize, most: usize| (0..bars.rows.len()).map(text).max().unwrap_or(0).min(most);
    let with_parts = |at: usize| !bars.rows[at].parts.is_empty();
    let label = longest(&|at| if with_parts(at) { bars.rows[at].label.chars().count() } else { 0 }, canvas.width / 3);
    let figure = longest(&|at| if with_parts(at) { bars.rows[at].figure.chars().count() } else { 0 }, canvas.width / 2);
    let room = canvas.width.saturating_sub(label + figure + 4).max(8);
    let scale = bars.scale();
    for bar in &bars.rows {
        let name: String = clean(&bar.label, canvas.ascii);
        if bar.parts.is_empty() {
            lines.extend(wrapped(&format!("{name}{}", clean(&bar.figure, canvas.ascii)), canvas.width));
            continue;
        }
        let name: String = name.chars().take(label).collect();
        let at = |millis: f64| ((millis / scale * room as f64).round() as usize).min(room);
        let (mut drawn, mut end) = (" ".repeat(at(bar.offset)), bar.offset);
        for (part, length) in &bar.parts {
            let from = at(end);
            end += length;
            drawn.extend(std::iter::repeat_n(part.glyph(canvas.ascii), at(end).saturating_sub(from)));
        }
        // A stretch too short for a glyph is still there.
        if drawn.trim().is_empty() && end > bar.offset {
            let dot = if canvas.ascii { '.' } else { '·' };
            drawn = format!("{}{dot}", " ".repeat(at(bar.offset).min(room - 1)));
        }
        let figures = clean(&bar.figure, canvas.ascii);
        let fill = " ".repeat(room.saturating_sub(drawn.chars().count()));
        lines.push(format!("{name:<label$}  {drawn}{fill}  {figures:>figure$}"));
    }
    lines
}
