//! `kpi facts`: the rows of a fact table.

use bellwether_contracts::convert::{instant_from_proto, when_to_proto};
use bellwether_contracts::kpi::{
    FactKind, FactValues, FactsHeader, KpiValue, StreamFactsRequest, StreamFactsResponse,
};
use bellwether_domain::exact::Exact;
use bellwether_domain::{CivilDate, Instant};
use serde_json::{Map, Value, json};

use super::query::{self, ValueRow};
use crate::cli::FactsArgs;
use crate::client::Client;
use crate::exit::{Code, Failure};
use crate::output::{Page, Printer, Sheet, View};

/// Shows rows as they come.
///
/// # Errors
/// What the server says.
pub(super) async fn run(args: FactsArgs, printer: &Printer) -> Result<Code, Failure> {
    let client = Client::find(&args.connection).await?;
    let known_at = match args.known_at {
        None => None,
        Some(known_at) => Some(query::resolve(&client, &args.tenant, known_at).await?),
    };
    let request = StreamFactsRequest {
        tenant: args.tenant,
        table: args.table,
        columns: args.columns,
        dimensions: args.by,
        standing: args.standing,
        as_of: args.as_of.map(|at| when_to_proto(at.0)),
        known_at,
        min_position: Some(query::head()),
    };
    let mut messages = client.watches().stream_facts(request).await?.into_inner();
    let mut left = args.limit.unwrap_or(u64::MAX);
    let (mut header, mut shown) = (FactsHeader::default(), 0);
    while left > 0
        && let Some(message) = messages.message().await?
    {
        let first = message.header.is_some();
        if let Some(told) = message.header.clone() {
            header = told;
        }
        let mut rows = rows_of(&header, &message);
        rows.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        left -= rows.len() as u64;
        shown += rows.len();
        let facts = Facts {
            header: header.clone(),
            first,
            rows,
        };
        if !printer.event(&facts)? {
            return Ok(Code::Ok);
        }
    }
    let word = if shown == 1 { "row" } else { "rows" };
    printer.remark(&format!("{shown} {word} of {}", header.table));
    Ok(Code::Ok)
}

/// A value of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Told {
    kind: FactKind,
    /// `None` = missing.
    value: Option<Given>,
}

/// What a value is sent as.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Given {
    Text(String),
    Number(i64),
}

impl Told {
    /// The value, exactly.
    fn text(&self) -> String {
        let number = match &self.value {
            None => return String::new(),
            Some(Given::Text(text)) => return text.clone(),
            Some(Given::Number(number)) => *number,
        };
        match self.kind {
            FactKind::Instant => Instant::from_micros(number).to_string(),
            FactKind::Day => match i32::try_from(number) {
                Ok(days) => CivilDate::from_days(days).to_string(),
                Err(_) => number.to_string(),
            },
            // Seconds, and numbers in millionths: both have six decimals.
            FactKind::Duration | FactKind::Millionths => Exact::from_scaled(number, 6).to_exact_string(),
            FactKind::Flag => (number != 0).to_string(),
            FactKind::MinorUnits | FactKind::Count | FactKind::Text | FactKind::Unspecified => {
                number.to_string()
            }
        }
    }

    fn json(&self) -> Value {
        match (self.kind, &self.value) {
            (_, None) => Value::Null,
            (FactKind::MinorUnits | FactKind::Count, Some(Given::Number(number))) => json!(number),
            (FactKind::Flag, Some(Given::Number(number))) => json!(*number != 0),
            _ => json!(self.text()),
        }
    }
}

/// The rows of a message.
fn rows_of(header: &FactsHeader, message: &StreamFactsResponse) -> Vec<Vec<Told>> {
    let value = |kind: FactKind, values: &FactValues, row: u32| {
        let place = row as usize;
        if kind == FactKind::Text {
            let code = values.codes.get(place).copied().unwrap_or(0);
            let name = code
                .checked_sub(1)
                .and_then(|place| values.names.get(place as usize));
            return name.cloned().map(Given::Text);
        }
        let is_there = values.missing.binary_search(&row).is_err();
        values
            .numbers
            .get(place)
            .copied()
            .filter(|_| is_there)
            .map(Given::Number)
    };
    let row = |row: u32| {
        let columns = header.columns.iter().zip(&message.columns);
        let told = columns.map(|(column, values)| Told {
            kind: column.kind(),
            value: value(column.kind(), values, row),
        });
        told.collect()
    };
    (0..message.rows).map(row).collect()
}

/// What one message says.
struct Facts {
    header: FactsHeader,
    /// Whether it is the first, which has no rows.
    first: bool,
    rows: Vec<Vec<Told>>,
}

