//! What people say in place of the models: the part of `PipelineService` about overrides.

pub(super) mod applied;
mod members;
mod message;

use bellwether_contracts::forecasting::{
    DeleteForecastOverrideRequest, DeleteForecastOverrideResponse, ListForecastOverridesRequest,
    ListForecastOverridesResponse, SetForecastOverrideRequest, SetForecastOverrideResponse,
    set_forecast_override_request,
};
use bellwether_domain::{Error, ErrorReason, Position, Result, TenantId};
use bellwether_runtime::authorize;
use bellwether_storage::{QueryHash, page_size};
use tonic::Request;

use super::Desk;
use super::digest::Digest;
use super::read::Wrong;
use crate::source::{At, Stands};
use crate::store::{Call, Kind, Member, Point, Said, SaidCursor, Saying, Served};

pub(super) use message::{of_said, same_period};

/// Overrides of a page when the caller does not say, and at most.
const PAGE: (usize, usize) = (100, 1_000);

impl Desk {
    pub(super) async fn say(
        &self,
        request: Request<SetForecastOverrideRequest>,
    ) -> Result<SetForecastOverrideResponse> {
        let tenant = authorize(&request, &request.get_ref().tenant)?;
        let message = request.into_inner();
        let mut wrong = Wrong::none();
        let call = match &message.call {
            Some(set_forecast_override_request::Call::Deal(deal)) => message::deal(deal, &mut wrong),
            Some(set_forecast_override_request::Call::Period(period)) => message::period(period, &mut wrong),
            None => {
                wrong.add("call", "say something about a deal or about a period");
                None
            }
        };
        let signed = message::signed(&message.author, &message.reason, &message.request_id, &mut wrong);
        let replaces = message::version(&message.etag, &mut wrong);
        let call = wrong.or(call)?;
        let call = call.ok_or_else(|| Error::internal("a call was read and is not there"))?;
        let saying = Saying {
            id: message::id(&call),
            call: Some(call.clone()),
            author: signed.0,
            reason: signed.1,
            made_at: self.clock.now(),
            replaces,
            request: message.request_id,
        };
        let said = match self.store.said_before(&tenant, &saying).await? {
            Some(said) => said,
            None => {
                let stands = self.checked(&tenant, &call).await?;
                let of = tenant.clone();
                let beside = move |said: &Said| Ok(forecast_of(&of, said, &stands));
                self.store.say(&tenant, saying, beside).await?
            }
        };
        Ok(SetForecastOverrideResponse {
            forecast_override: Some(of_said(&said)),
        })
    }

    pub(super) async fn take_back(
        &self,
        request: Request<DeleteForecastOverrideRequest>,
    ) -> Result<DeleteForecastOverrideResponse> {
        let tenant = authorize(&request, &request.get_ref().tenant)?;
        let message = request.into_inner();
        let mut wrong = Wrong::none();
        let signed = message::signed(&message.author, &message.reason, &message.request_id, &mut wrong);
        let replaces = message::version(&message.etag, &mut wrong);
        if message.id.is_empty() || message.id.contains('\0') {
            wrong.add("id", "name an override, as ListForecastOverrides gives it");
        }
        wrong.or(())?;
        let saying = Saying {
            id: message.id,
            call: None,
            author: signed.0,
            reason: signed.1,
            made_at: self.clock.now(),
            replaces,
            request: message.request_id,
        };
        let said = self.store.say(&tenant, saying, |_| Ok(None)).await?;
        Ok(DeleteForecastOverrideResponse {
            forecast_override: Some(of_said(&said)),
        })
    }

