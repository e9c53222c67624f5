//! Won deals count alike wherever they are counted: among closings, and where they are credited.

use proptest::prelude::*;

use super::histories::replayed;
use super::*;
use crate::catalogue::{Kpi, Measure, Rows};
use crate::restate::tests::priced;
use crate::table::Table;
use crate::tenant::tests::replay::step;

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::built_in().unwrap());
/// It counts lost deals too, for which closings must be read.
const CLOSED: &str = "deals_lost";

/// The KPIs that sum what was credited and count deals, all of them won.
fn credited() -> impl Iterator<Item = &'static Kpi> {
    CATALOGUE.all().iter().map(|kpi| &**kpi).filter(|kpi: &&Kpi| {
        let rows = || kpi.measures.iter().flat_map(Measure::rows);
        let closings = |rows: &&Rows| rows.table == Table::Closings;
        rows().any(|rows| rows.table == Table::Credits)
            && rows().any(|rows| rows.table == Table::Closings)
            && rows().filter(closings).all(|rows| rows.credited.is_some())
    })
}

#[test]
fn some_kpis_sum_credits_and_count_won_deals() {
    let ids: Vec<&str> = credited().map(|kpi| kpi.definition.id.as_str()).collect();
    assert!(
        ids.contains(&"bookings") && ids.contains(&"bookings_new"),
        "{ids:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn won_deals_count_alike_where_they_are_credited(
        steps in prop::collection::vec(step(), 1..70), dimension in any::<prop::sample::Index>(), whose in 0..3_usize,
    ) {
        let facts = replayed(&priced(&steps));
        let caller = [Caller::All, Caller::Own("anna".into()), Caller::Subtree("ben".into())];
        for kpi in credited() {
            let id = kpi.definition.id.as_str();
            let dimension = kpi.dimensions[dimension.index(kpi.dimensions.len())].name();
            let of = |ids: &[&str]| {
                let ask = Ask { caller: caller[whose].clone(), ..by(asked(ids), &[dimension]) };
                answer(&facts, &CATALOGUE, &ask, now(), 2)
            };
            let (Ok(alone), Ok(beside)) = (of(&[id]), of(&[id, CLOSED])) else { continue };
            let beside: Vec<&Row> = beside.rows.iter().filter(|row| &*row.kpi == id).collect();
            prop_assert_eq!(format!("{:?}", alone.rows.iter().collect::<Vec<_>>()), format!("{beside:?}"));
        }
    }
}
