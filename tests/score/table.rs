//! The tables of docs/score.md.

use std::fmt::Write as _;

use super::gate::{Scored, Target, falsely, spread};
use super::memory;
use super::percentiles::{LEVELS, Score, Truth};
use super::tally::{Share, Tally};

/// What the tables are of.
pub struct Scores<'a> {
    pub mean: &'a Scored,
    /// One place, sandboxes that outlive a block of time.
    pub successions: &'a Scored,
    pub memory: &'a [(&'static str, memory::Score)],
    pub percentiles: &'a [(String, Vec<Score>)],
    /// Of S0 at percentiles, by division and by enumeration, from the very same samples; or nothing.
    pub truths: &'a [Truth],
}

/// All of them.
pub fn page(scores: &Scores<'_>, all: &[Target]) -> String {
    format!(
        "## Targets\n\n{}\n{}\n## S0, row by row\n\n{}\n## World by world, the mean\n\n{}\n## One \
         place, sandboxes that outlive a block of time\n\n{}\n## Network or stolen: two \
         memory sizes\n\n{}\n## Percentiles\n\n{}\n## S0 at percentiles: two truths of the same samples\n\n{}",
        targets(all),
        summary(scores.mean),
        rows(scores.mean, "S0"),
        worlds(scores.mean),
        worlds(scores.successions),
        sizes(scores.memory),
        percentiles(scores.percentiles),
        truths(scores.truths),
    )
}

fn truths(both: &[Truth]) -> String {
    let [division, enumeration] = both else { return String::new() };
    let head = LEVELS.map(|(_, level)| format!(" {level}, by division, ms | by enumeration |"));
    let mut text = format!("| row |{}\n|---|---|---|---|---|---|---|\n", head.concat());
    let rows = division.first().map_or(0, Vec::len);
    for row in 0..rows {
        let _ = write!(text, "| {} |", division[0][row].0);
        for (one, other) in division.iter().zip(enumeration) {
            let _ = write!(text, " {:.2} | {:.2} |", one[row].1 + 0.0, other[row].1 + 0.0);
        }
        text.push('\n');
    }
    text
}

