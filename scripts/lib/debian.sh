# Package sources of another Debian release than this host's, for the tests.
#
# Sourced after common.sh, never run. Mirrors and keys are this host's: only the name of the
# release in its apt sources is replaced.

host_field() { (. /etc/os-release && eval "printf '%s' \"\${$1:-}\""); }

# sources.list(5) lines of a release, without third parties.
release_sources() {
  local host keyring signed=
  host=$(host_field VERSION_CODENAME)
  keyring=/usr/share/keyrings/$(host_field ID)-archive-keyring.gpg
  if [ -e "$keyring" ]; then signed="[signed-by=$keyring] "; fi
  apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    awk -v host="$host" -v want="$1" -v signed="$signed" '
      $3 == "main" && ($2 == host || $2 == host "-updates" || $2 == host "-security") { sub("^" host, want, $2); print "deb " signed $1, $2, $3 }' | sort -u
}

# mmdebstrap runs apt with its own configuration, which has no proxy.
apt_proxies() {
  local scheme P
  for scheme in http https; do
    P=
    eval "$(apt-config shell P "Acquire::$scheme::Proxy")"
    if [ -n "$P" ]; then printf '%s\n' "--aptopt=Acquire::$scheme::Proxy \"$P\""; fi
  done
}
