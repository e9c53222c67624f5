//! `forecast score`: how likely single records are to end so, and why.

mod card;

use bellwether_contracts::convert::when_to_proto;
use bellwether_contracts::forecasting::{
    Absence, Basis, OperationKind, Score, ScoreCard, ScoreChurnRequest, ScoreLeadsRequest,
    ScoreOpportunitiesRequest, ScoreQuestion,
};
use serde_json::{Map, Value, json};

use super::patience::Waiting;
use super::words::{absence, basis_json, figure, lines};
use crate::cli::{ScoreArgs, ScoreWhat};
use crate::client::Client;
use crate::commands::head;
use crate::exit::{Code, Failure};
use crate::output::{Page, Printer, Sheet, View};

/// The days within which a customer may leave, unless others are asked for.
const DAYS: u32 = 90;
/// How many reasons of a record a table shows.
const REASONS: usize = 3;

/// Shows scores.
///
/// # Errors
/// What the server says.
pub(super) async fn run(args: ScoreArgs, printer: &Printer) -> Result<Code, Failure> {
    within(&args)?;
    let asked = asked(args.what, args.days);
    let client = Client::find(&args.connection).await?;
    let waiting = Waiting {
        client: &client,
        printer,
        tenant: &args.tenant,
        kind: OperationKind::Scores,
    };
    let question = Some(ScoreQuestion {
        tenant: args.tenant.clone(),
        ids: args.ids,
        most: args.most,
        as_of: args.as_of.map(|as_of| when_to_proto(as_of.0)),
        known_at: 0,
        min_position: Some(head()),
    });
    let mut scores = match args.what {
        ScoreWhat::Opportunities => {
            let asked = ScoreOpportunitiesRequest { question };
            let call = || {
                let asked = asked.clone();
                async { client.pipelines().score_opportunities(asked).await }
            };
            let told = waiting.until(call).await?;
            let absence = told.absence();
            Scores::of(told.scores, told.card, absence, told.reason, told.basis)
        }
        ScoreWhat::Leads => {
            let asked = ScoreLeadsRequest { question };
            let call = || {
                let asked = asked.clone();
                async { client.pipelines().score_leads(asked).await }
            };
            let told = waiting.until(call).await?;
            let absence = told.absence();
            Scores::of(told.scores, told.card, absence, told.reason, told.basis)
        }
        ScoreWhat::Customers => {
            let horizon_days = args.days.unwrap_or(DAYS);
            let asked = ScoreChurnRequest {
                question,
                horizon_days,
            };
            let call = || {
                let asked = asked.clone();
                async { client.retention().score_churn(asked).await }
            };
            let told = waiting.until(call).await?;
            let absence = told.absence();
            Scores::of(told.scores, told.card, absence, told.reason, told.basis)
        }
    };
    scores.whole = args.card;
    scores.asked = asked;
    printer.show(&scores)?;
    Ok(Code::Ok)
}

/// Deals and leads are scored for how they end, whenever that is: days would be asked for and not be told.
fn within(args: &ScoreArgs) -> Result<(), Failure> {
    match (args.what, args.days) {
        (ScoreWhat::Opportunities | ScoreWhat::Leads, Some(_)) => Err(Failure::usage(
            "--days is of customers: deals and leads are scored for how they end, whenever that is. \
             `forecast pipeline --days DAYS --deals N` has the chances of deals within days",
        )),
        _ => Ok(()),
    }
}

/// What the probabilities answer. The chances of `forecast pipeline` are of the same deals, and answer something else.
fn asked(what: ScoreWhat, days: Option<u32>) -> String {
    match what {
        ScoreWhat::Opportunities => {
            "how likely open deals are to be won in the end, whenever that is".to_owned()
        }
        ScoreWhat::Leads => "how likely leads are to be converted in the end, whenever that is".to_owned(),
        ScoreWhat::Customers => {
            format!(
                "how likely customers are to have left within {} days",
                days.unwrap_or(DAYS)
            )
        }
    }
}

struct Scores {
    /// What was asked.
    asked: String,
    /// Whether the card is shown, too.
    whole: bool,
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
            asked: String::new(),
            whole: false,
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
        out.insert("card".to_owned(), card::json(&self.card));
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
        let (head, learned) = (lines(&self.asked, page), lines(&learned, page));
        let mut text = format!("{head}\n{}\n\n{learned}", sheet.render(page));
        if self.whole {
            text.push_str("\n\n");
            text.push_str(&card::text(card, page));
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_says_what_is_asked_and_within_what_time() {
        let mut scores = Scores::of(Vec::new(), None, Absence::Unspecified, String::new(), None);
        for (what, days, said) in [
            (ScoreWhat::Opportunities, None, "won in the end"),
            (ScoreWhat::Leads, None, "converted in the end"),
            (ScoreWhat::Customers, None, "within 90 days"),
            (ScoreWhat::Customers, Some(180), "within 180 days"),
        ] {
            scores.asked = asked(what, days);
            let page = Page {
                colour: false,
                wrap: false,
            };
            let text = scores.text(&page);
            assert!(
                text.lines()
                    .next()
                    .is_some_and(|head| head.ends_with(said) || head.contains(said)),
                "{text}"
            );
        }
    }
}
