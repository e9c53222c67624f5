//! What `serve` takes and what it asks for.

use std::path::PathBuf;

use bellwether_runtime::NodeConfig;

use super::config::Peer;
use super::*;

fn args() -> ServeArgs {
    ServeArgs {
        roles: None,
        data_dir: None,
        database_url: None,
        ingestion_url: None,
        kpi_url: None,
        redis_url: None,
        token_file: None,
        listen: None,
        demo: false,
        config: None,
    }
}

fn read(variables: &[(&str, &str)]) -> Result<Config, Failure> {
    Config::read(args(), Environment::of(variables))
}

#[test]
fn flags_win_over_the_environment() {
    let environment = || {
        Environment::of(&[
            ("BELLWETHER_DATA_DIR", "/env"),
            ("BELLWETHER_ROLES", "kpi"),
            ("BELLWETHER_SERVER", "http://x:1"),
        ])
    };
    let config = Config::read(args(), environment()).unwrap();
    assert_eq!(config.data_dir, Some("/env".into()));
    assert!(config.roles.kpi && !config.roles.ingestion);
    let flags = ServeArgs {
        roles: Some("ingestion".to_owned()),
        data_dir: Some("/flag".into()),
        listen: Some("127.0.0.1:4711".to_owned()),
        ..args()
    };
    let config = Config::read(flags, environment()).unwrap();
    assert_eq!(
        (config.data_dir, config.node.listen.as_str()),
        (Some("/flag".into()), "127.0.0.1:4711")
    );
    assert!(config.roles.ingestion && !config.roles.kpi && !config.roles.forecasting);
}

#[test]
fn an_unknown_key_or_role_is_wrong_usage() {
    for (name, value, told) in [
        ("BELLWETHER_NODE__LISTN", "x", "node.listn"),
        ("BELLWETHER_ROLES", "ingestion,kpis", "`kpis` is not a role"),
        ("BELLWETHER_ROLES", "", "is not a role"),
        ("BELLWETHER_ROLES", "[]", "at least one role"),
    ] {
        let failure = read(&[(name, value)]).unwrap_err();
        assert_eq!(failure.code(), Code::Usage);
        let lines = failure.lines().join(" ");
        assert!(lines.contains(told) && lines.contains(name), "{lines}");
    }
}

#[test]
fn each_role_tells_what_it_lacks() {
    let lacking = |variables: &[(&str, &str)], demo: bool| {
        let failure = read(variables).unwrap().needs(demo).unwrap_err();
        assert_eq!(failure.code(), Code::Usage);
        failure.lines().join("\n")
    };
    let lines = lacking(&[], false);
    assert!(
        lines.contains("where is the data? Give --data-dir DIR"),
        "{lines}"
    );
    let lines = lacking(&[("BELLWETHER_ROLES", "kpi")], false);
    assert!(
        lines.contains("--token-file") && lines.contains("--ingestion-url"),
        "{lines}"
    );
    let lines = lacking(
        &[
            ("BELLWETHER_ROLES", "forecasting"),
            ("BELLWETHER_TOKEN_FILE", "/token"),
        ],
        false,
    );
    assert!(
        lines.contains("where is the data?") && lines.contains("--kpi-url"),
        "{lines}"
    );
    // A private folder would be removed with the records in it.
    let lines = lacking(&[("BELLWETHER_TOKEN_FILE", "/token")], false);
    assert!(lines.contains("where is the data?"), "{lines}");
    let lines = lacking(&[("BELLWETHER_DATABASE_URL", "postgres://h/d")], false);
    assert!(lines.contains("which token?"), "{lines}");
    let lines = lacking(
        &[("BELLWETHER_DATA_DIR", "/d"), ("BELLWETHER_ROLES", "ingestion")],
        true,
    );
    assert!(lines.contains("--demo needs both"), "{lines}");
}

#[test]
fn each_role_takes_what_it_needs_and_ignores_the_rest() {
    let all = [
        ("BELLWETHER_DATABASE_URL", "postgres://ann:hunter2@h/d"),
        ("BELLWETHER_REDIS_URL", "redis://:hunter2@h"),
        ("BELLWETHER_INGESTION_URL", "http://a:1,http://b:1"),
        ("BELLWETHER_KPI_URL", "http://k:1"),
        ("BELLWETHER_TOKEN_FILE", "/token"),
    ];
    let with = |roles: &str| {
        let variables = [&all[..], &[("BELLWETHER_ROLES", roles)]].concat();
        let config = read(&variables).unwrap();
        assert!(!format!("{config:?}").contains("hunter2"), "{config:?}");
        config.needs(false).unwrap()
    };
    let both = with("ingestion, kpi");
    assert_eq!((both.place.is_some(), both.peer), (true, Some(Peer::Near)));
    let ingestion = with("ingestion");
    assert_eq!((ingestion.place.is_some(), ingestion.peer), (true, None));
    let kpi = with("[kpi]");
    assert_eq!(
        (kpi.place.is_some(), kpi.peer),
        (false, Some(Peer::Far("http://a:1,http://b:1".to_owned())))
    );
    assert!(kpi.kpi.is_none() && kpi.forecasts.is_none());
    let forecasting = with("forecasting");
    assert!(forecasting.place.is_none() && forecasting.peer.is_none() && forecasting.forecasts.is_some());
    assert_eq!(forecasting.kpi, Some(Peer::Far("http://k:1".to_owned())));
    assert_eq!(with("kpi,forecasting").kpi, Some(Peer::Near));
}

