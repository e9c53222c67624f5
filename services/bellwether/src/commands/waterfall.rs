//! `kpi waterfall`: how the pipeline came from its value at the start to that at the end.

use bellwether_contracts::kpi::{
    GetWaterfallRequest, GetWaterfallResponse, KpiValue, Waterfall, WaterfallBucket, WaterfallEnd,
    WaterfallForm,
};
use serde_json::{Map, Value, json};

use super::compare::moved;
use super::query::{asked, period};
use crate::cli::{QueryArgs, ShapeArgs, WaterfallArgs};
use crate::client::Client;
use crate::exit::{Code, Failure};
use crate::output::{Cell, Page, Printer, Sheet, Tone, View, precise};

/// Shows a waterfall.
///
/// # Errors
/// What the server says.
pub(super) async fn run(args: WaterfallArgs, printer: &Printer) -> Result<Code, Failure> {
    let client = Client::find(&args.connection).await?;
    let form = match args.due {
        true => WaterfallForm::Due,
        false => WaterfallForm::Pipeline,
    };
    let restated = args.restated;
    let request = GetWaterfallRequest {
        query: Some(asked(&client, question(args)).await?),
        form: form.into(),
        restated,
    };
    let answer = client.kpis().get_waterfall(request).await?.into_inner();
    printer.show(&Shown(answer))?;
    Ok(Code::Ok)
}

fn question(args: WaterfallArgs) -> QueryArgs {
    QueryArgs {
        tenant: args.tenant,
        from: Some(args.from),
        to: args.to,
        by: args.by,
        filter: args.filter,
        as_of: args.as_of,
        known_at: args.known_at,
        shape: ShapeArgs {
            now: args.now,
            ..ShapeArgs::default()
        },
        ..QueryArgs::of(args.connection)
    }
}

struct Shown(GetWaterfallResponse);

/// The name of a bucket.
fn name(bucket: WaterfallBucket) -> String {
    let name = bucket.as_str_name();
    name.trim_start_matches("WATERFALL_BUCKET_").to_lowercase()
}

/// What happened to the deals of a step.
fn meaning(bucket: WaterfallBucket) -> &'static str {
    match bucket {
        WaterfallBucket::Unspecified => "",
        WaterfallBucket::Created => "entered the pipeline",
        WaterfallBucket::PulledIn => "were due later, are due now or were closed",
        WaterfallBucket::Up => "larger amounts",
        WaterfallBucket::Reopened => "had been closed",
        WaterfallBucket::TransferredIn => "came from other groups",
        WaterfallBucket::Fx => "other exchange rates",
        WaterfallBucket::Down => "smaller amounts",
        WaterfallBucket::Pushed => "are due later now",
        WaterfallBucket::Won => "were won",
        WaterfallBucket::Lost => "were lost",
        WaterfallBucket::NoDecision => "ended without a decision",
        WaterfallBucket::TransferredOut => "went to other groups",
        WaterfallBucket::Deleted => "are not there any more",
    }
}

/// The names of a group, `(none)` for a missing one.
fn group(one: &Waterfall) -> String {
    let names = one.group.iter();
    let names: Vec<&str> = names
        .map(|part| part.name.as_deref().unwrap_or("(none)"))
        .collect();
    names.join(", ")
}

impl Shown {
    fn period(&self) -> String {
        let bounds = self.0.period.clone().unwrap_or_default();
        period(&KpiValue {
            period_start: bounds.start,
            period_end: bounds.end,
            ..KpiValue::default()
        })
    }

    /// A waterfall as lines: bucket, value, deals, what it is.
    fn sheet(&self, one: &Waterfall, page: &Page) -> String {
        let unit = &self.0.unit;
        let mut sheet = Sheet::new(["step", ">value", ">deals", "what it is"]);
        let end = |name: &str, end: &WaterfallEnd, sheet: &mut Sheet| {
            let note = match end.missing {
                0 => String::new(),
                missing => format!("and {missing} without an amount"),
            };
            let value = precise(&end.value, unit);
            sheet.push(vec![
                name.into(),
                value.into(),
                end.n.to_string().into(),
                note.into(),
            ]);
        };
        end("start", &one.start.clone().unwrap_or_default(), &mut sheet);
        for step in &one.steps {
            let tone = match step.value.starts_with('-') {
                true => Tone::Bad,
                false => Tone::Good,
            };
            sheet.push(vec![
                name(step.bucket()).replace('_', " ").into(),
                Cell::toned(moved(&step.value, unit), tone),
                step.n.to_string().into(),
                meaning(step.bucket()).into(),
            ]);
        }
        end("end", &one.end.clone().unwrap_or_default(), &mut sheet);
        sheet.render(page)
    }
}

