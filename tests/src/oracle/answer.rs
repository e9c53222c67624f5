//! What each KPI must be, from the rules' own words.

use std::collections::HashMap;

use super::dates;
use super::export::Deal;
use super::kinds;
use super::number::Fraction;

/// The KPIs recomputed here.
pub const KPIS: [&str; 15] = [
    "win_rate",
    "win_rate_value",
    "deals_won",
    "bookings",
    "average_deal_size",
    "median_deal_size",
    "sales_cycle_mean",
    "sales_cycle_median",
    "pipeline_value",
    "open_deals",
    "pipeline_created",
    "sales_velocity",
    "revenue_growth_rate",
    "loss_reason_mix",
    "average_selling_price",
];

/// What is asked: `[from, to)` in days, cut by a grain, up to the end of day `as_of`.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// First day.
    pub from: i32,
    /// Day after the last.
    pub to: i32,
    /// day, week, month, quarter, year; `None` = not cut.
    pub grain: Option<&'a str>,
    /// The last day whose events count.
    pub as_of: i32,
    /// Dimensions.
    pub by: &'a [&'static str],
}

/// One expected row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// First day of the period.
    pub start: i32,
    /// Day after its last.
    pub end: i32,
    /// One name a dimension.
    pub group: Vec<Option<String>>,
    /// The value, or why there is none.
    pub value: Result<String, &'static str>,
    /// Its items.
    pub n: usize,
}

/// A period as asked and as the calendar has it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Period {
    pub(super) start: i32,
    pub(super) end: i32,
    whole: (i32, i32),
}

pub(super) fn periods(question: &Question<'_>) -> Vec<Period> {
    let Some(grain) = question.grain else {
        return vec![Period {
            start: question.from,
            end: question.to,
            whole: (question.from, question.to),
        }];
    };
    let mut out = Vec::new();
    let mut at = question.from;
    while at < question.to {
        let whole = dates::whole(grain, at);
        out.push(Period {
            start: at,
            end: whole.1.min(question.to),
            whole,
        });
        at = whole.1;
    }
    out
}

/// The period before: the whole one of the same index; cut to the elapsed part while the period runs.
fn previous(question: &Question<'_>, period: Period) -> (i32, i32) {
    let (start, end) = match question.grain {
        Some(grain) => dates::whole(grain, period.whole.0 - 1),
        None => {
            let (first, last) = (dates::parts(question.from), dates::parts(question.to));
            let months = (last.0 - first.0) * 12 + last.1 - first.1;
            if first.2 == 1 && last.2 == 1 && months > 0 {
                let index = first.0 * 12 + first.1 - 1 - months;
                (
                    dates::day(index.div_euclid(12), index.rem_euclid(12) + 1, 1),
                    question.from,
                )
            } else {
                (question.from - (question.to - question.from), question.from)
            }
        }
    };
    let elapsed = question.as_of + 1 - period.whole.0;
    if question.as_of + 1 < period.whole.1 {
        (start, end.min(start + elapsed.max(0)))
    } else {
        (start, end)
    }
}

/// The rows of one KPI, in the order of periods; groups are not ordered here.
#[must_use]
pub fn rows(kpi: &str, deals: &[Deal], question: &Question<'_>) -> Vec<Row> {
    if let Some(part) = kinds::part_of(kpi) {
        return kinds::shares(part, deals, question);
    }
    let mut by = question.by.to_vec();
    let mix = kpi == "loss_reason_mix";
    by.retain(|dimension| *dimension != "loss_reason");
    let name = |deal: &Deal| -> Vec<Option<String>> {
        by.iter()
            .map(|dimension| deal.dimensions[dimension].clone())
            .collect()
    };
    let mut groups: HashMap<Vec<Option<String>>, Vec<&Deal>> = HashMap::new();
    for deal in deals {
        groups.entry(name(deal)).or_default().push(deal);
    }
    let mut out = Vec::new();
    for (group, members) in groups {
        let cells: Vec<Row> = periods(question)
            .into_iter()
            .map(|period| {
                let (value, n) = cell(kpi, &members, question, period);
                let mut group = group.clone();
                if mix {
                    // The export gives no loss reason: null is the only one.
                    group.push(None);
                }
                Row {
                    start: period.start,
                    end: period.end,
                    group,
                    value,
                    n,
                }
            })
            .collect();
        let grouped = !by.is_empty() || mix;
        if !grouped || cells.iter().any(|row| row.n > 0) {
            out.extend(cells);
        }
    }
    out
}

