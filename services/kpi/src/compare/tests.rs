//! What a comparison says, and which periods stand beside which.

mod workdays;

use std::sync::LazyLock;

use bellwether_domain::period::Grain;
use bellwether_domain::{Instant, Result};

use super::*;
use crate::catalogue::Catalogue;
use crate::query::{Ask, Base, Both, answer_both};
use crate::scan::fixture::{Deal, Fixture};

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::built_in().unwrap());

fn ask(kpi: &str, from: &str, to: &str) -> Ask {
    Ask {
        kpis: vec![kpi.to_owned()],
        from: Some(from.parse().unwrap()),
        to: Some(to.parse().unwrap()),
        ..Ask::default()
    }
}

fn tried(deals: &[Deal], ask: &Ask, base: Base) -> Result<Both> {
    let now: Instant = "2020-01-01T00:00:00Z".parse().unwrap();
    answer_both(&Fixture::new(deals), &CATALOGUE, ask, &base, now, 2)
}

/// `group: start..end value | start..end value, difference, relative or points or why none`, a line each.
fn lines(deals: &[Deal], ask: &Ask, base: Base) -> Vec<String> {
    let side = |row: &Row| {
        let value = row
            .value
            .clone()
            .unwrap_or_else(|reason| reason.name().to_owned());
        format!("{}..{} {value}", row.start.unwrap(), row.end.unwrap())
    };
    let line = |pair: &Pair| {
        let found = compare(pair);
        let name = pair.now.group.first();
        let name = name.map_or("all".to_owned(), |(_, name)| {
            name.as_deref().unwrap_or("none").to_owned()
        });
        let text = |value: Option<Exact>| value.map(|one| one.to_decimal_string());
        let change = text(found.points)
            .map(|one| one + " points")
            .or(text(found.relative))
            .unwrap_or_else(|| found.reason.map_or("?", AbsentReason::name).to_owned());
        format!(
            "{name}: {} | {}, {}, {change}",
            side(&pair.now),
            pair.base.as_ref().map_or("-".to_owned(), side),
            text(found.difference).unwrap_or("-".to_owned()),
        )
    };
    tried(deals, ask, base).unwrap().pairs.iter().map(line).collect()
}

fn owned(owner: &'static str, deal: Deal) -> Deal {
    Deal { owner, ..deal }
}

#[test]
fn a_group_of_one_side_is_there_too() {
    let deals = [
        owned("Ann", Deal::won("2017-02-10", 10_000)),
        owned("Ann", Deal::won("2017-03-10", 15_000)),
        owned("Bob", Deal::won("2017-02-11", 7_000)),
        owned("Cy", Deal::won("2017-03-12", 5_000)),
    ];
    let by_owner = |kpi| Ask {
        group_by: vec!["owner".to_owned()],
        ..ask(kpi, "2017-03-01", "2017-04-01")
    };
    assert_eq!(
        lines(&deals, &by_owner("bookings"), Base::Previous),
        [
            "Ann: 2017-03-01..2017-04-01 150 | 2017-02-01..2017-03-01 100, 50, 0.5",
            "Bob: 2017-03-01..2017-04-01 0 | 2017-02-01..2017-03-01 70, -70, -1",
            "Cy: 2017-03-01..2017-04-01 50 | 2017-02-01..2017-03-01 0, 50, no_base",
        ]
    );
    assert_eq!(
        lines(&deals, &by_owner("average_deal_size"), Base::Previous)[1..],
        [
            "Bob: 2017-03-01..2017-04-01 no_won_deals | 2017-02-01..2017-03-01 70, -, no_won_deals",
            "Cy: 2017-03-01..2017-04-01 50 | 2017-02-01..2017-03-01 no_won_deals, -, no_base",
        ]
    );
}

/// KPI rule R8; the bug that frappe's previous window is one day short.
#[test]
fn a_running_period_stands_beside_the_same_part() {
    let deals = [
        Deal::won("2017-02-01", 100),
        Deal::won("2017-02-10", 1_000),
        Deal::won("2017-02-11", 10_000),
        Deal::won("2017-03-05", 700),
    ];
    let running = Ask {
        as_of: Some("2017-03-10".parse().unwrap()),
        ..ask("bookings", "2017-03-01", "2017-04-01")
    };
    let expected = ["all: 2017-03-01..2017-04-01 7 | 2017-02-01..2017-02-11 11, -4, -0.363636363636363636"];
    assert_eq!(lines(&deals, &running, Base::Previous), expected);
    let cut = Ask {
        grain: Some(Grain::Month),
        ..running
    };
    assert_eq!(lines(&deals, &cut, Base::Previous), expected);
}

