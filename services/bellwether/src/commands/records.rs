//! `records`: single records as the log holds them.

use std::collections::BTreeSet;

use bellwether_contracts::convert::{instant_from_proto, kind_to_proto};
use bellwether_contracts::ingestion::{
    GetRecordRequest, ListRecordsRequest, MergeRecordsRequest, StoredRecord,
};
use bellwether_contracts::json::record_to_json;
use serde_json::{Map, Value, json};

use crate::cli::{GetRecordArgs, ListRecordsArgs, MergeRecordsArgs, RecordsCommand};
use crate::client::Client;
use crate::exit::{Code, Failure};
use crate::output::{Page, Printer, Sheet, View};

/// The largest page that the server gives.
const PAGE: u64 = 1000;

/// Gets, lists or merges records.
///
/// # Errors
/// What the server says.
pub(super) async fn run(command: RecordsCommand, printer: &Printer) -> Result<Code, Failure> {
    match command {
        RecordsCommand::Get(args) => printer.show(&One(get(args).await?))?,
        RecordsCommand::List(args) => printer.show(&Many(list(args).await?))?,
        RecordsCommand::Merge(args) => printer.show(&merge(args).await?)?,
    }
    Ok(Code::Ok)
}

async fn get(args: GetRecordArgs) -> Result<Map<String, Value>, Failure> {
    let client = Client::find(&args.connection).await?;
    let request = GetRecordRequest {
        tenant: args.tenant,
        kind: kind_to_proto(args.kind).into(),
        id: args.id,
    };
    let answer = client.records().get_record(request).await?.into_inner();
    let record = answer
        .record
        .ok_or_else(|| Failure::unavailable("the server sent no record"))?;
    Ok(stored_json(&record))
}

async fn list(args: ListRecordsArgs) -> Result<Vec<Map<String, Value>>, Failure> {
    let client = Client::find(&args.connection).await?;
    let mut left = args.limit.unwrap_or(u64::MAX);
    let mut found = Vec::new();
    let mut token = String::new();
    while left > 0 {
        let request = ListRecordsRequest {
            tenant: args.tenant.clone(),
            kind: kind_to_proto(args.kind).into(),
            // Tokens belong to a query, not to a page size, so that the last page may be a short one.
            page_size: i32::try_from(left.min(PAGE)).unwrap_or(i32::MAX),
            page_token: token,
        };
        let page = client.records().list_records(request).await?.into_inner();
        left = left.saturating_sub(page.records.len() as u64);
        found.extend(page.records.iter().map(stored_json));
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    Ok(found)
}

async fn merge(args: MergeRecordsArgs) -> Result<Merged, Failure> {
    let client = Client::find(&args.connection).await?;
    let losers = args.losers.len();
    let request = MergeRecordsRequest {
        tenant: args.tenant,
        kind: kind_to_proto(args.kind).into(),
        survivor_id: args.into.clone(),
        loser_ids: args.losers,
        request_id: args.request_id,
    };
    let answer = client.records().merge_records(request).await?.into_inner();
    let position = answer.position.unwrap_or_default();
    Ok(Merged {
        survivor: args.into,
        losers,
        followers: answer.followers,
        position: (position.epoch, position.seq),
    })
}

/// A stored record as `{record, seq, effective_at, recorded_at}`, the record in proto JSON.
fn stored_json(stored: &StoredRecord) -> Map<String, Value> {
    let instant = |at: &Option<prost_types::Timestamp>| {
        let at = at.as_ref().and_then(|at| instant_from_proto(at).ok());
        at.map_or(Value::Null, |at| at.to_string().into())
    };
    let mut record = stored.record.as_ref().map_or(Value::Null, record_to_json);
    if let Some(Value::Object(attributes)) = record.get_mut("attributes") {
        // A map has no order of its own, but the same record should look the same each time.
        attributes.sort_keys();
    }
    let mut out = Map::new();
    out.insert("record".to_owned(), record);
    out.insert("seq".to_owned(), stored.seq.into());
    out.insert("effective_at".to_owned(), instant(&stored.effective_at));
    out.insert("recorded_at".to_owned(), instant(&stored.recorded_at));
    out
}

/// Every leaf with its path, such as `opportunity.amount.minor_units`.
fn leaves(path: &str, value: &Value, out: &mut Vec<(String, String)>) {
    let below = |name: &str| {
        if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}.{name}")
        }
    };
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                leaves(&below(name), field, out);
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                leaves(&format!("{path}[{at}]"), item, out);
            }
        }
        Value::String(text) => out.push((path.to_owned(), text.clone())),
        Value::Null => out.push((path.to_owned(), String::new())),
        other => out.push((path.to_owned(), other.to_string())),
    }
}

fn leaves_of(record: &Map<String, Value>) -> Vec<(String, String)> {
    let mut out = Vec::new();
    for (name, value) in record {
        leaves(if name == "record" { "" } else { name }, value, &mut out);
    }
    out
}

/// One record.
struct One(Map<String, Value>);

impl View for One {
    fn json(&self) -> Value {
        Value::Object(self.0.clone())
    }

    fn text(&self, page: &Page) -> String {
        let mut sheet = Sheet::new(["field", "value"]);
        for (field, value) in leaves_of(&self.0) {
            sheet.push(vec![field.into(), value.into()]);
        }
        sheet.render(page)
    }

