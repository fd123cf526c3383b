//! What cannot be read is one error that names the item, and what cannot be kept is refused before anything is.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use parallax::adapters::aws::archive::Archive;
use parallax::archive::error::ArchiveError;
use parallax::archive::port::{Append, Directory, Scan};
use parallax::archive::selection::{Selection, Source, Window};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::super::item::enormous;
use super::{REGION, TABLE, fresh, wait};
use crate::archive::contract::all;
use crate::support::fleet_sample::rich;
use crate::support::ministack::{Account, ministack};

async fn error(archive: &mut Archive) -> ArchiveError {
    let everything = Selection { source: Source::default(), window: Window::ALWAYS };
    archive.scan(&everything, &mut |_| ()).await.unwrap_err()
}

/// Changes the data of the first item whose key begins so.
async fn change(account: &Account, partition: &str, change: impl FnOnce(&mut Vec<u8>)) -> String {
    let client = Client::new(&account.config(REGION));
    let items = client.scan().table_name(TABLE).send().await.unwrap().items.unwrap();
    let mut item = items.into_iter().find(|item| item["pk"].as_s().unwrap().starts_with(partition)).unwrap();
    let place = item["sk"].as_s().unwrap().clone();
    let mut data = item["d"].as_b().unwrap().clone().into_inner();
    change(&mut data);
    item.insert("d".to_owned(), AttributeValue::B(Blob::new(data)));
    client.put_item().table_name(TABLE).set_item(Some(item)).send().await.unwrap();
    place
}

#[test]
fn an_item_that_cannot_be_read_is_named() {
    let Some(ministack) = ministack("an_item_that_cannot_be_read_is_named") else { return };
    for partition in ["daily-news#", "environment#"] {
        wait(async {
            let account = ministack.account();
            let mut archive = fresh(&account).await;
            archive.append(&[rich(3, "curl")]).await.unwrap();
            let place = change(&account, partition, |data| data[0] = 9).await;
            let later = error(&mut Archive::new(&account.config(REGION), TABLE, None)).await;
            assert!(matches!(later, ArchiveError::Service { may_pass: false, .. }), "{later:?}");
            let (said, named) = (later.to_string(), format!("/ {place} was written by a later version"));
            assert!(said.contains(partition) && said.contains(&named) && said.contains("update parallax"), "{said}");

            change(&account, partition, |data| data[0] = 1).await;
            change(&account, partition, |data| data[30] ^= 4).await;
            let said = error(&mut Archive::new(&account.config(REGION), TABLE, None)).await.to_string();
            assert!(said.contains(partition) && said.contains(&format!("/ {place} is damaged")), "{said}");
        });
    }
}

#[test]
fn what_is_too_large_is_refused_with_all_of_its_batch() {
    let Some(ministack) = ministack("what_is_too_large_is_refused_with_all_of_its_batch") else { return };
    wait(async {
        let mut archive = fresh(&ministack.account()).await;
        let said = archive.append(&[rich(1, "fresh"), enormous()]).await.unwrap_err().to_string();
        assert!(said.contains("dynamodb:parallax-archive") && said.contains("sample enormous: it takes"), "{said}");
        assert_eq!(all(&mut archive).await, []);
        assert_eq!(archive.sources().await.unwrap(), []);
    });
}

/// Numbers of every length, and texts of every kind, where a sample has some.
#[test]
fn any_sample_survives() {
    let Some(ministack) = ministack("any_sample_survives") else { return };
    let text = "[ -~\u{80}-\u{2fff}\\n\\t\\u{0}]{0,300}";
    let strategy = (any::<[u64; 6]>(), any::<[i32; 2]>(), [text, text, text, text], 0..4_usize, any::<[bool; 4]>());
    let mut runner = TestRunner::new(Config { cases: 60, failure_persistence: None, ..Config::default() });
    let mut records = Vec::new();
    let made = runner.run(&strategy, |_| Ok(()));
    made.unwrap();
    for n in 0..60 {
        let tree = strategy.new_tree(&mut runner).unwrap();
        let (numbers, small, texts, hops, flags) = proptest::strategy::ValueTree::current(&tree);
        let mut record = rich(n, if flags[0] { "curl" } else { "fresh" });
        record.environment.cpu_model = Some(texts[0].clone());
        record.sample.elapsed_us.0 = numbers[0];
        record.sample.local.voluntary_switches = flags[1].then_some(numbers[1]);
        record.sample.clock_suspect = flags[2];
        record.sample.hops.truncate(hops);
        for hop in &mut record.sample.hops {
            hop.url.clone_from(&texts[1]);
            hop.overhead_us.0 = numbers[2];
            if let Some(response) = &mut hop.response {
                response.server = flags[3].then(|| texts[2].clone());
                response.body_bytes = numbers[3];
                response.server_timing.iter_mut().for_each(|entry| entry.description = Some(texts[3].clone()));
            }
            if let Some(tls) = hop.connection.as_mut().and_then(|connection| connection.tls.as_mut()) {
                tls.certificate_days_left = Some(small[0]);
            }
        }
        records.push(record);
    }
    wait(async {
        let mut archive = fresh(&ministack.account()).await;
        archive.append(&records).await.unwrap();
        crate::archive::contract::in_order(&mut records);
        assert_eq!(all(&mut archive).await, records);
    });
}
