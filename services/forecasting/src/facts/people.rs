//! Reps and when they came to reach their quotas, from the table of ramps.

use bellwether_domain::{Instant, Zone};

use super::table::Table;
use crate::retention::Rep;

/// The reps that rows of `ramps` tell of, by name. What would lie before the first day is taken for that day.
#[must_use]
pub fn ramping(table: &Table, zone: &Zone) -> Vec<Rep> {
    let owner = table.place("owner");
    let day = |name: &str| {
        let place = table.place(name);
        move |row: usize| {
            let at = table.number(place, row)?;
            Some(zone.date_of(Instant::from_micros(at)).days())
        }
    };
    let (started, ramped, left) = (day("started_at"), day("ramped_at"), day("left_at"));
    let rep = |row: usize| {
        let start = started(row)?;
        Some(Rep {
            id: table.text(owner, row).to_owned(),
            start,
            ramped: ramped(row).map(|day| day.max(start)),
            left: left(row).map(|day| day.max(start)),
        })
    };
    table.by_record(owner).into_iter().filter_map(rep).collect()
}

#[cfg(test)]
mod tests {
    use super::super::table::tests::table;
    use super::*;

    #[test]
    fn a_rep_is_told_by_days() {
        let micros = |day: i64| day * 86_400_000_000;
        let lines = [
            "owner #valid_from #started_at #ramped_at #left_at".to_owned(),
            format!("bob {0} {0} _ {1}", micros(10), micros(5)),
            format!("ann {0} {0} {1} _", micros(10), micros(90)),
            "cy _ _ _ _".to_owned(),
        ];
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let found = ramping(&table(&lines), &Zone::utc());
        let told: Vec<_> = found
            .iter()
            .map(|rep| (rep.id.as_str(), rep.start, rep.ramped, rep.left))
            .collect();
        assert_eq!(told, [("ann", 10, Some(90), None), ("bob", 10, None, Some(10))]);
    }
}
