# Sourced: a Postgres of our own in a folder of our own, reached over a unix socket only.
#   cluster_start DIR   starts it (making it first where needed) and sets CLUSTER_URL; serves again to bring back one that died
#   cluster_lives       true while it runs
#   cluster_stop        ends what cluster_start started
#   end_process PID SIGNAL SECONDS
# Works as an ordinary user and as root (Postgres refuses root: it then runs as user postgres). Ends with its parent process, even
# when that is killed. CLUSTER_IS_THROWAWAY=1 does without waiting for the disk when the cluster is made.

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

# The programs of the newest Postgres here, or of the one that wrote the data.
_cluster_programs() {
    local data=$1 version bin
    version=$(cat "$data/PG_VERSION" 2>/dev/null)
    bin=$(find /usr/lib/postgresql/*/bin/initdb -maxdepth 0 2>/dev/null | sort -V | tail -n 1)
    if [ -n "$version" ]; then
        bin=/usr/lib/postgresql/$version/bin/initdb
        [ -x "$bin" ] || { echo "The data in $data is of Postgres $version, which is not installed (any more): install postgresql-$version." >&2; return 1; }
    fi
    [ -n "$bin" ] || { echo "Postgres is not installed." >&2; return 1; }
    version=$(basename "$(dirname "$(dirname "$bin")")")
    [ "$version" -ge 15 ] || { echo "Postgres 15 or newer is needed, and this is $version." >&2; return 1; }
    dirname "$bin"
}

# The data folder gets its name once it is whole: what a full disk or a loss of power left half made is made anew.
_cluster_make() {
    local bin=$1 place=$2 sync=()
    [ ! -e "$place/data" ] || { echo "$place/data is damaged: it lacks PG_VERSION." >&2; return 1; }
    [ -z "${CLUSTER_IS_THROWAWAY:-}" ] || sync=(--no-sync)
    rm -rf "$place/data.new"
    _cluster_as_owner "$bin/initdb" -D "$place/data.new" -U musicspace --auth=trust --encoding=UTF8 --no-locale "${sync[@]}" &&
        mv "$place/data.new" "$place/data"
}

cluster_start() {
    local dir bin place sockets port=5432
    dir=$(realpath -m "$1")
    place=$(_cluster_place "$dir")
    bin=$(_cluster_programs "$place/data") || return 1
    # A unix socket's path may have 107 characters.
    sockets=$place/run
    [ ${#sockets} -lt 80 ] || sockets=/tmp/musicspace-$(printf '%s' "$place" | cksum | cut -d ' ' -f 1)
    mkdir -p "$place" "$sockets" || return 1
    if [ "$(id -u)" = 0 ]; then chown postgres:postgres "$place" "$sockets" || return 1; fi
    chmod 700 "$place" "$sockets" || return 1
    [ -s "$place/data/PG_VERSION" ] || _cluster_make "$bin" "$place" || return 1
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

cluster_lives() { [ -n "$CLUSTER_PID" ] && kill -0 "$CLUSTER_PID" 2>/dev/null; }

# Asks a child to end by SIGNAL, and ends it by force when it still runs after so many seconds.
end_process() {
    local pid=$1 tenths=$(($3 * 10))
    kill "-$2" "$pid" 2>/dev/null
    while [ $tenths -gt 0 ] && kill -0 "$pid" 2>/dev/null; do
        sleep 0.1
        tenths=$((tenths - 1))
    done
    kill -KILL "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
}

cluster_stop() {
    [ -n "$CLUSTER_PID" ] || return 0
    end_process "$CLUSTER_PID" INT 10
    CLUSTER_PID=''
}
