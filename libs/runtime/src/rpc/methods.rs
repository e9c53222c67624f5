//! Every method of the contracts, by path: its name in metrics and spans, and whether it streams.

use std::collections::HashMap;
use std::sync::LazyLock;

use prost::Message;
use prost_types::method_options::IdempotencyLevel;
use prost_types::{FileDescriptorSet, MethodDescriptorProto};

/// What is known about the method of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Method {
    /// `bellwether.kpi.v1.KpiService/QueryKpis`.
    pub(crate) name: &'static str,
    /// Whether the client sends many messages.
    pub(crate) client_streaming: bool,
    /// Whether the server sends many messages.
    pub(crate) server_streaming: bool,
    /// Whether the contract says that it changes nothing, so that it may be sent twice.
    pub(crate) reads_only: bool,
}

impl Method {
    /// Whether either side sends many messages.
    pub(crate) fn is_streaming(&self) -> bool {
        self.client_streaming || self.server_streaming
    }

    /// Whether it is known to have one request and one answer.
    pub(crate) fn is_unary(&self) -> bool {
        !self.is_streaming() && self != &UNKNOWN
    }

    /// Whether this is a probe of `grpc.health.v1`.
    pub(crate) fn is_health(&self) -> bool {
        self.name.starts_with("grpc.health.v1.Health/")
    }
}

/// Paths that no contract names share one name, so that callers cannot make up metrics.
const UNKNOWN: Method = Method {
    name: "unknown",
    client_streaming: false,
    server_streaming: false,
    reads_only: false,
};

/// The methods that every node adds: (name, client streams, server streams).
const OF_EVERY_NODE: [(&str, bool, bool); 4] = [
    ("grpc.health.v1.Health/Check", false, false),
    ("grpc.health.v1.Health/Watch", false, true),
    (
        "grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        true,
        true,
    ),
    (
        "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        true,
        true,
    ),
];

static METHODS: LazyLock<HashMap<&'static str, Method>> = LazyLock::new(|| {
    let own = OF_EVERY_NODE
        .into_iter()
        .map(|(name, client_streaming, server_streaming)| Method {
            name,
            client_streaming,
            server_streaming,
            reads_only: true,
        });
    own.chain(of_contracts())
        .map(|method| (method.name, method))
        .collect()
});

/// The method of a request's path.
pub(crate) fn of_path(path: &str) -> Method {
    METHODS
        .get(path.trim_start_matches('/'))
        .copied()
        .unwrap_or(UNKNOWN)
}

fn of_contracts() -> Vec<Method> {
    let set = FileDescriptorSet::decode(bellwether_contracts::FILE_DESCRIPTOR_SET)
        .expect("the descriptors are encoded by the build of this very binary");
    let mut methods = Vec::new();
    for file in &set.file {
        for service in &file.service {
            for method in &service.method {
                // Leaked once a process: names then live in labels and spans without copies.
                let name = format!("{}.{}/{}", file.package(), service.name(), method.name()).leak();
                let (client_streaming, server_streaming) =
                    (method.client_streaming(), method.server_streaming());
                methods.push(Method {
                    name,
                    client_streaming,
                    server_streaming,
                    reads_only: reads_only(method),
                });
            }
        }
    }
    methods
}

fn reads_only(method: &MethodDescriptorProto) -> bool {
    let level = method.options.as_ref().map(|options| options.idempotency_level());
    level == Some(IdempotencyLevel::NoSideEffects)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_know_whether_they_stream() {
        let query = of_path("/bellwether.kpi.v1.KpiService/QueryKpis");
        assert_eq!(query.name, "bellwether.kpi.v1.KpiService/QueryKpis");
        assert!(!query.is_streaming());
        assert!(of_path("/bellwether.ingestion.v1.ChangeFeedService/Subscribe").server_streaming);
        assert!(of_path("/bellwether.ingestion.v1.ImportService/ImportFile").client_streaming);
        assert!(query.reads_only && query.is_unary());
        assert!(!of_path("/bellwether.ingestion.v1.RecordService/UpsertRecords").reads_only);
        assert!(of_path("/grpc.health.v1.Health/Check").is_health());
        assert_eq!(of_path("/no.Such/Method"), UNKNOWN);
    }
}
