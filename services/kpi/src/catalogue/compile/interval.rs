//! How a KPI's interval is found, checked against what its measures are.

use super::measure::{Measure, Of};
use super::{Interval, Wrong, wrong};
use crate::catalogue::measure::{Aggregate, IntervalSource, Method};
use crate::formula::Formula;

pub(super) fn compile(
    source: &IntervalSource,
    formula: &Formula,
    measures: &[Measure],
    named: &impl Fn(&str, &str) -> Result<usize, Wrong>,
) -> Result<Interval, Wrong> {
    refuse_others(source)?;
    let share = |at: &str, name: &Option<String>| match name {
        Some(name) => named(&format!("interval.{at}"), name),
        None => Err(wrong(
            format!("interval.{at}"),
            "name the measure that counts them",
        )),
    };
    let about = || match (&source.measure, formula.single()) {
        (Some(name), _) => named("interval.measure", name),
        (None, Some(single)) => Ok(single),
        (None, None) => Err(wrong(
            "interval.measure",
            "name the measure: the formula is more than one",
        )),
    };
    let fitting = |fits: &[Aggregate], index: usize| {
        let aggregate = aggregate(&measures[index]);
        if matches!(&measures[index].of, Of::Rows(rows) if rows.age.is_some()) && source.method == Method::T {
            return Err(wrong(
                "interval.method",
                "ages have no such interval: take `quantile`",
            ));
        }
        if fits.contains(&aggregate) {
            return Ok(index);
        }
        let fits: Vec<&str> = fits.iter().map(|one| one.name()).collect();
        Err(wrong(
            "interval.method",
            format!(
                "it needs a {}, the measure is a {}",
                fits.join(" or "),
                aggregate.name()
            ),
        ))
    };
    Ok(match source.method {
        Method::Wilson => Interval::Wilson {
            successes: share("successes", &source.successes)?,
            trials: share("trials", &source.trials)?,
        },
        Method::T => Interval::T(fitting(&[Aggregate::Mean, Aggregate::Sum], about()?)?),
        Method::Quantile => Interval::Quantile(fitting(&[Aggregate::Median, Aggregate::Quantile], about()?)?),
        Method::Garwood => Interval::Garwood(fitting(&[Aggregate::Count, Aggregate::Started], about()?)?),
        Method::Greenwood => Interval::Greenwood(fitting(
            &[Aggregate::Curve, Aggregate::SurvivalQuantile],
            about()?,
        )?),
        Method::Delta => Interval::Delta {
            share: source.share,
            totals: source.totals,
        },
    })
}

/// Keys that a method does not look at are a mistake.
fn refuse_others(source: &IntervalSource) -> Result<(), Wrong> {
    let wilson = source.method == Method::Wilson;
    let alone = matches!(source.method, Method::Wilson | Method::Delta);
    let keys = [
        ("successes", source.successes.is_some() && !wilson),
        ("trials", source.trials.is_some() && !wilson),
        ("measure", source.measure.is_some() && alone),
        ("share", source.share && source.method != Method::Delta),
        ("totals", source.totals && source.method != Method::Delta),
    ];
    match keys.into_iter().find(|(_, stray)| *stray) {
        Some((key, _)) => Err(wrong(format!("interval.{key}"), "the method has no use for it")),
        None => Ok(()),
    }
}

fn aggregate(measure: &Measure) -> Aggregate {
    match &measure.of {
        Of::Rows(rows) => rows.aggregate,
        Of::Entities(entities) => entities.aggregate,
    }
}
