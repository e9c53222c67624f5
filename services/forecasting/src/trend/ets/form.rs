//! The forms of exponential smoothing and how their parameters lie beside each other.

/// How errors come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Errors {
    /// Of the same size everywhere.
    Added,
    /// In proportion to the value that was expected.
    Multiplied,
}

/// What kind of slope there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slope {
    /// None.
    None,
    /// It goes on as it is.
    Straight,
    /// It fades.
    Damped,
}

/// How a season comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cycle {
    /// There is none.
    None,
    /// It is added to the level.
    Added,
    /// It multiplies the level.
    Multiplied,
}

/// One of the forms ETS(error, trend, season) of Hyndman, Koehler, Ord & Snyder (2008), "Forecasting with exponential
/// smoothing".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    /// How errors come in.
    pub errors: Errors,
    /// What kind of slope there is.
    pub slope: Slope,
    /// How a season comes in.
    pub cycle: Cycle,
}

/// Every form that is tried. Left out, as everywhere: additive errors with a season that multiplies (numerically
/// unstable) and slopes that multiply (they run away).
const FORMS: [(&str, Form); 15] = [
    ("ETS(A,N,N)", form(Errors::Added, Slope::None, Cycle::None)),
    ("ETS(A,A,N)", form(Errors::Added, Slope::Straight, Cycle::None)),
    ("ETS(A,Ad,N)", form(Errors::Added, Slope::Damped, Cycle::None)),
    ("ETS(A,N,A)", form(Errors::Added, Slope::None, Cycle::Added)),
    ("ETS(A,A,A)", form(Errors::Added, Slope::Straight, Cycle::Added)),
    ("ETS(A,Ad,A)", form(Errors::Added, Slope::Damped, Cycle::Added)),
    ("ETS(M,N,N)", form(Errors::Multiplied, Slope::None, Cycle::None)),
    (
        "ETS(M,A,N)",
        form(Errors::Multiplied, Slope::Straight, Cycle::None),
    ),
    (
        "ETS(M,Ad,N)",
        form(Errors::Multiplied, Slope::Damped, Cycle::None),
    ),
    ("ETS(M,N,A)", form(Errors::Multiplied, Slope::None, Cycle::Added)),
    (
        "ETS(M,A,A)",
        form(Errors::Multiplied, Slope::Straight, Cycle::Added),
    ),
    (
        "ETS(M,Ad,A)",
        form(Errors::Multiplied, Slope::Damped, Cycle::Added),
    ),
    (
        "ETS(M,N,M)",
        form(Errors::Multiplied, Slope::None, Cycle::Multiplied),
    ),
    (
        "ETS(M,A,M)",
        form(Errors::Multiplied, Slope::Straight, Cycle::Multiplied),
    ),
    (
        "ETS(M,Ad,M)",
        form(Errors::Multiplied, Slope::Damped, Cycle::Multiplied),
    ),
];

const fn form(errors: Errors, slope: Slope, cycle: Cycle) -> Form {
    Form { errors, slope, cycle }
}

impl Form {
    /// Every form that there is.
    pub fn all() -> impl Iterator<Item = Self> {
        FORMS.iter().map(|(_, form)| *form)
    }

    /// The form with this name, such as `ETS(M,Ad,M)`.
    pub fn named(name: &str) -> Option<Self> {
        FORMS
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, form)| *form)
    }

    /// What the form is called in the literature.
    pub fn name(self) -> &'static str {
        FORMS
            .iter()
            .find(|(_, known)| *known == self)
            .map_or("ETS", |(name, _)| *name)
    }

    /// Whether values must be above zero.
    pub fn needs_positive(self) -> bool {
        self.errors == Errors::Multiplied || self.cycle == Cycle::Multiplied
    }

    /// The same form with another slope.
    pub(super) fn sloped(self, slope: Slope) -> Self {
        Self { slope, ..self }
    }
}

/// Where each parameter of a form lies. Weights are kept as shares, so that each has its own bounds: `beta` as a share
/// of `alpha`, `gamma` as a share of `1 - alpha`. The last figure of the season follows from the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) form: Form,
    /// The length of the season; 1 without one.
    pub(super) season: usize,
    pub(super) beta: Option<usize>,
    pub(super) gamma: Option<usize>,
    pub(super) phi: Option<usize>,
    pub(super) level: usize,
    pub(super) slope: Option<usize>,
    /// The first figure; there are `season - 1`.
    pub(super) figures: usize,
    /// How many parameters there are.
    pub(super) count: usize,
}

