//! Its account: that it is done with a request, by its own log; when it had heard it and began to answer, by the box before it.

use std::collections::HashMap;
use std::os::unix::net::UnixDatagram;
use std::time::{Duration, Instant};

use crate::lab::delaybox::{Kind, Passage};
use crate::lab::site::{Director, Met};

/// Notes what it tells, line by line, until the socket is closed.
pub(super) fn until_closed(told: &UnixDatagram, director: &Director) {
    let mut line = [0; 512];
    while let Ok(length @ 1..) = told.recv(&mut line) {
        let at = Instant::now();
        if let Some((port, status)) = read(&line[..length]) {
            director.note(met(port, status, at));
        }
    }
}

/// `<190>Nov 29 21:20:23 nginx: 36018 302`: the client's port, and the status.
fn read(line: &[u8]) -> Option<(u16, u16)> {
    let (_, told) = std::str::from_utf8(line).ok()?.split_once(" nginx: ")?;
    let (port, status) = told.trim().split_once(' ')?;
    Some((port.parse().ok()?, status.parse().ok()?))
}

fn met(port: u16, status: u16, at: Instant) -> Met {
    Met {
        port: Some(port),
        redirected: status == 302,
        heard: at,
        answered: at,
        thought: Duration::ZERO,
        hidden: Duration::ZERO,
        origin: Duration::ZERO,
    }
}

/// With the moments that the box saw: the last that a client had said by the time nginx was done is what it was asked, and
/// what went back after that its answer.
#[must_use]
pub fn settled(met: Vec<Met>, passages: &[Passage]) -> Vec<Met> {
    // By connection: when what was said had passed the box, and when what was answered came to it.
    let mut flows: HashMap<u16, [Vec<Instant>; 2]> = HashMap::new();
    for passage in passages {
        let Kind::Tcp(segment) = passage.kind else { continue };
        if segment.payload > 0 {
            let at = if passage.outward { passage.arrived + passage.held } else { passage.arrived };
            flows.entry(segment.port).or_default()[usize::from(!passage.outward)].push(at);
        }
    }
    flows.values_mut().flatten().for_each(|moments| moments.sort_unstable());
    let settle = |one: Met| {
        let [said, answered] = one.port.and_then(|port| flows.get(&port))?;
        let heard = *said[..said.partition_point(|at| *at <= one.heard)].last()?;
        let answered = *answered.get(answered.partition_point(|at| *at < heard))?;
        Some(Met { heard, answered, ..one })
    };
    // What the box did not see is left as it was told.
    met.into_iter().map(|one| settle(one).unwrap_or(one)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::delaybox::Segment;

    #[test]
    fn a_line_of_its_log_is_a_port_and_a_status() {
        assert_eq!(read(b"<190>Nov 29 21:20:23 nginx: 36018 302"), Some((36_018, 302)));
        assert_eq!(read(b"<190>Nov  9 21:20:23 nginx: 36018 200\n"), Some((36_018, 200)));
        for other in ["", "<190>Nov 29 21:20:23 nginx:", "<190>Nov 29 21:20:23 nginx: - 200", "nginx: 70000 200"] {
            assert_eq!(read(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn it_heard_what_was_last_said_and_answered_when_the_next_packet_went_back() {
        let begun = Instant::now();
        let ms = Duration::from_millis;
        let packet = |port, outward, at, payload| Passage {
            outward,
            length: 60,
            arrived: begun + ms(at),
            held: ms(5),
            kind: Kind::Tcp(Segment { port, sequence: 0, payload, syn: false, fin: false, elsewhere: false }),
        };
        let passages = [
            packet(1, true, 0, 300),
            packet(1, false, 6, 900),
            packet(1, true, 12, 80),
            packet(2, true, 13, 80),
            packet(1, false, 18, 1_000),
            packet(1, false, 19, 1_000),
            packet(1, true, 24, 0),
            packet(1, true, 25, 24),
        ];
        let told = |port, at| met(port, 200, begun + ms(at));
        let found = settled(vec![told(1, 19), told(3, 20)], &passages);
        assert_eq!((found[0].heard, found[0].answered), (begun + ms(17), begun + ms(18)));
        assert_eq!(found[1], told(3, 20), "nobody saw it");
    }
}
