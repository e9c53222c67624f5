//! Where an edit stands, and how it is written: on the edition that was read, or not at all.

use bellwether_contracts::convert::record_to_proto;
use bellwether_contracts::kpi;
use bellwether_domain::record::{KpiDefinition, KpiStatus, check};
use bellwether_domain::settings::Settings;
use bellwether_domain::{Error, ErrorReason, Position, Result, TenantId};

use super::edition::{record_of, shown, told};
use super::{CatalogRpc, Known};
use crate::catalogue::{Kpi, shadows};
use crate::library::Library;
use crate::rpc::etag::{self, conflict};
use crate::tenant::TenantFacts;
use crate::worker::{Edit, Written};

/// What an edit is made on.
#[derive(Debug)]
pub(super) struct Ground {
    pub(super) known: Known,
    /// The edition that is edited; of a built-in KPI without a record one that says nothing.
    pub(super) says: KpiDefinition,
    /// The change that made it; 0 = there is none.
    pub(super) seq: u64,
    /// Which meaning it has; 0 = none yet.
    pub(super) version: u32,
}

/// How an edit is asked for.
#[derive(Debug)]
pub(super) struct Terms<'a> {
    pub(super) tenant: &'a TenantId,
    pub(super) id: &'a str,
    pub(super) request_id: &'a str,
    pub(super) validate_only: bool,
}

/// The KPI as it was edited, and the position after it; `None` = it was only checked.
pub(super) type Done = (kpi::KpiDefinition, Option<Position>);

impl CatalogRpc {
    /// Where a new KPI stands: there must be none. A tenant of which nothing is known yet has the built-in ones.
    pub(super) async fn fresh(&self, tenant: &TenantId, id: &str) -> Result<Ground> {
        let known = match self.newest(tenant).await {
            Err(error) if error.reason == ErrorReason::UnknownTenant => Known {
                position: Position::default(),
                catalogue: std::sync::Arc::clone(self.answers.library().built_in()),
            },
            known => known?,
        };
        if self.answers.library().built_in().kpi(id).is_ok() {
            return Err(shadows(id));
        }
        known.catalogue.has_room_for(id)?;
        Ok(Ground {
            known,
            says: KpiDefinition::default(),
            seq: 0,
            version: 0,
        })
    }

    /// Where an edit of a KPI stands: on the edition of an etag, or on the one that holds.
    pub(super) async fn ground(&self, tenant: &TenantId, id: &str, name: &str) -> Result<Ground> {
        let Some(edition) = etag::read(name)? else {
            let known = self.newest(tenant).await?;
            return current(known, id);
        };
        if let Err(error) = self.tenants.wait_for(tenant, edition).await {
            let gone = error.reason == ErrorReason::SnapshotRequired;
            return Err(if gone { conflict(id) } else { error });
        }
        let known = self.known(tenant, None).await?;
        if edition.seq == 0 {
            let none = Ground {
                says: KpiDefinition::default(),
                seq: 0,
                version: 0,
                ..current(known, id)?
            };
            return if none.known.catalogue.own_of(id).is_none_or(|own| own.built_in) {
                Ok(none)
            } else {
                Err(conflict(id))
            };
        }
        let name = id.to_owned();
        let read = move |facts: &TenantFacts| {
            let versions = facts.plans(facts.position().seq).kpi_versions(&name);
            versions.into_iter().find(|one| one.seq == edition.seq).cloned()
        };
        let found = self
            .tenants
            .read(tenant, read)
            .await?
            .ok_or_else(|| conflict(id))?;
        Ok(Ground {
            known,
            says: (*found.says).clone(),
            seq: found.seq,
            version: found.version,
        })
    }

    /// What is known at the end of the log.
    async fn newest(&self, tenant: &TenantId) -> Result<Known> {
        let head = self.tenants.head(tenant).await?;
        self.tenants.wait_for(tenant, head).await?;
        self.known(tenant, None).await
    }

    /// Checks what a KPI is to be, and writes it unless it is only to be checked.
    pub(super) async fn put(&self, terms: &Terms<'_>, ground: &Ground, says: KpiDefinition) -> Result<Done> {
        let version = version_of(ground, &says);
        let (name, text) = (terms.id.to_owned(), says.definition.clone());
        let certified = says.status == KpiStatus::Certified;
        if text.is_empty() {
            return self.store(terms, ground, says, None).await;
        }
        let compile = move || Library::compile(&text, &name, version, certified);
        let compiled = tokio::task::spawn_blocking(compile).await;
        let kpi = compiled.map_err(|error| Error::internal(format!("the definition failed: {error}")))??;
        self.store(terms, ground, says, Some(kpi)).await
    }

    /// Writes that a KPI is deprecated, whether its definition holds or not.
    pub(super) async fn put_aside(
        &self,
        terms: &Terms<'_>,
        ground: &Ground,
        says: KpiDefinition,
    ) -> Result<Done> {
        self.store(terms, ground, says, None).await
    }

    async fn store(
        &self,
        terms: &Terms<'_>,
        ground: &Ground,
        says: KpiDefinition,
        kpi: Option<Kpi>,
    ) -> Result<Done> {
        let Terms { tenant, id, .. } = *terms;
        let record = record_of(id, says.clone());
        let violations = check(&record, &Settings::default());
        if !violations.is_empty() {
            return Err(Error::violations(ErrorReason::InvalidRecord, violations));
        }
        if terms.validate_only {
            let before = ground.known.catalogue.kpi(id).ok();
            let message = told((id, version_of(ground, &says)), kpi.as_ref().or(before), &says);
            let etag = etag::of(Position {
                epoch: ground.known.position.epoch,
                seq: ground.seq,
            });
            return Ok((kpi::KpiDefinition { etag, ..message }, None));
        }
        let edit = Edit {
            record: record_to_proto(&record),
            expected: Some(ground.seq),
            request_id: terms.request_id.to_owned(),
        };
        let Written { position, .. } = self.tenants.write(tenant, edit).await?;
        self.tenants.wait_for(tenant, position).await?;
        let known = self.known(tenant, Some(position)).await?;
        Ok((shown(&known, id)?, Some(position)))
    }
}

/// Which meaning an edition has after the one that it is made on.
fn version_of(ground: &Ground, says: &KpiDefinition) -> u32 {
    let changed = ground.seq == 0 || says.definition != ground.says.definition;
    ground.version + u32::from(changed)
}

/// The edition that holds.
fn current(known: Known, id: &str) -> Result<Ground> {
    let own = known.catalogue.own_of(id).map(|own| own.planned.clone());
    match own {
        Some(own) => Ok(Ground {
            known,
            says: (*own.says).clone(),
            seq: own.seq,
            version: own.version,
        }),
        None => {
            known.catalogue.kpi(id)?;
            Ok(Ground {
                known,
                says: KpiDefinition::default(),
                seq: 0,
                version: 0,
            })
        }
    }
}
