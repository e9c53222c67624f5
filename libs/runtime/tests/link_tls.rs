//! Links over TLS: who is trusted, under which name, and that nothing is said in the clear.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::PathBuf;

use bellwether_runtime::{LinkConfig, PeerLink, Secret};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::net::TcpListener;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Identity, Server, ServerTlsConfig};
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

/// A server for `localhost` whose certificate is signed by an authority of its own.
struct Secured {
    port: u16,
    ca_file: PathBuf,
    _folder: tempfile::TempDir,
}

impl Secured {
    async fn start() -> Self {
        let ca_key = KeyPair::generate().unwrap();
        let mut ca = CertificateParams::new(Vec::new()).unwrap();
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let ca_pem = ca.self_signed(&ca_key).unwrap().pem();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &Issuer::new(ca, ca_key)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let ca_file = folder.path().join("ca.pem");
        std::fs::write(&ca_file, ca_pem).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let identity = Identity::from_pem(certificate.pem(), key.serialize_pem());
        let (_, probes) = tonic_health::server::health_reporter();
        let server = Server::builder()
            .tls_config(ServerTlsConfig::new().identity(identity))
            .unwrap()
            .add_service(probes);
        tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
        Self {
            port,
            ca_file,
            _folder: folder,
        }
    }

    async fn asked(&self, urls: &str, trusted: bool) -> Result<i32, Status> {
        let config = LinkConfig {
            ca_file: trusted.then(|| self.ca_file.clone()),
            connect_timeout_ms: 2_000,
            call_timeout_ms: 5_000,
            ..LinkConfig::default()
        };
        let urls = urls.replace("PORT", &self.port.to_string());
        let link = PeerLink::far(&urls, &Secret::new("a-token".to_owned()), &config).unwrap();
        let request = HealthCheckRequest::default();
        let answer = HealthClient::new(link.channel()).check(request).await?;
        Ok(answer.into_inner().status)
    }
}

#[tokio::test]
async fn a_trusted_name_is_spoken_to_and_no_other() {
    let server = Secured::start().await;
    assert_eq!(server.asked("https://localhost:PORT", true).await.unwrap(), 1);
    let refused = [
        ("https://127.0.0.1:PORT", true, "certificate"),
        ("https://localhost:PORT", false, "certificate"),
        ("http://localhost:PORT", true, ""),
    ];
    for (url, trusted, told) in refused {
        let status = server.asked(url, trusted).await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable, "{url}: {status:?}");
        assert!(status.message().contains(told), "{url}: {status:?}");
    }
    let both = "https://127.0.0.1:PORT,https://localhost:PORT";
    assert_eq!(server.asked(both, true).await.unwrap(), 1);
}

#[tokio::test]
async fn a_server_without_tls_is_not_spoken_to_in_the_clear() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (_, probes) = tonic_health::server::health_reporter();
    tokio::spawn(
        Server::builder()
            .add_service(probes)
            .serve_with_incoming(TcpIncoming::from(listener)),
    );
    let server = Secured::start().await;
    let status = server
        .asked(&format!("https://localhost:{port}"), true)
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::Unavailable, "{status:?}");
}

#[tokio::test]
async fn a_file_without_certificates_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    let read = |url: &str| {
        let config = LinkConfig {
            ca_file: Some(file.clone()),
            ..LinkConfig::default()
        };
        PeerLink::far(url, &Secret::new("a-token".to_owned()), &config).map(drop)
    };
    for text in [
        None,
        Some(""),
        Some("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
    ] {
        if let Some(text) = text {
            std::fs::write(&file, text).unwrap();
        }
        let error = read("https://localhost:1").unwrap_err();
        assert!(
            error.message.contains("link.ca_file") && error.message.contains("ca.pem"),
            "{}",
            error.message
        );
    }
    assert!(read("http://localhost:1").is_ok(), "it is needed for https alone");
}
