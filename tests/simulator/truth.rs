//! What the causes really were: means of the world, not of what was seen of it.

use std::collections::BTreeMap;

use super::{ATTEMPT, ORIGIN, Side, TIMEOUT};

/// A product's change given to its factors by trying every order, which is what the closed forms claim to be.
fn orders(a: &[f64], b: &[f64]) -> Vec<f64> {
    fn walk(a: &[f64], b: &[f64], changed: &mut Vec<bool>, sums: &mut Vec<f64>, count: &mut f64) {
        let worth = |changed: &[bool]| (0..a.len()).map(|j| if changed[j] { b[j] } else { a[j] }).product::<f64>();
        let open: Vec<usize> = (0..a.len()).filter(|j| !changed[*j]).collect();
        // Each way to finish the order from here counts once.
        let ways = (1..open.len()).product::<usize>().max(1) as f64;
        if open.len() == a.len() {
            *count = (1..=a.len()).product::<usize>() as f64;
        }
        for j in open {
            let before = worth(changed);
            changed[j] = true;
            sums[j] += (worth(changed) - before) * ways;
            walk(a, b, changed, sums, count);
            changed[j] = false;
        }
    }
    let (mut sums, mut count) = (vec![0.0; a.len()], 1.0);
    walk(a, b, &mut vec![false; a.len()], &mut sums, &mut count);
    sums.iter().map(|sum| sum / count).collect()
}

struct Means {
    trip: f64,
    new: f64,
    cold: f64,
    setup: f64,
    /// Extra of a new connection over a kept one, and the level of the kept one: dns, queue, cpu, stolen.
    kept: [f64; 4],
    step: [f64; 4],
    cold_step: [f64; 4],
}

/// The mean of √speed over the speeds of sandboxes: cpu is divided by it, so that its mean is the parameter.
fn means(side: &Side) -> Means {
    let trip = side.trips.iter().sum::<f64>() / side.trips.len() as f64;
    let base = f64::from(1 + side.rounds);
    let setup = if side.tls12 { 3.0 } else { 2.0 };
    let speed = if side.life > 0 { 1.0 } else { 1.0 / 0.993_2 };
    Means {
        trip,
        new: 1.0 - side.reused,
        cold: if side.life > 0 { 1.0 / f64::from(side.life) } else { 0.0 },
        setup,
        kept: [0.0, side.queue * base, side.cpu * speed, side.stolen],
        step: [side.dns, side.queue * setup, side.handshake_cpu * speed, 0.0],
        cold_step: [side.cold[0], 0.0, side.cold[1], side.cold[2]],
    }
}

/// Milliseconds by cause for B less A, and by how much sampling times moved it.
///
/// What only one side does (A reuses, B has cold starts), the other is taken to do alike.
pub fn truth(a: &Side, b: &Side, timing: f64) -> BTreeMap<&'static str, f64> {
    let (x, y) = (means(a), means(b));
    let mut rows: BTreeMap<&'static str, f64> = BTreeMap::new();
    let mut add = |name: &'static str, ms: f64| *rows.entry(name).or_default() += ms;
    add("definition", b.definition - a.definition);
    add("timing", timing);
    add("loss", TIMEOUT * (b.lost * y.new - a.lost * x.new));
    add("fallback", ATTEMPT * (b.fallback * y.new - a.fallback * x.new));
    add("server", b.server - a.server);
    add("residual", b.hidden - a.hidden);
    add("cdn", ORIGIN * (b.miss - a.miss));
    let base = orders(&[f64::from(1 + a.rounds), x.trip], &[f64::from(1 + b.rounds), y.trip]);
    add("transfer", base[0] + b.transfer - a.transfer);
    add("distance", base[1]);
    let setup = orders(&[x.new, x.setup, x.trip], &[y.new, y.setup, y.trip]);
    add("reuse", setup[0]);
    add("tls_version", setup[1]);
    add("distance", setup[2]);
    let names = ["dns", "queueing", "cpu", "scheduling"];
    for (at, name) in names.into_iter().enumerate() {
        // A step that a side never takes is borrowed.
        let step = |own: &Means, side: &Side, other: &Means, other_side: &Side| {
            if side.reused > 0.0 {
                own.step[at]
            } else if other_side.reused > 0.0 {
                other.step[at]
            } else {
                0.0
            }
        };
        let (step_a, step_b) = (step(&x, a, &y, b), step(&y, b, &x, a));
        let cold = |own: &Means, other: &Means| if own.cold > 0.0 { own.cold_step[at] } else { other.cold_step[at] };
        let (cold_a, cold_b) = (cold(&x, &y), cold(&y, &x));
        let whole = |m: &Means| m.kept[at] + m.new * m.step[at] + m.new * m.cold * m.cold_step[at];
        let reuse = (y.new - x.new) * f64::midpoint(step_a, step_b);
        let first = (y.new * y.cold - x.new * x.cold) * f64::midpoint(cold_a, cold_b);
        add("reuse", reuse);
        add("cold", first);
        add(name, whole(&y) - whole(&x) - reuse - first);
    }
    // A redirect is a hop of its own: path (with its queues in "other"), dns, cpu, stolen, other.
    let cost = |m: &Means, side: &Side| {
        let trips = m.setup + 1.0;
        let local = (m.kept[2] + m.step[2], m.kept[3]);
        [trips * m.trip, side.dns, local.0, local.1, 3.0 + trips * side.queue]
    };
    let (cost_a, cost_b) = (cost(&x, a), cost(&y, b));
    for (at, name) in ["distance", "dns", "cpu", "scheduling", "residual"].into_iter().enumerate() {
        let borrowed = |own: &Side, mine: f64, other: &Side, theirs: f64| {
            if own.redirected > 0.0 || other.redirected <= 0.0 { mine } else { theirs }
        };
        let from = borrowed(a, cost_a[at], b, cost_b[at]);
        let to = borrowed(b, cost_b[at], a, cost_a[at]);
        let parts = orders(&[a.redirected, from], &[b.redirected, to]);
        add("redirect", parts[0]);
        add(name, parts[1]);
    }
    rows
}
