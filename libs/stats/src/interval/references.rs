//! Intervals against tables, worked examples and forty-digit arithmetic.

use super::*;

fn exact(text: &str) -> Exact {
    text.parse().expect("a test writes decimals")
}

/// Both ends with so many decimals, as a page prints them.
fn printed(interval: &Interval, decimals: usize) -> String {
    let (low, high) = (interval.low().to_f64(), interval.high().to_f64());
    format!("{low:.decimals$} {high:.decimals$}")
}

/// n, Σx and Σx² of values written out.
fn sums_of(values: &str) -> (u64, Exact, Exact) {
    let values: Vec<Exact> = values.split_whitespace().map(exact).collect();
    let squares = values.iter().map(|value| value * value).sum();
    (values.len() as u64, values.iter().sum(), squares)
}

/// Both ends for counts, by mpmath 1.3 in 40 digits: the roots of the regularized incomplete gamma functions.
const GARWOOD: [(Level, u64, f64, f64); 16] = [
    (Level::P95, 0, 0.0, 3.6888794541139363),
    (Level::P95, 1, 0.025317807984289876, 5.571643390938899),
    (Level::P95, 2, 0.2422092785439649, 7.224687667723961),
    (Level::P95, 3, 0.6186721228956013, 8.767273069742325),
    (Level::P95, 5, 1.6234863901184204, 11.66833207932267),
    (Level::P95, 10, 4.7953886961324335, 18.39035604201778),
    (Level::P95, 20, 12.216519585403944, 30.8883779026746),
    (Level::P95, 50, 37.110963737461866, 65.91876666433681),
    (Level::P95, 100, 81.36399125092314, 121.62679379242638),
    (Level::P95, 137, 115.02053443379857, 161.95640468807343),
    (Level::P95, 1000, 938.9730184076952, 1063.952136016302),
    (Level::P95, 12345, 12128.18090789908, 12564.722206913333),
    (Level::P99, 1, 0.005012541823544282, 7.430129500280122),
    (Level::P90, 1, 0.05129329438755053, 4.743864518390579),
    (Level::P99, 10, 3.7169221314671175, 21.39782749965427),
    (Level::P90, 10, 5.425405697091293, 16.9622192357219),
];

#[test]
fn exact_intervals_of_counts() {
    for (level, count, low, high) in GARWOOD {
        let found = garwood_at(level, count);
        for (found, expected) in [(found.low(), low), (found.high(), high)] {
            let error = (found.to_f64() - expected).abs();
            assert!(
                error <= 1e-13 * expected,
                "{level:?} {count}: {found} for {expected}"
            );
        }
    }
    // As R prints poisson.test(10) and poisson.test(0).
    assert_eq!(printed(&garwood(10), 6), "4.795389 18.390356");
    assert_eq!(printed(&garwood(0), 6), "0.000000 3.688879");
}

#[test]
fn large_counts_go_on_where_solving_stops() {
    // The chances left outside are those asked for on both sides of the limit, by the same sums.
    let mut last = garwood(999_998);
    for count in 999_999..1_000_003 {
        let next = garwood(count);
        let step = (next.low() - last.low()).to_f64();
        assert!((step - 0.999_02).abs() < 1e-4, "{count}: {step}");
        let step = (next.high() - last.high()).to_f64();
        assert!((step - 1.000_98).abs() < 1e-4, "{count}: {step}");
        last = next;
    }
    assert!(garwood(u64::MAX).low() > Exact::from(u64::MAX / 2));
}

#[test]
fn a_mean_as_nist_prints_it() {
    // NIST/SEMATECH e-Handbook 1.3.5.2, ZARR13.DAT: 195 values of mean 9.261460 and standard deviation 0.022789 have
    // the interval 9.258242 to 9.264679 (from unrounded data).
    let (n, mean, deviation) = (Exact::from(195), exact("9.261460"), exact("0.022789"));
    let sum = &mean * &n;
    let sum_sq = &deviation * &deviation * Exact::from(194) + &mean * &sum;
    let found = t_interval(195, &sum, &sum_sq).expect("values");
    assert_eq!(printed(&found, 5), "9.25824 9.26468");
}

#[test]
fn a_mean_as_r_prints_it() {
    // R: t.test(extra ~ group, sleep, paired): mean of the differences -1.58, interval -2.4598858 to -0.7001142
    // (Student 1908).
    let (n, sum, sum_sq) = sums_of("-1.2 -2.4 -1.3 -1.3 0 -1 -1.8 -0.8 -4.6 -1.4");
    let found = t_interval(n, &sum, &sum_sq).expect("values");
    assert_eq!(printed(&found, 7), "-2.4598858 -0.7001142");
    let wider = t_interval_at(Level::P99, n, &sum, &sum_sq).expect("values");
    assert!(wider.low() < found.low() && found.high() < wider.high());
    assert!(found.contains(&exact("-1.58")));
}

