//! Subscriptions, from their table.

use super::millis;
use super::table::Table;

/// The dimensions that rows of subscriptions are to have beside their columns.
pub const DIMENSIONS: [&str; 3] = ["account_industry", "account_region", "account_segment"];

/// What was paid a month over some time. Instants are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paid {
    /// From when.
    pub from: i64,
    /// Until when; nothing = it still is.
    pub to: Option<i64>,
    /// Minor units of the reporting currency a month; nothing where there is no rate.
    pub monthly: Option<i64>,
}

/// One stretch of a subscription, from when it began until it ended. One that was taken up again later is another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The subscription's id.
    pub id: String,
    /// The account.
    pub account: String,
    /// The product.
    pub product: String,
    /// The industry, region and segment of the account, by name of the dimension; what is not known is left out.
    pub traits: Vec<(String, String)>,
    /// When the stretch began, in milliseconds since 1970.
    pub started: i64,
    /// When it ended; nothing = it runs.
    pub ended: Option<i64>,
    /// What was paid, in order; without gaps.
    pub paid: Vec<Paid>,
}

/// The stretches that rows of `subscriptions` tell of, by id and beginning. Account and product are those at its beginning.
#[must_use]
pub fn subscriptions(table: &Table) -> Vec<Subscription> {
    let record = table.place("subscription");
    let (from, to) = (table.place("valid_from"), table.place("valid_to"));
    let (started, amount) = (table.place("started_at"), table.place("home_amount"));
    let (account, product) = (table.place("account"), table.place("product"));
    let traits = DIMENSIONS.map(|name| (name, table.place(name)));
    let told = |row: usize| {
        let told = traits
            .iter()
            .map(|(name, place)| (*name, table.text(*place, row)));
        let told = told.filter(|(_, value)| !value.is_empty());
        told.map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    };
    let mut found: Vec<Subscription> = Vec::new();
    for row in table.by_record(record) {
        let Some(begun) = table.number(from, row).map(millis) else {
            continue;
        };
        let paid = Paid {
            from: begun,
            to: table.number(to, row).map(millis),
            monthly: table.number(amount, row),
        };
        let id = table.text(record, row);
        let started = table.number(started, row).map_or(begun, millis);
        match found.last_mut() {
            Some(last) if last.id == id && last.started == started => {
                last.ended = paid.to;
                last.paid.push(paid);
            }
            _ => found.push(Subscription {
                id: id.to_owned(),
                account: table.text(account, row).to_owned(),
                product: table.text(product, row).to_owned(),
                traits: told(row),
                started,
                ended: paid.to,
                paid: vec![paid],
            }),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::table::tests::table;
    use super::*;

    #[test]
    fn a_stretch_holds_all_that_was_paid_in_it() {
        let found = subscriptions(&table(&[
            "subscription account product #valid_from #valid_to #started_at #home_amount",
            "s1 acme Gold 2000 3000 1000 70",
            "s1 acme Basic 1000 2000 1000 50",
            "s1 acme Gold 8000 _ 8000 90",
            "s0 bolt _ 5000 _ _ _",
        ]));
        assert_eq!(found.len(), 3);
        assert_eq!(
            (found[0].id.as_str(), found[0].started, found[0].paid[0].monthly),
            ("s0", 5, None)
        );
        let first = &found[1];
        assert_eq!(
            (first.product.as_str(), first.started, first.ended),
            ("Basic", 1, Some(3))
        );
        assert_eq!(
            first.paid.iter().map(|paid| paid.monthly).collect::<Vec<_>>(),
            [Some(50), Some(70)]
        );
        assert_eq!((found[2].started, found[2].ended), (8, None));
    }
}
