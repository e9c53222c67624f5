//! P2's anchor: a bare tonic server that decodes the same request and sends the same answer, in a process of its own.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result};
use bellwether_contracts::kpi::kpi_service_server::{KpiService, KpiServiceServer};
use bellwether_contracts::kpi::{
    CompareKpisRequest, CompareKpisResponse, ExplainChangeRequest, ExplainChangeResponse,
    GetWaterfallRequest, GetWaterfallResponse, ListContributorsRequest, ListContributorsResponse,
    QueryKpisRequest, QueryKpisResponse, StreamFactsRequest, StreamFactsResponse, VerifyReceiptRequest,
    VerifyReceiptResponse, WatchKpisRequest, WatchKpisResponse,
};
use futures::TryStreamExt as _;
use prost::Message as _;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

use crate::load::bytes_of;

/// The argument by which this program is the server: the file of the answer follows.
pub(crate) const FLAG: &str = "--echo=";

/// The server's process; ends with the value.
pub(crate) struct Echo {
    child: Child,
    /// Where it listens.
    pub(crate) url: String,
}

impl Echo {
    /// Starts this program as the server of the answer in a file.
    pub(crate) fn start(answer: &Path) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg(format!("{FLAG}{}", answer.display()))
            .stdout(Stdio::piped())
            .stdin(Stdio::null())
            .spawn()?;
        let out = child.stdout.take().context("it is piped")?;
        let mut url = String::new();
        BufReader::new(out).read_line(&mut url)?;
        let url = url.trim().to_owned();
        Ok(Self { child, url })
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serves until it is killed.
pub(crate) async fn serve(answer: &Path) -> Result<()> {
    let answer = QueryKpisResponse::decode(bytes_of(answer)?.as_slice())?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    {
        let mut out = std::io::stdout().lock();
        writeln!(out, "http://{address}")?;
        out.flush()?;
    }
    let incoming = TcpIncoming::from(listener)
        .with_nodelay(Some(true))
        .map_err(|error| error);
    Server::builder()
        .add_service(KpiServiceServer::new(Same(answer)))
        .serve_with_incoming(incoming)
        .await?;
    Ok(())
}

/// Always the same answer.
struct Same(QueryKpisResponse);

#[tonic::async_trait]
impl KpiService for Same {
    async fn query_kpis(
        &self,
        _request: Request<QueryKpisRequest>,
    ) -> Result<Response<QueryKpisResponse>, Status> {
        Ok(Response::new(self.0.clone()))
    }

    type WatchKpisStream = futures::stream::Empty<Result<WatchKpisResponse, Status>>;

    async fn watch_kpis(
        &self,
        _request: Request<WatchKpisRequest>,
    ) -> Result<Response<Self::WatchKpisStream>, Status> {
        Ok(Response::new(futures::stream::empty()))
    }

    type StreamFactsStream = futures::stream::Empty<Result<StreamFactsResponse, Status>>;

    async fn stream_facts(
        &self,
        _request: Request<StreamFactsRequest>,
    ) -> Result<Response<Self::StreamFactsStream>, Status> {
        Ok(Response::new(futures::stream::empty()))
    }

    async fn verify_receipt(
        &self,
        _request: Request<VerifyReceiptRequest>,
    ) -> Result<Response<VerifyReceiptResponse>, Status> {
        Err(Status::unimplemented("it echoes queries only"))
    }

    async fn list_contributors(
        &self,
        _request: Request<ListContributorsRequest>,
    ) -> Result<Response<ListContributorsResponse>, Status> {
        Err(Status::unimplemented("it echoes queries only"))
    }

    async fn compare_kpis(
        &self,
        _request: Request<CompareKpisRequest>,
    ) -> Result<Response<CompareKpisResponse>, Status> {
        Err(Status::unimplemented("it echoes queries only"))
    }

    async fn explain_change(
        &self,
        _request: Request<ExplainChangeRequest>,
    ) -> Result<Response<ExplainChangeResponse>, Status> {
        Err(Status::unimplemented("it echoes queries only"))
    }

    async fn get_waterfall(
        &self,
        _request: Request<GetWaterfallRequest>,
    ) -> Result<Response<GetWaterfallResponse>, Status> {
        Err(Status::unimplemented("it echoes queries only"))
    }
}
