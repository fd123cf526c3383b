//! An HTTP proxy: `CONNECT` tunnels and absolute-form requests, or a refusal.

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;
use url::Url;

use super::server::{Seen, Server};

/// Connects to loopback and nowhere else: a test whose subject is broken must not reach a real network.
async fn connect(authority: &str) -> std::io::Result<TcpStream> {
    for address in tokio::net::lookup_host(authority).await? {
        if address.ip().is_loopback() {
            return TcpStream::connect(address).await;
        }
    }
    Err(std::io::ErrorKind::PermissionDenied.into())
}

/// Starts a proxy that serves, or answers every request with `refusal` (such as `407 Proxy Authentication Required`).
pub fn start(refusal: Option<&'static str>) -> Server {
    Server::start("http", move |stream, seen| async move {
        let _ = serve(stream, refusal, seen).await;
    })
}

async fn serve(mut client: TcpStream, refusal: Option<&'static str>, seen: Seen) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < 65536 {
        head.push(client.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut words = head.split(' ');
    let (method, asked) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    seen.lock().unwrap().push(format!("{method} {asked}"));
    if let Some(status) = refusal {
        return client.write_all(format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").as_bytes()).await;
    }
    if method == "CONNECT" {
        let mut server = connect(asked).await?;
        client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
        copy_bidirectional(&mut client, &mut server).await?;
    } else if let Ok(url) = Url::parse(asked) {
        let mut server =
            connect(&format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or(80)))
                .await?;
        server.write_all(head.replacen(asked, &url[url::Position::BeforePath..], 1).as_bytes()).await?;
        copy_bidirectional(&mut client, &mut server).await?;
    }
    Ok(())
}
