//! The image is small, starts in a moment as nobody in particular, and a fleet of it as `deploy/compose.yaml` says
//! answers as one process does.

use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bellwether_testkit::servers::{Postgres, Redis};
use bellwether_tests::compose::{self, File, Service};
use bellwether_tests::containers::{Container, Store};
use bellwether_tests::oracle::export;
use bellwether_tests::product::{Done, binary, run_in};
use bellwether_tests::workspace_root;
use serde_json::Value;

/// What the image that is shipped may be, in MB.
const MAX_MB: u64 = 120;
/// The same for a program that was not optimised: measured, its image is 1.35 times as large.
const MAX_MB_UNOPTIMISED: u64 = 162;
const MAX_START: Duration = Duration::from_secs(1);

/// One test at a time: a start is measured.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The image, and a folder with the token that all containers and clients of a test use.
struct Desk {
    store: Store,
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let desk = Self {
            store: Store::with_image(),
            folder: tempfile::tempdir().expect("a folder"),
        };
        std::fs::write(desk.token(), "the-token-of-this-test\n").expect("a writable folder");
        desk
    }

    fn token(&self) -> PathBuf {
        self.folder.path().join("token")
    }

    /// Runs a client command against a server.
    fn run(&self, server: &str, args: &[&str]) -> Done {
        let token = self.token().display().to_string();
        let to = ["--server", server, "--token-file", &token];
        run_in(self.folder.path(), &[args, &to].concat())
    }

    fn start(&self, name: &str, service: &Service) -> Container<'_> {
        self.store.start(name, service, &[("token", &self.token())])
    }
}

fn compose_file() -> File {
    let variables = [
        ("BELLWETHER_TOKEN_FILE", "token"),
        ("POSTGRES_PASSWORD", "none"),
        ("REDIS_PASSWORD", "none"),
    ];
    compose::read(&variables).expect("a sound file")
}

/// Sets a variable that the service has to something else.
fn set(service: &mut Service, key: &str, value: &str) {
    let old = service.environment.insert(key.to_owned(), value.to_owned());
    assert!(old.is_some(), "compose.yaml does not set {key}");
}

/// A service of compose.yaml on a free port of this machine.
fn service(file: &File, name: &str) -> Service {
    let mut service = file.services[name].clone();
    set(&mut service, "BELLWETHER_LISTEN", "127.0.0.1:0");
    service
}

/// Everything in one process, hardened as a service of compose.yaml.
fn embedded(file: &File) -> Service {
    let mut service = service(file, "kpi-1");
    for key in [
        "BELLWETHER_ROLES",
        "BELLWETHER_INGESTION_URL",
        "BELLWETHER_REDIS_URL",
    ] {
        service.environment.remove(key).expect("compose.yaml sets it");
    }
    service.volumes = vec!["embedded:/data".to_owned()];
    service
}

#[test]
fn the_image_is_small_and_starts_in_a_moment_without_any_right() {
    let _alone = alone();
    let desk = Desk::new();
    is_small_and_says_what_it_is(&desk.store);
    let mut service = embedded(&compose_file());
    let mut took = Vec::new();
    for round in 0..3 {
        // A volume of its own each time: the first start makes the database.
        service.volumes = vec![format!("embedded-{round}:/data")];
        let container = desk.start(&format!("embedded-{round}"), &service);
        took.push(container.ready_after);
        if round == 0 {
            has_no_right(&container);
            is_well(&container, &service);
        }
    }
    took.sort();
    eprintln!("ready after {took:?}");
    assert!(took[1] <= MAX_START, "ready after {took:?}");
}

