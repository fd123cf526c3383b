//! Which messages go together.

/// The most messages in one call.
pub(super) const ENTRIES_MAX: usize = 10;
/// The largest message, and the most that the messages of one call have together, in bytes.
pub(super) const BYTES_MAX: usize = 1_048_576;

/// Messages in their order, in batches of at most ten and 1 MiB; each of them is at most 1 MiB long.
pub fn batches<T>(messages: Vec<T>, length: impl Fn(&T) -> usize) -> Vec<Vec<T>> {
    let mut batches: Vec<Vec<T>> = Vec::new();
    let mut bytes = 0;
    for message in messages {
        let length = length(&message);
        match batches.last_mut().filter(|batch| batch.len() < ENTRIES_MAX && bytes + length <= BYTES_MAX) {
            Some(batch) => {
                bytes += length;
                batch.push(message);
            }
            None => {
                bytes = length;
                batches.push(vec![message]);
            }
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_message_is_in_one_batch_and_no_batch_is_too_large(
            lengths in proptest::collection::vec(
                prop_oneof![0_usize..2_000, 90_000_usize..120_000, Just(BYTES_MAX)], 0..40)
        ) {
            let messages: Vec<_> = lengths.iter().map(|length| "x".repeat(*length)).enumerate().collect();
            let batches = batches(messages.clone(), |(_, message)| message.len());
            for batch in &batches {
                prop_assert!((1..=ENTRIES_MAX).contains(&batch.len()));
                prop_assert!(batch.iter().map(|(_, message)| message.len()).sum::<usize>() <= BYTES_MAX);
            }
            prop_assert!(batches.concat() == messages);
        }
    }
}
