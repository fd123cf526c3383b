//! A relay that can be made to refuse, and to be silent.

use std::net::{Shutdown, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::Duration;

use super::relay::{self, Gate};

/// The relay in front of AWS.
pub type Relay = relay::Relay<Roads>;

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

/// The road as it is now.
#[derive(Default)]
pub struct Roads {
    road: AtomicU8,
    accepted: AtomicU64,
    silent: Mutex<Vec<TcpStream>>,
}

impl Gate for Roads {
    fn admit(&self, client: TcpStream) -> Option<TcpStream> {
        self.accepted.fetch_add(1, Ordering::SeqCst);
        let road = self.road.load(Ordering::SeqCst);
        if road == Road::Refusing as u8 {
            // Without lingering, closing is a reset.
            let _ = socket2::SockRef::from(&client).set_linger(Some(Duration::ZERO));
            return None;
        }
        if road == Road::Silent as u8 {
            self.silent.lock().expect("a list").push(client);
            return None;
        }
        Some(client)
    }
}

impl Relay {
    /// From now on. What is carried is broken off where the road is not open.
    pub fn set(&self, road: Road) {
        self.shared.gate.road.store(road as u8, Ordering::SeqCst);
        if road != Road::Open {
            self.break_off();
            for stream in self.shared.gate.silent.lock().expect("a list").drain(..) {
                let _ = stream.shutdown(Shutdown::Both);
            }
        }
    }

    /// How many connections were made to it.
    pub fn accepted(&self) -> u64 {
        self.shared.gate.accepted.load(Ordering::SeqCst)
    }
}
