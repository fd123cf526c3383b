//! What the demo says, for a reader who has read nothing else.

use std::path::Path;

use parallax::measurement::counted::counted;
use parallax::measurement::identity::Method;
use parallax::report::account::comparison::ExplainedComparison;
use parallax::report::document::{Block, Document, VERBATIM};
use parallax::report::figures;
use parallax::statistics::percentile::Percentile;
use parallax::summary::comparison::Comparison;
use parallax::summary::source::SourceSummary;

use super::script::{PAGE, Script};
use crate::turns::Arm;

/// What is about to happen.
pub(super) fn opening(script: &Script, seconds: u64, seed: u64) -> String {
    let [first, second] = PAGE.map(|arm| &script.arms[arm]);
    let mut text = format!(
        "Two monitors watch one page for {seconds} s, offline: the site is inside this program.\n\
         They take turns, in random order (seed {seed}).\n\
         \n\
         page       {url}  a redirect, then 60 KB of HTML\n\
         monitor A  {a:7}  {a_is}\n\
         monitor B  {b:7}  {b_is}\n",
        url = first.target.url,
        a = first.method,
        a_is = described(&first.method),
        b = second.method,
        b_is = described(&second.method),
    );
    if let Some(reason) = &script.without_curl {
        text += &format!("\ncurl cannot be used ({reason}), so `pooled` stands in for it.\n");
    }
    text
}

fn described(method: &Method) -> &'static str {
    match method {
        Method::Fresh => "in this process, on a new connection each time",
        Method::Pooled => "in this process, on a connection it keeps, as an application does",
        Method::Curl => "`curl -k -L`, a process each time, like a script on Lambda",
        Method::Imported(_) => "another tool",
    }
}

/// What comes after the report.
pub(super) fn founding_case(rounds: u32) -> String {
    format!(
        "\nThis machine can do what loopback cannot: the founding case, a real Zabbix on premises against `curl -kL` in a\n\
         small function farther away, in networks of their own, {rounds} rounds, in a few minutes. Its servers end with it.\n\
         Ctrl-C breaks it off (the report above stays); `--lab never` leaves it out.\n"
    )
}

/// What an earlier demo with this seed has left.
pub(super) fn made_before(folder: &Path) -> String {
    format!("lab        the founding case of this seed is in {} already; another seed makes another", folder.display())
}

/// What this machine cannot show.
pub(super) fn not_here(lacking: &str) -> String {
    format!("not here   the founding case, a real Zabbix against `curl -kL` in a small function: {lacking}")
}

/// What came on top and was not to be.
pub(super) fn failed(why: &str) -> String {
    // The folder is not the demo's flag.
    format!("the founding case came to nothing: {}; the report above is whole", why.trim_start_matches("--out "))
}

/// What this machine can show beyond a demo.
pub(super) fn onward(command: &str) -> String {
    format!("next       {command}  (a real Zabbix against `curl -kL` in a small function, in some minutes)")
}

/// Where things stand, beside the bar.
pub(super) fn so_far(arms: &[Arm]) -> String {
    let arms = PAGE.iter().filter_map(|arm| arms.get(*arm));
    let counts: Vec<String> = arms.map(|arm| format!("{} {}", arm.method, arm.answered())).collect();
    counts.join("  ")
}

/// What came of it, as a page: in short first, then why, then everything else.
pub(super) fn page(page: &ExplainedComparison, slow: &ExplainedComparison) -> Document {
    let mut document = Document::new(page.comparison.title.clone());
    document.blocks.extend(in_short(page, slow));
    page.explained.onto(&mut document, false);
    document.heading("Side by side");
    document.blocks.extend(page.comparison.document().blocks);
    document
}

/// The same on a terminal, where the end is what one sees: everything, then in short.
pub(super) fn screen(page: &ExplainedComparison, slow: &ExplainedComparison) -> Document {
    let mut document = page.document();
    document.heading("In short");
    document.blocks.extend(in_short(page, slow));
    document
}

/// The two numbers, the gap, where it lies, what neither number holds, and what a demo cannot show.
fn in_short(page: &ExplainedComparison, slow: &ExplainedComparison) -> Vec<Block> {
    let mut words = headline(&page.comparison.comparison);
    words.extend(on_the_slow_page(&slow.comparison.comparison));
    words.push(HONESTLY.to_owned());
    words.push("With a real page:".to_owned());
    let command = format!("{VERBATIM}parallax compare https://www.example.com/ --a method=fresh --b method=curl");
    words.into_iter().map(Block::Text).chain([Block::Notes(vec![command])]).collect()
}

