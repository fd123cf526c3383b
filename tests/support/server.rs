//! A server on a free loopback port: a thread with its own runtime, gone when the handle is dropped.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use url::Url;

/// No connection is served longer than this, so that a test that forgets one still ends.
const SERVED_MAX: Duration = Duration::from_secs(60);

/// A running server.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    scheme: &'static str,
    seen: Arc<Mutex<Vec<String>>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What a server writes down of the requests it got, one line each.
pub type Seen = Arc<Mutex<Vec<String>>>;

impl Server {
    /// Serves each connection on 127.0.0.1 by `serve`.
    pub fn start<S, F>(scheme: &'static str, serve: S) -> Self
    where
        S: Fn(TcpStream, Seen) -> F + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        Self::start_on(IpAddr::V4(Ipv4Addr::LOCALHOST), scheme, serve)
    }

    /// Serves each connection on one loopback address by `serve`.
    pub fn start_on<S, F>(ip: IpAddr, scheme: &'static str, serve: S) -> Self
    where
        S: Fn(TcpStream, Seen) -> F + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = std::net::TcpListener::bind((ip, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Seen::default();
        let log = seen.clone();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = TcpListener::from_std(listener).unwrap();
                let accepting = async {
                    while let Ok((stream, _)) = listener.accept().await {
                        let _ = stream.set_nodelay(true);
                        let serving = serve(stream, log.clone());
                        tokio::spawn(async move {
                            let _ = tokio::time::timeout(SERVED_MAX, serving).await;
                        });
                    }
                };
                tokio::select! { () = accepting => {}, _ = stopped => {} }
            });
        });
        Self { address, scheme, seen, stop: Some(stop), thread: Some(thread) }
    }

    /// A page of this server, by its address.
    pub fn url(&self, path: &str) -> Url {
        Url::parse(&format!("{}://{}{path}", self.scheme, self.address)).unwrap()
    }

    /// A page of this server, by name: `localhost` or one that has to be pinned.
    pub fn url_at(&self, host: &str, path: &str) -> Url {
        Url::parse(&format!("{}://{host}:{}{path}", self.scheme, self.address.port())).unwrap()
    }

    /// The same port asked in another scheme: `https` of a server that speaks no TLS.
    pub fn url_as(&self, scheme: &str, path: &str) -> Url {
        Url::parse(&format!("{scheme}://{}{path}", self.address)).unwrap()
    }

    /// The requests so far: `GET /page`, `CONNECT 127.0.0.1:443`, or `connection` where nothing was read of it.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// An address at which nothing listens, and nothing will: its port stays taken until the tests end, so that no server of
/// another test is found there.
pub fn closed_port() -> SocketAddr {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    std::mem::forget(socket);
    address
}
