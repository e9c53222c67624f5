//! Whether quotas will be reached: what kpi says of quotas and of what is won, and what the pipeline will bring over the
//! days that are left.

mod ask;
mod plan;
mod rows;

use bellwether_contracts::forecasting::{
    Absence, ForecastQuotaAttainmentRequest, ForecastQuotaAttainmentResponse, QuotaAttainment,
};
use bellwether_domain::{CivilDate, Error, Result, TenantId};
use bellwether_runtime::authorize;
use tonic::Request;

use super::digest::Digest;
use super::looked::{Looked, unit};
use super::read::{Ahead, Wrong};
use super::{Desk, write};
use crate::source::Stands;
use crate::store::{Call, Kind, Point, Said, Served};

use ask::Asked;
use plan::Plan;
use rows::Rows;

impl Desk {
    /// Looks ahead to the end of a period with quotas.
    ///
    /// # Errors
    /// What kpi says; `INVALID_ARGUMENT` naming every field at fault.
    pub(super) async fn attainment(
        &self,
        request: Request<ForecastQuotaAttainmentRequest>,
    ) -> Result<ForecastQuotaAttainmentResponse> {
        let tenant = authorize(&request, &request.get_ref().tenant)?;
        let mut wrong = Wrong::none();
        let asked = Asked::read(request.get_ref(), &mut wrong);
        wrong.or(())?;
        let stands = self.stands("as_of", &asked.at).await?;
        let at = asked.at.pinned(&stands);
        let plan = Plan::of(&self.source, &at, &stands, &asked).await?;
        let looked = match u32::try_from(plan.end - plan.from) {
            Ok(days) if days > 0 => Some(self.look(&Ahead { at, days }).await?),
            _ => None,
        };
        let held = self.store.held(&tenant, stands.as_of).await?;
        let answer = answer(plan, looked, stands, held).await?;
        self.keep_ends(&tenant, answer).await
    }

    /// Keeps what was said of the ends.
    async fn keep_ends(&self, tenant: &TenantId, answer: Answer) -> Result<ForecastQuotaAttainmentResponse> {
        let Answer {
            mut response,
            points,
            stands,
            cached,
            digest,
        } = answer;
        let mut id = String::new();
        if !points.is_empty() {
            id = digest.id();
            let served = Served {
                id: id.clone(),
                kind: Kind::Attainment,
                filters: Vec::new(),
                made_at: self.clock.now(),
                as_of: stands.as_of,
                position: stands.position,
                model_version: super::model_version(),
                points,
            };
            self.store.keep(tenant, &served).await?;
        }
        response.basis = Some(write::basis(&stands, &id, cached));
        Ok(response)
    }
}

/// An answer, and what is kept of it.
struct Answer {
    response: ForecastQuotaAttainmentResponse,
    points: Vec<Point>,
    stands: Stands,
    cached: bool,
    digest: Digest,
}

async fn answer(plan: Plan, looked: Option<Looked>, stands: Stands, held: Vec<Said>) -> Result<Answer> {
    // Groups are drawn for each answer: not on the threads that calls run on.
    let summed = tokio::task::spawn_blocking(move || sum_up(&plan, looked.as_ref(), stands, &held));
    summed
        .await
        .map_err(|error| Error::internal(format!("attainment cannot be summed up: {error}")))
}

fn sum_up(plan: &Plan, looked: Option<&Looked>, stands: Stands, held: &[Said]) -> Answer {
    let unit = unit(&stands);
    let rows = Rows::new(plan, looked.map(|looked| &*looked.outlook), held, unit);
    let (attainments, points): (Vec<QuotaAttainment>, Vec<Option<Point>>) =
        rows.all(&stands.currency).into_iter().unzip();
    let (absence, reason) = rows
        .refused()
        .map_or((Absence::Unspecified, String::new()), write::refusal);
    let forecast = rows.forecast();
    let mut notes = plan.notes();
    notes.extend(forecast.iter().flat_map(|forecast| forecast.notes.clone()));
    let response = ForecastQuotaAttainmentResponse {
        period: Some(write::period(plan.start, plan.end)),
        start: CivilDate::from_days(plan.from).to_string(),
        currency: stands.currency.clone(),
        attainments,
        notes,
        absence: absence.into(),
        reason,
        basis: None,
    };
    let mut digest = looked.map_or_else(|| Digest::of("attained"), |looked| looked.digest.clone());
    digest
        .text("attainment")
        .signed(plan.start.into())
        .signed(stands.as_of.as_micros());
    plan.dimensions.iter().for_each(|of| {
        digest.text(&of.dimension);
    });
    called(&mut digest, (plan.start, plan.end), held);
    Answer {
        response,
        // What is over is known: that is no forecast.
        points: points
            .into_iter()
            .flatten()
            .filter(|_| forecast.is_some())
            .collect(),
        cached: looked.is_some_and(|looked| looked.cached),
        stands,
        digest,
    }
}

/// Names what people say of the period: it decides which rows there are.
fn called(digest: &mut Digest, period: (i32, i32), held: &[Said]) {
    for said in held {
        if let Call::Period { start, end, .. } = &said.call
            && (*start, *end) == period
        {
            digest.text("call").text(&said.id).signed(said.version);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellwether_domain::Instant;

    #[test]
    fn what_is_said_of_a_period_tells_forecasts_of_it_apart() {
        let said = |version: i64, start: i32| Said {
            id: "period/90".to_owned(),
            version,
            call: Call::Period {
                start,
                end: 90,
                member: Some(("owner".to_owned(), "ann".to_owned())),
                value: Some(10.0),
                count: None,
            },
            author: "Ann".to_owned(),
            reason: String::new(),
            made_at: Instant::from_micros(1),
            holds: true,
            withdrawn: false,
        };
        let id = |held: &[Said]| {
            let mut digest = Digest::of("attained");
            called(&mut digest, (0, 90), held);
            digest.id()
        };
        let none = id(&[]);
        assert_ne!(none, id(&[said(1, 0)]));
        assert_ne!(id(&[said(1, 0)]), id(&[said(2, 0)]));
        assert_eq!(none, id(&[said(1, 30)]), "of another period");
    }
}
