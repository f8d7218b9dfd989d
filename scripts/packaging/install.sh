#!/bin/sh
# Installs backup-router from this directory: ./install.sh [--root DIR] [--remove | --purge]
#
#   --root DIR   into the system whose root directory is DIR (an image, a container), not into this host
#   --remove     stops the agent, removes its routes and the program; configuration and state stay
#   --purge      removes those, too, and the accounts
#
# Run again, it upgrades: a running agent is replaced, the routes stay. Where the deb or the rpm
# can be installed, use those.
set -eu

say() { printf 'install.sh: %s\n' "$*" >&2; }
usage() { sed -n '2,/^set/{s/^# \{0,1\}//;/^set/d;p;}' "$0"; }

ROOT='' action=install
while [ $# -gt 0 ]; do
  case $1 in
    --root)
      if ! [ -d "${2:-}/etc" ]; then say "--root needs the root directory of a system"; exit 64; fi
      ROOT=$(cd "$2" && pwd -P)
      if [ "$ROOT" = / ]; then ROOT=; fi
      shift
      ;;
    --remove) action=remove ;;
    --purge) action=purge ;;
    -h | --help) usage; exit ;;
    *) usage >&2; exit 64 ;;
  esac
  shift
done
export ROOT
if [ "$(id -u)" -ne 0 ]; then say "needs root"; exit 77; fi
cd "$(dirname "$0")"

manifest=/usr/lib/backup-router/manifest
if [ -e "$ROOT/usr/lib/backup-router" ] && [ ! -e "$ROOT$manifest" ]; then
  say "a deb or rpm of backup-router is installed; use its package manager"
  exit 1
fi

install_files() {
  if [ -e "$ROOT/usr/local/lib/backup-router/manifest" ]; then
    say "an installation by scripts/install is in /usr/local: take it away first, with its scripts/uninstall"
    exit 1
  fi
  fresh=install
  umask 022
  if [ -e "$ROOT$manifest" ]; then
    fresh=upgrade
    # Added to what an upgrade that did not come to its end has left.
    cat "$ROOT$manifest" >>"$ROOT$manifest.old"
  fi
  mkdir -p "$ROOT/usr/lib/backup-router"
  (cd tree && find . -type f) | LC_ALL=C sort | sed 's/^\.//' >"$ROOT$manifest"
  while read -r file; do
    mkdir -p "$ROOT${file%/*}"
    # By name, at once: a running program keeps the file that it has open.
    cp -p "tree$file" "$ROOT$file.new"
    chown 0:0 "$ROOT$file.new"
    mv -f "$ROOT$file.new" "$ROOT$file"
  done <"$ROOT$manifest"
  sh tree/usr/lib/backup-router/lifecycle $fresh
  # What the former version had and this one has not.
  if [ -e "$ROOT$manifest.old" ]; then
    LC_ALL=C sort -u "$ROOT$manifest.old" | LC_ALL=C comm -23 - "$ROOT$manifest" | while read -r file; do rm -f "$ROOT$file"; done
    rm -f "$ROOT$manifest.old"
  fi
}

remove_files() {
  if [ -e "$ROOT$manifest" ]; then
    sh "$ROOT/usr/lib/backup-router/lifecycle" remove
    for list in "$manifest" "$manifest.old"; do
      if [ -e "$ROOT$list" ]; then while read -r file; do rm -f "$ROOT$file"; done <"$ROOT$list"; fi
    done
    # Directories that are ours alone, and those that nobody else uses.
    rm -rf "$ROOT/usr/lib/backup-router" "$ROOT/usr/share/backup-router" "$ROOT/usr/share/doc/backup-router"
    (cd tree && find . -depth -type d) | while read -r directory; do
      rmdir "$ROOT/$directory" 2>/dev/null || true
    done
    if [ -z "$ROOT" ] && [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
  fi
}

case $action in
  install) install_files ;;
  remove) remove_files ;;
  purge)
    remove_files
    sh tree/usr/lib/backup-router/lifecycle purge
    ;;
esac
