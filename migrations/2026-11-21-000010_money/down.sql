DROP TABLE receipt_allocations, receipts, receivables, dealer_ledger;
