//! Tasks: what makes two of them one, and how a measure, or the product of two, becomes one.

use bellwether_domain::Zone;

use super::super::axes::Periods;
use super::super::periods::Span;
use super::super::when::Moment;
use crate::catalogue::{Age, Aggregate, CurrencyPolicy, Lag, Rows, Scale, Timing};
use crate::expr::{BoundValue, Filter, Layout};
use crate::scan::{self, FactSource, Factor, Keep, MoneyBy, Quantity, Spread, Task};
use crate::table::{Column, Dict};

/// What makes two tasks the same.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shape {
    /// The conditions, sorted, without repeats and without the empty one.
    filters: Vec<String>,
    counted: Counted,
    keep: Keep,
    policy: CurrencyPolicy,
}

#[derive(Debug, Clone, PartialEq)]
enum Counted {
    Rows,
    /// An expression.
    Number(String),
    /// Two expressions, and whether each counts as 1 where it is not null.
    Product([(String, bool); 2]),
    Code(Column),
    Lag(Lag),
    Age(Age),
    /// An expression that belongs to days.
    Spread(String),
    /// An expression times a column, and whether the sum of the column is wanted too.
    Weighted(String, Column, bool),
    /// The days worked.
    WorkingDays,
}

/// What of a task's counts a sum of products is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::query) enum Read {
    /// How many rows have a value.
    Seen,
    /// The sum, in units of these scales multiplied.
    Sum([Scale; 2]),
}

