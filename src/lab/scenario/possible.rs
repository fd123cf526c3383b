//! What each value allows by itself, and all of them together do not.

use super::side::{AGENT_LIMIT_MS, Program, Side, Site, Told, Way};

/// The kernel's bounds of a quota and of its period, milliseconds.
const QUOTA_MIN_MS: f64 = 1.0;
const PERIOD_MAX_MS: f64 = 1_000.0;

/// Holds for a side that cannot be made, and why.
type Rule = (fn(&Side) -> bool, &'static str);

const RULES: [Rule; 17] = [
    (
        |side| side.method == Way::Lambda && works(side),
        "`work_ms` is for vantages that are the lab's own; the function of `lambda` has no other work",
    ),
    (
        |side| side.method == Way::Agent && works(side),
        "`work_ms` is for vantages that are the lab's own; an `agent` is a process beside one",
    ),
    (
        |side| side.method == Way::Agent && side.cold.0 > 0.0,
        "`cold` is for vantages that start with a request; the start of an `agent` is in no sample",
    ),
    (
        |side| has_agent(side) && side.timeout_ms.is_some_and(|limit| limit.0 > AGENT_LIMIT_MS),
        "`timeout_ms` of an `agent` is 900 at most: its next request begins after a second, and by then it has to be at rest",
    ),
    (|side| side.timeout_ms.is_some_and(|limit| limit.0 < 1.0), "`timeout_ms` is a millisecond at least"),
    (
        |side| side.held_ms.is_some() && !matches!(side.method, Way::Fresh | Way::Pooled | Way::Lambda),
        "`held_ms` holds one process, that of `fresh`, `pooled` or `lambda`; others measure in processes that it starts",
    ),
    (|side| side.held_ms.is_some() && side.beside.is_some(), "`held_ms` holds one process, and `beside` is another"),
    (
        |side| side.held_ms.is_some_and(|held| held.0 >= side.period_ms.0),
        "`held_ms` is as long as `period_ms` or longer, and nothing would ever go on",
    ),
    (
        |side| quota_ms(side).is_some_and(|quota| quota < QUOTA_MIN_MS),
        "`memory_mb` / 1769 of `period_ms` is less than a millisecond, the least that the kernel takes; 14 are enough for 128 MB",
    ),
    (
        |side| quota_ms(side).is_some() && side.period_ms.0 > PERIOD_MAX_MS,
        "`period_ms` is a second at most: the kernel takes no longer one",
    ),
    (
        |side| side.beside.is_some_and(|beside| beside.method() == side.method.method()),
        "`beside` measures in the same way as `method`, and nobody could tell their samples apart",
    ),
    (
        |side| side.method == Way::Zabbix && (works(side) || side.cold.0 > 0.0 || side.timeout_ms.is_some()),
        "`work_ms`, `cold` and `timeout_ms` are not for `zabbix`, which checks by itself",
    ),
    (
        |side| side.method == Way::Blackbox && side.timeout_ms.is_some(),
        "`timeout_ms` is not for `blackbox`, whose limit is its own",
    ),
    (
        |side| side.method == Way::Zabbix && (side.site.silent.0 > 0.0 || side.site.dropped.0 > 0.0),
        "`silent` and `dropped` are not for `zabbix`: that it has checked is known by what it was answered",
    ),
    (
        |side| side.switches && (side.method != Way::Zabbix || side.site.program != Program::Own),
        "`switches` are options of `zabbix`, and the lab's own site has to tell its ways apart",
    ),
    (
        |side| side.resolver.elsewhere.0 > 0.0 && side.path.elsewhere_ms.is_none(),
        "`elsewhere` tells some the address of another point of presence; `path.elsewhere_ms` has to say how far that is",
    ),
    (
        |side| asks_too_much(&side.site),
        "a page of `nginx` is a file: `think_ms`, `think_spread_ms`, `load_ms`, `hidden_ms`, `miss`, `silent`, \
         `dropped`, `server_timing` and `intermediates` are for the lab's own site",
    ),
];

/// Why two sides cannot be made; absent where they can.
pub(super) fn refusal(sides: &[Side; 2]) -> Option<&'static str> {
    if sides[0].site.load_ms != sides[1].site.load_ms {
        return Some("`load_ms` differs; load is the site's own, and the same for both");
    }
    RULES.iter().find(|(is, _)| sides.iter().any(is)).map(|(_, why)| *why)
}

