//! The few forms of the protobuf wire that a mapped record needs: a row becomes the bytes of a record field by field,
//! by the numbers of the contract.

const VARINT: u32 = 0;
const LENGTH: u32 = 2;

/// Appends a number: whole numbers, flags and choices.
pub(super) fn number(tag: u32, value: u64, out: &mut Vec<u8>) {
    varint(u64::from(tag << 3 | VARINT), out);
    varint(value, out);
}

/// Appends text, or a message that is encoded already.
pub(super) fn bytes(tag: u32, value: &[u8], out: &mut Vec<u8>) {
    varint(u64::from(tag << 3 | LENGTH), out);
    varint(value.len() as u64, out);
    out.extend_from_slice(value);
}

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellwether_contracts::sales::{Account, Rep};
    use prost::Message;

    #[test]
    fn prost_reads_what_is_written() {
        let mut out = Vec::new();
        bytes(1, "Acme".as_bytes(), &mut out);
        bytes(4, "x".repeat(300).as_bytes(), &mut out);
        number(6, u64::MAX, &mut out);
        let account = Account::decode(out.as_slice()).unwrap();
        assert_eq!(
            (account.name.as_str(), account.industry.len(), account.employees),
            ("Acme", 300, Some(u64::MAX))
        );
        assert_eq!(Rep::decode([].as_slice()).unwrap(), Rep::default());
    }
}
