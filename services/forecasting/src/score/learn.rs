//! How a model comes about: rows are put in an order of their own, columns that say nothing or know the end are taken
//! out, scorers compete on rows held out, the winner is fitted to all rows and brought to the level of today.

use std::collections::BTreeMap;

use super::calibrate::{Calibration, Held, SHIFT_PRIOR, shift, slope};
use super::card::{Card, CardFeature, Contestant};
use super::contest::{Contest, contest};
use super::drift::Reference;
use super::fitted::{Fitted, base_rate, fit_all, held_out, name};
use super::folds::{Fold, crossed, forward};
use super::leak::{Verdict, judge};
use super::level::level;
use super::logistic::{logit, probability};
use super::recipe::{Grid, Recipe};
use super::{Model, Plan, Sample, Unfit, columns};
use crate::frame::infer::mute;
use crate::frame::{Frame, Note, Values, mix};
use crate::measure::scores::calibration;

/// Rows, and rows of each end, below which nothing is learned.
const FEWEST: usize = 40;
const FEWEST_EACH: usize = 8;
/// Parts of a cross-validation.
const PARTS: usize = 5;
/// Raised when the same rows give another model.
const FORMAT: u64 = 1;
/// Rows that a feature's weight is measured on, at most.
const MEASURED: usize = 2000;

/// Learns a model.
///
/// The same rows in any order, with the same plan, give the same model. With `times`, scorers are compared on later rows
/// by earlier ones and the level follows the newest rows; without, rows are held out by chance, and whether there is a
/// signal is still decided on later rows when there is a column of dates.
///
/// # Errors
/// When there is nothing to learn from, or the parts of the sample do not fit together.
pub fn fit(sample: &Sample<'_>, plan: &Plan) -> Result<Model, Unfit> {
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
    rows.compete(&mut model, &clean, &grid);
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

/// What is left of the columns, and what became of the others.
struct Clean {
    frame: Frame,
    notes: Vec<Note>,
    leaks: Vec<Note>,
    suspicious: Vec<Note>,
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

    /// The columns that can be learned from.
    fn clean(&self) -> (Recipe, Clean) {
        let mut notes = Vec::new();
        for column in self.frame.columns() {
            if let Some(reason) = mute(column) {
                notes.push(Note::of(&column.name, reason));
            }
        }
        let frame = self.frame.without(&columns(&notes));
        let recipe = Recipe::learn(&frame, self.times.is_some());
        let verdicts = judge(&recipe.apply(&frame), &self.outcomes);
        let (mut leaks, mut suspicious) = (BTreeMap::new(), BTreeMap::new());
        for (feature, verdict) in recipe.features.iter().zip(verdicts) {
            let (found, share) = match verdict {
                Verdict::Clean => continue,
                Verdict::Suspicious(share) => (&mut suspicious, share),
                Verdict::Leak(share) => (&mut leaks, share),
            };
            let most: &mut f64 = found.entry(feature.source.clone()).or_insert(share);
            *most = most.max(share);
        }
        suspicious.retain(|column, _| !leaks.contains_key(column));
        let told = |found: BTreeMap<String, f64>, what: &str| -> Vec<Note> {
            let note = |(column, share): (String, f64)| {
                let percent = 100.0 * share;
                Note::of(
                    &column,
                    format!("explains {percent:.0} % of the outcome by itself: {what}"),
                )
            };
            found.into_iter().map(note).collect()
        };
        let leaks = told(leaks, "left out, because it cannot be known beforehand");
        let suspicious = told(suspicious, "is it known beforehand?");
        let frame = frame.without(&columns(&leaks));
        let recipe = Recipe::learn(&frame, self.times.is_some());
        let clean = Clean {
            frame,
            notes,
            leaks,
            suspicious,
        };
        (recipe, clean)
    }

    fn card(&self, clean: &Clean) -> Card {
        let window = |times: &Vec<f64>| Some((*times.first()?, *times.last()?));
        Card {
            version: format!("{:016x}", self.version),
            seed: self.plan.seed,
            rows: self.outcomes.len(),
            positives: self.outcomes.iter().filter(|won| **won).count(),
            window: self.times.as_ref().and_then(window),
            scorer: "the base rate".to_owned(),
            signal: false,
            reason: String::new(),
            contestants: Vec::new(),
            level: "the base rate".to_owned(),
            slope: 1.0,
            calibration: Vec::new(),
            features: Vec::new(),
            leaks: clean.leaks.clone(),
            suspicious: clean.suspicious.clone(),
            notes: clean.notes.clone(),
        }
    }

    fn compete(&self, model: &mut Model, clean: &Clean, grid: &Grid) {
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
        let fitted = fit_all(&model.recipe, grid, &self.outcomes, &ended.choice, seed);
        model.card.scorer = name(ended.choice.share);
        model.fitted = Some(fitted);
        let told = model.score(&clean.frame);
        let said: Vec<f64> = told.iter().map(|score| score.probability).collect();
        model.reference = Reference::learn(&model.recipe, grid, &said);
        if let Some(fitted) = &model.fitted {
            model.card.features = self.features(model, fitted, grid);
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

    fn features(&self, model: &Model, fitted: &Fitted, grid: &Grid) -> Vec<CardFeature> {
        let step = (grid.rows / MEASURED).max(1);
        let some: Vec<usize> = (0..grid.rows).step_by(step).collect();
        let (_, rows) = fitted.explained(&grid.take(&some));
        let (names, owners) = model.sources(fitted);
        let mut moves = vec![0.0; names.len()];
        for parts in &rows {
            let mut sums = vec![0.0; names.len()];
            for (owner, part) in owners.iter().zip(parts) {
                sums[*owner] += part;
            }
            for (total, sum) in moves.iter_mut().zip(sums) {
                *total += model.calibration.slope * sum.abs() / rows.len() as f64;
            }
        }
        let kinds = |name: &str| {
            let features = model
                .recipe
                .features
                .iter()
                .filter(|feature| feature.source == name);
            features.map(super::recipe::Feature::kind).collect()
        };
        let mut features: Vec<CardFeature> = names
            .iter()
            .zip(moves)
            .map(|(name, moves)| CardFeature {
                column: (*name).to_owned(),
                kinds: kinds(name),
                moves,
            })
            .collect();
        features.sort_by(|a, b| b.moves.total_cmp(&a.moves).then_with(|| a.column.cmp(&b.column)));
        features
    }
}

fn contestants(ended: &Contest) -> Vec<Contestant> {
    let base = ("base rate".to_owned(), ended.base_loss);
    let all = std::iter::once(base).chain(ended.losses.iter().cloned());
    all.map(|(name, log_loss)| Contestant { name, log_loss })
        .collect()
}

fn reason(ended: &Contest, how: &str) -> String {
    let (loss, base) = (ended.loss, ended.base_loss);
    let (gain, error) = (ended.gain, ended.error);
    if ended.signal() {
        format!("on {how} the log loss is {loss:.4}, that of the base rate {base:.4}")
    } else {
        format!(
            "no signal: on {how} the log loss is {loss:.4}, that of the base rate {base:.4}; the difference of {gain:.4} \
             (standard error {error:.4}) is less than 2 errors or less than 1 %, so the answer is the base rate"
        )
    }
}
