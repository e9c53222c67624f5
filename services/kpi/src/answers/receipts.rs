//! Receipts of answers: given with values, and verified past every cache.

use std::collections::HashMap;
use std::sync::Arc;

use bellwether_contracts::kpi::{KpiValue, ReceiptVerdict, VerifyReceiptResponse};
use bellwether_domain::{Error, ErrorReason, Result, TenantId};
use bellwether_runtime::auth::Scope;

use super::{Answers, Pending, may_pass};
use crate::catalogue::Catalogue;
use crate::query::cell;
use crate::receipt::{Derivation, Receipt, bare};
use crate::rpc::value_of;
use crate::tenant::TenantFacts;

/// Values of one answer that get receipts: what fits a message beside them.
const MOST_RECEIPTS: usize = 10_000;

/// What the facts say again.
struct Again {
    /// The definitions as they were known then.
    catalogue: Arc<Catalogue>,
    settings: u64,
    /// `None` = there is no such group.
    value: Result<Option<KpiValue>>,
}

impl Answers {
    /// Gives each value of an answer its receipt.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` for too many; as [`Self::query`].
    pub(super) async fn sign(&self, pending: &Pending, values: &mut [KpiValue]) -> Result<()> {
        if values.len() > MOST_RECEIPTS {
            let message = format!(
                "at most {MOST_RECEIPTS} values have receipts, these are {}: ask several times",
                values.len()
            );
            return Err(Error::invalid(ErrorReason::InvalidField, "receipts", message));
        }
        let position = values.first().and_then(|value| value.watermark?.position);
        let Some(position) = position else {
            return Ok(());
        };
        let library = self.inner.library.clone();
        let known = move |facts: &TenantFacts| {
            let catalogue = library.at(facts, position.seq);
            (facts.settings_version(position.seq), catalogue)
        };
        let (settings, catalogue) = self.inner.tenants.read(&pending.tenant, known).await?;
        let mut derivations: HashMap<String, Derivation> = HashMap::new();
        for value in values {
            let derivation = derivations
                .entry(value.kpi.clone())
                .or_insert_with(|| Derivation::new(catalogue.kpi(&value.kpi).ok(), settings));
            let receipt = Receipt::new(pending.message(), value, derivation.clone());
            value.receipt = self.inner.seal.close(pending.asker(), &receipt);
        }
        Ok(())
    }

    /// Computes a value again that this caller, or one of the same scope, was given a receipt of.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming `receipt` when it was not given to such a caller; `NOT_FOUND` for a tenant without
    /// records; `UNAVAILABLE` while its facts have not come as far as the receipt.
    pub(crate) async fn verify(
        &self,
        tenant: TenantId,
        scope: Scope,
        token: &str,
    ) -> Result<VerifyReceiptResponse> {
        let holder = Pending::new(tenant.clone(), scope.clone(), Default::default());
        let receipt = self.inner.seal.open(holder.asker(), token)?;
        if self.is_gone(&tenant, &receipt).await? {
            return Ok(verdict(ReceiptVerdict::Expired, &receipt));
        }
        let question = receipt.question(tenant.as_str());
        let pending = Arc::new(Pending::new(tenant, scope, question));
        let Some(again) = self.again(&pending, &receipt).await? else {
            return Ok(verdict(ReceiptVerdict::Expired, &receipt));
        };
        let kpi = again.catalogue.kpi(&receipt.claimed().kpi).ok();
        let now = Derivation::new(kpi, again.settings);
        judge(&receipt, again.value, &now)
    }

    /// Whether the log has begun a new life since a receipt was given; else waits until the facts have come so far.
    pub(super) async fn is_gone(&self, tenant: &TenantId, receipt: &Receipt) -> Result<bool> {
        let tenants = &self.inner.tenants;
        let position = receipt.position();
        let at = tenants.marks(tenant).await?.position;
        if at.epoch == position.epoch && at.seq >= position.seq {
            return Ok(false);
        }
        let head = tenants.head(tenant).await?;
        if head.epoch != position.epoch || head.seq < position.seq {
            return Ok(true);
        }
        match tenants.wait_for(tenant, position).await {
            Err(error) if error.reason == ErrorReason::SnapshotRequired => Ok(true),
            waited => waited.map(|()| false),
        }
    }

