//! Many writers, repeats, and writers that end in the middle: nothing is lost, doubled or miscounted.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use parallax::adapters::aws::archive::Archive;
use parallax::archive::port::{Append, Directory, KeptSummary, Known, Summaries};
use parallax::archive::selection::Window;
use parallax::measurement::identity::TargetId;
use parallax::measurement::units::UnixMillis;
use parallax::measurement::wire::Record;
use parallax::summary::collector::summarise;

use super::{REGION, TABLE, create, fresh, wait};
use crate::archive::contract::{all, in_order};
use crate::support::fleet_sample::rich;
use crate::support::ministack::{Account, ministack};
use crate::support::samples::{Recipe, START, row};

/// What a directory must say of these.
fn expected(records: &[Record]) -> BTreeMap<(TargetId, String), (u64, u64)> {
    let mut lines: BTreeMap<_, (u64, u64)> = BTreeMap::new();
    for Record { sample, .. } in records {
        let line = lines.entry((sample.target.clone(), sample.method.to_string())).or_default();
        line.0 += 1;
        line.1 += u64::from(!sample.outcome.is_good());
    }
    lines
}

async fn told(archive: &mut Archive) -> BTreeMap<(TargetId, String), (u64, u64)> {
    let lines = archive.sources().await.unwrap();
    lines.into_iter().map(|l| ((l.target, l.method.to_string()), (l.samples, l.failures))).collect()
}

fn opened(account: &Account) -> Archive {
    Archive::new(&account.config(REGION), TABLE, None)
}

#[test]
fn writers_with_overlapping_samples_keep_each_once_and_count_it_once() {
    let Some(ministack) = ministack("writers_with_overlapping_samples") else { return };
    let account = ministack.account();
    wait(create(&account, TABLE, ["pk", "sk"]));
    let mut records: Vec<Record> = ["fresh", "curl"].iter().flat_map(|way| (0..40).map(|n| rich(n, way))).collect();
    let new: u64 = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..5_usize)
            .map(|writer| {
                let records = &records;
                scope.spawn(move || {
                    let mut archive = opened(&account);
                    // Each takes two thirds of them, from a place of its own on.
                    let own: Vec<_> =
                        records.iter().cycle().skip(writer * 16).take(records.len() * 2 / 3).cloned().collect();
                    own.chunks(9).map(|part| wait(archive.append(part)).unwrap().new as u64).sum::<u64>()
                })
            })
            .collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).sum()
    });
    assert_eq!(new, records.len() as u64, "each was new to exactly one of them");
    in_order(&mut records);
    let mut archive = opened(&account);
    assert_eq!(wait(all(&mut archive)), records);
    assert_eq!(wait(told(&mut archive)), expected(&records));
}

#[test]
fn a_writer_that_ends_anywhere_leaves_nothing_that_a_repeat_does_not_mend() {
    let Some(ministack) = ministack("a_writer_that_ends_anywhere") else { return };
    let account = ministack.account();
    wait(create(&account, TABLE, ["pk", "sk"]));
    let records: Vec<Record> = (0..24).map(|n| rich(n * 20, "fresh")).collect();
    let begun = Instant::now();
    wait(opened(&account).append(&records[..6])).unwrap();
    let whole = begun.elapsed();
    let mut ended = 0;
    for part in records.chunks(6).skip(1) {
        for eighths in 0..=10 {
            let (mut archive, patience) = (opened(&account), whole * eighths / 8);
            let cut = wait(async { tokio::time::timeout(patience, archive.append(part)).await });
            ended += usize::from(cut.is_err());
            let counted: u64 = wait(told(&mut opened(&account))).values().map(|line| line.0).sum();
            let kept = wait(all(&mut opened(&account))).len() as u64;
            assert!(counted <= kept, "{counted} counted of {kept}");
        }
        for _ in 0..2 {
            wait(opened(&account).append(part)).unwrap();
        }
    }
    assert!(ended > 0, "no writer was ended in the middle");
    let mut archive = opened(&account);
    assert_eq!(wait(all(&mut archive)), records);
    assert_eq!(wait(told(&mut archive)), expected(&records));
}