/// What a measure adds up of a row.
enum Adds<'a> {
    One,
    Presence(&'a str),
    Value(&'a str),
}

impl Shape {
    /// The task of a measure.
    pub(super) fn of(rows: &Rows, policy: CurrencyPolicy) -> Self {
        let expression = || match (rows.age, rows.texts.0.as_str()) {
            (Some(age), _) => Counted::Age(age),
            (None, "") => Counted::Rows,
            (None, text) => Counted::Number(text.to_owned()),
        };
        let (counted, keep) = match rows.aggregate {
            Aggregate::Median | Aggregate::Quantile => (expression(), Keep::Values),
            Aggregate::WorkingDays => (Counted::WorkingDays, Keep::Sum),
            Aggregate::Spread => (Counted::Spread(rows.texts.0.clone()), Keep::Sum),
            Aggregate::Distinct => (rows.code.map_or(Counted::Rows, Counted::Code), Keep::Distinct),
            Aggregate::Curve | Aggregate::SurvivalQuantile => {
                let lag = rows.lag.map(|lag| Lag { within: None, ..lag });
                (lag.map_or(Counted::Rows, Counted::Lag), Keep::Values)
            }
            Aggregate::Started | Aggregate::Matured | Aggregate::Converted => {
                let windowed = rows.lag.filter(|lag| lag.within.is_some());
                (windowed.map_or(Counted::Rows, Counted::Lag), Keep::Sum)
            }
            Aggregate::Sum | Aggregate::WeightedMean if rows.weight.is_some() => {
                let mean = rows.aggregate == Aggregate::WeightedMean;
                let column = rows.weight.map_or(Column::Weight, |weight| weight.column);
                (Counted::Weighted(rows.texts.0.clone(), column, mean), Keep::Sum)
            }
            Aggregate::Count
            | Aggregate::Sum
            | Aggregate::Mean
            | Aggregate::WeightedMean
            | Aggregate::Share => (expression(), Keep::Sum),
        };
        Self {
            filters: filters(&[rows]),
            counted,
            keep,
            policy,
        }
    }

    /// The task that sums the products of two measures of the same items, and what of it that is.
    pub(super) fn of_pair(pair: [&Rows; 2], policy: CurrencyPolicy) -> (Self, Read) {
        let [a, b] = pair;
        let scale = |rows: &Rows| match adds(rows) {
            Adds::Value(_) => rows.scale,
            Adds::One | Adds::Presence(_) => Scale::Number,
        };
        let sum = Read::Sum([scale(a), scale(b)]);
        let plain = |text: &str| Counted::Number(text.to_owned());
        let (counted, read) = match (adds(a), adds(b)) {
            (Adds::One, Adds::One) => (Counted::Rows, Read::Seen),
            (Adds::One, Adds::Presence(x)) | (Adds::Presence(x), Adds::One) => (plain(x), Read::Seen),
            (Adds::Presence(x), Adds::Presence(y)) if x == y => (plain(x), Read::Seen),
            (Adds::One, Adds::Value(x)) | (Adds::Value(x), Adds::One) => (plain(x), sum),
            (Adds::Presence(x), Adds::Value(y)) | (Adds::Value(x), Adds::Presence(y)) if x == y => {
                (plain(x), sum)
            }
            (one, two) => (Counted::Product([one.factor(), two.factor()]), sum),
        };
        // A count of what has an amount is taken from the task that sums the amounts.
        let money = pair.iter().any(|rows| rows.scale == Scale::Money);
        let shape = Self {
            filters: filters(&pair),
            counted,
            keep: Keep::Sum,
            policy: if money { policy } else { CurrencyPolicy::None },
        };
        (shape, read)
    }

    /// The task itself, over measures that have its conditions and expressions.
    pub(super) fn task(
        &self,
        parts: &[&Rows],
        layout: &mut Layout,
        source: &dyn FactSource,
        (moment, spans): (&Moment, &[Span]),
        abroad: Option<u32>,
    ) -> Task {
        let dictionary = |dict: Dict| source.dictionary(dict);
        let bound = |text: &String, layout: &mut Layout| {
            let rows = parts.iter().find(|rows| rows.texts.1 == *text);
            let filter = rows.map_or(&Filter::Every, |rows| &rows.filter);
            filter.bind(layout, &dictionary)
        };
        let mut filters = Vec::new();
        for text in &self.filters {
            filters.push(bound(text, layout));
        }
        let quantity = self.quantity(parts, layout, source, (moment, spans));
        let money = abroad
            .filter(|_| self.policy != CurrencyPolicy::None)
            .map(|home| MoneyBy {
                currency: layout.place(Column::Currency),
                home,
                day: (self.policy == CurrencyPolicy::Booked).then(|| layout.place(Column::Day)),
            });
        Task {
            filters,
            // Every expression is one of the parts'.
            quantity: quantity.unwrap_or(Quantity::Rows),
            keep: self.keep,
            money,
        }
    }

    /// What is counted; `None` = an expression that is none of the parts', which cannot be.
    fn quantity(
        &self,
        parts: &[&Rows],
        layout: &mut Layout,
        source: &dyn FactSource,
        (moment, spans): (&Moment, &[Span]),
    ) -> Option<Quantity> {
        let dictionary = |dict: Dict| source.dictionary(dict);
        let number = |text: &str, layout: &mut Layout| {
            let value = parts.iter().find(|rows| rows.texts.0 == text)?.value.as_ref()?;
            Some(value.bind(layout, &dictionary))
        };
        match &self.counted {
            Counted::Rows => Some(Quantity::Rows),
            Counted::Number(text) => number(text, layout).map(Quantity::Number),
            Counted::Product(factors) => {
                let [one, two] = factors.each_ref().map(|(text, presence)| {
                    let value = number(text, layout)?;
                    Some(Factor {
                        value,
                        presence: *presence,
                    })
                });
                one.zip(two).map(|(one, two)| Quantity::Product([one, two]))
            }
            Counted::Weighted(text, column, mean) => {
                let value = number(text, layout)?;
                let weight = BoundValue::Column(layout.place(*column));
                let [value, weight] = [value, weight].map(|value| Factor {
                    value,
                    presence: false,
                });
                Some(match mean {
                    true => Quantity::Weighted([value, weight]),
                    false => Quantity::Product([value, weight]),
                })
            }
            Counted::WorkingDays => {
                let periods = Periods::of(parts[0]);
                Some(Quantity::WorkingDays(scan::WorkingDays::new(
                    (layout.place(Column::ValidFrom), layout.place(Column::ValidTo)),
                    periods.days_so_far(spans, moment),
                    &moment.settings,
                )))
            }
            Counted::Code(column) => {
                // An account that was merged is the one that is left.
                let fold = (*column == Column::Account).then(|| source.customers(false, moment.seq));
                Some(Quantity::Code(layout.place(*column), fold))
            }
            Counted::Spread(text) => number(text, layout).map(|value| {
                let periods = Periods::of(parts[0]);
                Quantity::Spread(Spread {
                    value,
                    days: (layout.place(Column::StartDay), layout.place(Column::EndDay)),
                    valid: (layout.place(Column::ValidFrom), layout.place(Column::ValidTo)),
                    periods: periods.days(spans, moment),
                    zone: moment.settings.zone.clone(),
                })
            }),
            Counted::Age(age) => {
                let periods = Periods::of(parts[0]);
                Some(Quantity::Age(scan::Age {
                    column: layout.place(age.column),
                    points: periods.points(spans, moment, age.clock),
                    zone: uneven(age.clock, moment),
                }))
            }
            Counted::Lag(lag) => Some(Quantity::Lag(bound_lag(lag, layout, moment))),
        }
    }
}

/// The zone, where its civil days are not 24 hours of the clock.
fn uneven(clock: Timing, moment: &Moment) -> Option<Zone> {
    let zone = &moment.settings.zone;
    (clock == Timing::Elapsed && *zone != Zone::utc()).then(|| zone.clone())
}

fn adds(rows: &Rows) -> Adds<'_> {
    match (rows.aggregate, rows.texts.0.as_str()) {
        (_, "") => Adds::One,
        (Aggregate::Count, text) => Adds::Presence(text),
        (_, text) => Adds::Value(text),
    }
}

impl Adds<'_> {
    fn factor(&self) -> (String, bool) {
        match self {
            // A pair with one of these is no product.
            Self::One => (String::new(), true),
            Self::Presence(text) => ((*text).to_owned(), true),
            Self::Value(text) => ((*text).to_owned(), false),
        }
    }
}

fn filters(parts: &[&Rows]) -> Vec<String> {
    let mut filters: Vec<String> = parts
        .iter()
        .filter(|rows| !matches!(rows.filter, Filter::Every))
        .map(|rows| rows.texts.1.clone())
        .collect();
    filters.sort_unstable();
    filters.dedup();
    filters
}

fn bound_lag(lag: &Lag, layout: &mut Layout, moment: &Moment) -> scan::Lag {
    let elapsed = lag.clock == Timing::Elapsed;
    scan::Lag {
        start: layout.place(lag.start),
        end: layout.place(lag.end),
        happened: layout.place(lag.happened),
        competes: lag.competes.map(|column| layout.place(column)),
        as_of: moment.as_of.as_micros(),
        clock: if elapsed {
            moment.as_of.as_micros()
        } else {
            moment.business()
        },
        zone: uneven(lag.clock, moment),
        within: lag.within.map(|within| within.micros),
    }
}
