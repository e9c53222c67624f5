//! Where tables live: a database with one writer and many readers, transactions that no caller can leave open,
//! and the tokens by which lists are paged.
//!
//! The same [`Database`] stands on a SQLite file and on a PostgreSQL server.

pub mod cache;
pub mod database;
pub mod error;
pub mod paging;
pub mod transaction;

mod lock;
mod observe;
mod readers;

pub use cache::{Lease, LeaseToken, SharedCache, SharedCacheOptions, SharedCacheStats};
pub use database::{Database, DatabaseOptions, Place, PostgresOptions, SqliteOptions};
pub use error::storage_error;
pub use paging::{Page, PageSigner, QueryHash, page_size};
pub use readers::Readers;
pub use transaction::{Outcome, Transaction, Txn, WriteError};
