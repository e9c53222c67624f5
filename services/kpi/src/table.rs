//! The fact tables: which there are, their columns, and the slices of them that a scan hands out.
//!
//! A fact row is *valid* from `valid_from` to `valid_to` and *recorded* from `rec_from` to `rec_to` (sequence numbers).
//! It is seen as of an instant A when `valid_from < A <= valid_to`, and as known at sequence number K when
//! `rec_from <= K < rec_to`. A column that holds the instant of something later (`left_at`, `responded_at`) may hold
//! one after A: whoever reads it as of A takes what lies at or after A as not having happened. Where an event is told
//! otherwise from some instant on (a deal was created, and its win is taken back), further rows of the same event have
//! that instant in `since`, and are seen only as of later ones.

mod column;
mod layout;

pub use column::{Column, Dict, Storage};

/// A fact table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Table {
    /// A deal closed at `valid_from`; valid until it is reopened. Dimensions as they stood then.
    Closings,
    /// A deal was open, with this owner, stage, amount, expected close and category, from `valid_from` to `valid_to`.
    OpenDeals,
    /// A deal entered the pipeline: at its qualification, or, as of any instant before that, at its creation.
    CreatedDeals,
    /// A product line of a won deal; valid as its closing.
    WonLines,
    /// An open deal entered a stage at `valid_from`. Dimensions as they stood then.
    StageSpells,
    /// A lead was created at `valid_from`, with the instants of what became of it.
    Leads,
    /// A lead became marketing qualified, sales qualified, converted or disqualified at `valid_from`; a disqualification
    /// is valid until it is taken back.
    LeadSteps,
    /// An activity took place, or is to, at `valid_from`.
    Activities,
    /// A quota of a rep or team, valid over its days. A later version that holds from within them cuts them in two; one
    /// stated after their end corrects what held at their end.
    Quotas,
    /// A rep was employed, in this role, from `valid_from` to `valid_to`.
    Employment,
    /// A rep's part in a won closing, valid as it; a deal without a split has one, of its owner.
    Credits,
    /// A subscription was paid at this monthly amount from `valid_from` to `valid_to`.
    Subscriptions,
    /// What a contract said from `valid_from` to `valid_to`; the first from when it came to be.
    Contracts,
    /// A check of a contract was due; `valid_from` is the last instant of the due day.
    ContractChecks,
    /// An order, invoice or credit note was placed or issued at `valid_from`.
    Orders,
    /// A product line of one; valid as it.
    OrderLines,
    /// Money was spent over the days of the row.
    Spend,
    /// A value of another business number was measured at `valid_from`.
    Samples,
    /// A rep with a quota was employed at `valid_from`, with the instants of what became of it: reaching the quota, and
    /// leaving. No store has such rows: a question makes them of credits, quotas and employment.
    Ramps,
}

impl Table {
    /// Every table.
    pub const ALL: [Self; 19] = [
        Self::Closings,
        Self::OpenDeals,
        Self::CreatedDeals,
        Self::WonLines,
        Self::StageSpells,
        Self::Leads,
        Self::LeadSteps,
        Self::Activities,
        Self::Quotas,
        Self::Employment,
        Self::Credits,
        Self::Subscriptions,
        Self::Contracts,
        Self::ContractChecks,
        Self::Orders,
        Self::OrderLines,
        Self::Spend,
        Self::Samples,
        Self::Ramps,
    ];

    /// The name used in definitions and checkpoints.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Closings => "closings",
            Self::OpenDeals => "open_deals",
            Self::CreatedDeals => "created_deals",
            Self::WonLines => "won_lines",
            Self::StageSpells => "stage_spells",
            Self::Leads => "leads",
            Self::LeadSteps => "lead_steps",
            Self::Activities => "activities",
            Self::Quotas => "quotas",
            Self::Employment => "employment",
            Self::Credits => "credits",
            Self::Subscriptions => "subscriptions",
            Self::Contracts => "contracts",
            Self::ContractChecks => "contract_checks",
            Self::Orders => "orders",
            Self::OrderLines => "order_lines",
            Self::Spend => "spend",
            Self::Samples => "samples",
            Self::Ramps => "ramps",
        }
    }

    /// The table of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.name() == name)
    }

    /// Its columns; the first three are `valid_from`, `valid_to` and `day`.
    #[must_use]
    pub const fn columns(self) -> &'static [Column] {
        layout::columns(self)
    }

    /// Where a column stands among [`Self::columns`].
    #[must_use]
    pub fn place(self, column: Column) -> Option<usize> {
        layout::place(self, column)
    }

    /// The dictionary of the record that its rows come from.
    #[must_use]
    pub const fn subject(self) -> Dict {
        match self {
            Self::Closings
            | Self::OpenDeals
            | Self::CreatedDeals
            | Self::WonLines
            | Self::StageSpells
            | Self::Credits => Dict::Deal,
            Self::Leads | Self::LeadSteps => Dict::Lead,
            Self::Activities => Dict::Activity,
            Self::Quotas => Dict::Quota,
            Self::Employment | Self::Ramps => Dict::Rep,
            Self::Subscriptions => Dict::Subscription,
            Self::Contracts | Self::ContractChecks => Dict::Contract,
            Self::Orders | Self::OrderLines => Dict::Order,
            Self::Spend => Dict::Spend,
            Self::Samples => Dict::Sample,
        }
    }

    /// The column with the code of that record.
    #[must_use]
    pub const fn subject_column(self) -> Column {
        match self.subject() {
            Dict::Lead => Column::Lead,
            Dict::Activity => Column::Activity,
            Dict::Quota => Column::Quota,
            Dict::Rep => Column::Owner,
            Dict::Subscription => Column::Subscription,
            Dict::Contract => Column::Contract,
            Dict::Order => Column::Order,
            Dict::Spend => Column::Spend,
            Dict::Sample => Column::Sample,
            _ => Column::Deal,
        }
    }
}

/// The missing value of an `i64` column.
pub const NULL: i64 = i64::MIN;

/// Where a validity begins that has no beginning: before every instant, and not missing.
pub const EVER: i64 = i64::MIN + 1;

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
