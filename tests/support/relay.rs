//! A relay in front of a server, which can be far away and breaks off what it carries when it is told to.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// Decides on connections before they are carried.
pub trait Gate: Default + Send + Sync + 'static {
    /// Gives back the connection that is to be carried.
    fn admit(&self, client: TcpStream) -> Option<TcpStream>;
}

/// Everything is carried.
#[derive(Default)]
pub struct Wide;

impl Gate for Wide {
    fn admit(&self, client: TcpStream) -> Option<TcpStream> {
        Some(client)
    }
}

/// A running relay; it ends with the tests.
pub struct Relay<G: Gate = Wide> {
    /// Where it listens.
    pub address: SocketAddr,
    pub(super) shared: Arc<Shared<G>>,
}

pub(super) struct Shared<G> {
    pub(super) gate: G,
    is_over: AtomicBool,
    carried: Mutex<Vec<TcpStream>>,
    answered: Mutex<Option<Instant>>,
    away: Duration,
}

impl<G: Gate> Relay<G> {
    /// Carries to this address.
    pub fn to(server: SocketAddr) -> Self {
        Self::far(server, Duration::ZERO)
    }

    /// The same, where each answer is so long on its way.
    pub fn far(server: SocketAddr, away: Duration) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            gate: G::default(),
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
                if let Some(client) = own.gate.admit(client) {
                    own.take(client, server);
                }
            }
        });
        Self { address, shared }
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
}

impl<G: Gate> Drop for Relay<G> {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        self.break_off();
        let _ = TcpStream::connect(self.address);
    }
}

impl<G: Gate> Shared<G> {
    fn take(self: &Arc<Self>, client: TcpStream, server: SocketAddr) {
        let mut carried = self.carried.lock().expect("a list");
        carried.extend(client.try_clone());
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
