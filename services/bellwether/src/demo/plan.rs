//! What the demo's company wants to reach, by quarter, and the scorecard that its leaders look at.

use std::collections::BTreeMap;

use bellwether_contracts::sales::{
    KpiDefinition, KpiPromotion, KpiStatus, Record, ReviewCadence, Scorecard, ScorecardItem, ScorecardPeriod,
    Target, TargetShape, record, target,
};

use super::calendar::{Day, quarter, quarter_name, text};
use super::company::{Seller, Team};
use super::money::Currency;

/// Who answers for the numbers of the company.
const LEADER: &str = "Dana Whitfield, VP Sales";

/// A goal of every quarter: KPI, value, who answers for it, and why it is what it is.
const GOALS: [(&str, &str, &str, &str); 4] = [
    ("win_rate", "0.3", LEADER, "What the best four quarters had."),
    (
        "sales_cycle_median",
        "45",
        LEADER,
        "A week less than the year before.",
    ),
    (
        "pipeline_coverage",
        "3",
        "Revenue operations",
        "Three deals in sight for one that is needed.",
    ),
    (
        "net_revenue_retention",
        "1.05",
        "Customer success",
        "Growth that needs no new customer.",
    ),
];

/// A KPI to steer by: its id, who answers for it, what is done when it is off, what its target is measured by.
const STEERED: [(&str, &str, &str, &str); 2] = [
    (
        "bookings",
        LEADER,
        "Go through every deal due this quarter, and move the best people to the largest.",
        "own",
    ),
    (
        "win_rate",
        LEADER,
        "Listen to five lost deals of the weakest segment, and change how it is sold to.",
        "own",
    ),
];

/// Targets of the quarters that have begun, the scorecard, and what the KPIs steered by are promoted with.
pub(super) fn records(from: Day, until: Day) -> Vec<Record> {
    let mut out = Vec::new();
    let mut day = from;
    let mut last = day;
    while day <= until {
        out.extend(targets(day, from));
        last = day;
        day = quarter(day).end.days();
    }
    out.extend(STEERED.map(|steered| promotion(steered, last)));
    out.push(scorecard());
    out
}

fn targets(day: Day, from: Day) -> Vec<Record> {
    let mut out: Vec<Record> = GOALS
        .iter()
        .map(|(kpi, value, owner, note)| {
            let goal = target::Goal::Value((*value).to_owned());
            target_record(kpi, ("", None), day, (goal, TargetShape::Linear), (owner, note))
        })
        .collect();
    let sum = |team: Option<Team>| -> i64 {
        let first = quarter(day).start.days().max(from);
        let here = Seller::all(from).filter(|seller| seller.is_here(first));
        let reps = here.filter(|seller| team.is_none_or(|team| seller.team(first) == team));
        reps.map(|seller| seller.quota(first)).sum()
    };
    let dollars = |whole: i64| target::Goal::Amount(Currency::Usd.amount(whole / 50_000 * 45_000));
    let why = "The quotas of the reps, less a tenth.";
    out.push(target_record(
        "bookings",
        ("", None),
        day,
        (dollars(sum(None)), TargetShape::Weights),
        (LEADER, why),
    ));
    for team in Team::ALL {
        let name = team.plan().name;
        out.push(target_record(
            "bookings",
            (team.plan().id, Some(("team", name))),
            day,
            (dollars(sum(Some(team))), TargetShape::Weights),
            (name, why),
        ));
    }
    out
}

fn target_record(
    kpi: &str,
    (name, holder): (&str, Option<(&str, &str)>),
    day: Day,
    (goal, shape): (target::Goal, TargetShape),
    (owner, note): (&str, &str),
) -> Record {
    let period = quarter(day);
    let holder: BTreeMap<String, String> = holder
        .into_iter()
        .map(|(dimension, value)| (dimension.to_owned(), value.to_owned()))
        .collect();
    let of = if name.is_empty() {
        String::new()
    } else {
        format!("/{name}")
    };
    Record {
        id: format!("{kpi}{of}/{}", quarter_name(day)),
        body: Some(record::Body::Target(Target {
            kpi: kpi.to_owned(),
            holder,
            period_start: period.start.to_string(),
            period_end: period.end.to_string(),
            goal: Some(goal),
            shape: shape.into(),
            // Quarters end busily.
            weights: if shape == TargetShape::Weights {
                vec![26, 30, 44]
            } else {
                Vec::new()
            },
            owner: owner.to_owned(),
            warn_below: "0.95".to_owned(),
            bad_below: "0.85".to_owned(),
            hysteresis: "0.02".to_owned(),
            note: note.to_owned(),
        })),
        ..Record::default()
    }
}

/// What a KPI is promoted with: the target of the quarter that holds a day.
fn promotion((kpi, owner, action, benchmark): (&str, &str, &str, &str), day: Day) -> Record {
    Record {
        id: kpi.to_owned(),
        body: Some(record::Body::KpiDefinition(KpiDefinition {
            status: KpiStatus::Certified.into(),
            promotion: Some(KpiPromotion {
                owner: owner.to_owned(),
                target_id: format!("{kpi}/{}", quarter_name(day)),
                deadline: text(quarter(day).end.days() - 1),
                action: action.to_owned(),
                benchmark: benchmark.to_owned(),
                cadence: ReviewCadence::Weekly.into(),
            }),
            author: owner.to_owned(),
            note: "What we steer by this quarter.".to_owned(),
            ..KpiDefinition::default()
        })),
        ..Record::default()
    }
}

fn scorecard() -> Record {
    let item = |(kpi, weight): (&str, u32)| ScorecardItem {
        kpi: kpi.to_owned(),
        weight,
    };
    let items = [
        ("bookings", 3),
        ("win_rate", 2),
        ("pipeline_coverage", 2),
        ("sales_cycle_median", 1),
        ("net_revenue_retention", 2),
    ];
    Record {
        id: "leadership".to_owned(),
        body: Some(record::Body::Scorecard(Scorecard {
            name: "Sales leadership".to_owned(),
            items: items.map(item).into(),
            filters: BTreeMap::new(),
            period: ScorecardPeriod::Quarter.into(),
            owner: LEADER.to_owned(),
            note: "What we look at every Monday.".to_owned(),
        })),
        ..Record::default()
    }
}
