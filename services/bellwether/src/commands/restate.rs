//! `kpi explain --receipts`: why values are others than they were given as, and by which records.

use std::path::Path;

use bellwether_contracts::convert::instant_from_proto;
use bellwether_contracts::kpi::{
    EditKind, ExplainChangeRequest, KpiValue, ReceiptPair, RecordEdit, RestatedNumber, RestatedRecord,
    Restatement, RestatementCause, RestatementPart,
};
use serde_json::{Value, json};

use super::compare::moved;
use super::query::{ValueRow, head, period};
use super::verify::found;
use crate::client::Client;
use crate::exit::{Code, Failure};
use crate::output::{Page, Printer, Sheet, View, precise};

/// What is to be explained.
pub(super) struct Wanted<'a> {
    pub(super) tenant: &'a str,
    /// One or two: receipts, or files of them.
    pub(super) receipts: &'a [String],
    /// Records of each value.
    pub(super) top: u32,
}

/// Explains what became of values.
///
/// # Errors
/// What the server says, and when receipts cannot be paired.
pub(super) async fn run(client: &Client, wanted: Wanted<'_>, printer: &Printer) -> Result<Code, Failure> {
    let mut told = Vec::new();
    for (before, after) in pairs(wanted.receipts)? {
        let pair = ReceiptPair {
            tenant: wanted.tenant.to_owned(),
            before,
            after,
        };
        let request = ExplainChangeRequest {
            receipts: Some(pair),
            page_size: i32::try_from(wanted.top).unwrap_or(1_000),
            min_position: Some(head()),
            ..ExplainChangeRequest::default()
        };
        let answer = client.kpis().explain_change(request).await?.into_inner();
        let restatement = answer.restatement;
        told.push(restatement.ok_or_else(|| Failure::unavailable("the server sent no explanation"))?);
    }
    printer.show(&Restated(told))?;
    Ok(Code::Ok)
}

/// Receipts of before and after (empty = now), in the order of what was given.
fn pairs(given: &[String]) -> Result<Vec<(String, String)>, Failure> {
    let before = read(given.first().map(String::as_str).unwrap_or_default())?;
    let Some(after) = given.get(1) else {
        return Ok(before.into_iter().map(|one| (one, String::new())).collect());
    };
    let after = read(after)?;
    if before.len() != after.len() {
        let message = format!(
            "{} receipts cannot be compared with {}: give as many, in the same order",
            before.len(),
            after.len()
        );
        return Err(Failure::usage(message));
    }
    Ok(before.into_iter().zip(after).collect())
}

/// The receipts of a file, or the one that was typed.
fn read(text: &str) -> Result<Vec<String>, Failure> {
    let path = Path::new(text);
    if !path.is_file() {
        return Ok(vec![text.to_owned()]);
    }
    let file = std::fs::read_to_string(path);
    let file = file.map_err(|error| Failure::usage(format!("cannot read {text}: {error}")))?;
    let found = found(&file);
    if found.is_empty() {
        let message = format!("there is no receipt in {text}: ask with `kpi query --receipts --output json`");
        return Err(Failure::usage(message));
    }
    Ok(found)
}

struct Restated(Vec<Restatement>);

fn cause(cause: RestatementCause) -> String {
    let name = cause.as_str_name();
    name.trim_start_matches("RESTATEMENT_CAUSE_").to_lowercase()
}

fn edit(kind: EditKind) -> String {
    kind.as_str_name().trim_start_matches("EDIT_KIND_").to_lowercase()
}

/// What a cause is, in words.
fn meaning(cause: RestatementCause) -> &'static str {
    match cause {
        RestatementCause::Unspecified => "",
        RestatementCause::Records => "records were written, corrected or taken back",
        RestatementCause::Settings => "the tenant's settings were changed",
        RestatementCause::Dimensions => "reps, teams or accounts were changed",
        RestatementCause::Rates => "exchange rates were written or corrected",
        RestatementCause::Time => "events are counted up to another as-of",
        RestatementCause::Derivation => "the definition or the program is another one",
    }
}

fn said(value: &KpiValue) -> String {
    match &value.value {
        Some(number) => precise(number, &value.unit),
        None => {
            let reason = ValueRow(value.clone()).absent_reason();
            reason.unwrap_or_else(|| "none".to_owned())
        }
    }
}

