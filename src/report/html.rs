//! A document as one self-contained file of HTML: no script, nothing fetched.

mod stairs;

use maud::{DOCTYPE, Markup, html};

use super::bars::{Bar, Bars};
use super::clean::clean;
use super::document::{Block, Document, Table, VERBATIM};

const STYLE: &str = include_str!("style.css");

/// Prints a document.
#[must_use]
pub fn page(document: &Document) -> String {
    let title = clean(&document.title, false);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy"
                    content="default-src 'none'; style-src 'unsafe-inline'; img-src data:";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                link rel="icon" href="data:,";
                title { (title) }
                style { (maud::PreEscaped(STYLE)) }
            }
            body {
                main {
                    h1 { (title) }
                    @for block in &document.blocks { (section(block)) }
                }
            }
        }
    }
    .into_string()
}

fn section(block: &Block) -> Markup {
    match block {
        Block::Heading(text) => html! { h2 { (clean(text, false)) } },
        Block::Text(text) => html! { p { (clean(text, false)) } },
        Block::Notes(notes) => html! { ul.notes { @for note in notes { (noted(note)) } } },
        Block::Table(table) => rows(table),
        Block::Bars(bars) => drawn(bars),
        Block::Stairs(steps) => stairs::drawn(steps),
    }
}

fn noted(note: &str) -> Markup {
    match note.strip_prefix(VERBATIM) {
        Some(command) => html! { li.command { code { (clean(command, false)) } } },
        None => html! { li { (clean(note, false)) } },
    }
}

fn lines(text: &str) -> Markup {
    html! {
        @for (at, line) in text.split('\n').enumerate() {
            @if at == 0 { (clean(line, false)) } @else { br; small { (clean(line, false)) } }
        }
    }
}

fn rows(table: &Table) -> Markup {
    html! {
        div.wide {
            table {
                caption { (clean(&table.caption, false)) }
                @if table.head.iter().any(|name| !name.is_empty()) {
                    thead { tr { @for name in &table.head { th scope="col" { (clean(name, false)) } } } }
                }
                tbody {
                    @for row in &table.rows {
                        tr {
                            @for (at, cell) in row.iter().enumerate() {
                                @if at == 0 { th scope="row" { (lines(cell)) } } @else { td { (lines(cell)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn drawn(bars: &Bars) -> Markup {
    let scale = bars.scale();
    html! {
        figure {
            figcaption {
                (clean(&bars.caption, false))
                @for part in bars.kinds() { span class={ "key " (part.as_str()) } {} (part.as_str()) }
            }
            div.bars {
                @for bar in &bars.rows {
                    @if bar.parts.is_empty() {
                        p { (clean(&bar.label, false)) (clean(&bar.figure, false)) }
                    } @else {
                        span { (clean(&bar.label, false)) }
                        (strip(bar, scale))
                        span.figure { (clean(&bar.figure, false)) }
                    }
                }
            }
        }
    }
}

fn strip(bar: &Bar, scale: f64) -> Markup {
    let mut end = bar.offset;
    let pieces: Vec<(&str, f64, f64)> = bar
        .parts
        .iter()
        .map(|(part, length)| {
            let from = end;
            end += length;
            (part.as_str(), from / scale * 1_000.0, length / scale * 1_000.0)
        })
        .collect();
    html! {
        svg viewBox="0 0 1000 14" preserveAspectRatio="none" role="img" aria-label=(clean(&bar.figure, false)) {
            @for (class, from, length) in pieces {
                rect class=(class) x=(format!("{from:.2}")) y="0" height="14"
                    width=(format!("{:.2}", if length > 0.0 { length.max(1.0) } else { 0.0 })) {}
            }
        }
    }
}
