//! Deals, from the tables of open deals and closings.

use std::collections::BTreeMap;

use bellwether_domain::{Instant, Zone};

use super::millis;
use super::table::{Place, Table};
use crate::pipeline::{Closing, Deal, Outcome, Spell, Undone};

/// The dimensions that rows of deals are to have beside their columns.
pub const DIMENSIONS: [&str; 6] = [
    "team",
    "region",
    "territory",
    "account_industry",
    "account_region",
    "account_segment",
];

/// What is told of a deal that does not change, in the order of the columns that tell it.
pub const TRAITS: [&str; 12] = [
    "account",
    "account_industry",
    "account_region",
    "account_segment",
    "campaign",
    "competitor",
    "pipeline",
    "product",
    "product_family",
    "source",
    "territory",
    "type",
];

/// One million: probabilities are in millionths.
const WHOLE: f64 = 1_000_000.0;

/// The deals that rows of `open_deals` and `closings` tell of, by id, as of an instant; `zone` says which day an expected
/// close is.
///
/// Traits are those of the first row of a deal: what was learned of it later is none. The closing is the one that stands
/// at as-of; a deal that was reopened has none, but what it had is kept: somebody who looked in between saw it closed.
/// Amounts are those in the reporting currency, and missing without a rate.
#[must_use]
pub fn deals(open: &Table, closings: &Table, as_of: Instant, zone: &Zone) -> Vec<Deal> {
    let mut found: BTreeMap<String, Deal> = BTreeMap::new();
    let told = OpenDeals::of(open);
    for row in open.by_record(told.record.deal) {
        let Some(spell) = told.spell(open, row, zone) else {
            continue;
        };
        let deal = told.record.deal(open, row, spell.from, &mut found);
        deal.spells.push(spell);
    }
    let ends = Closings::of(closings);
    for row in closings.by_record(ends.record.deal) {
        let Some(closing) = ends.closing(closings, row) else {
            continue;
        };
        let created = closings.number(ends.created_at, row).map_or(closing.at, millis);
        let deal = ends
            .record
            .deal(closings, row, created.min(closing.at), &mut found);
        // A row is seen as of the instant at which it ends, too.
        let undone = closings.number(ends.valid_to, row);
        match undone.filter(|until| *until < as_of.as_micros()).map(millis) {
            Some(until) => deal.undone.push(Undone { closing, until }),
            // Rows are in the order of their instants: of several that stand the last counts.
            None => deal.closing = Some(closing),
        }
    }
    found.into_values().collect()
}

/// What rows of both tables tell of the deal itself.
struct Record {
    deal: Place,
    owner: Place,
    team: Place,
    amount: Place,
    valid_from: Place,
    traits: Vec<(&'static str, Place)>,
}

impl Record {
    fn of(table: &Table) -> Self {
        Self {
            deal: table.place("deal"),
            owner: table.place("owner"),
            team: table.place("team"),
            amount: table.place("home_amount"),
            valid_from: table.place("valid_from"),
            traits: TRAITS.map(|name| (name, table.place(name))).into(),
        }
    }

    /// The deal of a row, which began at `created` or before.
    fn deal<'a>(
        &self,
        table: &Table,
        row: usize,
        created: i64,
        found: &'a mut BTreeMap<String, Deal>,
    ) -> &'a mut Deal {
        let id = table.text(self.deal, row);
        let deal = found.entry(id.to_owned()).or_insert_with(|| Deal {
            id: id.to_owned(),
            created,
            spells: Vec::new(),
            closing: None,
            undone: Vec::new(),
            traits: self.traits(table, row),
        });
        deal.created = deal.created.min(created);
        deal
    }

    fn traits(&self, table: &Table, row: usize) -> BTreeMap<String, String> {
        let told = self
            .traits
            .iter()
            .map(|(name, place)| (*name, table.text(*place, row)));
        told.filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }
}

struct OpenDeals {
    record: Record,
    valid_to: Place,
    stage: Place,
    probability: Place,
    expected: Place,
    category: Place,
    pushes: Place,
}

impl OpenDeals {
    fn of(table: &Table) -> Self {
        Self {
            record: Record::of(table),
            valid_to: table.place("valid_to"),
            stage: table.place("stage"),
            probability: table.place("probability"),
            expected: table.place("expected_day"),
            category: table.place("category"),
            pushes: table.place("pushes"),
        }
    }

    fn spell(&self, table: &Table, row: usize, zone: &Zone) -> Option<Spell> {
        let day = |at: i64| zone.date_of(Instant::from_micros(at)).days();
        let chance = table.number(self.probability, row);
        let chance = chance.map(|millionths| millionths as f64 / WHOLE);
        let pushes = table.number(self.pushes, row).unwrap_or(0);
        Some(Spell {
            from: millis(table.number(self.record.valid_from, row)?),
            to: table.number(self.valid_to, row).map(millis),
            stage: table.text(self.stage, row).to_owned(),
            stage_probability: chance.filter(|chance| (0.0..=1.0).contains(chance)),
            amount: table.number(self.record.amount, row),
            expected_close: table.number(self.expected, row).map(day),
            owner: table.text(self.record.owner, row).to_owned(),
            team: table.text(self.record.team, row).to_owned(),
            category: table.text(self.category, row).to_owned(),
            pushes: u32::try_from(pushes.max(0)).unwrap_or(u32::MAX),
        })
    }
}

struct Closings {
    record: Record,
    valid_to: Place,
    outcome: Place,
    created_at: Place,
}

impl Closings {
    fn of(table: &Table) -> Self {
        Self {
            record: Record::of(table),
            valid_to: table.place("valid_to"),
            outcome: table.place("outcome"),
            created_at: table.place("created_at"),
        }
    }

