//! Subscriptions, contracts, orders, spend and samples: each becomes rows by itself.

use bellwether_domain::Result;
use bellwether_domain::record::{Contract, MetricSample, Order, Spend, Subscription};

use super::super::TenantFacts;
use crate::facts::{self, Key, Version};
use crate::table::Dict;

impl TenantFacts {
    /// A version of a subscription; `None` = a tombstone.
    pub(in super::super) fn subscription(
        &mut self,
        id: &str,
        key: Key,
        says: Option<&Subscription>,
        seq: u32,
    ) -> Result<()> {
        let code = self.dict(Dict::Subscription).intern(id);
        let says = says.and_then(|says| self.coded_subscription(says));
        self.logs.subscriptions.add(code, &Version { key, says });
        self.derive_subscription(code, seq)
    }

    /// A version of a contract; `None` = a tombstone.
    pub(in super::super) fn contract(
        &mut self,
        id: &str,
        key: Key,
        says: Option<&Contract>,
        seq: u32,
    ) -> Result<()> {
        let code = self.dict(Dict::Contract).intern(id);
        let says = says.map(|says| self.coded_contract(says));
        self.logs.contracts.add(code, &Version { key, says });
        self.derive_contract(code, seq)
    }

    /// A version of an order; `None` = a tombstone.
    pub(in super::super) fn order(
        &mut self,
        id: &str,
        key: Key,
        says: Option<&Order>,
        seq: u32,
    ) -> Result<()> {
        let code = self.dict(Dict::Order).intern(id);
        let says = says.map(|says| self.coded_order(says));
        self.logs.orders.add(code, &Version { key, says });
        self.derive_order(code, seq)
    }

    /// A version of money spent; `None` = a tombstone.
    pub(in super::super) fn spend(
        &mut self,
        id: &str,
        key: Key,
        says: Option<&Spend>,
        seq: u32,
    ) -> Result<()> {
        let code = self.dict(Dict::Spend).intern(id);
        let says = says.and_then(|says| self.coded_spend(says));
        self.logs.spend.add(code, &Version { key, says });
        self.derive_spend(code, seq)
    }

    /// A version of a sample; `None` = a tombstone.
    pub(in super::super) fn sample(
        &mut self,
        id: &str,
        key: Key,
        says: Option<&MetricSample>,
        seq: u32,
    ) -> Result<()> {
        let code = self.dict(Dict::Sample).intern(id);
        let says = says.map(|says| self.coded_sample(says));
        self.logs.samples.add(code, &Version { key, says });
        self.derive_sample(code, seq)
    }

    /// Derives all of them anew.
    pub(super) fn derive_commerce(&mut self, seq: u32) -> Result<()> {
        (1..self.logs.subscriptions.end()).try_for_each(|code| self.derive_subscription(code, seq))?;
        (1..self.logs.contracts.end()).try_for_each(|code| self.derive_contract(code, seq))?;
        (1..self.logs.orders.end()).try_for_each(|code| self.derive_order(code, seq))?;
        (1..self.logs.spend.end()).try_for_each(|code| self.derive_spend(code, seq))?;
        (1..self.logs.samples.end()).try_for_each(|code| self.derive_sample(code, seq))
    }

    fn derive_subscription(&mut self, code: u32, seq: u32) -> Result<()> {
        let mut versions = self.logs.subscriptions.versions(code);
        let mut rows = self.room();
        facts::derive_subscription(&mut versions, code, &self.rules(), &mut rows);
        self.put((Dict::Subscription, code), rows, seq)
    }

    fn derive_contract(&mut self, code: u32, seq: u32) -> Result<()> {
        let mut versions = self.logs.contracts.versions(code);
        let Some(first) = self.first_recorded(&versions) else {
            return Ok(());
        };
        let mut rows = self.room();
        facts::derive_contract(&mut versions, code, first, &self.rules(), &mut rows);
        self.put((Dict::Contract, code), rows, seq)
    }

    fn derive_order(&mut self, code: u32, seq: u32) -> Result<()> {
        let mut versions = self.logs.orders.versions(code);
        let mut rows = self.room();
        facts::derive_order(&mut versions, code, &self.rules(), &mut rows);
        self.put((Dict::Order, code), rows, seq)
    }

    fn derive_spend(&mut self, code: u32, seq: u32) -> Result<()> {
        let mut versions = self.logs.spend.versions(code);
        let mut rows = self.room();
        facts::derive_spend(&mut versions, code, &self.rules(), &mut rows);
        self.put((Dict::Spend, code), rows, seq)
    }

    fn derive_sample(&mut self, code: u32, seq: u32) -> Result<()> {
        let mut versions = self.logs.samples.versions(code);
        let mut rows = self.room();
        facts::derive_sample(&mut versions, code, &self.rules(), &mut rows);
        self.put((Dict::Sample, code), rows, seq)
    }
}
