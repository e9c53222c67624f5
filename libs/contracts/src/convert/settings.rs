//! Tenant settings.

use bellwether_domain::period::{CalendarPattern, FiscalCalendar};
use bellwether_domain::record::check_probability;
use bellwether_domain::settings::{
    AttributeDeclaration, AttributeType, Pipeline, Settings, Stage, StageClass, WorkingDay,
};
use bellwether_domain::{Currency, RecordKind, Violation, Zone};

use super::fields::{Fields, known, plain};
use crate::ingestion::{self, FiscalPattern};

/// Settings of a message; what is left out takes its default.
///
/// # Errors
/// Every violation.
pub fn settings_from_proto(message: &ingestion::TenantSettings) -> Result<Settings, Vec<Violation>> {
    let mut fields = Fields::default();
    let defaults = Settings::default();
    let currency = if message.currency.is_empty() {
        Some(Currency::USD)
    } else {
        fields.currency("currency", &message.currency)
    };
    let zone = if message.zone.is_empty() {
        Some(Zone::utc())
    } else {
        fields.take("zone", Zone::named(&message.zone))
    };
    let fiscal = fiscal(message.fiscal_calendar.as_ref(), &mut fields);
    let business_hours = if message.business_hours.is_empty() {
        defaults.business_hours
    } else {
        message
            .business_hours
            .iter()
            .enumerate()
            .filter_map(|(i, day)| working_day(i, day, &mut fields))
            .collect()
    };
    let holidays = message
        .holidays
        .iter()
        .filter_map(|day| fields.required_date("holidays", day))
        .collect();
    let pipelines = pipelines(message, &mut fields);
    let attributes = message
        .attributes
        .iter()
        .enumerate()
        .filter_map(|(i, one)| attribute(i, one, &mut fields))
        .collect();
    let constant_currency_budget = known(&message.constant_currency_budget);
    match (currency, zone) {
        (Some(currency), Some(zone)) if fields.violations.is_empty() => Ok(Settings {
            currency,
            zone,
            fiscal,
            business_hours,
            holidays,
            pipelines,
            attributes,
            constant_currency_budget,
        }),
        _ => Err(fields.violations),
    }
}

fn fiscal(message: Option<&ingestion::FiscalCalendar>, fields: &mut Fields) -> FiscalCalendar {
    let Some(message) = message else {
        return FiscalCalendar::default();
    };
    let start_month = u8::try_from(message.start_month.max(1)).unwrap_or(u8::MAX);
    if start_month > 12 {
        fields.add(
            "fiscal_calendar.start_month",
            format!("{} is not a month: use 1 to 12", message.start_month),
        );
        return FiscalCalendar::default();
    }
    let pattern = fields.choice("fiscal_calendar.pattern", message.pattern, |value| {
        Some(match value {
            FiscalPattern::Unspecified | FiscalPattern::Calendar => CalendarPattern::Calendar,
            FiscalPattern::FiscalPattern445 => CalendarPattern::FourFourFive,
            FiscalPattern::FiscalPattern454 => CalendarPattern::FourFiveFour,
            FiscalPattern::FiscalPattern544 => CalendarPattern::FiveFourFour,
        })
    });
    FiscalCalendar::new(start_month, pattern.unwrap_or_default()).unwrap_or_default()
}

fn working_day(index: usize, day: &ingestion::WorkingDay, fields: &mut Fields) -> Option<WorkingDay> {
    let at = format!("business_hours[{index}]");
    let weekday = u8::try_from(day.weekday).ok().filter(|day| (1..=7).contains(day));
    if weekday.is_none() {
        fields.add(
            format!("{at}.weekday"),
            format!("{} is not a weekday: 1 = Monday to 7 = Sunday", day.weekday),
        );
    }
    let opens = fields.take(&format!("{at}.opens"), minutes(&day.opens));
    let closes = fields.take(&format!("{at}.closes"), minutes(&day.closes));
    let (opens, closes) = (opens?, closes?);
    if closes <= opens {
        fields.add(
            format!("{at}.closes"),
            format!("{} is not after opens {}", day.closes, day.opens),
        );
    }
    Some(WorkingDay {
        weekday: weekday?,
        opens,
        closes,
    })
}

fn minutes(text: &str) -> Result<u16, String> {
    let read = || {
        let (hours, minutes) = text
            .split_once(':')
            .filter(|(h, m)| h.len() == 2 && m.len() == 2)?;
        let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
        (minutes < 60 && hours * 60 + minutes <= 24 * 60).then_some(hours * 60 + minutes)
    };
    read().ok_or_else(|| format!("`{text}` is not a time of day such as 09:00"))
}

fn pipelines(message: &ingestion::TenantSettings, fields: &mut Fields) -> Vec<Pipeline> {
    let mut out: Vec<Pipeline> = Vec::with_capacity(message.pipelines.len());
    for (index, pipeline) in message.pipelines.iter().enumerate() {
        let at = format!("pipelines[{index}]");
        if pipeline.id.is_empty() || out.iter().any(|known| known.id == pipeline.id) {
            fields.add(
                format!("{at}.id"),
                format!(
                    "`{}` is empty or taken: give each pipeline an id of its own",
                    pipeline.id
                ),
            );
        }
        let mut stages: Vec<Stage> = Vec::with_capacity(pipeline.stages.len());
        for (number, stage) in pipeline.stages.iter().enumerate() {
            let read = self::stage(&format!("{at}.stages[{number}]"), stage, &stages, fields);
            stages.extend(read);
        }
        if pipeline.stages.is_empty() {
            fields.add(format!("{at}.stages"), "is empty: name the stages");
        }
        out.push(Pipeline {
            id: pipeline.id.clone(),
            stages,
        });
    }
    out
}

