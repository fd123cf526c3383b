//! From what each request met to what made the gap: means, and products divided as the account's rows mean them.

use std::collections::BTreeMap;

use super::facts::Facts;

/// The gap of the means, and the milliseconds of each row.
#[must_use]
pub fn rows(a: &[Facts], b: &[Facts]) -> (f64, BTreeMap<&'static str, f64>) {
    let (a, b) = (Side(a), Side(b));
    let mut rows: BTreeMap<&'static str, f64> = BTreeMap::new();
    let mut add = |name: &'static str, ms: f64| *rows.entry(name).or_default() += ms;
    let change = |of: Column| b.mean(of) - a.mean(of);
    add("definition", 0.0);
    add("timing", change(|one| one.load_ms));
    add("fallback", change(|one| one.fallback_ms));
    add("loss", change(|one| one.loss_ms));
    add("server", change(|one| one.think_ms));
    add("residual", change(|one| one.hidden_ms + one.held_ms));
    add("cdn", change(|one| one.origin_ms));
    add("transfer", change(|one| one.transfer_ms));
    // Round trips times their length, which is that of the trips that were made: the site may have two addresses.
    let plain = |side: &Side| side.mean(|one| one.floor_ms);
    let length = |side: &Side, trips: Column| {
        let made = side.mean(trips);
        if made > 0.0 { side.mean(|one| trips(one) * one.floor_ms) / made } else { plain(side) }
    };
    let base = |side: &Side| [side.mean(|one| one.base_trips), length(side, |one| one.base_trips)];
    let base = orders(&base(&a), &base(&b));
    add("transfer", base[0]);
    add("distance", base[1]);
    let fresh = |side: &Side| side.mean(|one| f64::from(u8::from(one.fresh)));
    let trips = |side: &Side| side.of(|one| one.fresh, |one| one.setup_trips);
    let (trips_a, trips_b) = borrowed(trips(&a), trips(&b));
    let length = |side: &Side| length(side, |one| one.setup_trips);
    let setup = orders(&[fresh(&a), trips_a, length(&a)], &[fresh(&b), trips_b, length(&b)]);
    add("reuse", setup[0]);
    add("tls_version", setup[1]);
    add("distance", setup[2]);
    // A first use costs what it costs: whatever of the total it takes.
    let ladders: [(&'static str, Column); 4] = [
        ("dns", |one| one.dns_ms),
        ("queueing", |one| one.queue_ms),
        ("cpu", |one| one.cpu_ms),
        ("scheduling", |one| one.stolen_ms),
    ];
    for (name, of) in ladders {
        let (reuse, cold) = steps(&a, &b, of);
        add("reuse", reuse);
        add("cold", cold);
        add(name, change(of) - reuse - cold);
    }
    add("cold", steps(&a, &b, Facts::rest_ms).1);
    // A redirect costs what the one hop took; where one side has none, it is taken to cost the same.
    let cost = |side: &Side| side.of(|one| one.redirects > 0.0, |one| one.redirect_ms / one.redirects);
    let (cost_a, cost_b) = borrowed(cost(&a), cost(&b));
    let count = |side: &Side| side.mean(|one| one.redirects);
    let parts = orders(&[count(&a), cost_a], &[count(&b), cost_b]);
    add("redirect", parts[0]);
    // What is dearer about one is its path first.
    let path = |side: &Side| side.of(|one| one.redirects > 0.0, |one| (one.setup_trips + 1.0) * one.floor_ms);
    let (path_a, path_b) = borrowed(path(&a), path(&b));
    let farther = orders(&[count(&a), path_a], &[count(&b), path_b])[1];
    add("distance", farther);
    let dns = |side: &Side| side.of(|one| one.redirects > 0.0, |one| one.dns_ms);
    let (dns_a, dns_b) = borrowed(dns(&a), dns(&b));
    let slower = orders(&[count(&a), dns_a], &[count(&b), dns_b])[1];
    add("dns", slower);
    let local = |of: Column| {
        let (x, y) = borrowed(a.of(|one| one.redirects > 0.0, of), b.of(|one| one.redirects > 0.0, of));
        orders(&[count(&a), x], &[count(&b), y])[1]
    };
    let (work, stolen) = (local(|one| one.cpu_ms), local(|one| one.stolen_ms));
    add("cpu", work);
    add("scheduling", stolen);
    add("residual", parts[1] - farther - slower - work - stolen);
    (change(|one| one.total_ms), rows)
}

/// What of a request is added up.
type Column = fn(&Facts) -> f64;

struct Side<'a>(&'a [Facts]);

impl Side<'_> {
    fn mean(&self, of: impl Fn(&Facts) -> f64) -> f64 {
        self.0.iter().map(of).sum::<f64>() / self.0.len().max(1) as f64
    }

    /// The mean over those that are so; absent where none is.
    fn of(&self, so: impl Fn(&Facts) -> bool, of: impl Fn(&Facts) -> f64) -> Option<f64> {
        let values: Vec<f64> = self.0.iter().filter(|one| so(one)).map(of).collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    }
}

fn borrowed(a: Option<f64>, b: Option<f64>) -> (f64, f64) {
    (a.or(b).unwrap_or(0.0), b.or(a).unwrap_or(0.0))
}

