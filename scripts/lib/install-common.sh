# Shared by scripts/install and scripts/uninstall: the paths, and the manifest of what was created.
#
# Sourced after common.sh, never run. `target` is the root directory installed into ('' is this
# host); paths without it are as the installed system sees them. Invariant: whatever is created
# is in the manifest before it exists, so that uninstall removes exactly that, even after an
# interrupted install. What existed before is never in it.

agent=backup-router
vty_group=frrvty # FRR's own name for the group of its vty sockets (fact F11)
config_dir=/etc/backup-router
state_dir=/var/lib/backup-router
runtime_dir=/run/backup-router
names_dir=/etc/iproute2 # the only place where iproute2 before 6.5 looks for *.d; later versions look here, too

target=
prefix=/usr/local

# Sets lib_dir, launcher, unit_dir and manifest from target and prefix.
set_layout() {
  case $prefix in /*) ;; *) die 64 "--prefix must be an absolute path: $prefix" ;; esac
  if [ -n "$target" ]; then
    [ -d "$target/etc" ] || die 64 "--root: no system in $target"
    target=$(cd "$target" && pwd -P)
    if [ "$target" = / ]; then target=; fi
  fi
  lib_dir=$prefix/lib/backup-router
  launcher=$prefix/bin/backup-router
  case $prefix in
    /usr | /usr/local) unit_dir=$prefix/lib/systemd/system ;;
    *) unit_dir=/etc/systemd/system ;; # systemd searches no other prefix
  esac
  manifest=$lib_dir/manifest
}

# record KIND NAME: dir, file, tree, user or group
record() {
  grep -qxF "$1 $2" "$target$manifest" 2>/dev/null || printf '%s %s\n' "$1" "$2" >>"$target$manifest"
}

# The manifest is inside the first tree that it names, so here the directories are created before
# their entries.
start_manifest() {
  local directory=$lib_dir missing=()
  until [ -d "$target$(dirname "$directory")" ]; do
    directory=$(dirname "$directory")
    missing=("$directory" "${missing[@]}")
  done
  install -d -m 755 "${missing[@]/#/$target}" "$target$lib_dir"
  for directory in "${missing[@]}"; do record dir "$directory"; done
  record tree "$lib_dir"
}

# Creates a directory and its missing parents, and records those that were missing.
put_dir() {
  if [ -d "$target$1" ]; then return; fi
  put_dir "$(dirname "$1")"
  record dir "$1"
  install -d -m 755 "$target$1"
}

# put_file PATH MODE <content
put_file() {
  put_dir "$(dirname "$1")"
  record file "$1"
  cat >"$target$1.new"
  chmod "$2" "$target$1.new"
  mv -f "$target$1.new" "$target$1"
}

has_account() { # passwd|group NAME
  if [ -n "$target" ]; then grep -q "^$2:" "$target/etc/$1"; else getent "$1" "$2" >/dev/null; fi
}

# useradd and similar commands in the target: with_accounts COMMAND ARGUMENTS
with_accounts() {
  local command=$1
  shift
  if [ -n "$target" ]; then set -- --prefix "$target" "$@"; fi
  "$command" "$@"
}

systemd_runs() { [ -z "$target" ] && [ -d /run/systemd/system ]; }

# systemctl commands that work without a running systemd: enable, disable. Quiet; fails without
# systemctl.
unit_files() {
  if systemd_runs; then systemctl --quiet "$@"; else systemctl --quiet --root="${target:-/}" "$@"; fi
}
