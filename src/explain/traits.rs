//! What else differs between two sources: observations that are no time, and stand behind times.
//!
//! Which edge answered, over which protocol and address family, in which encoding, who signed the certificate, what the
//! tool calls itself: a cause that has no row of its own shows here.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::measurement::hop::Family;
use crate::measurement::outcome::Outcome;
use crate::measurement::sample::Sample;

/// Kinds of observation, as pages name them.
const KINDS: [&str; 11] = [
    "stopwatch",
    "tool version",
    "status",
    "address family",
    "edge",
    "cache state",
    "HTTP version",
    "content encoding",
    "TLS",
    "certificate issuer",
    "proxy",
];

/// More values than this of one kind are counted together.
const VALUES_MAX: usize = 12;

/// Longer values are cut.
const LENGTH_MAX: usize = 60;

/// Shares that are closer than this do not differ.
const SHARE_MIN: f64 = 0.05;

/// What one source showed, counted.
#[derive(Clone, Debug, Default)]
pub struct Traits([BTreeMap<String, u64>; KINDS.len()]);

/// A kind of observation that is not the same at both sides.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// Which.
    pub what: &'static str,
    /// Values at A with their shares of its samples that show one, the most frequent first.
    pub a: Vec<(String, f64)>,
    /// The same of B.
    pub b: Vec<(String, f64)>,
}

impl Traits {
    /// Takes one sample in.
    pub fn add(&mut self, sample: &Sample) {
        self.count(0, sample.stopwatch.as_str());
        if let Some(version) = &sample.tool_version {
            self.count(1, version);
        }
        if let Outcome::Answered(answer) = &sample.outcome
            && let Some(status) = answer.status
        {
            self.count(2, &status.to_string());
        }
        let Some(last) = sample.hops.last() else { return };
        if let Some(connection) = &last.connection {
            match connection.family {
                Some(Family::Ipv4) => self.count(3, "IPv4"),
                Some(Family::Ipv6) => self.count(3, "IPv6"),
                None => {}
            }
            self.count(10, if connection.proxy.is_some() { "through a proxy" } else { "none" });
            if let Some(tls) = connection.tls.as_ref().filter(|tls| !tls.version.is_empty()) {
                self.count(8, &format!("{}{}", tls.version, if tls.resumed { " resumed" } else { "" }));
            }
            if let Some(issuer) = connection.tls.as_ref().and_then(|tls| tls.certificate_issuer.as_deref()) {
                self.count(9, issuer);
            }
        }
        if let Some(response) = &last.response {
            for (kind, value) in [(4, &response.cdn.pop), (5, &response.cdn.cache), (6, &response.http_version)] {
                if let Some(value) = value {
                    self.count(kind, value);
                }
            }
            self.count(7, response.content_encoding.as_deref().unwrap_or("none"));
        }
    }

    fn count(&mut self, kind: usize, value: &str) {
        let cut = value.char_indices().nth(LENGTH_MAX).map_or(value, |(at, _)| &value[..at]);
        let counts = &mut self.0[kind];
        if let Some(count) = counts.get_mut(cut) {
            *count += 1;
        } else if counts.len() < VALUES_MAX {
            counts.insert(cut.to_owned(), 1);
        } else {
            *counts.entry("others".to_owned()).or_default() += 1;
        }
    }

    fn shares(&self, kind: usize) -> Vec<(String, f64)> {
        let counts = &self.0[kind];
        let all: u64 = counts.values().sum();
        let mut shares: Vec<(String, f64)> =
            counts.iter().map(|(value, count)| (value.clone(), *count as f64 / all as f64)).collect();
        shares.sort_by(|x, y| y.1.total_cmp(&x.1).then_with(|| x.0.cmp(&y.0)));
        shares
    }
}

/// How far two sides may be from meeting the same address families, and the same edges, before their ways are two: the
/// share of one's samples that would have to be others. Edges are many, and chance alone parts a few samples.
const WAY_APART: [(usize, f64); 2] = [(3, 0.25), (4, 0.5)];

/// As far as both sides show it, their requests went over one address family to one edge.
#[must_use]
pub fn one_way(a: &Traits, b: &Traits) -> bool {
    WAY_APART.into_iter().all(|(kind, most)| {
        let (a, b) = (a.shares(kind), b.shares(kind));
        let common = |(value, share): &(String, f64)| {
            b.iter().find(|(own, _)| own == value).map_or(0.0, |(_, other)| share.min(*other))
        };
        a.is_empty() || b.is_empty() || 1.0 - a.iter().map(common).sum::<f64>() <= most
    })
}

/// Both sides' numbers mean the same, by one version of one tool as far as they show it.
#[must_use]
pub fn one_tool(a: &Traits, b: &Traits) -> bool {
    [0, 1].into_iter().all(|kind| {
        let names = |of: &Traits| of.0[kind].keys().cloned().collect::<Vec<String>>();
        let (a, b) = (names(a), names(b));
        a == b && a.len() <= 1
    })
}

/// Every kind of which both sides show something, and not the same.
#[must_use]
pub fn differences(a: &Traits, b: &Traits) -> Vec<Difference> {
    let kind = |(at, what): (usize, &'static str)| {
        let (a, b) = (a.shares(at), b.shares(at));
        let share =
            |of: &[(String, f64)], value: &str| of.iter().find(|(own, _)| own == value).map_or(0.0, |(_, s)| *s);
        let differ = a.iter().chain(&b).any(|(value, _)| (share(&a, value) - share(&b, value)).abs() >= SHARE_MIN);
        (!a.is_empty() && !b.is_empty() && differ).then_some(Difference { what, a, b })
    };
    KINDS.into_iter().enumerate().filter_map(kind).collect()
}

/// Names of all kinds.
#[must_use]
pub fn kinds() -> &'static [&'static str] {
    &KINDS
}
