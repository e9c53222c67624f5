//! Input that nobody would send, and that comes anyway: a clear answer with a reason, never a panic.

use std::collections::BTreeMap;

use bellwether_domain::Zone;
use bellwether_forecasting::pipeline::{
    Ask, BacktestAsk, Book, Closing, Deal, Forecast, Outcome, Refusal, Rehearsal, Spread, StageValues,
    Undone, attention, backtest, forecast, stage_weighted,
};

use crate::company::{Company, DAY_MS, start};

fn attempt(deals: Vec<Deal>, day: i64, days: i64) -> Result<Forecast, Refusal> {
    let book = Book::new(deals, &Zone::utc());
    let mut rehearsal = Rehearsal::new(&book, days)?;
    let made = forecast(
        &mut rehearsal,
        &Ask {
            day,
            groups: Vec::new(),
            seed: 1,
        },
    )?;
    attention(&mut rehearsal, &made.lines, day)?;
    Ok(made)
}

fn sane(spread: &Spread) {
    assert!(spread.mean.is_finite() && spread.median.is_finite());
    assert!(
        spread
            .bands
            .iter()
            .all(|band| band.low.is_finite() && band.low <= band.high && band.high.is_finite())
    );
}

fn all_sane(made: &Forecast) {
    for part in [&made.open, &made.newcomers, &made.total] {
        sane(&part.count);
        part.value.iter().for_each(sane);
    }
    assert!(
        made.lines
            .iter()
            .all(|line| (0.0..=1.0).contains(&line.chance) && (0.0..=1.0).contains(&line.lost))
    );
}

#[test]
fn nothing_and_too_little_are_refused_with_a_reason() {
    let refused = attempt(Vec::new(), 18_000, 90).expect_err("no deals");
    assert_eq!(refused, Refusal::NoDeals);
    let deals = Company {
        days: 100,
        ..Company::default()
    }
    .deals();
    for days in [0, -1, i64::MIN, 1_096, i64::MAX] {
        assert_eq!(
            attempt(deals.clone(), start() + 90, days).expect_err("no horizon"),
            Refusal::Horizon { days }
        );
    }
    let early = attempt(deals.clone(), start() + 2, 90).expect_err("nothing closed");
    assert!(matches!(early, Refusal::TooFewClosed { need: 20, .. }), "{early}");
    for day in [i64::MIN, i64::MAX, -800_000, 3_000_000] {
        assert!(attempt(deals.clone(), day, 90).is_err(), "{day}");
    }
    let never_closed: Vec<Deal> = deals
        .into_iter()
        .map(|deal| Deal {
            closing: None,
            ..deal
        })
        .collect();
    let refused = attempt(never_closed, start() + 90, 90).expect_err("nothing closed");
    assert_eq!(
        refused.to_string(),
        "only 0 deals had closed by then, and a forecast needs 20 to learn from"
    );
}

#[test]
fn nothing_open_is_said() {
    let mut deals = Company {
        days: 400,
        ..Company::default()
    }
    .deals();
    deals.retain(|deal| deal.closing.is_some());
    assert_eq!(
        attempt(deals, start() + 2_000, 90).expect_err("nothing open"),
        Refusal::NothingOpen
    );
}

#[test]
fn one_outcome_only_is_no_certainty() {
    for outcome in [Outcome::Won, Outcome::Lost, Outcome::NoDecision] {
        let mut deals = Company {
            days: 300,
            ..Company::default()
        }
        .deals();
        for closing in deals.iter_mut().filter_map(|deal| deal.closing.as_mut()) {
            closing.outcome = outcome;
            closing.amount = None;
        }
        let made = attempt(deals, start() + 250, 90).expect("a forecast");
        all_sane(&made);
        assert!(
            made.open.count.mean > 0.0 && made.open.count.mean < made.open.open as f64,
            "{outcome:?}"
        );
    }
}

/// A loss that did not last.
fn undone(at: i64, until: i64) -> Undone {
    let closing = Closing {
        at,
        outcome: Outcome::Lost,
        amount: None,
        owner: String::new(),
        team: String::new(),
    };
    Undone { closing, until }
}

