//! All of a log up to the head that it had when it was asked for.

use bellwether_contracts::convert::position_to_proto;
use bellwether_contracts::ingestion::StreamSnapshotResponse;
use bellwether_contracts::status::to_status;
use bellwether_domain::{Position, Result, TenantId};
use tokio::sync::mpsc;
use tonic::Status;

use crate::store::Store;

pub(super) type Answer = std::result::Result<StreamSnapshotResponse, Status>;

/// Sends a snapshot; an error ends it. It stops when nobody listens.
pub(super) async fn send(store: Store, tenant: TenantId, head: Position, sender: mpsc::Sender<Answer>) {
    if let Err(error) = send_changes(&store, &tenant, head, &sender).await {
        sender.send(Err(to_status(&error))).await.ok();
    }
}

/// Sends every change up to `head`, and nothing that came after it.
async fn send_changes(
    store: &Store,
    tenant: &TenantId,
    head: Position,
    sender: &mpsc::Sender<Answer>,
) -> Result<()> {
    let message = |changes| {
        Ok(StreamSnapshotResponse {
            changes,
            head: Some(position_to_proto(head)),
        })
    };
    let reader = store.reader(tenant).await?.filter(|_| head.seq > 0);
    let Some(reader) = reader else {
        sender.send(message(Vec::new())).await.ok();
        return Ok(());
    };
    let mut seen = 0;
    while seen < head.seq {
        let mut changes = reader.changes(seen).await?;
        changes.retain(|change| change.seq <= head.seq);
        seen = changes.last().map_or(head.seq, |change| change.seq);
        if sender.send(message(changes)).await.is_err() {
            return Ok(());
        }
    }
    Ok(())
}
