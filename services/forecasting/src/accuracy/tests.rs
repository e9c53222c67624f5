//! Scores worked out by hand, and rows that make no sense.

use super::*;

/// The model's forecast of `said` for the period that ends on `due`, with an 80 % interval of 1.2816 to either side: a
/// standard deviation of 1.
pub(super) fn served(due: i32, said: f64, came: Option<f64>) -> Served {
    Served {
        of: "bookings".to_owned(),
        model: "ensemble".to_owned(),
        owner: String::new(),
        made: due - 30,
        due,
        steps: 1,
        said,
        bands: vec![Band {
            level: 0.8,
            low: said - 1.281_551_6,
            high: said + 1.281_551_6,
        }],
        scale: Some(2.0),
        came,
    }
}

fn close(one: Option<f64>, other: f64) {
    assert!(
        one.is_some_and(|one| (one - other).abs() < 1e-9),
        "{one:?} is not {other}"
    );
}

#[test]
fn errors_and_coverage_by_hand() {
    let rows = [
        served(30, 10.0, Some(8.0)),
        served(60, 10.0, Some(11.0)),
        served(90, 10.0, Some(-5.0)),
        served(120, 10.0, None),
        served(150, f64::NAN, Some(1.0)),
        served(180, 1.0, Some(f64::INFINITY)),
    ];
    let all = accuracy(&rows, By::default());
    assert_eq!(all.len(), 1);
    let one = &all[0];
    assert_eq!(
        (one.n, one.waiting, one.unusable, one.key.clone()),
        (3, 1, 2, Key::default())
    );
    close(one.wape, 18.0 / 24.0);
    close(one.bias, 16.0 / 24.0);
    close(one.mae, 6.0);
    close(one.mase, 3.0);
    let coverage = one.coverage[0];
    assert_eq!((coverage.n, coverage.held, coverage.level), (3, 1, 0.8));
    assert!(
        (coverage.low - 0.061_49).abs() < 1e-4 && (coverage.high - 0.792_34).abs() < 1e-4,
        "{coverage:?}"
    );
    assert!(coverage.broken);
}

#[test]
fn rows_by_what_they_have_in_common_and_in_any_order() {
    let mut rows: Vec<Served> = (0..40)
        .map(|at| served(at * 30, 10.0 + f64::from(at) / 7.0, Some(10.3)))
        .collect();
    for (at, row) in rows.iter_mut().enumerate() {
        row.steps = at as u32 % 3;
        row.owner = ["", "ann", "bob"][at % 3].to_owned();
        row.of = format!("kpi {}", at % 2);
    }
    let by = By {
        owner: true,
        steps: true,
        ..By::default()
    };
    let all = accuracy(&rows, by);
    assert_eq!(all.iter().map(|one| one.n).collect::<Vec<_>>(), [14, 13, 13]);
    assert_eq!(
        (all[1].key.owner.as_deref(), all[1].key.steps, &all[1].key.model),
        (Some("ann"), Some(1), &None)
    );
    rows.reverse();
    rows.swap(3, 20);
    assert_eq!(accuracy(&rows, by), all);
    let whole = accuracy(&rows, By::default());
    assert_eq!(whole[0].n, all.iter().map(|one| one.n).sum::<usize>());
}

#[test]
fn numbers_of_any_size_and_bands_that_promise_nothing() {
    let mut rows = vec![
        served(30, 1e300, Some(-1e300)),
        served(60, f64::MAX, Some(f64::MIN)),
        served(90, 0.0, Some(0.0)),
    ];
    rows[2].bands = vec![
        Band {
            level: f64::NAN,
            low: 0.0,
            high: 1.0,
        },
        Band {
            level: 0.8,
            low: 1.0,
            high: f64::NAN,
        },
    ];
    let one = &accuracy(&rows, By::default())[0];
    assert!(one.wape.is_some_and(f64::is_finite) && one.bias.is_some_and(f64::is_finite));
    assert!(one.mae.is_some_and(f64::is_finite));
    let watch = &drift(&rows, By::default())[0];
    assert!(watch.too_high.is_finite() && watch.too_sure.is_finite());
    assert!(accuracy(&[], By::default()).is_empty() && drift(&[], By::default()).is_empty());
    assert!(beside(&[]).is_empty() && calibration(&[], By::default()).is_empty());
    let zeros = &accuracy(&[served(30, 1.0, Some(0.0))], By::default())[0];
    assert_eq!((zeros.wape, zeros.bias, zeros.mae), (None, None, Some(1.0)));
}

fn chance(said: f64, came: Option<bool>) -> Chance {
    Chance {
        of: String::new(),
        model: "hazard".to_owned(),
        owner: String::new(),
        made: 0,
        due: 90,
        steps: 1,
        said,
        came,
    }
}

#[test]
fn chances_by_hand() {
    let mut all: Vec<Chance> = (0..10).map(|at| chance(0.35, Some(at < 3))).collect();
    all.extend((0..10).map(|at| chance(0.85, Some(at < 9))));
    all.extend([chance(0.5, None), chance(1.5, Some(true)), chance(f64::NAN, None)]);
    let found = &calibration(&all, By::default())[0];
    assert_eq!(
        (found.n, found.waiting, found.unusable, found.happened),
        (20, 1, 2, 12)
    );
    assert!((found.expected - 12.0).abs() < 1e-9);
    close(found.ece, 0.05);
    close(found.base_brier, 0.24);
    close(
        found.brier,
        (3.0 * 0.4225 + 7.0 * 0.1225 + 9.0 * 0.0225 + 0.7225) / 20.0,
    );
    assert_eq!(found.bins.iter().map(|bin| bin.n).collect::<Vec<_>>(), [10, 10]);
    let bin = found.bins[0];
    assert!(
        (bin.happened - 0.3).abs() < 1e-12 && bin.low < 0.3 && bin.high > 0.3,
        "{bin:?}"
    );
    let none = &calibration(&[chance(0.3, None)], By::default())[0];
    assert_eq!(
        (none.n, none.waiting, none.brier, none.bins.len()),
        (0, 1, None, 0)
    );
}

#[test]
fn people_beside_the_model_that_knew_no_more() {
    let call = |due, made, said, came| Served {
        owner: "ann".to_owned(),
        model: "commit".to_owned(),
        made,
        ..served(due, said, came)
    };
    let rows = [
        // Two forecasts before the call, of which the newer one counts, and one after it.
        Served {
            made: 5,
            ..served(90, 100.0, Some(80.0))
        },
        Served {
            made: 10,
            ..served(90, 90.0, Some(80.0))
        },
        Served {
            made: 40,
            ..served(90, 80.0, Some(80.0))
        },
        call(90, 20, 120.0, Some(80.0)),
        Served {
            made: 95,
            ..served(180, 70.0, Some(100.0))
        },
        call(180, 95, 90.0, Some(100.0)),
        // Nothing to compare with, and nothing known yet.
        call(270, 180, 90.0, Some(100.0)),
        call(360, 270, 90.0, None),
    ];
    let all = beside(&rows);
    assert_eq!(all.len(), 1);
    let one = &all[0];
    assert_eq!(
        (&*one.owner, &*one.call, &*one.model, one.n),
        ("ann", "commit", "ensemble", 2)
    );
    close(one.theirs.wape, 50.0 / 180.0);
    close(one.theirs.bias, 30.0 / 180.0);
    close(one.models.wape, 40.0 / 180.0);
    close(one.together.wape, (25.0 + 20.0) / 180.0);
    assert_eq!((one.nearer, one.further), (1, 1));
    assert!(one.share.is_some_and(|(low, high)| low < 0.5 && high > 0.5));
}
