//! `forecast evaluate-scores`: how good scores are on rows that were held out.

use std::fs::File;
use std::path::Path;
use std::time::Instant;

use bellwether_forecasting::evaluate::scores::{Ask, Refused, Report, Told, evaluate};
use bellwether_forecasting::frame::{Table, Unreadable, read};
use serde_json::Value;

use super::written::Output;
use crate::cli::EvaluateScoresArgs;
use crate::exit::{Code, Failure};
use crate::output::{Page, Printer, Sheet, View, wrapped};

/// How many reasons of a row are written.
const REASONS: usize = 5;

/// Learns from a part of a file's rows and measures on the others.
///
/// # Errors
/// The file cannot be read, does not allow it, or that of the rows cannot be written.
pub(super) fn run(args: EvaluateScoresArgs, printer: &Printer) -> Result<Code, Failure> {
    let output = args.per_row.as_ref();
    let output = output.map(|path| Output::beside(&args.file, path)).transpose()?;
    let table = table(&args.file)?;
    let ask = Ask {
        target: args.target,
        positive: args.positive,
        ignore: args.ignore,
        time: args.time,
        test_share: args.test_share,
        seed: args.seed,
    };
    let began = Instant::now();
    let mut elapsed = || began.elapsed().as_secs_f64() * 1_000.0;
    let (report, rows) = evaluate(&table, &ask, &mut elapsed).map_err(|error| refused(&args.file, &error))?;
    if let Some(output) = &output {
        output.write(|writer| write(writer, &rows))?;
    }
    for leak in report.leaks.iter().chain(&report.suspicious) {
        printer.warning(leak);
    }
    printer.show(&Evaluated(report))?;
    Ok(Code::Ok)
}

fn table(path: &Path) -> Result<Table, Failure> {
    let read = if path == Path::new("-") {
        read(std::io::stdin().lock())
    } else {
        let cannot = |error| Failure::usage(format!("cannot read {}: {error}", path.display()));
        read(File::open(path).map_err(cannot)?)
    };
    read.map_err(|error: Unreadable| Failure::invalid(format!("{}: {error}", path.display())))
}

fn refused(path: &Path, error: &Refused) -> Failure {
    Failure::invalid(format!("{}: {error}", path.display()))
}

/// Writes a line for each row that was measured on.
fn write(writer: &mut csv::Writer<File>, rows: &[Told]) -> Result<(), csv::Error> {
    writer.write_record(["row", "ended_well", "probability", "logit", "base", "reasons"])?;
    for one in rows {
        let score = &one.score;
        let reasons = score.reasons.iter().take(REASONS).map(ToString::to_string);
        writer.write_record([
            one.row.to_string(),
            one.ended_well.to_string(),
            score.probability.to_string(),
            score.logit.to_string(),
            score.base.to_string(),
            reasons.collect::<Vec<_>>().join("; "),
        ])?;
    }
    Ok(())
}

/// How good they were.
struct Evaluated(Report);

impl Evaluated {
    /// The measures, by name.
    fn figures(&self) -> Vec<(&'static str, Option<f64>)> {
        let report = &self.0;
        vec![
            ("n_train", Some(report.n_train as f64)),
            ("n_test", Some(report.n_test as f64)),
            ("base_rate", Some(report.base_rate)),
            ("auc", report.auc),
            ("log_loss", Some(report.log_loss)),
            ("brier", Some(report.brier)),
            ("ece10", Some(report.ece10)),
            ("count_error", report.count_error),
            ("signal", Some(f64::from(u8::from(report.signal)))),
            ("fit_ms", Some(report.fit_ms)),
            ("score_us_per_row", Some(report.score_us_per_row)),
            ("base_log_loss", Some(report.base_log_loss)),
        ]
    }
}

impl View for Evaluated {
    fn json(&self) -> Value {
        serde_json::to_value(&self.0).unwrap_or_default()
    }

    fn text(&self, page: &Page) -> String {
        let report = &self.0;
        let mut sheet = Sheet::new(["measure", ">value"]);
        for (name, value) in self.figures() {
            let value = match (name, value) {
                ("signal", _) => if report.signal { "yes" } else { "no signal" }.to_owned(),
                ("n_train" | "n_test", Some(value)) => format!("{value:.0}"),
                ("fit_ms" | "score_us_per_row", Some(value)) => format!("{value:.1}"),
                (_, Some(value)) => format!("{value:.4}"),
                (_, None) => "absent: all rows ended alike".to_owned(),
            };
            sheet.push(vec![name.into(), value.into()]);
        }
        let mut lines = vec![sheet.render(page), String::new()];
        let mut say = |text: &str| lines.extend(wrapped("", "", text, page.width()));
        say(&format!("By {}: {}.", report.scorer, report.reason));
        if report.signal {
            let columns = report.features.iter().take(REASONS);
            let columns: Vec<&str> = columns.map(|feature| feature.column.as_str()).collect();
            say(&format!("What tells most: {}.", columns.join(", ")));
        }
        for note in &report.notes {
            say(note);
        }
        lines.join("\n")
    }

    fn csv(&self) -> Vec<Vec<String>> {
        let figures = self.figures();
        let header = figures.iter().map(|(name, _)| (*name).to_owned()).collect();
        let value = |value: &Option<f64>| value.map_or_else(String::new, |value| value.to_string());
        let row = figures.iter().map(|(_, figure)| value(figure)).collect();
        vec![header, row]
    }
}
