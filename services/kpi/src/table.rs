//! The fact tables: which there are, their columns, and the slices of them that a scan hands out.
//!
//! A fact row is *valid* from `valid_from` to `valid_to` and *recorded* from `rec_from` to `rec_to` (sequence numbers).
//! It is seen as of an instant A when `valid_from < A <= valid_to`, and as known at sequence number K when
//! `rec_from <= K < rec_to`.

/// A fact table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Table {
    /// A deal closed at `valid_from`; valid until it is reopened. Dimensions as they stood then.
    Closings,
    /// A deal was open, with this owner, stage and amount, from `valid_from` to `valid_to`.
    OpenDeals,
    /// A deal entered the pipeline: at its qualification, or, as of any instant before that, at its creation.
    CreatedDeals,
    /// A product line of a won deal; valid as its closing.
    WonLines,
}

impl Table {
    /// Every table.
    pub const ALL: [Self; 4] = [
        Self::Closings,
        Self::OpenDeals,
        Self::CreatedDeals,
        Self::WonLines,
    ];

    /// The name used in definitions and checkpoints.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Closings => "closings",
            Self::OpenDeals => "open_deals",
            Self::CreatedDeals => "created_deals",
            Self::WonLines => "won_lines",
        }
    }

    /// The table of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.name() == name)
    }

    /// Its columns.
    #[must_use]
    pub fn columns(self) -> &'static [Column] {
        match self {
            Self::Closings => columns::CLOSINGS,
            Self::OpenDeals => columns::OPEN_DEALS,
            Self::CreatedDeals => columns::CREATED_DEALS,
            Self::WonLines => columns::WON_LINES,
        }
    }
}

/// The columns of each table, in order.
mod columns {
    use super::Column::{
        self, Account, Amount, Campaign, Currency, Cycle, Day, Deal, LossReason, Outcome, Owner, Pipeline,
        Product, ProductFamily, Qualified, Source, Stage, Type, Units, ValidFrom, ValidTo,
    };

    pub(super) const CLOSINGS: &[Column] = &[
        ValidFrom,
        ValidTo,
        Day,
        Deal,
        Owner,
        Account,
        Product,
        ProductFamily,
        Pipeline,
        Stage,
        Source,
        Campaign,
        Type,
        LossReason,
        Currency,
        Outcome,
        Amount,
        Cycle,
    ];
    pub(super) const OPEN_DEALS: &[Column] = &[
        ValidFrom,
        ValidTo,
        Day,
        Deal,
        Owner,
        Account,
        Product,
        ProductFamily,
        Pipeline,
        Stage,
        Source,
        Campaign,
        Type,
        Currency,
        Amount,
        Qualified,
    ];
    pub(super) const CREATED_DEALS: &[Column] = &[
        ValidFrom,
        ValidTo,
        Day,
        Deal,
        Owner,
        Account,
        Product,
        ProductFamily,
        Pipeline,
        Stage,
        Source,
        Campaign,
        Type,
        Currency,
        Amount,
    ];
    pub(super) const WON_LINES: &[Column] = &[
        ValidFrom,
        ValidTo,
        Day,
        Deal,
        Owner,
        Account,
        Product,
        ProductFamily,
        Pipeline,
        Stage,
        Source,
        Campaign,
        Type,
        Currency,
        Amount,
        Units,
    ];
}

/// A column of a fact table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Column {
    /// The event's instant, or the interval's start; microseconds. `i64`.
    ValidFrom,
    /// Until when the row holds; `i64::MAX` = open. `i64`.
    ValidTo,
    /// The civil day of `valid_from` in the tenant's zone, days since 1970-01-01. `i32`.
    Day,
    /// The deal, a code of [`Dict::Deal`]. `u32`.
    Deal,
    /// The owner, a code of [`Dict::Rep`]; 0 = none.
    Owner,
    /// The account, a code of [`Dict::Account`]; 0 = none.
    Account,
    /// The product of the deal's main line (of the line itself in `won_lines`); 0 = none.
    Product,
    /// That product's family; 0 = none.
    ProductFamily,
    /// The pipeline; 0 = none.
    Pipeline,
    /// The stage; 0 = none.
    Stage,
    /// The source; 0 = none.
    Source,
    /// The campaign; 0 = none.
    Campaign,
    /// new, expansion, cross_sell or renewal; 0 = unknown.
    Type,
    /// The loss reason; 0 = none.
    LossReason,
    /// The amount's currency code; 0 = no amount.
    Currency,
    /// won, lost or no_decision.
    Outcome,
    /// Minor units; [`NULL`] = unknown. `i64`.
    Amount,
    /// From creation to close, microseconds: whole days between two dates, else elapsed time. `i64`.
    Cycle,
    /// Units sold, in millionths. `i64`.
    Units,
    /// 1 when the deal was qualified, else 0. `u8`.
    Qualified,
}

