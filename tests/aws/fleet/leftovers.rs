//! What a deploy that failed leaves, and an archive of another name, are removed, too.

use std::collections::BTreeSet;

use super::place::{HOME, Place};
use super::stand_in::{archive, bucket, stack};
use crate::aws::infra::template::both;
use crate::support::command::finished;

#[test]
fn a_bucket_of_a_deploy_that_only_began_is_found_and_the_archive_that_was_used_is_the_one_that_goes() {
    let test = "a_bucket_of_a_deploy_that_only_began_is_found_and_the_archive_that_was_used_is_the_one_that_goes";
    let Some(place) = Place::new(test) else { return };
    let bucket_of = |region: &str| format!("parallax-artifacts-{}-{region}", place.account.id());
    for region in [HOME, "us-west-2"] {
        bucket(&place, region, &bucket_of(region));
    }
    // Somebody else's, whose name only begins alike.
    let others = format!("parallax-artifacts-{}1-us-east-1", place.account.id());
    bucket(&place, "us-east-1", &others);
    for (hub, table) in [("parallax-hub", "old-samples"), ("other-hub", "older-samples")] {
        archive(&place, HOME, table);
        stack(&place, HOME, hub, &[("Regions", HOME), ("ArchiveTable", table)], &[]);
    }

    let words = ["--name", "parallax", "--regions", HOME, "--samples", "--wait", "1"];
    let run = finished(place.script("destroy", &words).output().unwrap());
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.err.contains("table old-samples is removed, with its samples"), "{}", run.err);
    let run =
        finished(place.script("destroy", &["--name", "other", "--regions", HOME, "--wait", "1"]).output().unwrap());
    assert_eq!(run.code, 0, "{}", run.err);
    let said = "table older-samples stays, with its samples; `aws dynamodb delete-table --region eu-west-1 --table-name \
                older-samples` removes it";
    assert!(run.err.contains(said), "{}", run.err);

    let left = place.inventory(&[HOME, "us-west-2", "us-east-1"]);
    assert_eq!(left, format!("{HOME} AWS::DynamoDB::Table older-samples\neverywhere AWS::S3::Bucket {others}\n"));
}

#[test]
fn an_inventory_lists_every_kind_of_thing_that_the_templates_make() {
    let Some(place) = Place::new("an_inventory_lists_every_kind_of_thing_that_the_templates_make") else { return };
    let lines = place.kinds();
    let kinds: BTreeSet<&str> = lines.iter().map(|line| line.split(' ').next().unwrap()).collect();
    let Some(templates) = both("an_inventory_lists_every_kind_of_thing_that_the_templates_make") else { return };
    let resources = templates.iter().flat_map(|template| template.whole["Resources"].as_object().unwrap().values());
    for kind in resources.map(|resource| resource["Type"].as_str().unwrap()) {
        assert!(kinds.contains(kind), "inventory.py lists no {kind}");
    }
    for line in &lines {
        assert!(kinds.contains(line.split(' ').next_back().unwrap()), "{line}: the whole is listed");
    }
}
