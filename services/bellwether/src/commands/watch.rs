//! `kpi watch`: values, and again whenever they change.

use std::time::Duration;

use bellwether_contracts::convert::instant_from_proto;
use bellwether_contracts::kpi::{KpiValue, KpiValueKey, WatchKind, WatchKpisRequest, WatchKpisResponse};
use bellwether_contracts::status::from_status;
use serde_json::{Value, json};
use tonic::{Code as Wire, Status};

use super::query::{self, Answer, ValueRow};
use crate::cli::WatchArgs;
use crate::client::Client;
use crate::exit::{Code, Failure};
use crate::output::{Page, Printer, View};

/// So often in a row a server that went away is asked again.
const ATTEMPTS: u32 = 5;
/// How long to wait before that, unless the server says so; longer each time.
const PAUSE: Duration = Duration::from_millis(500);

/// Watches KPIs.
///
/// # Errors
/// What the server says.
pub(super) async fn run(args: WatchArgs, printer: &Printer) -> Result<Code, Failure> {
    let client = Client::find(&args.query.connection).await?;
    let mut watch = Watch {
        left: args.count,
        told: false,
        attempts: 0,
        asked: WatchKpisRequest {
            full: args.full,
            min_interval_ms: args.min_interval,
            query: Some(query::asked(&client, args.query).await?),
            after: None,
        },
    };
    loop {
        let status = match watch.follow(&client, printer).await? {
            None => return Ok(Code::Ok),
            Some(status) => status,
        };
        let gone = watch.asked.after.is_some() && status.code() == Wire::Unavailable;
        if !gone || watch.attempts == ATTEMPTS {
            return Err(status.into());
        }
        printer.remark("the server went away: asking again");
        let hint = from_status(&status).retry_after_ms.map(Duration::from_millis);
        tokio::time::sleep(hint.unwrap_or_default().max(PAUSE * watch.attempts)).await;
        watch.attempts += 1;
    }
}

/// What is still to be shown.
struct Watch {
    asked: WatchKpisRequest,
    left: Option<u64>,
    /// Whether anything was shown.
    told: bool,
    /// How often the server was asked again since it last said something.
    attempts: u32,
}

impl Watch {
    /// Shows what a stream says until it breaks; `None` = all that was wanted has been shown.
    async fn follow(&mut self, client: &Client, printer: &Printer) -> Result<Option<Status>, Failure> {
        if self.left == Some(0) {
            return Ok(None);
        }
        let mut messages = match client.watches().watch_kpis(self.asked.clone()).await {
            Ok(response) => response.into_inner(),
            Err(status) => return Ok(Some(status)),
        };
        loop {
            let message = match messages.message().await {
                Ok(Some(message)) => message,
                Ok(None) => return Ok(Some(Status::unavailable("the server ended the watch"))),
                Err(status) => return Ok(Some(status)),
            };
            self.attempts = 0;
            self.asked.after.clone_from(&message.at);
            let quiet = message.kind() == WatchKind::Heartbeat;
            let told = Told {
                message,
                first: !self.told,
            };
            self.told |= !quiet;
            if !printer.event(&told)? {
                return Ok(None);
            }
            if !quiet && let Some(left) = &mut self.left {
                *left -= 1;
                if *left == 0 {
                    return Ok(None);
                }
            }
        }
    }
}

/// A message as it is shown.
struct Told {
    message: WatchKpisResponse,
    /// Whether it is the first with values.
    first: bool,
}

impl Told {
    fn kind(&self) -> String {
        let kind = self.message.kind().as_str_name();
        kind.trim_start_matches("WATCH_KIND_").to_lowercase()
    }

    /// The values that are gone, as values that say nothing.
    fn gone(&self) -> impl Iterator<Item = KpiValue> {
        let value = |key: &KpiValueKey| KpiValue {
            kpi: key.kpi.clone(),
            period_start: key.period_start.clone(),
            period_end: key.period_end.clone(),
            group: key.group.clone(),
            ..KpiValue::default()
        };
        self.message.removed.iter().map(value)
    }

    /// What is known then.
    fn at(&self) -> Value {
        let at = self.message.at.clone().unwrap_or_default();
        let as_of = at.as_of.as_ref().and_then(|at| instant_from_proto(at).ok());
        let mark = ValueRow(KpiValue {
            watermark: at.watermark,
            ..KpiValue::default()
        });
        json!({"watermark": mark.watermark(), "as_of": as_of.map(|at| at.to_string())})
    }
}

