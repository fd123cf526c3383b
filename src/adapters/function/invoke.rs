//! One invocation: facts, then decision, then effects.

use std::time::Duration;

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::time::Instant;

use super::crew::{Crew, Done};
use super::letter::{Letter, Load};
use super::post::Post;
use super::watched::{Kept, Watched};
use crate::adapters::clock;
use crate::adapters::environment::invocations::Invocations;
use crate::adapters::identifier::sample_id;
use crate::measurement::environment::{Environment, Invocation};
use crate::measurement::identity::{Method, TargetId, Vantage};
use crate::measurement::miss::{Miss, Reason};
use crate::measurement::parcel::{self, Parcel, pack};
use crate::measurement::refused::Refused;
use crate::measurement::sample::{Identity, Sample};
use crate::measurement::units::UnixMillis;
use crate::measurement::wire::Message;
use crate::probe::invocation::account::{Account, Notes};
use crate::probe::invocation::budget::Budget;
use crate::probe::invocation::due::due;
use crate::probe::invocation::slot::{Slot, slot};
use crate::probe::schedule::grid::Grid;
use crate::probe::target::Target;

/// The last of an invocation is for its answer.
const FAREWELL: Duration = Duration::from_millis(200);

/// A function, between invocations.
pub struct Function {
    /// Where it is.
    pub vantage: Vantage,
    /// How it measures.
    pub method: Method,
    /// When it is invoked.
    pub tick: Grid,
    /// What it is like there.
    pub environment: Environment,
    /// How often it has been invoked.
    pub invocations: Invocations,
    /// What it watches.
    pub watched: Watched,
    /// Who measures.
    pub crew: Crew,
    /// Who sends.
    pub post: Post,
}

/// Why an invocation failed; what was measured is sent even then, where it can be.
#[derive(Debug, thiserror::Error)]
pub enum InvocationError {
    /// No queue took it.
    #[error("{}: {reason}", not_taken(held, lost))]
    Unsent {
        /// In memory.
        held: Load,
        /// Gone.
        lost: Load,
        /// What the queues said.
        reason: String,
    },
    /// There is no list of targets.
    #[error("nothing was measured, because it is not known what to measure: {0}")]
    NoTargets(String),
}

fn not_taken(held: &Load, lost: &Load) -> String {
    let held = (!held.is_nothing())
        .then(|| format!("neither the queue nor the spool took {held}, lost unless this sandbox is invoked again"));
    let lost = (!lost.is_nothing()).then(|| format!("lost for good: {lost}"));
    held.into_iter().chain(lost).collect::<Vec<_>>().join("; ")
}

/// What came of the pages that were due.
#[derive(Default)]
struct Seen {
    samples: Vec<Sample>,
    missed: Vec<Miss>,
    refused: Option<Refused>,
}

impl Function {
    /// Measures what is due and sends it; tells what it did in any case.
    ///
    /// # Errors
    /// See [`InvocationError`].
    pub async fn invoke(&mut self, event: &Value, deadline: UnixMillis) -> (Account, Result<(), InvocationError>) {
        let now = clock::wall();
        let end = Instant::now() + deadline.since(now).saturating_sub(FAREWELL);
        let invocation = self.invocations.next(now);
        let slot = slot(event, now, self.tick);
        let mut notes = Notes::default();
        if let Some(why) = &slot.guessed {
            notes.take(why);
        }
        let unread = self.watched.refresh(now).await.err();
        if let Some(why) = &unread {
            notes.take(why);
        }
        let mut account = Account {
            slot: iso(slot.at),
            slot_from: if slot.guessed.is_some() { "clock" } else { "event" },
            init: invocation.init,
            invocation: invocation.number,
            pages: 0,
            table: self.watched.kept().map_or("none", |kept| if kept.is_fresh(now) { "read" } else { "kept" }),
            refused_rows: 0,
            due: 0,
            measured: 0,
            missed: 0,
            sent: 0,
            spooled: 0,
            drained: 0,
            held: 0,
            lost: 0,
            missed_held: 0,
            missed_lost: 0,
            notes,
        };
        let seen = self.measure(&slot, invocation, deadline, &mut account).await;
        let (held, lost) = self.send(&seen, end, &mut account).await;
        let outcome = if !held.is_nothing() || !lost.is_nothing() {
            Err(InvocationError::Unsent { held, lost, reason: account.notes.joined() })
        } else if self.watched.kept().is_none() {
            Err(InvocationError::NoTargets(unread.unwrap_or_default()))
        } else {
            Ok(())
        };
        (account, outcome)
    }

