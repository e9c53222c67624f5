//! Each value of an answer is what its cell alone comes to.

use proptest::prelude::*;

use super::laws::{deals, fixture};
use super::*;

const KPIS: [&str; 8] = [
    "win_rate",
    "bookings",
    "sales_cycle_median",
    "open_deals",
    "pipeline_value",
    "average_deal_size",
    "loss_reason_mix",
    "deals_won_growth",
];
const GROUPS: [&[&str]; 4] = [&[], &["owner"], &["account", "owner"], &["account_region"]];

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::built_in().unwrap());

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_value_asked_for_alone_is_the_same(
        deals in deals(),
        kpi in 0..KPIS.len(),
        group in 0..GROUPS.len(),
        grain in proptest::option::of(0..Grain::ALL.len()),
        open in any::<bool>(),
    ) {
        let fixture = fixture(&deals);
        let mut ask = by(filtered(ranged(KPIS[kpi], "2017-01-10", "2017-05-10"), "owner", "Ann"), GROUPS[group]);
        ask = filtered(ask, "owner", "");
        ask.grain = grain.map(|grain| Grain::ALL[grain]);
        if open {
            ask.to = None;
            ask.as_of = Some("2017-04-20".parse().unwrap());
        }
        let whole = tried(&fixture, &ask).unwrap();
        for row in &whole.rows {
            let alone = Ask {
                from: row.start,
                to: row.end,
                as_of: Some(bellwether_domain::When::At(whole.as_of)),
                known_at: Some(KnownAt::Seq(whole.position.seq)),
                ..ask.clone()
            };
            let names = named(row);
            // Another day: the clock is not read again.
            let later = "2020-02-10T00:00:00Z".parse().unwrap();
            let found = cell(&fixture, &CATALOGUE, &alone, &names, later, 1).unwrap();
            prop_assert_eq!(format!("{:?}", found.as_ref()), format!("{:?}", Some(row)));
        }
    }
}

#[test]
fn there_is_no_cell_of_names_that_nobody_has() {
    let fixture = Fixture::new(&[]);
    let ask = by(ranged("bookings", "2017-01-01", "2017-02-01"), &["owner"]);
    let found = |names: &[Named]| cell(&fixture, &CATALOGUE, &ask, names, now(), 1).unwrap();
    assert!(found(&[Named::Name("Zoe".to_owned())]).is_none());
    assert!(found(&[]).is_none() && found(&[Named::Rest]).is_none());
    assert_eq!(
        found(&[Named::Missing]).map(|row| text(&row)),
        Some("0".to_owned())
    );
}
