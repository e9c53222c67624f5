//! Sending the demo's records, once, and what is missing later on.

use bellwether_contracts::ingestion::{
    GetRecordRequest, GetSettingsRequest, MergeRecordsRequest, TenantSettings, UpdateSettingsRequest,
    UpsertRecordsRequest,
};
use bellwether_contracts::sales::{Record, RecordKind, attribute_value};
use bellwether_domain::{CivilDate, Clock, Zone};
use indicatif::ProgressBar;
use tonic::Code;

use super::calendar::{Day, text};
use super::people::{self, ROOT_TEAM, TOLD_BY, TOLD_FROM, TOLD_TO};
use super::route;
use super::twins::Merge;
use super::world::World;
use crate::client::Client;
use crate::exit::Failure;
use crate::output::Printer;

/// The tenant.
pub(super) const TENANT: &str = "demo";
/// Changes when the generator does, so that requests of another edition are not taken for repetitions.
const EDITION: u32 = 2;
/// Records in a request.
const BATCH: usize = 2_000;
const BAR: &str = "demo data [{bar:30}] {pos}/{len} {eta}";

/// How far the demo stands in a folder.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    /// The company's first day.
    from: Day,
    /// The last day that was sent whole by this edition.
    to: Option<Day>,
}

/// Brings the demo up to today by the clock.
///
/// # Errors
/// What the server says.
pub(crate) async fn load(client: &Client, clock: &dyn Clock, printer: &Printer) -> Result<(), Failure> {
    let zone = Zone::named(route::ZONE).map_err(Failure::unavailable)?;
    let today = zone.date_of(clock.now()).days();
    let bar = printer.bar(0, BAR);
    bring(client, first_day(today), today, zone, &bar).await?;
    bar.finish_and_clear();
    Ok(())
}

/// Brings the demo up to a day; a demo that is new begins on day `first`.
pub(super) async fn bring(
    client: &Client,
    first: Day,
    today: Day,
    zone: Zone,
    bar: &ProgressBar,
) -> Result<(), Failure> {
    let Told { from, to: since } = told(client).await?.unwrap_or(Told {
        from: first,
        to: None,
    });
    if since.is_some_and(|to| to >= today) {
        return Ok(());
    }
    declare(client).await?;
    let to_tell = zone.clone();
    let story = tokio::task::spawn_blocking(move || {
        let world = World::tell(from, today, to_tell);
        let records = since.map_or_else(|| world.records(today), |since| world.news(since, today));
        (records, world.merges(since, today))
    });
    let (records, merges) = story
        .await
        .map_err(|error| Failure::unavailable(format!("the demo failed: {error}")))?;
    bar.set_length(records.len() as u64 + 2);
    let sender = Sender {
        client,
        name: format!(
            "{EDITION}/{}/{}/{}",
            text(from),
            since.map(text).unwrap_or_default(),
            text(today)
        ),
    };
    sender
        .send(vec![people::root(from, since, EDITION, &zone)], "first", bar)
        .await?;
    let mut records = records.into_iter();
    for number in 0.. {
        let batch: Vec<Record> = records.by_ref().take(BATCH).collect();
        if batch.is_empty() {
            break;
        }
        sender.send(batch, &number.to_string(), bar).await?;
    }
    for merge in merges {
        sender.merge(merge).await?;
    }
    sender
        .send(vec![people::root(from, Some(today), EDITION, &zone)], "last", bar)
        .await
}

/// The first of the month, three years before a day.
fn first_day(today: Day) -> Day {
    let today = CivilDate::from_days(today).to_jiff();
    CivilDate::from_ymd(today.year() - 3, today.month(), 1).map_or(0, CivilDate::days)
}

async fn told(client: &Client) -> Result<Option<Told>, Failure> {
    let request = GetRecordRequest {
        tenant: TENANT.to_owned(),
        kind: RecordKind::Team.into(),
        id: ROOT_TEAM.to_owned(),
    };
    let answer = match client.records().get_record(request).await {
        Err(status) if status.code() == Code::NotFound => return Ok(None),
        answer => answer?.into_inner(),
    };
    Ok(answer
        .record
        .and_then(|stored| stored.record)
        .and_then(|record| told_by(&record)))
}

fn told_by(record: &Record) -> Option<Told> {
    let day = |name: &str| match record.attributes.get(name)?.value.as_ref()? {
        attribute_value::Value::Date(date) => date.parse::<CivilDate>().ok().map(CivilDate::days),
        _ => None,
    };
    let edition = match record
        .attributes
        .get(TOLD_BY)
        .and_then(|said| said.value.as_ref())
    {
        Some(attribute_value::Value::Text(edition)) => edition.parse().ok(),
        _ => None,
    };
    Some(Told {
        from: day(TOLD_FROM)?,
        to: day(TOLD_TO).filter(|_| edition == Some(EDITION)),
    })
}

/// Declares pipelines, zone and fields. Of settings that somebody has made only the fields are completed.
async fn declare(client: &Client) -> Result<(), Failure> {
    let tenant = || TENANT.to_owned();
    let held = client
        .tenants()
        .get_settings(GetSettingsRequest { tenant: tenant() })
        .await;
    let held = match held {
        Err(status) if status.code() == Code::NotFound => None,
        answer => Some(answer?.into_inner()),
    };
    let settings = match held.as_ref().filter(|held| held.declared) {
        None => route::settings(),
        Some(held) => match completed(held.settings.clone().unwrap_or_default()) {
            None => return Ok(()),
            Some(settings) => settings,
        },
    };
    let request = UpdateSettingsRequest {
        tenant: tenant(),
        settings: Some(settings),
        etag: held.map(|held| held.etag).unwrap_or_default(),
        request_id: String::new(),
    };
    client.tenants().update_settings(request).await?;
    Ok(())
}

