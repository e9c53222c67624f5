//! Quantiles of Student's t against forty-digit arithmetic and tables.

use super::*;

/// Quantiles of Student's t by mpmath 1.3 in 40 digits: the root of the regularized incomplete beta function.
const STUDENT: [(Level, u64, f64); 72] = [
    (Level::P90, 300, 1.649948673937634),
    (Level::P90, 401, 1.6486623973275045),
    (Level::P95, 300, 1.967903011261087),
    (Level::P95, 401, 1.9658974653365164),
    (Level::P99, 300, 2.5923164108477925),
    (Level::P99, 401, 2.5881451517665366),
    (Level::P90, 1, 6.313751514675043),
    (Level::P90, 2, 2.9199855803537256),
    (Level::P90, 3, 2.3533634348018238),
    (Level::P90, 4, 2.1318467863266504),
    (Level::P90, 5, 2.0150483733330242),
    (Level::P90, 6, 1.9431802805153031),
    (Level::P90, 7, 1.8945786050900073),
    (Level::P90, 10, 1.8124611228116765),
    (Level::P90, 19, 1.7291328115213696),
    (Level::P90, 20, 1.7247182429207872),
    (Level::P90, 29, 1.699127026533498),
    (Level::P90, 30, 1.6972608865939578),
    (Level::P90, 99, 1.6603911560169908),
    (Level::P90, 100, 1.6602343260853396),
    (Level::P90, 499, 1.6479129840597129),
    (Level::P90, 500, 1.6479068539295112),
    (Level::P90, 999, 1.6463803454275356),
    (Level::P90, 1000, 1.6463788172854648),
    (Level::P90, 1001, 1.6463772921994682),
    (Level::P90, 1002, 1.6463757701603876),
    (Level::P90, 5000, 1.6451584375969714),
    (Level::P90, 100000, 1.6448688647849696),
    (Level::P95, 1, 12.706204736174705),
    (Level::P95, 2, 4.302652729749464),
    (Level::P95, 3, 3.1824463052837095),
    (Level::P95, 4, 2.7764451051977943),
    (Level::P95, 5, 2.5705818356363155),
    (Level::P95, 6, 2.44691185114497),
    (Level::P95, 7, 2.3646242515927853),
    (Level::P95, 10, 2.228138851986275),
    (Level::P95, 19, 2.0930240544083096),
    (Level::P95, 20, 2.085963447265865),
    (Level::P95, 29, 2.0452296421327043),
    (Level::P95, 30, 2.042272456301238),
    (Level::P95, 99, 1.9842169515864174),
    (Level::P95, 100, 1.9839715185235522),
    (Level::P95, 499, 1.964729390987689),
    (Level::P95, 500, 1.9647198374673678),
    (Level::P95, 999, 1.96234146113345),
    (Level::P95, 1000, 1.9623390808264085),
    (Level::P95, 1001, 1.96233670528088),
    (Level::P95, 1002, 1.9623343344825912),
    (Level::P95, 5000, 1.960438551706508),
    (Level::P95, 100000, 1.9599877075346095),
    (Level::P99, 1, 63.65674116287158),
    (Level::P99, 2, 9.924843200918293),
    (Level::P99, 3, 5.840909309733357),
    (Level::P99, 4, 4.604094871349993),
    (Level::P99, 5, 4.032142983555228),
    (Level::P99, 6, 3.70742802132478),
    (Level::P99, 7, 3.4994832973504937),
    (Level::P99, 10, 3.1692726726169513),
    (Level::P99, 19, 2.860934606464979),
    (Level::P99, 20, 2.8453397097861086),
    (Level::P99, 29, 2.7563859036706053),
    (Level::P99, 30, 2.7499956535672254),
    (Level::P99, 99, 2.6264054572808275),
    (Level::P99, 100, 2.6258905214380177),
    (Level::P99, 499, 2.585717683111754),
    (Level::P99, 500, 2.585697835141942),
    (Level::P99, 999, 2.580759637267637),
    (Level::P99, 1000, 2.580754698065951),
    (Level::P99, 1001, 2.580749768750525),
    (Level::P99, 1002, 2.580744849291706),
    (Level::P99, 5000, 2.576812966556281),
    (Level::P99, 100000, 2.575878469908375),
];

#[test]
fn quantiles_of_student_to_fourteen_digits() {
    for (level, freedom, expected) in STUDENT {
        let found = level.student_scaled(freedom) as f64 / SCALE as f64;
        let error = (found / expected - 1.0).abs();
        assert!(
            error < 1e-14,
            "{level:?} {freedom}: {found} for {expected}, {error:e}"
        );
    }
}

#[test]
fn quantiles_of_student_as_tables_print_them() {
    // Any textbook's table of t at 0.975, such as NIST/SEMATECH e-Handbook 1.3.6.7.2.
    for (freedom, expected) in [
        (1, "12.706"),
        (2, "4.303"),
        (3, "3.182"),
        (4, "2.776"),
        (5, "2.571"),
        (9, "2.262"),
        (10, "2.228"),
        (24, "2.064"),
        (29, "2.045"),
        (60, "2.000"),
        (100, "1.984"),
    ] {
        assert_eq!(
            format!("{:.3}", Level::P95.student(freedom)),
            expected,
            "{freedom}"
        );
    }
}

#[test]
fn it_falls_towards_the_normal_quantile_without_a_step() {
    for level in [Level::P90, Level::P95, Level::P99] {
        let mut last = u64::MAX;
        for freedom in (1..40).chain(290..310).chain([10_000, 1_000_000, u64::MAX]) {
            let t = level.student_scaled(freedom);
            assert!(t < last, "{level:?} {freedom}");
            last = t;
        }
        assert!(last.abs_diff(level.normal_scaled()) <= 5, "15 digits");
    }
}

#[test]
fn fifteen_digits_of_floats() {
    for (value, text) in [
        (0.1 + 0.2, "0.3"),
        (-1234.5, "-1234.5"),
        (1e20, "100000000000000000000"),
        (2.0 / 3.0, "0.666666666666667"),
        (0.0, "0"),
        (f64::NAN, "0"),
    ] {
        assert_eq!(fifteen(value).to_exact_string(), text);
    }
}
