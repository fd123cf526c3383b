//! What an account makes of ways of measuring: a monitor that shows a total, a bridge, curl, redirects, other ways of a page.

use parallax::explain::account::{Account, Case};
use parallax::explain::bounds::Known;
use parallax::explain::bridge::{self, BridgeError};
use parallax::explain::cause::Cause;
use parallax::explain::cause_row::Label;
use parallax::explain::claim::Claim;
use parallax::explain::question::{Question, Statistic};
use parallax::explain::source::Source;
use parallax::measurement::hop::Family;
use parallax::measurement::identity::{Method, Vantage};
use parallax::measurement::phase::Phase;
use parallax::measurement::sample::CurlRun;
use parallax::statistics::level::Level;

use super::account::{adds_up, far, question, seen, source, totals};
use super::simulator::{Seen, Side};

#[test]
fn a_total_has_bounds_and_no_point_values() {
    let (near, b) = (seen(&Side::default(), 1), seen(&far(), 2));
    let case = Case::new(totals(&near, 0.0), source(&b)).unwrap();
    let known = Known { round_trip: Some(8.0), fresh: Some(true), dns: Some(2.0), server_same_within: Some(5.0) };
    let account = case.account(&Question { known, ..question(Statistic::Mean) });
    adds_up(&account);
    let causes: Vec<Cause> = account.rows.iter().map(|row| row.cause).collect();
    assert_eq!(causes, [Cause::Residual]);
    assert_eq!(account.rows[0].label, Label::NotSeparable);
    assert_eq!(account.not_visible[0].len(), 11);
    // Nor at a percentile: one column alone does not depend on another.
    for level in [Level::P50, Level::P90] {
        let account = case.account(&question(Statistic::Percentile(level)));
        adds_up(&account);
        assert_eq!(
            account.rows.iter().map(|row| row.cause).collect::<Vec<_>>(),
            [Cause::Residual],
            "{:?}",
            account.rows
        );
    }
    let bound = |cause: Cause| *account.bounds.iter().find(|bound| bound.cause == cause).unwrap();
    // Truth: four round trips of 8 ms there and of 25 ms here, but how many there were there is not known; the run-queue
    // delay cannot have been larger there.
    let distance = bound(Cause::Distance);
    assert!((55.0..67.0).contains(&distance.lower_ms) && (69.0..85.0).contains(&distance.upper_ms), "{distance:?}");
    assert!(bound(Cause::Scheduling).lower_ms > 30.0 && bound(Cause::Scheduling).upper_ms < 70.0);
    assert!(account.bounds.iter().all(|bound| bound.lower_ms <= bound.upper_ms));
    assert!(account.verdicts[1..].iter().all(|verdict| verdict.ms.is_none() && verdict.claim == Claim::Undecided));
    // Turned round, the bounds turn too.
    let turned =
        Case::new(source(&b), totals(&near, 0.0)).unwrap().account(&Question { known, ..question(Statistic::Mean) });
    let back = turned.bounds.iter().find(|bound| bound.cause == Cause::Scheduling).unwrap();
    assert!((back.upper_ms + bound(Cause::Scheduling).lower_ms).abs() < 1e-9);
}

#[test]
fn a_bridge_makes_the_way_of_measuring_a_row() {
    let (near, b) = (seen(&Side::default(), 1), seen(&far(), 2));
    let whole = Case::new(source(&near), source(&b)).unwrap().account(&question(Statistic::Mean));
    let bridged =
        bridge::account(&totals(&near, -12.5), source(&near), source(&b), &question(Statistic::Mean)).unwrap();
    adds_up(&bridged);
    let row = |account: &Account, cause: Cause| account.rows.iter().find(|row| row.cause == cause).unwrap().clone();
    let moved = row(&bridged, Cause::Definition).ms - row(&whole, Cause::Definition).ms;
    assert!((moved - 12.5).abs() < 1e-9, "{moved}");
    assert_eq!(row(&bridged, Cause::Definition).claim, Claim::Supported);
    assert_eq!(row(&bridged, Cause::Distance).ms, row(&whole, Cause::Distance).ms);
    let not_mean =
        bridge::account(&totals(&near, 0.0), source(&near), source(&b), &question(Statistic::Percentile(Level::P50)));
    assert_eq!(not_mean.unwrap_err(), BridgeError::NotTheMean);
    let late: Vec<Seen> = seen(&Side::default(), 1)
        .into_iter()
        .map(|mut one| {
            one.sample.slot_ms = one.sample.slot_ms.map(|slot| slot.plus(std::time::Duration::from_secs(86_400)));
            one
        })
        .collect();
    let apart = bridge::account(&totals(&late, 0.0), source(&near), source(&b), &question(Statistic::Mean));
    assert_eq!(apart.unwrap_err(), BridgeError::NoPairs);
}