fn is_small_and_says_what_it_is(store: &Store) {
    let optimised = binary().components().any(|part| part.as_os_str() == "release");
    let limit = if optimised { MAX_MB } else { MAX_MB_UNOPTIMISED };
    eprintln!("the image is {} MB", store.image_mb);
    assert!(store.image_mb <= limit, "{} MB of {limit}", store.image_mb);
    let of = |template: &str| store.image(template);
    assert_eq!(of("{{.Config.User}}"), "65532:65532");
    assert_eq!(of("{{json .Config.Entrypoint}}"), r#"["/bellwether"]"#);
    assert_eq!(of("{{json .Config.ExposedPorts}}"), r#"{"4711/tcp":{}}"#);
    assert_eq!(of("{{len .RootFS.Layers}}"), "1");
    let label = |name: &str| {
        of(&format!(
            "{{{{index .Labels \"org.opencontainers.image.{name}\"}}}}"
        ))
    };
    assert_eq!(label("version"), env!("CARGO_PKG_VERSION"));
    assert!(
        label("licenses").starts_with("Apache-2.0"),
        "{}",
        label("licenses")
    );
}

/// What the kernel says of the program, and what it cannot do.
fn has_no_right(container: &Container<'_>) {
    let status = container.status();
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let words = line.unwrap_or_default().split_whitespace();
        words.map(str::to_owned).collect::<Vec<_>>()
    };
    // Started by root the numbers are those of the image; started by anyone else they are mapped to some of his.
    let root = std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    for id in [field("Uid:"), field("Gid:")] {
        let known = |id: &String| if root { id == "65532" } else { id != "0" };
        assert!(id.len() == 4 && id.iter().all(known), "{status}");
    }
    for set in ["CapInh:", "CapPrm:", "CapEff:", "CapBnd:", "CapAmb:"] {
        assert_eq!(field(set), ["0000000000000000"], "{set} {status}");
    }
    assert_eq!(field("NoNewPrivs:"), ["1"], "{status}");
    assert_eq!(container.inspect("{{.HostConfig.ReadonlyRootfs}}"), "true");
    // The program itself cannot make a folder outside of its own.
    let words = |folder: &str| ["/bellwether", "serve", "--data-dir", folder].map(str::to_owned);
    let refused = container.exec(&[], &words("/elsewhere"));
    assert!(
        refused.code != 0 && refused.err.contains("Read-only file system"),
        "{refused:?}"
    );
}

/// The health check of compose.yaml says so too; names resolve.
fn is_well(container: &Container<'_>, service: &Service) {
    let command = &service.healthcheck.test[1..];
    let by_name = container.url.replace("127.0.0.1", "localhost");
    for url in [&container.url, &by_name] {
        container.exec(&[("BELLWETHER_SERVER", url)], command).exits(0);
    }
    container
        .exec(&[("BELLWETHER_SERVER", "http://127.0.0.1:1")], command)
        .exits(6);
}

/// The fleet of compose.yaml: two of each service.
struct Fleet<'a> {
    ingestions: Vec<Container<'a>>,
    kpis: Vec<Container<'a>>,
    forecastings: Vec<Container<'a>>,
}

