//! Scorecards of facts made by hand.

use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;

use bellwether_domain::exact::Exact;
use bellwether_domain::period::{Grain, Period};
use bellwether_domain::record::TargetShape;

use super::*;
use crate::catalogue::Catalogue;
use crate::compare::compare;
use crate::query::{Ask, Caller};
use crate::scan::fixture::{Deal, Fixture};
use crate::target::{Aim, Desk, Reason, Status, Thresholds};

fn catalogue() -> &'static Catalogue {
    static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::built_in().unwrap());
    &CATALOGUE
}

fn exact(text: &str) -> Exact {
    text.parse().unwrap()
}

fn aim(kpi: &str, start: &str, end: &str, value: &str) -> Aim {
    Aim {
        id: format!("{kpi}.{start}"),
        kpi: kpi.to_owned(),
        holder: BTreeMap::new(),
        period: Period::new(start.parse().unwrap(), end.parse().unwrap()),
        value: exact(value),
        shape: TargetShape::Linear,
        thresholds: Thresholds::default(),
        owner: String::new(),
    }
}

/// In every month from 2016 to May 2017 one deal of 100 USD times the number of the quarter is won, and one is lost.
fn company() -> Fixture {
    let mut deals = Vec::new();
    for (year, months) in [(2016, 12), (2017, 5)] {
        for month in 1..=months {
            let day = |day: u32| -> &'static str { format!("{year}-{month:02}-{day:02}").leak() };
            let amount = 10_000 * i64::from((month - 1) / 3 + 1);
            deals.push(Deal::won(day(10), amount));
            deals.push(Deal::lost(day(12), "price"));
        }
    }
    Fixture::new(&deals)
}

fn made(fixture: &Fixture, card: &Card, caller: &Caller, aims: &[Aim]) -> Result<Rendered, String> {
    let common = Ask {
        as_of: Some("2017-05-31".parse().unwrap()),
        caller: caller.clone(),
        ..Ask::default()
    };
    let now = "2020-01-01T00:00:00Z".parse().unwrap();
    let desk = Desk::new(fixture, catalogue(), common, now, 1).unwrap();
    let whose = Whose::of(fixture, caller, desk.as_of, desk.seq);
    render(&desk, card, caller, &whose, aims).map_err(|error| error.message)
}

fn card(kpis: &[&str]) -> Card {
    let ids: Vec<String> = kpis.iter().map(ToString::to_string).collect();
    Card::of_kpis(&ids)
}

#[test]
fn each_kpi_stands_beside_what_it_was_and_is_to_be() {
    let fixture = company();
    let aims = [aim("bookings", "2017-04-01", "2017-07-01", "600")];
    let found = made(&fixture, &card(&["bookings", "win_rate"]), &Caller::All, &aims).unwrap();
    assert_eq!(found.period.start.to_string(), "2017-04-01");
    assert_eq!(
        (found.lines.len(), found.last_day.to_string()),
        (2, "2017-05-31".into())
    );
    let line = &found.lines[0];
    // April and May: 200 each.
    assert_eq!(line.row.value.as_deref(), Ok("400"));
    // January and February, the same 61 days less two: 100 each. A year before as in this.
    let moved = |both: &Option<crate::query::Both>, kpi: &str| {
        let both = both.as_ref().unwrap();
        let pair = both.pairs.iter().find(|pair| &*pair.now.kpi == kpi).unwrap();
        compare(pair).difference.unwrap().to_decimal_string()
    };
    assert_eq!(moved(&found.last_year, "bookings"), "0");
    assert_eq!(moved(&found.previous, "bookings"), "200");
    let outlook = line.standing.outlook.as_ref().unwrap();
    assert_eq!(outlook.attainment, Exact::ratio(2, 3).unwrap());
    assert_eq!(
        outlook.pace,
        Exact::ratio(400, 600).unwrap() - Exact::ratio(61, 91).unwrap()
    );
    // In the rest of the quarters before came 100, 400, 300 and 200: that may be too little.
    assert_eq!(line.standing.verdict.status, Some(Status::TooEarly));
    assert_eq!(outlook.projection, Some(exact("650")));
    assert_eq!(line.trend.len(), TREND_MONTHS);
    assert_eq!(line.trend[0].start.unwrap().to_string(), "2016-06-01");
    let rate = &found.lines[1];
    assert_eq!(rate.standing.verdict.reason, Reason::NoTarget);
    assert!(rate.aim.is_none() && rate.row.interval.is_some());
}

