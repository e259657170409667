-- The look-ups that run before the tenant is known. Each takes a secret or an address the caller already has, returns
-- the few columns a sign-in needs, and runs as app_lookup, which may read nothing else. search_path is pinned.
-- They are PL/pgSQL, which keeps a query's plan: SQL functions that cannot be inlined are planned at every call, and one of
-- these is called by every request.

CREATE SCHEMA IF NOT EXISTS lookup;
GRANT USAGE, CREATE ON SCHEMA lookup TO app_lookup;
REVOKE ALL ON SCHEMA lookup FROM PUBLIC;

-- What a look-up gives may differ from release to release, and a function that gives other columns is not replaced.
DROP FUNCTION IF EXISTS lookup.login(text), lookup.acting(uuid, uuid, uuid, uuid), lookup.session(bytea), lookup.bearer(bytea),
    lookup.refresh(bytea), lookup.key(bytea), lookup.invitation(bytea), lookup.domain(text);

-- A user by e-mail, with a row for each membership; one row without a tenant when there is none. What may be done in a suspended
-- tenant is not said: nothing may.
CREATE OR REPLACE FUNCTION lookup.login(p_email text)
RETURNS TABLE (user_id uuid, user_name text, email text, password_hash text, password_changed_at timestamptz,
               is_platform_admin boolean, tenant_id uuid, tenant_slug text, tenant_name text, membership_id uuid, role text, dealer_id uuid,
               role_name text, is_suspended boolean, modules_off text[], has_second_factor boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT u.id, u.name, u.email, u.password_hash, u.password_changed_at, u.is_platform_admin, m.tenant_id, m.slug, m.tenant_name,
           m.id, m.role, m.dealer_id, m.role_name, coalesce(m.is_suspended, false), m.modules_off,
           EXISTS (SELECT FROM public.second_factors f WHERE f.user_id = u.id AND f.confirmed_at IS NOT NULL)
    FROM public.users u
    LEFT JOIN (
        SELECT m.tenant_id, m.id, m.user_id, CASE WHEN t.status = 'ACTIVE' THEN m.role END AS role, m.dealer_id, t.slug, t.name AS tenant_name,
               r.name AS role_name, t.status <> 'ACTIVE' AS is_suspended, t.modules_off
        FROM public.memberships m JOIN public.tenants t ON t.id = m.tenant_id
        LEFT JOIN public.roles r ON r.tenant_id = m.tenant_id AND r.id = m.role_id AND t.status = 'ACTIVE'
        WHERE m.is_active
    ) m ON m.user_id = u.id
    WHERE u.email = lower(p_email) AND u.is_active
    ORDER BY m.slug;
END
$$;

-- What an actor is, from a membership or a support visit that is still in force; no row otherwise. In a suspended tenant a
-- membership has no role, so that it is known and may do nothing; a visit goes on. For the look-ups below alone,
-- as whom and with whose search_path it runs: so it can become a part of their queries.
CREATE OR REPLACE FUNCTION lookup.acting(p_user uuid, p_tenant uuid, p_membership uuid, p_impersonation uuid)
RETURNS TABLE (user_name text, email text, is_platform_admin boolean, tenant_slug text, tenant_name text, role text, dealer_id uuid,
               role_name text, role_permissions text[], approval_limit numeric, location_ids uuid[],
               membership_count bigint, impersonation_may_write boolean, impersonation_ends_at timestamptz,
               has_second_factor boolean, needs_second_factor boolean, is_suspended boolean, modules_off text[])
LANGUAGE sql STABLE
AS $$
    SELECT u.name, u.email, u.is_platform_admin, t.slug, t.name,
           CASE WHEN i.id IS NOT NULL THEN 'ADMIN' WHEN t.status = 'ACTIVE' THEN m.role END, m.dealer_id, r.name, r.permissions, r.approval_limit, m.location_ids,
           (SELECT count(*) FROM public.memberships o JOIN public.tenants ot ON ot.id = o.tenant_id AND ot.status = 'ACTIVE'
            WHERE o.user_id = u.id AND o.is_active),
           i.may_write, i.ends_at,
           EXISTS (SELECT FROM public.second_factors f WHERE f.user_id = u.id AND f.confirmed_at IS NOT NULL),
           EXISTS (SELECT FROM public.second_factor_rules d WHERE d.tenant_id = m.tenant_id AND (m.role = ANY (d.roles) OR m.role_id = ANY (d.role_ids))),
           m.id IS NOT NULL AND t.status <> 'ACTIVE', t.modules_off
    FROM public.users u
    LEFT JOIN public.tenants t ON t.id = p_tenant
    LEFT JOIN public.memberships m ON m.tenant_id = p_tenant AND m.id = p_membership AND m.user_id = u.id AND m.is_active
    LEFT JOIN public.roles r ON r.tenant_id = m.tenant_id AND r.id = m.role_id AND t.status = 'ACTIVE'
    LEFT JOIN public.impersonations i ON i.tenant_id = p_tenant AND i.id = p_impersonation AND i.user_id = u.id
         AND i.ended_at IS NULL AND i.ends_at > now() AND u.is_platform_admin
    WHERE u.id = p_user AND u.is_active
      AND ((p_tenant IS NULL AND u.is_platform_admin)
        OR m.id IS NOT NULL
        OR i.id IS NOT NULL)
$$;

-- A browser session by the hash of its cookie.
CREATE OR REPLACE FUNCTION lookup.session(p_id_hash bytea)
RETURNS TABLE (id uuid, user_id uuid, acting_tenant uuid, membership_id uuid, impersonation_id uuid, data jsonb, created_at timestamptz,
               last_seen_at timestamptz, expires_at timestamptz, user_name text, email text, is_platform_admin boolean,
               tenant_slug text, tenant_name text, role text, dealer_id uuid, role_name text, role_permissions text[],
               approval_limit numeric, location_ids uuid[], membership_count bigint, impersonation_may_write boolean, impersonation_ends_at timestamptz,
               has_second_factor boolean, needs_second_factor boolean, is_suspended boolean, modules_off text[])
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT s.id, s.user_id, s.acting_tenant, s.membership_id, s.impersonation_id, s.data, s.created_at, s.last_seen_at, s.expires_at,
           a.user_name, a.email, a.is_platform_admin, a.tenant_slug, a.tenant_name, a.role, a.dealer_id, a.role_name, a.role_permissions,
           a.approval_limit, a.location_ids, a.membership_count, a.impersonation_may_write, a.impersonation_ends_at, a.has_second_factor, a.needs_second_factor, a.is_suspended, a.modules_off
    FROM public.sessions s
    CROSS JOIN LATERAL lookup.acting(s.user_id, s.acting_tenant, s.membership_id, s.impersonation_id) a
    WHERE s.id_hash = p_id_hash AND s.kind = 'BROWSER' AND s.expires_at > now() AND s.absolute_expires_at > now();
END
$$;

-- An access token by its hash: the session it was given to, and who acts.
CREATE OR REPLACE FUNCTION lookup.bearer(p_token_hash bytea)
RETURNS TABLE (session_id uuid, user_id uuid, acting_tenant uuid, user_name text, email text, is_platform_admin boolean,
               tenant_slug text, tenant_name text, role text, dealer_id uuid, role_name text, role_permissions text[], approval_limit numeric,
               location_ids uuid[], has_second_factor boolean, needs_second_factor boolean, is_suspended boolean, modules_off text[])
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT s.id, s.user_id, s.acting_tenant, a.user_name, a.email, a.is_platform_admin, a.tenant_slug, a.tenant_name, a.role, a.dealer_id,
           a.role_name, a.role_permissions, a.approval_limit, a.location_ids, a.has_second_factor, a.needs_second_factor, a.is_suspended, a.modules_off
    FROM public.access_tokens k
    JOIN public.sessions s ON s.id = k.session_id
    CROSS JOIN LATERAL lookup.acting(s.user_id, s.acting_tenant, s.membership_id, NULL) a
    WHERE k.token_hash = p_token_hash AND k.expires_at > now() AND s.absolute_expires_at > now();
END
$$;

-- A refresh token by its hash: the one in force, or one that was used before, with how long ago.
CREATE OR REPLACE FUNCTION lookup.refresh(p_token_hash bytea)
RETURNS TABLE (session_id uuid, used_s double precision, user_agent text, user_id uuid, acting_tenant uuid, user_name text, email text,
               is_platform_admin boolean, tenant_slug text, tenant_name text, role text, dealer_id uuid, role_name text, role_permissions text[], approval_limit numeric,
               location_ids uuid[], is_suspended boolean, modules_off text[])
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT s.id, t.used_s, s.user_agent, s.user_id, s.acting_tenant, a.user_name, a.email, a.is_platform_admin, a.tenant_slug,
           a.tenant_name, a.role, a.dealer_id, a.role_name, a.role_permissions, a.approval_limit, a.location_ids, a.is_suspended, a.modules_off
    FROM (
        SELECT c.id AS session_id, NULL::double precision AS used_s FROM public.sessions c WHERE c.id_hash = p_token_hash AND c.kind = 'API'
        UNION ALL
        SELECT r.session_id, extract(epoch FROM now() - r.rotated_at)::double precision FROM public.rotated_tokens r
        WHERE r.token_hash = p_token_hash AND r.expires_at > now()
    ) t
    JOIN public.sessions s ON s.id = t.session_id
    CROSS JOIN LATERAL lookup.acting(s.user_id, s.acting_tenant, s.membership_id, NULL) a
    WHERE s.expires_at > now() AND s.absolute_expires_at > now();
END
$$;

-- A program's key by its hash, with the one who made it and still works there. A dealer's people have none.
CREATE OR REPLACE FUNCTION lookup.key(p_secret_hash bytea)
RETURNS TABLE (key_id uuid, key_name text, scopes text, networks text, last_used_at timestamptz, user_id uuid, user_name text, email text,
               tenant_id uuid, tenant_slug text, tenant_name text, role text, role_name text, role_permissions text[], approval_limit numeric,
               location_ids uuid[], is_suspended boolean, modules_off text[])
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT k.id, k.name, k.scopes, k.networks, k.last_used_at, m.user_id, a.user_name, a.email, k.tenant_id, a.tenant_slug, a.tenant_name, a.role,
           a.role_name, a.role_permissions, a.approval_limit, a.location_ids, a.is_suspended, a.modules_off
    FROM public.api_keys k
    JOIN public.memberships m ON m.tenant_id = k.tenant_id AND m.id = k.membership_id
    CROSS JOIN LATERAL lookup.acting(m.user_id, k.tenant_id, k.membership_id, NULL) a
    WHERE k.secret_hash = p_secret_hash AND k.revoked_at IS NULL AND k.expires_at > now() AND a.dealer_id IS NULL;
END
$$;

-- An invitation by the hash of its link's secret. It says nothing of whether the address has an account.
CREATE OR REPLACE FUNCTION lookup.invitation(p_token_hash bytea)
RETURNS TABLE (tenant_id uuid, tenant_name text, email text, role text, role_name text, invited_by text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT i.tenant_id, t.name, i.email, i.role, r.name, u.name
    FROM public.invitations i
    JOIN public.tenants t ON t.id = i.tenant_id AND t.status = 'ACTIVE'
    JOIN public.memberships m ON m.tenant_id = i.tenant_id AND m.id = i.invited_by
    JOIN public.users u ON u.id = m.user_id
    LEFT JOIN public.roles r ON r.tenant_id = i.tenant_id AND r.id = i.role_id
    WHERE i.token_hash = p_token_hash AND i.expires_at > now();
END
$$;

-- The tenant that a verified name leads to: what every visitor under that name sees.
CREATE OR REPLACE FUNCTION lookup.domain(p_name text)
RETURNS TABLE (tenant_id uuid, tenant_slug text, tenant_name text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT d.tenant_id, t.slug, t.name
    FROM public.tenant_domains d
    JOIN public.tenants t ON t.id = d.tenant_id
    WHERE d.name = p_name AND d.status = 'VERIFIED';
END
$$;

ALTER FUNCTION lookup.login(text) OWNER TO app_lookup;
ALTER FUNCTION lookup.acting(uuid, uuid, uuid, uuid) OWNER TO app_lookup;
ALTER FUNCTION lookup.session(bytea) OWNER TO app_lookup;
ALTER FUNCTION lookup.bearer(bytea) OWNER TO app_lookup;
ALTER FUNCTION lookup.refresh(bytea) OWNER TO app_lookup;
ALTER FUNCTION lookup.key(bytea) OWNER TO app_lookup;
ALTER FUNCTION lookup.invitation(bytea) OWNER TO app_lookup;
ALTER FUNCTION lookup.domain(text) OWNER TO app_lookup;
REVOKE CREATE ON SCHEMA lookup FROM app_lookup;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA lookup FROM PUBLIC;
GRANT USAGE ON SCHEMA lookup TO app_user;
GRANT EXECUTE ON FUNCTION lookup.login(text), lookup.session(bytea), lookup.bearer(bytea), lookup.refresh(bytea), lookup.key(bytea), lookup.invitation(bytea), lookup.domain(text) TO app_user;
