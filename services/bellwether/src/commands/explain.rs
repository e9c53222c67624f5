//! `kpi explain`: why a KPI changed, in numbers and in a sentence a mover.

use bellwether_contracts::kpi::{
    Effect, EffectPart, ExplainChangeRequest, ExplainedPeriod, Explanation, KpiValue, Mover,
};
use serde_json::{Map, Value, json};

use super::compare::{moved, wire_base};
use super::query::{asked, period};
use super::restate;
use crate::cli::{ExplainArgs, QueryArgs, ShapeArgs};
use crate::client::Client;
use crate::exit::{Code, Failure};
use crate::output::{Page, Printer, Sheet, View, precise};

/// Explains a change.
///
/// # Errors
/// What the server says.
pub(super) async fn run(args: ExplainArgs, printer: &Printer) -> Result<Code, Failure> {
    let client = Client::find(&args.connection).await?;
    if !args.receipts.is_empty() {
        let wanted = restate::Wanted {
            tenant: &args.tenant,
            receipts: &args.receipts,
            top: args.top,
        };
        return restate::run(&client, wanted, printer).await;
    }
    let query = QueryArgs {
        kpis: args.kpi.into_iter().collect(),
        tenant: args.tenant,
        from: args.from,
        to: args.to,
        by: args.by.into_iter().collect(),
        filter: args.filter,
        as_of: args.as_of,
        known_at: args.known_at,
        elapsed: args.elapsed,
        shape: ShapeArgs {
            now: args.now,
            ..ShapeArgs::default()
        },
        ..QueryArgs::of(args.connection)
    };
    let request = ExplainChangeRequest {
        query: Some(asked(&client, query).await?),
        base: Some(wire_base(args.base)),
        top: args.top,
        ..ExplainChangeRequest::default()
    };
    let answer = client.kpis().explain_change(request).await?.into_inner();
    let explanation = answer
        .explanation
        .ok_or_else(|| Failure::unavailable("the server sent no explanation"))?;
    printer.show(&Explained(explanation))?;
    Ok(Code::Ok)
}

struct Explained(Explanation);

/// The name of an effect.
fn name(effect: Effect) -> &'static str {
    match effect {
        Effect::Unspecified => "",
        Effect::Volume => "volume",
        Effect::Mix => "mix",
        Effect::Rate => "rate",
        Effect::Price => "price",
        Effect::Fx => "fx",
    }
}

/// What an effect does, in the words of a sentence.
fn words(effect: Effect, up: bool) -> &'static str {
    match (effect, up) {
        (Effect::Volume, true) => "more of them",
        (Effect::Volume, false) => "fewer of them",
        (Effect::Mix, _) => "how many there are beside the others",
        (Effect::Rate, true) => "a higher rate of its own",
        (Effect::Rate, false) => "a lower rate of its own",
        (Effect::Price, true) => "larger amounts each",
        (Effect::Price, false) => "smaller amounts each",
        (Effect::Fx, _) => "exchange rates",
        (Effect::Unspecified, _) => "something else",
    }
}

/// What each effect does, for the head of the page.
fn meaning(effect: Effect) -> &'static str {
    match effect {
        Effect::Unspecified => "",
        Effect::Volume => "more or fewer items, at the average value of all",
        Effect::Mix => "items moving between groups that are worth more or less",
        Effect::Rate => "each group's own rate",
        Effect::Price => "each group's own amounts, at constant exchange rates",
        Effect::Fx => "other exchange rates",
    }
}

fn number(text: &str) -> f64 {
    text.parse().unwrap_or(0.0)
}

/// One plain sentence about a mover.
fn sentence(mover: &Mover, unit: &str) -> String {
    let who = mover.group.as_ref().and_then(|group| group.name.as_deref());
    let who = who.unwrap_or("(none)");
    let up = number(&mover.change) > 0.0;
    let amount = moved(&mover.change, unit);
    let amount = amount.trim_start_matches(['+', '-']);
    let did = if up { "raised it by" } else { "lowered it by" };
    let (before, after) = (number(&mover.items_before), number(&mover.items_after));
    let items = |count: f64| precise(&count.to_string(), "count");
    if before == 0.0 && after > 0.0 {
        return format!("{who} {did} {amount}: it is new, there was none before.");
    }
    if after == 0.0 && before > 0.0 {
        return format!(
            "{who} {did} {amount}: it is gone, before there were {}.",
            items(before)
        );
    }
    let mut parts: Vec<&EffectPart> = mover
        .effects
        .iter()
        .filter(|part| number(&part.value) != 0.0)
        .collect();
    parts.sort_by(|a, b| number(&b.value).abs().total_cmp(&number(&a.value).abs()));
    let causes: Vec<String> = parts
        .iter()
        .map(|part| {
            let cause = words(part.effect(), number(&part.value) > 0.0);
            format!("{cause} ({})", moved(&part.value, unit))
        })
        .collect();
    format!("{who} {did} {amount}: {}.", causes.join(", "))
}

/// The bounds of a period in words.
fn bounds(period_of: &ExplainedPeriod) -> String {
    period(&KpiValue {
        period_start: period_of.start.clone(),
        period_end: period_of.end.clone(),
        ..KpiValue::default()
    })
}