/// What a demo on loopback cannot show.
const HONESTLY: &str = "This was loopback: no distance, no name server, no lost packet, and nobody checked a certificate. \
    What is left is how the two measure: their process, their TLS library, their HTTP code.";

fn headline(page: &Comparison) -> Vec<String> {
    let (Some(a), Some(b)) = (median(&page.a), median(&page.b)) else {
        return vec!["One of the two was never answered, so there is nothing to compare.".to_owned()];
    };
    let parts: Vec<String> = page
        .where_the_time_went
        .iter()
        .map(|share| format!("{} {}", share.phase, figures::signed(share.gap_ms)))
        .collect();
    let place = page.difference_of_means_ms.filter(|_| !parts.is_empty()).map(|means| {
        format!(
            "Where: the means are {} ms apart, and that is {} ms.",
            figures::signed(means.estimate),
            parts.join(", ")
        )
    });
    [Some(says("A", &page.a, a)), Some(says("B", &page.b, b)), Some(gap(page, a, b)), place, unseen(&page.b)]
        .into_iter()
        .flatten()
        .collect()
}

fn median(source: &SourceSummary) -> Option<Percentile> {
    source.latency_ms.as_ref().map(|latency| latency.percentiles[0])
}

fn says(side: &str, source: &SourceSummary, median: Percentile) -> String {
    let n = source.latency_ms.as_ref().map_or(0, |latency| latency.n);
    let sure = match (median.interval.lower, median.interval.upper) {
        (Some(lower), Some(upper)) => format!(", 95 % sure: {lower:.1} to {upper:.1}"),
        _ => String::new(),
    };
    let checks = counted(n, "check");
    format!("{side}, {}, says {:.1} ms (the median of {checks}{sure}).", source.name.method, median.estimate)
}

fn gap(page: &Comparison, a: Percentile, b: Percentile) -> String {
    let gap = (b.estimate - a.estimate).abs();
    let interval = page.difference_of_medians_ms.map(|difference| difference.interval).unwrap_or_default();
    match (interval.lower, interval.upper) {
        (Some(lower), Some(upper)) if lower > 0.0 || upper < 0.0 => {
            let (who, than) = if lower > 0.0 { ("B", "A") } else { ("A", "B") };
            let (least, most) = (lower.abs().min(upper.abs()), lower.abs().max(upper.abs()));
            format!(
                "The same page at the same time, and {who} shows {gap:.1} ms more than {than} \
                 (95 % sure: {least:.1} to {most:.1})."
            )
        }
        _ => format!("The two are {gap:.1} ms apart: no more than chance could do with so few checks."),
    }
}

/// The cost that no monitor's number shows.
fn unseen(source: &SourceSummary) -> Option<String> {
    let (process, latency) = (source.process_ms.as_ref()?, source.latency_ms.as_ref()?);
    Some(format!(
        "In neither number: on average a check kept a {} process for {:.1} ms and reported {:.1} of them.",
        source.name.method, process.mean, latency.mean
    ))
}

fn on_the_slow_page(slow: &Comparison) -> Option<String> {
    let (a, b) = (median(&slow.a)?, median(&slow.b)?);
    Some(format!(
        "/slow thinks for 150 ms. A says {:.0} ms and B {:.0} ms: there the way of measuring hardly matters.",
        a.estimate, b.estimate
    ))
}

#[cfg(test)]
mod tests {
    use parallax::measurement::identity::{TargetId, Vantage};
    use parallax::summary::comparison::compare;
    use parallax::summary::source::SourceName;

    use super::*;

    #[test]
    fn sides_that_were_never_answered_are_said_to_be_so() {
        let name = |method| SourceName {
            target: TargetId::new("demo/page").unwrap(),
            vantage: Vantage::new("host/demo").unwrap(),
            method,
        };
        let nothing = compare((name(Method::Fresh), []), (name(Method::Curl), []), 1);
        assert_eq!(headline(&nothing), ["One of the two was never answered, so there is nothing to compare."]);
        assert_eq!(on_the_slow_page(&nothing), None);
    }
}
