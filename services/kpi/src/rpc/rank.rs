//! Ranks of groups: whoever may be ahead by chance alone shares one (R11).

use std::collections::{BTreeMap, HashMap, HashSet};

use bellwether_contracts::kpi::{KpiValue, QueryKpisRequest, Rank};
use bellwether_contracts::types::DateOrTime;
use bellwether_domain::exact::Exact;
use bellwether_domain::{Error, ErrorReason, Result};
use bellwether_stats::{Best, Interval, rank_with_ties_by};

/// Whether ranks are asked for.
///
/// # Errors
/// `INVALID_ARGUMENT` where there are no groups to rank.
pub(super) fn wanted(message: &QueryKpisRequest) -> Result<bool> {
    if message.ranks && message.group_by.is_empty() {
        let text = "ranks are of groups: name a dimension in group_by";
        return Err(Error::invalid(ErrorReason::InvalidField, "ranks", text));
    }
    Ok(message.ranks)
}

/// Gives each group its rank among those of its KPI and period.
pub(super) fn give(values: &mut [KpiValue], best: &BTreeMap<String, Best>) {
    let uncertain: HashSet<String> = values
        .iter()
        .filter(|value| value.interval.is_some())
        .map(|value| value.kpi.clone())
        .collect();
    let mut boards: HashMap<(String, [Option<DateOrTime>; 2]), Vec<usize>> = HashMap::new();
    for (place, value) in values.iter().enumerate() {
        let period = [value.period_start.clone(), value.period_end.clone()];
        boards.entry((value.kpi.clone(), period)).or_default().push(place);
    }
    for ((kpi, _), places) in boards {
        let held = places
            .into_iter()
            .filter_map(|place| Some((place, item(&values[place], uncertain.contains(&kpi))?)));
        let (places, items): (Vec<usize>, Vec<(Exact, Interval)>) = held.unzip();
        let best = best.get(&kpi).copied().unwrap_or_default();
        for (place, rank) in places.into_iter().zip(rank_with_ties_by(best, &items)) {
            let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
            values[place].rank = Some(Rank {
                rank: number(rank.rank),
                sharing: number(rank.sharing),
                best: number(rank.best),
                worst: number(rank.worst),
            });
        }
    }
}

/// A value and how far the truth may lie from it; `None` = it is not ranked.
fn item(value: &KpiValue, uncertain: bool) -> Option<(Exact, Interval)> {
    if value.group.iter().any(|part| part.rest) {
        return None;
    }
    let number: Exact = value.value.as_ref()?.parse().ok()?;
    let interval = match &value.interval {
        Some(ends) => Interval::between(&ends.low.parse().ok()?, &ends.high.parse().ok()?),
        None if uncertain => return None,
        None => Interval::between(&number, &number),
    };
    Some((number, interval))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellwether_contracts::kpi::{self, GroupValue};

    fn value(name: Option<&str>, number: &str, ends: Option<(&str, &str)>) -> KpiValue {
        KpiValue {
            kpi: "win_rate".to_owned(),
            group: vec![GroupValue {
                dimension: "owner".to_owned(),
                name: name.map(str::to_owned),
                rest: name.is_none(),
            }],
            value: Some(number.to_owned()),
            interval: ends.map(|(low, high)| kpi::Interval {
                low: low.to_owned(),
                high: high.to_owned(),
            }),
            ..KpiValue::default()
        }
    }

    fn ranks(mut values: Vec<KpiValue>, best: Best) -> Vec<Option<(u32, u32)>> {
        give(&mut values, &[("win_rate".to_owned(), best)].into());
        values
            .iter()
            .map(|value| value.rank.as_ref().map(|rank| (rank.rank, rank.sharing)))
            .collect()
    }

    #[test]
    fn overlapping_groups_share_a_rank() {
        let values = vec![
            value(Some("ann"), "0.5", Some(("0.4", "0.6"))),
            value(Some("bob"), "0.45", Some(("0.35", "0.55"))),
            value(Some("cy"), "0.2", Some(("0.1", "0.3"))),
            value(Some("dee"), "0.9", None),
            value(None, "0.7", Some(("0.6", "0.8"))),
        ];
        assert_eq!(
            ranks(values.clone(), Best::Highest),
            [Some((1, 2)), Some((1, 2)), Some((3, 1)), None, None],
            "one with too few items and the rest have none"
        );
        assert_eq!(
            ranks(values, Best::Lowest),
            [Some((2, 2)), Some((2, 2)), Some((1, 1)), None, None]
        );
    }

    #[test]
    fn certain_values_share_a_rank_where_they_are_equal() {
        let values = ["3", "7", "3", "1"].map(|number| value(Some(number), number, None));
        assert_eq!(
            ranks(values.to_vec(), Best::Highest),
            [Some((2, 2)), Some((1, 1)), Some((2, 2)), Some((4, 1))]
        );
    }

    #[test]
    fn without_groups_there_is_nothing_to_rank() {
        let message = QueryKpisRequest {
            ranks: true,
            ..QueryKpisRequest::default()
        };
        assert_eq!(wanted(&message).unwrap_err().violations[0].field, "ranks");
    }
}
