//! The catalogue as one page of Markdown: `docs/kpis.md`.

use bellwether_contracts::kpi::KpiDefinition;
use bellwether_kpi::catalogue::{FunnelStage, Preset};

use super::page::{Part, parts, standing};
use super::words;
use crate::output::wrapped;

/// The width of running text.
const WIDTH: usize = 100;

const HEAD: &str = "\
# The KPIs

<!-- Made by `cargo run -p bellwether -- kpi docs > docs/kpis.md` from services/kpi/catalogue; a test compares it. -->

What each built-in KPI tells, how it is computed and what to keep in mind, by the part of the funnel that it watches.
`bellwether kpi show ID` prints one of these sections, also of a tenant's own KPIs.

Some words are the same everywhere. Days are civil days of the tenant's zone. A *period* is the range asked for, or each
part of it when it is cut by a grain; a range includes its first day and excludes its last. An event counts when it lies
before the as-of instant. *n* is the number of items that a value stands on, `missing` the number of those left out
because they lack an amount. Counts and sums over nothing are 0; anything else has no value then, and says why.
Benchmarks are what others report. They are never your target.";

/// The page of these KPIs and presets.
pub(super) fn page(kpis: &[KpiDefinition], presets: &[Preset]) -> String {
    let mut blocks = vec![HEAD.to_owned(), "## Where to begin".to_owned()];
    blocks.extend(presets.iter().map(preset));
    for stage in FunnelStage::ALL {
        let of_stage: Vec<&KpiDefinition> = kpis
            .iter()
            .filter(|kpi| kpi.funnel_stage == stage.name())
            .collect();
        if of_stage.is_empty() {
            continue;
        }
        blocks.push(format!("## {}: {}", capital(stage.name()), stage.about()));
        blocks.push(overview(&of_stage));
        blocks.extend(of_stage.into_iter().map(section));
    }
    format!("{}\n", blocks.join("\n\n"))
}

fn capital(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

fn preset(preset: &Preset) -> String {
    let mut lines = wrapped(
        "",
        "",
        &format!("**{}** (`{}`). {}", preset.name, preset.id, preset.description),
        WIDTH,
    );
    lines.push(String::new());
    let pick = |pick: &bellwether_kpi::catalogue::Pick| {
        wrapped(
            "- ",
            "  ",
            &format!("[`{0}`](#{0}): {1}", pick.id, pick.why),
            WIDTH,
        )
    };
    lines.extend(preset.kpis.iter().flat_map(pick));
    lines.join("\n")
}

fn overview(kpis: &[&KpiDefinition]) -> String {
    let mut lines = vec![
        "| KPI | name | unit | good | kind | review |".to_owned(),
        "|---|---|---|---|---|---|".to_owned(),
    ];
    lines.extend(kpis.iter().map(|kpi| {
        format!(
            "| [`{0}`](#{0}) | {1} | {2} | {3} | {4} | {5} |",
            kpi.id,
            kpi.name,
            words::unit(kpi),
            words::direction(kpi),
            words::kind(kpi),
            words::cadence(kpi)
        )
    }));
    lines.join("\n")
}

fn section(kpi: &KpiDefinition) -> String {
    let mut lines = vec![
        format!("### {}", kpi.id),
        String::new(),
        format!("*{}*, {}.", kpi.name, standing(kpi)),
        String::new(),
    ];
    lines.extend(wrapped("", "", &kpi.description, WIDTH));
    lines.push(String::new());
    for part in parts(kpi) {
        match part {
            Part::Fact(name, text) => {
                lines.extend(wrapped(&format!("- **{name}:** "), "  ", &text, WIDTH));
            }
            Part::List(name, items) => {
                lines.extend([String::new(), format!("{name}:"), String::new()]);
                lines.extend(items.iter().flat_map(|item| wrapped("- ", "  ", item, WIDTH)));
            }
        }
    }
    lines.join("\n")
}
