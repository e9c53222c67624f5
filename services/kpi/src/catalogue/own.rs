//! KPIs of a tenant's own: compiled by the rules of the built-in ones, and standing beside them. A definition that does not
//! hold, or does not hold any more, is listed with what is wrong and never used.

mod pointer;

use std::sync::Arc;

use bellwether_domain::record::{KpiDefinition, KpiStatus};
use bellwether_domain::{Error, ErrorCode, ErrorReason, Result, Violation};

use super::compile::compile;
use super::{Catalogue, Definition, Kpi, Standing, Status};
use crate::tenant::{Definitions, Planned};

/// Own KPIs of a tenant that are used: those that came first. Records that are written past the catalogue may be more.
const MOST_OWN: usize = 1_000;
/// Longest definition in bytes.
const LONGEST: usize = 64 * 1024;
/// Most measures of a definition, those of nested ones among them: each is read by the scan.
const MOST_MEASURES: usize = 32;
/// Most dimensions, caveats and benchmarks that a definition lists.
const MOST_LISTED: usize = 64;

/// The record of a KPI, as the catalogue has it.
#[derive(Debug, Clone)]
pub struct Own {
    /// The record.
    pub planned: Planned<KpiDefinition>,
    /// Whether it is about a built-in KPI.
    pub built_in: bool,
    /// Why it cannot be computed; `None` = it can.
    pub error: Option<Error>,
}

/// What a definition says, read without knowing how it is called.
#[derive(Debug, Clone)]
pub struct Draft {
    definition: Definition,
    text: String,
}

impl Draft {
    /// Reads the YAML of one KPI. `version`, `status` and `class` in it say nothing: the catalogue keeps them.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming line, column and key.
    pub fn read(text: &str) -> Result<Self> {
        if text.len() > LONGEST {
            let message = format!("is {} bytes long: at most {LONGEST} are allowed", text.len());
            return Err(wrong("definition", message));
        }
        let budget = serde_saphyr::budget! {
            max_depth: 16,
            max_nodes: 5_000,
            max_aliases: 50,
            max_anchors: 50,
            max_total_scalar_bytes: 4 * LONGEST,
        };
        let read = serde_saphyr::from_str_with_options(text, serde_saphyr::options! { budget: budget });
        let definition = read.map_err(|error| wrong("definition", pointer::of_yaml(text, &error)))?;
        Ok(Self {
            definition,
            text: text.to_owned(),
        })
    }

    /// The id that the text gives; empty = none.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.definition.id
    }

    /// Checks it as the version of a KPI, and resolves all its names.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming measure and place.
    pub fn compile(mut self, id: &str, version: u32, certified: bool) -> Result<Kpi> {
        if !self.definition.id.is_empty() && self.definition.id != id {
            let message = format!(
                "the definition is of `{}`, not of `{id}`: an id is for ever",
                self.definition.id
            );
            return Err(wrong("definition.id", message));
        }
        self.check_size()?;
        let definition = &mut self.definition;
        id.clone_into(&mut definition.id);
        definition.version = version;
        definition.class = Standing::Metric;
        definition.status = if certified {
            Status::Certified
        } else {
            Status::Draft
        };
        let mut kpi =
            compile(self.definition.clone()).map_err(|error| pointer::into(&self.definition, &error))?;
        // What it means is the same whoever relies on it, and so are answers and receipts.
        kpi.definition.status = Status::Draft;
        Ok(kpi)
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    fn check_size(&self) -> Result<()> {
        let definition = &self.definition;
        let inner: usize = definition.measures.iter().map(|one| one.measures.len()).sum();
        let measures = definition.measures.len() + inner;
        if measures > MOST_MEASURES {
            let message = format!("are {measures}: a KPI has at most {MOST_MEASURES}");
            return Err(wrong("definition.measures", message));
        }
        let listed = [
            ("caveats", definition.caveats.len()),
            ("benchmarks", definition.benchmarks.len()),
            ("dimensions", definition.dimensions.as_ref().map_or(0, Vec::len)),
        ];
        match listed.into_iter().find(|(_, count)| *count > MOST_LISTED) {
            Some((key, count)) => {
                let message = format!("are {count}: at most {MOST_LISTED} are listed");
                Err(wrong(&format!("definition.{key}"), message))
            }
            None => Ok(()),
        }
    }
}

