DROP TABLE document_renders, invoice_tax_summary, invoice_lines, invoices;