impl<'a> Fleet<'a> {
    fn start(desk: &'a Desk, file: &File, database: &str, redis: &str) -> Self {
        let named = |names: [&'static str; 2]| names.map(|name| (name, service(file, name))).to_vec();
        let mut of_ingestion = named(["ingestion-1", "ingestion-2"]);
        let mut of_kpi = named(["kpi-1", "kpi-2"]);
        let mut of_forecasting = named(["forecasting-1", "forecasting-2"]);
        for (_, service) in of_ingestion.iter_mut().chain(&mut of_forecasting) {
            set(service, "BELLWETHER_DATABASE_URL", database);
        }
        for (_, service) in &mut of_kpi {
            set(service, "BELLWETHER_REDIS_URL", redis);
        }
        Self {
            ingestions: start_each(desk, of_ingestion, "BELLWETHER_INGESTION_URL", &mut of_kpi),
            kpis: start_each(desk, of_kpi, "BELLWETHER_KPI_URL", &mut of_forecasting),
            forecastings: start_each(desk, of_forecasting, "", &mut []),
        }
    }

    /// Drains all of them at the same time.
    fn stop(self) -> Vec<(Option<i32>, Duration)> {
        let all = self
            .forecastings
            .into_iter()
            .chain(self.kpis)
            .chain(self.ingestions);
        std::thread::scope(|scope| {
            let ends: Vec<_> = all.map(|one| scope.spawn(|| one.stop())).collect();
            let ends = ends.into_iter().map(|end| end.join().expect("it stops"));
            ends.collect()
        })
    }
}

/// Starts containers and tells those that lean on them, in a variable of theirs, where they are.
fn start_each<'a>(
    desk: &'a Desk,
    services: Vec<(&'static str, Service)>,
    key: &str,
    leaning: &mut [(&'static str, Service)],
) -> Vec<Container<'a>> {
    let start = |(name, service): (&'static str, Service)| {
        let container = desk.start(name, &service);
        for (_, other) in &mut *leaning {
            let urls = other.environment[key].replace(&format!("http://{name}:4711"), &container.url);
            set(other, key, &urls);
        }
        container
    };
    services.into_iter().map(start).collect()
}

/// An import, and questions about what it brought.
struct Journey {
    tenant: &'static str,
    folder: PathBuf,
    mapping: PathBuf,
    files: &'static [&'static str],
    questions: &'static [&'static [&'static str]],
}

/// The samples that are shipped, and the CRM export where it is there.
fn journeys() -> Vec<Journey> {
    let examples = workspace_root().join("deploy/mappings/examples");
    let mut journeys = vec![Journey {
        tenant: "samples",
        mapping: examples.join("opportunities.yaml"),
        folder: examples,
        files: &["deals.csv", "deal_lines.csv", "deal_stages.csv", "catalogue.csv"],
        questions: &[
            &["win_rate", "deals_won", "--by", "owner"],
            &["open_deals", "--by", "stage", "--grain", "year"],
        ],
    }];
    match export::folder() {
        None => eprintln!("the CRM part is left out: ../shared/data/crm is not there"),
        Some(folder) => journeys.push(Journey {
            tenant: "crm",
            mapping: workspace_root().join("deploy/mappings/crm_sales_opportunities.yaml"),
            folder,
            files: &[
                "accounts.csv",
                "products.csv",
                "sales_teams.csv",
                "sales_pipeline.csv",
            ],
            questions: &[
                &["win_rate", "bookings", "average_deal_size", "--by", "owner"],
                &[
                    "win_rate",
                    "median_deal_size",
                    "--by",
                    "region",
                    "--by",
                    "product",
                    "--grain",
                    "quarter",
                ],
                &[
                    "open_deals",
                    "pipeline_value",
                    "sales_velocity",
                    "--grain",
                    "month",
                ],
                &["sales_cycle_median", "deals_won", "--by", "account"],
            ],
        }),
    }
    journeys
}

impl Journey {
    fn import(&self, desk: &Desk, server: &str) -> Value {
        let files = self
            .files
            .iter()
            .map(|file| self.folder.join(file).display().to_string());
        let files: Vec<String> = files.collect();
        let mapping = self.mapping.display().to_string();
        let mut args = vec![
            "import",
            "--tenant",
            self.tenant,
            "--mapping",
            &mapping,
            "--output",
            "json",
        ];
        args.extend(files.iter().map(String::as_str));
        desk.run(server, &args).exits(0).json()
    }

    fn ask(&self, desk: &Desk, server: &str) -> Vec<Value> {
        // Wide enough for the deals of both; the day fixes what is open.
        let when = [
            "--from",
            "2016-01-01",
            "--to",
            "2026-01-01",
            "--as-of",
            "2025-12-31",
        ];
        let ask = |question: &&[&str]| {
            let args = [
                &["kpi", "query", "--tenant", self.tenant, "--output", "json"],
                *question,
                &when,
            ]
            .concat();
            let mut answer = desk.run(server, &args).exits(0).json();
            forget_the_deployment(&mut answer);
            answer
        };
        self.questions.iter().map(ask).collect()
    }

    fn foretell(&self, desk: &Desk, server: &str) -> Value {
        let args = [
            "forecast",
            "kpi",
            "deals_won",
            "--tenant",
            self.tenant,
            "--as-of",
            "2017-12-31",
            "--horizon",
            "3",
            "--output",
            "json",
        ];
        let mut answer = desk.run(server, &args).exits(0).json();
        forget_the_deployment(&mut answer);
        answer
    }
}

/// Takes away what may differ between deployments.
fn forget_the_deployment(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(forget_the_deployment),
        Value::Object(fields) => {
            let passing = [
                "epoch",
                "recorded_at",
                "path",
                "path_reason",
                "forecast_id",
                "cached",
            ];
            fields.retain(|key, _| !passing.contains(&key.as_str()));
            // EPOCH:SEQ, of which the epoch is the deployment's own.
            if let Some(Value::String(position)) = fields.get_mut("position")
                && let Some((_, seq)) = position.split_once(':')
            {
                *position = seq.to_owned();
            }
            fields.values_mut().for_each(forget_the_deployment);
        }
        _ => {}
    }
}

#[test]
fn a_fleet_of_containers_answers_as_one_process() {
    let _alone = alone();
    let (desk, file) = (Desk::new(), compose_file());
    let one = desk.start("one", &embedded(&file));
    let (database, redis) = (Postgres::shared().database(), Redis::start());
    let fleet = Fleet::start(&desk, &file, &database, &redis.url());
    let well = |name: &str, containers: &[Container<'_>]| {
        let command = &file.services[name].healthcheck.test[1..];
        for container in containers {
            container
                .exec(&[("BELLWETHER_SERVER", &container.url)], command)
                .exits(0);
        }
    };
    well("ingestion-1", &fleet.ingestions);
    well("kpi-1", &fleet.kpis);
    well("forecasting-1", &fleet.forecastings);
    for (journey, ingestion) in journeys().iter().zip(fleet.ingestions.iter().cycle()) {
        let brought = journey.import(&desk, &one.url)["records"].clone();
        assert_eq!(
            journey.import(&desk, &ingestion.url)["records"],
            brought,
            "{}",
            journey.tenant
        );
        let expected = journey.ask(&desk, &one.url);
        let rows: usize = expected
            .iter()
            .filter_map(|answer| Some(answer.as_array()?.len()))
            .sum();
        assert!(rows >= journey.questions.len(), "{expected:?}");
        for kpi in &fleet.kpis {
            assert_eq!(journey.ask(&desk, &kpi.url), expected, "{}", journey.tenant);
        }
        let expected = journey.foretell(&desk, &one.url);
        for forecasting in &fleet.forecastings {
            assert_eq!(
                journey.foretell(&desk, &forecasting.url),
                expected,
                "{}",
                journey.tenant
            );
        }
    }
    drains(fleet);
}

fn drains(fleet: Fleet<'_>) {
    for (code, took) in fleet.stop() {
        assert_eq!(code, Some(0), "it was killed after {took:?}");
        assert!(took >= Duration::from_secs(5), "no lame duck: {took:?}");
        assert!(took < Duration::from_secs(30), "{took:?}");
    }
}

#[test]
fn the_script_refuses_an_image_that_is_too_large() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a folder");
    let mut build = std::process::Command::new(workspace_root().join("scripts/image.sh"));
    build
        .arg("--binary")
        .arg(binary())
        .args(["--max-mb", "1", "--root"])
        .arg(folder.path());
    let done = bellwether_tests::product::done(&build.output().expect("bash starts"));
    assert_ne!(done.code, 0);
    assert!(done.err.contains("at most 1"), "{}", done.err);
    let left: Vec<_> = std::fs::read_dir(folder.path()).expect("a folder").collect();
    assert!(left.is_empty(), "{left:?}");
}