#[test]
fn means_of_too_little() {
    let one = Exact::one();
    assert_eq!(t_interval(1, &one, &one), None);
    assert_eq!(
        t_interval(2, &Exact::from(10), &one),
        None,
        "no two values have these sums"
    );
    let same = t_interval(3, &Exact::from(6), &Exact::from(12)).expect("values");
    assert_eq!((same.low(), same.high()), (Exact::from(2), Exact::from(2)));
}

#[test]
fn a_total_by_hand() {
    // 16 items of 3: 48 ± z · 12.
    let found = total_interval(&Exact::from(48), &Exact::from(144)).expect("items");
    assert_eq!(printed(&found, 6), "24.480432 71.519568");
    assert_eq!(total_interval(&Exact::zero(), &Exact::zero()), None);
}

#[test]
fn a_ratio_by_hand() {
    // Items (x, y): (1, 2) (3, 4) (2, 6) (4, 4). r = 10/16, residuals -0.25 0.5 -1.75 1.5, squares sum to 5.625,
    // variance 4/3 · 5.625 / 256, t(3) = 3.182446.
    let [sx, sy, sxx, sxy, syy] = [10, 16, 30, 42, 72].map(Exact::from);
    let found = ratio_delta(4, &sx, &sy, &sxx, &sxy, &syy).expect("items");
    assert_eq!(printed(&found, 6), "0.080282 1.169718");
    // In tenths it is the same interval.
    let tenth = |value: &Exact, power: u32| value * &Exact::from_scaled(1, power);
    let tenths = ratio_delta(
        4,
        &tenth(&sx, 1),
        &tenth(&sy, 1),
        &tenth(&sxx, 2),
        &tenth(&sxy, 2),
        &tenth(&syy, 2),
    );
    assert_eq!(
        tenths.map(|tenths| tenths.to_strings(30)),
        Some(found.to_strings(30))
    );
    assert_eq!(ratio_delta(4, &sx, &Exact::zero(), &sxx, &sxy, &syy), None);
    assert_eq!(ratio_delta(1, &sx, &sy, &sxx, &sxy, &syy), None);
}

#[test]
fn a_ratio_is_a_smooth_function_of_two_means() {
    let sums = [10, 16].map(Exact::from);
    let products =
        [vec![30, 42], vec![42, 72]].map(|row| row.into_iter().map(Exact::from).collect::<Vec<_>>());
    let covariance = covariance_of_means(4, &sums, &products).expect("items");
    // x̄ = 2.5, ȳ = 4: slopes 1/ȳ and -x̄/ȳ².
    let gradient = [exact("0.25"), exact("-0.15625")];
    let smooth = smooth_delta(4, &exact("0.625"), &gradient, &covariance).expect("items");
    let [sx, sy, sxx, sxy, syy] = [10, 16, 30, 42, 72].map(Exact::from);
    let ratio = ratio_delta(4, &sx, &sy, &sxx, &sxy, &syy).expect("items");
    assert_eq!(smooth.to_strings(30), ratio.to_strings(30));
    assert_eq!(smooth_delta(4, &exact("1"), &gradient[..1], &covariance), None);
    assert_eq!(covariance_of_means(1, &sums, &products), None);
}

#[test]
fn quantiles_as_tables_print_their_ranks() {
    // A.7 of a textbook's tables (confidence intervals for the population median), and the same ranks anywhere; the
    // interval of n = 16 is wider than the 92.3 % one. Ranks from 1.
    for (n, low, high, percent) in [
        (6, 1, 6, "96.9"),
        (7, 1, 7, "98.4"),
        (9, 2, 8, "96.1"),
        (10, 2, 9, "97.9"),
        (12, 3, 10, "96.1"),
        (13, 3, 11, "97.8"),
        (15, 4, 12, "96.5"),
        (16, 4, 13, "97.9"),
        (17, 5, 13, "95.1"),
        (18, 5, 14, "96.9"),
        (20, 6, 15, "95.9"),
    ] {
        let found = order_ranks(n, &exact("0.5")).expect("enough values");
        assert_eq!((found.low + 1, found.high + 1), (low, high), "{n}");
        assert_eq!(format!("{:.1}", found.coverage.to_f64() * 100.0), percent);
    }
    for n in 0..6 {
        assert_eq!(order_ranks(n, &exact("0.5")), None);
    }
    assert_eq!(order_ranks(35, &exact("0.9")), None);
    assert!(order_ranks(36, &exact("0.9")).is_some());
    for outside in ["0", "1", "-0.1", "1.1"] {
        assert_eq!(order_ranks(100, &exact(outside)), None);
    }
}

