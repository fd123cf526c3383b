//! A replay against the real tool: what curl's definition makes of our samples is what curl says of the same page.
//!
//! Bounds are wide, for machines that are busy with other tests; `cargo bench --bench replay` has the narrow ones.

use std::path::Path;
use std::time::Duration;

use parallax::adapters::curl::Curl;
use parallax::adapters::exchange::Fresh;
use parallax::adapters::identifier::sample_id;
use parallax::lab::site::{Options, Site, TlsOffer};
use parallax::measurement::identity::{Method, TargetId, Vantage};
use parallax::measurement::sample::{Identity, Observation, Sample};
use parallax::probe::interleave::Rounds;
use parallax::probe::port::Measure;
use parallax::probe::target::{HttpVersions, TrustStore};
use parallax::stopwatch::catalogue;
use parallax::stopwatch::replay::{Assumptions, Replay, replay};
use tempfile::NamedTempFile;

use crate::hostile::target;
use crate::support::stamps;

const ROUNDS: usize = 15;
/// Whoever leaves the waiting out of a definition, or counts it twice, is off by this much.
const THINK: Duration = Duration::from_millis(150);
/// In milliseconds.
const SLACK: f64 = 10.0;

/// Pairs of samples of one page, of `fresh` and of curl, interleaved.
pub fn pairs(tls: TlsOffer) -> Vec<[Sample; 2]> {
    pairs_trusting(tls, |_| None)
}

/// The same, trusting what `authorities` makes of the site's own.
pub fn pairs_trusting(tls: TlsOffer, authorities: impl FnOnce(&Path) -> Option<NamedTempFile>) -> Vec<[Sample; 2]> {
    stamps::held();
    let site = Site::start(Options { redirect: false, think: THINK, tls, ..Options::default() }).unwrap();
    let mut target = target(site.url("/page"));
    target.http = HttpVersions::Http1;
    let authorities = authorities(site.authority_path());
    let trusted = authorities.as_ref().map_or(site.authority_path(), NamedTempFile::path);
    target.tls.trust = TrustStore::File(trusted.to_owned());
    let mut methods: [(Method, Box<dyn Measure>); 2] =
        [(Method::Fresh, Box::new(Fresh::new().unwrap())), (Method::Curl, Box::new(Curl::find().unwrap()))];
    Rounds::new(2, 1)
        .take(ROUNDS)
        .map(|order| {
            let mut pair = [None, None];
            for arm in order {
                let (method, prober) = &mut methods[arm];
                let seen = prober.measure(&target);
                assert!(seen.outcome.is_good(), "{method}: {:?}", seen.outcome);
                pair[arm] = Some(named(seen, method));
            }
            pair.map(Option::unwrap)
        })
        .collect()
}

fn named(seen: Observation, method: &Method) -> Sample {
    seen.named(Identity {
        id: sample_id(),
        target: TargetId::new("t").unwrap(),
        vantage: Vantage::new("host/test").unwrap(),
        method: method.clone(),
        slot: None,
        slot_guessed: false,
        invocation: None,
    })
}

/// curl's own number less the replay's, in milliseconds.
fn remainder([fresh, curl]: &[Sample; 2]) -> f64 {
    let replayed = match replay(catalogue::find("curl").unwrap(), fresh, Assumptions::default()) {
        Replay::Shown(shown) => shown.value_us,
        other => panic!("{other:?}"),
    };
    assert_eq!(Some(curl.elapsed_us), curl.curl.as_ref().map(|run| run.time_total_us), "an address needs no lookup");
    curl.elapsed_us.as_millis() - replayed.as_millis()
}

/// The most that the machine of a sample can have added to it: its processor time, and the time it waited for one.
fn own(sample: &Sample) -> f64 {
    [sample.local.cpu_us, sample.local.run_delay_us].into_iter().flatten().map(|part| part.as_millis()).sum()
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[test]
fn over_plain_http_a_replay_is_what_curl_says() {
    let off = median(pairs(TlsOffer::Plain).iter().map(remainder));
    assert!(off.abs() <= SLACK, "{off} ms");
}

#[test]
fn over_https_a_replay_leaves_out_no_more_than_the_two_programs_own_work() {
    let pairs = pairs(TlsOffer::Both);
    let off = median(pairs.iter().map(remainder));
    let [fresh, curl] = [0, 1].map(|side: usize| median(pairs.iter().map(|pair| own(&pair[side]))));
    assert!((-fresh - SLACK..=curl + SLACK).contains(&off), "{off} ms; own work {fresh} and {curl} ms");
}
