//! `forecast pipeline` and `forecast stages`: what of the pipeline will be won, and what its stages are worth.

mod said;
mod stages;

use bellwether_contracts::convert::when_to_proto;
use bellwether_contracts::forecasting::{
    ForecastPipelineRequest, ForecastPipelineResponse, OpenDeal, OperationKind, PipelineQuestion, PipelineSum,
};
use bellwether_domain::CivilDate;
use serde_json::{Map, Value, json};

use super::patience::Waiting;
use super::words::{absence, basis_json, days, estimate_json, figure, lines, percent, range};
use crate::cli::{PipelineForecastArgs, WhenArg};
use crate::client::Client;
use crate::commands::head;
use crate::exit::{Code, Failure};
use crate::output::{Cell, Page, Printer, Sheet, View};

pub(super) use stages::stages;

/// How many deals to look at a table shows when nobody says how many.
const CONCERNS: usize = 20;

/// Shows what will be won.
///
/// # Errors
/// What the server says.
pub(super) async fn run(args: PipelineForecastArgs, printer: &Printer) -> Result<Code, Failure> {
    let client = Client::find(&args.connection).await?;
    let tenant = args.tenant;
    let request = ForecastPipelineRequest {
        pipeline: Some(question(tenant.clone(), args.days, args.as_of)),
        group_by: args.by,
        deals: args.deals,
        concerns: args.concerns,
    };
    let waiting = Waiting {
        client: &client,
        printer,
        tenant: &tenant,
        kind: OperationKind::Pipeline,
    };
    let call = || {
        let request = request.clone();
        async { client.pipelines().forecast_pipeline(request).await }
    };
    printer.show(&Forecast(waiting.until(call).await?))?;
    Ok(Code::Ok)
}

pub(super) fn question(tenant: String, days: u32, as_of: Option<WhenArg>) -> PipelineQuestion {
    PipelineQuestion {
        tenant,
        horizon_days: days,
        as_of: as_of.map(|as_of| when_to_proto(as_of.0)),
        known_at: 0,
        min_position: Some(head()),
    }
}

struct Forecast(ForecastPipelineResponse);

impl Forecast {
    /// The sums, each with what it is called.
    fn sums(&self) -> impl Iterator<Item = (&'static str, &PipelineSum)> {
        let Self(answer) = self;
        let open = answer.open.iter().map(|sum| ("open deals", sum));
        let newcomers = answer.newcomers.iter().map(|sum| ("deals still to come", sum));
        open.chain(newcomers)
            .chain(answer.total.iter().map(|sum| ("together", sum)))
    }

    fn sheet<'a>(
        &self,
        title: &str,
        rows: impl Iterator<Item = (String, &'a PipelineSum)>,
        page: &Page,
    ) -> String {
        let currency = &self.0.currency;
        let levels = self
            .0
            .total
            .iter()
            .flat_map(|sum| &sum.count)
            .flat_map(|count| &count.bands);
        let shown: Vec<f64> = levels
            .map(|band| band.level)
            .filter(|level| *level > 0.6)
            .collect();
        let mut columns = vec![
            title.to_owned(),
            ">open".to_owned(),
            ">amount".to_owned(),
            ">won".to_owned(),
        ];
        columns.extend(shown.iter().map(|level| format!(">{} interval", percent(*level))));
        columns.push(">value".to_owned());
        columns.extend(shown.iter().map(|level| format!(">{} interval", percent(*level))));
        let mut sheet = Sheet::new(columns);
        for (name, sum) in rows {
            let mut row: Vec<Cell> = vec![
                name.into(),
                sum.open.to_string().into(),
                figure(sum.amount, currency).into(),
            ];
            for (estimate, unit) in [(&sum.count, "count"), (&sum.value, currency.as_str())] {
                row.push(
                    estimate
                        .as_ref()
                        .map_or_else(|| "-".to_owned(), |one| figure(one.mean, unit))
                        .into(),
                );
                for level in &shown {
                    let bands = estimate.iter().flat_map(|estimate| &estimate.bands);
                    let band = bands.into_iter().find(|band| (band.level - level).abs() < 1e-9);
                    row.push(band.map_or_else(String::new, |band| range(band, unit)).into());
                }
            }
            sheet.push(row);
        }
        sheet.render(page)
    }

