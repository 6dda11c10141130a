-- The roles of the database. Run once per cluster by a superuser, before the first migration; safe to run again.
-- Passwords are set apart (ALTER ROLE … PASSWORD), so that this file holds no secret.
--
--   trace_owner         owns the schema and runs migrations; policies bind it too (FORCE), it is no superuser
--   trace_app           what the servers and workers log in as: owns nothing, inherits nothing, may only step into:
--   trace_tenant          one enterprise            (app.tenant)
--   trace_jurisdiction    one authority, read-only  (app.authority)
--   trace_system          outbox, schedule, sign-in functions, the platform's own tables
--   trace_bulk            exempt from policies, because COPY refuses them; may insert into the few flood tables, no more
--   trace_public        the scan path: its own login and pool, column grants only
--   trace_definer       owns the few SECURITY DEFINER functions; nobody logs in as it
--   trace_backup        reads every row and writes none; the owner steps into it for a backup, nobody logs in as it
DO $$
DECLARE
    wanted record;
BEGIN
    FOR wanted IN SELECT * FROM (VALUES
        ('trace_owner',        'LOGIN NOINHERIT'),
        ('trace_app',          'LOGIN NOINHERIT'),
        ('trace_public',       'LOGIN NOINHERIT'),
        ('trace_tenant',       'NOLOGIN'),
        ('trace_jurisdiction', 'NOLOGIN'),
        ('trace_system',       'NOLOGIN'),
        ('trace_bulk',         'NOLOGIN BYPASSRLS'),
        ('trace_definer',      'NOLOGIN BYPASSRLS'),
        ('trace_backup',       'NOLOGIN BYPASSRLS')
    ) AS r(name, attributes)
    LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted.name) THEN
            EXECUTE format('CREATE ROLE %I', wanted.name);
        END IF;
        EXECUTE format('ALTER ROLE %I NOSUPERUSER NOCREATEDB NOCREATEROLE %s', wanted.name, wanted.attributes);
    END LOOP;
END $$;
GRANT trace_tenant, trace_jurisdiction, trace_system, trace_bulk TO trace_app WITH INHERIT FALSE, SET TRUE;
GRANT trace_definer TO trace_owner WITH INHERIT FALSE, SET TRUE;
GRANT trace_backup TO trace_owner WITH INHERIT FALSE, SET TRUE;
GRANT pg_read_all_data TO trace_backup WITH INHERIT TRUE;
