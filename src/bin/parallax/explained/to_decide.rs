//! Which commands would decide the suspicions that are still open.

use parallax::archive::selection::Source;
use parallax::explain::account::Account;
use parallax::explain::claim::Claim;
use parallax::explain::ledger::Seen;
use parallax::explain::verdict::{Hypothesis, Verdict};
use parallax::measurement::identity::{Method, Vantage};
use parallax::report::account::ToDecide;

use super::shell::quoted;
use super::{Here, Samples, Side};

/// The memory at which a function has one whole processor, and a size at which it has a fourteenth of one.
const MEMORY_SIZES: [u32; 2] = [1_769, 128];

/// Where the sides stand, and what they can show.
pub(super) struct Ways {
    sides: [Way; 2],
    url: String,
    bridged: bool,
    samples: Samples,
    here: Option<Here>,
}

struct Way {
    named: Source,
    /// Phases, so that its way of measuring can be told.
    timeline: bool,
    /// Processor time and run-queue delay.
    work: bool,
    round_trips: bool,
    sandboxes: bool,
    /// The same function at another memory size was read, too.
    contrasted: bool,
}

impl Way {
    fn of(side: &Side) -> Self {
        let any = |column: Seen| side.read.rows.iter().any(|row| row.seen.has(column));
        Self {
            named: side.named.clone(),
            timeline: any(Seen::TIMELINE),
            work: any(Seen::CPU.or(Seen::SCHEDULING)),
            round_trips: side.read.rows.iter().any(|row| row.raw.handshake.is_some()),
            sandboxes: side.read.rows.iter().any(|row| row.drawn),
            contrasted: side.contrast.is_some(),
        }
    }

    /// The same place, measured by our own probe.
    fn ours(&self) -> Source {
        Source { method: Some(Method::Fresh), cold: None, ..self.named.clone() }
    }
}

impl Ways {
    pub(super) fn of(a: &Side, bridged: bool, b: &Side, samples: &Samples, here: Option<&Here>) -> Self {
        // Values of a query are not kept, so such a page cannot be asked for again by what is.
        let kept = [b, a].into_iter().filter_map(|side| side.read.url.clone()).find(|url| !url.contains('?'));
        let url = kept.unwrap_or_else(|| "https://URL/".to_owned());
        Self { sides: [Way::of(a), Way::of(b)], url, bridged, samples: samples.clone(), here: here.cloned() }
    }

    /// A command for each suspicion that neither figure decides; one that decides several stands once.
    pub(super) fn commands(&self, account: &Account, mean: Option<&Account>) -> Vec<ToDecide> {
        let mut found: Vec<ToDecide> = Vec::new();
        for (at, hypothesis) in Hypothesis::ALL.into_iter().enumerate() {
            let judged: Vec<(&Account, &Verdict)> =
                [account].into_iter().chain(mean).filter_map(|one| Some((one, one.verdicts.get(at)?))).collect();
            // A figure of which nothing was seen asks for no command where the other one decides.
            let seen = judged.iter().any(|(_, verdict)| verdict.ms.is_some());
            let open = |(_, verdict): &&(&Account, &Verdict)| {
                verdict.claim == Claim::Undecided && (verdict.ms.is_some() || !seen)
            };
            let (command, how) = match judged.iter().find(open) {
                Some((figure, verdict)) => self.command(hypothesis, figure, verdict),
                None if judged.first().is_some_and(|(_, asked)| asked.claim == Claim::Undecided) => {
                    self.of_the_mean(mean)
                }
                None => continue,
            };
            match found.iter_mut().find(|one| one.command == command) {
                Some(one) => one.codes.push(hypothesis.code()),
                None => found.push(ToDecide { codes: vec![hypothesis.code()], command, how }),
            }
        }
        found
    }

