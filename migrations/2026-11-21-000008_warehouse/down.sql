DROP TABLE shipments, pick_lists;