#[test]
fn a_target_of_the_year_gives_the_quarter_its_part() {
    let fixture = company();
    let aims = [
        aim("bookings", "2017-01-01", "2018-01-01", "3650"),
        aim("win_rate", "2016-01-01", "2018-01-01", "0.5"),
    ];
    let found = made(&fixture, &card(&["bookings", "win_rate"]), &Caller::All, &aims).unwrap();
    let line = &found.lines[0];
    assert_eq!(line.aim.as_ref().unwrap().value, exact("910"), "91 of 365 days");
    assert_eq!(line.part_of.unwrap().days(), 365);
    assert_eq!(found.lines[1].aim.as_ref().unwrap().value, exact("0.5"));
    // The target of just the period comes before one that holds it; one of another holder counts for nobody else.
    let west = Aim {
        holder: BTreeMap::from([("region".to_owned(), "West".to_owned())]),
        ..aim("bookings", "2017-04-01", "2017-07-01", "1")
    };
    let both = [
        aims[0].clone(),
        west,
        aim("bookings", "2017-04-01", "2017-07-01", "600"),
    ];
    let found = made(&fixture, &card(&["bookings"]), &Caller::All, &both).unwrap();
    assert_eq!(found.lines[0].aim.as_ref().unwrap().value, exact("600"));
    assert!(found.lines[0].part_of.is_none());
}

#[test]
fn of_several_targets_of_a_period_the_one_changed_last_holds() {
    let named = |id: &str, value: &str| Aim {
        id: id.to_owned(),
        ..aim("bookings", "2017-04-01", "2017-07-01", value)
    };
    // The one that was changed last is handed in first.
    let aims = [
        named("imported", "700"),
        named("b", "500"),
        named("a", "600"),
        aim("bookings", "2017-01-01", "2018-01-01", "3650"),
    ];
    let found = made(&company(), &card(&["bookings"]), &Caller::All, &aims).unwrap();
    assert_eq!(found.lines[0].aim.as_ref().unwrap().id, "imported");
    let [warning] = &found.warnings[..] else {
        panic!("{:?}", found.warnings);
    };
    assert_eq!(
        (warning.kind, warning.kpi.as_str()),
        (Kind::TargetTwice, "bookings")
    );
    assert!(
        warning.message.contains("`imported` holds") && warning.message.ends_with("not `a`, `b`"),
        "{}",
        warning.message
    );
    let found = made(&company(), &card(&["bookings"]), &Caller::All, &aims[2..]).unwrap();
    assert_eq!(found.warnings, []);
}

#[test]
fn a_part_in_which_a_season_fell_has_no_target() {
    // In May 2016 more was paid back than came.
    let deals = [
        Deal::won("2016-01-10", 10_000),
        Deal::won("2016-04-10", 30_000),
        Deal::won("2016-05-10", -20_000),
        Deal::won("2016-06-10", 20_000),
        Deal::won("2017-05-10", 10_000),
    ];
    let season = Aim {
        shape: TargetShape::Seasonal,
        ..aim("bookings", "2017-04-01", "2017-07-01", "600")
    };
    let months = Card {
        period: Grain::FiscalMonth,
        ..card(&["bookings"])
    };
    let found = made(&Fixture::new(&deals), &months, &Caller::All, &[season]).unwrap();
    let line = &found.lines[0];
    assert_eq!((line.aim.as_ref(), line.part_of), (None, None));
    assert_eq!(line.standing.verdict.reason, Reason::NoTarget);
}

#[test]
fn own_quartiles_are_of_closed_periods_told_whole() {
    let fixture = company();
    let months = Card {
        period: Grain::FiscalMonth,
        ..card(&["bookings"])
    };
    let found = made(&fixture, &months, &Caller::All, &[]).unwrap();
    // September 2016 to April 2017: 300, 400, 400, 400, 100, 100, 100, 200.
    let own = found.lines[0].quartiles.clone().unwrap();
    assert_eq!(own.periods, 8);
    assert_eq!(
        (own.low, own.median, own.high),
        (exact("100"), exact("250"), exact("400"))
    );
    // Of quarters there are five, of which the first may be told in part.
    let found = made(&fixture, &card(&["bookings"]), &Caller::All, &[]).unwrap();
    let own = found.lines[0].quartiles.clone().unwrap();
    assert_eq!((own.periods, own.median), (4, exact("750")));
}

