//! Between TLS and HTTP: sees in plain text when the request has gone and when its answer begins.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::frames::{Frames, PREFACE_LENGTH};
use super::head::HeadLength;
use super::journal::{Journal, Progress};
use super::line::HEADER_MAX;

/// Which HTTP is spoken.
pub(super) enum Protocol {
    /// The first byte that comes after the request is the answer's.
    Http1(HeadLength),
    /// The first HEADERS frame is: SETTINGS come unasked.
    Http2 {
        /// What we send.
        outgoing: Frames,
        /// What comes back.
        incoming: Frames,
    },
}

impl Protocol {
    pub(super) fn http1() -> Self {
        Self::Http1(HeadLength::default())
    }

    pub(super) fn http2() -> Self {
        Self::Http2 { outgoing: Frames::new(PREFACE_LENGTH), incoming: Frames::new(0) }
    }
}

/// A stream that tells the journal what goes through it.
pub(super) struct Tap<S> {
    stream: S,
    protocol: Protocol,
    journal: Journal,
}

impl<S> Tap<S> {
    pub(super) fn new(stream: S, protocol: Protocol, journal: Journal) -> Self {
        Self { stream, protocol, journal }
    }

    fn outgoing(&mut self, bytes: &[u8]) {
        let progress = self.journal.progress();
        match &mut self.protocol {
            Protocol::Http1(head) if progress == Progress::Idle && !bytes.is_empty() => {
                *head = HeadLength::default();
                self.journal.writing();
            }
            Protocol::Http1(_) => {}
            Protocol::Http2 { outgoing, incoming } => {
                if outgoing.follow(bytes).headers {
                    incoming.new_request();
                    self.journal.writing();
                }
            }
        }
    }

    fn incoming(&mut self, bytes: &[u8]) {
        let begins = match &mut self.protocol {
            Protocol::Http1(head) => {
                if self.journal.progress() != Progress::Idle
                    && let Some(length) = head.follow(bytes)
                {
                    self.journal.header_bytes(length);
                }
                !bytes.is_empty()
            }
            Protocol::Http2 { incoming, .. } => {
                let found = incoming.follow(bytes);
                if found.header_bytes > 0 {
                    self.journal.header_bytes(found.header_bytes);
                }
                found.headers
            }
        };
        if begins {
            self.journal.answered();
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Tap<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        self.incoming(&buffer.filled()[before..]);
        // The parser forgets each interim response, so a server could send them for ever.
        match &self.protocol {
            Protocol::Http1(head) if head.pending() > u64::from(HEADER_MAX) => {
                Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, "the response header has no end")))
            }
            _ => Poll::Ready(Ok(())),
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Tap<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let length = ready!(Pin::new(&mut self.stream).poll_write(cx, bytes))?;
        self.outgoing(&bytes[..length]);
        Poll::Ready(Ok(length))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let length = ready!(Pin::new(&mut self.stream).poll_write_vectored(cx, parts))?;
        let mut left = length;
        for part in parts {
            let taken = left.min(part.len());
            self.outgoing(&part[..taken]);
            left -= taken;
        }
        Poll::Ready(Ok(length))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        self.journal.flushed();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
