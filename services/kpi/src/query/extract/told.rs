//! From codes to names and from amounts to the tenant's currency.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use bellwether_domain::Currency;
use bellwether_domain::exact::Exact;

use super::super::groups::first_parts;
use super::super::when::Moment;
use super::Values;
use super::columns::{Kind, OfRecord, Told, Words, is_ahead, number};
use crate::facts::Row;
use crate::table::{Column, Dict, NULL, Storage, Table};
use crate::tenant::{TENURES, TenantFacts};

/// A currency by its code, and a day.
type RateOf = (u32, i32);

/// What the values of an extract are called.
#[derive(Debug)]
pub(super) struct Teller {
    table: Table,
    as_of: i64,
    seq: u64,
    home: Currency,
    /// What reps and teams are called, index = code; empty where no column names any.
    names: HashMap<Dict, Vec<Arc<str>>>,
    /// Minor units of the home currency per minor unit of another; `None` = there is no rate.
    rates: RefCell<HashMap<RateOf, Option<Exact>>>,
}

impl Teller {
    pub(super) fn new(facts: &TenantFacts, table: Table, columns: &[Told], moment: &Moment) -> Self {
        let mut names = HashMap::new();
        for told in columns {
            if let Told::Column(column) = told
                && let Storage::Code(dict @ (Dict::Rep | Dict::Team)) = column.storage()
            {
                names
                    .entry(dict)
                    .or_insert_with(|| facts.display_names(dict, moment.seq));
            }
        }
        Self {
            table,
            as_of: moment.as_of.as_micros(),
            seq: moment.seq,
            home: moment.settings.currency,
            names,
            rates: RefCell::default(),
        }
    }

    /// The values of a column in some rows.
    pub(super) fn values(&self, facts: &TenantFacts, told: &Told, rows: &[Row]) -> Values {
        match told {
            Told::Column(column) if told.kind() == Kind::Text => {
                let name = |code: u32| self.name(facts, *column, code);
                let code = |row: &Row| {
                    if is_ahead(self.table, *column, row, self.as_of) {
                        0
                    } else {
                        code_of(row, *column)
                    }
                };
                texts(rows, code, name)
            }
            Told::Column(column) => {
                let column = *column;
                numbers(rows, |row| number(self.table, column, row, self.as_of))
            }
            Told::Home => numbers(rows, |row| self.home(facts, row)),
            Told::Dimension(dimension) => {
                let code = |row: &Row| dimension.array.at(code_of(row, dimension.of), row.valid_from());
                texts(rows, code, |code| word(facts, dimension, code))
            }
        }
    }

    fn name(&self, facts: &TenantFacts, column: Column, code: u32) -> String {
        let Storage::Code(dict) = column.storage() else {
            return String::new();
        };
        let known = self.names.get(&dict).and_then(|names| names.get(code as usize));
        match known {
            Some(name) => name.to_string(),
            None => facts.dictionary(dict).name(code).to_owned(),
        }
    }

    /// The amount of a row in minor units of the home currency, at the rate of the row's day, rounded half to even.
    fn home(&self, facts: &TenantFacts, row: &Row) -> Option<i64> {
        let amount = row.get(Column::Amount);
        if amount == NULL {
            return None;
        }
        let of = (code_of(row, Column::Currency), row.day());
        let mut rates = self.rates.borrow_mut();
        let rate = rates.entry(of).or_insert_with(|| self.rate(facts, of)).as_ref()?;
        let converted = Exact::from(amount) * rate;
        i64::try_from(converted.round_half_even_to_integer()).ok()
    }

    fn rate(&self, facts: &TenantFacts, (code, day): RateOf) -> Option<Exact> {
        let from: Currency = facts.dictionary(Dict::Currency).name(code).parse().ok()?;
        if from == self.home {
            return Some(Exact::one());
        }
        let rate = facts.rate(from, self.home, day, None, self.seq)?;
        // Rates are between major units.
        let scale = Exact::from_scaled(1, from.exponent()) * Exact::from(10_i64.pow(self.home.exponent()));
        Some(rate * scale)
    }
}

fn code_of(row: &Row, column: Column) -> u32 {
    u32::try_from(row.get(column)).unwrap_or(0)
}

fn word(facts: &TenantFacts, dimension: &OfRecord, code: u32) -> String {
    let attribute = || facts.dictionary(Dict::Attribute).name(code);
    match dimension.words {
        Words::Attributes => attribute().to_owned(),
        Words::Parts(parts) => first_parts(attribute(), parts).to_string(),
        Words::Tenures => TENURES.get(code as usize).copied().unwrap_or_default().to_owned(),
        Words::Declared => facts.declared_values().name(code).to_owned(),
    }
}

fn numbers(rows: &[Row], number: impl Fn(&Row) -> Option<i64>) -> Values {
    let mut missing = Vec::new();
    let number = |(row, place): (&Row, u32)| {
        number(row).unwrap_or_else(|| {
            missing.push(place);
            0
        })
    };
    let numbers = rows.iter().zip(0..).map(number).collect();
    Values::Numbers { numbers, missing }
}

/// Codes of the texts that occur, in the order in which they do.
fn texts(rows: &[Row], code: impl Fn(&Row) -> u32, name: impl Fn(u32) -> String) -> Values {
    let (mut names, mut places): (Vec<String>, HashMap<u32, u32>) = (Vec::new(), HashMap::new());
    let mut place = |code: u32| {
        if code == 0 {
            return 0;
        }
        *places.entry(code).or_insert_with(|| {
            let name = name(code);
            if name.is_empty() {
                return 0;
            }
            names.push(name);
            u32::try_from(names.len()).unwrap_or(0)
        })
    };
    let codes = rows.iter().map(|row| place(code(row))).collect();
    Values::Texts { codes, names }
}
