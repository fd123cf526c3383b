//! Whatever goes wrong, in whatever order: what is sound is kept once, and poison is set aside.

use std::collections::{BTreeSet, HashSet};

use aws_lambda_events::event::sqs::SqsMessage;
use parallax::adapters::aws::failure::Kind;
use parallax::archive::error::ArchiveError;
use parallax::measurement::units::UnixMillis;
use parallax::measurement::wire::Record;
use parallax::metrics::catalogue::Metric;
use parallax::metrics::error::PublishError;
use proptest::prelude::*;

use crate::batch::{World, impossible, letter, message, publish_error, records, unanswered};

/// What goes wrong in one invocation.
#[derive(Clone, Debug)]
struct Bad {
    archive: Vec<bool>,
    append: Option<usize>,
    publish: Vec<u8>,
    letters: Vec<bool>,
}

fn bad() -> impl Strategy<Value = Bad> {
    let some = || prop::collection::vec(any::<bool>(), 0..4);
    (some(), prop::option::of(0..20_usize), prop::collection::vec(0..4_u8, 0..3), some())
        .prop_map(|(archive, append, publish, letters)| Bad { archive, append, publish, letters })
}

impl Bad {
    fn happen(&self, world: &mut World) {
        let gone = || ArchiveError::Service { place: "x".into(), reason: "gone".into(), may_pass: false };
        world.archive.faults.extend(self.archive.iter().map(|bad| bad.then(gone)));
        world.archive.append_breaks_after = self.append;
        let published = self.publish.iter().map(|bad| match bad {
            0 => None,
            1 => Some(unanswered()),
            2 => Some(publish_error(|action, region, reason| PublishError::Throttled { action, region, reason })),
            _ => Some(publish_error(|action, region, reason| PublishError::Denied {
                action,
                region,
                reason,
                namespace: "Parallax".to_owned(),
            })),
        });
        world.metrics.faults.extend(published);
        world.letters.faults.extend(self.letters.iter().map(|bad| bad.then_some(Kind::Refused)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_goes_wrong_all_that_is_sound_is_kept_once_and_all_poison_is_set_aside(
        sent in prop::collection::vec((0..20_u32, 0..6_u32, 0..4_u8), 1..24),
        bad in prop::collection::vec(bad(), 0..12),
        batch in 1..11_usize,
    ) {
        let all = records(26);
        let messages: Vec<SqsMessage> = sent.iter().enumerate().map(|(n, (from, count, kind))| {
            let of = &all[*from as usize..(*from + *count) as usize];
            match kind {
                0 => letter(&n.to_string(), &format!("poison {n}")),
                1 => message(&n.to_string(), &[of, &[impossible(&format!("impossible-{n}"))]].concat()),
                _ => message(&n.to_string(), of),
            }
        }).collect();
        let mut world = World::default();
        let mut bad = bad.iter();
        let mut queue = messages.clone();
        for round in 0.. {
            prop_assert!(round < 400, "it never ends");
            if queue.is_empty() { break; }
            if let Some(bad) = bad.next() { bad.happen(&mut world) }
            let taken: Vec<SqsMessage> = queue.drain(..batch.min(queue.len())).collect();
            let (given_back, _) = world.invoke(&taken);
            let given_back: HashSet<String> = given_back.into_iter().collect();
            queue.extend(taken.into_iter().filter(|message| given_back.contains(message.message_id.as_ref().unwrap())));
        }
        let sound: BTreeSet<String> = sent.iter().filter(|(.., kind)| *kind != 0)
            .flat_map(|(from, count, _)| &all[*from as usize..(*from + *count) as usize])
            .map(|record| record.sample.id.to_string()).collect();
        prop_assert_eq!(world.archive.ids(), sound.iter().cloned().collect::<Vec<_>>());
        let mut aside: Vec<&str> = world.letters.letters.iter().map(|(body, _)| body.as_str()).collect();
        let mut poison: Vec<&str> = messages.iter().zip(&sent).filter(|(_, (.., kind))| *kind < 2)
            .map(|(message, _)| message.body.as_deref().unwrap()).collect();
        aside.sort_unstable();
        poison.sort_unstable();
        prop_assert_eq!(aside, poison);
        prop_assert!(world.metrics.of(Metric::Availability).0 as usize >= sound.len(), "at least once");
        let window = |record: &Record| UnixMillis(record.sample.started_at_ms.0.div_euclid(900_000) * 900_000);
        prop_assert!(world.archive.records.values().all(|record| world.marks.marks.contains_key(&window(record))));
    }
}
