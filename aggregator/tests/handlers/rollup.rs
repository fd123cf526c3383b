//! Rollups: as of a minute, and of windows, whenever their samples come.

use std::cell::RefCell;
use std::time::Duration;

use parallax::adapters::aws::failure::{Failure, Kind};
use parallax::measurement::outcome::Cause;
use parallax::measurement::phase::Phase;
use parallax::measurement::units::UnixMillis;
use parallax::measurement::wire::Record;
use parallax::metrics::catalogue::Metric;
use parallax_aggregator::journal::Line;
use parallax_aggregator::rollup::error::RollupError;
use parallax_aggregator::rollup::minute::Minute;
use parallax_aggregator::rollup::port::Listed;
use parallax_aggregator::rollup::window::Windows;
use parallax_aggregator::settings::Settings;

use crate::support::at_once::now;
use crate::support::memory::{
    Clock, Memory, MemoryMarks, MemoryMetrics, MemoryTargets, NOW, damaged, settings, throttled,
};
use crate::support::samples::{Recipe, START};

struct World {
    archive: Memory,
    marks: MemoryMarks,
    metrics: MemoryMetrics,
    pages: Listed,
    settings: Settings,
    lines: RefCell<Vec<Line>>,
}

impl Default for World {
    fn default() -> Self {
        Self {
            archive: Memory::default(),
            marks: MemoryMarks::default(),
            metrics: MemoryMetrics::default(),
            pages: Listed::default(),
            settings: settings(),
            lines: RefCell::default(),
        }
    }
}

const TIME: Duration = Duration::from_secs(60);
const MINUTE: i64 = 60_000;

impl World {
    fn keep(&mut self, records: impl IntoIterator<Item = Record>) {
        for record in records {
            self.archive.records.insert((record.sample.started_at_ms, record.sample.id.to_string()), record);
        }
    }

    fn minute(&mut self, at: UnixMillis, targets: Result<Listed, Failure>) -> Result<(), RollupError> {
        let (clock, settings, lines) = (Clock::at(at), self.settings.clone(), &self.lines);
        let minute = Minute {
            archive: &mut self.archive,
            targets: &mut MemoryTargets(targets),
            metrics: &mut self.metrics,
            pace: &clock,
            settings: &settings,
            journal: &|line| lines.borrow_mut().push(line.clone()),
            until: at.plus(TIME),
        };
        now(minute.roll_up(at))
    }

    fn window(&mut self, at: UnixMillis) -> Result<(), RollupError> {
        self.window_with(at, Ok(self.pages.clone()))
    }

    fn window_with(&mut self, at: UnixMillis, targets: Result<Listed, Failure>) -> Result<(), RollupError> {
        let (clock, settings, lines) = (Clock::at(at), self.settings.clone(), &self.lines);
        let windows = Windows {
            archive: &mut self.archive,
            marks: &mut self.marks,
            targets: &mut MemoryTargets(targets),
            metrics: &mut self.metrics,
            pace: &clock,
            settings: &settings,
            journal: &|line| lines.borrow_mut().push(line.clone()),
            until: at.plus(TIME),
        };
        now(windows.roll_up(at))
    }

    /// Samples kept in the window that begins so many minutes after the start, as its summary says; absent without one.
    fn summarised(&self, minutes: i64) -> Option<u64> {
        self.archive.summaries.get(&UnixMillis(START + minutes * MINUTE)).map(|summary| summary.samples)
    }

    fn mark(&mut self, minutes: i64, settled: UnixMillis) {
        self.marks.marks.insert(UnixMillis(START + minutes * MINUTE), settled);
    }
}

/// A sample of a region's function, so many seconds before the hour is over.
fn sample(region: &'static str, target: &'static str, seconds_ago: i64, good: bool) -> Record {
    let failed = (!good).then_some((Phase::Connect, Cause::Timeout));
    let started_ms = NOW.0 - seconds_ago * 1_000;
    let id = format!("{region}-{target}-{seconds_ago}");
    let vantage = if region == "eu-west-1" { "lambda/eu-west-1/1769" } else { "lambda/us-east-1/1769" };
    let recipe = Recipe { id, target, vantage, started_ms, failed, slot_ms: None, ..Recipe::default() };
    let mut record = recipe.record();
    record.environment.platform = "lambda".to_owned();
    record.environment.region = Some(region.to_owned());
    record
}

/// A sample at the minute that long after the start, that took so long.
fn at(minute: i64, elapsed_us: u64) -> Vec<Record> {
    let sample = |region| {
        let mut record = sample(region, "daily-news", 0, true);
        record.sample.started_at_ms = UnixMillis(START + minute * MINUTE + 5_000);
        record.sample.id = format!("{region}-at-{minute}").parse().unwrap();
        record.sample.elapsed_us.0 = elapsed_us + u64::try_from(minute.rem_euclid(5)).unwrap();
        record
    };
    ["eu-west-1", "us-east-1"].map(sample).to_vec()
}

