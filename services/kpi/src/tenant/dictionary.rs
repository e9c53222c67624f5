//! A dictionary: small codes for the texts of a column, in order of first sight.

use std::hash::{DefaultHasher, Hasher as _};

/// Texts and their codes. Code 0 stands for "missing" and shows as the empty text; the others count from 1.
#[derive(Debug, Clone)]
pub struct Dictionary {
    /// All texts, one after another.
    bytes: String,
    /// Where the text of each code ends; the text of code 0 is empty.
    ends: Vec<u32>,
    /// An open-addressing table of codes; 0 = free. Its length is a power of two.
    slots: Vec<u32>,
}

impl Dictionary {
    /// A dictionary that knows only "missing".
    #[must_use]
    pub fn new() -> Self {
        Self {
            bytes: String::new(),
            ends: vec![0],
            slots: vec![0; 16],
        }
    }

    /// How many codes there are, 0 included: every code is below.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "code 0 is always there")]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// The text of a code; empty for 0 and for codes that were never given out.
    #[must_use]
    pub fn name(&self, code: u32) -> &str {
        let code = code as usize;
        if code == 0 || code >= self.ends.len() {
            return "";
        }
        &self.bytes[self.ends[code - 1] as usize..self.ends[code] as usize]
    }

    /// The code of a text that was seen before; the empty text is "missing".
    #[must_use]
    pub fn code(&self, name: &str) -> Option<u32> {
        if name.is_empty() {
            return Some(0);
        }
        let slot = self.slots[self.slot(name)];
        (slot != 0).then_some(slot)
    }

    /// The code of a text, a new one at first sight. Beyond 4 GiB of texts everything new is "missing".
    pub fn intern(&mut self, name: &str) -> u32 {
        if name.is_empty() {
            return 0;
        }
        let slot = self.slot(name);
        if self.slots[slot] != 0 {
            return self.slots[slot];
        }
        let (Ok(end), Ok(code)) = (
            u32::try_from(self.bytes.len() + name.len()),
            u32::try_from(self.ends.len()),
        ) else {
            return 0;
        };
        self.bytes.push_str(name);
        self.ends.push(end);
        self.slots[slot] = code;
        if self.ends.len() * 3 > self.slots.len() * 2 {
            self.grow();
        }
        code
    }

    /// The texts from code 1 on.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        (1..self.ends.len()).map(|code| &self.bytes[self.ends[code - 1] as usize..self.ends[code] as usize])
    }

    /// Memory held, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes.capacity() + 4 * (self.ends.capacity() + self.slots.capacity())
    }

    /// The slot that holds the text, or the free one where it belongs.
    fn slot(&self, name: &str) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = hash(name) & mask;
        while self.slots[slot] != 0 && self.name(self.slots[slot]) != name {
            slot = (slot + 1) & mask;
        }
        slot
    }

    fn grow(&mut self) {
        let mask = self.slots.len() * 2 - 1;
        let mut slots = vec![0; mask + 1];
        for (name, code) in self.names().zip(1_u32..) {
            let mut slot = hash(name) & mask;
            while slots[slot] != 0 {
                slot = (slot + 1) & mask;
            }
            slots[slot] = code;
        }
        self.slots = slots;
    }
}

impl Default for Dictionary {
    fn default() -> Self {
        Self::new()
    }
}

fn hash(name: &str) -> usize {
    let mut hasher = DefaultHasher::new();
    hasher.write(name.as_bytes());
    // The low bits pick the slot; cutting to 32 bits on small machines keeps them.
    hasher.finish() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_count_from_one_in_order_of_first_sight() {
        let mut dictionary = Dictionary::new();
        let names: Vec<String> = (0..1000).map(|i| format!("name {}", i * 7 % 1000)).collect();
        for (name, code) in names.iter().zip(1..) {
            assert_eq!((dictionary.intern(name), dictionary.intern(name)), (code, code));
        }
        assert_eq!(dictionary.len(), 1001);
        assert_eq!(
            (dictionary.intern(""), dictionary.name(0), dictionary.code("")),
            (0, "", Some(0))
        );
        assert_eq!((dictionary.code("nobody"), dictionary.name(5000)), (None, ""));
        for (name, code) in names.iter().zip(1..) {
            assert_eq!(
                (dictionary.code(name), dictionary.name(code)),
                (Some(code), name.as_str())
            );
        }
        assert!(dictionary.names().eq(names.iter().map(String::as_str)));
    }
}
