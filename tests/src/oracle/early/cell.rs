//! One cell of a KPI of leads or activities.

use super::super::number::Fraction;
use super::{DAY, Done, Lead, business, quantile, ratio};

/// The KPIs recomputed here.
pub const KPIS: [&str; 27] = [
    "leads_created",
    "marketing_qualified_leads",
    "sales_qualified_leads",
    "leads_converted",
    "leads_disqualified",
    "lead_velocity_rate",
    "lead_conversion",
    "lead_conversion_60",
    "lead_conversion_30",
    "lead_maturity",
    "mql_to_sql",
    "sql_to_deal",
    "lead_response_median",
    "lead_response_p90",
    "lead_response_in_time",
    "activities_completed",
    "calls_made",
    "emails_sent",
    "meetings_held",
    "demos_held",
    "call_connect_rate",
    "email_reply_rate",
    "email_open_rate",
    "email_click_rate",
    "email_bounce_rate",
    "call_to_meeting",
    "activities_per_win",
];

/// A period and the part of the one before it that has passed, in minutes; events count before `as_of`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    start: i64,
    end: i64,
    before: (i64, i64),
    as_of: i64,
}

impl Span {
    pub(super) fn new(start: i32, end: i32, before: i32, as_of: i32) -> Self {
        let minutes = |day: i32| i64::from(day) * DAY;
        let (start, end, as_of) = (minutes(start), minutes(end), minutes(as_of + 1));
        let mut last = start;
        if as_of < end {
            last = last.min(minutes(before) + (as_of - start).max(0));
        }
        Self {
            start,
            end,
            before: (minutes(before), last),
            as_of,
        }
    }

    fn holds(&self, at: Option<i64>) -> bool {
        at.is_some_and(|at| (self.start..self.end.min(self.as_of)).contains(&at))
    }

    fn held(&self, at: Option<i64>) -> bool {
        at.is_some_and(|at| (self.before.0..self.before.1.min(self.as_of)).contains(&at))
    }
}

/// A value, its items, and how many there are at all.
pub(super) struct Cell {
    pub(super) value: Result<String, &'static str>,
    pub(super) n: usize,
    pub(super) items: usize,
}

fn cell_of(value: Result<String, &'static str>, n: usize) -> Cell {
    Cell { value, n, items: n }
}

fn share(over: usize, under: usize, none: &'static str) -> Cell {
    cell_of(ratio(over as i128, under as i128, none), under)
}

pub(super) fn cell(kpi: &str, leads: &[&Lead], done: &[&Done], span: Span) -> Cell {
    early(kpi, leads, span)
        .or_else(|| activity(kpi, done, span))
        .unwrap_or_else(|| panic!("the oracle does not know `{kpi}`"))
}

fn early(kpi: &str, leads: &[&Lead], span: Span) -> Option<Cell> {
    let number = |when: fn(&Lead) -> Option<i64>| {
        let n = leads.iter().filter(|lead| span.holds(when(lead))).count();
        cell_of(Ok(n.to_string()), n)
    };
    let created: Vec<(i64, Option<i64>)> = cohort(leads, span, |lead| (Some(lead.created), lead.converted));
    Some(match kpi {
        "leads_created" => number(|lead| Some(lead.created)),
        "marketing_qualified_leads" => number(|lead| lead.mql),
        "sales_qualified_leads" => number(|lead| lead.sql),
        "leads_converted" => number(|lead| lead.converted),
        "leads_disqualified" => number(|lead| lead.lost.then_some(lead.created)),
        "lead_velocity_rate" => {
            let now = leads.iter().filter(|lead| span.holds(lead.sql)).count();
            let past = leads.iter().filter(|lead| span.held(lead.sql)).count() as i128;
            cell_of(ratio(now as i128 - past, past, "no_base"), now)
        }
        "lead_conversion" => conversion(&created, 90 * DAY, span.as_of),
        "lead_conversion_60" => conversion(&created, 60 * DAY, span.as_of),
        "lead_conversion_30" => conversion(&created, 30 * DAY, span.as_of),
        "lead_maturity" => {
            let mature = created
                .iter()
                .filter(|(at, _)| at + 90 * DAY <= span.as_of)
                .count();
            share(mature, created.len(), "no_leads")
        }
        "mql_to_sql" => {
            let next = |lead: &Lead| (lead.mql, [lead.sql, lead.converted].into_iter().flatten().min());
            conversion(&cohort(leads, span, next), 90 * DAY, span.as_of)
        }
        "sql_to_deal" => {
            let next = |lead: &Lead| (lead.sql, lead.converted);
            conversion(&cohort(leads, span, next), 90 * DAY, span.as_of)
        }
        "lead_response_median" => response(leads, span, 5),
        "lead_response_p90" => response(leads, span, 9),
        "lead_response_in_time" => {
            let waits = cohort(leads, span, |lead| (Some(lead.created), lead.answered));
            let waits: Vec<(i64, Option<i64>)> = waits
                .into_iter()
                .map(|(at, end)| (business(at), end.filter(|end| *end < span.as_of).map(business)))
                .collect();
            // Business time stands still at night: what was answered by then was answered before.
            let mature: Vec<_> = waits
                .iter()
                .filter(|(at, _)| at + 15 <= business(span.as_of))
                .collect();
            let timely = mature
                .iter()
                .filter(|(at, end)| end.is_some_and(|end| end - at <= 15))
                .count();
            matured(timely, mature.len(), waits.len())
        }
        _ => return None,
    })
}

