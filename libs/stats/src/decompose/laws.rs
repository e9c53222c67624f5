//! The laws of decompositions, for any segments: nothing is left over, order and direction of time do not matter, and
//! finer segments say the same in sum.

use proptest::prelude::*;

use super::*;

const FACTORS: [Effect; 3] = [Effect::Rate, Effect::Price, Effect::Fx];

/// Items, hits, cents at constant rates, cents as booked; often none of them, and sometimes items without hits.
fn period() -> impl Strategy<Value = Vec<Exact>> {
    let some = (1..60_u32, 0.0..1.0_f64, 1..50_000_i64, 80..125_i64).prop_map(|(items, share, price, fx)| {
        let hits = (f64::from(items) * share) as i64;
        let constant = hits * price + hits.min(1) * 7;
        let booked = if hits == 0 { 0 } else { (constant * fx) / 100 + 1 };
        vec![
            Exact::from(items),
            Exact::from(hits),
            Exact::from(constant),
            Exact::from(booked),
        ]
    });
    prop_oneof![1 => Just(vec![Exact::zero(); 4]), 5 => some]
}

fn company() -> impl Strategy<Value = Vec<Segment<u8>>> {
    let segment =
        (0..30_u8, period(), period()).prop_map(|(key, before, after)| Segment { key, before, after });
    proptest::collection::vec(segment, 0..12)
}

fn swapped(segments: &[Segment<u8>]) -> Vec<Segment<u8>> {
    let swap = |segment: &Segment<u8>| Segment {
        key: segment.key,
        before: segment.after.clone(),
        after: segment.before.clone(),
    };
    segments.iter().map(swap).collect()
}

fn negated(effects: &[(Effect, Exact)]) -> Vec<(Effect, Exact)> {
    effects
        .iter()
        .map(|(effect, value)| (*effect, -value.clone()))
        .collect()
}

/// That all sums are what they must be, to the last digit.
fn sums_hold(found: &Decomposition<u8>, kind: Kind) -> Result<(), TestCaseError> {
    let sum: Exact = found.effects.iter().map(|effect| &effect.1).sum();
    prop_assert_eq!(sum, found.change(), "no residual");
    for (index, (effect, total)) in found.effects.iter().enumerate() {
        let sum: Exact = found.parts.iter().map(|part| &part.effects[index]).sum();
        prop_assert_eq!(&sum, total, "{:?} over segments", effect);
    }
    if kind == Kind::Total {
        for part in &found.parts {
            let own = part.after.clone().unwrap_or_default() - part.before.clone().unwrap_or_default();
            prop_assert_eq!(part.change(), own, "a segment's effects are its own change");
        }
    }
    Ok(())
}

