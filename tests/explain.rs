//! What every account must hold, whatever the data: it adds up, it turns with its sides, equal sides differ by nothing.

use parallax::explain::cause::Cause;
use parallax::explain::composition::compose;
use parallax::explain::floor;
use parallax::explain::interval::{Intervals, NoInterval, of_mean};
use parallax::explain::ledger::{Row, Seen as Column};
use parallax::explain::mean;
use parallax::explain::percentile;
use parallax::explain::sides::{Sides, SidesError};
use parallax::measurement::hop::{Fallback, OnWire};
use parallax::measurement::phase::Phase;
use parallax::measurement::units::Micros;
use parallax::statistics::level::Level;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::score::cell::rows;
use super::simulator::{Seen, Side, sample, shocks};

const LEVELS: [Level; 3] = [Level::P50, Level::P90, Level::P99];

prop_compose! {
    fn side(name: &'static str, life: u32)(
        trip in 1.0..90.0_f64, places in 1..4_usize, reused in 0..3_u32, tls12: bool, redirected in 0..3_u32,
        times in prop::array::uniform6(0.0..9.0_f64), said in 0..3_u32, skew in 0..2_u32, miss in 0..3_u32,
    ) -> Side {
        Side {
            name,
            trips: (0..places).map(|place| trip * (1.0 + place as f64 / 3.0)).collect(),
            life,
            reused: f64::from(reused) / 2.0,
            tls12,
            redirected: f64::from(redirected) / 2.0,
            dns: times[0],
            queue: times[1],
            stolen: times[2],
            cold: [times[3], times[4], times[5]],
            lost: times[5] / 90.0,
            said: f64::from(said) / 2.0,
            skew: f64::from(skew) * 0.8,
            miss: f64::from(miss) / 2.0,
            ..Side::default()
        }
    }
}

