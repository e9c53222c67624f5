//! The contract between services: generated messages and clients, the only conversions between them and domain types,
//! and the only mapping from a domain error to a gRPC status.

pub mod convert;
pub mod json;
pub mod status;

/// Generated from `proto/`, one module a package.
#[allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    reason = "generated; documented in proto/"
)]
pub mod proto {
    /// Package `bellwether.type.v1`.
    pub mod r#type {
        /// Version 1.
        pub mod v1 {
            tonic::include_proto!("bellwether.r#type.v1");
        }
    }
    /// Package `bellwether.sales.v1`.
    pub mod sales {
        /// Version 1.
        pub mod v1 {
            tonic::include_proto!("bellwether.sales.v1");
        }
    }
    /// Package `bellwether.ingestion.v1`.
    pub mod ingestion {
        /// Version 1.
        pub mod v1 {
            tonic::include_proto!("bellwether.ingestion.v1");
        }
    }
    /// Package `bellwether.kpi.v1`.
    pub mod kpi {
        /// Version 1.
        pub mod v1 {
            tonic::include_proto!("bellwether.kpi.v1");
        }
    }
    /// Package `bellwether.forecasting.v1`.
    pub mod forecasting {
        /// Version 1.
        pub mod v1 {
            tonic::include_proto!("bellwether.forecasting.v1");
        }
    }
    /// Package `bellwether.error.v1`.
    pub mod error {
        /// Version 1.
        pub mod v1 {
            tonic::include_proto!("bellwether.error.v1");
        }
    }
}

pub use proto::error::v1 as error;
pub use proto::forecasting::v1 as forecasting;
pub use proto::ingestion::v1 as ingestion;
pub use proto::kpi::v1 as kpi;
pub use proto::sales::v1 as sales;
pub use proto::r#type::v1 as types;

/// Every message and service, encoded as a `google.protobuf.FileDescriptorSet`: for reflection and for JSON.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/bellwether.bin"));
