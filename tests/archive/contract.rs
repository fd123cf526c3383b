//! What every engine behind the archive's ports promises; each promise is given an archive with nothing in it.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use parallax::archive::port::{Append, Appended, Directory, Known, Scan, Slots, Span};
use parallax::archive::selection::{Selection, Source, Window};
use parallax::measurement::environment::Init;
use parallax::measurement::miss::{Miss, Reason};
use parallax::measurement::outcome::Cause;
use parallax::measurement::phase::Phase;
use parallax::measurement::units::UnixMillis;
use parallax::measurement::wire::Record;

use crate::support::samples::{Recipe, START, environment, row};

/// All that is promised.
pub trait Kept: Append + Known + Scan + Directory + parallax::archive::port::Miss + Slots {}

impl<A: Append + Known + Scan + Directory + parallax::archive::port::Miss + Slots> Kept for A {}

pub async fn selected(archive: &mut impl Scan, source: &str, window: Window) -> Vec<Record> {
    let mut records = Vec::new();
    let selection = Selection { source: source.parse::<Source>().unwrap(), window };
    archive.scan(&selection, &mut |record| records.push(record)).await.unwrap();
    records
}

pub async fn all(archive: &mut impl Scan) -> Vec<Record> {
    selected(archive, "", Window::ALWAYS).await
}

pub fn in_order(records: &mut [Record]) {
    records.sort_by_key(|record| (record.sample.started_at_ms, record.sample.id.clone()));
}

pub async fn comes_back_whole_and_in_order(archive: &mut impl Kept) {
    let mut records = row(&Recipe { hops: 2, ..Recipe::default() }, 20);
    records
        .push(Recipe { id: "z".to_owned(), failed: Some((Phase::Tls, Cause::Timeout)), ..Recipe::default() }.record());
    let mut shuffled = records.clone();
    shuffled.reverse();
    assert_eq!(archive.append(&shuffled).await.unwrap(), Appended { new: 21, repeated: 0 });
    in_order(&mut records);
    assert_eq!(all(archive).await, records);
}

pub async fn a_repeat_changes_nothing(archive: &mut impl Kept) {
    let records = row(&Recipe::default(), 3);
    archive.append(&records).await.unwrap();
    let lines = archive.sources().await.unwrap();
    let mut altered = records.clone();
    altered[0].sample.elapsed_us.0 += 1;
    altered.push(Recipe { id: "new".to_owned(), ..Recipe::default() }.record());
    altered.push(Recipe { id: "new".to_owned(), ..Recipe::default() }.record());
    assert_eq!(archive.append(&altered).await.unwrap(), Appended { new: 1, repeated: 4 });
    assert_eq!(lines[0].samples, 3);
    assert_eq!(archive.sources().await.unwrap()[0].samples, 4);
    assert!(all(archive).await.contains(&records[0]));
    let unknown = Recipe { id: "never".to_owned(), ..Recipe::default() }.record();
    let known = archive.known(&[altered[0].clone(), unknown, altered[4].clone(), altered[3].clone()]).await.unwrap();
    assert_eq!(known, [&altered[0], &altered[4], &altered[3]].map(|record| record.sample.id.clone()));
    assert_eq!(archive.append(&[]).await.unwrap(), Appended::default());
    assert_eq!(archive.known(&[]).await.unwrap(), []);
}

pub async fn the_directory_has_a_line_a_source(archive: &mut impl Kept) {
    let good = Recipe::default();
    let bad = Recipe { method: "curl", failed: Some((Phase::Connect, Cause::ConnectionRefused)), ..Recipe::default() };
    archive.append(&row(&good, 10)).await.unwrap();
    archive.append(&row(&bad, 4)).await.unwrap();
    let lines = archive.sources().await.unwrap();
    assert_eq!(
        lines.iter().map(|l| (l.method.as_str(), l.samples, l.failures)).collect::<Vec<_>>(),
        [("curl", 4, 4), ("fresh", 10, 0)]
    );
    let (first, last) = (UnixMillis(START + 12), UnixMillis(START + 12 + 9 * 180_000));
    assert_eq!(lines[1].span, Some(Span { first, last }));
}

