//! Groups: messages that are taken in together.

use super::message::Message;

/// Samples in a group at most, unless one message has more.
///
/// What is published together counts twice together when the function ends in between; what is published apart is one
/// more request. A batch of the usual messages is one group.
pub const SAMPLES_MAX: usize = 500;

/// Divides messages in their order.
#[must_use]
pub fn groups(messages: Vec<Message>) -> Vec<Vec<Message>> {
    let mut groups: Vec<Vec<Message>> = Vec::new();
    let mut samples = 0;
    for message in messages {
        samples += message.sound.len();
        match groups.last_mut() {
            Some(last) if samples <= SAMPLES_MAX => last.push(message),
            _ => {
                samples = message.sound.len();
                groups.push(vec![message]);
            }
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use aws_lambda_events::event::sqs::SqsMessage;
    use parallax::measurement::units::UnixMillis;
    use parallax::measurement::wire::Record;
    use serde_json::json;

    use super::*;

    fn message(samples: usize) -> Message {
        let record: Record = serde_json::from_value(json!({
            "schema": 1,
            "sample": {
                "id": "a", "target": "t", "vantage": "v", "method": "zabbix", "stopwatch": "s",
                "started_at_ms": 1_767_225_600_000_i64, "elapsed_us": 5, "outcome": { "kind": "answered" },
            },
            "environment": { "platform": "host", "architecture": "x", "probe_version": "0" },
        }))
        .unwrap();
        Message {
            sound: vec![record; samples],
            missed: Vec::new(),
            refused: None,
            poison: Vec::new(),
            ..Message::of(SqsMessage::default(), UnixMillis(0))
        }
    }

    fn sizes(samples: &[usize]) -> Vec<usize> {
        groups(samples.iter().map(|samples| message(*samples)).collect()).iter().map(Vec::len).collect()
    }

    #[test]
    fn a_group_is_full_at_its_limit_and_no_message_is_too_large_for_one() {
        assert_eq!(sizes(&[]), [0; 0]);
        assert_eq!(sizes(&[200, 300, 1]), [2, 1]);
        assert_eq!(sizes(&[200, 301]), [1, 1]);
        assert_eq!(sizes(&[1_000, 0, 1]), [1, 2], "a message without samples waits for nobody");
        assert_eq!(sizes(&[0; 10]), [10]);
    }
}
