//! A change feed whose answers depend on the tenant's name, a node that serves it, and raw HTTP/1.

use std::sync::Arc;
use std::time::Duration;

use bellwether_contracts::ingestion as pb;
use bellwether_contracts::ingestion::change_feed_service_client::ChangeFeedServiceClient;
use bellwether_contracts::ingestion::change_feed_service_server::{
    ChangeFeedService, ChangeFeedServiceServer,
};
use bellwether_contracts::status::to_status;
use bellwether_contracts::types::Position;
use bellwether_domain::SystemClock;
use bellwether_runtime::{
    DataDir, Host, LinkConfig, Node, NodeConfig, PeerChannel, PeerLink, Secret, ServiceSet, TokenSet,
    authorize, deadline,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::IntervalStream;
use tonic::codegen::BoxStream;
use tonic::{Request, Response, Status};

pub(crate) const NAME: &str = "bellwether.ingestion.v1.ChangeFeedService";
pub(crate) const GET_HEAD: &str = "/bellwether.ingestion.v1.ChangeFeedService/GetHead";
pub(crate) const SUBSCRIBE: &str = "/bellwether.ingestion.v1.ChangeFeedService/Subscribe";

pub(crate) type Client = ChangeFeedServiceClient<PeerChannel>;

/// Answers by the tenant: `slow-N` after N ms, `panic` never, `left` with the milliseconds left, `chain` with what the
/// peer behind it has left.
pub(crate) struct Feed {
    pub(crate) peer: Option<PeerLink>,
}

impl Feed {
    pub(crate) fn services(self) -> ServiceSet {
        ServiceSet::new().add(ChangeFeedServiceServer::new(self))
    }
}

#[tonic::async_trait]
impl ChangeFeedService for Feed {
    type SubscribeStream = BoxStream<pb::SubscribeResponse>;
    type StreamSnapshotStream = BoxStream<pb::StreamSnapshotResponse>;

    async fn subscribe(
        &self,
        request: Request<pb::SubscribeRequest>,
    ) -> Result<Response<Self::SubscribeStream>, Status> {
        let tenant = &request.get_ref().tenant;
        authorize(&request, tenant).map_err(|error| to_status(&error))?;
        let ticks = IntervalStream::new(tokio::time::interval(Duration::from_millis(10)));
        Ok(Response::new(Box::pin(
            ticks.map(|_| Ok(pb::SubscribeResponse::default())),
        )))
    }

    async fn stream_snapshot(
        &self,
        request: Request<pb::StreamSnapshotRequest>,
    ) -> Result<Response<Self::StreamSnapshotStream>, Status> {
        let tenant = &request.get_ref().tenant;
        authorize(&request, tenant).map_err(|error| to_status(&error))?;
        Ok(Response::new(Box::pin(tokio_stream::empty())))
    }

    async fn get_head(
        &self,
        request: Request<pb::GetHeadRequest>,
    ) -> Result<Response<pb::GetHeadResponse>, Status> {
        let tenant = authorize(&request, &request.get_ref().tenant).map_err(|error| to_status(&error))?;
        let left = || deadline::remaining().map_or(0, |left| left.as_millis() as u64);
        let seq = match tenant.as_str() {
            "panic" => panic!("deliberate"),
            "left" => left(),
            "chain" => {
                let peer = self.peer.as_ref().expect("a chain needs a peer").channel();
                let answer = Client::new(peer).get_head(head("left")).await?;
                answer.into_inner().position.unwrap_or_default().seq
            }
            name => {
                if let Some(ms) = name.strip_prefix("slow-") {
                    tokio::time::sleep(Duration::from_millis(ms.parse().unwrap())).await;
                }
                7
            }
        };
        Ok(Response::new(pb::GetHeadResponse {
            position: Some(Position { epoch: 1, seq }),
            recorded_at: None,
        }))
    }
}

pub(crate) fn head(tenant: &str) -> pb::GetHeadRequest {
    pb::GetHeadRequest {
        tenant: tenant.to_owned(),
    }
}

pub(crate) fn after_nothing(tenant: &str) -> pb::SubscribeRequest {
    pb::SubscribeRequest {
        tenant: tenant.to_owned(),
        after: None,
    }
}

/// A node that serves a [`Feed`] in a folder of its own.
pub(crate) struct Served {
    pub(crate) host: Host,
    pub(crate) url: String,
    pub(crate) token: Secret<String>,
    pub(crate) serving: JoinHandle<bellwether_domain::Result<()>>,
    _folder: tempfile::TempDir,
}

impl Served {
    pub(crate) async fn start(config: NodeConfig) -> Self {
        Self::with_tokens(config, None).await
    }

    pub(crate) async fn with_tokens(config: NodeConfig, list: Option<&str>) -> Self {
        Self::build(config, list, None).await
    }

    /// A node whose feed has a peer in another process.
    pub(crate) async fn before(peer: PeerLink) -> Self {
        Self::build(NodeConfig::default(), None, Some(peer)).await
    }

    async fn build(config: NodeConfig, list: Option<&str>, peer: Option<PeerLink>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = DataDir::open(folder.path()).unwrap();
        if let Some(list) = list {
            std::fs::write(data_dir.join("tokens.yaml"), list).unwrap();
            let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
            std::fs::set_permissions(data_dir.join("tokens.yaml"), private).unwrap();
        }
        let host = Host::new(Arc::new(SystemClock), data_dir);
        let behind = Feed { peer: None }.services();
        let front = Feed {
            peer: Some(peer.unwrap_or_else(|| PeerLink::near(&host, &behind))),
        };
        let tokens = TokenSet::load(&host.data_dir).unwrap();
        let bound = Node::new(&host, config, tokens)
            .serve_services(front.services())
            .bind()
            .await
            .unwrap();
        let url = bound.url().to_owned();
        let token = host.data_dir.token().unwrap();
        Self {
            serving: tokio::spawn(bound.serve()),
            host,
            url,
            token,
            _folder: folder,
        }
    }

    pub(crate) fn link(&self) -> PeerLink {
        self.link_as(self.token.expose())
    }

    pub(crate) fn link_as(&self, token: &str) -> PeerLink {
        PeerLink::far(&self.url, &Secret::new(token.to_owned()), &LinkConfig::default()).unwrap()
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(self.link().channel())
    }

    pub(crate) fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    /// The whole answer to a plain HTTP/1 GET.
    pub(crate) async fn get(&self, path: &str) -> String {
        self.raw(format!("GET {path} HTTP/1.1\r\nhost: node\r\nconnection: close\r\n\r\n").into_bytes())
            .await
    }

    /// The whole answer to a gRPC-Web call over HTTP/1, with `headers` (each ended by CRLF).
    pub(crate) async fn web(&self, path: &str, headers: &str, message: &[u8]) -> String {
        let length = message.len() + 5;
        let token = self.token.expose();
        let mut bytes = format!(
            "POST {path} HTTP/1.1\r\nhost: node\r\nconnection: close\r\ncontent-type: application/grpc-web+proto\r\n\
             authorization: Bearer {token}\r\n{headers}content-length: {length}\r\n\r\n"
        )
        .into_bytes();
        bytes.push(0);
        bytes.extend_from_slice(&(message.len() as u32).to_be_bytes());
        bytes.extend_from_slice(message);
        self.raw(bytes).await
    }

    async fn raw(&self, bytes: Vec<u8>) -> String {
        let mut socket = TcpStream::connect(self.address()).await.unwrap();
        socket.write_all(&bytes).await.unwrap();
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }
}
