//! `kpi list` and `kpi show`: which KPIs there are and what they mean.

use bellwether_contracts::kpi::{
    Cadence, CurrencyPolicy, Direction, GetKpiRequest, KpiDefinition, ListKpisRequest, MeasureDefinition,
    Unit,
};
use serde_json::{Value, json};

use super::{query, watch};
use crate::cli::{KpiCommand, ListArgs, ShowArgs};
use crate::client::Client;
use crate::exit::{Code, Failure};
use crate::output::{Page, Printer, Sheet, View};

/// The width that running text is wrapped to.
const WIDTH: usize = 96;

/// Lists, shows or queries KPIs.
///
/// # Errors
/// What the server says.
pub(super) async fn run(command: KpiCommand, printer: &Printer) -> Result<Code, Failure> {
    match command {
        KpiCommand::List(args) => printer.show(&Catalogue(list(args).await?))?,
        KpiCommand::Show(args) => printer.show(&Definition(show(args).await?))?,
        KpiCommand::Query(args) => return query::run(args, printer).await,
        KpiCommand::Watch(args) => return watch::run(args, printer).await,
    }
    Ok(Code::Ok)
}

async fn list(args: ListArgs) -> Result<Vec<KpiDefinition>, Failure> {
    let client = Client::find(&args.connection).await?;
    let request = ListKpisRequest {
        tenant: args.tenant.unwrap_or_default(),
    };
    Ok(client.catalog().list_kpis(request).await?.into_inner().kpis)
}

async fn show(args: ShowArgs) -> Result<KpiDefinition, Failure> {
    let client = Client::find(&args.connection).await?;
    let request = GetKpiRequest {
        tenant: args.tenant.unwrap_or_default(),
        id: args.id,
    };
    let answer = client.catalog().get_kpi(request).await?.into_inner();
    answer
        .kpi
        .ok_or_else(|| Failure::unavailable("the server sent no definition"))
}

fn unit(kpi: &KpiDefinition) -> &'static str {
    match kpi.unit() {
        Unit::Unspecified => "",
        Unit::Ratio => "ratio",
        Unit::Count => "count",
        Unit::Money => "money",
        Unit::MoneyPerDay => "money/day",
        Unit::Days => "days",
        Unit::MoneyPerUnit => "money/unit",
    }
}

fn direction(kpi: &KpiDefinition) -> &'static str {
    match kpi.direction() {
        Direction::Up => "up",
        Direction::Down => "down",
        Direction::Neutral | Direction::Unspecified => "neutral",
    }
}

fn cadence(kpi: &KpiDefinition) -> &'static str {
    match kpi.cadence() {
        Cadence::Weekly => "weekly",
        Cadence::Monthly => "monthly",
        Cadence::Quarterly => "quarterly",
        Cadence::Unspecified => "",
    }
}

fn currency(kpi: &KpiDefinition) -> &'static str {
    match kpi.currency_policy() {
        CurrencyPolicy::Unspecified => "",
        CurrencyPolicy::Booked => "booked",
        CurrencyPolicy::Spot => "spot",
        CurrencyPolicy::Constant => "constant",
    }
}

/// All KPIs.
struct Catalogue(Vec<KpiDefinition>);

impl View for Catalogue {
    fn json(&self) -> Value {
        let one = |kpi: &KpiDefinition| {
            json!({
                "id": kpi.id,
                "name": kpi.name,
                "unit": unit(kpi),
                "direction": direction(kpi),
                "leading": kpi.leading,
                "cadence": cadence(kpi),
                "dimensions": kpi.dimensions,
            })
        };
        Value::Array(self.0.iter().map(one).collect())
    }

    fn text(&self, page: &Page) -> String {
        let mut sheet = Sheet::new(["id", "name", "unit", "good", "kind", "review"]);
        for kpi in &self.0 {
            let kind = if kpi.leading { "leading" } else { "lagging" };
            let row = [
                kpi.id.as_str(),
                kpi.name.as_str(),
                unit(kpi),
                direction(kpi),
                kind,
                cadence(kpi),
            ];
            sheet.push(row.into_iter().map(Into::into).collect());
        }
        format!("{}\n\n`bellwether kpi show ID` explains one.", sheet.render(page))
    }