fn sides_of(a: &Side, b: &Side, slots: u32, seed: u64) -> (Vec<Row>, Vec<Row>) {
    let shocks = shocks(seed, slots);
    let of = |side: &Side, own: u64| rows(&sample(side, seed + own, slots, &shocks, true));
    (of(a, 1), of(b, 2))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, rng_seed: RngSeed::Fixed(20_261_123), ..ProptestConfig::default() })]

    #[test]
    fn accounts_add_up_turn_with_their_sides_and_heed_no_order(a in side("a", 0), b in side("b", 7), seed in 0..900_u64) {
        let (a, b) = sides_of(&a, &b, 48, seed);
        let sides = Sides::new(a.clone(), b.clone()).unwrap();
        let turned = Sides::new(b.clone(), a.clone()).unwrap();
        let shuffled = Sides::new(a.into_iter().rev().collect(), b.into_iter().rev().collect()).unwrap();
        let (mean_gap, back) = (mean::explain(&sides), mean::explain(&turned));
        prop_assert!((mean_gap.shares.sum() - mean_gap.gap).abs() < 1e-9 && mean_gap.rounding.abs() < 1e-9);
        prop_assert_eq!(mean::explain(&shuffled), mean_gap);
        for cause in Cause::ALL {
            let sum = mean_gap.shares.get(cause) + back.shares.get(cause);
            prop_assert!(sum.abs() < 1e-9, "{} {}", cause, sum);
        }
        let (there, back) = (percentile::explain(&sides, &LEVELS, 5), percentile::explain(&turned, &LEVELS, 5));
        prop_assert_eq!(percentile::explain(&shuffled, &LEVELS, 5), there.clone());
        for (there, back) in there.iter().zip(&back) {
            prop_assert!((there.shares.sum() - there.gap).abs() < 1e-9 && there.rounding.abs() < 1e-9);
            for cause in Cause::ALL {
                let sum = there.shares.get(cause) + back.shares.get(cause);
                prop_assert!(sum.abs() < 1e-9, "{} {}", cause, sum);
            }
        }
        for level in LEVELS {
            let whole = compose(&sides, level, 5).unwrap();
            let sum: f64 = whole.parts.iter().map(|part| part.b_ms).sum();
            prop_assert!((sum - whole.values_ms[1]).abs() < 1e-9);
        }
    }

    #[test]
    fn equal_sides_differ_by_nothing(a in side("a", 5), seed in 0..900_u64) {
        let (a, _) = sides_of(&a, &a, 40, seed);
        let renamed = a.iter().map(|row| Row { id: row.id ^ 0x55, ..*row }).collect();
        let sides = Sides::new(a, renamed).unwrap();
        for shares in [mean::explain(&sides).shares].into_iter().chain(
            percentile::explain(&sides, &LEVELS, 1).into_iter().map(|found| found.shares),
        ) {
            for cause in Cause::ALL {
                prop_assert!(shares.get(cause).abs() < 1e-9, "{} {}", cause, shares.get(cause));
            }
        }
    }

    #[test]
    fn splitting_a_weight_changes_nothing(a in side("a", 0), b in side("b", 6), seed in 0..900_u64, half in 0.1..0.9_f64) {
        let (a, b) = sides_of(&a, &b, 40, seed);
        let whole = Sides::new(a.clone(), b.clone()).unwrap();
        // Into two samples that are alike, which is the same for a mean; and into two parts of one sample, which is the same
        // for every figure.
        let in_two = |row: &Row, other: u64| {
            [Row { weight: half, ..*row }, Row { weight: 1.0 - half, id: row.id ^ other, ..*row }]
        };
        let alike = Sides::new(a.clone(), b.iter().flat_map(|row| in_two(row, 1)).collect()).unwrap();
        let parted = Sides::new(a, b.iter().flat_map(|row| in_two(row, 0)).collect()).unwrap();
        let (mean_whole, mean_parted) = (mean::explain(&whole), mean::explain(&parted));
        let mut both = vec![(mean_whole.shares, mean::explain(&alike).shares), (mean_whole.shares, mean_parted.shares)];
        let [found, split] = [&whole, &parted].map(|sides| percentile::explain(sides, &LEVELS, 5));
        both.extend(found.iter().zip(&split).map(|(found, split)| (found.shares, split.shares)));
        for (whole, split) in both {
            for cause in Cause::ALL {
                let moved = whole.get(cause) - split.get(cause);
                prop_assert!(moved.abs() < 1e-8, "{} {}", cause, moved);
            }
        }
        let [ends, of_parted] = [(&whole, mean_whole), (&parted, mean_parted)].map(|(sides, point)| of_mean(sides, &point, 3, 6));
        if let (Ok(ends), Ok(of_parted)) = (ends, of_parted) {
            for (one, other) in ends.rows.iter().zip(&of_parted.rows) {
                prop_assert!((one.lower.unwrap() - other.lower.unwrap()).abs() < 1e-6, "{:?} {:?}", one, other);
            }
        }
    }
}

#[test]
fn a_round_trip_that_the_header_waited_for_is_the_bodys_and_not_the_servers() {
    let side = Side { rounds: 1, said: 1.0, ..Side::default() };
    let seen = sample(&side, 4, 60, &shocks(4, 60), false);
    let late: Vec<_> = seen
        .iter()
        .map(|one| {
            let mut one = one.clone();
            let hop = one.sample.hops.last_mut().unwrap();
            let (wait, receive) = (hop.phases.wait.as_mut().unwrap(), hop.phases.receive.as_mut().unwrap());
            let record = Micros(receive.elapsed_us.0 / 2);
            wait.elapsed_us += record;
            receive.elapsed_us = receive.elapsed_us.saturating_sub(record);
            wait.network_us = wait.network_us.map(|network| network + record);
            receive.network_us = receive.network_us.map(|network| network.saturating_sub(record));
            let (wait, received) = (wait.elapsed_us, receive.network_us.unwrap_or_default());
            let earlier = [hop.phases.connect, hop.phases.tls, hop.phases.send];
            let first: Micros = earlier.iter().flatten().map(|time| time.elapsed_us).sum::<Micros>() + wait;
            hop.on_wire = Some(OnWire {
                first_packet_us: Some(first.saturating_sub(record)),
                first_byte_us: first,
                last_byte_us: first + received,
            });
            one
        })
        .collect();
    let settled = |seen: &[Seen]| {
        let mut rows = rows(seen);
        floor::settle(&mut rows);
        rows
    };
    let columns = |row: &Row| (row.base_trips, row.transfer, row.server_said, row.boasted);
    for (usual, late) in settled(&seen).iter().zip(settled(&late)) {
        let ((trips, transfer, said, _), (as_usual, moved, still_said, boasted)) = (columns(usual), columns(&late));
        assert_eq!((trips, said, boasted), (as_usual, still_said, false));
        assert!((transfer - moved).abs() < 1e-9 && (usual.rest() - late.rest()).abs() < 1e-9, "{usual:?} {late:?}");
    }
}