pub(super) type Cell = (Result<String, &'static str>, usize);

/// What a period's cell stands on.
pub(super) struct Base<'a> {
    pub(super) closed: Vec<&'a Deal>,
    pub(super) won: Vec<&'a Deal>,
    pub(super) lost: Vec<&'a Deal>,
    pub(super) open: Vec<&'a Deal>,
    pub(super) created: Vec<&'a Deal>,
}

/// The base of the period before.
fn before<'a>(deals: &[&'a Deal], question: &Question<'_>, period: Period) -> Base<'a> {
    let (start, end) = previous(question, period);
    let whole = (start, end);
    base(deals, question, Period { start, end, whole })
}

fn within(question: &Question<'_>, at: Option<i32>, from: i32, to: i32) -> bool {
    at.is_some_and(|at| at >= from && at < to && at <= question.as_of)
}

pub(super) fn base<'a>(deals: &[&'a Deal], question: &Question<'_>, period: Period) -> Base<'a> {
    let (from, to) = (period.start, period.end);
    let at = (to - 1).min(question.as_of);
    let closed: Vec<&Deal> = deals
        .iter()
        .copied()
        .filter(|deal| within(question, deal.closed, from, to))
        .collect();
    let is_open = |deal: &&Deal| {
        deal.created.is_some_and(|created| created <= at) && deal.closed.is_none_or(|closed| closed > at)
    };
    Base {
        lost: closed
            .iter()
            .copied()
            .filter(|deal| deal.stage == "Lost")
            .collect(),
        won: closed
            .iter()
            .copied()
            .filter(|deal| deal.stage == "Won")
            .collect(),
        open: deals.iter().copied().filter(is_open).collect(),
        created: deals
            .iter()
            .copied()
            .filter(|deal| within(question, deal.created, from, to))
            .collect(),
        closed,
    }
}

pub(super) fn count(deals: &[&Deal]) -> i128 {
    i128::try_from(deals.len()).expect("few")
}

pub(super) fn sold(deals: &[&Deal]) -> i128 {
    deals.iter().map(|deal| deal.value).sum()
}

pub(super) fn listed(deals: &[&Deal]) -> i128 {
    deals.iter().map(|deal| deal.list).sum()
}

pub(super) fn days(deal: &Deal) -> i128 {
    i128::from(deal.closed.unwrap_or(0) - deal.created.unwrap_or(0))
}

