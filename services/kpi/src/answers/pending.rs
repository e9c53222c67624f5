//! A question that waits for its answer: who asked what, in the words of the message.

use bellwether_contracts::kpi::QueryKpisRequest;
use bellwether_domain::{Result, TenantId};
use bellwether_runtime::auth::Scope;
use prost::Message as _;

use super::key::Asker;
use crate::query::Ask;
use crate::rpc::ask_of;

/// A caller's question.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(super) tenant: TenantId,
    scope: String,
    message: QueryKpisRequest,
    /// Equal for equal messages of callers of one scope.
    pub(super) digest: [u8; 32],
}

impl Pending {
    /// The question of a message, besides what it waits for.
    pub(crate) fn new(tenant: TenantId, scope: &Scope, mut message: QueryKpisRequest) -> Self {
        message.min_position = None;
        let scope = match scope {
            Scope::All => "all".to_owned(),
            Scope::Subtree(rep) => format!("subtree of {rep}"),
            Scope::Own(rep) => format!("own of {rep}"),
        };
        let mut bytes = Vec::with_capacity(256);
        bytes.extend_from_slice(scope.as_bytes());
        bytes.push(0);
        bytes.extend_from_slice(&message.encode_to_vec());
        Self {
            tenant,
            scope,
            message,
            digest: *blake3::hash(&bytes).as_bytes(),
        }
    }

    pub(crate) fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// The question, field by field.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming every malformed field.
    pub(super) fn ask(&self) -> Result<Ask> {
        ask_of(&self.message)
    }

    pub(super) fn asker(&self) -> Asker<'_> {
        Asker {
            tenant: self.tenant.as_str(),
            scope: &self.scope,
        }
    }

    /// Whether it asks for what was known before now.
    pub(super) fn looks_back(&self) -> bool {
        self.message.known_at.is_some()
    }
}
