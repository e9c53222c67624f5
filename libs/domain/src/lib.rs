//! The ground everything stands on: ids, money, time, periods, exact numbers, error codes, records and settings.
//!
//! Pure: no tokio, no I/O, no clock but the one that is handed in.

pub mod business;
pub mod clock;
pub mod error;
pub mod exact;
pub mod ids;
pub mod money;
pub mod period;
pub mod position;
pub mod record;
pub mod settings;
pub mod time;

pub use business::{BusinessClock, Workdays};
pub use clock::{Clock, ManualClock, SystemClock};
pub use error::{Error, ErrorCode, ErrorReason, Result, Violation};
pub use ids::{RecordKey, RecordKind, TenantId};
pub use money::{Currency, Money};
pub use position::Position;
pub use time::{CivilDate, Instant, When, Zone};
