//! The news that a tenant's facts have come further.

use tokio::sync::watch;

use super::tenants::Progress;

/// Tells that a tenant's facts have come further, or are read anew. Many changes at once are one piece of news.
#[derive(Debug)]
pub(crate) struct Changes(watch::Receiver<Progress>);

impl Changes {
    pub(super) fn new(progress: watch::Receiver<Progress>) -> Self {
        Self(progress)
    }

    /// What is known now is no news any more.
    pub(crate) fn mark_seen(&mut self) {
        self.0.mark_unchanged();
    }

    /// Waits for news.
    pub(crate) async fn news(&mut self) {
        if self.0.changed().await.is_err() {
            // Nobody keeps the facts any more: there will be none.
            std::future::pending::<()>().await;
        }
    }
}