pub async fn a_selection_leaves_what_it_says_and_nothing_else(archive: &mut impl Kept) {
    for (method, vantage, init) in [
        ("fresh", "host/tokyo-office", Init::Cold),
        ("fresh", "lambda/us-east-1/1769", Init::Warm),
        ("curl", "host/tokyo-office", Init::Proactive),
    ] {
        archive.append(&row(&Recipe { method, vantage, init, ..Recipe::default() }, 5)).await.unwrap();
    }
    let mut unknown = Recipe { id: "imported".to_owned(), method: "zabbix", ..Recipe::default() }.record();
    unknown.sample.invocation = None;
    archive.append(&[unknown]).await.unwrap();
    let two = Window { from: UnixMillis(START + 12 + 180_000), to: UnixMillis(START + 12 + 3 * 180_000) };
    let none = Window { from: two.to, to: two.from };
    for (source, window, count) in [
        ("", Window::ALWAYS, 16),
        ("", two, 6),
        ("", none, 0),
        ("method=fresh", Window::ALWAYS, 10),
        ("method=fresh", two, 4),
        ("method=fresh,vantage=host/tokyo-office", two, 2),
        ("cold=true", Window::ALWAYS, 5),
        ("cold=false", Window::ALWAYS, 10),
        ("cold=false,method=curl", two, 2),
        ("target=elsewhere", Window::ALWAYS, 0),
    ] {
        let found = selected(archive, source, window).await;
        assert_eq!(found.len(), count, "{source}");
        let filter: Source = source.parse().unwrap();
        assert!(found.iter().all(|r| filter.matches(&r.sample) && window.contains(r.sample.started_at_ms)));
        assert!(found.is_sorted_by_key(|record| (record.sample.started_at_ms, record.sample.id.clone())));
    }
}

/// Sources that begin at the same moments, days apart and at the edges of time, each from its own sandbox.
pub async fn order_holds_across_sources_and_days(archive: &mut impl Kept) {
    let mut records = Vec::new();
    for (source, (target, vantage, method, sandbox)) in [
        ("daily-news", "host/tokyo-office", "fresh", "one"),
        ("daily-news", "host/tokyo-office", "curl", "one"),
        ("daily-news", "lambda/us-east-1/1769", "fresh", "two"),
        ("weather", "lambda/us-east-1/1769", "fresh", "three"),
    ]
    .into_iter()
    .enumerate()
    {
        for n in 0..60_i64 {
            let started_ms = START + n * 7_200_000;
            let id = format!("{:03}-{source}", 997 - n * 13);
            let recipe =
                Recipe { id, target, vantage, method, sandbox, started_ms, slot_ms: None, ..Recipe::default() };
            records.push(recipe.record());
        }
    }
    for (n, started_ms) in
        [i64::MIN, -1, 0, 86_400_000 - 1, 10_i64.pow(13) - 1, 10_i64.pow(13), i64::MAX - 1].into_iter().enumerate()
    {
        records.push(Recipe { id: format!("edge-{n}"), started_ms, slot_ms: None, ..Recipe::default() }.record());
    }
    for part in records.chunks(41).rev() {
        archive.append(part).await.unwrap();
    }
    in_order(&mut records);
    assert_eq!(all(archive).await, records);
    let window = Window { from: UnixMillis(START + 30 * 3_600_000), to: UnixMillis(START + 50 * 3_600_000) };
    let inside = |record: &&Record| window.contains(record.sample.started_at_ms);
    let expected: Vec<_> =
        records.iter().filter(inside).filter(|r| r.sample.target.as_str() == "daily-news").cloned().collect();
    assert_eq!(expected.len(), 30);
    assert_eq!(selected(archive, "target=daily-news", window).await, expected);
    let mut samples: BTreeMap<_, u64> = BTreeMap::new();
    for Record { sample, .. } in &records {
        *samples.entry((sample.target.clone(), sample.vantage.clone(), sample.method.to_string())).or_default() += 1;
    }
    let lines = archive.sources().await.unwrap();
    let told: Vec<_> = lines.into_iter().map(|l| ((l.target, l.vantage, l.method.to_string()), l.samples)).collect();
    assert_eq!(told, samples.into_iter().collect::<Vec<_>>());
}

