//! A document as text.

mod grid;
mod stairs;

use super::bars::Bars;
use super::clean::clean;
use super::document::{Block, Document, VERBATIM};

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
                lines.extend(notes.iter().flat_map(|note| noted(note, canvas)));
            }
            Block::Table(table) => lines.extend(["".to_owned(), grid::rows(table, canvas)]),
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

/// A note that is to be copied is one line however long: a line break would end the command where it is pasted.
fn noted(note: &str, canvas: Canvas) -> Vec<String> {
    let text = clean(note, canvas.ascii);
    if note.starts_with(VERBATIM) { vec![text] } else { wrapped(&text, canvas.width) }
}

/// Lines of at most `width` characters, broken at spaces where there are any; all but the first as deep as the first.
#[must_use]
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let indent = " ".repeat((text.len() - text.trim_start_matches(' ').len()).min(width / 2));
    let (mut lines, mut line) = (Vec::new(), indent.clone());
    let room = |line: &str| width.saturating_sub(line.chars().count());
    for word in words(text, width - indent.len()) {
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

/// Words; a command between backticks is one, unless it is longer than `most` characters.
fn words(text: &str, most: usize) -> Vec<String> {
    let (mut words, mut within) = (Vec::<String>::new(), false);
    for word in text.split_whitespace() {
        match words.last_mut().filter(|last| within && last.chars().count() + 1 + word.chars().count() <= most) {
            Some(last) => last.extend([" ", word]),
            None => words.push(word.to_owned()),
        }
        within ^= word.matches('`').count() % 2 == 1;
    }
    words
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

#[cfg(test)]
mod tests {
    use super::*;

    const COMMAND: &str =
        "parallax explain --a vantage=host/tokyo-office,method=fresh --b vantage=host/osaka,method=curl";

    #[test]
    fn a_command_is_one_line_however_narrow_the_page() {
        let mut document = Document::new("Why");
        document.notes(vec![
            "To decide H2, on the host of each, as often as it takes:".to_owned(),
            format!("{VERBATIM}{COMMAND}"),
        ]);
        for width in [WIDTH_LEAST, 80, 1_000] {
            for ascii in [false, true] {
                let page = text(&document, Canvas { width, ascii });
                assert!(page.lines().any(|line| line.strip_prefix(VERBATIM) == Some(COMMAND)), "{page}");
            }
        }
    }

    #[test]
    fn a_command_within_a_sentence_is_not_broken_where_a_line_can_hold_it() {
        let sentence =
            "Nothing was found here; see `parallax stopwatch list` for all there are, `x y`, and `one that is longer";
        for width in 30..120 {
            let lines = wrapped(sentence, width);
            assert!(lines.iter().any(|line| line.contains("`parallax stopwatch list`")), "{width}: {lines:?}");
            assert!(lines.iter().all(|line| line.chars().count() <= width), "{width}: {lines:?}");
            assert_eq!(lines.join(" "), sentence);
        }
    }
}
