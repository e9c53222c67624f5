//! Arguments of `forecast evaluate-scores`.

use std::path::PathBuf;

use clap::Args;

/// Arguments of `forecast evaluate-scores`.
#[derive(Debug, Args)]
#[command(after_help = "\
FILE is CSV with a header; its columns may hold numbers, dates or words, and cells may be missing. The scorer learns from
a part of the rows and is measured on the others: with --time on the latest, else on rows taken by chance (--seed). No
server is needed.

A column that knows the end (an amount that only won deals have) is left out and named in leaks; name other columns that
are filled in after the fact with --ignore. auc is the chance that a row that ended well has the higher score, log_loss is
in nats, ece10 is the calibration error over 10 bins of equal width, count_error is how far the sum of the probabilities
is from the number that ended well. signal is false when the columns tell no more than the base rate does: every row then
gets the base rate.

Examples:
  bellwether forecast evaluate-scores deals.csv --target stage --positive Won --time created \\
    --ignore close_date,id
  bellwether forecast evaluate-scores churn.csv --target Churn --ignore customerID \\
    --per-row scores.csv --output json")]
pub(crate) struct EvaluateScoresArgs {
    /// The file; - reads standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The column that says how each row ended
    #[arg(long, value_name = "COLUMN")]
    pub(crate) target: String,
    /// What it says of rows that ended well; without it, common words are understood (Won, Yes, 1)
    #[arg(long, value_name = "VALUE", allow_hyphen_values = true)]
    pub(crate) positive: Option<String>,
    /// Columns not to look at
    #[arg(long, value_name = "COLUMN,...", value_delimiter = ',')]
    pub(crate) ignore: Vec<String>,
    /// The column that says when each row was: dates or numbers
    #[arg(long, value_name = "COLUMN")]
    pub(crate) time: Option<String>,
    /// The share of the rows that is measured on
    #[arg(long, value_name = "SHARE", default_value_t = 0.3, value_parser = share)]
    pub(crate) test_share: f64,
    /// Where chance starts from
    #[arg(long, value_name = "N", default_value_t = 7)]
    pub(crate) seed: u64,
    /// Write each row that was measured on, with its score and reasons, to this file, as CSV
    #[arg(long, value_name = "FILE")]
    pub(crate) per_row: Option<PathBuf>,
}

fn share(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| format!("`{text}` is not a number"))?;
    if value > 0.0 && value < 1.0 {
        Ok(value)
    } else {
        Err("a share is between 0 and 1, both excluded".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_leave_something_on_both_sides() {
        assert_eq!(share("0.3"), Ok(0.3));
        assert!(
            ["0", "1", "-0.1", "NaN", "x"]
                .iter()
                .all(|text| share(text).is_err())
        );
    }
}
