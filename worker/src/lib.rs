//! Runs the jobs: renders invoices, sends WhatsApp messages and mail.

pub mod adapters;
