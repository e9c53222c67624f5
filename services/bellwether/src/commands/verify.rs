//! `kpi verify`: whether values that were given still follow from the records.

use std::io::Read as _;

use bellwether_contracts::kpi::{KpiValue, ReceiptVerdict, VerifyReceiptRequest, VerifyReceiptResponse};
use serde_json::{Value, json};

use super::query::{ValueRow, period};
use crate::cli::VerifyArgs;
use crate::client::Client;
use crate::exit::{Code, Failure};
use crate::output::{Cell, Page, Printer, Sheet, Tone, View, precise};

/// Verifies receipts.
///
/// # Errors
/// What the server says, and when there is no receipt.
pub(super) async fn run(args: VerifyArgs, printer: &Printer) -> Result<Code, Failure> {
    let receipts = receipts(&args)?;
    let client = Client::find(&args.connection).await?;
    let mut verified = Vec::new();
    for receipt in receipts {
        let request = VerifyReceiptRequest {
            tenant: args.tenant.clone(),
            receipt,
        };
        verified.push(client.kpis().verify_receipt(request).await?.into_inner());
    }
    let all = verified.iter().all(|one| one.verdict() == ReceiptVerdict::Match);
    printer.show(&Verified(verified))?;
    Ok(if all { Code::Ok } else { Code::Rejected })
}

fn receipts(args: &VerifyArgs) -> Result<Vec<String>, Failure> {
    let text = match (&args.file, &args.receipt) {
        (Some(file), _) => std::fs::read_to_string(file)
            .map_err(|error| Failure::usage(format!("cannot read {}: {error}", file.display())))?,
        (None, Some(receipt)) if receipt != "-" => return Ok(vec![receipt.clone()]),
        _ => {
            let mut text = String::new();
            let read = std::io::stdin().read_to_string(&mut text);
            read.map_err(|error| Failure::usage(format!("cannot read standard input: {error}")))?;
            text
        }
    };
    let found = found(&text);
    if found.is_empty() {
        let message = "there is no receipt in it: ask with `kpi query --receipts --output json`";
        return Err(Failure::usage(message));
    }
    Ok(found)
}

/// The receipts in an answer as JSON, or one a line.
pub(super) fn found(text: &str) -> Vec<String> {
    let Ok(Value::Array(values)) = serde_json::from_str(text) else {
        return text.split_whitespace().map(str::to_owned).collect();
    };
    let receipts = values.iter().filter_map(|value| value["receipt"].as_str());
    receipts.map(str::to_owned).collect()
}

/// Verdicts, in the order of the receipts.
struct Verified(Vec<VerifyReceiptResponse>);

fn name(verdict: ReceiptVerdict) -> String {
    let name = verdict.as_str_name();
    name.trim_start_matches("RECEIPT_VERDICT_").to_lowercase()
}

fn value(value: Option<&KpiValue>) -> Value {
    let Some(value) = value else {
        return Value::Null;
    };
    let mut shown = ValueRow(value.clone()).json();
    // A receipt does not know how the value was come by.
    if let Value::Object(fields) = &mut shown {
        fields.remove("path");
    }
    shown
}

/// The value or why there is none.
fn said(value: Option<&KpiValue>, show: impl Fn(&str, &str) -> String) -> String {
    let Some(value) = value else {
        return String::new();
    };
    match &value.value {
        Some(number) => show(number, &value.unit),
        None => ValueRow(value.clone()).absent_reason().unwrap_or_default(),
    }
}

impl View for Verified {
    fn json(&self) -> Value {
        let one = |one: &VerifyReceiptResponse| {
            let changes = one.changes.iter();
            let changes = changes.map(|it| json!({"what": it.what, "given": it.given, "now": it.now}));
            json!({
                "verdict": name(one.verdict()),
                "claimed": value(one.claimed.as_ref()),
                "recomputed": value(one.recomputed.as_ref()),
                "changes": changes.collect::<Vec<_>>(),
            })
        };
        Value::Array(self.0.iter().map(one).collect())
    }

    fn text(&self, page: &Page) -> String {
        let columns = [
            "kpi",
            "period (end excluded)",
            "group",
            ">given",
            ">now",
            "verdict",
        ];
        let mut sheet = Sheet::new(columns.map(String::from).to_vec());
        for one in &self.0 {
            let claimed = one.claimed.clone().unwrap_or_default();
            let names = claimed.group.iter();
            let names: Vec<&str> = names
                .map(|part| part.name.as_deref().unwrap_or("(none)"))
                .collect();
            let verdict = name(one.verdict()).replace('_', " ");
            let tone = match one.verdict() {
                ReceiptVerdict::Match => Tone::Quiet,
                _ => Tone::Bad,
            };
            sheet.push(vec![
                claimed.kpi.as_str().into(),
                period(&claimed).into(),
                names.join(", ").into(),
                said(one.claimed.as_ref(), precise).into(),
                said(one.recomputed.as_ref(), precise).into(),
                Cell::toned(verdict, tone),
            ]);
        }
        let changes = self.0.iter().flat_map(|one| &one.changes);
        let mut lines: Vec<String> = changes
            .map(|it| format!("{}: {} when it was given, {} now", it.what, it.given, it.now))
            .collect();
        lines.dedup();
        lines.insert(0, sheet.render(page));
        lines.join("\n")
    }

    fn csv(&self) -> Vec<Vec<String>> {
        let plain = |number: &str, _: &str| number.to_owned();
        let header = ["kpi", "verdict", "given", "now"].map(String::from).to_vec();
        let row = |one: &VerifyReceiptResponse| {
            vec![
                one.claimed.clone().unwrap_or_default().kpi,
                name(one.verdict()),
                said(one.claimed.as_ref(), plain),
                said(one.recomputed.as_ref(), plain),
            ]
        };
        std::iter::once(header).chain(self.0.iter().map(row)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receipts_are_found_in_answers_and_in_lines() {
        assert_eq!(found(r#"[{"kpi":"a","receipt":"x"},{"kpi":"b"}]"#), ["x"]);
        assert_eq!(found("x\ny\n"), ["x", "y"]);
        assert!(found("[]").is_empty() && found("  ").is_empty());
    }

    #[test]
    fn a_verdict_says_what_was_given_and_what_is_now() {
        let given = |value: &str| {
            Some(KpiValue {
                kpi: "bookings".to_owned(),
                value: Some(value.to_owned()),
                unit: "USD".to_owned(),
                ..KpiValue::default()
            })
        };
        let shown = Verified(vec![VerifyReceiptResponse {
            verdict: ReceiptVerdict::Mismatch.into(),
            claimed: given("10"),
            recomputed: given("11"),
            changes: Vec::new(),
        }]);
        let json = shown.json();
        assert_eq!(json[0]["verdict"], "mismatch");
        assert_eq!(
            (&json[0]["claimed"]["value"], &json[0]["recomputed"]["value"]),
            (&json!("10"), &json!("11"))
        );
        assert_eq!(shown.csv()[1], ["bookings", "mismatch", "10", "11"]);
        let page = Page {
            colour: false,
            wrap: false,
        };
        assert!(shown.text(&page).contains("mismatch"));
    }
}
