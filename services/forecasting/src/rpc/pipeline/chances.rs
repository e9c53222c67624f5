//! The chances of single open deals, kept once a day beside the forecast that they were served with: so that it can be told
//! how well they were calibrated, and what became of the deals that people called commit.

use bellwether_domain::time::DAY_MICROS;
use bellwether_domain::{Result, TenantId};

use crate::pipeline::Line;
use crate::rpc::Desk;
use crate::rpc::looked::Looked;
use crate::store::{Chance, Kind, Series, Served};

/// The most deals of a day. Of more, those count whose ids have the smallest digests: a sample that nothing biases.
const MOST: usize = 5_000;

/// Keeps the chances of a forecast's deals, unless the day has some.
///
/// # Errors
/// As storage has it.
pub(super) async fn keep(desk: &Desk, tenant: &TenantId, looked: &Looked, served: &Served) -> Result<()> {
    let Ok(forecast) = &looked.outlook.forecast else {
        return Ok(());
    };
    let of = Series {
        kind: Kind::Pipeline as i32,
        made: i32::try_from(forecast.day).unwrap_or(i32::MAX),
        days: i32::try_from(looked.question.days).unwrap_or(i32::MAX),
    };
    if desk.store.has_chances(tenant, &of).await? {
        return Ok(());
    }
    let mut lines: Vec<&Line> = forecast.lines.iter().collect();
    if lines.len() > MOST {
        lines.sort_by_cached_key(|line| *blake3::hash(line.id.as_bytes()).as_bytes());
        lines.truncate(MOST);
    }
    let unit = looked.unit();
    // Records tell the last category only: what a deal was called in the past is not known.
    let now = desk.clock.now().as_micros();
    let called = now.saturating_sub(looked.stands.as_of.as_micros()) <= DAY_MICROS;
    let category = |line: &Line| {
        if called {
            line.category.clone()
        } else {
            String::new()
        }
    };
    let chance = |line: &&Line| Chance {
        record: line.id.clone(),
        owner: line.owner.clone(),
        category: category(line),
        model: "pipeline".to_owned(),
        chance: line.chance,
        amount: line.amount.map(|amount| amount / unit),
        worth: line.worth.map(|worth| worth / unit),
    };
    let said: Vec<Chance> = lines.iter().map(chance).collect();
    desk.store.keep_chances(tenant, served, &of, &said).await
}