    fn closing(&self, table: &Table, row: usize) -> Option<Closing> {
        let outcome = match table.text(self.outcome, row) {
            "won" => Outcome::Won,
            "lost" => Outcome::Lost,
            "no_decision" => Outcome::NoDecision,
            _ => return None,
        };
        Some(Closing {
            at: millis(table.number(self.record.valid_from, row)?),
            outcome,
            amount: table.number(self.record.amount, row),
            owner: table.text(self.record.owner, row).to_owned(),
            team: table.text(self.record.team, row).to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::tests::table;
    use super::*;

    const DAY: i64 = 86_400_000_000;

    fn read(open: &[&str], closed: &[&str]) -> Vec<Deal> {
        read_at(open, closed, 100_000 * DAY)
    }

    fn read_at(open: &[&str], closed: &[&str], as_of: i64) -> Vec<Deal> {
        let zone = Zone::named("America/New_York").unwrap();
        deals(&table(open), &table(closed), Instant::from_micros(as_of), &zone)
    }

    const CLOSED: &str = "deal owner team outcome source #valid_from #valid_to #created_at #home_amount";

    #[test]
    fn spells_and_the_closing_that_stands_make_a_deal() {
        // 2017-03-01 begins five hours after midnight UTC in New York.
        let expected = 17_226 * DAY + 5 * 3_600_000_000;
        let open = [
            "deal owner team stage category source #valid_from #valid_to #home_amount #probability #pushes #expected_day",
            &format!("b ann West Late commit _ {} _ 700 250000 2 {expected}", 2 * DAY),
            &format!("b ann West Early _ web {DAY} {} 500 _ 0 _", 2 * DAY),
            "a _ _ Early _ _ 5000 _ _ 1000001 -3 _",
        ];
        let found = read(&open, &[CLOSED]);
        assert_eq!(
            found.iter().map(|deal| deal.id.as_str()).collect::<Vec<_>>(),
            ["a", "b"]
        );
        let (a, b) = (&found[0], &found[1]);
        assert_eq!(
            (a.created, a.spells[0].stage_probability, a.spells[0].pushes),
            (5, None, 0)
        );
        assert_eq!((b.created, b.spells.len()), (86_400_000, 2));
        let late = &b.spells[1];
        assert_eq!(
            (late.from, late.to, late.amount),
            (2 * 86_400_000, None, Some(700))
        );
        assert_eq!(
            (late.stage_probability, late.pushes, late.expected_close),
            (Some(0.25), 2, Some(17_226))
        );
        assert_eq!(
            (late.owner.as_str(), late.team.as_str(), late.category.as_str()),
            ("ann", "West", "commit")
        );
        assert_eq!(b.spells[0].to, Some(2 * 86_400_000));
        assert_eq!(
            b.traits,
            BTreeMap::from([("source".to_owned(), "web".to_owned())])
        );
    }

    #[test]
    fn a_win_that_was_taken_back_is_no_closing_but_was_one() {
        let open = [
            "deal stage #valid_from #valid_to",
            "a Early 1000 3000",
            "a Early 5000 7000",
            "b Early 1000 2000",
        ];
        let closed = [
            CLOSED,
            "a ann West won web 3000 5000 1000 900",
            "a bob East lost web 7000 _ 1000 _",
            "b ann West won web 2000 4000 1000 900",
        ];
        let found = read(&open, &closed);
        let closing = found[0].closing.as_ref().unwrap();
        assert_eq!(
            (closing.at, closing.outcome, closing.amount),
            (7, Outcome::Lost, None)
        );
        assert_eq!((closing.owner.as_str(), closing.team.as_str()), ("bob", "East"));
        assert_eq!(found[1].closing, None);
        let undone = |deal: &Deal| -> Vec<(i64, Outcome, i64)> {
            let undone = deal.undone.iter();
            undone
                .map(|one| (one.closing.at, one.closing.outcome, one.until))
                .collect()
        };
        assert_eq!(undone(&found[0]), [(3, Outcome::Won, 5)]);
        assert_eq!(undone(&found[1]), [(2, Outcome::Won, 4)]);
        // As of its last instant and before, nobody knew that it would not last.
        for as_of in [3_500, 4_000] {
            let found = read_at(&open, &closed, as_of);
            let closing = found[1].closing.as_ref();
            assert_eq!(closing.map(|end| (end.at, end.outcome)), Some((2, Outcome::Won)));
            assert_eq!(undone(&found[1]), []);
        }
    }

    #[test]
    fn a_deal_that_was_never_open_is_one() {
        let found = read(
            &["deal stage #valid_from"],
            &[CLOSED, "x ann _ no_decision _ 9000 _ 4000 _", "y _ _ _ _ 1 _ _ _"],
        );
        assert_eq!(found.len(), 1, "what has no outcome did not end");
        assert_eq!((found[0].created, found[0].spells.len()), (4, 0));
        assert_eq!(found[0].closing.as_ref().unwrap().outcome, Outcome::NoDecision);
    }

    #[test]
    fn the_order_of_rows_does_not_matter() {
        let rows = [
            "a One 1000 2000",
            "a Two 2000 3000",
            "b One 1500 _",
            "a Three 3000 _",
        ];
        let header = "deal stage #valid_from #valid_to";
        let one = read(&[header, rows[0], rows[1], rows[2], rows[3]], &[CLOSED]);
        let other = read(&[header, rows[3], rows[2], rows[1], rows[0]], &[CLOSED]);
        assert_eq!(one, other);
    }
}
