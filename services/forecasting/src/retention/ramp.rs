//! How long new people need until they sell in full, with those who are not there yet, and those who left before.

use bellwether_domain::exact::Exact;
use bellwether_stats::{AalenJohansen, Ending};

use super::curve::months;
use super::{CurvePoint, MONTH, Refusal};

/// Somebody who sells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rep {
    /// The id, for messages.
    pub id: String,
    /// The first day.
    pub start: i32,
    /// The day on which they had reached what counts as ramped; nothing while they have not.
    pub ramped: Option<i32>,
    /// The first day on which they were gone; nothing while they are there.
    pub left: Option<i32>,
}

/// How long people needed.
#[derive(Clone, Debug, PartialEq)]
pub struct Ramp {
    /// How many had started.
    pub n: u64,
    /// How many of them were ramped.
    pub ramped: u64,
    /// How many had left before they were.
    pub left: u64,
    /// The share that was ramped by each month from 0 on, for as long as anybody was observed. Who left before competes:
    /// they are never ramped, and not taken for those who are still on their way.
    pub points: Vec<CurvePoint>,
    /// After how many days a quarter, half and three quarters of all who start are ramped; absent when that was not
    /// reached.
    pub quartiles: [Option<i64>; 3],
}

/// The ramp curve (Aalen-Johansen) as known at the start of the day `as_of`.
///
/// # Errors
/// Nobody had started by then, or somebody is ramped or gone before the start.
pub fn ramp(reps: &[Rep], as_of: i32) -> Result<Ramp, Refusal> {
    let before = |day: Option<i32>, start: i32| day.is_some_and(|day| day < start);
    if let Some(rep) = reps
        .iter()
        .find(|rep| before(rep.ramped, rep.start) || before(rep.left, rep.start))
    {
        return Err(Refusal::Backwards { id: rep.id.clone() });
    }
    let records: Vec<(i64, Ending)> = reps.iter().filter_map(|rep| rep.ending(as_of)).collect();
    let curve = AalenJohansen::new(&records).ok_or(Refusal::Nobody)?;
    let count = |ending: Ending| records.iter().filter(|record| record.1 == ending).count() as u64;
    let months = months(curve.observed_to());
    Ok(Ramp {
        n: curve.n(),
        ramped: count(Ending::Event),
        left: count(Ending::Competing),
        points: (0..=months).filter_map(|month| point(&curve, month)).collect(),
        quartiles: [25, 50, 75].map(|percent| curve.quantile(&Exact::from_scaled(percent, 2))),
    })
}

impl Rep {
    fn ending(&self, as_of: i32) -> Option<(i64, Ending)> {
        if self.start >= as_of {
            return None;
        }
        let after = |day: i32| i64::from(day) - i64::from(self.start);
        let known = |day: Option<i32>| day.filter(|day| *day < as_of);
        match (known(self.ramped), known(self.left)) {
            (Some(ramped), left) if left.is_none_or(|left| ramped <= left) => {
                Some((after(ramped), Ending::Event))
            }
            (_, Some(left)) => Some((after(left), Ending::Competing)),
            _ => Some((after(as_of), Ending::Open)),
        }
    }
}

fn point(curve: &AalenJohansen, month: u32) -> Option<CurvePoint> {
    let day = (f64::from(month) * MONTH).round() as i64;
    let found = curve.at(day)?;
    let ends = found.interval.as_ref();
    Some(CurvePoint {
        month,
        day,
        share: found.share.to_f64(),
        low: ends.map(|interval| interval.low().to_f64()),
        high: ends.map(|interval| interval.high().to_f64()),
        at_risk: found.at_risk,
    })
}
