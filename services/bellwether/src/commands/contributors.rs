//! `kpi records`: the records behind a value.

use bellwether_contracts::kpi::list_contributors_request::Of;
use bellwether_contracts::kpi::{Contributor, KpiValue, ListContributorsRequest};
use serde_json::{Map, Value, json};

use super::query::{self, ValueRow};
use crate::cli::{ContributorsArgs, QueryArgs, ShapeArgs};
use crate::client::Client;
use crate::exit::{Code, Failure};
use crate::output::{Page, Printer, Sheet, View, precise};

/// Records on a page.
const PAGE: u64 = 1_000;

/// Lists the records behind a value.
///
/// # Errors
/// What the server says.
pub(super) async fn run(args: ContributorsArgs, printer: &Printer) -> Result<Code, Failure> {
    let client = Client::find(&args.connection).await?;
    let (limit, tenant) = (args.limit.unwrap_or(u64::MAX), args.tenant.clone());
    let of = match args.receipt.clone() {
        Some(receipt) => Of::Receipt(receipt),
        None => Of::Query(query::asked(&client, question(args)).await?),
    };
    let mut shown = Records::default();
    let mut request = ListContributorsRequest {
        tenant,
        of: Some(of),
        ..ListContributorsRequest::default()
    };
    loop {
        let left = limit - shown.list.len() as u64;
        request.page_size = i32::try_from(left.min(PAGE)).unwrap_or(i32::MAX);
        let page = client
            .kpis()
            .list_contributors(request.clone())
            .await?
            .into_inner();
        shown.list.extend(page.contributors);
        shown.value = shown.value.or(page.value);
        shown.total = page.total;
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() || shown.list.len() as u64 >= limit {
            break;
        }
    }
    printer.show(&shown)?;
    Ok(Code::Ok)
}

fn question(args: ContributorsArgs) -> QueryArgs {
    QueryArgs {
        kpis: args.kpi.into_iter().collect(),
        tenant: args.tenant,
        from: args.from,
        to: args.to,
        filter: args.filter,
        as_of: args.as_of,
        known_at: args.known_at,
        shape: ShapeArgs {
            now: args.now,
            ..ShapeArgs::default()
        },
        ..QueryArgs::of(args.connection)
    }
}

/// Records, in the server's order.
#[derive(Default)]
struct Records {
    value: Option<KpiValue>,
    total: u64,
    list: Vec<Contributor>,
}

impl Records {
    /// The numbers that the formula names.
    fn measures(&self) -> Vec<&str> {
        let parts = self
            .list
            .first()
            .map(|one| one.parts.as_slice())
            .unwrap_or_default();
        parts.iter().map(|part| part.measure.as_str()).collect()
    }

    fn header(&self) -> Vec<String> {
        let fixed = ["kind", "id", "name", "contribution"].into_iter();
        fixed.chain(self.measures()).map(String::from).collect()
    }

    fn cells(one: &Contributor, number: impl Fn(&str) -> String) -> Vec<String> {
        let mut cells = vec![
            one.kind.clone(),
            one.id.clone(),
            one.name.clone().unwrap_or_default(),
        ];
        cells.push(one.contribution.as_deref().map(number).unwrap_or_default());
        let parts = one
            .parts
            .iter()
            .map(|part| part.value.clone().unwrap_or_default());
        cells.extend(parts);
        cells
    }
}

impl View for Records {
    fn json(&self) -> Value {
        let one = |one: &Contributor| {
            let parts = one
                .parts
                .iter()
                .map(|part| (part.measure.clone(), json!(part.value)));
            json!({
                "kind": one.kind,
                "id": one.id,
                "name": one.name,
                "contribution": one.contribution,
                "parts": parts.collect::<Map<String, Value>>(),
            })
        };
        json!({
            "value": self.value.clone().map(|value| ValueRow(value).json()),
            "total": self.total,
            "records": self.list.iter().map(one).collect::<Vec<_>>(),
        })
    }

    fn text(&self, page: &Page) -> String {
        let value = self.value.clone().unwrap_or_default();
        let mut header = self.header();
        for number in header.iter_mut().skip(3) {
            number.insert(0, '>');
        }
        let mut sheet = Sheet::new(header);
        for one in &self.list {
            let cells = Self::cells(one, |number| precise(number, &value.unit));
            sheet.push(cells.into_iter().map(Into::into).collect());
        }
        let said = match &value.value {
            Some(number) => precise(number, &value.unit),
            None => ValueRow(value.clone())
                .absent_reason()
                .unwrap_or_default()
                .replace('_', " "),
        };
        let shown = self.list.len();
        let line = format!("{}: {said}; {shown} of {} records", value.kpi, self.total);
        match shown {
            0 => line,
            _ => format!("{}\n\n{line}", sheet.render(page)),
        }
    }

    fn csv(&self) -> Vec<Vec<String>> {
        let rows = self.list.iter().map(|one| Self::cells(one, str::to_owned));
        std::iter::once(self.header()).chain(rows).collect()
    }
}

#[cfg(test)]
mod tests {
    use bellwether_contracts::kpi::ContributorPart;

    use super::*;

    #[test]
    fn records_are_shown_with_what_they_are_of_the_value() {
        let records = Records {
            value: Some(KpiValue {
                kpi: "bookings".to_owned(),
                value: Some("70.5".to_owned()),
                unit: "USD".to_owned(),
                ..KpiValue::default()
            }),
            total: 2,
            list: vec![Contributor {
                kind: "opportunity".to_owned(),
                id: "d1".to_owned(),
                name: None,
                contribution: Some("70.5".to_owned()),
                parts: vec![ContributorPart {
                    measure: "won_amount".to_owned(),
                    value: Some("70.5".to_owned()),
                }],
            }],
        };
        let json = records.json();
        assert_eq!(json["records"][0]["parts"]["won_amount"], "70.5");
        assert_eq!(
            (&json["total"], &json["value"]["kpi"]),
            (&json!(2), &json!("bookings"))
        );
        assert_eq!(records.csv()[1], ["opportunity", "d1", "", "70.5", "70.5"]);
        let page = Page {
            colour: false,
            wrap: false,
        };
        let text = records.text(&page);
        assert!(text.contains("d1") && text.contains("1 of 2 records"), "{text}");
        let none = Records::default().text(&page);
        assert!(none.contains("0 of 0 records"), "{none}");
    }
}
