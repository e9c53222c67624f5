//! `forecast stages`: what stages are worth.

use bellwether_contracts::forecasting::{
    ListStageProbabilitiesRequest, ListStageProbabilitiesResponse, StageProbability,
};
use serde_json::{Map, Value, json};

use super::{named, question};
use crate::cli::StagesArgs;
use crate::client::Client;
use crate::commands::forecast::words::{absence, basis_json, figure};
use crate::exit::{Code, Failure};
use crate::output::{Page, Printer, Sheet, View};

/// Shows what stages are worth.
///
/// # Errors
/// What the server says.
pub(in crate::commands::forecast) async fn stages(
    args: StagesArgs,
    printer: &Printer,
) -> Result<Code, Failure> {
    let client = Client::find(&args.connection).await?;
    let request = ListStageProbabilitiesRequest {
        pipeline: Some(question(args.tenant, 0, args.as_of)),
    };
    let answer = client
        .pipelines()
        .list_stage_probabilities(request)
        .await?
        .into_inner();
    printer.show(&Stages(answer))?;
    Ok(Code::Ok)
}

struct Stages(ListStageProbabilitiesResponse);

impl View for Stages {
    fn json(&self) -> Value {
        let stage = |stage: &StageProbability| {
            json!({
                "stage": stage.stage, "given": stage.given, "learned": stage.learned,
                "closed": stage.closed, "open": stage.open,
            })
        };
        let mut out = Map::new();
        out.insert("stages".to_owned(), self.0.stages.iter().map(stage).collect());
        out.insert("absence".to_owned(), json!(absence(self.0.absence())));
        out.insert("reason".to_owned(), json!(self.0.reason));
        basis_json(&mut out, self.0.basis.as_ref());
        Value::Object(out)
    }

    fn text(&self, page: &Page) -> String {
        if !self.0.reason.is_empty() {
            return format!("nothing to tell: {}", self.0.reason);
        }
        let mut sheet = Sheet::new(["stage", ">given", ">learned", ">closed", ">open"]);
        for stage in &self.0.stages {
            let share = |share: f64| figure(share, "ratio");
            sheet.push(vec![
                named(&stage.stage).into(),
                stage.given.map_or_else(|| "-".to_owned(), share).into(),
                share(stage.learned).into(),
                stage.closed.to_string().into(),
                stage.open.to_string().into(),
            ]);
        }
        sheet.render(page)
    }

    fn csv(&self) -> Vec<Vec<String>> {
        let mut rows = vec![
            ["stage", "given", "learned", "closed", "open"]
                .map(str::to_owned)
                .to_vec(),
        ];
        rows.extend(self.0.stages.iter().map(|stage| {
            vec![
                stage.stage.clone(),
                stage.given.map(|given| given.to_string()).unwrap_or_default(),
                stage.learned.to_string(),
                stage.closed.to_string(),
                stage.open.to_string(),
            ]
        }));
        rows
    }
}
