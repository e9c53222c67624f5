//! Why a value is absent.

use serde::Deserialize;

/// Why there is no value: never a made-up 0 or infinity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AbsentReason {
    /// No deal was closed.
    NoClosedDeals,
    /// No deal was won.
    NoWonDeals,
    /// All items lack an amount, or the amounts sum to 0.
    NoAmounts,
    /// There is nothing to compare with: the base is 0 or before the first record.
    NoBase,
    /// No deal was lost.
    NoLostDeals,
    /// No deal that was won took any time.
    NoCycle,
    /// No unit was sold.
    NoUnits,
    /// There is no quota.
    NoQuota,
    /// The quota is met already.
    QuotaMet,
    /// There are no leads.
    NoLeads,
    /// The window of the items has not passed.
    NotMature,
    /// There are no reps.
    NoReps,
    /// Too few items got there to tell.
    NotReached,
    /// No deal is open.
    NoOpenDeals,
    /// No deal entered the pipeline.
    NoCreatedDeals,
    /// Nothing of that kind was done.
    NoActivities,
    /// Nobody is a customer.
    NoCustomers,
    /// Nobody became a customer.
    NoNewCustomers,
    /// No customer has left, so that there is no end to tell of.
    NoChurn,
    /// There is no gross margin.
    NoMargin,
    /// It never comes: there is no margin that could pay.
    Never,
    /// There is no recurring revenue.
    NoMrr,
    /// Nothing was spent.
    NoCosts,
    /// There is no revenue.
    NoRevenue,
    /// There is no contract.
    NoContracts,
    /// No check was due.
    NoChecks,
    /// There is no order.
    NoOrders,
    /// No sample of that name was sent.
    NoSamples,
    /// Nobody answered.
    NoReplies,
    /// No deal tells how many contacts took part.
    NoContacts,
}

impl AbsentReason {
    /// The name used in definitions and answers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NoClosedDeals => "no_closed_deals",
            Self::NoWonDeals => "no_won_deals",
            Self::NoAmounts => "no_amounts",
            Self::NoBase => "no_base",
            Self::NoLostDeals => "no_lost_deals",
            Self::NoCycle => "no_cycle",
            Self::NoUnits => "no_units",
            Self::NoQuota => "no_quota",
            Self::QuotaMet => "quota_met",
            Self::NoLeads => "no_leads",
            Self::NotMature => "not_mature",
            Self::NoReps => "no_reps",
            Self::NotReached => "not_reached",
            Self::NoOpenDeals => "no_open_deals",
            Self::NoCreatedDeals => "no_created_deals",
            Self::NoActivities => "no_activities",
            Self::NoCustomers => "no_customers",
            Self::NoNewCustomers => "no_new_customers",
            Self::NoChurn => "no_churn",
            Self::NoMargin => "no_margin",
            Self::Never => "never",
            Self::NoMrr => "no_mrr",
            Self::NoCosts => "no_costs",
            Self::NoRevenue => "no_revenue",
            Self::NoContracts => "no_contracts",
            Self::NoChecks => "no_checks",
            Self::NoOrders => "no_orders",
            Self::NoSamples => "no_samples",
            Self::NoReplies => "no_replies",
            Self::NoContacts => "no_contacts",
        }
    }
}
