//! What a definition says about itself: how far to trust it, whom it is for, and what others reach.

use bellwether_domain::exact::Exact;
use serde::Deserialize;

use super::definition::{Definition, Unit};

/// Whether a definition may be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Still being worked out.
    #[default]
    Draft,
    /// Checked, and somebody answers for it.
    Certified,
    /// To be used no more.
    Deprecated,
}

/// Whether a number is only measured, or steered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It is measured.
    #[default]
    Metric,
    /// Somebody has a target for it and a day by which it is to be reached.
    Kpi,
}

/// A part of the funnel, from the market to the business as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FunnelStage {
    /// Campaigns and what they bring.
    Marketing,
    /// Leads, until they become deals.
    Leads,
    /// What sellers do.
    Activity,
    /// Deals that are open.
    Pipeline,
    /// Deals won, lost and without a decision.
    Close,
    /// Business with those who have bought.
    Customers,
    /// The people who sell.
    Team,
    /// The firm as a whole.
    Business,
}

/// A way of selling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SalesModel {
    /// Subscriptions to software.
    Saas,
    /// By telephone and video.
    Inside,
    /// At the customer's.
    Field,
    /// Many small sales.
    Transactional,
}

/// What others reach. Never a target.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Benchmark {
    /// What the source says, in words.
    pub value: String,
    /// The band's lower end in `unit`, decimal; left out = open.
    #[serde(default)]
    pub low: Option<String>,
    /// The band's upper end in `unit`, decimal; left out = open. A single number is both ends.
    #[serde(default)]
    pub high: Option<String>,
    /// What the ends are counted in: as the KPI (`ratio`, `count`, `days`), or a currency for money.
    pub unit: String,
    /// Where it was read.
    pub source: String,
    /// When it was read or published: `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
    pub date: String,
    /// Whom it is about.
    pub segment: String,
}

impl Status {
    /// The name used in definitions.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Certified => "certified",
            Self::Deprecated => "deprecated",
        }
    }
}

impl FunnelStage {
    /// Every stage, in the order of the funnel.
    pub const ALL: [Self; 8] = [
        Self::Marketing,
        Self::Leads,
        Self::Activity,
        Self::Pipeline,
        Self::Close,
        Self::Customers,
        Self::Team,
        Self::Business,
    ];

    /// The name used in definitions.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Marketing => "marketing",
            Self::Leads => "leads",
            Self::Activity => "activity",
            Self::Pipeline => "pipeline",
            Self::Close => "close",
            Self::Customers => "customers",
            Self::Team => "team",
            Self::Business => "business",
        }
    }

    /// What it is about, for people.
    #[must_use]
    pub fn about(self) -> &'static str {
        match self {
            Self::Marketing => "campaigns and what they bring",
            Self::Leads => "leads, until they become deals",
            Self::Activity => "what sellers do",
            Self::Pipeline => "deals that are open",
            Self::Close => "deals won, lost and without a decision",
            Self::Customers => "business with those who have bought",
            Self::Team => "the people who sell",
            Self::Business => "the firm as a whole",
        }
    }

    /// The stage of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.name() == name)
    }
}

/// What is wrong with what a definition says about itself: the key, and what to do about it.
pub(super) fn check(definition: &Definition) -> Result<(), (String, String)> {
    for (index, benchmark) in definition.benchmarks.iter().enumerate() {
        check_benchmark(definition.unit, benchmark)
            .map_err(|(key, message)| (format!("benchmarks[{index}].{key}"), message))?;
    }
    if definition.status != Status::Certified {
        return Ok(());
    }
    let told = [
        ("owner", !definition.owner.trim().is_empty()),
        ("counts", !definition.counts.trim().is_empty()),
        ("leaves_out", !definition.leaves_out.trim().is_empty()),
        ("caveats", !definition.caveats.is_empty()),
    ];
    match told.iter().find(|(_, told)| !told) {
        Some((key, _)) => Err(((*key).to_owned(), "a certified definition tells it".to_owned())),
        None => Ok(()),
    }
}