/// The missing value of an `i64` column.
pub const NULL: i64 = i64::MIN;

/// How a column is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// Microseconds, minor units, millionths.
    I64,
    /// Days.
    I32,
    /// Codes of a dictionary; 0 = missing.
    Code(Dict),
    /// Flags.
    U8,
}

impl Column {
    /// The name used in definitions.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ValidFrom => "valid_from",
            Self::ValidTo => "valid_to",
            Self::Day => "day",
            Self::Deal => "deal",
            Self::Owner => "owner",
            Self::Account => "account",
            Self::Product => "product",
            Self::ProductFamily => "product_family",
            Self::Pipeline => "pipeline",
            Self::Stage => "stage",
            Self::Source => "source",
            Self::Campaign => "campaign",
            Self::Type => "type",
            Self::LossReason => "loss_reason",
            Self::Currency => "currency",
            Self::Outcome => "outcome",
            Self::Amount => "amount",
            Self::Cycle => "cycle",
            Self::Units => "units",
            Self::Qualified => "qualified",
        }
    }

    /// How it is stored.
    #[must_use]
    pub fn storage(self) -> Storage {
        match self {
            Self::ValidFrom | Self::ValidTo | Self::Amount | Self::Cycle | Self::Units => Storage::I64,
            Self::Day => Storage::I32,
            Self::Qualified => Storage::U8,
            Self::Deal => Storage::Code(Dict::Deal),
            Self::Owner => Storage::Code(Dict::Rep),
            Self::Account => Storage::Code(Dict::Account),
            Self::Product => Storage::Code(Dict::Product),
            Self::ProductFamily => Storage::Code(Dict::ProductFamily),
            Self::Pipeline => Storage::Code(Dict::Pipeline),
            Self::Stage => Storage::Code(Dict::Stage),
            Self::Source => Storage::Code(Dict::Source),
            Self::Campaign => Storage::Code(Dict::Campaign),
            Self::Type => Storage::Code(Dict::Type),
            Self::LossReason => Storage::Code(Dict::LossReason),
            Self::Currency => Storage::Code(Dict::Currency),
            Self::Outcome => Storage::Code(Dict::Outcome),
        }
    }
}

/// A dictionary: codes from 1, in order of first sight; 0 stands for "missing".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(
    missing_docs,
    reason = "each is the dictionary of the column or entity of that name"
)]
pub enum Dict {
    Deal,
    Rep,
    Account,
    Product,
    ProductFamily,
    Pipeline,
    Stage,
    Source,
    Campaign,
    Type,
    LossReason,
    Currency,
    Outcome,
    /// Values of attributes of reps, teams and accounts: managers, teams, regions, territories, industries, segments.
    Attribute,
}

/// The values of one column in one morsel.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs, reason = "one variant a storage")]
pub enum Slice<'a> {
    I64(&'a [i64]),
    I32(&'a [i32]),
    Code(&'a [u32]),
    U8(&'a [u8]),
}

/// At most [`MORSEL_ROWS`] rows of a table: what a scan hands to its sink.
#[derive(Debug)]
pub struct Morsel<'a> {
    /// How many rows.
    pub rows: usize,
    /// The columns asked for, in the order asked.
    pub columns: Vec<Slice<'a>>,
    /// When given: which rows are recorded at the sequence number asked for. `None` = all.
    pub recorded: Option<&'a [bool]>,
}

/// Rows in a full morsel.
pub const MORSEL_ROWS: usize = 65_536;
