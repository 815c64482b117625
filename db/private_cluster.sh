# Sourced: a Postgres of our own in a folder of our own, reached over a unix socket only.
#   cluster_start DIR   starts it (making it first where needed) and sets CLUSTER_URL
#   cluster_stop        ends what cluster_start started
# Works as an ordinary user and as root (Postgres refuses root: it then runs as user postgres). Ends with its parent process, even
# when that is killed.

CLUSTER_PID=''

_cluster_as_owner() {
    if [ "$(id -u)" = 0 ]; then setpriv --reuid=postgres --regid=postgres --init-groups -- "$@"; else "$@"; fi
}

# User postgres cannot enter a clone below a closed folder such as /root; the cluster then lives in /var/lib, linked from DIR.
_cluster_place() {
    local dir=$1 place
    if [ -L "$dir/postgres" ]; then readlink "$dir/postgres" && return; fi
    place=$dir/postgres
    if [ "$(id -u)" = 0 ] && [ ! -d "$place" ]; then
        mkdir -p "$dir"
        if ! _cluster_as_owner test -x "$dir"; then
            place=/var/lib/musicspace-$(printf '%s' "$dir" | cksum | cut -d ' ' -f 1)
            ln -s "$place" "$dir/postgres"
        fi
    fi
    printf '%s\n' "$place"
}

cluster_start() {
    local dir bin place sockets port=5432
    dir=$(realpath -m "$1")
    bin=$(find /usr/lib/postgresql/*/bin -maxdepth 0 2>/dev/null | sort -V | tail -n 1)
    [ -n "$bin" ] || { echo "Postgres is not installed." >&2; return 1; }
    place=$(_cluster_place "$dir")
    # A unix socket's path may have 107 characters.
    sockets=$place/run
    [ ${#sockets} -lt 80 ] || sockets=/tmp/musicspace-$(printf '%s' "$place" | cksum | cut -d ' ' -f 1)
    mkdir -p "$place" "$sockets"
    if [ "$(id -u)" = 0 ]; then chown postgres:postgres "$place" "$sockets"; fi
    chmod 700 "$place" "$sockets"
    if [ ! -s "$place/data/PG_VERSION" ]; then
        rm -rf "$place/data"
        _cluster_as_owner "$bin/initdb" -D "$place/data" -U musicspace --auth=trust --encoding=UTF8 --no-locale --no-sync || return 1
    fi
    # One that a kill -9 left behind is still ours: end it before starting anew.
    if [ -e "$place/data/postmaster.pid" ]; then
        _cluster_as_owner "$bin/pg_ctl" -D "$place/data" -m fast -w stop || true
    fi
    cd "$place" || return 1
    if [ "$(id -u)" = 0 ]; then
        setpriv --reuid=postgres --regid=postgres --init-groups --pdeathsig INT -- \
            "$bin/postgres" -D "$place/data" -k "$sockets" -p $port -c listen_addresses= -c unix_socket_permissions=0700 &
    else
        setpriv --pdeathsig INT -- "$bin/postgres" -D "$place/data" -k "$sockets" -p $port -c listen_addresses= &
    fi
    CLUSTER_PID=$!
    cd - >/dev/null || return 1
    CLUSTER_URL="host=$sockets port=$port user=musicspace dbname=musicspace"
    local admin="host=$sockets port=$port user=musicspace dbname=postgres" tries=0
    until "$bin/psql" -Xqc 'SELECT 1' "$admin" >/dev/null 2>&1; do
        tries=$((tries + 1))
        if [ $tries -gt 300 ] || ! kill -0 "$CLUSTER_PID" 2>/dev/null; then return 1; fi
        sleep 0.1
    done
    if [ -z "$("$bin/psql" -XqAtc "SELECT 1 FROM pg_database WHERE datname = 'musicspace'" "$admin")" ]; then
        "$bin/psql" -Xqc 'CREATE DATABASE musicspace' "$admin" || return 1
    fi
}

cluster_stop() {
    [ -n "$CLUSTER_PID" ] || return 0
    kill -INT "$CLUSTER_PID" 2>/dev/null
    wait "$CLUSTER_PID" 2>/dev/null
    CLUSTER_PID=''
}
