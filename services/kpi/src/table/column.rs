//! The columns of the fact tables, how they are stored, and the dictionaries of their codes.

use bellwether_domain::RecordKind;

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
    /// When the deal left the stage, or the rep the company; missing = not yet.
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
    /// When the rep had reached enough of a quota, in the first of two periods running; missing = not yet.
    RampedAt "ramped_at" I64;
    /// The competitor.
    Competitor "competitor" Code(Competitor);
    /// The amount at list price, minor units of `currency`.
    ListAmount "list_amount" I64;
    /// What was taken off the list amount, minor units of `currency`: as stated, else list amount less amount.
    Discount "discount" I64;
    /// The term in months.
    Term "term" I64;
    /// How many contacts at the account take part.
    Contacts "contacts" I64;
    /// How often the expected close was put off so far.
    Pushes "pushes" I64;
    /// The chance to win in millionths: the CRM's own, else that of the stage in the settings.
    Probability "probability" I64;
    /// When the deal was created.
    CreatedAt "created_at" I64;
    /// When the deal was won.
    WonAt "won_at" I64;
    /// When the deal was lost, or ended without a decision.
    LostAt "lost_at" I64;
    /// From when on the row tells of its event; missing = from the event on.
    Since "since" I64;
    /// Whether it is the row of the primary owner, of whom the deal counts.
    Primary "primary" U8;
    /// The rep's part of the deal in millionths.
    Share "share" I64;
    /// The subscription.
    Subscription "subscription" Code(Subscription);
    /// The contract.
    Contract "contract" Code(Contract);
    /// When all parties had signed; missing = not yet.
    SignedAt "signed_at" I64;
    /// Whether the signed document is on file.
    Document "document" U8;
    /// The first instant of the term.
    StartAt "start_at" I64;
    /// The instant at which the term is over.
    EndAt "end_at" I64;
    /// What had to be done.
    Check "check" Code(Check);
    /// The first instant of the day on which it was done; missing = not yet.
    DoneAt "done_at" I64;
    /// Whether it was done on its due day or before.
    InTime "in_time" U8;
    /// The order.
    Order "order" Code(Order);
    /// order, invoice or credit_note.
    OrderType "order_type" Code(OrderType);
    /// The record of money spent.
    Spend "spend" Code(Spend);
    /// marketing, sales_payroll, tools, training or other.
    SpendCategory "spend_category" Code(SpendCategory);
    /// The channel.
    Channel "channel" Code(Channel);
    /// The sample.
    Sample "sample" Code(Sample);
    /// The name of the number.
    Metric "metric" Code(Metric);
    /// The number, in millionths.
    Value "value" I64;
    /// What the number weighs in means, in millionths.
    Weight "weight" I64;
}

impl Column {
    /// Whether its numbers are stored as narrow as they allow, and not at all while all are missing: those that are often
    /// small or missing, and not in every scan.
    #[must_use]
    pub const fn is_packed(self) -> bool {
        matches!(
            self,
            Self::ListAmount
                | Self::Discount
                | Self::Term
                | Self::Contacts
                | Self::Pushes
                | Self::Probability
                | Self::Since
                | Self::Share
                | Self::Units
                | Self::StageIndex
                | Self::Count
                | Self::Value
                | Self::Weight
                | Self::CreatedAt
                | Self::WonAt
                | Self::LostAt
                | Self::SignedAt
                | Self::StartAt
                | Self::EndAt
                | Self::DoneAt
                | Self::StartedAt
        )
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
    Subscription,
    Contract,
    Order,
    Spend,
    Sample,
    Metric,
    Channel,
    SpendCategory,
    OrderType,
    Competitor,
    Check,
}

impl Dict {
    /// Every dictionary, in order.
    pub const ALL: [Self; 37] = [
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
        Self::Subscription,
        Self::Contract,
        Self::Order,
        Self::Spend,
        Self::Sample,
        Self::Metric,
        Self::Channel,
        Self::SpendCategory,
        Self::OrderType,
        Self::Competitor,
        Self::Check,
    ];

    /// The kind of records whose ids its codes stand for.
    #[must_use]
    pub fn kind(self) -> Option<RecordKind> {
        Some(match self {
            Self::Deal => RecordKind::Opportunity,
            Self::Rep => RecordKind::Rep,
            Self::Team => RecordKind::Team,
            Self::Account => RecordKind::Account,
            Self::Lead => RecordKind::Lead,
            Self::Activity => RecordKind::Activity,
            Self::Quota => RecordKind::Quota,
            Self::Subscription => RecordKind::Subscription,
            Self::Contract => RecordKind::Contract,
            Self::Order => RecordKind::Order,
            Self::Spend => RecordKind::Spend,
            Self::Sample => RecordKind::MetricSample,
            _ => return None,
        })
    }

    /// Whether its codes say which record it is: no business of a definition.
    #[must_use]
    pub fn is_identity(self) -> bool {
        matches!(
            self,
            Self::Deal
                | Self::Lead
                | Self::Activity
                | Self::Quota
                | Self::Subscription
                | Self::Contract
                | Self::Order
                | Self::Spend
                | Self::Sample
        )
    }
}