/// What began in the period, and when it ended.
fn cohort(
    leads: &[&Lead],
    span: Span,
    of: impl Fn(&Lead) -> (Option<i64>, Option<i64>),
) -> Vec<(i64, Option<i64>)> {
    leads
        .iter()
        .map(|lead| of(lead))
        .filter(|(begin, _)| span.holds(*begin))
        .filter_map(|(begin, end)| Some((begin?, end)))
        .collect()
}

fn conversion(cohort: &[(i64, Option<i64>)], window: i64, as_of: i64) -> Cell {
    let mature: Vec<_> = cohort.iter().filter(|(at, _)| at + window <= as_of).collect();
    let ended = mature
        .iter()
        .filter(|(at, end)| end.is_some_and(|end| end <= at + window && end < as_of))
        .count();
    matured(ended, mature.len(), cohort.len())
}

fn matured(ended: usize, mature: usize, all: usize) -> Cell {
    let none = if all == 0 { "no_leads" } else { "not_mature" };
    Cell {
        items: all,
        ..share(ended, mature, none)
    }
}

fn response(leads: &[&Lead], span: Span, tenths: i64) -> Cell {
    let waits = cohort(leads, span, |lead| (Some(lead.created), lead.answered));
    let waits: Vec<(i64, bool)> = waits
        .into_iter()
        .map(|(at, end)| match end.filter(|end| *end < span.as_of) {
            Some(end) => (business(end) - business(at), true),
            None => (business(span.as_of) - business(at), false),
        })
        .collect();
    let none = if waits.is_empty() {
        "no_leads"
    } else {
        "not_reached"
    };
    let found = quantile(&waits, tenths).map(|minutes| Fraction::new(minutes.into(), 1).text(true));
    cell_of(found.ok_or(none), waits.len())
}

fn activity(kpi: &str, done: &[&Done], span: Span) -> Option<Cell> {
    let done: Vec<&&Done> = done
        .iter()
        .filter(|one| one.completed && span.holds(Some(one.at)))
        .collect();
    let how_many = |kinds: &[&str], outbound: bool, outcomes: &[&str]| {
        let counts = |one: &&&&Done| {
            (kinds.is_empty() || kinds.contains(&one.kind))
                && (!outbound || one.way == "OUTBOUND")
                && (outcomes.is_empty() || outcomes.contains(&one.outcome))
        };
        done.iter().filter(counts).count()
    };
    let number = |n: usize| cell_of(Ok(n.to_string()), n);
    let (calls, mails) = (how_many(&["CALL"], true, &[]), how_many(&["EMAIL"], true, &[]));
    let none = "no_activities";
    let mail = |outcomes: &[&str]| share(how_many(&["EMAIL"], true, outcomes), mails, none);
    Some(match kpi {
        "activities_completed" => number(done.len()),
        "calls_made" => number(calls),
        "emails_sent" => number(mails),
        "meetings_held" => number(how_many(&["MEETING", "DEMO"], false, &[])),
        "demos_held" => number(how_many(&["DEMO"], false, &[])),
        "call_connect_rate" => share(how_many(&["CALL"], true, &["CONNECTED"]), calls, none),
        "email_reply_rate" => mail(&["REPLIED"]),
        "email_open_rate" => mail(&["OPENED_BY_HUMAN", "CLICKED", "REPLIED"]),
        "email_click_rate" => mail(&["CLICKED"]),
        "email_bounce_rate" => mail(&["BOUNCED"]),
        "call_to_meeting" => share(how_many(&["MEETING", "DEMO"], false, &[]), calls, none),
        // The company has leads and activities, but no deals.
        "activities_per_win" => cell_of(Err("no_won_deals"), 0),
        _ => return None,
    })
}
