//! Load by `h2load`, which costs less than what it measures, on cores of its own where there are several.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use prost::Message;

/// Connections, and streams on each.
const CONNECTIONS: u32 = 4;
const STREAMS: u32 = 16;
/// How far the bytes of all answers may be from what they should be.
const TOLERANCE: f64 = 0.001;
/// The core of what is measured, and those of everything else.
const OURS: &str = "0";

/// A request that is sent over and over.
pub(crate) struct Load {
    folder: tempfile::TempDir,
    headers: Vec<String>,
    path: &'static str,
}

impl Load {
    /// A call of a method; nothing when the machine has no `h2load`.
    pub(crate) fn of(path: &'static str, message: &impl Message, token: &str) -> Result<Option<Self>> {
        let found = Command::new("h2load")
            .arg("--version")
            .stdout(Stdio::null())
            .status();
        if found.is_err() {
            return Ok(None);
        }
        let folder = tempfile::tempdir()?;
        let message = message.encode_to_vec();
        // Not compressed, and how long.
        let mut frame = vec![0];
        frame.extend(u32::try_from(message.len())?.to_be_bytes());
        frame.extend(message);
        std::fs::write(folder.path().join("request"), frame)?;
        let headers = vec![
            "content-type: application/grpc".to_owned(),
            "te: trailers".to_owned(),
            format!("authorization: Bearer {token}"),
        ];
        Ok(Some(Self {
            folder,
            headers,
            path,
        }))
    }

    /// Sends it so often and returns the requests a second. Answers that are not of `bytes` each are an error.
    pub(crate) fn run(&self, url: &str, requests: u64, bytes: usize) -> Result<f64> {
        let mut command = if cores() > 1 {
            let mut command = Command::new("taskset");
            command.args(["-c", &theirs(), "h2load"]);
            command
        } else {
            Command::new("h2load")
        };
        command.args(["-n", &requests.to_string()]);
        command.args(["-c", &CONNECTIONS.to_string(), "-m", &STREAMS.to_string()]);
        command.arg("-d").arg(self.folder.path().join("request"));
        for header in &self.headers {
            command.args(["-H", header]);
        }
        let output = command.arg(format!("{url}{}", self.path)).output()?;
        let said = String::from_utf8_lossy(&output.stdout);
        ensure!(output.status.success(), "h2load failed: {said}");
        let line = |start: &str| {
            let found = said.lines().find(|line| line.starts_with(start));
            found.with_context(|| format!("h2load does not say `{start}`: {said}"))
        };
        let good = format!("{requests} 2xx");
        ensure!(
            line("status codes:")?.contains(&good),
            "not every answer came: {said}"
        );
        let data = number_before(line("traffic:")?, ") data").context("h2load does not count bytes")?;
        let expected = requests as f64 * (bytes + 5) as f64;
        // A crowded machine may have an answer or two computed where the cache was too slow, and their reasons are longer.
        ensure!(
            (data - expected).abs() <= expected * TOLERANCE,
            "{data} bytes came where {expected} were due"
        );
        number_before(line("finished in")?, " req/s").context("h2load does not say how fast it was")
    }
}

/// The number that ends where a text begins.
fn number_before(line: &str, text: &str) -> Option<f64> {
    let (before, _) = line.split_once(text)?;
    let start = before.rfind(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
    before[start + 1..].parse().ok()
}

/// How many cores this process may use.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn theirs() -> String {
    format!("1-{}", cores() - 1)
}

/// Holds what is measured on a core of its own, and what it leans on away from it.
pub(crate) fn pin(process: u32, is_measured: bool) -> Result<()> {
    if cores() < 2 {
        return Ok(());
    }
    let cores = if is_measured { OURS.to_owned() } else { theirs() };
    let id = process.to_string();
    let mut command = Command::new("taskset");
    command
        .args(["-a", "-p", "-c", &cores, &id])
        .stdout(Stdio::null());
    ensure!(command.status()?.success(), "taskset cannot hold process {id}");
    Ok(())
}

/// The streams that load comes by.
pub(crate) fn streams() -> u32 {
    CONNECTIONS * STREAMS
}

/// Reads a whole file.
pub(crate) fn bytes_of(file: &Path) -> Result<Vec<u8>> {
    std::fs::read(file).with_context(|| file.display().to_string())
}
