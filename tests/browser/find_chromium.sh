#!/usr/bin/env bash
# Prints the path of a Chromium or Chrome that the browser tests can drive; installs one where there is none.
# Looks at $CHROMIUM, then PATH, then asks the system's package manager. What it installs goes to standard error.
set -euo pipefail

fail() {
    echo "find_chromium: $1" >&2
    exit 1
}

if [ -n "${CHROMIUM:-}" ]; then
    found="$(command -v "$CHROMIUM" || true)"
    [ -n "$found" ] || fail "CHROMIUM is set to '$CHROMIUM', which is no program."
    echo "$found"
    exit 0
fi

look() {
    local name
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        # Ubuntu's chromium-browser is a stub until its snap is there: only a browser that answers counts.
        if command -v "$name" >/dev/null && "$name" --version >/dev/null 2>&1; then
            command -v "$name"
            return 0
        fi
    done
    for name in "/Applications/Chromium.app/Contents/MacOS/Chromium" \
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
        if [ -x "$name" ]; then
            echo "$name"
            return 0
        fi
    done
    return 1
}

look && exit 0

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        sudo -n "$@"
    else
        fail "no Chromium on PATH, and installing one needs root. Run as root: $*, or set CHROMIUM to a browser."
    fi
}

install() {
    echo "find_chromium: no Chromium on PATH, installing one" >&2
    if command -v apt-get >/dev/null; then
        as_root apt-get update -q && as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q chromium
    elif command -v dnf >/dev/null; then
        as_root dnf install -y chromium
    elif command -v pacman >/dev/null; then
        as_root pacman -Sy --noconfirm chromium
    elif command -v zypper >/dev/null; then
        as_root zypper --non-interactive install chromium
    elif command -v apk >/dev/null; then
        as_root apk add chromium
    elif command -v brew >/dev/null; then
        brew install --cask chromium
    else
        fail "no Chromium on PATH and no package manager known here (apt-get, dnf, pacman, zypper, apk, brew). Install Chromium or Chrome, or set CHROMIUM to it."
    fi
}

install >&2 </dev/null || fail "installing Chromium failed (see above). Install Chromium or Chrome by hand, or set CHROMIUM to it."
hash -r
look || fail "Chromium was installed but none on PATH starts. Install Chromium or Chrome by hand, or set CHROMIUM to it."