fn check_benchmark(unit: Unit, benchmark: &Benchmark) -> Result<(), (&'static str, String)> {
    let end = |key: &'static str, text: &Option<String>| {
        text.as_deref().map(str::parse::<Exact>).transpose().map_err(|_| {
            let message = "write a decimal number in quotes, such as \"0.25\"";
            (key, message.to_owned())
        })
    };
    let (low, high) = (end("low", &benchmark.low)?, end("high", &benchmark.high)?);
    match (&low, &high) {
        (None, None) => return Err(("low", "give at least one end of the band".to_owned())),
        (Some(low), Some(high)) if (high - low).is_negative() => {
            return Err(("high", "the upper end lies below the lower one".to_owned()));
        }
        _ => {}
    }
    let money = benchmark.unit.len() == 3 && benchmark.unit.bytes().all(|byte| byte.is_ascii_uppercase());
    let fits = unit.plain_name().map_or(money, |plain| plain == benchmark.unit);
    if !fits {
        let expected = unit.plain_name().unwrap_or("a currency such as USD");
        return Err(("unit", format!("the KPI is counted in {expected}")));
    }
    if !is_date(&benchmark.date) {
        return Err(("date", "write YYYY, YYYY-MM or YYYY-MM-DD".to_owned()));
    }
    let texts = [
        ("value", &benchmark.value),
        ("source", &benchmark.source),
        ("segment", &benchmark.segment),
    ];
    match texts.iter().find(|(_, text)| text.trim().is_empty()) {
        Some((key, _)) => Err((key, "say something".to_owned())),
        None => Ok(()),
    }
}

fn is_date(text: &str) -> bool {
    let sizes: Vec<usize> = text.split('-').map(str::len).collect();
    let digits = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    digits && matches!(sizes.as_slice(), [4] | [4, 2] | [4, 2, 2])
}

#[cfg(test)]
mod tests {
    use crate::catalogue::Catalogue;

    const GOOD: &str = "
kpis:
  - id: won
    version: 1
    status: certified
    owner: someone
    name: Won
    description: A test.
    counts: Deals won.
    leaves_out: The others.
    in_words: deals won
    formula: won
    unit: count
    direction: up
    leading: false
    cadence: monthly
    funnel_stage: close
    items: { what: deals, measure: won }
    measures:
      - { name: won, table: closings, class: flow, aggregate: count }
    caveats: [One.]
    benchmarks:
      - { value: ten to twenty, low: \"10\", high: \"20.5\", unit: count, source: a page, date: 2026-02, segment: all }
";

    #[test]
    fn what_a_definition_says_about_itself_is_checked() {
        assert_eq!(Catalogue::read(GOOD).unwrap().all().len(), 1);
        let cases = [
            ("owner: someone", "owner: ''", "won.owner"),
            ("counts: Deals won.", "counts: ''", "won.counts"),
            ("    leaves_out: The others.\n", "", "won.leaves_out"),
            ("caveats: [One.]", "caveats: []", "won.caveats"),
            ("status: certified", "status: sound", "sound"),
            ("stage: close", "stage: closing", "closing"),
            ("low: \"10\"", "low: \"ten\"", "won.benchmarks[0].low"),
            ("low: \"10\"", "low: \"30\"", "won.benchmarks[0].high"),
            ("low: \"10\", high: \"20.5\", ", "", "won.benchmarks[0].low"),
            ("unit: count, source", "unit: days, source", "counted in count"),
            ("source: a page", "source: ''", "won.benchmarks[0].source"),
            ("date: 2026-02", "date: lately", "won.benchmarks[0].date"),
        ];
        for (right, wrong, expected) in cases {
            let text = GOOD.replacen(right, wrong, 1);
            assert_ne!(text, GOOD, "{right}");
            let error = Catalogue::read(&text).unwrap_err();
            assert!(error.message.contains(expected), "{wrong}: {}", error.message);
        }
    }

    #[test]
    fn a_draft_may_say_little() {
        let text = GOOD
            .replace("certified", "draft")
            .replace("owner: someone", "owner: ''");
        assert_eq!(Catalogue::read(&text).unwrap().all().len(), 1);
    }
}
