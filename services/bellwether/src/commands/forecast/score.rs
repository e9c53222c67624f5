//! `forecast score`: how likely single records are to end so, and why.

use bellwether_contracts::convert::when_to_proto;
use bellwether_contracts::forecasting::{
    Absence, Basis, Score, ScoreCard, ScoreChurnRequest, ScoreLeadsRequest, ScoreOpportunitiesRequest,
    ScoreQuestion,
};
use serde_json::{Map, Value, json};

use super::words::{absence, basis_json, figure, lines};
use crate::cli::{ScoreArgs, ScoreWhat};
use crate::client::Client;
use crate::commands::head;
use crate::exit::{Code, Failure};
use crate::output::{Page, Printer, Sheet, View};

/// How many reasons of a record a table shows.
const REASONS: usize = 3;

/// Shows scores.
///
/// # Errors
/// What the server says.
pub(super) async fn run(args: ScoreArgs, printer: &Printer) -> Result<Code, Failure> {
    let client = Client::find(&args.connection).await?;
    let question = Some(ScoreQuestion {
        tenant: args.tenant,
        ids: args.ids,
        most: args.most,
        as_of: args.as_of.map(|as_of| when_to_proto(as_of.0)),
        known_at: 0,
        min_position: Some(head()),
    });
    let scores = match args.what {
        ScoreWhat::Opportunities => {
            let asked = ScoreOpportunitiesRequest { question };
            let told = client.pipelines().score_opportunities(asked).await?.into_inner();
            let absence = told.absence();
            Scores::of(told.scores, told.card, absence, told.reason, told.basis)
        }
        ScoreWhat::Leads => {
            let asked = ScoreLeadsRequest { question };
            let told = client.pipelines().score_leads(asked).await?.into_inner();
            let absence = told.absence();
            Scores::of(told.scores, told.card, absence, told.reason, told.basis)
        }
        ScoreWhat::Customers => {
            let horizon_days = args.days;
            let asked = ScoreChurnRequest {
                question,
                horizon_days,
            };
            let told = client.retention().score_churn(asked).await?.into_inner();
            let absence = told.absence();
            Scores::of(told.scores, told.card, absence, told.reason, told.basis)
        }
    };
    printer.show(&scores)?;
    Ok(Code::Ok)
}

struct Scores {
    scores: Vec<Score>,
    card: ScoreCard,
    absence: Absence,
    reason: String,
    basis: Option<Basis>,
}

impl Scores {
    fn of(
        scores: Vec<Score>,
        card: Option<ScoreCard>,
        absence: Absence,
        reason: String,
        basis: Option<Basis>,
    ) -> Self {
        Self {
            scores,
            card: card.unwrap_or_default(),
            absence,
            reason,
            basis,
        }
    }
}

impl View for Scores {
    fn json(&self) -> Value {
        let score = |score: &Score| {
            let reasons = score.reasons.iter().map(|reason| {
                json!({
                    "feature": reason.feature, "value": reason.value,
                    "contribution": reason.contribution, "words": reason.words,
                })
            });
            json!({
                "id": score.id,
                "probability": score.probability,
                "logit": score.logit,
                "base": score.base,
                "reasons": reasons.collect::<Value>(),
            })
        };
        let mut out = Map::new();
        out.insert("scores".to_owned(), self.scores.iter().map(score).collect());
        out.insert("card".to_owned(), card_json(&self.card));
        out.insert("absence".to_owned(), json!(absence(self.absence)));
        out.insert("reason".to_owned(), json!(self.reason));
        basis_json(&mut out, self.basis.as_ref());
        Value::Object(out)
    }

    fn text(&self, page: &Page) -> String {
        if !self.reason.is_empty() {
            return format!("no scores: {}", self.reason);
        }
        let mut sheet = Sheet::new(["id", ">probability", "because"]);
        for score in &self.scores {
            let reasons: Vec<&str> = score
                .reasons
                .iter()
                .take(REASONS)
                .map(|reason| reason.words.as_str())
                .collect();
            sheet.push(vec![
                score.id.clone().into(),
                figure(score.probability, "ratio").into(),
                reasons.join("; ").into(),
            ]);
        }
        let card = &self.card;
        let signal = if card.signal {
            "signal"
        } else {
            "no signal: the base rate of all"
        };
        let learned = format!(
            "{signal} ({}); learned from {} records that ended from {} to {}, {} of them so, by {}",
            card.reason, card.learned_from, card.window_start, card.window_end, card.positives, card.scorer
        );
        let mut text = format!("{}\n\n{}", sheet.render(page), lines(&learned, page));
        if card.drift {
            let moved = card
                .moved
                .first()
                .map(|moved| moved.feature.as_str())
                .unwrap_or_default();
            let drift = format!("these records differ much from those learned from, most in {moved}");
            text.push('\n');
            text.push_str(&lines(&drift, page));
        }
        text
    }

    fn csv(&self) -> Vec<Vec<String>> {
        let mut rows = vec![
            ["id", "probability", "base", "reasons"]
                .map(str::to_owned)
                .to_vec(),
        ];
        for score in &self.scores {
            let reasons: Vec<&str> = score.reasons.iter().map(|reason| reason.words.as_str()).collect();
            rows.push(vec![
                score.id.clone(),
                score.probability.to_string(),
                score.base.to_string(),
                reasons.join("; "),
            ]);
        }
        rows
    }
}

fn card_json(card: &ScoreCard) -> Value {
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
    })
}