fn side(end: Option<&WaterfallEnd>) -> Value {
    let end = end.cloned().unwrap_or_default();
    json!({"value": end.value, "n": end.n, "missing": end.missing})
}

fn steps(one: &Waterfall) -> Value {
    let steps = one.steps.iter();
    let steps = steps.map(|step| (name(step.bucket()), json!({"value": step.value, "n": step.n})));
    Value::Object(steps.collect::<Map<_, _>>())
}

impl View for Shown {
    fn json(&self) -> Value {
        let names = |one: &Waterfall| {
            let parts = one.group.iter();
            let parts = parts.map(|part| (part.dimension.clone(), json!(part.name)));
            Value::Object(parts.collect::<Map<_, _>>())
        };
        let group = |one: &Waterfall| {
            json!({
                "group": names(one),
                "start": side(one.start.as_ref()),
                "steps": steps(one),
                "end": side(one.end.as_ref()),
            })
        };
        let total = self.0.total.clone().unwrap_or_default();
        json!({
            "period": self.period(),
            "unit": self.0.unit,
            "start": side(total.start.as_ref()),
            "steps": steps(&total),
            "end": side(total.end.as_ref()),
            "groups": self.0.groups.iter().map(group).collect::<Vec<_>>(),
        })
    }

    fn text(&self, page: &Page) -> String {
        let total = self.0.total.clone().unwrap_or_default();
        let mut lines = vec![
            format!("The pipeline, {}", self.period()),
            self.sheet(&total, page),
        ];
        for one in &self.0.groups {
            lines.extend([String::new(), group(one), self.sheet(one, page)]);
        }
        lines.join("\n")
    }

    fn csv(&self) -> Vec<Vec<String>> {
        let header = ["group", "step", "value", "n"].map(String::from).to_vec();
        let mut rows = vec![header];
        let total = self.0.total.clone().unwrap_or_default();
        for one in std::iter::once(&total).chain(&self.0.groups) {
            let group = group(one);
            let mut row = |step: &str, value: &str, n: u64| {
                rows.push(vec![
                    group.clone(),
                    step.to_owned(),
                    value.to_owned(),
                    n.to_string(),
                ]);
            };
            let (start, end) = (
                one.start.clone().unwrap_or_default(),
                one.end.clone().unwrap_or_default(),
            );
            row("start", &start.value, start.n);
            for step in &one.steps {
                row(&name(step.bucket()), &step.value, step.n);
            }
            row("end", &end.value, end.n);
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellwether_contracts::kpi::WaterfallStep;

    #[test]
    fn a_waterfall_is_told_from_start_to_end() {
        let end = |value: &str, missing| {
            Some(WaterfallEnd {
                value: value.to_owned(),
                n: 2,
                missing,
            })
        };
        let step = |bucket: WaterfallBucket, value: &str| WaterfallStep {
            bucket: bucket.into(),
            value: value.to_owned(),
            n: 1,
        };
        let shown = Shown(GetWaterfallResponse {
            total: Some(Waterfall {
                start: end("300", 0),
                steps: vec![
                    step(WaterfallBucket::PulledIn, "50"),
                    step(WaterfallBucket::NoDecision, "-100"),
                ],
                end: end("250", 1),
                ..Waterfall::default()
            }),
            unit: "USD".to_owned(),
            ..GetWaterfallResponse::default()
        });
        let page = Page {
            colour: false,
            wrap: false,
        };
        let text = shown.text(&page);
        for part in [
            "300.00 USD",
            "+50.00 USD",
            "pulled in",
            "-100.00 USD",
            "no decision",
            "and 1 without",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert_eq!(shown.json()["steps"]["pulled_in"]["value"], "50");
        assert_eq!(shown.csv()[3], ["", "no_decision", "-100", "1"]);
    }
}
