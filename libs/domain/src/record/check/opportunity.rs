//! The rules of a deal.

use super::{Found, check_probability, positive_decimal};
use crate::record::Opportunity;
use crate::settings::{Settings, StageClass};

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
        for (index, line) in deal.lines.iter().enumerate() {
            let at = format!("opportunity.lines[{index}]");
            if line.product.is_empty() {
                self.add(&format!("{at}.product"), "is missing: name the product");
            }
            let decimals = line
                .units
                .split_once('.')
                .map_or(0, |(_, fraction)| fraction.len());
            if !positive_decimal(&line.units) || decimals > 6 || line.units.len() - decimals > 10 {
                self.add(
                    &format!("{at}.units"),
                    format!("`{}` is not a positive decimal number", line.units),
                );
            }
            self.amount(&format!("{at}.amount"), line.amount);
        }
        if let Some(probability) = &deal.crm_probability
            && !check_probability(probability)
        {
            self.add(
                "opportunity.crm_probability",
                format!("`{probability}` is not a fraction from 0 to 1"),
            );
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
