//! Scores and cards as messages.

use bellwether_contracts::forecasting::{
    CalibrationBin, FeatureDrift, Score, ScoreCard, ScoreContestant, ScoreFeature, ScoreReason,
};
use bellwether_domain::CivilDate;

use crate::cases::Scored;
use crate::frame::Note;
use crate::score::card::Contestant;

pub(super) fn score(id: &str, score: &crate::score::Score) -> Score {
    let reason = |reason: &crate::score::Reason| ScoreReason {
        feature: reason.column.clone(),
        value: reason.value.clone(),
        contribution: reason.contribution,
        words: reason.to_string(),
    };
    Score {
        id: id.to_owned(),
        probability: score.probability,
        logit: score.logit,
        base: score.base,
        reasons: score.reasons.iter().map(reason).collect(),
    }
}

pub(super) fn card(scored: &Scored) -> ScoreCard {
    let card = scored.model.card();
    let day = |at: f64| CivilDate::from_days(libm::floor(at) as i32).to_string();
    let (first, last) = card.window.unzip();
    let note = |note: &Note| match &note.column {
        Some(column) => format!("{column}: {}", note.text),
        None => note.text.clone(),
    };
    let notes = card.leaks.iter().chain(&card.suspicious).chain(&card.notes);
    ScoreCard {
        version: card.version.clone(),
        learned_from: card.rows as u64,
        positives: card.positives as u64,
        window_start: first.map(day).unwrap_or_default(),
        window_end: last.map(day).unwrap_or_default(),
        scorer: card.scorer.clone(),
        signal: card.signal,
        reason: card.reason.clone(),
        features: card
            .features
            .iter()
            .map(|feature| ScoreFeature {
                feature: feature.column.clone(),
                moves: feature.moves,
            })
            .collect(),
        calibration: card
            .calibration
            .iter()
            .map(|bin| CalibrationBin {
                n: bin.n as u64,
                said: bin.said,
                happened: bin.happened,
            })
            .collect(),
        notes: notes.map(note).collect(),
        drift: scored.drift.alarm,
        moved: scored
            .drift
            .columns
            .iter()
            .map(|(feature, index)| FeatureDrift {
                feature: feature.clone(),
                index: *index,
            })
            .collect(),
        seed: card.seed,
        level: card.level.clone(),
        slope: card.slope,
        contestants: card.contestants.iter().map(contestant).collect(),
        scores_moved: scored.drift.scores,
    }
}

fn contestant(one: &Contestant) -> ScoreContestant {
    ScoreContestant {
        name: one.name.clone(),
        log_loss: one.log_loss,
    }
}
