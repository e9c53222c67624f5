//! What keys promise, on random histories and questions; and how answers are kept and shared.

mod keys;
