//! P2: answers that another replica computed, through Redis alone, against a bare tonic echo of the same bytes.

use anyhow::{Context as _, Result, ensure};
use bellwether_contracts::kpi::{Grain, Path as How, QueryKpisRequest, QueryKpisResponse};
use bellwether_runtime::data_dir::read_token;
use bellwether_testkit::servers::Redis;
use bellwether_tests::product::Server;
use prost::Message as _;

use crate::deals;
use crate::door::{BATCH, Door, day, question};
use crate::echo::Echo;
use crate::ingest::batches;
use crate::load::{Load, cores, pin, streams};
use crate::row::{Must, Row, median};
use crate::{say, stop};

const TENANT: &str = "shared";
const DEALS: u64 = 20_000;
const RUNS: usize = 5;
const REQUESTS: u64 = 200_000;
/// The first replica shares whatever it computed; the second one keeps nothing itself.
const SHARE: &str = "kpi: {shared_min_micros: 0}\n";
const KEEP_NOTHING: &str = "kpi: {shared_min_micros: 0, cache_bytes: 0}\n";

/// The replicas, and what they share.
struct Replicas {
    redis: Redis,
    first: Server,
    second: Server,
    _folder: tempfile::TempDir,
}

impl Replicas {
    fn start() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let at = |name: &str| folder.path().join(name);
        let text = |name: &str| at(name).display().to_string();
        std::fs::write(at("share.yaml"), SHARE)?;
        std::fs::write(at("nothing.yaml"), KEEP_NOTHING)?;
        for name in ["first", "second"] {
            std::fs::create_dir(at(name))?;
        }
        let redis = Redis::start();
        let shared = ["--redis-url", &redis.url(), "--config"].map(str::to_owned);
        let args = |config: String| [&shared[..], &[config]].concat();
        let first = args(text("share.yaml"));
        let first = Server::start_with(&at("first"), &borrowed(&first));
        let mut second = args(text("nothing.yaml"));
        let token = text("first/token");
        let own = [
            "--roles",
            "kpi",
            "--ingestion-url",
            &first.url,
            "--token-file",
            &token,
        ];
        second.extend(own.map(str::to_owned));
        let second = Server::start_with(&at("second"), &borrowed(&second));
        Ok(Self {
            redis,
            first,
            second,
            _folder: folder,
        })
    }

    /// How many values Redis was asked for so far.
    fn gets(&self) -> f64 {
        let stats = self.redis.cli(&["info", "commandstats"]);
        let calls = stats
            .lines()
            .find_map(|line| line.strip_prefix("cmdstat_get:calls="));
        let calls = calls.and_then(|rest| rest.split(',').next());
        calls.and_then(|calls| calls.parse().ok()).unwrap_or_default()
    }

    /// The process of Redis.
    fn redis_id(&self) -> Result<u32> {
        let info = self.redis.cli(&["info", "server"]);
        let id = info.lines().find_map(|line| line.strip_prefix("process_id:"));
        id.context("Redis has a process")?
            .trim()
            .parse()
            .context("a number")
    }
}

fn borrowed(args: &[String]) -> Vec<&str> {
    args.iter().map(String::as_str).collect()
}

/// Lets the first replica compute an answer, and asks the second one for it over and over.
pub(crate) async fn measure() -> Result<Vec<Row>> {
    let replicas = tokio::task::spawn_blocking(Replicas::start).await??;
    let (question, answer) = computed(&replicas).await?;
    let token = read_token(&replicas.first.dir.join("token"))?;
    let path = "/bellwether.kpi.v1.KpiService/QueryKpis";
    let Some(load) = Load::of(path, &question, token.expose())? else {
        say("P2 needs h2load (Debian's nghttp2-client): left out");
        return Ok(Vec::new());
    };
    let file = replicas.first.dir.join("answer");
    std::fs::write(&file, answer.encode_to_vec())?;
    let echo = Echo::start(&file)?;
    pin(replicas.second.id(), true)?;
    pin(echo.id(), true)?;
    pin(replicas.redis_id()?, false)?;
    let bytes = answer.encoded_len();
    for url in [&replicas.second.url, &echo.url] {
        load.run(url, REQUESTS / 10, bytes)?;
    }
    let before = replicas.gets();
    let (mut ours, mut anchor) = (Vec::new(), Vec::new());
    for run in 0..RUNS {
        ours.push(load.run(&replicas.second.url, REQUESTS, bytes)?);
        anchor.push(load.run(&echo.url, REQUESTS, bytes)?);
        say(&format!(
            "P2 run {run}: ours {:.0}, echo {:.0} req/s",
            ours[run], anchor[run]
        ));
    }
    let gets = (replicas.gets() - before) / (RUNS as f64 * REQUESTS as f64);
    let row = row(&ours, &anchor, bytes, gets);
    stop(replicas.second)?;
    stop(replicas.first)?;
    Ok(vec![row])
}

/// An answer that the first replica computed, as the second one gives it.
async fn computed(replicas: &Replicas) -> Result<(QueryKpisRequest, QueryKpisResponse)> {
    let first = Door::to(&replicas.first)?;
    let second = Door::at(&replicas.second.url, &replicas.first.dir.join("token"))?;
    first.prepare(TENANT).await?;
    first
        .create(TENANT, batches(&deals::generated(0, DEALS), BATCH))
        .await?;
    let question = QueryKpisRequest {
        from: day("2024-01-01"),
        to: day("2025-01-01"),
        as_of: day("2025-12-31"),
        ..question(TENANT, &["win_rate"], Grain::Unspecified, &[])
    };
    // Where both stand at the head, the keys are the same.
    second
        .ask_at_head(&QueryKpisRequest {
            group_by: vec!["owner".to_owned()],
            ..question.clone()
        })
        .await?;
    first.ask_at_head(&question).await?;
    let values = second.ask(&question).await?;
    let how = values.first().map(|value| value.path());
    ensure!(how == Some(How::Shared), "the second replica answered by {how:?}");
    let answer = QueryKpisResponse {
        values,
        ..QueryKpisResponse::default()
    };
    Ok((question, answer))
}

fn row(ours: &[f64], anchor: &[f64], bytes: usize, gets: f64) -> Row {
    let place = if cores() > 1 {
        "server on a core of its own, h2load and Redis on the others"
    } else {
        "one core"
    };
    Row {
        name: "P2".to_owned(),
        ours: median(ours),
        anchor: Some(median(anchor)),
        unit: "req/s",
        must: Must::RatioAtLeast(0.65),
        runs: RUNS,
        note: format!(
            "QueryKpis ({bytes} B) that another replica computed, in-process cache off, {gets:.2} Redis GETs a request; {} \
             streams, {REQUESTS} requests a run, {place}; anchor: bare tonic echo of the same answer",
            streams()
        ),
    }
}
