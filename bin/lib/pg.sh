# A private PostgreSQL cluster in .dev: never the machine's own. Sourced after
# common.sh and tools.sh; call pg_use first.
# shellcheck shell=bash
# shellcheck disable=SC2154 # root, dev_dir come from common.sh

# PGHOST, PGSERVICE and their kin would lead psql to some other server.
unset "${!PG@}"

# pg_use NAME: names the cluster (pg: for development, test-pg: for one run of the
# tests). Everything of a cluster lies in one folder.
pg_use() {
  pg_name=$1
  pg_home=$(pg_parent)/$1
  pg_data=$pg_home/data
  pg_log=$pg_home/server.log
  pg_bin=$(postgres_bin) || die "PostgreSQL is missing: run bin/setup"
  # An older cluster needs the programs of its own version.
  if [[ -f $pg_data/PG_VERSION && -x /usr/lib/postgresql/$(<"$pg_data/PG_VERSION")/bin/postgres ]]; then
    pg_bin=/usr/lib/postgresql/$(<"$pg_data/PG_VERSION")/bin
  fi
}

# PostgreSQL refuses to run as root; there it runs as user postgres, who must be able
# to enter the folder. A checkout in /root is closed to it, and then the clusters lie
# in /var/lib (and not in /var/tmp, which the system may clean up).
pg_parent() {
  make_dev_dir
  if ! is_root || runuser -u postgres -- test -x "$dev_dir"; then
    printf '%s\n' "$dev_dir"
  else
    printf '/var/lib/vitaran-%s\n' "$(cksum <<<"$root" | cut -d ' ' -f 1)"
  fi
}

# Runs a command as the user who owns the cluster, from a folder that everyone may enter.
pg_as() { if is_root; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi; }

pg_ctl() { pg_as "$pg_bin/pg_ctl" -D "$pg_data" -s "$@"; }

