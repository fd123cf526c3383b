//! What the function was invoked with: messages of the queue, or the word to roll up.

use aws_lambda_events::event::sqs::SqsMessage;
use parallax::measurement::units::UnixMillis;
use serde::Deserialize;

/// An event of either kind, as it arrives. Fields of others are left alone.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Event {
    #[serde(rename = "Records")]
    records: Option<Vec<SqsMessage>>,
    rollup: Option<String>,
    at: Option<String>,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Work {
    /// To take in messages.
    Batch(Vec<SqsMessage>),
    /// To roll up a minute.
    Minute(UnixMillis),
    /// To roll up windows.
    Window(UnixMillis),
}

/// An event that asks for nothing that this function does.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the event has neither Records, as an event source mapping of a queue sends them, nor \"rollup\": \"minute\" or \
     \"window\" with \"at\": a time, as the schedules send it"
)]
pub struct UnknownEvent;

impl Event {
    /// What it asks for. The time of a schedule that does not say it (a test of hand, a scheduler that does not fill it in)
    /// is now.
    ///
    /// # Errors
    /// Neither messages nor a rollup.
    pub fn work(self, now: UnixMillis) -> Result<Work, UnknownEvent> {
        if let Some(records) = self.records {
            return Ok(Work::Batch(records));
        }
        let at = self.at.as_deref().and_then(moment).unwrap_or(now);
        match self.rollup.as_deref() {
            Some("minute") => Ok(Work::Minute(at)),
            Some("window") => Ok(Work::Window(at)),
            _ => Err(UnknownEvent),
        }
    }
}

/// A time in ISO 8601, as EventBridge Scheduler writes it.
fn moment(text: &str) -> Option<UnixMillis> {
    let time = humantime::parse_rfc3339(text.trim()).ok()?;
    let since = time.duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok().map(UnixMillis)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis(1_767_225_600_000);

    fn work(json: &str) -> Result<Work, UnknownEvent> {
        serde_json::from_str::<Event>(json).unwrap().work(NOW)
    }

    #[test]
    fn each_kind_of_event_is_told_by_what_it_has() {
        assert!(
            matches!(work(r#"{"Records": [{"messageId": "a", "body": "b"}]}"#), Ok(Work::Batch(of)) if of.len() == 1)
        );
        let earlier = UnixMillis(NOW.0 - 60_000);
        assert_eq!(work(r#"{"rollup": "minute", "at": "2025-12-31T23:59:00Z"}"#), Ok(Work::Minute(earlier)));
        assert_eq!(work(r#"{"rollup": "window", "at": "<aws.scheduler.scheduled-time>"}"#), Ok(Work::Window(NOW)));
        assert_eq!(work(r#"{"rollup": "window"}"#), Ok(Work::Window(NOW)));
        for unknown in ["{}", r#"{"rollup": "year"}"#, r#"{"Records": null}"#] {
            assert_eq!(work(unknown), Err(UnknownEvent));
        }
    }
}
