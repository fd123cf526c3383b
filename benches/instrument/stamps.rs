//! The probe's own receive call on a plain stream: each stamp against the packet that brought the byte.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::thread;
use std::time::Duration;

use parallax::adapters::kernel::{Stamp, enable_receive_stamps, receive};

use crate::figures;
use crate::road::Road;

const EXCHANGES: usize = 200;
/// Four pieces of 15 KB, apart from each other, so that the reader waits for each.
const PIECES: usize = 4;
const PIECE: [u8; 15 * 1024] = [b'.'; 15 * 1024];
const APART: Duration = Duration::from_millis(2);
/// A server that says nothing for so long has failed.
const PATIENCE: Duration = Duration::from_secs(10);
/// In milliseconds, at the 99th percentile.
const BOUND: f64 = 0.05;

/// Bytes read so far, and the stamp of the read that made it so many.
type Reading = (u64, Option<Stamp>);

/// Whether the bound was kept.
pub fn run(road: &Road) -> anyhow::Result<bool> {
    let listener = road.far.inside(|| TcpListener::bind(road.server()))??;
    let address = listener.local_addr()?;
    // Not waited for: it ends after the last exchange, or with the process where one fails.
    thread::spawn(move || serve(&listener));
    let (readings, flows) = road.captured(address.port(), Path::new("/dev/null"), || {
        Ok(road.near.inside(|| (0..EXCHANGES).map(|_| fetch(address)).collect::<io::Result<Vec<_>>>())??)
    })?;
    let (mut differences, mut unmatched) = (Vec::new(), 0);
    for (port, read) in &readings {
        for (bytes, stamp) in read {
            let wire = flows.get(port).and_then(|flow| flow.arrival_of(*bytes));
            match stamp.zip(wire) {
                Some((stamp, wire)) => differences.push(figures::off(stamp, wire)),
                None => unmatched += 1,
            }
        }
    }
    figures::head();
    let spread = figures::row("receive stamp", &differences);
    let bound = figures::bound("receive stamps, p99", spread.map(|spread| spread.p99), BOUND, " ms");
    Ok(bound & figures::bound("reads without a stamp or a packet", Some(f64::from(unmatched)), 0.0, ""))
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

fn fetch(server: SocketAddr) -> io::Result<(u16, Vec<Reading>)> {
    let mut stream = TcpStream::connect(server)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    enable_receive_stamps(&stream)?;
    stream.write_all(b"GET\n")?;
    let (mut total, mut readings, mut buffer) = (0, Vec::new(), [0; 16 * 1024]);
    loop {
        match receive(&stream, &mut buffer)? {
            (0, _) => return Ok((stream.local_addr()?.port(), readings)),
            (length, stamp) => {
                total += length as u64;
                readings.push((total, stamp));
            }
        }
    }
}