#[test]
fn each_period_of_a_grain_has_its_own() {
    let deals = [
        Deal::won("2016-01-20", 100),
        Deal::won("2016-02-29", 300),
        Deal::won("2017-01-10", 200),
        Deal::won("2017-02-10", 600),
    ];
    let months = Ask {
        grain: Some(Grain::Month),
        ..ask("bookings", "2017-01-01", "2017-03-01")
    };
    assert_eq!(
        lines(&deals, &months, Base::LastYear),
        [
            "all: 2017-01-01..2017-02-01 2 | 2016-01-01..2016-02-01 1, 1, 1",
            "all: 2017-02-01..2017-03-01 6 | 2016-02-01..2016-03-01 3, 3, 1",
        ]
    );
    assert_eq!(
        lines(&deals, &months, Base::Previous)[1],
        "all: 2017-02-01..2017-03-01 6 | 2017-01-01..2017-02-01 2, 4, 2"
    );
    // 29 February has no counterpart the year before.
    let days = Ask {
        grain: Some(Grain::Day),
        ..ask("bookings", "2016-02-28", "2016-03-02")
    };
    let shown = lines(&deals, &days, Base::LastYear);
    assert_eq!(
        shown[1..],
        [
            "all: 2016-02-29..2016-03-01 3 | -, -, no_base",
            "all: 2016-03-01..2016-03-02 0 | 2015-03-01..2015-03-02 0, 0, no_base",
        ]
    );
}

#[test]
fn another_range_is_taken_as_it_is() {
    let deals = [Deal::won("2016-05-20", 100), Deal::won("2017-02-10", 600)];
    let other = |from: &str, to: &str| Base::Range(from.parse().unwrap(), to.parse().unwrap());
    let one = ask("bookings", "2017-02-01", "2017-03-01");
    assert_eq!(
        lines(&deals, &one, other("2016-05-01", "2016-06-01")),
        ["all: 2017-02-01..2017-03-01 6 | 2016-05-01..2016-06-01 1, 5, 5"]
    );
    let months = Ask {
        grain: Some(Grain::Month),
        ..one
    };
    let refused = tried(&deals, &months, other("2016-05-01", "2016-07-01")).unwrap_err();
    assert_eq!(refused.violations[0].field, "base.range");
    let empty = tried(&deals, &months, other("2016-07-01", "2016-07-01")).unwrap_err();
    assert_eq!(empty.violations[0].field, "base.range.to");
    let endless = Ask { from: None, ..months };
    assert_eq!(
        tried(&deals, &endless, Base::Previous).unwrap_err().violations[0].field,
        "from"
    );
}

#[test]
fn rates_are_told_in_points_with_newcombes_interval() {
    let mut deals = Vec::new();
    for (day, won, lost) in [("2017-03-10", 56, 14), ("2017-02-10", 48, 32)] {
        deals.extend((0..won).map(|_| Deal::won(day, 100)));
        deals.extend((0..lost).map(|_| Deal::lost(day, "price")));
    }
    let rate = ask("win_rate", "2017-03-01", "2017-04-01");
    let both = tried(&deals, &rate, Base::Previous).unwrap();
    let found = compare(&both.pairs[0]);
    assert_eq!(found.points.unwrap().to_decimal_string(), "20");
    assert_eq!(found.relative, None);
    // Newcombe (1998), 56/70 - 48/80.
    let interval = found.interval.unwrap();
    let ends = [interval.low(), interval.high()].map(|end| format!("{:.4}", end.to_f64()));
    assert_eq!(ends, ["0.0524", "0.3339"]);
    // Of periods that share deals there is none.
    let overlapping = Base::Range("2017-02-01".parse().unwrap(), "2017-03-15".parse().unwrap());
    let both = tried(&deals, &rate, overlapping).unwrap();
    assert_eq!(compare(&both.pairs[0]).interval, None);
}
