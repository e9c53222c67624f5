//! A client in no particular language: JSON in, JSON out, by the descriptors of the contract.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::LazyLock;

use bellwether_contracts::FILE_DESCRIPTOR_SET;
use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, MethodDescriptor, SerializeOptions};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::metadata::MetadataValue;
use tonic::transport::Channel;
use tonic::{Request, Status};
use tonic_types::StatusExt as _;

static POOL: LazyLock<DescriptorPool> =
    LazyLock::new(|| DescriptorPool::decode(FILE_DESCRIPTOR_SET).expect("the contract's own descriptors"));

/// The largest answer that is read.
const MAX_BYTES: usize = 16 << 20;

/// Calls methods at addresses, with a token.
#[derive(Debug)]
pub struct Caller {
    runtime: Runtime,
    channels: RefCell<HashMap<String, Channel>>,
}

impl Caller {
    /// A caller without connections.
    ///
    /// # Panics
    /// When no runtime can be started.
    #[must_use]
    #[allow(clippy::new_without_default, reason = "it starts threads")]
    pub fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build();
        Self {
            runtime: runtime.expect("a runtime"),
            channels: RefCell::default(),
        }
    }

    /// One message there, one back; `method` is such as `kpi.v1.KpiService/QueryKpis`.
    ///
    /// # Errors
    /// The status that the server answers with, as JSON.
    ///
    /// # Panics
    /// When nobody listens, and for methods and messages that are not in the contract.
    pub fn call(&self, url: &str, token: &str, method: &str, message: &Value) -> Result<Value, Value> {
        let (mut client, path, method) = self.prepare(url, method);
        let request = request(read(&method.input(), message), token);
        let codec = Json(method.output());
        let reply = self.runtime.block_on(async {
            client.ready().await.expect("the server listens");
            client.unary(request, path, codec).await
        });
        reply
            .map(|reply| write(reply.get_ref()))
            .map_err(|status| refusal(&status))
    }

    /// Several messages there, one back.
    ///
    /// # Errors
    /// As [`Self::call`].
    ///
    /// # Panics
    /// As [`Self::call`].
    pub fn send(&self, url: &str, token: &str, method: &str, messages: &[Value]) -> Result<Value, Value> {
        let (mut client, path, method) = self.prepare(url, method);
        let messages: Vec<_> = messages
            .iter()
            .map(|message| read(&method.input(), message))
            .collect();
        let request = request(futures::stream::iter(messages), token);
        let codec = Json(method.output());
        let reply = self.runtime.block_on(async {
            client.ready().await.expect("the server listens");
            client.client_streaming(request, path, codec).await
        });
        reply
            .map(|reply| write(reply.get_ref()))
            .map_err(|status| refusal(&status))
    }

    /// One message there, several back: up to the first that is `enough`, to the end, or to an error.
    ///
    /// # Errors
    /// As [`Self::call`].
    ///
    /// # Panics
    /// As [`Self::call`].
    pub fn listen(
        &self,
        url: &str,
        token: &str,
        method: &str,
        message: &Value,
        mut enough: impl FnMut(&Value) -> bool,
    ) -> Result<Vec<Value>, Value> {
        let (mut client, path, method) = self.prepare(url, method);
        let request = request(read(&method.input(), message), token);
        let codec = Json(method.output());
        let heard = self.runtime.block_on(async {
            client.ready().await.expect("the server listens");
            let mut stream = client.server_streaming(request, path, codec).await?.into_inner();
            let mut heard = Vec::new();
            while let Some(message) = stream.message().await? {
                heard.push(write(&message));
                if heard.last().is_some_and(&mut enough) {
                    break;
                }
            }
            Ok(heard)
        });
        heard.map_err(|status: Status| refusal(&status))
    }

    fn prepare(&self, url: &str, method: &str) -> (Grpc<Channel>, PathAndQuery, MethodDescriptor) {
        let (service, name) = method.split_once('/').expect("a service and a method");
        let service = POOL.get_service_by_name(&format!("bellwether.{service}"));
        let service = service.unwrap_or_else(|| panic!("{method} is not in the contract"));
        let descriptor = service.methods().find(|one| one.name() == name);
        let descriptor = descriptor.unwrap_or_else(|| panic!("{method} is not in the contract"));
        let path = format!("/bellwether.{method}").parse().expect("a path");
        let mut channels = self.channels.borrow_mut();
        let channel = channels.entry(url.to_owned()).or_insert_with(|| {
            let _inside = self.runtime.enter();
            Channel::from_shared(url.to_owned())
                .expect("a URL")
                .connect_lazy()
        });
        let client = Grpc::new(channel.clone()).max_decoding_message_size(MAX_BYTES);
        (client, path, descriptor)
    }
}

fn request<T>(message: T, token: &str) -> Request<T> {
    let mut request = Request::new(message);
    let value: MetadataValue<_> = format!("Bearer {token}").parse().expect("ASCII");
    request.metadata_mut().insert("authorization", value);
    request
}

fn read(descriptor: &MessageDescriptor, message: &Value) -> DynamicMessage {
    DynamicMessage::deserialize(descriptor.clone(), message)
        .unwrap_or_else(|e| panic!("no {}: {e}\n{message}", descriptor.full_name()))
}

fn write(message: &DynamicMessage) -> Value {
    let options = SerializeOptions::new().use_proto_field_name(true);
    let options = options.stringify_64_bit_integers(false);
    message
        .serialize_with_options(serde_json::value::Serializer, &options)
        .expect("every message has a JSON form")
}

/// A status with its details.
fn refusal(status: &Status) -> Value {
    let details = status.get_error_details();
    let violations = details.bad_request().map(|bad| bad.field_violations.clone());
    let violations = violations.unwrap_or_default().into_iter();
    let violations: Vec<Value> = violations
        .map(|one| json!([one.field, one.description]))
        .collect();
    json!({
        "code": format!("{:?}", status.code()),
        "message": status.message(),
        "reason": details.error_info().map(|info| info.reason.clone()),
        "violations": violations,
        "retry": details.retry_info().and_then(|info| info.retry_delay).map(|delay| delay.as_millis()),
    })
}

/// Messages by their descriptors; the one of the answers is kept.
#[derive(Debug, Clone)]
struct Json(MessageDescriptor);

impl Codec for Json {
    type Encode = DynamicMessage;
    type Decode = DynamicMessage;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        self.clone()
    }

    fn decoder(&mut self) -> Self {
        self.clone()
    }
}

impl Encoder for Json {
    type Item = DynamicMessage;
    type Error = Status;

    fn encode(&mut self, message: DynamicMessage, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        message.encode(to).map_err(|e| Status::internal(e.to_string()))
    }
}

impl Decoder for Json {
    type Item = DynamicMessage;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<DynamicMessage>, Status> {
        let message = DynamicMessage::decode(self.0.clone(), from);
        message.map(Some).map_err(|e| Status::internal(e.to_string()))
    }
}
