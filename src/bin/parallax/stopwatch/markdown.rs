//! The table and its sources as Markdown: `docs/stopwatches.md`.

use std::fmt::Write;

use parallax::stopwatch::definition::Definition;
use parallax::stopwatch::replay::ALWAYS;

use super::list::{HEAD, cells};
use super::show;

pub(super) fn page(all: &[&'static Definition]) -> String {
    let mut page = String::from(
        "# Stopwatches\n\nWhat each monitor's headline number starts, stops and leaves out, without options. This page is \
         what `parallax stopwatch list --markdown` prints.\n\n",
    );
    row(&mut page, HEAD);
    row(&mut page, ["---"; 9]);
    for definition in all {
        row(&mut page, cells(definition));
    }
    let _ = write!(
        page,
        "\n`parallax stopwatch replay` says what each of them would have shown for samples of ours. {ALWAYS}\n"
    );
    for definition in all {
        let _ = write!(page, "\n## {}\n\n", definition.name);
        for (name, said) in show::lines(definition) {
            let _ = writeln!(page, "- {name}: {said}");
        }
    }
    page
}

fn row(page: &mut String, cells: [&str; 9]) {
    let _ = writeln!(page, "| {} |", cells.join(" | "));
}
