//! Odds of quotas against companies whose truth is known: of each rep, newcomers included.

use bellwether_forecasting::pipeline::{
    Ask, Group, Line, Rehearsal, arrivals, attainment, forecast, month_starts, sum_up_all, won_so_far,
};

use crate::company::{Company, start};

/// Days that are left of a period.
const DAYS: i64 = 60;

/// Odds that were said of a quota, and whether it was reached; whether the end lay within its intervals of 80 and 95 %.
struct Told {
    odds: Vec<(f64, bool)>,
    held: [usize; 2],
}

/// The quota that a rep has: easy for some, hard for others, and known before the period.
fn quota(usual: f64, place: usize) -> f64 {
    usual * [0.5, 0.8, 1.0, 1.25][place % 4]
}

fn told(company: Company, told: &mut Told) {
    let book = company.book();
    let mut rehearsal = Rehearsal::new(&book, DAYS).expect("a horizon");
    let end = start() + company.days;
    for day in month_starts(end - 500, end - DAYS).into_iter().step_by(2) {
        let ask = Ask {
            day,
            groups: Vec::new(),
            seed: 7,
        };
        let made = forecast(&mut rehearsal, &ask).expect("a forecast");
        let shares = arrivals(&book, day, &Group::Owner);
        let came = won_so_far(&book, day, day + DAYS, &Group::Owner);
        let before = won_so_far(&book, day - 365, day, &Group::Owner);
        for (place, (owner, last)) in before.iter().enumerate() {
            let lines: Vec<&Line> = made.lines.iter().filter(|line| line.owner == *owner).collect();
            let coming = made.coming.share(shares.get(owner).copied().unwrap_or(0.0));
            let part = sum_up_all(owner, &lines, &coming, &made.correction, 7);
            let spread = part.value.expect("a value");
            let goal = quota(last.value * DAYS as f64 / 365.0, place);
            let end = came.get(owner).map_or(0.0, |won| won.value);
            let odds = attainment(goal, 0.0, &spread).expect("a goal").chance;
            told.odds.push((odds, end >= goal));
            for (held, level) in told.held.iter_mut().zip([0.8, 0.95]) {
                let band = spread.band(level).expect("a level");
                *held += usize::from((band.low..=band.high).contains(&end));
            }
        }
    }
}

#[test]
fn odds_are_met_as_often_as_they_say() {
    let mut all = Told {
        odds: Vec::new(),
        held: [0, 0],
    };
    for seed in 0..10 {
        let company = Company {
            seed: 4_000 + seed,
            pace: 3.0,
            shock: 0.2,
            ..Company::default()
        };
        told(company, &mut all);
    }
    let n = all.odds.len() as f64;
    let mut bins = [(0.0, 0.0, 0.0); 5];
    for (odds, reached) in &all.odds {
        let bin = &mut bins[((odds * 5.0) as usize).min(4)];
        bin.0 += 1.0;
        bin.1 += odds;
        bin.2 += f64::from(u8::from(*reached));
    }
    let ece = bins.iter().map(|bin| (bin.1 - bin.2).abs()).sum::<f64>() / n;
    let [held80, held95] = all.held.map(|held| held as f64 / n);
    eprintln!("{n} quotas: ece {ece:.3}, 80 % held {held80:.3}, 95 % held {held95:.3}");
    for (count, said, came) in bins {
        eprintln!("  {count}: said {:.3}, reached {:.3}", said / count, came / count);
    }
    assert!(ece < 0.06, "{bins:?}");
    assert!((held80 - 0.8).abs() < 0.06 && (held95 - 0.95).abs() < 0.04);
}
