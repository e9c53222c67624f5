//! Companies and people, and what is asked of them: accounts, reps, teams, leads, quotas; and rates.

use bellwether_domain::record::{Account, FxRate, Lead, Quota, QuotaHolder, QuotaTarget, Rep, Team};

use super::stand_in::period;
use crate::convert::fields::{Fields, known, money_to_proto, plain};
use crate::convert::time::when_to_proto;
use crate::sales::{self, quota};

pub(super) fn account(account: &sales::Account) -> Account {
    Account {
        name: account.name.clone(),
        parent_id: known(&account.parent_id),
        segment: known(&account.segment),
        industry: known(&account.industry),
        region: known(&account.region),
        employees: account.employees,
        domain: known(&account.domain),
    }
}

pub(super) fn account_to_proto(account: &Account) -> sales::Account {
    sales::Account {
        name: account.name.clone(),
        parent_id: plain(account.parent_id.as_ref()),
        segment: plain(account.segment.as_ref()),
        industry: plain(account.industry.as_ref()),
        region: plain(account.region.as_ref()),
        employees: account.employees,
        domain: plain(account.domain.as_ref()),
    }
}

pub(super) fn rep(rep: &sales::Rep, fields: &mut Fields) -> Rep {
    Rep {
        name: rep.name.clone(),
        manager: known(&rep.manager),
        team_id: known(&rep.team_id),
        region: known(&rep.region),
        territory: known(&rep.territory),
        role: known(&rep.role),
        sales_model: known(&rep.sales_model),
        start_date: fields.date("rep.start_date", &rep.start_date),
        end_date: fields.date("rep.end_date", &rep.end_date),
    }
}

pub(super) fn rep_to_proto(rep: &Rep) -> sales::Rep {
    sales::Rep {
        name: rep.name.clone(),
        manager: plain(rep.manager.as_ref()),
        team_id: plain(rep.team_id.as_ref()),
        region: plain(rep.region.as_ref()),
        territory: plain(rep.territory.as_ref()),
        role: plain(rep.role.as_ref()),
        sales_model: plain(rep.sales_model.as_ref()),
        start_date: rep.start_date.map(|day| day.to_string()).unwrap_or_default(),
        end_date: rep.end_date.map(|day| day.to_string()).unwrap_or_default(),
    }
}

pub(super) fn team(team: &sales::Team) -> Team {
    Team {
        name: team.name.clone(),
        parent_id: known(&team.parent_id),
        manager: known(&team.manager),
        region: known(&team.region),
        territory: known(&team.territory),
    }
}

pub(super) fn team_to_proto(team: &Team) -> sales::Team {
    sales::Team {
        name: team.name.clone(),
        parent_id: plain(team.parent_id.as_ref()),
        manager: plain(team.manager.as_ref()),
        region: plain(team.region.as_ref()),
        territory: plain(team.territory.as_ref()),
    }
}

pub(super) fn lead(lead: &sales::Lead, fields: &mut Fields) -> Lead {
    Lead {
        source: known(&lead.source),
        campaign: known(&lead.campaign),
        created: fields.when("lead.created_at", lead.created_at.as_ref()),
        mql_at: fields.when("lead.mql_at", lead.mql_at.as_ref()),
        sql_at: fields.when("lead.sql_at", lead.sql_at.as_ref()),
        status: known(&lead.status),
        disqualify_reason: known(&lead.disqualify_reason),
        converted_opportunity_id: known(&lead.converted_opportunity_id),
        converted_at: fields.when("lead.converted_at", lead.converted_at.as_ref()),
        owner_id: known(&lead.owner_id),
        account_id: known(&lead.account_id),
    }
}

pub(super) fn lead_to_proto(lead: &Lead) -> sales::Lead {
    sales::Lead {
        source: plain(lead.source.as_ref()),
        campaign: plain(lead.campaign.as_ref()),
        created_at: lead.created.map(when_to_proto),
        mql_at: lead.mql_at.map(when_to_proto),
        sql_at: lead.sql_at.map(when_to_proto),
        status: plain(lead.status.as_ref()),
        disqualify_reason: plain(lead.disqualify_reason.as_ref()),
        converted_opportunity_id: plain(lead.converted_opportunity_id.as_ref()),
        converted_at: lead.converted_at.map(when_to_proto),
        owner_id: plain(lead.owner_id.as_ref()),
        account_id: plain(lead.account_id.as_ref()),
    }
}

pub(super) fn quota(quota: &sales::Quota, fields: &mut Fields) -> Quota {
    let holder = match &quota.holder {
        Some(quota::Holder::RepId(id)) if !id.is_empty() => Some(QuotaHolder::Rep(id.clone())),
        Some(quota::Holder::TeamId(id)) if !id.is_empty() => Some(QuotaHolder::Team(id.clone())),
        _ => {
            fields.add("quota.holder", "is missing: give rep_id or team_id");
            None
        }
    };
    let period_start = fields.required_date("quota.period_start", &quota.period_start);
    let period_end = fields.required_date("quota.period_end", &quota.period_end);
    let target = match &quota.target {
        Some(quota::Target::Amount(amount)) => fields
            .money("quota.amount", Some(amount))
            .map(QuotaTarget::Amount),
        Some(quota::Target::Count(count)) => Some(QuotaTarget::Count(*count)),
        None => {
            fields.add("quota.target", "is missing: give amount or count");
            None
        }
    };
    let (period_start, period_end) = period(period_start, period_end);
    Quota {
        holder: holder.unwrap_or_else(|| QuotaHolder::Rep(String::new())),
        period_start,
        period_end,
        target: target.unwrap_or(QuotaTarget::Count(0)),
    }
}

pub(super) fn quota_to_proto(quota: &Quota) -> sales::Quota {
    let holder = match &quota.holder {
        QuotaHolder::Rep(id) => quota::Holder::RepId(id.clone()),
        QuotaHolder::Team(id) => quota::Holder::TeamId(id.clone()),
    };
    let target = match quota.target {
        QuotaTarget::Amount(amount) => quota::Target::Amount(money_to_proto(amount)),
        QuotaTarget::Count(count) => quota::Target::Count(count),
    };
    sales::Quota {
        holder: Some(holder),
        period_start: quota.period_start.to_string(),
        period_end: quota.period_end.to_string(),
        target: Some(target),
    }
}

pub(super) fn fx_rate(rate: &sales::FxRate, fields: &mut Fields) -> Option<FxRate> {
    let base = fields.currency("fx_rate.base_currency", &rate.base_currency);
    let quote = fields.currency("fx_rate.quote_currency", &rate.quote_currency);
    let date = fields.required_date("fx_rate.date", &rate.date);
    Some(FxRate {
        base: base?,
        quote: quote?,
        date: date?,
        rate: rate.rate.clone(),
        budget: known(&rate.budget),
    })
}

pub(super) fn fx_rate_to_proto(rate: &FxRate) -> sales::FxRate {
    sales::FxRate {
        base_currency: rate.base.code().to_owned(),
        quote_currency: rate.quote.code().to_owned(),
        date: rate.date.to_string(),
        rate: rate.rate.clone(),
        budget: plain(rate.budget.as_ref()),
    }
}
