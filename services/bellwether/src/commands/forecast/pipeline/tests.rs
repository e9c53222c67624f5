//! What a backtest shows of what is not there.

use super::*;
use bellwether_forecasting::pipeline::Band;

fn method(value: Option<f64>) -> Method {
    let band = Band {
        level: 0.8,
        low: 0.0,
        high: 2.0,
    };
    Method {
        count: 1.0,
        value,
        count80: band,
        value80: None,
        brier: 0.1,
    }
}

fn scores() -> Scores {
    Scores {
        count_mape: None,
        count_bias: None,
        value_mape: None,
        value_bias: None,
        coverage80: None,
        count_coverage80: 1.0,
        brier: 0.1,
    }
}

#[test]
fn what_is_not_there_is_marked_and_explained() {
    let snapshot = Snapshot {
        day: 17_000,
        until: 17_090,
        closed: 200,
        open: 20,
        won: 0.0,
        // What an empty sum is.
        won_value: -0.0,
        static_view: method(None),
        calibrated: method(None),
    };
    let tested = Tested {
        result: Backtest {
            snapshots: vec![snapshot],
            static_view: scores(),
            calibrated: scores(),
        },
        tenant: "demo".to_owned(),
        days: 90,
        currency: "USD".to_owned(),
        minor: 100.0,
    };
    let page = Page {
        colour: false,
        wrap: false,
    };
    let text = tested.text(&page);
    assert!(!text.contains(" -0"), "{text}");
    assert!(text.contains("-: amounts are not known"), "{text}");
    assert!(
        !tested.json()["snapshots"][0]["won_value"]
            .to_string()
            .starts_with('-')
    );
}