#[test]
fn a_scorecard_says_what_is_unwise_about_it() {
    let told = |kpis: &[&str]| {
        let card = Card {
            origin: Origin::Tenant,
            ..card(kpis)
        };
        let (shown, warnings) = balance(&card, catalogue(), &Caller::All);
        let kinds: Vec<Kind> = warnings.iter().map(|one| one.kind).collect();
        (shown.len(), kinds)
    };
    assert_eq!(told(&["pipeline_created", "win_rate", "bookings"]), (3, vec![]));
    assert_eq!(
        told(&["bookings", "win_rate"]),
        (2, vec![Kind::TooFew, Kind::OnlyLagging])
    );
    assert_eq!(
        told(&["pipeline_created", "open_deals", "deals_created"]),
        (3, vec![Kind::OnlyLeading])
    );
    let six = [
        "pipeline_created",
        "open_deals",
        "bookings",
        "win_rate",
        "deals_won",
        "average_deal_size",
    ];
    assert_eq!(told(&six), (6, vec![Kind::TooMany]));
    assert_eq!(
        told(&[
            "pipeline_created",
            "win_rate",
            "bookings",
            "no_such_kpi",
            "loss_reason_mix"
        ]),
        (3, vec![Kind::Unknown, Kind::Grouped])
    );
    // The presets are scorecards without a fault.
    for preset in catalogue().presets() {
        let (_, warnings) = balance(&Card::of_preset(preset), catalogue(), &Caller::All);
        assert_eq!(warnings, [], "{}", preset.id);
    }
}

#[test]
fn what_a_caller_names_must_be_there() {
    let fixture = company();
    let refused = |kpis: &[&str]| made(&fixture, &card(kpis), &Caller::All, &[]).unwrap_err();
    assert!(refused(&["winrate"]).contains("did you mean `win_rate`?"));
    let text = refused(&["win_rate", "loss_reason_mix"]);
    assert!(text.contains("loss_reason_mix is not a single number"), "{text}");
    let stored = Card {
        origin: Origin::Tenant,
        ..card(&["gone"])
    };
    assert!(
        made(&fixture, &stored, &Caller::All, &[])
            .unwrap_err()
            .contains("no KPI that you can be shown")
    );
}

#[test]
fn a_rep_stands_beside_own_targets_only() {
    let ours = Whose::of(
        &company(),
        &Caller::Own("Ann".to_owned()),
        bellwether_domain::Instant::MAX,
        10,
    );
    let owner = |name: &str| BTreeMap::from([("owner".to_owned(), name.to_owned())]);
    assert!(visible(&ours, &owner("Ann")));
    assert!(!visible(&ours, &owner("Bob")) && !visible(&ours, &BTreeMap::new()));
    assert_eq!(ours.holder(&BTreeMap::new()), Some(owner("Ann")));
    assert_eq!(ours.holder(&owner("Bob")), None);
    let nobody = Whose::of(
        &company(),
        &Caller::Own("Zoe".to_owned()),
        bellwether_domain::Instant::MAX,
        10,
    );
    assert_eq!(nobody.holder(&BTreeMap::new()), None);
    let all = Whose::of(&company(), &Caller::All, bellwether_domain::Instant::MAX, 10);
    assert_eq!(all.holder(&owner("Bob")), Some(owner("Bob")));
    let aims = [
        aim("bookings", "2017-04-01", "2017-07-01", "600"),
        Aim {
            holder: owner("Ann"),
            ..aim("bookings", "2017-04-01", "2017-07-01", "500")
        },
    ];
    let found = made(
        &company(),
        &card(&["bookings"]),
        &Caller::Own("Ann".to_owned()),
        &aims,
    )
    .unwrap();
    assert_eq!(found.lines[0].aim.as_ref().unwrap().value, exact("500"));
    let names: HashSet<&str> = found.lines.iter().map(|line| &*line.row.kpi).collect();
    assert_eq!(names, HashSet::from(["bookings"]));
}

#[test]
fn a_manager_stands_beside_the_targets_of_those_below() {
    let fixture = company();
    let boss = Whose::of(
        &fixture,
        &Caller::Subtree("Ann".to_owned()),
        bellwether_domain::Instant::MAX,
        10,
    );
    let owner = BTreeMap::from([("owner".to_owned(), "Ann".to_owned())]);
    assert!(visible(&boss, &owner));
    assert_eq!(boss.holder(&owner), Some(owner));
    assert_eq!(
        boss.holder(&BTreeMap::new()),
        None,
        "the company's target is not that of a part"
    );
}