# In a container whose first process buries no one, a server that was killed stays a zombie,
# and counts as running for pg_ctl and for the next server.
pg_running() {
  local state
  [[ -f $pg_data/postmaster.pid ]] || return 1
  state=$(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$(head -n 1 "$pg_data/postmaster.pid")/status" 2>/dev/null) || true
  if [[ $state == Z ]]; then
    rm -f "$pg_data/postmaster.pid" "$pg_home"/.s.PGSQL.*
    return 1
  fi
  pg_ctl status >/dev/null 2>&1
}

# What the running server wrote into its pid file: line 4 is the port, line 5 the socket's folder.
pg_port() { sed -n 4p "$pg_data/postmaster.pid"; }
pg_socket() { sed -n 5p "$pg_data/postmaster.pid"; }

# pg_superuser ARGUMENT...: psql over the socket, which only the cluster's owner (and root) can reach.
pg_superuser() { "$pg_bin/psql" -X -h "$(pg_socket)" -p "$(pg_port)" -U postgres "$@"; }

pg_init() {
  local -a owner=()
  is_root && owner=(-o postgres -g postgres)
  [[ $pg_home == "$dev_dir"/* ]] ||
    say "user postgres cannot enter $root: the cluster is in ${pg_home%/*}"
  is_root && install -d -m 755 "${pg_home%/*}"
  install -d -m 700 "${owner[@]}" "$pg_home"
  # Into a folder of another name first: a start that was broken off leaves no half a cluster.
  rm -rf "$pg_data.new"
  pg_as "$pg_bin/initdb" -D "$pg_data.new" -U postgres -E UTF8 --locale=C.UTF-8 --no-sync \
    --auth-local=trust --auth-host=scram-sha-256 >/dev/null
  mv "$pg_data.new" "$pg_data"
}

# pg_configure PORT: written at every start, so that it is always what stands here.
pg_configure() {
  local socket=$pg_home
  # A socket's address has 107 bytes. In a deep checkout it goes to /tmp instead.
  ((${#socket} <= 85)) || socket=$(pg_as mktemp -d /tmp/vitaran-pg-XXXXXX)
  pg_as tee "$pg_data/postgresql.conf" >/dev/null <<CONF
listen_addresses = '127.0.0.1'
port = $1
unix_socket_directories = '"${socket//\'/\'\'}"'
unix_socket_permissions = 0700
password_encryption = 'scram-sha-256'
max_connections = 200
shared_buffers = 256MB
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %q%u@%d '
$(if [[ $pg_name == test-pg ]]; then pg_throw_away_settings; else pg_kept_settings; fi)
CONF
  # Superuser only by the socket, whose folder has mode 0700; the tests' harness, which
  # creates databases, also by TCP with a password of that run.
  pg_as tee "$pg_data/pg_hba.conf" >/dev/null <<HBA
local all postgres trust
$(if [[ $pg_name == test-pg ]]; then
    printf 'host all all 127.0.0.1/32 scram-sha-256'
  else
    printf 'host vitaran app_owner,app_user,app_worker 127.0.0.1/32 scram-sha-256'
  fi)
HBA
}

# Survives a power cut, but for the last moments.
pg_kept_settings() {
  cat <<'CONF'
synchronous_commit = off
CONF
}

# Nothing of it is wanted after the run.
pg_throw_away_settings() {
  cat <<'CONF'
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
CONF
}

# pg_start PORT: creates the cluster if there is none, starts it, and returns when it is
# ready. Descriptor 9 is the caller's lock: the server must not go on holding it.
pg_start() {
  [[ -d $pg_data ]] || pg_init
  pg_configure "$1"
  pg_ctl -w -t 30 -l "$pg_log" start 9>&- || {
    tail -n 5 "$pg_log" >&2
    return 1
  }
}

# pg_create_roles: makes the roles with the passwords in APP_*_PASSWORD, and the database.
pg_create_roles() {
  pg_superuser -q -v ON_ERROR_STOP=1 -d postgres \
    -f "$root/core/schema/sql/roles.sql" -f "$root/bin/lib/database.sql" >/dev/null
}

pg_stop() {
  local socket
  pg_running || return 0
  socket=$(pg_socket)
  pg_ctl -w -m "${1:-fast}" stop
  [[ $socket != /tmp/vitaran-pg-* ]] || rm -rf "$socket"
}

# pg_remove: the cluster and all its data. Only ever a folder that pg_use has named.
pg_remove() {
  pg_stop immediate
  rm -rf "${pg_home:?}"
}

# The passwords of the development cluster: made once, for this checkout alone.
pg_load_passwords() {
  local file=$dev_dir/pg-passwords role
  if [[ ! -f $file ]]; then
    for role in OWNER USER WORKER; do
      printf 'APP_%s_PASSWORD=%s\n' "$role" "$(random_hex 24)"
    done >"$file.new"
    chmod 600 "$file.new"
    mv "$file.new" "$file"
  fi
  # shellcheck source=/dev/null
  source "$file"
}

# pg_url ROLE: for instance pg_url app_user.
pg_url() {
  local password=${1^^}_PASSWORD
  printf 'postgres://%s:%s@127.0.0.1:%s/vitaran\n' "$1" "${!password}" "$(pg_port)"
}

# pg_start_dev: the development cluster, ready for `vitaran migrate`.
pg_start_dev() {
  local port=${VITARAN_PG_PORT:-54329}
  pg_use pg
  pg_load_passwords
  if ! pg_running; then
    port_in_use "$port" &&
      die "port $port is taken: set VITARAN_PG_PORT to a free one for the database"
    pg_start "$port" || die "PostgreSQL did not start; its log is $pg_log"
  fi
  APP_OWNER_PASSWORD=$APP_OWNER_PASSWORD APP_USER_PASSWORD=$APP_USER_PASSWORD \
    APP_WORKER_PASSWORD=$APP_WORKER_PASSWORD pg_create_roles
}
