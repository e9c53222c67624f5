//! Scores and cards as messages.

use bellwether_contracts::forecasting::{
    CalibrationBin, FeatureDrift, Score, ScoreCard, ScoreContestant, ScoreFeature, ScoreReason,
};
use bellwether_domain::{CivilDate, Currency};

use crate::cases::Scored;
use crate::frame::Note;
use crate::score::card::Contestant;

/// Features that are amounts, in minor units of the tenant's currency.
const AMOUNTS: [&str; 2] = ["amount", "monthly"];

pub(super) fn score(id: &str, score: &crate::score::Score, currency: &str) -> Score {
    let reason = |reason: &crate::score::Reason| ScoreReason {
        feature: reason.column.clone(),
        value: reason.value.clone(),
        contribution: reason.contribution,
        words: words(reason, currency),
    };
    Score {
        id: id.to_owned(),
        probability: score.probability,
        logit: score.logit,
        base: score.base,
        reasons: score.reasons.iter().map(reason).collect(),
    }
}

/// A reason in words, amounts as people write them.
fn words(reason: &crate::score::Reason, currency: &str) -> String {
    let minor = reason.value.as_ref().and_then(|value| value.parse::<f64>().ok());
    match minor.filter(|minor| AMOUNTS.contains(&reason.column.as_str()) && minor.is_finite()) {
        Some(minor) => crate::score::Reason {
            value: Some(money(minor, currency)),
            ..reason.clone()
        }
        .to_string(),
        None => reason.to_string(),
    }
}

/// Minor units as people write them: `126,250 USD`, `0.50 EUR`.
fn money(minor: f64, currency: &str) -> String {
    let places = Currency::from_code(currency).map_or(2, Currency::exponent).min(9);
    let unit = f64::from(10_u32.pow(places));
    let whole = minor % unit == 0.0;
    let digits = if whole { 0 } else { places as usize };
    let text = format!("{:.digits$}", minor.abs() / unit);
    let (major, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut grouped = String::new();
    for (at, digit) in major.chars().enumerate() {
        if at > 0 && (major.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let sign = if minor < 0.0 { "-" } else { "" };
    format!("{sign}{grouped}{rest} {currency}").trim_end().to_owned()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::Reason;

    #[test]
    fn amounts_are_told_as_money() {
        assert_eq!(money(12_625_000.0, "USD"), "126,250 USD");
        assert_eq!(money(-50.0, "EUR"), "-0.50 EUR");
        assert_eq!(money(1_234_567.0, "JPY"), "1,234,567 JPY");
        assert_eq!(money(99_999.0, ""), "999.99");
        let reason = |column: &str, value: Option<&str>| Reason {
            column: column.to_owned(),
            value: value.map(str::to_owned),
            contribution: 1.0,
        };
        let told = words(&reason("amount", Some("12625000")), "USD");
        assert_eq!(told, "amount = 126,250 USD: raises the odds 2.72 times");
        for (column, value) in [
            ("amount", None),
            ("source", Some("12625000")),
            ("amount", Some("much")),
        ] {
            let reason = reason(column, value);
            assert_eq!(words(&reason, "USD"), reason.to_string());
        }
    }
}
