//! `forecast evaluate`: how good forecasts are on series whose end is held out.

use std::fs::File;
use std::io::BufReader;
use std::time::Instant;

use bellwether_forecasting::evaluate::series::{Answer, Question, Report, evaluate, read};
use serde_json::{Map, Value, json};

use super::words::levels_once;
use super::written::Output;
use crate::cli::EvaluateArgs;
use crate::exit::{Code, Failure};
use crate::output::{Page, Printer, Sheet, View};

/// How many reasons are told one by one.
const REASONS: usize = 5;

/// Forecasts the series of a file and compares.
///
/// # Errors
/// The file cannot be read or is not understood, none of its series can be scored, or that of the forecasts cannot be
/// written.
pub(super) fn run(args: &EvaluateArgs, printer: &Printer) -> Result<Code, Failure> {
    levels_once(&args.levels)?;
    let output = args.per_series.as_ref();
    let output = output.map(|path| Output::beside(&args.file, path)).transpose()?;
    let cannot = |error| Failure::usage(format!("cannot read {}: {error}", args.file.display()));
    let file = File::open(&args.file).map_err(cannot)?;
    let rows = read(BufReader::new(file))
        .map_err(|error| Failure::invalid(format!("{}: {error}", args.file.display())))?;
    let question = Question {
        horizon: args.horizon as usize,
        season: args.season as usize,
        levels: args.levels.iter().map(|percent| percent / 100.0).collect(),
    };
    let began = Instant::now();
    let (report, answers) = evaluate(&rows, &question, &mut || began.elapsed().as_secs_f64() * 1_000.0);
    if let Some(output) = &output {
        output.write(|writer| write(writer, &answers, &args.levels))?;
    }
    let failed = answers
        .iter()
        .filter_map(|answer| Some((&answer.row.id, answer.said.as_ref().err()?)));
    for (id, reason) in failed.take(REASONS) {
        printer.warning(&format!("series {id}: {reason}"));
    }
    let none = report.series == 0;
    printer.show(&Evaluated {
        report,
        percents: args.levels.clone(),
    })?;
    if none {
        let message = format!("{}: none of its series could be scored", args.file.display());
        return Err(Failure::invalid(message));
    }
    Ok(Code::Ok)
}