fn stage(at: &str, stage: &ingestion::Stage, before: &[Stage], fields: &mut Fields) -> Option<Stage> {
    if stage.name.is_empty() || before.iter().any(|known| known.name == stage.name) {
        fields.add(
            format!("{at}.name"),
            format!(
                "`{}` is empty or taken: give each stage a name of its own",
                stage.name
            ),
        );
    }
    let class = fields.choice(&format!("{at}.class"), stage.class, |value| match value {
        ingestion::StageClass::Unspecified => None,
        ingestion::StageClass::Open => Some(StageClass::Open),
        ingestion::StageClass::Won => Some(StageClass::Won),
        ingestion::StageClass::Lost => Some(StageClass::Lost),
        ingestion::StageClass::NoDecision => Some(StageClass::NoDecision),
    });
    if stage.class == 0 {
        fields.add(
            format!("{at}.class"),
            "is missing: give open, won, lost or no_decision",
        );
    }
    let probability = known(&stage.probability);
    if let Some(text) = probability.as_ref().filter(|text| !check_probability(text)) {
        fields.add(
            format!("{at}.probability"),
            format!("`{text}` is not a fraction from 0 to 1"),
        );
    }
    Some(Stage {
        name: stage.name.clone(),
        class: class?,
        qualified: stage.qualified,
        probability,
    })
}

fn attribute(
    index: usize,
    one: &ingestion::AttributeDeclaration,
    fields: &mut Fields,
) -> Option<AttributeDeclaration> {
    let at = format!("attributes[{index}]");
    if one.kind.parse::<RecordKind>().is_err() {
        fields.add(
            format!("{at}.kind"),
            format!("`{}` is not a record kind such as opportunity", one.kind),
        );
    }
    if !AttributeDeclaration::is_name(&one.name) {
        fields.add(
            format!("{at}.name"),
            format!("`{}` is not a name of 1 to 63 of a-z, 0-9 and _", one.name),
        );
    }
    let attribute_type = fields.choice(&format!("{at}.type"), one.r#type, |value| match value {
        ingestion::AttributeType::Unspecified => None,
        ingestion::AttributeType::Text => Some(AttributeType::Text),
        ingestion::AttributeType::Number => Some(AttributeType::Number),
        ingestion::AttributeType::Date => Some(AttributeType::Day),
    });
    if one.r#type == 0 {
        fields.add(format!("{at}.type"), "is missing: give text, number or date");
    }
    Some(AttributeDeclaration {
        kind: one.kind.clone(),
        name: one.name.clone(),
        attribute_type: attribute_type?,
    })
}

/// Settings as a message, every default spelled out.
#[must_use]
pub fn settings_to_proto(settings: &Settings) -> ingestion::TenantSettings {
    let pattern = match settings.fiscal.pattern() {
        CalendarPattern::Calendar => FiscalPattern::Calendar,
        CalendarPattern::FourFourFive => FiscalPattern::FiscalPattern445,
        CalendarPattern::FourFiveFour => FiscalPattern::FiscalPattern454,
        CalendarPattern::FiveFourFour => FiscalPattern::FiscalPattern544,
    };
    let time = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
    ingestion::TenantSettings {
        currency: settings.currency.code().to_owned(),
        zone: settings.zone.name().to_owned(),
        fiscal_calendar: Some(ingestion::FiscalCalendar {
            start_month: settings.fiscal.start_month().into(),
            pattern: pattern.into(),
        }),
        business_hours: settings
            .business_hours
            .iter()
            .map(|day| ingestion::WorkingDay {
                weekday: day.weekday.into(),
                opens: time(day.opens),
                closes: time(day.closes),
            })
            .collect(),
        holidays: settings.holidays.iter().map(ToString::to_string).collect(),
        pipelines: settings.pipelines.iter().map(pipeline_to_proto).collect(),
        attributes: settings.attributes.iter().map(attribute_to_proto).collect(),
        constant_currency_budget: plain(settings.constant_currency_budget.as_ref()),
    }
}

fn pipeline_to_proto(pipeline: &Pipeline) -> ingestion::Pipeline {
    let stage = |stage: &Stage| ingestion::Stage {
        name: stage.name.clone(),
        class: match stage.class {
            StageClass::Open => ingestion::StageClass::Open,
            StageClass::Won => ingestion::StageClass::Won,
            StageClass::Lost => ingestion::StageClass::Lost,
            StageClass::NoDecision => ingestion::StageClass::NoDecision,
        }
        .into(),
        qualified: stage.qualified,
        probability: plain(stage.probability.as_ref()),
    };
    ingestion::Pipeline {
        id: pipeline.id.clone(),
        stages: pipeline.stages.iter().map(stage).collect(),
    }
}

fn attribute_to_proto(one: &AttributeDeclaration) -> ingestion::AttributeDeclaration {
    let attribute_type = match one.attribute_type {
        AttributeType::Text => ingestion::AttributeType::Text,
        AttributeType::Number => ingestion::AttributeType::Number,
        AttributeType::Day => ingestion::AttributeType::Date,
    };
    ingestion::AttributeDeclaration {
        kind: one.kind.clone(),
        name: one.name.clone(),
        r#type: attribute_type.into(),
    }
}
