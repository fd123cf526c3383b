//! AWS over TLS on loopback, and a site to watch.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use parallax::lab::site::{Options, Site};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

/// As large as that of Lambda's own system: what is parsed at a start is a whole list of authorities.
const SYSTEM_ROOTS: &str = "/etc/ssl/certs/ca-certificates.crt";
/// The region of all there is.
pub const REGION: &str = "eu-west-1";

/// A ministack that speaks TLS, with a table of one page, a queue and a spool.
pub struct Cloud {
    child: Child,
    folder: tempfile::TempDir,
    site: Site,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Cloud {
    /// Starts it and makes what the probe needs.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        certify(folder.path());
        let port =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|free| free.local_addr()).expect("a port").port();
        let log = fs::File::create(folder.path().join("log")).expect("a log");
        let child = Command::new(program("ministack"))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs([("BIND_HOST", "127.0.0.1"), ("MINISTACK_HOST", "127.0.0.1"), ("USE_SSL", "1")])
            .envs([("LOG_LEVEL", "WARNING"), ("AWS_EC2_METADATA_DISABLED", "true")])
            .env("GATEWAY_PORT", port.to_string())
            .env("MINISTACK_SSL_CERT", folder.path().join("certificate.pem"))
            .env("MINISTACK_SSL_KEY", folder.path().join("key.pem"))
            .envs(["STATE_DIR", "HOME", "TMPDIR"].map(|name| (name, folder.path())))
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .spawn()
            .expect("ministack starts");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(120), "ministack does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
        let site = Site::start(Options { think: Duration::ZERO, ..Options::default() }).expect("a site");
        let cloud = Self { child, folder, site, address };
        cloud.furnish();
        cloud
    }

    /// The page that is watched.
    pub fn page(&self) -> String {
        self.site.url("/page").to_string()
    }

    /// Where AWS is. Its command line is told so in words, too: what it cannot reach here it must not ask elsewhere.
    pub fn endpoint(&self) -> String {
        format!("https://{}", self.address)
    }

    /// A queue's URL at some address.
    pub fn queue(&self, at: SocketAddr, name: &str) -> String {
        format!("https://{at}/000000000000/{name}")
    }

    /// What AWS's clients need in their environment.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let bundle = self.folder.path().join("bundle.pem").display().to_string();
        vec![
            ("AWS_ENDPOINT_URL", self.endpoint()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            ("AWS_REGION", REGION.to_owned()),
            ("AWS_DEFAULT_REGION", REGION.to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("AWS_CONFIG_FILE", "/dev/null".to_owned()),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null".to_owned()),
            ("SSL_CERT_FILE", bundle.clone()),
            ("AWS_CA_BUNDLE", bundle),
        ]
    }

    /// The probe's own variables, its queue at this address.
    pub fn variables(&self, queue_at: SocketAddr) -> Vec<(&'static str, String)> {
        let mut variables = self.environment();
        variables.extend([
            ("PARALLAX_QUEUE_URL", self.queue(queue_at, "queue")),
            ("PARALLAX_HOME_REGION", REGION.to_owned()),
            ("PARALLAX_SPOOL_URL", self.queue(self.address, "spool")),
            ("PARALLAX_TARGETS_TABLE", "targets".to_owned()),
            ("PARALLAX_METHOD", "fresh".to_owned()),
            ("PARALLAX_EVERY_MINUTES", "1".to_owned()),
        ]);
        variables
    }

    /// Runs the AWS command line; its output.
    fn aws(&self, words: &[&str]) {
        let output = Command::new(program("aws"))
            .args(["--endpoint-url", &self.endpoint()])
            .args(words)
            .envs(self.environment())
            .output()
            .expect("aws runs");
        assert!(output.status.success(), "aws {words:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn furnish(&self) {
        for name in ["queue", "spool"] {
            self.aws(&["sqs", "create-queue", "--queue-name", name]);
        }
        let id = "AttributeName=id,AttributeType=S";
        let words = ["dynamodb", "create-table", "--table-name", "targets", "--billing-mode", "PAY_PER_REQUEST"];
        self.aws(
            &[&words[..], &["--attribute-definitions", id, "--key-schema", "AttributeName=id,KeyType=HASH"]].concat(),
        );
        let text = format!(
            "schema = 1\nevery = \"1m\"\n[[target]]\nid = \"page\"\nurl = \"{}\"\nallow_private = true\ntrust = \"{}\"\n",
            self.page(),
            self.site.authority_path().display()
        );
        let page = parallax::probe::fleet::parse(&text, &|_| None).expect("a fleet").pages.remove(0);
        let row = parallax::probe::fleet::row::Row::of(&page).expect("a row");
        let item = serde_json::json!({ "id": { "S": row.id }, "page": { "S": row.text } }).to_string();
        self.aws(&["dynamodb", "put-item", "--table-name", "targets", "--item", &item]);
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A program of the tests' own Python.
pub fn program(name: &str) -> PathBuf {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(".venv/bin").join(name);
    assert!(file.exists(), "{} is missing; run tests/set_up", file.display());
    file
}

fn certify(folder: &Path) {
    let mut authority = CertificateParams::new(Vec::new()).expect("a certificate");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.distinguished_name.push(DnType::CommonName, "Parallax benchmark authority");
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().expect("a key")).expect("an authority");
    let key = KeyPair::generate().expect("a key");
    let own = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("a certificate");
    let own = own.signed_by(&key, &authority).expect("a certificate");
    let roots = fs::read_to_string(SYSTEM_ROOTS).expect("the system's certificates; install ca-certificates");
    for (name, text) in [
        ("certificate.pem", own.pem()),
        ("key.pem", key.serialize_pem()),
        ("bundle.pem", format!("{roots}\n{}", authority.pem())),
    ] {
        fs::write(folder.join(name), text).expect("a file");
    }
}
