//! The sources as a table: a line each where the page is wide enough, else two.

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, presets};
use parallax::archive::port::SourceLine;
use parallax::measurement::units::UnixMillis;
use parallax::report::clean::clean;
use parallax::report::terminal::Canvas;

use super::ago;

pub(super) fn table(sources: &[SourceLine], now: UnixMillis, canvas: Canvas) -> String {
    let wide = drawn(
        &["target", "vantage", "method", "samples", "failures", "missed", "first seen", "last seen"],
        sources.iter().map(|line| {
            let [first, last] = seen(line, now);
            let names = [line.target.to_string(), line.vantage.to_string(), line.method.to_string()];
            [&names[..], &counts(line), &[first, last]].concat()
        }),
        3,
        canvas,
    );
    if wide.lines().all(|line| line.chars().count() <= canvas.width) {
        return wide;
    }
    drawn(
        &["source", "samples", "failures", "missed", "first seen\nlast seen"],
        sources.iter().map(|line| {
            let name = format!("{}\n{} {}", line.target, line.vantage, line.method);
            [&[name][..], &counts(line), &[seen(line, now).join("\n")]].concat()
        }),
        1,
        canvas,
    )
}

fn counts(line: &SourceLine) -> [String; 3] {
    [line.samples, line.failures, line.missed].map(|count| count.to_string())
}

fn seen(line: &SourceLine, now: UnixMillis) -> [String; 2] {
    line.span.map_or(["never"; 2].map(str::to_owned), |span| [span.first, span.last].map(|moment| ago(moment, now)))
}

/// `names` columns of names stand before the three of counts; only the first may wrap.
fn drawn(head: &[&str], rows: impl Iterator<Item = Vec<String>>, names: usize, canvas: Canvas) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(head);
    for row in rows {
        table.add_row(row);
    }
    for (at, column) in table.column_iter_mut().enumerate() {
        if (names..names + 3).contains(&at) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        if names == 1 && at > 0 {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    if names == 1 {
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(u16::try_from(canvas.width).unwrap_or(u16::MAX));
    }
    let lines: Vec<String> = table.lines().map(|line| clean(line.trim_end(), canvas.ascii)).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use parallax::archive::port::Span;

    use super::*;

    #[test]
    fn a_page_too_narrow_for_a_line_a_source_has_two_and_loses_nothing() {
        let line = SourceLine {
            target: "www.example.com/news/today".parse().unwrap(),
            vantage: "lambda/ap-northeast-1/1769".parse().unwrap(),
            method: "blackbox_exporter".parse().unwrap(),
            samples: 1_234_567,
            failures: 89,
            missed: 5,
            span: Some(Span { first: UnixMillis(0), last: UnixMillis(86_400_000) }),
        };
        let page = |width| table(std::slice::from_ref(&line), UnixMillis(90_000_000), Canvas { width, ascii: true });
        for width in [60, 80, 100, 140] {
            let page = page(width);
            assert!(page.lines().all(|line| line.chars().count() <= width), "{width}:\n{page}");
            let whole: String = page.split_whitespace().collect();
            for part in ["1234567", "89", "5", "1day 1h ago", "1h ago"] {
                assert!(whole.contains(&part.replace(' ', "")), "{width}, {part}:\n{page}");
            }
        }
        assert!(page(140).lines().count() == 2 && page(80).lines().count() > 2, "{}", page(80));
    }
}
