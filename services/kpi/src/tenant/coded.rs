//! From records to what facts need of them: texts become codes of the tenant's dictionaries.

mod commerce;

use bellwether_domain::Money;
use bellwether_domain::record::{
    Activity, ActivityOutcome, ActivityType, Credit, Direction, ForecastCategory, Lead, LineItem,
    Opportunity, OpportunityType, Quota, QuotaHolder, QuotaTarget, Rep,
};
use bellwether_domain::settings::StageClass;

use super::{DICTIONARIES, Dictionary, TenantFacts};
use crate::facts::{self, Amount, Deal, Employment, Line};
use crate::table::{Dict, NULL};

/// New dictionaries; those of closed sets of words have them all, so that their codes are always the same.
pub(super) fn dictionaries() -> [Dictionary; DICTIONARIES] {
    let mut dictionaries: [Dictionary; DICTIONARIES] = std::array::from_fn(|_| Dictionary::new());
    let mut words = |dict: Dict, words: &[&str]| {
        for word in words {
            dictionaries[dict as usize].intern(word);
        }
    };
    let outcomes = [StageClass::Won, StageClass::Lost, StageClass::NoDecision];
    words(Dict::Outcome, &outcomes.map(StageClass::name));
    use OpportunityType::{CrossSell, Expansion, New, Renewal};
    words(
        Dict::Type,
        &[New, Expansion, CrossSell, Renewal].map(OpportunityType::name),
    );
    words(Dict::Step, &facts::STEPS);
    words(Dict::Direction, &["inbound", "outbound"]);
    commerce::closed_words(&mut words);
    dictionaries
}

impl TenantFacts {
    pub(super) fn dict(&mut self, dict: Dict) -> &mut Dictionary {
        &mut self.dictionaries[dict as usize]
    }

    fn code(&mut self, dict: Dict, name: Option<&String>) -> u32 {
        name.map_or(0, |name| self.dict(dict).intern(name))
    }

    fn amount(&mut self, amount: Option<Money>) -> Option<Amount> {
        let amount = amount?;
        let currency = self.dict(Dict::Currency).intern(amount.currency.code());
        Some(Amount {
            minor: amount.minor,
            currency,
        })
    }

    pub(super) fn coded_deal(&mut self, deal: &Opportunity) -> Deal {
        let lines = self.coded_lines(&deal.lines);
        let stages = deal.stage_history.iter();
        let stages = stages
            .map(|entry| (entry.at, self.dict(Dict::Stage).intern(&entry.stage)))
            .collect();
        let amounts = deal.amount_history.iter();
        let amounts = amounts
            .map(|entry| (entry.at, self.amount(entry.amount)))
            .collect();
        let owners = deal.owner_history.iter();
        let owners = owners
            .map(|entry| (entry.at, self.dict(Dict::Rep).intern(&entry.owner_id)))
            .collect();
        let expectations = deal.close_date_history.iter();
        let expectations = expectations
            .map(|entry| (entry.at, entry.expected_close))
            .collect();
        let kind = deal.opportunity_type.map_or("", OpportunityType::name);
        let credits = self.coded_credits(&deal.credits);
        Deal {
            account: self.code(Dict::Account, deal.account_id.as_ref()),
            owner: self.code(Dict::Rep, deal.owner_id.as_ref()),
            source: self.code(Dict::Source, deal.source.as_ref()),
            campaign: self.code(Dict::Campaign, deal.campaign.as_ref()),
            opportunity_type: self.dict(Dict::Type).intern(kind),
            pipeline: self.dict(Dict::Pipeline).intern(&deal.pipeline),
            stage: self.dict(Dict::Stage).intern(&deal.stage),
            category: self
                .dict(Dict::Category)
                .intern(deal.forecast_category.map_or("", category)),
            loss_reason: self.code(Dict::LossReason, deal.loss_reason.as_ref()),
            amount: self.amount(deal.amount),
            expected: deal.expected_close,
            created: deal.created,
            qualified: deal.qualified,
            closed: deal.closed,
            lines,
            stages,
            amounts,
            owners,
            expectations,
            competitor: self.code(Dict::Competitor, deal.competitor.as_ref()),
            list_amount: self.amount(deal.list_amount),
            discount: self.amount(deal.discount),
            term: deal.term_months,
            contacts: deal.contact_count,
            probability: deal.crm_probability.as_deref().and_then(chance),
            credits,
        }
    }

