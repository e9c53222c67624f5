//! `deploy/compose.yaml` says what it must: the fleet, hardened, without a default password, in words that the binary
//! knows.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Stdio};
use std::time::Duration;

use bellwether_tests::compose::{self, File, Service, duration};
use bellwether_tests::product::{Done, binary, done};

const VARIABLES: [(&str, &str); 3] = [
    ("BELLWETHER_TOKEN_FILE", "/etc/bellwether/token"),
    ("POSTGRES_PASSWORD", "sesame1"),
    ("REDIS_PASSWORD", "sesame2"),
];

fn file() -> File {
    compose::read(&VARIABLES).expect("a sound file")
}

/// Our services by name, with the role of each.
fn ours(file: &File) -> Vec<(&str, &Service, &str)> {
    let role = |service: &'_ Service| service.environment.contains_key("BELLWETHER_ROLES");
    let services = file.services.iter().filter(|(_, service)| role(service));
    services
        .map(|(name, service)| {
            (
                name.as_str(),
                service,
                service.environment["BELLWETHER_ROLES"].as_str(),
            )
        })
        .collect()
}

#[test]
fn the_fleet_is_two_of_each_over_postgresql_and_redis() {
    let file = file();
    let names: Vec<&str> = file.services.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "forecasting-1",
            "forecasting-2",
            "ingestion-1",
            "ingestion-2",
            "kpi-1",
            "kpi-2",
            "postgres",
            "redis"
        ]
    );
    let roles: Vec<&str> = ours(&file).into_iter().map(|(_, _, role)| role).collect();
    let expected = [
        "forecasting",
        "forecasting",
        "ingestion",
        "ingestion",
        "kpi",
        "kpi",
    ];
    assert_eq!(roles, expected);
    for (name, service, role) in ours(&file) {
        let waits: Vec<&str> = service.depends_on.keys().map(String::as_str).collect();
        if role != "kpi" {
            assert_eq!(
                service.environment["BELLWETHER_DATABASE_URL"],
                "postgres://bellwether:sesame1@postgres:5432/bellwether"
            );
        }
        if role == "ingestion" {
            assert_eq!(waits, ["postgres"], "{name}");
            continue;
        }
        if role == "forecasting" {
            assert_eq!(waits, ["kpi-1", "kpi-2", "postgres"], "{name}");
            let kpi = &service.environment["BELLWETHER_KPI_URL"];
            assert_eq!(kpi, "http://kpi-1:4711,http://kpi-2:4711");
            continue;
        }
        assert_eq!(waits, ["ingestion-1", "ingestion-2", "redis"], "{name}");
        assert_eq!(
            service.environment["BELLWETHER_INGESTION_URL"],
            "http://ingestion-1:4711,http://ingestion-2:4711"
        );
        assert_eq!(
            service.environment["BELLWETHER_REDIS_URL"],
            "redis://:sesame2@redis:6379/0"
        );
        let folder = &service.environment["BELLWETHER_DATA_DIR"];
        assert_eq!(service.volumes, [format!("{name}:{folder}")], "checkpoints");
    }
}

#[test]
fn what_is_named_is_there() {
    let file = file();
    let mut volumes = BTreeSet::new();
    for (name, service) in &file.services {
        for network in &service.networks {
            assert!(file.networks.contains_key(network), "{name}: {network}");
        }
        for secret in &service.secrets {
            assert!(file.secrets.contains_key(secret), "{name}: {secret}");
        }
        for volume in &service.volumes {
            let volume = volume.split(':').next().unwrap_or_default();
            assert!(file.volumes.contains_key(volume), "{name}: {volume}");
            assert!(volumes.insert(volume), "{volume} has two writers");
        }
        for (other, dependency) in &service.depends_on {
            let other = &file.services[other];
            let condition = dependency.condition.as_str();
            assert!(
                ["service_started", "service_healthy"].contains(&condition),
                "{name}: {condition}"
            );
            let meet = service.networks.iter().any(|net| other.networks.contains(net));
            assert!(meet, "{name} cannot reach what it waits for");
        }
    }
    assert_eq!(volumes.len(), file.volumes.len(), "a volume that nobody uses");
    for (name, service, _) in ours(&file) {
        let secret = &service.environment["BELLWETHER_TOKEN_FILE"];
        let secret = secret.strip_prefix("/run/secrets/").unwrap_or_default();
        assert!(service.secrets.iter().any(|known| known == secret), "{name}");
    }
}

#[test]
fn every_service_is_hardened() {
    let file = file();
    for (name, service) in &file.services {
        assert!(service.read_only, "{name}: the root file system can be written");
        assert_eq!(service.cap_drop, ["ALL"], "{name}");
        assert_eq!(service.security_opt, ["no-new-privileges:true"], "{name}");
        assert!(service.pids_limit.is_some(), "{name}: processes without limit");
        let user = service.user.split(':').map(str::parse::<u32>);
        assert!(
            user.clone().all(|id| id.is_ok_and(|id| id > 0)),
            "{name} runs as {}",
            service.user
        );
        assert!(
            service.tmpfs.iter().any(|path| path.starts_with("/tmp")),
            "{name}: nowhere to write"
        );
        for port in &service.ports {
            assert!(
                port.starts_with("127.0.0.1:"),
                "{name} is open to the world: {port}"
            );
        }
        let store = ["postgres", "redis"].contains(&name.as_str());
        assert_eq!(store, service.ports.is_empty(), "{name}: {:?}", service.ports);
        let closed = |network: &String| file.networks[network].internal;
        assert_eq!(
            store,
            service.networks.iter().all(closed),
            "{name} and the outside"
        );
    }
}

