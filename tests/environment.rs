//! A probe knows where it runs, on a host and on Lambda.

use std::collections::HashMap;
use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parallax::adapters::environment::{Surroundings, observe, of_this_process};
use parallax::measurement::environment::Environment;
use parallax::measurement::units::Micros;

fn machine(files: &[(&str, &str)]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    root
}

fn seen(root: &Path, variables: &[(&str, &str)]) -> Environment {
    let variables: HashMap<&str, &str> = variables.iter().copied().collect();
    observe(&Surroundings {
        variable: &|name| variables.get(name).map(|value| (*value).to_owned()),
        root,
        resolvers: &["192.0.2.53".to_owned()],
        init_duration: Some(Duration::from_micros(13_800)),
    })
}

/// A metadata endpoint that reads one request, sends these parts with a pause between them, and hands the request back.
fn endpoint(parts: &'static [&'static str], pause: Duration) -> (SocketAddr, JoinHandle<String>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let served = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        let mut buffer = [0; 1024];
        while !request.ends_with(b"\r\n\r\n") {
            match stream.read(&mut buffer).unwrap() {
                0 => break,
                read => request.extend_from_slice(&buffer[..read]),
            }
        }
        for part in parts {
            if stream.write_all(part.as_bytes()).is_err() {
                break;
            }
            std::thread::sleep(pause);
        }
        String::from_utf8(request).unwrap()
    });
    (address, served)
}

fn zone(address: &str, token: &str) -> Option<String> {
    let nothing = machine(&[]);
    let variables = [
        ("AWS_LAMBDA_FUNCTION_NAME", "probe"),
        ("AWS_LAMBDA_METADATA_API", address),
        ("AWS_LAMBDA_METADATA_TOKEN", token),
    ];
    seen(nothing.path(), &variables).az_id
}

#[test]
fn a_host_is_known_by_its_boot_processor_kernel_and_quota() {
    let root = machine(&[
        ("proc/sys/kernel/random/boot_id", "0b7ad1a4-0000-4000-8000-000000000001\n"),
        ("proc/sys/kernel/ostype", "Linux\n"),
        ("proc/sys/kernel/osrelease", "6.18.0\n"),
        (
            "proc/cpuinfo",
            "processor\t: 0\nvendor_id\t: X\nmodel\t\t: 85\nmodel name\t: Some Xeon @ 2.50GHz\n\nprocessor\t: 1\n",
        ),
        ("proc/self/status", "Name:\tx\nCpus_allowed:\tff\nCpus_allowed_list:\t0-2,5\n"),
        ("proc/self/cgroup", "0::/a.slice/b.service\n"),
        ("sys/fs/cgroup/a.slice/cpu.max", "150000 100000\n"),
        ("sys/fs/cgroup/a.slice/b.service/cpu.max", "max 100000\n"),
    ]);
    let found = seen(root.path(), &[("AWS_REGION", "eu-west-1")]);
    assert_eq!(
        found,
        Environment {
            platform: "host".into(),
            sandbox: Some("0b7ad1a4-0000-4000-8000-000000000001".into()),
            init_duration_us: Some(Micros(13_800)),
            cpu_quota_milli: Some(1_500),
            cpus: Some(4),
            architecture: std::env::consts::ARCH.into(),
            cpu_model: Some("Some Xeon @ 2.50GHz".into()),
            kernel: Some("Linux 6.18.0".into()),
            resolvers: vec!["192.0.2.53".into()],
            probe_version: env!("CARGO_PKG_VERSION").into(),
            ..Environment::default()
        }
    );
}

