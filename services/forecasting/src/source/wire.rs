//! From messages to plain values.

use bellwether_contracts::convert::{instant_from_proto, position_from_proto};
use bellwether_contracts::kpi::{self, FactKind, FactValues, FactsHeader, StreamFactsResponse};
use bellwether_domain::period::Grain;
use bellwether_domain::{Error, Result, Zone};

use super::Stands;
use crate::facts::{Column, Table};

/// The columns of a stream.
#[derive(Debug)]
pub(super) struct Header {
    /// Name, and whether it holds texts.
    columns: Vec<(String, bool)>,
}

impl Header {
    pub(super) fn of(message: &FactsHeader) -> Result<Self> {
        let column = |column: &kpi::FactColumn| match column.kind() {
            FactKind::Unspecified => Err(Error::internal(format!("kpi sent `{}` of no kind", column.name))),
            kind => Ok((column.name.clone(), kind == FactKind::Text)),
        };
        let columns = message.columns.iter().map(column).collect::<Result<_>>()?;
        Ok(Self { columns })
    }
}

/// What a stream stands on.
pub(super) fn stands(header: &FactsHeader) -> Result<Stands> {
    let instant = |at: &prost_types::Timestamp| instant_from_proto(at).map_err(Error::internal);
    let watermark = header.watermark.unwrap_or_default();
    let as_of = header.as_of.as_ref().map(instant).transpose()?;
    Ok(Stands {
        as_of: as_of.ok_or_else(|| Error::internal("kpi sent facts without an as-of"))?,
        position: watermark
            .position
            .as_ref()
            .map(position_from_proto)
            .unwrap_or_default(),
        recorded_at: watermark.recorded_at.as_ref().map(instant).transpose()?,
        currency: header.currency_code.clone(),
        zone: Zone::named(&header.zone).map_err(Error::internal)?,
    })
}

/// A table of the columns of a stream.
pub(super) fn empty(header: &Header) -> Table {
    let column = |(name, texts): &(String, bool)| {
        let column = if *texts {
            Column::Texts {
                codes: Vec::new(),
                names: Vec::new(),
            }
        } else {
            Column::Numbers(Vec::new())
        };
        (name.clone(), column)
    };
    Table::new(header.columns.iter().map(column))
}

/// Adds the rows of a message.
pub(super) fn add(header: &Header, message: &StreamFactsResponse, table: &mut Table) -> Result<()> {
    let broken = || Error::internal("kpi sent facts that do not fit their header");
    let rows = usize::try_from(message.rows).map_err(|_| broken())?;
    let columns = header.columns.iter().zip(&message.columns);
    let columns: Vec<Column> = columns
        .map(|((_, texts), values)| column(*texts, values))
        .collect();
    if table.push(rows, &columns) {
        Ok(())
    } else {
        Err(broken())
    }
}

fn column(texts: bool, values: &FactValues) -> Column {
    if texts {
        return Column::Texts {
            codes: values.codes.clone(),
            names: values.names.clone(),
        };
    }
    let mut numbers: Vec<Option<i64>> = values.numbers.iter().copied().map(Some).collect();
    for place in &values.missing {
        if let Some(number) = numbers.get_mut(*place as usize) {
            *number = None;
        }
    }
    Column::Numbers(numbers)
}

/// A grain as it is asked for.
pub(super) fn grain(grain: Grain) -> kpi::Grain {
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

#[cfg(test)]
mod tests {
    use bellwether_contracts::kpi::{FactColumn, Watermark};

    use super::*;

    fn header() -> FactsHeader {
        let column = |name: &str, kind: FactKind| FactColumn {
            name: name.to_owned(),
            kind: kind.into(),
        };
        FactsHeader {
            table: "open_deals".to_owned(),
            columns: vec![
                column("deal", FactKind::Text),
                column("amount", FactKind::MinorUnits),
            ],
            as_of: Some(prost_types::Timestamp::default()),
            watermark: Some(Watermark::default()),
            currency_code: "USD".to_owned(),
            zone: "Europe/Berlin".to_owned(),
        }
    }

    fn rows(codes: &[u32], numbers: &[i64], missing: &[u32]) -> StreamFactsResponse {
        let texts = FactValues {
            codes: codes.to_vec(),
            names: vec!["d1".to_owned()],
            ..FactValues::default()
        };
        let numbers = FactValues {
            numbers: numbers.to_vec(),
            missing: missing.to_vec(),
            ..FactValues::default()
        };
        StreamFactsResponse {
            header: None,
            rows: codes.len() as u32,
            columns: vec![texts, numbers],
        }
    }

    #[test]
    fn messages_become_a_table() {
        let form = Header::of(&header()).unwrap();
        let mut table = empty(&form);
        add(&form, &rows(&[1, 0], &[70, 0], &[1]), &mut table).unwrap();
        add(&form, &rows(&[], &[], &[]), &mut table).unwrap();
        assert_eq!(table.len(), 2);
        let stands = stands(&header()).unwrap();
        assert_eq!(
            (stands.currency.as_str(), stands.zone.name()),
            ("USD", "Europe/Berlin")
        );
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let form = Header::of(&header()).unwrap();
        let mut table = empty(&form);
        assert!(
            add(&form, &rows(&[2], &[70], &[]), &mut table).is_err(),
            "a code beyond the names"
        );
        assert!(
            add(&form, &rows(&[1], &[], &[]), &mut table).is_err(),
            "columns of unequal length"
        );
        let mut short = rows(&[1], &[7], &[]);
        short.columns.pop();
        assert!(add(&form, &short, &mut table).is_err());
        let mut nothing = header();
        nothing.columns[0].kind = 0;
        assert!(Header::of(&nothing).is_err());
        assert!(
            stands(&FactsHeader {
                zone: "Nowhere".to_owned(),
                ..header()
            })
            .is_err()
        );
        assert!(
            stands(&FactsHeader {
                as_of: None,
                ..header()
            })
            .is_err()
        );
    }
}
