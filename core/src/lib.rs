//! Every feature of Vitaran: rules, queries, actions, job payloads. No HTTP, no queue, no processes.

pub mod files;
pub mod ports;
