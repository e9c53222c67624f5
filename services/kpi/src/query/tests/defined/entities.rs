//! Laws of nested measures.

use bellwether_domain::exact::Exact;
use proptest::prelude::*;

use super::nested::{PURCHASES, kept, open};
use super::*;
use crate::scan::fixture::Deal;

const DAYS: [&str; 5] = [
    "2017-01-01",
    "2017-01-31",
    "2017-02-01",
    "2017-02-28",
    "2017-03-15",
];

fn deals() -> impl Strategy<Value = Vec<Deal>> {
    let deal = (
        0..4_usize,
        0..3_usize,
        0..5_usize,
        proptest::option::of(0..5_usize),
        0..300_i64,
    )
        .prop_map(|(account, owner, start, end, amount)| Deal {
            owner: ["Ann", "Bob", ""][owner],
            ..open(
                ["Acme", "Bolt", "Cog", ""][account],
                DAYS[start],
                end.map(|end| DAYS[end.max(start)]),
                amount,
            )
        });
    proptest::collection::vec(deal, 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// As gross retention: never more than all, and where there is nothing to keep there is no value.
    #[test]
    fn what_is_kept_is_at_most_all(deals in deals(), grain in 0..Grain::ALL.len()) {
        let fixture = Fixture::new(&deals);
        let keys = kept();
        for ask in [spring(), cut(spring(), Grain::ALL[grain]), by(spring(), &["owner"])] {
            for row in rows_with(&fixture, &keys, &ask) {
                match &row.value {
                    Ok(value) => {
                        let value: Exact = value.parse().unwrap();
                        prop_assert!(!value.is_negative() && value <= Exact::one(), "{value:?}");
                        prop_assert!(row.n > 0);
                    }
                    Err(reason) => prop_assert_eq!((reason.name(), row.n), ("no_base", 0)),
                }
            }
        }
    }

    /// Order of rows, morsels and threads changes nothing; a sum over entities of a count is the count.
    #[test]
    fn entities_add_up_in_any_order(deals in deals(), grain in 0..Grain::ALL.len()) {
        let sums = PURCHASES.replace("aggregate: mean", "aggregate: sum").replace("    absent_reason: no_won_deals\n", "");
        let mut turned = deals.clone();
        turned.reverse();
        let ask = cut(by(spring(), &["owner"]), Grain::ALL[grain]);
        for keys in [&sums, &kept(), &PURCHASES.to_owned()] {
            let lines = told(&Fixture::new(&deals), keys, &ask);
            prop_assert_eq!(&told(&Fixture::new(&turned), keys, &ask), &lines);
            prop_assert_eq!(&told(&Fixture::new(&deals).reversed(), keys, &ask), &lines);
        }
        let named = deals.iter().filter(|deal| !deal.account.is_empty() && deal.outcome == "won").count();
        let whole = told(&Fixture::new(&deals), &sums, &spring());
        prop_assert_eq!(whole[0].split(' ').next().unwrap(), named.to_string());
        // Roll-up = direct: a flow's entities of the parts are those of the whole, part by part.
        let parts = rows_with(&Fixture::new(&deals), &sums, &by(spring(), &["owner", "account"]));
        let sum: Exact = parts.iter().map(|row| text(row).parse::<Exact>().unwrap()).sum();
        prop_assert_eq!(sum, Exact::from(named));
    }
}
