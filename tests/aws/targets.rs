//! The tables of watched pages: as the file says in every region, whatever was there before.

use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use parallax::adapters::aws::failure::Kind;
use parallax::adapters::aws::targets::{TABLE, Targets};
use parallax::probe::fleet::parse;
use parallax::probe::fleet::row::{Row, rows};

use super::wait;
use crate::support::ministack::{Account, ministack};

const REGION: &str = "eu-west-1";

fn make(account: &Account, region: &str) -> aws_sdk_dynamodb::Client {
    let client = aws_sdk_dynamodb::Client::new(&account.config(region));
    let id = AttributeDefinition::builder().attribute_name("id").attribute_type(ScalarAttributeType::S);
    let key = KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash);
    let call = client.create_table().table_name(TABLE).billing_mode(BillingMode::PayPerRequest);
    wait(call.attribute_definitions(id.build().unwrap()).key_schema(key.build().unwrap()).send()).unwrap();
    client
}

/// A row as somebody writes it in the console.
fn by_hand(client: &aws_sdk_dynamodb::Client, keys: &[(&str, AttributeValue)]) {
    let mut call = client.put_item().table_name(TABLE);
    for (key, value) in keys {
        call = call.item(*key, value.clone());
    }
    wait(call.send()).unwrap();
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn fleet(pages: usize) -> Vec<Row> {
    let target = |n| format!("[[target]]\nid = \"page-{n:04}\"\nurl = \"https://www.example.com/{n}\"\n");
    let text: String = (0..pages).map(target).collect();
    rows(&parse(&format!("schema = 1\nevery = \"3m\"\n{text}"), &|_| None).unwrap().pages).unwrap()
}

#[test]
fn a_table_gives_back_what_was_put_and_refuses_bad_rows_alone() {
    let Some(ministack) = ministack("a_table_gives_back_what_was_put_and_refuses_bad_rows_alone") else { return };
    let account = ministack.account();
    let client = make(&account, REGION);
    let table = Targets::new(&account.config(REGION), TABLE);
    let rows = fleet(3);
    for row in rows.iter().rev() {
        wait(table.put(row)).unwrap();
    }
    by_hand(&client, &[("id", text("by-hand")), ("page", text("{\"schema\":1}"))]);
    by_hand(&client, &[("id", text("newer")), ("page", text("{\"schema\":2,\"future\":true}"))]);
    by_hand(&client, &[("id", text("no page")), ("url", text("https://www.example.com/"))]);
    by_hand(&client, &[("id", text("number")), ("page", AttributeValue::N("1".to_owned()))]);
    let good = "{ \"schema\": 1, \"every\": \"1m\", \"id\": \"good\", \"url\": \"https://www.example.com\" }";
    by_hand(&client, &[("id", text("good")), ("page", text(good)), ("note", text("who wrote it"))]);

    let listing = wait(table.list()).unwrap();
    let ids: Vec<_> = listing.pages.iter().map(|page| page.target.id.as_str()).collect();
    assert_eq!(ids, ["good", "page-0000", "page-0001", "page-0002"]);
    let again: Vec<Row> = listing.pages[1..].iter().map(|page| Row::of(page).unwrap()).collect();
    assert_eq!(again, rows);
    let refused: Vec<_> = listing.refused.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(refused, ["by-hand", "newer", "no page", "number"]);
    for (row, said) in listing.refused.iter().zip(["no `id`", "update parallax", "no `page`", "no string"]) {
        assert!(row.reason.contains(said), "{row:?}");
    }

    assert!(wait(table.remove("no page")).unwrap());
    assert!(!wait(table.remove("no page")).unwrap());
    assert_eq!(wait(table.list()).unwrap().refused.len(), 3);
}

#[test]
fn a_table_of_many_pages_is_read_whole() {
    let Some(ministack) = ministack("a_table_of_many_pages_is_read_whole") else { return };
    let account = ministack.account();
    let client = make(&account, REGION);
    // More than the megabyte that one answer has.
    for n in 0..8 {
        by_hand(&client, &[("id", text(&n.to_string())), ("page", text(&"x".repeat(200_000)))]);
    }
    assert_eq!(wait(Targets::new(&account.config(REGION), TABLE).list()).unwrap().refused.len(), 8);
}

#[test]
fn a_table_that_is_not_there_is_named() {
    let Some(ministack) = ministack("a_table_that_is_not_there_is_named") else { return };
    let table = Targets::new(&ministack.account().config(REGION), "nowhere");
    let failure = wait(table.list()).unwrap_err();
    assert_eq!((failure.kind, failure.resource.as_str()), (Kind::Missing, "nowhere"));
    assert_eq!(wait(table.put(&fleet(1)[0])).unwrap_err().kind, Kind::Missing);
    assert_eq!(wait(table.remove("a")).unwrap_err().kind, Kind::Missing);
}
