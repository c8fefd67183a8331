#!/bin/sh
# Tests open the map in a real browser: Debian's Chromium, installed where we may, asked for by name where not.
set -eu
packages="chromium fonts-wqy-microhei"
if command -v chromium >/dev/null 2>&1; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null
  exit 0
fi
echo "Tests need Chromium. Run once:  sudo apt-get install $packages" >&2
exit 1
