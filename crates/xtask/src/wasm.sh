#!/usr/bin/env bash
# Unpacks Debian packages, with all that they need and this machine lacks, into a folder. Installs nothing.
# Usage: wasm.sh FOLDER PACKAGE...   Leaves FOLDER/root, and one FOLDER/PACKAGE.done each.
set -euo pipefail

folder=$(realpath -m "$1")
shift

missing=()
for package in "$@"; do
  [ -e "$folder/$package.done" ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

command -v apt-get >/dev/null || {
  echo "this machine has no apt-get: install ${missing[*]} by hand" >&2
  exit 1
}

fetched=$folder/fetched
rm -rf "$fetched"
mkdir -p "$fetched/partial" "$folder/root"
options=(-qq -o "Dir::Cache::archives=$fetched" -o APT::Sandbox::User=root -o Debug::NoLocking=1)
install=(install --reinstall --no-install-recommends)

apt-get "${options[@]}" update || echo "apt-get update failed: trying with the lists that are here" >&2
# Without -qq this says how much: "Need to get 98.3 MB of archives."
size=$({ apt-get "${options[@]:1}" "${install[@]}" --assume-no "${missing[@]}" || true; } | sed -nE 's/^Need to get ([^/]*[kMG]?B)[ /].*/\1/p')
echo "wasm32: downloads Debian's ${missing[*]} into $folder (${size:-unknown size}, once, installs nothing)" >&2
apt-get "${options[@]}" "${install[@]}" --yes --download-only "${missing[@]}" >/dev/null

for deb in "$fetched"/*.deb; do
  case ${deb##*/} in
    libc6_* | libc-bin_*) ;; # the C library must stay the one that this machine's loader belongs to
    *) dpkg -x "$deb" "$folder/root" ;;
  esac
done
rm -rf "$fetched"
for package in "${missing[@]}"; do
  touch "$folder/$package.done"
done
