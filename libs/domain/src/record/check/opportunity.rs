//! The rules of a deal.

use super::{Found, check_probability};
use crate::record::{Credit, Opportunity, millionths};
use crate::settings::{Settings, StageClass};

/// A whole deal in millionths.
const WHOLE: i64 = 1_000_000;

impl Found<'_> {
    pub(super) fn opportunity(&mut self, deal: &Opportunity, settings: &Settings) {
        self.text("opportunity.name", &deal.name);
        self.amount("opportunity.amount", deal.amount);
        self.amount("opportunity.list_amount", deal.list_amount);
        self.stages(deal, settings);
        self.not_before("opportunity.closed_at", deal.closed, "created_at", deal.created);
        self.not_before(
            "opportunity.qualified_at",
            deal.qualified,
            "created_at",
            deal.created,
        );
        self.not_before(
            "opportunity.closed_at",
            deal.closed,
            "qualified_at",
            deal.qualified,
        );
        self.history(
            "opportunity.stage_history",
            deal.stage_history.iter().map(|entry| entry.at),
            deal.created,
        );
        self.history(
            "opportunity.amount_history",
            deal.amount_history.iter().map(|entry| entry.at),
            deal.created,
        );
        self.history(
            "opportunity.owner_history",
            deal.owner_history.iter().map(|entry| entry.at),
            deal.created,
        );
        self.history(
            "opportunity.close_date_history",
            deal.close_date_history.iter().map(|entry| entry.at),
            deal.created,
        );
        for entry in &deal.amount_history {
            self.amount("opportunity.amount_history.amount", entry.amount);
        }
        self.lines("opportunity.lines", &deal.lines);
        self.discount(deal);
        self.credits(&deal.credits);
        if let Some(probability) = &deal.crm_probability
            && !check_probability(probability)
        {
            self.add(
                "opportunity.crm_probability",
                format!("`{probability}` is not a fraction from 0 to 1"),
            );
        }
    }

    fn discount(&mut self, deal: &Opportunity) {
        self.amount("opportunity.discount", deal.discount);
        if let (Some(discount), Some(list)) = (deal.discount, deal.list_amount)
            && discount.currency == list.currency
            && discount.minor > list.minor
        {
            let message = format!("{discount} is more than list_amount {list}");
            self.add("opportunity.discount", message);
        }
    }

    fn credits(&mut self, credits: &[Credit]) {
        let mut total = Some(0_i64);
        for (index, one) in credits.iter().enumerate() {
            let at = format!("opportunity.credits[{index}]");
            if one.rep_id.is_empty() {
                self.add(&format!("{at}.rep_id"), "is missing: name the rep");
            } else if credits[..index].iter().any(|other| other.rep_id == one.rep_id) {
                let message = format!("`{}` stands twice: give each rep one share", one.rep_id);
                self.add(&format!("{at}.rep_id"), message);
            }
            let share = millionths(&one.share).filter(|share| (1..=WHOLE).contains(share));
            if share.is_none() {
                let message = format!(
                    "`{}` is not a share: give a decimal number above 0 and up to 1 with at most 6 decimals",
                    one.share
                );
                self.add(&format!("{at}.share"), message);
            }
            total = total.and_then(|total| total.checked_add(share?));
        }
        if let Some(total) = total.filter(|total| !credits.is_empty() && *total != WHOLE) {
            let sum = format!("{}.{:06}", total / WHOLE, total % WHOLE);
            let message = format!(
                "shares sum to {}: they must sum to exactly 1",
                sum.trim_end_matches('0')
            );
            self.add("opportunity.credits", message);
        }
    }

    fn stages(&mut self, deal: &Opportunity, settings: &Settings) {
        if deal.stage.is_empty() {
            self.add("opportunity.stage", "is missing: name the stage the deal is in");
            return;
        }
        let pipeline = settings.pipeline(&deal.pipeline);
        if pipeline.is_none() && !settings.pipelines.is_empty() {
            let known = settings
                .pipelines
                .iter()
                .map(|p| p.id.as_str())
                .collect::<Vec<_>>()
                .join(", ");
            self.add(
                "opportunity.pipeline",
                format!(
                    "`{}` is not a pipeline of this tenant: use one of {known}",
                    deal.pipeline
                ),
            );
        }
        if let Some(pipeline) = pipeline {
            let known = pipeline
                .stages
                .iter()
                .map(|stage| stage.name.as_str())
                .collect::<Vec<_>>()
                .join(", ");
            let named =
                std::iter::once(&deal.stage).chain(deal.stage_history.iter().map(|entry| &entry.stage));
            let unknown: Vec<&String> = named
                .filter(|stage| settings.stage(&deal.pipeline, stage).is_none())
                .collect();
            if let Some(stage) = unknown.first() {
                self.add(
                    "opportunity.stage",
                    format!(
                        "`{stage}` is not a stage of pipeline `{}`: use one of {known}",
                        pipeline.id
                    ),
                );
                return;
            }
        }
        let class = settings.stage_class(&deal.pipeline, &deal.stage);
        if class == StageClass::Open && deal.closed.is_some() {
            self.add(
                "opportunity.closed_at",
                format!(
                    "is set, but stage `{}` is open: leave it out or name a closed stage",
                    deal.stage
                ),
            );
        }
        if let Some(last) = deal.stage_history.last()
            && last.stage != deal.stage
        {
            let message = format!(
                "`{}` is not the last entry of stage_history, `{}`",
                deal.stage, last.stage
            );
            self.add("opportunity.stage", message);
        }
    }
}