pub(super) fn ratio(over: i128, under: i128, reason: &'static str) -> Result<String, &'static str> {
    if under == 0 {
        Err(reason)
    } else {
        Ok(Fraction::new(over, under).text(false))
    }
}

fn cell(kpi: &str, deals: &[&Deal], question: &Question<'_>, period: Period) -> Cell {
    let base = base(deals, question, period);
    let (all, wins) = (&base.closed, &base.won);
    let none = if all.is_empty() {
        "no_closed_deals"
    } else {
        "no_won_deals"
    };
    match kpi {
        "win_rate" => (ratio(count(wins), count(all), none), all.len()),
        "win_rate_value" => {
            let reason = if all.is_empty() {
                "no_closed_deals"
            } else {
                "no_amounts"
            };
            (
                ratio(sold(wins), sold(wins) + listed(&base.lost), reason),
                all.len(),
            )
        }
        "deals_won" => (Ok(wins.len().to_string()), wins.len()),
        "bookings" => (Ok(sold(wins).to_string()), wins.len()),
        "average_deal_size" | "average_selling_price" => {
            (ratio(sold(wins), count(wins), "no_won_deals"), wins.len())
        }
        "median_deal_size" => {
            let values = wins.iter().map(|deal| deal.value).collect();
            (median(values, "no_won_deals"), wins.len())
        }
        "sales_cycle_mean" => (
            ratio(
                wins.iter().map(|deal| days(deal)).sum(),
                count(wins),
                "no_won_deals",
            ),
            wins.len(),
        ),
        "sales_cycle_median" => {
            let values = wins.iter().map(|deal| days(deal)).collect();
            (median(values, "no_won_deals"), wins.len())
        }
        "open_deals" => (Ok(base.open.len().to_string()), base.open.len()),
        "pipeline_value" => (Ok(listed(&base.open).to_string()), base.open.len()),
        "pipeline_created" => (Ok(listed(&base.created).to_string()), base.created.len()),
        "sales_velocity" => {
            let cycle: i128 = wins.iter().map(|deal| days(deal)).sum();
            let reason = if wins.is_empty() { none } else { "no_cycle" };
            let over = count(&base.open) * sold(wins) * count(wins);
            (ratio(over, count(all) * cycle, reason), all.len())
        }
        "revenue_growth_rate" => {
            let before = sold(&before(deals, question, period).won);
            (ratio(sold(wins) - before, before, "no_base"), wins.len())
        }
        "loss_reason_mix" => (
            ratio(count(&base.lost), count(&base.lost), "no_lost_deals"),
            base.lost.len(),
        ),
        other => kinds::cell(other, &base, &before(deals, question, period)),
    }
}

/// The median of an even number is the mean of the middle two.
pub(super) fn median(mut values: Vec<i128>, none: &'static str) -> Result<String, &'static str> {
    values.sort_unstable();
    let n = values.len();
    if n == 0 {
        return Err(none);
    }
    Ok(Fraction::new(values[(n - 1) / 2] + values[n / 2], 2).text(true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::export;

    /// The figures that the project was given with the data.
    #[test]
    fn the_oracle_knows_the_published_answers() {
        let Some(folder) = export::folder() else {
            eprintln!("skipped: ../shared/data/crm is not there");
            return;
        };
        let deals = export::deals(&folder);
        let (from, to) = (dates::read("2017-01-01"), dates::read("2018-01-01"));
        let year = Question {
            from,
            to,
            grain: None,
            as_of: dates::read("2026-01-01"),
            by: &[],
        };
        let value = |kpi| rows(kpi, &deals, &year)[0].value.clone().unwrap();
        assert_eq!(value("win_rate"), "0.631500521531813441");
        assert_eq!(
            value("win_rate_value"),
            Fraction::new(10_005_534, 15_952_002).text(false)
        );
        assert_eq!(value("bookings"), "10005534");
        assert_eq!(value("average_deal_size"), "2360.90939122227466");
        assert_eq!(value("sales_cycle_mean"), "51.7819726285983955");
        assert_eq!(value("sales_cycle_median"), "57");
        let august = Question {
            as_of: dates::read("2017-08-31"),
            ..year
        };
        assert_eq!(
            rows("open_deals", &deals, &august)[0].value,
            Ok("2265".to_owned())
        );
        assert_eq!(
            rows("pipeline_value", &deals, &august)[0].value,
            Ok("5389247".to_owned())
        );
        let monthly = Question {
            grain: Some("month"),
            ..year
        };
        assert_eq!(
            rows("win_rate", &deals, &monthly)[0].value,
            Err("no_closed_deals")
        );
        assert_eq!(
            rows("win_rate", &deals, &monthly)[2].value,
            Ok(Fraction::new(531, 647).text(false))
        );
        let owners = Question {
            by: &["owner"],
            ..year
        };
        assert_eq!(rows("win_rate", &deals, &owners).len(), 30);
    }
}
