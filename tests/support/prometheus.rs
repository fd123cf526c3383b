//! A real Prometheus, and the real blackbox_exporter that it scrapes, on loopback; one of each for a test.

use std::path::PathBuf;

use parallax::lab::monitor::daemon::{Daemon, command, listens};

use super::daemon;
use super::needs;

/// A running pair.
pub struct Prometheus {
    port: u16,
    /// Ended with it.
    _running: [Daemon; 2],
}

/// What is scraped every two seconds: the exporter takes half a second off what a probe may last.
pub enum Scraped<'a> {
    /// A page, probed by a module of this name.
    Page(&'a str, &'a str),
    /// Metrics of something else, at this host and port.
    Metrics(&'a str),
}

/// Modules of the exporter: names, and what stands below `http:`.
const MODULES: &str = "modules:
  page: {prober: http, timeout: 5s, http: {preferred_ip_protocol: ip4, tls_config: {insecure_skip_verify: true}}}
  created: {prober: http, timeout: 5s, http: {preferred_ip_protocol: ip4, valid_status_codes: [201], tls_config: {insecure_skip_verify: true}}}
  connect: {prober: tcp, timeout: 5s, tcp: {preferred_ip_protocol: ip4}}
";

/// Starts both; `None` where they are not installed and `CI` is not set. Jobs are a name, and what they scrape.
pub fn prometheus(test: &str, jobs: &[(&str, Scraped<'_>)]) -> Option<Prometheus> {
    let program = needs::program(test, &["prometheus"])?;
    let exporter = needs::program(test, &["prometheus-blackbox-exporter"])?;
    let folder = daemon::folder("prometheus");
    let (port, exporter_port) = (daemon::port(), daemon::port());

    let modules = folder.join("blackbox.yml");
    std::fs::write(&modules, MODULES).expect("its modules");
    let mut probes = command(&exporter, &folder);
    probes.arg(format!("--web.listen-address=127.0.0.1:{exporter_port}")).arg(with("--config.file=", &modules));
    let prober = daemon::start(&probes, &folder, "exporter.log");
    prober.until("the exporter", || listens(exporter_port)).unwrap();

    let settings = folder.join("prometheus.yml");
    std::fs::write(&settings, scrapes(jobs, exporter_port)).expect("its settings");
    let mut command = command(&program, &folder);
    command
        .arg(with("--config.file=", &settings))
        .arg(with("--storage.tsdb.path=", &folder.join("data")))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"));
    let server = daemon::start(&command, &folder, "prometheus.log");
    // It listens before it has read what it keeps.
    server.until("Prometheus", || daemon::says(port, "/-/ready", "200 OK")).unwrap();
    Some(Prometheus { port, _running: [server, prober] })
}

fn with(flag: &str, path: &std::path::Path) -> String {
    format!("{flag}{}", PathBuf::from(path).display())
}

fn scrapes(jobs: &[(&str, Scraped<'_>)], exporter: u16) -> String {
    let mut settings = format!(
        "global: {{scrape_interval: 2s, scrape_timeout: 2s}}\nscrape_configs:\n- job_name: exporter\n  \
         static_configs: [{{targets: ['127.0.0.1:{exporter}']}}]\n"
    );
    for (job, scraped) in jobs {
        settings.push_str(&match scraped {
            Scraped::Metrics(address) => {
                format!("- job_name: {job}\n  static_configs: [{{targets: ['{address}']}}]\n")
            }
            Scraped::Page(module, page) => format!(
                "- job_name: {job}\n  metrics_path: /probe\n  params: {{module: [{module}]}}\n  \
                 static_configs: [{{targets: ['{page}']}}]\n  relabel_configs:\n  \
                 - {{source_labels: [__address__], target_label: __param_target}}\n  \
                 - {{source_labels: [__param_target], target_label: instance}}\n  \
                 - {{target_label: __address__, replacement: '127.0.0.1:{exporter}'}}\n"
            ),
        });
    }
    settings
}

impl Prometheus {
    /// Where the API is asked.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }
}
