//! What a mapping says of the tenant's settings, and how it meets what the tenant has.

use bellwether_contracts::convert::settings_from_proto;
use bellwether_contracts::ingestion;
use bellwether_domain::period::FiscalCalendar;
use bellwether_domain::settings::{AttributeDeclaration, Pipeline, Settings, Stage};
use bellwether_domain::{Currency, Error, ErrorCode, ErrorReason, Result, Violation, Zone};

use super::node::{Node, Problems, did_you_mean};

pub(super) const SETTINGS_KEYS: &[&str] = &["currency", "zone", "fiscal_calendar", "pipelines"];
pub(super) const FISCAL_KEYS: &[&str] = &["start_month", "pattern"];
pub(super) const PIPELINE_KEYS: &[&str] = &["id", "stages"];
pub(super) const STAGE_KEYS: &[&str] = &["name", "class", "qualified", "probability"];
const PATTERNS: [&str; 4] = ["calendar", "4-4-5", "4-5-4", "5-4-4"];
const CLASSES: [&str; 4] = ["open", "won", "lost", "no_decision"];

/// The settings that a mapping declares; `None` and empty = not declared, and never touched.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeclaredSettings {
    /// The currency of answers, and of amounts that come without one.
    pub currency: Option<Currency>,
    /// The reporting zone, and the zone of instants that come without an offset.
    pub zone: Option<Zone>,
    /// The fiscal calendar.
    pub fiscal: Option<FiscalCalendar>,
    /// Pipelines, by id.
    pub pipelines: Vec<Pipeline>,
    /// The fields that the mapping's records carry beyond those of the contract.
    pub attributes: Vec<AttributeDeclaration>,
}

impl DeclaredSettings {
    /// The tenant's settings once these are written; equal to `current` when nothing needs to be.
    ///
    /// Where the tenant has nothing of its own (`declared` is false, or it has no pipeline of that id or field of that name)
    /// these are taken; where it has, they must be equal.
    ///
    /// # Errors
    /// `FAILED_PRECONDITION` (`SETTINGS_CONFLICT`) with both values of everything that differs.
    pub fn onto(&self, current: &Settings, declared: bool) -> Result<Settings> {
        let mut merged = current.clone();
        let mut conflicts = Conflicts(Vec::new());
        if let Some(currency) = self.currency {
            if declared && currency != current.currency {
                conflicts.add("currency", currency, current.currency);
            }
            merged.currency = currency;
        }
        if let Some(zone) = &self.zone {
            if declared && zone != &current.zone {
                conflicts.add("zone", zone.name(), current.zone.name());
            }
            merged.zone = zone.clone();
        }
        if let Some(fiscal) = self.fiscal {
            if declared && fiscal != current.fiscal {
                conflicts.add(
                    "fiscal_calendar",
                    format!("{fiscal:?}"),
                    format!("{:?}", current.fiscal),
                );
            }
            merged.fiscal = fiscal;
        }
        for pipeline in &self.pipelines {
            match current.pipelines.iter().find(|known| known.id == pipeline.id) {
                Some(known) if known == pipeline => {}
                Some(known) => {
                    let field = format!("pipelines.{}", pipeline.id);
                    conflicts.add(&field, stages(pipeline), stages(known));
                }
                None => merged.pipelines.push(pipeline.clone()),
            }
        }
        for field in &self.attributes {
            let same = |known: &&AttributeDeclaration| known.kind == field.kind && known.name == field.name;
            match current.attributes.iter().find(same) {
                Some(known) if known == field => {}
                Some(known) => {
                    let name = format!("attributes.{}.{}", field.kind, field.name);
                    conflicts.add(&name, field.attribute_type.name(), known.attribute_type.name());
                }
                None => merged.attributes.push(field.clone()),
            }
        }
        conflicts.into_result().map(|()| merged)
    }
}

struct Conflicts(Vec<Violation>);

impl Conflicts {
    fn add(&mut self, field: &str, mapping: impl std::fmt::Display, tenant: impl std::fmt::Display) {
        let message = format!("the mapping says {mapping}, the tenant has {tenant}");
        self.0.push(Violation::new(format!("settings.{field}"), message));
    }

    fn into_result(self) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let differences = self
            .0
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("; ");
        let message = format!("{differences}: change the mapping or the tenant's settings first");
        let error = Error::new(
            ErrorCode::FailedPrecondition,
            ErrorReason::SettingsConflict,
            message,
        );
        Err(error.with_violations(self.0))
    }
}

