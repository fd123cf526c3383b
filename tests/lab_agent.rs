//! The agent as it runs on premises is a vantage of the lab: the real program with its fleet file, its schedule and its archive.

use parallax::explain::account::Case;
use parallax::explain::cause::Cause;
use parallax::explain::question::{Question, Statistic};
use parallax::lab::scenario::Scenario;
use parallax::lab::score::{measured, sources};

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
fn what_an_agent_cannot_do_is_refused_by_its_key() {
    for words in ["work_ms = 3", "held_ms = 3"] {
        let text = format!("about = 'x'\n[a]\nmethod = 'agent'\n{words}\n");
        let refused = Scenario::parse("x", &text).unwrap_err().to_string();
        assert!(refused.contains("`work_ms` and `held_ms`") && refused.contains("agent"), "{refused}");
    }
    let refused = |text: &str| Scenario::parse("x", &format!("about = 'x'\n{text}\n")).unwrap_err().to_string();
    assert!(refused("[a]\nmethod = 'agent'\ncold = 0.2").contains("`cold`"));
    for agents in ["method = 'agent'", "method = 'zabbix'\nbeside = 'agent'"] {
        let long = format!("[a]\n{agents}\ntimeout_ms = ");
        assert!(refused(&format!("{long}1500")).contains("`timeout_ms`"));
        assert!(Scenario::parse("x", &format!("about = 'x'\n{long}1000\n")).is_ok(), "{agents}");
    }
}