/// Pages by the minutes between their slots, and how many rows were refused.
fn listed(pages: &[(&str, u64)], refused: usize) -> Listed {
    let page = |(id, minutes): &(&str, u64)| (id.parse().unwrap(), Duration::from_secs(minutes * 60));
    Listed { pages: pages.iter().map(page).collect(), refused }
}

const EACH_MINUTE: [(&str, u64); 2] = [("front", 1), ("search", 1)];

#[test]
fn a_page_that_fails_twice_from_enough_places_is_down_and_a_silent_region_is_named() {
    let mut world = World::default();
    world.keep(
        [30, 90]
            .iter()
            .flat_map(|ago| [sample("eu-west-1", "front", *ago, false), sample("us-east-1", "front", *ago, false)]),
    );
    world.keep([sample("eu-west-1", "search", 20, true), sample("eu-west-1", "search", 80, false)]);
    world.minute(NOW, Ok(listed(&EACH_MINUTE, 3))).unwrap();
    assert_eq!(world.metrics.of(Metric::TargetsDown), (1, 1.0));
    assert_eq!(world.metrics.of(Metric::RegionsDown), (2, 2.0), "front from two places, search from none");
    assert_eq!(world.metrics.of(Metric::RegionsSilent), (1, 0.0));
    assert_eq!(world.metrics.of(Metric::TargetsRefused), (1, 3.0));
    // Nobody sends any more.
    world.metrics.datums.clear();
    world.minute(NOW.plus(Duration::from_secs(3_600)), Ok(listed(&EACH_MINUTE, 0))).unwrap();
    assert_eq!(world.metrics.of(Metric::RegionsSilent), (1, 2.0));
    assert_eq!(world.metrics.of(Metric::TargetsDown), (1, 0.0), "zero too: nothing is not zero");
}

#[test]
fn a_rare_page_is_looked_for_further_back_and_makes_no_region_heard() {
    let mut world = World::default();
    world.keep(
        [600, 1_800]
            .iter()
            .flat_map(|ago| [sample("eu-west-1", "rare", *ago, false), sample("us-east-1", "rare", *ago, false)]),
    );
    world.keep([sample("eu-west-1", "front", 30, true), sample("eu-west-1", "front", 90, true)]);
    world.minute(NOW, Ok(listed(&[("front", 1), ("rare", 1)], 0))).unwrap();
    assert_eq!(world.metrics.of(Metric::TargetsDown), (1, 0.0));
    world.minute(NOW, Ok(listed(&[("front", 1), ("rare", 20)], 0))).unwrap();
    assert_eq!(world.metrics.of(Metric::TargetsDown), (2, 1.0));
    assert_eq!(
        world.metrics.of(Metric::RegionsSilent),
        (2, 2.0),
        "each time one: what came ten minutes ago is no sign of life"
    );
}

#[test]
fn a_region_is_silent_once_one_slot_of_the_most_frequent_page_has_not_come_in_its_time() {
    for (minutes, seconds) in [(1, 240), (3, 360), (60, 3_780)] {
        let mut world = World::default();
        world.keep([sample("eu-west-1", "front", seconds, true), sample("us-east-1", "front", seconds + 1, true)]);
        world.minute(NOW, Ok(listed(&[("front", minutes), ("rare", 1_440)], 0))).unwrap();
        assert_eq!(world.metrics.of(Metric::RegionsSilent), (1, 1.0), "every {minutes} min");
    }
}

#[test]
fn a_row_that_does_not_keep_to_the_tick_is_looked_for_where_it_is_measured() {
    let mut world = World::default();
    world.settings.every = Duration::from_secs(180);
    // Each second minute, of which the probes come by each third: a sample every six.
    let bad = |ago| [sample("eu-west-1", "odd", ago, false), sample("us-east-1", "odd", ago, false)];
    world.keep([240, 600].iter().flat_map(|ago| bad(*ago)));
    world.keep([sample("eu-west-1", "front", 60, true), sample("us-east-1", "front", 60, true)]);
    world.minute(NOW, Ok(listed(&[("front", 3), ("odd", 2)], 0))).unwrap();
    assert_eq!(world.metrics.of(Metric::TargetsDown), (1, 1.0));
}

