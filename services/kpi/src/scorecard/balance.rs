//! Whether a scorecard is one: few enough to look at, some that lead and some that lag, all to be relied on.

use super::{Card, Origin};
use crate::catalogue::{Catalogue, Kpi, Status};
use crate::query::{Caller, may_ask};

/// How many KPIs a scorecard is best with.
const BEST: std::ops::RangeInclusive<usize> = 3..=5;

/// Something to know about a scorecard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// What.
    pub kind: Kind,
    /// The KPI; empty = it is about all of them.
    pub kpi: String,
    /// In words.
    pub message: String,
}

/// What there is to know about a scorecard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// More than five KPIs.
    TooMany,
    /// Fewer than three KPIs.
    TooFew,
    /// All of them lead.
    OnlyLeading,
    /// All of them report results.
    OnlyLagging,
    /// A KPI is to be used no more.
    Deprecated,
    /// Nobody has certified a KPI.
    Uncertified,
    /// A KPI is left out: there is none of that id.
    Unknown,
    /// A KPI is left out: it is not a single number.
    Grouped,
    /// A KPI is left out: it stands on rows that the caller may not see.
    NotYours,
    /// A KPI has several targets of one period and holder.
    TargetTwice,
}

/// The KPIs that can be shown to a caller, in order, and what there is to know.
#[must_use]
pub fn balance<'a>(
    card: &Card,
    catalogue: &'a Catalogue,
    caller: &Caller,
) -> (Vec<(&'a Kpi, u32)>, Vec<Warning>) {
    let (mut shown, mut warnings) = (Vec::new(), Vec::new());
    for (id, weight) in &card.items {
        let mut warn = |kind, message: String| {
            warnings.push(Warning {
                kind,
                kpi: id.clone(),
                message,
            });
        };
        let kpi = match catalogue.kpi(id) {
            Ok(kpi) => kpi,
            Err(error) => {
                warn(Kind::Unknown, format!("{}; it is left out", error.message));
                continue;
            }
        };
        if let Some(dimension) = &kpi.always_by {
            let message = format!(
                "{id} is not a single number: `kpi query {id}` shows it by its dimension {}; it is left out",
                dimension.name()
            );
            warn(Kind::Grouped, message);
            continue;
        }
        if may_ask(kpi, caller).is_err() {
            let message = format!("{id} stands on records that belong to no rep; it is left out");
            warn(Kind::NotYours, message);
            continue;
        }
        match kpi.definition.status {
            _ if catalogue.deprecated(id).is_some() => {
                let next = catalogue.deprecated(id).flatten();
                let instead = next.map_or_else(String::new, |next| format!(": use {next}"));
                warn(Kind::Deprecated, format!("{id} is to be used no more{instead}"));
            }
            Status::Certified => {}
            Status::Draft => warn(
                Kind::Uncertified,
                format!("{id} is a draft that nobody has certified"),
            ),
            Status::Deprecated => warn(Kind::Deprecated, format!("{id} is to be used no more")),
        }
        shown.push((kpi, *weight));
    }
    if card.origin != Origin::Caller {
        warnings.extend(whole(&shown));
    }
    (shown, warnings)
}

/// What there is to know about all KPIs together.
fn whole(shown: &[(&Kpi, u32)]) -> Vec<Warning> {
    let warning = |kind, message: String| Warning {
        kind,
        kpi: String::new(),
        message,
    };
    let count = shown.len();
    let mut found = Vec::new();
    if count > *BEST.end() {
        let message = format!(
            "{count} KPIs are more than anybody steers by: keep the {} that matter",
            BEST.end()
        );
        found.push(warning(Kind::TooMany, message));
    } else if count < *BEST.start() {
        let message = format!(
            "{count} tell only a part: {} to {} KPIs make a scorecard",
            BEST.start(),
            BEST.end()
        );
        found.push(warning(Kind::TooFew, message));
    }
    let leading = shown.iter().filter(|(kpi, _)| kpi.definition.leading).count();
    if count > 0 && leading == count {
        let message = "all of them lead: add one that reports results, such as bookings";
        found.push(warning(Kind::OnlyLeading, message.to_owned()));
    } else if count > 0 && leading == 0 {
        let message = "all of them report results: add one that moves early, such as pipeline_created";
        found.push(warning(Kind::OnlyLagging, message.to_owned()));
    }
    found
}
