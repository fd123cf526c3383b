//! A name server of our own, beside the vantage: it knows every name but those in a search domain, and keeps account of when it
//! heard and answered.

use std::collections::HashSet;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use hickory_proto::op::{Message, MessageType, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA};
use hickory_proto::rr::{RData, Record, RecordType};

use super::realtime::become_realtime;

/// What it knows no name in.
const ELSEWHERE: &str = "elsewhere.parallax-lab.test";
/// How long it takes to notice that it is to stop.
const ATTENTION: Duration = Duration::from_millis(50);

/// How the lookups of one request are met.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Manner {
    /// How long each answer takes.
    pub delay: Duration,
    /// Tells this address instead of the one that it was started with.
    pub instead: Option<Ipv4Addr>,
    /// Tells this address, too.
    pub ipv6: Option<Ipv6Addr>,
    /// Each question of the first name goes unheard once.
    pub deaf: bool,
}

/// One question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// It asked for AAAA.
    pub ipv6: bool,
    /// When it was read.
    pub heard: Instant,
    /// Which of the names that were asked for, by their first questions.
    pub name: usize,
    /// When its answer was given to the kernel; absent where there was none.
    pub answered: Option<Instant>,
}

#[derive(Default)]
struct State {
    manner: Manner,
    /// Names and kinds that this request went unheard with.
    unheard: HashSet<(String, bool)>,
    names: Vec<String>,
    lookups: Vec<Lookup>,
}

/// A running name server; it stops when it is dropped.
pub struct Resolver {
    state: Arc<Mutex<State>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Resolver {
    /// Answers at an address, with another one for every name. Where that is port 53, as root and in a network of its own.
    ///
    /// # Errors
    /// The address is taken, or no thread to be had.
    pub fn start(at: SocketAddr, host: Ipv4Addr) -> io::Result<Self> {
        let socket = UdpSocket::bind(at)?;
        socket.set_nonblocking(true)?;
        let (state, stop) = (Arc::new(Mutex::new(State::default())), Arc::new(AtomicBool::new(false)));
        let (shared, told) = (Arc::clone(&state), Arc::clone(&stop));
        let thread = std::thread::Builder::new().name("name server".to_owned()).spawn(move || {
            // Refused, it answers later than it might, and says when.
            become_realtime();
            serve(&socket, host, &shared, &told);
        })?;
        Ok(Self { state, stop, thread: Some(thread) })
    }

    /// From now on lookups are met like this: the next request begins.
    pub fn meet(&self, manner: Manner) {
        let mut state = lock(&self.state);
        state.manner = manner;
        state.unheard.clear();
    }

    /// All lookups since the last time this was asked.
    #[must_use]
    pub fn lookups(&self) -> Vec<Lookup> {
        std::mem::take(&mut lock(&self.state).lookups)
    }
}

impl Drop for Resolver {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A panic over there has been printed by its own thread.
            let _ = thread.join();
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An answer whose time has not come.
struct Pending {
    due: Instant,
    at: usize,
    to: SocketAddr,
    bytes: Vec<u8>,
}

fn serve(socket: &UdpSocket, host: Ipv4Addr, state: &Mutex<State>, stop: &AtomicBool) {
    let mut pending: Vec<Pending> = Vec::new();
    let mut buffer = [0; 2048];
    while !stop.load(Ordering::Relaxed) {
        while let Ok((length, to)) = socket.recv_from(&mut buffer) {
            let heard = Instant::now();
            let Some((ipv6, name, answer)) = question(&buffer[..length]) else { continue };
            let mut state = lock(state);
            let at = state.lookups.len();
            let place = state.names.iter().position(|other| *other == name).unwrap_or_else(|| {
                state.names.push(name.clone());
                state.names.len() - 1
            });
            state.lookups.push(Lookup { ipv6, name: place, heard, answered: None });
            let manner = state.manner;
            let first_name = state.unheard.iter().all(|(other, _)| *other == name);
            if manner.deaf && first_name && state.unheard.insert((name, ipv6)) {
                continue;
            }
            if let Some(bytes) = answer(manner.instead.unwrap_or(host), manner.ipv6) {
                pending.push(Pending { due: heard + manner.delay, at, to, bytes });
            }
        }
        pending.sort_by_key(|answer| answer.due);
        while pending.first().is_some_and(|first| first.due <= Instant::now()) {
            let first = pending.remove(0);
            let sent = socket.send_to(&first.bytes, first.to).map(|_| Instant::now());
            if let Some(lookup) = lock(state).lookups.get_mut(first.at) {
                lookup.answered = sent.ok();
            }
        }
        let left = pending.first().map_or(ATTENTION, |first| first.due.saturating_duration_since(Instant::now()));
        wait(socket, left.min(ATTENTION));
    }
}

/// Search domains for a `resolv.conf`, in none of which there is a name.
#[must_use]
pub fn search_list(count: u32) -> String {
    let domains: Vec<String> = (1..=count).map(|number| format!("d{number}.{ELSEWHERE}")).collect();
    domains.join(" ")
}

fn is_known(name: &str) -> bool {
    !name.trim_end_matches('.').ends_with(ELSEWHERE)
}

type Answer = Box<dyn Fn(Ipv4Addr, Option<Ipv6Addr>) -> Option<Vec<u8>>>;

/// Whether it asks for AAAA, for which name, and what would answer it. What is no question gets no answer.
fn question(bytes: &[u8]) -> Option<(bool, String, Answer)> {
    let message = Message::from_vec(bytes).ok()?;
    let query = message.queries.first()?.clone();
    let kind = query.query_type;
    let name = query.name.to_ascii().to_ascii_lowercase();
    let known = is_known(&name);
    let answer = move |host: Ipv4Addr, ipv6: Option<Ipv6Addr>| {
        let mut reply = message.clone();
        reply.metadata.message_type = MessageType::Response;
        reply.metadata.recursion_available = true;
        if !known {
            reply.metadata.response_code = ResponseCode::NXDomain;
        }
        let data = match kind {
            _ if !known => None,
            RecordType::A => Some(RData::A(A(host))),
            RecordType::AAAA => ipv6.map(|address| RData::AAAA(AAAA(address))),
            _ => None,
        };
        reply.answers = data.map(|data| Record::from_rdata(query.name.clone(), 60, data)).into_iter().collect();
        reply.to_vec().ok()
    };
    Some((kind == RecordType::AAAA, name, Box::new(answer)))
}

/// Sleeps until a question comes or the time is over.
fn wait(socket: &UdpSocket, most: Duration) {
    let mut watched = libc::pollfd { fd: socket.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    let limit = libc::timespec { tv_sec: most.as_secs() as libc::time_t, tv_nsec: most.subsec_nanos().into() };
    // SAFETY: one entry that outlives the call, as does the limit; no signal mask is given. Whatever it returns, the
    // loop looks at everything again.
    unsafe { libc::ppoll(&raw mut watched, 1, &raw const limit, ptr::null()) };
}
