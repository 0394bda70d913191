#!/bin/sh
# Makes a virtual environment hold exactly what a hash-locked file names, no more and no less.
# Usage: new_environment.sh <folder> <requirements file>. Python from $PYTHON, uv from the lock.
set -eu

folder=$1 requirements=$2 lock=requirements/dev.txt
uv=.venv/bin/uv

make_venv() {
    "$1/bin/python" -c '' 2>/dev/null && return
    rm -rf "$1"
    echo "creating $1 ($("$PYTHON" -V 2>&1))"
    "$PYTHON" -m venv "$1"
}

# uv comes from the lock too, by pip and with its hash: a newcomer needs to have neither.
get_uv() {
    wanted=$(sed -n 's/^uv==\([^ ]*\).*/\1/p' "$lock")
    [ "$("$uv" --version 2>/dev/null | cut -d' ' -f2)" = "$wanted" ] && return
    mkdir -p .local/tmp
    sed -n '/^uv==/,/[^\\]$/p' "$lock" >.local/tmp/uv.txt
    .venv/bin/python -m ensurepip >/dev/null 2>&1 || true
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
        -r .local/tmp/uv.txt
}

make_venv .venv
get_uv
[ "$folder" = .venv ] || make_venv "$folder"
echo "installing $requirements into $folder"
"$uv" pip sync --quiet --require-hashes --compile-bytecode \
    --python "$folder/bin/python" "$requirements"
