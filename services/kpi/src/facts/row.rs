//! A fact row outside of its table.

use crate::table::{Column, NULL, Storage, Table};

/// A fact row: the columns of its table; those it lacks keep their empty value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "documented in `crate::table::Column`")]
pub struct Row {
    pub table: Table,
    pub valid_from: i64,
    pub valid_to: i64,
    pub day: i32,
    pub deal: u32,
    pub owner: u32,
    pub account: u32,
    pub product: u32,
    pub product_family: u32,
    pub pipeline: u32,
    pub stage: u32,
    pub source: u32,
    pub campaign: u32,
    pub opportunity_type: u32,
    pub loss_reason: u32,
    pub currency: u32,
    pub outcome: u32,
    pub amount: i64,
    pub cycle: i64,
    pub units: i64,
    pub qualified: u8,
}

impl Row {
    /// An empty row of a table.
    #[must_use]
    pub fn new(table: Table) -> Self {
        Self {
            table,
            valid_from: 0,
            valid_to: i64::MAX,
            day: 0,
            deal: 0,
            owner: 0,
            account: 0,
            product: 0,
            product_family: 0,
            pipeline: 0,
            stage: 0,
            source: 0,
            campaign: 0,
            opportunity_type: 0,
            loss_reason: 0,
            currency: 0,
            outcome: 0,
            amount: NULL,
            cycle: 0,
            units: 0,
            qualified: 0,
        }
    }

    /// The value of a column, widened. Codes, days and flags fit losslessly.
    #[must_use]
    pub fn get(&self, column: Column) -> i64 {
        match column {
            Column::ValidFrom => self.valid_from,
            Column::ValidTo => self.valid_to,
            Column::Amount => self.amount,
            Column::Cycle => self.cycle,
            Column::Units => self.units,
            Column::Day => i64::from(self.day),
            Column::Qualified => i64::from(self.qualified),
            _ => i64::from(self.code(column)),
        }
    }

    /// Sets a column from a widened value.
    pub fn set(&mut self, column: Column, value: i64) {
        match column {
            Column::ValidFrom => self.valid_from = value,
            Column::ValidTo => self.valid_to = value,
            Column::Amount => self.amount = value,
            Column::Cycle => self.cycle = value,
            Column::Units => self.units = value,
            Column::Day => self.day = i32::try_from(value).unwrap_or_default(),
            Column::Qualified => self.qualified = u8::from(value != 0),
            _ => {
                debug_assert!(matches!(column.storage(), Storage::Code(_)));
                *self.code_mut(column) = u32::try_from(value).unwrap_or_default();
            }
        }
    }

    fn code(&self, column: Column) -> u32 {
        match column {
            Column::Deal => self.deal,
            Column::Owner => self.owner,
            Column::Account => self.account,
            Column::Product => self.product,
            Column::ProductFamily => self.product_family,
            Column::Pipeline => self.pipeline,
            Column::Stage => self.stage,
            Column::Source => self.source,
            Column::Campaign => self.campaign,
            Column::Type => self.opportunity_type,
            Column::LossReason => self.loss_reason,
            Column::Currency => self.currency,
            Column::Outcome => self.outcome,
            _ => 0,
        }
    }

    fn code_mut(&mut self, column: Column) -> &mut u32 {
        match column {
            Column::Owner => &mut self.owner,
            Column::Account => &mut self.account,
            Column::Product => &mut self.product,
            Column::ProductFamily => &mut self.product_family,
            Column::Pipeline => &mut self.pipeline,
            Column::Stage => &mut self.stage,
            Column::Source => &mut self.source,
            Column::Campaign => &mut self.campaign,
            Column::Type => &mut self.opportunity_type,
            Column::LossReason => &mut self.loss_reason,
            Column::Currency => &mut self.currency,
            Column::Outcome => &mut self.outcome,
            _ => &mut self.deal,
        }
    }
}
