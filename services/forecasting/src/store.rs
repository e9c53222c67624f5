//! The forecasts that were served, and what came: kept so that they can be scored and shown. Every statement names the
//! tenant, but for the look-out for forecasts whose time has come.

mod chances;
mod earlier;
mod entity;
mod keep;
mod list;
mod migration;
mod rows;
mod said;
mod truth;

#[cfg(test)]
mod tests;

use bellwether_domain::{ErrorCode, Instant, Position, Result};
use bellwether_storage::{Database, DatabaseOptions, Outcome, Place, Txn};
use serde::{Deserialize, Serialize};

use migration::Migrator;

pub(crate) use chances::{Chance, End, Fate, Series, Undecided};
pub(crate) use list::{Cursor, Wanted};
pub(crate) use said::{Call, Said, SaidCursor, Saying};
pub(crate) use truth::{Due, Truth};

/// The schema of the service in a database that several services share.
const SCHEMA: &str = "forecasting";
/// How often a write is tried that failed for a reason that passes.
const ATTEMPTS: usize = 3;

/// The database of the service. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    db: Database,
}

/// What made a forecast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A KPI's series.
    Trend = 1,
    /// The pipeline.
    Pipeline = 2,
    /// What people said in place of the models.
    Override = 3,
    /// Whether open deals are won in the end.
    OpportunityScores = 4,
    /// Whether open leads are converted in the end.
    LeadScores = 5,
    /// Whether customers leave.
    ChurnScores = 6,
    /// How many of a day's customers stay.
    Retention = 7,
    /// What a period with quotas will bring.
    Attainment = 8,
}

/// A forecast that was served.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Served {
    /// Says what was asked and of which facts: the same forecast served again has the same id.
    pub(crate) id: String,
    pub(crate) kind: Kind,
    /// Conditions on dimensions, which the truth has to meet too.
    pub(crate) filters: Vec<(String, Option<String>)>,
    pub(crate) made_at: Instant,
    pub(crate) as_of: Instant,
    pub(crate) position: Position,
    pub(crate) model_version: String,
    pub(crate) points: Vec<Point>,
}

/// A member of a dimension; no name = missing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Member {
    pub(crate) dimension: String,
    pub(crate) name: Option<String>,
}

/// One value of a forecast.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Point {
    /// The KPI that tells the truth.
    pub(crate) kpi: String,
    pub(crate) unit: String,
    /// The group; `None` = the whole.
    pub(crate) member: Option<Member>,
    pub(crate) model: String,
    /// How many periods ahead, from 1; of a period with quotas how many weeks are left of it.
    pub(crate) step: u32,
    /// The first day of the period, days since 1970-01-01.
    pub(crate) start: i32,
    /// The day after its last one.
    pub(crate) end: i32,
    pub(crate) mean: f64,
    pub(crate) intervals: Vec<Interval>,
    /// The unit of MASE, where the history has one.
    pub(crate) scale: Option<f64>,
    pub(crate) actual: Option<f64>,
    pub(crate) scored_at: Option<Instant>,
}

/// An interval as it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Interval {
    pub(crate) level: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Store {
    /// Opens the database at `place`, making its tables if need be.
    ///
    /// # Errors
    /// As [`Database::open`].
    pub(crate) async fn open(place: &Place, options: &DatabaseOptions) -> Result<Self> {
        let db = Database::open::<Migrator>(place, SCHEMA, options).await?;
        Ok(Self { db })
    }

    /// Closes the database; what was written to a file lies in it then.
    pub(crate) async fn close(&self) -> Result<()> {
        self.db.close().await
    }

    /// Runs a write that has the same effect when it is done twice, again if need be.
    async fn write<T, W, F>(&self, work: impl Fn() -> W) -> Result<T>
    where
        T: Send + 'static,
        W: FnOnce(Txn) -> F + Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let mut attempt = 1;
        loop {
            let failed = match self.db.write(work()).await {
                Ok(done) => return Ok(done),
                Err(failed) => failed,
            };
            let unknown = failed.outcome == Outcome::Unknown && failed.error.code == ErrorCode::Unavailable;
            if !(unknown || failed.is_transient()) || attempt == ATTEMPTS {
                return Err(failed.error);
            }
            attempt += 1;
        }
    }
}
