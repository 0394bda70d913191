#!/bin/sh
# Sees to a Chromium for the tests that look at pages. Installs the system's own where it may;
# elsewhere says what to run. Never fails: the tests decide what a missing browser means.
set -u

for name in chromium chromium-browser google-chrome-stable google-chrome; do
    command -v "$name" >/dev/null 2>&1 && exit 0
done
[ -n "${CHROMIUM:-}" ] && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing Chromium for the browser tests"
    (apt-get update && apt-get install -y --no-install-recommends chromium) >/dev/null 2>&1 && exit 0
fi
cat <<'TEXT'
No Chromium found: the browser tests are skipped. To run them, install it
  Debian, Ubuntu:  sudo apt-get install chromium
  macOS:           brew install --cask chromium
or name one: CHROMIUM=/path/to/chromium make test
TEXT
