#!/usr/bin/env bash
# Creates the database if it is missing, then runs postgres. If started as root, it continues as the
# user postgres.
set -Eeuo pipefail

# Exports the setting $1. Its value is that of the variable $1, else the content of the file that $1_FILE
# names, else $2.
read_setting() {
  local name=$1 file=${1}_FILE value=${2:-}
  if [ -n "${!name:-}" ] && [ -n "${!file:-}" ]; then
    echo "error: both $name and $file are set (but are exclusive)" >&2
    exit 1
  fi
  if [ -n "${!name:-}" ]; then
    value=${!name}
  elif [ -n "${!file:-}" ]; then
    value=$(< "${!file}")
  fi
  export "$name=$value"
  unset "$file"
}

# Reads the settings while still root, because only root may be able to read their files.
read_settings() {
  read_setting POSTGRES_PASSWORD
  read_setting POSTGRES_USER postgres
  read_setting POSTGRES_DB "$POSTGRES_USER"
  read_setting POSTGRES_INITDB_ARGS
}

make_folders() {
  mkdir -p "$PGDATA"
  chmod 700 "$PGDATA" || true
  mkdir -p /var/run/postgresql || true
  chmod 3775 /var/run/postgresql || true
  if [ "$(id -u)" = 0 ]; then
    find "$PGDATA" /var/run/postgresql ! -user postgres -exec chown postgres '{}' +
  fi
}

check_requirements() {
  if mountpoint -q /var/lib/postgresql/data; then
    echo 'Error: since version 18 the volume is /var/lib/postgresql, not /var/lib/postgresql/data.' >&2
    exit 1
  fi
  if [ -z "$POSTGRES_PASSWORD" ] && [ "${POSTGRES_HOST_AUTH_METHOD:-}" != trust ]; then
    echo 'Error: Database is uninitialized and superuser password is not specified.' >&2
    exit 1
  fi
  ls /docker-entrypoint-initdb.d > /dev/null
}

# Arguments: the arguments of the server. They determine the password encryption.
make_database() {
  eval 'initdb --username="$POSTGRES_USER" --pwfile=<(printf "%s\n" "$POSTGRES_PASSWORD")' \
    "$POSTGRES_INITDB_ARGS"
  # Debian's build has these two as defaults; this build does not.
  printf "listen_addresses = '*'\nunix_socket_directories = '/var/run/postgresql'\n" \
    >> "$PGDATA/postgresql.conf"
  local method=${POSTGRES_HOST_AUTH_METHOD:-}
  [ -n "$method" ] || method=$(postgres -C password_encryption "$@")
  printf '\nhost all all all %s\n' "$method" >> "$PGDATA/pg_hba.conf"
}

docker_process_sql() {
  PGHOST='' PGHOSTADDR='' psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" \
    --no-password --no-psqlrc --dbname "$POSTGRES_DB" "$@"
}

make_named_database() {
  local found
  found=$(POSTGRES_DB=postgres docker_process_sql --set db="$POSTGRES_DB" --tuples-only \
    <<< "select 1 from pg_database where datname = :'db'")
  [ -n "$found" ] ||
    POSTGRES_DB=postgres docker_process_sql --set db="$POSTGRES_DB" <<< 'create database :"db"'
}

run_init_files() {
  local file
  for file in /docker-entrypoint-initdb.d/*; do
    echo "$0: $file"
    case $file in
      *.sh) if [ -x "$file" ]; then "$file"; else . "$file"; fi ;;
      *.sql) docker_process_sql -f "$file" ;;
      *.sql.gz) gunzip -c "$file" | docker_process_sql ;;
    esac
  done
}

# The temporary server of the initialisation has no TCP port, so clients cannot mistake it for the final one.
initialise() {
  check_requirements
  make_database "$@"
  export PGPASSWORD=${PGPASSWORD:-$POSTGRES_PASSWORD}
  local options=("$@" -c "listen_addresses=" -p "${PGPORT:-5432}")
  PGUSER=${PGUSER:-$POSTGRES_USER} pg_ctl -D "$PGDATA" -o "$(printf '%q ' "${options[@]}")" -w start
  make_named_database
  run_init_files
  PGUSER=${PGUSER:-postgres} pg_ctl -D "$PGDATA" -m fast -w stop
  unset PGPASSWORD
  echo 'PostgreSQL init process complete; ready for start up.'
}

only_prints() {
  local argument
  for argument; do
    case $argument in
      -'?' | --help | --describe-config | -V | --version) return 0 ;;
    esac
  done
  return 1
}

if [ "${1:0:1}" = - ]; then set -- postgres "$@"; fi
if [ "$1" = postgres ] && ! only_prints "$@"; then
  read_settings
  make_folders
  if [ "$(id -u)" = 0 ]; then
    export HOME=/var/lib/postgresql
    exec setpriv --reuid=postgres --regid=postgres --init-groups "${BASH_SOURCE[0]}" "$@"
  fi
  [ -s "$PGDATA/PG_VERSION" ] || initialise "${@:2}"
fi
exec "$@"
