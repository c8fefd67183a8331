#!/bin/sh
# What the tests open, serve and compare with besides Python: Debian's packages, installed where we may, named where not.
set -eu
lacking=""
need() { # command, packages
  if ! command -v "$1" >/dev/null 2>&1; then lacking="$lacking $2"; fi
}
need chromium "chromium fonts-wqy-microhei"
need gdaldem gdal-bin
need openssl openssl
if ! ls /usr/lib/postgresql/*/bin/initdb /usr/share/postgresql/*/extension/postgis.control >/dev/null 2>&1; then
  lacking="$lacking postgresql postgresql-postgis"
fi
if [ -z "$lacking" ]; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  apt-get update -qq
  # shellcheck disable=SC2086  a list of words
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $lacking >/dev/null
  exit 0
fi
echo "Tests need these. Run once:  sudo apt-get install$lacking" >&2
exit 1
