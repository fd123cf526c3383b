//! A relay in front of a server, which can be far away, and made to refuse, to be silent, and to break off what it carries.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// What a relay does with connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Road {
    /// Carries them.
    Open,
    /// Resets them.
    Refusing,
    /// Takes them, and carries nothing.
    Silent,
}

/// A running relay; it ends with the tests.
pub struct Relay {
    /// Where it listens.
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    road: AtomicU8,
    accepted: AtomicU64,
    is_over: AtomicBool,
    carried: Mutex<Vec<TcpStream>>,
    answered: Mutex<Option<Instant>>,
    away: Duration,
}

impl Relay {
    /// Carries to this address.
    pub fn to(server: SocketAddr) -> Self {
        Self::far(server, Duration::ZERO)
    }

    /// The same, where each answer is so long on its way.
    pub fn far(server: SocketAddr, away: Duration) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            road: AtomicU8::new(0),
            accepted: AtomicU64::new(0),
            is_over: AtomicBool::new(false),
            carried: Mutex::default(),
            answered: Mutex::default(),
            away,
        });
        let own = shared.clone();
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if own.is_over.load(Ordering::SeqCst) {
                    return;
                }
                own.accepted.fetch_add(1, Ordering::SeqCst);
                own.take(client, server);
            }
        });
        Self { address, shared }
    }

    /// From now on. What is carried is broken off where the road is not open.
    pub fn set(&self, road: Road) {
        self.shared.road.store(road as u8, Ordering::SeqCst);
        if road != Road::Open {
            self.break_off();
        }
    }

    /// Ends every connection that is carried.
    pub fn break_off(&self) {
        for stream in self.shared.carried.lock().expect("a list").drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// When the server's latest bytes were carried.
    pub fn answered(&self) -> Option<Instant> {
        *self.shared.answered.lock().expect("a moment")
    }

    /// How many connections were made to it.
    pub fn accepted(&self) -> u64 {
        self.shared.accepted.load(Ordering::SeqCst)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        self.break_off();
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn take(self: &Arc<Self>, client: TcpStream, server: SocketAddr) {
        let road = self.road.load(Ordering::SeqCst);
        if road == Road::Refusing as u8 {
            // Without lingering, closing is a reset.
            let _ = socket2::SockRef::from(&client).set_linger(Some(Duration::ZERO));
            return;
        }
        let mut carried = self.carried.lock().expect("a list");
        carried.extend(client.try_clone());
        if road == Road::Silent as u8 {
            return;
        }
        let Ok(server) = TcpStream::connect(server) else { return };
        carried.extend(server.try_clone());
        if let (Ok(from), Ok(to)) = (client.try_clone(), server.try_clone()) {
            thread::spawn(move || carry(from, to, Duration::ZERO, || {}));
        }
        let own = self.clone();
        thread::spawn(move || {
            carry(server, client, own.away, || *own.answered.lock().expect("a moment") = Some(Instant::now()));
        });
    }
}

/// What is on its way does not wait for what is before it: reading goes on meanwhile.
fn carry(from: TcpStream, mut to: TcpStream, away: Duration, done: impl Fn()) {
    let Ok(mut reader) = from.try_clone() else { return };
    let (tell, told) = mpsc::channel::<(Instant, Vec<u8>)>();
    thread::spawn(move || {
        let mut bytes = vec![0; 65_536];
        while let Ok(read @ 1..) = reader.read(&mut bytes) {
            if tell.send((Instant::now() + away, bytes[..read].to_vec())).is_err() {
                break;
            }
        }
    });
    for (due, bytes) in told {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        if to.write_all(&bytes).is_err() {
            break;
        }
        done();
    }
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}
