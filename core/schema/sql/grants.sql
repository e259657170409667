-- Who may do what to which table. Everything is taken away first, so that this page is the whole truth.

REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, app_user, app_worker, app_lookup;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO app_user, app_worker, app_lookup;

-- Whether a process of this release may start.
GRANT SELECT ON __diesel_schema_migrations TO app_user, app_worker;

-- Before the tenant is known.
GRANT SELECT (id, email, name, password_hash, password_changed_at, is_platform_admin, is_active) ON users TO app_lookup;
GRANT SELECT (tenant_id, id, user_id, role, role_id, dealer_id, location_ids, is_active) ON memberships TO app_lookup;
GRANT SELECT (tenant_id, id, name, permissions, approval_limit) ON roles TO app_lookup;
GRANT SELECT (id, slug, name, status, modules_off) ON tenants TO app_lookup;
GRANT SELECT ON sessions, access_tokens, rotated_tokens TO app_lookup;
-- Whether somebody has a second factor, and needs one; never the secret.
GRANT SELECT (user_id, confirmed_at) ON second_factors TO app_lookup;
GRANT SELECT (tenant_id, roles, role_ids) ON second_factor_rules TO app_lookup;
GRANT SELECT (tenant_id, id, membership_id, name, secret_hash, scopes, networks, expires_at, revoked_at, last_used_at) ON api_keys TO app_lookup;
GRANT SELECT (tenant_id, id, user_id, may_write, ends_at, ended_at) ON impersonations TO app_lookup;
GRANT SELECT (tenant_id, email, role, role_id, token_hash, invited_by, expires_at) ON invitations TO app_lookup;
GRANT SELECT (tenant_id, name, status) ON tenant_domains TO app_lookup;

-- Masters of the law.
GRANT SELECT ON eway_thresholds, tax_classes, tax_rates, whatsapp_error_classes TO app_user, app_worker;

-- Identity and tenancy.
GRANT SELECT ON tenants TO app_user, app_worker;
GRANT INSERT, UPDATE (name, status, version, modules_off) ON tenants TO app_user;
GRANT SELECT (id, email, name, password_changed_at, is_platform_admin, is_active, created_at, email_confirmed_at) ON users TO app_user, app_worker;
GRANT INSERT (id, email, name, password_hash, email_confirmed_at), UPDATE (name, email, password_hash, password_changed_at, email_confirmed_at) ON users TO app_user;
GRANT SELECT, INSERT, UPDATE (role, role_id, dealer_id, location_ids, is_active, version, removed_at, created_at) ON memberships TO app_user;
GRANT SELECT, INSERT, UPDATE (name, permissions, approval_limit, version), DELETE ON roles TO app_user;
GRANT SELECT ON memberships TO app_worker;
GRANT SELECT, INSERT, UPDATE (ended_at) ON impersonations TO app_user;
-- A session's user and target are decided when it is opened. Tokens go with their session.
GRANT SELECT, INSERT, UPDATE (id_hash, last_seen_at, expires_at), DELETE ON sessions TO app_user;
GRANT INSERT ON access_tokens, rotated_tokens TO app_user;
GRANT SELECT, INSERT, DELETE ON account_links, email_changes, pending_sign_ins, recovery_codes TO app_user;
GRANT SELECT, INSERT, UPDATE (sealed_secret, confirmed_at, last_step, created_at), DELETE ON second_factors TO app_user;
GRANT SELECT, INSERT, UPDATE (roles, role_ids, version) ON second_factor_rules TO app_user;
-- Web hands mails in and reads none: they carry links.
GRANT INSERT (id, kind, recipient, recipient_name, sealed_secret, about) ON account_mails TO app_user, app_worker;
GRANT SELECT, DELETE, UPDATE (status, attempts, next_attempt_at, lease_token, lease_until, last_error, sent_at, sealed_secret) ON account_mails TO app_worker;
GRANT SELECT, DELETE ON sessions, access_tokens, rotated_tokens, account_links, email_changes, pending_sign_ins, sign_in_tries, request_counts TO app_worker;
GRANT SELECT, INSERT, UPDATE ON sign_in_tries, request_counts TO app_user;
GRANT SELECT, INSERT, UPDATE (token_hash, invited_by, expires_at, sendings, is_mailed, version), DELETE ON invitations TO app_user;
-- The hash of a key is written and never read again, but for the look-up.
GRANT SELECT (tenant_id, id, membership_id, name, last4, scopes, networks, created_at, created_by, expires_at, replaced_by, revoked_at, revoked_by, last_used_at, last_used_ip),
    INSERT, UPDATE (expires_at, replaced_by, revoked_at, revoked_by, last_used_at, last_used_ip) ON api_keys TO app_user;
GRANT SELECT, INSERT, UPDATE ON tenant_settings, gst_registrations, locations, document_series TO app_user;
GRANT SELECT ON tenant_settings, gst_registrations, locations, document_series TO app_worker;
-- Web writes a name down; that it is whose it says is the worker's to write.
GRANT SELECT, INSERT (tenant_id, id, name, proof, asked_at, check_due_at, created_at, created_by), UPDATE (is_primary, asked_at, check_due_at, version), DELETE ON tenant_domains TO app_user;
GRANT SELECT, UPDATE (status, is_primary, finding, missing_since, verified_at, checked_at, asked_at, check_due_at, version) ON tenant_domains TO app_worker;
GRANT SELECT, INSERT, UPDATE (last_number, last_issued_on, last_hash) ON document_counters TO app_user;
GRANT SELECT, INSERT, UPDATE (last_number) ON order_counters TO app_user;