#[test]
fn a_table_that_may_not_be_read_is_named_and_no_window_is_taken_for_done() {
    let denied = || Failure {
        action: "dynamodb:Scan",
        resource: "table parallax-targets".to_owned(),
        kind: Kind::Denied,
        detail: String::new(),
    };
    let mut world = World::default();
    world.mark(45, NOW);
    for error in [world.minute(NOW, Err(denied())), world.window_with(NOW, Err(denied()))] {
        let error = error.unwrap_err().to_string();
        assert!(error.starts_with("dynamodb:Scan on table parallax-targets: access denied"), "{error}");
    }
    assert_eq!(world.marks.marks.len(), 1);
}

#[test]
fn a_window_that_ended_is_summarised_and_twice_is_the_same() {
    let mut world = World::default();
    world.keep((0..60).flat_map(|minute| at(minute, 100_000)));
    world.window(NOW).unwrap();
    let first = world.archive.summaries.clone();
    assert_eq!(world.summarised(45), Some(30));
    assert_eq!(first[&UnixMillis(START + 45 * MINUTE)].sources.len(), 2);
    assert_eq!(world.metrics.of(Metric::TargetsSlower), (1, 0.0));
    world.window(NOW.plus(Duration::from_secs(100))).unwrap();
    assert_eq!(world.archive.summaries, first);
    assert_eq!(world.metrics.of(Metric::TargetsSlower), (2, 0.0), "read by its maximum, twice is once");
}

#[test]
fn a_page_that_became_slower_from_enough_places_is_news() {
    let mut world = World::default();
    world.keep((0..45).flat_map(|minute| at(minute, 100_000)));
    world.keep((45..60).flat_map(|minute| at(minute, 150_000)));
    world.window(NOW).unwrap();
    assert_eq!(world.metrics.of(Metric::TargetsSlower), (1, 1.0));
    let [datum] = &world.metrics.datums[..] else { panic!("{:?}", world.metrics.datums) };
    assert_eq!(datum.at(), NOW, "at its end");
}

#[test]
fn two_arms_of_one_region_are_one_place() {
    let mut world = World::default();
    let arms = |minute, elapsed_us| {
        let [one, mut other] = <[Record; 2]>::try_from(at(minute, elapsed_us)).unwrap();
        other.sample.vantage = "lambda/eu-west-1/128".parse().unwrap();
        other.environment.region = Some("eu-west-1".to_owned());
        [one, other]
    };
    world.keep((0..45).flat_map(|minute| arms(minute, 100_000)));
    world.keep((45..60).flat_map(|minute| arms(minute, 150_000)));
    world.window(NOW).unwrap();
    assert_eq!(world.metrics.of(Metric::TargetsSlower), (1, 0.0));
}

#[test]
fn a_rare_page_that_became_slower_is_news_when_it_was_measured() {
    let mut world = World::default();
    let slots = |from: i64, to: i64| (from..=to).step_by(20);
    world.keep(slots(-1_120, -180).flat_map(|minute| at(minute, 100_000)));
    world.keep(slots(-160, 60).flat_map(|minute| at(minute, 150_000)));
    world.keep((0..90).map(|minute| sample("eu-west-1", "front", 3_600 - minute * 60, true)));
    let quarter = |n: i64| UnixMillis(START + n * 15 * MINUTE);
    // By the tick alone it has a sample in a quarter of an hour, of which a median has no interval.
    world.pages = listed(&[("front", 1), ("daily-news", 1)], 0);
    world.window(quarter(5)).unwrap();
    assert_eq!(world.metrics.of(Metric::TargetsSlower), (1, 0.0));
    world.pages = listed(&[("front", 1), ("daily-news", 20)], 0);
    world.window(quarter(5)).unwrap();
    assert_eq!(world.metrics.of(Metric::TargetsSlower), (2, 1.0));
    let of_page = |world: &World| {
        let scans = world.archive.scanned.iter().filter(|scan| scan.source.target.is_some());
        scans.map(|scan| (scan.window.to.0 - scan.window.from.0) / MINUTE).collect::<Vec<_>>()
    };
    assert_eq!(of_page(&world), [60 * 20], "sixty slots of that page, and of no other");
    // A window in which it was not measured has no news of it, and reads none of that again.
    world.window(quarter(6)).unwrap();
    assert_eq!((world.metrics.of(Metric::TargetsSlower), of_page(&world).len()), ((3, 1.0), 1));
}

