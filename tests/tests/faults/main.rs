//! Faults against the real product with real servers: small counts in `make test`, full ones in `make faults`. Each
//! row keeps a ledger and writes one JSON object.

mod calm;
