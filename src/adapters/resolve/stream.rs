//! One question over TCP, for an answer that is too long for a datagram (RFC 7766).

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncWriteExt, Interest};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::message::{Answer, Question};
use super::waiting::Waiting;
use crate::adapters::kernel;
use crate::measurement::units::Micros;

/// Asks one server over a connection of its own; `None` when `patience` is over or the reply is no answer.
pub(super) async fn ask(
    server: SocketAddr,
    question: &Question,
    patience: Duration,
    waiting: &mut Waiting<'_>,
) -> io::Result<Option<Answer>> {
    let limit = waiting.now() + Micros::from(patience);
    match timeout(patience, exchange(server, question, waiting)).await {
        Ok(reply) => Ok(question.answer(&reply?)),
        Err(_) => {
            waiting.give_up(limit);
            Ok(None)
        }
    }
}

async fn exchange(server: SocketAddr, question: &Question, waiting: &mut Waiting<'_>) -> io::Result<Vec<u8>> {
    waiting.begin();
    let connected = TcpStream::connect(server).await;
    waiting.end(None);
    let mut stream = connected?;
    stream.set_nodelay(true)?;
    // Without stamps the waits are kept all the same.
    let _ = kernel::enable_receive_stamps(&stream);
    let length = u16::try_from(question.bytes.len()).map_err(io::Error::other)?;
    stream.write_all(&[&length.to_be_bytes(), question.bytes.as_slice()].concat()).await?;
    let mut length = [0; 2];
    fill(&stream, &mut length, waiting).await?;
    let mut reply = vec![0; usize::from(u16::from_be_bytes(length))];
    fill(&stream, &mut reply, waiting).await?;
    Ok(reply)
}

async fn fill(stream: &TcpStream, buffer: &mut [u8], waiting: &mut Waiting<'_>) -> io::Result<()> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match stream.try_io(Interest::READABLE, || kernel::receive(stream, rest)) {
            Ok((0, _)) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok((read, stamp)) => {
                waiting.end(stamp);
                filled += read;
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                waiting.begin();
                stream.readable().await?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
