//! The catalogue: what KPIs there are, read from YAML, checked when it is loaded, never again.

mod about;
mod compile;
mod definition;
mod dimension;
mod measure;
mod nearest;
mod own;
mod preset;
mod reason;
mod stretch;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use bellwether_domain::{Error, ErrorReason, Result};

pub use about::{Benchmark, FunnelStage, SalesModel, Standing, Status};
pub use compile::{Age, Due, Entities, Entity, Interval, Kpi, Lag, Measure, Of, Rows, Scale, Weight};
pub use definition::{AsOf, Cadence, CurrencyPolicy, Definition, Direction, Items, Unit};
pub use dimension::{Dimension, Origin};
pub use measure::{Aggregate, At, Class, DueSource, Edge, Holders, MeasureSource, Method, Timing, Window};
pub use nearest::nearest;
pub use own::{Draft, Own, shadows};
pub use preset::{Pick, Preset};
pub use reason::AbsentReason;
pub use stretch::{Elapsed, Stretch};

/// The built-in definitions, one file a part of the funnel.
const FILES: [(&str, &str); 18] = [
    ("winning.yaml", include_str!("../catalogue/winning.yaml")),
    (
        "size_and_pace.yaml",
        include_str!("../catalogue/size_and_pace.yaml"),
    ),
    ("losing.yaml", include_str!("../catalogue/losing.yaml")),
    (
        "kinds_of_business.yaml",
        include_str!("../catalogue/kinds_of_business.yaml"),
    ),
    ("pipeline.yaml", include_str!("../catalogue/pipeline.yaml")),
    (
        "pipeline_care.yaml",
        include_str!("../catalogue/pipeline_care.yaml"),
    ),
    ("leads.yaml", include_str!("../catalogue/leads.yaml")),
    ("activity.yaml", include_str!("../catalogue/activity.yaml")),
    ("team.yaml", include_str!("../catalogue/team.yaml")),
    (
        "pipeline_ahead.yaml",
        include_str!("../catalogue/pipeline_ahead.yaml"),
    ),
    ("customers.yaml", include_str!("../catalogue/customers.yaml")),
    ("forecast.yaml", include_str!("../catalogue/forecast.yaml")),
    (
        "winning_ahead.yaml",
        include_str!("../catalogue/winning_ahead.yaml"),
    ),
    (
        "contracts_orders.yaml",
        include_str!("../catalogue/contracts_orders.yaml"),
    ),
    ("hygiene.yaml", include_str!("../catalogue/hygiene.yaml")),
    ("recurring.yaml", include_str!("../catalogue/recurring.yaml")),
    ("acquisition.yaml", include_str!("../catalogue/acquisition.yaml")),
    ("numbers.yaml", include_str!("../catalogue/numbers.yaml")),
];

/// The built-in presets.
const PRESETS: &str = include_str!("../catalogue/presets.yaml");

/// KPIs by id, and the few that are proposed to those who sell alike.
#[derive(Debug)]
pub struct Catalogue {
    kpis: Vec<Arc<Kpi>>,
    presets: Arc<[Preset]>,
    own: Vec<Own>,
}

impl Catalogue {
    /// The built-in catalogue.
    ///
    /// # Errors
    /// A sentence naming file, KPI, measure and place when a definition is wrong: a bug, as the files are embedded.
    pub fn built_in() -> Result<Self> {
        let mut kpis = Vec::new();
        for (name, text) in FILES {
            let read =
                Self::read(text).map_err(|error| Error::internal(format!("{name}: {}", error.message)))?;
            kpis.extend(read.kpis);
        }
        let mut catalogue = Self::of(kpis)?;
        catalogue.presets = preset::read(PRESETS, &catalogue.kpis)
            .map_err(|error| Error::internal(format!("presets.yaml: {}", error.message)))?
            .into();
        Ok(catalogue)
    }

    /// The KPIs of one YAML text.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming KPI, measure and place.
    pub fn read(yaml: &str) -> Result<Self> {
        let file: definition::File = serde_saphyr::from_str(yaml)
            .map_err(|error| Error::invalid(ErrorReason::InvalidField, "definition", error.to_string()))?;
        let kpis = file
            .kpis
            .into_iter()
            .map(|definition| compile::compile(definition).map(Arc::new))
            .collect::<Result<Vec<_>>>()?;
        Self::of(kpis)
    }

    fn of(mut kpis: Vec<Arc<Kpi>>) -> Result<Self> {
        kpis.sort_by(|a, b| a.definition.id.cmp(&b.definition.id));
        if let Some(pair) = kpis
            .windows(2)
            .find(|pair| pair[0].definition.id == pair[1].definition.id)
        {
            let message = format!("`{}` is defined twice", pair[0].definition.id);
            return Err(Error::invalid(ErrorReason::InvalidField, "id", message));
        }
        Ok(Self {
            kpis,
            presets: Arc::new([]),
            own: Vec::new(),
        })
    }

    /// Every KPI, by id.
    #[must_use]
    pub fn all(&self) -> &[Arc<Kpi>] {
        &self.kpis
    }

    /// Every preset, in the order of its file.
    #[must_use]
    pub fn presets(&self) -> &[Preset] {
        &self.presets
    }

    /// The preset of an id.
    ///
    /// # Errors
    /// `NOT_FOUND` naming those that there are.
    pub fn preset(&self, id: &str) -> Result<&Preset> {
        if let Some(preset) = self.presets.iter().find(|preset| preset.id == id) {
            return Ok(preset);
        }
        let known: Vec<&str> = self.presets.iter().map(|preset| preset.id.as_str()).collect();
        let shown: String = id.chars().take(80).collect();
        let message = format!("there is no preset `{shown}`; there are {}", known.join(", "));
        Err(Error::not_found(ErrorReason::UnknownKpi, message))
    }

    /// The KPI of an id, where it can be computed.
    fn built(&self, id: &str) -> Option<&Kpi> {
        let found = self
            .kpis
            .binary_search_by(|kpi| kpi.definition.id.as_str().cmp(id));
        found.ok().map(|at| &*self.kpis[at])
    }

    /// The KPI of an id.
    ///
    /// # Errors
    /// `NOT_FOUND` naming the nearest id, `FAILED_PRECONDITION` where its definition does not hold any more.
    pub fn kpi(&self, id: &str) -> Result<&Kpi> {
        if let Some(kpi) = self.built(id) {
            return Ok(kpi);
        }
        if let Some(error) = self.unusable(id) {
            return Err(error);
        }
        let ids = self.kpis.iter().map(|kpi| kpi.definition.id.as_str());
        let hint = nearest(id, ids).map_or_else(String::new, |near| format!(": did you mean `{near}`?"));
        let shown: String = id.chars().take(80).collect();
        Err(Error::not_found(
            ErrorReason::UnknownKpi,
            format!("there is no KPI `{shown}`{hint}"),
        ))
    }
}
