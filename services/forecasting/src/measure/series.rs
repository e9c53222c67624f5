//! How good forecasts of series are: sMAPE, MASE, OWA, coverage and MSIS, as the M4 competition defines them
//! (Makridakis, Spiliotis & Assimakopoulos 2020). Periods without a value are not scored.

use crate::trend::Band;

/// The mean of `200 |y - f| / (|y| + |f|)` in percent, 0 to 200; 0 where both are 0. `None` when nothing can be scored.
pub fn smape(came: &[Option<f64>], said: &[f64]) -> Option<f64> {
    mean(pairs(came, said).map(|(came, said)| {
        let size = came.abs() / 2.0 + said.abs() / 2.0;
        // Halved before they are added: the sum of two huge numbers is infinite.
        if size > 0.0 {
            200.0 * ((came / 2.0 - said / 2.0).abs() / size)
        } else {
            0.0
        }
    }))
}

/// What MASE and MSIS are measured in: the mean absolute difference between values `season` apart (1 where there is no
/// season) in the history. `None` when there is no such pair, or all differences are 0.
pub fn scale(past: &[Option<f64>], season: usize) -> Option<f64> {
    let lag = season.max(1);
    let pairs = past.iter().zip(past.iter().skip(lag));
    let differences = pairs.filter_map(|(before, after)| Some((after.as_ref()? - before.as_ref()?).abs()));
    mean(differences).filter(|scale| *scale > 0.0 && scale.is_finite())
}

/// The mean absolute error, in units of `scale` (Hyndman & Koehler 2006).
pub fn mase(came: &[Option<f64>], said: &[f64], scale: f64) -> Option<f64> {
    mean(pairs(came, said).map(|(came, said)| (came - said).abs() / scale))
}

/// How many of the values that came lie in the band, and how many came.
pub fn held(came: &[Option<f64>], band: &Band) -> (usize, usize) {
    let (mut held, mut all) = (0, 0);
    for (came, (low, high)) in came.iter().zip(band.low.iter().zip(&band.high)) {
        if let Some(came) = came {
            all += 1;
            held += usize::from((*low..=*high).contains(came));
        }
    }
    (held, all)
}

/// The mean interval score in units of `scale` (Gneiting & Raftery 2007): the width, and `2 / (1 - level)` times by how
/// much values lie beyond.
pub fn msis(came: &[Option<f64>], band: &Band, scale: f64) -> Option<f64> {
    let dear = 2.0 / (1.0 - band.level);
    let ends = band.low.iter().zip(&band.high);
    let scored = came
        .iter()
        .zip(ends)
        .filter_map(|(came, ends)| came.map(|came| (came, ends)));
    mean(scored.map(|(came, (low, high))| {
        let beyond = (low - came).max(came - high).max(0.0);
        (high - low) / scale + dear * (beyond / scale)
    }))
}

/// Half the sum of mean sMAPE and mean MASE over those of Naive2: below 1 is better than it. `None` when Naive2 is
/// never wrong.
pub fn owa(smape: f64, mase: f64, naive_smape: f64, naive_mase: f64) -> Option<f64> {
    let measured = naive_smape > 0.0 && naive_mase > 0.0;
    measured.then(|| (smape / naive_smape + mase / naive_mase) / 2.0)
}

fn pairs<'a>(came: &'a [Option<f64>], said: &'a [f64]) -> impl Iterator<Item = (f64, f64)> + 'a {
    came.iter()
        .zip(said)
        .filter_map(|(came, said)| came.map(|came| (came, *said)))
}

/// The mean; `None` of nothing.
pub fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let values: Vec<f64> = values.collect();
    let n = values.len() as f64;
    let sum: f64 = values.iter().sum();
    let mean = if sum.is_finite() {
        sum / n
    } else {
        // The sum of huge numbers is infinite, their mean is not.
        values.iter().map(|value| value / n).sum()
    };
    (n > 0.0).then_some(mean)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAME: [Option<f64>; 4] = [Some(10.0), None, Some(20.0), Some(0.0)];
    const SAID: [f64; 4] = [8.0, 5.0, 30.0, 0.0];

    #[test]
    fn by_hand() {
        // 200 * 2/18, 200 * 10/50, 0.
        let truth = (200.0 * 2.0 / 18.0 + 40.0) / 3.0;
        assert!((smape(&CAME, &SAID).unwrap() - truth).abs() < 1e-9);
        assert_eq!(mase(&CAME, &SAID, 2.0), Some(2.0));
        let past = [Some(1.0), Some(3.0), None, Some(6.0), Some(7.0)];
        assert_eq!(scale(&past, 1), Some(1.5));
        assert_eq!(scale(&past, 2), Some(3.0));
        assert_eq!(scale(&past, 9), None);
        assert_eq!(scale(&[Some(2.0); 5], 1), None);
        assert_eq!(owa(5.0, 0.5, 10.0, 2.0), Some(0.375));
        assert_eq!(owa(5.0, 0.5, 0.0, 2.0), None);
    }

    #[test]
    fn bands_by_hand() {
        let band = Band {
            level: 0.95,
            low: vec![9.0, 0.0, 21.0, -1.0],
            high: vec![11.0, 1.0, 25.0, 0.0],
        };
        assert_eq!(held(&CAME, &band), (2, 3));
        // Widths 2, 4 and 1; the second lies 1 below: 40 more.
        assert!((msis(&CAME, &band, 2.0).unwrap() - 47.0 / 3.0 / 2.0).abs() < 1e-6);
    }

    #[test]
    fn nothing_to_score() {
        assert_eq!(smape(&[None], &[1.0]), None);
        assert_eq!(smape(&[], &[]), None);
        assert!(smape(&[Some(f64::MAX)], &[f64::MIN]).unwrap().is_finite());
        assert_eq!(mean([f64::MAX; 4].into_iter()), Some(f64::MAX));
    }
}
