//! Facts made by hand for tests: deals become rows of the tables that tell of them.

mod source;

use std::collections::{BTreeMap, HashMap};

use bellwether_domain::exact::Exact;
use bellwether_domain::settings::Settings;
use bellwether_domain::{Instant, When};

use crate::table::{Column, Dict, NULL, Storage, Table};
use crate::tenant::{Attribute, Dictionary};

/// A deal as a test tells it.
#[derive(Debug, Clone)]
pub(crate) struct Deal {
    pub(crate) created: &'static str,
    pub(crate) closed: Option<&'static str>,
    pub(crate) outcome: &'static str,
    /// Minor units.
    pub(crate) amount: Option<i64>,
    /// The amount while it is open, when that is another.
    pub(crate) listed: Option<i64>,
    pub(crate) currency: &'static str,
    pub(crate) owner: &'static str,
    pub(crate) account: &'static str,
    pub(crate) product: &'static str,
    pub(crate) loss_reason: &'static str,
    /// new, expansion, cross_sell, renewal or nothing.
    pub(crate) business: &'static str,
    pub(crate) campaign: &'static str,
    pub(crate) units: i64,
    pub(crate) qualified: bool,
    pub(crate) reopened: Option<&'static str>,
    /// Known from this sequence number on.
    pub(crate) seq: u64,
    /// Retracted at this one.
    pub(crate) gone: u64,
}

impl Deal {
    /// A deal of 100 USD by Ann, created on 2017-01-01.
    pub(crate) const OPEN: Self = Self {
        created: "2017-01-01",
        closed: None,
        outcome: "",
        amount: Some(10_000),
        listed: None,
        currency: "USD",
        owner: "Ann",
        account: "Acme",
        product: "Pen",
        loss_reason: "",
        business: "",
        campaign: "",
        units: 1_000_000,
        qualified: true,
        reopened: None,
        seq: 1,
        gone: u64::MAX,
    };

    pub(crate) fn won(closed: &'static str, amount: i64) -> Self {
        Self {
            closed: Some(closed),
            outcome: "won",
            amount: Some(amount),
            ..Self::OPEN
        }
    }

    pub(crate) fn lost(closed: &'static str, loss_reason: &'static str) -> Self {
        Self {
            closed: Some(closed),
            outcome: "lost",
            loss_reason,
            ..Self::OPEN
        }
    }
}

#[derive(Debug, Clone)]
struct Row {
    values: HashMap<Column, i64>,
    known: (u64, u64),
}

/// Facts made by hand.
#[derive(Debug, Clone)]
pub(crate) struct Fixture {
    pub(crate) settings: Settings,
    pub(crate) head: u64,
    /// Rows in a morsel.
    pub(crate) morsel: usize,
    pub(crate) rates: Vec<(&'static str, i32, Option<&'static str>, Exact)>,
    /// Who reports to whom, by id.
    pub(crate) reports: Vec<(&'static str, &'static str)>,
    /// Which account was merged into which, or (true) is below which, by id.
    pub(crate) folds: Vec<(&'static str, &'static str, bool)>,
    /// Which rep is in which team, by code; no team is above another.
    members: Vec<(u32, u32)>,
    dictionaries: BTreeMap<Dict, Dictionary>,
    /// The code of the deal whose rows are added.
    deal: i64,
    rows: HashMap<Table, Vec<Row>>,
    attributes: HashMap<Attribute, Vec<Vec<(i64, u32)>>>,
}

impl Fixture {
    pub(crate) fn new(deals: &[Deal]) -> Self {
        Self::in_zone(deals, Settings::default())
    }

    pub(crate) fn in_zone(deals: &[Deal], settings: Settings) -> Self {
        let mut fixture = Self {
            settings,
            head: 10,
            morsel: 3,
            rates: Vec::new(),
            reports: Vec::new(),
            members: Vec::new(),
            folds: Vec::new(),
            dictionaries: Dict::ALL
                .into_iter()
                .map(|dict| (dict, Dictionary::new()))
                .collect(),
            deal: 0,
            rows: HashMap::new(),
            attributes: HashMap::new(),
        };
        for deal in deals {
            fixture.add(deal);
        }
        fixture
    }

    /// Tells that a rep's or account's attribute has a value from a day on.
    pub(crate) fn attribute_from(&mut self, attribute: Attribute, entity: &str, day: &str, value: &str) {
        let entity = self.code(attribute.entity(), entity) as usize;
        let at = self.micros(day);
        let value = u32::try_from(self.code(Dict::Attribute, value)).unwrap();
        let points = self.attributes.entry(attribute).or_default();
        points.resize(points.len().max(entity + 1), Vec::new());
        points[entity].push((at, value));
    }

    /// Tells that a rep is in a team, and always was.
    pub(crate) fn in_team(&mut self, rep: &str, team: &str) {
        let codes = (self.code(Dict::Rep, rep), self.code(Dict::Team, team));
        self.members
            .push((u32::try_from(codes.0).unwrap(), u32::try_from(codes.1).unwrap()));
    }