#[test]
fn nonsense_in_deals_is_survived() {
    let mut deals = Company {
        days: 400,
        ..Company::default()
    }
    .deals();
    let some = deals.len() / 3;
    for (place, deal) in deals.iter_mut().enumerate().take(some) {
        match place % 11 {
            0 => deal.spells.clear(),
            1 => deal
                .spells
                .iter_mut()
                .for_each(|spell| spell.amount = Some(i64::MAX)),
            2 => deal
                .spells
                .iter_mut()
                .for_each(|spell| spell.amount = Some(i64::MIN)),
            3 => deal
                .spells
                .iter_mut()
                .for_each(|spell| spell.stage_probability = Some(f64::NAN)),
            4 => deal
                .spells
                .iter_mut()
                .for_each(|spell| spell.expected_close = Some(i32::MAX)),
            5 => deal.spells.iter_mut().for_each(|spell| spell.from = i64::MIN),
            6 => deal.created = i64::MIN,
            7 => deal.id = "twice".into(),
            8 => deal.undone = vec![undone(deal.created, i64::MAX), undone(deal.created, i64::MIN)],
            9 => deal.undone = vec![undone(i64::MAX, i64::MAX), undone(i64::MIN, 0)],
            _ => {
                deal.traits = BTreeMap::from([(String::new(), String::new()), ("x".into(), deal.id.clone())])
            }
        }
    }
    let odd = Closing {
        at: 0,
        outcome: Outcome::Won,
        amount: Some(1),
        owner: String::new(),
        team: String::new(),
    };
    deals.last_mut().expect("a deal").closing = Some(odd);
    let book = Book::new(deals.clone(), &Zone::utc());
    assert_eq!(book.notes().len(), 2, "{:?}", book.notes());
    let made = attempt(deals, start() + 350, 90).expect("a forecast");
    all_sane(&made);
}

#[test]
fn one_date_that_is_none_makes_no_year_of_history() {
    // Records begin a year ago: how the same stretch of last year stood to the quarter before it, nobody knows.
    let company = Company {
        days: 370,
        dead: 0.0,
        ..Company::default()
    };
    let deals = company.deals();
    let day = start() + 366;
    let made = |deals: &[Deal]| attempt(deals.to_vec(), day, 90).expect("a forecast");
    let without = made(&deals);
    // 1970-01-01 and 1900-01-01, still open and closed long ago.
    for (date, closed) in [(0, false), (-25_567, false), (0, true)] {
        let mut deals = deals.clone();
        let odd = deals.first_mut().expect("a deal");
        odd.created = date * DAY_MS;
        odd.spells.iter_mut().for_each(|spell| spell.from = odd.created);
        odd.closing = odd.closing.take().filter(|_| closed);
        let made = made(&deals);
        let near = |one: f64, other: f64| (one / other - 1.0).abs() < 0.05;
        assert!(
            near(made.to_be_created, without.to_be_created)
                && near(made.newcomers.count.mean, without.newcomers.count.mean),
            "{} and {} newcomers, not {} and {}",
            made.to_be_created,
            made.newcomers.count.mean,
            without.to_be_created,
            without.newcomers.count.mean
        );
    }
}

#[test]
fn all_on_one_day_all_the_same_and_huge_gaps_are_survived() {
    let mut deals = Company {
        days: 300,
        ..Company::default()
    }
    .deals();
    for (place, deal) in deals.iter_mut().enumerate() {
        deal.created = start() * DAY_MS;
        deal.spells.truncate(1);
        deal.spells
            .iter_mut()
            .for_each(|spell| spell.from = start() * DAY_MS);
        let closing = Closing {
            at: start() * DAY_MS,
            outcome: if place % 2 == 0 {
                Outcome::Won
            } else {
                Outcome::Lost
            },
            amount: Some(0),
            owner: String::new(),
            team: String::new(),
        };
        deal.closing = (place % 3 > 0).then_some(closing);
    }
    all_sane(&attempt(deals.clone(), start() + 1, 90).expect("a forecast"));
    all_sane(&attempt(deals.clone(), start() + 40, 1).expect("a forecast"));
    all_sane(&attempt(deals, start() + 40_000, 1_095).expect("a forecast"));
}

#[test]
fn a_backtest_without_a_snapshot_says_so() {
    let book = Company {
        days: 150,
        ..Company::default()
    }
    .book();
    let mut rehearsal = Rehearsal::new(&book, 90).expect("a horizon");
    let refused = backtest(&mut rehearsal, &BacktestAsk::default()).expect_err("too short");
    assert_eq!(
        refused,
        Refusal::NoSnapshot {
            closed: 200,
            open: 20
        }
    );
    for until in [i64::MIN, i64::MAX / 2] {
        let ask = BacktestAsk {
            until: Some(until),
            fewest_closed: usize::MAX,
            ..BacktestAsk::default()
        };
        assert!(backtest(&mut rehearsal, &ask).is_err());
    }
}

