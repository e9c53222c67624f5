//! Series that every textbook knows, and what other programs say about them (statsforecast 2.1.1 and R's `forecast`).

use std::time::{Duration, Instant};

use super::Model;
use super::ces::Ces;
use super::ets::Ets;
use super::theta::Theta;

/// International airline passengers by month, 1949 to 1960, in thousands (Box & Jenkins 1976, series G).
pub(super) const AIR: [f64; 144] = [
    112.0, 118.0, 132.0, 129.0, 121.0, 135.0, 148.0, 148.0, 136.0, 119.0, 104.0, 118.0, 115.0, 126.0, 141.0,
    135.0, 125.0, 149.0, 170.0, 170.0, 158.0, 133.0, 114.0, 140.0, 145.0, 150.0, 178.0, 163.0, 172.0, 178.0,
    199.0, 199.0, 184.0, 162.0, 146.0, 166.0, 171.0, 180.0, 193.0, 181.0, 183.0, 218.0, 230.0, 242.0, 209.0,
    191.0, 172.0, 194.0, 196.0, 196.0, 236.0, 235.0, 229.0, 243.0, 264.0, 272.0, 237.0, 211.0, 180.0, 201.0,
    204.0, 188.0, 235.0, 227.0, 234.0, 264.0, 302.0, 293.0, 259.0, 229.0, 203.0, 229.0, 242.0, 233.0, 267.0,
    269.0, 270.0, 315.0, 364.0, 347.0, 312.0, 274.0, 237.0, 278.0, 284.0, 277.0, 317.0, 313.0, 318.0, 374.0,
    413.0, 405.0, 355.0, 306.0, 271.0, 306.0, 315.0, 301.0, 356.0, 348.0, 355.0, 422.0, 465.0, 467.0, 404.0,
    347.0, 305.0, 336.0, 340.0, 318.0, 362.0, 348.0, 363.0, 435.0, 491.0, 505.0, 404.0, 359.0, 310.0, 337.0,
    360.0, 342.0, 406.0, 396.0, 420.0, 472.0, 548.0, 559.0, 463.0, 407.0, 362.0, 405.0, 417.0, 391.0, 419.0,
    461.0, 472.0, 535.0, 622.0, 606.0, 508.0, 461.0, 390.0, 432.0,
];

/// The flow of the Nile at Aswan by year, 1871 to 1970, in 10^8 cubic metres (Cobb 1978).
pub(super) const NILE: [f64; 100] = [
    1120.0, 1160.0, 963.0, 1210.0, 1160.0, 1160.0, 813.0, 1230.0, 1370.0, 1140.0, 995.0, 935.0, 1110.0,
    994.0, 1020.0, 960.0, 1180.0, 799.0, 958.0, 1140.0, 1100.0, 1210.0, 1150.0, 1250.0, 1260.0, 1220.0,
    1030.0, 1100.0, 774.0, 840.0, 874.0, 694.0, 940.0, 833.0, 701.0, 916.0, 692.0, 1020.0, 1050.0, 969.0,
    831.0, 726.0, 456.0, 824.0, 702.0, 1120.0, 1100.0, 832.0, 764.0, 821.0, 768.0, 845.0, 864.0, 862.0,
    698.0, 845.0, 744.0, 796.0, 1040.0, 759.0, 781.0, 865.0, 845.0, 944.0, 984.0, 897.0, 822.0, 1010.0,
    771.0, 676.0, 649.0, 846.0, 812.0, 742.0, 801.0, 1040.0, 860.0, 874.0, 848.0, 890.0, 744.0, 749.0, 838.0,
    1050.0, 918.0, 986.0, 797.0, 923.0, 975.0, 815.0, 1020.0, 906.0, 901.0, 1170.0, 912.0, 746.0, 919.0,
    718.0, 714.0, 740.0,
];

fn near(found: &[f64], truth: &[f64], share: f64) {
    for (found, truth) in found.iter().zip(truth) {
        assert!((found / truth - 1.0).abs() < share, "{found} for {truth}");
    }
}

/// What statsforecast's `auto_theta(model=...)` forecasts of the airline's next six months. Its seasons are not drawn to none,
/// these hardly, since the airline's are as clear as can be.
#[test]
fn theta_says_what_statsforecast_says() {
    let told = [
        (
            Theta::Standard,
            [440.969, 429.249, 490.693, 476.66, 480.631, 546.456],
        ),
        (
            Theta::Optimised,
            [442.943, 432.231, 495.308, 482.308, 487.495, 555.581],
        ),
        (
            Theta::Dynamic,
            [440.774, 429.062, 490.483, 476.461, 480.437, 546.243],
        ),
        (
            Theta::DynamicOptimised,
            [442.927, 432.298, 495.482, 482.575, 487.866, 556.122],
        ),
    ];
    for (model, truth) in told {
        near(&model.fit(&AIR, 12, 6).unwrap().mean, &truth, 0.006);
    }
}

/// What statsforecast's `ets_f(model=...)` forecasts of the next year of the Nile. It searches further for a slope that is
/// hardly there.
#[test]
fn simple_smoothing_says_what_statsforecast_says() {
    for (name, truth, share) in [
        ("ETS(A,N,N)", 805.479, 0.01),
        ("ETS(M,N,N)", 839.147, 0.02),
        ("ETS(A,A,N)", 802.747, 0.04),
        ("ETS(M,A,N)", 830.465, 0.02),
    ] {
        near(
            &Ets::named(name).unwrap().fit(&NILE, 1, 1).unwrap().mean,
            &[truth],
            share,
        );
    }
    let fitted = Ets::simple().fit(&NILE, 1, 2).unwrap();
    // The variance that statsforecast tells is 21,236 over 96 degrees of freedom; here it is over 97.
    near(&fitted.sd[..1], &[(21_236.2_f64 * 96.0 / 97.0).sqrt()], 0.01);
}

/// The quickest of ten fits, since the machine may be busy with others: some tenths of a millisecond on a quiet core, and
/// far more would be a mistake.
#[test]
fn twelve_years_of_months_take_little_time() {
    let quickest = |model: &dyn Model| {
        let took = (0..10).map(|_| {
            let began = Instant::now();
            model.fit(&AIR, 12, 18).unwrap();
            began.elapsed()
        });
        took.min().unwrap_or_default()
    };
    let limits: [(&dyn Model, u64); 4] = [
        (&Theta::Automatic, 2),
        (&Ets::auto(), 10),
        (&Ets::damped(), 8),
        (&Ces::auto(), 10),
    ];
    for (model, most) in limits {
        let took = quickest(model);
        println!("{}: {took:?}", model.name());
        assert!(took < Duration::from_millis(most), "{}: {took:?}", model.name());
    }
}
