//! `scorecards`: which scorecards a tenant keeps.

use bellwether_contracts::kpi::{
    CreateScorecardRequest, DeleteScorecardRequest, GetScorecardRequest, ListScorecardsRequest,
    ScorecardEntry, UpdateScorecardRequest,
};
use bellwether_contracts::sales::{Scorecard, ScorecardItem, ScorecardPeriod};
use serde_json::{Value, json};

use super::target::values;
use crate::cli::{ListScorecardsArgs, PeriodArg, RemoveScorecardArgs, ScorecardsCommand, SetScorecardArgs};
use crate::client::Client;
use crate::commands::head;
use crate::exit::{Code, Failure};
use crate::output::{Page, Printer, Sheet, View};

/// Lists, sets or removes scorecards.
///
/// # Errors
/// What the server says.
pub(super) async fn run(command: ScorecardsCommand, printer: &Printer) -> Result<Code, Failure> {
    match command {
        ScorecardsCommand::List(args) => printer.show(&Cards(list(args).await?))?,
        ScorecardsCommand::Set(args) => {
            let entry = set(args).await?;
            for warning in &entry.warnings {
                printer.warning(&warning.message);
            }
            printer.show(&Cards(vec![entry]))?;
        }
        ScorecardsCommand::Remove(args) => remove(args, printer).await?,
    }
    Ok(Code::Ok)
}

async fn list(args: ListScorecardsArgs) -> Result<Vec<ScorecardEntry>, Failure> {
    let client = Client::find(&args.connection).await?;
    let request = ListScorecardsRequest {
        tenant: args.tenant,
        min_position: Some(head()),
    };
    Ok(client
        .scorecards()
        .list_scorecards(request)
        .await?
        .into_inner()
        .scorecards)
}

async fn set(args: SetScorecardArgs) -> Result<ScorecardEntry, Failure> {
    let client = Client::find(&args.connection).await?;
    let period = match args.period {
        PeriodArg::Month => ScorecardPeriod::FiscalMonth,
        PeriodArg::Quarter => ScorecardPeriod::FiscalQuarter,
        PeriodArg::Year => ScorecardPeriod::FiscalYear,
    };
    let scorecard = Scorecard {
        name: args.title.unwrap_or_else(|| args.id.clone()),
        items: args.kpis.iter().map(|kpi| item(kpi)).collect::<Result<_, _>>()?,
        filters: values(&args.filter)?,
        period: period.into(),
        owner: args.owner,
        note: args.note,
    };
    let asked = GetScorecardRequest {
        tenant: args.tenant.clone(),
        id: args.id.clone(),
        min_position: Some(head()),
    };
    let known = match client.scorecards().get_scorecard(asked).await {
        Ok(answer) => answer.into_inner().scorecard.is_some_and(|entry| !entry.preset),
        Err(status) if status.code() == tonic::Code::NotFound => false,
        Err(status) => return Err(status.into()),
    };
    let entry = if known {
        let request = UpdateScorecardRequest {
            tenant: args.tenant,
            id: args.id,
            scorecard: Some(scorecard),
            ..UpdateScorecardRequest::default()
        };
        client
            .scorecards()
            .update_scorecard(request)
            .await?
            .into_inner()
            .scorecard
    } else {
        let request = CreateScorecardRequest {
            tenant: args.tenant,
            id: args.id,
            scorecard: Some(scorecard),
            ..CreateScorecardRequest::default()
        };
        client
            .scorecards()
            .create_scorecard(request)
            .await?
            .into_inner()
            .scorecard
    };
    entry.ok_or_else(|| Failure::unavailable("the server sent no scorecard"))
}

/// `KPI` or `KPI=WEIGHT`.
fn item(text: &str) -> Result<ScorecardItem, Failure> {
    let (kpi, weight) = match text.split_once('=') {
        None => (text, 1),
        Some((kpi, weight)) => {
            let wrong =
                |_| Failure::invalid(format!("`{weight}` is no weight of {kpi}: give a whole number"));
            (kpi, weight.parse().map_err(wrong)?)
        }
    };
    Ok(ScorecardItem {
        kpi: kpi.to_owned(),
        weight,
    })
}

async fn remove(args: RemoveScorecardArgs, printer: &Printer) -> Result<(), Failure> {
    let client = Client::find(&args.connection).await?;
    let request = DeleteScorecardRequest {
        tenant: args.tenant,
        id: args.id.clone(),
        ..DeleteScorecardRequest::default()
    };
    client.scorecards().delete_scorecard(request).await?;
    printer.remark(&format!("scorecard {} is taken back", args.id));
    Ok(())
}

struct Cards(Vec<ScorecardEntry>);

fn kpis(card: &Scorecard) -> Vec<String> {
    let one = |item: &ScorecardItem| match item.weight {
        0 | 1 => item.kpi.clone(),
        weight => format!("{}={weight}", item.kpi),
    };
    card.items.iter().map(one).collect()
}

fn period(card: &Scorecard) -> String {
    let name = card
        .period()
        .as_str_name()
        .trim_start_matches("SCORECARD_PERIOD_");
    name.to_lowercase()
        .replace('_', " ")
        .replace("unspecified", "month")
}

fn filters(card: &Scorecard) -> String {
    let parts: Vec<String> = card
        .filters
        .iter()
        .map(|(dimension, value)| format!("{dimension}={value}"))
        .collect();
    parts.join(", ")
}

impl View for Cards {
    fn json(&self) -> Value {
        let one = |entry: &ScorecardEntry| {
            let card = entry.scorecard.clone().unwrap_or_default();
            let items: Vec<Value> = card
                .items
                .iter()
                .map(|item| json!({"kpi": item.kpi, "weight": item.weight.max(1)}))
                .collect();
            let warnings: Vec<&str> = entry.warnings.iter().map(|one| one.message.as_str()).collect();
            json!({"id": entry.id, "name": card.name, "kpis": items, "filters": card.filters, "period": period(&card),
                   "owner": card.owner, "note": card.note, "preset": entry.preset, "etag": entry.etag,
                   "warnings": warnings})
        };
        Value::Array(self.0.iter().map(one).collect())
    }

    fn text(&self, page: &Page) -> String {
        let mut sheet = Sheet::new(["id", "name", "period", "only", "kpis"]);
        for entry in &self.0 {
            let card = entry.scorecard.clone().unwrap_or_default();
            let name = if entry.preset {
                format!("{} (preset)", card.name)
            } else {
                card.name.clone()
            };
            sheet.push(vec![
                entry.id.as_str().into(),
                name.into(),
                period(&card).into(),
                filters(&card).into(),
                kpis(&card).join(" ").into(),
            ]);
        }
        sheet.render(page)
    }

    fn csv(&self) -> Vec<Vec<String>> {
        let header = ["id", "name", "period", "filters", "kpis", "preset"]
            .map(String::from)
            .to_vec();
        let row = |entry: &ScorecardEntry| {
            let card = entry.scorecard.clone().unwrap_or_default();
            vec![
                entry.id.clone(),
                card.name.clone(),
                period(&card),
                filters(&card),
                kpis(&card).join(" "),
                entry.preset.to_string(),
            ]
        };
        std::iter::once(header).chain(self.0.iter().map(row)).collect()
    }
}
