//! Logarithmic means against published ones, a worked example, and zeros.

use super::super::tests::{amounts, exact, places, segment};
use super::*;

#[test]
fn logarithmic_means_as_pnnl_prints_them() {
    // Pacific Northwest National Laboratory's energy intensity indicators, transportation: the logarithmic means of the
    // shares of highway and rail in 1970 to 1972 (tests of NREL/EnergyIntensityIndicators): L(0.5913, 0.5650) = 0.578.
    for (one, other, decimals, expected) in [
        ("0.5913", "0.5650", 3, "0.578"),
        ("0.5433", "0.5479", 4, "0.5456"),
        ("0.1449", "0.1402", 4, "0.1425"),
        ("0.5479", "0.5650", 4, "0.5564"),
    ] {
        // A first factor that doubles takes L · ln 2.
        let half = exact(other) * exact("0.5");
        let segment = Segment {
            key: (),
            before: vec![exact("1"), exact(one)],
            after: vec![exact("2"), half],
        };
        let found = lmdi([segment]).expect("positive factors");
        let mean = found.effects[0].1.to_f64() / std::f64::consts::LN_2;
        assert_eq!(format!("{mean:.decimals$}"), expected);
    }
}

#[test]
fn a_worked_lmdi_example() {
    // Two sectors of an industry, energy = output · share · intensity; computed by mpmath 1.3 in 30 digits.
    let segments = [
        segment("first", "50 0.2 3", "80 0.5 2"),
        segment("second", "50 0.8 0.5", "80 0.5 0.4"),
    ];
    let found = lmdi(segments).expect("positive factors");
    assert_eq!(
        (found.before.clone(), found.after.clone()),
        (Exact::from(50), Exact::from(96))
    );
    let effects: Vec<String> = found.effects.iter().map(|effect| places(&effect.1, 12)).collect();
    assert_eq!(
        effects,
        ["32.384637910917", "38.284867350226", "-24.669505261142"]
    );
    assert_eq!(
        found.effects.iter().map(|effect| &effect.1).sum::<Exact>(),
        Exact::from(46)
    );
    assert_eq!(
        found
            .rounded(0)
            .effects
            .iter()
            .map(|effect| &effect.1)
            .sum::<Exact>(),
        Exact::from(46)
    );
}

#[test]
fn zeros_take_their_limits() {
    // B. W. Ang and N. Liu (2007), table 2: what comes from or goes to nothing takes the whole change, what stays takes
    // none.
    let effects = |before, after| {
        let found = lmdi([segment((), before, after)]).expect("no negative factor");
        amounts(&found.parts[0].effects)
    };
    assert_eq!(effects("0 5", "7 5"), ["35", "0"]);
    assert_eq!(effects("7 5", "0 5"), ["-35", "0"]);
    assert_eq!(effects("0 5", "7 6"), ["42", "0"]);
    assert_eq!(effects("0 5", "0 6"), ["0", "0"]);
    assert_eq!(effects("0 0", "6 7"), ["21", "21"], "at the same pace");
    assert_eq!(effects("0 5", "3 0"), ["0", "0"]);
    assert_eq!(effects("2 3", "3 2")[0], effects("3 2", "2 3")[1]);
    let refused = |before, after| lmdi([segment((), before, after)]).map(|_| ());
    assert_eq!(refused("-1 2", "1 2"), Err(Unsplit::NoUnits));
    assert_eq!(refused("", ""), Err(Unsplit::Levels));
    assert!(lmdi([segment(1, "1 2", "1 2"), segment(1, "1 2", "1 2")]).is_err());
    assert!(lmdi::<()>([]).is_ok_and(|found| found.parts.is_empty()));
}