    fn csv(&self) -> Vec<Vec<String>> {
        let header = [
            "id",
            "name",
            "unit",
            "direction",
            "leading",
            "cadence",
            "dimensions",
        ];
        let row = |kpi: &KpiDefinition| {
            vec![
                kpi.id.clone(),
                kpi.name.clone(),
                unit(kpi).to_owned(),
                direction(kpi).to_owned(),
                kpi.leading.to_string(),
                cadence(kpi).to_owned(),
                kpi.dimensions.join(" "),
            ]
        };
        std::iter::once(header.map(String::from).to_vec())
            .chain(self.0.iter().map(row))
            .collect()
    }
}

/// One KPI.
struct Definition(KpiDefinition);

impl Definition {
    /// What there is to say, as name and text; texts of the same name belong together.
    fn facts(&self) -> Vec<(&'static str, String)> {
        let kpi = &self.0;
        let mut facts = vec![("Formula", kpi.formula.clone())];
        facts.extend(
            kpi.measures
                .iter()
                .map(|measure| ("where", measure_text(measure))),
        );
        facts.push(("Counted in", unit_text(kpi).to_owned()));
        facts.push(("Good is", good_text(kpi).to_owned()));
        let kind = if kpi.leading {
            "leading: it moves before results do"
        } else {
            "lagging: it reports results"
        };
        facts.push(("Kind", kind.to_owned()));
        let stage = kpi.funnel_stage.as_str();
        let stage = if stage.is_empty() {
            String::new()
        } else {
            format!("; funnel stage: {stage}")
        };
        facts.push(("Look at it", format!("{}{stage}", cadence(kpi))));
        facts.push(("n counts", kpi.items.clone()));
        facts.push((
            "Without any",
            match kpi.absent_reason.as_str() {
                "" => "0".to_owned(),
                reason => format!("no value, reason {reason}"),
            },
        ));
        facts.push(("Currency", currency_text(kpi).to_owned()));
        facts.push(("Cut it by", kpi.dimensions.join(", ")));
        facts.retain(|(_, text)| !text.is_empty());
        facts
    }

    fn benchmarks(&self) -> impl Iterator<Item = String> {
        self.0.benchmarks.iter().map(|one| {
            let about = [one.segment.as_str(), one.source.as_str(), one.date.as_str()];
            let about: Vec<&str> = about.into_iter().filter(|part| !part.is_empty()).collect();
            format!("{} ({})", one.value, about.join("; "))
        })
    }
}

fn measure_text(measure: &MeasureDefinition) -> String {
    let what = match measure.expression.as_str() {
        "" => measure.aggregate.clone(),
        expression => format!("{} of {expression}", measure.aggregate),
    };
    let filter = match measure.filter.as_str() {
        "" => String::new(),
        filter => format!(" where {filter}"),
    };
    format!(
        "{} = {what} over {}{filter} ({})",
        measure.name, measure.table, measure.class
    )
}

fn unit_text(kpi: &KpiDefinition) -> &'static str {
    match kpi.unit() {
        Unit::Unspecified => "",
        Unit::Ratio => "a fraction: 0.31 is 31 %",
        Unit::Count => "a number of things",
        Unit::Money => "money, in the tenant's currency",
        Unit::MoneyPerDay => "money a day, in the tenant's currency",
        Unit::Days => "days",
        Unit::MoneyPerUnit => "money a unit sold, in the tenant's currency",
    }
}

fn good_text(kpi: &KpiDefinition) -> &'static str {
    match kpi.direction() {
        Direction::Up => "more",
        Direction::Down => "less",
        Direction::Neutral | Direction::Unspecified => "neither more nor less",
    }
}

