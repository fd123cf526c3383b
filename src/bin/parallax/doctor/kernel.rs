//! What the kernel says of packets, paths and threads: tried on a connection of our own over loopback.

use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use parallax::adapters::kernel::{self, stamping::Stamping};

use super::signal::Signal;

/// A loopback socket that stays silent this long is broken.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) fn signals() -> Vec<Signal> {
    let (stamps, facts) = match connected() {
        Ok((client, server)) => (stamp(&client, server), facts(&client)),
        Err(error) => {
            let reason = format!("no connection over loopback to try it on: {error}");
            (Err(reason.clone()), [Err(reason.clone()), Err(reason)])
        }
    };
    let [tcp, min_rtt] = facts;
    vec![
        Signal::tried("receive timestamps", stamps, "network and local time cannot be told apart"),
        Signal::tried("TCP_INFO", tcp, "no handshake round trip, no retransmissions"),
        Signal::tried("smallest round trip", min_rtt, "distance cannot be told from queueing"),
        Signal::tried("thread CPU clock", cpu(), "no CPU time in samples"),
        Signal::tried("run-queue delay", delay(), "a starved processor looks like a slow page"),
        Signal::tried("context switches", switches(), "no count of how often the processor was taken away"),
        Signal::tried("steal", steal(), "time that a hypervisor takes goes unseen"),
    ]
}

fn connected() -> io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let client = TcpStream::connect_timeout(&listener.local_addr()?, PATIENCE)?;
    client.set_read_timeout(Some(PATIENCE))?;
    let (server, _) = listener.accept()?;
    Ok((client, server))
}

/// Sends a byte, and asks when it came.
fn stamp(client: &TcpStream, mut server: TcpStream) -> Result<String, String> {
    let refused = |what: &'static str| move |error: io::Error| format!("{what}: {error}");
    let _stamping = Stamping::hold().map_err(refused("SO_TIMESTAMPING"))?;
    kernel::enable_receive_stamps(client).map_err(refused("SO_TIMESTAMPING was refused"))?;
    let sent = since_epoch();
    server.write_all(b"!").map_err(refused("nothing could be sent over loopback"))?;
    let (_, stamp) = kernel::receive(client, &mut [0; 8]).map_err(refused("recvmsg failed"))?;
    let read = since_epoch();
    match stamp {
        None => Err("the kernel took the option, and stamped nothing".to_owned()),
        Some(stamp) if stamp < sent || stamp > read => {
            Err("the stamp lies outside the time in which the byte was under way".to_owned())
        }
        Some(stamp) => Ok(format!(
            "a byte over loopback arrived {} µs after it was sent, and was read {} µs later",
            (stamp - sent).as_micros(),
            (read - stamp).as_micros()
        )),
    }
}

fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn facts(client: &TcpStream) -> [Result<String, String>; 2] {
    let Some(facts) = kernel::tcp_facts(client) else {
        return [Err("getsockopt gives none".to_owned()), Err("no TCP_INFO".to_owned())];
    };
    let absent = || "the field is not filled in".to_owned();
    [
        facts.rtt.map(|rtt| format!("round trip over loopback {} µs", rtt.0)).ok_or_else(absent),
        facts.min_rtt.map(|rtt| format!("{} µs over loopback", rtt.0)).ok_or_else(absent),
    ]
}

fn cpu() -> Result<String, String> {
    kernel::thread_cpu()
        .map(|time| format!("{:.1} ms by this thread so far", time.as_millis()))
        .ok_or_else(|| "no CLOCK_THREAD_CPUTIME_ID".to_owned())
}

fn delay() -> Result<String, String> {
    kernel::run_delay()
        .map(|time| format!("this thread waited {:.1} ms for a processor so far", time.as_millis()))
        .ok_or_else(|| "/proc/thread-self/schedstat cannot be read (CONFIG_SCHED_INFO, or no /proc)".to_owned())
}

fn switches() -> Result<String, String> {
    kernel::switches()
        .map(|count| format!("{} voluntary, {} involuntary", count.voluntary, count.involuntary))
        .ok_or_else(|| "getrusage does not know RUSAGE_THREAD".to_owned())
}

/// A column of zeros says nothing: bare metal, or a hypervisor that keeps it to itself.
fn steal() -> Result<String, String> {
    let stolen = kernel::steal().ok_or_else(|| "/proc/stat has no steal column".to_owned())?;
    Ok(match stolen.0 {
        0 => "none since boot: nothing was taken, or the hypervisor does not tell".to_owned(),
        _ => format!("{:.0} ms taken from all processors since boot", stolen.as_millis()),
    })
}
