//! `RenderScorecard`.

use bellwether_contracts::convert::instant_to_proto;
use bellwether_contracts::kpi::{
    self, Filter, KpiComparison, KpiValue, Quartiles, RenderScorecardRequest, RenderScorecardResponse,
    ScorecardLine,
};
use bellwether_domain::exact::Exact;
use bellwether_domain::period::Grain;
use bellwether_domain::{Error, Result};
use bellwether_runtime::auth::{Principal, authorize_scoped};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use tonic::Request;

use super::super::ask::grain;
use super::super::compare::{comparison, watermark};
use super::super::definition::{benchmark_of, direction_of};
use super::super::plan::{At, missing, wrong};
use super::super::target::attainment_of;
use super::super::values::value_of;
use super::{ScorecardRpc, warning_of};
use crate::answers::Direct;
use crate::query::{Both, Row};
use crate::scorecard::{self, Card, Line, MOST_ITEMS, Rendered, Whose};
use crate::target::{Aim, Desk};

/// The preset of a tenant without a scorecard: it needs nothing but deals.
const DEFAULT: &str = "field";

/// What is asked for.
struct Wanted {
    id: String,
    kpis: Vec<String>,
    period: Option<Grain>,
    filters: BTreeMap<String, String>,
}

impl ScorecardRpc {
    pub(super) async fn render(
        &self,
        request: Request<RenderScorecardRequest>,
    ) -> Result<RenderScorecardResponse> {
        let tenant = authorize_scoped(&request, &request.get_ref().tenant)?;
        let scope = Principal::from_extensions(request.extensions())?.scope.clone();
        let asked = request.into_inner();
        let wanted = wanted(&asked)?;
        self.plan.wait(&tenant, asked.min_position.as_ref()).await?;
        let at = At {
            as_of: asked.as_of,
            known_at: asked.known_at,
        };
        let read = move |direct: &Direct<'_>| rendered(direct, &wanted);
        self.plan.read((&tenant, &scope), at, read).await
    }
}

fn wanted(asked: &RenderScorecardRequest) -> Result<Wanted> {
    if !asked.id.is_empty() && !asked.kpis.is_empty() {
        return Err(wrong("kpis", "give an id or KPIs, not both"));
    }
    if asked.kpis.len() > MOST_ITEMS {
        let count = asked.kpis.len();
        return Err(wrong(
            "kpis",
            format!("these are {count}: name at most {MOST_ITEMS}, better 3 to 5"),
        ));
    }
    for (index, id) in asked.kpis.iter().enumerate() {
        if asked.kpis[..index].contains(id) {
            let shown: String = id.chars().take(80).collect();
            return Err(wrong("kpis", format!("`{shown}` is named twice: name it once")));
        }
    }
    let mut filters = BTreeMap::new();
    for filter in &asked.filters {
        let Some(value) = filter.value.clone().filter(|value| !value.is_empty()) else {
            return Err(wrong("filters", format!("give `{}` a value", filter.dimension)));
        };
        if filters.insert(filter.dimension.clone(), value).is_some() {
            return Err(wrong("filters", format!("give `{}` one value", filter.dimension)));
        }
    }
    Ok(Wanted {
        id: asked.id.clone(),
        kpis: asked.kpis.clone(),
        period: period(asked.period)?,
        filters,
    })
}

fn period(number: i32) -> Result<Option<Grain>> {
    let mut violations = Vec::new();
    let found = grain(number, &mut violations);
    match violations.pop() {
        None => Ok(found),
        Some(violation) => Err(wrong("period", violation.message)),
    }
}

fn wire_grain(grain: Grain) -> kpi::Grain {
    match grain {
        Grain::Day => kpi::Grain::Day,
        Grain::Week => kpi::Grain::Week,
        Grain::Month => kpi::Grain::Month,
        Grain::Quarter => kpi::Grain::Quarter,
        Grain::Year => kpi::Grain::Year,
        Grain::FiscalMonth => kpi::Grain::FiscalMonth,
        Grain::FiscalQuarter => kpi::Grain::FiscalQuarter,
        Grain::FiscalYear => kpi::Grain::FiscalYear,
    }
}

