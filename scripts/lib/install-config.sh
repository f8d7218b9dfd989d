# The configuration file of a first install: only comments, so that nothing starts from a guess.
#
# Sourced after install-common.sh, never run. Invariant: an existing file is never touched.

# The host's default route suggests the management network; it is only a suggestion.
detected_route() { # inet|inet6: prints "INTERFACE GATEWAY"
  if [ -n "$target" ]; then return; fi
  ip -f "$1" route show default 2>/dev/null | sed -n 's/^default via \([^ ]*\) dev \([^ ]*\).*/\2 \1/p' | head -n 1
}

default_config() {
  local interface gateway note=' # the port that the management network is on'
  read -r interface gateway <<<"$(detected_route inet)"
  if [ -n "$gateway" ]; then note=' # where the default route leads now'; fi
  cat <<END
# backup-router: what to keep reachable, through whom, while the routing daemon is not healthy.
#
# Nothing is active yet. Remove the "# " before the three lines below, put in your own values, then
#   backup-router check
#   systemctl enable --now backup-router

# management-interface: ${interface:-eth0}$note
# backup-router:
#   address: ${gateway:-192.0.2.1}

# IPv6, and more than the default route:
# inet6-backup-router:
#   address: fe80::1
#   destination: [2001:db8:100::/40]

# The routing daemon to watch; FRR with zebra if this is left out:
# routing-daemon:
#   - frr: {daemons: [zebra, bgpd]}
END
}

put_config() {
  if [ -e "$target$config_dir/config.yaml" ]; then return; fi
  install -d -m 755 "$target$config_dir"
  default_config >"$target$config_dir/config.yaml"
  chmod 644 "$target$config_dir/config.yaml"
}
