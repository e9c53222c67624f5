//! Generates the Rust code of `proto/` with protox: no `protoc` is needed.

use std::path::PathBuf;

use prost::Message as _;

const FILES: [&str; 14] = [
    "bellwether/error/v1/error_reason.proto",
    "bellwether/forecasting/v1/accuracy_service.proto",
    "bellwether/forecasting/v1/operation_service.proto",
    "bellwether/forecasting/v1/pipeline_service.proto",
    "bellwether/forecasting/v1/retention_service.proto",
    "bellwether/forecasting/v1/trend_service.proto",
    "bellwether/ingestion/v1/change_feed_service.proto",
    "bellwether/ingestion/v1/import_service.proto",
    "bellwether/ingestion/v1/record_service.proto",
    "bellwether/ingestion/v1/tenant_service.proto",
    "bellwether/kpi/v1/catalog_service.proto",
    "bellwether/kpi/v1/kpi_service.proto",
    "bellwether/kpi/v1/scorecard_service.proto",
    "bellwether/kpi/v1/target_service.proto",
];

#[expect(
    clippy::disallowed_methods,
    reason = "cargo tells a build script its output folder by the environment"
)]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../proto");
    println!("cargo:rerun-if-changed={}", root.display());
    let descriptors = protox::compile(FILES, [&root])?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("bellwether.bin"), descriptors.encode_to_vec())?;
    tonic_prost_build::configure()
        .btree_map(".")
        .compile_fds(descriptors)?;
    Ok(())
}
