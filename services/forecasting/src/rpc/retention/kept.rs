//! Forecasts of retention as they are kept.

use bellwether_domain::Result;

use super::Retained;
use crate::retention::{Estimate, GROSS, LOGO, NET, Retention, months_after};
use crate::rpc::digest::Digest;
use crate::rpc::{Desk, model_version};
use crate::source::Stands;
use crate::store::{Interval, Kind, Point, Served};

/// Keeps what is served; its id, empty where nothing was said.
pub(super) async fn keep(desk: &Desk, tenant: &str, made: &Retained, stands: &Stands) -> Result<String> {
    let Retained::Ahead(Ok(said)) = made else {
        return Ok(String::new());
    };
    let as_of = stands.zone.date_of(stands.as_of).days();
    let points = points(said, as_of);
    let mut digest = Digest::of("served retention");
    digest
        .number(stands.position.epoch)
        .number(stands.position.seq)
        .signed(stands.as_of.as_micros())
        .number(points.len() as u64);
    for interval in points.first().iter().flat_map(|point| &point.intervals) {
        digest.fraction(interval.level);
    }
    let served = Served {
        id: digest.id(),
        kind: Kind::Retention,
        filters: Vec::new(),
        made_at: desk.clock.now(),
        as_of: stands.as_of,
        position: stands.position,
        model_version: model_version(),
        points,
    };
    desk.store.keep(&tenant.parse()?, &served).await?;
    Ok(served.id)
}

fn points(said: &Retention, as_of: i32) -> Vec<Point> {
    let mut points = Vec::with_capacity(said.points.len() * 3);
    for month in &said.points {
        let shares = [
            (LOGO, Some(&month.logo)),
            (GROSS, month.gross.as_ref()),
            (NET, month.net.as_ref()),
        ];
        for (name, share) in shares {
            if let Some(share) = share {
                points.push(point(name, month.month, as_of, share));
            }
        }
    }
    points
}

fn point(name: &str, month: u32, as_of: i32, share: &Estimate) -> Point {
    let interval = |band: &crate::retention::Band| Interval {
        level: band.level,
        low: band.low,
        high: band.high,
    };
    Point {
        kpi: name.to_owned(),
        unit: "ratio".to_owned(),
        member: None,
        model: "hazards by age".to_owned(),
        step: month,
        start: as_of,
        end: months_after(as_of, month),
        mean: share.mean,
        intervals: share.bands.iter().map(interval).collect(),
        scale: None,
        actual: None,
        scored_at: None,
    }
}
