# The agent's user and groups: created by install, removed by uninstall.
#
# Sourced after install-common.sh, never run. Invariant: an account that existed before is neither
# removed nor changed, except that the agent becomes a member of the groups of FRR's and BIRD's
# sockets.

put_group() {
  if has_account group "$1"; then return; fi
  record group "$1"
  with_accounts groupadd --system "$1"
}

put_accounts() {
  local shell=/usr/sbin/nologin
  put_group "$agent" # its members may ask the agent for its status
  # Even if FRR is not installed yet: its package uses an existing group.
  put_group "$vty_group"
  if ! has_account passwd "$agent"; then
    record user "$agent"
    with_accounts useradd --system --gid "$agent" --home-dir /nonexistent --no-create-home --shell "$shell" --comment 'backup-router agent' "$agent"
  fi
  with_accounts usermod --append --groups "$vty_group" "$agent"
  # For hooks, which may only read events.
  put_group "$agent-hooks"
  if ! has_account passwd "$agent-hooks"; then
    record user "$agent-hooks"
    with_accounts useradd --system --gid "$agent-hooks" --home-dir /nonexistent --no-create-home --shell "$shell" --comment 'backup-router hooks' "$agent-hooks"
  fi
  with_accounts usermod --append --groups "$agent" "$agent-hooks"
  # BIRD's package creates the group of its control socket; if BIRD is installed later, install
  # again.
  if has_account group bird; then with_accounts usermod --append --groups bird "$agent"; fi
}

# Whether FRR uses the group, whose package was installed after us.
group_in_use() {
  has_account passwd frr || [ -e "$target/usr/lib/frr" ] || [ -n "$(sed -n "s/^$1:[^:]*:[^:]*://p" "$target/etc/group")" ]
}

remove_user() {
  if has_account passwd "$1"; then with_accounts userdel "$1"; fi
}

remove_group() {
  # userdel(8) has already removed a group of the user's name.
  if ! has_account group "$1"; then return; fi
  if [ "$1" = "$vty_group" ] && group_in_use "$1"; then
    say "kept: the group $1, which FRR uses"
    return
  fi
  with_accounts groupdel "$1"
}
