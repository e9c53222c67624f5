//! `settings`: shows a tenant's settings and changes them from a file.

use std::path::Path;

use bellwether_contracts::ingestion::{GetSettingsRequest, TenantSettings, UpdateSettingsRequest};
use bellwether_contracts::json::{settings_from_json, settings_to_json};
use serde_json::{Map, Value};

use crate::cli::{ApplyArgs, SettingsArgs, SettingsCommand};
use crate::client::Client;
use crate::exit::{Code, Failure};
use crate::output::{Page, Printer, Sheet, View};

/// Gets or applies settings.
///
/// # Errors
/// Invalid for a file that is no settings, else what the server says.
pub(super) async fn run(command: SettingsCommand, printer: &Printer) -> Result<Code, Failure> {
    let settings = match command {
        SettingsCommand::Get(args) => get(args).await?,
        SettingsCommand::Apply(args) => apply(args, printer).await?,
    };
    printer.show(&Shown(settings))?;
    Ok(Code::Ok)
}

async fn get(args: SettingsArgs) -> Result<TenantSettings, Failure> {
    let client = Client::find(&args.connection).await?;
    let request = GetSettingsRequest { tenant: args.tenant };
    let answer = client.tenants().get_settings(request).await?.into_inner();
    Ok(answer.settings.unwrap_or_default())
}

async fn apply(args: ApplyArgs, printer: &Printer) -> Result<TenantSettings, Failure> {
    let client = Client::find(&args.connection).await?;
    let text = std::fs::read_to_string(&args.file)
        .map_err(|error| Failure::usage(format!("cannot read {}: {error}", args.file.display())))?;
    let wanted = read(&text, &args.file)?;
    let tenant = || args.tenant.clone();
    let before = client
        .tenants()
        .get_settings(GetSettingsRequest { tenant: tenant() })
        .await?
        .into_inner();
    let settings = if args.replace {
        message(Value::Object(wanted), &args.file)?
    } else {
        message(laid_over(before.settings.unwrap_or_default(), wanted), &args.file)?
    };
    let request = UpdateSettingsRequest {
        tenant: tenant(),
        settings: Some(settings),
        etag: before.etag,
        request_id: String::new(),
    };
    let answer = client.tenants().update_settings(request).await?.into_inner();
    let seq = answer.position.unwrap_or_default().seq;
    printer.remark(&format!(
        "the settings of {} are as below; the log stands at {seq}",
        args.tenant
    ));
    Ok(answer.settings.unwrap_or_default())
}

/// The fields of a settings file, friendly spellings turned into the contract's.
fn read(text: &str, file: &Path) -> Result<Map<String, Value>, Failure> {
    let refused = |why: String| Failure::invalid(format!("{}: {why}", file.display()));
    let value: Value = serde_saphyr::from_str(text).map_err(|error| refused(error.to_string()))?;
    let Value::Object(mut fields) = value else {
        return Err(refused(
            "is not a set of fields such as `zone: Europe/Berlin`".to_owned(),
        ));
    };
    friendly(&mut fields);
    // What the file itself says must stand on its own, so that an error is about the file.
    message(Value::Object(fields.clone()), file)?;
    Ok(fields)
}

fn message(fields: Value, file: &Path) -> Result<TenantSettings, Failure> {
    settings_from_json(&fields.to_string())
        .map_err(|error| Failure::invalid(format!("{}: {error}", file.display())))
}

