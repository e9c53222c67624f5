//! Laws that hold whatever was written, for every KPI of the catalogue that they apply to.

use std::collections::BTreeMap;

use bellwether_domain::exact::Exact;
use bellwether_domain::{CivilDate, RecordKind, When};
use proptest::prelude::*;

use super::*;
use crate::catalogue::{Aggregate, Class, Kpi, Of, Rows};
use crate::restate::tests::priced;
use crate::tenant::TenantFacts;
use crate::tenant::tests::replay::step;
use crate::tenant::tests::{Log, hour};

fn catalogue() -> &'static Catalogue {
    static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::built_in().unwrap());
    &CATALOGUE
}

/// What the answer is: a line a row, with everything but how it was come by.
fn shown(facts: &TenantFacts, ask: &Ask) -> Vec<String> {
    let line = |row: &Row| {
        let names: Vec<&str> = row
            .group
            .iter()
            .map(|(_, name)| name.as_deref().unwrap_or("null"))
            .collect();
        let interval = row.interval.as_ref().map(|interval| interval.to_strings(12));
        let start = row.start.map_or("-".to_owned(), |start| start.to_string());
        format!(
            "{} {start} {} {} {} {} {interval:?}",
            row.kpi,
            names.join("/"),
            text(row),
            row.n,
            row.missing
        )
    };
    match answer(facts, catalogue(), ask, now(), 2) {
        Ok(answer) => answer.rows.iter().map(line).collect(),
        Err(error) => vec![error.message],
    }
}

/// The rows of a KPI; none where a rate is missing.
fn found(facts: &TenantFacts, ask: &Ask) -> Option<Vec<Row>> {
    answer(facts, catalogue(), ask, now(), 2)
        .ok()
        .map(|answer| answer.rows)
}

/// Questions about every KPI, as many at once as may be.
fn everything() -> Vec<Ask> {
    let ids: Vec<&str> = catalogue()
        .all()
        .iter()
        .map(|kpi| kpi.definition.id.as_str())
        .collect();
    ids.iter().map(|id| asked(&[id])).collect()
}

fn between(ask: Ask, (from, days): (i32, i32)) -> Ask {
    let day = |days: i32| Some(When::Day(CivilDate::from_days(17_160 + days)));
    Ask {
        from: day(from),
        to: day(from + days),
        ..ask
    }
}

/// The one measure of rows that a KPI is, where its values add up.
fn additive(kpi: &Kpi) -> Option<&Rows> {
    let index = kpi.formula.single()?;
    let measure = &kpi.measures[index];
    let Of::Rows(rows) = &measure.of else {
        return None;
    };
    let adds = matches!(
        rows.aggregate,
        Aggregate::Count | Aggregate::Sum | Aggregate::Started | Aggregate::Matured | Aggregate::Converted
    );
    let plain = adds && measure.across.is_none() && kpi.always_by.is_none() && rows.leaves.is_none();
    plain.then_some(rows)
}

fn value(row: &Row) -> Exact {
    let value = row.value.as_ref().ok();
    value
        .map(|value| value.parse::<Exact>().unwrap())
        .unwrap_or_default()
}

fn sum(rows: &[Row]) -> Exact {
    rows.iter().map(value).sum()
}

