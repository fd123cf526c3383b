//! Replayed and real: does what `stopwatch replay` makes of our samples agree with what the real curl said?
//!
//! `cargo bench --bench replay`, on a quiet machine. What is compared, and what came out, is in `docs/replay.md`.
#![expect(unreachable_pub, reason = "in a binary, `pub` is what its parts see of each other")]

mod pair;
mod page;
mod quiet;

use std::process::ExitCode;
use std::time::Duration;

use page::Page;
use pair::Pair;
use parallax::probe::interleave::Rounds;
use parallax::statistics::interval::interval;
use parallax::statistics::level::Level;
use parallax::statistics::observations::Observations;
use parallax::statistics::quantile::{Definition, quantile};

const ROUNDS: usize = 200;
/// Rounds that are not counted: a monitor's first check is not its usual one.
const WARM_UP: usize = 5;
const SEED: u64 = 1;
/// Before each exchange: what the last one left at the server's end is over.
const PAUSE: Duration = Duration::from_millis(5);
/// Over plain HTTP, in milliseconds.
const BOUND_REPLAY: f64 = 0.3;
/// Over HTTPS, in milliseconds.
const BOUND_CPU: f64 = 1.0;

const HELP: &str = "Replays of our samples against the real curl: at most 0.3 ms apart at the median over plain HTTP; over \
    HTTPS the remainder within 1 ms of the two programs' difference in processor time.\nOn a quiet machine only: on a busy \
    one a bound may break through no fault of the code. Exit code 1 where a bound is not kept.";

fn main() -> ExitCode {
    if std::env::args().any(|word| word == "--help" || word == "-h") {
        println!("{HELP}");
        return ExitCode::SUCCESS;
    }
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprintln!("replay: a bound was not kept");
            ExitCode::FAILURE
        }
        Err(reason) => {
            eprintln!("replay: {reason:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<bool> {
    println!("{}", quiet::ask_for_the_processor());
    let mut pages = Page::all()?;
    println!("curl {}, {ROUNDS} rounds in random order, seed {SEED}\n", pages[0].curl.version());
    let pairs = take(&mut pages)?;
    let mut kept = true;
    println!("{:<28} {:>9} {:>19}", "ms", "median", "95 % interval");
    for (page, pairs) in pages.iter().zip(&pairs) {
        println!("{}", page.name);
        row("  curl, as it says", pairs, |pair| pair.curl)?;
        row("  curl, by replay of fresh", pairs, |pair| pair.replayed)?;
        row("  remainder", pairs, Pair::remainder)?;
        row("  processor time of curl", pairs, |pair| pair.curl_cpu)?;
        row("  … within its number", pairs, |pair| pair.curl_cpu_within)?;
        row("  processor time of fresh", pairs, |pair| pair.fresh_cpu)?;
        row("  more processor time", pairs, Pair::more_cpu)?;
    }
    println!();
    let plain = &pairs[0];
    kept &= bound("plain HTTP: remainder", median(plain.iter().map(Pair::remainder))?, BOUND_REPLAY);
    for (page, pairs) in pages.iter().zip(&pairs).skip(1) {
        // Against plain HTTP of the same round: what curl's process spends neither on the processor nor on its
        // number (being made, being waited for) is the same there, and goes out.
        let off = pairs.iter().zip(plain).map(|(pair, plain)| pair.unexplained() - plain.unexplained());
        kept &= bound(&format!("{}: remainder less processor time", page.name), median(off)?, BOUND_CPU);
    }
    Ok(kept)
}

/// The pairs of each page, round by round.
fn take(pages: &mut [Page]) -> anyhow::Result<Vec<Vec<Pair>>> {
    let mut pairs: Vec<Vec<Pair>> = pages.iter().map(|_| Vec::with_capacity(ROUNDS)).collect();
    for (round, order) in Rounds::new(2 * pages.len(), SEED).take(WARM_UP + ROUNDS).enumerate() {
        let mut seen = vec![[None, None]; pages.len()];
        for arm in order {
            std::thread::sleep(PAUSE);
            let (page, method) = (arm / 2, arm % 2);
            seen[page][method] = Some(pages[page].measure(method)?);
        }
        for (pairs, seen) in pairs.iter_mut().zip(seen) {
            if let ([Some(fresh), Some(curl)], true) = (seen, round >= WARM_UP) {
                pairs.push(Pair::of(&fresh, &curl)?);
            }
        }
    }
    Ok(pairs)
}

fn median(values: impl Iterator<Item = f64>) -> anyhow::Result<(f64, f64, f64)> {
    let values = Observations::new(values.collect())?;
    let ends = interval(&values, Level::P50);
    let end = |end: Option<f64>| end.unwrap_or(f64::NAN);
    Ok((quantile(&values, Level::P50, Definition::Linear), end(ends.lower), end(ends.upper)))
}

fn row(name: &str, pairs: &[Pair], of: impl Fn(&Pair) -> f64) -> anyhow::Result<()> {
    let (median, lower, upper) = median(pairs.iter().map(of))?;
    println!("{name:<28} {median:>9.3} {lower:>9.3} {upper:>9.3}");
    Ok(())
}

fn bound(what: &str, (median, lower, upper): (f64, f64, f64), most: f64) -> bool {
    let holds = median.abs() <= most;
    let verdict = if holds { "kept  " } else { "BROKEN" };
    println!("{verdict}  {what}: {median:+.3} ({lower:+.3} to {upper:+.3}) ms, at most {most} either way");
    holds
}