/// Kind and instant of the newest edit, and how many more there are.
fn edited(record: &RestatedRecord) -> String {
    let Some(newest) = record.edits.first() else {
        return record.causes().map(cause).collect::<Vec<_>>().join(", ");
    };
    let more = match record.total_edits {
        0 | 1 => String::new(),
        total => format!(" and {} more", total - 1),
    };
    format!("{}{more}", edit(newest.kind()))
}

fn recorded(edit: &RecordEdit) -> Option<String> {
    let at = edit.recorded_at.as_ref()?;
    instant_from_proto(at).ok().map(|at| at.to_string())
}

/// A record's part in the value: what it adds, or what it is of the number that it moved.
fn ends(record: &RestatedRecord, unit: &str) -> [String; 2] {
    let show = |value: &Option<String>, unit: &str| {
        let shown = value.as_deref().map(|value| precise(value, unit));
        shown.unwrap_or_else(|| "-".to_owned())
    };
    if record.change.is_some() {
        return [show(&record.before, unit), show(&record.after, unit)];
    }
    let moved = |one: &&RestatedNumber| one.before != one.after;
    let number = record.numbers.iter().find(moved).cloned().unwrap_or_default();
    let named = |value: &Option<String>| match value {
        Some(value) => format!("{} {value}", number.measure),
        None => "-".to_owned(),
    };
    [named(&number.before), named(&number.after)]
}

fn record_json(record: &RestatedRecord) -> Value {
    let edits = record.edits.iter().map(|one| {
        json!({
            "kind": edit(one.kind()),
            "seq": one.seq,
            "recorded_at": recorded(one),
            "record_kind": one.record_kind,
            "record_id": one.record_id,
        })
    });
    let numbers = record.numbers.iter();
    let numbers =
        numbers.map(|one| json!({"measure": one.measure, "before": one.before, "after": one.after}));
    json!({
        "kind": record.kind,
        "id": record.id,
        "name": record.name,
        "before": record.before,
        "after": record.after,
        "change": record.change,
        "numbers": numbers.collect::<Vec<_>>(),
        "causes": record.causes().map(cause).collect::<Vec<_>>(),
        "edits": edits.collect::<Vec<_>>(),
        "total_edits": record.total_edits,
    })
}

fn text(one: &Restatement, page: &Page) -> String {
    let unit = one.before.as_ref().map_or("", |value| value.unit.as_str());
    let mut lines = vec![headline(one)];
    if one.parts.is_empty() {
        lines.push("Nothing moved it.".to_owned());
        return lines.join("\n");
    }
    lines.extend([String::new(), causes(one, unit).render(page)]);
    let changed = one.derivation.iter();
    lines.extend(changed.map(|it| format!("{}: {} when it was given, {} now", it.what, it.given, it.now)));
    lines.extend([String::new(), listed(one, unit).render(page)]);
    let shown = one.records.len() as u64;
    if one.total > shown {
        lines.push(format!(
            "{} more records: --top N shows more of them",
            one.total - shown
        ));
    }
    lines.join("\n")
}

/// What it was given as, and what it is.
fn headline(one: &Restatement) -> String {
    let (before, after) = (
        one.before.clone().unwrap_or_default(),
        one.after.clone().unwrap_or_default(),
    );
    let names: Vec<&str> = before
        .group
        .iter()
        .filter_map(|part| part.name.as_deref())
        .collect();
    let group = match names.as_slice() {
        [] => String::new(),
        names => format!(" of {}", names.join(", ")),
    };
    let change = one.change.as_deref();
    let change = change.map(|change| format!(": {}", moved(change, &before.unit)));
    format!(
        "{}{group}, {}, was given as {} and is {}{}",
        before.kpi,
        period(&before),
        said(&before),
        said(&after),
        change.unwrap_or_default()
    )
}

fn causes(one: &Restatement, unit: &str) -> Sheet {
    let mut sheet = Sheet::new(["cause", ">change", ">records", "what it is"]);
    for part in &one.parts {
        let value = part.value.as_deref();
        let value = value.map_or_else(|| "?".to_owned(), |value| moved(value, unit));
        sheet.push(vec![
            cause(part.cause()).into(),
            value.into(),
            part.records.to_string().into(),
            meaning(part.cause()).into(),
        ]);
    }
    sheet
}

