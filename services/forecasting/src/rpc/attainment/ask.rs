//! What is asked about quotas.

use bellwether_contracts::forecasting::ForecastQuotaAttainmentRequest;
use bellwether_contracts::kpi::Grain;

use super::plan::LEVELS;
use crate::rpc::read::{Wrong, least, when};
use crate::source::At;

/// By what attainment is told apart, unless something else is asked.
const USUAL: [&str; 2] = ["owner", "team"];
/// The most dimensions in one question.
const MOST_DIMENSIONS: usize = 4;

/// What is asked.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) at: At,
    pub(super) grain: Grain,
    pub(super) dimensions: Vec<String>,
}

impl Asked {
    pub(super) fn read(message: &ForecastQuotaAttainmentRequest, wrong: &mut Wrong) -> Self {
        let grain = match message.period() {
            Grain::Unspecified if message.period == 0 => Grain::FiscalQuarter,
            Grain::Unspecified | Grain::Day | Grain::Week => {
                wrong.add(
                    "period",
                    "a quota is of a month, a quarter or a year, civil or fiscal",
                );
                Grain::FiscalQuarter
            }
            grain => grain,
        };
        if message.group_by.len() > MOST_DIMENSIONS {
            wrong.add("group_by", format!("at most {MOST_DIMENSIONS} dimensions"));
        }
        if let Some(odd) = message.group_by.iter().find(|name| !is_of_people(name)) {
            wrong.add(
                "group_by",
                format!("`{odd}` has no quotas: use owner, team or a level such as team.1"),
            );
        }
        let mut dimensions: Vec<String> = Vec::new();
        for name in &message.group_by {
            if !dimensions.contains(name) {
                dimensions.push(name.clone());
            }
        }
        if dimensions.is_empty() {
            dimensions = USUAL.map(str::to_owned).into();
        }
        Self {
            at: At {
                tenant: message.tenant.clone(),
                as_of: when("as_of", message.as_of.as_ref(), wrong),
                known_at: Some(message.known_at).filter(|seq| *seq > 0),
                least: least("min_position", message.min_position.as_ref(), wrong),
            },
            grain,
            dimensions,
        }
    }
}

fn is_of_people(dimension: &str) -> bool {
    let level = dimension
        .strip_prefix("team.")
        .and_then(|level| level.parse::<usize>().ok());
    matches!(dimension, "owner" | "team") || level.is_some_and(|level| (1..=LEVELS).contains(&level))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_people_have_quotas() {
        let mut wrong = Wrong::none();
        let message = ForecastQuotaAttainmentRequest {
            period: Grain::Week.into(),
            group_by: vec!["team.1".to_owned(), "product".to_owned()],
            ..ForecastQuotaAttainmentRequest::default()
        };
        Asked::read(&message, &mut wrong);
        let error = wrong.or(()).unwrap_err();
        let fields: Vec<&str> = error.violations.iter().map(|one| one.field.as_str()).collect();
        assert_eq!(fields, ["period", "group_by"]);
        let mut wrong = Wrong::none();
        let asked = Asked::read(&ForecastQuotaAttainmentRequest::default(), &mut wrong);
        assert_eq!((asked.grain, asked.dimensions.len()), (Grain::FiscalQuarter, 2));
        assert!(wrong.or(()).is_ok());
    }
}
