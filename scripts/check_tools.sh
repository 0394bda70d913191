#!/bin/sh
# Says in one line what is missing before anything is installed. Usage: check_tools.sh python node
set -eu

fail() {
    printf '\n%s\n\n' "$1" >&2
    exit 1
}

check_python() {
    [ -n "${PYTHON:-}" ] && command -v "$PYTHON" >/dev/null 2>&1 ||
        fail "No Python 3.11 or newer found. Install one (https://www.python.org/downloads/),
or name it: make PYTHON=/path/to/python3.13 ..."
    "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        fail "$PYTHON is $("$PYTHON" -V 2>&1); Python 3.11 or newer is needed.
Name another one: make PYTHON=/path/to/python3.13 ..."
    "$PYTHON" -c 'import venv, ensurepip' 2>/dev/null ||
        fail "$PYTHON has no venv module. On Debian and Ubuntu: apt install python3-venv"
}

check_node() {
    command -v node >/dev/null 2>&1 ||
        fail "No Node found. The CDK renders the templates with it: install Node 20 or newer
(https://nodejs.org/en/download)."
    major=$(node -p 'process.versions.node.split(".")[0]')
    [ "$major" -ge 20 ] || fail "Node $(node -v) is too old: the CDK needs Node 20 or newer."
}

for tool in "$@"; do
    "check_$tool"
done
