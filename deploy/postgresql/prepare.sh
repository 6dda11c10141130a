#!/bin/sh
# Roles, their passwords and the database, on a PostgreSQL 18 that is up. Run it as the superuser; safe to run again.
#
#   sudo -u postgres sh deploy/postgresql/prepare.sh - < /etc/quality-trace/postgres.env
#
# Passwords come from the variables OWNER_PASSWORD, APP_PASSWORD and PUBLIC_PASSWORD, with "-" from lines of that form
# on standard input. Where to connect: the usual PGHOST, PGPORT, PGUSER, PGPASSWORD. TRACE_DATABASE: another name.
set -eu

if [ "${1:-}" = "-" ]; then
    while IFS= read -r line; do
        case $line in
            OWNER_PASSWORD=* | APP_PASSWORD=* | PUBLIC_PASSWORD=*) export "${line?}" ;;
        esac
    done
fi
: "${OWNER_PASSWORD:?is missing}" "${APP_PASSWORD:?is missing}" "${PUBLIC_PASSWORD:?is missing}"
export TRACE_DATABASE="${TRACE_DATABASE:-trace}"
export PGOPTIONS="${PGOPTIONS:-} -c client_min_messages=warning"

psql -X -q -v ON_ERROR_STOP=1 -d postgres -f "$(dirname "$0")/roles.sql"
psql -X -q -v ON_ERROR_STOP=1 -d postgres <<'SQL'
-- No password reaches the server's log, whatever it is told to write there.
SET log_statement = 'none';
SET log_min_duration_statement = -1;
SET log_min_error_statement = 'panic';
\getenv owner OWNER_PASSWORD
\getenv app APP_PASSWORD
\getenv public PUBLIC_PASSWORD
\getenv database TRACE_DATABASE
ALTER ROLE trace_owner PASSWORD :'owner';
ALTER ROLE trace_app PASSWORD :'app';
ALTER ROLE trace_public PASSWORD :'public';
SELECT format('CREATE DATABASE %I OWNER trace_owner', :'database')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', :'database') \gexec
SELECT format('GRANT CONNECT ON DATABASE %I TO trace_app, trace_public', :'database') \gexec
SQL