fn kinds() -> impl Strategy<Value = Kind> {
    prop_oneof![Just(Kind::Total), Just(Kind::Average)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn nothing_is_left_over(segments in company(), kind in kinds()) {
        let Ok(found) = decompose(kind, &FACTORS, segments) else {
            prop_assert_eq!(kind, Kind::Average, "an average over no items");
            return Ok(());
        };
        sums_hold(&found, kind)?;
        // Cents are whole already; averages are shown with two more decimals.
        let decimals = if kind == Kind::Total { 0 } else { 2 };
        let rounded = found.rounded(decimals);
        sums_hold(&rounded, kind)?;
        let unit = Exact::from_scaled(1, decimals);
        for ((_, exact), (_, shown)) in found.effects.iter().zip(&rounded.effects) {
            prop_assert!((exact - shown).abs() < &unit + &unit, "{:?} for {:?}", shown, exact);
        }
        for (exact, shown) in found.parts.iter().zip(&rounded.parts) {
            prop_assert!((exact.change() - shown.change()).abs() < &unit + &unit);
            for (exact, shown) in exact.effects.iter().zip(&shown.effects) {
                prop_assert!((exact - shown).abs() < Exact::from(3) * &unit, "{:?} for {:?}", shown, exact);
            }
        }
    }

    #[test]
    fn the_order_of_segments_is_irrelevant(segments in company(), kind in kinds(), turn in 0..12_usize) {
        let mut turned = segments.clone();
        turned.rotate_left(turn % segments.len().max(1));
        turned.reverse();
        let (one, other) = (decompose(kind, &FACTORS, segments), decompose(kind, &FACTORS, turned));
        prop_assert_eq!(one.as_ref().map(|found| found.rounded(0)), other.as_ref().map(|found| found.rounded(0)));
        prop_assert_eq!(one, other);
    }

    #[test]
    fn swapping_the_periods_turns_every_sign(segments in company(), kind in kinds()) {
        let back = decompose(kind, &FACTORS, swapped(&segments));
        let Ok(forth) = decompose(kind, &FACTORS, segments) else {
            prop_assert!(back.is_err());
            return Ok(());
        };
        let back = back.expect("the same segments");
        for (forth, back) in [(forth.rounded(0), back.rounded(0)), (forth, back)] {
            prop_assert_eq!(&forth.effects, &negated(&back.effects));
            for (forth, back) in forth.parts.iter().zip(&back.parts) {
                let turned: Vec<Exact> = back.effects.iter().map(|effect| -effect.clone()).collect();
                prop_assert_eq!(&forth.effects, &turned);
            }
        }
    }

    #[test]
    fn finer_segments_say_the_same(segments in company()) {
        let coarse: Vec<_> = segments.iter().cloned().map(|segment| Segment { key: segment.key / 5, ..segment }).collect();
        let fine = decompose(Kind::Total, &FACTORS, segments).expect("chains");
        let coarse = decompose(Kind::Total, &FACTORS, coarse).expect("chains");
        prop_assert_eq!(&fine.effects[0], &coarse.effects[0], "volume does not depend on the cut");
        for part in &coarse.parts {
            let inner: Vec<_> = fine.parts.iter().filter(|inner| inner.key / 5 == part.key).collect();
            let volume: Exact = inner.iter().map(|inner| &inner.effects[0]).sum();
            let change: Exact = inner.iter().map(|inner| inner.change()).sum();
            prop_assert_eq!(&volume, &part.effects[0]);
            prop_assert_eq!(change, part.change());
        }
    }

    #[test]
    fn what_does_not_move_has_no_effect(segments in company(), kind in kinds()) {
        let still = segments.iter().map(|segment| Segment { after: segment.before.clone(), ..segment.clone() });
        if let Ok(found) = decompose(kind, &FACTORS, still) {
            prop_assert!(found.effects.iter().all(|effect| effect.1.is_zero()));
        }
        // The same rates of exchange in both periods: no FX effect.
        let plain = segments.iter().map(|segment| {
            let without = |levels: &[Exact]| [&levels[..3], &levels[2..3]].concat();
            Segment { key: segment.key, before: without(&segment.before), after: without(&segment.after) }
        });
        if let Ok(found) = decompose(kind, &FACTORS, plain) {
            prop_assert!(found.effects.last().is_some_and(|effect| effect.1.is_zero()));
        }
    }

    #[test]
    fn movers_and_the_rest_sum_to_the_change(segments in company(), most in 0..8_usize) {
        let found = decompose(Kind::Total, &FACTORS, segments).expect("chains");
        let movers = found.movers(most);
        let sum = movers.parts.iter().map(|part| part.change()).sum::<Exact>() + movers.rest.iter().sum::<Exact>();
        prop_assert_eq!(sum, found.change());
        prop_assert!(movers.parts.len() <= most && movers.parts.len() + movers.others == found.parts.len());
        prop_assert!(movers.parts.windows(2).all(|pair| pair[0].change().abs() >= pair[1].change().abs()));
    }

    #[test]
    fn logarithmic_means_leave_nothing_over(
        rows in proptest::collection::vec((0..40_i64, 0..40_i64, 1..40_i64, 0..40_i64, 0..40_i64, 1..40_i64), 0..6),
    ) {
        let segments: Vec<Segment<u8>> = (0_u8..).zip(&rows).map(|(key, row)| Segment {
            key,
            before: [row.0, row.1, row.2].map(Exact::from).to_vec(),
            after: [row.3, row.4, row.5].map(Exact::from).to_vec(),
        }).collect();
        let back = lmdi(swapped(&segments)).expect("no negative factor");
        let mut turned = segments.clone();
        turned.reverse();
        let found = lmdi(segments).expect("no negative factor");
        prop_assert_eq!(lmdi(turned), Ok(found.clone()));
        sums_hold(&found, Kind::Total)?;
        sums_hold(&found.rounded(0), Kind::Total)?;
        prop_assert_eq!(&found.effects, &negated(&back.effects));
        prop_assert_eq!(&found.rounded(0).effects, &negated(&back.rounded(0).effects));
    }
}
