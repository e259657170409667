DROP TABLE order_counters, document_counters, document_series, locations, gst_registrations, tenant_settings;
