DROP TABLE account_mails;
DROP TABLE account_links;
DROP TABLE request_counts;
DROP TABLE sign_in_tries;
ALTER TABLE users DROP COLUMN password_changed_at;
