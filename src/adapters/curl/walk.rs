//! The chain: one process with `-L` where that is safe, else one process a hop.

use std::time::{Duration, Instant};

use crate::adapters::clock::Timeline;
use crate::adapters::exchange::request::same_origin;
use crate::measurement::hop::Hop;
use crate::measurement::local::Local;
use crate::measurement::outcome::{Answer, Cause, Failure, Outcome};
use crate::measurement::phase::{Phase, PhaseTime, Phases};
use crate::measurement::sample::{CurlRun, Observation};
use crate::measurement::units::Micros;
use crate::probe::target::{HttpMethod, Target};
use crate::probe::{checks, redact};

use super::arguments::Request;
use super::process::Ran;
use super::transfer::{self, Answered, End, Transfer};
use super::{Curl, names};

/// A wall clock that moved by more than this against the other one makes the start suspect.
const DRIFT_MAX: Duration = Duration::from_millis(5);

/// A clock cannot count further than its range; nobody waits a year.
const TOTAL_MAX: Duration = Duration::from_secs(365 * 24 * 3600);

/// Measures once.
pub(super) fn walk(curl: &Curl, target: &Target) -> Observation {
    let timeline = Timeline::start();
    let mut walk = Walk {
        curl,
        target,
        timeline,
        hops: Vec::new(),
        local: None,
        run: CurlRun { version: curl.version.clone(), ..CurlRun::default() },
    };
    let outcome = walk.outcome();
    Observation {
        started_at: timeline.started_at(),
        elapsed: walk.elapsed(),
        asked: target.asked(),
        outcome,
        hops: walk.hops,
        local: walk.local.unwrap_or_default(),
        curl: Some(walk.run),
        clock_suspect: timeline.drift() > DRIFT_MAX,
    }
}

struct Walk<'a> {
    curl: &'a Curl,
    target: &'a Target,
    timeline: Timeline,
    hops: Vec<Hop>,
    local: Option<Local>,
    run: CurlRun,
}

impl Walk<'_> {
    fn elapsed(&self) -> Micros {
        self.hops.iter().map(Hop::elapsed_us).sum()
    }

    fn outcome(&mut self) -> Outcome {
        let target = self.target;
        let deadline = Instant::now() + target.timeouts.total.min(TOTAL_MAX);
        // curl sends headers of ours on to whatever host a redirect names.
        let follow = target.follow_redirects && target.allow_private && target.headers.is_empty();
        let mut url = target.url.clone();
        for _ in 0..=target.redirects_max {
            let lookup = Instant::now();
            let left = deadline.saturating_duration_since(lookup);
            let allowed = match names::allowed(target, &url, left.min(target.timeouts.resolve)) {
                Ok(allowed) => allowed,
                Err(failure) => {
                    let resolve = PhaseTime { elapsed_us: Micros::from(lookup.elapsed()), ..PhaseTime::default() };
                    let phases = Phases { resolve: Some(resolve), ..Phases::default() };
                    self.hops.push(Hop { url: redact::url(&url), phases, ..Hop::default() });
                    return Outcome::Failed(failure);
                }
            };
            let request = Request {
                target,
                url: &url,
                pinned: &allowed.pinned,
                follow,
                at_home: same_origin(&url, &target.url),
                limit: deadline.saturating_duration_since(Instant::now()),
            };
            let Transfer { mut hop, end, ran, account } =
                transfer::transfer(self.curl, &request, self.timeline.started_at());
            if let Some(lookup) = allowed.lookup {
                resolved(&mut hop, lookup);
            }
            self.hops.push(hop);
            self.run.time_total_us += account.counters().total;
            self.run.time_redirect_us += account.counters().redirect;
            self.charge(&ran);
            match end {
                End::Failed(failure) => return Outcome::Failed(failure),
                End::Answered(answered) => return Outcome::Answered(self.answer(&answered, &ran)),
                End::Redirected(next) => {
                    if !follow {
                        // As `-L` counts it: everything before the last hop.
                        self.run.time_redirect_us = self.run.time_total_us;
                    }
                    url = next;
                }
            }
        }
        Outcome::Failed(Failure {
            phase: Phase::Receive,
            cause: Cause::TooManyRedirects,
            detail: format!("more than {} redirects", target.redirects_max),
        })
    }

    fn answer(&self, answered: &Answered, ran: &Ran) -> Answer {
        let head = self.target.http_method == HttpMethod::Head;
        let seen = checks::Seen {
            status: answered.status,
            headers: &answered.fields,
            body: &ran.output,
            truncated: ran.truncated,
            certificate_days_left: answered.certificate_days_left,
            elapsed: self.elapsed(),
        };
        Answer {
            status: Some(answered.status),
            // With `-I` curl prints the header where the body would be.
            bytes: Some(if head { 0 } else { ran.output_bytes }),
            truncated: ran.truncated,
            failed_checks: checks::judge(&self.target.expect, &seen),
        }
    }

    fn charge(&mut self, ran: &Ran) {
        self.run.processes += 1;
        self.run.process_us += ran.elapsed;
        self.run.exit_code = ran.exit_code.unwrap_or(-1);
        self.run.user_cpu_us = sum(self.run.user_cpu_us, ran.user_cpu);
        self.run.system_cpu_us = sum(self.run.system_cpu_us, ran.system_cpu);
        let before = self.local.unwrap_or_default();
        self.local = Some(Local {
            cpu_us: sum(before.cpu_us, ran.local.cpu_us),
            run_delay_us: sum(before.run_delay_us, ran.local.run_delay_us),
            voluntary_switches: count(before.voluntary_switches, ran.local.voluntary_switches),
            involuntary_switches: count(before.involuntary_switches, ran.local.involuntary_switches),
            ..Local::default()
        });
    }
}

/// Our own lookup stands in for curl's and counts as its would: an address handed to curl would make it look faster than
/// the methods it is compared with. The system's resolver does not show its waits, so the network part is unknown.
fn resolved(hop: &mut Hop, lookup: Micros) {
    hop.phases.resolve.get_or_insert_default().elapsed_us += lookup;
}

fn sum(before: Option<Micros>, now: Option<Micros>) -> Option<Micros> {
    now.map(|now| before.unwrap_or_default() + now)
}

fn count(before: Option<u64>, now: Option<u64>) -> Option<u64> {
    now.map(|now| before.unwrap_or_default().saturating_add(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lookup_made_for_curl_is_the_hops_resolve_and_part_of_its_time() {
        let length = |n| Some(PhaseTime { elapsed_us: Micros(n), ..PhaseTime::default() });
        let mut hop = Hop {
            phases: Phases { connect: length(20), ..Phases::default() },
            overhead_us: Micros(1),
            ..Hop::default()
        };
        resolved(&mut hop, Micros(300));
        assert_eq!((hop.phases.resolve, hop.elapsed_us()), (length(300), Micros(321)));
        let mut failed = Hop { phases: Phases { resolve: length(5), ..Phases::default() }, ..Hop::default() };
        resolved(&mut failed, Micros(300));
        assert_eq!(failed.elapsed_us(), Micros(305));
    }
}