    fn command(&self, hypothesis: Hypothesis, figure: &Account, verdict: &Verdict) -> (String, String) {
        let [a, b] = &self.sides;
        // Seen, and not sure enough: only more of the same decides. Cold starts are rare, and stolen time is not seen.
        let special =
            matches!(hypothesis, Hypothesis::ColdStart | Hypothesis::CpuShare) && (a.sandboxes || b.sandboxes);
        // A process has one first request, however often it goes on.
        if hypothesis == Hypothesis::ColdStart && self.here.is_some() && !special {
            return self.first_requests();
        }
        if verdict.ms.is_some() && !(special && figure.no_interval.is_none()) {
            return self.more();
        }
        match hypothesis {
            Hypothesis::SampleTiming => {
                self.agent("on the hosts of both with the same `every`, so that all slots are common")
            }
            Hypothesis::Method => self.method(),
            Hypothesis::ColdStart => self.cold(),
            // Both sizes were measured, and not often enough.
            Hypothesis::CpuShare if a.contrasted || b.contrasted => self.more(),
            Hypothesis::CpuShare => self.memory().unwrap_or_else(|| self.our_probe(hypothesis, |way| way.work)),
            Hypothesis::Distance => self.our_probe(hypothesis, |way| way.round_trips),
        }
    }

    fn agent(&self, how: &str) -> (String, String) {
        let command = self.samples.again.unwrap_or("parallax agent FLEET.toml");
        (format!("{command}{}", self.samples.place()), how.to_owned())
    }

    /// An account of other sources, which waits for samples that are yet to be measured.
    fn explain(&self, a: &Source, b: &Source, flags: &str, how: &str) -> (String, String) {
        let [a, b] = [a, b].map(|source| quoted(&source.to_string()));
        let later = if self.samples.until.is_some() { ", with a later --until" } else { "" };
        (format!("parallax explain --a {a} --b {b}{flags}{}", self.samples.flags()), format!("{how}{later}"))
    }

    /// What a percentile cannot tell and the mean beside it does.
    fn of_the_mean(&self, mean: Option<&Account>) -> (String, String) {
        let [a, b] = self.sides.each_ref().map(|way| &way.named);
        if overlap(a, b) {
            return self.more();
        }
        let [a, b] = [a, b].map(|source| quoted(&source.to_string()));
        let failures = mean
            .and_then(|mean| mean.failures_as_ms)
            .map(|ms| format!(" --failures-as {}", ms / 1_000.0))
            .unwrap_or_default();
        (
            format!("parallax explain --a {a} --b {b} --statistic mean{failures}{}", self.samples.flags()),
            "by the mean beside it, which does; this is its own account".to_owned(),
        )
    }

    fn more(&self) -> (String, String) {
        match &self.here {
            Some(here) => (here.longer(4), "for intervals half as wide".to_owned()),
            None => self.agent("by measuring on; four times as many samples have intervals half as wide"),
        }
    }

    fn method(&self) -> (String, String) {
        let [a, b] = &self.sides;
        let dark = match (a.timeline, b.timeline) {
            (false, true) if !self.bridged => Some((a, b)),
            (true, false) => Some((b, a)),
            _ => None,
        };
        match dark {
            Some((dark, full)) => self.explain(
                &dark.named,
                &full.named,
                " --bridge vantage=host/NAME,method=fresh",
                "once `parallax agent` has run as host/NAME beside the monitor that shows its total only",
            ),
            None if self.samples.again.is_some() => self.agent("with both ways of measuring, in turns"),
            None => (
                format!("parallax compare {} --a method=fresh --b method=curl", quoted(&self.url)),
                "on the host of each".to_owned(),
            ),
        }
    }

    fn cold(&self) -> (String, String) {
        match self.sides.iter().rev().find(|way| way.sandboxes) {
            None if self.samples.again.is_some() => self.agent("20 times: a process has one first request"),
            None => self.agent("in place of the monitor that shows its total only"),
            Some(way) => {
                let [warm, cold] = [false, true].map(|cold| Source { cold: Some(cold), ..way.named.clone() });
                self.explain(&warm, &cold, " --statistic mean", "once there are 20 of each")
            }
        }
    }

    /// What the first request of a process takes more, once there are enough processes.
    fn first_requests(&self) -> (String, String) {
        let named = &self.sides[1].named;
        let [later, first] = [false, true].map(|cold| Source { cold: Some(cold), ..named.clone() });
        self.explain(
            &later,
            &first,
            " --statistic mean",
            "once this command has run 30 times: a process has one first request",
        )
    }

