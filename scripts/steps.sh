# Sourced by ./run and ./test: says what is done, one line a step; details go to $LOG.

say() { printf '%s\n' "$*"; }

# die MESSAGE WHAT-TO-DO
die() {
    printf '\n%s\n%s\n' "$1" "$2" >&2
    [ -s "${LOG:-}" ] && printf 'The details are in %s; its end:\n' "$LOG" >&2 && tail -n 8 "$LOG" >&2
    exit 1
}

# step "Text" "what to do when it fails" command...
step() {
    local text=$1 advice=$2
    shift 2
    say "- $text"
    printf '\n== %s\n' "$text" >>"$LOG"
    "$@" >>"$LOG" 2>&1 || die "$text: failed." "$advice"
}

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# install_packages FILE...: the Debian packages listed in the files, where they are missing. A line names a package, or several of which one is
# enough: releases name them differently ("libboost1.81-dev | libboost1.83-dev"). One that is installed serves, else the first that can be had.
install_packages() {
    local line name missing=() chosen=() unknown=()
    local -A installed
    while read -r name; do installed[$name]=1; done < <(dpkg-query -W -f '${db:Status-Abbrev}${Package}\n' 2>/dev/null | sed -n 's/^.i *//p')
    while read -r line; do
        for name in ${line//|/ }; do [ -z "${installed[$name]:-}" ] || continue 2; done
        missing+=("$line")
    done < <(
        sed 's/#.*//; /^[[:space:]]*$/d' "$@"
        # Any npm serves that can install: what it installs brings the Node that everything else runs under.
        npm_serves || printf '%s\n' nodejs npm
    )
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null || die "These packages are missing: $(printf '%s, ' "${missing[@]}" | sed 's/, $//')" \
        "This machine has no apt-get: install their equivalents by hand, then start again."
    [ "$(id -u)" = 0 ] || command -v sudo >/dev/null || die "These packages are missing: $(printf '%s, ' "${missing[@]}" | sed 's/, $//')" \
        "Run this once as root, or install sudo."
    step "Updating the package lists" "Is the network up? apt-get update has to work." \
        as_root env DEBIAN_FRONTEND=noninteractive apt-get update
    for line in "${missing[@]}"; do
        for name in ${line//|/ }; do
            if can_be_had "$name"; then chosen+=("$name") && continue 2; fi
        done
        unknown+=("$line")
    done
    [ ${#unknown[@]} = 0 ] || die "This system has no package of these names: $(printf '%s, ' "${unknown[@]}" | sed 's/, $//')" \
        "Music Space is built for Debian 12 and 13. Elsewhere install the equivalents by hand, and put their names into packages.apt."
    step "Installing ${#chosen[@]} packages" "Is the network up, and is there room on the disk?" \
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${chosen[@]}"
}

can_be_had() { LC_ALL=C apt-cache policy "$1" 2>/dev/null | grep -q '^ *Candidate: [^(]'; }

npm_serves() {
    command -v npm >/dev/null && command -v node >/dev/null &&
        [ "$(node -p 'Number(process.versions.node.split(".")[0])' 2>/dev/null || echo 0)" -ge 18 ]
}

# newer_than STAMP PATH...: true when STAMP is missing or something in the paths is newer.
newer_than() {
    local stamp=$1
    shift
    [ ! -e "$stamp" ] || [ -n "$(find "$@" -newer "$stamp" -print -quit)" ]
}

install_node_modules() {
    newer_than node_modules/.installed package-lock.json package.json web/package.json tests/package.json || return 0
    step "Installing the page's libraries" "Is the network up, and is there room on the disk? npm ci has to work." npm ci --no-audit --no-fund
    # npm goes on without an optional package that it cannot fetch.
    case $(uname -m) in
        x86_64 | aarch64) ls node_modules/node-linux-*/bin/node >>"$LOG" || die "npm ci has not installed Node." "Is the network up? Start again." ;;
    esac
    touch node_modules/.installed
}

build_page() {
    newer_than web/dist/.built web/src web/index.html web/package.json web/vite.config.ts web/public node_modules/.installed || return 0
    rm -f web/dist/.built
    step "Building the page" "This should not happen on a clean checkout: see the log." scripts/node vite build web
    touch web/dist/.built
}

# build_server release|test: both in build/release, so that neither builds again what the other has.
build_server() {
    local tests=OFF
    [ "$1" = release ] || tests=ON
    [ -e build/release/build.ninja ] && { [ $tests = OFF ] || grep -q MUSICSPACE_TESTS:BOOL=ON build/release/CMakeCache.txt; } ||
        step "Configuring the build" "This should not happen on a clean checkout: see the log." cmake --preset "$1"
    step "Building the server (some minutes the first time)" "Is there room on the disk? This should not happen on a clean checkout: see the log." \
        cmake --build --preset "$1"
}
