DROP TABLE access_tokens, sessions, impersonations, memberships, users, tenants;
