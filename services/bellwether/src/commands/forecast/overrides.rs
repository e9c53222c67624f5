//! `forecast override`: what people say in place of the model.

use bellwether_contracts::forecasting::{
    DealCall, DeleteForecastOverrideRequest, ForecastOverride, ListForecastOverridesRequest, PeriodCall,
    SetForecastOverrideRequest, forecast_override, set_forecast_override_request,
};
use serde_json::{Value, json};

use super::words::{figure, instant};
use crate::cli::{
    OverrideCommand, OverrideDealArgs, OverrideListArgs, OverridePeriodArgs, OverrideRemoveArgs, SignedArgs,
};
use crate::client::Client;
use crate::exit::{Code, Failure};
use crate::output::{Page, Printer, Sheet, View};

/// Says, lists or takes back.
///
/// # Errors
/// What the server says.
pub(super) async fn run(command: OverrideCommand, printer: &Printer) -> Result<Code, Failure> {
    let told = match command {
        OverrideCommand::Deal(args) => vec![deal(args).await?],
        OverrideCommand::Period(args) => vec![period(args).await?],
        OverrideCommand::List(args) => list(args).await?,
        OverrideCommand::Remove(args) => vec![remove(args).await?],
    };
    printer.show(&Overrides(told))?;
    Ok(Code::Ok)
}

async fn deal(args: OverrideDealArgs) -> Result<ForecastOverride, Failure> {
    let call = DealCall {
        deal: args.deal,
        chance: args.chance,
        amount: args.amount,
        expected_close: args.close.map(|day| day.to_string()).unwrap_or_default(),
        category: args.category,
    };
    say(args.signed, set_forecast_override_request::Call::Deal(call)).await
}

async fn period(args: OverridePeriodArgs) -> Result<ForecastOverride, Failure> {
    let (dimension, member) = args
        .of
        .map(|of| (of.dimension, of.value.unwrap_or_default()))
        .unwrap_or_default();
    let call = PeriodCall {
        period_start: args.from.to_string(),
        period_end: args.to.to_string(),
        dimension,
        member,
        value: args.value,
        count: args.count,
    };
    say(args.signed, set_forecast_override_request::Call::Period(call)).await
}

async fn say(
    signed: SignedArgs,
    call: set_forecast_override_request::Call,
) -> Result<ForecastOverride, Failure> {
    let client = Client::find(&signed.connection).await?;
    let request = SetForecastOverrideRequest {
        tenant: signed.tenant,
        call: Some(call),
        author: signed.author,
        reason: signed.reason,
        etag: signed.etag,
        request_id: signed.request_id,
    };
    let answer = client.pipelines().set_forecast_override(request).await?;
    sent(answer.into_inner().forecast_override)
}

async fn remove(args: OverrideRemoveArgs) -> Result<ForecastOverride, Failure> {
    let signed = args.signed;
    let client = Client::find(&signed.connection).await?;
    let request = DeleteForecastOverrideRequest {
        tenant: signed.tenant,
        id: args.id,
        author: signed.author,
        reason: signed.reason,
        etag: signed.etag,
        request_id: signed.request_id,
    };
    let answer = client.pipelines().delete_forecast_override(request).await?;
    sent(answer.into_inner().forecast_override)
}

fn sent(told: Option<ForecastOverride>) -> Result<ForecastOverride, Failure> {
    told.ok_or_else(|| Failure::unavailable("the server sent no override"))
}

async fn list(args: OverrideListArgs) -> Result<Vec<ForecastOverride>, Failure> {
    let client = Client::find(&args.connection).await?;
    let mut request = ListForecastOverridesRequest {
        tenant: args.tenant,
        id: args.id,
        versions: args.versions,
        page_size: 1_000,
        page_token: String::new(),
    };
    let mut all = Vec::new();
    loop {
        let page = client
            .pipelines()
            .list_forecast_overrides(request.clone())
            .await?
            .into_inner();
        all.extend(page.overrides);
        if page.next_page_token.is_empty() {
            return Ok(all);
        }
        request.page_token = page.next_page_token;
    }
}

struct Overrides(Vec<ForecastOverride>);

/// What is said, in words.
pub(super) fn says(told: &ForecastOverride) -> String {
    let mut parts: Vec<String> = Vec::new();
    match &told.call {
        Some(forecast_override::Call::Deal(deal)) => {
            parts.extend(
                deal.chance
                    .map(|chance| format!("chance {}", figure(chance, "ratio"))),
            );
            parts.extend(
                deal.amount
                    .map(|amount| format!("worth {}", figure(amount, "count"))),
            );
            let close = Some(&deal.expected_close).filter(|day| !day.is_empty());
            parts.extend(close.map(|day| format!("closes on {day}")));
            let category = Some(&deal.category).filter(|name| !name.is_empty());
            parts.extend(category.map(|name| format!("is {name}")));
        }
        Some(forecast_override::Call::Period(period)) => {
            parts.extend(
                period
                    .value
                    .map(|value| format!("{} won", figure(value, "count"))),
            );
            parts.extend(period.count.map(|count| format!("{count} deals won")));
        }
        None => {}
    }
    parts.join(", ")
}

fn state(told: &ForecastOverride) -> &'static str {
    match (told.withdrawn, told.ended) {
        (true, _) => "taken back",
        (false, true) => "ended",
        (false, false) => "holds",
    }
}

/// An override for programs.
pub(super) fn override_json(told: &ForecastOverride) -> Value {
    let call = match &told.call {
        Some(forecast_override::Call::Deal(deal)) => json!({
            "deal": deal.deal, "chance": deal.chance, "amount": deal.amount,
            "expected_close": deal.expected_close, "category": deal.category,
        }),
        Some(forecast_override::Call::Period(period)) => json!({
            "period_start": period.period_start, "period_end": period.period_end,
            "dimension": period.dimension, "member": period.member,
            "value": period.value, "count": period.count,
        }),
        None => Value::Null,
    };
    json!({
        "id": told.id,
        "call": call,
        "author": told.author,
        "reason": told.reason,
        "etag": told.etag,
        "made_at": told.made_at.as_ref().and_then(instant),
        "state": state(told),
    })
}

impl View for Overrides {
    fn json(&self) -> Value {
        self.0.iter().map(override_json).collect()
    }

    fn text(&self, page: &Page) -> String {
        if self.0.is_empty() {
            return "nobody says anything".to_owned();
        }
        let mut sheet = Sheet::new(["id", "says", "who", "why", "version", "state"]);
        for told in &self.0 {
            sheet.push(vec![
                told.id.clone().into(),
                says(told).into(),
                told.author.clone().into(),
                told.reason.clone().into(),
                told.etag.clone().into(),
                state(told).into(),
            ]);
        }
        sheet.render(page)
    }

    fn csv(&self) -> Vec<Vec<String>> {
        let mut rows = vec![
            ["id", "says", "author", "reason", "etag", "made_at", "state"]
                .map(str::to_owned)
                .to_vec(),
        ];
        rows.extend(self.0.iter().map(|told| {
            vec![
                told.id.clone(),
                says(told),
                told.author.clone(),
                told.reason.clone(),
                told.etag.clone(),
                told.made_at.as_ref().and_then(instant).unwrap_or_default(),
                state(told).to_owned(),
            ]
        }));
        rows
    }
}
