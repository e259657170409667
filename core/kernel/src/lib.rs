//! Values and pure rules: ids, money, quantity, GSTIN, financial year. No I/O.