#[test]
fn images_are_pinned() {
    let file = file();
    for (name, service) in &file.services {
        let tag = service.image.rsplit_once(':').map(|(_, tag)| tag);
        let tag = tag.filter(|tag| !tag.contains('/'));
        assert!(
            tag.is_some_and(|tag| tag != "latest"),
            "{name}: {}",
            service.image
        );
    }
    for (name, service, _) in ours(&file) {
        assert_eq!(
            service.image,
            concat!("localhost/bellwether:", env!("CARGO_PKG_VERSION")),
            "{name}"
        );
        assert_eq!(service.pull_policy.as_deref(), Some("never"), "{name}");
    }
}

#[test]
fn there_is_no_default_password() {
    for (name, modifier) in compose::variables() {
        let secret = ["PASSWORD", "TOKEN", "SECRET"]
            .iter()
            .any(|word| name.contains(word));
        assert_eq!(secret, modifier.starts_with(":?"), "{name}{modifier}");
    }
    for left_out in VARIABLES {
        let others: Vec<_> = VARIABLES.into_iter().filter(|one| *one != left_out).collect();
        let refused = compose::read(&others).expect_err("it starts without a password");
        assert!(refused.starts_with(left_out.0), "{refused}");
    }
}

#[test]
fn a_service_may_finish_what_it_does() {
    for (name, service, _) in ours(&file()) {
        let millis = |key: &str| {
            let value = service.environment[key].parse();
            Duration::from_millis(value.expect("a number"))
        };
        let lame_duck = millis("BELLWETHER_NODE__DRAIN__LAME_DUCK_MS");
        let hard = millis("BELLWETHER_NODE__DRAIN__HARD_MS");
        let grace = duration(&service.stop_grace_period);
        assert!(
            lame_duck >= Duration::from_secs(5),
            "{name}: clients need time to hear it"
        );
        assert!(
            lame_duck + hard < grace,
            "{name}: {lame_duck:?} + {hard:?} of {grace:?}"
        );
        let check = &service.healthcheck;
        assert!(duration(&check.timeout) <= duration(&check.interval), "{name}");
        assert!(check.retries > 1 && check.start_period.is_some(), "{name}");
    }
}

/// `bellwether serve` in exactly the environment of a service, with the paths of this machine.
fn serve(environment: &BTreeMap<String, String>) -> Done {
    let folder = tempfile::tempdir().expect("a folder");
    let token = folder.path().join("token");
    std::fs::write(&token, "a-token-of-this-test\n").expect("a writable folder");
    let mut command = Command::new(binary());
    command.arg("serve").env_clear().envs(environment);
    command.env("BELLWETHER_TOKEN_FILE", token);
    if environment.contains_key("BELLWETHER_DATA_DIR") {
        command.env("BELLWETHER_DATA_DIR", folder.path().join("data"));
    }
    // An address at which it cannot listen: it says so once the whole configuration has been read, and touches nothing.
    command.env("BELLWETHER_LISTEN", "nowhere").stdin(Stdio::null());
    done(&command.output().expect("the binary starts"))
}

#[test]
fn the_binary_knows_every_variable() {
    for (name, service, _) in ours(&file()) {
        assert_eq!(service.command, ["serve"], "{name}");
        let done = serve(&service.environment);
        assert!(
            done.code != 0 && done.err.contains("node.listen"),
            "{name}: {done:?}"
        );
        for key in service.environment.keys() {
            let mut wrong = service.environment.clone();
            wrong.insert(format!("{key}X"), "1".to_owned());
            let done = serve(&wrong);
            let told = done.err.to_lowercase();
            let end = key
                .rsplit("__")
                .next()
                .unwrap_or(key)
                .trim_start_matches("BELLWETHER_");
            let named = told.contains(&format!("{}x", end.to_lowercase()));
            assert!(done.code == 2 && named, "{name}: {key}X is not refused: {done:?}");
        }
    }
}

#[test]
fn the_health_check_is_a_command_of_the_binary() {
    for (name, service, _) in ours(&file()) {
        let test: Vec<&str> = service.healthcheck.test.iter().map(String::as_str).collect();
        let ["CMD", "/bellwether", args @ ..] = test.as_slice() else {
            panic!("{name}: {test:?}");
        };
        let listen = &service.environment["BELLWETHER_LISTEN"];
        let port = listen.rsplit(':').next().unwrap_or_default();
        assert_eq!(
            service.environment["BELLWETHER_SERVER"],
            format!("http://127.0.0.1:{port}")
        );
        let mut command = Command::new(binary());
        command.args(args).env_clear().stdin(Stdio::null());
        // Port 1 is closed on every machine.
        command.env("BELLWETHER_SERVER", "http://127.0.0.1:1");
        let done = done(&command.output().expect("the binary starts"));
        assert_eq!(done.code, 6, "{name}: {done:?}");
    }
}
