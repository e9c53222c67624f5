//! Quantiles of the normal distribution and of Student's t.

/// The quantile of the t distribution, scaled to the normal's middle (expansion of Cornish and Fisher; Abramowitz and
/// Stegun 26.7.5).
pub(super) fn t_quantile(share: f64, freedom: f64) -> f64 {
    let z = normal_quantile(share);
    let (square, cube) = (z * z, z * z * z);
    let first = (cube + z) / 4.0;
    let second = (5.0 * cube * square + 16.0 * cube + 3.0 * z) / 96.0;
    z + first / freedom + second / (freedom * freedom)
}

/// The quantile of the standard normal distribution (Wichura 1988, AS 241, PPND7: seven digits).
pub(super) fn normal_quantile(share: f64) -> f64 {
    let share = share.clamp(1e-12, 1.0 - 1e-12);
    let q = share - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180_625 - q * q;
        let top = ((59.109_374_720 * r + 159.291_132_02) * r + 50.434_271_938) * r + 3.387_132_717_9;
        return q * top / (((67.187_563_600 * r + 78.757_757_664) * r + 17.895_169_469) * r + 1.0);
    }
    let tail = libm::sqrt(-libm::log(share.min(1.0 - share)));
    let value = if tail <= 5.0 {
        let r = tail - 1.6;
        let top = ((0.170_238_211_03 * r + 1.306_728_481_6) * r + 2.756_815_390_0) * r + 1.423_437_277_7;
        top / ((0.120_211_328_30 * r + 0.737_001_642_50) * r + 1.0)
    } else {
        let r = tail - 5.0;
        let top = ((0.017_337_203_997 * r + 0.428_682_948_37) * r + 3.081_226_386_0) * r + 6.657_905_115_0;
        top / ((0.012_258_202_635 * r + 0.241_978_942_25) * r + 1.0)
    };
    if q < 0.0 { -value } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_the_normal_and_of_t_are_the_known_ones() {
        assert!((normal_quantile(0.975) - 1.959_964).abs() < 1e-5);
        assert!((normal_quantile(0.001) + 3.090_232).abs() < 1e-5);
        assert!(normal_quantile(0.5).abs() < 1e-9);
        assert!((t_quantile(0.975, 10.0) - 2.228).abs() < 0.005);
        assert!((t_quantile(0.9, 5.0) - 1.476).abs() < 0.01);
    }
}
