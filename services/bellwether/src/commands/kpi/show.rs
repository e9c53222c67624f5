//! One KPI, as a page that explains it.

use bellwether_contracts::kpi::{Benchmark, KpiDefinition, MeasureDefinition};
use bellwether_contracts::sales::KpiPromotion;
use serde_json::{Value, json};

use super::page::{Part, benchmark, parts, standing};
use super::words;
use crate::output::{Page, View, wrapped};

/// The width of the names of facts, with the space behind the longest.
const NAMES: usize = 14;

fn measure(one: &MeasureDefinition) -> Value {
    json!({
        "name": one.name, "table": one.table, "class": one.class, "aggregate": one.aggregate,
        "expression": one.expression, "filter": one.filter, "window": one.window, "across": one.across,
        "q": one.q, "at": one.at, "due": one.due, "start": one.start, "end": one.end, "competes": one.competes,
        "clock": one.clock, "within": one.within, "per": one.per, "formula": one.formula, "only": one.only, "age": one.age,
        "weight": one.weight, "currency": one.currency, "whole": one.whole,
        "measures": one.measures.iter().map(measure).collect::<Vec<_>>(),
    })
}

fn promotion(one: &KpiPromotion) -> Value {
    json!({
        "owner": one.owner, "target_id": one.target_id, "deadline": one.deadline, "action": one.action,
        "benchmark": one.benchmark, "cadence": words::review(one),
    })
}

/// One KPI.
#[derive(Debug)]
pub(super) struct Show(pub(super) KpiDefinition);

impl View for Show {
    fn json(&self) -> Value {
        let kpi = &self.0;
        let benchmark = |one: &Benchmark| {
            json!({
                "value": one.value, "low": one.low, "high": one.high, "unit": one.unit,
                "source": one.source, "date": one.date, "segment": one.segment,
            })
        };
        json!({
            "id": kpi.id,
            "name": kpi.name,
            "description": kpi.description,
            "version": kpi.version,
            "status": words::status(kpi),
            "owner": kpi.owner,
            "class": words::class(kpi),
            "unit": words::unit(kpi),
            "direction": words::direction(kpi),
            "leading": kpi.leading,
            "cadence": words::cadence(kpi),
            "funnel_stage": kpi.funnel_stage,
            "sales_models": words::models(kpi),
            "formula": kpi.formula,
            "in_words": kpi.in_words,
            "expression": kpi.expression,
            "counts": kpi.counts,
            "leaves_out": kpi.leaves_out,
            "measures": kpi.measures.iter().map(measure).collect::<Vec<_>>(),
            "items": kpi.items,
            "absent_reason": kpi.absent_reason,
            "interval": kpi.interval,
            "clock": kpi.clock,
            "explained_by": kpi.explained_by,
            "currency_policy": words::currency(kpi),
            "always_by": kpi.always_by,
            "dimensions": kpi.dimensions,
            "caveats": kpi.caveats,
            "benchmarks": kpi.benchmarks.iter().map(benchmark).collect::<Vec<_>>(),
            "deprecated_for": kpi.deprecated_for,
            "error": kpi.error,
            "source": kpi.source,
            "author": kpi.author,
            "note": kpi.note,
            "etag": kpi.etag,
            "promotion": kpi.promotion.as_ref().map(promotion),
        })
    }

    fn text(&self, page: &Page) -> String {
        let (kpi, width) = (&self.0, page.width());
        let plain = |text: &str| text.replace('`', "");
        let mut lines = vec![kpi.name.clone(), format!("{}, {}", kpi.id, standing(kpi))];
        lines.push(String::new());
        lines.extend(wrapped("  ", "  ", &kpi.description, width));
        lines.push(String::new());
        for part in parts(kpi) {
            match part {
                Part::Fact(name, text) => {
                    let head = format!("  {name:<NAMES$}");
                    lines.extend(wrapped(&head, &" ".repeat(NAMES + 2), &plain(&text), width));
                }
                Part::List(name, items) => {
                    lines.extend([String::new(), format!("  {name}")]);
                    let item = |item: &String| wrapped("    - ", "      ", &plain(item), width);
                    lines.extend(items.iter().flat_map(item));
                }
            }
        }
        lines.join("\n")
    }

    fn csv(&self) -> Vec<Vec<String>> {
        let kpi = &self.0;
        let pair = |name: &str, text: &str| vec![name.to_owned(), text.to_owned()];
        let mut rows = vec![
            pair("field", "value"),
            pair("id", &kpi.id),
            pair("name", &kpi.name),
            pair("description", &kpi.description),
            pair("version", &kpi.version.to_string()),
            pair("status", words::status(kpi)),
            pair("owner", &kpi.owner),
            pair("class", words::class(kpi)),
            pair("unit", words::unit(kpi)),
            pair("direction", words::direction(kpi)),
            pair("leading", &kpi.leading.to_string()),
            pair("cadence", words::cadence(kpi)),
            pair("funnel_stage", &kpi.funnel_stage),
            pair("sales_models", &words::models(kpi).join(" ")),
            pair("formula", &kpi.formula),
            pair("counts", &kpi.counts),
            pair("leaves_out", &kpi.leaves_out),
            pair("items", &kpi.items),
            pair("dimensions", &kpi.dimensions.join(" ")),
        ];
        rows.extend(kpi.caveats.iter().map(|text| pair("caveat", text)));
        rows.extend(
            kpi.benchmarks
                .iter()
                .map(|one| pair("benchmark", &benchmark(one))),
        );
        rows
    }
}
