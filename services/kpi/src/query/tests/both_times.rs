//! Both times: whatever is asked as of any instant, as known at any change, is what the log up to that change says by itself.

use bellwether_domain::When;
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::tenant::TenantFacts;
use crate::tenant::tests::hour;
use crate::tenant::tests::replay::{log_of, step};

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::built_in().unwrap());

/// Rows, or the reason why there are none.
fn shown(facts: &TenantFacts, ask: &Ask) -> Result<Vec<String>, String> {
    let answer = answer(facts, &CATALOGUE, ask, now(), 1).map_err(|error| error.message)?;
    Ok(answer.rows.iter().map(|row| format!("{row:?}")).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_was_known_then_is_what_the_log_said_then(
        steps in prop::collection::vec(step(), 1..60),
        known in any::<Index>(),
        day in 0_i64..70,
        (from, length) in (0_i64..30, 1_i64..60),
        grain in proptest::option::weighted(0.3, 0..Grain::ALL.len()),
        at_now in any::<bool>(),
    ) {
        let log = log_of(&steps);
        let known = known.index(log.changes.len() + 1);
        let (whole, then) = (log.replay(log.changes.len()), log.replay(known));
        for kpi in CATALOGUE.all() {
            for dimension in ["", "owner", "team.1", "manager", "account", "attr.tier", "tenure"] {
                let ask = Ask {
                    kpis: vec![kpi.definition.id.clone()],
                    from: Some(When::At(hour(from * 24))),
                    to: Some(When::At(hour((from + length) * 24))),
                    grain: grain.map(|place| Grain::ALL[place]),
                    as_of: Some(When::At(hour(day * 24))),
                    known_at: Some(KnownAt::Seq(known as u64)),
                    now: at_now,
                    group_by: (!dimension.is_empty()).then(|| dimension.to_owned()).into_iter().collect(),
                    ..Ask::default()
                };
                prop_assert_eq!(shown(&whole, &ask), shown(&then, &ask), "{} by {}", kpi.definition.id, dimension);
            }
        }
    }
}