    fn deals(&self, deals: &[OpenDeal], page: &Page) -> String {
        let currency = &self.0.currency;
        let mut sheet = Sheet::new([
            "deal",
            "owner",
            "stage",
            ">age",
            ">chance",
            ">worth",
            "due",
            "what is the matter",
        ]);
        for deal in deals {
            let worth = deal
                .worth
                .map_or_else(|| "-".to_owned(), |worth| figure(worth, currency));
            sheet.push(vec![
                deal.id.clone().into(),
                deal.owner.clone().into(),
                deal.stage.clone().into(),
                format!("{:.0} days", deal.age_days).into(),
                percent((deal.chance * 1_000.0).round() / 1_000.0).into(),
                worth.into(),
                deal.expected_close.clone().into(),
                deal.concerns.join("; ").into(),
            ]);
        }
        sheet.render(page)
    }

    /// The deals that are named, each table with what its chances are of.
    fn named_deals(&self, page: &Page) -> Vec<String> {
        let Self(answer) = self;
        let last = answer.end.parse::<CivilDate>();
        let by = last.map_or_else(|_| answer.end.clone(), |end| end.plus_days(-1).to_string());
        let table = |title: &str, deals: &[OpenDeal]| {
            let head = lines(&format!("{title} (chance: to be won by {by})"), page);
            format!("\n{head}\n{}", self.deals(deals, page))
        };
        let mut parts = Vec::new();
        if !answer.deals.is_empty() {
            parts.push(table("open deals that bring most", &answer.deals));
        }
        if !answer.concerns.is_empty() {
            // As many as were asked for; else those that are worst.
            let shown = if answer.deals.is_empty() {
                CONCERNS
            } else {
                usize::MAX
            };
            let shown = &answer.concerns[..answer.concerns.len().min(shown)];
            parts.push(table("deals to look at", shown));
            let more = answer.concerns.len() - shown.len();
            if more > 0 {
                parts.push(format!("and {more} more: --deals N names N"));
            }
        }
        parts
    }

    fn beside(&self) -> Option<String> {
        let stages = self.0.stage_weighted.as_ref()?;
        let (count, value) = (stages.count.as_ref()?.mean, stages.value.as_ref()?.mean);
        Some(format!(
            "the usual stage-weighted view, of open deals only and by the shares that were won of earlier deals in their \
             stages: {} won in time for {}; {} whenever they close for {}",
            figure(count, "count"),
            figure(value, &self.0.currency),
            figure(stages.ever_count, "count"),
            figure(stages.ever_value, &self.0.currency),
        ))
    }
}

impl View for Forecast {
    fn json(&self) -> Value {
        let Self(answer) = self;
        let mut out = Map::new();
        out.insert("start".to_owned(), json!(answer.start));
        out.insert("end".to_owned(), json!(answer.end));
        out.insert("currency".to_owned(), json!(answer.currency));
        for (name, sum) in [
            ("open", &answer.open),
            ("newcomers", &answer.newcomers),
            ("total", &answer.total),
        ] {
            out.insert(name.to_owned(), sum.as_ref().map_or(Value::Null, sum_json));
        }
        out.insert("to_be_created".to_owned(), json!(answer.to_be_created));
        let groups = answer.groups.iter().map(|groups| {
            let members: Vec<Value> = groups.members.iter().map(sum_json).collect();
            json!({ "dimension": groups.dimension, "members": members })
        });
        out.insert("groups".to_owned(), groups.collect());
        let stages = answer.stage_weighted.as_ref().map(|stages| {
            json!({
                "in_time": stages.in_time,
                "ever_count": stages.ever_count,
                "ever_value": stages.ever_value,
                "count": estimate_json(stages.count.as_ref()),
                "value": estimate_json(stages.value.as_ref()),
            })
        });
        out.insert("stage_weighted".to_owned(), json!(stages));
        let categories = answer.categories.iter().map(|one| {
            json!({
                "category": one.category, "deals": one.deals, "amount": one.amount,
                "count": one.count, "value": one.value,
            })
        });
        out.insert("categories".to_owned(), categories.collect());
        out.insert("deals".to_owned(), answer.deals.iter().map(deal_json).collect());
        out.insert(
            "concerns".to_owned(),
            answer.concerns.iter().map(deal_json).collect(),
        );
        let correction = answer.correction.map(|one| {
            json!({
                "count_factor": one.count_factor, "value_factor": one.value_factor,
                "rehearsals": one.rehearsals, "horizons": one.horizons,
            })
        });
        out.insert("correction".to_owned(), json!(correction));
        let overridden = answer.overridden.as_ref().map(said::overridden_json);
        out.insert("overridden".to_owned(), json!(overridden));
        out.insert("notes".to_owned(), json!(answer.notes));
        out.insert("absence".to_owned(), json!(absence(answer.absence())));
        out.insert("reason".to_owned(), json!(answer.reason));
        basis_json(&mut out, answer.basis.as_ref());
        Value::Object(out)
    }