impl Catalogue {
    /// This catalogue and what a tenant's records say of KPIs. `compiled` gives the KPI of a record that has a text.
    #[must_use]
    pub fn with_own(
        &self,
        definitions: &Definitions,
        compiled: impl Fn(&Planned<KpiDefinition>) -> Result<Arc<Kpi>>,
    ) -> Self {
        let mut kpis = self.kpis.clone();
        let mut own = Vec::with_capacity(definitions.kpis.len());
        let full = self.full(definitions);
        for planned in &definitions.kpis {
            let built_in = self.built(&planned.id).is_some();
            let error = match (built_in, planned.says.definition.is_empty()) {
                (true, true) => None,
                (true, false) => Some(shadows(&planned.id)),
                (false, true) => Some(gone(&planned.id)),
                (false, false) if full.is_some_and(|full| planned.since >= full) => Some(too_many()),
                (false, false) => match compiled(planned) {
                    Ok(kpi) => {
                        kpis.push(kpi);
                        None
                    }
                    Err(error) => Some(error),
                },
            };
            own.push(Own {
                planned: planned.clone(),
                built_in,
                error,
            });
        }
        kpis.sort_by(|a, b| a.definition.id.cmp(&b.definition.id));
        Self {
            kpis,
            presets: Arc::clone(&self.presets),
            own,
        }
    }

    /// The change from which on there are too many definitions of own KPIs; `None` = there are not.
    fn full(&self, definitions: &Definitions) -> Option<u64> {
        let mine =
            |one: &&Planned<KpiDefinition>| !one.says.definition.is_empty() && self.built(&one.id).is_none();
        let mut since: Vec<u64> = definitions
            .kpis
            .iter()
            .filter(mine)
            .map(|one| one.since)
            .collect();
        if since.len() <= MOST_OWN {
            return None;
        }
        Some(*since.select_nth_unstable(MOST_OWN).1)
    }

    /// What the tenant's records say of KPIs, by id.
    #[must_use]
    pub fn own(&self) -> &[Own] {
        &self.own
    }

    /// What the tenant's record says of a KPI.
    #[must_use]
    pub fn own_of(&self, id: &str) -> Option<&Own> {
        let found = self.own.binary_search_by(|own| (*own.planned.id).cmp(id));
        found.ok().map(|at| &self.own[at])
    }

    /// Whether the tenant may have a KPI of this id: it has it already, or there is room for one more.
    ///
    /// # Errors
    /// `RESOURCE_EXHAUSTED` where there is none.
    pub fn has_room_for(&self, id: &str) -> Result<()> {
        let mine = self.own.iter().filter(|own| !own.built_in).count();
        if mine >= MOST_OWN && self.own_of(id).is_none() {
            return Err(too_many());
        }
        Ok(())
    }

    /// The KPI that is to be used in place of one that is deprecated; `Some(None)` = it is, and nothing takes its place.
    #[must_use]
    pub fn deprecated(&self, id: &str) -> Option<Option<&str>> {
        let says = &self.own_of(id)?.planned.says;
        (says.status == KpiStatus::Deprecated).then_some(says.deprecated_for.as_deref())
    }

    /// This catalogue with a KPI in it that nobody else sees.
    #[must_use]
    pub fn with_draft(&self, kpi: Kpi) -> Self {
        let mut kpis = self.kpis.clone();
        kpis.retain(|known| known.definition.id != kpi.definition.id);
        kpis.push(Arc::new(kpi));
        kpis.sort_by(|a, b| a.definition.id.cmp(&b.definition.id));
        Self {
            kpis,
            presets: Arc::clone(&self.presets),
            own: self.own.clone(),
        }
    }

    /// Why there is a record of a KPI, and still no KPI.
    pub(super) fn unusable(&self, id: &str) -> Option<Error> {
        let error = self.own_of(id)?.error.as_ref()?;
        let message = format!("`{id}` cannot be computed: {}", error.message);
        Some(Error::new(
            ErrorCode::FailedPrecondition,
            ErrorReason::UnusableDefinition,
            message,
        ))
    }
}

/// The refusal of a definition for an id that is built in.
#[must_use]
pub fn shadows(id: &str) -> Error {
    let message = format!(
        "`{id}` is built in, and its formula cannot be replaced: give the definition an id of its own"
    );
    let violation = Violation::new("id", &message);
    Error::new(ErrorCode::AlreadyExists, ErrorReason::KpiExists, message).with_violations(vec![violation])
}

fn too_many() -> Error {
    let message = format!("a tenant has at most {MOST_OWN} KPIs of its own: take some back");
    Error::new(ErrorCode::ResourceExhausted, ErrorReason::StorageFull, message)
}

fn gone(id: &str) -> Error {
    let message = format!("`{id}` is not built in any more, and no definition is given for it");
    wrong("definition", message)
}

fn wrong(field: &str, message: impl Into<String>) -> Error {
    Error::invalid(ErrorReason::InvalidDefinition, field, message)
}

#[cfg(test)]
mod tests;
