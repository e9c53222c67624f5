//! What a tenant decides about itself: zone, currency, calendar, pipelines, hours. A change in its record log.

use crate::money::Currency;
use crate::period::FiscalCalendar;
use crate::time::{CivilDate, Zone};

/// What a stage means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StageClass {
    /// The deal is open.
    Open,
    /// The deal is won.
    Won,
    /// The deal is lost, to a competitor or otherwise.
    Lost,
    /// The customer decided nothing.
    NoDecision,
}

impl StageClass {
    /// The name used in settings files and as an outcome.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Won => "won",
            Self::Lost => "lost",
            Self::NoDecision => "no_decision",
        }
    }

    /// The class of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Open, Self::Won, Self::Lost, Self::NoDecision]
            .into_iter()
            .find(|class| class.name() == name)
    }
}

/// A step of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// The name as it stands in the records.
    pub name: String,
    /// What it means.
    pub class: StageClass,
    /// Whether a deal that enters it is qualified.
    pub qualified: bool,
    /// The chance to win from here, 0 to 1, as decimal text; `None` = not set.
    pub probability: Option<String>,
}

/// The steps that deals go through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pipeline {
    /// Its id as it stands in the records.
    pub id: String,
    /// Its stages, first to last.
    pub stages: Vec<Stage>,
}

/// One working day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkingDay {
    /// 1 = Monday to 7 = Sunday.
    pub weekday: u8,
    /// Minutes after midnight, inclusive.
    pub opens: u16,
    /// Minutes after midnight, exclusive.
    pub closes: u16,
}

/// Kinds of declared fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum AttributeType {
    Text,
    Number,
    Day,
}

impl AttributeType {
    /// The name used in settings files and mappings.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Day => "date",
        }
    }
}

/// A field that the tenant declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeDeclaration {
    /// The kind of record that carries it, by name.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// What it holds.
    pub attribute_type: AttributeType,
}

impl AttributeDeclaration {
    /// Whether a field may be called that: 1 to 63 of a-z, 0-9 and _.
    #[must_use]
    pub fn is_name(text: &str) -> bool {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        (1..=63).contains(&text.len()) && text.bytes().all(plain)
    }
}

/// A tenant's settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The currency of answers.
    pub currency: Currency,
    /// The reporting zone.
    pub zone: Zone,
    /// The fiscal calendar.
    pub fiscal: FiscalCalendar,
    /// Working hours, by weekday.
    pub business_hours: Vec<WorkingDay>,
    /// Days on which nobody works.
    pub holidays: Vec<CivilDate>,
    /// Pipelines; the first is the default.
    pub pipelines: Vec<Pipeline>,
    /// Declared fields.
    pub attributes: Vec<AttributeDeclaration>,
    /// The name of the budget rates used for constant currency; `None` = the rates at as-of.
    pub constant_currency_budget: Option<String>,
}

impl Default for Settings {
    /// USD, UTC, fiscal year from January, Monday to Friday 09:00 to 17:00.
    fn default() -> Self {
        let day = |weekday| WorkingDay {
            weekday,
            opens: 9 * 60,
            closes: 17 * 60,
        };
        Self {
            currency: Currency::USD,
            zone: Zone::utc(),
            fiscal: FiscalCalendar::default(),
            business_hours: (1..=5).map(day).collect(),
            holidays: Vec::new(),
            pipelines: Vec::new(),
            attributes: Vec::new(),
            constant_currency_budget: None,
        }
    }
}

impl Settings {
    /// The stage of a name in a pipeline (`""` = the first pipeline); `None` when the tenant does not know it.
    #[must_use]
    pub fn stage(&self, pipeline: &str, name: &str) -> Option<&Stage> {
        self.pipeline(pipeline)?
            .stages
            .iter()
            .find(|stage| stage.name == name)
    }

    /// The pipeline of an id; `""` is the first one.
    #[must_use]
    pub fn pipeline(&self, id: &str) -> Option<&Pipeline> {
        if id.is_empty() {
            return self.pipelines.first();
        }
        self.pipelines.iter().find(|pipeline| pipeline.id == id)
    }

    /// What a stage of a name means: as declared, else by the everyday names `Won`, `Closed Won`, `Lost`, `Closed Lost`
    /// and `No Decision` (any case), else open.
    #[must_use]
    pub fn stage_class(&self, pipeline: &str, name: &str) -> StageClass {
        if let Some(stage) = self.stage(pipeline, name) {
            return stage.class;
        }
        match name.to_lowercase().replace(['_', '-'], " ").as_str() {
            "won" | "closed won" => StageClass::Won,
            "lost" | "closed lost" => StageClass::Lost,
            "no decision" | "closed no decision" => StageClass::NoDecision,
            _ => StageClass::Open,
        }
    }

    /// Whether entering a stage qualifies the deal. An undeclared stage never does.
    #[must_use]
    pub fn stage_qualifies(&self, pipeline: &str, name: &str) -> bool {
        self.stage(pipeline, name).is_some_and(|stage| stage.qualified)
    }
}
