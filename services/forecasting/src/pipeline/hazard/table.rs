//! The life table: hazards by age before anything else is known of a deal.

use crate::pipeline::{
    book::Book,
    deal::Outcome,
    effects::AGE_BANDS,
    segments::{Life, Months, cut},
    training::{REACH, Training},
};

/// About so many ends make a bin of age.
const ENDS_A_BIN: usize = 25;
/// At most so many bins of age.
const MOST_BINS: usize = 36;
/// A bin's hazard leans on its neighbours as if so many ends had been seen there.
const NEIGHBOUR_ENDS: f64 = 3.0;
/// The share of closed deals that are won, before anything is known of a company (CSO Insights 2018-19: 47.3 % of
/// forecast deals).
const PRIOR_SHARE: f64 = 0.473;

/// Ages at which hazards may change: about as many ends between any two, whole days, and one after the oldest end.
pub(super) fn edges(sorted_ages: &[f64]) -> Vec<f64> {
    let count = (sorted_ages.len() / ENDS_A_BIN).clamp(1, MOST_BINS);
    let at = |step: usize| sorted_ages[(step * sorted_ages.len() / count).min(sorted_ages.len() - 1)];
    let mut edges: Vec<f64> = (1..=count).map(|step| libm::floor(at(step)) + 1.0).collect();
    edges.dedup();
    edges
}

/// Hazards by bin of age: ends over days at risk, leaning on the neighbouring bins.
pub(super) fn life_table(training: &Training, bins: usize) -> Vec<[f64; Outcome::COUNT]> {
    let (mut ends, mut risk) = (vec![[0.0; Outcome::COUNT]; bins], vec![0.0; bins]);
    for row in &training.rows {
        risk[(row.bin as usize).min(bins - 1)] += row.weight;
    }
    for end in &training.ends {
        ends[(end.row.bin as usize).min(bins - 1)][end.outcome as usize] += end.row.weight;
    }
    let around = |bin: usize| bin.saturating_sub(1)..(bin + 2).min(bins);
    let hazard = |bin: usize, outcome: usize| {
        let near: f64 = around(bin).map(|bin| ends[bin][outcome]).sum();
        let near_risk: f64 = around(bin).map(|bin| risk[bin]).sum();
        if near <= 0.0 || near_risk <= 0.0 {
            return 0.0;
        }
        (ends[bin][outcome] + NEIGHBOUR_ENDS) / (risk[bin] + NEIGHBOUR_ENDS * near_risk / near)
    };
    (0..bins)
        .map(|bin| std::array::from_fn(|outcome| hazard(bin, outcome)))
        .collect()
}

/// How many deals should have ended before the first one did, by the hazards of their ages.
pub(super) fn unrecorded(book: &Book, edges: &[f64], base: &[[f64; Outcome::COUNT]], first_end: f64) -> f64 {
    let created = book.entries.iter().map(|entry| entry.created);
    let before: Vec<f64> = created
        .filter(|day| *day < first_end && *day > first_end - REACH)
        .collect();
    let Some(first) = before.iter().copied().min_by(f64::total_cmp) else {
        return 0.0;
    };
    let months = Months::covering(first, first_end + 1.0);
    let mut expected = 0.0;
    for created in before {
        let mut chance = 0.0;
        cut(
            edges,
            &months,
            Life {
                created,
                seen: created,
                due: None,
            },
            created,
            first_end,
            |piece| {
                let hazard: f64 = base.get(piece.bin).map_or(0.0, |hazards| hazards.iter().sum());
                chance += hazard * (piece.to - piece.from);
            },
        );
        expected += 1.0 - libm::exp(-chance);
    }
    expected
}

/// Bands of age with about as many ends in each; what is older than all ends belongs to the last.
pub(super) fn age_bands(training: &Training, bins: usize) -> Vec<usize> {
    let mut ends = vec![0.0; bins];
    for end in &training.ends {
        ends[(end.row.bin as usize).min(bins - 1)] += end.row.weight;
    }
    let all: f64 = ends.iter().sum();
    let mut passed = 0.0;
    let band = |count: &f64| {
        let middle = passed + count / 2.0;
        passed += count;
        ((middle / all.max(1e-9) * AGE_BANDS as f64) as usize).min(AGE_BANDS - 1)
    };
    ends.iter().map(band).collect()
}

/// The share of won deals among those that ended is known badly after one or two months, because months differ as a
/// whole: it is drawn towards what is usual, on the scale of log-odds.
pub(super) fn doubt_share(training: &Training, base: &mut [[f64; Outcome::COUNT]]) {
    let (mut won, mut all) = (0.5, 1.0);
    for end in &training.ends {
        all += end.row.weight;
        won += if end.outcome == 0 { end.row.weight } else { 0.0 };
    }
    let months: f64 = training.months.iter().sum::<usize>() as f64;
    let belief = months * months / (months * months + 0.5);
    let odds = |share: f64| libm::log(share / (1.0 - share));
    let share = won / all;
    let drawn = 1.0 / (1.0 + libm::exp(-(belief * odds(share) + (1.0 - belief) * odds(PRIOR_SHARE))));
    let none_won = won <= 0.5;
    for hazards in base.iter_mut() {
        if none_won {
            let ended: f64 = hazards.iter().sum();
            hazards[0] = ended * drawn;
        } else {
            hazards[0] *= drawn / share;
        }
        for hazard in hazards.iter_mut().skip(1) {
            *hazard *= (1.0 - drawn) / (1.0 - share);
        }
    }
}
