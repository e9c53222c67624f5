//! `scorecard`: a few KPIs at a glance, each beside the same part of the period before.

use bellwether_contracts::convert::{instant_from_proto, settings_from_proto, when_to_proto};
use bellwether_contracts::ingestion::GetSettingsRequest;
use bellwether_contracts::kpi::{Grain, KpiDefinition, KpiValue, ListKpisRequest, QueryKpisRequest};
use bellwether_domain::period::{Grain as Size, Period, cut_to_elapsed, period_of, previous};
use bellwether_domain::settings::Settings;
use bellwether_domain::{CivilDate, Instant, When};

use crate::cli::ScorecardArgs;
use crate::client::Client;
use crate::commands::{ValueRow, head};
use crate::exit::{Code, Failure};
use crate::output::Printer;

mod card;
mod change;
mod spark;

use card::{Card, Row};
use change::Change;

/// Months of history beside each KPI.
const MONTHS: i32 = 12;

/// Makes a scorecard.
///
/// # Errors
/// What the server says.
pub(crate) async fn run(args: ScorecardArgs, printer: &Printer) -> Result<Code, Failure> {
    let client = Client::find(&args.connection).await?;
    let settings = settings(&client, &args.tenant).await?;
    let ask = Ask {
        client: &client,
        tenant: &args.tenant,
        kpis: &args.kpis,
        as_of: args.as_of.map(|as_of| as_of.0),
    };
    // The server knows what today is; an answer without a range tells it.
    let probe = ask.values(None, Grain::Unspecified).await?;
    whole(&args.kpis, &probe)?;
    let windows = Windows::of(as_of(&probe)?, args.period.grain(), &settings);
    let (now, before, months, known) = tokio::try_join!(
        ask.values(Some(windows.now), Grain::Unspecified),
        ask.values(Some(windows.before), Grain::Unspecified),
        ask.values(Some(windows.trend), Grain::Month),
        definitions(&client, &args.tenant),
    )?;
    let rows = args
        .kpis
        .iter()
        .map(|id| row(id, &now, &before, &months, &known))
        .collect();
    let card = Card {
        tenant: args.tenant.clone(),
        zone: settings.zone.name().to_owned(),
        windows,
        period: args.period,
        rows,
    };
    printer.show(&card)?;
    Ok(Code::Ok)
}

async fn settings(client: &Client, tenant: &str) -> Result<Settings, Failure> {
    let request = GetSettingsRequest {
        tenant: tenant.to_owned(),
    };
    let message = client
        .tenants()
        .get_settings(request)
        .await?
        .into_inner()
        .settings;
    settings_from_proto(&message.unwrap_or_default())
        .map_err(|_| Failure::unavailable("the server's settings of this tenant cannot be read"))
}

async fn definitions(client: &Client, tenant: &str) -> Result<Vec<KpiDefinition>, Failure> {
    let request = ListKpisRequest {
        tenant: tenant.to_owned(),
        ..ListKpisRequest::default()
    };
    Ok(client.catalog().list_kpis(request).await?.into_inner().kpis)
}

/// What all questions of a scorecard have in common.
struct Ask<'a> {
    client: &'a Client,
    tenant: &'a str,
    kpis: &'a [String],
    as_of: Option<When>,
}

impl Ask<'_> {
    async fn values(&self, range: Option<Period>, grain: Grain) -> Result<Vec<KpiValue>, Failure> {
        let day = |day: CivilDate| when_to_proto(When::Day(day));
        let request = QueryKpisRequest {
            tenant: self.tenant.to_owned(),
            kpis: self.kpis.to_vec(),
            from: range.map(|range| day(range.start)),
            to: range.map(|range| day(range.end)),
            grain: grain.into(),
            as_of: self.as_of.map(when_to_proto),
            min_position: Some(head()),
            ..QueryKpisRequest::default()
        };
        Ok(self.client.kpis().query_kpis(request).await?.into_inner().values)
    }
}

/// A scorecard has one number a KPI; one of a grouped answer's parts must not pass for it.
fn whole(kpis: &[String], values: &[KpiValue]) -> Result<(), Failure> {
    for kpi in kpis {
        let first = values.iter().find(|value| value.kpi == *kpi);
        let group = first.map_or(&[][..], |value| &value.group);
        // A single number has a row even where it is absent; a grouped answer without parts has none.
        if first.is_some() && group.is_empty() {
            continue;
        }
        let dimensions: Vec<&str> = group.iter().map(|part| part.dimension.as_str()).collect();
        let by = if dimensions.is_empty() {
            "its dimension".to_owned()
        } else {
            format!("its dimension {}", dimensions.join(" and "))
        };
        return Err(Failure::invalid(format!(
            "{kpi} is not a single number and has no place on a scorecard: `kpi query {kpi}` shows it by {by}"
        )));
    }
    Ok(())
}

