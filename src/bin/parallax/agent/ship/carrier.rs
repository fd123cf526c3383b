//! The way of a batch: read from the archive, packed, sent, taken off.

use std::collections::HashSet;
use std::time::Duration;

use parallax::adapters::archive::Archive;
use parallax::adapters::archive::unshipped::Unshipped;
use parallax::adapters::aws::failure::{Failure, Kind};
use parallax::adapters::aws::queue::{Queue, Unsent};
use parallax::adapters::random;
use parallax::measurement::counted::does;
use parallax::measurement::parcel::{Parcel, pack};
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::backoff::pause;
use crate::output::tell;

/// Read at once: some 5 MB at most.
const BATCH: usize = 500;
/// Below the 256 KiB that many queues still have as their limit; larger messages would cost as much.
const PARCEL: usize = 262_144 - 16_384;
/// The samples of a slot come one by one; so long is waited for the others, so that they go together.
const LINGER: Duration = Duration::from_secs(2);
/// The archive is looked at this often even when nothing was heard of.
const LOOK_EVERY: Duration = Duration::from_secs(60);

pub(super) struct Carrier {
    archive: Archive,
    queue: Queue,
    quiet: bool,
    /// The queue refuses these; the next run tries them again.
    aside: HashSet<i64>,
}

/// What a round came to.
enum Round {
    Nothing,
    Sent,
}

type End = watch::Receiver<Option<Instant>>;

impl Carrier {
    pub(super) fn new(archive: Archive, queue: Queue, quiet: bool) -> Self {
        Self { archive, queue, quiet, aside: HashSet::new() }
    }

    /// Sends what waits and what comes, until the end that is set has come or, once one is set, all is sent.
    pub(super) async fn carry(mut self, kept: &Notify, mut end: End) {
        let mut failures = 0;
        loop {
            let round = tokio::select! {
                round = self.round() => round,
                () = passed(end.clone()) => break,
            };
            let ending = end.borrow().is_some();
            match round {
                Ok(Round::Sent) => {
                    if failures > 0 && !self.quiet {
                        tell("the queue takes samples again");
                    }
                    failures = 0;
                }
                Ok(Round::Nothing) if ending => return,
                Ok(Round::Nothing) => {
                    tokio::select! {
                        _ = timeout(LOOK_EVERY, kept.notified()) => {
                            tokio::select! { () = sleep(LINGER) => {}, _ = end.changed() => {} }
                        }
                        _ = end.changed() => {}
                    }
                }
                Err(reason) => {
                    let [random] = random::bytes::<1>();
                    let again = pause(failures, random);
                    self.complain(&reason, again);
                    failures = failures.saturating_add(1);
                    tokio::select! {
                        () = sleep(again) => {}
                        () = passed(end.clone()) => break,
                        _ = end.changed(), if !ending => {}
                    }
                }
            }
        }
        if let Ok(backlog) = self.archive.backlog()
            && backlog.samples > 0
        {
            let waiting = does(backlog.samples, "sample", ["waits", "wait"]);
            let them = if backlog.samples == 1 { "it" } else { "them" };
            tell(format_args!("{waiting} in the archive for the queue; the next run sends {them}"));
        }
    }

    fn complain(&self, reason: &str, again: Duration) {
        let waiting = self.archive.backlog().map(|backlog| backlog.samples).unwrap_or_default();
        let waiting = does(waiting, "sample", ["waits", "wait"]);
        let again = humantime::format_duration(Duration::from_secs(again.as_secs().max(1)));
        tell(format_args!("{reason}; {waiting} in the archive for the queue, next try in {again}"));
    }

    /// Sends one batch.
    async fn round(&mut self) -> Result<Round, String> {
        let most = BATCH.saturating_add(self.aside.len());
        let mut waiting = self.archive.unshipped(most).map_err(|error| error.to_string())?;
        waiting.retain(|unshipped| !self.aside.contains(&unshipped.number));
        if waiting.is_empty() {
            return Ok(Round::Nothing);
        }
        let mut parcels = Vec::new();
        for alike in waiting.chunk_by(|a, b| a.record.environment == b.record.environment) {
            parcels.extend(self.packed(alike));
        }
        let mut failure = None;
        for Unsent { place, failure: why, .. } in self.send(&parcels, &waiting).await? {
            let Some(parcel) = parcels.get(place) else { continue };
            if why.kind == Kind::Refused {
                self.one_by_one(parcel, &waiting, why, &mut failure).await?;
            } else {
                failure = Some(why);
            }
        }
        failure.map_or(Ok(Round::Sent), |failure| Err(failure.to_string()))
    }

    fn packed(&mut self, alike: &[Unshipped]) -> Vec<Parcel> {
        let Some(first) = alike.first() else { return Vec::new() };
        let samples = alike.iter().map(|unshipped| &unshipped.record.sample);
        let packed = pack(&first.record.environment, samples, PARCEL);
        for unfit in packed.unfit {
            tell(format_args!("{unfit}; it stays in the archive and is not sent"));
            let number = alike.iter().find(|unshipped| unshipped.record.sample.id == unfit.id);
            self.aside.extend(number.map(|unshipped| unshipped.number));
        }
        packed.parcels
    }

    /// Sends, and takes off what the queue took.
    async fn send(&mut self, parcels: &[Parcel], waiting: &[Unshipped]) -> Result<Vec<Unsent>, String> {
        let sent = self.queue.send(parcels.iter().map(|parcel| parcel.text.clone()).collect()).await;
        let refused: HashSet<usize> = sent.unsent.iter().map(|unsent| unsent.place).collect();
        let taken = parcels.iter().enumerate().filter(|(place, _)| !refused.contains(place));
        let ids: HashSet<_> = taken.flat_map(|(_, parcel)| &parcel.ids).collect();
        let shipped = waiting.iter().filter(|unshipped| ids.contains(&unshipped.record.sample.id));
        let numbers: Vec<i64> = shipped.map(|unshipped| unshipped.number).collect();
        self.archive.shipped(&numbers).map_err(|error| error.to_string())?;
        Ok(sent.unsent)
    }

    /// A message was refused for what is in it: the sample at fault is put aside, the others go.
    async fn one_by_one(
        &mut self,
        parcel: &Parcel,
        waiting: &[Unshipped],
        why: Failure,
        failure: &mut Option<Failure>,
    ) -> Result<(), String> {
        let inside = waiting.iter().filter(|unshipped| parcel.ids.contains(&unshipped.record.sample.id));
        if parcel.ids.len() == 1 {
            inside.for_each(|unshipped| self.put_aside(unshipped, &why));
            return Ok(());
        }
        for unshipped in inside {
            let alone = pack(&unshipped.record.environment, [&unshipped.record.sample], PARCEL).parcels;
            for Unsent { failure: why, .. } in self.send(&alone, std::slice::from_ref(unshipped)).await? {
                if why.kind != Kind::Refused {
                    *failure = Some(why);
                    return Ok(());
                }
                self.put_aside(unshipped, &why);
            }
        }
        Ok(())
    }

    fn put_aside(&mut self, unshipped: &Unshipped, why: &Failure) {
        let id = &unshipped.record.sample.id;
        tell(format_args!("{why}; the sample {id} stays in the archive, and the next run sends it again"));
        self.aside.insert(unshipped.number);
    }
}

/// Once an end is set and has come.
async fn passed(mut end: End) {
    loop {
        let until = *end.borrow_and_update();
        if let Some(until) = until {
            return sleep_until(until).await;
        }
        if end.changed().await.is_err() {
            return;
        }
    }
}
