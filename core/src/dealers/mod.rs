//! Who buys, and how much credit they have.

pub mod credit;