fn effects(parts: &[EffectPart]) -> Value {
    let pair = |part: &EffectPart| (name(part.effect()).to_owned(), json!(part.value));
    Value::Object(parts.iter().map(pair).collect::<Map<_, _>>())
}

impl Explained {
    fn periods(&self) -> (ExplainedPeriod, ExplainedPeriod) {
        let of = |one: &Option<ExplainedPeriod>| one.clone().unwrap_or_default();
        (of(&self.0.before), of(&self.0.after))
    }
}

impl View for Explained {
    fn json(&self) -> Value {
        let (before, after) = self.periods();
        let side = |one: &ExplainedPeriod| json!({"period": bounds(one), "value": one.value, "n": one.n});
        let mover = |mover: &Mover| {
            json!({
                "group": mover.group.as_ref().and_then(|group| group.name.clone()),
                "before": mover.before,
                "after": mover.after,
                "items_before": mover.items_before,
                "items_after": mover.items_after,
                "change": mover.change,
                "effects": effects(&mover.effects),
                "sentence": sentence(mover, &self.0.unit),
            })
        };
        json!({
            "kpi": self.0.kpi,
            "dimension": self.0.dimension,
            "unit": self.0.unit,
            "before": side(&before),
            "after": side(&after),
            "change": self.0.change,
            "effects": effects(&self.0.effects),
            "movers": self.0.movers.iter().map(mover).collect::<Vec<_>>(),
            "others": self.0.others,
            "rest": {"change": self.0.rest_change, "effects": effects(&self.0.rest_effects)},
        })
    }

    fn text(&self, page: &Page) -> String {
        let (before, after) = self.periods();
        let unit = &self.0.unit;
        let mut lines = vec![
            format!(
                "{} went from {} ({}) to {} ({}): {}",
                self.0.kpi,
                precise(&before.value, unit),
                bounds(&before),
                precise(&after.value, unit),
                bounds(&after),
                moved(&self.0.change, unit)
            ),
            String::new(),
        ];
        let mut sheet = Sheet::new(["effect", ">change", "what it is"]);
        for part in &self.0.effects {
            let effect = part.effect();
            sheet.push(vec![
                name(effect).into(),
                moved(&part.value, unit).into(),
                meaning(effect).into(),
            ]);
        }
        lines.extend([sheet.render(page), String::new()]);
        lines.push(format!("The biggest movers by {}:", self.0.dimension));
        lines.extend(
            self.0
                .movers
                .iter()
                .map(|mover| format!("- {}", sentence(mover, unit))),
        );
        if self.0.movers.is_empty() {
            lines.push("- none moved it".to_owned());
        }
        if self.0.others > 0 {
            let rest = moved(&self.0.rest_change, unit);
            lines.push(format!("- {} others together: {rest}", self.0.others));
        }
        lines.join("\n")
    }

    fn csv(&self) -> Vec<Vec<String>> {
        let mut header = vec![self.0.dimension.clone()];
        header.extend(["before", "after", "items_before", "items_after", "change"].map(String::from));
        header.extend(self.0.effects.iter().map(|part| name(part.effect()).to_owned()));
        let values = |parts: &[EffectPart]| parts.iter().map(|part| part.value.clone()).collect::<Vec<_>>();
        let mut rows = vec![header];
        for mover in &self.0.movers {
            let group = mover.group.clone().unwrap_or_default();
            let mut row = vec![
                group.name.unwrap_or_default(),
                mover.before.clone().unwrap_or_default(),
                mover.after.clone().unwrap_or_default(),
                mover.items_before.clone(),
                mover.items_after.clone(),
                mover.change.clone(),
            ];
            row.extend(values(&mover.effects));
            rows.push(row);
        }
        let mut rest = vec![format!("({} others)", self.0.others)];
        rest.extend(std::iter::repeat_n(String::new(), 4));
        rest.push(self.0.rest_change.clone());
        rest.extend(values(&self.0.rest_effects));
        rows.push(rest);
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellwether_contracts::kpi::GroupValue;

    fn mover(items: (&str, &str), change: &str, effects: &[(Effect, &str)]) -> Mover {
        Mover {
            group: Some(GroupValue {
                dimension: "owner".to_owned(),
                name: Some("Ann".to_owned()),
                rest: false,
            }),
            items_before: items.0.to_owned(),
            items_after: items.1.to_owned(),
            change: change.to_owned(),
            effects: effects
                .iter()
                .map(|(effect, value)| EffectPart {
                    effect: (*effect).into(),
                    value: (*value).to_owned(),
                })
                .collect(),
            ..Mover::default()
        }
    }

    #[test]
    fn a_sentence_names_the_causes_the_largest_first() {
        let parts = [(Effect::Volume, "10"), (Effect::Mix, "0"), (Effect::Price, "-40")];
        assert_eq!(
            sentence(&mover(("2", "3"), "-30", &parts), "USD"),
            "Ann lowered it by 30.00 USD: smaller amounts each (-40.00 USD), more of them (+10.00 USD)."
        );
        assert_eq!(
            sentence(&mover(("0", "3"), "30", &parts), "USD"),
            "Ann raised it by 30.00 USD: it is new, there was none before."
        );
        assert_eq!(
            sentence(&mover(("4", "0"), "-0.05", &[]), "ratio"),
            "Ann lowered it by 5.0 points: it is gone, before there were 4."
        );
    }
}
