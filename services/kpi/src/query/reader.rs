//! From counts to the measures of one KPI.

use bellwether_domain::exact::Exact;
use bellwether_domain::{Error, Result};

use super::interval::Products;
use super::money::Rates;
use super::periods::Span;
use super::plan::{Place, Plan, Read, Use, policy, wanted};
use super::reading::{Digit, Entity, Reading, Way, products, read, sums_of_products};
use crate::catalogue::{Dimension, Entities, Interval, Of, Rows};
use crate::scan::Counted;
use crate::table::{Dict, Storage};

/// What every scan counted: by scan, cut and task.
pub(super) type Counts = [Vec<Vec<Counted>>];

pub(super) fn counted(counts: &Counts, place: Place) -> &Counted {
    &counts[place.scan][place.cut][place.task]
}

/// What each record is of a measure in one cell.
pub(super) struct Part {
    /// What the records are.
    pub(super) kind: Dict,
    /// The code of each that was counted, and its value; `None` = it lacks an amount.
    pub(super) values: Vec<(u32, Option<Exact>)>,
    /// What a record that was not counted is of it.
    pub(super) none: Option<Exact>,
}

/// The code of an entity, a cell, and what it adds there.
pub(super) type Added = (u64, u64, Exact);

/// Reads the measures of a KPI.
pub(super) struct Reader<'a> {
    pub(super) used: &'a Use<'a>,
    pub(super) plan: &'a Plan<'a>,
    pub(super) spans: &'a [Span],
    pub(super) counts: &'a Counts,
    pub(super) rates: &'a Rates<'a>,
    /// Decimals of the home currency.
    pub(super) exponent: u32,
}

impl Reader<'_> {
    /// Its measures, and the sums of products that its interval needs.
    ///
    /// # Errors
    /// `FAILED_PRECONDITION` where an exchange rate is missing.
    pub(super) fn read(&self) -> Result<(Vec<Reading>, Products)> {
        let wanted = wanted(self.used.kpi);
        let mut readings = Vec::new();
        let mut values: Vec<Vec<Entity>> = Vec::new();
        for (index, measure) in self.used.kpi.measures.iter().enumerate() {
            let places = &self.used.places[index];
            let (reading, own) = match &measure.of {
                Of::Rows(rows) => (
                    self.rows(rows, places[0], measure.across.as_ref(), true)?,
                    Vec::new(),
                ),
                Of::Entities(entities) => {
                    let wanted = wanted.iter().any(|(a, b)| *a == index || *b == index);
                    self.entities(entities, places, wanted)?
                }
            };
            readings.push(reading);
            values.push(own);
        }
        Ok((readings, self.products(&wanted, &values)?))
    }

    /// What each record is of a measure in a cell, from what was counted by record; money is not rounded.
    ///
    /// # Errors
    /// `FAILED_PRECONDITION` where an exchange rate is missing.
    pub(super) fn part(&self, index: usize, cell: u64) -> Result<Part> {
        let measure = &self.used.kpi.measures[index];
        let places = &self.used.places[index];
        match &measure.of {
            Of::Rows(rows) => {
                let reading = self.rows(rows, places[0], measure.across.as_ref(), false)?;
                Ok(Part {
                    kind: rows.table.subject(),
                    values: reading.by_record(cell, self.used.space),
                    none: reading.nothing(),
                })
            }
            Of::Entities(entities) => {
                let (reading, values) = self.entities(entities, places, true)?;
                let of_cell = values
                    .into_iter()
                    .filter(|(key, _)| key % self.used.space == cell);
                let code = |key: u64| u32::try_from(key / self.used.space).unwrap_or_default();
                let values = of_cell.map(|(key, value)| (code(key), reading.tells(&value)));
                let Storage::Code(kind) = entities.entity.column().storage() else {
                    return Err(Error::internal("entities have no codes"));
                };
                Ok(Part {
                    kind,
                    values: values.filter(|(_, value)| value.is_some()).collect(),
                    none: reading.nothing(),
                })
            }
        }
    }

    /// How many entities a nested measure counts, and what each adds, by its code and the cell; money is not rounded.
    ///
    /// # Errors
    /// As [`Reader::part`].
    pub(super) fn each(&self, index: usize) -> Result<(u64, Vec<Added>)> {
        let Of::Entities(entities) = &self.used.kpi.measures[index].of else {
            return Err(Error::internal("rows are no entities"));
        };
        let (reading, values) = self.entities(entities, &self.used.places[index], true)?;
        let counted = reading.cells().map(|cell| reading.counts(cell).seen).sum();
        let space = self.used.space;
        let told = values.into_iter().filter_map(|(key, value)| {
            let value = reading.tells(&value)?;
            Some((key / space, key % space, value))
        });
        Ok((counted, told.collect()))
    }

    fn rows(&self, rows: &Rows, place: Place, across: Option<&Dimension>, rounded: bool) -> Result<Reading> {
        let days = self.rates.days(rows, policy(rows), self.spans);
        let way = Way {
            across: across.and_then(|dimension| self.digit(dimension)),
            rounded,
            days: &days,
            ..self.way(rows)
        };
        Reading::new(counted(self.counts, place), rows, self.rates, way)
    }

    fn entities(
        &self,
        entities: &Entities,
        places: &[Place],
        wanted: bool,
    ) -> Result<(Reading, Vec<Entity>)> {
        let own = entities.measures.iter().zip(places);
        let own = own
            .map(|(rows, place)| self.rows(rows, *place, None, false))
            .collect::<Result<Vec<_>>>()?;
        let way = Way {
            rounded: true,
            ..self.way(&entities.measures[0])
        };
        let space = (self.used.space, self.spans.len() as u64);
        Ok(read(entities, &own, space, way, wanted))
    }

    fn way(&self, rows: &Rows) -> Way<'static> {
        let own = matches!(
            self.used.kpi.interval,
            Some(Interval::Quantile(_) | Interval::Greenwood(_))
        );
        Way {
            policy: policy(rows),
            exponent: self.exponent,
            across: None,
            rounded: true,
            intervals: own,
            days: &[],
        }
    }

    fn products(&self, wanted: &[(usize, usize)], values: &[Vec<Entity>]) -> Result<Products> {
        let mut found = Products::new();
        for pair in &self.used.pairs {
            let Of::Rows(rows) = &self.used.kpi.measures[pair.measures.0].of else {
                continue;
            };
            let counted = counted(self.counts, pair.place);
            let sums = match pair.read {
                Read::Seen => {
                    let seen = counted.cells.iter();
                    seen.map(|(cell, acc)| (*cell, Exact::from(acc.seen))).collect()
                }
                Read::Sum(scales) => {
                    let way = Way {
                        policy: self.used.kpi.definition.currency,
                        ..self.way(rows)
                    };
                    sums_of_products(counted, scales, self.rates, way)?
                }
            };
            found.insert(pair.measures, sums);
        }
        for (a, b) in wanted
            .iter()
            .filter(|pair| !found.contains_key(pair))
            .copied()
            .collect::<Vec<_>>()
        {
            found.insert((a, b), products(&values[a], &values[b], self.used.space));
        }
        Ok(found)
    }

    /// Where a dimension stands in the numbers of cells.
    fn digit(&self, dimension: &Dimension) -> Option<Digit> {
        let groups = |dimension: &Dimension| self.plan.names[dimension].len();
        let dimensions = &self.used.dimensions;
        let place = dimensions.iter().position(|one| one == dimension)?;
        let faster = dimensions[place + 1..].iter().map(groups).product::<u64>();
        Some(Digit {
            stride: faster * self.spans.len() as u64,
            groups: groups(dimension),
        })
    }
}
