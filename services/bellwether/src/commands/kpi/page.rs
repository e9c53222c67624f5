//! The page of a KPI as parts, in the order in which they are read; each form of output lays them out its own way.

use bellwether_contracts::kpi::{Benchmark, DefinitionStatus, KpiDefinition};
use bellwether_kpi::catalogue::FunnelStage;

use super::words;

/// A part of a page.
#[derive(Debug)]
pub(super) enum Part {
    /// A name and what there is to say under it. What stands between backticks is meant literally.
    Fact(&'static str, String),
    /// A name and a list under it.
    List(&'static str, Vec<String>),
}

/// What follows the name and the description of a KPI.
pub(super) fn parts(kpi: &KpiDefinition) -> Vec<Part> {
    let mut parts: Vec<Part> = facts(kpi)
        .into_iter()
        .filter(|(_, text)| !text.is_empty())
        .map(|(name, text)| Part::Fact(name, text))
        .collect();
    let measure = |one| format!("`{}`: {}", measure_name(one), words::measure(one));
    let lists: [(&'static str, Vec<String>); 3] = [
        ("Keep in mind", kpi.caveats.clone()),
        (
            "What others report (never a target of yours)",
            kpi.benchmarks.iter().map(benchmark).collect(),
        ),
        ("The exact measures", kpi.measures.iter().map(measure).collect()),
    ];
    let lists = lists.into_iter().filter(|(_, items)| !items.is_empty());
    parts.extend(lists.map(|(name, items)| Part::List(name, items)));
    parts
}

fn measure_name(measure: &bellwether_contracts::kpi::MeasureDefinition) -> &str {
    &measure.name
}

/// The line below the name: id, version, and how far to trust it.
pub(super) fn standing(kpi: &KpiDefinition) -> String {
    let owner = match kpi.owner.as_str() {
        "" => String::new(),
        owner => format!(" by {owner}"),
    };
    let status = match words::status(kpi) {
        "" => String::new(),
        status => format!(", {status}{owner}"),
    };
    format!("version {}{status}", kpi.version)
}

/// What others reach, with whom it is about, where it was read, and when.
pub(super) fn benchmark(one: &Benchmark) -> String {
    let about = [one.segment.as_str(), one.source.as_str(), one.date.as_str()];
    let about: Vec<&str> = about.into_iter().filter(|part| !part.is_empty()).collect();
    format!("{} ({})", one.value, about.join("; "))
}

fn facts(kpi: &KpiDefinition) -> [(&'static str, String); 19] {
    [
        ("Not used", kpi.error.clone()),
        ("Deprecated", deprecated(kpi)),
        ("Steered by", steered(kpi)),
        ("Formula", kpi.in_words.clone()),
        ("As written", literally(&kpi.expression)),
        ("Counts", kpi.counts.clone()),
        ("Leaves out", kpi.leaves_out.clone()),
        ("Shown as", words::unit_words(kpi).to_owned()),
        ("Good is", words::good(kpi).to_owned()),
        ("Kind", words::kind_words(kpi).to_owned()),
        ("Look at it", words::cadence_words(kpi).to_owned()),
        ("Stage", stage(kpi)),
        ("Of use to", models(kpi)),
        ("Items (n)", items(kpi)),
        ("Certainty", certainty(kpi).to_owned()),
        ("Currency", words::currency_words(kpi).to_owned()),
        ("Explained by", explained(kpi)),
        ("As of", as_of(kpi).to_owned()),
        ("Group by", groups(kpi)),
    ]
}

/// What `kpi explain` makes of a change.
fn explained(kpi: &KpiDefinition) -> String {
    match kpi.explained_by.as_slice() {
        [] => "its records (`kpi explain --receipts`); a change of it cannot be split by groups".to_owned(),
        effects => format!("{} (`kpi explain`)", effects.join(", ")),
    }
}

fn deprecated(kpi: &KpiDefinition) -> String {
    match (kpi.status(), kpi.deprecated_for.as_str()) {
        (DefinitionStatus::Deprecated, "") => "it still answers".to_owned(),
        (DefinitionStatus::Deprecated, successor) => format!("use `{successor}` instead; it still answers"),
        _ => String::new(),
    }
}

fn steered(kpi: &KpiDefinition) -> String {
    let Some(one) = &kpi.promotion else {
        return String::new();
    };
    format!(
        "{} reaches the target `{}` by {}, looks at it {}, measures it by {}; when it is off: {}",
        one.owner,
        one.target_id,
        one.deadline,
        words::review(one),
        if one.benchmark == "own" {
            "its own past"
        } else {
            &one.benchmark
        },
        one.action
    )
}

fn literally(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!("`{text}`")
    }
}

fn stage(kpi: &KpiDefinition) -> String {
    match FunnelStage::from_name(&kpi.funnel_stage) {
        Some(stage) => format!("{}: {}", stage.name(), stage.about()),
        None => kpi.funnel_stage.clone(),
    }
}

fn models(kpi: &KpiDefinition) -> String {
    match words::models(kpi).as_slice() {
        [] => "every way of selling".to_owned(),
        models => models.join(", "),
    }
}

fn items(kpi: &KpiDefinition) -> String {
    let single = kpi.measures.iter().any(|measure| measure.name == kpi.expression);
    match kpi.absent_reason.as_str() {
        "" if single => format!("{}; without any: 0", kpi.items),
        "" => kpi.items.clone(),
        reason => format!("{}; without any: no value, reason `{reason}`", kpi.items),
    }
}

fn certainty(kpi: &KpiDefinition) -> &'static str {
    match kpi.interval.as_str() {
        "" => "told by the number of items; it has no interval",
        "wilson" => "a 95 % interval (Wilson's, of a share) stands beside each value",
        "t" => "a 95 % interval (Student's t, of a mean) stands beside each value",
        "quantile" => "a 95 % interval (order statistics) stands beside each value",
        "garwood" => "a 95 % interval (Garwood's, of a count) stands beside each value",
        "greenwood" => "a 95 % interval (Greenwood's, of a curve) stands beside each value",
        "delta" => "a 95 % interval (delta method over the items) stands beside each value",
        _ => "a 95 % interval stands beside each value",
    }
}

fn as_of(kpi: &KpiDefinition) -> &'static str {
    if kpi.clock {
        "the current minute unless told otherwise: it changes while nothing happens"
    } else {
        ""
    }
}

fn groups(kpi: &KpiDefinition) -> String {
    let always = match kpi.always_by.as_str() {
        "" => String::new(),
        dimension => format!("always by {dimension}; also by "),
    };
    format!("{always}{}", kpi.dimensions.join(", "))
}