    /// By id, so that ties fall as the rules say.
    fn coded_credits(&mut self, credits: &[Credit]) -> Vec<(u32, i64)> {
        let mut credits: Vec<&Credit> = credits.iter().collect();
        credits.sort_unstable_by_key(|credit| &credit.rep_id);
        let rep = |credit: &Credit| (self.dict(Dict::Rep).intern(&credit.rep_id), credit.millionths());
        credits.into_iter().map(rep).collect()
    }

    fn coded_lines(&mut self, lines: &[LineItem]) -> Vec<Line> {
        let line = |line: &LineItem| Line {
            product: self.dict(Dict::Product).intern(&line.product),
            family: self.code(Dict::ProductFamily, line.product_family.as_ref()),
            units: millionths(&line.units),
            amount: self.amount(line.amount),
        };
        lines.iter().map(line).collect()
    }

    pub(super) fn coded_lead(&mut self, lead: &Lead) -> facts::Lead {
        facts::Lead {
            source: self.code(Dict::Source, lead.source.as_ref()),
            campaign: self.code(Dict::Campaign, lead.campaign.as_ref()),
            owner: self.code(Dict::Rep, lead.owner_id.as_ref()),
            account: self.code(Dict::Account, lead.account_id.as_ref()),
            disqualify_reason: self.code(Dict::DisqualifyReason, lead.disqualify_reason.as_ref()),
            created: lead.created,
            mql: lead.mql_at,
            sql: lead.sql_at,
            converted: lead.converted_at,
            has_deal: lead.converted_opportunity_id.is_some(),
        }
    }

    pub(super) fn coded_activity(&mut self, activity: &Activity) -> facts::Activity {
        let (kind, direction, outcome) = (
            activity_type(activity.activity_type),
            activity.direction.map_or("", direction),
            activity.outcome.map_or("", activity_outcome),
        );
        let long = |seconds: u64| i64::try_from(seconds).ok()?.checked_mul(1_000_000);
        facts::Activity {
            activity_type: self.dict(Dict::ActivityType).intern(kind),
            rep: self.code(Dict::Rep, activity.rep_id.as_ref()),
            lead: self.code(Dict::Lead, activity.lead_id.as_ref()),
            deal: self.code(Dict::Deal, activity.opportunity_id.as_ref()),
            account: self.code(Dict::Account, activity.account_id.as_ref()),
            at: activity.at,
            duration: activity.duration_seconds.and_then(long).unwrap_or(NULL),
            completed: activity.completed,
            direction: self.dict(Dict::Direction).intern(direction),
            automatic: activity.automatic,
            outcome: self.dict(Dict::ActivityOutcome).intern(outcome),
        }
    }

    /// A team, also one without a record of its own: its id is then shown in place of its name.
    fn team(&mut self, id: &str) -> u32 {
        self.dict(Dict::Attribute).intern(id);
        self.dict(Dict::Team).intern(id)
    }

    pub(super) fn coded_quota(&mut self, quota: &Quota) -> facts::Quota {
        let (owner, team) = match &quota.holder {
            QuotaHolder::Rep(id) => (self.dict(Dict::Rep).intern(id), 0),
            QuotaHolder::Team(id) => (0, self.team(id)),
        };
        let (amount, count) = match quota.target {
            QuotaTarget::Amount(amount) => (self.amount(Some(amount)), NULL),
            QuotaTarget::Count(count) => (None, i64::try_from(count).unwrap_or(i64::MAX)),
        };
        facts::Quota {
            owner,
            team,
            start: quota.period_start.days(),
            end: quota.period_end.days(),
            amount,
            count,
        }
    }