impl Facts {
    fn names(&self) -> Vec<String> {
        self.header
            .columns
            .iter()
            .map(|column| column.name.clone())
            .collect()
    }

    fn about(&self) -> Value {
        let as_of = self
            .header
            .as_of
            .as_ref()
            .and_then(|at| instant_from_proto(at).ok());
        let mark = ValueRow(KpiValue {
            watermark: self.header.watermark,
            ..KpiValue::default()
        });
        json!({
            "table": self.header.table,
            "columns": self.names(),
            "as_of": as_of.map(|at| at.to_string()),
            "watermark": mark.watermark(),
            "currency": self.header.currency_code,
            "zone": self.header.zone,
        })
    }
}

impl View for Facts {
    fn json(&self) -> Value {
        if self.first {
            return self.about();
        }
        let names = self.names();
        let row = |row: &Vec<Told>| {
            let told = names
                .iter()
                .zip(row)
                .map(|(name, told)| (name.clone(), told.json()));
            Value::Object(told.collect::<Map<String, Value>>())
        };
        json!({"rows": self.rows.iter().map(row).collect::<Vec<_>>()})
    }

    fn text(&self, page: &Page) -> String {
        if self.rows.is_empty() {
            return String::new();
        }
        let header = self.header.columns.iter().map(|column| match column.kind() {
            FactKind::Duration | FactKind::MinorUnits | FactKind::Millionths | FactKind::Count => {
                format!(">{}", column.name)
            }
            _ => column.name.clone(),
        });
        let mut sheet = Sheet::new(header);
        for row in &self.rows {
            sheet.push(row.iter().map(|told| told.text().into()).collect());
        }
        sheet.render(page)
    }

    fn csv(&self) -> Vec<Vec<String>> {
        let header = self.first.then(|| self.names());
        let rows = self.rows.iter().map(|row| row.iter().map(Told::text).collect());
        header.into_iter().chain(rows).collect()
    }
}

#[cfg(test)]
mod tests {
    use bellwether_contracts::kpi::FactColumn;

    use super::*;

    fn facts() -> Facts {
        let column = |name: &str, kind: FactKind| FactColumn {
            name: name.to_owned(),
            kind: kind.into(),
        };
        let header = FactsHeader {
            table: "open_deals".to_owned(),
            columns: vec![
                column("deal", FactKind::Text),
                column("valid_from", FactKind::Instant),
                column("day", FactKind::Day),
                column("amount", FactKind::MinorUnits),
                column("probability", FactKind::Millionths),
                column("qualified", FactKind::Flag),
            ],
            ..FactsHeader::default()
        };
        let numbers = |numbers: &[i64], missing: &[u32]| FactValues {
            numbers: numbers.to_vec(),
            missing: missing.to_vec(),
            ..FactValues::default()
        };
        let message = StreamFactsResponse {
            header: None,
            rows: 2,
            columns: vec![
                FactValues {
                    codes: vec![1, 0],
                    names: vec!["d1".to_owned()],
                    ..FactValues::default()
                },
                numbers(&[0, 0], &[1]),
                numbers(&[17_167, 0], &[]),
                numbers(&[7_050, 0], &[1]),
                numbers(&[250_000, 0], &[1]),
                numbers(&[1, 0], &[]),
            ],
        };
        let rows = rows_of(&header, &message);
        Facts {
            header,
            first: false,
            rows,
        }
    }

    #[test]
    fn rows_are_told_as_they_are() {
        let facts = facts();
        assert_eq!(
            facts.csv(),
            [
                ["d1", "1970-01-01T00:00:00Z", "2017-01-01", "7050", "0.25", "true"],
                ["", "", "1970-01-01", "", "", "false"],
            ]
        );
        let json = facts.json();
        assert_eq!(json["rows"][0]["amount"], 7_050);
        assert_eq!(
            (&json["rows"][1]["deal"], &json["rows"][1]["qualified"]),
            (&Value::Null, &json!(false))
        );
        let page = Page {
            colour: false,
            wrap: false,
        };
        assert!(facts.text(&page).contains("d1"));
    }

    #[test]
    fn what_comes_first_names_the_columns() {
        let first = Facts {
            first: true,
            rows: Vec::new(),
            ..facts()
        };
        assert_eq!(
            first.csv(),
            [["deal", "valid_from", "day", "amount", "probability", "qualified"]]
        );
        assert_eq!(first.json()["table"], "open_deals");
        let page = Page {
            colour: false,
            wrap: false,
        };
        assert_eq!(first.text(&page), "");
    }
}
