//! A question that waits for its answer: who asked what, in the words of the message.

use bellwether_contracts::kpi::{KnownAt, QueryKpisRequest, known_at};
use bellwether_contracts::types::{DateOrTime, date_or_time};
use bellwether_domain::{Result, TenantId};
use bellwether_runtime::auth::Scope;
use prost::Message as _;

use super::key::Asker;
use crate::query::Ask;
use crate::rpc::{ask_of, caller_of};

/// A caller's question.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(super) tenant: TenantId,
    scope: Scope,
    /// The scope in words that are equal only for equal scopes.
    words: String,
    message: QueryKpisRequest,
    /// Whether values are given receipts.
    pub(super) receipts: bool,
    /// Equal for equal messages of callers of one scope.
    pub(super) digest: [u8; 32],
}

impl Pending {
    /// The question of a message, besides what it waits for. Receipts are no part of the question.
    pub(crate) fn new(tenant: TenantId, scope: Scope, mut message: QueryKpisRequest) -> Self {
        message.min_position = None;
        let receipts = std::mem::take(&mut message.receipts);
        let words = match &scope {
            Scope::All => "all".to_owned(),
            Scope::Subtree(rep) => format!("subtree of {rep}"),
            Scope::Own(rep) => format!("own of {rep}"),
        };
        let mut bytes = Vec::with_capacity(256);
        // After its length, as a rep's id may be any text.
        bytes.extend_from_slice(&(words.len() as u64).to_le_bytes());
        bytes.extend_from_slice(words.as_bytes());
        bytes.extend_from_slice(&message.encode_to_vec());
        Self {
            tenant,
            scope,
            words,
            message,
            receipts,
            digest: *blake3::hash(&bytes).as_bytes(),
        }
    }

    pub(crate) fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// The same question of the same caller about what was known at a change, with events up to `as_of` (`None` = as the
    /// question says).
    pub(crate) fn back_at(&self, seq: u64, as_of: Option<prost_types::Timestamp>) -> Self {
        let mut message = self.message.clone();
        message.known_at = Some(KnownAt {
            at: Some(known_at::At::Seq(seq)),
        });
        if let Some(at) = as_of {
            message.as_of = Some(DateOrTime {
                value: Some(date_or_time::Value::Instant(at)),
            });
        }
        Self::new(self.tenant.clone(), self.scope.clone(), message)
    }

    /// The KPIs asked for.
    pub(crate) fn kpis(&self) -> Vec<String> {
        self.message.kpis.clone()
    }

    /// The question as it was put.
    pub(super) fn message(&self) -> &QueryKpisRequest {
        &self.message
    }

    /// The question, field by field.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming every malformed field.
    pub(super) fn ask(&self) -> Result<Ask> {
        Ok(Ask {
            caller: caller_of(&self.scope),
            ..ask_of(&self.message)?
        })
    }

    pub(super) fn asker(&self) -> Asker<'_> {
        Asker {
            tenant: self.tenant.as_str(),
            scope: &self.words,
        }
    }

    /// Whether it asks for what was known before now.
    pub(super) fn looks_back(&self) -> bool {
        self.message.known_at.is_some()
    }
}
