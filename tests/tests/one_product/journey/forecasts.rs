//! What is likely to come, and what is kept of it: asked of forecasting replicas in turn.

use serde_json::{Value, json};

use super::Journey;
use super::company::TENANT;

const TRENDS: &str = "forecasting.v1.TrendService";
const PIPELINES: &str = "forecasting.v1.PipelineService";
const ACCURACY: &str = "forecasting.v1.AccuracyService";

/// The company's trends and pipeline, twice, and what was kept of them.
pub(super) fn all(journey: &Journey<'_>) {
    let history = |kpi: &str, by: &str| {
        json!({
            "tenant": TENANT,
            "kpi": kpi,
            "group_by": by,
            "as_of": {"date": "2025-06-30"},
            "min_position": {"position": journey.position(TENANT)},
        })
    };
    for _ in 0..2 {
        for (kpi, by) in [
            ("deals_won", ""),
            ("bookings", "team"),
            ("win_rate", ""),
            ("of_nobody", ""),
            ("bookings", "of_nobody"),
        ] {
            let ask = |method: &str, message: Value| {
                journey.foretell(
                    &format!("{method} of {kpi} by {by:?}"),
                    &format!("{TRENDS}/{method}"),
                    &message,
                );
            };
            let history = history(kpi, by);
            ask("ForecastKpi", json!({"history": history, "horizon": 3}));
            ask("GetSeasonality", json!({"history": history}));
            ask("DetectAnomalies", json!({"history": history}));
        }
        pipeline(journey);
    }
    let kept = json!({"tenant": TENANT, "page_size": 3});
    journey.foretell("what is kept", &format!("{ACCURACY}/ListForecasts"), &kept);
    let of = |tenant: &str| json!({ "tenant": tenant });
    for tenant in [TENANT, "nobody"] {
        journey.foretell("accuracy", &format!("{ACCURACY}/GetAccuracy"), &of(tenant));
    }
}

fn pipeline(journey: &Journey<'_>) {
    for (tenant, days) in [(TENANT, 30), (TENANT, 2_000), ("nobody", 30)] {
        let mut pipeline = json!({"tenant": tenant, "horizon_days": days, "as_of": {"date": "2025-01-31"}});
        let position = journey.position(tenant);
        if position.is_object() {
            pipeline["min_position"] = json!({ "position": position });
        }
        let message = json!({"pipeline": pipeline, "group_by": ["team"], "deals": 5, "concerns": true});
        let what = format!("of {tenant} for {days} days");
        journey.foretell(
            &format!("pipeline {what}"),
            &format!("{PIPELINES}/ForecastPipeline"),
            &message,
        );
        journey.foretell(
            &format!("stages {what}"),
            &format!("{PIPELINES}/ListStageProbabilities"),
            &json!({ "pipeline": pipeline }),
        );
    }
}
