//! A table as text.

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, TableStyle, Width};

use super::super::clean::clean;
use super::super::document::Table;
use super::{Canvas, words, wrapped};

/// The narrowest that names are wrapped to before a table is cut in two.
const NAMES_LEAST: usize = 14;

/// Lines of at most `room` characters: broken at spaces, else behind what joins the parts of a name, else anywhere.
fn names(text: &str, room: usize) -> Vec<String> {
    if text.chars().count() <= room {
        return vec![text.to_owned()];
    }
    let (mut lines, mut line) = (Vec::new(), String::new());
    let length = |text: &str| text.chars().count();
    for word in words(text, room) {
        let parts: Vec<&str> = match length(&word) <= room {
            true => vec![word.as_str()],
            false => word.split_inclusive(['/', '.', '_', '-', ':']).collect(),
        };
        for (at, part) in parts.into_iter().enumerate() {
            let space = usize::from(at == 0 && !line.is_empty());
            if !line.is_empty() && length(&line) + space + length(part) > room {
                lines.push(std::mem::take(&mut line));
            } else if space > 0 {
                line.push(' ');
            }
            for c in part.chars() {
                if length(&line) == room {
                    lines.push(std::mem::take(&mut line));
                }
                line.push(c);
            }
        }
    }
    lines.push(line);
    lines
}

/// A table, its caption above; one that is too wide in pieces, each with the names in front.
pub(super) fn rows(table: &Table, canvas: Canvas) -> String {
    match cut(table, canvas) {
        None => piece(table, canvas),
        Some(pieces) => pieces.map(|piece| rows(&piece, canvas)).join("\n"),
    }
}

/// Between two columns.
fn gap(canvas: Canvas) -> usize {
    if canvas.width < 100 { 1 } else { 2 }
}

/// The longest line of a column, or where it may be broken at spaces, the longest word.
fn longest<'a>(table: &'a Table, at: usize, canvas: Canvas, split: impl Fn(&'a str) -> Vec<&'a str>) -> usize {
    let cells = [&table.head].into_iter().chain(&table.rows).filter_map(|row| row.get(at));
    cells.flat_map(|cell| split(cell)).map(|text| clean(text, canvas.ascii).chars().count()).max().unwrap_or(0)
}

fn widest(table: &Table, at: usize, canvas: Canvas) -> usize {
    longest(table, at, canvas, |cell| cell.split('\n').collect())
}

/// What all figures leave for the names while they stay whole; absent where that is too little.
fn names_room(table: &Table, canvas: Canvas) -> Option<usize> {
    let figures: usize = (1..table.head.len()).map(|at| widest(table, at, canvas) + gap(canvas)).sum();
    // Between two columns stands one more space.
    let spaces = gap(canvas) + table.head.len().saturating_sub(1);
    let room = canvas.width.checked_sub(figures + spaces)?;
    (room >= widest(table, 0, canvas).min(8)).then_some(room)
}

/// Two pieces, where figures would have to be broken or names be squeezed: as many columns as stay whole, and the rest.
fn cut(table: &Table, canvas: Canvas) -> Option<[Table; 2]> {
    let columns = table.head.len();
    if columns < 3 || names_room(table, canvas).is_some() {
        return None;
    }
    let names = widest(table, 0, canvas).min(NAMES_LEAST);
    let least = |at: usize| longest(table, at, canvas, |cell| cell.split_whitespace().collect());
    let needed: usize = (1..columns).map(|at| least(at) + gap(canvas) + 1).sum();
    if names + needed <= canvas.width {
        return None;
    }
    let mut room = canvas.width.saturating_sub(names + gap(canvas));
    let fits = (1..columns).take_while(|at| {
        let left = room.checked_sub(widest(table, *at, canvas) + gap(canvas) + 1);
        room = left.unwrap_or(0);
        left.is_some()
    });
    let middle = 1 + fits.count().clamp(1, columns - 2);
    let of = |caption: &str, range: std::ops::Range<usize>| {
        let pick = |row: &Vec<String>| -> Vec<String> {
            row.first().into_iter().chain(row.iter().take(range.end).skip(range.start)).cloned().collect()
        };
        Table { caption: caption.to_owned(), head: pick(&table.head), rows: table.rows.iter().map(pick).collect() }
    };
    Some([of(&table.caption, 1..middle), of("", middle..columns)])
}