    async fn measure(
        &mut self,
        slot: &Slot,
        invocation: Invocation,
        deadline: UnixMillis,
        account: &mut Account,
    ) -> Seen {
        let mut seen = Seen::default();
        let Some(kept) = self.watched.kept() else { return seen };
        account.pages = kept.listing.pages.len();
        account.refused_rows = kept.listing.refused.len();
        for refused in &kept.listing.refused {
            account.notes.take(&format!("the row `{}` is no page: {}", refused.id, refused.reason));
        }
        seen.refused = (account.refused_rows > 0).then(|| Refused {
            region: self.environment.region.clone().unwrap_or_else(|| self.vantage.to_string()),
            rows: u32::try_from(account.refused_rows).unwrap_or(u32::MAX),
            slot_ms: slot.at,
        });
        let miss = |target: TargetId, reason| Miss {
            target,
            vantage: self.vantage.clone(),
            method: self.method.clone(),
            slot_ms: slot.at,
            reason,
        };
        let mut targets: Vec<Target> = Vec::new();
        let pages = due(&kept.listing.pages, slot.at, &self.method);
        account.due = pages.len();
        for page in pages {
            match complete(kept, page, &mut account.notes) {
                Some(target) => targets.push(target),
                None => seen.missed.push(miss(page.target.id.clone(), Reason::Header)),
            }
        }
        let names: Vec<TargetId> = targets.iter().map(|target| target.id.clone()).collect();
        // Read anew: reading the table took its time.
        let budget = Budget::new(clock::wall(), deadline);
        let done = self.crew.measure(targets, budget).await;
        for (target, done) in names.into_iter().zip(done) {
            match done {
                Done::Observed(observation) => seen.samples.push(observation.named(Identity {
                    // Made now, not in init: sandboxes that resume from one snapshot must not share it.
                    id: sample_id(),
                    target,
                    vantage: self.vantage.clone(),
                    method: self.method.clone(),
                    slot: Some(slot.at),
                    slot_guessed: slot.guessed.is_some(),
                    invocation: Some(invocation),
                })),
                Done::OutOfTime(why) => {
                    account.notes.take(&format!("{target} is missed: {why}"));
                    let miss = Miss {
                        target,
                        vantage: self.vantage.clone(),
                        method: self.method.clone(),
                        slot_ms: slot.at,
                        reason: Reason::Deadline,
                    };
                    seen.missed.push(miss);
                }
            }
        }
        account.measured = seen.samples.len();
        account.missed = seen.missed.len();
        seen
    }

    /// Gives back what no queue took: what is kept for the next invocation, and what is lost.
    async fn send(&mut self, seen: &Seen, end: Instant, account: &mut Account) -> (Load, Load) {
        let packed = pack(&self.environment, &seen.samples, parcel::BYTES);
        let of_samples = |samples| Load { samples, ..Load::default() };
        let of_parcel = |parcel: Parcel| Letter { load: of_samples(parcel.ids.len()), text: parcel.text };
        let mut letters: Vec<Letter> = packed.parcels.into_iter().map(of_parcel).collect();
        for message in self.gaps(seen) {
            let refused =
                message.refused.as_ref().map_or(0, |refused| usize::try_from(refused.rows).unwrap_or(usize::MAX));
            let load = Load { missed: message.missed.len(), refused, ..Load::default() };
            if let Ok(text) = serde_json::to_string(&message) {
                letters.push(Letter { text: parcel::escaped(text), load });
            }
        }
        let mut posted = self.post.send(letters, clock::wall(), end).await;
        packed.unfit.iter().for_each(|unfit| account.notes.take(&unfit.to_string()));
        posted.lost += of_samples(packed.unfit.len());
        posted.notes.iter().for_each(|note| account.notes.take(note));
        account.sent = posted.sent.samples;
        account.spooled = posted.spooled.samples;
        account.drained = posted.drained;
        account.held = posted.held.samples;
        account.lost = posted.lost.samples;
        account.missed_held = posted.held.missed;
        account.missed_lost = posted.lost.missed;
        (posted.held, posted.lost)
    }

    /// Messages of what was not measured; none where all was.
    fn gaps(&self, seen: &Seen) -> Vec<Message> {
        let nothing = || Message::new(self.environment.clone(), Vec::new());
        let missed = seen.missed.chunks(parcel::SAMPLES);
        let mut messages: Vec<Message> =
            missed.map(|missed| Message { missed: missed.to_vec(), ..nothing() }).collect();
        if let Some(refused) = seen.refused.clone() {
            match messages.first_mut() {
                Some(message) => message.refused = Some(refused),
                None => messages.push(Message { refused: Some(refused), ..nothing() }),
            }
        }
        messages
    }
}

fn complete(kept: &Kept, page: &crate::probe::fleet::Page, notes: &mut Notes) -> Option<Target> {
    kept.complete(page).map_err(|why| notes.take(&format!("{} is missed: {why}", page.target.id))).ok()
}

fn iso(moment: UnixMillis) -> String {
    OffsetDateTime::from_unix_timestamp(moment.0.div_euclid(1_000))
        .ok()
        .and_then(|moment| moment.format(&Rfc3339).ok())
        .unwrap_or_default()
}
