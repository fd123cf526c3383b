//! A fake monitor's API that answers as it is told: what a real one cannot be made to do.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Method, path and query.
    pub line: String,
    /// The header `Authorization`.
    pub authorization: Option<String>,
    /// All of it.
    pub body: String,
}

/// An answer.
pub enum Reply {
    /// With this status.
    Whole(u16, String),
    /// With a header that promises more than is sent.
    CutOff(String),
    /// More bytes than any reader wants.
    Huge,
    /// To another address.
    Redirect(String),
    /// Nothing, for as long as the other side waits.
    Silence,
}

/// What it was asked, and where it is.
pub struct FakeApi {
    port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl FakeApi {
    /// Answers every request by `answer`, until the tests end.
    pub fn start(mut answer: impl FnMut(&Asked) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = listener.local_addr().expect("its port").port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let noted = asked.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                let Some(request) = read(&stream) else { continue };
                let reply = answer(&request);
                noted.lock().expect("its notes").push(request);
                // Whoever gives up on an answer closes the connection.
                let _ = write(&stream, reply);
            }
        });
        Self { port, asked }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// All requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("its notes").clone()
    }
}

fn read(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let (mut line, mut authorization, mut length) = (String::new(), None, 0);
    reader.read_line(&mut line).ok()?;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        match header.trim().split_once(':') {
            None => break,
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.trim().parse().ok()?,
            Some((name, value)) if name.eq_ignore_ascii_case("authorization") => {
                authorization = Some(value.trim().to_owned());
            }
            Some(_) => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let line = line.trim().trim_end_matches(" HTTP/1.1").to_owned();
    Some(Asked { line, authorization, body: String::from_utf8(body).ok()? })
}

fn write(mut stream: &TcpStream, reply: Reply) -> std::io::Result<()> {
    let head = |status: u16, more: &str| {
        format!("HTTP/1.1 {status} x\r\nContent-Type: application/json\r\nConnection: close\r\n{more}\r\n")
    };
    match reply {
        Reply::Whole(status, body) => {
            stream.write_all(head(status, &format!("Content-Length: {}\r\n", body.len())).as_bytes())?;
            stream.write_all(body.as_bytes())
        }
        Reply::CutOff(body) => {
            stream.write_all(head(200, &format!("Content-Length: {}\r\n", body.len() + 100)).as_bytes())?;
            stream.write_all(body.as_bytes())
        }
        Reply::Huge => {
            stream.write_all(head(200, "").as_bytes())?;
            let blank = vec![b' '; 1 << 20];
            for _ in 0..100 {
                stream.write_all(&blank)?;
            }
            Ok(())
        }
        Reply::Redirect(to) => {
            stream.write_all(head(302, &format!("Location: {to}\r\nContent-Length: 0\r\n")).as_bytes())
        }
        Reply::Silence => {
            stream.set_read_timeout(Some(Duration::from_secs(60)))?;
            let mut rest = [0; 1];
            stream.read(&mut rest).map(|_| ())
        }
    }
}
