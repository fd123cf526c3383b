//! As much of an HTTP/1.1 server as a program needs that asks one question after another.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use nix::sys::socket::{Shutdown, shutdown};

/// The largest message of a queue has a mebibyte, and JSON may make six bytes of one.
const BODY_MAX: usize = 8 << 20;
/// Where the system gives no connection, the next one may be had a moment later.
const PAUSE: Duration = Duration::from_millis(10);

/// A request.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) path: String,
    /// Which call of which service: `X-Amz-Target`.
    pub(super) call: String,
    pub(super) body: String,
}

/// What it is answered.
#[derive(Debug)]
pub(super) struct Answer {
    /// `200 OK`, and the like.
    pub(super) status: &'static str,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn new(status: &'static str, body: impl Into<String>) -> Self {
        Self { status, headers: Vec::new(), body: body.into() }
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// Answers each connection on a thread of its own. No new one is taken once this is dropped; those that stand end with
/// the program at their other end.
#[derive(Debug)]
pub(super) struct Server {
    listener: TcpListener,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves what comes to a listener; a request that is answered by nothing ends its connection.
    pub(super) fn start(
        listener: TcpListener,
        answer: impl Fn(&Request) -> Option<Answer> + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let (own, answer) = (listener.try_clone()?, Arc::new(answer));
        let thread = thread::Builder::new().name("loopback".to_owned()).spawn(move || {
            loop {
                match own.accept() {
                    Ok((stream, _)) => {
                        let answer = Arc::clone(&answer);
                        // Without a thread the connection closes, which whoever asks can see.
                        let _ = thread::Builder::new().spawn(move || connection(stream, &*answer));
                    }
                    // The listener was shut down.
                    Err(refused) if refused.kind() == io::ErrorKind::InvalidInput => return,
                    Err(_) => thread::sleep(PAUSE),
                }
            }
        })?;
        Ok(Self { listener, thread: Some(thread) })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It wakes the thread that accepts.
        if shutdown(self.listener.as_raw_fd(), Shutdown::Both).is_ok()
            && let Some(thread) = self.thread.take()
        {
            // A panic over there has been printed by its own thread.
            let _ = thread.join();
        }
    }
}

fn connection(stream: TcpStream, answer: &dyn Fn(&Request) -> Option<Answer>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut answers = stream.try_clone()?;
    let mut requests = BufReader::new(stream);
    while let Some(request) = read(&mut requests)? {
        let Some(Answer { status, headers, body }) = answer(&request) else { return Ok(()) };
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = body.len();
        answers
            .write_all(format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n{body}").as_bytes())?;
    }
    Ok(())
}

/// The next request; none where the other side is done.
fn read(requests: &mut impl BufRead) -> io::Result<Option<Request>> {
    let mut line = String::new();
    if requests.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut request = Request { path: line.split(' ').nth(1).unwrap_or_default().to_owned(), ..Request::default() };
    let mut length = 0;
    loop {
        let mut header = String::new();
        requests.read_line(&mut header)?;
        match header.trim().split_once(':') {
            None => break,
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().map_err(|_| io::ErrorKind::InvalidData)?;
            }
            Some((name, value)) if name.eq_ignore_ascii_case("x-amz-target") => {
                value.trim().clone_into(&mut request.call)
            }
            Some(_) => {}
        }
    }
    if length > BODY_MAX {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let mut body = vec![0; length];
    requests.read_exact(&mut body)?;
    request.body = String::from_utf8_lossy(&body).into_owned();
    Ok(Some(request))
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn a_request_is_read_with_its_call_and_its_body_and_no_more_than_a_message_is_taken() {
        let read = |text: &str| read(&mut text.as_bytes());
        let asked =
            read("POST /q HTTP/1.1\r\nx-amz-target: AmazonSQS.X\r\nContent-Length: 4\r\n\r\n{\"a\"rest").unwrap();
        let expected = Request { path: "/q".into(), call: "AmazonSQS.X".into(), body: "{\"a\"".into() };
        assert_eq!(asked, Some(expected));
        assert_eq!(read("").unwrap(), None);
        assert!(read("GET / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n").is_err());
        assert!(read("GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab").is_err(), "cut off");
    }

    #[test]
    fn questions_are_answered_one_after_another_and_none_once_it_is_gone() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let server = Server::start(listener, |request| {
            (request.path != "/end").then(|| Answer::new("200 OK", &*request.path).with("X-Own", "1"))
        })
        .unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(b"GET /one HTTP/1.1\r\n\r\nGET /two HTTP/1.1\r\n\r\nGET /end HTTP/1.1\r\n\r\n").unwrap();
        let mut said = String::new();
        stream.read_to_string(&mut said).unwrap();
        let one = |path: &str| format!("HTTP/1.1 200 OK\r\nX-Own: 1\r\nContent-Length: 4\r\n\r\n{path}");
        assert_eq!(said, one("/one") + &one("/two"));
        drop(server);
        assert!(TcpStream::connect(address).is_err());
    }
}