    fn text(&self, page: &Page) -> String {
        let Self(answer) = self;
        let period = bellwether_contracts::forecasting::ForecastPeriod {
            start: answer.start.clone(),
            end: answer.end.clone(),
        };
        let mut parts = vec![format!("what will be won, {}", days(Some(&period)))];
        if answer.reason.is_empty() {
            parts.push(self.sheet(
                "what",
                self.sums().map(|(name, sum)| (name.to_owned(), sum)),
                page,
            ));
            for groups in &answer.groups {
                let members = groups.members.iter().map(|sum| (named(&sum.name), sum));
                parts.push(format!("\n{}", self.sheet(&groups.dimension, members, page)));
            }
            if let Some(told) = &answer.overridden {
                let groups = answer.groups.iter().flat_map(|groups| &groups.members);
                let sums = self.sums().map(|(name, sum)| (name.to_owned(), sum));
                let sums = sums.chain(groups.map(|sum| (named(&sum.name), sum)));
                parts.push(format!("\n{}", said::text(told, sums, &answer.currency, page)));
            }
            parts.extend(self.named_deals(page));
        } else {
            parts.push(format!("no forecast: {}", answer.reason));
        }
        parts.push(String::new());
        parts.extend(self.beside().map(|text| lines(&text, page)));
        parts.extend(answer.notes.iter().map(|note| lines(note, page)));
        parts.join("\n")
    }

    fn csv(&self) -> Vec<Vec<String>> {
        let mut rows = vec![
            [
                "dimension",
                "member",
                "open",
                "amount",
                "count",
                "count_low80",
                "count_high80",
                "value",
                "value_low80",
                "value_high80",
            ]
            .map(str::to_owned)
            .to_vec(),
        ];
        rows.extend(self.sums().map(|(name, sum)| row("", name, sum)));
        for groups in &self.0.groups {
            rows.extend(
                groups
                    .members
                    .iter()
                    .map(|sum| row(&groups.dimension, &sum.name, sum)),
            );
        }
        rows
    }
}

fn named(name: &str) -> String {
    if name.is_empty() {
        "(none)".to_owned()
    } else {
        name.to_owned()
    }
}

fn row(dimension: &str, member: &str, sum: &PipelineSum) -> Vec<String> {
    let mut row = vec![
        dimension.to_owned(),
        member.to_owned(),
        sum.open.to_string(),
        sum.amount.to_string(),
    ];
    for estimate in [&sum.count, &sum.value] {
        let band = estimate
            .iter()
            .flat_map(|one| &one.bands)
            .find(|band| (band.level - 0.8).abs() < 1e-9);
        let numbers = [
            estimate.as_ref().map(|one| one.mean),
            band.map(|band| band.low),
            band.map(|band| band.high),
        ];
        row.extend(numbers.map(|number| number.map(|number| number.to_string()).unwrap_or_default()));
    }
    row
}

fn sum_json(sum: &PipelineSum) -> Value {
    json!({
        "name": sum.name,
        "open": sum.open,
        "amount": sum.amount,
        "count": estimate_json(sum.count.as_ref()),
        "value": estimate_json(sum.value.as_ref()),
        "count_overridden": estimate_json(sum.count_overridden.as_ref()),
        "value_overridden": estimate_json(sum.value_overridden.as_ref()),
    })
}

fn deal_json(deal: &OpenDeal) -> Value {
    json!({
        "id": deal.id,
        "chance": deal.chance,
        "chance_lost": deal.chance_lost,
        "worth": deal.worth,
        "amount": deal.amount,
        "age_days": deal.age_days,
        "stage": deal.stage,
        "stage_days": deal.stage_days,
        "stage_probability": deal.stage_probability,
        "owner": deal.owner,
        "team": deal.team,
        "category": deal.category,
        "expected_close": deal.expected_close,
        "pushes": deal.pushes,
        "concerns": deal.concerns,
    })
}
