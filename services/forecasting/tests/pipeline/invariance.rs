//! What must not change a forecast, and what must add up.

use bellwether_domain::Zone;
use bellwether_forecasting::pipeline::{
    Ask, BacktestAsk, Book, Closing, Deal, Forecast, Group, Hazards, Outcome, Rehearsal, Spell, Undone,
    backtest, forecast, month_start, won_so_far,
};

use crate::company::{Company, DAY_MS, start};

fn made(deals: Vec<Deal>, day: i64) -> Forecast {
    let book = Book::new(deals, &Zone::utc());
    let mut rehearsal = Rehearsal::new(&book, 90).expect("a horizon");
    let groups = vec![
        Group::Stage,
        Group::Owner,
        Group::Trait("product".into()),
        Group::Trait("nothing".into()),
    ];
    forecast(&mut rehearsal, &Ask { day, groups, seed: 3 }).expect("a forecast")
}

fn company() -> Company {
    Company {
        pace: 2.0,
        days: 700,
        shock: 0.2,
        ..Company::default()
    }
}

/// The deals as somebody knew them when the day began.
fn known(deals: &[Deal], day: i64) -> Vec<Deal> {
    let at = day * DAY_MS;
    let mut known: Vec<Deal> = deals.iter().filter(|deal| deal.created < at).cloned().collect();
    for deal in &mut known {
        deal.spells.retain(|spell| spell.from < at);
        deal.closing = deal.closing.take().filter(|closing| closing.at < at);
        deal.undone.retain(|undone| undone.closing.at < at);
        if deal.undone.last().is_some_and(|last| last.until >= at) {
            deal.closing = deal.undone.pop().map(|last| last.closing);
        }
    }
    known
}

/// Every third deal that ended is opened again in another stage after some weeks, and ends anew; some stay open.
fn opened_again(mut deals: Vec<Deal>) -> Vec<Deal> {
    let ended = deals.iter_mut().filter(|deal| deal.closing.is_some());
    for (place, deal) in ended.step_by(3).enumerate() {
        let (Some(closing), Some(last)) = (deal.closing.take(), deal.spells.last().cloned()) else {
            continue;
        };
        let (until, back) = (
            closing.at + (20 + place as i64 % 60) * DAY_MS,
            ["qualify", "propose"][place % 2],
        );
        deal.spells.push(Spell {
            from: until,
            stage: back.to_owned(),
            ..last
        });
        deal.closing = (place % 4 > 0).then(|| Closing {
            at: until + (5 + place as i64 % 90) * DAY_MS,
            outcome: Outcome::Lost,
            amount: None,
            ..closing.clone()
        });
        deal.undone = vec![Undone { closing, until }];
    }
    deals
}

#[test]
fn what_comes_later_changes_no_digit() {
    let deals = company().deals();
    let day = month_start(start() + 600);
    assert_eq!(made(deals.clone(), day), made(known(&deals, day), day));
    assert_ne!(made(deals.clone(), day).open, made(deals, day + 31).open);
}

#[test]
fn that_a_deal_was_opened_again_is_not_known_before() {
    let deals = opened_again(company().deals());
    for back in [0, 62, 200] {
        let day = month_start(start() + 690 - back);
        assert_eq!(made(deals.clone(), day), made(known(&deals, day), day), "{back}");
    }
    // Who was told at once, and who looks back, say the same of what was won.
    let (from, to) = (start() + 300, start() + 600);
    let won = |deals: Vec<Deal>| won_so_far(&Book::new(deals, &Zone::utc()), from, to, &Group::Owner);
    assert_eq!(won(deals.clone()), won(known(&deals, to)));
    assert_ne!(won(deals.clone()), won(company().deals()), "some were taken back");
    let stands = |deals: &[Deal], day: i64| Book::new(deals.to_vec(), &Zone::utc()).closed_and_open(day);
    let never: Vec<Deal> = (deals.iter().cloned())
        .map(|deal| Deal {
            undone: Vec::new(),
            ..deal
        })
        .collect();
    let (told, untold) = (stands(&deals, to), stands(&never, to));
    assert_eq!(told, stands(&known(&deals, to), to));
    assert!(told.0 > untold.0 && told.1 < untold.1, "{told:?} {untold:?}");
}

/// What records say of deals that ended when nobody kept what they said before: their last category and chance, as if
/// both had held from the creation on.
fn at_last(mut deals: Vec<Deal>) -> Vec<Deal> {
    for deal in &mut deals {
        let Some(closing) = &deal.closing else {
            continue;
        };
        for spell in &mut deal.spells {
            spell.category = "closed".to_owned();
            spell.stage_probability = Some(f64::from(u8::from(closing.outcome == Outcome::Won)));
        }
    }
    deals
}

#[test]
fn what_records_say_at_last_is_not_known_before() {
    for (seed, horizon) in [(5, 30), (6, 90), (7, 180)] {
        let deals = Company { seed, ..company() }.deals();
        for back in [0, 120, 300] {
            let day = month_start(start() + 690 - back);
            let told = |deals: Vec<Deal>| {
                let book = Book::new(deals, &Zone::utc());
                let mut rehearsal = Rehearsal::new(&book, horizon).expect("a horizon");
                let groups = vec![Group::Stage];
                let made = forecast(&mut rehearsal, &Ask { day, groups, seed: 3 }).expect("a forecast");
                let chances: Vec<(f64, Option<f64>)> =
                    made.lines.iter().map(|line| (line.chance, line.worth)).collect();
                (made.open, made.total, made.groups, made.correction, chances)
            };
            assert_eq!(
                told(at_last(deals.clone())),
                told(known(&deals, day)),
                "{seed} {day}"
            );
        }
    }
}

