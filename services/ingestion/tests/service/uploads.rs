//! Uploads of files, and what becomes of them.

use bellwether_contracts::ingestion::import_file_request::Part;
use bellwether_contracts::ingestion::import_service_client::ImportServiceClient;
use bellwether_contracts::ingestion::{
    GetImportRequest, Import, ImportBegin, ImportEnd, ImportFileHeader, ImportFileRequest,
    ListRejectsRequest, Reject,
};
use bellwether_contracts::status::from_status;
use bellwether_domain::Error;
use bellwether_runtime::PeerChannel;
use bellwether_testkit::TestNode;
use tonic::Status;

pub(crate) const MAPPING: &str = r"
sources: {deals: {files: deals.csv}}
settings:
  currency: EUR
  pipelines: [{id: p, stages: [{name: Open, class: open}, {name: Won, class: won}]}]
records:
  - {kind: opportunity, source: deals, id: id, fields: {stage: stage, amount: amount, created_at: created}}
";
pub(crate) const DEALS: &str = "id,stage,amount,created\na,Open,1,2017-01-01\nb,Won,2,2017-01-02\n";

/// An upload of one file, in chunks of `chunk` bytes.
pub(crate) fn upload(begin: ImportBegin, files: &[(&str, &[u8])], chunk: usize) -> Vec<ImportFileRequest> {
    let mut parts = vec![Part::Begin(begin)];
    for (name, bytes) in files {
        parts.push(Part::File(ImportFileHeader {
            name: (*name).to_owned(),
        }));
        parts.extend(bytes.chunks(chunk).map(|bytes| Part::Chunk(bytes.to_vec())));
    }
    parts.push(Part::End(ImportEnd {}));
    parts
        .into_iter()
        .map(|part| ImportFileRequest { part: Some(part) })
        .collect()
}

pub(crate) fn begin(id: &str) -> ImportBegin {
    ImportBegin {
        tenant: "acme".into(),
        import_id: id.into(),
        mapping: MAPPING.into(),
        strict: false,
    }
}

pub(crate) fn client(node: &TestNode) -> ImportServiceClient<PeerChannel> {
    ImportServiceClient::new(node.channel())
}

pub(crate) async fn send(node: &TestNode, parts: Vec<ImportFileRequest>) -> Result<Import, Status> {
    let reply = client(node).import_file(tokio_stream::iter(parts)).await?;
    Ok(reply.into_inner().import.unwrap())
}

pub(crate) async fn import(node: &TestNode, id: &str, deals: &str) -> Result<Import, Error> {
    let parts = upload(begin(id), &[("deals.csv", deals.as_bytes())], 1000);
    send(node, parts).await.map_err(|status| from_status(&status))
}

/// An import of one file with a mapping of its own.
pub(crate) async fn import_with(
    node: &TestNode,
    mapping: &str,
    name: &str,
    text: &str,
) -> Result<Import, Error> {
    let begin = ImportBegin {
        mapping: mapping.to_owned(),
        ..begin("")
    };
    let parts = upload(begin, &[(name, text.as_bytes())], 1000);
    send(node, parts).await.map_err(|status| from_status(&status))
}

/// An import of lines of records.
pub(crate) async fn lines(node: &TestNode, text: &str) -> Result<Import, Error> {
    import_with(node, "", "records.jsonl", text).await
}

pub(crate) async fn stands(node: &TestNode, id: &str) -> Result<Import, Error> {
    let request = GetImportRequest {
        tenant: "acme".into(),
        import_id: id.into(),
    };
    let reply = client(node)
        .get_import(request)
        .await
        .map_err(|status| from_status(&status))?;
    Ok(reply.into_inner().import.unwrap())
}

pub(crate) async fn rejects(
    node: &TestNode,
    id: &str,
    size: i32,
    token: &str,
) -> Result<(Vec<Reject>, String), Error> {
    let request = ListRejectsRequest {
        tenant: "acme".into(),
        import_id: id.into(),
        page_size: size,
        page_token: token.into(),
    };
    let reply = client(node)
        .list_rejects(request)
        .await
        .map_err(|status| from_status(&status))?
        .into_inner();
    Ok((reply.rejects, reply.next_page_token))
}

/// Changed and unchanged records of the only kind.
pub(crate) fn counts(import: &Import) -> (u64, u64) {
    assert_eq!(
        (import.records.len(), import.records[0].kind.as_str()),
        (1, "opportunity")
    );
    (import.records[0].changed, import.records[0].unchanged)
}

pub(crate) fn spooled(node: &TestNode) -> usize {
    std::fs::read_dir(node.dir().join("imports")).map_or(0, Iterator::count)
}