/// The scorecard that is wanted.
fn card_of(direct: &Direct<'_>, seq: u64, wanted: &Wanted) -> Result<Card> {
    let plans = direct.facts.plans(seq);
    let presets = direct.catalogue.presets();
    let preset = |id: &str| presets.iter().find(|preset| preset.id == id).map(Card::of_preset);
    let mut card = if !wanted.kpis.is_empty() {
        Card::of_kpis(&wanted.kpis)
    } else if wanted.id.is_empty() {
        match plans.scorecards().next() {
            Some(first) => Card::of_tenant(&first.id, &first.says),
            None => preset(DEFAULT).ok_or_else(|| Error::internal("the preset of everybody is gone"))?,
        }
    } else {
        match plans.scorecard(&wanted.id) {
            Some(found) => Card::of_tenant(&found.id, &found.says),
            None => preset(&wanted.id).ok_or_else(|| missing("scorecard", &wanted.id))?,
        }
    };
    if let Some(period) = wanted.period {
        card.period = period;
    }
    if !wanted.filters.is_empty() {
        card.filters.clone_from(&wanted.filters);
    }
    Ok(card)
}

fn rendered(direct: &Direct<'_>, wanted: &Wanted) -> Result<RenderScorecardResponse> {
    let desk = Desk::new(
        direct.facts,
        direct.catalogue,
        direct.ask.clone(),
        direct.now,
        direct.threads,
    )?;
    let caller = &direct.ask.caller;
    let whose = Whose::of(direct.facts, caller, desk.as_of, desk.seq);
    let card = card_of(direct, desk.seq, wanted)?;
    let mut targets: Vec<_> = direct.facts.plans(desk.seq).targets().collect();
    targets.sort_by_key(|one| Reverse(one.seq));
    let aims: Vec<Aim> = targets
        .into_iter()
        .filter_map(|one| {
            let kpi = direct.catalogue.kpi(&one.says.kpi).ok()?;
            Aim::of(&one.id, &one.says, kpi, desk.settings.currency).ok()
        })
        .collect();
    let found = scorecard::render(&desk, &card, caller, &whose, &aims)?;
    Ok(message(&desk, &card, &found))
}

fn message(desk: &Desk<'_>, card: &Card, found: &Rendered) -> RenderScorecardResponse {
    let filter = |(dimension, value): (&String, &String)| Filter {
        dimension: dimension.clone(),
        value: Some(value.clone()),
    };
    RenderScorecardResponse {
        id: card.id.clone(),
        name: card.name.clone(),
        period: wire_grain(card.period).into(),
        period_start: found.period.start.to_string(),
        period_end: found.period.end.to_string(),
        last_day: found.last_day.to_string(),
        zone: desk.settings.zone.name().to_owned(),
        lines: found.lines.iter().map(|line| line_of(line, found)).collect(),
        warnings: found.warnings.iter().map(warning_of).collect(),
        as_of: Some(instant_to_proto(found.as_of)),
        watermark: Some(watermark(found.position, found.recorded_at)),
        filters: card.filters.iter().map(filter).collect(),
    }
}

fn line_of(line: &Line, found: &Rendered) -> ScorecardLine {
    let value = |row: &Row| KpiValue {
        as_of: Some(instant_to_proto(found.as_of)),
        watermark: Some(watermark(found.position, found.recorded_at)),
        ..value_of(row)
    };
    let text = |number: &Exact| number.to_decimal_string();
    ScorecardLine {
        weight: line.weight,
        name: line.name.clone(),
        value: Some(value(&line.row)),
        direction: direction_of(line.direction).into(),
        leading: line.leading,
        previous: beside(found.previous.as_ref(), &line.row.kpi),
        last_year: beside(found.last_year.as_ref(), &line.row.kpi),
        attainment: Some(attainment_of(line.aim.as_ref(), line.part_of, &line.standing)),
        own: line.quartiles.as_ref().map(|own| Quartiles {
            low: text(&own.low),
            median: text(&own.median),
            high: text(&own.high),
            periods: u32::try_from(own.periods).unwrap_or(u32::MAX),
        }),
        benchmarks: line
            .benchmarks
            .iter()
            .map(benchmark_of)
            .collect::<Vec<kpi::Benchmark>>(),
        trend: line.trend.iter().map(value).collect(),
    }
}

fn beside(both: Option<&Both>, id: &str) -> Option<KpiComparison> {
    let both = both?;
    let pair = both.pairs.iter().find(|pair| &*pair.now.kpi == id)?;
    Some(comparison(pair, both))
}
