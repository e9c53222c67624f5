//! How a KPI grows while its period goes on, read from what it is made of.

use crate::catalogue::{Aggregate, Class, Kpi, Measure, Of, Rows, Window};
use crate::formula::Growth;

/// How a KPI's value grows with its period.
#[must_use]
pub fn growth(kpi: &Kpi) -> Growth {
    kpi.formula.growth(&|index| of_measure(&kpi.measures[index]))
}

/// Whether it is a state of things at an instant, which is counted and not estimated.
#[must_use]
pub fn is_state(kpi: &Kpi) -> bool {
    let single = kpi.formula.single().map(|index| &kpi.measures[index].of);
    single.is_some_and(|of| match of {
        Of::Rows(rows) => {
            rows.class == Class::Stock
                && matches!(
                    rows.aggregate,
                    Aggregate::Count | Aggregate::Sum | Aggregate::Distinct
                )
        }
        Of::Entities(_) => false,
    })
}

fn of_measure(measure: &Measure) -> Growth {
    match &measure.of {
        Of::Rows(rows) => of_rows(rows),
        Of::Entities(entities) => {
            let flows = entities.measures.iter().all(|rows| rows.class == Class::Flow);
            match entities.aggregate {
                Aggregate::Count | Aggregate::Sum if flows => Growth::Grows,
                _ => Growth::Stands,
            }
        }
    }
}

fn of_rows(rows: &Rows) -> Growth {
    if rows.class != Class::Flow || rows.window != Window::This {
        return Growth::Stands;
    }
    match rows.aggregate {
        // Where a second instant must lie in the period too, a day has less than its part.
        Aggregate::Count | Aggregate::Sum if rows.due.is_none() => Growth::Adds,
        Aggregate::Count | Aggregate::Sum | Aggregate::Distinct => Growth::Grows,
        _ => Growth::Stands,
    }
}
