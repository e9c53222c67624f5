//! How deals end, what sort of business they are and how the pipeline is kept, recomputed in plain loops. The export
//! names no type, campaign or loss reason of any deal, and sells one unit with each.

use std::collections::HashMap;

use super::answer::{Base, Cell, Question, Row, base, count, days, listed, median, periods, ratio, sold};
use super::export::Deal;
use super::number::Fraction;

/// The KPIs recomputed here.
pub const KINDS: [&str; 49] = [
    "win_rate_competitive",
    "deals_closed",
    "deals_lost",
    "deals_without_decision",
    "loss_rate",
    "no_decision_rate",
    "lost_value",
    "average_lost_deal_size",
    "lost_cycle_mean",
    "lost_cycle_median",
    "losses_without_reason",
    "bookings_new",
    "bookings_expansion",
    "bookings_renewal",
    "expansion_share",
    "upsell_rate",
    "cross_sell_rate",
    "new_business_win_rate",
    "renewal_win_rate",
    "average_new_deal_size",
    "deal_size_growth",
    "deals_won_growth",
    "throughput",
    "units_sold",
    "average_units_per_deal",
    "product_revenue",
    "product_revenue_share",
    "customer_revenue_share",
    "marketing_sourced_bookings",
    "marketing_sourced_share",
    "marketing_sourced_pipeline",
    "qualified_open_deals",
    "qualified_pipeline_value",
    "qualified_share",
    "average_open_deal_size",
    "median_open_deal_size",
    "deals_created",
    "average_created_deal_size",
    "pipeline_growth",
    "pipeline_replenishment",
    "open_deals_without_amount",
    "open_deals_without_account",
    "pipeline_value_due",
    "open_deals_overdue",
    "open_deals_undated",
    "created_and_won",
    "customers_won",
    "purchase_frequency",
    "repeat_buyers",
];

/// A cell of a KPI, given what the period and the one before it stand on.
pub(super) fn cell(kpi: &str, base: &Base<'_>, before: &Base<'_>) -> Cell {
    ends(kpi, base)
        .or_else(|| business(kpi, base, before))
        .or_else(|| pipeline(kpi, base, before))
        .or_else(|| buyers(kpi, base))
        .unwrap_or_else(|| panic!("the oracle does not know `{kpi}`"))
}

fn ends(kpi: &str, base: &Base<'_>) -> Option<Cell> {
    let (all, won, lost) = (count(&base.closed), count(&base.won), count(&base.lost));
    let undecided = all - won - lost;
    let n = base.closed.len();
    let cycles = || base.lost.iter().map(|deal| days(deal)).collect::<Vec<i128>>();
    let none = "no_closed_deals";
    Some(match kpi {
        "win_rate_competitive" => (ratio(won, won + lost, none), base.won.len() + base.lost.len()),
        "deals_closed" => (Ok(all.to_string()), n),
        "deals_lost" => (Ok(lost.to_string()), base.lost.len()),
        "deals_without_decision" => (Ok(undecided.to_string()), n - base.won.len() - base.lost.len()),
        "loss_rate" => (ratio(lost, all, none), n),
        "no_decision_rate" => (ratio(undecided, all, none), n),
        "lost_value" => (Ok(listed(&base.lost).to_string()), base.lost.len()),
        "average_lost_deal_size" => (ratio(listed(&base.lost), lost, "no_lost_deals"), base.lost.len()),
        "lost_cycle_mean" => (
            ratio(cycles().iter().sum(), lost, "no_lost_deals"),
            base.lost.len(),
        ),
        "lost_cycle_median" => (median(cycles(), "no_lost_deals"), base.lost.len()),
        "losses_without_reason" => (ratio(lost, lost, "no_lost_deals"), base.lost.len()),
        _ => return None,
    })
}

fn business(kpi: &str, base: &Base<'_>, before: &Base<'_>) -> Option<Cell> {
    let (won, value, n) = (count(&base.won), sold(&base.won), base.won.len());
    let none = "no_won_deals";
    let of_value = |part: i128| ratio(part, value, if n == 0 { none } else { "no_amounts" });
    Some(match kpi {
        "bookings_new"
        | "bookings_expansion"
        | "bookings_renewal"
        | "marketing_sourced_bookings"
        | "marketing_sourced_pipeline" => (Ok("0".to_owned()), 0),
        "new_business_win_rate" | "renewal_win_rate" => (Err("no_closed_deals"), 0),
        "average_new_deal_size" => (Err(none), 0),
        "expansion_share" | "marketing_sourced_share" => (of_value(0), n),
        "upsell_rate" | "cross_sell_rate" => (ratio(0, won, none), n),
        "deals_won_growth" => {
            let past = count(&before.won);
            (ratio(won - past, past, "no_base"), n)
        }
        "deal_size_growth" => {
            let (past, past_value) = (count(&before.won), sold(&before.won));
            let reason = if n == 0 { none } else { "no_base" };
            (
                ratio(value * past - won * past_value, won * past_value, reason),
                n,
            )
        }
        "throughput" => {
            let cycle: i128 = base.won.iter().map(|deal| days(deal)).sum();
            (
                ratio(value * won, cycle, if n == 0 { none } else { "no_cycle" }),
                n,
            )
        }
        "units_sold" => (Ok(won.to_string()), n),
        "average_units_per_deal" => (ratio(won, won, none), n),
        "product_revenue" => (Ok(value.to_string()), n),
        _ => return None,
    })
}

