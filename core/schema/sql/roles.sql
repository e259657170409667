-- The four roles of a Vitaran database. Run by a superuser, once for each cluster, as often as
-- wanted: it changes nothing that is right already. It contains no passwords; afterwards give each
-- role that logs in its own (`\password app_owner`, …) and create the database:
--
--     CREATE DATABASE vitaran OWNER app_owner;
--
--   app_owner   runs `vitaran migrate` and owns every table. Not a superuser.
--   app_user    the web server: its rows are those of one tenant at a time.
--   app_worker  the worker: as app_user, and it may claim due work of all tenants.
--   app_lookup  nobody logs in as this. It owns the SECURITY DEFINER functions which find a
--               login by e-mail, and sessions, tokens and API keys by hash, before any
--               tenant is known.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'app_owner') THEN
        CREATE ROLE app_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'app_user') THEN
        CREATE ROLE app_user LOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'app_worker') THEN
        CREATE ROLE app_worker LOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'app_lookup') THEN
        CREATE ROLE app_lookup NOLOGIN NOINHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
    END IF;
END
$$;

-- A role of that name which was there before may be stronger than its part allows, and then
-- row level security would guard nothing. That is refused, not repaired in silence.
DO $$
DECLARE
    too_strong text;
BEGIN
    SELECT string_agg(rolname, ', ' ORDER BY rolname) INTO too_strong
      FROM pg_roles
     WHERE rolname IN ('app_owner', 'app_user', 'app_worker', 'app_lookup')
       AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication
            OR (rolname <> 'app_owner' AND rolinherit)
            OR (rolname = 'app_lookup' AND rolcanlogin));
    IF too_strong IS NOT NULL THEN
        RAISE EXCEPTION 'these roles have more rights than they may have: %', too_strong
            USING HINT = 'ALTER ROLE … NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB NOREPLICATION; all but app_owner NOINHERIT; app_lookup NOLOGIN';
    END IF;
    SELECT string_agg(member.rolname || ' in ' || parent.rolname, ', ') INTO too_strong
      FROM pg_auth_members m
      JOIN pg_roles member ON member.oid = m.member
      JOIN pg_roles parent ON parent.oid = m.roleid
     WHERE member.rolname IN ('app_user', 'app_worker', 'app_lookup')
        OR (member.rolname = 'app_owner' AND parent.rolname <> 'app_lookup');
    IF too_strong IS NOT NULL THEN
        RAISE EXCEPTION 'these memberships may not be: %', too_strong;
    END IF;
END
$$;

-- So that a migration may say ALTER FUNCTION … OWNER TO app_lookup.
DO $$
BEGIN
    IF NOT pg_has_role('app_owner', 'app_lookup', 'MEMBER') THEN
        GRANT app_lookup TO app_owner;
    END IF;
END
$$;

-- A statement that runs away, waits for ever or forgets to commit ends by itself. `vitaran migrate`
-- has no such limit: building an index may take long.
ALTER ROLE app_user SET statement_timeout = '10s';
ALTER ROLE app_user SET lock_timeout = '3s';
ALTER ROLE app_user SET idle_in_transaction_session_timeout = '15s';
ALTER ROLE app_worker SET statement_timeout = '10s';
ALTER ROLE app_worker SET lock_timeout = '3s';
ALTER ROLE app_worker SET idle_in_transaction_session_timeout = '15s';