    /// The value as the facts have it that were known then; `None` = they are of another life of the log.
    async fn again(&self, pending: &Arc<Pending>, receipt: &Receipt) -> Result<Option<Again>> {
        let inner = &self.inner;
        let (library, now, threads) = (inner.library.clone(), inner.clock.now(), inner.threads);
        let (pending, receipt) = (Arc::clone(pending), receipt.clone());
        let tenant = pending.tenant.clone();
        let compute = move |facts: &TenantFacts| {
            let position = receipt.position();
            let same_life = facts.position().epoch == position.epoch
                && facts.recorded_at(position.seq) == receipt.recorded_at();
            same_life.then(|| {
                let catalogue = library.at(facts, position.seq);
                let found = pending
                    .ask()
                    .and_then(|ask| cell(facts, &catalogue, &ask, &receipt.group(), now, threads));
                let claimed = receipt.claimed();
                let value = |row| KpiValue {
                    as_of: claimed.as_of,
                    watermark: claimed.watermark,
                    ..value_of(&row)
                };
                Again {
                    catalogue: Arc::clone(&catalogue),
                    settings: facts.settings_version(position.seq),
                    value: found.map(|row| row.map(value)),
                }
            })
        };
        inner.tenants.read(&tenant, compute).await
    }
}

/// What a receipt and the facts say together.
fn judge(
    receipt: &Receipt,
    again: Result<Option<KpiValue>>,
    now: &Derivation,
) -> Result<VerifyReceiptResponse> {
    let given = receipt.derivation.clone().unwrap_or_default();
    let changes = given.changes(now);
    let recomputed = match again {
        Ok(value) => value,
        // Such a question cannot be asked any more.
        Err(error) if !changes.is_empty() && !may_pass(&error) => None,
        Err(error) => return Err(error),
    };
    let found = match &recomputed {
        _ if !changes.is_empty() => ReceiptVerdict::DerivationChanged,
        Some(value) if bare(value) == receipt.claimed() => ReceiptVerdict::Match,
        _ => ReceiptVerdict::Mismatch,
    };
    Ok(VerifyReceiptResponse {
        recomputed,
        changes,
        ..verdict(found, receipt)
    })
}

fn verdict(verdict: ReceiptVerdict, receipt: &Receipt) -> VerifyReceiptResponse {
    VerifyReceiptResponse {
        verdict: verdict.into(),
        claimed: Some(receipt.claimed()),
        recomputed: None,
        changes: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use bellwether_contracts::kpi::QueryKpisRequest;

    use super::*;

    fn value(value: &str) -> KpiValue {
        KpiValue {
            kpi: "bookings".to_owned(),
            value: Some(value.to_owned()),
            n: 1,
            ..KpiValue::default()
        }
    }

    fn judged(again: Result<Option<KpiValue>>, settings: u64) -> Result<VerifyReceiptResponse> {
        let given = Derivation::new(None, 1);
        let receipt = Receipt::new(&QueryKpisRequest::default(), &value("10"), given);
        judge(&receipt, again, &Derivation::new(None, settings))
    }

    #[test]
    fn a_verdict_says_whether_value_and_derivation_are_the_same() {
        let matched = judged(Ok(Some(value("10"))), 1).unwrap();
        assert_eq!(matched.verdict(), ReceiptVerdict::Match);
        let other = judged(Ok(Some(value("11"))), 1).unwrap();
        assert_eq!(other.verdict(), ReceiptVerdict::Mismatch);
        let both = [other.claimed, other.recomputed].map(|one| one.unwrap().value.unwrap());
        assert_eq!(both, ["10", "11"]);
        let fewer = KpiValue { n: 0, ..value("10") };
        assert_eq!(
            judged(Ok(Some(fewer)), 1).unwrap().verdict(),
            ReceiptVerdict::Mismatch
        );
        assert_eq!(judged(Ok(None), 1).unwrap().verdict(), ReceiptVerdict::Mismatch);
        let changed = judged(Ok(Some(value("10"))), 2).unwrap();
        assert_eq!(changed.verdict(), ReceiptVerdict::DerivationChanged);
        assert_eq!(
            (changed.changes[0].what.as_str(), changed.recomputed),
            ("settings", Some(value("10")))
        );
    }

    #[test]
    fn a_question_that_cannot_be_asked_any_more_was_derived_in_another_way() {
        let gone = || Err(Error::not_found(ErrorReason::UnknownKpi, "gone"));
        let changed = judged(gone(), 2).unwrap();
        assert_eq!(
            (changed.verdict(), changed.recomputed),
            (ReceiptVerdict::DerivationChanged, None)
        );
        assert!(judged(gone(), 1).is_err());
        assert!(judged(Err(Error::internal("for the moment")), 2).is_err());
    }
}
