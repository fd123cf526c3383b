//! A headless Chromium, driven over a pipe by the DevTools protocol: what a page says to the console, and what it shows.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use serde_json::{Value, json};

/// One answer may take this long on a busy machine; a page of ours takes well under a second.
const PATIENCE: Duration = Duration::from_secs(90);

/// A page that was opened and read.
#[derive(Debug)]
pub struct Page {
    /// Every error and warning: from the console, exceptions, what did not load, what a policy refused.
    pub complaints: Vec<String>,
    /// `document.title`.
    pub title: String,
    /// The text of each cell of each row of each table.
    pub tables: Vec<Vec<Vec<String>>>,
}

/// Opens a file in a new browser with an empty profile, and closes the browser.
///
/// # Panics
/// When the browser does not start or does not answer.
pub fn open(program: &Path, file: &Path) -> Page {
    let mut browser = Browser::start(program);
    let made = browser.ask("Target.createTarget", &json!({"url": "about:blank"}));
    let attached = browser.ask("Target.attachToTarget", &json!({"targetId": made["targetId"], "flatten": true}));
    browser.session = Some(attached["sessionId"].clone());
    for domain in ["Runtime.enable", "Log.enable", "Page.enable"] {
        browser.ask(domain, &json!({}));
    }
    let address = url::Url::from_file_path(file.canonicalize().unwrap()).unwrap();
    let gone = browser.ask("Page.navigate", &json!({"url": address.as_str()}));
    assert_eq!(gone.get("errorText"), None, "{address} does not open");
    browser.wait_for("Page.loadEventFired");
    let title = browser.evaluate("document.title");
    let tables = browser.evaluate(
        "[...document.querySelectorAll('table')].map(t => [...t.rows].map(r => [...r.cells].map(c => c.innerText)))",
    );
    // What scripts do after loading: two frames drawn, or as long as a page that is not drawn takes to say so.
    browser.evaluate(
        "new Promise(done => { setTimeout(done, 500); requestAnimationFrame(() => requestAnimationFrame(done)) })",
    );
    Page {
        complaints: browser.heard.iter().filter_map(complaint).collect(),
        title: serde_json::from_value(title).unwrap(),
        tables: serde_json::from_value(tables).unwrap(),
    }
}

fn complaint(event: &Value) -> Option<String> {
    let details = &event["params"];
    match event["method"].as_str()? {
        "Runtime.exceptionThrown" => Some(format!("exception: {}", details["exceptionDetails"])),
        "Runtime.consoleAPICalled" if matches!(details["type"].as_str(), Some("error" | "warning" | "assert")) => {
            Some(format!("console.{}: {}", details["type"], details["args"]))
        }
        "Log.entryAdded" if matches!(details["entry"]["level"].as_str(), Some("error" | "warning")) => {
            Some(format!("log: {}", details["entry"]))
        }
        _ => None,
    }
}

struct Browser {
    child: Child,
    to: ChildStdin,
    from: Receiver<Value>,
    heard: Vec<Value>,
    asked: u64,
    session: Option<Value>,
    _profile: tempfile::TempDir,
}

impl Browser {
    fn start(program: &Path) -> Self {
        let profile = tempfile::tempdir().unwrap();
        // The protocol is spoken on descriptors 3 and 4, which the shell makes of our pipes.
        let mut child = Command::new("sh")
            .args(["-c", "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1"])
            .arg(program)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .args(["--disable-dev-shm-usage", "--remote-debugging-pipe"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .env("HOME", profile.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        let (to, out) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let (told, from) = channel();
        thread::spawn(move || {
            for message in out.split(0).map_while(Result::ok) {
                if told.send(serde_json::from_slice(&message).unwrap()).is_err() {
                    return;
                }
            }
        });
        Self { child, to, from, heard: Vec::new(), asked: 0, session: None, _profile: profile }
    }

    fn ask(&mut self, method: &str, parameters: &Value) -> Value {
        self.asked += 1;
        let mut question = json!({"id": self.asked, "method": method, "params": parameters});
        if let Some(session) = &self.session {
            question["sessionId"] = session.clone();
        }
        self.to.write_all(format!("{question}\0").as_bytes()).unwrap();
        let asked = self.asked;
        let answer = self.hear(method, |message| message["id"] == asked);
        assert_eq!(answer.get("error"), None, "{method}");
        answer["result"].clone()
    }

    fn wait_for(&mut self, event: &str) {
        if !self.heard.iter().any(|message| message["method"] == event) {
            self.hear(event, |message| message["method"] == event);
        }
    }

    fn evaluate(&mut self, expression: &str) -> Value {
        let wanted = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        self.ask("Runtime.evaluate", &wanted)["result"]["value"].clone()
    }

    /// The first message that is `wanted`; all others are kept.
    fn hear(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let until = Instant::now() + PATIENCE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let message = self.from.recv_timeout(left).unwrap_or_else(|_| panic!("the browser said nothing to {what}"));
            let found = wanted(&message);
            self.heard.push(message.clone());
            if found {
                return message;
            }
        }
    }
}

impl Drop for Browser {
    /// Closes the browser with all its processes, also when a test has failed.
    fn drop(&mut self) {
        let _ = self.to.write_all(b"{\"id\":0,\"method\":\"Browser.close\"}\0");
        // Its end of the pipe closes when it has; what is left after that has no more to write.
        let until = Instant::now() + Duration::from_secs(10);
        while self.from.recv_timeout(until.saturating_duration_since(Instant::now())).is_ok() {}
        let group = Pid::from_raw(i32::try_from(self.child.id()).unwrap());
        let _ = killpg(group, Signal::SIGKILL);
        let _ = self.child.wait();
    }
}
