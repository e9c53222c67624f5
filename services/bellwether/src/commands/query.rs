//! `kpi query`: asks for values and shows them with everything they stand on.

use bellwether_contracts::convert::{
    instant_from_proto, instant_to_proto, settings_from_proto, when_to_proto,
};
use bellwether_contracts::ingestion::GetSettingsRequest;
use bellwether_contracts::kpi::{
    AbsentReason, Elapsed, Filter, Grain as WireGrain, GroupValue, KnownAt, KpiValue, MinPosition, Path,
    QueryKpisRequest, known_at, min_position,
};
use bellwether_contracts::types::DateOrTime;
use bellwether_contracts::types::date_or_time::Value as Edge;
use bellwether_domain::When;
use bellwether_domain::period::Grain;
use serde_json::{Map, Value, json};

use crate::cli::{AskArgs, ElapsedArg, FilterArg, KnownAtArg, QueryArgs, WhenArg};
use crate::client::Client;
use crate::exit::{Code, Failure};
use crate::output::{Cell, Page, Printer, Sheet, Tone, View, precise};

/// Asks for values.
///
/// # Errors
/// What the server says.
pub(super) async fn run(args: AskArgs, printer: &Printer) -> Result<Code, Failure> {
    let client = Client::find(&args.query.connection).await?;
    let request = QueryKpisRequest {
        receipts: args.only.receipts,
        ranks: args.only.rank,
        ..asked(&client, args.query).await?
    };
    let answer = client.kpis().query_kpis(request).await?.into_inner();
    for (id, successor) in &answer.deprecated {
        let instead = if successor.is_empty() {
            String::new()
        } else {
            format!(": use {successor} instead")
        };
        printer.warning(&format!("{id} is deprecated{instead}"));
    }
    printer.show(&Answer::of(ranked(answer.values)))?;
    Ok(Code::Ok)
}

/// Ranked groups in the order of their ranks within their KPI and period; the others as they come.
fn ranked(mut values: Vec<KpiValue>) -> Vec<KpiValue> {
    let board = |one: &KpiValue, other: &KpiValue| {
        let of = |value: &KpiValue| {
            (
                value.kpi.clone(),
                value.period_start.clone(),
                value.period_end.clone(),
            )
        };
        of(one) == of(other)
    };
    for group in values.chunk_by_mut(board) {
        if group.iter().any(|value| value.rank.is_some()) {
            group.sort_by_key(|value| value.rank.map_or(u32::MAX, |rank| rank.rank));
        }
    }
    values
}

/// The question of the arguments.
///
/// # Errors
/// What the server says when it is asked for the tenant's zone.
pub(super) async fn asked(client: &Client, args: QueryArgs) -> Result<QueryKpisRequest, Failure> {
    let known_at = match args.known_at {
        None => None,
        Some(known_at) => Some(resolve(client, &args.tenant, known_at).await?),
    };
    let when = |at: Option<WhenArg>| at.map(|at| when_to_proto(at.0));
    let filter = |filter: FilterArg| Filter {
        dimension: filter.dimension,
        value: filter.value,
    };
    Ok(QueryKpisRequest {
        tenant: args.tenant,
        kpis: args.kpis,
        from: when(args.from),
        to: when(args.to),
        grain: args.grain.map_or(WireGrain::Unspecified, wire_grain).into(),
        group_by: args.by,
        filters: args.filter.into_iter().map(filter).collect(),
        as_of: when(args.as_of),
        known_at,
        min_position: Some(head()),
        dimensions_at: args.shape.dimensions_at().into(),
        top: args.shape.top(),
        elapsed: wire_elapsed(args.elapsed).into(),
        ..QueryKpisRequest::default()
    })
}

/// In what the elapsed part of a running period is counted, on the wire.
fn wire_elapsed(elapsed: ElapsedArg) -> Elapsed {
    match elapsed {
        ElapsedArg::Calendar => Elapsed::CalendarDays,
        ElapsedArg::Working => Elapsed::WorkingDays,
    }
}

