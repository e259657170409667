-- The queue's own tables come from apalis. These constraints keep a poison row from stopping every job, and its
-- NOTIFY per inserted row is switched off: it would serialise every commit on one lock.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'ck_jobs_id_is_a_ulid') THEN
        ALTER TABLE apalis.jobs ADD CONSTRAINT ck_jobs_id_is_a_ulid CHECK (id ~ '^[0-7][0-9A-HJKMNP-TV-Z]{25}$');
    END IF;
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'ck_jobs_job_is_json') THEN
        ALTER TABLE apalis.jobs ADD CONSTRAINT ck_jobs_job_is_json CHECK (convert_from(job, 'UTF8')::jsonb IS NOT NULL);
    END IF;
END $$;

DO $$
DECLARE t record;
BEGIN
    FOR t IN SELECT tgname FROM pg_trigger WHERE tgrelid = 'apalis.jobs'::regclass AND NOT tgisinternal
    LOOP
        EXECUTE format('DROP TRIGGER %I ON apalis.jobs', t.tgname);
    END LOOP;
END $$;