fn sizes(scores: &[(&'static str, memory::Score)]) -> String {
    let mut text = String::from(
        "| world | gap, ms | stolen, ms | found: bias, ms | error, ms | half-width, ms | held, % | wrong row by 128 MB alone, \
         % of the gap | with both sizes, % | H4 held by 128 MB alone, % | with both sizes, % | decided right, % | wrongly, % \
         |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for (name, score) in scores {
        let of_gap = |moved: super::tally::Mean| 100.0 * moved.value() / score.gap.value().abs();
        let _ = writeln!(
            text,
            "| {name} | {:.1} | {:.2} | {:+.2} | {:.2} | {:.2} | {} | {:.2} | {:.2} | {} | {} | {} | {} |",
            score.gap.value(),
            score.stolen,
            score.bias.value(),
            score.error.value(),
            score.half.value(),
            share(score.covered),
            of_gap(score.moved[0]),
            of_gap(score.moved[1]),
            share(score.h4[0]),
            share(score.h4[1]),
            share(score.right),
            share(score.wrong),
        );
    }
    text
}

fn share(share: Share) -> String {
    share.value().map_or("–".into(), |value| format!("{:.1}", 100.0 * value))
}

fn targets(targets: &[Target]) -> String {
    let mut text = String::from("| | found | gate | holds | moonshot | reached |\n|---|---|---|---|---|---|\n");
    for one in targets {
        let holds = if one.holds { "yes" } else { "**no**" };
        let reached = one.reached.map_or("–", |reached| if reached { "yes" } else { "no" });
        let _ =
            writeln!(text, "| {} | {} | {} | {holds} | {} | {reached} |", one.what, one.found, one.gate, one.moonshot);
    }
    text
}

/// What goes beside the targets: spreads over worlds.
fn summary(scored: &Scored) -> String {
    let (median, most) = spread(scored);
    let covered = scored.iter().fold(Share::default(), |sum, (_, tally)| sum.and(tally.covered()));
    let (lower, upper) = covered.interval().unwrap_or_default();
    let rows_of = |tally: &Tally| tally.rows.values().fold(Share::default(), |sum, row| sum.and(row.at_work));
    let at_work = scored.iter().fold(Share::default(), |sum, (_, tally)| sum.and(rows_of(tally)));
    let three = scored.iter().fold(Share::default(), |sum, (_, tally)| sum.and(tally.top_three));
    let none: u64 = scored.iter().map(|(_, tally)| tally.without_interval).sum();
    let rows = falsely(scored);
    let all = rows.values().fold(Share::default(), |sum, one| sum.and(*one));
    format!(
        "Misattribution over the worlds that have a gap: median {:.2} %, nine of ten below {:.2} %. Coverage over all \
         worlds {} % of {} intervals (Wilson {:.2}–{:.2} %); {} % where the row is not empty at both sides. The three largest causes right in {} %. False claims, all \
         rows: {} of {}. Runs whose samples are too few for any interval, in no share above: {none}.\n",
        100.0 * median,
        100.0 * most,
        share(covered),
        covered.all,
        100.0 * lower,
        100.0 * upper,
        share(at_work),
        share(three),
        all.yes,
        all.all,
    )
}

fn worlds(scored: &Scored) -> String {
    let mut text = String::from(
        "| world | gap, ms | wrong row, ms | of the gap, % | coverage, % | worst row, % | false, worst row, % | \
         missed, % | top, % | top 3, % | interval score, ms |\n|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for (world, tally) in scored {
        let worst =
            tally.worst().map_or("no interval".into(), |(cause, value)| format!("{:.1} ({cause})", 100.0 * value));
        let most = tally.most_false().filter(|most| most.1 > 0.0);
        let most = most.map_or("0".into(), |(cause, value)| format!("{:.1} ({cause})", 100.0 * value));
        let of_gap = if tally.misattributed.is_empty() {
            "–".into()
        } else {
            format!("{:.2}", 100.0 * tally.misattribution())
        };
        let _ = writeln!(
            text,
            "| {} | {:.1} | {:.2} | {of_gap} | {} | {worst} | {most} | {} | {} | {} | {:.2} |",
            world.name,
            tally.gap.value(),
            tally.moved_ms(),
            share(tally.covered()),
            share(tally.missed()),
            share(tally.top),
            share(tally.top_three),
            tally.interval_score(),
        );
    }
    text
}

/// The rows of one world.
pub fn rows(scored: &Scored, name: &str) -> String {
    let mut text = String::from(
        "| row | truth, ms | bias, ms | error, ms | half-width, ms | coverage, % |\n|---|---|---|---|---|---|\n",
    );
    let Some((_, tally)) = scored.iter().find(|(world, _)| world.name == name) else { return text };
    for (cause, row) in &tally.rows {
        let _ = writeln!(
            text,
            "| {cause} | {:.2} | {:+.3} | {:.3} | {:.3} | {} |",
            row.truth.value(),
            row.bias.value(),
            row.error.value(),
            row.half.value(),
            share(row.covered),
        );
    }
    text
}

fn percentiles(cells: &[(String, Vec<Score>)]) -> String {
    let mut text = String::from(
        "| world | | gap, ms | error of a row, ms | of the gap, % | largest bias, ms | coverage, % | worst row, % | \
         false, % |\n|---|---|---|---|---|---|---|---|---|\n",
    );
    for (name, scores) in cells {
        for (score, (_, level)) in scores.iter().zip(LEVELS) {
            let bias = score.rows.iter().map(|row| (row.0, row.2.value()));
            let bias = bias.max_by(|x, y| x.1.abs().total_cmp(&y.1.abs()));
            let bias = bias.map_or("–".into(), |(cause, ms)| format!("{ms:+.2} ({cause})"));
            let worst =
                score.worst().map_or("no interval".into(), |(cause, of)| format!("{:.1} ({cause})", 100.0 * of));
            let of_gap = if score.gap.abs() > 1.0 {
                format!("{:.2}", 100.0 * score.error() / score.gap.abs())
            } else {
                "–".into()
            };
            let _ = writeln!(
                text,
                "| {name} | {level} | {:.1} | {:.3} | {of_gap} | {bias} | {} | {worst} | {} |",
                score.gap,
                score.error(),
                share(score.covered()),
                share(score.falsely),
            );
        }
    }
    text
}