#[test]
fn curl_fills_what_it_can_and_the_rest_is_one_row() {
    let near = seen(&Side::default(), 1);
    let curl: Vec<Seen> = seen(&Side { name: "b", handshake_cpu: 9.0, ..Side::default() }, 2)
        .into_iter()
        .map(|mut one| {
            one.sample.method = Method::Curl;
            one.sample.curl =
                Some(CurlRun { time_total_us: one.sample.elapsed_us, processes: 1, ..CurlRun::default() });
            let hop = &mut one.sample.hops[0];
            for phase in Phase::ALL {
                if let Some(time) = hop.phases.slot(phase) {
                    (time.network_us, time.cpu_us, time.run_delay_us) = (None, None, None);
                }
            }
            if let Some(connection) = &mut hop.connection {
                connection.tcp = None;
            }
            one
        })
        .collect();
    let account = Case::new(source(&near), source(&curl)).unwrap().account(&question(Statistic::Mean));
    adds_up(&account);
    let causes: Vec<Cause> = account.rows.iter().map(|row| row.cause).collect();
    assert!(!causes.contains(&Cause::Cpu) && !causes.contains(&Cause::Queueing), "{causes:?}");
    let residual = account.rows.iter().find(|row| row.cause == Cause::Residual).unwrap();
    assert!(account.not_visible[1].contains(&"cpu") && account.not_visible[1].contains(&"loss"));
    // Half of curl's extra processor time is spent in the handshake: it is in the rest, and the row says so.
    assert!(residual.ms > 5.0, "{}", residual.ms);
    assert!(account.verdicts[3].ms.is_none() && account.verdicts[3].claim == Claim::Undecided);
}

/// As many redirects at both sides, each one longer at B: that is distance, whatever figure is asked for.
#[test]
fn redirects_that_take_longer_are_no_way_of_measuring() {
    let near = Side { redirected: 1.0, ..Side::default() };
    let far = Side { name: "b", trips: vec![30.0], ..near.clone() };
    let case = Case::new(source(&seen(&near, 1)), source(&seen(&far, 2))).unwrap();
    for statistic in [Statistic::Mean, Statistic::Percentile(Level::P50)] {
        let account = case.account(&question(statistic));
        adds_up(&account);
        let row = |cause: Cause| account.rows.iter().find(|row| row.cause == cause).map_or(0.0, |row| row.ms);
        assert!((row(Cause::Distance) - 7.0 * 22.0).abs() < 3.0, "{statistic:?}: {}", row(Cause::Distance));
        assert!(row(Cause::Redirect).abs() < 0.5, "{statistic:?}: {}", row(Cause::Redirect));
        assert_eq!(account.verdicts[1].claim, Claim::Refuted, "{statistic:?}");
    }
}

/// One curl process that walked a chain shows its sum: what a redirect costs is then in the rest, at every figure.
#[test]
fn a_sum_over_redirects_is_no_way_of_measuring() {
    let redirected = Side { redirected: 1.0, ..Side::default() };
    let summed: Vec<Seen> = seen(&Side { name: "b", trips: vec![30.0], ..redirected.clone() }, 2)
        .into_iter()
        .map(|mut one| {
            let before = one.sample.hops.remove(0).elapsed_us();
            one.sample.hops[0].overhead_us = before;
            one.sample.method = Method::Curl;
            let time_total_us = one.sample.elapsed_us;
            one.sample.curl =
                Some(CurlRun { time_total_us, time_redirect_us: before, processes: 1, ..CurlRun::default() });
            one
        })
        .collect();
    let case = Case::new(source(&seen(&redirected, 1)), source(&summed)).unwrap();
    for statistic in [Statistic::Mean, Statistic::Percentile(Level::P50)] {
        let account = case.account(&question(statistic));
        adds_up(&account);
        let row = |cause: Cause| account.rows.iter().find(|row| row.cause == cause).map_or(0.0, |row| row.ms);
        assert!(row(Cause::Redirect).abs() < 1.0, "{statistic:?}: {}", row(Cause::Redirect));
        assert!((row(Cause::Residual) - account.gap_ms).abs() < 2.0, "{statistic:?}: {}", row(Cause::Residual));
        assert_ne!(account.verdicts[1].claim, Claim::Supported, "{statistic:?}");
    }
}

/// At one place and time only the way of measuring is left to differ; over another address family or to another edge, the
/// way to the server is, too.
#[test]
fn another_family_or_edge_is_not_the_same_way() {
    let host = |name, definition| Side { name, definition, ..Side::default() };
    let (a, b) = (seen(&host("a", 0.0), 1), seen(&host("b", 4.0), 2));
    let met = |seen: &[Seen], family: Family, pop: &str| {
        let mut source = Source::default();
        for one in seen {
            let mut sample = one.sample.clone();
            sample.vantage = Vantage::new("host/here").unwrap();
            let last = sample.hops.last_mut().unwrap();
            last.connection.as_mut().unwrap().family = Some(family);
            last.response.as_mut().unwrap().cdn.pop = Some(pop.into());
            source.add(&sample, &one.environment, Some(one.reported_ms));
        }
        source
    };
    for (family, pop, by_design) in
        [(Family::Ipv4, "NRT", true), (Family::Ipv6, "NRT", false), (Family::Ipv4, "LAX", false)]
    {
        let case = Case::new(met(&a, Family::Ipv4, "NRT"), met(&b, family, pop)).unwrap();
        let account = case.account(&question(Statistic::Mean));
        assert_eq!(account.verdicts[1].by_design, by_design, "{family:?} {pop}");
    }
}
