//! Deals and their histories.

use bellwether_domain::record::{
    AmountChange, CloseDateChange, Credit, ForecastCategory, LineItem, Opportunity, OpportunityType,
    OwnerChange, StageChange,
};

use crate::convert::fields::{Fields, known, money_to_proto, plain};
use crate::convert::time::when_to_proto;
use crate::sales;

pub(super) fn read(deal: &sales::Opportunity, fields: &mut Fields) -> Opportunity {
    Opportunity {
        name: deal.name.clone(),
        account_id: known(&deal.account_id),
        owner_id: known(&deal.owner_id),
        lines: lines("opportunity.lines", &deal.lines, fields),
        source: known(&deal.source),
        campaign: known(&deal.campaign),
        opportunity_type: fields.choice("opportunity.type", deal.r#type, type_from_proto),
        pipeline: deal.pipeline.clone(),
        amount: fields.money("opportunity.amount", deal.amount.as_ref()),
        list_amount: fields.money("opportunity.list_amount", deal.list_amount.as_ref()),
        stage: deal.stage.clone(),
        forecast_category: fields.choice(
            "opportunity.forecast_category",
            deal.forecast_category,
            category_from_proto,
        ),
        crm_probability: known(&deal.crm_probability),
        competitor: known(&deal.competitor),
        term_months: deal.term_months,
        contact_count: deal.contact_count,
        expected_close: fields.when("opportunity.expected_close", deal.expected_close.as_ref()),
        created: fields.when("opportunity.created_at", deal.created_at.as_ref()),
        qualified: fields.when("opportunity.qualified_at", deal.qualified_at.as_ref()),
        closed: fields.when("opportunity.closed_at", deal.closed_at.as_ref()),
        loss_reason: known(&deal.loss_reason),
        stage_history: stage_history(deal, fields),
        amount_history: amount_history(deal, fields),
        owner_history: owner_history(deal, fields),
        close_date_history: close_date_history(deal, fields),
        credits: deal.credits.iter().map(credit).collect(),
        discount: fields.money("opportunity.discount", deal.discount.as_ref()),
    }
}

fn credit(one: &sales::Credit) -> Credit {
    Credit {
        rep_id: one.rep_id.clone(),
        share: one.share.clone(),
    }
}

pub(super) fn lines(list: &str, lines: &[sales::LineItem], fields: &mut Fields) -> Vec<LineItem> {
    let mut read = |(index, line): (usize, &sales::LineItem)| LineItem {
        product: line.product.clone(),
        product_family: known(&line.product_family),
        units: if line.units.is_empty() {
            "1".to_owned()
        } else {
            line.units.clone()
        },
        amount: fields.money(&format!("{list}[{index}].amount"), line.amount.as_ref()),
    };
    lines.iter().enumerate().map(&mut read).collect()
}

fn stage_history(deal: &sales::Opportunity, fields: &mut Fields) -> Vec<StageChange> {
    let mut out = Vec::with_capacity(deal.stage_history.len());
    for (index, entry) in deal.stage_history.iter().enumerate() {
        let at = fields.required_when(
            &format!("opportunity.stage_history[{index}].at"),
            entry.at.as_ref(),
        );
        if entry.stage.is_empty() {
            fields.add(
                format!("opportunity.stage_history[{index}].stage"),
                "is missing: name the stage",
            );
        }
        out.extend(at.map(|at| StageChange {
            at,
            stage: entry.stage.clone(),
        }));
    }
    whole(out, deal.stage_history.len())
}

fn amount_history(deal: &sales::Opportunity, fields: &mut Fields) -> Vec<AmountChange> {
    let mut out = Vec::with_capacity(deal.amount_history.len());
    for (index, entry) in deal.amount_history.iter().enumerate() {
        let field = format!("opportunity.amount_history[{index}]");
        let at = fields.required_when(&format!("{field}.at"), entry.at.as_ref());
        let amount = fields.money(&format!("{field}.amount"), entry.amount.as_ref());
        out.extend(at.map(|at| AmountChange { at, amount }));
    }
    whole(out, deal.amount_history.len())
}

fn owner_history(deal: &sales::Opportunity, fields: &mut Fields) -> Vec<OwnerChange> {
    let mut out = Vec::with_capacity(deal.owner_history.len());
    for (index, entry) in deal.owner_history.iter().enumerate() {
        let at = fields.required_when(
            &format!("opportunity.owner_history[{index}].at"),
            entry.at.as_ref(),
        );
        out.extend(at.map(|at| OwnerChange {
            at,
            owner_id: entry.owner_id.clone(),
        }));
    }
    whole(out, deal.owner_history.len())
}

fn close_date_history(deal: &sales::Opportunity, fields: &mut Fields) -> Vec<CloseDateChange> {
    let mut out = Vec::with_capacity(deal.close_date_history.len());
    for (index, entry) in deal.close_date_history.iter().enumerate() {
        let field = format!("opportunity.close_date_history[{index}]");
        let at = fields.required_when(&format!("{field}.at"), entry.at.as_ref());
        let expected_close = fields.when(&format!("{field}.expected_close"), entry.expected_close.as_ref());
        out.extend(at.map(|at| CloseDateChange { at, expected_close }));
    }
    whole(out, deal.close_date_history.len())
}

/// A list with an unreadable entry is left out as a whole: its order, numbers and end cannot be judged.
pub(super) fn whole<T>(read: Vec<T>, given: usize) -> Vec<T> {
    if read.len() == given { read } else { Vec::new() }
}

fn type_from_proto(value: sales::OpportunityType) -> Option<OpportunityType> {
    match value {
        sales::OpportunityType::Unspecified => None,
        sales::OpportunityType::New => Some(OpportunityType::New),
        sales::OpportunityType::Expansion => Some(OpportunityType::Expansion),
        sales::OpportunityType::CrossSell => Some(OpportunityType::CrossSell),
        sales::OpportunityType::Renewal => Some(OpportunityType::Renewal),
    }
}

fn type_to_proto(value: OpportunityType) -> sales::OpportunityType {
    match value {
        OpportunityType::New => sales::OpportunityType::New,
        OpportunityType::Expansion => sales::OpportunityType::Expansion,
        OpportunityType::CrossSell => sales::OpportunityType::CrossSell,
        OpportunityType::Renewal => sales::OpportunityType::Renewal,
    }
}

fn category_from_proto(value: sales::ForecastCategory) -> Option<ForecastCategory> {
    match value {
        sales::ForecastCategory::Unspecified => None,
        sales::ForecastCategory::Omitted => Some(ForecastCategory::Omitted),
        sales::ForecastCategory::Pipeline => Some(ForecastCategory::Pipeline),
        sales::ForecastCategory::BestCase => Some(ForecastCategory::BestCase),
        sales::ForecastCategory::MostLikely => Some(ForecastCategory::MostLikely),
        sales::ForecastCategory::Commit => Some(ForecastCategory::Commit),
        sales::ForecastCategory::Closed => Some(ForecastCategory::Closed),
    }
}

fn category_to_proto(value: ForecastCategory) -> sales::ForecastCategory {
    match value {
        ForecastCategory::Omitted => sales::ForecastCategory::Omitted,
        ForecastCategory::Pipeline => sales::ForecastCategory::Pipeline,
        ForecastCategory::BestCase => sales::ForecastCategory::BestCase,
        ForecastCategory::MostLikely => sales::ForecastCategory::MostLikely,
        ForecastCategory::Commit => sales::ForecastCategory::Commit,
        ForecastCategory::Closed => sales::ForecastCategory::Closed,
    }
}

pub(super) fn write(deal: &Opportunity) -> sales::Opportunity {
    sales::Opportunity {
        name: deal.name.clone(),
        account_id: plain(deal.account_id.as_ref()),
        owner_id: plain(deal.owner_id.as_ref()),
        lines: deal.lines.iter().map(line_to_proto).collect(),
        source: plain(deal.source.as_ref()),
        campaign: plain(deal.campaign.as_ref()),
        r#type: deal
            .opportunity_type
            .map_or(0, |value| type_to_proto(value).into()),
        pipeline: deal.pipeline.clone(),
        amount: deal.amount.map(money_to_proto),
        list_amount: deal.list_amount.map(money_to_proto),
        stage: deal.stage.clone(),
        forecast_category: deal
            .forecast_category
            .map_or(0, |value| category_to_proto(value).into()),
        crm_probability: plain(deal.crm_probability.as_ref()),
        competitor: plain(deal.competitor.as_ref()),
        term_months: deal.term_months,
        contact_count: deal.contact_count,
        expected_close: deal.expected_close.map(when_to_proto),
        created_at: deal.created.map(when_to_proto),
        qualified_at: deal.qualified.map(when_to_proto),
        closed_at: deal.closed.map(when_to_proto),
        loss_reason: plain(deal.loss_reason.as_ref()),
        stage_history: deal
            .stage_history
            .iter()
            .map(|entry| sales::StageChange {
                at: Some(when_to_proto(entry.at)),
                stage: entry.stage.clone(),
            })
            .collect(),
        amount_history: deal
            .amount_history
            .iter()
            .map(|entry| sales::AmountChange {
                at: Some(when_to_proto(entry.at)),
                amount: entry.amount.map(money_to_proto),
            })
            .collect(),
        owner_history: deal
            .owner_history
            .iter()
            .map(|entry| sales::OwnerChange {
                at: Some(when_to_proto(entry.at)),
                owner_id: entry.owner_id.clone(),
            })
            .collect(),
        close_date_history: deal.close_date_history.iter().map(close_date_to_proto).collect(),
        credits: deal.credits.iter().map(credit_to_proto).collect(),
        discount: deal.discount.map(money_to_proto),
    }
}

fn credit_to_proto(one: &Credit) -> sales::Credit {
    sales::Credit {
        rep_id: one.rep_id.clone(),
        share: one.share.clone(),
    }
}

pub(super) fn line_to_proto(line: &LineItem) -> sales::LineItem {
    sales::LineItem {
        product: line.product.clone(),
        product_family: plain(line.product_family.as_ref()),
        units: line.units.clone(),
        amount: line.amount.map(money_to_proto),
    }
}

fn close_date_to_proto(entry: &CloseDateChange) -> sales::CloseDateChange {
    sales::CloseDateChange {
        at: Some(when_to_proto(entry.at)),
        expected_close: entry.expected_close.map(when_to_proto),
    }
}
