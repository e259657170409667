DROP TABLE credit_holds, order_status_history, order_lines, orders, cart_lines;