#[test]
fn a_window_to_which_samples_were_added_is_summarised_anew_once_they_are_kept() {
    let mut world = World::default();
    world.keep((0..60).flat_map(|minute| at(minute, 100_000)));
    let soon = NOW.plus(Duration::from_secs(30));
    // One that is settled, one that somebody is still adding to, and one that has not ended.
    world.mark(0, NOW);
    world.mark(15, soon);
    world.mark(60, NOW);
    world.window(NOW).unwrap();
    assert_eq!([0, 15, 30, 45, 60].map(|minutes| world.summarised(minutes)), [Some(30), None, None, Some(30), None]);
    assert_eq!(world.marks.marks.len(), 2);
    // A sample of long ago comes, and only the archive hears of it.
    let published = world.metrics.datums.len();
    world.keep(at(-20, 100_000));
    world.mark(-30, soon);
    world.window(soon).unwrap();
    assert_eq!([-30, 15].map(|minutes| world.summarised(minutes)), [Some(2), Some(30)]);
    assert_eq!(world.marks.marks.len(), 1, "the one that has not ended");
    assert_eq!(world.metrics.datums.len(), published + 1, "the last window's, once more");
}

#[test]
fn a_window_that_was_marked_while_it_was_summarised_stays_marked() {
    let mut marks = MemoryMarks::default();
    now(async {
        use parallax::archive::marks::{Touch, Touched};
        marks.touch(&[UnixMillis(START)], NOW).await.unwrap();
        let read = marks.touched(10).await.unwrap();
        marks.touch(&[UnixMillis(START)], NOW.plus(TIME)).await.unwrap();
        marks.done(read[0]).await.unwrap();
        assert_eq!(marks.touched(10).await.unwrap()[0].settled, NOW.plus(TIME));
    });
}

#[test]
fn what_is_not_done_in_time_stays_marked_and_is_said() {
    let mut world = World::default();
    world.mark(0, NOW);
    world.mark(15, NOW);
    // The marks are read, the last window is scanned and put; then the archive is gone.
    world.archive.faults.extend([None, None, Some(throttled())]);
    let error = world.window(NOW).unwrap_err();
    assert!(error.to_string().contains("dynamodb:PutItem on table archive"), "{error}");
    assert_eq!(world.marks.marks.len(), 2);
    assert!(matches!(world.lines.borrow().last(), Some(Line::WindowsLeft { windows: 2, .. })));
    world.window(NOW).unwrap();
    assert_eq!((world.marks.marks.len(), world.summarised(0), world.summarised(15)), (0, Some(0), Some(0)));
}

#[test]
fn a_sample_that_cannot_be_read_is_in_the_way_of_its_own_window_only() {
    let mut world = World::default();
    [0, 15, 30].into_iter().for_each(|minutes| world.mark(minutes, NOW));
    // The last window is scanned and put, and the first that is marked is scanned in vain.
    world.archive.faults.extend([None, None, Some(damaged())]);
    let error = world.window(NOW).unwrap_err();
    assert!(error.to_string().contains("sample x: not JSON"), "{error}");
    assert_eq!([0, 15, 30, 45].map(|minutes| world.summarised(minutes)), [None, Some(0), Some(0), Some(0)]);
    assert_eq!(world.marks.marks.len(), 1);
    assert!(matches!(world.lines.borrow().last(), Some(Line::WindowsLeft { windows: 1, .. })));
}

#[test]
fn placement_is_split_over_a_day_four_times_a_day() {
    let mut world = World::default();
    world.keep((-60..0).flat_map(|minute| at(minute + 60, 100_000)));
    world.window(NOW).unwrap();
    assert_eq!(world.marks.splits.len(), 0);
    world.window(UnixMillis(START + 6 * 60 * MINUTE)).unwrap();
    let [(stretch, split)] = &world.marks.splits[..] else { panic!() };
    assert_eq!((stretch.to.0 - stretch.from.0, split.samples), (86_400_000, 120));
    assert_eq!(world.metrics.of(Metric::PlacementShare).0, 0, "one sandbox a place says nothing");
}

#[test]
fn what_placement_makes_of_the_spread_is_published_with_the_split() {
    let mut world = World::default();
    // Thirty sandboxes of a region, far apart from each other, with six invocations each.
    world.keep((0..180_i64).flat_map(|n| {
        let (sandbox, turn) = (n / 6, n % 6);
        let spread = sandbox * 7 % 30 * 1_000 + (turn * 5 + sandbox) % 6 * 10;
        let mut record = at(n, 100_000 + u64::try_from(spread).unwrap()).swap_remove(0);
        record.environment.sandbox = Some(format!("sandbox-{sandbox}"));
        record.sample.invocation.as_mut().unwrap().number = u64::try_from(10 + turn).unwrap();
        Some(record)
    }));
    world.window(UnixMillis(START + 6 * 60 * MINUTE)).unwrap();
    let (points, share) = world.metrics.of(Metric::PlacementShare);
    assert_eq!(points, 1);
    assert!(share > 99.0 && share <= 100.0, "{share}");
}
