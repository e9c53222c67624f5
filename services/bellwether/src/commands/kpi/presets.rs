//! The presets: the few KPIs to begin with, by way of selling.

use bellwether_contracts::kpi::{Preset, PresetKpi};
use serde_json::{Value, json};

use crate::output::{Page, View, wrapped};

/// The presets.
#[derive(Debug)]
pub(super) struct Presets(pub(super) Vec<Preset>);

impl View for Presets {
    fn json(&self) -> Value {
        let pick = |pick: &PresetKpi| json!({"id": pick.id, "why": pick.why});
        let one = |preset: &Preset| {
            json!({
                "id": preset.id,
                "name": preset.name,
                "description": preset.description,
                "kpis": preset.kpis.iter().map(pick).collect::<Vec<_>>(),
            })
        };
        Value::Array(self.0.iter().map(one).collect())
    }

    fn text(&self, page: &Page) -> String {
        let mut lines = Vec::new();
        for preset in &self.0 {
            lines.push(format!("{} ({})", preset.name, preset.id));
            lines.extend(wrapped("  ", "  ", &preset.description, page.width()));
            let widest = preset.kpis.iter().map(|pick| pick.id.len()).max().unwrap_or(0);
            for pick in &preset.kpis {
                let head = format!("    {:<widest$}  ", pick.id);
                lines.extend(wrapped(&head, &" ".repeat(widest + 6), &pick.why, page.width()));
            }
            lines.push(String::new());
        }
        lines.push("`bellwether kpi list --preset ID` lists the KPIs of one.".to_owned());
        lines.join("\n")
    }

    fn csv(&self) -> Vec<Vec<String>> {
        let rows = |preset: &Preset| {
            let row = |pick: &PresetKpi| vec![preset.id.clone(), pick.id.clone(), pick.why.clone()];
            preset.kpis.iter().map(row).collect::<Vec<_>>()
        };
        std::iter::once(["preset", "kpi", "why"].map(String::from).to_vec())
            .chain(self.0.iter().flat_map(rows))
            .collect()
    }
}
