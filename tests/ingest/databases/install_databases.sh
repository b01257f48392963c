#!/usr/bin/env bash
# Installs what the tests of databases drive, where it is missing: a Postgres server and a Java runtime for Spark.
# The tests start a Postgres of their own, in a folder for temporary files, and stop it again.
set -euo pipefail

fail() {
    echo "install_databases: $1" >&2
    exit 1
}

has_postgres() {
    compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null || command -v initdb >/dev/null
}

# PySpark 4 needs Java 17 or newer.
has_java() {
    local java="${JAVA_HOME:+$JAVA_HOME/bin/}java" version
    version="$("$java" -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p')" || return 1
    [ "${version:-0}" -ge 17 ]
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        sudo -n "$@"
    else
        fail "installing needs root. Run as root: $*"
    fi
}

wanted=()
has_postgres || wanted+=(postgresql)
has_java || wanted+=(default-jre-headless)
[ "${#wanted[@]}" -gt 0 ] || exit 0

echo "install_databases: installing ${wanted[*]}"
command -v apt-get >/dev/null || fail "no apt-get here. Install a Postgres server and Java 17 or newer by hand."
as_root apt-get update -q
as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q "${wanted[@]}" </dev/null
hash -r
has_postgres || fail "Postgres was installed but its initdb is nowhere to be found."
has_java || fail "Java was installed but is not version 17 or newer. Install one and set JAVA_HOME to it."
