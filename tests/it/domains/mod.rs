//! A distributor's own domains: how one comes to count, what it bars, and how it ceases to.

mod proof;
mod site;
mod street;
