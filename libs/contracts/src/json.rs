//! Proto JSON of the messages, by reflection: what a line of a JSONL file or a `grpcurl -d` holds.

use std::sync::LazyLock;

use prost_reflect::{DescriptorPool, DeserializeOptions, DynamicMessage, SerializeOptions};

use crate::{FILE_DESCRIPTOR_SET, ingestion, sales};

static POOL: LazyLock<DescriptorPool> =
    LazyLock::new(|| DescriptorPool::decode(FILE_DESCRIPTOR_SET).expect("the build script encoded it"));

/// Reads one `bellwether.sales.v1.Record` in proto JSON; unknown fields are refused.
///
/// # Errors
/// The JSON error, with the column where it stands.
pub fn record_from_json(text: &str) -> Result<sales::Record, String> {
    from_json("bellwether.sales.v1.Record", text)
}

/// A record in proto JSON.
#[must_use]
pub fn record_to_json(record: &sales::Record) -> serde_json::Value {
    to_json("bellwether.sales.v1.Record", record)
}

/// Reads tenant settings in proto JSON; unknown fields are refused.
///
/// # Errors
/// The JSON error, with the line and column where it stands.
pub fn settings_from_json(text: &str) -> Result<ingestion::TenantSettings, String> {
    from_json("bellwether.ingestion.v1.TenantSettings", text)
}

/// Tenant settings in proto JSON.
#[must_use]
pub fn settings_to_json(settings: &ingestion::TenantSettings) -> serde_json::Value {
    to_json("bellwether.ingestion.v1.TenantSettings", settings)
}

fn from_json<M: prost::Message + Default>(name: &str, text: &str) -> Result<M, String> {
    let descriptor = POOL
        .get_message_by_name(name)
        .ok_or_else(|| format!("{name} is not in the contract"))?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let options = DeserializeOptions::new().deny_unknown_fields(true);
    let message = DynamicMessage::deserialize_with_options(descriptor, &mut reader, &options)
        .map_err(|e| e.to_string())?;
    reader.end().map_err(|e| e.to_string())?;
    message.transcode_to().map_err(|e| e.to_string())
}

fn to_json<M: prost::Message>(name: &str, message: &M) -> serde_json::Value {
    let descriptor = POOL
        .get_message_by_name(name)
        .expect("only names of the contract are asked for");
    let mut dynamic = DynamicMessage::new(descriptor);
    let options = SerializeOptions::new()
        .use_proto_field_name(true)
        .stringify_64_bit_integers(false);
    let read = dynamic.transcode_from(message);
    let written = read.ok().and_then(|()| {
        dynamic
            .serialize_with_options(serde_json::value::Serializer, &options)
            .ok()
    });
    written.unwrap_or(serde_json::Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_goes_through_json_and_back() {
        let text = r#"{"id":"d1","opportunity":{"amount":{"minor_units":105400,"currency_code":"USD"},"stage":"Won","created_at":{"date":"2017-01-02"}}}"#;
        let record = record_from_json(text).unwrap();
        assert_eq!(record_to_json(&record).to_string(), text);
    }

    #[test]
    fn unknown_fields_are_refused_by_name() {
        let error = record_from_json(r#"{"id":"d1","oportunity":{}}"#).unwrap_err();
        assert!(error.contains("oportunity"), "{error}");
    }
}
