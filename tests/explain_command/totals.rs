//! A side that shows its total only: bounds, a bridge, and what is known of it.

use parallax::measurement::wire::Record;

use super::{A, B, ZABBIX, adds_up, archive, explain, far, here, keep, near, said};
use crate::support::command::Run;
use crate::support::golden::assert_golden;

#[test]
fn a_total_gets_bounds_and_a_bridge_makes_the_way_of_measuring_a_row() {
    let directory = archive();
    let total = explain(directory.path(), &["--a", ZABBIX, "--b", B]);
    assert_eq!(total.code, 0, "{}", total.err);
    assert_golden("explain/total.txt", &total.out);
    let bridged = explain(directory.path(), &["--a", ZABBIX, "--b", B, "--bridge", A]);
    assert_eq!(bridged.code, 0, "{}", bridged.err);
    assert_golden("explain/bridge.txt", &bridged.out);
    let json = said(&explain(directory.path(), &["--a", ZABBIX, "--b", B, "--bridge", A, "--json"]));
    assert_eq!(json["account"]["statistic"], "mean");
    adds_up(&json["account"]);
    let definition = json["account"]["rows"].as_array().unwrap().iter().find(|row| row["cause"] == "definition");
    assert!((definition.unwrap()["ms"].as_f64().unwrap() + 5.0).abs() < 1e-6);
    assert_eq!(json["failures"]["failed"], serde_json::json!([2, 0]), "the failures of A, not of the bridge");
}

#[test]
fn samples_without_phases_leave_bounds_and_no_row_from_nowhere() {
    let directory = here();
    let blind = |mut record: Record| {
        record.sample.hops.clear();
        record
    };
    let part: Vec<Record> =
        far(120).into_iter().enumerate().map(|(n, one)| if n % 5 == 0 { blind(one) } else { one }).collect();
    keep(directory.path(), &[near(120), part].concat());
    let json = said(&explain(directory.path(), &["--a", A, "--b", B, "--statistic", "mean", "--json"]));
    adds_up(&json["account"]);
    let bounds = json["account"]["bounds"].as_array().unwrap();
    let of = |name: &str| {
        let bound = bounds.iter().find(|bound| bound["cause"] == name).unwrap();
        [bound["lower_ms"].as_f64().unwrap(), bound["upper_ms"].as_f64().unwrap()]
    };
    // Four round trips of 25 ms there and of 8 ms here; a fifth of the samples may have none of it.
    let [lower, upper] = of("distance");
    assert!((lower - (80.0 - 32.0)).abs() < 1.0 && (upper - 68.0).abs() < 1.0, "{lower} {upper}");
    assert!(of("residual")[0] < of("residual")[1]);
    let rows = json["account"]["rows"].as_array().unwrap();
    assert!(rows.iter().all(|row| row["cause"] != "distance"), "not both sides show it");
    let page = explain(directory.path(), &["--a", A, "--b", B]);
    assert!(page.out.contains("What samples without phases leave open"), "{}", page.out);
    let few: Vec<Record> =
        far(240).into_iter().enumerate().map(|(n, one)| if n % 25 == 0 { blind(one) } else { one }).collect();
    let directory = here();
    keep(directory.path(), &[near(240), few].concat());
    let json = said(&explain(directory.path(), &["--a", A, "--b", B, "--statistic", "mean", "--json"]));
    assert!(json["account"]["bounds"].as_array().unwrap().is_empty(), "4 % are few");
    assert!(json["account"]["rows"].as_array().unwrap().iter().any(|row| row["cause"] == "distance"));
}

/// What a user knows of a monitor that shows its total only: icmppingsec beside it, and how long the server needs.
#[test]
fn what_is_known_of_a_total_brings_its_bounds_closer() {
    let directory = archive();
    let asked = |more: &[&str]| explain(directory.path(), &[&["--a", ZABBIX, "--b", B], more].concat());
    let width = |more: &[&str], cause: &str| {
        let json = said(&asked(&[more, &["--statistic", "mean", "--json"]].concat()));
        let bounds = json["account"]["bounds"].as_array().unwrap().clone();
        let bound = bounds.iter().find(|bound| bound["cause"] == cause).unwrap();
        bound["upper_ms"].as_f64().unwrap() - bound["lower_ms"].as_f64().unwrap()
    };
    let trip = ["--known-round-trip", "8ms", "--known-connections", "new"];
    assert!(width(&[], "distance") > 60.0);
    let kept = ["--known-round-trip", "8ms", "--known-connections", "kept"];
    assert!(width(&["--known-round-trip", "0.008"], "distance") < 41.0);
    // What a redirect, the version of TLS and the rounds of the body make of it at the other side is not known.
    assert!((8.0..33.0).contains(&width(&trip, "distance")), "{}", width(&trip, "distance"));
    assert!(width(&kept, "distance") < 17.0, "{}", width(&kept, "distance"));
    assert!(width(&["--known-server-within", "0.005"], "residual") < 10.1);
    assert!(width(&["--known-dns", "2ms"], "dns") < 1e-9);
    let words = |run: Run| run.out.split_whitespace().collect::<Vec<_>>().join(" ");
    let page = words(asked(&trip));
    assert!(page.contains("taken as known of it: a round trip of 8.00 ms, new connections"), "{page}");
    let wrong = words(asked(&["--known-round-trip", "8"]));
    assert!(wrong.contains("both cannot be"), "{wrong}");
    let none = said(&asked(&["--known-round-trip", "8", "--json"]));
    assert_eq!(none["account"]["bounds"].as_array().map_or(0, Vec::len), 0, "no bounds of what cannot be");
    for (words, why) in [
        (vec!["--a", A, "--b", B, "--known-dns", "2ms"], "both sides show phases"),
        (vec!["--a", ZABBIX, "--b", B, "--bridge", A, "--known-dns", "2ms"], "cannot be used with"),
        (vec!["--a", ZABBIX, "--b", B, "--known-dns", "-1"], "at most a day"),
        (vec!["--a", ZABBIX, "--b", B, "--known-connections", "new"], "--known-round-trip"),
    ] {
        let refused = explain(directory.path(), &words);
        assert_eq!((refused.code, refused.out.as_str()), (2, ""), "{words:?}");
        assert!(refused.err.contains(why), "{words:?}: {}", refused.err);
    }
}
