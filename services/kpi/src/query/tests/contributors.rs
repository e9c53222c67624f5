//! The records behind values: what they add up to, and in which order they come.

use bellwether_domain::exact::Exact;
use proptest::prelude::*;

use super::laws::{deals, fixture};
use super::*;
use crate::scan::fixture::Deal;

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::built_in().unwrap());

const SUMS: [&str; 5] = [
    "deals_won",
    "bookings",
    "pipeline_value",
    "open_deals",
    "pipeline_created",
];

fn found(fixture: &Fixture, ask: &Ask, group: &[Named]) -> Vec<Contributor> {
    let found = contributors(fixture, &CATALOGUE, ask, group, now(), 2).unwrap();
    found.unwrap().list
}

fn shown(list: &[Contributor]) -> Vec<String> {
    let text = |value: &Option<Exact>| value.as_ref().map_or("-".to_owned(), Exact::to_exact_string);
    let line = |one: &Contributor| {
        let parts: Vec<String> = one
            .parts
            .iter()
            .map(|(name, value)| format!("{name}={}", text(value)))
            .collect();
        format!("{} {} {}", one.id, text(&one.contribution), parts.join(" "))
    };
    list.iter().map(line).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn contributions_sum_to_the_value(deals in deals(), kpi in 0..SUMS.len(), owner in 0..3_usize) {
        let fixture = fixture(&deals);
        let mut ask = by(ranged(SUMS[kpi], "2017-01-01", "2017-06-01"), &["account"]);
        if owner > 0 {
            ask = filtered(ask, "owner", ["", "Ann", ""][owner]);
        }
        for row in rows(&fixture, &ask) {
            let group = named(&row);
            let list = found(&fixture, &ask, &group);
            let sum: Exact = list.iter().filter_map(|one| one.contribution.clone()).sum();
            let value: Exact = row.value.as_ref().map_or_else(|_| Exact::default(), |text| text.parse().unwrap());
            prop_assert_eq!(sum, value);
            let told = list.iter().filter(|one| one.contribution.is_some()).count() as u64;
            prop_assert!(told <= row.n && list.len() as u64 <= row.n + row.missing);
            let ordered = list.windows(2).all(|two| {
                (&two[0].contribution, std::cmp::Reverse(&two[0].id))
                    >= (&two[1].contribution, std::cmp::Reverse(&two[1].id))
            });
            prop_assert!(ordered, "{:?}", list);
        }
    }
}

#[test]
fn a_record_shows_what_it_is_of_a_rate() {
    let fixture = Fixture::new(&[
        Deal::won("2017-03-01", 5_000),
        Deal::lost("2017-03-02", "price"),
        Deal::won("2017-03-03", 7_000),
    ]);
    let ask = ranged("win_rate", "2017-01-01", "2018-01-01");
    let list = found(&fixture, &ask, &[]);
    assert_eq!(list.len(), 3);
    assert!(
        list.iter()
            .all(|one| one.kind == crate::table::Dict::Deal && one.contribution.is_none())
    );
    let values = |list: &[Contributor], place: usize| -> Exact {
        list.iter().filter_map(|one| one.parts[place].1.clone()).sum()
    };
    let (won, closed) = (values(&list, 0).to_string(), values(&list, 1).to_string());
    assert!(
        [("2", "3"), ("3", "2")].contains(&(won.as_str(), closed.as_str())),
        "{:?}",
        shown(&list)
    );
}

#[test]
fn the_largest_comes_first_and_what_lacks_an_amount_last() {
    let unpriced = Deal {
        amount: None,
        ..Deal::won("2017-03-02", 0)
    };
    let fixture = Fixture::new(&[
        Deal::won("2017-03-01", 5_000),
        unpriced,
        Deal::won("2017-03-03", 7_000),
    ]);
    let list = found(&fixture, &ranged("bookings", "2017-01-01", "2018-01-01"), &[]);
    let contributions: Vec<Option<String>> = list
        .iter()
        .map(|one| one.contribution.as_ref().map(Exact::to_exact_string))
        .collect();
    assert_eq!(
        contributions,
        [Some("70".to_owned()), Some("50".to_owned()), None],
        "{:?}",
        shown(&list)
    );
}

#[test]
fn every_kpi_tells_its_records() {
    let fixture = fixture(&[
        Deal::won("2017-03-01", 5_000),
        Deal::lost("2017-03-02", "price"),
        Deal::OPEN,
    ]);
    let mut told = 0;
    for kpi in CATALOGUE.all() {
        let ask = ranged(&kpi.definition.id, "2017-01-01", "2018-01-01");
        let group: Vec<Named> = kpi.always_by.iter().map(|_| Named::Missing).collect();
        let Some(found) = contributors(&fixture, &CATALOGUE, &ask, &group, now(), 1).unwrap() else {
            continue;
        };
        assert!(
            found.list.iter().all(|one| !one.parts.is_empty()),
            "{}",
            kpi.definition.id
        );
        told += usize::from(!found.list.is_empty());
    }
    assert!(told > 20, "{told}");
}
