//! What keeping and reading back a sample costs, and how many bytes it takes.
//!
//! `cargo bench --bench archive`; on a disk: `TMPDIR=… cargo bench --bench archive`.
#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![expect(unreachable_pub, reason = "the builder of samples is shared with the tests")]

use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use divan::Bencher;
use divan::counter::ItemsCount;
use parallax::adapters::archive::{Archive, Mode, open};
use parallax::archive::port::{Append, Directory, Scan};
use parallax::archive::selection::{Selection, Source, Window};
use parallax::measurement::wire::Record;
use tempfile::TempDir;

#[path = "../tests/support/samples.rs"]
mod samples;

use samples::{Recipe, row};

fn main() {
    size();
    divan::main();
}

fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => panic!("the embedded archive waited"),
    }
}

fn records(count: u32) -> Vec<Record> {
    row(&Recipe { hops: 2, ..Recipe::default() }, count)
}

fn new() -> (TempDir, Archive) {
    let directory = TempDir::new().unwrap();
    let archive = open(&format!("sqlite:{}", directory.path().join("a.db").display()), Mode::Write).unwrap();
    (directory, archive)
}

fn holding(count: u32) -> (TempDir, Archive) {
    let (directory, mut archive) = new();
    now(archive.append(&records(count))).unwrap();
    (directory, archive)
}

fn size() {
    let count = 10_000;
    let (_directory, archive) = holding(count);
    let json: usize = records(count).iter().map(|record| serde_json::to_string(&record.sample).unwrap().len()).sum();
    let bytes = archive.size().unwrap().bytes;
    let each = |bytes: u64| bytes as f64 / f64::from(count);
    println!("a two-hop sample: {:.0} bytes of JSON, {:.0} bytes in the archive", each(json as u64), each(bytes));
}

/// Acknowledged one by one, as an agent does: each waits for the disk.
#[divan::bench(args = [1, 10, 1_000])]
fn append(bencher: Bencher, batch: u32) {
    bencher.counter(ItemsCount::new(batch)).with_inputs(|| (new(), records(batch))).bench_local_values(
        |((directory, mut archive), records)| {
            now(archive.append(&records)).unwrap();
            (directory, archive)
        },
    );
}

#[divan::bench(args = [10_000])]
fn scan(bencher: Bencher, count: u32) {
    let (_directory, mut archive) = holding(count);
    let selection = Selection { source: Source::default(), window: Window::ALWAYS };
    bencher.counter(ItemsCount::new(count)).bench_local(|| {
        now(archive.scan(&selection, &mut |record| {
            black_box(record);
        }))
        .unwrap();
    });
}

#[divan::bench(args = [10_000])]
fn sources(bencher: Bencher, count: u32) {
    let (_directory, mut archive) = holding(count);
    bencher.bench_local(|| now(archive.sources()).unwrap());
}
