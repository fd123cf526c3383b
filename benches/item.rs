//! What a sample takes as an item of a DynamoDB table: bytes, and processor time there and back.
//!
//! `cargo bench --features aws --bench item`
#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![expect(unreachable_pub, reason = "the builders of samples are shared with the tests")]
#![expect(dead_code, reason = "the builders of samples are shared with the tests")]

use std::sync::Arc;

use divan::Bencher;
use divan::counter::ItemsCount;
use parallax::adapters::aws::archive::Packed;
use parallax::measurement::wire::Record;

#[path = "../tests/support/fleet_sample.rs"]
mod fleet_sample;
#[path = "../tests/support/samples.rs"]
mod samples;

const COUNT: u64 = 1_000;

fn main() {
    for method in ["fresh", "curl"] {
        let records = records(method);
        let json: usize = records.iter().map(|record| serde_json::to_string(&record.sample).unwrap().len()).sum();
        let mut bytes: Vec<usize> = records.iter().map(|record| Packed::of(record).unwrap().bytes()).collect();
        bytes.sort_unstable();
        let (middle, most) = (bytes[bytes.len() / 2], bytes[bytes.len() - 1]);
        println!(
            "{method}, two hops: {} bytes of JSON, {middle} as an item at the median, {most} at most",
            json / records.len()
        );
    }
    divan::main();
}

fn records(method: &'static str) -> Vec<Record> {
    (0..COUNT).map(|n| fleet_sample::rich(n, method)).collect()
}

#[divan::bench(args = ["fresh", "curl"])]
fn pack(bencher: Bencher, method: &'static str) {
    let records = records(method);
    bencher
        .counter(ItemsCount::new(COUNT))
        .bench_local(|| records.iter().map(|record| Packed::of(record).unwrap()).collect::<Vec<_>>());
}

#[divan::bench(args = ["fresh", "curl"])]
fn unpack(bencher: Bencher, method: &'static str) {
    let packed: Vec<_> = records(method)
        .into_iter()
        .map(|record| (Packed::of(&record).unwrap(), Arc::new(record.environment)))
        .collect();
    bencher.counter(ItemsCount::new(COUNT)).bench_local(|| {
        packed.iter().map(|(packed, environment)| packed.unpack(environment).unwrap()).collect::<Vec<_>>()
    });
}