fn printer() -> Printer {
    Printer::new(&crate::cli::Look {
        output: crate::cli::Format::Table,
        no_color: true,
    })
}

#[tokio::test]
async fn a_wrong_address_or_token_list_leaves_the_databases_alone() {
    let folder = tempfile::tempdir().unwrap();
    let config = |listen: &str| Config {
        data_dir: Some(folder.path().to_owned()),
        node: NodeConfig {
            listen: listen.to_owned(),
            ..NodeConfig::default()
        },
        ..Config::default()
    };
    let failure = serve(config("nowhere"), false, &printer()).await.unwrap_err();
    assert!(failure.lines().join(" ").contains("node.listen"), "{failure:?}");
    std::fs::write(folder.path().join("tokens.yaml"), "- nonsense").unwrap();
    let failure = serve(config("127.0.0.1:0"), false, &printer()).await.unwrap_err();
    assert!(failure.lines().join(" ").contains("tokens.yaml"), "{failure:?}");
    assert!(!folder.path().join("ingestion.db").exists());
}

#[tokio::test]
async fn a_malformed_url_is_wrong_usage_and_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "a-shared-token").unwrap();
    let token = token.display().to_string();
    for (roles, name, value, told) in [
        ("kpi", "BELLWETHER_REDIS_URL", "rediss//:hunter2@h", "redis"),
        (
            "ingestion",
            "BELLWETHER_DATABASE_URL",
            "postgrs://ann:hunter2@h/d",
            "database_url",
        ),
        (
            "kpi",
            "BELLWETHER_INGESTION_URL",
            "http://ann:hunter2@h:1",
            "password",
        ),
        (
            "kpi",
            "BELLWETHER_INGESTION_URL",
            "ingestion:4711",
            "http://127.0.0.1:4711",
        ),
    ] {
        let variables = [
            ("BELLWETHER_INGESTION_URL", "http://127.0.0.1:1"),
            ("BELLWETHER_TOKEN_FILE", &token),
            ("BELLWETHER_ROLES", roles),
            (name, value),
        ];
        let failure = serve(read(&variables).unwrap(), false, &printer())
            .await
            .unwrap_err();
        let lines = failure.lines().join(" ");
        assert_eq!(failure.code(), Code::Usage, "{lines}");
        assert!(lines.contains(told) && !lines.contains("hunter2"), "{lines}");
    }
}

fn sample(name: &str) -> Config {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../deploy/config")
        .join(name);
    let args = ServeArgs {
        config: Some(file),
        ..args()
    };
    Config::read(args, Environment::of(&[])).unwrap()
}

#[test]
fn the_documented_configuration_is_the_default() {
    let config = sample("embedded.yaml");
    assert_eq!(config.data_dir, Some("data".into()));
    let plain = Config {
        data_dir: config.data_dir.clone(),
        ..Config::default()
    };
    let shown = format!("{config:?}");
    assert_eq!(shown, format!("{plain:?}"));
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../deploy/config/embedded.yaml");
    let text = std::fs::read_to_string(file).unwrap();
    for key in keys(&shown) {
        assert!(text.contains(&format!("{key}:")), "embedded.yaml lacks {key}");
    }
}

/// The names of fields in what `Debug` shows, but for those of the roles, which are a list in the file.
fn keys(shown: &str) -> impl Iterator<Item = &str> {
    let words = shown.split([' ', '{']).filter_map(|word| word.strip_suffix(':'));
    words.filter(|word| {
        word.chars()
            .all(|letter| letter.is_ascii_lowercase() || letter == '_')
    })
}

#[test]
fn the_samples_of_separate_processes_are_complete() {
    let ingestion = sample("ingestion.yaml").needs(false).unwrap();
    assert!(ingestion.place.is_some() && ingestion.peer.is_none());
    let kpi = sample("kpi.yaml").needs(false).unwrap();
    assert!(kpi.place.is_none() && matches!(kpi.peer, Some(Peer::Far(_))));
    let forecasting = sample("forecasting.yaml").needs(false).unwrap();
    assert!(forecasting.forecasts.is_some() && matches!(forecasting.kpi, Some(Peer::Far(_))));
}