fn works(side: &Side) -> bool {
    side.work_ms.0 > 0.0
}

/// An agent measures there, or beside what does.
fn has_agent(side: &Side) -> bool {
    side.method == Way::Agent || side.beside == Some(Way::Agent)
}

fn quota_ms(side: &Side) -> Option<f64> {
    side.memory_mb.filter(|_| side.held_ms.is_none()).map(|memory| memory.of(side.period_ms.0))
}

/// More than a real nginx does.
fn asks_too_much(site: &Site) -> bool {
    let times = [site.think_ms, site.think_spread_ms, site.load_ms, site.hidden_ms];
    let more = times.iter().any(|time| time.0 > 0.0)
        || [site.miss, site.silent, site.dropped].iter().any(|share| share.0 > 0.0)
        || site.server_timing != Told::Off
        || site.intermediates.0 > 0;
    site.program == Program::Nginx && more
}

#[cfg(test)]
mod tests {
    use super::RULES;
    use crate::lab::scenario::Scenario;

    #[test]
    fn each_rule_refuses_what_it_is_for_and_nothing_beside_it() {
        // What is refused, and the nearest that is not.
        let cases = [
            ("method = 'lambda'\nwork_ms = 1", "method = 'fresh'\nwork_ms = 1"),
            ("method = 'agent'\nwork_ms = 1", "method = 'agent'"),
            ("method = 'agent'\ncold = 0.2", "method = 'lambda'\ncold = 0.2"),
            ("method = 'zabbix'\nbeside = 'agent'\ntimeout_ms = 901", "method = 'agent'\ntimeout_ms = 900"),
            ("timeout_ms = 0.9", "timeout_ms = 1"),
            ("method = 'shell-curl'\nheld_ms = 5", "method = 'lambda'\nheld_ms = 5"),
            ("held_ms = 5\nbeside = 'pooled'", "beside = 'pooled'"),
            ("held_ms = 20", "held_ms = 19"),
            ("memory_mb = 128\nperiod_ms = 13", "memory_mb = 128\nperiod_ms = 14"),
            ("memory_mb = 128\nperiod_ms = 1001", "memory_mb = 128\nperiod_ms = 1000"),
            ("method = 'agent'\nbeside = 'fresh'", "method = 'agent'\nbeside = 'pooled'"),
            ("method = 'zabbix'\nwork_ms = 1", "method = 'zabbix'"),
            ("method = 'blackbox'\ntimeout_ms = 500", "method = 'blackbox'\nwork_ms = 1"),
            ("method = 'zabbix'\n[b.site]\nsilent = 0.1", "method = 'blackbox'\n[b.site]\nsilent = 0.1"),
            ("switches = true", "method = 'zabbix'\nswitches = true"),
            ("[b.resolver]\nelsewhere = 0.5", "[b.path]\nelsewhere_ms = 9\n[b.resolver]\nelsewhere = 0.5"),
            ("[b.site]\nprogram = 'nginx'\nthink_ms = 3", "[b.site]\nprogram = 'nginx'\nserver_timing = 'off'"),
        ];
        for ((refused, allowed), (_, why)) in cases.into_iter().zip(RULES) {
            let of = |side: &str| Scenario::parse("x", &format!("about = 'x'\n[b]\n{side}\n"));
            let said = of(refused).unwrap_err().to_string();
            assert!(said.ends_with(why), "{refused}: {said}");
            of(allowed).unwrap_or_else(|error| panic!("{allowed}: {error}"));
        }
    }
}