    pub(super) async fn sayings(
        &self,
        request: Request<ListForecastOverridesRequest>,
    ) -> Result<ListForecastOverridesResponse> {
        let tenant = authorize(&request, &request.get_ref().tenant)?;
        let message = request.into_inner();
        let rows = page_size(message.page_size, PAGE.0, PAGE.1)?;
        if message.id.contains('\0') {
            let text = "holds a NUL character: no override does";
            return Err(Error::invalid(ErrorReason::InvalidField, "id", text));
        }
        let all = [u8::from(message.versions)];
        let parts: [&[u8]; 3] = [tenant.as_str().as_bytes(), message.id.as_bytes(), &all];
        let query = QueryHash::of("ListForecastOverrides", &parts);
        let page = self.pages.open(&query, &message.page_token)?;
        let damaged = |_| Error::internal("a signed page token names no override");
        let after: Option<SaidCursor> = page
            .map(|page| serde_json::from_slice(&page.cursor))
            .transpose()
            .map_err(damaged)?;
        let wanted = (message.id.as_str(), message.versions);
        let mut found = self.store.said(&tenant, wanted, after, rows as u64 + 1).await?;
        let more = found.len() > rows;
        found.truncate(rows);
        if found.is_empty() && message.page_token.is_empty() {
            self.is_there(&tenant, "").await?;
        }
        let last = found.last().filter(|_| more).map(SaidCursor::of);
        let token = last.map(|last| serde_json::to_vec(&last)).transpose();
        let token = token.map_err(|error| Error::internal(format!("a page cannot be named: {error}")))?;
        let token = token.map(|cursor| self.pages.issue(&query, Position::default(), &cursor));
        Ok(ListForecastOverridesResponse {
            overrides: found.iter().map(of_said).collect(),
            next_page_token: token.unwrap_or_default(),
        })
    }

    /// Whether a call is about something that there is.
    async fn checked(&self, tenant: &TenantId, call: &Call) -> Result<Stands> {
        let at = At::head(tenant.as_str());
        match call {
            Call::Deal { deal, close, .. } => {
                let (open, stands) = self.source.is_open(&at, deal).await?;
                if open {
                    let today = stands.zone.date_of(self.clock.now());
                    return message::to_come(*close, today).map(|()| stands);
                }
                let deal: String = deal.chars().take(80).collect();
                let message = format!("no open deal is called `{deal}`");
                Err(Error::not_found(ErrorReason::RecordNotFound, message))
            }
            Call::Period { end, member, .. } => {
                let stands = self.source.stands(&at).await?;
                let today = self.clock.now();
                if stands.zone.date_of(today).days() >= *end {
                    let text = "the period is over: what was won in it is known";
                    return Err(Error::invalid(
                        ErrorReason::InvalidField,
                        "period.period_end",
                        text,
                    ));
                }
                if let Some((dimension, name)) = member {
                    let (pinned, today) = (at.pinned(&stands), stands.zone.date_of(today).days());
                    let of = (dimension.as_str(), name.as_str());
                    let there = members::is_one(&self.source, (&pinned, &stands), of, today).await;
                    // kpi says so where there is no such dimension.
                    there.map_err(|error| named(error, dimension))?;
                }
                Ok(stands)
            }
        }
    }
}

/// What somebody says of a period as a forecast, so that it is scored once the period is over.
fn forecast_of(tenant: &TenantId, said: &Said, stands: &Stands) -> Option<Served> {
    let points = points(said, stands);
    if points.is_empty() {
        return None;
    }
    let mut digest = Digest::of("call");
    digest
        .text(tenant.as_str())
        .text(&said.id)
        .signed(said.version)
        .signed(said.made_at.as_micros());
    Some(Served {
        id: digest.id(),
        kind: Kind::Override,
        filters: Vec::new(),
        made_at: said.made_at,
        as_of: said.made_at,
        position: stands.position,
        model_version: super::model_version(),
        points,
    })
}

/// What a call says of KPIs.
fn points(said: &Said, stands: &Stands) -> Vec<Point> {
    let Call::Period {
        start,
        end,
        member,
        value,
        count,
    } = &said.call
    else {
        return Vec::new();
    };
    let told = [
        ("deals_won", "count", count),
        ("bookings", stands.currency.as_str(), value),
    ];
    let point = |(kpi, unit, mean): (&str, &str, &Option<f64>)| {
        Some(Point {
            kpi: kpi.to_owned(),
            unit: unit.to_owned(),
            member: member.as_ref().map(|(dimension, name)| Member {
                dimension: dimension.clone(),
                name: Some(name.clone()),
            }),
            model: format!("call by {}", said.author),
            step: 1,
            start: *start,
            end: *end,
            mean: (*mean)?,
            intervals: Vec::new(),
            scale: None,
            actual: None,
            scored_at: None,
        })
    };
    told.into_iter().filter_map(point).collect()
}

/// kpi's answer to a dimension that there is not, as it concerns the field of this call.
fn named(error: Error, dimension: &str) -> Error {
    if error.reason != ErrorReason::UnknownDimension {
        return error;
    }
    let hint = error.violations.first().map(|one| one.message.clone());
    let text = hint.unwrap_or_else(|| format!("bookings have no dimension `{dimension}`"));
    Error::invalid(ErrorReason::UnknownDimension, "period.dimension", text)
}
