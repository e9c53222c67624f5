//! How a model comes about: rows are put in an order of their own, columns that say nothing or know the end are taken
//! out, scorers compete on rows held out, the winner is fitted to all rows and brought to the level of today.

mod clean;
mod worth;

use super::calibrate::{Calibration, Held, SHIFT_PRIOR, shift, slope};
use super::contest::{Contest, contest};
use super::drift::Reference;
use super::fitted::{base_rate, fit_all, held_out, name};
use super::folds::{Fold, crossed, forward};
use super::level::level;
use super::logistic::{logit, probability};
use super::recipe::{Grid, Recipe};
use super::{Model, Plan, Sample, Unfit};
use crate::frame::{Frame, Values, mix};
use crate::measure::scores::calibration;

use clean::Clean;
use worth::{contestants, reason};

/// Rows, and rows of each end, below which nothing is learned.
const FEWEST: usize = 40;
const FEWEST_EACH: usize = 8;
/// Parts of a cross-validation.
const PARTS: usize = 5;
/// Raised when the same rows give another model.
const FORMAT: u64 = 2;

/// Learns a model.
///
/// The same rows in any order, with the same plan, give the same model. With `times`, scorers are compared on later rows
/// by earlier ones and the level follows the newest rows; without, rows are held out by chance, and whether there is a
/// signal is still decided on later rows when there is a column of dates.
///
/// # Errors
/// When there is nothing to learn from, or the parts of the sample do not fit together.
pub fn fit(sample: &Sample<'_>, plan: &Plan) -> Result<Model, Unfit> {
    fit_told(sample, plan, &|_| ())
}

/// The same; `told` hears how much of that is done, 0 to 1, roughly by time.
///
/// # Errors
/// As [`fit()`].
pub fn fit_told(sample: &Sample<'_>, plan: &Plan, told: &dyn Fn(f64)) -> Result<Model, Unfit> {
    let rows = Rows::new(sample, plan)?;
    let (recipe, clean) = rows.clean();
    let grid = recipe.apply(&clean.frame);
    let base = base_rate(&rows.outcomes);
    let mut model = Model {
        fitted: None,
        base: logit(base),
        calibration: Calibration {
            level: 0.0,
            slope: 1.0,
            rule: "the base rate".to_owned(),
        },
        reference: Reference::learn(&recipe, &grid, &vec![base; grid.rows]),
        card: rows.card(&clean),
        recipe,
    };
    let positives = model.card.positives;
    let fewest = positives.min(grid.rows - positives);
    if grid.rows < FEWEST || fewest < FEWEST_EACH {
        model.card.reason = format!(
            "no signal: {positives} of {} rows ended well; at least {FEWEST} rows are needed, {FEWEST_EACH} of each end",
            grid.rows
        );
        return Ok(model);
    }
    if model.recipe.features.is_empty() {
        model.card.reason = "no signal: no column tells one row from another".to_owned();
        return Ok(model);
    }
    told(0.05);
    rows.compete(&mut model, &clean, &grid, told);
    Ok(model)
}

/// Rows in an order that depends on what stands in them.
struct Rows {
    frame: Frame,
    outcomes: Vec<bool>,
    times: Option<Vec<f64>>,
    plan: Plan,
    version: u64,
}

impl Rows {
    fn new(sample: &Sample<'_>, plan: &Plan) -> Result<Self, Unfit> {
        let rows = sample.frame.rows();
        let times = sample.times.map_or(rows, <[f64]>::len);
        if sample.outcomes.len() != rows || times != rows {
            return Err(Unfit::Lengths {
                rows,
                outcomes: sample.outcomes.len(),
                times,
            });
        }
        if rows == 0 {
            return Err(Unfit::Empty);
        }
        let broken = |times: &[f64]| times.iter().position(|time| !time.is_finite());
        if let Some(row) = sample.times.and_then(broken) {
            return Err(Unfit::Time(row));
        }
        let mut digests = sample.frame.digests(plan.seed);
        for (digest, won) in digests.iter_mut().zip(sample.outcomes) {
            *digest = mix(*digest ^ u64::from(*won));
        }
        let time = |row: usize| sample.times.map_or(0.0, |times| times[row]);
        let mut order: Vec<usize> = (0..rows).collect();
        order.sort_by(|a, b| {
            let by_time = time(*a).total_cmp(&time(*b));
            by_time.then_with(|| digests[*a].cmp(&digests[*b]))
        });
        let fold = |version: u64, row: &usize| mix(version ^ digests[*row] ^ mix(time(*row).to_bits()));
        let version = mix(plan.seed ^ plan.ahead.to_bits() ^ FORMAT);
        Ok(Self {
            frame: sample.frame.take(&order),
            outcomes: order.iter().map(|row| sample.outcomes[*row]).collect(),
            times: sample
                .times
                .map(|times| order.iter().map(|row| times[*row]).collect()),
            plan: *plan,
            version: order.iter().fold(version, fold),
        })
    }

