//! A name server on loopback whose answers a test writes down: a fake, over real sockets.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use hickory_proto::op::{Message, MessageType, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA, CNAME};
use hickory_proto::rr::{Name, RData, Record, RecordType};

/// A question as it came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Without its last dot.
    pub(crate) name: String,
    /// A or AAAA.
    pub(crate) kind: RecordType,
    /// Over TCP, not UDP.
    pub(crate) over_tcp: bool,
    /// How many questions of this name and kind came before.
    pub(crate) earlier: usize,
}

/// What the server does about it.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// Those of the addresses that are of the kind asked for; none of them is an empty answer.
    Addresses(Vec<IpAddr>),
    /// The same behind an alias.
    Alias(&'static str, Vec<IpAddr>),
    /// An answer without records and with this code.
    Code(ResponseCode),
    /// An answer that says it is cut off.
    Truncated,
    /// Right but for the id.
    WrongId(Vec<IpAddr>),
    /// Right but from another port.
    Forged(Vec<IpAddr>),
    /// These bytes.
    Bytes(Vec<u8>),
    /// The rest of the list after this time.
    Pause(Duration),
}

/// Addresses from texts.
pub(crate) fn addresses(texts: &[&str]) -> Vec<IpAddr> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

type Script = dyn Fn(&Asked) -> Vec<Reply> + Send + Sync;

/// The server; it ends when it is dropped.
pub(crate) struct NameServer {
    /// Where it listens, over UDP and TCP.
    pub(crate) address: SocketAddr,
    state: Arc<State>,
    threads: Vec<JoinHandle<()>>,
}

struct State {
    script: Box<Script>,
    asked: Mutex<Vec<Asked>>,
    ended: AtomicBool,
}

impl NameServer {
    /// Starts one that answers each question with the replies that the script gives for it, in order.
    pub(crate) fn start(script: impl Fn(&Asked) -> Vec<Reply> + Send + Sync + 'static) -> Self {
        let (udp, tcp) = (0..50)
            .find_map(|_| {
                let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
                TcpListener::bind(udp.local_addr().unwrap()).ok().map(|tcp| (udp, tcp))
            })
            .unwrap();
        let address = udp.local_addr().unwrap();
        udp.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        let state =
            Arc::new(State { script: Box::new(script), asked: Mutex::new(Vec::new()), ended: AtomicBool::new(false) });
        let (for_udp, for_tcp) = (state.clone(), state.clone());
        let threads = vec![
            std::thread::spawn(move || for_udp.serve_udp(&udp)),
            std::thread::spawn(move || for_tcp.serve_tcp(&tcp)),
        ];
        Self { address, state, threads }
    }

    /// All questions so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.state.asked.lock().unwrap().clone()
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.state.ended.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

impl State {
    fn serve_udp(self: &Arc<Self>, socket: &UdpSocket) {
        let mut buffer = [0; 4096];
        while !self.ended.load(Ordering::SeqCst) {
            let Ok((length, client)) = socket.recv_from(&mut buffer) else { continue };
            let question = Message::from_vec(&buffer[..length]).unwrap();
            let (state, socket) = (self.clone(), socket.try_clone().unwrap());
            let replies = state.replies(&question, false);
            // A thread of its own, so that a pause holds up no other answer.
            std::thread::spawn(move || {
                for reply in replies {
                    match reply {
                        Reply::Forged(addresses) => {
                            let forger = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
                            forger.send_to(&encode(&question, &Reply::Addresses(addresses)), client).unwrap();
                        }
                        Reply::Pause(length) => std::thread::sleep(length),
                        reply => drop(socket.send_to(&encode(&question, &reply), client)),
                    }
                }
            });
        }
    }

    fn serve_tcp(&self, listener: &TcpListener) {
        while let Ok((mut stream, _)) = listener.accept() {
            if self.ended.load(Ordering::SeqCst) {
                return;
            }
            let mut length = [0; 2];
            if stream.read_exact(&mut length).is_err() {
                continue;
            }
            let mut question = vec![0; usize::from(u16::from_be_bytes(length))];
            stream.read_exact(&mut question).unwrap();
            let question = Message::from_vec(&question).unwrap();
            for reply in self.replies(&question, true) {
                if let Reply::Pause(length) = reply {
                    std::thread::sleep(length);
                    continue;
                }
                let bytes = encode(&question, &reply);
                // `Bytes` go out as they are, so that a test can lie about the length.
                if !matches!(reply, Reply::Bytes(_)) {
                    stream.write_all(&u16::try_from(bytes.len()).unwrap().to_be_bytes()).unwrap();
                }
                stream.write_all(&bytes).unwrap();
            }
        }
    }

    fn replies(&self, question: &Message, over_tcp: bool) -> Vec<Reply> {
        let query = &question.queries[0];
        let name = query.name.to_ascii().trim_end_matches('.').to_owned();
        let mut all = self.asked.lock().unwrap();
        let earlier = all.iter().filter(|asked| asked.name == name && asked.kind == query.query_type).count();
        let asked = Asked { name, kind: query.query_type, over_tcp, earlier };
        all.push(asked.clone());
        drop(all);
        (self.script)(&asked)
    }
}

fn encode(question: &Message, reply: &Reply) -> Vec<u8> {
    let mut message = question.clone();
    message.metadata.message_type = MessageType::Response;
    message.metadata.recursion_available = true;
    let owner = question.queries[0].name.clone();
    match reply {
        Reply::Addresses(addresses) => message.answers = records(question, &owner, addresses),
        Reply::Alias(alias, addresses) => {
            let alias = Name::from_ascii(alias).unwrap();
            message.answers = vec![Record::from_rdata(owner, 60, RData::CNAME(CNAME(alias.clone())))];
            message.answers.extend(records(question, &alias, addresses));
        }
        Reply::Code(code) => message.metadata.response_code = *code,
        Reply::Truncated => message.metadata.truncation = true,
        Reply::WrongId(addresses) => {
            message.metadata.id ^= 0x5555;
            message.answers = records(question, &owner, addresses);
        }
        Reply::Bytes(bytes) => return bytes.clone(),
        Reply::Forged(_) | Reply::Pause(_) => unreachable!("not messages of the server"),
    }
    message.to_vec().unwrap()
}

fn records(question: &Message, owner: &Name, addresses: &[IpAddr]) -> Vec<Record> {
    let data = addresses.iter().filter_map(|address| match (question.queries[0].query_type, address) {
        (RecordType::A, IpAddr::V4(address)) => Some(RData::A(A(*address))),
        (RecordType::AAAA, IpAddr::V6(address)) => Some(RData::AAAA(AAAA(*address))),
        _ => None,
    });
    data.map(|data| Record::from_rdata(owner.clone(), 60, data)).collect()
}
