//! The servers of `support` behave as they are named, by raw sockets: what the methods are tested against is itself tested.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::support::hostile::Behaviour;
use crate::support::server::Server;
use crate::support::{pages, proxy};

fn raw(server: &Server, request: &str) -> Result<String, std::io::Error> {
    let mut stream = TcpStream::connect(server.address)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

fn get(server: &Server, path: &str) -> String {
    raw(server, &format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")).unwrap()
}

#[test]
fn the_site_serves_its_pages() {
    let site = pages::HTTP.start();
    assert!(get(&site, "/page?bytes=7").ends_with("\r\n\r\naaaaaaa"));
    assert!(get(&site, "/redirect?n=2").contains("location: /redirect?n=1"));
    assert!(get(&site, "/status/503").starts_with("HTTP/1.1 503"));
    assert!(get(&site, "/headers").contains("host: localhost"));
    assert_eq!(site.seen()[0], "GET /page?bytes=7");
}

#[test]
fn hostile_servers_misbehave_as_named() {
    let request = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    assert_eq!(raw(&Behaviour::ClosesAtOnce.start(), request).unwrap(), "");
    assert_eq!(
        raw(&Behaviour::ResetsMidBody.start(), request).unwrap_err().kind(),
        std::io::ErrorKind::ConnectionReset
    );
    let cut = raw(&Behaviour::ClosesMidBody.start(), request).unwrap();
    assert!(cut.contains("Content-Length: 1000") && cut.ends_with(&"b".repeat(100)));
    assert!(!raw(&Behaviour::Garbage.start(), request).unwrap().contains("HTTP"));
    assert!(raw(&Behaviour::OversizedHeader.start(), request).unwrap().len() > 2_000_000);
}

#[test]
fn the_proxy_forwards_tunnels_and_refuses() {
    let (site, open, shut) = (pages::HTTP.start(), proxy::start(None), proxy::start(Some("403 Forbidden")));
    let absolute = format!("GET {} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", site.url("/page?bytes=3"));
    assert!(raw(&open, &absolute).unwrap().ends_with("\r\n\r\naaa"));
    let tunnel = format!(
        "CONNECT {} HTTP/1.1\r\n\r\nGET /page?bytes=4 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        site.address
    );
    assert!(raw(&open, &tunnel).unwrap().ends_with("\r\n\r\naaaa"));
    assert!(raw(&shut, &absolute).unwrap().starts_with("HTTP/1.1 403"));
    assert_eq!(open.seen()[1], format!("CONNECT {}", site.address));
}