/// The head of the log at the time of the call: an answer has seen everything that was written before it was asked for.
pub(crate) fn head() -> MinPosition {
    MinPosition {
        at: Some(min_position::At::Head(true)),
    }
}

/// The grain on the wire.
pub(crate) fn wire_grain(grain: Grain) -> WireGrain {
    match grain {
        Grain::Day => WireGrain::Day,
        Grain::Week => WireGrain::Week,
        Grain::Month => WireGrain::Month,
        Grain::Quarter => WireGrain::Quarter,
        Grain::Year => WireGrain::Year,
        Grain::FiscalMonth => WireGrain::FiscalMonth,
        Grain::FiscalQuarter => WireGrain::FiscalQuarter,
        Grain::FiscalYear => WireGrain::FiscalYear,
    }
}

/// What was known at the end of a day depends on the tenant's zone; a number or an instant is as given.
pub(crate) async fn resolve(client: &Client, tenant: &str, at: KnownAtArg) -> Result<KnownAt, Failure> {
    let instant = match at {
        KnownAtArg::Seq(seq) => {
            return Ok(KnownAt {
                at: Some(known_at::At::Seq(seq)),
            });
        }
        KnownAtArg::When(When::At(at)) => at,
        KnownAtArg::When(When::Day(day)) => {
            let request = GetSettingsRequest {
                tenant: tenant.to_owned(),
            };
            let settings = client
                .tenants()
                .get_settings(request)
                .await?
                .into_inner()
                .settings;
            let settings = settings_from_proto(&settings.unwrap_or_default())
                .map_err(|_| Failure::unavailable("the server's settings of this tenant cannot be read"))?;
            settings.zone.start_of_day(day.plus_days(1))
        }
    };
    Ok(KnownAt {
        at: Some(known_at::At::Instant(instant_to_proto(instant))),
    })
}

/// A period's edge: YYYY-MM-DD where it is the start of a civil day, else RFC 3339.
fn period_edge(edge: Option<&DateOrTime>) -> Option<String> {
    match edge?.value.as_ref()? {
        Edge::Date(date) => Some(date.clone()),
        Edge::Instant(at) => instant_from_proto(at).ok().map(|at| at.to_string()),
    }
}

/// One value of an answer.
#[derive(Debug, Clone)]
pub(crate) struct ValueRow(pub(crate) KpiValue);

impl ValueRow {
    /// As `kpi query --output json` promises.
    pub(crate) fn json(&self) -> Value {
        let value = &self.0;
        let group: Map<String, Value> = value
            .group
            .iter()
            .map(|part| (part.dimension.clone(), json!(part.name)))
            .collect();
        let rest = value.group.iter().any(|part| part.rest);
        let interval = value
            .interval
            .as_ref()
            .map(|interval| json!({"low": interval.low, "high": interval.high}));
        let mut shown = json!({
            "kpi": value.kpi,
            "period_start": period_edge(value.period_start.as_ref()),
            "period_end": period_edge(value.period_end.as_ref()),
            "group": group,
            "value": value.value,
            "unit": value.unit,
            "absent_reason": self.absent_reason(),
            "n": value.n,
            "interval": interval,
            "small_n": value.small_n,
            "missing": value.missing,
            "as_of": instant(value.as_of.as_ref()),
            "watermark": self.watermark(),
            "definition_version": value.definition_version,
            "path": self.path(),
        });
        if rest {
            shown["rest"] = json!(true);
        }
        if let Some(rank) = &value.rank {
            shown["rank"] = json!({
                "rank": rank.rank, "sharing": rank.sharing, "best": rank.best, "worst": rank.worst,
            });
        }
        if !value.receipt.is_empty() {
            shown["receipt"] = json!(value.receipt);
        }
        shown
    }

    /// `{epoch, seq, recorded_at}`.
    pub(crate) fn watermark(&self) -> Value {
        let watermark = self.0.watermark.unwrap_or_default();
        let position = watermark.position.unwrap_or_default();
        json!({
            "epoch": position.epoch,
            "seq": position.seq,
            "recorded_at": instant(watermark.recorded_at.as_ref()),
        })
    }

