//! How long rows waited, as curves: the share that has ended by an age, and the age by which a share has.

use bellwether_domain::exact::Exact;
use bellwether_stats::{AalenJohansen, Ending, Estimate, Interval, KaplanMeier};

use super::{Reading, Way};
use crate::catalogue::{Aggregate, Rows};
use crate::scan::{Counted, Ended, Wait};

impl Reading {
    /// Reads curves from single waits.
    pub(super) fn waits(&mut self, counted: &Counted, rows: &Rows, way: Way<'_>) {
        let by_cell = counted.values.map(|cell, codes| {
            let waits: Vec<Wait> = codes.into_iter().map(Wait::from_code).collect();
            (cell, waits)
        });
        for (cell, waits) in by_cell {
            let competing = rows.lag.is_some_and(|lag| lag.competes.is_some());
            if rows.aggregate == Aggregate::Curve {
                let age = rows
                    .lag
                    .and_then(|lag| lag.within)
                    .map_or(0, |within| within.micros);
                let Some(ended) = ended_by(&waits, age, competing) else {
                    continue;
                };
                self.values.insert(cell, ended.share);
                self.intervals
                    .extend(ended.interval.map(|interval| (cell, interval)));
                continue;
            }
            if competing {
                let age = AalenJohansen::new(&endings(&waits)).and_then(|curve| curve.quantile(&rows.q));
                self.values.extend(age.map(|age| (cell, Exact::from(age))));
                continue;
            }
            let Some(curve) = KaplanMeier::new(&pairs(&waits)) else {
                continue;
            };
            self.values
                .extend(curve.quantile(&rows.q).map(|lag| (cell, Exact::from(lag))));
            if way.intervals {
                let interval = curve.quantile_interval(&rows.q);
                // An end that was not reached is no number.
                let bounds = interval.low.zip(interval.high);
                let between =
                    bounds.map(|(low, high)| Interval::between(&Exact::from(low), &Exact::from(high)));
                self.intervals
                    .extend(between.map(|interval| (cell, interval.scaled(&self.unit))));
            }
        }
    }
}

/// The share that has ended by an age; `None` when nobody was watched for so long.
fn ended_by(waits: &[Wait], age: i64, competing: bool) -> Option<Estimate> {
    if !competing {
        return KaplanMeier::new(&pairs(waits))?
            .at(age)
            .map(|left| left.complement());
    }
    AalenJohansen::new(&endings(waits))?.at(age)
}

fn endings(waits: &[Wait]) -> Vec<(i64, Ending)> {
    let ending = |wait: &Wait| {
        let ending = match wait.ended {
            Ended::This => Ending::Event,
            Ended::Other => Ending::Competing,
            Ended::No => Ending::Open,
        };
        (wait.lag, ending)
    };
    waits.iter().map(ending).collect()
}

fn pairs(waits: &[Wait]) -> Vec<(i64, bool)> {
    waits
        .iter()
        .map(|wait| (wait.lag, wait.ended == Ended::This))
        .collect()
}
