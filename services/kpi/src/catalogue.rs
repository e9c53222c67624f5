//! The catalogue: what KPIs there are, read from YAML, checked when it is loaded, never again.

mod compile;
mod definition;
mod dimension;
mod nearest;
mod reason;

#[cfg(test)]
mod tests;

use bellwether_domain::{Error, ErrorReason, Result};

pub use compile::{Interval, Kpi, Measure, Scale};
pub use definition::{
    Aggregate, Benchmark, Cadence, Class, CurrencyPolicy, Definition, Direction, Items, MeasureSource, Unit,
    Window,
};
pub use dimension::{Dimension, Origin};
pub use nearest::nearest;
pub use reason::AbsentReason;

/// The built-in definitions, one file a part of the funnel.
const FILES: [(&str, &str); 3] = [
    ("winning.yaml", include_str!("../catalogue/winning.yaml")),
    (
        "size_and_pace.yaml",
        include_str!("../catalogue/size_and_pace.yaml"),
    ),
    ("pipeline.yaml", include_str!("../catalogue/pipeline.yaml")),
];

/// KPIs by id.
#[derive(Debug)]
pub struct Catalogue {
    kpis: Vec<Kpi>,
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
        Self::of(kpis)
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
            .map(compile::compile)
            .collect::<Result<Vec<_>>>()?;
        Self::of(kpis)
    }

    fn of(mut kpis: Vec<Kpi>) -> Result<Self> {
        kpis.sort_by(|a, b| a.definition.id.cmp(&b.definition.id));
        if let Some(pair) = kpis
            .windows(2)
            .find(|pair| pair[0].definition.id == pair[1].definition.id)
        {
            let message = format!("`{}` is defined twice", pair[0].definition.id);
            return Err(Error::invalid(ErrorReason::InvalidField, "id", message));
        }
        Ok(Self { kpis })
    }

    /// Every KPI, by id.
    #[must_use]
    pub fn all(&self) -> &[Kpi] {
        &self.kpis
    }

    /// The KPI of an id.
    ///
    /// # Errors
    /// `NOT_FOUND` naming the nearest id.
    pub fn kpi(&self, id: &str) -> Result<&Kpi> {
        if let Ok(at) = self
            .kpis
            .binary_search_by(|kpi| kpi.definition.id.as_str().cmp(id))
        {
            return Ok(&self.kpis[at]);
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
