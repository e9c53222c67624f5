//! Where tables live: a database with one writer and many readers, transactions that no caller can leave open,
//! and the tokens by which lists are paged.
//!
//! SQLite today; PostgreSQL comes behind the same [`Database`].

pub mod cache;
pub mod database;
pub mod error;
pub mod paging;
pub mod transaction;

mod lock;

pub use cache::{Lease, LeaseToken, SharedCache, SharedCacheOptions, SharedCacheStats};
pub use database::{Database, SqliteOptions};
pub use error::storage_error;
pub use paging::{Page, PageSigner, QueryHash, page_size};
pub use transaction::{Outcome, Txn, WriteError};
