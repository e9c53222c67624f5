//! The published answers of the CRM export, from facts made without the data side. Skipped where the export is not.

use std::fs;
use std::path::Path;

use bellwether_domain::exact::Exact;

use super::*;
use crate::scan::fixture::Deal;
use crate::tenant::Attribute;

fn lines(name: &str) -> Option<Vec<Vec<&'static str>>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/crm");
    let text: &'static str = fs::read_to_string(folder.join(name)).ok()?.leak();
    Some(
        text.lines()
            .skip(1)
            .map(|line| line.split(',').collect())
            .collect(),
    )
}

fn facts() -> Option<Fixture> {
    let products = lines("products.csv")?;
    let price = |product: &str| {
        let found = products.iter().find(|line| line[0] == product).expect("a price");
        found[2].parse::<i64>().expect("a whole number") * 100
    };
    let deal = |line: &Vec<&'static str>| {
        let product = if line[2] == "GTXPro" { "GTX Pro" } else { line[2] };
        let (outcome, amount) = match line[4] {
            "Won" => ("won", line[7].parse::<i64>().expect("a whole number") * 100),
            "Lost" => ("lost", price(product)),
            _ => ("", price(product)),
        };
        Deal {
            created: line[5],
            closed: (!outcome.is_empty()).then_some(line[6]),
            outcome,
            amount: Some(amount),
            listed: Some(price(product)),
            owner: line[1],
            account: line[3],
            product,
            ..Deal::OPEN
        }
    };
    let pipeline = lines("sales_pipeline.csv")?;
    let deals: Vec<Deal> = pipeline
        .iter()
        .filter(|line| !line[5].is_empty())
        .map(deal)
        .collect();
    let mut fixture = Fixture::new(&deals);
    fixture.morsel = crate::table::MORSEL_ROWS;
    for line in lines("sales_teams.csv")? {
        fixture.attribute_from(Attribute::Manager, line[0], "2016-01-01", line[1]);
        fixture.attribute_from(Attribute::Region, line[0], "2016-01-01", line[2]);
    }
    Some(fixture)
}

#[test]
fn the_published_answers_come_out() {
    let Some(fixture) = facts() else {
        return;
    };
    let year = |kpi| ranged(kpi, "2017-01-01", "2018-01-01");
    let cases = [
        ("win_rate", "0.631500521531813441", 6711),
        ("bookings", "10005534", 4238),
        ("deals_won", "4238", 4238),
        ("average_deal_size", "2360.90939122227466", 4238),
        ("sales_cycle_mean", "51.7819726285983955", 4238),
        ("sales_cycle_median", "57", 4238),
        ("win_rate_value", "0.627227479033666119", 6711),
    ];
    for (kpi, expected, n) in cases {
        assert_eq!(value(&fixture, &year(kpi)), (expected.to_owned(), n), "{kpi}");
    }
    let months = rows(&fixture, &cut(year("win_rate"), Grain::Month));
    let third = Exact::ratio(531, 647).unwrap().to_decimal_string();
    assert_eq!(
        months[..3]
            .iter()
            .map(|row| (text(row), row.n))
            .collect::<Vec<_>>(),
        [
            ("no_closed_deals".to_owned(), 0),
            ("no_closed_deals".to_owned(), 0),
            (third, 647)
        ]
    );
    let august = |kpi: &str| value(&fixture, &as_of(asked(&[kpi]), "2017-08-31")).0;
    assert_eq!(
        (august("open_deals").as_str(), august("pipeline_value").as_str()),
        ("2265", "5389247")
    );
    assert_eq!(rows(&fixture, &by(year("win_rate"), &["owner"])).len(), 30);
    let regions = rows(&fixture, &by(year("bookings"), &["region"]));
    assert_eq!(regions.iter().map(|row| row.n).sum::<u64>(), 4238);
}