/// As after a writer that was killed between its samples and their counts, when the queue delivers them again: whoever
/// asks first learns that they are kept, and does not keep them again.
#[test]
fn what_is_found_to_be_known_is_counted_with_what_is_kept_next() {
    let Some(ministack) = ministack("what_is_found_to_be_known") else { return };
    let account = ministack.account();
    let killed = row(&Recipe::default(), 3);
    let next = row(&Recipe { started_ms: START + 7_200_000, slot_ms: None, ..Recipe::default() }, 5).remove(4);
    wait(async {
        fresh(&account).await.append(&killed).await.unwrap();
        let client = Client::new(&account.config(REGION));
        let line = client.scan().table_name(TABLE).filter_expression("pk = :pk");
        let line =
            line.expression_attribute_values(":pk", aws_sdk_dynamodb::types::AttributeValue::S("directory".into()));
        let mut line = line.send().await.unwrap().items.unwrap().remove(0);
        assert!(line.remove("n00").is_some(), "{line:?}");
        client.put_item().table_name(TABLE).set_item(Some(line)).send().await.unwrap();
        let mut archive = opened(&account);
        assert_eq!(told(&mut archive).await, BTreeMap::new());
        assert_eq!(archive.known(&killed).await.unwrap().len(), 3);
        archive.append(std::slice::from_ref(&next)).await.unwrap();
        let both = [killed.clone(), vec![next.clone()]].concat();
        assert_eq!(told(&mut archive).await, expected(&both));
    });
}

#[test]
fn what_has_expired_is_not_shown_though_it_is_there() {
    let Some(ministack) = ministack("what_has_expired_is_not_shown") else { return };
    let account = ministack.account();
    const fn at(hours: i64) -> UnixMillis {
        UnixMillis(START + hours * 3_600_000)
    }
    let days = Duration::from_secs(30 * 86_400);
    let opened = |clock| Archive::new(&account.config(REGION), TABLE, Some(days)).with_clock(clock);
    let hourly = |n: i64| {
        let (id, started_ms) = (format!("hour-{n:02}"), at(n).0);
        Recipe { id, started_ms, slot_ms: None, ..Recipe::default() }.record()
    };
    let records: Vec<_> = (0..48).map(hourly).collect();
    wait(async {
        create(&account, TABLE, ["pk", "sk"]).await;
        opened(|| at(48)).append(&records).await.unwrap();
        for (clock, first) in [
            ((|| at(48)) as fn() -> UnixMillis, 0),
            (|| UnixMillis(at(30 * 24 + 5).0 + 1_800_000), 6),
            (|| UnixMillis(at(30 * 24 + 30).0 + 1_800_000), 31),
            (|| at(30 * 24 + 49), 48),
        ] {
            let mut archive = opened(clock);
            assert_eq!(all(&mut archive).await, records[first..]);
            let counted = archive.sources().await.unwrap().first().map_or(0, |line| line.samples);
            // The directory forgets by the hour, and not before the hour's last sample may have gone.
            assert!((48 - first as u64..=49 - first as u64).contains(&counted), "{counted} counted from {first} on");
        }
        // DynamoDB removes by this attribute alone: it must never come before the sample's time is over.
        let items = Client::new(&account.config(REGION)).scan().table_name(TABLE).send().await.unwrap().items.unwrap();
        for item in items.iter().filter(|item| item.contains_key("method")) {
            let began: i64 = item["sk"].as_s().unwrap().split_once('#').unwrap().0.parse().unwrap();
            let expires: i64 = item["expires"].as_n().unwrap().parse().unwrap();
            assert!((0..=1_000).contains(&(expires * 1_000 - began - 30 * 86_400_000)), "{began} {expires}");
        }
    });
}

#[test]
fn a_windows_summary_is_kept_once_and_the_last_one_stays() {
    let Some(ministack) = ministack("a_windows_summary_is_kept_once") else { return };
    let account = ministack.account();
    let window =
        |n: i64| Window { from: UnixMillis(START + n * 3_600_000), to: UnixMillis(START + (n + 1) * 3_600_000) };
    let samples = |count| -> Vec<_> {
        let rows = [row(&Recipe::default(), count), row(&Recipe { method: "curl", ..Recipe::default() }, 3)].concat();
        rows.into_iter().map(|record| record.sample).collect()
    };
    wait(async {
        let mut archive = fresh(&account).await;
        archive.put_summary(window(23), &summarise(&samples(4))).await.unwrap();
        for n in [22, 24, 22] {
            archive.put_summary(window(n), &summarise(&samples(5))).await.unwrap();
        }
        let last = summarise(&samples(9));
        archive.put_summary(window(23), &last).await.unwrap();
        let kept = archive.summaries(Window { from: window(23).from, to: window(25).from }).await.unwrap();
        let windows: Vec<_> = kept.iter().map(|kept| (kept.window, kept.source.method.to_string())).collect();
        let expected: Vec<_> =
            [23, 24].into_iter().flat_map(|n| ["curl", "fresh"].map(|way| (window(n), way.to_owned()))).collect();
        assert_eq!(windows, expected);
        let one = |kept: &KeptSummary| kept.window == window(23) && kept.source.method.as_str() == "fresh";
        let fresh_of_last = last.sources.iter().find(|source| source.name.method.as_str() == "fresh").unwrap();
        let figures = &kept.iter().find(|kept| one(kept)).unwrap().figures;
        assert_eq!(*figures, serde_json::to_string(fresh_of_last).unwrap());
        assert_eq!(archive.sources().await.unwrap(), [], "a summary is no sample");
    });
}
