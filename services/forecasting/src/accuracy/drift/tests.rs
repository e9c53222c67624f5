//! Alarms that must and must not be raised.

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::super::tests::served;
use super::*;

#[test]
fn two_periods_off_by_two_and_a_half_raise_an_alarm_and_one_by_a_hundred_does_not() {
    let mut rows: Vec<Served> = (0..12).map(|at| served(at * 30, 50.0, Some(50.0))).collect();
    rows[6].came = Some(150.0);
    assert_eq!(drift(&rows, By::default())[0].alarms, []);
    rows[6].came = Some(52.5);
    rows[7].came = Some(52.5);
    let watch = &drift(&rows, By::default())[0];
    let alarm = Alarm {
        side: Side::TooLow,
        since: 180,
        raised: 210,
        over: None,
    };
    assert_eq!((watch.periods, watch.alarms.as_slice()), (12, [alarm].as_slice()));
    assert_eq!(watch.standing().count(), 1);
    // Right again: half a standard error each period is forgiven.
    rows.extend((12..24).map(|at| served(at * 30, 50.0, Some(50.0))));
    let over = &drift(&rows, By::default())[0];
    assert_eq!(
        (over.alarms[0].over, over.standing().count(), over.too_low),
        (Some(450), 0, 0.0)
    );
}

#[test]
fn what_is_right_on_average_but_too_sure_is_told() {
    let came = |at: i32| 50.0 + if at % 2 == 0 { 3.0 } else { -3.0 };
    let rows: Vec<Served> = (0..8).map(|at| served(at * 30, 50.0, Some(came(at)))).collect();
    let watch = &drift(&rows, By::default())[0];
    assert_eq!(
        watch
            .alarms
            .iter()
            .map(|alarm| (alarm.side, alarm.raised))
            .collect::<Vec<_>>(),
        [(Side::TooSure, 90)]
    );
}

#[test]
fn honest_forecasts_raise_few_alarms_alone_and_together() {
    let mut dice = ChaCha8Rng::seed_from_u64(4);
    // The sum of twelve evenly spread numbers is next to normal, with variance 1.
    let mut normal = || (0..12).map(|_| dice.random_range(-0.5..0.5)).sum::<f64>();
    let mut alarms = [0, 0];
    for _ in 0..100 {
        let mut alone = Vec::new();
        let mut together = Vec::new();
        for at in 0..36 {
            alone.push(served(at * 30, 50.0, Some(50.0 + normal())));
            let shared = normal();
            for team in 0..20 {
                let off = shared * (1.0_f64 / 3.0).sqrt() + normal() * (2.0_f64 / 3.0).sqrt();
                together.push(Served {
                    of: format!("team {team}"),
                    ..served(at * 30, 50.0, Some(50.0 + off))
                });
            }
        }
        alarms[0] += usize::from(!drift(&alone, By::default())[0].alarms.is_empty());
        alarms[1] += usize::from(!drift(&together, By::default())[0].alarms.is_empty());
    }
    // One in 170 periods for either side is a fifth of such watches; the third sum adds some.
    println!("three years of months with an alarm by chance: {alarms:?} of 100");
    assert!(alarms.iter().all(|count| *count <= 45), "{alarms:?}");
}

#[test]
fn the_newest_forecast_of_a_period_is_watched() {
    let mut rows: Vec<Served> = (0..6).map(|at| served(at * 30, 50.0, Some(50.0))).collect();
    let old = rows.iter().map(|row| Served {
        made: row.made - 300,
        steps: 9,
        said: 90.0,
        ..row.clone()
    });
    let old: Vec<Served> = old.collect();
    rows.extend(old);
    assert_eq!(drift(&rows, By::default())[0].alarms, []);
    let by = By {
        steps: true,
        ..By::default()
    };
    assert_eq!(
        drift(&rows, by)
            .iter()
            .map(|watch| watch.alarms.len())
            .collect::<Vec<_>>(),
        [0, 1]
    );
}
