//! Presets: the few KPIs that are proposed to those who sell alike. Checked when they are loaded.

use std::sync::Arc;

use bellwether_domain::{Error, ErrorReason, Result};
use serde::Deserialize;

use super::{Kpi, Status, nearest};

/// How many KPIs a preset has: few enough to look at, enough to see both ends.
const SIZE: std::ops::RangeInclusive<usize> = 3..=5;

/// A file of presets.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    presets: Vec<Preset>,
}

/// The KPIs that are proposed to those who sell alike.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    /// Its id.
    pub id: String,
    /// The name for people.
    pub name: String,
    /// Whom it is for, and what it leaves to others.
    pub description: String,
    /// The KPIs, the most important first.
    pub kpis: Vec<Pick>,
}

/// A KPI of a preset.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pick {
    /// The KPI's id.
    pub id: String,
    /// Why it is among the few.
    pub why: String,
}

/// The presets of a YAML text over these KPIs.
///
/// # Errors
/// `INVALID_ARGUMENT` naming preset and KPI.
pub(super) fn read(yaml: &str, kpis: &[Arc<Kpi>]) -> Result<Vec<Preset>> {
    let wrong = |at: &str, message: String| Error::invalid(ErrorReason::InvalidField, at, message);
    let file: File = serde_saphyr::from_str(yaml).map_err(|error| wrong("presets", error.to_string()))?;
    for (index, preset) in file.presets.iter().enumerate() {
        if file.presets[..index].iter().any(|before| before.id == preset.id) {
            return Err(wrong("id", format!("`{}` is defined twice", preset.id)));
        }
        check(preset, kpis).map_err(|message| wrong(&format!("{}.kpis", preset.id), message))?;
    }
    Ok(file.presets)
}

fn check(preset: &Preset, kpis: &[Arc<Kpi>]) -> std::result::Result<(), String> {
    if !SIZE.contains(&preset.kpis.len()) {
        return Err(format!(
            "a preset has {} to {} KPIs, this one {}",
            SIZE.start(),
            SIZE.end(),
            preset.kpis.len()
        ));
    }
    let mut kinds = [false, false];
    for (index, pick) in preset.kpis.iter().enumerate() {
        let Some(kpi) = kpis.iter().find(|kpi| kpi.definition.id == pick.id) else {
            let ids = kpis.iter().map(|kpi| kpi.definition.id.as_str());
            let near = nearest(&pick.id, ids).unwrap_or_default();
            return Err(format!("there is no KPI `{}`: did you mean `{near}`?", pick.id));
        };
        if preset.kpis[..index].iter().any(|before| before.id == pick.id) {
            return Err(format!("`{}` is named twice", pick.id));
        }
        if kpi.definition.status != Status::Certified || kpi.always_by.is_some() {
            return Err(format!("`{}` is not certified, or no single number", pick.id));
        }
        if pick.why.trim().is_empty() {
            return Err(format!("say why `{}` is among the few", pick.id));
        }
        kinds[usize::from(kpi.definition.leading)] = true;
    }
    if kinds == [true, true] {
        Ok(())
    } else {
        Err("a preset has leading and lagging KPIs".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use crate::catalogue::Catalogue;

    const GOOD: &str = "
presets:
  - id: test
    name: A test
    description: For tests.
    kpis:
      - { id: open_deals, why: It leads. }
      - { id: win_rate, why: It reports. }
      - { id: bookings, why: It reports too. }
";

    fn read(yaml: &str) -> Result<usize, String> {
        let catalogue = Catalogue::built_in().unwrap();
        let presets = super::read(yaml, catalogue.all());
        presets
            .map(|presets| presets.len())
            .map_err(|error| error.message)
    }

    #[test]
    fn the_built_in_presets_are_the_four_ways_of_selling() {
        let catalogue = Catalogue::built_in().unwrap();
        let ids: Vec<&str> = catalogue.presets().iter().map(|one| one.id.as_str()).collect();
        assert_eq!(ids, ["saas", "inside", "field", "transactional"]);
        assert_eq!(catalogue.preset("saas").unwrap().kpis.len(), 5);
        assert!(
            catalogue
                .preset("sas")
                .unwrap_err()
                .message
                .contains("there are saas")
        );
    }

    #[test]
    fn a_preset_is_few_known_balanced_and_explained() {
        assert_eq!(read(GOOD), Ok(1));
        let twice = format!("{GOOD}{}", GOOD.trim_start().trim_start_matches("presets:\n"));
        assert!(read(&twice).unwrap_err().contains("defined twice"));
        let cases = [
            ("      - { id: bookings, why: It reports too. }\n", "", "3 to 5"),
            ("id: win_rate", "id: winrate", "`win_rate`"),
            ("id: bookings", "id: win_rate", "named twice"),
            ("id: bookings", "id: loss_reason_mix", "no single number"),
            ("why: It leads.", "why: ''", "say why `open_deals`"),
            ("id: open_deals", "id: deals_won", "leading and lagging"),
            ("name: A test", "title: A test", "title"),
        ];
        for (right, wrong, expected) in cases {
            let message = read(&GOOD.replacen(right, wrong, 1)).unwrap_err();
            assert!(message.contains(expected), "{wrong}: {message}");
        }
    }
}
