//! Whom to ask what, in which order, and what the answers come to.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_proto::rr::RecordType;

use super::configuration::Configuration;
use super::datagram::Datagram;
use super::error::{LookupError, shown};
use super::message::{Answer, Question};
use super::names;
use super::stream;
use super::waiting::Waiting;
use crate::adapters::clock::Timeline;
use crate::adapters::random;
use crate::measurement::outcome::Cause;
use crate::probe::target::AddressFamily;
use crate::probe::transcript::Wait;

/// What asking for one absolute name came to, when it has no address.
enum Miss {
    NoName,
    NoData,
    Failed(String),
    Silent(String),
}

/// Asks for each candidate name in turn until one has an address.
pub(super) async fn search(
    name: &str,
    family: AddressFamily,
    configuration: &Configuration,
    timeline: &Timeline,
    waits: &mut Vec<Wait>,
) -> Result<Vec<IpAddr>, LookupError> {
    let kinds = kinds(family, configuration);
    let mut waiting = Waiting::new(timeline, waits);
    let (mut failure, mut exists) = (None, false);
    for candidate in names::candidates(name, &configuration.search, configuration.ndots) {
        match ask(&candidate, &kinds, configuration, &mut waiting).await {
            Ok(addresses) => return Ok(addresses),
            Err(Miss::NoName) => {}
            Err(Miss::NoData) => exists = true,
            Err(Miss::Failed(detail)) => failure = Some(detail),
            // A server that is silent on one name would be silent on the next: the C library stops here, too.
            Err(Miss::Silent(detail)) => return Err(LookupError::new(Cause::Timeout, detail)),
        }
    }
    let name = shown(name);
    Err(match failure {
        Some(detail) => LookupError::new(Cause::ResolverFailed, detail),
        None if exists => LookupError::new(Cause::NameNotFound, format!("{name} has no {} address", words(&kinds))),
        None => LookupError::new(Cause::NameNotFound, format!("{name} does not exist")),
    })
}

fn kinds(family: AddressFamily, configuration: &Configuration) -> Vec<RecordType> {
    let kinds: &[RecordType] = match family {
        AddressFamily::Both => &[RecordType::A, RecordType::AAAA],
        AddressFamily::Ipv4 => &[RecordType::A],
        AddressFamily::Ipv6 => &[RecordType::AAAA],
    };
    kinds.iter().copied().filter(|kind| *kind != RecordType::AAAA || !configuration.no_aaaa).collect()
}

fn words(kinds: &[RecordType]) -> &'static str {
    match kinds {
        [RecordType::A] => "IPv4",
        [RecordType::AAAA] => "IPv6",
        _ => "IPv4 or IPv6",
    }
}

async fn ask(
    name: &str,
    kinds: &[RecordType],
    configuration: &Configuration,
    waiting: &mut Waiting<'_>,
) -> Result<Vec<IpAddr>, Miss> {
    let Some(questions) = kinds.iter().map(|kind| Question::new(name, *kind)).collect::<Option<Vec<_>>>() else {
        return Err(Miss::NoName);
    };
    let mut round = Round { open: questions.iter().map(|question| (question, None)).collect(), troubles: Vec::new() };
    round.run(configuration, waiting).await;
    round.verdict(name)
}

/// The questions on one name and what came of them.
struct Round<'q> {
    open: Vec<(&'q Question, Option<Answer>)>,
    troubles: Vec<String>,
}

