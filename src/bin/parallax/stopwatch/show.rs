//! `parallax stopwatch show`.

use parallax::report::document::Document;
use parallax::report::json::pretty;
use parallax::report::terminal;
use parallax::stopwatch::definition::Definition;
use serde_json::json;

use super::found;
use crate::canvas::CanvasArguments;
use crate::exit::{Answer, Outcome};
use crate::output::print;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The stopwatch, as `parallax stopwatch list` names it; the tool alone where it has only one
    #[arg(value_name = "TOOL")]
    name: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    canvas: CanvasArguments,
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    let definition = found(&arguments.name)?;
    if arguments.json {
        print(&pretty(&json!({ "schema": 1, "stopwatch": definition })))?;
    } else {
        let mut document = Document::new(definition.name);
        document.notes(lines(definition).into_iter().map(|(name, said)| format!("  {name}: {said}")).collect());
        print(&terminal::text(&document, arguments.canvas.meant()))?;
    }
    Ok(Answer::Done)
}

/// Everything, in words.
pub(super) fn lines(definition: &Definition) -> Vec<(&'static str, String)> {
    let mut lines: Vec<(&'static str, String)> = [
        ("tool", definition.tool),
        ("number", definition.metric),
        ("starts", definition.start.as_str()),
        ("stops", definition.stop.as_str()),
        ("redirects", definition.redirects.as_str()),
        ("connections kept", definition.reuse.as_str()),
        ("encoding asked for", definition.encoding.as_str()),
        ("verification", definition.verification.as_str()),
        ("addresses", definition.family.as_str()),
        ("request", definition.request.as_str()),
        ("clock", definition.clock.as_str()),
        ("unit", definition.unit.as_str()),
        ("a failure shows", definition.failures.as_str()),
        ("tried again", definition.retried),
    ]
    .map(|(name, said)| (name, said.to_owned()))
    .into();
    let mut each = |name: &'static str, said: Vec<String>| lines.extend(said.into_iter().map(|said| (name, said)));
    let owned = |said: &[&str]| said.iter().map(|said| (*said).to_owned()).collect();
    each("left out", owned(definition.dropped));
    each("also inside", owned(definition.also_inside));
    each("note", owned(definition.notes));
    each("phase", definition.series.iter().map(|series| format!("{} = {}", series.name, series.formula)).collect());
    each(
        "other versions",
        definition.versions.iter().map(|change| format!("{}: {}", change.versions, change.what)).collect(),
    );
    each(
        "source",
        definition.evidence.iter().map(|found| format!("{} ({})", found.place, found.mark.as_str())).collect(),
    );
    lines
}
