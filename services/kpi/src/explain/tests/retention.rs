//! Splits of what is counted customer by customer: retention, whatever customers move, come and leave.

use bellwether_stats::decompose::Part;

use super::*;
use crate::table::{Column, Table};

/// Of customers: money per money, customers per customers, money per customer.
const OF_CUSTOMERS: [&str; 6] = [
    "gross_revenue_retention",
    "net_revenue_retention",
    "revenue_churn",
    "logo_retention",
    "logo_churn",
    "arpa",
];

/// Cents a month that an account pays for a product from one day to another.
type Spell<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str);

fn subscribed(spells: &[Spell<'_>]) -> Fixture {
    let mut fixture = fixture(&[]);
    for (account, product, from, to, cents) in spells {
        let told = [
            (Column::Subscription, *account),
            (Column::Account, *account),
            (Column::Product, *product),
            (Column::Amount, *cents),
            (Column::Currency, if *account == "E" { "EUR" } else { "USD" }),
        ];
        fixture.row(Table::Subscriptions, (from, to), &told);
    }
    fixture
}

fn split(fixture: &Fixture, kpi: &str) -> Result<(Explained, [u64; 2])> {
    let shape = Shape::find(&CATALOGUE, kpi)?;
    let ask = Ask {
        group_by: vec!["product".to_owned()],
        ..ask(kpi, ("2017-01-01", "2018-01-01"))
    };
    let base = Base::Previous;
    let read = levels(fixture, &CATALOGUE, (&ask, &base), shape.chain, now(), 2)?;
    Ok((shape.explain(CATALOGUE.kpi(kpi)?, &read)?, read.n))
}

/// What the KPI is in both periods, over all.
fn answers(fixture: &Fixture, kpi: &str) -> [Option<Exact>; 2] {
    [("2016-01-01", "2017-01-01"), ("2017-01-01", "2018-01-01")].map(|period| {
        let ask = Ask {
            group_by: Vec::new(),
            ..ask(kpi, period)
        };
        let answer = answer(fixture, &CATALOGUE, &ask, now(), 2).unwrap();
        answer.rows[0].value.as_ref().ok()?.parse().ok()
    })
}

/// A shrank, B left, C went from Crm to Desk and pays as before, D came for Mail and grew.
fn moving() -> Fixture {
    subscribed(&[
        ("A", "Crm", "2015-01-01", "2017-06-01", "100000"),
        ("A", "Crm", "2017-06-01", "", "60000"),
        ("B", "Desk", "2015-01-01", "2016-07-01", "50000"),
        ("C", "Crm", "2015-01-01", "2016-05-01", "40000"),
        ("C", "Desk", "2016-05-01", "", "40000"),
        ("D", "Mail", "2016-03-01", "2017-09-01", "30000"),
        ("D", "Mail", "2017-09-01", "", "33000"),
    ])
}

#[test]
fn retained_revenue_is_split_by_mix_and_rate() {
    // 2016: Crm began with 1,400 and kept all, C included, who pays for Desk by the end; Desk began with 500 and kept none.
    // 2017: Crm kept 600 of 1,000, Desk 400 of 400, Mail 300 of 300 (330 is more than was there).
    // 1,400/1,900 = 14/19 to 1,300/1,700 = 13/17. Rate: Crm (14/19 + 10/17)/2 * -0.4, Desk (5/19 + 4/17)/2 * 1, Mail none.
    let (found, n) = split(&moving(), "gross_revenue_retention").unwrap();
    assert_eq!(n, [3, 3]);
    let lines = told(&found);
    assert_eq!(lines[..2], ["Mix 0.043653250774", "Rate -0.015789473684"]);
    assert_eq!(found.split.change().to_exact_string(), "0.02786377709");
    let of = |name: &str| {
        let part = found
            .split
            .parts
            .iter()
            .find(|part| part.key.1.as_deref() == Some(name));
        let part = part.unwrap();
        [&part.before, &part.after].map(|one| one.as_ref().map(Exact::to_decimal_string))
    };
    let text = |one: &str| Some(one.to_owned());
    assert_eq!(of("Crm"), [text("1"), text("0.6")]);
    assert_eq!(of("Desk"), [text("0"), text("1")]);
    assert_eq!(of("Mail"), [None, text("1")]);
    // What was sold on top counts in the net rate: 1,330 of 1,700.
    let (net, _) = split(&moving(), "net_revenue_retention").unwrap();
    assert_eq!(net.split.after, Exact::from_scaled(782_352_941_176_i64, 12));
    let (logos, n) = split(&moving(), "logo_retention").unwrap();
    assert_eq!((told(&logos)[..2].len(), n), (2, [3, 3]));
    assert_eq!(logos.split.after, Exact::one());
}

/// One who pays for two products is what they say as long as they sum to the whole, else shared by what each had at the start.
#[test]
fn a_customer_of_two_groups_counts_once() {
    let fixture = subscribed(&[
        ("A", "Crm", "2014-01-01", "2017-06-01", "20000"),
        ("A", "Crm", "2017-06-01", "", "50000"),
        ("A", "Desk", "2014-01-01", "2017-06-01", "10000"),
    ]);
    // By group Crm keeps 200 of 200 and Desk 0 of 100; together they pay 500 of 300, so all is kept: Desk's third is 100.
    let (found, n) = split(&fixture, "gross_revenue_retention").unwrap();
    assert_eq!(n, [1, 1]);
    assert_eq!(
        (&found.split.before, &found.split.after),
        (&Exact::one(), &Exact::one())
    );
    assert!(
        found
            .split
            .parts
            .iter()
            .all(|part| part.after == Some(Exact::one()))
    );
    // Who gives one up and keeps the other sums to the whole, and counts where it is.
    let leaves = subscribed(&[
        ("A", "Crm", "2014-01-01", "", "20000"),
        ("A", "Desk", "2014-01-01", "2017-06-01", "10000"),
    ]);
    let (found, _) = split(&leaves, "gross_revenue_retention").unwrap();
    let after: Vec<Option<Exact>> = found.split.parts.iter().map(|part| part.after.clone()).collect();
    assert_eq!(after, [Some(Exact::one()), Some(Exact::zero())]);
}

/// Customers per customers lost: of a group that lost none nothing can be told.
#[test]
fn what_is_divided_by_what_came_out_is_not_split() {
    for id in ["customer_life", "coverage_needed"] {
        let kpi = CATALOGUE
            .all()
            .iter()
            .find(|kpi| kpi.definition.id == id)
            .unwrap();
        assert!(Shape::of(kpi).is_none(), "{id}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_split_of_customers_leaves_anything_over(
        spells in proptest::collection::vec((0..6_usize, 0..4_usize, 0..1_000_i32, 1..800_i32, 1_i64..900), 1..25),
    ) {
        let first: CivilDate = "2015-03-01".parse().unwrap();
        let texts: Vec<(usize, usize, String, String, String)> = spells
            .iter()
            .map(|(account, product, from, length, amount)| {
                let day = |days: i32| first.plus_days(days).to_string();
                (*account, *product, day(*from), day(from + length), (amount * 10_007).to_string())
            })
            .collect();
        let (accounts, products) = (["A", "B", "C", "D", "E", "F"], ["Crm", "Desk", "Mail", ""]);
        let spells: Vec<Spell<'_>> = texts
            .iter()
            .map(|(account, product, from, to, amount)| (accounts[*account], products[*product], &**from, &**to, &**amount))
            .collect();
        let fixture = subscribed(&spells);
        for kpi in OF_CUSTOMERS {
            let answers = answers(&fixture, kpi);
            let Ok((found, _)) = split(&fixture, kpi) else {
                prop_assert!(answers.iter().any(Option::is_none), "{} is refused", kpi);
                continue;
            };
            let change = found.split.change();
            prop_assert_eq!(sum(found.split.effects.iter().map(|(_, one)| one.clone())), change.clone(), "{}", kpi);
            prop_assert_eq!(sum(found.split.parts.iter().map(Part::change)), change, "{}", kpi);
            for (told, answered) in [&found.split.before, &found.split.after].into_iter().zip(&answers) {
                // An answer rounds its sums to the minor unit, and shows so many digits.
                let off = (told - answered.as_ref().unwrap()).abs();
                let most = if kpi == "arpa" { Exact::from_scaled(2, 2) } else { Exact::from_scaled(1, 3) };
                prop_assert!(off <= most, "{}: {:?} for {:?}", kpi, told, answered);
            }
        }
    }
}
