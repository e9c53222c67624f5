//! What is said to PostgreSQL in its own words: statements over arrays, whose texts never change, and locks on names.
//!
//! Rows are looked up by `LATERAL .. LIMIT 1`: whatever the planner believes of a table's size, it can only go through
//! the key, row by row. A join or `= ANY` planned while a table was small would read all of it when it has grown.

use bellwether_domain::Result;
use bellwether_storage::storage_error;
use sea_orm::sea_query::ArrayType;
use sea_orm::{ConnectionTrait, DbBackend, Statement, Value};

/// Rows of one statement.
pub(super) const BATCH: usize = 5_000;

/// `$1` tenant, `$2` sequence numbers.
pub(super) const CHANGES: &str = "SELECT c.* FROM UNNEST($2::bigint[]) AS w (seq) CROSS JOIN LATERAL \
    (SELECT * FROM change WHERE tenant = $1 AND seq = w.seq LIMIT 1) AS c";

/// `$1` tenant, `$2` sequence numbers.
pub(super) const SURVIVORS: &str = "SELECT m.* FROM UNNEST($2::bigint[]) AS w (seq) CROSS JOIN LATERAL \
    (SELECT * FROM merged WHERE tenant = $1 AND seq = w.seq LIMIT 1) AS m";

/// `$1` tenant, `$2` kind, `$3` ids.
pub(super) const HEADS: &str = "SELECT h.* FROM UNNEST($3::text[]) AS w (id) CROSS JOIN LATERAL \
    (SELECT * FROM head WHERE tenant = $1 AND kind = $2 AND id = w.id LIMIT 1) AS h";

/// `$1` tenant, `$2` keys.
pub(super) const REQUESTS: &str = "SELECT r.* FROM UNNEST($2::text[]) AS w (key) CROSS JOIN LATERAL \
    (SELECT * FROM request WHERE tenant = $1 AND key = w.key LIMIT 1) AS r";

/// `$1` tenant, `$2` to `$5` kinds, ids, instants and numbers of versions.
pub(super) const VERSIONS: &str = "SELECT w.kind, w.id, w.effective_at, w.source_version, c.seq, c.payload \
    FROM UNNEST($2::integer[], $3::text[], $4::bigint[], $5::bigint[]) AS w (kind, id, effective_at, source_version) \
    CROSS JOIN LATERAL (SELECT seq, payload FROM change WHERE tenant = $1 AND kind = w.kind AND id = w.id \
    AND effective_at = w.effective_at AND source_version = w.source_version AND explicit_key \
    ORDER BY seq DESC LIMIT 1) AS c";

/// `$1` tenant, `$2` sequence numbers of the last changes.
pub(super) const CHAINS: &str = "WITH RECURSIVE chain (id, seq, prev_seq, effective_at, source_version, gone) AS ( \
    SELECT c.* FROM UNNEST($2::bigint[]) AS w (seq) CROSS JOIN LATERAL \
    (SELECT id, seq, prev_seq, effective_at, source_version, payload IS NULL FROM change \
    WHERE tenant = $1 AND seq = w.seq LIMIT 1) AS c \
    UNION ALL SELECT c.* FROM chain CROSS JOIN LATERAL \
    (SELECT id, seq, prev_seq, effective_at, source_version, payload IS NULL FROM change \
    WHERE tenant = $1 AND seq = chain.prev_seq LIMIT 1) AS c) \
    SELECT id, seq, effective_at, source_version, gone FROM chain";

/// `$1` names of tenants.
pub(super) const STANDINGS: &str = "SELECT h.* FROM UNNEST($1::text[]) AS w (name) CROSS JOIN LATERAL \
    (SELECT * FROM tenant_head WHERE name = w.name LIMIT 1) AS h";

/// Which server this is, and which of its histories: the first eight characters of a log file's name.
pub(super) const IDENTITY: &str = "SELECT system_identifier::text, \
    substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) FROM pg_control_system()";

/// Waits until nobody else holds the lock of a name, and holds it to the end of the transaction.
pub(super) async fn lock_name<C: ConnectionTrait>(txn: &C, name: &str) -> Result<()> {
    let mut number = [0; 8];
    let whole = blake3::derive_key("bellwether.ingestion locks of names", name.as_bytes());
    number.copy_from_slice(&whole[..8]);
    let number = i64::from_le_bytes(number);
    let lock = Statement::from_sql_and_values(
        DbBackend::Postgres,
        "SELECT pg_advisory_xact_lock($1)",
        [number.into()],
    );
    txn.execute_raw(lock).await.map_err(storage_error)?;
    Ok(())
}

/// An array of values of one type.
pub(super) fn array(of: ArrayType, values: Vec<Value>) -> Value {
    Value::Array(of, Some(Box::new(values)))
}

/// An array of texts.
pub(super) fn texts<'a>(values: impl Iterator<Item = &'a str>) -> Value {
    array(ArrayType::String, values.map(Value::from).collect())
}

/// An array of numbers.
pub(super) fn numbers(values: impl Iterator<Item = i64>) -> Value {
    array(ArrayType::BigInt, values.map(Value::from).collect())
}

/// `INSERT INTO table (tenant, a, b) SELECT $1, a, b FROM UNNEST($2::bigint[], $3::text[]) AS r (a, b)`.
///
/// Arrays hold no NULL here: bytes that are absent come as empty ones, which no row has otherwise.
pub(super) fn insert_text(table: &str, columns: &[(&str, ArrayType)]) -> String {
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let value = |(name, of): &(&str, ArrayType)| match of {
        ArrayType::Bytes => format!("NULLIF({name}, ''::bytea)"),
        _ => (*name).to_owned(),
    };
    let values: Vec<String> = columns.iter().map(value).collect();
    let array = |(at, (_, of)): (usize, &(&str, ArrayType))| format!("${}::{}[]", at + 2, type_name(of));
    let arrays: Vec<String> = columns.iter().enumerate().map(array).collect();
    let (names, values, arrays) = (names.join(", "), values.join(", "), arrays.join(", "));
    format!("INSERT INTO {table} (tenant, {names}) SELECT $1, {values} FROM UNNEST({arrays}) AS r ({names})")
}

fn type_name(of: &ArrayType) -> &'static str {
    match of {
        ArrayType::Int => "integer",
        ArrayType::BigInt => "bigint",
        ArrayType::Bool => "boolean",
        ArrayType::Bytes => "bytea",
        _ => "text",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_inserted_from_arrays() {
        let text = insert_text("t", &[("a", ArrayType::BigInt), ("b", ArrayType::Bytes)]);
        assert_eq!(
            text,
            "INSERT INTO t (tenant, a, b) SELECT $1, a, NULLIF(b, ''::bytea) \
             FROM UNNEST($2::bigint[], $3::bytea[]) AS r (a, b)"
        );
    }
}
