#!/bin/sh
# Tests read from and write to a real PostGIS: Debian's, installed where we may, asked for by name where not.
set -eu
packages="postgresql postgresql-postgis"
for folder in /usr/lib/postgresql/*/bin; do
  if [ -x "$folder/initdb" ] && ls /usr/share/postgresql/*/extension/postgis.control >/dev/null 2>&1; then exit 0; fi
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null
  exit 0
fi
echo "Tests need PostGIS. Run once:  sudo apt-get install $packages" >&2
exit 1
