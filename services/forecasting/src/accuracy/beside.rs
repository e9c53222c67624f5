//! What people said next to what the model said of the same.

use std::collections::BTreeMap;

use super::score::{self, sort};
use super::{Served, share_of};

/// How wrong one side was.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Errors {
    /// The sum of absolute errors over the sum of absolute values that came; absent when nothing came but zeros.
    pub wape: Option<f64>,
    /// The sum of `said - came` over the same: above 0 when too much was said.
    pub bias: Option<f64>,
}

/// A person's calls beside a model's forecasts.
#[derive(Debug, Clone, PartialEq)]
pub struct Beside {
    /// The person.
    pub owner: String,
    /// The kind of their call.
    pub call: String,
    /// The model.
    pub model: String,
    /// How many calls could be compared.
    pub n: usize,
    /// How wrong the person was.
    pub theirs: Errors,
    /// How wrong the model was.
    pub models: Errors,
    /// How wrong the mean of both would have been: often less than either.
    pub together: Errors,
    /// How often the person was nearer.
    pub nearer: usize,
    /// How often the model was nearer; the other calls were as near.
    pub further: usize,
    /// Where the person's share of nearer calls lies (95 %, by Wilson, equally near ones left out); absent without any.
    pub share: Option<(f64, f64)>,
}

/// Compares each call of a person with each model's newest forecast of the same thing and period that was not made after
/// it: whoever speaks later knows more. Of several calls by a person for one period all count.
#[must_use]
pub fn beside(served: &[Served]) -> Vec<Beside> {
    let mut all: Vec<&Served> = served.iter().filter(|one| one.truth().is_some()).collect();
    sort(&mut all);
    let mut models: BTreeMap<(&str, i32), Vec<&Served>> = BTreeMap::new();
    for one in all.iter().filter(|one| one.owner.is_empty()) {
        models.entry((&one.of, one.due)).or_default().push(one);
    }
    let mut rows: BTreeMap<(&str, &str, &str), Vec<[f64; 3]>> = BTreeMap::new();
    for call in all.iter().filter(|one| !one.owner.is_empty()) {
        let mut newest: BTreeMap<&str, &Served> = BTreeMap::new();
        for one in models.get(&(&*call.of, call.due)).into_iter().flatten() {
            // In the order of their making: the last one that fits stays.
            if one.made <= call.made {
                newest.insert(&one.model, one);
            }
        }
        for (model, forecast) in newest {
            let came = call.truth().unwrap_or(0.0);
            let row = rows.entry((&call.owner, &call.model, model)).or_default();
            row.push([call.said, forecast.said, came]);
        }
    }
    rows.into_iter()
        .map(|((owner, call, model), row)| compared(owner, call, model, &row))
        .collect()
}

fn compared(owner: &str, call: &str, model: &str, row: &[[f64; 3]]) -> Beside {
    let errors = |side: fn(&[f64; 3]) -> f64| {
        let sums = score::Errors::of(row.iter().map(|one| (side(one), one[2])));
        Errors {
            wape: sums.wape(),
            bias: sums.bias(),
        }
    };
    // Halves, so that the difference of two huge numbers stays a number.
    let off = |one: &[f64; 3], side: usize| (one[side] / 2.0 - one[2] / 2.0).abs();
    let nearer = row.iter().filter(|one| off(one, 0) < off(one, 1)).count();
    let further = row.iter().filter(|one| off(one, 0) > off(one, 1)).count();
    Beside {
        owner: owner.to_owned(),
        call: call.to_owned(),
        model: model.to_owned(),
        n: row.len(),
        theirs: errors(|one| one[0]),
        models: errors(|one| one[1]),
        together: errors(|one| one[0] / 2.0 + one[1] / 2.0),
        nearer,
        further,
        share: share_of(nearer, nearer + further),
    }
}
