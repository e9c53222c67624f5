//! Encrypted connections to peers whose address says `https`: HTTP/2 over TLS, the name in the certificate is the one in
//! the address.

use std::io;
use std::path::Path;
use std::sync::Arc;

use bellwether_domain::{Error, ErrorReason, Result};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// What one name needs to be connected to.
#[derive(Clone)]
pub(crate) struct Tls {
    name: ServerName<'static>,
    connector: TlsConnector,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tls to {:?}", self.name)
    }
}

impl Tls {
    /// Trusts the certificates in `ca_file` alone, or without one those that the public and this machine trust.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` when `host` cannot stand in a certificate or the file cannot be used.
    pub(crate) fn new(host: &str, ca_file: Option<&Path>) -> Result<Self> {
        let name = ServerName::try_from(host.to_owned()).map_err(|_| {
            let message = format!("`{host}` cannot be the name in a certificate");
            Error::invalid(ErrorReason::InvalidField, "url", message)
        })?;
        let roots = match ca_file {
            Some(file) => roots_of(file)?,
            None => public_roots(),
        };
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::internal(format!("TLS cannot be used: {error}")))?;
        let mut config = config.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(Self {
            name,
            connector: TlsConnector::from(Arc::new(config)),
        })
    }

    /// Shakes hands over `socket`.
    pub(crate) async fn connect(&self, socket: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let stream = self.connector.connect(self.name.clone(), socket).await?;
        if stream.get_ref().1.alpn_protocol() != Some(b"h2") {
            return Err(io::Error::other("the peer does not speak HTTP/2"));
        }
        Ok(stream)
    }
}

fn roots_of(file: &Path) -> Result<RootCertStore> {
    let refused = |why: String| {
        let message = format!("{}: {why}", file.display());
        Error::invalid(ErrorReason::InvalidField, "link.ca_file", message)
    };
    let mut roots = RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(file).map_err(|error| refused(error.to_string()))?;
    for certificate in certificates {
        let certificate = certificate.map_err(|error| refused(error.to_string()))?;
        roots
            .add(certificate)
            .map_err(|error| refused(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(refused("there is no certificate in it (PEM)".to_owned()));
    }
    Ok(roots)
}

fn public_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    // A machine may trust nothing of its own, or a certificate that cannot be read: the public ones remain.
    for certificate in rustls_native_certs::load_native_certs().certs {
        roots.add(certificate).ok();
    }
    roots
}
