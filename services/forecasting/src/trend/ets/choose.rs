//! Which form explains a series best, by Akaike's criterion corrected for short series (AICc).
//!
//! In each family (errors and season) the damped slope is fitted first: a form without a slope is a case of it and a
//! straight one nearly so, hence neither can explain much more. Those that could not win even then, for all that fewer
//! parameters spare them, are not fitted at all.

use super::form::{Cycle, Form, Layout, Slope};
use super::refine::{Point, STEPS, refine};
use super::start::{Start, handed_on};
use super::tangent::LONGEST;

/// How much better than the damped slope a flat or a straight one may be, in minus twice the logarithm of the
/// likelihood: nothing for a flat one but for what a search leaves, some for a straight one, since damping ends at 0.98.
const FLAT: f64 = 1.0;
const STRAIGHT: f64 = 4.0;

/// A fitted form.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Choice {
    pub(super) layout: Layout,
    pub(super) point: Point,
    pub(super) criterion: f64,
}

/// Every form of `y` that was worth fitting, the best first; those with a damped slope only, unless other `slopes` are
/// meant too.
pub(super) fn choices(y: &[f64], season: usize, slopes: bool) -> Vec<Choice> {
    let positive = y.iter().all(|value| *value > 0.0);
    let mut fitted: Vec<Choice> = Vec::new();
    let mut rest: Vec<(f64, Form, Layout, Point)> = Vec::new();
    for cycle in [Cycle::None, Cycle::Added, Cycle::Multiplied] {
        if cycle != Cycle::None && !(2..=LONGEST.min(y.len() / 2)).contains(&season) {
            continue;
        }
        let Some(start) = Start::of(y, season, cycle) else {
            continue;
        };
        let mut sibling: Option<Point> = None;
        for form in Form::all().filter(|form| form.cycle == cycle && form.slope == Slope::Damped) {
            if form.needs_positive() && !positive {
                continue;
            }
            let layout = Layout::of(form, season);
            let Some(point) = fit(&layout, start.point(&layout, y), sibling.take(), y) else {
                continue;
            };
            for (slope, slack) in [(Slope::None, FLAT), (Slope::Straight, STRAIGHT)] {
                let other = Layout::of(form.sloped(slope), season);
                let hope = criterion(&other, point.badness - slack, y.len());
                rest.push((hope, form.sloped(slope), layout, point.clone()));
            }
            sibling = Some(point.clone());
            fitted.push(Choice::of(layout, point, y.len()));
        }
    }
    if !slopes {
        rest.clear();
    }
    rest.sort_by(|one, other| one.0.total_cmp(&other.0));
    for (hope, form, from, point) in rest {
        let best = fitted
            .iter()
            .map(|choice| choice.criterion)
            .fold(f64::INFINITY, f64::min);
        if hope > best {
            continue;
        }
        let layout = Layout::of(form, season);
        let started = Start::of(y, season, form.cycle).and_then(|start| start.point(&layout, y));
        let handed = Point::of(&layout, handed_on(&from, &point.at, &layout), y);
        if let Some(point) = fit(&layout, started, handed, y) {
            fitted.push(Choice::of(layout, point, y.len()));
        }
    }
    fitted.retain(|choice| choice.criterion.is_finite());
    fitted.sort_by(|one, other| one.criterion.total_cmp(&other.criterion));
    fitted
}

/// One form, fitted by itself.
pub(super) fn single(y: &[f64], season: usize, form: Form) -> Option<Choice> {
    let layout = Layout::of(form, season);
    if layout.season > LONGEST {
        return None;
    }
    let start = Start::of(y, season, form.cycle)?;
    let point = fit(&layout, start.point(&layout, y), None, y)?;
    Some(Choice::of(layout, point, y.len()))
}

impl Choice {
    fn of(layout: Layout, point: Point, n: usize) -> Self {
        Self {
            criterion: criterion(&layout, point.badness, n),
            layout,
            point,
        }
    }
}

/// The best that is found from the better of two starts.
fn fit(layout: &Layout, one: Option<Point>, other: Option<Point>, y: &[f64]) -> Option<Point> {
    // The other kind of errors may stand at the same point, and is judged there anew.
    let other = other.and_then(|point| Point::of(layout, point.at, y));
    let start = match (one, other) {
        (Some(one), Some(other)) if other.badness < one.badness => other,
        (Some(one), _) => one,
        (None, other) => other?,
    };
    Some(refine(layout, start, y, STEPS))
}

/// AICc (Hurvich & Tsai 1989); infinite where there are too few values for it.
fn criterion(layout: &Layout, badness: f64, n: usize) -> f64 {
    let (k, n) = (layout.charged() as f64, n as f64);
    if n - k - 1.0 <= 0.0 {
        return f64::INFINITY;
    }
    badness + 2.0 * k + 2.0 * k * (k + 1.0) / (n - k - 1.0)
}

/// The least number of values for which a form has a criterion.
pub(super) fn least_values(form: Form, season: usize) -> usize {
    Layout::of(form, season).charged() + 2
}
