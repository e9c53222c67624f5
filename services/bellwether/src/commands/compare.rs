//! `kpi compare`: values beside those of another period.

use bellwether_contracts::convert::when_to_proto;
use bellwether_contracts::kpi::{
    Base, BasePeriod, BaseRange, CompareKpisRequest, KpiComparison, KpiValue, base,
};
use serde_json::{Value, json};

use super::query::{asked, period, reason};
use crate::cli::{BaseArg, CompareArgs};
use crate::client::Client;
use crate::commands::ValueRow;
use crate::exit::{Code, Failure};
use crate::output::{Cell, Page, Printer, Sheet, Tone, View, percent_points, precise, relative};

/// Compares values.
///
/// # Errors
/// What the server says.
pub(super) async fn run(args: CompareArgs, printer: &Printer) -> Result<Code, Failure> {
    let client = Client::find(&args.query.connection).await?;
    let request = CompareKpisRequest {
        base: Some(wire_base(args.base)),
        query: Some(asked(&client, args.query).await?),
    };
    let answer = client.kpis().compare_kpis(request).await?.into_inner();
    printer.show(&Compared(answer.comparisons))?;
    Ok(Code::Ok)
}

/// With what a period is compared, as a message.
pub(super) fn wire_base(base: BaseArg) -> Base {
    let of = match base {
        BaseArg::Previous => base::Of::Period(BasePeriod::Previous.into()),
        BaseArg::LastYear => base::Of::Period(BasePeriod::LastYear.into()),
        BaseArg::Range(from, to) => base::Of::Range(BaseRange {
            from: Some(when_to_proto(from)),
            to: Some(when_to_proto(to)),
        }),
    };
    Base { of: Some(of) }
}

/// A difference of two values of a unit: points of rates, else the unit, with a sign.
pub(super) fn moved(difference: &str, unit: &str) -> String {
    match difference.parse::<f64>() {
        Ok(number) if unit == "ratio" => percent_points(number),
        Ok(number) if number > 0.0 => format!("+{}", precise(difference, unit)),
        _ => precise(difference, unit),
    }
}

struct Compared(Vec<KpiComparison>);

impl Compared {
    /// The dimensions of all rows in order of first sight.
    fn dimensions(&self) -> Vec<String> {
        let mut seen: Vec<String> = Vec::new();
        let values = self.0.iter().filter_map(|one| one.value.as_ref());
        for part in values.flat_map(|value| &value.group) {
            if !seen.contains(&part.dimension) {
                seen.push(part.dimension.clone());
            }
        }
        seen
    }
}

/// The value in a dimension; `None` = it is not grouped by it.
fn name<'a>(value: &'a KpiValue, dimension: &str) -> Option<Option<&'a str>> {
    let part = value.group.iter().find(|part| part.dimension == dimension)?;
    Some(part.name.as_deref())
}

fn shown(value: Option<&KpiValue>) -> String {
    let number = value.and_then(|one| Some((one.value.as_deref()?, one.unit.as_str())));
    number.map_or_else(|| "-".to_owned(), |(number, unit)| precise(number, unit))
}

fn change(row: &KpiComparison) -> String {
    let number = row.relative.as_deref().and_then(|one| one.parse().ok());
    number.map_or_else(String::new, relative)
}

fn cells(row: &KpiComparison, dimensions: &[String]) -> Vec<Cell> {
    let value = row.value.clone().unwrap_or_default();
    let mut out: Vec<Cell> = vec![value.kpi.as_str().into(), period(&value).into()];
    out.extend(dimensions.iter().map(|dimension| match name(&value, dimension) {
        Some(Some(name)) => name.into(),
        Some(None) => Cell::toned("(none)", Tone::Quiet),
        None => "".into(),
    }));
    let interval = row.interval.as_ref().map(|one| {
        let [low, high] = [&one.low, &one.high].map(|end| moved(end, &value.unit));
        format!("{low} to {high}")
    });
    let mut notes = Vec::new();
    notes.extend(reason(row.absent_reason()).map(|one| one.replace('_', " ")));
    if value.small_n && value.value.is_some() {
        notes.push("few items".to_owned());
    }
    out.extend([
        shown(row.value.as_ref()).into(),
        row.base.as_ref().map_or_else(String::new, period).into(),
        shown(row.base.as_ref()).into(),
        row.difference
            .as_deref()
            .map_or_else(|| "-".to_owned(), |one| moved(one, &value.unit))
            .into(),
        change(row).into(),
        interval.unwrap_or_default().into(),
        Cell::toned(notes.join(", "), Tone::Quiet),
    ]);
    out
}

impl View for Compared {
    fn json(&self) -> Value {
        let row = |row: &KpiComparison| {
            let value = row.value.clone().map(|value| ValueRow(value).json());
            let base = row.base.clone().map(|value| ValueRow(value).json());
            let interval = row.interval.as_ref();
            json!({
                "value": value,
                "base": base,
                "difference": row.difference,
                "points": row.points,
                "relative": row.relative,
                "absent_reason": reason(row.absent_reason()),
                "interval": interval.map(|one| json!({"low": one.low, "high": one.high})),
            })
        };
        Value::Array(self.0.iter().map(row).collect())
    }

    fn text(&self, page: &Page) -> String {
        if self.0.is_empty() {
            return "no values".to_owned();
        }
        let dimensions = self.dimensions();
        let mut columns = vec!["kpi".to_owned(), "period (end excluded)".to_owned()];
        columns.extend(dimensions.iter().cloned());
        let rest = [
            ">value",
            "beside",
            ">base",
            ">difference",
            ">change",
            ">95 % interval",
            "notes",
        ];
        columns.extend(rest.map(String::from));
        let mut sheet = Sheet::new(columns);
        for row in &self.0 {
            sheet.push(cells(row, &dimensions));
        }
        sheet.render(page)
    }

    fn csv(&self) -> Vec<Vec<String>> {
        let dimensions = self.dimensions();
        let mut header = ["kpi", "period"].map(String::from).to_vec();
        header.extend(dimensions.iter().cloned());
        let rest = [
            "value",
            "unit",
            "base_period",
            "base",
            "difference",
            "points",
            "relative",
            "absent_reason",
            "interval_low",
            "interval_high",
        ];
        header.extend(rest.map(String::from));
        let row = |row: &KpiComparison| {
            let value = row.value.clone().unwrap_or_default();
            let base = row.base.clone().unwrap_or_default();
            let interval = row.interval.clone().unwrap_or_default();
            let mut out = vec![value.kpi.clone(), period(&value)];
            let names = dimensions.iter().map(|one| name(&value, one).flatten());
            out.extend(names.map(|name| name.unwrap_or_default().to_owned()));
            let text = |one: &Option<String>| one.clone().unwrap_or_default();
            out.extend([
                text(&value.value),
                value.unit.clone(),
                period(&base),
                text(&base.value),
                text(&row.difference),
                text(&row.points),
                text(&row.relative),
                reason(row.absent_reason()).unwrap_or_default(),
                interval.low,
                interval.high,
            ]);
            out
        };
        std::iter::once(header).chain(self.0.iter().map(row)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellwether_contracts::kpi::AbsentReason;

    #[test]
    fn money_moves_in_money_and_rates_in_points() {
        assert_eq!(moved("1234.5", "USD"), "+1,234.50 USD");
        assert_eq!(moved("-3", "count"), "-3");
        assert_eq!(moved("-0.021", "ratio"), "-2.1 points");
        assert_eq!(reason(AbsentReason::NoBase), Some("no_base".to_owned()));
    }
}
