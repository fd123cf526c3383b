//! The same function at two memory sizes.

use parallax::measurement::identity::{SampleId, Vantage};
use parallax::measurement::wire::Record;
use serde_json::Value;

use super::{A, adds_up, explain, here, keep, near, said, side};
use crate::simulator::Side;

/// As measured by a function of this size, named as such.
fn function(mut records: Vec<Record>, mb: u32) -> Vec<Record> {
    for record in &mut records {
        record.sample.id = SampleId::new(&format!("{mb}-{}", record.sample.id)).unwrap();
        record.sample.vantage = Vantage::new(&format!("lambda/eu-west-1/{mb}")).unwrap();
        record.environment.memory_mb = Some(mb);
    }
    records
}

/// A kernel that says nothing of what was taken: the same function with a whole processor says it.
#[test]
fn two_memory_sizes_in_the_archive_decide_between_network_and_stolen() {
    let directory = here();
    let blind = |stolen: f64, own: u64| {
        let far = Side { name: "f", trips: vec![25.0], life: 12, stolen, shown: false, ..Side::default() };
        side(&far, own, 120)
    };
    const SMALL: &str = "vantage=lambda/eu-west-1/128";
    keep(directory.path(), &[near(120), function(blind(60.0, 2), 128)].concat());
    let alone = said(&explain(directory.path(), &["--a", A, "--b", SMALL, "--json"]));
    assert!(alone["mean"]["contrasts"].is_null());
    let row = |json: &Value| {
        let rows = json["mean"]["rows"].as_array().unwrap().clone();
        rows.into_iter().find(|row| row["cause"] == "residual").unwrap()
    };
    assert_eq!(row(&alone)["or_stolen"], true);
    let asks = |json: &Value| json["to_decide"].to_string().contains("lambda/eu-west-1/1769");
    assert!(asks(&alone), "{}", alone["to_decide"]);
    keep(directory.path(), &function(blind(0.0, 3), 1_769));
    let page = explain(directory.path(), &["--a", A, "--b", SMALL]);
    assert_eq!(page.code, 0, "{}", page.err);
    let text = page.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("more than vantage=lambda/eu-west-1/1769 with 1769 MB"), "{text}");
    assert!(text.contains("So much is stolen, and not network time."), "{text}");
    let json = said(&explain(directory.path(), &["--a", A, "--b", SMALL, "--json"]));
    adds_up(&json["mean"]);
    let contrast = &json["mean"]["contrasts"][0];
    assert_eq!((contrast["claim"].as_str(), contrast["side"].as_u64()), (Some("supported"), Some(1)));
    assert!((contrast["stolen_ms"].as_f64().unwrap() - 60.0).abs() < 25.0, "{contrast}");
    assert_eq!(json["mean"]["verdicts"][3]["claim"], "supported");
    assert!(!asks(&json), "both sizes were measured: {}", json["to_decide"]);
}
