//! What the files of an import mean: mappings, and how rows become records under them.
//!
//! A pure room: it reads bytes that it is handed and knows no clock, runtime, transport or database. `docs/mapping.md`
//! tells what a mapping can say; `docs/mapping.schema.json` is its JSON Schema.

mod clash;
mod csv_rows;
mod input;
mod job;
mod lines;
mod lookup;
mod merge;
mod node;
mod parse;
mod plain;
mod record;
mod row;
mod settings;
mod spec;
mod target;
mod value;
mod wire;

pub use csv_rows::MAX_ROW_BYTES;
pub use input::Input;
pub use job::{Item, Job, Sink};
pub use record::{MappedRecord, Reject};
pub use settings::DeclaredSettings;
pub use spec::Mapping;

#[cfg(test)]
mod tests;