fn as_of(values: &[KpiValue]) -> Result<Instant, Failure> {
    let at = values.first().and_then(|value| value.as_of.as_ref());
    at.and_then(|at| instant_from_proto(at).ok())
        .ok_or_else(|| Failure::unavailable("the server did not say as of when its answer is"))
}

/// The ranges that a scorecard looks at, in civil days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Windows {
    /// The last day that counts.
    day: CivilDate,
    /// The whole present period.
    whole: Period,
    /// The present period up to and with that day.
    now: Period,
    /// As many days of the period before.
    before: Period,
    /// The last months, the present one included up to that day.
    trend: Period,
}

impl Windows {
    fn of(as_of: Instant, size: Size, settings: &Settings) -> Self {
        // As-of is exclusive: the day that counts last is that of the instant before it.
        let day = settings.zone.date_of(Instant::from_micros(as_of.as_micros() - 1));
        let tomorrow = day.plus_days(1);
        let whole = period_of(day, size, &settings.fiscal);
        let month = period_of(day, Size::Month, &settings.fiscal);
        let first = (1..MONTHS).fold(month, |month, _| previous(month, Size::Month, &settings.fiscal));
        Self {
            day,
            whole,
            now: Period::new(whole.start, tomorrow),
            before: cut_to_elapsed(previous(whole, size, &settings.fiscal), whole, tomorrow),
            trend: Period::new(first.start, tomorrow),
        }
    }
}

fn row(id: &str, now: &[KpiValue], before: &[KpiValue], months: &[KpiValue], known: &[KpiDefinition]) -> Row {
    let of = |values: &[KpiValue]| {
        values
            .iter()
            .find(|value| value.kpi == id)
            .cloned()
            .unwrap_or_default()
    };
    let definition = known.iter().find(|kpi| kpi.id == id).cloned().unwrap_or_default();
    let (now, before) = (of(now), of(before));
    Row {
        change: Change::between(&now, &before, definition.direction()),
        trend: months
            .iter()
            .filter(|value| value.kpi == id)
            .cloned()
            .map(ValueRow)
            .collect(),
        now: ValueRow(now),
        before: ValueRow(before),
        definition,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellwether_contracts::kpi::GroupValue;
    use bellwether_domain::Zone;

    fn windows(as_of: &str, size: Size, zone: &str) -> Windows {
        let settings = Settings {
            zone: Zone::named(zone).unwrap(),
            ..Settings::default()
        };
        Windows::of(as_of.parse().unwrap(), size, &settings)
    }

    fn shown(period: Period) -> String {
        format!("{} {}", period.start, period.end)
    }

    #[test]
    fn a_period_stands_beside_as_many_days_of_the_one_before() {
        let quarter = windows("2026-11-22T05:00:00Z", Size::FiscalQuarter, "America/New_York");
        assert_eq!(quarter.day.to_string(), "2026-11-21");
        assert_eq!(shown(quarter.now), "2026-10-01 2026-11-22");
        assert_eq!(shown(quarter.before), "2026-07-01 2026-08-22");
        assert_eq!(shown(quarter.trend), "2025-12-01 2026-11-22");
        // The 30th of March is beside all of February.
        let month = windows("2026-03-31T00:00:00Z", Size::FiscalMonth, "UTC");
        assert_eq!(
            (shown(month.now), shown(month.before)),
            ("2026-03-01 2026-03-31".into(), "2026-02-01 2026-03-01".into())
        );
    }

    #[test]
    fn a_grouped_answer_is_not_passed_off_as_one_number() {
        let value = |kpi: &str, group: Vec<GroupValue>| KpiValue {
            kpi: kpi.to_owned(),
            group,
            ..KpiValue::default()
        };
        let price = GroupValue {
            dimension: "loss_reason".to_owned(),
            name: Some("price".to_owned()),
        };
        let plain = value("win_rate", Vec::new());
        let asked = ["win_rate", "loss_reason_mix"].map(String::from);
        assert!(whole(&asked[..1], std::slice::from_ref(&plain)).is_ok());
        let refused = |values: &[KpiValue]| {
            let failure = whole(&asked, values).unwrap_err();
            assert_eq!(failure.code(), Code::Invalid);
            failure.lines().join(" ")
        };
        let text = refused(&[plain.clone(), value("loss_reason_mix", vec![price])]);
        assert!(
            text.starts_with("loss_reason_mix is not a single number"),
            "{text}"
        );
        assert!(
            text.ends_with("`kpi query loss_reason_mix` shows it by its dimension loss_reason"),
            "{text}"
        );
        // Before the first loss it has no part either.
        assert!(refused(&[plain]).starts_with("loss_reason_mix "));
    }

    #[test]
    fn the_last_day_of_a_period_belongs_to_it() {
        let month = windows("2026-04-01T00:00:00Z", Size::FiscalMonth, "UTC");
        assert_eq!(
            (shown(month.now), month.whole),
            ("2026-03-01 2026-04-01".into(), month.now)
        );
    }
}
