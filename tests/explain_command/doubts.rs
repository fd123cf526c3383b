//! Data that look wrong.

use parallax::measurement::identity::{SampleId, Vantage};
use parallax::measurement::wire::Record;

use super::{A, ZABBIX, archive, explain, here, keep, near, totals};

#[test]
fn what_looks_wrong_with_the_data_is_said_before_anything_else() {
    let directory = here();
    let mut wrong = totals(near(60));
    wrong.iter_mut().for_each(|record| record.sample.elapsed_us.0 *= 1_000);
    keep(directory.path(), &[near(60), wrong].concat());
    let page = explain(directory.path(), &["--a", A, "--b", ZABBIX]);
    assert_eq!(page.code, 0, "{}", page.err);
    let (flag, gap) = (page.out.find("Look at the unit").unwrap(), page.out.find("From A to B").unwrap());
    assert!(flag < gap, "{}", page.out);
    let right = archive();
    let page = explain(right.path(), &["--a", A, "--b", ZABBIX]);
    assert!(!page.out.contains("Look at the unit"), "{}", page.out);
}

/// Two monitors that show totals only, one of them in the wrong unit: our own samples of the page tell which.
#[test]
fn a_unit_is_doubted_by_our_own_samples_where_both_sides_are_imports() {
    let directory = here();
    let other = |record: &mut Record| {
        record.sample.id = SampleId::new(&format!("o-{}", record.sample.id)).unwrap();
        record.sample.vantage = Vantage::new("zabbix/far").unwrap();
        record.sample.elapsed_us.0 *= 1_000;
    };
    let mut wrong = totals(near(40));
    wrong.iter_mut().for_each(other);
    keep(directory.path(), &[totals(near(40)), wrong.clone()].concat());
    let both = ["--a", ZABBIX, "--b", "vantage=zabbix/far"];
    let page = explain(directory.path(), &both);
    assert!(page.out.contains("Look at the units: the median of A is"), "nothing of ours: {}", page.out);
    keep(directory.path(), &near(40));
    let page = explain(directory.path(), &both);
    assert!(
        page.out.contains("the median of B is") && page.out.contains("our own samples of this page"),
        "{}",
        page.out
    );
    assert!(!page.out.contains("the median of A is"), "{}", page.out);
    assert!(!page.out.contains("Look at the units:"), "{}", page.out);
}
