//! The catalogues of the tenants: the built-in one, and with it what each tenant's records say of KPIs. What was compiled
//! once is kept under a digest of what it was compiled from, so that nothing here can be stale.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bellwether_domain::record::{KpiDefinition, KpiStatus};
use bellwether_domain::{Error, ErrorReason, Result};
use moka::sync::Cache;

use crate::catalogue::{Catalogue, Draft, Kpi};
use crate::tenant::{Definitions, Planned, TenantFacts};

/// Catalogues that are kept: each a list of pointers to its KPIs.
const MOST_CATALOGUES: u64 = 256;
/// Own KPIs that are kept, compiled or with what is wrong with them.
const MOST_KPIS: u64 = 8_192;

/// The catalogues. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Library {
    built_in: Arc<Catalogue>,
    kpis: Cache<[u8; 32], Result<Arc<Kpi>>>,
    catalogues: Cache<[u8; 32], Arc<Catalogue>>,
}

impl Library {
    /// The catalogues of tenants beside this one.
    #[must_use]
    pub(crate) fn new(built_in: Arc<Catalogue>) -> Self {
        Self {
            built_in,
            kpis: Cache::new(MOST_KPIS),
            catalogues: Cache::new(MOST_CATALOGUES),
        }
    }

    /// The built-in catalogue.
    #[must_use]
    pub(crate) fn built_in(&self) -> &Arc<Catalogue> {
        &self.built_in
    }

    /// The catalogue with a tenant's definitions.
    #[must_use]
    pub(crate) fn of(&self, definitions: &Definitions) -> Arc<Catalogue> {
        if definitions.kpis.is_empty() {
            return Arc::clone(&self.built_in);
        }
        self.catalogues.get_with(definitions.digest, || {
            Arc::new(self.built_in.with_own(definitions, |one| self.kpi(one)))
        })
    }

    /// The catalogue of a tenant as known at a sequence number.
    #[must_use]
    pub(crate) fn at(&self, facts: &TenantFacts, seq: u64) -> Arc<Catalogue> {
        self.of(&facts.plans(seq).definitions())
    }

    /// Compiles the text of a definition as a version of a KPI.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` pointing into the text.
    pub(crate) fn compile(text: &str, id: &str, version: u32, certified: bool) -> Result<Kpi> {
        guarded(|| Draft::read(text)?.compile(id, version, certified))
    }

    /// Reads the text of a definition.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` pointing into the text.
    pub(crate) fn read(text: &str) -> Result<Draft> {
        guarded(|| Draft::read(text))
    }

    fn kpi(&self, planned: &Planned<KpiDefinition>) -> Result<Arc<Kpi>> {
        let certified = planned.says.status == KpiStatus::Certified;
        let mut hasher = blake3::Hasher::new();
        for text in [&*planned.id, &planned.says.definition] {
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        }
        hasher.update(&planned.version.to_le_bytes());
        hasher.update(&[u8::from(certified)]);
        self.kpis.get_with(*hasher.finalize().as_bytes(), || {
            Self::compile(&planned.says.definition, &planned.id, planned.version, certified).map(Arc::new)
        })
    }
}

/// Parsers and planners of expressions are others' code: a text that makes one of them panic is refused like any other that
/// does not hold.
fn guarded<T>(read: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| {
        let message = "cannot be read: simplify its expressions";
        Err(Error::invalid(
            ErrorReason::InvalidDefinition,
            "definition",
            message,
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "\
name: Won
description: A test.
in_words: deals won
formula: won
unit: count
direction: up
leading: false
cadence: monthly
funnel_stage: close
items: { what: deals won, measure: won }
measures:
  - { name: won, table: closings, class: flow, aggregate: count, filter: \"outcome = 'won'\" }
";

    fn definitions(says: &[(&str, &str, u32)]) -> Definitions {
        let one = |(id, text, version): &(&str, &str, u32)| Planned {
            id: Arc::from(*id),
            says: Arc::new(KpiDefinition {
                definition: (*text).to_owned(),
                ..KpiDefinition::default()
            }),
            seq: u64::from(*version),
            since: 1,
            version: *version,
        };
        let kpis: Vec<_> = says.iter().map(one).collect();
        let digest = *blake3::hash(format!("{says:?}").as_bytes()).as_bytes();
        Definitions { digest, kpis }
    }

    #[test]
    fn a_tenant_without_definitions_has_the_built_in_catalogue_itself() {
        let library = Library::new(Arc::new(Catalogue::built_in().unwrap()));
        assert!(Arc::ptr_eq(
            &library.of(&Definitions::default()),
            library.built_in()
        ));
    }

    #[test]
    fn what_did_not_change_is_compiled_once_and_tenants_do_not_meet() {
        let library = Library::new(Arc::new(Catalogue::built_in().unwrap()));
        let first = library.of(&definitions(&[("mine", GOOD, 1)]));
        assert!(Arc::ptr_eq(
            &first,
            &library.of(&definitions(&[("mine", GOOD, 1)]))
        ));
        let both = library.of(&definitions(&[("mine", GOOD, 1), ("other", "name: x", 1)]));
        assert!(std::ptr::eq(
            first.kpi("mine").unwrap(),
            both.kpi("mine").unwrap()
        ));
        assert!(both.kpi("other").is_err());
        let theirs = library.of(&definitions(&[("theirs", GOOD, 1)]));
        assert!(theirs.kpi("mine").is_err() && first.kpi("theirs").is_err());
        let next = library.of(&definitions(&[("mine", GOOD, 2)]));
        assert_eq!(next.kpi("mine").unwrap().definition.version, 2);
    }
}
