//! Leads, from their table.

use super::millis;
use super::table::Table;

/// A lead: when it came, and what became of it. Instants are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lead {
    /// Its id.
    pub id: String,
    /// When it was created.
    pub created: i64,
    /// When marketing qualified it; nothing = not yet.
    pub mql: Option<i64>,
    /// When sales qualified it.
    pub sql: Option<i64>,
    /// When it was converted.
    pub converted: Option<i64>,
    /// When it was disqualified, if it still is.
    pub disqualified: Option<i64>,
    /// When a person first answered it.
    pub responded: Option<i64>,
    /// Who has it; empty = nobody.
    pub owner: String,
    /// The team of that owner.
    pub team: String,
    /// What is told of it, by name of the column: account, campaign, source, and of the account industry, region and
    /// segment. Empty texts are left out. As owner and team, what was unknown at its creation is as first stated later.
    pub traits: Vec<(String, String)>,
}

const TRAITS: [&str; 6] = [
    "account",
    "account_industry",
    "account_region",
    "account_segment",
    "campaign",
    "source",
];

/// The leads that rows of `leads` tell of, by id.
#[must_use]
pub fn leads(table: &Table) -> Vec<Lead> {
    let record = table.place("lead");
    let at = |name: &str| {
        let place = table.place(name);
        move |row: usize| table.number(place, row).map(millis)
    };
    let text = |name: &str| {
        let place = table.place(name);
        move |row: usize| table.text(place, row).to_owned()
    };
    let traits = TRAITS.map(|name| (name, table.place(name)));
    let (created, mql, sql) = (at("valid_from"), at("mql_at"), at("sql_at"));
    let (converted, disqualified, responded) =
        (at("converted_at"), at("disqualified_at"), at("responded_at"));
    let (owner, team) = (text("owner"), text("team"));
    let lead = |row: usize| {
        let told = traits
            .iter()
            .map(|(name, place)| (*name, table.text(*place, row)));
        let told = told.filter(|(_, value)| !value.is_empty());
        Some(Lead {
            id: table.text(record, row).to_owned(),
            created: created(row)?,
            mql: mql(row),
            sql: sql(row),
            converted: converted(row),
            disqualified: disqualified(row),
            responded: responded(row),
            owner: owner(row),
            team: team(row),
            traits: told
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        })
    };
    let mut found: Vec<Lead> = table.by_record(record).into_iter().filter_map(lead).collect();
    found.dedup_by(|later, earlier| later.id == earlier.id);
    found
}

#[cfg(test)]
mod tests {
    use super::super::table::tests::table;
    use super::*;

    #[test]
    fn a_lead_is_told_with_what_became_of_it() {
        let found = leads(&table(&[
            "lead owner team source campaign #valid_from #mql_at #converted_at #disqualified_at",
            "l2 ann West web _ 2000 3000 9000 _",
            "l1 _ _ _ fair 1000 _ _ 4000",
        ]));
        assert_eq!(found.len(), 2);
        let (one, other) = (&found[0], &found[1]);
        assert_eq!(
            (one.id.as_str(), one.created, one.disqualified),
            ("l1", 1, Some(4))
        );
        assert_eq!(one.traits, [("campaign".to_owned(), "fair".to_owned())]);
        assert_eq!((other.mql, other.sql, other.converted), (Some(3), None, Some(9)));
        assert_eq!((other.owner.as_str(), other.team.as_str()), ("ann", "West"));
    }
}
