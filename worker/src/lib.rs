//! Runs the jobs: renders invoices, sends WhatsApp messages and mail.
