//! What a table lacks of what it should be, and where tables differ. Touches nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use parallax::adapters::aws::targets::Listing;
use parallax::probe::fleet::Page;
use parallax::probe::fleet::aws::Aws;
use parallax::probe::fleet::deployment::unwatched;
use parallax::probe::fleet::row::Row;
use serde::Serialize;

/// What makes a table equal to rows.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) put: Vec<Row>,
    pub(super) remove: Vec<String>,
}

/// Rows that are in the table as they should be are not written again, however they were typed.
pub(super) fn change(listing: &Listing, rows: &[Row]) -> Change {
    let there = texts(listing);
    let put = rows.iter().filter(|row| there.get(&row.id).is_none_or(|text| text.as_ref() != Some(&row.text)));
    let wanted = |id: &&String| rows.iter().any(|row| row.id == **id);
    Change { put: put.cloned().collect(), remove: there.keys().filter(|id| !wanted(id)).cloned().collect() }
}

/// Each row by its id, in the one form that rows have; nothing for a row that is no page.
fn texts(listing: &Listing) -> BTreeMap<String, Option<String>> {
    let pages = listing.pages.iter().map(|page| (page.target.id.to_string(), Row::of(page).ok().map(|row| row.text)));
    let refused = listing.refused.iter().map(|row| (row.id.clone(), None));
    pages.chain(refused).collect()
}

/// Pages with slots in minutes in which nobody is invoked, where so many lie between two invocations.
pub(super) fn between(pages: &[Page], every_minutes: u32) -> Vec<String> {
    let invoked = Duration::from_secs(60 * u64::from(every_minutes.max(1))).as_millis();
    let is_met = |page: &&Page| page.grid.every().as_millis().is_multiple_of(invoked);
    pages.iter().filter(|page| !is_met(page)).map(|page| page.target.id.to_string()).collect()
}

/// Rows that no function of a fleet measures, by what is said of each.
pub(super) fn unmeasured(listings: &[(&String, &Listing)], aws: &Aws) -> BTreeSet<String> {
    listings.iter().flat_map(|(_, listing)| &listing.pages).filter_map(|page| unwatched(page, aws)).collect()
}

/// A row that is not the same in all regions.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Difference {
    pub(super) id: String,
    /// Regions whose tables have no such row.
    pub(super) missing: Vec<String>,
    /// Regions with the same row stand together.
    pub(super) alike: Vec<Vec<String>>,
}

/// Where tables differ, by id. A row that is refused is like no other.
pub(super) fn differences(listings: &[(&String, &Listing)]) -> Vec<Difference> {
    let tables: Vec<_> = listings.iter().map(|(region, listing)| (*region, texts(listing))).collect();
    let ids: BTreeSet<&String> = tables.iter().flat_map(|(_, texts)| texts.keys()).collect();
    let mut differences = Vec::new();
    for id in ids {
        let mut difference = Difference { id: id.clone(), missing: Vec::new(), alike: Vec::new() };
        let mut groups: Vec<(&String, Vec<String>)> = Vec::new();
        for (region, texts) in &tables {
            match texts.get(id) {
                None => difference.missing.push((*region).clone()),
                Some(None) => difference.alike.push(vec![(*region).clone()]),
                Some(Some(text)) => match groups.iter_mut().find(|(known, _)| *known == text) {
                    Some((_, regions)) => regions.push((*region).clone()),
                    None => groups.push((text, vec![(*region).clone()])),
                },
            }
        }
        difference.alike.extend(groups.into_iter().map(|(_, regions)| regions));
        if !difference.missing.is_empty() || difference.alike.len() > 1 {
            differences.push(difference);
        }
    }
    differences
}

#[cfg(test)]
mod tests {
    use parallax::adapters::aws::targets::Refused;
    use proptest::prelude::*;

    use super::*;

    fn row(id: u8, minutes: u8) -> Row {
        let text = format!("{{\"schema\":1,\"id\":\"p{id}\",\"url\":\"https://a.example/\",\"every\":\"{minutes}m\"}}");
        let row = Row { id: format!("p{id}"), text };
        Row::of(&row.page().unwrap()).unwrap()
    }

    /// Ids with minutes; zero minutes is a row that is refused.
    fn listing(rows: &BTreeMap<u8, u8>) -> Listing {
        let refused = rows.iter().filter(|(_, minutes)| **minutes == 0);
        Listing {
            pages: rows.iter().filter(|(_, m)| **m > 0).map(|(id, m)| row(*id, *m).page().unwrap()).collect(),
            refused: refused.map(|(id, _)| Refused { id: format!("p{id}"), reason: String::new() }).collect(),
        }
    }

    fn tables(least: u8) -> impl Strategy<Value = BTreeMap<u8, u8>> {
        proptest::collection::btree_map(0..6_u8, least..4, 0..6)
    }

    proptest! {
        #[test]
        fn a_change_makes_the_table_equal_and_no_change_is_empty(before in tables(0), after in tables(1)) {
            let rows: Vec<Row> = after.iter().map(|(id, minutes)| row(*id, *minutes)).collect();
            let change = change(&listing(&before), &rows);
            let mut table: BTreeMap<String, String> = texts(&listing(&before))
                .into_iter().map(|(id, text)| (id, text.unwrap_or_default())).collect();
            change.put.iter().for_each(|row| drop(table.insert(row.id.clone(), row.text.clone())));
            change.remove.iter().for_each(|id| drop(table.remove(id)));
            prop_assert!(table.into_iter().eq(rows.iter().map(|row| (row.id.clone(), row.text.clone()))));
            prop_assert_eq!(super::change(&listing(&after), &rows), Change::default());
            let before = texts(&listing(&before));
            for row in &change.put {
                prop_assert_ne!(before.get(&row.id), Some(&Some(row.text.clone())), "it was there");
            }
        }
    }

    #[test]
    fn slots_between_invocations_are_those_of_pages_that_are_due_more_often_or_otherwise() {
        let pages: Vec<Page> = [1, 2, 3, 6, 15].map(|minutes| row(minutes, minutes).page().unwrap()).into();
        assert_eq!(between(&pages, 3), ["p1", "p2"]);
        assert_eq!(between(&pages, 1), Vec::<String>::new());
        assert_eq!(between(&pages, 6), ["p1", "p2", "p3", "p15"]);
    }

    #[test]
    fn a_difference_says_which_regions_have_the_same() {
        let tables = [
            BTreeMap::from([(1, 1), (2, 1)]),
            BTreeMap::from([(1, 2), (2, 1)]),
            BTreeMap::from([(1, 1), (2, 1), (3, 0)]),
        ];
        let names = ["a", "b", "c"].map(str::to_owned);
        let listings = tables.map(|table| listing(&table));
        let all: Vec<_> = names.iter().zip(&listings).collect();
        let own = |regions: &[&str]| regions.iter().map(|region| (*region).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            differences(&all),
            [
                Difference { id: "p1".to_owned(), missing: vec![], alike: vec![own(&["a", "c"]), own(&["b"])] },
                Difference { id: "p3".to_owned(), missing: own(&["a", "b"]), alike: vec![own(&["c"])] },
            ]
        );
        assert!(differences(&all[..1]).is_empty());
    }
}