/// Settings with the fields that they lack; `None` = they lack none.
fn completed(mut settings: TenantSettings) -> Option<TenantSettings> {
    let mut lacking = route::attributes();
    lacking.retain(|field| {
        let mut held = settings.attributes.iter();
        held.all(|held| (&held.kind, &held.name) != (&field.kind, &field.name))
    });
    if lacking.is_empty() {
        return None;
    }
    settings.attributes.append(&mut lacking);
    Some(settings)
}

struct Sender<'a> {
    client: &'a Client,
    name: String,
}

impl Sender<'_> {
    async fn merge(&self, merge: Merge) -> Result<(), Failure> {
        let request = MergeRecordsRequest {
            tenant: TENANT.to_owned(),
            kind: merge.kind.into(),
            request_id: format!("demo/{}/merge/{}", self.name, merge.loser),
            survivor_id: merge.survivor,
            loser_ids: vec![merge.loser],
        };
        match self.client.records().merge_records(request).await {
            // An attempt that broke off has merged them already.
            Err(status) if status.code() == Code::NotFound => Ok(()),
            answer => Ok(answer.map(drop)?),
        }
    }

    async fn send(&self, records: Vec<Record>, batch: &str, bar: &ProgressBar) -> Result<(), Failure> {
        let count = records.len() as u64;
        let ids: Vec<String> = records.iter().map(|record| record.id.clone()).collect();
        let request = UpsertRecordsRequest {
            tenant: TENANT.to_owned(),
            records,
            request_id: format!("demo/{}/{batch}", self.name),
            all_or_nothing: true,
            ..Default::default()
        };
        let answer = self.client.records().upsert_records(request).await?.into_inner();
        let refused = answer
            .results
            .iter()
            .zip(ids)
            .find(|(result, _)| !result.violations.is_empty());
        if let Some((result, id)) = refused {
            let why: Vec<String> = result
                .violations
                .iter()
                .map(|one| format!("{}: {}", one.field, one.message))
                .collect();
            return Err(Failure::invalid(format!(
                "the demo's record {id} was refused: {}",
                why.join("; ")
            )));
        }
        bar.inc(count);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellwether_contracts::ingestion::ListRecordsRequest;
    use bellwether_ingestion::Ingestion;
    use bellwether_runtime::{Host, Secret, ServiceSet};
    use bellwether_testkit::TestNode;

    /// Every record of the kinds that move, by id.
    async fn all(client: &Client) -> Vec<Record> {
        let mut out = Vec::new();
        for kind in [
            RecordKind::Team,
            RecordKind::Rep,
            RecordKind::Opportunity,
            RecordKind::Lead,
            RecordKind::FxRate,
        ] {
            let mut token = String::new();
            loop {
                let request = ListRecordsRequest {
                    tenant: TENANT.to_owned(),
                    kind: kind.into(),
                    page_size: 1000,
                    page_token: token,
                };
                let page = client.records().list_records(request).await.unwrap().into_inner();
                out.extend(page.records.into_iter().filter_map(|one| one.record));
                token = page.next_page_token;
                if token.is_empty() {
                    break;
                }
            }
        }
        out
    }

    async fn ingestion(host: Host) -> bellwether_domain::Result<ServiceSet> {
        let place = bellwether_storage::Place::File(host.data_dir.join("ingestion.db"));
        Ok(
            Ingestion::start(&host, &place, bellwether_ingestion::Config::default())
                .await?
                .services(),
        )
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_older_folder_gets_what_is_missing() {
        let zone = Zone::named(route::ZONE).unwrap();
        let day = |text: &str| text.parse::<CivilDate>().unwrap().days();
        let (first, early, late) = (day("2026-01-01"), day("2026-04-13"), day("2026-04-30"));
        let (older, fresh) = (TestNode::start(ingestion).await, TestNode::start(ingestion).await);
        let client = |node: &TestNode| Client::at(node.url(), &Secret::new(node.token().to_owned())).unwrap();
        let bar = ProgressBar::hidden();
        let load = async |node: &TestNode, first: Day, today: Day| {
            bring(&client(node), first, today, zone.clone(), &bar)
                .await
                .unwrap();
        };
        load(&older, first, early).await;
        let before = all(&client(&older)).await;
        load(&older, first, early).await;
        assert!(
            all(&client(&older)).await == before,
            "the same day changes something"
        );
        // The first day of a company stands in its folder.
        load(&older, first + 20, late).await;
        load(&fresh, first, late).await;
        let (older_now, fresh_now) = (all(&client(&older)).await, all(&client(&fresh)).await);
        assert!(older_now == fresh_now, "the two ways to the same day differ");
        assert!(older_now.len() > before.len());
        older.stop().await;
        fresh.stop().await;
    }

    #[test]
    fn how_far_it_stands_is_read_back() {
        let zone = Zone::utc();
        assert_eq!(
            told_by(&people::root(19_000, Some(20_000), EDITION, &zone)),
            Some(Told {
                from: 19_000,
                to: Some(20_000)
            })
        );
        assert_eq!(
            told_by(&people::root(19_000, None, EDITION, &zone)),
            Some(Told {
                from: 19_000,
                to: None
            })
        );
        // Of another edition everything is sent again.
        assert_eq!(
            told_by(&people::root(19_000, Some(20_000), EDITION + 1, &zone)),
            Some(Told {
                from: 19_000,
                to: None
            })
        );
        assert_eq!(told_by(&Record::default()), None);
    }

    #[test]
    fn the_company_is_three_years_old() {
        let today: CivilDate = "2028-02-29".parse().unwrap();
        assert_eq!(text(first_day(today.days())), "2025-02-01");
    }
}
