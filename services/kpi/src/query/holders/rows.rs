//! Quotas as the facts have them.

use bellwether_domain::{Error, Instant, Result, Zone};

use crate::scan::FactSource;
use crate::table::{Column, Morsel, NULL, Slice, Table};
use crate::tenant::Part;

/// A quota with an amount, over the days on which it holds.
#[derive(Debug)]
pub(in crate::query) struct Quota {
    /// The quota's code.
    pub(in crate::query) code: u32,
    /// The rep that holds it; 0 = a team does.
    pub(in crate::query) rep: u32,
    /// The team that holds it; 0 = a rep does.
    pub(in crate::query) team: u32,
    pub(in crate::query) currency: u32,
    /// The day whose rate counts.
    pub(in crate::query) day: i32,
    /// The first day on which it holds, and the day after the last.
    pub(in crate::query) first: i32,
    pub(in crate::query) until: i32,
    /// How many days the amount is for.
    pub(in crate::query) length: i32,
    /// The day after the last of the period that it is for.
    pub(in crate::query) end: i32,
    pub(in crate::query) amount: i64,
}

impl Quota {
    /// Whether it holds on a day.
    pub(in crate::query) fn holds(&self, day: i32) -> bool {
        self.first <= day && day < self.until
    }
}

/// The quotas with an amount, as known at `seq`.
pub(in crate::query) fn quotas(
    source: &dyn FactSource,
    value: Column,
    seq: u64,
    zone: &Zone,
) -> Result<Vec<Quota>> {
    let columns = [
        Column::ValidFrom,
        Column::ValidTo,
        Column::Day,
        Column::Quota,
        Column::Owner,
        Column::Team,
        Column::Currency,
        Column::StartDay,
        Column::EndDay,
        value,
    ];
    let mut found = Vec::new();
    let mut failed = false;
    source.scan_part(Table::Quotas, &columns, None, seq, Part::WHOLE, &mut |morsel| {
        for row in 0..morsel.rows {
            if morsel.recorded.is_none_or(|recorded| recorded[row]) {
                match read(morsel, row, zone) {
                    Some(quota) => found.push(quota),
                    None => failed = true,
                }
            }
        }
    });
    if failed {
        return Err(Error::internal(
            "quotas lack the columns that they are counted by",
        ));
    }
    found.retain(|quota| quota.amount != NULL && quota.length > 0 && quota.first < quota.until);
    // In one order, so that answers do not depend on that of the rows.
    found.sort_unstable_by_key(|quota| (quota.code, quota.first, quota.until, quota.amount));
    Ok(found)
}

fn read(morsel: &Morsel<'_>, row: usize, zone: &Zone) -> Option<Quota> {
    let [from, to, day, code, rep, team, currency, start, end, amount] =
        std::array::from_fn(|place| morsel.columns[place]);
    let (Slice::I64(from), Slice::I64(to), Slice::I32(day)) = (from, to, day) else {
        return None;
    };
    let (Slice::Code(code), Slice::Code(rep), Slice::Code(team), Slice::Code(currency)) =
        (code, rep, team, currency)
    else {
        return None;
    };
    let (Slice::I32(start), Slice::I32(end), Slice::I64(amount)) = (start, end, amount) else {
        return None;
    };
    let civil = |at: i64| zone.date_of(Instant::from_micros(at)).days();
    let until = if to[row] == i64::MAX {
        i32::MAX
    } else {
        civil(to[row])
    };
    Some(Quota {
        code: code[row],
        rep: rep[row],
        team: team[row],
        currency: currency[row],
        day: day[row],
        first: start[row].max(civil(from[row])),
        until: end[row].min(until),
        length: end[row] - start[row],
        end: end[row],
        amount: amount[row],
    })
}