/// The stages of a pipeline in one line.
fn stages(pipeline: &Pipeline) -> String {
    let stage = |stage: &Stage| {
        let qualified = if stage.qualified { ", qualified" } else { "" };
        let probability = stage
            .probability
            .as_ref()
            .map(|p| format!(", {p}"))
            .unwrap_or_default();
        format!("{} ({}{qualified}{probability})", stage.name, stage.class.name())
    };
    pipeline.stages.iter().map(stage).collect::<Vec<_>>().join(", ")
}

/// Reads the `settings` table.
pub(super) fn parse(node: &Node, problems: &mut Problems) -> DeclaredSettings {
    let table = problems.table(node, "settings", SETTINGS_KEYS);
    let currency = table.text("currency", problems);
    let zone = table.text("zone", problems);
    let fiscal = table.get("fiscal_calendar").map(|node| fiscal(node, problems));
    let pipelines = match table.get("pipelines") {
        None => Vec::new(),
        Some(node) => {
            let list = problems.list(node, "settings.pipelines");
            list.iter()
                .enumerate()
                .map(|(index, node)| pipeline(index, node, problems))
                .collect()
        }
    };
    let message = ingestion::TenantSettings {
        currency: currency.clone().unwrap_or_default(),
        zone: zone.clone().unwrap_or_default(),
        fiscal_calendar: fiscal,
        pipelines,
        ..ingestion::TenantSettings::default()
    };
    match settings_from_proto(&message) {
        Ok(settings) => DeclaredSettings {
            currency: currency.map(|_| settings.currency),
            zone: zone.map(|_| settings.zone),
            fiscal: fiscal.map(|_| settings.fiscal),
            pipelines: settings.pipelines,
            attributes: Vec::new(),
        },
        Err(violations) => {
            for violation in violations {
                let head = violation.field.split(['.', '[']).next().unwrap_or_default();
                let line = table.get(head).map_or(node.line, |node| node.line);
                problems.add(line, &format!("settings.{}", violation.field), violation.message);
            }
            DeclaredSettings::default()
        }
    }
}

fn fiscal(node: &Node, problems: &mut Problems) -> ingestion::FiscalCalendar {
    let table = problems.table(node, "settings.fiscal_calendar", FISCAL_KEYS);
    let start_month = table
        .text("start_month", problems)
        .unwrap_or_else(|| "1".to_owned());
    let month = start_month.parse().ok().filter(|month| (1..=12).contains(month));
    if month.is_none() {
        problems.add(
            node.line,
            &table.at("start_month"),
            format!("`{start_month}` is not a month: use 1 to 12"),
        );
    }
    let pattern = table
        .text("pattern", problems)
        .unwrap_or_else(|| PATTERNS[0].to_owned());
    let number = PATTERNS.iter().position(|known| *known == pattern);
    if number.is_none() {
        let hint = did_you_mean(&pattern, PATTERNS);
        problems.add(
            node.line,
            &table.at("pattern"),
            format!("`{pattern}` is not a pattern{hint}"),
        );
    }
    let pattern = number
        .and_then(|number| i32::try_from(number + 1).ok())
        .unwrap_or(1);
    ingestion::FiscalCalendar {
        start_month: month.unwrap_or(1),
        pattern,
    }
}

fn pipeline(index: usize, node: &Node, problems: &mut Problems) -> ingestion::Pipeline {
    let path = format!("settings.pipelines[{index}]");
    let table = problems.table(node, &path, PIPELINE_KEYS);
    let id = table
        .need("id", problems)
        .and_then(|node| problems.text(node, &table.at("id")));
    let stages = table.need("stages", problems);
    let stages = stages.map_or(&[][..], |node| problems.list(node, &table.at("stages")));
    let mut stage = |(index, node): (usize, &Node)| {
        let table = problems.table(node, &format!("{path}.stages[{index}]"), STAGE_KEYS);
        let name = table
            .need("name", problems)
            .and_then(|node| problems.text(node, &table.at("name")));
        let class = table
            .need("class", problems)
            .and_then(|node| problems.text(node, &table.at("class")));
        let class = class.unwrap_or_else(|| CLASSES[0].to_owned());
        let number = CLASSES.iter().position(|known| *known == class);
        if number.is_none() {
            let hint = did_you_mean(&class, CLASSES);
            problems.add(
                node.line,
                &table.at("class"),
                format!("`{class}` is not a class{hint}"),
            );
        }
        ingestion::Stage {
            name: name.unwrap_or_else(|| "?".to_owned()),
            class: number
                .and_then(|number| i32::try_from(number + 1).ok())
                .unwrap_or(1),
            qualified: table.flag("qualified", problems),
            probability: table.text("probability", problems).unwrap_or_default(),
        }
    };
    let stages = stages.iter().enumerate().map(&mut stage).collect();
    ingestion::Pipeline {
        id: id.unwrap_or_else(|| "?".to_owned()),
        stages,
    }
}