/// The settings that hold, with the fields of a file in place of theirs.
fn laid_over(before: TenantSettings, wanted: Map<String, Value>) -> Value {
    let mut fields = match settings_to_json(&before) {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    for (name, value) in wanted {
        // Proto JSON knows each field by two names.
        fields.insert(snake(&name), value);
    }
    Value::Object(fields)
}

fn snake(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 2);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

/// `class: open`, `type: text`, `pattern: 4-4-5` and `probability: 0.5` in the contract's spelling. Anything else is
/// left for the contract to judge.
fn friendly(fields: &mut Map<String, Value>) {
    for (name, value) in fields.iter_mut() {
        match (name.as_str(), &mut *value) {
            ("class", Value::String(text)) => spell("STAGE_CLASS_", text),
            ("type", Value::String(text)) => spell("ATTRIBUTE_TYPE_", text),
            ("pattern", Value::String(text)) => spell("FISCAL_PATTERN_", text),
            ("probability", Value::Number(number)) => *value = Value::String(number.to_string()),
            (_, Value::Object(inner)) => friendly(inner),
            (_, Value::Array(items)) => {
                for item in items {
                    if let Value::Object(inner) = item {
                        friendly(inner);
                    }
                }
            }
            _ => {}
        }
    }
}

fn spell(prefix: &str, text: &mut String) {
    if !text.starts_with(prefix) {
        *text = format!("{prefix}{}", text.to_ascii_uppercase().replace(['-', ' '], "_"));
    }
}

/// A tenant's settings.
struct Shown(TenantSettings);

impl Shown {
    fn rows(&self) -> Vec<(String, String)> {
        let settings = &self.0;
        let fiscal = settings.fiscal_calendar.unwrap_or_default();
        let pattern = fiscal
            .pattern()
            .as_str_name()
            .trim_start_matches("FISCAL_PATTERN_");
        let mut rows = vec![
            ("currency".to_owned(), settings.currency.clone()),
            ("zone".to_owned(), settings.zone.clone()),
            (
                "fiscal_calendar.start_month".to_owned(),
                fiscal.start_month.to_string(),
            ),
            (
                "fiscal_calendar.pattern".to_owned(),
                pattern.to_lowercase().replace('_', "-"),
            ),
        ];
        const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
        for day in &settings.business_hours {
            let name = usize::try_from(day.weekday)
                .ok()
                .and_then(|n| DAYS.get(n.checked_sub(1)?));
            let name = name.copied().unwrap_or("?");
            rows.push((
                format!("business_hours {name}"),
                format!("{} to {}", day.opens, day.closes),
            ));
        }
        if !settings.holidays.is_empty() {
            rows.push(("holidays".to_owned(), settings.holidays.join(", ")));
        }
        for pipeline in &settings.pipelines {
            for stage in &pipeline.stages {
                rows.push((format!("pipeline {}", pipeline.id), stage_text(stage)));
            }
        }
        for one in &settings.attributes {
            let held = one
                .r#type()
                .as_str_name()
                .trim_start_matches("ATTRIBUTE_TYPE_")
                .to_lowercase();
            rows.push((format!("attribute {} {}", one.kind, one.name), held));
        }
        if !settings.constant_currency_budget.is_empty() {
            rows.push((
                "constant_currency_budget".to_owned(),
                settings.constant_currency_budget.clone(),
            ));
        }
        rows
    }
}

fn stage_text(stage: &bellwether_contracts::ingestion::Stage) -> String {
    let class = stage
        .class()
        .as_str_name()
        .trim_start_matches("STAGE_CLASS_")
        .to_lowercase();
    let qualified = if stage.qualified { ", qualified" } else { "" };
    let chance = match stage.probability.as_str() {
        "" => String::new(),
        text => format!(", probability {text}"),
    };
    format!("{} ({class}{qualified}{chance})", stage.name)
}

impl View for Shown {
    fn json(&self) -> Value {
        settings_to_json(&self.0)
    }

    fn text(&self, page: &Page) -> String {
        let mut sheet = Sheet::new(["setting", "value"]);
        for (name, value) in self.rows() {
            sheet.push(vec![name.into(), value.into()]);
        }
        sheet.render(page)
    }

    fn csv(&self) -> Vec<Vec<String>> {
        let header = vec!["setting".to_owned(), "value".to_owned()];
        std::iter::once(header)
            .chain(self.rows().into_iter().map(|(name, value)| vec![name, value]))
            .collect()
    }
}

#[cfg(test)]
mod tests;
