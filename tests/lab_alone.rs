//! What one option of a real Zabbix makes, over the agent beside it. Milliseconds are compared within intervals of one or two, and
//! servers check every second: `tests/run` runs these tests after all others, one by one, so that no neighbour holds one agent longer than
//! the other.

use parallax::explain::account::Account;
use parallax::explain::bridge;
use parallax::explain::cause::Cause;
use parallax::explain::question::{Question, Statistic};
use parallax::explain::source::Source;
use parallax::lab::run::Run;
use parallax::measurement::wire::Record;

use crate::lab_monitors::can;
use crate::lab_run::once;

/// Of one side.
fn samples_of<'a>(records: impl IntoIterator<Item = &'a Record>) -> Source {
    let mut source = Source::default();
    records.into_iter().for_each(|record| source.add(&record.sample, &record.environment, None));
    source
}

/// A row's milliseconds, and half of its 95 % interval; of one that is empty, nothing.
fn ms_and_half(account: &Account, cause: Cause) -> (f64, f64) {
    let Some(row) = account.rows.iter().find(|row| row.cause == cause) else { return (0.0, 0.0) };
    let ends = row.interval_ms.and_then(|ends| ends.lower.zip(ends.upper));
    (row.ms, ends.map_or(0.0, |(lower, upper)| (row.ms - lower).max(upper - row.ms)))
}

fn mean_ms<'a>(records: impl IntoIterator<Item = &'a Record>) -> f64 {
    let ms: Vec<f64> = records.into_iter().map(|record| record.sample.latency().unwrap().as_millis()).collect();
    assert!(ms.len() >= 27, "{}", ms.len());
    ms.iter().sum::<f64>() / ms.len() as f64
}

/// These samples of the Zabbix at one side over the probe beside it, against the probe beside the other.
fn over_the_probe<'a>(found: &Run, side: usize, zabbix: impl IntoIterator<Item = &'a Record>) -> Account {
    let [bridge, there] = [side, 1 - side].map(|at| samples_of(&found.beside[at]));
    bridge::account(&samples_of(zabbix), bridge, there, &Question::new(Statistic::Mean, 1)).unwrap()
}

/// By what was switched a Zabbix shows so many milliseconds more: all of it is in the row of the way of measuring, and nothing
/// in any other.
fn moves_one_row(truth: f64, without: &Account, with: &Account) {
    let rows = |cause| (ms_and_half(without, cause), ms_and_half(with, cause));
    let ((ms_without, half_without), (ms_with, half_with)) = rows(Cause::Definition);
    assert!(half_without > 0.0 && half_with > 0.0, "{without:?} {with:?}");
    let off = (ms_without - ms_with) - truth;
    assert!(off.abs() <= half_without.hypot(half_with), "{off} beside {truth}: {half_without}, {half_with}");
    for cause in Cause::ALL.into_iter().filter(|cause| *cause != Cause::Definition) {
        let ((ms_without, half_without), (ms_with, half_with)) = rows(cause);
        // A few hundredths of what was switched are nothing that anyone would take for it.
        let allowed = half_without + half_with + 0.03 * truth.abs();
        assert!((ms_without - ms_with).abs() <= allowed, "{cause:?}: {ms_without}, {ms_with}: {allowed} are allowed");
    }
    println!("{truth:+.2} ms; the row {ms_without:+.2} ± {half_without:.2}, then {ms_with:+.2} ± {half_with:.2}");
}

fn of_zabbix(found: &Run, side: usize) -> impl Iterator<Item = &Record> {
    found.asked.iter().filter(move |one| one.turn.side == side).map(|one| &one.record)
}

/// Two Zabbixes at once, so that both have the same neighbours, which differ in what these words say of B; and by how much B
/// shows more, milliseconds.
fn switched(words: &str) -> (Run, f64) {
    let text = format!(
        "about = 'x'\n[both]\nmethod = 'zabbix'\nbeside = 'agent'\nverify = false\n[both.path]\ndelay_ms = 10\n\
         [both.site]\nredirect = 1\nbody_kb = 40\n{words}"
    );
    let mut tries = 3;
    loop {
        tries -= 1;
        let (_, found, _) = once(&text, 30);
        let truth = mean_ms(of_zabbix(&found, 1)) - mean_ms(of_zabbix(&found, 0));
        let [without, with] = [0, 1].map(|side| over_the_probe(&found, side, of_zabbix(&found, side)));
        // Where a neighbour's work went through all that was measured there is no interval, and so nothing to hold.
        let sure = [&without, &with].iter().all(|account| account.no_interval.is_none());
        if sure || tries == 0 {
            moves_one_row(truth, &without, &with);
            return (found, truth);
        }
    }
}

/// An option of A's Zabbix, which watches the page with it as it is and switched, about the same times; and by how much it shows
/// more for that. The probe beside it is one: samples that find no partner would move the row of times.
fn option(found: &Run, name: &str) -> f64 {
    let own: Vec<&Record> =
        found.switched[0].iter().filter(|record| record.sample.method.as_str() == format!("zabbix-{name}")).collect();
    assert!(own.iter().all(|record| record.sample.outcome.is_good()), "{own:?}");
    let truth = mean_ms(own.iter().copied()) - mean_ms(of_zabbix(found, 0));
    moves_one_row(truth, &over_the_probe(found, 0, of_zabbix(found, 0)), &over_the_probe(found, 0, own));
    truth
}

#[test]
fn what_the_authorities_of_a_zabbix_make_is_in_the_row_of_the_way_of_measuring_and_in_no_other() {
    let test = "what_the_authorities_of_a_zabbix_make_is_in_the_row_of_the_way_of_measuring_and_in_no_other";
    if can(test, &["definition:large"]) {
        let (_, truth) = switched("[b]\nstore = 'all'\n");
        assert!(truth > 15.0, "hundreds of certificates are read for each connection: {truth}");
    }
}

#[test]
fn what_compression_and_options_make_of_a_zabbix_is_in_the_row_of_the_way_of_measuring_and_in_no_other() {
    let test = "what_compression_and_options_make_of_a_zabbix_is_in_the_row_of_the_way_of_measuring_and_in_no_other";
    if can(test, &["definition"]) {
        // Our probe allows none. Both Zabbixes have the further checks, so that they are equally busy.
        let (found, truth) = switched("[a]\nswitches = true\n[b]\nswitches = true\n[b.site]\ncompress = true\n");
        assert!(truth < -10.0, "the page needs a round trip of 20 ms less: {truth}");
        let follow = option(&found, "follow");
        assert!(follow < -70.0, "the second hop has four round trips of 20 ms, and its page: {follow}");
        let verify = option(&found, "verify");
        assert!(verify.abs() < 20.0, "the site's signature is checked by one authority that was read anyway: {verify}");
    }
}
