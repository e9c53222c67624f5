//! The only conversions between messages and domain types. From the wire every violation is reported at once.

mod fields;
mod record;
mod settings;
mod time;

pub use record::{kind_from_proto, kind_to_proto, read_record, record_from_proto, record_to_proto};
pub use settings::{settings_from_proto, settings_to_proto};
pub use time::{
    instant_from_proto, instant_to_proto, position_from_proto, position_to_proto, when_from_proto,
    when_to_proto,
};

#[cfg(test)]
mod tests;
