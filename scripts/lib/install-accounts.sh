# The agent's user and groups: made by install, taken away by uninstall.
#
# Sourced after install-common.sh, never run. Invariant: an account that was there before is neither changed, but for the
# agent's own membership of the groups of FRR's and BIRD's sockets, nor removed.

put_group() {
  if has_account group "$1"; then return; fi
  record group "$1"
  with_accounts groupadd --system "$1"
}

put_accounts() {
  local shell=/usr/sbin/nologin
  put_group "$agent" # its members may ask the agent for its status
  # Also where FRR is not there yet: its package uses the group that it finds.
  put_group "$vty_group"
  if ! has_account passwd "$agent"; then
    record user "$agent"
    with_accounts useradd --system --gid "$agent" --home-dir /nonexistent --no-create-home --shell "$shell" --comment 'backup-router agent' "$agent"
  fi
  with_accounts usermod --append --groups "$vty_group" "$agent"
  # Of hooks, which may read events and nothing else.
  put_group "$agent-hooks"
  if ! has_account passwd "$agent-hooks"; then
    record user "$agent-hooks"
    with_accounts useradd --system --gid "$agent-hooks" --home-dir /nonexistent --no-create-home --shell "$shell" --comment 'backup-router hooks' "$agent-hooks"
  fi
  with_accounts usermod --append --groups "$agent" "$agent-hooks"
  # The group of BIRD's control socket is its package's to make; where BIRD comes later, install again.
  if has_account group bird; then with_accounts usermod --append --groups bird "$agent"; fi
}

# FRR's package was installed after us and has taken the group over.
group_in_use() {
  has_account passwd frr || [ -e "$target/usr/lib/frr" ] || [ -n "$(sed -n "s/^$1:[^:]*:[^:]*://p" "$target/etc/group")" ]
}

remove_user() {
  if has_account passwd "$1"; then with_accounts userdel "$1"; fi
}

remove_group() {
  # userdel(8) takes a group of the user's name along.
  if ! has_account group "$1"; then return; fi
  if [ "$1" = "$vty_group" ] && group_in_use "$1"; then
    say "kept: the group $1, which FRR uses"
    return
  fi
  with_accounts groupdel "$1"
}