-- Masters of the tenant.
GRANT SELECT, INSERT, UPDATE ON categories, products, dealers, dealer_addresses, dealer_contacts, price_lists TO app_user;
GRANT SELECT, INSERT, UPDATE, DELETE ON price_list_items, dealer_prices, product_words, cart_lines TO app_user;
GRANT SELECT, INSERT, UPDATE (credit_limit, holds, unpaid, unallocated, version) ON dealer_credit TO app_user;
GRANT SELECT ON categories, products, dealers, dealer_addresses, dealer_contacts TO app_worker;
GRANT UPDATE (whatsapp_opt_in_at, whatsapp_opt_in_source) ON dealer_contacts TO app_worker;

-- Stock, orders, documents, money: what grows, grows; what changes, changes in the named columns.
GRANT SELECT, INSERT, UPDATE (on_hand, reserved) ON stock_balances TO app_user;
GRANT SELECT, INSERT ON stock_ledger TO app_user;
GRANT SELECT, INSERT, UPDATE (status, version, updated_at) ON orders TO app_user;
GRANT SELECT, INSERT, UPDATE (reserved_quantity, picked_quantity, short_closed_quantity, short_close_reason) ON order_lines TO app_user;
GRANT SELECT, INSERT ON order_status_history TO app_user;
GRANT SELECT, INSERT, UPDATE (released_at) ON credit_holds TO app_user;
GRANT SELECT, INSERT, UPDATE (closed_at) ON pick_lists TO app_user;
GRANT SELECT, INSERT, UPDATE (delivered_at) ON shipments TO app_user;
GRANT SELECT, INSERT ON invoices, invoice_lines, invoice_tax_summary, dealer_ledger, receipt_allocations TO app_user;
GRANT SELECT, INSERT, UPDATE (paid, updated_at) ON receivables TO app_user;
GRANT SELECT, INSERT, UPDATE (allocated) ON receipts TO app_user;
GRANT SELECT ON orders, order_lines, shipments, invoices, invoice_lines, invoice_tax_summary TO app_worker;
-- An invoice is read with what is paid of it.
GRANT SELECT (tenant_id, invoice_id, paid) ON receivables TO app_worker;

-- The outbox: web writes and re-queues, the worker claims and finishes.
GRANT SELECT, INSERT, UPDATE (status, attempts, next_attempt_at, lease_token, lease_until, recipient, recipient_name, provider_message_id, last_error_code, last_error, skip_reason, sent_at, delivered_at, read_at) ON notification_logs TO app_user, app_worker;
GRANT SELECT, INSERT ON notification_attempts TO app_user, app_worker;
GRANT SELECT, INSERT, UPDATE (status, attempts, next_attempt_at, lease_token, lease_until, last_error, path, size_bytes, sha256, rendered_at) ON document_renders TO app_user, app_worker;
GRANT SELECT, INSERT, UPDATE ON whatsapp_accounts TO app_user;
GRANT SELECT, UPDATE (paused_at, paused_reason) ON whatsapp_accounts TO app_worker;

-- Webhooks: web keeps endpoints and their secrets, which it cannot read back; both write what happened; the worker tells it.
GRANT SELECT, INSERT, UPDATE (url, description, events, version, disabled_at, disabled_reason, failures, failing_since, last_failed_at, paused_until, removed_at) ON webhook_endpoints TO app_user;
GRANT SELECT, UPDATE (disabled_at, disabled_reason, failures, failing_since, last_failed_at, paused_until), DELETE ON webhook_endpoints TO app_worker;
GRANT SELECT, INSERT, DELETE ON webhook_subscriptions TO app_user;
GRANT SELECT, DELETE ON webhook_subscriptions TO app_worker;
GRANT SELECT (tenant_id, id, endpoint_id, created_at, created_by, expires_at), INSERT, UPDATE (expires_at), DELETE ON webhook_secrets TO app_user;
GRANT SELECT, DELETE ON webhook_secrets TO app_worker;
GRANT SELECT, INSERT ON webhook_events TO app_user;
GRANT SELECT, INSERT, DELETE ON webhook_events TO app_worker;
GRANT SELECT, INSERT, UPDATE (status, attempts, next_attempt_at, lease_token, lease_until, response_status, last_error, ended_at) ON webhook_deliveries TO app_user, app_worker;
GRANT DELETE ON webhook_deliveries TO app_worker;
GRANT SELECT ON webhook_attempts TO app_user;
GRANT SELECT, INSERT, UPDATE (duration_ms, response_status, response_body, error) ON webhook_attempts TO app_worker;

GRANT SELECT, INSERT ON idempotency_keys TO app_user;
GRANT SELECT, DELETE ON idempotency_keys TO app_worker;
GRANT SELECT, INSERT ON audit_log TO app_user, app_worker;
-- The trail is written by triggers, its seals by the worker.
GRANT SELECT ON audit_trail, audit_seals TO app_user, app_worker;
GRANT INSERT ON audit_seals TO app_worker;

-- The queue: web hands jobs in, the worker runs them.
GRANT USAGE ON SCHEMA apalis TO app_user, app_worker;
REVOKE ALL ON ALL TABLES IN SCHEMA apalis FROM PUBLIC, app_user, app_worker;
GRANT SELECT, INSERT ON apalis.jobs TO app_user;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA apalis TO app_worker;