    /// Why there is no value, such as `no_closed_deals`.
    pub(crate) fn absent_reason(&self) -> Option<String> {
        reason(self.0.absent_reason())
    }

    fn path(&self) -> String {
        match self.0.path() {
            Path::Unspecified => String::new(),
            path => path.as_str_name().trim_start_matches("PATH_").to_lowercase(),
        }
    }

    /// Where the row stands in a dimension; `None` when it is not grouped by it.
    fn part(&self, dimension: &str) -> Option<&GroupValue> {
        self.0.group.iter().find(|part| part.dimension == dimension)
    }

    fn csv(&self, dimensions: &[&str], (rank, receipt): (bool, bool)) -> Vec<String> {
        let value = &self.0;
        let edge = |edge: &Option<DateOrTime>| period_edge(edge.as_ref()).unwrap_or_default();
        let (low, high) = value
            .interval
            .clone()
            .map_or_else(Default::default, |one| (one.low, one.high));
        let watermark = value.watermark.unwrap_or_default();
        let position = watermark.position.unwrap_or_default();
        let mut row = vec![
            value.kpi.clone(),
            edge(&value.period_start),
            edge(&value.period_end),
        ];
        row.extend(dimensions.iter().map(|dimension| {
            self.part(dimension)
                .and_then(|part| part.name.clone())
                .unwrap_or_default()
        }));
        row.extend([
            value.value.clone().unwrap_or_default(),
            value.unit.clone(),
            self.absent_reason().unwrap_or_default(),
            value.n.to_string(),
            low,
            high,
            value.small_n.to_string(),
            value.missing.to_string(),
            instant(value.as_of.as_ref()).unwrap_or_default(),
            position.epoch.to_string(),
            position.seq.to_string(),
            instant(watermark.recorded_at.as_ref()).unwrap_or_default(),
            value.definition_version.to_string(),
            self.path(),
        ]);
        row.extend(receipt.then(|| value.receipt.clone()));
        let place = value.rank.map_or_else(String::new, |rank| rank.rank.to_string());
        row.extend(rank.then_some(place));
        row
    }

    fn cells(&self, dimensions: &[&str], rank: bool) -> Vec<Cell> {
        let value = &self.0;
        let shown = value
            .value
            .as_deref()
            .map_or_else(|| "-".to_owned(), |number| precise(number, &value.unit));
        let interval = value.interval.as_ref().map(|one| {
            format!(
                "{} to {}",
                precise(&one.low, &value.unit),
                precise(&one.high, &value.unit)
            )
        });
        let mut row: Vec<Cell> = vec![value.kpi.as_str().into(), period(value).into()];
        row.extend(dimensions.iter().map(|dimension| match self.part(dimension) {
            Some(GroupValue { name: Some(name), .. }) => name.as_str().into(),
            Some(GroupValue { rest: true, .. }) => Cell::toned("(all others)", Tone::Quiet),
            Some(_) => Cell::toned("(none)", Tone::Quiet),
            None => "".into(),
        }));
        if rank {
            row.push(self.rank().into());
        }
        row.extend([
            shown.into(),
            value.n.to_string().into(),
            interval.unwrap_or_default().into(),
            Cell::toned(self.notes().join(", "), Tone::Quiet),
        ]);
        row
    }

    /// `1`, or `1=` where several share it.
    fn rank(&self) -> String {
        self.0.rank.map_or_else(String::new, |rank| {
            let tie = if rank.sharing > 1 { "=" } else { "" };
            format!("{}{tie}", rank.rank)
        })
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        notes.extend(self.absent_reason().map(|reason| reason.replace('_', " ")));
        if self.0.small_n && self.0.value.is_some() {
            notes.push("few items".to_owned());
        }
        if self.0.missing > 0 {
            notes.push(format!("{} without an amount", self.0.missing));
        }
        notes
    }
}

