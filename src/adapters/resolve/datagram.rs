//! Questions and answers over UDP, on the calling thread.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket as Blocking};
use std::time::Duration;

use tokio::io::Interest;
use tokio::net::UdpSocket;
use tokio::time::{Instant as Deadline, timeout_at};

use super::message::{Answer, Question};
use super::waiting::Waiting;
use crate::adapters::kernel;
use crate::measurement::units::Micros;

/// Longer than any answer that fits into a datagram without being asked for; a longer one breaks off and is no answer.
const DATAGRAM_MAX: usize = 8 * 1024;

/// A socket connected to one server: the kernel drops what others send.
pub(super) struct Datagram(UdpSocket);

impl Datagram {
    /// A port of the kernel's choice, at random.
    pub(super) fn connect(server: SocketAddr) -> io::Result<Self> {
        let any = if server.is_ipv4() {
            SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0))
        } else {
            SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0))
        };
        let socket = Blocking::bind(any)?;
        socket.set_nonblocking(true)?;
        socket.connect(server)?;
        // Without stamps the waits are kept all the same.
        let _ = kernel::enable_receive_stamps(&socket);
        Ok(Self(UdpSocket::from_std(socket)?))
    }

    /// Sends the questions and puts the answers beside them, until all are there or `patience` is over.
    pub(super) async fn ask(
        &self,
        pending: &mut [(&Question, Option<Answer>)],
        patience: Duration,
        waiting: &mut Waiting<'_>,
    ) -> io::Result<()> {
        let (deadline, limit) = (Deadline::now() + patience, waiting.now() + Micros::from(patience));
        let mut began = waiting.now();
        for (question, _) in pending.iter() {
            loop {
                // A new socket has to be heard of first: that is a call of the kernel.
                self.0.writable().await?;
                began = waiting.now();
                match self.0.try_send(&question.bytes) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    sent => {
                        sent?;
                        break;
                    }
                }
            }
        }
        waiting.asked(began);
        let mut buffer = vec![0; DATAGRAM_MAX];
        while pending.iter().any(|(_, answer)| answer.is_none()) {
            let Ok(read) = timeout_at(deadline, self.receive(&mut buffer, waiting)).await else {
                waiting.give_up(limit);
                return Ok(());
            };
            let datagram = buffer.get(..read?).unwrap_or_default();
            let open = pending.iter_mut().filter(|(_, answer)| answer.is_none());
            for (question, answer) in open {
                *answer = question.answer(datagram);
            }
        }
        Ok(())
    }

    async fn receive(&self, buffer: &mut [u8], waiting: &mut Waiting<'_>) -> io::Result<usize> {
        loop {
            match self.0.try_io(Interest::READABLE, || kernel::receive(&self.0, buffer)) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    waiting.begin();
                    self.0.readable().await?;
                }
                read => {
                    waiting.end(read.as_ref().ok().and_then(|(_, stamp)| *stamp));
                    return read.map(|(length, _)| length);
                }
            }
        }
    }
}