/// A thread that is kept from running while its packet is under way could only have waited.
#[test]
fn a_run_queue_delay_beside_a_wait_for_the_network_costs_nothing() {
    let side = Side { redirected: 0.5, stolen: 4.0, ..Side::default() };
    let seen = sample(&side, 6, 60, &shocks(6, 60), true);
    let mut beside = seen.clone();
    for one in &mut beside {
        for hop in &mut one.sample.hops {
            for phase in Phase::ALL {
                if let Some(time) = hop.phases.slot(phase) {
                    let more = time.network_us.unwrap_or_default();
                    time.run_delay_us = time.run_delay_us.map(|delay| delay + more);
                    one.sample.local.run_delay_us = one.sample.local.run_delay_us.map(|delay| delay + more);
                }
            }
        }
    }
    let (as_it_was, beside) = (rows(&seen), rows(&beside));
    assert!(
        as_it_was.iter().any(|row| row.scheduling > 1.0) && as_it_was.iter().any(|row| row.redirects.scheduling > 1.0)
    );
    for (one, other) in as_it_was.iter().zip(&beside) {
        for (one, other) in [
            (one.scheduling, other.scheduling),
            (one.redirects.scheduling, other.redirects.scheduling),
            (one.dns, other.dns),
            (one.redirects.dns, other.redirects.dns),
        ] {
            assert!((one - other).abs() < 0.01, "{one} and {other}");
        }
    }
}

#[test]
fn a_round_trip_that_was_partly_our_own_work_is_one_and_a_short_pause_is_none() {
    let side = Side { rounds: 1, trips: vec![30.0], queue: 0.0, lost: 0.0, transfer: 0.0, ..Side::default() };
    let seen = sample(&side, 4, 60, &shocks(4, 60), false);
    let trips = |worked: u64| -> Vec<f64> {
        let mut seen = seen.clone();
        for one in &mut seen {
            let receive = one.sample.hops.last_mut().unwrap().phases.receive.as_mut().unwrap();
            receive.cpu_us = receive.cpu_us.map(|time| time + Micros(worked));
        }
        let mut rows = rows(&seen);
        floor::settle(&mut rows);
        rows.iter().map(|row| row.base_trips).collect()
    };
    for (worked, expected) in [(0, 2.0), (6_000, 2.0), (15_000, 1.0)] {
        assert!(trips(worked).iter().all(|trips| *trips == expected), "{worked}: {:?}", trips(worked));
    }
}

/// Whoever decrypts a page while the rest of it comes is done no later for it.
#[test]
fn work_with_a_page_that_is_still_coming_costs_nothing() {
    let side = Side { stolen: 6.0, ..Side::default() };
    let seen = sample(&side, 6, 60, &shocks(6, 60), true);
    let mut beside = seen.clone();
    for one in &mut beside {
        let hop = one.sample.hops.last_mut().unwrap();
        let earlier = [hop.phases.connect, hop.phases.tls, hop.phases.send, hop.phases.wait];
        let before: Micros = earlier.iter().flatten().map(|time| time.elapsed_us).sum();
        let receive = hop.phases.receive.as_mut().unwrap();
        // The path brings it for twenty milliseconds more, of which twelve were work and five a wait for a processor.
        receive.elapsed_us += Micros(20_000);
        receive.network_us = receive.network_us.map(|network| network + Micros(3_000));
        receive.cpu_us = receive.cpu_us.map(|cpu| cpu + Micros(12_000));
        receive.run_delay_us = receive.run_delay_us.map(|delay| delay + Micros(5_000));
        // What came after the last packet is as long as it was.
        let after = receive.elapsed_us.saturating_sub(receive.network_us.unwrap() + Micros(17_000));
        hop.on_wire = Some(OnWire {
            first_packet_us: None,
            first_byte_us: before,
            last_byte_us: before + receive.elapsed_us.saturating_sub(after),
        });
        one.sample.local.cpu_us = one.sample.local.cpu_us.map(|cpu| cpu + Micros(12_000));
        one.sample.local.run_delay_us = one.sample.local.run_delay_us.map(|delay| delay + Micros(5_000));
    }
    for (one, other) in rows(&seen).iter().zip(&rows(&beside)) {
        // Which of the two was after the last packet nobody tells.
        let own = |row: &Row| row.cpu + row.scheduling;
        assert!((own(one) - own(other)).abs() < 0.01, "{one:?} {other:?}");
        assert!((one.raw.receive + 20.0 - other.raw.receive).abs() < 0.01, "{one:?} {other:?}");
    }
}

