//! The tables of watched pages: as the file says in every region, whatever was there before.

mod arms;
mod meant;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use parallax::adapters::aws::failure::Kind;
use parallax::adapters::aws::targets::Targets;
use parallax::probe::fleet::parse;
use parallax::probe::fleet::row::{Row, rows};

use super::wait;
use crate::support::command::{Run, finished, parallax};
use crate::support::ministack::{Account, ministack};

const REGION: &str = "eu-west-1";
/// That of a fleet without a name.
const TABLE: &str = "parallax-targets";

fn make(account: &Account, region: &str) -> aws_sdk_dynamodb::Client {
    make_named(account, region, TABLE)
}

fn make_named(account: &Account, region: &str, table: &str) -> aws_sdk_dynamodb::Client {
    let client = aws_sdk_dynamodb::Client::new(&account.config(region));
    let id = AttributeDefinition::builder().attribute_name("id").attribute_type(ScalarAttributeType::S);
    let key = KeySchemaElement::builder().attribute_name("id").key_type(KeyType::Hash);
    let call = client.create_table().table_name(table).billing_mode(BillingMode::PayPerRequest);
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

const REGIONS: [&str; 3] = ["ap-northeast-1", "eu-west-1", "us-east-1"];

/// A folder with a fleet file, and an account with a table in each region of it.
struct Fleet {
    directory: tempfile::TempDir,
    account: Account,
}

impl Fleet {
    fn new(account: Account, regions: &[&str]) -> Self {
        regions.iter().for_each(|region| drop(make(&account, region)));
        Self { directory: tempfile::tempdir().unwrap(), account }
    }

    fn write(&self, targets: &str) {
        let regions = REGIONS.map(|region| format!("\"{region}\"")).join(", ");
        let fleet = format!("[fleet]\nhome = \"eu-west-1\"\nregions = [{regions}]\n");
        let text = format!("schema = 1\nevery = \"3m\"\n{fleet}{targets}");
        std::fs::write(self.directory.path().join("fleet.toml"), text).unwrap();
    }

    fn run(&self, words: &[&str]) -> Run {
        let words = [&["targets"], words].concat();
        finished(parallax(self.directory.path(), &words).envs(self.account.environment("eu-west-1")).output().unwrap())
    }

    fn table(&self, region: &str) -> Vec<Row> {
        let listing = wait(Targets::new(&self.account.config(region), TABLE).list()).unwrap();
        assert_eq!(listing.refused, []);
        listing.pages.iter().map(|page| Row::of(page).unwrap()).collect()
    }
}

fn target(id: &str, more: &str) -> String {
    format!("[[target]]\nid = \"{id}\"\nurl = \"https://www.example.com/{id}\"\n{more}\n")
}

#[test]
fn sync_makes_every_table_equal_to_the_file_and_a_second_time_writes_nothing() {
    let test = "sync_makes_every_table_equal_to_the_file_and_a_second_time_writes_nothing";
    let Some(ministack) = ministack(test) else { return };
    let fleet = Fleet::new(ministack.account(), &REGIONS);
    let by_others = aws_sdk_dynamodb::Client::new(&fleet.account.config("us-east-1"));
    by_hand(&by_others, &[("id", text("bad row")), ("page", text("{}"))]);
    by_hand(&by_others, &[("id", text("a")), ("page", text("{}"))]);
    fleet.write(&(target("a", "") + &target("b", "headers = { User-Agent = \"x\", X = { ssm = \"/x\" } }")));

    let dry = fleet.run(&["sync", "fleet.toml", "--dry-run"]);
    assert_eq!(dry.code, 0, "{}", dry.err);
    assert!(dry.out.contains("us-east-1: would be written: a, b; would be removed: bad row"), "{}", dry.out);
    assert!(fleet.table("eu-west-1").is_empty());

    let first = fleet.run(&["sync", "fleet.toml"]);
    assert_eq!(first.code, 0, "{}", first.err);
    assert!(first.out.contains("eu-west-1: written: a, b\n"), "{}", first.out);
    assert!(
        first.err.contains("b: whoever may read the table reads the value of the header `User-Agent`"),
        "{}",
        first.err
    );
    let rows = fleet.table("eu-west-1");
    assert_eq!(rows.len(), 2);
    assert!(REGIONS.iter().all(|region| fleet.table(region) == rows));

    // Typed otherwise, it is the same page.
    let spaced = rows[0].text.replace(",\"", ", \"");
    by_hand(&by_others, &[("id", text("a")), ("page", text(&spaced))]);
    let second = fleet.run(&["sync", "fleet.toml", "--json"]);
    let said: serde_json::Value = serde_json::from_str(&second.out).unwrap();
    assert_eq!((second.code, second.err.as_str()), (0, ""));
    for region in said["regions"].as_array().unwrap() {
        assert!(region["written"] == serde_json::json!([]) && region["removed"] == serde_json::json!([]), "{said}");
    }

    fleet.write(&(target("b", "every = \"1m\"") + &target("c", "")));
    assert_eq!(fleet.run(&["sync", "fleet.toml"]).code, 0);
    for region in REGIONS {
        let ids: Vec<_> = fleet.table(region).iter().map(|row| row.id.clone()).collect();
        assert_eq!(ids, ["b", "c"], "{region}");
    }
}

#[test]
fn a_region_that_fails_leaves_the_others_done_and_is_named() {
    let Some(ministack) = ministack("a_region_that_fails_leaves_the_others_done_and_is_named") else { return };
    let fleet = Fleet::new(ministack.account(), &REGIONS[..2]);
    fleet.write(&target("a", ""));
    for words in
        [&["sync", "fleet.toml"][..], &["list", "--fleet", "fleet.toml"], &["put", "a", "--fleet", "fleet.toml"]]
    {
        let run = fleet.run(words);
        assert_eq!(run.code, 3, "{words:?}: {}", run.err);
        assert!(run.err.contains("us-east-1: dynamodb:Scan on parallax-targets: it does not exist"), "{}", run.err);
        assert!(run.err.contains("the other regions are done"), "{}", run.err);
        assert!(REGIONS[..2].iter().all(|region| fleet.table(region).len() == 1), "{words:?}");
    }
    make(&fleet.account, "us-east-1");
    assert_eq!(fleet.run(&["sync", "fleet.toml"]).code, 0);
    assert_eq!(fleet.table("us-east-1").len(), 1);
}

#[test]
fn one_page_is_put_and_removed_and_differences_are_shown() {
    let Some(ministack) = ministack("one_page_is_put_and_removed_and_differences_are_shown") else { return };
    let fleet = Fleet::new(ministack.account(), &REGIONS);
    fleet.write(&(target("a", "headers = { X-Plain = \"hunter2\" }") + &target("b", "")));
    let empty = fleet.run(&["list", "--fleet", "fleet.toml"]);
    assert_eq!(empty.code, 1, "{}{}", empty.out, empty.err);
    assert_eq!(fleet.run(&["put", "a", "--fleet", "fleet.toml"]).code, 0);
    let row = "{ \"schema\": 1, \"id\": \"c\", \"url\": \"https://c.example/\", \"every\": \"5m\" }";
    std::fs::write(fleet.directory.path().join("c.json"), row).unwrap();
    let named = ["--regions", "eu-west-1,us-east-1", "--targets", "dynamodb:parallax-targets"];
    assert_eq!(fleet.run(&[&["put", "--row", "c.json"], &named[..]].concat()).code, 0);
    let other = aws_sdk_dynamodb::Client::new(&fleet.account.config("us-east-1"));
    by_hand(&other, &[("id", text("c")), ("page", text(&row.replace("5m", "1m")))]);
    by_hand(&other, &[("id", text("odd\u{1b}")), ("page", text("{}"))]);

    let list = fleet.run(&["list", "--fleet", "fleet.toml"]);
    assert_eq!(list.code, 1, "{}", list.err);
    for said in [
        "2 pages in parallax-targets of ap-northeast-1, eu-west-1, us-east-1",
        "refused in us-east-1: odd\\u{1b}: it has no `schema` number",
        "c is missing in ap-northeast-1",
        "c differs between eu-west-1 and us-east-1",
    ] {
        assert!(list.out.contains(said), "{said}: {}", list.out);
    }
    let list = fleet.run(&["list", "--fleet", "fleet.toml", "--json"]);
    let said: serde_json::Value = serde_json::from_str(&list.out).unwrap();
    assert_eq!(said["regions"][2]["refused"][0]["id"], "odd\u{1b}");
    assert_eq!(said["regions"][0]["pages"][0]["headers"], serde_json::json!({ "X-Plain": null }));
    assert_eq!(said["differences"].as_array().unwrap().len(), 2);
    assert!(!list.out.contains("hunter2"));

    for id in ["c", "odd\u{1b}"] {
        assert_eq!(fleet.run(&["remove", id, "--fleet", "fleet.toml"]).code, 0, "{id}");
    }
    let again = fleet.run(&["remove", "c", "--fleet", "fleet.toml"]);
    assert_eq!(again.code, 1, "{}", again.err);
    assert_eq!(fleet.run(&["list", "--fleet", "fleet.toml"]).code, 0);
}

#[test]
fn bad_input_changes_no_table() {
    let Some(ministack) = ministack("bad_input_changes_no_table") else { return };
    let fleet = Fleet::new(ministack.account(), &REGIONS);
    let secret = target("a", "") + &target("b", "headers = { Authorization = { env = \"PROBE_TOKEN\" } }");
    std::fs::write(fleet.directory.path().join("bad.json"), "{\"schema\":1,\"id\":\"x\"}").unwrap();
    let by_curl =
        "{\"schema\":1,\"id\":\"x\",\"url\":\"https://www.example.com/\",\"every\":\"1m\",\"methods\":[\"curl\"]}";
    std::fs::write(fleet.directory.path().join("curl.json"), by_curl).unwrap();
    fleet.write(&target("a", ""));
    std::fs::rename(fleet.directory.path().join("fleet.toml"), fleet.directory.path().join("fresh.toml")).unwrap();
    fleet.write(&secret);
    std::fs::write(
        fleet.directory.path().join("plain.toml"),
        "schema = 1\nevery = \"3m\"\n".to_owned() + &target("a", ""),
    )
    .unwrap();
    for (words, said) in [
        (
            &["sync", "fleet.toml"][..],
            "fleet.toml:13:37: the header `Authorization` comes from the environment variable",
        ),
        (&["sync", "plain.toml"], "[fleet]"),
        (&["sync", "absent.toml"], "absent.toml"),
        (&["put", "b", "--fleet", "fleet.toml"], "ssm"),
        (&["put", "z", "--fleet", "fleet.toml"], "no target `z`; it has a, b"),
        (&["put", "--row", "bad.json", "--regions", "eu-west-1"], "bad.json: it has no `every`"),
        (&["put", "--row", "bad.json"], "bad.json"),
        (
            &["put", "--row", "curl.json", "--fleet", "fresh.toml"],
            "curl.json: the target `x` is measured by curl, and [fleet] by fresh; add a method to either `methods`",
        ),
        (&["list"], "no region is named"),
        (&["list", "--regions", "nowhere"], "`nowhere` is no AWS region"),
        (&["list", "--regions", "eu-west-1", "--targets", "parallax"], "write `dynamodb:TABLE`"),
        (&["list", "--regions", "eu-west-1", "--targets", "dynamodb:a b"], "a table's name has"),
        (&["remove", "", "--regions", "eu-west-1"], "the ID is empty"),
        (&["put", "a"], "--fleet"),
        (&["list", "--regions", "eu-west-1"], "no table is named; write --targets dynamodb:NAME-targets"),
        (&["sync", "plain.toml", "--regions", "eu-west-1"], "no table is named; write --targets dynamodb:NAME-targets"),
    ] {
        let run = fleet.run(words);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{words:?}: {}", run.err);
        assert!(run.err.contains(said), "{words:?}: {}", run.err);
    }
    assert!(REGIONS.iter().all(|region| fleet.table(region).is_empty()));
    // Without [fleet], regions and a table that are typed will do.
    let named = ["--regions", "eu-west-1", "--targets", "dynamodb:parallax-targets"];
    assert_eq!(fleet.run(&[&["sync", "plain.toml"], &named[..]].concat()).code, 0);
}