    fn compete(&self, model: &mut Model, clean: &Clean, grid: &Grid, told: &dyn Fn(f64)) {
        let ordered = self.times.is_some();
        let folds = if ordered {
            forward(grid.rows)
        } else {
            crossed(grid.rows, PARTS)
        };
        let seed = self.plan.seed;
        let Some(ended) = contest(&model.recipe, grid, &self.outcomes, &folds, seed) else {
            "no signal: there are no rows to judge by".clone_into(&mut model.card.reason);
            return;
        };
        told(0.5);
        let later = if ordered { None } else { self.later(&clean.frame) };
        let judged = later.as_ref().unwrap_or(&ended);
        model.card.contestants = contestants(judged);
        model.card.signal = judged.signal();
        let how = if ordered || later.is_some() {
            "later rows"
        } else {
            "rows held out"
        };
        model.card.reason = reason(judged, how);
        if !judged.signal() {
            return;
        }
        model.card.contestants = contestants(&ended);
        told(0.7);
        let held = if ordered {
            let folds = crossed(grid.rows, PARTS);
            held_out(&model.recipe, grid, &self.outcomes, &folds, &ended.choice, seed)
        } else {
            let mut logits = vec![0.0; grid.rows];
            for (fold, part) in folds.iter().zip(&ended.logits) {
                for (row, logit) in fold.judge.iter().zip(part) {
                    logits[*row] = *logit;
                }
            }
            logits
        };
        let slope = self.slope(&folds, &ended);
        self.bring_to_level(model, &held, slope);
        told(0.85);
        let fitted = fit_all(&model.recipe, grid, &self.outcomes, &ended.choice, seed);
        model.card.scorer = name(ended.choice.share);
        model.fitted = Some(fitted);
        let told = model.score(&clean.frame);
        let said: Vec<f64> = told.iter().map(|score| score.probability).collect();
        model.reference = Reference::learn(&model.recipe, grid, &said);
        if let Some(fitted) = &model.fitted {
            model.card.features = worth::features(model, fitted, grid);
        }
    }

    /// The slope that rows held out ask for.
    fn slope(&self, folds: &[Fold], ended: &Contest) -> f64 {
        let outcomes: Vec<Vec<bool>> = folds
            .iter()
            .map(|fold| fold.judge.iter().map(|row| self.outcomes[*row]).collect())
            .collect();
        let groups = ended.logits.iter().zip(&outcomes);
        let groups: Vec<Held<'_>> = groups
            .map(|(logits, outcomes)| Held { logits, outcomes })
            .collect();
        slope(&groups)
    }

    fn bring_to_level(&self, model: &mut Model, held: &[f64], slope: f64) {
        let logits: Vec<f64> = held.iter().map(|logit| slope * logit).collect();
        let all = shift(&logits, &self.outcomes, SHIFT_PRIOR);
        let (level, rule) = if self.times.is_some() {
            let held = Held {
                logits: &logits,
                outcomes: &self.outcomes,
            };
            level(held, self.plan.ahead)
        } else {
            (all, "all rows alike".to_owned())
        };
        let said: Vec<f64> = logits.iter().map(|logit| probability(logit + all)).collect();
        model.card.calibration = calibration(&said, &self.outcomes);
        model.card.level.clone_from(&rule);
        model.card.slope = slope;
        model.calibration = Calibration { level, slope, rule };
    }

    /// How the features do on later rows when rows have no time of their own but a date; absent when there is none.
    fn later(&self, frame: &Frame) -> Option<Contest> {
        let dates = frame.columns().iter().find_map(|column| match &column.values {
            Values::Days(days) => {
                let known = days.iter().flatten().count();
                (known * 20 >= days.len() * 19).then_some(days)
            }
            _ => None,
        })?;
        let day = |row: usize| dates[row].unwrap_or(f64::NEG_INFINITY);
        let mut order: Vec<usize> = (0..frame.rows()).collect();
        order.sort_by(|a, b| day(*a).total_cmp(&day(*b)));
        let frame = frame.take(&order);
        let outcomes: Vec<bool> = order.iter().map(|row| self.outcomes[*row]).collect();
        let recipe = Recipe::learn(&frame, true);
        if recipe.features.is_empty() {
            return None;
        }
        let grid = recipe.apply(&frame);
        contest(&recipe, &grid, &outcomes, &forward(grid.rows), self.plan.seed)
    }
}