    pub(super) fn coded_employment(&mut self, rep: &Rep) -> Employment {
        Employment {
            role: self.code(Dict::Role, rep.role.as_ref()),
            sales_model: self.code(Dict::SalesModel, rep.sales_model.as_ref()),
            start: rep.start_date.map(|day| day.days()),
            end: rep.end_date.map(|day| day.days()),
        }
    }
}

fn category(category: ForecastCategory) -> &'static str {
    match category {
        ForecastCategory::Omitted => "omitted",
        ForecastCategory::Pipeline => "pipeline",
        ForecastCategory::BestCase => "best_case",
        ForecastCategory::MostLikely => "most_likely",
        ForecastCategory::Commit => "commit",
        ForecastCategory::Closed => "closed",
    }
}

fn activity_type(kind: ActivityType) -> &'static str {
    match kind {
        ActivityType::Call => "call",
        ActivityType::Email => "email",
        ActivityType::Meeting => "meeting",
        ActivityType::Demo => "demo",
        ActivityType::Task => "task",
    }
}

fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Inbound => "inbound",
        Direction::Outbound => "outbound",
    }
}

fn activity_outcome(outcome: ActivityOutcome) -> &'static str {
    match outcome {
        ActivityOutcome::Connected => "connected",
        ActivityOutcome::Replied => "replied",
        ActivityOutcome::Bounced => "bounced",
        ActivityOutcome::OpenedByMachine => "opened_by_machine",
        ActivityOutcome::OpenedByHuman => "opened_by_human",
        ActivityOutcome::Clicked => "clicked",
        ActivityOutcome::NoAnswer => "no_answer",
    }
}

/// A chance from 0 to 1 as decimal text in millionths, rounded down; `None` = it is none.
pub(super) fn chance(text: &str) -> Option<u32> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{whole}{:0<6.6}", fraction);
    digits.parse().ok().filter(|chance| *chance <= 1_000_000)
}

/// A positive decimal text of at most 6 decimals as millionths; no text is one unit.
fn millionths(units: &str) -> i64 {
    if units.is_empty() {
        return 1_000_000;
    }
    let (whole, fraction) = units.split_once('.').unwrap_or((units, ""));
    let digits = format!("{whole}{fraction:0<6.6}");
    digits.parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_exact() {
        let cases = [
            ("1", 1_000_000),
            ("", 1_000_000),
            ("2.5", 2_500_000),
            (".000001", 1),
            ("9999999999", 9_999_999_999_000_000),
        ];
        assert!(cases.iter().all(|(text, units)| millionths(text) == *units));
    }

    #[test]
    fn chances_are_millionths() {
        let cases = [
            ("0", Some(0)),
            ("1", Some(1_000_000)),
            ("0.25", Some(250_000)),
            (".3333333", Some(333_333)),
            ("1.0", Some(1_000_000)),
            ("1.1", None),
            ("-1", None),
            ("x", None),
        ];
        assert!(cases.iter().all(|(text, expected)| chance(text) == *expected));
    }

    #[test]
    fn words_of_closed_sets_have_the_codes_that_facts_know() {
        let dictionaries = dictionaries();
        let code = |dict: Dict, word| dictionaries[dict as usize].code(word);
        for class in [StageClass::Won, StageClass::Lost, StageClass::NoDecision] {
            assert_eq!(
                code(Dict::Outcome, class.name()),
                Some(facts::outcome_code(class))
            );
        }
        assert_eq!(
            code(Dict::Direction, direction(Direction::Outbound)),
            Some(facts::OUTBOUND)
        );
        assert_eq!(code(Dict::Step, "disqualified"), Some(4));
    }
}
