//! A proxy before AWS's wire protocols that injects faults: an answer that AWS would give on a bad day, or none.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// What becomes of a call.
#[derive(Clone)]
pub enum Fault {
    /// It goes through.
    None,
    /// It is refused with this code, as the service would word it: `ThrottlingException`, `AccessDeniedException`.
    Refused(&'static str),
    /// It gets no answer; what is given is done once the call has, or has not, gone through.
    Cut { goes_through: bool, then: Arc<dyn Fn() + Send + Sync> },
}

/// Decides on each call by its action: `PutItem`, `SendMessage`, `PutMetricData`.
pub type Decide = Arc<dyn Fn(&str) -> Fault + Send + Sync>;
/// Is shown each call that went through: its action, its body, and whether the service did it.
pub type Show = Arc<dyn Fn(&str, &[u8], bool) + Send + Sync>;

/// A running one.
pub struct Faults {
    address: SocketAddr,
    way: Arc<Way>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

struct Way {
    upstream: String,
    client: Client<HttpConnector, Full<Bytes>>,
    decide: Decide,
    show: Show,
    seen: Mutex<BTreeMap<String, (u64, u64)>>,
    under_way: AtomicUsize,
}

impl Faults {
    /// Before `upstream`, such as `http://127.0.0.1:4566`.
    pub fn before(upstream: String, decide: Decide, show: Show) -> Self {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let client = Client::builder(TokioExecutor::new()).build_http();
        let (seen, under_way) = (Mutex::default(), AtomicUsize::new(0));
        let way = Arc::new(Way { upstream, client, decide, show, seen, under_way });
        let serving = way.clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = TcpListener::from_std(listener).unwrap();
                tokio::select! { () = accept(listener, serving) => {}, _ = stopped => {} }
            });
        });
        Self { address, way, stop: Some(stop), thread: Some(thread) }
    }

    /// What to set `AWS_ENDPOINT_URL` to.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Calls of an action that went through, and that did not.
    pub fn seen(&self, action: &str) -> (u64, u64) {
        self.way.seen.lock().unwrap().get(action).copied().unwrap_or_default()
    }

    /// Waits until no call is on its way: one whose caller is gone is still done by the service.
    pub fn wait_for_calls(&self) {
        while self.way.under_way.load(Ordering::SeqCst) > 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for Faults {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn accept(listener: TcpListener, way: Arc<Way>) {
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        let way = way.clone();
        tokio::spawn(async move {
            let serve = service_fn(move |request| {
                let way = way.clone();
                async move { way.serve(request).await }
            });
            // An error is a connection that was cut, by either side: what this proxy is for.
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), serve).await;
        });
    }
}

/// No answer: the connection ends.
#[derive(Debug)]
struct Cut;

impl std::fmt::Display for Cut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("cut")
    }
}

impl std::error::Error for Cut {}

impl Way {
    async fn serve(self: Arc<Self>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Cut> {
        let action = action(&request);
        let cbor = request.headers().contains_key("smithy-protocol");
        let fault = (self.decide)(&action);
        let through = matches!(&fault, Fault::None | Fault::Cut { goes_through: true, .. });
        {
            let mut seen = self.seen.lock().unwrap();
            let (passed, refused) = seen.entry(action.clone()).or_default();
            *(if through { passed } else { refused }) += 1;
        }
        match fault {
            Fault::None => self.send(action, request).await,
            Fault::Refused(code) => Ok(refusal(code, cbor)),
            Fault::Cut { goes_through, then } => {
                if goes_through {
                    let _ = self.send(action, request).await;
                }
                then();
                Err(Cut)
            }
        }
    }

    /// To its end, even when the caller goes away meanwhile.
    async fn send(self: Arc<Self>, action: String, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Cut> {
        self.under_way.fetch_add(1, Ordering::SeqCst);
        let sending = tokio::spawn(async move {
            let answer = self.forward(&action, request).await;
            self.under_way.fetch_sub(1, Ordering::SeqCst);
            answer
        });
        sending.await.map_err(|_| Cut)?
    }

    async fn forward(&self, action: &str, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Cut> {
        let (mut head, body) = request.into_parts();
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        head.uri = format!("{}{path}", self.upstream).parse::<Uri>().unwrap();
        let asked = body.collect().await.map_err(|_| Cut)?.to_bytes();
        let request = Request::from_parts(head, Full::new(asked.clone()));
        let response = self.client.request(request).await.map_err(|_| Cut)?;
        (self.show)(action, &asked, response.status().is_success());
        let (head, body) = response.into_parts();
        Ok(Response::from_parts(head, Full::new(body.collect().await.map_err(|_| Cut)?.to_bytes())))
    }
}

/// Of a JSON call the end of its target, of a CBOR call the end of its path.
fn action(request: &Request<Incoming>) -> String {
    let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok());
    target.and_then(|target| target.rsplit('.').next()).or(request.uri().path().rsplit('/').next()).unwrap().to_owned()
}

fn refusal(code: &str, cbor: bool) -> Response<Full<Bytes>> {
    let message = "by the fault proxy of the tests";
    let response = Response::builder().status(StatusCode::BAD_REQUEST);
    let name = format!("com.amazonaws.tests#{code}");
    let answer = if cbor {
        let mut body = vec![0xA2];
        for text in ["__type", name.as_str(), "message", message] {
            // A text of up to 255 bytes.
            body.extend([0x78, u8::try_from(text.len()).unwrap()]);
            body.extend(text.as_bytes());
        }
        response.header("smithy-protocol", "rpc-v2-cbor").header("content-type", "application/cbor").body(body)
    } else {
        let body = serde_json::json!({ "__type": name, "message": message }).to_string();
        response.header("content-type", "application/x-amz-json-1.0").body(body.into_bytes())
    };
    answer.unwrap().map(|body| Full::new(Bytes::from(body)))
}
