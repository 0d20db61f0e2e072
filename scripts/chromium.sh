#!/bin/sh
# Print where Chromium is. Where there is none, install it from the system's packages if this
# user may; else say so on stderr and exit with 1.
set -u

find_chromium() {
  for name in chromium chromium-browser google-chrome google-chrome-stable; do
    if "$name" --version >/dev/null 2>&1; then
      command -v "$name"
      return 0
    fi
  done
  return 1
}

find_chromium && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "Installing Chromium for the browser tests …" >&2
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq >&2 && apt-get install -y -qq --no-install-recommends chromium >&2
  find_chromium && exit 0
  echo "The system's packages gave no Chromium that runs." >&2
else
  echo "There is no Chromium here, and no right to install one (that takes root and apt)." >&2
fi
exit 1