/// The place of `alpha`.
pub(super) const ALPHA: usize = 0;

/// The least and the greatest weight, or share of one (as in R).
const WEIGHT: (f64, f64) = (1e-4, 0.9999);

/// The least and the greatest damping (as in R).
const DAMPING: (f64, f64) = (0.8, 0.98);

/// What a form's weights are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Weights {
    pub(super) alpha: f64,
    pub(super) beta: f64,
    pub(super) gamma: f64,
    pub(super) phi: f64,
}

impl Layout {
    pub(super) fn of(form: Form, season: usize) -> Self {
        let season = if form.cycle == Cycle::None { 1 } else { season };
        let mut next = 1;
        let mut place = |there: bool| {
            there.then(|| {
                next += 1;
                next - 1
            })
        };
        let beta = place(form.slope != Slope::None);
        let gamma = place(form.cycle != Cycle::None);
        let phi = place(form.slope == Slope::Damped);
        let level = place(true).unwrap_or_default();
        let slope = place(form.slope != Slope::None);
        Self {
            form,
            season,
            beta,
            gamma,
            phi,
            level,
            slope,
            figures: next,
            count: next + season - 1,
        }
    }

    /// How many parameters the criterion counts: all, and the variance.
    pub(super) fn charged(&self) -> usize {
        self.count + 1
    }

    pub(super) fn weights(&self, at: &[f64]) -> Weights {
        let alpha = at[ALPHA];
        Weights {
            alpha,
            beta: self.beta.map_or(0.0, |place| at[place] * alpha),
            gamma: self.gamma.map_or(0.0, |place| at[place] * (1.0 - alpha)),
            phi: match self.form.slope {
                Slope::None => 0.0,
                Slope::Straight => 1.0,
                Slope::Damped => self.phi.map_or(1.0, |place| at[place]),
            },
        }
    }

    /// What the figures of a season sum to.
    pub(super) fn whole(&self) -> f64 {
        if self.form.cycle == Cycle::Multiplied {
            self.season as f64
        } else {
            0.0
        }
    }

    /// Between what a parameter must lie.
    pub(super) fn bounds(&self, place: usize) -> (f64, f64) {
        if Some(place) == self.phi {
            DAMPING
        } else if place < self.level {
            WEIGHT
        } else {
            (f64::NEG_INFINITY, f64::INFINITY)
        }
    }

    /// The nearest point within the bounds.
    pub(super) fn clamp(&self, point: &mut [f64]) {
        for (place, value) in point.iter_mut().enumerate().take(self.level) {
            let (least, most) = self.bounds(place);
            *value = value.clamp(least, most);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_has_its_name_and_only_one() {
        for form in Form::all() {
            assert_eq!(Form::named(form.name()), Some(form));
        }
        assert_eq!(Form::all().count(), 15);
        assert_eq!(Form::named("ETS(A,N,M)"), None);
    }

    #[test]
    fn parameters_lie_beside_each_other() {
        let layout = Layout::of(Form::named("ETS(M,Ad,M)").unwrap(), 12);
        assert_eq!(
            (layout.beta, layout.gamma, layout.phi),
            (Some(1), Some(2), Some(3))
        );
        assert_eq!((layout.level, layout.slope, layout.figures), (4, Some(5), 6));
        assert_eq!((layout.count, layout.charged()), (17, 18));
        let layout = Layout::of(Form::named("ETS(A,N,N)").unwrap(), 12);
        assert_eq!((layout.level, layout.count, layout.season), (1, 2, 1));
    }

    #[test]
    fn shares_become_weights() {
        let layout = Layout::of(Form::named("ETS(A,Ad,A)").unwrap(), 4);
        let weights = layout.weights(&[0.4, 0.5, 0.5, 0.9, 1.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(
            (weights.alpha, weights.beta, weights.gamma, weights.phi),
            (0.4, 0.2, 0.3, 0.9)
        );
        let mut wild = [7.0, -1.0, 0.5, 0.1, 1e9, -1e9, 0.0, 0.0, 0.0];
        layout.clamp(&mut wild);
        assert_eq!(wild, [0.9999, 1e-4, 0.5, 0.8, 1e9, -1e9, 0.0, 0.0, 0.0]);
    }
}