fn piece(table: &Table, canvas: Canvas) -> String {
    let mut grid = comfy_table::Table::new();
    let rule = if canvas.ascii { '-' } else { '─' };
    grid.load_style(TableStyle::new().header_separator(LineStyle::none().fill(rule).junction(rule)));
    grid.set_content_arrangement(ContentArrangement::Dynamic);
    grid.set_width(u16::try_from(canvas.width).unwrap_or(u16::MAX));
    let (gap, room) = (gap(canvas), names_room(table, canvas));
    let cell = |at: usize, text: &str| {
        let lines = text.split('\n').map(|line| clean(line, canvas.ascii));
        let (lines, side): (Vec<String>, _) = match (at, room) {
            (0, Some(room)) => (lines.flat_map(|line| names(&line, room)).collect(), CellAlignment::Left),
            (0, None) => (lines.collect(), CellAlignment::Left),
            _ => (lines.collect(), CellAlignment::Right),
        };
        comfy_table::Cell::new(lines.join("\n")).set_alignment(side)
    };
    let cells = |row: &[String]| row.iter().enumerate().map(|(at, text)| cell(at, text)).collect::<Vec<_>>();
    if table.head.iter().any(|name| !name.is_empty()) {
        grid.set_header(cells(&table.head));
    }
    for row in &table.rows {
        grid.add_row(cells(row));
    }
    for column in grid.column_iter_mut() {
        column.set_padding((0, u16::try_from(gap).unwrap_or(1)));
    }
    if room.is_some() {
        for column in grid.column_iter_mut().skip(1) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    } else if let Some(names) = grid.column_mut(0) {
        let least = widest(table, 0, canvas).min(NAMES_LEAST) + gap;
        names.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(u16::try_from(least).unwrap_or(u16::MAX))));
    }
    let body: Vec<String> = grid.lines().map(|line| line.trim_end().to_owned()).collect();
    format!("{}\n{}", wrapped(&clean(&table.caption, canvas.ascii), canvas.width).join("\n"), body.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_too_long_is_broken_where_its_parts_meet() {
        assert_eq!(names("zabbix/web.page.perf-before-2019", 14), ["zabbix/web.", "page.perf-", "before-2019"]);
        assert_eq!(names("host/tokyo-office fresh", 15), ["host/tokyo-", "office fresh"]);
        assert_eq!(names("two words", 5), ["two", "words"]);
        assert_eq!(names("short", 5), ["short"]);
        assert_eq!(names("unbreakable", 4), ["unbr", "eaka", "ble"]);
    }

    /// Milliseconds that were taken for seconds.
    #[test]
    fn figures_a_thousand_times_too_wide_take_no_room_from_names() {
        let head = ["source", "n", "failed", "p50", "p90", "p95", "p99", "mean", "min", "max"];
        let mut table = Table::new("Response time, ms", &head);
        let row = |name: &str, figure: &str| {
            let mut row = vec![name.to_owned(), "480".to_owned(), "12\n2.5 %\n1.3\u{2013}4.3 %".to_owned()];
            row.extend(vec![format!("{figure}\n{figure}\u{2013}{figure}"); 4]);
            row.extend(vec![figure.to_owned(); 3]);
            row
        };
        table.rows.push(row("daily-news\nzabbix/tokyo zabbix", "12345678"));
        let usual = rows(&Table { rows: vec![row("daily-news\nzabbix/tokyo zabbix", "104")], ..table.clone() }, PLAIN);
        assert_eq!(usual.matches("daily-news").count(), 1, "{usual}");
        for width in [60, 80, 100, 120] {
            let wide = rows(&table, Canvas { width, ..PLAIN });
            assert!(wide.lines().all(|line| line.chars().count() <= width), "{width}:\n{wide}");
            let whole = |word: &str| wide.split_whitespace().filter(|found| *found == word).count();
            assert!(whole("daily-news") >= 1 && whole("12345678") == 7, "{width}:\n{wide}");
            assert_eq!(whole("12345678\u{2013}12345678"), 4, "{width}:\n{wide}");
            assert_eq!(wide.matches("Response time, ms").count(), 1, "{width}:\n{wide}");
            assert!(head.iter().skip(1).all(|name| whole(name) == 1), "{width}:\n{wide}");
        }
    }

    const PLAIN: Canvas = Canvas { width: 100, ascii: false };
}