impl Round<'_> {
    async fn run(&mut self, configuration: &Configuration, waiting: &mut Waiting<'_>) {
        let mut servers: Vec<Server> = configuration.servers.iter().map(|address| Server::new(*address)).collect();
        if configuration.rotate && !servers.is_empty() {
            let first = usize::from(u16::from_ne_bytes(random::bytes())) % servers.len();
            servers.rotate_left(first);
        }
        let count = u32::try_from(servers.len()).unwrap_or(u32::MAX);
        for _ in 0..configuration.attempts {
            for (turn, server) in (0_u32..).zip(&mut servers) {
                if server.useless {
                    continue;
                }
                let patience = patience(configuration.timeout, turn, count);
                if let Err(trouble) = server.ask(&mut self.open, patience, configuration, waiting).await {
                    server.useless = true;
                    self.troubles.push(format!("{}: {trouble}", server.address));
                }
                if self.open.iter().all(|(_, answer)| answer.is_some()) {
                    return;
                }
            }
        }
    }

    fn verdict(self, name: &str) -> Result<Vec<IpAddr>, Miss> {
        let (mut addresses, mut no_name, mut no_answer) = (Vec::new(), false, false);
        for (_, answer) in self.open {
            match answer {
                Some(Answer::Addresses(found)) => addresses.extend(found),
                Some(Answer::NoName) => no_name = true,
                Some(Answer::NoData) => {}
                Some(Answer::Error(_) | Answer::Truncated) | None => no_answer = true,
            }
        }
        if !addresses.is_empty() {
            return Ok(addresses);
        }
        Err(match (no_name, no_answer) {
            (true, _) => Miss::NoName,
            (false, false) => Miss::NoData,
            (false, true) if self.troubles.is_empty() => {
                Miss::Silent(format!("no name server answered on {}", shown(name)))
            }
            (false, true) => Miss::Failed(format!("no address for {}: {}", shown(name), self.troubles.join("; "))),
        })
    }
}

/// What one server gets in one try, as in the C library: all of it for the first, a growing share for the others.
fn patience(timeout: Duration, turn: u32, servers: u32) -> Duration {
    match turn {
        0 => timeout,
        turn => (timeout * (1 << turn.min(8)) / servers.max(1)).max(Duration::from_secs(1)),
    }
}

/// One name server within one lookup.
struct Server {
    address: SocketAddr,
    socket: Option<Datagram>,
    /// It cannot be reached, or has answered with an error: asking again would change nothing.
    useless: bool,
}

impl Server {
    fn new(address: SocketAddr) -> Self {
        Self { address, socket: None, useless: false }
    }

    /// Asks what is still open; the error is a sentence's end.
    async fn ask(
        &mut self,
        open: &mut [(&Question, Option<Answer>)],
        patience: Duration,
        configuration: &Configuration,
        waiting: &mut Waiting<'_>,
    ) -> Result<(), String> {
        let mut missing: Vec<(&Question, Option<Answer>)> =
            open.iter().filter(|(_, answer)| answer.is_none()).map(|(question, _)| (*question, None)).collect();
        let asked =
            self.exchange(&mut missing, patience, configuration, waiting).await.map_err(|error| error.to_string());
        let mut refusal = None;
        let mut found = missing.into_iter();
        for (_, answer) in open.iter_mut().filter(|(_, answer)| answer.is_none()) {
            match found.next().and_then(|(_, found)| found) {
                Some(Answer::Error(code)) => refusal = Some(format!("answered {code}")),
                // Over TCP, too: then it is no answer.
                Some(Answer::Truncated) => refusal = Some("answered with a cut-off message".to_owned()),
                found => *answer = found,
            }
        }
        asked?;
        refusal.map_or(Ok(()), Err)
    }

    async fn exchange(
        &mut self,
        missing: &mut [(&Question, Option<Answer>)],
        patience: Duration,
        configuration: &Configuration,
        waiting: &mut Waiting<'_>,
    ) -> std::io::Result<()> {
        if !configuration.tcp {
            let socket = match self.socket.take() {
                Some(socket) => socket,
                None => Datagram::connect(self.address)?,
            };
            let together = if configuration.single_request { 1 } else { missing.len().max(1) };
            for questions in missing.chunks_mut(together) {
                socket.ask(questions, patience, waiting).await?;
            }
            self.socket = Some(socket);
        }
        for (question, answer) in missing.iter_mut() {
            if configuration.tcp || *answer == Some(Answer::Truncated) {
                *answer = stream::ask(self.address, question, patience, waiting).await?;
            }
        }
        Ok(())
    }
}