#[test]
fn lambda_is_known_by_its_variables_and_its_metadata_endpoint() {
    let (address, request) = endpoint(
        &[
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nCache-Control: max-age=60\r\n\r\n{\"AvailabilityZoneID\":\"use1-az1\"}",
        ],
        Duration::ZERO,
    );
    let address = address.to_string();
    let root = machine(&[("proc/cpuinfo", "processor: 0\nCPU implementer : 0x41\nCPU part : 0xd0c\n")]);
    let found = seen(
        root.path(),
        &[
            ("AWS_REGION", "us-east-1"),
            ("AWS_LAMBDA_FUNCTION_NAME", "parallax-probe"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1769"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "2026/11/23/[$LATEST]0123456789abcdef0123456789abcdef"),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
            ("AWS_LAMBDA_METADATA_API", &address),
            ("AWS_LAMBDA_METADATA_TOKEN", "t0ken"),
        ],
    );
    assert_eq!(
        (found.platform.as_str(), found.region.as_deref(), found.memory_mb),
        ("lambda", Some("us-east-1"), Some(1769))
    );
    assert_eq!((found.az_id.as_deref(), found.init_type.as_deref()), (Some("use1-az1"), Some("on-demand")));
    assert_eq!(found.function.as_deref(), Some("parallax-probe:$LATEST"));
    assert_eq!(found.sandbox.as_deref(), Some("2026/11/23/[$LATEST]0123456789abcdef0123456789abcdef"));
    assert_eq!(found.cpu_model.as_deref(), Some("Neoverse-N1"));
    let request = request.join().unwrap();
    assert!(request.starts_with("GET /2026-01-15/metadata/execution-environment HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("\r\nAuthorization: Bearer t0ken\r\n"), "{request}");
}

#[test]
fn the_zone_is_read_in_pieces_and_in_a_chunk() {
    let (address, _) = endpoint(
        &[
            "HTTP/1.1 200 OK\r\nTransfer-Enc",
            "oding: chunked\r\n\r\n20\r\n{\"Availability",
            "ZoneID\":\"use1-az1\"}\r\n0\r\n\r\n",
        ],
        Duration::from_millis(10),
    );
    assert_eq!(zone(&address.to_string(), "t").as_deref(), Some("use1-az1"));
}

#[test]
fn an_endpoint_that_says_something_else_gives_no_zone() {
    for parts in [
        &["HTTP/1.1 403 Forbidden\r\n\r\n{\"AvailabilityZoneID\":\"use1-az1\"}"] as &[_],
        &["HTTP/1.1 200 OK\r\n\r\n{\"AvailabilityZoneID\":7}"],
        &["HTTP/1.1 200 OK\r\n\r\n}{"],
        &["{\"AvailabilityZoneID\":\"use1-az1\"}"],
        &["\u{fffd}"],
        &[],
    ] {
        let (address, _) = endpoint(parts, Duration::ZERO);
        assert_eq!(zone(&address.to_string(), "t"), None, "{parts:?}");
    }
}

#[test]
fn an_absent_silent_dripping_or_hostile_endpoint_costs_little_time() {
    let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let (dripping, _) = endpoint(&["H"; 300], Duration::from_millis(100));
    let silent_address = silent.local_addr().unwrap().to_string();
    for address in
        [closed.to_string().as_str(), &silent_address, &dripping.to_string(), "", "no port", "256.1.1.1:x", "a\r\nb:1"]
    {
        let started = Instant::now();
        assert_eq!(zone(address, "t"), None, "{address}");
        assert!(started.elapsed() < Duration::from_secs(20), "{address}: {:?}", started.elapsed());
    }
    assert_eq!(zone(&silent_address, "t\r\nHost: evil"), None);
    silent.set_nonblocking(true).unwrap();
    assert!(silent.accept().is_ok() && silent.accept().is_err(), "a token that would break the request was sent");
}

#[test]
fn quotas_of_both_versions_are_found_and_the_smallest_counts() {
    let quota = |files: &[(&str, &str)]| seen(machine(files).path(), &[]).cpu_quota_milli;
    let v1 = "12:cpu,cpuacct:/docker/abc\n5:memory:/docker/abc\n0::/\n";
    assert_eq!(
        quota(&[
            ("proc/self/cgroup", v1),
            ("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n"),
            ("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n"),
            ("sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_quota_us", "1400\n"),
            ("sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_period_us", "20000\n"),
        ]),
        Some(70)
    );
    // Inside a container: the path is the host's, the mount the container's.
    assert_eq!(
        quota(&[
            ("proc/self/cgroup", "4:cpu:/docker/abc\n"),
            ("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "200000\n"),
            ("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"),
        ]),
        Some(2_000)
    );
    assert_eq!(
        quota(&[
            ("proc/self/cgroup", "0::/a/b\n"),
            ("sys/fs/cgroup/cpu.max", "300000 100000\n"),
            ("sys/fs/cgroup/a/cpu.max", "50000 100000\n"),
            ("sys/fs/cgroup/a/b/cpu.max", "100000 100000\n"),
        ]),
        Some(500)
    );
    for none in
        ["max 100000\n", "", "x y\n", "100000\n", "1 0\n", "99999999999999999999 1\n", "18446744073709551615 1\n"]
    {
        assert_eq!(quota(&[("proc/self/cgroup", "0::/../../a\n"), ("sys/fs/cgroup/a/cpu.max", none)]), None, "{none}");
    }
}

#[test]
fn what_cannot_be_read_is_absent_and_what_is_hostile_stays_small() {
    let bare = seen(machine(&[]).path(), &[("AWS_LAMBDA_FUNCTION_NAME", "  ")]);
    assert_eq!((bare.platform.as_str(), bare.sandbox, bare.cpu_model, bare.kernel), ("host", None, None, None));
    let long = "x\u{1b}".repeat(3_000_000);
    let cpuinfo = format!("model name : {long}");
    let root = machine(&[
        ("proc/cpuinfo", &cpuinfo),
        ("proc/self/status", "Cpus_allowed_list:\t9-1,4294967295-0\n"),
        ("proc/self/cgroup", ":::\n\n0:\n"),
    ]);
    let found = seen(root.path(), &[("AWS_LAMBDA_FUNCTION_NAME", &long), ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "-1")]);
    assert_eq!((found.function.unwrap().len(), found.cpu_model.unwrap().len(), found.memory_mb), (128, 128, None));
    assert!(found.cpus.unwrap() >= 1);
    let none = [("AWS_LAMBDA_FUNCTION_NAME", "probe"), ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "0")];
    assert_eq!(seen(root.path(), &none).memory_mb, None);
}

#[cfg(target_os = "linux")]
#[test]
fn this_very_process_can_be_described() {
    let found = of_this_process(&[], None);
    assert!(found.kernel.unwrap().starts_with("Linux "));
    assert!(found.cpus.unwrap() >= 1 && !found.probe_version.is_empty());
}
