//! How one sample is read: what of it was the path, the server, a loss, a queue or our own work.

use parallax::explain::floor;
use parallax::explain::ledger::{Row, Seen as Column};
use parallax::measurement::hop::{Fallback, OnWire};
use parallax::measurement::phase::Phase;
use parallax::measurement::units::Micros;

use super::score::cell::rows;
use super::simulator::{Seen, Side, sample, shocks};

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
            let own = wait.local_us().unwrap();
            let (wait, received) = (wait.elapsed_us, receive.network_us.unwrap_or_default());
            let earlier = [hop.phases.connect, hop.phases.tls, hop.phases.send];
            let first: Micros = earlier.iter().flatten().map(|time| time.elapsed_us).sum::<Micros>() + wait;
            hop.on_wire = Some(OnWire {
                first_packet_us: Some(first.saturating_sub(own + record)),
                first_byte_us: first.saturating_sub(own),
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
            first_byte_us: before.saturating_sub(hop.phases.wait.and_then(|wait| wait.local_us()).unwrap()),
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

/// Nor is whoever decrypts the first of two records while the one with the rest of the header comes.
#[test]
fn work_with_a_header_that_is_still_coming_costs_nothing() {
    let side = Side { stolen: 6.0, ..Side::default() };
    let seen = sample(&side, 6, 60, &shocks(6, 60), true);
    let mut beside = seen.clone();
    for one in &mut beside {
        let hop = one.sample.hops.last_mut().unwrap();
        let earlier = [hop.phases.connect, hop.phases.tls, hop.phases.send];
        let before: Micros = earlier.iter().flatten().map(|time| time.elapsed_us).sum();
        let wait = hop.phases.wait.as_mut().unwrap();
        let first_packet_us = before + wait.network_us.unwrap();
        let after = wait.local_us().unwrap();
        // Twenty milliseconds from its first packet to its last, of which twelve were work and five a wait for a processor.
        wait.elapsed_us += Micros(20_000);
        wait.cpu_us = wait.cpu_us.map(|cpu| cpu + Micros(12_000));
        wait.run_delay_us = wait.run_delay_us.map(|delay| delay + Micros(5_000));
        let first_byte_us = (before + wait.elapsed_us).saturating_sub(after);
        let receiving = hop.phases.receive.map_or(Micros(0), |receive| receive.network_us.unwrap());
        let last_byte_us = before + wait.elapsed_us + receiving;
        hop.on_wire = Some(OnWire { first_packet_us: Some(first_packet_us), first_byte_us, last_byte_us });
        one.sample.local.cpu_us = one.sample.local.cpu_us.map(|cpu| cpu + Micros(12_000));
        one.sample.local.run_delay_us = one.sample.local.run_delay_us.map(|delay| delay + Micros(5_000));
    }
    for (one, other) in rows(&seen).iter().zip(&rows(&beside)) {
        let own = |row: &Row| row.cpu + row.scheduling;
        assert!((own(one) - own(other)).abs() < 0.01, "{one:?} {other:?}");
        assert!((one.raw.wait - other.raw.wait).abs() < 0.01, "the server is not slower: {one:?} {other:?}");
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
fn a_run_queue_delay_that_is_counted_before_the_first_phase_lasts_in_it() {
    let side = Side { redirected: 0.5, stolen: 9.0, ..Side::default() };
    let seen = sample(&side, 6, 60, &shocks(6, 60), true);
    let mut early = seen.clone();
    for hop in early.iter_mut().flat_map(|one| &mut one.sample.hops) {
        if let Some(first) = Phase::ALL.into_iter().find(|phase| hop.phases.slot(*phase).is_some()) {
            hop.phases.slot(first).as_mut().unwrap().run_delay_us = Some(Micros(0));
        }
    }
    assert!(seen.iter().zip(&early).any(|(one, other)| one.sample != other.sample));
    for (one, other) in rows(&seen).iter().zip(&rows(&early)) {
        let of = |row: &Row| [row.scheduling, row.redirects.scheduling, row.dns, row.redirects.dns, row.blocked];
        for (one, other) in of(one).into_iter().zip(of(other)) {
            assert!((one - other).abs() < 0.01, "{one} and {other}");
        }
    }
}

#[test]
fn work_and_delays_for_which_there_was_no_room_cost_nothing() {
    let side = Side { stolen: 4.0, ..Side::default() };
    let seen = sample(&side, 6, 60, &shocks(6, 60), false);
    let mut around = seen.clone();
    for local in around.iter_mut().map(|one| &mut one.sample.local) {
        for whole in [&mut local.cpu_us, &mut local.run_delay_us] {
            *whole = whole.map(|whole| whole + Micros(5_000));
        }
    }
    for (one, other) in rows(&seen).iter().zip(&rows(&around)) {
        let of = |row: &Row| [row.scheduling, row.cpu, row.dns, row.rest()];
        for (one, other) in of(one).into_iter().zip(of(other)) {
            assert!((one - other).abs() < 0.01, "{one} and {other}");
        }
    }
}

#[test]
fn work_and_delays_between_phases_are_of_the_hop_that_has_room_for_them() {
    let side = Side { redirected: 1.0, stolen: 4.0, ..Side::default() };
    let seen = sample(&side, 6, 60, &shocks(6, 60), false);
    let mut between = seen.clone();
    for one in &mut between {
        let local = &mut one.sample.local;
        local.cpu_us = local.cpu_us.map(|cpu| cpu + Micros(1_000));
        local.run_delay_us = local.run_delay_us.map(|delay| delay + Micros(5_000));
        one.sample.hops[0].overhead_us += Micros(6_000);
        one.reported_ms += 6.0;
    }
    for (one, other) in rows(&seen).iter().zip(&rows(&between)) {
        let of = |row: &Row, more: [f64; 2]| {
            let hops = [row.redirects.cpu + more[0], row.redirects.scheduling + more[1], row.redirects.other];
            [hops[0], hops[1], hops[2], row.cpu, row.scheduling, row.blocked, row.rest()]
        };
        for (one, other) in of(one, [1.0, 5.0]).into_iter().zip(of(other, [0.0; 2])) {
            assert!((one - other).abs() < 0.01, "{one} and {other}");
        }
    }
}

/// As when a page of the program has to be read from the disk.
#[test]
fn what_neither_works_nor_waits_for_packet_or_processor_is_blocked() {
    let side = Side { stolen: 4.0, ..Side::default() };
    let seen = sample(&side, 6, 60, &shocks(6, 60), false);
    let mut blocked = seen.clone();
    for one in &mut blocked {
        let hop = one.sample.hops.last_mut().unwrap();
        hop.overhead_us += Micros(3_000);
        hop.phases.wait.as_mut().unwrap().elapsed_us += Micros(4_000);
        // These are in columns of their own already.
        hop.phases.resolve.as_mut().unwrap().elapsed_us += Micros(2_000);
        hop.phases.receive.as_mut().unwrap().elapsed_us += Micros(1_000);
        one.reported_ms += 10.0;
    }
    for (one, other) in rows(&seen).iter().zip(&rows(&blocked)) {
        let of = |row: &Row, more: f64| [row.scheduling, row.cpu, row.dns + 2.0 * more, row.raw.receive + more];
        for (one, other) in of(one, 1.0).into_iter().zip(of(other, 0.0)) {
            assert!((one - other).abs() < 0.01, "{one} and {other}");
        }
        assert!((one.blocked + 7.0 - other.blocked).abs() < 0.01, "{} and {}", one.blocked, other.blocked);
    }
    let untold = blocked.iter().map(|one| {
        let mut one = one.clone();
        one.sample.local.run_delay_us = None;
        one.sample.hops.iter_mut().for_each(|hop| {
            for phase in Phase::ALL {
                hop.phases.slot(phase).iter_mut().for_each(|time| time.run_delay_us = None);
            }
        });
        one
    });
    let untold: Vec<Seen> = untold.collect();
    assert!(rows(&untold).iter().all(|row| !row.seen.has(Column::SCHEDULING)), "it may have been ready to run");
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
