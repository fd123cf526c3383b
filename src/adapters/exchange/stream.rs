//! The socket under TLS and HTTP: every read says when its bytes arrived, every pause is noted.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;

use super::journal::{Journal, Progress};
use super::records::Records;
use crate::adapters::kernel;
use crate::probe::transcript::Instant;

/// A read brings the stamp of the last packet it took from. While the first byte of the answer is awaited it takes no more
/// than one packet of the usual size, or what is left of the record that must be whole to be decrypted: so the stamp is
/// that byte's own and not that of packets behind it.
const PACKET: usize = 1_448;

/// A connected socket that keeps a journal.
pub(super) struct Stream {
    socket: Rc<TcpStream>,
    journal: Journal,
    /// Of TLS, once it is spoken.
    records: Option<Records>,
    write_blocked_since: Option<Instant>,
}

impl Stream {
    /// Takes over a socket whose receive stamps are on.
    pub(super) fn new(socket: Rc<TcpStream>, journal: Journal) -> Self {
        Self { socket, journal, records: None, write_blocked_since: None }
    }

    /// What is read from here on is TLS.
    pub(super) fn begin_tls(&mut self) {
        self.records = Some(Records::default());
    }

    /// The most that one read takes of `space` bytes.
    fn most(&self, space: usize) -> usize {
        if self.journal.progress() != Progress::Sent {
            return space;
        }
        self.records.as_ref().and_then(Records::left).unwrap_or(PACKET).min(space)
    }

    fn poll_write_with(
        &mut self,
        cx: &mut Context<'_>,
        write: impl Fn(&TcpStream) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        loop {
            match self.socket.poll_write_ready(cx) {
                Poll::Ready(ready) => ready?,
                Poll::Pending => {
                    self.write_blocked_since.get_or_insert(self.journal.now());
                    return Poll::Pending;
                }
            }
            if let Some(from) = self.write_blocked_since.take() {
                self.journal.write_unblocked(from);
            }
            let began = self.journal.now();
            match write(&self.socket) {
                Err(error) if is_to_be_tried_again(&error) => {}
                Err(error) => {
                    self.journal.broke(&error);
                    return Poll::Ready(Err(error));
                }
                Ok(length) => {
                    self.journal.wrote(began);
                    return Poll::Ready(Ok(length));
                }
            }
        }
    }
}

fn is_to_be_tried_again(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if buffer.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        loop {
            match self.socket.poll_read_ready(cx) {
                Poll::Ready(ready) => ready?,
                Poll::Pending => {
                    self.journal.pending();
                    return Poll::Pending;
                }
            }
            let most = self.most(buffer.remaining());
            let space = buffer.initialize_unfilled_to(most);
            match self.socket.try_io(Interest::READABLE, || kernel::receive(&*self.socket, space)) {
                Err(error) if is_to_be_tried_again(&error) => {}
                Err(error) => {
                    self.journal.broke(&error);
                    return Poll::Ready(Err(error));
                }
                Ok((length, stamp)) => {
                    // Without TLS every byte can be read as it comes.
                    let begins = self.records.as_mut().is_none_or(|records| records.follow(&space[..length]));
                    self.journal.read(length, stamp, begins);
                    buffer.advance(length);
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_with(cx, |socket| socket.try_write(bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_with(cx, |socket| socket.try_write_vectored(parts))
    }

    // One packet for what TLS hands over in pieces, as a C library would send it.
    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(socket2::SockRef::from(&*self.socket).shutdown(std::net::Shutdown::Write))
    }
}