const ORDER: [(usize, &str, usize, usize, f64); 8] = [
    (25, "0.5", 8, 18, 0.9567147493362427),
    (100, "0.5", 40, 61, 0.9647997997822951),
    (36, "0.9", 29, 36, 0.9539621052026521),
    (100, "0.9", 84, 96, 0.955690107191223),
    (73, "0.25", 11, 27, 0.9705193466073541),
    (400, "0.75", 283, 318, 0.9569134484055533),
    (1000, "0.9", 881, 919, 0.9549071811148258),
    (777, "0.123", 78, 115, 0.9568550061839403),
];

#[test]
fn coverages_of_ranks_are_exact() {
    // Fractions of whole numbers by Python: P(l <= B < u).
    for (n, q, low, high, coverage) in ORDER {
        let found = order_ranks(n, &exact(q)).expect("enough values");
        assert_eq!((found.low + 1, found.high + 1), (low, high), "{n} {q}");
        assert!(
            (found.coverage.to_f64() - coverage).abs() < 1e-14,
            "{n} {q}: {}",
            found.coverage
        );
    }
}

#[test]
fn quantiles_of_a_sample() {
    let values: Vec<i64> = (1..=20).map(|value| value * value).collect();
    let found = quantile_interval(&values, &exact("0.5")).expect("enough values");
    assert_eq!(
        (found.interval.low(), found.interval.high()),
        (Exact::from(36), Exact::from(225))
    );
    let wider = quantile_interval_at(Level::P99, &values, &exact("0.5")).expect("enough values");
    assert_eq!((wider.ranks.low, wider.ranks.high), (3, 16));
}

#[test]
fn nps_as_published() {
    // B. Rocks (2016) and MeasuringU: 162 promoters, 108 passives, 54 detractors: 33.33, adjusted Wald 24.95 to 41.11.
    // The other two by the formula.
    for (promoters, detractors, n, score, ends) in [
        (162, 54, 324, "33.33", "24.95 41.11"),
        (5, 2, 10, "30.00", "-19.05 65.20"),
        (10, 0, 10, "100.00", "47.50 100.00"),
    ] {
        let found = nps(promoters, detractors, n).expect("answers");
        assert_eq!(format!("{:.2}", found.score.to_f64()), score);
        assert_eq!(printed(&found.interval, 2), ends);
    }
    assert_eq!(nps(0, 0, 0), None);
    assert_eq!(nps(6, 5, 10), None);
    assert_eq!(nps(u64::MAX, 1, u64::MAX), None);
    let (promoters, detractors) = (nps(7, 2, 12).expect("answers"), nps(2, 7, 12).expect("answers"));
    assert_eq!(promoters.interval.low(), -detractors.interval.high(), "mirrored");
}

const WILSON: [(Level, &str, &str); 2] = [
    (Level::P90, "0.263313617188481", "0.356566349608488"),
    (Level::P99, "0.240136902687608", "0.38528250231823"),
];

#[test]
fn other_levels_of_a_rate() {
    // 81 of 263, by Python's decimal with z = 1.644853626951473 and 2.575829303548901.
    for (level, low, high) in WILSON {
        let found = wilson_at(level, 81, 263).expect("a rate").to_strings(15);
        assert_eq!(found, (low.to_owned(), high.to_owned()));
    }
}

#[test]
fn the_digits_are_those_of_every_machine() {
    // What this crate gave when it was written: a machine that gives other digits computes otherwise.
    let shown = |interval: Interval| {
        let (low, high) = interval.to_strings(15);
        format!("{low} {high}")
    };
    let [sx, sy, sxx, sxy, syy] = [10, 16, 30, 42, 72].map(Exact::from);
    let found = [
        shown(garwood(7)),
        shown(garwood(1_234)),
        shown(garwood(5_000_000)),
        shown(t_interval(30, &Exact::from(100), &Exact::from(400)).expect("values")),
        shown(t_interval(4_000, &Exact::from(100), &Exact::from(400)).expect("values")),
        shown(ratio_delta(4, &sx, &sy, &sxx, &sxy, &syy).expect("items")),
        shown(nps(40, 13, 77).expect("answers").interval),
        order_ranks(1_000, &exact("0.9"))
            .expect("values")
            .coverage
            .to_exact_string(),
    ];
    let digits = [
        "2.81436305151987 14.4226753617024",
        "1166.10171851755 1304.82037052892",
        "4995618.33452695 5004384.56021717",
        "2.76717640985999 3.89949025680668",
        "0.0152266730961976 0.0347733269038024",
        "0.0802819907959812 1.16971800920402",
        "17.244593110123 50.255406889877",
        "0.954907181114826",
    ];
    assert_eq!(found, digits);
}
