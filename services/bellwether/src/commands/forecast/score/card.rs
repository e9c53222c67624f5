//! The card of a scorer: what it was made of, and what it is worth.

use bellwether_contracts::forecasting::ScoreCard;
use serde_json::{Value, json};

use crate::commands::forecast::words::lines;
use crate::output::{Page, Sheet};

/// The most features that are shown.
const FEATURES: usize = 15;

/// A card for programs.
pub(super) fn json(card: &ScoreCard) -> Value {
    let features = card
        .features
        .iter()
        .map(|one| json!({ "feature": one.feature, "moves": one.moves }));
    let bins = card.calibration.iter();
    let bins = bins.map(|bin| json!({ "n": bin.n, "said": bin.said, "happened": bin.happened }));
    let moved = card
        .moved
        .iter()
        .map(|one| json!({ "feature": one.feature, "index": one.index }));
    let contestants = card.contestants.iter();
    let contestants = contestants.map(|one| json!({ "name": one.name, "log_loss": one.log_loss }));
    json!({
        "version": card.version,
        "learned_from": card.learned_from,
        "positives": card.positives,
        "window_start": card.window_start,
        "window_end": card.window_end,
        "scorer": card.scorer,
        "signal": card.signal,
        "reason": card.reason,
        "features": features.collect::<Value>(),
        "calibration": bins.collect::<Value>(),
        "notes": card.notes,
        "drift": card.drift,
        "moved": moved.collect::<Value>(),
        "scores_moved": card.scores_moved,
        "seed": card.seed,
        "level": card.level,
        "slope": card.slope,
        "contestants": contestants.collect::<Value>(),
    })
}

/// A card for people.
pub(super) fn text(card: &ScoreCard, page: &Page) -> String {
    let mut parts = vec![format!(
        "the scorer, version {} (seed {})",
        card.version, card.seed
    )];
    let level = format!(
        "Learned from {} records that ended from {} to {}. Level: {}. Logits were multiplied by {:.3} to fit records held out.",
        card.learned_from, card.window_start, card.window_end, card.level, card.slope
    );
    parts.push(lines(&level, page));
    if !card.contestants.is_empty() {
        let mut sheet = Sheet::new(["contestant", ">log loss on records held out"]);
        for one in &card.contestants {
            sheet.push(vec![
                one.name.clone().into(),
                format!("{:.4}", one.log_loss).into(),
            ]);
        }
        parts.push(sheet.render(page));
    }
    if !card.features.is_empty() {
        let mut sheet = Sheet::new(["feature", ">moves the odds, on average", ">has moved"]);
        for one in card.features.iter().take(FEATURES) {
            let moved = card.moved.iter().find(|moved| moved.feature == one.feature);
            sheet.push(vec![
                one.feature.clone().into(),
                format!("{:.2} times", one.moves.exp()).into(),
                moved
                    .map_or_else(String::new, |moved| format!("{:.2}", moved.index))
                    .into(),
            ]);
        }
        parts.push(sheet.render(page));
    }
    let bins: Vec<_> = card.calibration.iter().filter(|bin| bin.n > 0).collect();
    if !bins.is_empty() {
        let mut sheet = Sheet::new([">said", ">records held out", ">happened"]);
        for bin in bins {
            sheet.push(vec![
                format!("{:.0} %", bin.said * 100.0).into(),
                bin.n.to_string().into(),
                format!("{:.0} %", bin.happened * 100.0).into(),
            ]);
        }
        parts.push(sheet.render(page));
    }
    parts.extend(card.notes.iter().map(|note| lines(note, page)));
    parts.join("\n\n")
}