fn pipeline(kpi: &str, base: &Base<'_>, before: &Base<'_>) -> Option<Cell> {
    let (open, value, n) = (count(&base.open), listed(&base.open), base.open.len());
    let (created, entered) = (count(&base.created), base.created.len());
    let none = "no_open_deals";
    Some(match kpi {
        // Deals without a date are not there yet, and every other open one is engaged, which qualifies.
        "qualified_open_deals" => (Ok(open.to_string()), n),
        "qualified_pipeline_value" => (Ok(value.to_string()), n),
        "qualified_share" => (ratio(open, open, none), n),
        "average_open_deal_size" => (ratio(value, open, none), n),
        "median_open_deal_size" => (median(base.open.iter().map(|deal| deal.list).collect(), none), n),
        "deals_created" => (Ok(created.to_string()), entered),
        "average_created_deal_size" => (ratio(listed(&base.created), created, "no_created_deals"), entered),
        "pipeline_growth" => {
            let past = listed(&before.created);
            (ratio(listed(&base.created) - past, past, "no_base"), entered)
        }
        "pipeline_replenishment" => (
            ratio(created, count(&base.closed), "no_closed_deals"),
            base.closed.len(),
        ),
        // The export names no expected close: everything open is due, undated and not late.
        "pipeline_value_due" => (Ok(value.to_string()), n),
        "open_deals_overdue" => (ratio(0, open, none), n),
        "open_deals_undated" => (ratio(open, open, none), n),
        "open_deals_without_amount" => (ratio(0, open, none), n),
        "open_deals_without_account" => {
            let nameless = base
                .open
                .iter()
                .filter(|deal| deal.dimensions["account"].is_none());
            (ratio(nameless.count() as i128, open, none), n)
        }
        _ => return None,
    })
}

fn buyers(kpi: &str, base: &Base<'_>) -> Option<Cell> {
    let mut bought: HashMap<&str, i128> = HashMap::new();
    for deal in &base.won {
        if let Some(account) = &deal.dimensions["account"] {
            *bought.entry(account).or_default() += 1;
        }
    }
    let n = bought.len();
    let accounts = n as i128;
    let none = "no_won_deals";
    Some(match kpi {
        "created_and_won" => {
            let new = |deal: &&&Deal| base.created.iter().any(|created| std::ptr::eq(*created, **deal));
            let quick: Vec<&Deal> = base.won.iter().filter(new).copied().collect();
            (Ok(sold(&quick).to_string()), quick.len())
        }
        "customers_won" => (Ok(n.to_string()), n),
        "purchase_frequency" if n == 0 => (Err(none), 0),
        "purchase_frequency" => (Ok(Fraction::new(bought.values().sum(), accounts).text(true)), n),
        "repeat_buyers" => {
            let again = bought.values().filter(|times| **times > 1).count();
            (ratio(again as i128, accounts, none), n)
        }
        _ => return None,
    })
}

/// The dimension whose parts a KPI is the shares of.
pub(super) fn part_of(kpi: &str) -> Option<&'static str> {
    match kpi {
        "product_revenue_share" => Some("product"),
        "customer_revenue_share" => Some("account"),
        _ => None,
    }
}

/// The shares of the value won by a dimension, within each group of the others.
pub(super) fn shares(part: &'static str, deals: &[Deal], question: &Question<'_>) -> Vec<Row> {
    let name = |deal: &Deal, by: &[&str]| -> Vec<Option<String>> {
        by.iter().map(|one| deal.dimensions[one].clone()).collect()
    };
    let mut by = question.by.to_vec();
    if !by.contains(&part) {
        by.push(part);
    }
    let others: Vec<&str> = by.iter().copied().filter(|one| *one != part).collect();
    let mut wholes: HashMap<Vec<Option<String>>, Vec<&Deal>> = HashMap::new();
    for deal in deals {
        wholes.entry(name(deal, &others)).or_default().push(deal);
    }
    let mut out = Vec::new();
    for whole in wholes.into_values() {
        let mut parts: HashMap<Vec<Option<String>>, Vec<&Deal>> = HashMap::new();
        for deal in &whole {
            parts.entry(name(deal, &by)).or_default().push(deal);
        }
        for (group, members) in parts {
            let mut any = false;
            let mut rows = Vec::new();
            for period in periods(question) {
                let (mine, all) = (
                    base(&members, question, period).won,
                    base(&whole, question, period).won,
                );
                any |= !mine.is_empty();
                let reason = if all.is_empty() {
                    "no_won_deals"
                } else {
                    "no_amounts"
                };
                rows.push(Row {
                    start: period.start,
                    end: period.end,
                    group: group.clone(),
                    value: ratio(sold(&mine), sold(&all), reason),
                    n: all.len(),
                });
            }
            if any {
                out.extend(rows);
            }
        }
    }
    out
}
