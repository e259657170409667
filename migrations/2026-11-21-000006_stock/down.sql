DROP TABLE stock_ledger, stock_balances;
