//! The real clock, chance and AWS; each invocation on them.

use std::cell::{Cell, RefCell};
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use aws_lambda_events::event::sqs::SqsMessage;
use lambda_runtime::LambdaEvent;
use parallax::adapters::aws::archive::Archive;
use parallax::adapters::aws::cloudwatch::CloudWatch;
use parallax::adapters::aws::connection::{self, Patience};
use parallax::adapters::aws::dead_letters::DeadLetters;
use parallax::adapters::aws::failure::Failure;
use parallax::adapters::aws::marks::Marks;
use parallax::adapters::aws::targets;
use parallax::adapters::clock;
use parallax::measurement::units::UnixMillis;
use serde_json::Value;

use crate::batch::port::SetAside;
use crate::batch::take_in::TakeIn;
use crate::event::{Event, Work};
use crate::journal::Line;
use crate::pace::Pace;
use crate::rollup::error::RollupError;
use crate::rollup::minute::Minute;
use crate::rollup::port::{Listed, Targets};
use crate::rollup::window::Windows;
use crate::settings::Settings;

/// How long before the end of an invocation the answer is given: what was not done by then goes back to the queue, where
/// an invocation that is ended without an answer gives back all.
const TO_ANSWER: Duration = Duration::from_secs(1);

/// How long AWS is waited for. What is throttled is asked again by the handlers, which know how much time there is.
const PATIENCE: Patience = Patience { attempts: 5, ..Patience::FUNCTION };
/// Before the second try of one call: a batch is hundreds of them, side by side.
const PAUSE: Duration = Duration::from_millis(100);

/// All that outlives an invocation.
pub struct Outside {
    settings: Settings,
    archive: Cell<Option<Archive>>,
    marks: Marks,
    metrics: CloudWatch,
    dead_letters: DeadLetters,
    targets: targets::Targets,
    pace: RealPace,
}

impl Outside {
    /// Asks nothing of AWS yet.
    pub async fn new(settings: Settings) -> Self {
        let config = connection::with_pauses_from(connection::config(None, PATIENCE).await, PATIENCE, PAUSE);
        // Each try of these is the handlers' own: a publish that was not answered may count twice, and is not repeated
        // where nobody sees it.
        let once = connection::config(None, Patience { attempts: 1, ..PATIENCE }).await;
        Self {
            archive: Cell::new(Some(Archive::new(&config, &settings.archive_table, Some(settings.keep)))),
            marks: Marks::new(&config, &settings.archive_table, settings.keep),
            metrics: CloudWatch::new(&once, &settings.namespace),
            dead_letters: DeadLetters::new(&once, &settings.dead_letters_url),
            targets: targets::Targets::new(&config, &settings.targets_table),
            pace: RealPace::default(),
            settings,
        }
    }

    /// Does what an event asks for.
    ///
    /// # Errors
    /// An event of no known kind, or a rollup that was not made; a batch always has an answer.
    pub async fn handle(&self, event: LambdaEvent<Event>) -> Result<Value, lambda_runtime::Error> {
        let deadline = UnixMillis(i64::try_from(event.context.deadline).unwrap_or(i64::MAX));
        let until = deadline.minus(TO_ANSWER);
        // Taken for the time of the invocation: what it remembers of the table is worth a call or two of the next one.
        let archive = self.archive.take();
        let Some(mut archive) = archive else { return Err("an invocation within an invocation".into()) };
        // On the heap: futures within futures within futures are more than the compiler likes to lay out.
        let done = match event.payload.work(self.pace.now()) {
            Ok(Work::Batch(messages)) => Box::pin(self.batch(&mut archive, until, messages)).await,
            Ok(Work::Minute(at)) => nothing(Box::pin(self.minute(&mut archive, until, at)).await),
            Ok(Work::Window(at)) => nothing(Box::pin(self.window(&mut archive, until, at)).await),
            Err(error) => Err(error.into()),
        };
        self.archive.set(Some(archive));
        done
    }

    async fn batch(
        &self,
        archive: &mut Archive,
        until: UnixMillis,
        messages: Vec<SqsMessage>,
    ) -> Result<Value, lambda_runtime::Error> {
        let taking = TakeIn {
            archive,
            marks: &mut self.marks.clone(),
            metrics: &mut self.metrics.clone(),
            dead_letters: &mut self.dead_letters.clone(),
            pace: &self.pace,
            settings: &self.settings,
            journal: &say,
            until,
        };
        Ok(serde_json::to_value(taking.batch(messages).await)?)
    }

    async fn minute(&self, archive: &mut Archive, until: UnixMillis, at: UnixMillis) -> Result<(), RollupError> {
        let minute = Minute {
            archive,
            targets: &mut self.targets.clone(),
            metrics: &mut self.metrics.clone(),
            pace: &self.pace,
            settings: &self.settings,
            journal: &say,
            until,
        };
        minute.roll_up(at).await
    }

    async fn window(&self, archive: &mut Archive, until: UnixMillis, at: UnixMillis) -> Result<(), RollupError> {
        let windows = Windows {
            archive,
            marks: &mut self.marks.clone(),
            targets: &mut self.targets.clone(),
            metrics: &mut self.metrics.clone(),
            pace: &self.pace,
            settings: &self.settings,
            journal: &say,
            until,
        };
        windows.roll_up(at).await
    }
}

fn nothing(done: Result<(), RollupError>) -> Result<Value, lambda_runtime::Error> {
    done.map(|()| Value::Null).map_err(Into::into)
}

/// The log of a function is what it writes.
fn say(line: &Line) {
    println!("{}", line.json());
}

/// The wall clock, and chance enough for pauses.
#[derive(Debug, Default)]
struct RealPace {
    keys: RandomState,
    drawn: RefCell<u64>,
}

impl Pace for RealPace {
    fn now(&self) -> UnixMillis {
        clock::wall()
    }

    fn draw(&self) -> f64 {
        let drawn = self.drawn.replace_with(|drawn| drawn.wrapping_add(1));
        // The upper 53 bits: as many as the number holds.
        (self.keys.hash_one((std::process::id(), drawn)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    async fn pause(&self, length: Duration) {
        tokio::time::sleep(length).await;
    }

    async fn within<T>(&self, length: Duration, work: impl Future<Output = T>) -> Option<T> {
        tokio::time::timeout(length, work).await.ok()
    }
}

impl SetAside for DeadLetters {
    async fn set_aside(&mut self, body: &str, reason: &str) -> Result<(), Failure> {
        self.send(body, reason).await
    }
}

impl Targets for targets::Targets {
    async fn listed(&mut self) -> Result<Listed, Failure> {
        let listing = self.list().await?;
        let pages = listing.pages.iter().map(|page| (page.target.id.clone(), page.grid.every())).collect();
        Ok(Listed { pages, refused: listing.refused.len() })
    }
}
