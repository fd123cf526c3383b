//! A plain stream, read by the probe's own receive call and nothing else: each stamp against the packet that brought the
//! byte, and how late a program is that only connects and reads.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use parallax::adapters::kernel::{Stamp, enable_receive_stamps, receive};
use parallax::lab::capture::flows::Flow;

use crate::bound::bound;
use crate::figures;
use crate::road::Road;
use crate::spread::Spread;

const EXCHANGES: usize = 200;
/// Four pieces of 15 KB, apart from each other, so that the reader waits for each.
const PIECES: usize = 4;
const PIECE: [u8; 15 * 1024] = [b'.'; 15 * 1024];
const APART: Duration = Duration::from_millis(2);
/// A server that says nothing for so long has failed.
const PATIENCE: Duration = Duration::from_secs(10);
/// In milliseconds, at the 99th percentile.
const BOUND: f64 = 0.05;

/// One read.
struct Reading {
    /// Bytes read so far.
    total: u64,
    stamp: Option<Stamp>,
    /// Since the start of connecting.
    returned: Duration,
}

/// One exchange.
struct Fetched {
    port: u16,
    connected: Duration,
    readings: Vec<Reading>,
}

/// How late a program is on this machine that does nothing but connect and read: what no elapsed time can be below.
pub struct Bare {
    /// The call to connect.
    pub connect: Option<Spread>,
    /// From there to the return of the first read.
    pub first_byte: Option<Spread>,
    /// From there to the return of the last read.
    pub total: Option<Spread>,
}

/// What a bare program is late by, and whether the bound of the stamps was kept.
pub fn run(road: &Road) -> anyhow::Result<(Bare, bool)> {
    let listener = road.far.inside(|| TcpListener::bind(road.server()))??;
    let address = listener.local_addr()?;
    // Not waited for: it ends after the last exchange, or with the process where one fails.
    thread::spawn(move || serve(&listener));
    let (fetched, flows) = road.captured(address.port(), Path::new("/dev/null"), || {
        Ok(road.near.inside(|| (0..EXCHANGES).map(|_| fetch(address)).collect::<io::Result<Vec<_>>>())??)
    })?;
    let joined = || fetched.iter().filter_map(|exchange| Some((exchange, flows.get(&exchange.port)?)));
    let (mut differences, mut unmatched) = (Vec::new(), 0);
    for exchange in &fetched {
        for reading in &exchange.readings {
            let wire = flows.get(&exchange.port).and_then(|flow| flow.arrival_of(reading.total));
            match reading.stamp.zip(wire) {
                Some((stamp, wire)) => differences.push(figures::off(stamp, wire)),
                None => unmatched += 1,
            }
        }
    }
    figures::head();
    let spread = figures::row("receive stamp", &differences);
    let late = |name, of: fn(&Fetched, &Flow) -> Option<f64>| {
        let late: Vec<f64> = joined().filter_map(|(exchange, flow)| of(exchange, flow)).collect();
        figures::row(name, &late)
    };
    let bare = Bare {
        connect: late("bare: connect", |exchange, flow| since_syn(flow, exchange.connected, flow.syn_ack?)),
        first_byte: late("bare: first byte", |exchange, flow| read(flow, exchange.readings.first()?)),
        total: late("bare: total", |exchange, flow| read(flow, exchange.readings.last()?)),
    };
    let kept = bound("receive stamps, p99", spread.map(|spread| spread.at(99)), BOUND, " ms");
    Ok((bare, kept & bound("reads without a stamp or a packet", Some(f64::from(unmatched)), 0.0, "")))
}

fn read(flow: &Flow, reading: &Reading) -> Option<f64> {
    since_syn(flow, reading.returned, flow.arrival_of(reading.total)?)
}

fn since_syn(flow: &Flow, ours: Duration, end: Stamp) -> Option<f64> {
    Some(figures::off(ours, end.saturating_sub(flow.syn?)))
}

fn serve(listener: &TcpListener) -> io::Result<()> {
    for _ in 0..EXCHANGES {
        let (mut stream, _) = listener.accept()?;
        stream.set_nodelay(true)?;
        stream.read_exact(&mut [0; 4])?;
        for _ in 0..PIECES {
            stream.write_all(&PIECE)?;
            thread::sleep(APART);
        }
    }
    Ok(())
}

fn fetch(server: SocketAddr) -> io::Result<Fetched> {
    let started = Instant::now();
    let mut stream = TcpStream::connect(server)?;
    let connected = started.elapsed();
    stream.set_read_timeout(Some(PATIENCE))?;
    enable_receive_stamps(&stream)?;
    stream.write_all(b"GET\n")?;
    let (mut total, mut readings, mut buffer) = (0, Vec::with_capacity(64), [0; 16 * 1024]);
    loop {
        match receive(&stream, &mut buffer)? {
            (0, _) => return Ok(Fetched { port: stream.local_addr()?.port(), connected, readings }),
            (length, stamp) => {
                total += length as u64;
                readings.push(Reading { total, stamp, returned: started.elapsed() });
            }
        }
    }
}
