//! The columns of the fact tables, how they are stored, and the dictionaries of their codes.

/// How a column is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// Microseconds, minor units, millionths; [`crate::table::NULL`] = missing.
    I64,
    /// Days since 1970-01-01.
    I32,
    /// Codes of a dictionary; 0 = missing.
    Code(Dict),
    /// Flags.
    U8,
}

/// Columns with their names and how they are stored.
macro_rules! columns {
    ($($(#[$doc:meta])* $column:ident $name:literal $storage:ident $(($dict:ident))?;)*) => {
        /// A column of a fact table.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Column {
            $($(#[$doc])* $column,)*
        }

        impl Column {
            /// Every column.
            pub const ALL: &'static [Self] = &[$(Self::$column),*];

            /// The name used in definitions.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$column => $name,)*
                }
            }

            /// How it is stored.
            #[must_use]
            pub const fn storage(self) -> Storage {
                match self {
                    $(Self::$column => Storage::$storage $((Dict::$dict))?,)*
                }
            }
        }
    };
}

columns! {
    /// The event's instant, or the interval's start; microseconds.
    ValidFrom "valid_from" I64;
    /// Until when the row holds; `i64::MAX` = open.
    ValidTo "valid_to" I64;
    /// The civil day of `valid_from` in the tenant's zone.
    Day "day" I32;
    /// The deal.
    Deal "deal" Code(Deal);
    /// The owner, or the rep who did it.
    Owner "owner" Code(Rep);
    /// The account.
    Account "account" Code(Account);
    /// The product of the deal's main line (of the line itself in `won_lines`).
    Product "product" Code(Product);
    /// That product's family.
    ProductFamily "product_family" Code(ProductFamily);
    /// The pipeline.
    Pipeline "pipeline" Code(Pipeline);
    /// The stage.
    Stage "stage" Code(Stage);
    /// The source.
    Source "source" Code(Source);
    /// The campaign.
    Campaign "campaign" Code(Campaign);
    /// new, expansion, cross_sell or renewal.
    Type "type" Code(Type);
    /// The loss reason.
    LossReason "loss_reason" Code(LossReason);
    /// The amount's currency; missing = no amount.
    Currency "currency" Code(Currency);
    /// won, lost or no_decision; of a stage that was left for another one, missing.
    Outcome "outcome" Code(Outcome);
    /// Minor units.
    Amount "amount" I64;
    /// From creation to close, microseconds: whole days between two dates, else elapsed time.
    Cycle "cycle" I64;
    /// Units sold, in millionths.
    Units "units" I64;
    /// Whether the deal was qualified.
    Qualified "qualified" U8;
    /// The instant at which the deal is expected to close; a date counts from its first instant. Missing = undated.
    ExpectedDay "expected_day" I64;
    /// The forecast category: omitted, pipeline, best_case, most_likely, commit or closed.
    Category "category" Code(Category);
    /// When the deal left the stage; missing = it is there still.
    LeftAt "left_at" I64;
    /// When the deal first reached a later stage of the pipeline or was won; missing = not yet.
    AdvancedAt "advanced_at" I64;
    /// The stage's place in its pipeline, the first = 1; missing for a stage that the settings do not name.
    StageIndex "stage_index" I64;
    /// The stage it left for.
    NextStage "next_stage" Code(Stage);
    /// Whether the deal was in the stage for the first time.
    First "first" U8;
    /// The lead.
    Lead "lead" Code(Lead);
    /// Why the lead was disqualified.
    DisqualifyReason "disqualify_reason" Code(DisqualifyReason);
    /// mql, sql, converted or disqualified.
    Step "step" Code(Step);
    /// When the lead reached a later step on the way to conversion; missing = not yet.
    NextAt "next_at" I64;
    /// When marketing qualified the lead.
    MqlAt "mql_at" I64;
    /// When sales qualified it.
    SqlAt "sql_at" I64;
    /// When it was converted.
    ConvertedAt "converted_at" I64;
    /// When it was disqualified, if it still is.
    DisqualifiedAt "disqualified_at" I64;
    /// The first completed outbound activity of a person that names the lead, at or after its creation.
    RespondedAt "responded_at" I64;
    /// Business microseconds at creation, as of [`bellwether_domain::BusinessClock`].
    CreatedBusiness "created_business" I64;
    /// Business microseconds at `responded_at`.
    RespondedBusiness "responded_business" I64;
    /// The activity.
    Activity "activity" Code(Activity);
    /// call, email, meeting, demo or task.
    ActivityType "activity_type" Code(ActivityType);
    /// inbound or outbound.
    Direction "direction" Code(Direction);
    /// connected, replied, bounced, opened_by_machine, opened_by_human, clicked or no_answer.
    ActivityOutcome "activity_outcome" Code(ActivityOutcome);
    /// Whether a machine did it.
    Automatic "automatic" U8;
    /// Whether it took place.
    Completed "completed" U8;
    /// How long it took, microseconds.
    Duration "duration" I64;
    /// The quota.
    Quota "quota" Code(Quota);
    /// The team whose quota it is; missing = a rep's.
    Team "team" Code(Team);
    /// How many deals are to be won; missing = an amount is.
    Count "count" I64;
    /// The first day of the quota's period.
    StartDay "start_day" I32;
    /// The day after its last day.
    EndDay "end_day" I32;
    /// The rep's role.
    Role "role" Code(Role);
    /// The rep's sales model.
    SalesModel "sales_model" Code(SalesModel);
    /// The first instant of employment, whatever the role was then; missing = unknown.
    StartedAt "started_at" I64;
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
    Lead,
    Activity,
    Quota,
    Team,
    Category,
    Step,
    DisqualifyReason,
    ActivityType,
    Direction,
    ActivityOutcome,
    Role,
    SalesModel,
}

impl Dict {
    /// Every dictionary, in order.
    pub const ALL: [Self; 26] = [
        Self::Deal,
        Self::Rep,
        Self::Account,
        Self::Product,
        Self::ProductFamily,
        Self::Pipeline,
        Self::Stage,
        Self::Source,
        Self::Campaign,
        Self::Type,
        Self::LossReason,
        Self::Currency,
        Self::Outcome,
        Self::Attribute,
        Self::Lead,
        Self::Activity,
        Self::Quota,
        Self::Team,
        Self::Category,
        Self::Step,
        Self::DisqualifyReason,
        Self::ActivityType,
        Self::Direction,
        Self::ActivityOutcome,
        Self::Role,
        Self::SalesModel,
    ];

    /// Whether its codes say which record it is: no business of a definition.
    #[must_use]
    pub fn is_identity(self) -> bool {
        matches!(self, Self::Deal | Self::Lead | Self::Activity | Self::Quota)
    }
}