impl View for Told {
    fn json(&self) -> Value {
        let gone = |value: KpiValue| {
            let row = ValueRow(value).json();
            json!({
                "kpi": row["kpi"], "period_start": row["period_start"], "period_end": row["period_end"],
                "group": row["group"],
            })
        };
        json!({
            "kind": self.kind(),
            "at": self.at(),
            "values": Answer::of(self.message.values.clone()).json(),
            "removed": self.gone().map(gone).collect::<Vec<_>>(),
        })
    }

    fn text(&self, page: &Page) -> String {
        if self.message.kind() == WatchKind::Heartbeat {
            return String::new();
        }
        let mut parts = Vec::new();
        if !self.first {
            // Apart from the message before.
            parts.push(String::new());
        }
        if !self.message.values.is_empty() || self.message.removed.is_empty() {
            parts.push(Answer::of(self.message.values.clone()).text(page));
        }
        parts.extend(self.gone().map(|value| {
            let names = value
                .group
                .iter()
                .map(|part| part.name.as_deref().unwrap_or("(none)"));
            let names: Vec<&str> = std::iter::once(value.kpi.as_str()).chain(names).collect();
            format!("no longer there: {}", names.join(", "))
        }));
        parts.join("\n")
    }

    fn csv(&self) -> Vec<Vec<String>> {
        if self.message.kind() == WatchKind::Heartbeat {
            return Vec::new();
        }
        let kept = self.message.values.len();
        let values = self.message.values.iter().cloned().chain(self.gone());
        let mut rows = Answer::of(values.collect()).csv();
        for (place, row) in rows.iter_mut().enumerate() {
            let kind = match place {
                0 => "kind".to_owned(),
                place if place > kept => "removed".to_owned(),
                _ => self.kind(),
            };
            row.insert(0, kind);
        }
        rows.drain(..usize::from(!self.first));
        rows
    }
}

#[cfg(test)]
mod tests {
    use bellwether_contracts::kpi::GroupValue;

    use super::*;

    fn told(kind: WatchKind, first: bool) -> Told {
        let group = |name: &str| {
            vec![GroupValue {
                dimension: "owner".to_owned(),
                name: Some(name.to_owned()),
                rest: false,
            }]
        };
        let value = KpiValue {
            kpi: "open_deals".to_owned(),
            group: group("Ann"),
            value: Some("3".to_owned()),
            unit: "count".to_owned(),
            ..KpiValue::default()
        };
        let removed = KpiValueKey {
            kpi: "open_deals".to_owned(),
            group: group("Bob"),
            ..KpiValueKey::default()
        };
        let quiet = kind == WatchKind::Heartbeat;
        let message = WatchKpisResponse {
            kind: kind.into(),
            at: None,
            values: if quiet { Vec::new() } else { vec![value] },
            removed: if quiet { Vec::new() } else { vec![removed] },
        };
        Told { message, first }
    }

    #[test]
    fn a_change_is_told_with_what_is_gone() {
        let change = told(WatchKind::Changes, true);
        let json = change.json();
        assert_eq!(json["kind"], "changes");
        assert_eq!(json["values"][0]["group"]["owner"], "Ann");
        assert_eq!(json["removed"][0]["group"]["owner"], "Bob");
        let page = Page {
            colour: false,
            wrap: false,
        };
        let text = change.text(&page);
        assert!(
            text.contains("Ann") && text.contains("no longer there: open_deals, Bob"),
            "{text}"
        );
        let kinds = |told: &Told| -> Vec<String> { told.csv().iter().map(|row| row[0].clone()).collect() };
        assert_eq!(kinds(&change), ["kind", "changes", "removed"]);
        assert_eq!(kinds(&told(WatchKind::Changes, false)), ["changes", "removed"]);
    }

    #[test]
    fn that_nothing_changed_is_told_to_programs_only() {
        let quiet = told(WatchKind::Heartbeat, false);
        let page = Page {
            colour: false,
            wrap: false,
        };
        assert_eq!((quiet.text(&page).as_str(), quiet.csv().len()), ("", 0));
        assert_eq!(quiet.json()["kind"], "heartbeat");
    }
}
