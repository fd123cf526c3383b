//! What a sample takes in a DynamoDB table: one write unit, unless it is unusually large.

use std::sync::Arc;

use parallax::adapters::aws::archive::Packed;
use parallax::measurement::wire::Record;

use crate::support::fleet_sample::rich;
use crate::support::samples::Recipe;

const WRITE_UNIT: usize = 1_024;

#[test]
fn a_two_hop_sample_with_everything_in_it_is_one_write_unit() {
    for (method, slot_guessed) in [("fresh", false), ("curl", false), ("curl", true)] {
        let mut sizes = Vec::new();
        for n in 0..2_000 {
            let mut record = rich(n, method);
            record.sample.slot_guessed = slot_guessed;
            sizes.push(bytes(&record));
        }
        sizes.sort_unstable();
        let (middle, most) = (sizes[sizes.len() / 2], sizes[sizes.len() - 1]);
        let json = serde_json::to_string(&rich(0, method).sample).unwrap().len();
        println!("{method}: {json} bytes of JSON, {middle} bytes as an item at the median, {most} at most");
        assert!(json > 2_500, "{json}: not the sample this test is about");
        assert!(most <= WRITE_UNIT, "{method}: {most} bytes");
    }
}

#[test]
fn long_names_leave_room_too() {
    let mut record = rich(7, "curl");
    record.sample.target = "shop.example.com:8443/checkout/with/a/path/as/an/identifier/of/the/page".parse().unwrap();
    record.sample.vantage = "lambda/ap-southeast-3/10240/with-a-suffix".parse().unwrap();
    let bytes = bytes(&record);
    assert!(bytes <= WRITE_UNIT, "{bytes} bytes");
}

#[test]
fn an_unusually_large_sample_costs_more_write_units_and_is_kept() {
    let mut record = rich(7, "fresh");
    record.sample.hops = record.sample.hops.iter().cycle().take(20).cloned().collect();
    for (n, hop) in record.sample.hops.iter_mut().enumerate() {
        hop.url = format!("https://www.example.com/{n}/{}", incompressible(n, 3_000));
    }
    let packed = Packed::of(&record).unwrap();
    let (bytes, write_units) = (packed.bytes(), packed.write_units());
    assert!(bytes > 20 * WRITE_UNIT && write_units == bytes.div_ceil(WRITE_UNIT), "{bytes}, {write_units}");
    assert_eq!(packed.unpack(&Arc::new(record.environment.clone())).unwrap(), record);
}

#[test]
fn what_dynamodb_does_not_take_is_refused_by_its_sample() {
    let message = Packed::of(&enormous()).unwrap_err().to_string();
    assert!(message.contains("sample enormous: it takes") && message.contains("409600"), "{message}");
}

fn bytes(record: &Record) -> usize {
    Packed::of(record).unwrap().bytes()
}

/// More than an item can be, whatever compresses it.
pub fn enormous() -> Record {
    let mut record = Recipe { id: "enormous".to_owned(), ..Recipe::default() }.record();
    record.sample.hops[0].url = incompressible(1, 900_000);
    record
}

fn incompressible(seed: usize, length: usize) -> String {
    let mut state = seed as u64 + 1;
    let letter = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(
            b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"[usize::try_from(state >> 58).unwrap()],
        )
    };
    (0..length).map(letter).collect()
}