fn currency_text(kpi: &KpiDefinition) -> &'static str {
    match kpi.currency_policy() {
        CurrencyPolicy::Unspecified => "",
        CurrencyPolicy::Booked => "each amount at the rate of its day",
        CurrencyPolicy::Spot => "every amount at the rate of the as-of day",
        CurrencyPolicy::Constant => "one rate for all periods: the budget's, else the as-of day's",
    }
}

impl View for Definition {
    fn json(&self) -> Value {
        let kpi = &self.0;
        let measure = |one: &MeasureDefinition| {
            json!({
                "name": one.name, "table": one.table, "class": one.class, "aggregate": one.aggregate,
                "expression": one.expression, "filter": one.filter,
            })
        };
        let benchmark = |one: &bellwether_contracts::kpi::Benchmark| json!({"value": one.value, "source": one.source, "date": one.date, "segment": one.segment});
        json!({
            "id": kpi.id,
            "name": kpi.name,
            "description": kpi.description,
            "version": kpi.version,
            "unit": unit(kpi),
            "direction": direction(kpi),
            "leading": kpi.leading,
            "cadence": cadence(kpi),
            "funnel_stage": kpi.funnel_stage,
            "formula": kpi.formula,
            "measures": kpi.measures.iter().map(measure).collect::<Vec<_>>(),
            "items": kpi.items,
            "absent_reason": kpi.absent_reason,
            "currency_policy": currency(kpi),
            "dimensions": kpi.dimensions,
            "caveats": kpi.caveats,
            "benchmarks": kpi.benchmarks.iter().map(benchmark).collect::<Vec<_>>(),
        })
    }

    fn text(&self, _page: &Page) -> String {
        let kpi = &self.0;
        let mut lines = vec![
            format!("{} ({}), version {}", kpi.name, kpi.id, kpi.version),
            String::new(),
        ];
        lines.extend(wrapped("  ", "  ", &kpi.description));
        lines.push(String::new());
        for (name, text) in self.facts() {
            lines.extend(wrapped(&format!("  {name:<12}"), &" ".repeat(14), &text));
        }
        let lists: [(&str, Vec<String>); 2] = [
            ("Keep in mind", kpi.caveats.clone()),
            (
                "What others report (no target of yours)",
                self.benchmarks().collect(),
            ),
        ];
        for (name, items) in lists {
            if !items.is_empty() {
                lines.extend([String::new(), format!("  {name}")]);
                lines.extend(items.iter().flat_map(|item| wrapped("    - ", "      ", item)));
            }
        }
        lines.join("\n")
    }

    fn csv(&self) -> Vec<Vec<String>> {
        let kpi = &self.0;
        let pair = |name: &str, text: &str| vec![name.to_owned(), text.to_owned()];
        let mut rows = vec![
            pair("field", "value"),
            pair("id", &kpi.id),
            pair("name", &kpi.name),
            pair("description", &kpi.description),
            pair("version", &kpi.version.to_string()),
            pair("unit", unit(kpi)),
            pair("direction", direction(kpi)),
            pair("leading", &kpi.leading.to_string()),
            pair("cadence", cadence(kpi)),
            pair("formula", &kpi.formula),
            pair("dimensions", &kpi.dimensions.join(" ")),
        ];
        rows.extend(kpi.caveats.iter().map(|text| pair("caveat", text)));
        rows.extend(self.benchmarks().map(|text| pair("benchmark", &text)));
        rows
    }
}

/// Words in lines of at most [`WIDTH`] characters, the first after `head`, the others after `indent`.
fn wrapped(head: &str, indent: &str, text: &str) -> Vec<String> {
    let mut lines = vec![head.to_owned()];
    let mut fresh = true;
    for word in text.split_whitespace() {
        let last = lines.last().map_or(0, |line| line.chars().count());
        if !fresh && last + 1 + word.chars().count() > WIDTH {
            lines.push(indent.to_owned());
            fresh = true;
        }
        if let Some(line) = lines.last_mut() {
            if !fresh {
                line.push(' ');
            }
            line.push_str(word);
            fresh = false;
        }
    }
    lines
}

#[cfg(test)]
mod tests;
