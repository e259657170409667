// @generated automatically by Diesel CLI.

diesel::table! {
    access_tokens (token_hash) {
        token_hash -> Bytea,
        session_id -> Uuid,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    account_links (token_hash) {
        token_hash -> Bytea,
        user_id -> Uuid,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    account_mails (id) {
        id -> Uuid,
        kind -> Text,
        recipient -> Text,
        recipient_name -> Text,
        sealed_secret -> Nullable<Text>,
        status -> Text,
        attempts -> Int4,
        next_attempt_at -> Timestamptz,
        lease_token -> Nullable<Uuid>,
        lease_until -> Nullable<Timestamptz>,
        last_error -> Nullable<Text>,
        created_at -> Timestamptz,
        sent_at -> Nullable<Timestamptz>,
        about -> Nullable<Text>,
    }
}

diesel::table! {
    api_keys (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        membership_id -> Uuid,
        name -> Text,
        secret_hash -> Bytea,
        last4 -> Text,
        scopes -> Text,
        networks -> Text,
        created_at -> Timestamptz,
        created_by -> Text,
        expires_at -> Timestamptz,
        replaced_by -> Nullable<Uuid>,
        revoked_at -> Nullable<Timestamptz>,
        revoked_by -> Nullable<Text>,
        last_used_at -> Nullable<Timestamptz>,
        last_used_ip -> Nullable<Text>,
    }
}

diesel::table! {
    audit_log (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        at -> Timestamptz,
        by_user -> Nullable<Uuid>,
        by_name -> Text,
        on_behalf_of -> Nullable<Text>,
        action -> Text,
        object_kind -> Text,
        object_id -> Nullable<Uuid>,
        detail -> Jsonb,
        tx -> Int8,
        request_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    audit_seals (tenant_id, n) {
        tenant_id -> Uuid,
        n -> Int4,
        from_tx -> Int8,
        to_tx -> Int8,
        row_count -> Int8,
        previous_hash -> Text,
        hash -> Text,
        sealed_at -> Timestamptz,
    }
}

diesel::table! {
    audit_trail (tenant_id, tx, n) {
        tenant_id -> Uuid,
        tx -> Int8,
        n -> Int4,
        at -> Timestamptz,
        actor_id -> Nullable<Uuid>,
        visit_id -> Nullable<Uuid>,
        request_id -> Nullable<Uuid>,
        via -> Nullable<Text>,
        table_name -> Text,
        op -> Text,
        row_key -> Text,
        object_id -> Uuid,
        before -> Nullable<Jsonb>,
        after -> Nullable<Jsonb>,
    }
}

diesel::table! {
    cart_lines (tenant_id, dealer_id, product_id) {
        tenant_id -> Uuid,
        dealer_id -> Uuid,
        product_id -> Uuid,
        quantity -> Numeric,
        added_at -> Timestamptz,
    }
}

diesel::table! {
    categories (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        parent_id -> Nullable<Uuid>,
        name -> Text,
        path -> Text,
        depth -> Int2,
        is_active -> Bool,
        version -> Int4,
    }
}

diesel::table! {
    credit_holds (tenant_id, order_id) {
        tenant_id -> Uuid,
        order_id -> Uuid,
        dealer_id -> Uuid,
        amount -> Numeric,
        held_at -> Timestamptz,
        released_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    dealer_addresses (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        dealer_id -> Uuid,
        label -> Text,
        party -> Text,
        party_name -> Nullable<Text>,
        party_gstin -> Nullable<Text>,
        line1 -> Text,
        line2 -> Nullable<Text>,
        city -> Text,
        state_code -> Text,
        pincode -> Text,
        is_billing -> Bool,
        is_active -> Bool,
    }
}

diesel::table! {
    dealer_contacts (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        dealer_id -> Uuid,
        name -> Text,
        phone -> Nullable<Text>,
        email -> Nullable<Text>,
        language -> Text,
        is_primary -> Bool,
        whatsapp_opt_in_at -> Nullable<Timestamptz>,
        whatsapp_opt_in_source -> Nullable<Text>,
        is_active -> Bool,
    }
}

diesel::table! {
    dealer_credit (tenant_id, dealer_id) {
        tenant_id -> Uuid,
        dealer_id -> Uuid,
        credit_limit -> Numeric,
        holds -> Numeric,
        unpaid -> Numeric,
        unallocated -> Numeric,
        version -> Int4,
    }
}

diesel::table! {
    dealer_ledger (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        dealer_id -> Uuid,
        kind -> Text,
        amount -> Numeric,
        balance_after -> Numeric,
        invoice_id -> Nullable<Uuid>,
        receipt_id -> Nullable<Uuid>,
        reference -> Text,
        at -> Timestamptz,
    }
}

diesel::table! {
    dealer_prices (tenant_id, dealer_id, product_id) {
        tenant_id -> Uuid,
        dealer_id -> Uuid,
        product_id -> Uuid,
        unit_price -> Numeric,
    }
}

diesel::table! {
    dealers (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        code -> Text,
        legal_name -> Text,
        sort_name -> Text,
        trade_name -> Nullable<Text>,
        gst_treatment -> Text,
        gstin -> Nullable<Text>,
        price_list_id -> Nullable<Uuid>,
        location_id -> Nullable<Uuid>,
        email -> Nullable<Text>,
        is_active -> Bool,
        version -> Int4,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    document_counters (tenant_id, registration_id, series_id, financial_year) {
        tenant_id -> Uuid,
        registration_id -> Uuid,
        series_id -> Uuid,
        financial_year -> Int2,
        last_number -> Int4,
        last_issued_on -> Date,
        last_hash -> Text,
    }
}

diesel::table! {
    document_renders (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        invoice_id -> Uuid,
        dealer_id -> Uuid,
        copy -> Text,
        status -> Text,
        attempts -> Int4,
        next_attempt_at -> Timestamptz,
        lease_token -> Nullable<Uuid>,
        lease_until -> Nullable<Timestamptz>,
        last_error -> Nullable<Text>,
        path -> Nullable<Text>,
        size_bytes -> Nullable<Int4>,
        sha256 -> Nullable<Text>,
        rendered_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    document_series (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        registration_id -> Uuid,
        kind -> Text,
        prefix -> Text,
        is_active -> Bool,
    }
}

diesel::table! {
    email_changes (token_hash) {
        token_hash -> Bytea,
        user_id -> Uuid,
        email -> Text,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    eway_thresholds (state, valid_from) {
        state -> Text,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
        value_limit -> Numeric,
        source -> Text,
    }
}

diesel::table! {
    gst_registrations (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        gstin -> Text,
        legal_name -> Text,
        trade_name -> Nullable<Text>,
        state_code -> Text,
        line1 -> Text,
        line2 -> Nullable<Text>,
        city -> Text,
        pincode -> Text,
        lut_number -> Nullable<Text>,
        lut_valid_from -> Nullable<Date>,
        lut_valid_to -> Nullable<Date>,
        is_active -> Bool,
    }
}

diesel::table! {
    idempotency_keys (tenant_id, actor_id, key) {
        tenant_id -> Uuid,
        actor_id -> Uuid,
        key -> Text,
        operation -> Text,
        request_hash -> Text,
        status_code -> Int2,
        body -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    impersonations (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        user_id -> Uuid,
        user_name -> Text,
        reason -> Text,
        may_write -> Bool,
        started_at -> Timestamptz,
        ends_at -> Timestamptz,
        ended_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    invitations (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        email -> Text,
        role -> Text,
        role_id -> Nullable<Uuid>,
        dealer_id -> Nullable<Uuid>,
        token_hash -> Bytea,
        invited_by -> Uuid,
        sendings -> Int4,
        version -> Int4,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        location_ids -> Nullable<Array<Nullable<Uuid>>>,
        is_mailed -> Bool,
    }
}

diesel::table! {
    invoice_lines (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        invoice_id -> Uuid,
        dealer_id -> Uuid,
        line_no -> Int2,
        order_line_id -> Uuid,
        product_id -> Uuid,
        sku -> Text,
        name -> Text,
        hsn -> Text,
        uqc -> Text,
        quantity -> Numeric,
        unit_price -> Numeric,
        tax_rate -> Numeric,
        taxable -> Numeric,
        cgst -> Numeric,
        sgst -> Numeric,
        utgst -> Numeric,
        igst -> Numeric,
        total -> Numeric,
    }
}

diesel::table! {
    invoice_tax_summary (tenant_id, invoice_id, hsn, uqc, tax_rate) {
        tenant_id -> Uuid,
        invoice_id -> Uuid,
        dealer_id -> Uuid,
        hsn -> Text,
        uqc -> Text,
        tax_rate -> Numeric,
        quantity -> Numeric,
        taxable -> Numeric,
        cgst -> Numeric,
        sgst -> Numeric,
        utgst -> Numeric,
        igst -> Numeric,
    }
}

diesel::table! {
    locations (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        registration_id -> Uuid,
        name -> Text,
        is_default -> Bool,
        is_active -> Bool,
    }
}

diesel::table! {
    memberships (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        user_id -> Uuid,
        role -> Text,
        dealer_id -> Nullable<Uuid>,
        is_active -> Bool,
        created_at -> Timestamptz,
        role_id -> Nullable<Uuid>,
        version -> Int4,
        removed_at -> Nullable<Timestamptz>,
        location_ids -> Nullable<Array<Nullable<Uuid>>>,
    }
}

diesel::table! {
    notification_attempts (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        notification_id -> Uuid,
        attempt -> Int4,
        event -> Text,
        error_code -> Nullable<Int4>,
        detail -> Nullable<Text>,
        at -> Timestamptz,
    }
}

diesel::table! {
    notification_logs (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        event -> Text,
        channel -> Text,
        order_id -> Uuid,
        dealer_id -> Uuid,
        invoice_id -> Nullable<Uuid>,
        params -> Jsonb,
        recipient -> Nullable<Text>,
        recipient_name -> Nullable<Text>,
        language -> Text,
        status -> Text,
        skip_reason -> Nullable<Text>,
        attempts -> Int4,
        next_attempt_at -> Timestamptz,
        lease_token -> Nullable<Uuid>,
        lease_until -> Nullable<Timestamptz>,
        provider_message_id -> Nullable<Text>,
        last_error_code -> Nullable<Int4>,
        last_error -> Nullable<Text>,
        created_at -> Timestamptz,
        sent_at -> Nullable<Timestamptz>,
        delivered_at -> Nullable<Timestamptz>,
        read_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    order_counters (tenant_id, financial_year) {
        tenant_id -> Uuid,
        financial_year -> Int2,
        last_number -> Int4,
    }
}

diesel::table! {
    order_lines (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        order_id -> Uuid,
        dealer_id -> Uuid,
        line_no -> Int2,
        product_id -> Uuid,
        sku -> Text,
        name -> Text,
        hsn -> Text,
        uqc -> Text,
        tax_class -> Text,
        tax_rate -> Numeric,
        quantity -> Numeric,
        unit_price -> Numeric,
        price_source -> Text,
        price_list_name -> Nullable<Text>,
        taxable -> Numeric,
        cgst -> Numeric,
        sgst -> Numeric,
        utgst -> Numeric,
        igst -> Numeric,
        total -> Numeric,
        reserved_quantity -> Numeric,
        picked_quantity -> Numeric,
        short_closed_quantity -> Numeric,
        short_close_reason -> Nullable<Text>,
    }
}

diesel::table! {
    order_status_history (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        order_id -> Uuid,
        dealer_id -> Uuid,
        kind -> Text,
        from_status -> Nullable<Text>,
        to_status -> Text,
        reason -> Nullable<Text>,
        by_user -> Nullable<Uuid>,
        by_name -> Text,
        at -> Timestamptz,
    }
}

diesel::table! {
    orders (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        number -> Text,
        financial_year -> Int2,
        dealer_id -> Uuid,
        location_id -> Uuid,
        status -> Text,
        version -> Int4,
        channel -> Text,
        placed_at -> Timestamptz,
        placed_by -> Nullable<Uuid>,
        placed_by_name -> Text,
        ship_to_address_id -> Uuid,
        bill_to -> Jsonb,
        ship_to -> Jsonb,
        pos_state -> Text,
        pos_row -> Int2,
        pos_clause -> Text,
        supply_kind -> Text,
        line_count -> Int4,
        subtotal -> Numeric,
        cgst -> Numeric,
        sgst -> Numeric,
        utgst -> Numeric,
        igst -> Numeric,
        round_off -> Numeric,
        total -> Numeric,
        client_reference -> Nullable<Text>,
        note -> Nullable<Text>,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    pending_sign_ins (secret_hash) {
        secret_hash -> Bytea,
        user_id -> Uuid,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    pick_lists (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        order_id -> Uuid,
        location_id -> Uuid,
        started_by -> Nullable<Uuid>,
        started_by_name -> Text,
        started_at -> Timestamptz,
        closed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    price_list_items (tenant_id, price_list_id, product_id) {
        tenant_id -> Uuid,
        price_list_id -> Uuid,
        product_id -> Uuid,
        unit_price -> Numeric,
    }
}

diesel::table! {
    price_lists (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        name -> Text,
        is_default -> Bool,
        is_active -> Bool,
        version -> Int4,
    }
}

diesel::table! {
    product_words (tenant_id, word, product_id) {
        tenant_id -> Uuid,
        word -> Text,
        product_id -> Uuid,
        sort_name -> Text,
        is_active -> Bool,
    }
}

diesel::table! {
    products (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        sku -> Text,
        name -> Text,
        sort_name -> Text,
        description -> Nullable<Text>,
        category_id -> Uuid,
        hsn -> Text,
        uqc -> Text,
        tax_class -> Text,
        base_price -> Numeric,
        mrp -> Nullable<Numeric>,
        barcode -> Nullable<Text>,
        is_active -> Bool,
        version -> Int4,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    receipt_allocations (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        receipt_id -> Uuid,
        invoice_id -> Uuid,
        dealer_id -> Uuid,
        amount -> Numeric,
    }
}

diesel::table! {
    receipts (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        dealer_id -> Uuid,
        amount -> Numeric,
        allocated -> Numeric,
        mode -> Text,
        reference -> Text,
        received_on -> Date,
        recorded_at -> Timestamptz,
        recorded_by -> Text,
    }
}

diesel::table! {
    receivables (tenant_id, invoice_id) {
        tenant_id -> Uuid,
        invoice_id -> Uuid,
        dealer_id -> Uuid,
        amount -> Numeric,
        paid -> Numeric,
        issued_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    recovery_codes (user_id, code_hash) {
        user_id -> Uuid,
        code_hash -> Bytea,
    }
}

diesel::table! {
    request_counts (kind, network, started_at) {
        kind -> Text,
        network -> Text,
        started_at -> Timestamptz,
        count -> Int8,
    }
}

diesel::table! {
    roles (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        name -> Text,
        base -> Text,
        permissions -> Array<Nullable<Text>>,
        approval_limit -> Nullable<Numeric>,
        version -> Int4,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    rotated_tokens (token_hash) {
        token_hash -> Bytea,
        session_id -> Uuid,
        rotated_at -> Timestamptz,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    second_factor_rules (tenant_id) {
        tenant_id -> Uuid,
        roles -> Array<Nullable<Text>>,
        role_ids -> Array<Nullable<Uuid>>,
        version -> Int4,
    }
}

diesel::table! {
    second_factors (user_id) {
        user_id -> Uuid,
        sealed_secret -> Text,
        confirmed_at -> Nullable<Timestamptz>,
        last_step -> Int8,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    sessions (id_hash) {
        id_hash -> Bytea,
        user_id -> Uuid,
        acting_tenant -> Nullable<Uuid>,
        membership_id -> Nullable<Uuid>,
        impersonation_id -> Nullable<Uuid>,
        data -> Jsonb,
        ip -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        created_at -> Timestamptz,
        last_seen_at -> Timestamptz,
        idle_timeout_s -> Int4,
        expires_at -> Timestamptz,
        absolute_expires_at -> Timestamptz,
        id -> Uuid,
        kind -> Text,
    }
}

diesel::table! {
    shipments (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        order_id -> Uuid,
        dealer_id -> Uuid,
        transporter -> Text,
        lr_number -> Nullable<Text>,
        lr_date -> Nullable<Date>,
        vehicle_number -> Nullable<Text>,
        distance_km -> Nullable<Int4>,
        eway_bill_number -> Nullable<Text>,
        dispatched_at -> Timestamptz,
        dispatched_by -> Text,
        delivered_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    sign_in_tries (key, network) {
        key -> Bytea,
        network -> Text,
        failures -> Int4,
        failed_at -> Timestamptz,
        delayed_until -> Nullable<Timestamptz>,
        succeeded_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    stock_balances (tenant_id, location_id, product_id) {
        tenant_id -> Uuid,
        location_id -> Uuid,
        product_id -> Uuid,
        on_hand -> Numeric,
        reserved -> Numeric,
    }
}

diesel::table! {
    stock_ledger (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        location_id -> Uuid,
        product_id -> Uuid,
        kind -> Text,
        quantity -> Numeric,
        balance_after -> Numeric,
        order_id -> Nullable<Uuid>,
        reference -> Nullable<Text>,
        reason -> Nullable<Text>,
        by_user -> Nullable<Uuid>,
        by_name -> Text,
        at -> Timestamptz,
    }
}

diesel::table! {
    tax_classes (code) {
        code -> Text,
        name -> Text,
    }
}

diesel::table! {
    tax_rates (tax_class, valid_from) {
        tax_class -> Text,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
        rate -> Numeric,
        source -> Text,
    }
}

diesel::table! {
    tenant_domains (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        name -> Text,
        proof -> Text,
        status -> Text,
        is_primary -> Bool,
        finding -> Nullable<Text>,
        missing_since -> Nullable<Timestamptz>,
        verified_at -> Nullable<Timestamptz>,
        checked_at -> Nullable<Timestamptz>,
        asked_at -> Timestamptz,
        check_due_at -> Nullable<Timestamptz>,
        version -> Int4,
        created_at -> Timestamptz,
        created_by -> Text,
    }
}

diesel::table! {
    tenant_settings (tenant_id) {
        tenant_id -> Uuid,
        upi_vpa -> Nullable<Text>,
        upi_payee -> Nullable<Text>,
        invoice_declaration -> Text,
        invoice_terms -> Nullable<Text>,
        support_phone -> Nullable<Text>,
        support_email -> Nullable<Text>,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    tenants (id) {
        id -> Uuid,
        slug -> Text,
        name -> Text,
        status -> Text,
        created_at -> Timestamptz,
        version -> Int4,
        modules_off -> Array<Nullable<Text>>,
    }
}

diesel::table! {
    users (id) {
        id -> Uuid,
        email -> Text,
        name -> Text,
        password_hash -> Text,
        is_platform_admin -> Bool,
        is_active -> Bool,
        created_at -> Timestamptz,
        password_changed_at -> Timestamptz,
        email_confirmed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    webhook_attempts (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        delivery_id -> Uuid,
        attempt -> Int4,
        started_at -> Timestamptz,
        url -> Text,
        request_headers -> Jsonb,
        duration_ms -> Nullable<Int4>,
        response_status -> Nullable<Int4>,
        response_body -> Nullable<Text>,
        error -> Nullable<Text>,
    }
}

diesel::table! {
    webhook_deliveries (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        event_id -> Uuid,
        endpoint_id -> Uuid,
        status -> Text,
        attempts -> Int4,
        next_attempt_at -> Timestamptz,
        lease_token -> Nullable<Uuid>,
        lease_until -> Nullable<Timestamptz>,
        response_status -> Nullable<Int4>,
        last_error -> Nullable<Text>,
        created_at -> Timestamptz,
        ended_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    webhook_endpoints (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        url -> Text,
        description -> Text,
        events -> Array<Nullable<Text>>,
        version -> Int4,
        created_at -> Timestamptz,
        created_by -> Text,
        disabled_at -> Nullable<Timestamptz>,
        disabled_reason -> Nullable<Text>,
        failures -> Int4,
        failing_since -> Nullable<Timestamptz>,
        last_failed_at -> Nullable<Timestamptz>,
        paused_until -> Nullable<Timestamptz>,
        removed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    webhook_events (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        event -> Text,
        occurred_at -> Timestamptz,
        data -> Jsonb,
    }
}

diesel::table! {
    webhook_secrets (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        endpoint_id -> Uuid,
        sealed_secret -> Text,
        created_at -> Timestamptz,
        created_by -> Text,
        expires_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    webhook_subscriptions (tenant_id, event, endpoint_id) {
        tenant_id -> Uuid,
        event -> Text,
        endpoint_id -> Uuid,
    }
}

diesel::table! {
    whatsapp_accounts (tenant_id, id) {
        tenant_id -> Uuid,
        id -> Uuid,
        phone_number_id -> Text,
        waba_id -> Text,
        access_token -> Text,
        app_secret -> Text,
        verify_token_sha256 -> Text,
        paused_at -> Nullable<Timestamptz>,
        paused_reason -> Nullable<Text>,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    whatsapp_error_classes (code_from) {
        code_from -> Int4,
        code_to -> Int4,
        class -> Text,
        meaning -> Text,
    }
}

diesel::joinable!(account_links -> users (user_id));
diesel::joinable!(audit_log -> tenants (tenant_id));
diesel::joinable!(audit_seals -> tenants (tenant_id));
diesel::joinable!(categories -> tenants (tenant_id));
diesel::joinable!(dealers -> tenants (tenant_id));
diesel::joinable!(email_changes -> users (user_id));
diesel::joinable!(gst_registrations -> tenants (tenant_id));
diesel::joinable!(idempotency_keys -> tenants (tenant_id));
diesel::joinable!(impersonations -> tenants (tenant_id));
diesel::joinable!(impersonations -> users (user_id));
diesel::joinable!(memberships -> tenants (tenant_id));
diesel::joinable!(memberships -> users (user_id));
diesel::joinable!(order_counters -> tenants (tenant_id));
diesel::joinable!(pending_sign_ins -> users (user_id));
diesel::joinable!(price_lists -> tenants (tenant_id));
diesel::joinable!(products -> tax_classes (tax_class));
diesel::joinable!(recovery_codes -> second_factors (user_id));
diesel::joinable!(roles -> tenants (tenant_id));
diesel::joinable!(second_factor_rules -> tenants (tenant_id));
diesel::joinable!(second_factors -> users (user_id));
diesel::joinable!(sessions -> users (user_id));
diesel::joinable!(tax_rates -> tax_classes (tax_class));
diesel::joinable!(tenant_domains -> tenants (tenant_id));
diesel::joinable!(tenant_settings -> tenants (tenant_id));
diesel::joinable!(webhook_endpoints -> tenants (tenant_id));
diesel::joinable!(webhook_events -> tenants (tenant_id));
diesel::joinable!(whatsapp_accounts -> tenants (tenant_id));

diesel::allow_tables_to_appear_in_same_query!(
    access_tokens,
    account_links,
    account_mails,
    api_keys,
    audit_log,
    audit_seals,
    audit_trail,
    cart_lines,
    categories,
    credit_holds,
    dealer_addresses,
    dealer_contacts,
    dealer_credit,
    dealer_ledger,
    dealer_prices,
    dealers,
    document_counters,
    document_renders,
    document_series,
    email_changes,
    eway_thresholds,
    gst_registrations,
    idempotency_keys,
    impersonations,
    invitations,
    invoice_lines,
    invoice_tax_summary,
    locations,
    memberships,
    notification_attempts,
    notification_logs,
    order_counters,
    order_lines,
    order_status_history,
    orders,
    pending_sign_ins,
    pick_lists,
    price_list_items,
    price_lists,
    product_words,
    products,
    receipt_allocations,
    receipts,
    receivables,
    recovery_codes,
    request_counts,
    roles,
    rotated_tokens,
    second_factor_rules,
    second_factors,
    sessions,
    shipments,
    sign_in_tries,
    stock_balances,
    stock_ledger,
    tax_classes,
    tax_rates,
    tenant_domains,
    tenant_settings,
    tenants,
    users,
    webhook_attempts,
    webhook_deliveries,
    webhook_endpoints,
    webhook_events,
    webhook_secrets,
    webhook_subscriptions,
    whatsapp_accounts,
    whatsapp_error_classes,
);
