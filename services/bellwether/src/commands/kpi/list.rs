//! Which KPIs there are, a line each.

use bellwether_contracts::kpi::{KpiDefinition, Preset};
use serde_json::{Value, json};

use super::words;
use crate::output::{Page, Sheet, View};

/// The KPIs, and the preset that they are of.
#[derive(Debug)]
pub(super) struct List {
    pub(super) kpis: Vec<KpiDefinition>,
    pub(super) preset: Option<Preset>,
}

impl List {
    /// Why a KPI is in the preset.
    fn why(&self, kpi: &KpiDefinition) -> Option<&str> {
        let picks = &self.preset.as_ref()?.kpis;
        let pick = picks.iter().find(|pick| pick.id == kpi.id)?;
        Some(&pick.why)
    }
}

impl View for List {
    fn json(&self) -> Value {
        let one = |kpi: &KpiDefinition| {
            let mut one = json!({
                "id": kpi.id,
                "name": kpi.name,
                "status": words::status(kpi),
                "funnel_stage": kpi.funnel_stage,
                "unit": words::unit(kpi),
                "direction": words::direction(kpi),
                "leading": kpi.leading,
                "cadence": words::cadence(kpi),
                "dimensions": kpi.dimensions,
            });
            if let Some(why) = self.why(kpi) {
                one["why"] = json!(why);
            }
            one
        };
        Value::Array(self.kpis.iter().map(one).collect())
    }

    fn text(&self, page: &Page) -> String {
        let mut sheet = Sheet::new(["id", "name", "stage", "unit", "good", "kind", "review", "why"]);
        for kpi in &self.kpis {
            let row = [
                kpi.id.as_str(),
                kpi.name.as_str(),
                kpi.funnel_stage.as_str(),
                words::unit(kpi),
                words::direction(kpi),
                words::kind(kpi),
                words::cadence(kpi),
                self.why(kpi).unwrap_or_default(),
            ];
            sheet.push(row.into_iter().map(Into::into).collect());
        }
        let head = match &self.preset {
            Some(preset) => format!("{}: {}\n\n", preset.name, preset.description),
            None => String::new(),
        };
        format!(
            "{head}{}\n\n`bellwether kpi show ID` explains one.",
            sheet.render(page)
        )
    }

    fn csv(&self) -> Vec<Vec<String>> {
        let header = [
            "id",
            "name",
            "status",
            "funnel_stage",
            "unit",
            "direction",
            "leading",
            "cadence",
            "dimensions",
        ];
        let row = |kpi: &KpiDefinition| {
            vec![
                kpi.id.clone(),
                kpi.name.clone(),
                words::status(kpi).to_owned(),
                kpi.funnel_stage.clone(),
                words::unit(kpi).to_owned(),
                words::direction(kpi).to_owned(),
                kpi.leading.to_string(),
                words::cadence(kpi).to_owned(),
                kpi.dimensions.join(" "),
            ]
        };
        std::iter::once(header.map(String::from).to_vec())
            .chain(self.kpis.iter().map(row))
            .collect()
    }
}
