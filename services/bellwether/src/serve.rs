//! `serve`: the whole platform in one process.

use std::path::PathBuf;
use std::sync::Arc;

use bellwether_domain::{Error, SystemClock};
use bellwether_ingestion::Ingestion;
use bellwether_kpi::Kpi;
use bellwether_runtime::config::{Environment, Sources, load};
use bellwether_runtime::{
    DataDir, Host, LinkConfig, Node, NodeConfig, PeerLink, TelemetryConfig, TokenSet, run as run_node,
};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use crate::cli::ServeArgs;
use crate::client::Client;
use crate::demo;
use crate::exit::{Code, Failure};
use crate::output::Printer;

/// Everything that can be configured.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Config {
    data_dir: Option<PathBuf>,
    node: NodeConfig,
    telemetry: TelemetryConfig,
    link: LinkConfig,
    ingestion: bellwether_ingestion::Config,
    kpi: bellwether_kpi::Config,
}

/// What the command line says of the configuration.
#[derive(Serialize)]
struct Flags {
    #[serde(skip_serializing_if = "Option::is_none")]
    data_dir: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<NodeFlags>,
}

#[derive(Serialize)]
struct NodeFlags {
    listen: String,
}

/// Short names of keys, as `BELLWETHER_DATA_DIR`.
const ALIASES: &[(&str, &str)] = &[("DATA_DIR", "data_dir"), ("LISTEN", "node.listen")];
/// Variables of the client commands and of `--config`.
const NOT_KEYS: &[&str] = &["SERVER", "TOKEN_FILE", "CONFIG"];

/// Serves until the process is told to stop.
///
/// # Errors
/// Usage for a wrong configuration, else why it could not start or go on.
pub(crate) async fn run(args: ServeArgs, printer: &Printer) -> Result<Code, Failure> {
    let demo = args.demo;
    let config = configured(args, Environment::of_process())?;
    let telemetry = bellwether_runtime::telemetry::init(&config.telemetry)?;
    let served = serve(config, demo, printer).await;
    telemetry.shutdown().await;
    served.map(|()| Code::Ok)
}

fn configured(args: ServeArgs, environment: Environment) -> Result<Config, Failure> {
    let sources = Sources {
        file: args.config,
        environment,
        aliases: ALIASES,
        ignored: NOT_KEYS,
    };
    let flags = Flags {
        data_dir: args.data_dir,
        node: args.listen.map(|listen| NodeFlags { listen }),
    };
    load(&sources, &flags).map_err(|error: Error| Failure::from(error).with_code(Code::Usage))
}

async fn serve(config: Config, demo: bool, printer: &Printer) -> Result<(), Failure> {
    let dir = config
        .data_dir
        .ok_or_else(|| Failure::usage("where is the data? Give --data-dir DIR or set BELLWETHER_DATA_DIR"))?;
    let host = Host::new(Arc::new(SystemClock), DataDir::open(dir)?);
    // What is wrong with the address or the tokens is said before any database is touched.
    let node = Node::new(&host, config.node, TokenSet::load(&host.data_dir)?);
    node.check_address().await?;
    let ingestion = Ingestion::start(&host, config.ingestion).await?;
    let peer = PeerLink::near(&host, &ingestion.services());
    let kpi = Kpi::start(&host, peer, config.kpi).await?;
    let node = node
        .serve_services(ingestion.services())
        .serve_services(kpi.services());

    let (tell, told) = oneshot::channel();
    let announced = async {
        let ready = announce(&host, told, demo, printer).await;
        if ready.is_err() {
            host.shutdown.trigger();
        }
        ready
    };
    let on_ready = |url: &str| {
        // Nobody listens only when the process is ending already.
        tell.send(url.to_owned()).ok();
    };
    let (ran, announced) = tokio::join!(run_node(&host, node, on_ready), announced);
    let closed = ingestion.close().await;
    announced?;
    ran?;
    Ok(closed?)
}

/// Says `ready URL` once the server is, and with `--demo` once the demo's records are in.
async fn announce(
    host: &Host,
    url: oneshot::Receiver<String>,
    demo: bool,
    printer: &Printer,
) -> Result<(), Failure> {
    let Ok(url) = url.await else { return Ok(()) };
    if demo {
        let client = Client::at(&url, &host.data_dir.token()?)?;
        tokio::select! {
            loaded = demo::load(&client, host.clock.as_ref(), printer) => loaded?,
            () = host.shutdown.draining().cancelled() => return Ok(()),
        }
    }
    printer.data(&format!("ready {url}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args() -> ServeArgs {
        ServeArgs {
            data_dir: None,
            listen: None,
            demo: false,
            config: None,
        }
    }

    #[test]
    fn flags_win_over_the_environment() {
        let environment = || {
            Environment::of(&[
                ("BELLWETHER_DATA_DIR", "/env"),
                ("BELLWETHER_SERVER", "http://x:1"),
            ])
        };
        let config = configured(args(), environment()).unwrap();
        assert_eq!(config.data_dir, Some("/env".into()));
        let flags = ServeArgs {
            data_dir: Some("/flag".into()),
            listen: Some("127.0.0.1:4711".to_owned()),
            ..args()
        };
        let config = configured(flags, environment()).unwrap();
        assert_eq!(
            (config.data_dir, config.node.listen.as_str()),
            (Some("/flag".into()), "127.0.0.1:4711")
        );
    }

    #[test]
    fn an_unknown_key_is_wrong_usage() {
        let failure = configured(args(), Environment::of(&[("BELLWETHER_NODE__LISTN", "x")])).unwrap_err();
        assert_eq!(failure.code(), Code::Usage);
        assert!(
            failure.lines().join(" ").contains("node.listn"),
            "{:?}",
            failure.lines()
        );
    }

    #[tokio::test]
    async fn a_wrong_address_or_token_list_leaves_the_databases_alone() {
        let look = crate::cli::Look {
            output: crate::cli::Format::Table,
            no_color: true,
        };
        let printer = Printer::new(&look);
        let folder = tempfile::tempdir().unwrap();
        let config = |listen: &str| Config {
            data_dir: Some(folder.path().to_owned()),
            node: NodeConfig {
                listen: listen.to_owned(),
                ..NodeConfig::default()
            },
            ..Config::default()
        };
        let failure = serve(config("nowhere"), false, &printer).await.unwrap_err();
        assert!(failure.lines().join(" ").contains("node.listen"), "{failure:?}");
        std::fs::write(folder.path().join("tokens.yaml"), "- nonsense").unwrap();
        let failure = serve(config("127.0.0.1:0"), false, &printer).await.unwrap_err();
        assert!(failure.lines().join(" ").contains("tokens.yaml"), "{failure:?}");
        assert!(!folder.path().join("ingestion.db").exists());
    }

    #[test]
    fn the_documented_configuration_is_the_default() {
        let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../deploy/config/embedded.yaml");
        let args = ServeArgs {
            config: Some(file),
            ..args()
        };
        let config = configured(args, Environment::of(&[])).unwrap();
        assert_eq!(config.data_dir, Some("data".into()));
        let plain = Config {
            data_dir: config.data_dir.clone(),
            ..Config::default()
        };
        assert_eq!(format!("{config:?}"), format!("{plain:?}"));
    }
}