/// The clock of a border is read first and the kernel's counter after it: what passes in between lasts in the later phase.
#[test]
fn a_run_queue_delay_that_is_counted_a_phase_early_is_none_the_smaller() {
    let side = Side { redirected: 0.5, stolen: 9.0, ..Side::default() };
    let seen = sample(&side, 6, 60, &shocks(6, 60), true);
    let mut early = seen.clone();
    for one in &mut early {
        for hop in &mut one.sample.hops {
            let late = hop.phases.tls.as_mut().and_then(|time| time.run_delay_us.replace(Micros(0)));
            if let Some(connect) = hop.phases.connect.as_mut() {
                connect.run_delay_us = connect.run_delay_us.zip(late).map(|(own, late)| own + late);
            }
        }
    }
    let (as_it_was, early) = (rows(&seen), rows(&early));
    for (one, other) in as_it_was.iter().zip(&early) {
        let of = |row: &Row| [row.scheduling, row.redirects.scheduling, row.raw.tls, row.raw.connect];
        for (one, other) in of(one).into_iter().zip(of(other)) {
            assert!((one - other).abs() < 0.01, "{one} and {other}");
        }
    }
}

#[test]
fn a_flight_more_than_the_body_needs_is_loss_where_packets_came_out_of_order() {
    // A body of 60 000 bytes needs two flights after the first.
    let side = Side { rounds: 2, trips: vec![30.0], queue: 0.0, lost: 0.0, transfer: 0.0, ..Side::default() };
    let seen = sample(&side, 4, 60, &shocks(4, 60), false);
    let with = |out_of_order: u32| {
        let mut seen = seen.clone();
        for one in &mut seen {
            let hop = one.sample.hops.last_mut().unwrap();
            let receive = hop.phases.receive.as_mut().unwrap();
            receive.elapsed_us += Micros(30_000);
            receive.network_us = receive.network_us.map(|time| time + Micros(30_000));
            hop.response.as_mut().unwrap().arrival_bursts = Some(4);
            hop.connection.as_mut().unwrap().tcp.as_mut().unwrap().out_of_order = Some(out_of_order);
            one.sample.elapsed_us += Micros(30_000);
            one.reported_ms += 30.0;
        }
        let mut rows = rows(&seen);
        floor::settle(&mut rows);
        rows
    };
    for (ordered, disordered) in with(0).iter().zip(with(3)) {
        assert_eq!((ordered.base_trips, ordered.loss), (4.0, 0.0));
        assert_eq!(disordered.base_trips, 3.0);
        assert!((disordered.loss - 30.0).abs() < 0.1 && (ordered.rest() - disordered.rest()).abs() < 1e-9);
    }
}

/// The kernel counts a handshake from the first SYN, also where that was lost.
#[test]
fn a_syn_that_was_sent_again_is_loss_and_no_round_trip() {
    let side = Side { trips: vec![30.0], queue: 0.0, lost: 0.0, said: 1.0, ..Side::default() };
    let mut seen = sample(&side, 4, 60, &shocks(4, 60), false);
    let one = &mut seen[17];
    let hop = one.sample.hops.last_mut().unwrap();
    let connect = hop.phases.connect.as_mut().unwrap();
    let second = Micros(1_000_000);
    (connect.elapsed_us, connect.network_us) =
        (connect.elapsed_us + second, connect.network_us.map(|time| time + second));
    let tcp = hop.connection.as_mut().unwrap().tcp.as_mut().unwrap();
    (tcp.handshake_rtt_us, tcp.retransmits) = (tcp.handshake_rtt_us.map(|time| time + second), Some(1));
    one.sample.elapsed_us += second;
    one.reported_ms += 1_000.0;
    let mut rows = rows(&seen);
    floor::settle(&mut rows);
    let (hit, others): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| row.total > 1_000.0);
    assert_eq!(hit.len(), 1);
    let usual = others.iter().map(|row| row.queueing).fold(0.0, f64::max);
    assert!((hit[0].loss - 1_000.0).abs() < 1.0 && hit[0].queueing <= usual + 1.0, "{:?}", hit[0]);
}

