//! Its settings, as a file has them.

use std::path::Path;

use super::Wanted;
use crate::lab::scenario::side::Tls;

pub(super) const FILE: &str = "nginx.conf";
pub(super) const AUTHORITY: &str = "authority.pem";
pub(super) const CHAIN: &str = "chain.pem";
pub(super) const KEY: &str = "key.pem";
pub(super) const PAGE: &str = "page.html";
pub(super) const PAGE_GZIP: &str = "page.html.gz";
/// While there is such a file, the first page sends on.
pub(super) const ONWARD: &str = "onward";
/// The socket at which it tells of each request.
pub(super) const TOLD: &str = "told";

/// One process, no file outside of its folder, and what is wanted; all else as nginx comes.
pub(super) fn text(folder: &Path, wanted: &Wanted<'_>) -> String {
    let Wanted { port, onward, .. } = wanted;
    let folder = folder.display();
    let tls = if wanted.tls == Tls::V12 { "TLSv1.2" } else { "TLSv1.3" };
    let gzip = if wanted.gzip { "on" } else { "off" };
    // As long as any run, and more requests than any has.
    let kept = if wanted.keep_open { "1d" } else { "0" };
    format!(
        "daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr;
events {{ worker_connections 512; }}
http {{
  log_format told '$remote_port $status';
  access_log syslog:server=unix:{folder}/{TOLD},nohostname told;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  types {{ text/html html; }}
  server {{
    listen {port} ssl;
    ssl_certificate {CHAIN};
    ssl_certificate_key {KEY};
    ssl_protocols {tls};
    ssl_buffer_size 16k;
    keepalive_timeout {kept};
    keepalive_requests 10000000;
    gzip_static {gzip};
    root {folder};
    location = / {{
      if (-f {folder}/{ONWARD}) {{ return 302 {onward}; }}
      try_files /{PAGE} =404;
    }}
    location = /page {{ try_files /{PAGE} =404; }}
    location / {{ return 404; }}
  }}
}}
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wanted_stands_in_the_settings() {
        let wanted = Wanted {
            address: [10, 77, 0, 2].into(),
            port: 443,
            names: &["a.test"],
            tls: Tls::V12,
            page_bytes: 100,
            gzip: true,
            keep_open: false,
            onward: "https://b.test/page",
        };
        let said = text(Path::new("/f"), &wanted);
        for line in [
            "listen 443 ssl;",
            "ssl_protocols TLSv1.2;",
            "gzip_static on;",
            "keepalive_timeout 0;",
            "if (-f /f/onward) { return 302 https://b.test/page; }",
        ] {
            assert!(said.contains(line), "{line}: {said}");
        }
        let other = text(Path::new("/f"), &Wanted { tls: Tls::V13, gzip: false, keep_open: true, ..wanted });
        for line in ["ssl_protocols TLSv1.3;", "gzip_static off;", "keepalive_timeout 1d;"] {
            assert!(other.contains(line), "{line}: {other}");
        }
    }
}