/// What new connections, and what first uses, make of a column's change.
fn steps(a: &Side, b: &Side, of: Column) -> (f64, f64) {
    let states = |side: &Side| {
        let kept = side.of(|one| !one.fresh, of);
        let fresh = side.of(|one| one.fresh && !one.cold, of);
        let cold = side.of(|one| one.fresh && one.cold, of);
        let step = |from: Option<f64>, to: Option<f64>| from.zip(to).map(|(from, to)| to - from);
        (step(kept, fresh), step(fresh, cold))
    };
    let ((fresh_a, cold_a), (fresh_b, cold_b)) = (states(a), states(b));
    let (fresh_a, fresh_b) = borrowed(fresh_a, fresh_b);
    let (cold_a, cold_b) = borrowed(cold_a, cold_b);
    let share = |side: &Side, so: fn(&Facts) -> bool| side.mean(|one| f64::from(u8::from(so(one))));
    let new = [share(a, |one| one.fresh), share(b, |one| one.fresh)];
    let first = [share(a, |one| one.fresh && one.cold), share(b, |one| one.fresh && one.cold)];
    (orders(&[new[0], fresh_a], &[new[1], fresh_b])[0], orders(&[first[0], cold_a], &[first[1], cold_b])[0])
}

/// A product's change given to its factors: the mean over every order in which they may change.
fn orders(a: &[f64], b: &[f64]) -> Vec<f64> {
    let count = a.len();
    let mut sums = vec![0.0; count];
    let mut ways = 0.0;
    let mut order: Vec<usize> = (0..count).collect();
    permute(&mut order, 0, &mut |order| {
        let mut now = a.to_vec();
        for &factor in order {
            let before: f64 = now.iter().product();
            now[factor] = b[factor];
            sums[factor] += now.iter().product::<f64>() - before;
        }
        ways += 1.0;
    });
    sums.iter().map(|sum| sum / ways).collect()
}

fn permute(order: &mut [usize], from: usize, each: &mut dyn FnMut(&[usize])) {
    if from + 1 >= order.len() {
        return each(order);
    }
    for other in from..order.len() {
        order.swap(from, other);
        permute(order, from + 1, each);
        order.swap(from, other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain() -> Facts {
        let mut one = Facts {
            fresh: true,
            dns_ms: 2.0,
            floor_ms: 10.0,
            setup_trips: 2.0,
            base_trips: 1.0,
            think_ms: 5.0,
            cpu_ms: 1.0,
            ..Facts::default()
        };
        one.total_ms = 38.0;
        one
    }

    fn near(rows: &BTreeMap<&'static str, f64>, expected: &[(&'static str, f64)]) {
        for (name, ms) in rows {
            let wanted = expected.iter().find(|(row, _)| row == name).map_or(0.0, |(_, ms)| *ms);
            assert!((ms - wanted).abs() < 1e-9, "{name}: {ms}, not {wanted}");
        }
    }

    #[test]
    fn a_factor_alone_is_its_row_alone() {
        let a = vec![plain(); 4];
        near(&rows(&a, &a).1, &[]);
        let farther = Facts { floor_ms: 30.0, total_ms: 98.0, ..plain() };
        near(&rows(&a, &vec![farther; 4]).1, &[("distance", 60.0)]);
        let older = Facts { setup_trips: 3.0, total_ms: 48.0, ..plain() };
        near(&rows(&a, &vec![older; 4]).1, &[("tls_version", 10.0)]);
        let sent_on = Facts { redirects: 1.0, redirect_ms: 33.0, total_ms: 71.0, ..plain() };
        near(&rows(&a, &[plain(), sent_on]).1, &[("redirect", 16.5)]);
    }

    #[test]
    fn of_two_addresses_each_trip_is_as_long_as_its_own() {
        // The farther one is asked on a kept connection, so that no trip of setting up is as long as its own.
        let there = Facts { floor_ms: 40.0, setup_trips: 0.0, fresh: false, total_ms: 48.0, ..plain() };
        let (gap, found) = rows(&[plain(); 2], &[plain(), there]);
        assert!((found.values().sum::<f64>() - gap).abs() < 1e-9, "{found:?}");
        assert!((found["distance"] - 15.0).abs() < 1e-9 && (found["reuse"] + 10.0).abs() < 1e-9, "{found:?}");
    }

    #[test]
    fn a_kept_connection_is_reuse_with_its_lookup_and_its_work() {
        let kept = Facts { fresh: false, dns_ms: 0.0, setup_trips: 0.0, cpu_ms: 0.4, total_ms: 15.4, ..plain() };
        near(&rows(&[kept; 3], &[plain(), kept, plain(), kept]).1, &[("reuse", 0.5 * (20.0 + 2.0 + 0.6))]);
    }

    #[test]
    fn a_first_use_costs_whatever_it_took() {
        let first = Facts { cold: true, cpu_ms: 4.0, dns_ms: 3.0, total_ms: 38.0 + 4.0 + 20.0, ..plain() };
        let found = rows(&[plain(); 3], &[plain(), first]).1;
        near(&found, &[("cold", 0.5 * 24.0)]);
    }

    #[test]
    fn factors_of_a_product_share_its_change_evenly_over_orders() {
        let parts = orders(&[1.0, 2.0, 10.0], &[0.5, 3.0, 20.0]);
        assert!((parts.iter().sum::<f64>() - (30.0 - 20.0)).abs() < 1e-12);
        assert!((orders(&[2.0, 5.0], &[4.0, 7.0])[0] - 2.0 * 6.0).abs() < 1e-12);
    }
}