    fn csv(&self) -> Vec<Vec<String>> {
        let header = vec!["field".to_owned(), "value".to_owned()];
        let rows = leaves_of(&self.0)
            .into_iter()
            .map(|(field, value)| vec![field, value]);
        std::iter::once(header).chain(rows).collect()
    }
}

/// A merge that is done.
struct Merged {
    survivor: String,
    losers: usize,
    followers: u32,
    /// Epoch and sequence number.
    position: (u64, u64),
}

impl View for Merged {
    fn json(&self) -> Value {
        let (epoch, seq) = self.position;
        json!({
            "survivor": self.survivor,
            "merged": self.losers,
            "followers": self.followers,
            "position": {"epoch": epoch, "seq": seq},
        })
    }

    fn text(&self, _: &Page) -> String {
        let follow = match self.followers {
            0 => String::new(),
            more => format!(", and {more} that had been merged into them"),
        };
        format!(
            "{} merged into {}{follow}; the log stands at {}",
            self.losers, self.survivor, self.position.1
        )
    }

    fn csv(&self) -> Vec<Vec<String>> {
        let header = ["survivor", "merged", "followers", "seq"]
            .map(String::from)
            .to_vec();
        let row = vec![
            self.survivor.clone(),
            self.losers.to_string(),
            self.followers.to_string(),
            self.position.1.to_string(),
        ];
        vec![header, row]
    }
}

/// Records of one kind.
struct Many(Vec<Map<String, Value>>);

impl Many {
    /// The fields that some record has, histories and lines left out, and the records as rows of them.
    fn grid(&self) -> (Vec<String>, Vec<Vec<String>>) {
        let all: Vec<Vec<(String, String)>> = self.0.iter().map(leaves_of).collect();
        let mut seen = BTreeSet::new();
        let mut columns = Vec::new();
        for (field, _) in all.iter().flatten() {
            if !field.contains('[') && seen.insert(field.clone()) {
                columns.push(field.clone());
            }
        }
        let row = |leaves: &Vec<(String, String)>| {
            let value = |column: &String| {
                leaves
                    .iter()
                    .find(|(field, _)| field == column)
                    .map(|(_, value)| value.clone())
            };
            columns
                .iter()
                .map(|column| value(column).unwrap_or_default())
                .collect()
        };
        let rows = all.iter().map(row).collect();
        (columns, rows)
    }
}

impl View for Many {
    fn json(&self) -> Value {
        json!(self.0)
    }

    fn text(&self, page: &Page) -> String {
        let (columns, rows) = self.grid();
        if rows.is_empty() {
            return "no records".to_owned();
        }
        // The kind is the same in every row: `account.name` is `name`.
        let short = columns
            .iter()
            .map(|column| column.split_once('.').map_or(column.as_str(), |(_, field)| field));
        let mut sheet = Sheet::new(short);
        for row in rows {
            sheet.push(row.into_iter().map(Into::into).collect());
        }
        sheet.render(page)
    }

    fn csv(&self) -> Vec<Vec<String>> {
        let (columns, rows) = self.grid();
        std::iter::once(columns).chain(rows).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellwether_contracts::json::record_from_json;

    fn stored(text: &str, seq: u64) -> Map<String, Value> {
        stored_json(&StoredRecord {
            record: Some(record_from_json(text).unwrap()),
            seq,
            effective_at: None,
            recorded_at: Some(prost_types::Timestamp { seconds: 0, nanos: 0 }),
        })
    }

    #[test]
    fn a_list_has_a_column_for_each_field_that_some_record_has() {
        let first = stored(r#"{"id":"a","account":{"name":"Acme"}}"#, 1);
        let second = stored(r#"{"id":"b","account":{"industry":"retail"}}"#, 2);
        let rows = Many(vec![first, second]).csv();
        let header = [
            "id",
            "account.name",
            "seq",
            "effective_at",
            "recorded_at",
            "account.industry",
        ];
        assert_eq!(rows[0], header);
        assert_eq!(rows[1], ["a", "Acme", "1", "", "1970-01-01T00:00:00Z", ""]);
        assert_eq!(rows[2], ["b", "", "2", "", "1970-01-01T00:00:00Z", "retail"]);
    }

    #[test]
    fn a_merge_says_who_stays_and_who_follows() {
        let mut merged = Merged {
            survivor: "Acme".to_owned(),
            losers: 2,
            followers: 0,
            position: (1, 9),
        };
        assert_eq!(merged.csv()[1], ["Acme", "2", "0", "9"]);
        assert_eq!(merged.json()["position"]["seq"], 9);
        let page = Page {
            colour: false,
            wrap: false,
        };
        assert_eq!(merged.text(&page), "2 merged into Acme; the log stands at 9");
        merged.followers = 1;
        assert!(
            merged
                .text(&page)
                .contains("and 1 that had been merged into them")
        );
    }

    #[test]
    fn one_record_is_json_as_the_contract_has_it() {
        let one = One(stored(r#"{"id":"a","account":{"name":"Acme"}}"#, 7)).json();
        assert_eq!(one["record"]["account"]["name"], "Acme");
        assert_eq!(
            (one["seq"].as_u64(), &one["effective_at"]),
            (Some(7), &Value::Null)
        );
    }
}