/// What was tried before a connection is the cost of the hop that made it, and not of one that found it there.
#[test]
fn a_hop_on_a_kept_connection_has_no_fallback_of_its_own() {
    let with = |reused: bool| {
        let mut seen = sample(&Side::default(), 4, 1, &shocks(4, 1), false);
        let connection = seen[0].sample.hops.last_mut().unwrap().connection.as_mut().unwrap();
        let lost = Fallback { from: "2001:db8::1".into(), after_us: Micros(250_000), reason: "slow".into() };
        (connection.fallback, connection.reused) = (Some(lost), reused);
        rows(&seen)[0].fallback
    };
    assert_eq!([with(false), with(true)], [250.0, 0.0]);
}

/// The queues of a connection that was kept are those that others of its place met; where there are none, nobody knows.
#[test]
fn kept_connections_alone_tell_of_no_queues() {
    let kept = Side { reused: 1.0, ..Side::default() };
    let mut rows = rows(&sample(&kept, 4, 60, &shocks(4, 60), false));
    floor::settle(&mut rows);
    assert!(rows.iter().all(|row| !row.seen.has(Column::QUEUEING) && row.queueing == 0.0));
    assert!(rows.iter().all(|row| row.seen.has(Column::ROUND_TRIPS)));
}

#[test]
fn what_waits_behind_a_lost_packet_is_loss_and_not_the_server() {
    let side = Side { trips: vec![30.0], queue: 0.0, lost: 0.0, said: 1.0, ..Side::default() };
    let seen = sample(&side, 4, 60, &shocks(4, 60), false);
    let with = |out_of_order: u32| {
        let mut seen = seen.clone();
        for one in &mut seen {
            let hop = one.sample.hops.last_mut().unwrap();
            // A packet was lost, and those behind it lay here until it came again.
            hop.phases.wait.as_mut().unwrap().elapsed_us += Micros(30_000);
            hop.connection.as_mut().unwrap().tcp.as_mut().unwrap().out_of_order = Some(out_of_order);
            one.sample.elapsed_us += Micros(30_000);
            one.reported_ms += 30.0;
        }
        let mut rows = rows(&seen);
        floor::settle(&mut rows);
        rows
    };
    for (ordered, lost) in with(0).iter().zip(with(2)) {
        assert_eq!((ordered.loss, ordered.server_said), (0.0, lost.server_said));
        let moved = ordered.rest() - lost.rest();
        assert!((lost.loss - moved).abs() < 1e-9 && (moved - 30.0).abs() < 0.1, "{lost:?}");
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_mirrored_sides_mirrored_intervals() {
    let b = Side { name: "b", life: 8, trips: vec![20.0, 30.0], ..Side::default() };
    let (a, b) = sides_of(&Side::default(), &b, 120, 3);
    let sides = Sides::new(a.clone(), b.clone()).unwrap();
    let point = mean::explain(&sides);
    let once = of_mean(&sides, &point, 9, 40).unwrap();
    assert_eq!(once, of_mean(&sides, &point, 9, 40).unwrap());
    assert_ne!(once, of_mean(&sides, &point, 10, 40).unwrap());
    let turned = Sides::new(b, a).unwrap();
    let back = of_mean(&turned, &mean::explain(&turned), 9, 40).unwrap();
    for (there, back) in once.rows.iter().zip(&back.rows) {
        assert!((there.lower.unwrap() + back.upper.unwrap()).abs() < 1e-9, "{there:?} {back:?}");
    }
}

#[test]
fn too_little_data_says_how_much_more_is_needed() {
    let lambda = Side { name: "b", life: 1_000, ..Side::default() };
    let of = |slots: u32, b: &Side| {
        let (a, b) = sides_of(&Side::default(), b, slots, 3);
        let sides = Sides::new(a, b).unwrap();
        of_mean(&sides, &mean::explain(&sides), 1, 20)
    };
    assert_eq!(of(12, &lambda), Err(NoInterval::Samples { more: 8 }));
    assert!(matches!(of(60, &Side { life: 100_000, ..lambda }), Err(NoInterval::Sandboxes { more: 1 })));
    assert!(of(60, &Side { name: "b", ..Side::default() }).is_ok());
}

/// A gap that is one thing for hours and another for the next hours was met twice, however many samples say so.
#[test]
fn a_gap_that_changes_slowly_has_no_interval() {
    let (a, b) = sides_of(&Side::default(), &Side { name: "b", ..Side::default() }, 120, 3);
    let middle = f64::midpoint(b[0].at_ms as f64, b[b.len() - 1].at_ms as f64);
    let later = |row: &Row| Row { total: row.total + if row.at_ms as f64 > middle { 60.0 } else { 0.0 }, ..*row };
    let stepped = Sides::new(a.clone(), b.iter().map(later).collect()).unwrap();
    let found = of_mean(&stepped, &mean::explain(&stepped), 1, 20);
    assert!(matches!(found, Err(NoInterval::Autocorrelation { more: 100.. })), "{found:?}");
    let of_median = percentile::explain(&stepped, &[Level::P50], 1);
    assert_eq!(percentile::intervals(&stepped, &of_median, 1, 10)[0].as_ref().err(), found.as_ref().err());
    let both = |rows: &[Row]| rows.iter().map(later).collect();
    let shared = Sides::new(both(&a), both(&b)).unwrap();
    assert!(of_mean(&shared, &mean::explain(&shared), 1, 20).is_ok(), "what both sides share is no memory of the gap");
}

/// Weights that keep windows cannot tell sandboxes apart of which each window has one; blocks as long as these live can.
#[test]
fn blocks_are_as_long_as_sandboxes_that_follow_each_other_live() {
    let of = |slots: u32, life: u32, trips: Vec<f64>| {
        let b = Side { name: "b", life, trips, cpu: 9.0, stolen: 15.0, ..Side::default() };
        let (a, b) = sides_of(&Side::default(), &b, slots, 3);
        let sides = Sides::new(a, b).unwrap();
        let at_p50 = percentile::explain(&sides, &[Level::P50], 1);
        let of_median = percentile::intervals(&sides, &at_p50, 1, 10).remove(0);
        let block = |found: Result<Intervals, NoInterval>| found.map(|found| found.block_ms / 180_000);
        let of_mean = block(of_mean(&sides, &mean::explain(&sides), 1, 20));
        assert_eq!(of_mean, block(of_median));
        of_mean
    };
    for (slots, life) in [(360, 24), (360, 40), (720, 60)] {
        // Those at both ends are cut short.
        let block = of(slots, life, vec![24.0]).unwrap();
        assert!((i64::from(life) * 9 / 10..=i64::from(life)).contains(&block), "{life}: {block}");
    }
    assert_eq!(of(360, 8, vec![24.0]), Ok(15), "shorter than a block");
    assert_eq!(of(360, 24, vec![24.0, 30.0]), Ok(15), "two at once");
    assert_eq!(of(360, 0, vec![24.0]), Ok(15), "one that stays, on a host");
    let Err(NoInterval::Slots { more }) = of(240, 60, vec![24.0]) else { panic!("four lives are too few") };
    assert!((30..=120).contains(&more), "{more}");
    assert!(of(240 + more as u32 + 60, 60, vec![24.0]).is_ok());
}

#[test]
fn sides_without_samples_or_without_common_time_are_refused() {
    let (a, b) = sides_of(&Side::default(), &Side { name: "b", ..Side::default() }, 20, 1);
    assert_eq!(Sides::new(Vec::new(), b.clone()).unwrap_err(), SidesError::Empty("A"));
    let later = b.iter().map(|row| Row { at_ms: row.at_ms + 40 * 86_400_000, ..*row }).collect();
    assert_eq!(Sides::new(a, later).unwrap_err(), SidesError::NoCommonTime);
}
