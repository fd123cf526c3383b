//! Servers that misbehave, each in one named way, on real sockets.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::server::{Seen, Server};

/// One way to misbehave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// Closes the connection without a byte.
    ClosesAtOnce,
    /// Resets the connection without a byte.
    ResetsAtOnce,
    /// Resets after the header and 100 of 1,000 body bytes.
    ResetsMidBody,
    /// Closes after the header and 100 of 1,000 body bytes.
    ClosesMidBody,
    /// Closes in the middle of a chunk.
    ClosesMidChunk,
    /// Closes in the middle of the header.
    ClosesMidHeader,
    /// Reads all it is sent and answers nothing; asked over `https`, never answers the handshake.
    NeverAnswers,
    /// A byte of the body a second.
    DripsBody,
    /// A byte of the header a second.
    DripsHeader,
    /// Bytes that are not HTTP; asked over `https`, not TLS either.
    Garbage,
    /// A chunk size that is not a number.
    GarbageChunk,
    /// A well-formed answer; asked over `https`, plain HTTP where TLS was due.
    PlainHttp,
    /// A header line of 2 MB.
    OversizedHeader,
    /// A hundred thousand header lines.
    ManyHeaders,
    /// Interim responses and nothing else: 128 MB of `100 Continue`.
    FloodsContinue,
}

const HEADER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n";

impl Behaviour {
    /// Starts a server that behaves so.
    pub fn start(self) -> Server {
        Server::start("http", move |stream, seen| async move {
            let _ = self.serve(stream, seen).await;
        })
    }

    async fn serve(self, mut stream: TcpStream, seen: Seen) -> std::io::Result<()> {
        seen.lock().unwrap().push("connection".to_owned());
        match self {
            Self::ClosesAtOnce => {
                read_some(&mut stream).await?;
            }
            Self::ResetsAtOnce => {
                read_some(&mut stream).await?;
                reset(stream)?;
            }
            Self::ResetsMidBody => {
                read_some(&mut stream).await?;
                stream.write_all(HEADER).await?;
                stream.write_all(&[b'b'; 100]).await?;
                // A reset may overtake what was sent before it: the behaviour is that the body had begun.
                tokio::time::sleep(Duration::from_millis(100)).await;
                reset(stream)?;
            }
            Self::ClosesMidBody => {
                read_some(&mut stream).await?;
                stream.write_all(HEADER).await?;
                stream.write_all(&[b'b'; 100]).await?;
            }
            Self::ClosesMidChunk => {
                read_some(&mut stream).await?;
                stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n100\r\nbbb").await?;
            }
            Self::ClosesMidHeader => {
                read_some(&mut stream).await?;
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Le").await?;
            }
            Self::NeverAnswers => while read_some(&mut stream).await? > 0 {},
            Self::DripsBody => {
                read_some(&mut stream).await?;
                stream.write_all(HEADER).await?;
                drip(&mut stream, &[b'b'; 1000]).await?;
            }
            Self::DripsHeader => {
                read_some(&mut stream).await?;
                drip(&mut stream, HEADER).await?;
            }
            Self::Garbage => {
                read_some(&mut stream).await?;
                stream.write_all(b"\x00\xff\x13\x37 certainly no protocol \r\n\r\n\x00\x01\x02").await?;
            }
            Self::GarbageChunk => {
                read_some(&mut stream).await?;
                stream
                    .write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzebra\r\nbbb\r\n0\r\n\r\n")
                    .await?;
            }
            Self::PlainHttp => {
                read_some(&mut stream).await?;
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok").await?;
            }
            Self::OversizedHeader => {
                read_some(&mut stream).await?;
                stream.write_all(b"HTTP/1.1 200 OK\r\nX-Fill: ").await?;
                stream.write_all(&vec![b'f'; 2 * 1024 * 1024]).await?;
                stream.write_all(b"\r\nContent-Length: 0\r\n\r\n").await?;
            }
            Self::ManyHeaders => {
                read_some(&mut stream).await?;
                stream.write_all(b"HTTP/1.1 200 OK\r\n").await?;
                stream.write_all(&b"X-Fill: one more line of header\r\n".repeat(100_000)).await?;
                stream.write_all(b"Content-Length: 0\r\n\r\n").await?;
            }
            Self::FloodsContinue => {
                read_some(&mut stream).await?;
                let some = b"HTTP/1.1 100 Continue\r\n\r\n".repeat(1024 * 1024 / 25);
                for _ in 0..128 {
                    stream.write_all(&some).await?;
                }
                while read_some(&mut stream).await? > 0 {}
            }
        }
        Ok(())
    }
}

async fn read_some(stream: &mut TcpStream) -> std::io::Result<usize> {
    stream.read(&mut [0; 16384]).await
}

async fn drip(stream: &mut TcpStream, bytes: &[u8]) -> std::io::Result<()> {
    for byte in bytes {
        stream.write_all(&[*byte]).await?;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    Ok(())
}

/// Closing with a zero linger sends RST in place of FIN.
fn reset(stream: TcpStream) -> std::io::Result<()> {
    let stream = stream.into_std()?;
    socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO))
}
