//! What the machine must have; all that is missing is said at once.

use std::env;
use std::path::Path;

use anyhow::bail;

/// Program and Debian package.
const PROGRAMS: [(&str, &str); 5] = [
    ("curl", "curl"),
    ("tcpdump", "tcpdump"),
    ("tshark", "tshark"),
    ("ip", "iproute2"),
    ("prometheus-blackbox-exporter", "prometheus-blackbox-exporter"),
];

/// # Errors
/// Names everything that is missing.
pub fn check() -> anyhow::Result<()> {
    let path = env::var_os("PATH").unwrap_or_default();
    let there = |name: &str| env::split_paths(&path).any(|folder| folder.join(name).is_file());
    let missing: Vec<&str> = PROGRAMS.iter().filter(|(name, _)| !there(name)).map(|(_, package)| *package).collect();
    let mut wanting = Vec::new();
    if !nix::unistd::geteuid().is_root() {
        wanting.push("root, for namespaces, packet capture and control groups".to_owned());
    }
    if !missing.is_empty() {
        wanting.push(format!("programs; get them with: apt-get install {}", missing.join(" ")));
    }
    if !Path::new("/dev/net/tun").exists() {
        wanting.push("/dev/net/tun; get it with: modprobe tun".to_owned());
    }
    if wanting.is_empty() {
        return Ok(());
    }
    bail!("this benchmark needs what is not here:\n  {}", wanting.join("\n  "))
}
