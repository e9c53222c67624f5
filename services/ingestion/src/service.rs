//! The service: opens its database, starts its workers, hands out its RPCs.

use bellwether_contracts::ingestion::change_feed_service_server::ChangeFeedServiceServer;
use bellwether_contracts::ingestion::import_service_server::ImportServiceServer;
use bellwether_contracts::ingestion::record_service_server::RecordServiceServer;
use bellwether_contracts::ingestion::tenant_service_server::TenantServiceServer;
use bellwether_domain::Result;
use bellwether_runtime::{Host, MAX_MESSAGE_BYTES, ServiceSet};
use bellwether_storage::{PageSigner, Place};

use crate::config::Config;
use crate::import::Imports;
use crate::rpc::{ChangeFeed, ImportDesk, Records, TenantDesk};
use crate::store::Store;
use crate::worker::Writer;

/// The record log of a process.
#[derive(Debug, Clone)]
pub struct Ingestion {
    store: Store,
    writer: Writer,
    pages: PageSigner,
    feed: ChangeFeed,
    imports: Imports,
}

impl Ingestion {
    /// Opens the database at `place`, making its tables if need be. Any number of processes may share a server; a file
    /// is held by one.
    ///
    /// # Errors
    /// `FAILED_PRECONDITION` when the database cannot be opened or another process holds its file, `UNAVAILABLE` when
    /// the server does not answer, `INVALID_ARGUMENT` for an address that is none.
    pub async fn start(host: &Host, place: &Place, config: Config) -> Result<Self> {
        let store = Store::open(place, &config.database(), host.clock.now()).await?;
        let keeper = Imports::prepare(&store, host, &config).await?;
        let pages = PageSigner::new(host.derive_key("ingestion.pages")?);
        // From here on nothing fails: a start that is tried again leaves no task and no number behind.
        let writer = Writer::new(store.clone(), host, &config);
        let imports = Imports::start(store.clone(), writer.clone(), keeper, host, &config);
        let stop = host.shutdown.streams().clone();
        let feed = ChangeFeed::new(store.clone(), writer.clone(), &config, stop);
        Ok(Self {
            store,
            writer,
            pages,
            feed,
            imports,
        })
    }

    /// Closes the database, so that all of it lies in its one file. For the end of the process, when all calls and workers
    /// have ended.
    ///
    /// # Errors
    /// As the database says.
    pub async fn close(&self) -> Result<()> {
        self.store.close().await
    }

    /// The handle to the committers.
    #[must_use]
    pub fn writer(&self) -> &Writer {
        &self.writer
    }

    /// The RPCs.
    #[must_use]
    pub fn services(&self) -> ServiceSet {
        let records = Records {
            store: self.store.clone(),
            writer: self.writer.clone(),
            pages: self.pages.clone(),
        };
        let tenants = TenantDesk {
            store: self.store.clone(),
            writer: self.writer.clone(),
            pages: self.pages.clone(),
        };
        let imports = ImportDesk {
            store: self.store.clone(),
            imports: self.imports.clone(),
            pages: self.pages.clone(),
        };
        ServiceSet::new()
            .add(RecordServiceServer::new(records).max_decoding_message_size(MAX_MESSAGE_BYTES))
            .add(ChangeFeedServiceServer::new(self.feed.clone()).max_decoding_message_size(MAX_MESSAGE_BYTES))
            .add(ImportServiceServer::new(imports).max_decoding_message_size(MAX_MESSAGE_BYTES))
            .add(TenantServiceServer::new(tenants).max_decoding_message_size(MAX_MESSAGE_BYTES))
    }
}