/// A reason such as `no_closed_deals`.
pub(crate) fn reason(reason: AbsentReason) -> Option<String> {
    let name = reason.as_str_name().trim_start_matches("ABSENT_REASON_");
    (reason != AbsentReason::Unspecified).then(|| name.to_lowercase())
}

fn instant(at: Option<&prost_types::Timestamp>) -> Option<String> {
    at.and_then(|at| instant_from_proto(at).ok())
        .map(|at| at.to_string())
}

/// The period in words; its end is the first day that is not in it.
pub(super) fn period(value: &KpiValue) -> String {
    let edges = (
        period_edge(value.period_start.as_ref()),
        period_edge(value.period_end.as_ref()),
    );
    match edges {
        (Some(start), Some(end)) => format!("{start} to {end}"),
        (Some(start), None) => format!("from {start}"),
        (None, Some(end)) => format!("up to {end}"),
        (None, None) => String::new(),
    }
}

/// The values of an answer, in the server's order.
pub(super) struct Answer(Vec<ValueRow>);

impl Answer {
    /// These values.
    pub(super) fn of(values: Vec<KpiValue>) -> Self {
        Self(values.into_iter().map(ValueRow).collect())
    }

    fn is_ranked(&self) -> bool {
        self.0.iter().any(|row| row.0.rank.is_some())
    }

    /// The dimensions of all rows in order of first sight: some KPIs are grouped by one more than was asked for.
    fn dimensions(&self) -> Vec<&str> {
        let mut seen = Vec::new();
        for part in self.0.iter().flat_map(|row| &row.0.group) {
            if !seen.contains(&part.dimension.as_str()) {
                seen.push(part.dimension.as_str());
            }
        }
        seen
    }
}

impl View for Answer {
    fn json(&self) -> Value {
        Value::Array(self.0.iter().map(ValueRow::json).collect())
    }

    fn text(&self, page: &Page) -> String {
        let Some(first) = self.0.first() else {
            return "no values".to_owned();
        };
        let mut columns = vec!["kpi".to_owned(), "period (end excluded)".to_owned()];
        let dimensions = self.dimensions();
        columns.extend(dimensions.iter().copied().map(String::from));
        let ranks = self.is_ranked();
        columns.extend(ranks.then(|| ">rank".to_owned()));
        columns.extend([">value", ">n", ">95 % interval", "notes"].map(String::from));
        let mut sheet = Sheet::new(columns);
        for row in &self.0 {
            sheet.push(row.cells(&dimensions, ranks));
        }
        let watermark = first.0.watermark.unwrap_or_default();
        let seq = watermark.position.unwrap_or_default().seq;
        let recorded =
            instant(watermark.recorded_at.as_ref()).map_or_else(String::new, |at| format!(", recorded {at}"));
        let as_of = instant(first.0.as_of.as_ref()).unwrap_or_default();
        format!(
            "{}\n\nas of {as_of} (excluded), from everything up to change {seq}{recorded}",
            sheet.render(page)
        )
    }

    fn csv(&self) -> Vec<Vec<String>> {
        let mut header = ["kpi", "period_start", "period_end"].map(String::from).to_vec();
        let dimensions = self.dimensions();
        header.extend(dimensions.iter().copied().map(String::from));
        header.extend(
            [
                "value",
                "unit",
                "absent_reason",
                "n",
                "interval_low",
                "interval_high",
                "small_n",
                "missing",
                "as_of",
                "watermark_epoch",
                "watermark_seq",
                "watermark_recorded_at",
                "definition_version",
                "path",
            ]
            .map(String::from),
        );
        let receipts = self.0.iter().any(|row| !row.0.receipt.is_empty());
        header.extend(receipts.then(|| "receipt".to_owned()));
        let ranks = self.is_ranked();
        header.extend(ranks.then(|| "rank".to_owned()));
        std::iter::once(header)
            .chain(self.0.iter().map(|row| row.csv(&dimensions, (ranks, receipts))))
            .collect()
    }
}

#[cfg(test)]
mod tests;