/// Whether two sums are one; money in other currencies is rounded in each part.
fn same(one: &Exact, other: &Exact, kpi: &Kpi, parts: usize) -> bool {
    let money = kpi.definition.unit.plain_name().is_none();
    let unit = if money {
        Exact::from_scaled(1, 2)
    } else {
        Exact::default()
    };
    (one - other).abs() <= unit * Exact::from(parts as i64 + 1)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn parts_sum_to_the_whole_and_roll_up_to_what_is_asked_directly(
        steps in prop::collection::vec(step(), 1..70),
        range in (0..30_i32, 1..60_i32),
        pick in any::<[prop::sample::Index; 2]>(),
    ) {
        let facts = replayed(&priced(&steps));
        let mut tried = 0;
        for kpi in catalogue().all() {
            if additive(kpi).is_none() {
                continue;
            }
            let ask = between(asked(&[&kpi.definition.id]), range);
            let names: Vec<&str> = kpi.dimensions.iter().map(|one| one.name()).collect();
            let (fine, coarse) = (names[pick[0].index(names.len())], names[pick[1].index(names.len())]);
            let (Some(whole), Some(parts)) = (found(&facts, &ask), found(&facts, &by(ask.clone(), &[coarse]))) else {
                continue;
            };
            tried += 1;
            prop_assert!(same(&sum(&whole), &sum(&parts), kpi, parts.len()), "{} by {}", kpi.definition.id, coarse);
            let items = |rows: &[Row]| rows.iter().map(|row| row.n + row.missing).sum::<u64>();
            prop_assert_eq!(items(&whole), items(&parts), "{} by {}", kpi.definition.id, coarse);
            if fine == coarse {
                continue;
            }
            let Some(cells) = found(&facts, &by(ask, &[coarse, fine])) else {
                continue;
            };
            let mut rolled: BTreeMap<Option<String>, (Exact, usize)> = BTreeMap::new();
            for row in &cells {
                let name = row.group[0].1.as_ref().map(ToString::to_string);
                let (sum, parts) = rolled.entry(name).or_default();
                *sum += &value(row);
                *parts += 1;
            }
            prop_assert_eq!(rolled.len(), parts.len());
            for row in &parts {
                let (sum, cells) = &rolled[&row.group[0].1.as_ref().map(ToString::to_string)];
                prop_assert!(same(sum, &value(row), kpi, *cells), "{} of {:?}", kpi.definition.id, row.group);
            }
        }
        prop_assert!(tried > 30, "{tried} KPIs add up");
    }

    #[test]
    fn periods_of_a_flow_sum_to_the_range(
        steps in prop::collection::vec(step(), 1..70),
        range in (0..30_i32, 1..60_i32),
        grain in 0..Grain::ALL.len(),
    ) {
        let facts = replayed(&priced(&steps));
        for kpi in catalogue().all() {
            let flow = additive(kpi).is_some_and(|rows| {
                rows.class == Class::Flow && rows.window == crate::catalogue::Window::This && rows.due.is_none()
            });
            if !flow {
                continue;
            }
            let ask = between(asked(&[&kpi.definition.id]), range);
            let (Some(whole), Some(parts)) = (found(&facts, &ask), found(&facts, &cut(ask, Grain::ALL[grain]))) else {
                continue;
            };
            prop_assert!(same(&sum(&whole), &sum(&parts), kpi, parts.len()), "{}", kpi.definition.id);
        }
    }

    #[test]
    fn a_retracted_record_leaves_no_trace_but_in_what_was_known(
        steps in prop::collection::vec(step(), 1..60),
        which in 0..3_usize,
        id in 0..5_u8,
        range in (0..30_i32, 1..60_i32),
    ) {
        let (kind, id) = [
            (RecordKind::Opportunity, format!("d{id}")),
            (RecordKind::Activity, format!("a{id}")),
            (RecordKind::Quota, format!("q{}", id % 2)),
        ][which]
            .clone();
        let log = priced(&steps);
        let length = log.changes.len();
        let kind_number: i32 = bellwether_contracts::convert::kind_to_proto(kind).into();
        // The same history without the record, in which the others stand where they stood.
        let mut without = Log::default();
        for change in &log.changes {
            let mut change = change.clone();
            if change.kind == kind_number && change.id == id {
                change.payload = None;
            }
            without.changes.push(change);
        }
        let mut with = log;
        with.tombstone(kind, &id, (hour(300_000), 9));
        let (retracted, never) = (replayed(&with), replayed(&without));
        for ask in everything() {
            let ask = Ask {
                as_of: Some("2017-06-30".parse().unwrap()),
                ..between(ask, range)
            };
            prop_assert_eq!(shown(&retracted, &ask), shown(&never, &ask));
        }
        // Before it was taken back it is known as ever.
        let before = with.replay(length);
        for ask in everything().into_iter().step_by(3) {
            let ask = between(ask, range);
            let then = Ask { known_at: Some(KnownAt::Seq(length as u64)), ..ask.clone() };
            prop_assert_eq!(shown(&retracted, &then), shown(&before, &ask));
        }
    }

    #[test]
    fn what_is_kept_is_at_most_all_and_no_more_than_with_growth(
        steps in prop::collection::vec(step(), 20..90),
        range in (0..30_i32, 1..60_i32),
        dimension in 0..3_usize,
    ) {
        let facts = replayed(&priced(&steps));
        let by_some = |kpi: &str| {
            let ask = between(asked(&[kpi]), range);
            by(ask, &[["account", "account_segment", "account_region"][dimension]])
        };
        let (Some(gross), Some(net)) = (
            found(&facts, &by_some("gross_revenue_retention")),
            found(&facts, &by_some("net_revenue_retention")),
        ) else {
            return Ok(());
        };
        for (gross, net) in gross.iter().zip(&net) {
            prop_assert_eq!(&gross.group, &net.group);
            if gross.value.is_ok() {
                let (gross, net) = (value(gross), value(net));
                prop_assert!(!gross.is_negative() && gross <= Exact::one(), "{:?}", gross);
                prop_assert!(net >= gross, "{:?} {:?}", gross, net);
            }
        }
    }

    #[test]
    fn movements_of_recurring_revenue_sum_to_its_change(
        steps in prop::collection::vec(step(), 20..90),
        range in (0..30_i32, 1..60_i32),
    ) {
        let facts = replayed(&priced(&steps));
        let of = |kpi: &str| found(&facts, &between(asked(&[kpi]), range)).map(|rows| sum(&rows));
        let names = ["mrr_new", "mrr_expansion", "mrr_reactivation", "mrr_contraction", "mrr_churn"];
        let parts: Option<Vec<Exact>> = names.iter().map(|kpi| of(kpi)).collect();
        let (Some(parts), Some(change)) = (parts, of("mrr_change")) else {
            return Ok(());
        };
        // Contraction and churn are told as amounts lost. All are at the rates of the end, so that rates move nothing.
        let (won, lost) = parts.split_at(3);
        let moved = won.iter().sum::<Exact>() - lost.iter().sum::<Exact>();
        // Each is rounded to the minor unit once.
        let unit = Exact::from_scaled(6, 2);
        prop_assert!((&moved - &change).abs() <= unit, "{:?} {:?}", parts, change);
    }
}

pub(super) fn replayed(log: &Log) -> TenantFacts {
    log.replay(log.changes.len())
}
