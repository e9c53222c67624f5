//! Which columns each table has, and where they stand.

use super::Column::{
    self, Account, Activity, ActivityOutcome, ActivityType, AdvancedAt, Amount, Automatic, Campaign,
    Category, Channel, Check, Competitor, Completed, Contacts, Contract, ConvertedAt, Count, CreatedAt,
    CreatedBusiness, Currency, Cycle, Day, Deal, Direction, Discount, DisqualifiedAt, DisqualifyReason,
    Document, DoneAt, Duration, EndAt, EndDay, ExpectedDay, First, InTime, Lead, LeftAt, ListAmount,
    LossReason, LostAt, Metric, MqlAt, NextAt, NextStage, Order, OrderType, Outcome, Owner, Pipeline,
    Primary, Probability, Product, ProductFamily, Pushes, Qualified, Quota, RampedAt, RespondedAt,
    RespondedBusiness, Role, SalesModel, Sample, Share, SignedAt, Since, Source, Spend, SpendCategory, SqlAt,
    Stage, StageIndex, StartAt, StartDay, StartedAt, Step, Subscription, Team, Term, Type, Units, ValidFrom,
    ValidTo, Value, Weight, WonAt,
};
use super::Table;

/// The columns of a table.
pub(super) const fn columns(table: Table) -> &'static [Column] {
    match table {
        Table::Closings => CLOSINGS,
        Table::OpenDeals => OPEN_DEALS,
        Table::CreatedDeals => CREATED_DEALS,
        Table::WonLines => WON_LINES,
        Table::StageSpells => STAGE_SPELLS,
        Table::Leads => LEADS,
        Table::LeadSteps => LEAD_STEPS,
        Table::Activities => ACTIVITIES,
        Table::Quotas => QUOTAS,
        Table::Employment => EMPLOYMENT,
        Table::Ramps => RAMPS,
        Table::Credits => CREDITS,
        Table::Subscriptions => SUBSCRIPTIONS,
        Table::Contracts => CONTRACTS,
        Table::ContractChecks => CONTRACT_CHECKS,
        Table::Orders => ORDERS,
        Table::OrderLines => ORDER_LINES,
        Table::Spend => SPEND,
        Table::Samples => SAMPLES,
    }
}

/// The columns of a table: what every row begins with, then what is told of each deal or lead, then its own.
macro_rules! row {
    (deal $($own:ident)*) => {
        row!(Deal Owner Account Product ProductFamily Pipeline Stage Source Campaign Type $($own)*)
    };
    (lead $($own:ident)*) => {
        row!(Lead Owner Account Source Campaign DisqualifyReason $($own)*)
    };
    ($($own:ident)*) => {
        &[ValidFrom, ValidTo, Day, $($own),*]
    };
}

const CLOSINGS: &[Column] = row!(
    deal LossReason Currency Outcome Amount Cycle Competitor ListAmount Discount Term Contacts CreatedAt
);

const OPEN_DEALS: &[Column] = row!(
    deal Currency Amount Qualified ExpectedDay Category Competitor ListAmount Discount Term Contacts Pushes
    Probability
);

const CREATED_DEALS: &[Column] = row!(deal Currency Amount WonAt LostAt Since);

const WON_LINES: &[Column] = row!(deal Currency Amount Units);

const STAGE_SPELLS: &[Column] = row!(
    deal LeftAt AdvancedAt StageIndex NextStage Outcome First WonAt LostAt Since
);

const LEADS: &[Column] = row!(
    lead MqlAt SqlAt ConvertedAt DisqualifiedAt RespondedAt CreatedBusiness RespondedBusiness
);

const LEAD_STEPS: &[Column] = row!(lead Step NextAt);

const ACTIVITIES: &[Column] = row!(
    Activity Owner Lead Deal Account ActivityType Direction ActivityOutcome Automatic Completed Duration
);

const QUOTAS: &[Column] = row!(Quota Owner Team Currency Amount Count StartDay EndDay);

const RAMPS: &[Column] = row!(Owner Role SalesModel StartedAt RampedAt LeftAt);

const EMPLOYMENT: &[Column] = row!(Owner Role SalesModel StartedAt);

const CREDITS: &[Column] = row!(deal LossReason Currency Outcome Amount Competitor Share Primary);

const SUBSCRIPTIONS: &[Column] = row!(Subscription Account Product Currency Amount StartedAt);

const CONTRACTS: &[Column] = row!(Contract Account Deal SignedAt Document Term StartAt EndAt);

const CONTRACT_CHECKS: &[Column] = row!(Contract Account Deal Check DoneAt InTime);

const ORDERS: &[Column] = row!(Order Account Deal OrderType Currency Amount);

const ORDER_LINES: &[Column] = row!(Order Account Deal OrderType Product ProductFamily Currency Amount Units);

const SPEND: &[Column] = row!(Spend SpendCategory Channel Campaign Currency Amount StartDay EndDay);

const SAMPLES: &[Column] = row!(
    Sample Metric Owner Account Product Channel Campaign Source Team Value Weight
);

/// Where a column stands in a table.
pub(super) fn place(table: Table, column: Column) -> Option<usize> {
    let place = PLACES[table as usize][column as usize];
    (place != ABSENT).then_some(usize::from(place))
}

const ABSENT: u8 = u8::MAX;
const TABLES: usize = Table::ALL.len();
const COLUMNS: usize = Column::ALL.len();

static PLACES: [[u8; COLUMNS]; TABLES] = places();

const fn places() -> [[u8; COLUMNS]; TABLES] {
    let mut places = [[ABSENT; COLUMNS]; TABLES];
    let mut table = 0;
    while table < TABLES {
        let columns = columns(Table::ALL[table]);
        let mut place = 0;
        while place < columns.len() {
            places[table][columns[place] as usize] = place as u8;
            place += 1;
        }
        table += 1;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::super::Dict;
    use super::*;

    #[test]
    fn tables_and_dictionaries_are_numbered_in_order() {
        assert!(
            Table::ALL
                .iter()
                .enumerate()
                .all(|(number, table)| *table as usize == number)
        );
        assert!(
            Column::ALL
                .iter()
                .enumerate()
                .all(|(number, column)| *column as usize == number)
        );
        assert!(
            Dict::ALL
                .iter()
                .enumerate()
                .all(|(number, dict)| *dict as usize == number)
        );
    }

    #[test]
    fn columns_stand_where_tables_say() {
        for table in Table::ALL {
            assert_eq!(
                table.columns()[..3],
                [ValidFrom, ValidTo, Day],
                "{}",
                table.name()
            );
            for (place, column) in table.columns().iter().enumerate() {
                assert_eq!(
                    table.place(*column),
                    Some(place),
                    "{} {}",
                    table.name(),
                    column.name()
                );
            }
            assert!(table.place(table.subject_column()).is_some(), "{}", table.name());
            assert_eq!(
                table.subject_column().storage(),
                crate::table::Storage::Code(table.subject())
            );
            assert_eq!(Table::from_name(table.name()), Some(table));
        }
        assert_eq!(Table::Employment.place(Amount), None);
        let mut names: Vec<&str> = Column::ALL.iter().map(|column| column.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), COLUMNS, "no two columns of one name");
    }
}
