//! A gate on the way to a server: while it is shut, nobody gets through, and who was inside is cut off.

use std::io;
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

#[derive(Default)]
struct Inside {
    open: bool,
    turned_away: usize,
    streams: Vec<TcpStream>,
}

/// Forwards connections to a port of loopback while it is open.
pub struct Gate {
    port: u16,
    inside: Arc<Mutex<Inside>>,
}

impl Gate {
    /// A gate before `to`, shut.
    pub fn shut_before(to: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = listener.local_addr().expect("its port").port();
        let inside = Arc::new(Mutex::new(Inside::default()));
        let keeper = inside.clone();
        std::thread::spawn(move || {
            for outer in listener.incoming().flatten() {
                let mut inside = keeper.lock().expect("the gate");
                if !inside.open {
                    inside.turned_away += 1;
                    continue;
                }
                let Ok(inner) = TcpStream::connect((Ipv4Addr::LOCALHOST, to)) else { continue };
                for (from, into) in [(&outer, &inner), (&inner, &outer)] {
                    let (mut from, mut into) = (from.try_clone().expect("a copy"), into.try_clone().expect("a copy"));
                    std::thread::spawn(move || {
                        let _ = io::copy(&mut from, &mut into);
                        let _ = into.shutdown(Shutdown::Write);
                    });
                }
                inside.streams.extend([outer, inner]);
            }
        });
        Self { port, inside }
    }

    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// How many came while it was shut.
    pub fn turned_away(&self) -> usize {
        self.inside.lock().expect("the gate").turned_away
    }

    pub fn open(&self) {
        self.inside.lock().expect("the gate").open = true;
    }

    pub fn shut(&self) {
        let mut inside = self.inside.lock().expect("the gate");
        inside.open = false;
        for stream in inside.streams.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}
