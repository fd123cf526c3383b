//! The archive in a DynamoDB table promises what the embedded one does, and keeps it with many writers at once.

mod commands;
mod damage;
mod writers;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, TimeToLiveSpecification,
};
use parallax::adapters::aws::archive::Archive;

use crate::archive::contract;
use crate::support::ministack::{Account, ministack};

const REGION: &str = "ap-northeast-1";
const TABLE: &str = "parallax-archive";

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// The table as the hub's template makes it.
async fn create(account: &Account, table: &str, keys: [&str; 2]) {
    let client = Client::new(&account.config(REGION));
    let attribute = |name: &str| {
        let kind = ScalarAttributeType::S;
        AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build().unwrap()
    };
    let key = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap();
    client
        .create_table()
        .table_name(table)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(keys.map(attribute).to_vec()))
        .key_schema(key(keys[0], KeyType::Hash))
        .key_schema(key(keys[1], KeyType::Range))
        .send()
        .await
        .unwrap();
    let expires = TimeToLiveSpecification::builder().attribute_name("expires").enabled(true).build().unwrap();
    client.update_time_to_live().table_name(table).time_to_live_specification(expires).send().await.unwrap();
}

async fn fresh(account: &Account) -> Archive {
    create(account, TABLE, ["pk", "sk"]).await;
    Archive::new(&account.config(REGION), TABLE, None)
}

macro_rules! promises {
    ($($promise:ident),* $(,)?) => { $(
        #[test]
        fn $promise() {
            let Some(ministack) = ministack(stringify!($promise)) else { return };
            let account = ministack.account();
            wait(async { contract::$promise(&mut fresh(&account).await).await });
        }
    )* };
}

promises!(
    comes_back_whole_and_in_order,
    a_repeat_changes_nothing,
    the_directory_has_a_line_a_source,
    a_selection_leaves_what_it_says_and_nothing_else,
    order_holds_across_sources_and_days,
    slots_are_those_of_one_source_within_the_window,
    a_missed_slot_is_kept_once_and_only_while_it_has_no_sample,
    a_scan_ends_when_the_visitor_has_seen_enough,
    surroundings_are_each_samples_own,
);