#[test]
fn the_simple_view_needs_closed_deals_too() {
    let deals = Company {
        days: 100,
        ..Company::default()
    }
    .deals();
    let never_closed: Vec<Deal> = deals
        .into_iter()
        .map(|deal| Deal {
            closing: None,
            ..deal
        })
        .collect();
    let book = Book::new(never_closed, &Zone::utc());
    let day = start() + 90;
    let refused =
        stage_weighted(&book, &StageValues::learn(&book, day), day, 90, 1).expect_err("nothing closed");
    assert!(matches!(refused, Refusal::TooFewClosed { have: 0, .. }));
}

/// What is left of a company, by name.
fn cuts() -> Vec<(&'static str, Vec<Deal>)> {
    let deals = Company {
        days: 600,
        ..Company::default()
    }
    .deals();
    let changed = |change: fn(&mut Deal)| {
        let mut deals = deals.clone();
        deals.iter_mut().for_each(change);
        deals
    };
    let one_stage = |deal: &mut Deal| {
        deal.spells.truncate(1);
        deal.spells[0].stage = "open".to_owned();
    };
    let no_amounts = |deal: &mut Deal| {
        deal.spells.iter_mut().for_each(|spell| spell.amount = None);
        deal.closing.iter_mut().for_each(|closing| closing.amount = None);
    };
    let ended = |outcome: Outcome| {
        let mut deals = deals.clone();
        let closings = deals.iter_mut().filter_map(|deal| deal.closing.as_mut());
        closings.for_each(|closing| {
            closing.outcome = outcome;
            closing.amount = closing.amount.filter(|_| outcome == Outcome::Won);
        });
        deals
    };
    let bare = |deal: &mut Deal| {
        deal.spells.clear();
        deal.traits.clear();
    };
    vec![
        ("all", deals.clone()),
        ("few", deals.iter().step_by(30).cloned().collect()),
        ("one stage", changed(one_stage)),
        ("no amounts", changed(no_amounts)),
        ("no history at all", changed(bare)),
        ("all won", ended(Outcome::Won)),
        ("all lost", ended(Outcome::Lost)),
        ("none closed", changed(|deal| deal.closing = None)),
    ]
}

#[test]
fn every_cut_of_a_company_is_forecast_or_refused_with_a_reason() {
    for (name, deals) in cuts() {
        let amounts = name != "no amounts" && name != "all lost" && name != "no history at all";
        for days in [30, 60, 180] {
            let book = Book::new(deals.clone(), &Zone::utc());
            let mut rehearsal = Rehearsal::new(&book, days).expect("a horizon");
            for until in [None, Some(start() + 350), Some(start() - 10)] {
                let ask = BacktestAsk {
                    until,
                    ..BacktestAsk::default()
                };
                match backtest(&mut rehearsal, &ask) {
                    Ok(told) => {
                        assert!(told.calibrated.brier.is_finite() && told.calibrated.brier > 0.0);
                        for said in told.snapshots.iter().map(|snapshot| &snapshot.calibrated) {
                            assert!(
                                said.count > 0.0 && said.count80.low <= said.count80.high,
                                "{name}"
                            );
                            assert!(
                                said.value.is_none_or(|value| value > 0.0),
                                "{name}: {:?}",
                                said.value
                            );
                            assert_eq!(said.value.is_some(), said.value80.is_some());
                            assert!(said.value.is_some() || !amounts, "{name} has values");
                        }
                        assert!(name != "none closed" && name != "few" && until != Some(start() - 10));
                    }
                    Err(refusal) => {
                        assert!(
                            matches!(refusal, Refusal::NoSnapshot { .. }),
                            "{name} {days}: {refusal}"
                        );
                    }
                }
            }
            match attempt(deals.clone(), start() + 590, days) {
                Ok(made) => {
                    all_sane(&made);
                    assert!(made.open.count.mean > 0.0, "{name} {days}");
                    assert!(name != "no amounts" || made.open.value.is_none());
                }
                Err(refusal) => assert_eq!(
                    (name, matches!(refusal, Refusal::TooFewClosed { .. })),
                    ("none closed", true)
                ),
            }
        }
    }
}