    /// The same function at another memory size, which its vantage names.
    fn memory(&self) -> Option<(String, String)> {
        let way = self.sides.iter().rev().find(|way| way.sandboxes)?;
        let vantage = way.named.vantage.as_ref()?.to_string();
        let (function, size) = vantage.rsplit_once('/')?;
        let size: u32 = size.parse().ok()?;
        let other = MEMORY_SIZES.into_iter().find(|other| *other > size).unwrap_or(MEMORY_SIZES[1]);
        let named = Vantage::new(&format!("{function}/{other}")).ok()?;
        let how = format!(
            "once the same function with {other} MB measures the page as {named} in the same slots; processor time that \
             is stolen unseen shrinks with memory, network time does not"
        );
        let beside = Source { vantage: Some(named), ..way.named.clone() };
        Some(self.explain(&beside, &way.named, "", &how))
    }

    fn our_probe(&self, hypothesis: Hypothesis, shows: impl Fn(&Way) -> bool) -> (String, String) {
        if let Some(here) = &self.here {
            return (
                here.longer(2),
                "on a machine with a processor to spare; what is left of the gap there is not its share".to_owned(),
            );
        }
        if self.samples.again.is_some() {
            return self
                .agent("on a machine with a processor to spare; what is left of the gap there is not its share");
        }
        let sides = self.sides.each_ref().map(|way| if shows(way) { way.named.clone() } else { way.ours() });
        if overlap(&sides[0], &sides[1]) {
            // Our probe at both places is one source: nothing is left to be told apart.
            return match hypothesis {
                Hypothesis::CpuShare => {
                    self.agent("on a machine with a processor to spare; what is left of the gap there is not its share")
                }
                _ => {
                    self.agent("with both ways of measuring on one host and in the same slots, so that the way is one")
                }
            };
        }
        let [a, b] = &sides;
        let unseen = if hypothesis == Hypothesis::CpuShare { "processor time is" } else { "round trips are" };
        let how = format!("once `parallax agent` measures with method fresh where {unseen} not seen today");
        self.explain(a, b, "", &how)
    }
}

