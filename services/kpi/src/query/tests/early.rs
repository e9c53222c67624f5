//! Known answers, worked out by hand, of the KPIs that move early: leads, activities, the people who sell.

use bellwether_domain::BusinessClock;

use super::*;
use crate::scan::fixture::Deal;
use crate::table::{Column, Table};

/// When a lead was created, became mql and sql, was converted, disqualified and answered.
type Story = [&'static str; 6];

/// Four leads of January 2017 and one of February. The second skipped a step; the fourth was given up unanswered.
const LEADS: [Story; 5] = [
    [
        "2017-01-02T09:00:00Z",
        "2017-01-03",
        "2017-01-05",
        "2017-01-20",
        "",
        "2017-01-02T09:10:00Z",
    ],
    [
        "2017-01-02T10:00:00Z",
        "2017-01-10",
        "",
        "2017-02-20",
        "",
        "2017-01-02T10:20:00Z",
    ],
    // Friday, ten minutes before the end of work; answered on Monday, five minutes after its beginning.
    [
        "2017-01-06T16:50:00Z",
        "2017-02-01",
        "2017-02-10",
        "",
        "",
        "2017-01-09T09:05:00Z",
    ],
    ["2017-01-09T12:00:00Z", "", "", "", "2017-01-12", ""],
    ["2017-02-06T09:00:00Z", "2017-02-07", "2017-02-08", "", "", ""],
];

fn leads() -> Fixture {
    let mut fixture = Fixture::new(&[]);
    let clock = BusinessClock::new(&fixture.settings);
    for (number, [created, mql, sql, converted, disqualified, responded]) in LEADS.into_iter().enumerate() {
        let name = format!("lead {number}");
        let business = |text: &str| text.parse().map(|at| clock.b(at).to_string()).unwrap_or_default();
        fixture.row(
            Table::Leads,
            (created, ""),
            &[
                (Column::Lead, &name),
                (Column::Owner, "Ann"),
                (Column::ConvertedAt, converted),
                (Column::RespondedAt, responded),
                (Column::CreatedBusiness, &business(created)),
                (Column::RespondedBusiness, &business(responded)),
            ],
        );
        let steps = [
            ("mql", mql),
            ("sql", sql),
            ("converted", converted),
            ("disqualified", disqualified),
        ];
        for (index, (step, at)) in steps.iter().enumerate().filter(|(_, (_, at))| !at.is_empty()) {
            let later = steps[..3].iter().skip(index + 1).map(|(_, at)| *at);
            let next = later.filter(|at| !at.is_empty()).min().unwrap_or_default();
            fixture.row(
                Table::LeadSteps,
                (at, ""),
                &[
                    (Column::Lead, &name),
                    (Column::Owner, "Ann"),
                    (Column::Step, step),
                    (Column::NextAt, next),
                ],
            );
        }
    }
    fixture
}

fn january(kpi: &str) -> Ask {
    ranged(kpi, "2017-01-01", "2017-02-01")
}

fn same(fixture: &Fixture, known: &[(&str, &str, u64)]) {
    for (kpi, expected, n) in known {
        assert_eq!(
            value(fixture, &january(kpi)),
            ((*expected).to_owned(), *n),
            "{kpi}"
        );
    }
}

#[test]
fn leads_are_followed_from_creation_to_the_deal() {
    let known = [
        ("leads_created", "4", 4),
        ("marketing_qualified_leads", "2", 2),
        ("sales_qualified_leads", "1", 1),
        ("leads_converted", "1", 1),
        ("leads_disqualified", "1", 1),
        // Converted after 18 and after 49 days.
        ("lead_conversion", "0.5", 4),
        ("lead_conversion_60", "0.5", 4),
        ("lead_conversion_30", "0.25", 4),
        ("lead_maturity", "1", 4),
        // The second went from marketing straight to a deal, 41 days later.
        ("mql_to_sql", "1", 2),
        ("sql_to_deal", "1", 1),
    ];
    same(&leads(), &known);
    let february = ranged("lead_velocity_rate", "2017-02-01", "2017-03-01");
    assert_eq!(value(&leads(), &february), ("1".to_owned(), 2));
    assert_eq!(value(&leads(), &january("lead_velocity_rate")).0, "no_base");
    // By the end of 5 April the first two leads are 90 days old.
    let spring = |kpi: &str| value(&leads(), &as_of(january(kpi), "2017-04-05"));
    assert_eq!(spring("lead_maturity"), ("0.5".to_owned(), 4));
    assert_eq!(spring("lead_conversion"), ("1".to_owned(), 2));
    let interval = rows(&leads(), &january("lead_conversion_30"))[0].interval.clone();
    assert_eq!(interval, bellwether_stats::wilson(1, 4));
}

#[test]
fn answers_are_waited_for_in_business_hours() {
    let known = [
        // After 10, 15 and 20 minutes; the fourth lead waits still.
        ("lead_response_median", "15", 4),
        ("lead_response_p90", "not_reached", 4),
        ("lead_response_in_time", "0.5", 4),
    ];
    same(&leads(), &known);
}

/// Kind, way, outcome, and whether it took place.
const DONE: [(&str, &str, &str, bool); 16] = [
    ("call", "outbound", "connected", true),
    ("call", "outbound", "connected", true),
    ("call", "outbound", "no_answer", true),
    ("call", "outbound", "", true),
    ("call", "outbound", "", false),
    ("call", "inbound", "connected", true),
    ("email", "outbound", "replied", true),
    ("email", "outbound", "opened_by_human", true),
    ("email", "outbound", "opened_by_machine", true),
    ("email", "outbound", "clicked", true),
    ("email", "outbound", "bounced", true),
    ("email", "inbound", "replied", true),
    ("meeting", "", "", true),
    ("demo", "", "", true),
    ("demo", "", "", false),
    ("task", "", "", true),
];

fn activities() -> Fixture {
    let mut fixture = Fixture::new(&[Deal::won("2017-01-11", 100), Deal::won("2017-01-12", 100)]);
    for (number, (kind, way, outcome, done)) in DONE.into_iter().enumerate() {
        fixture.row(
            Table::Activities,
            ("2017-01-10", ""),
            &[
                (Column::Activity, &format!("activity {number}")),
                (Column::Owner, "Ann"),
                (Column::ActivityType, kind),
                (Column::Direction, way),
                (Column::ActivityOutcome, outcome),
                (Column::Completed, if done { "1" } else { "0" }),
            ],
        );
    }
    fixture
}

#[test]
fn activities_are_counted_by_what_came_of_them() {
    let known = [
        ("activities_completed", "14", 14),
        ("calls_made", "4", 4),
        ("call_connect_rate", "0.5", 4),
        ("emails_sent", "5", 5),
        ("email_reply_rate", "0.2", 5),
        // Opened, clicked in or answered; what a machine opened is not opened.
        ("email_open_rate", "0.6", 5),
        ("email_click_rate", "0.2", 5),
        ("email_bounce_rate", "0.2", 5),
        ("meetings_held", "2", 2),
        ("demos_held", "1", 1),
        ("call_to_meeting", "0.5", 4),
        ("activities_per_win", "7", 2),
    ];
    same(&activities(), &known);
}

#[test]
fn without_leads_and_activities_there_is_nothing_to_tell() {
    let cases = [
        ("leads_created", "0"),
        ("leads_converted", "0"),
        ("lead_velocity_rate", "no_base"),
        ("lead_conversion", "no_leads"),
        ("lead_maturity", "no_leads"),
        ("mql_to_sql", "no_leads"),
        ("lead_response_median", "no_leads"),
        ("lead_response_in_time", "no_leads"),
        ("calls_made", "0"),
        ("call_connect_rate", "no_activities"),
        ("email_reply_rate", "no_activities"),
        ("call_to_meeting", "no_activities"),
        ("activities_per_win", "no_won_deals"),
        ("reps_employed", "0"),
    ];
    same(
        &Fixture::new(&[]),
        &cases.map(|(kpi, expected)| (kpi, expected, 0)),
    );
    // January's leads on its last day: none is old enough.
    let young = as_of(january("lead_conversion"), "2017-01-31");
    assert_eq!(value(&leads(), &young), ("not_mature".to_owned(), 0));
}

#[test]
fn reps_are_counted_while_they_are_employed() {
    let mut fixture = Fixture::new(&[]);
    for (rep, from, to) in [
        ("Ann", "2016-01-01", ""),
        ("Bob", "2016-01-01", "2017-01-15"),
        ("Cy", "2017-02-01", ""),
    ] {
        fixture.row(Table::Employment, (from, to), &[(Column::Owner, rep)]);
    }
    let on = |day: &str| value(&fixture, &as_of(asked(&["reps_employed"]), day)).0;
    assert_eq!(
        [on("2017-01-10"), on("2017-01-20"), on("2017-02-01")],
        ["2", "1", "2"]
    );
}