fn listed(one: &Restatement, unit: &str) -> Sheet {
    let columns = [
        "record",
        "name",
        ">before",
        ">after",
        ">change",
        "edit",
        "recorded at",
    ];
    let mut sheet = Sheet::new(columns);
    for record in &one.records {
        let [before, after] = ends(record, unit);
        let change = record.change.as_deref();
        sheet.push(vec![
            record.id.as_str().into(),
            record.name.as_deref().unwrap_or_default().into(),
            before.into(),
            after.into(),
            change
                .map_or_else(String::new, |change| moved(change, unit))
                .into(),
            edited(record).into(),
            record.edits.first().and_then(recorded).unwrap_or_default().into(),
        ]);
    }
    sheet
}

impl View for Restated {
    fn json(&self) -> Value {
        let value = |value: &Option<KpiValue>| match value {
            Some(value) => ValueRow(value.clone()).json(),
            None => Value::Null,
        };
        let part = |part: &RestatementPart| json!({"cause": cause(part.cause()), "value": part.value, "records": part.records});
        let one = |one: &Restatement| {
            let changes = one.derivation.iter();
            let changes = changes.map(|it| json!({"what": it.what, "given": it.given, "now": it.now}));
            json!({
                "before": value(&one.before),
                "after": value(&one.after),
                "change": one.change,
                "parts": one.parts.iter().map(part).collect::<Vec<_>>(),
                "derivation": changes.collect::<Vec<_>>(),
                "records": one.records.iter().map(record_json).collect::<Vec<_>>(),
                "total": one.total,
            })
        };
        Value::Array(self.0.iter().map(one).collect())
    }

    fn text(&self, page: &Page) -> String {
        let all: Vec<String> = self.0.iter().map(|one| text(one, page)).collect();
        all.join("\n\n")
    }

    fn csv(&self) -> Vec<Vec<String>> {
        let header = [
            "kpi",
            "kind",
            "id",
            "name",
            "before",
            "after",
            "change",
            "edit",
            "seq",
            "recorded_at",
        ];
        let mut rows = vec![header.map(String::from).to_vec()];
        for one in &self.0 {
            let kpi = one.before.clone().unwrap_or_default().kpi;
            for record in &one.records {
                let newest = record.edits.first();
                rows.push(vec![
                    kpi.clone(),
                    record.kind.clone(),
                    record.id.clone(),
                    record.name.clone().unwrap_or_default(),
                    record.before.clone().unwrap_or_default(),
                    record.after.clone().unwrap_or_default(),
                    record.change.clone().unwrap_or_default(),
                    newest.map_or_else(String::new, |one| edit(one.kind())),
                    newest.map_or_else(String::new, |one| one.seq.to_string()),
                    newest.and_then(recorded).unwrap_or_default(),
                ]);
            }
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restatement_names_causes_and_records() {
        let value = |value: &str| {
            Some(KpiValue {
                kpi: "bookings".to_owned(),
                value: Some(value.to_owned()),
                unit: "USD".to_owned(),
                ..KpiValue::default()
            })
        };
        let shown = Restated(vec![Restatement {
            before: value("300"),
            after: value("250"),
            change: Some("-50".to_owned()),
            parts: vec![RestatementPart {
                cause: RestatementCause::Records.into(),
                value: Some("-50".to_owned()),
                records: 1,
            }],
            records: vec![RestatedRecord {
                kind: "opportunity".to_owned(),
                id: "D7".to_owned(),
                before: Some("100".to_owned()),
                after: Some("50".to_owned()),
                change: Some("-50".to_owned()),
                edits: vec![RecordEdit {
                    kind: EditKind::Corrected.into(),
                    seq: 9,
                    ..RecordEdit::default()
                }],
                total_edits: 2,
                ..RestatedRecord::default()
            }],
            total: 1,
            ..Restatement::default()
        }]);
        let page = Page {
            colour: false,
            wrap: false,
        };
        let text = shown.text(&page);
        for part in [
            "was given as 300.00 USD and is 250.00 USD: -50.00 USD",
            "D7",
            "corrected and 1 more",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert_eq!(shown.json()[0]["records"][0]["edits"][0]["seq"], 9);
        assert_eq!(shown.csv()[1][7], "corrected");
    }

    #[test]
    fn receipts_are_paired_in_order() {
        let one = |text: &str| text.to_owned();
        assert_eq!(
            pairs(&[one("a"), one("b")]).ok(),
            Some(vec![(one("a"), one("b"))])
        );
        assert_eq!(pairs(&[one("a")]).ok(), Some(vec![(one("a"), String::new())]));
    }
}
