DROP TABLE tax_rates, tax_classes, eway_thresholds;
