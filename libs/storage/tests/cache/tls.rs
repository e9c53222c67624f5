//! `rediss`: a private authority is trusted when it is given, and only then.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use bellwether_storage::{SharedCache, SharedCacheOptions};
use bellwether_testkit::servers::{Redis, free_port};

use super::{open, works_within};

/// Makes an authority and a certificate for 127.0.0.1 signed by it.
fn make_certificates(folder: &Path) {
    let openssl = |args: &str| {
        let made = Command::new("openssl")
            .args(args.split_whitespace())
            .current_dir(folder)
            .output()
            .expect("openssl is installed");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    };
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    openssl(&format!(
        "req -x509 {key} -days 2 -subj /CN=authority -keyout ca.key -out ca.pem"
    ));
    openssl(&format!(
        "req {key} -subj /CN=redis -keyout redis.key -out redis.csr"
    ));
    std::fs::write(folder.join("ext"), "subjectAltName=IP:127.0.0.1\n").unwrap();
    openssl(
        "x509 -req -in redis.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext -out redis.pem",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_with_a_private_authority() {
    let folder = tempfile::tempdir().unwrap();
    make_certificates(folder.path());
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let tls_port = free_port();
    let _redis = Redis::start_with(&[
        "--tls-port",
        &tls_port.to_string(),
        "--tls-cert-file",
        &path("redis.pem"),
        "--tls-key-file",
        &path("redis.key"),
        "--tls-ca-cert-file",
        &path("ca.pem"),
        "--tls-auth-clients",
        "no",
    ]);
    let url = format!("rediss://127.0.0.1:{tls_port}");
    let options = SharedCacheOptions {
        ca_pem: Some(std::fs::read(path("ca.pem")).unwrap()),
        ..SharedCacheOptions::default()
    };
    let cache = SharedCache::open(&url, options).unwrap();
    works_within(&cache, Duration::from_secs(5)).await;

    let stranger = open(&url);
    assert!(!stranger.connected(Duration::from_millis(500)).await);
}
