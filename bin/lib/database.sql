-- Run by psql as superuser after core/schema/sql/roles.sql: the roles' passwords, from the
-- environment and so on no command line, and the database "vitaran". May be run again.
\getenv owner_password APP_OWNER_PASSWORD
\getenv user_password APP_USER_PASSWORD
\getenv worker_password APP_WORKER_PASSWORD

-- A failing ALTER ROLE would otherwise leave its password in the server's log.
SET log_statement = 'none';
SET log_min_error_statement = 'panic';
ALTER ROLE app_owner PASSWORD :'owner_password';
ALTER ROLE app_user PASSWORD :'user_password';
ALTER ROLE app_worker PASSWORD :'worker_password';

-- CREATE DATABASE knows no IF NOT EXISTS.
SELECT 'CREATE DATABASE vitaran OWNER app_owner TEMPLATE template0 ENCODING ''UTF8'' LOCALE ''C.UTF-8'''
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'vitaran')
\gexec
-- Only the roles named here may connect; none of them makes temporary tables but the owner.
REVOKE ALL ON DATABASE vitaran FROM PUBLIC;
GRANT CONNECT ON DATABASE vitaran TO app_user, app_worker;