#[test]
fn expected_closes_that_were_filled_in_at_the_end_teach_nothing() {
    let deals = company().deals();
    let day = month_start(start() + 600);
    let hazards = |deals: Vec<Deal>| {
        let book = Book::new(deals, &Zone::utc());
        Hazards::learn(&book, day).expect("enough deals")
    };
    assert!(hazards(deals.clone()).believes_expected_close());
    let mut filled = deals.clone();
    for deal in &mut filled {
        if let Some(closing) = &deal.closing {
            let last = (closing.at / DAY_MS) as i32;
            deal.spells
                .iter_mut()
                .for_each(|spell| spell.expected_close = Some(last));
        }
    }
    assert!(!hazards(filled.clone()).believes_expected_close());
    let mut undated = deals;
    for deal in &mut undated {
        deal.spells
            .iter_mut()
            .for_each(|spell| spell.expected_close = None);
    }
    let (filled, undated) = (made(filled, day), made(undated, day));
    assert_eq!(
        (filled.open.count, filled.total),
        (undated.open.count, undated.total)
    );
}

#[test]
fn the_order_of_deals_and_spells_changes_no_digit() {
    let mut deals = company().deals();
    let day = month_start(start() + 600);
    let straight = made(deals.clone(), day);
    deals.reverse();
    deals.iter_mut().for_each(|deal| deal.spells.reverse());
    let half = deals.len() / 2;
    deals.rotate_left(half);
    assert_eq!(straight, made(deals, day));
}

#[test]
fn groups_sum_to_the_total_and_parts_to_the_whole() {
    let made = made(company().deals(), month_start(start() + 600));
    let close = |one: f64, other: f64| (one - other).abs() <= 1e-9 * one.abs().max(1.0);
    for (group, parts) in &made.groups {
        let count: f64 = parts.iter().map(|part| part.count.mean).sum();
        let value: f64 = parts
            .iter()
            .filter_map(|part| part.value.as_ref())
            .map(|value| value.mean)
            .sum();
        let open: usize = parts.iter().map(|part| part.open).sum();
        assert!(close(count, made.open.count.mean), "{group:?}: {count}");
        assert!(
            close(value, made.open.value.as_ref().expect("a value").mean),
            "{group:?}: {value}"
        );
        assert_eq!(open, made.open.open);
    }
    let mean =
        |part: &bellwether_forecasting::pipeline::Part| part.value.as_ref().map_or(0.0, |value| value.mean);
    assert!(close(mean(&made.open) + mean(&made.newcomers), mean(&made.total)));
    assert!(made.newcomers.count.mean > 1.0);
}

#[test]
fn money_in_another_unit_scales_the_value_only() {
    let deals = company().deals();
    let day = month_start(start() + 600);
    let mut larger = deals.clone();
    for deal in &mut larger {
        deal.spells
            .iter_mut()
            .for_each(|spell| spell.amount = spell.amount.map(|amount| amount * 16));
        if let Some(closing) = &mut deal.closing {
            closing.amount = closing.amount.map(|amount| amount * 16);
        }
    }
    let (one, other) = (made(deals, day), made(larger, day));
    assert_eq!(one.open.count, other.open.count);
    let (one, other) = (
        one.open.value.expect("a value"),
        other.open.value.expect("a value"),
    );
    assert!(
        (other.mean / one.mean - 16.0).abs() < 1e-9,
        "{} {}",
        one.mean,
        other.mean
    );
}

#[test]
fn all_moved_by_whole_years_of_400_moves_the_forecast_along() {
    // 400 Gregorian years are a whole number of weeks and have the same calendar.
    const CYCLE: i64 = 146_097;
    let company = Company {
        days: 500,
        ..company()
    };
    let day = month_start(start() + 450);
    let mut moved = company.deals();
    for deal in &mut moved {
        deal.created += CYCLE * DAY_MS;
        for spell in &mut deal.spells {
            spell.from += CYCLE * DAY_MS;
            spell.expected_close = spell.expected_close.map(|due| due + CYCLE as i32);
        }
        if let Some(closing) = &mut deal.closing {
            closing.at += CYCLE * DAY_MS;
        }
    }
    let (here, there) = (made(company.deals(), day), made(moved, day + CYCLE));
    let off = here.open.count.mean / there.open.count.mean - 1.0;
    assert!(off.abs() < 1e-6, "{off}");
}

#[test]
fn a_backtest_is_the_same_twice_and_ignores_what_comes_after_its_end() {
    let until = month_start(start() + 600);
    let run = |deals: Vec<Deal>| {
        let book = Book::new(deals, &Zone::utc());
        let mut rehearsal = Rehearsal::new(&book, 90).expect("a horizon");
        backtest(
            &mut rehearsal,
            &BacktestAsk {
                until: Some(until),
                ..BacktestAsk::default()
            },
        )
        .expect("a backtest")
    };
    for deals in [company().deals(), opened_again(company().deals())] {
        assert_eq!(run(deals.clone()), run(known(&deals, until)));
        assert_eq!(run(deals.clone()), run(deals));
    }
}
