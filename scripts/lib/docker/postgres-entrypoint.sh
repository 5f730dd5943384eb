set -eu
if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA" /var/run/postgresql
  chown postgres:postgres "$PGDATA" /var/run/postgresql
  chmod 700 "$PGDATA"
  exec setpriv --reuid=postgres --regid=postgres --init-groups sh "$0" "$@"
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  passwordFile=$(mktemp)
  printf %s "$POSTGRES_PASSWORD" >"$passwordFile"
  initdb -D "$PGDATA" -U "$POSTGRES_USER" --pwfile="$passwordFile" --auth-local=trust --auth-host=scram-sha-256
  rm "$passwordFile"
  echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
  echo "CREATE DATABASE \"$POSTGRES_DB\"" | postgres --single -j -D "$PGDATA" postgres
fi
exec "$@" -c listen_addresses='*'