/// Whether a sample may be of both.
fn overlap(one: &Source, other: &Source) -> bool {
    fn apart<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> bool {
        one.zip(other).is_some_and(|(one, other)| one != other)
    }
    !(apart(one.vantage.as_ref(), other.vantage.as_ref())
        || apart(one.method.as_ref(), other.method.as_ref())
        || apart(one.target.as_ref(), other.target.as_ref())
        || apart(one.cold.as_ref(), other.cold.as_ref()))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::shell::words;
    use super::*;

    fn way(named: &str, shows: bool, sandboxes: bool) -> Way {
        let named = named.parse().unwrap();
        Way { named, timeline: shows, work: shows, round_trips: shows, sandboxes, contrasted: false }
    }

    fn ways(a: Way, b: Way, here: Option<Here>) -> Ways {
        Ways {
            sides: [a, b],
            url: "https://www.example.com/it's here".to_owned(),
            bridged: false,
            samples: Samples::default(),
            here,
        }
    }

    #[test]
    fn every_command_is_one_that_this_program_has() {
        const NEAR: &str = "vantage=host/tokyo,method=fresh,target=daily-news";
        const FAR: &str = "vantage=lambda/ap-northeast-1/128,method=curl,target=daily-news";
        let compare = || Here {
            again: "parallax compare https://e.net/ -k -L --allow-private".into(),
            times: ("--rounds", 30),
            archive: "sqlite:parallax.db".into(),
        };
        let demo = || Here {
            again: "parallax demo".into(),
            times: ("--seconds", 3_600),
            archive: "sqlite:parallax-demo.db".into(),
        };
        for (b_shows, sandboxes, here) in [
            (true, true, None),
            (false, true, None),
            (false, false, None),
            (true, false, Some(compare())),
            (false, false, Some(demo())),
        ] {
            let mut ways = ways(way(NEAR, true, false), way(FAR, b_shows, sandboxes), here);
            ways.samples = Samples::new("sqlite:it's here.db", Some("24h"), Some("2026-11-23T06:00:00Z"));
            let mut commands =
                vec![ways.more(), ways.method(), ways.cold(), ways.our_probe(Hypothesis::CpuShare, |way| way.work)];
            commands.extend(ways.memory());
            for (command, how) in commands {
                assert!(!how.is_empty());
                let words = words(&command);
                assert_eq!(words[0], "parallax");
                let reads = words[1] == "explain";
                assert_eq!(reads, command.contains("--since 24h --until 2026-11-23T06:00:00Z"), "{command}");
                assert_eq!(reads, how.ends_with("with a later --until"), "{how}");
                assert!(
                    !(reads || words[1] == "agent") || words.contains(&"sqlite:it's here.db".to_owned()),
                    "{command}"
                );
                if let Err(error) = crate::Typed::try_parse_from(&words) {
                    panic!("{command}: {error}");
                }
                for source in words.iter().filter(|word| word.starts_with("vantage=")) {
                    assert!(source.parse::<Source>().is_ok(), "{source}");
                }
            }
        }
    }

    #[test]
    fn sources_that_differ_by_method_only_are_not_asked_for_as_one() {
        for (a, b) in [
            ("method=curl,target=demo/page", "method=fresh,target=demo/page"),
            ("vantage=host/x,method=fresh", "vantage=host/x,method=zabbix"),
            ("vantage=host/x,method=zabbix", "method=fresh"),
        ] {
            let ways = ways(way(a, false, false), way(b, false, false), None);
            for hypothesis in [Hypothesis::CpuShare, Hypothesis::Distance] {
                let (command, how) = ways.our_probe(hypothesis, |way| way.work);
                assert!(command.starts_with("parallax agent ") && !how.is_empty(), "{command}");
            }
        }
        let apart = ways(way("vantage=host/x", false, false), way("vantage=host/y", false, false), None);
        let (command, _) = apart.our_probe(Hypothesis::CpuShare, |way| way.work);
        assert_eq!(command, "parallax explain --a vantage=host/x,method=fresh --b vantage=host/y,method=fresh");
    }

    #[test]
    fn a_page_that_is_gone_with_the_demo_is_measured_by_another_demo() {
        let [curl, fresh] = ["method=curl,target=demo/page", "method=fresh,target=demo/page"];
        let mut ways = ways(way(curl, true, false), way(fresh, true, false), None);
        let again = crate::demo::measures(&"demo/page".parse().unwrap());
        ways.samples = Samples::new("sqlite:parallax-demo.db", None, None).measured_by(again);
        for (command, _) in
            [ways.more(), ways.method(), ways.cold(), ways.our_probe(Hypothesis::CpuShare, |way| way.work)]
        {
            assert_eq!(command, "parallax demo --seconds 200 --lab never --archive sqlite:parallax-demo.db");
            assert!(crate::Typed::try_parse_from(words(&command)).is_ok());
        }
        assert_eq!(crate::demo::measures(&"demo/of-ours".parse().unwrap()), None);
    }

    #[test]
    fn the_same_function_is_asked_at_the_other_memory_size() {
        let small = ways(way("vantage=host/x", true, false), way("vantage=lambda/eu-west-1/128", true, true), None);
        assert_eq!(
            small.memory().unwrap().0,
            "parallax explain --a vantage=lambda/eu-west-1/1769 --b vantage=lambda/eu-west-1/128"
        );
        let whole = ways(way("vantage=host/x", true, false), way("vantage=lambda/eu-west-1/1769", true, true), None);
        assert!(whole.memory().unwrap().0.contains("--a vantage=lambda/eu-west-1/128 "));
        assert!(ways(way("vantage=host/x", true, false), way("vantage=host/y", true, false), None).memory().is_none());
        let nameless = ways(way("vantage=host/x", true, false), way("vantage=lambda/tokyo", true, true), None);
        assert!(nameless.memory().is_none(), "no size to be guessed");
    }
}