    /// The same facts in another order.
    pub(crate) fn reversed(mut self) -> Self {
        for rows in self.rows.values_mut() {
            rows.reverse();
        }
        self
    }

    pub(crate) fn micros(&self, when: &str) -> i64 {
        when.parse::<When>()
            .unwrap()
            .start_in(&self.settings.zone)
            .as_micros()
    }

    fn code(&mut self, dict: Dict, name: &str) -> i64 {
        i64::from(self.dictionaries.get_mut(&dict).unwrap().intern(name))
    }

    fn add(&mut self, deal: &Deal) {
        self.deal = self.code(
            Dict::Deal,
            &format!("deal {}", self.dictionaries[&Dict::Deal].len()),
        );
        let created = self.micros(deal.created);
        let closed = deal.closed.map_or(i64::MAX, |closed| self.micros(closed));
        let reopened = deal.reopened.map_or(i64::MAX, |reopened| self.micros(reopened));
        self.put(Table::OpenDeals, deal, created, closed);
        self.put(Table::CreatedDeals, deal, created, reopened);
        if deal.reopened.is_some() {
            self.put(Table::CreatedDeals, deal, created, i64::MAX);
        }
        if deal.closed.is_some() {
            self.put(Table::Closings, deal, closed, reopened);
            if deal.reopened.is_some() {
                self.put(Table::OpenDeals, deal, reopened, i64::MAX);
            }
            if deal.outcome == "won" {
                self.put(Table::WonLines, deal, closed, reopened);
                self.put(Table::Credits, deal, closed, reopened);
            }
        }
    }

    /// Adds a row that holds from an instant to another (empty = forever), with names, instants, days and numbers as they
    /// are written; empty = missing.
    pub(crate) fn row(&mut self, table: Table, (from, to): (&str, &str), told: &[(Column, &str)]) {
        let from = self.micros(from);
        let to = if to.is_empty() { i64::MAX } else { self.micros(to) };
        let day = self.settings.zone.date_of(Instant::from_micros(from)).days();
        let mut values: HashMap<Column, i64> = table
            .columns()
            .iter()
            .map(|column| (*column, if column.storage() == Storage::I64 { NULL } else { 0 }))
            .collect();
        for (column, text) in told {
            let value = match column.storage() {
                Storage::Code(dict) => self.code(dict, text),
                _ if text.is_empty() => NULL,
                _ => text.parse().unwrap_or_else(|_| self.micros(text)),
            };
            values.insert(*column, value);
        }
        values.extend([
            (Column::ValidFrom, from),
            (Column::ValidTo, to),
            (Column::Day, i64::from(day)),
        ]);
        let known = (1, u64::MAX);
        self.rows.entry(table).or_default().push(Row { values, known });
    }

    fn put(&mut self, table: Table, deal: &Deal, from: i64, to: i64) {
        let zone = self.settings.zone.clone();
        let created = self.micros(deal.created);
        let open = matches!(table, Table::OpenDeals | Table::CreatedDeals);
        let amount = deal.listed.filter(|_| open).or(deal.amount);
        let currency = if deal.amount.is_some() { deal.currency } else { "" };
        let values = [
            (Column::ValidFrom, from),
            (Column::ValidTo, to),
            (
                Column::Day,
                i64::from(zone.date_of(Instant::from_micros(from)).days()),
            ),
            (Column::Amount, amount.unwrap_or(NULL)),
            (Column::Cycle, from - created),
            (Column::Units, deal.units),
            (Column::Qualified, i64::from(deal.qualified)),
            (Column::Deal, self.deal),
            (Column::Owner, self.code(Dict::Rep, deal.owner)),
            (Column::Account, self.code(Dict::Account, deal.account)),
            (Column::Product, self.code(Dict::Product, deal.product)),
            (Column::LossReason, self.code(Dict::LossReason, deal.loss_reason)),
            (Column::Type, self.code(Dict::Type, deal.business)),
            (Column::Campaign, self.code(Dict::Campaign, deal.campaign)),
            (Column::Currency, self.code(Dict::Currency, currency)),
            (Column::Outcome, self.code(Dict::Outcome, deal.outcome)),
            (Column::CreatedAt, created),
            (Column::Share, 1_000_000),
            (Column::Primary, 1),
        ];
        let mut row = Row {
            values: values.into_iter().collect(),
            known: (deal.seq, deal.gone),
        };
        // What became of it is told until that is taken back, and then anew.
        let told_anew = deal.reopened.is_some() && to == i64::MAX;
        if table == Table::CreatedDeals && told_anew {
            let since = deal.reopened.map_or(NULL, |reopened| self.micros(reopened));
            row.values.insert(Column::Since, since);
        } else if let (Table::CreatedDeals, Some(closed)) = (table, deal.closed) {
            let won = deal.outcome == "won";
            let column = if won { Column::WonAt } else { Column::LostAt };
            row.values.insert(column, self.micros(closed));
        }
        self.rows.entry(table).or_default().push(row);
    }
}
