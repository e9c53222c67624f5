//! The pipeline as it is looked at for an answer: fitted once for each question and state of the facts.

use std::sync::Arc;

use bellwether_domain::{Currency, Result};

use super::Desk;
use super::digest::Digest;
use super::outlook::{Outlook, Question};
use super::read::Ahead;
use crate::source::Stands;
use crate::worker::{self, Asked, Task};

/// What was fitted, and to what.
#[derive(Clone)]
pub(super) struct Looked {
    pub(super) outlook: Arc<Outlook>,
    pub(super) stands: Stands,
    pub(super) cached: bool,
    pub(super) question: Question,
    /// The name of question and facts.
    pub(super) digest: Digest,
}

impl Looked {
    /// How many minor units a major one has.
    pub(super) fn unit(&self) -> f64 {
        unit(&self.stands)
    }
}

/// How many minor units a major one of the tenant's currency has.
pub(super) fn unit(stands: &Stands) -> f64 {
    let currency = Currency::from_code(&stands.currency);
    f64::from(10_u32.pow(currency.map_or(2, Currency::exponent).min(9)))
}

/// What is asked of a pipeline at a state of the facts.
pub(super) fn question(ahead: &Ahead, stands: &Stands) -> Question {
    Question {
        day: stands.zone.date_of(stands.as_of).days().into(),
        days: ahead.days.into(),
    }
}

impl Desk {
    /// Looks at a pipeline.
    ///
    /// # Errors
    /// What kpi says; `UNAVAILABLE` when the fit takes longer than the call may.
    pub(super) async fn look(&self, ahead: &Ahead) -> Result<Looked> {
        // Where the facts stand is quick to tell: who asks again need not read them again.
        let stands = self.stands("pipeline.as_of", &ahead.at).await?;
        let question = question(ahead, &stands);
        let mut digest = Digest::of("pipeline");
        digest
            .text(&ahead.at.tenant)
            .number(stands.position.epoch)
            .number(stands.position.seq);
        digest
            .signed(stands.as_of.as_micros())
            .signed(question.days)
            .text(stands.zone.name());
        let key = digest.key();
        if let Some(outlook) = self.pipelines.kept(&key) {
            return Ok(Looked {
                outlook,
                stands,
                cached: true,
                question,
                digest,
            });
        }
        let asked = Asked {
            key,
            tenant: ahead.at.tenant.parse()?,
            kind: worker::Kind::Pipeline,
            purpose: format!("the pipeline {} days ahead", ahead.days),
        };
        let (source, at) = (self.source.clone(), ahead.at.pinned(&stands));
        let (about, zone) = (question.clone(), stands.zone.clone());
        let fit = async move |mut task: Task| {
            let deals = task.read(source.deals(&at)).await?.says;
            task.compute(move |told| Outlook::of(deals, &zone, &about, told))
                .await
        };
        let (outlook, cached) = self.pipelines.fit(asked, fit).await?;
        Ok(Looked {
            outlook,
            stands,
            cached,
            question,
            digest,
        })
    }
}
