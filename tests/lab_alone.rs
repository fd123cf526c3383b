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

/// What a side's Zabbix keeps of the page by its usual web scenario, or by that with this option switched.
fn of_zabbix<'a>(found: &'a Run, side: usize, option: Option<&str>) -> Vec<&'a Record> {
    let Some(option) = option else {
        return found.asked.iter().filter(|one| one.turn.side == side).map(|one| &one.record).collect();
    };
    let method = format!("zabbix-{option}");
    let own: Vec<&Record> =
        found.switched[side].iter().filter(|record| record.sample.method.as_str() == method).collect();
    assert!(own.iter().all(|record| record.sample.outcome.is_good()), "{own:?}");
    own
}

/// Two Zabbixes at once, so that both have the same neighbours, which differ in what these words say of B and in one of B's options; and
/// by how much B shows more for each, milliseconds. Beside each Zabbix is an agent of its own: the two rows of the way of measuring share no
/// sample, and the others are of the two agents, once from A to B and once back.
fn switched<const N: usize>(words: &str, options: [Option<&str>; N]) -> [f64; N] {
    let text = format!(
        "about = 'x'\n[both]\nmethod = 'zabbix'\nbeside = 'agent'\nverify = false\n[both.path]\ndelay_ms = 10\n\
         [both.site]\nredirect = 1\nbody_kb = 40\n{words}"
    );
    let mut tries = 3;
    loop {
        tries -= 1;
        let (_, found, _) = once(&text, 30);
        let usual = of_zabbix(&found, 0, None);
        let without = over_the_probe(&found, 0, usual.iter().copied());
        let compared = options.map(|option| {
            let own = of_zabbix(&found, 1, option);
            let truth = mean_ms(own.iter().copied()) - mean_ms(usual.iter().copied());
            (truth, over_the_probe(&found, 1, own))
        });
        // Where a neighbour's work went through all that was measured there is no interval, and so nothing to hold.
        let unsure = |account: &Account| account.no_interval.is_some();
        if tries == 0 || !(unsure(&without) || compared.iter().any(|(_, with)| unsure(with))) {
            return compared.map(|(truth, with)| {
                moves_one_row(truth, &without, &with);
                truth
            });
        }
    }
}

#[test]
fn what_the_authorities_of_a_zabbix_make_is_in_the_row_of_the_way_of_measuring_and_in_no_other() {
    let test = "what_the_authorities_of_a_zabbix_make_is_in_the_row_of_the_way_of_measuring_and_in_no_other";
    if can(test, &["definition:large"]) {
        let [truth] = switched("[b]\nstore = 'all'\n", [None]);
        assert!(truth > 15.0, "hundreds of certificates are read for each connection: {truth}");
    }
}

#[test]
fn what_compression_makes_of_a_zabbix_is_in_the_row_of_the_way_of_measuring_and_in_no_other() {
    let test = "what_compression_makes_of_a_zabbix_is_in_the_row_of_the_way_of_measuring_and_in_no_other";
    if can(test, &["definition:small"]) {
        // Our probe allows none.
        let [truth] = switched("[b.site]\ncompress = true\n", [None]);
        assert!(truth < -10.0, "the page needs a round trip of 20 ms less: {truth}");
    }
}

#[test]
fn what_options_make_of_a_zabbix_is_in_the_row_of_the_way_of_measuring_and_in_no_other() {
    let test = "what_options_make_of_a_zabbix_is_in_the_row_of_the_way_of_measuring_and_in_no_other";
    if can(test, &["definition"]) {
        // Both have the further checks, so that they are equally busy.
        let words = "[a]\nswitches = true\n[b]\nswitches = true\n";
        let [follow, verify] = switched(words, [Some("follow"), Some("verify")]);
        assert!(follow < -70.0, "the second hop has four round trips of 20 ms, and its page: {follow}");
        assert!(verify.abs() < 8.0, "the site's signature is checked by one authority that was read anyway: {verify}");
    }
}