/// Writes a line for each step of each series.
fn write(writer: &mut csv::Writer<File>, answers: &[Answer<'_>], percents: &[f64]) -> Result<(), csv::Error> {
    let mut header = ["id", "step", "actual", "forecast"].map(str::to_owned).to_vec();
    header.extend(
        percents
            .iter()
            .flat_map(|percent| [format!("low{percent}"), format!("high{percent}")]),
    );
    header.push("reason".to_owned());
    let width = header.len();
    writer.write_record(&header)?;
    for answer in answers {
        let Ok(forecast) = &answer.said else {
            let mut record = vec![String::new(); width];
            record[0].clone_from(&answer.row.id);
            record[width - 1] = answer
                .said
                .as_ref()
                .err()
                .map(ToString::to_string)
                .unwrap_or_default();
            writer.write_record(&record)?;
            continue;
        };
        for (step, mean) in forecast.mean.iter().enumerate() {
            let actual = answer.came.get(step).copied().flatten();
            let actual = actual.map_or_else(|| "NA".to_owned(), |actual| actual.to_string());
            let mut record = vec![
                answer.row.id.clone(),
                (step + 1).to_string(),
                actual,
                mean.to_string(),
            ];
            let ends = forecast
                .bands
                .iter()
                .flat_map(|band| [band.low[step], band.high[step]]);
            record.extend(ends.map(|end| end.to_string()));
            record.push(String::new());
            writer.write_record(&record)?;
        }
    }
    Ok(())
}

/// What was found out.
struct Evaluated {
    report: Report,
    percents: Vec<f64>,
}

impl Evaluated {
    /// Names and values, in the order in which they are shown.
    fn figures(&self) -> Vec<(String, Value)> {
        let Report {
            series,
            smape,
            mase,
            owa,
            levels,
            ms_per_series,
            failures,
        } = &self.report;
        let mut all = vec![
            ("series".to_owned(), json!(series)),
            ("smape".to_owned(), json!(smape)),
            ("mase".to_owned(), json!(mase)),
            ("owa".to_owned(), json!(owa)),
        ];
        let named = || self.percents.iter().zip(levels);
        all.extend(named().map(|(percent, level)| (format!("coverage{percent}"), json!(level.coverage))));
        // The score of the widest interval: it is the one that tells most about the tails.
        let widest = named().max_by(|one, other| one.0.total_cmp(other.0));
        all.extend(widest.map(|(percent, level)| (format!("msis{percent}"), json!(level.msis))));
        all.push(("ms_per_series".to_owned(), json!(ms_per_series)));
        all.push(("failures".to_owned(), json!(failures)));
        all
    }
}

impl View for Evaluated {
    fn json(&self) -> Value {
        Value::Object(self.figures().into_iter().collect::<Map<String, Value>>())
    }

    fn text(&self, page: &Page) -> String {
        let mut sheet = Sheet::new(["figure", ">value"]);
        for (name, value) in self.figures() {
            let shown = match &value {
                Value::Null => "not known".to_owned(),
                Value::Number(number) if !number.is_u64() => {
                    format!("{:.3}", number.as_f64().unwrap_or_default())
                }
                other => other.to_string(),
            };
            sheet.push(vec![name.into(), shown.into()]);
        }
        sheet.render(page)
    }

    fn csv(&self) -> Vec<Vec<String>> {
        let text = |value: Value| {
            if value.is_null() {
                String::new()
            } else {
                value.to_string()
            }
        };
        let (names, values) = self
            .figures()
            .into_iter()
            .map(|(name, value)| (name, text(value)))
            .unzip();
        vec![names, values]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellwether_forecasting::evaluate::series::LevelReport;

    fn shown() -> Evaluated {
        let level = |level: f64, coverage: f64| LevelReport {
            level,
            coverage: Some(coverage),
            msis: Some(6.25),
        };
        Evaluated {
            report: Report {
                series: 3,
                smape: Some(12.5),
                mase: None,
                owa: None,
                levels: vec![level(0.8, 0.79), level(0.95, 0.94)],
                ms_per_series: Some(2.5),
                failures: 1,
            },
            percents: vec![80.0, 95.0],
        }
    }

    #[test]
    fn figures_have_the_names_that_were_promised() {
        let names: Vec<String> = shown().figures().into_iter().map(|(name, _)| name).collect();
        let promised = "series smape mase owa coverage80 coverage95 msis95 ms_per_series failures";
        assert_eq!(names.join(" "), promised);
        assert_eq!(
            (&shown().json()["coverage80"], &shown().json()["mase"]),
            (&json!(0.79), &Value::Null)
        );
        assert_eq!(
            shown().csv()[1],
            ["3", "12.5", "", "", "0.79", "0.94", "6.25", "2.5", "1"]
        );
        let page = Page {
            colour: false,
            wrap: false,
        };
        assert!(shown().text(&page).contains("12.500"));
    }

    #[test]
    fn a_file_becomes_figures_and_forecasts() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("series.csv");
        let values: Vec<String> = (0..40).map(|at| (100 + at % 4 * 10).to_string()).collect();
        std::fs::write(&file, format!("id,values\na,{}\nb,1 2\n", values.join(" "))).unwrap();
        let out = folder.path().join("out.csv");
        let rows = read(File::open(&file).unwrap()).unwrap();
        let question = Question {
            horizon: 4,
            season: 4,
            levels: vec![0.8],
        };
        let (report, answers) = evaluate(&rows, &question, &mut || 0.0);
        assert_eq!((report.series, report.failures), (1, 1));
        let output = Output::beside(&file, &out).unwrap();
        output.write(|writer| write(writer, &answers, &[80.0])).unwrap();
        let lines: Vec<String> = std::fs::read_to_string(&out)
            .unwrap()
            .lines()
            .map(str::to_owned)
            .collect();
        assert_eq!(lines[0], "id,step,actual,forecast,low80,high80,reason");
        assert!(lines[1].starts_with("a,1,100,"), "{}", lines[1]);
        assert!(lines[5].starts_with("b,,,,,,") && lines.len() == 6, "{lines:?}");
    }
}
