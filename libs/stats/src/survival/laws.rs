//! The laws of curves: they count when nobody is censored, are the product of the definition, and add up.

use bellwether_domain::exact::Exact;
use proptest::prelude::*;

use super::*;

fn records() -> impl Strategy<Value = Vec<(i64, bool)>> {
    proptest::collection::vec((0..12_i64, any::<bool>()), 1..40)
}

proptest! {
    #[test]
    fn without_censoring_the_curve_counts(times in proptest::collection::vec(0..12_i64, 1..60), t in 0..12_i64) {
        let records: Vec<_> = times.iter().map(|&time| (time, true)).collect();
        let curve = KaplanMeier::new(&records).expect("records");
        let left = times.iter().filter(|&&time| time > t).count();
        let share = Exact::ratio(left, times.len()).expect("records");
        let found = curve.at(t).expect("all end").share;
        prop_assert!((found - &share).abs() <= Exact::from_scaled(5, 31));
        // The quantile is the smallest time by which that share has ended.
        let q = Exact::one() - share;
        let expected = if left == times.len() { times.iter().min() } else { times.iter().filter(|&&time| time <= t).max() };
        prop_assert_eq!(curve.quantile(&q), expected.copied());
    }

    #[test]
    fn the_product_is_that_of_the_definition(records in records(), t in 0..12_i64) {
        let mut product = Exact::one();
        for lag in 0..=t {
            let at_risk = records.iter().filter(|record| record.0 >= lag).count();
            let ended = records.iter().filter(|record| record.0 == lag && record.1).count();
            if at_risk > 0 {
                product = product * Exact::ratio(at_risk - ended, at_risk).expect("someone");
            }
        }
        let curve = KaplanMeier::new(&records).expect("records");
        if let Some(found) = curve.at(t) {
            prop_assert!((&found.share - &product).abs() <= Exact::from_scaled(1, 30));
            prop_assert!(found.interval.is_none_or(|interval| interval.contains(&found.share)));
            prop_assert_eq!(found.at_risk, records.iter().filter(|record| record.0 >= t).count() as u64);
        } else {
            prop_assert!(records.iter().all(|record| record.0 < t) && !product.is_zero());
        }
    }

    #[test]
    fn order_is_irrelevant(records in records(), t in 0..12_i64, turn in 0..40_usize) {
        let mut turned = records.clone();
        turned.rotate_left(turn % records.len());
        turned.reverse();
        let (one, other) = (KaplanMeier::new(&records), KaplanMeier::new(&turned));
        let (one, other) = (one.expect("records"), other.expect("records"));
        prop_assert_eq!(one.at(t), other.at(t));
        let half = Exact::from_scaled(5, 1);
        prop_assert_eq!(one.quantile_interval(&half), other.quantile_interval(&half));
        let found = one.quantile_interval(&half);
        if let (Some(median), Some(low)) = (one.quantile(&half), found.low) {
            prop_assert!(low <= median && found.high.is_none_or(|high| median <= high));
        }
    }

    #[test]
    fn with_nothing_competing_incidence_is_the_complement(records in records(), t in 0..12_i64) {
        let endings: Vec<_> = records
            .iter()
            .map(|record| (record.0, if record.1 { Ending::Event } else { Ending::Open }))
            .collect();
        let waiting = KaplanMeier::new(&records).expect("records").at(t).map(|found| found.complement());
        let ended = AalenJohansen::new(&endings).expect("records").at(t);
        prop_assert_eq!(waiting.is_some(), ended.is_some());
        let (Some(waiting), Some(ended)) = (waiting, ended) else { return Ok(()); };
        prop_assert!((&waiting.share - &ended.share).abs() <= Exact::from_scaled(1, 29));
        prop_assert_eq!(waiting.at_risk, ended.at_risk);
        prop_assert_eq!(waiting.interval.is_some(), ended.interval.is_some());
        if let (Some(one), Some(other)) = (waiting.interval, ended.interval) {
            for (one, other) in [(one.low(), other.low()), (one.high(), other.high())] {
                prop_assert!((one - other).abs() < Exact::from_scaled(1, 12));
            }
        }
    }

    #[test]
    fn incidences_sum_to_all_who_ended(endings in proptest::collection::vec((0..9_i64, 0..3_u8), 1..40), t in 0..9_i64) {
        let curve = |event: u8| {
            let records: Vec<_> = endings.iter().map(|&(lag, kind)| (lag, match kind {
                0 => Ending::Open,
                kind if kind == event => Ending::Event,
                _ => Ending::Competing,
            })).collect();
            AalenJohansen::new(&records).expect("records").at(t)
        };
        let either: Vec<_> = endings.iter().map(|record| (record.0, record.1 > 0)).collect();
        let waiting = KaplanMeier::new(&either).expect("records").at(t);
        let (Some(one), Some(other), Some(waiting)) = (curve(1), curve(2), waiting) else { return Ok(()); };
        let sum = one.share + other.share + waiting.share;
        prop_assert!((sum - Exact::one()).abs() <= Exact::from_scaled(1, 28));
    }

    #[test]
    fn without_censoring_the_variance_is_that_of_a_share(
        endings in proptest::collection::vec((0..9_i64, any::<bool>()), 2..60), t in 0..9_i64,
    ) {
        // F (1 - F)/n: Braun and Yuan (2007).
        let records: Vec<_> = endings
            .iter()
            .map(|&(lag, event)| (lag, if event { Ending::Event } else { Ending::Competing }))
            .collect();
        let curve = AalenJohansen::new(&records).expect("records");
        let share = endings.iter().filter(|record| record.0 <= t && record.1).count() as f64 / endings.len() as f64;
        let expected = share * (1.0 - share) / endings.len() as f64;
        prop_assert!((curve.variance_at(t) - expected).abs() < 1e-14);
    }
}