pub async fn slots_are_those_of_one_source_within_the_window(archive: &mut impl Kept) {
    let recipe = Recipe::default();
    archive.append(&row(&recipe, 4)).await.unwrap();
    archive.append(&row(&Recipe { method: "curl", ..recipe.clone() }, 9)).await.unwrap();
    archive.append(&[Recipe { id: "off".to_owned(), slot_ms: None, ..recipe.clone() }.record()]).await.unwrap();
    archive.append(&[Recipe { id: "again".to_owned(), ..recipe }.record()]).await.unwrap();
    let sample = row(&Recipe::default(), 1).remove(0).sample;
    let grid = |n: i64| UnixMillis(START + n * 180_000);
    for (window, expected) in [
        (Window::ALWAYS, vec![grid(0), grid(1), grid(2), grid(3)]),
        (Window { from: grid(1), to: grid(3) }, vec![grid(1), grid(2)]),
    ] {
        let slots = archive.slots(&sample.target, &sample.vantage, &sample.method, window).await.unwrap();
        assert_eq!(slots, expected);
    }
}

pub fn missed(slots: std::ops::Range<i64>, reason: Reason) -> Vec<Miss> {
    let sample = Recipe::default().record().sample;
    slots
        .map(|n| Miss {
            target: sample.target.clone(),
            vantage: sample.vantage.clone(),
            method: sample.method.clone(),
            slot_ms: UnixMillis(START + n * 180_000),
            reason,
        })
        .collect()
}

pub async fn told(archive: &mut impl Directory) -> Vec<(u64, u64, bool)> {
    let lines = archive.sources().await.unwrap();
    lines.iter().map(|line| (line.samples, line.missed, line.span.is_some())).collect()
}

pub async fn a_missed_slot_is_kept_once_and_only_while_it_has_no_sample(archive: &mut impl Kept) {
    archive.miss(&missed(2..8, Reason::Asleep)).await.unwrap();
    archive.miss(&missed(6..9, Reason::Overrun)).await.unwrap();
    assert_eq!(told(archive).await, [(0, 7, false)], "a source may have nothing but missed slots");
    archive.append(&row(&Recipe::default(), 4)).await.unwrap();
    assert_eq!(told(archive).await, [(4, 5, true)], "two of them have a sample after all");
    archive.miss(&missed(0..5, Reason::Asleep)).await.unwrap();
    assert_eq!(told(archive).await, [(4, 5, true)], "what has a sample is not missed");
    let mut elsewhere = missed(0..1, Reason::Asleep);
    elsewhere[0].method = "curl".parse().unwrap();
    archive.miss(&elsewhere).await.unwrap();
    assert_eq!(told(archive).await, [(0, 1, false), (4, 5, true)]);
    assert_eq!(all(archive).await.len(), 4, "a missed slot is no sample");
}

pub async fn a_scan_ends_when_the_visitor_has_seen_enough(archive: &mut impl Kept) {
    archive.append(&row(&Recipe::default(), 10)).await.unwrap();
    let mut seen = 0;
    let selection = Selection { source: Source::default(), window: Window::ALWAYS };
    let mut visit = |_| {
        seen += 1;
        if seen == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    archive.scan_while(&selection, &mut visit).await.unwrap();
    assert_eq!(seen, 3);
}

pub async fn surroundings_are_each_samples_own(archive: &mut impl Kept) {
    let mut records = row(&Recipe::default(), 30);
    for (n, record) in records.iter_mut().enumerate() {
        record.environment = environment(&format!("sandbox-{}", n % 7));
    }
    archive.append(&records[..17]).await.unwrap();
    archive.append(&records[12..]).await.unwrap();
    assert_eq!(all(archive).await, records);
}
