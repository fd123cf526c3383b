//! The agent as it runs on premises is a vantage of the lab: the real program with its fleet file, its schedule and its archive.

use parallax::explain::account::Case;
use parallax::explain::cause::Cause;
use parallax::explain::question::{Question, Statistic};
use parallax::lab::score::{measured, sources};
use parallax::measurement::sample::Sample;

use crate::lab_run::once;
use crate::support::needs;

#[test]
fn the_agent_measures_when_it_is_let_run_and_its_account_is_that_of_the_path() {
    if !needs::root("the_agent_measures_when_it_is_let_run_and_its_account_is_that_of_the_path") {
        return;
    }
    let text = "about = 'x'\n[both]\naccept_gzip = true\n[both.site]\ncompress = true\n[a]\nmethod = 'agent'\n\
                [a.path]\ndelay_ms = 2.5\n[b.path]\ndelay_ms = 12.5\n";
    let (_, found, truth) = once(text, 24);
    let of_a: Vec<_> = found.asked.iter().filter(|asked| asked.turn.side == 0).collect();
    assert_eq!((of_a.len(), found.asked.len(), found.stopped), (24, 48, false));
    for asked in &of_a {
        let sample = &asked.record.sample;
        assert_eq!((sample.vantage.as_str(), sample.method.as_str()), ("lab/a", "fresh"));
        assert!(sample.outcome.is_good() && sample.slot_ms.is_none(), "{sample:?}");
        let hop = &sample.hops[0];
        assert_eq!(hop.response.as_ref().unwrap().content_encoding.as_deref(), Some("gzip"));
        assert!(asked.cpu_ms > 0.1, "its threads worked: {asked:?}");
    }
    // One process, whose invocations are counted; what it was started with was nobody's sample.
    let counts: Vec<u64> = of_a.iter().map(|asked| asked.record.sample.invocation.unwrap().number).collect();
    assert!(counts[0] >= 2 && counts.windows(2).all(|pair| pair[1] == pair[0] + 1), "{counts:?}");
    // What it met is found at the box, the name server and the site.
    assert!(truth.requests.iter().all(|request| request.injected.is_some()));
    let [a, b] = sources(&measured(&found));
    let account = Case::new(a, b).unwrap().account(&Question::new(Statistic::Mean, 1));
    let distance = account.rows.iter().find(|row| row.cause == Cause::Distance).unwrap();
    // Three round trips that are 20 ms longer.
    assert!((distance.ms - 60.0).abs() < 3.0 && (distance.ms - truth.rows["distance"]).abs() < 1.0, "{distance:?}");
}

#[test]
fn an_agent_that_is_not_answered_comes_to_rest_and_is_asked_again() {
    if !needs::root("an_agent_that_is_not_answered_comes_to_rest_and_is_asked_again") {
        return;
    }
    let (_, found, _) = once("about = 'x'\n[a]\nmethod = 'agent'\n[a.site]\nsilent = 0.3\n", 12);
    let of_a: Vec<_> = found.asked.iter().filter(|asked| asked.turn.side == 0).collect();
    let silent = of_a.iter().filter(|asked| asked.turn.silent).count();
    assert!(silent > 1 && of_a.len() == 12, "{silent}");
    for asked in of_a {
        assert_eq!(asked.record.sample.outcome.is_good(), !asked.turn.silent, "{:?}", asked.record.sample);
    }
}

#[test]
fn an_exchange_that_nobody_asked_an_agent_for_is_over_before_the_next_is_asked_for() {
    if !needs::root("an_exchange_that_nobody_asked_an_agent_for_is_over_before_the_next_is_asked_for") {
        return;
    }
    // B's page takes so long that A is often asked in the middle of a second, and is then not done by the next.
    let text = "about = 'x'\n[a]\nmethod = 'agent'\n[a.site]\nthink_ms = 650\n[b.site]\nthink_ms = 550\n";
    let (_, found, truth) = once(text, 12);
    let of_a = || found.asked.iter().zip(&truth.requests).filter(|(asked, _)| asked.turn.side == 0);
    let lasts = |sample: &Sample| sample.started_at_ms.0 % 1_000 + sample.elapsed_us.0.cast_signed() / 1_000;
    let into_the_next = of_a().filter(|(asked, _)| lasts(&asked.record.sample) >= 1_000).count();
    assert!(into_the_next > 0, "none lasted into the next second");
    for (asked, request) in of_a() {
        let facts = request.injected.unwrap();
        // What another exchange left would be a hop before this one's.
        assert_eq!(facts.redirects, 0.0, "{asked:?}: {facts:?}");
    }
}
