//! The tenants in memory and the workers that keep them up with their logs.

mod backoff;
mod changes;
mod feed;
mod follower;
mod meter;
mod tenants;
mod writer;

use bellwether_contracts::ingestion::ListTenantsRequest;
use bellwether_contracts::ingestion::tenant_service_client::TenantServiceClient;
use bellwether_domain::{ErrorCode, Result, TenantId};
use bellwether_runtime::{Gate, MAX_MESSAGE_BYTES};

pub(crate) use changes::Changes;
pub use tenants::Tenants;
pub(crate) use writer::{Edit, Written};

use backoff::Backoff;

/// Opens every tenant that the log knows now, and the gate once each has reached the head it had at first contact, but
/// for those whose log cannot be read: one tenant does not keep the others from being answered.
pub(crate) async fn get_ready(tenants: Tenants, gate: Gate) {
    let stop = tenants.shutdown().workers().clone();
    let ready = async {
        let mut backoff = Backoff::new();
        loop {
            match open_known(&tenants).await {
                Ok(count) => {
                    tracing::info!(tenants = count, "facts stand at the log's head");
                    gate.open();
                    return;
                }
                Err(error) => tracing::warn!(error = %error, "facts cannot be read yet, trying again"),
            }
            tokio::time::sleep(backoff.next()).await;
        }
    };
    stop.run_until_cancelled(ready).await;
}

/// Opens every tenant that the log knows and waits for it; how many there are.
async fn open_known(tenants: &Tenants) -> Result<usize> {
    let known = list(tenants).await?;
    for tenant in &known {
        match tenants.ready(tenant).await {
            Ok(true) => {}
            Ok(false) => {
                tracing::error!(tenant = %tenant, "facts cannot be read, going on without this tenant")
            }
            // Listed, and without any change yet: it will be opened when it is asked for.
            Err(error) if error.code == ErrorCode::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(known.len())
}

async fn list(tenants: &Tenants) -> Result<Vec<TenantId>> {
    let channel = tenants.link().channel();
    let mut client = TenantServiceClient::new(channel).max_decoding_message_size(MAX_MESSAGE_BYTES);
    let mut known = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListTenantsRequest {
            page_size: 1000,
            page_token,
        };
        let page = tenants.asked(client.list_tenants(request)).await?;
        for tenant in &page.tenants {
            known.push(tenant.parse()?);
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(known);
        }
    }
}
