# Shared by the scripts: where things are, how they speak, what they refuse.
#
# Sourced, never run. Sets `root` (the project's directory) and PATH: a Node that scripts/setup brought goes first,
# `system_path` keeps the PATH without it (Debian's npm finds its own libraries only with Debian's node).

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
node_prefix=$root/.node
system_path=${PATH#"$node_prefix/bin:"}
if [ -x "$node_prefix/bin/node" ]; then PATH=$node_prefix/bin:$system_path; fi
export PATH

say() { printf '%s\n' "$*" >&2; }

die() {
  local status=$1
  shift
  say "$(basename "$0"): $*"
  exit "$status"
}

# Namespaces, packages and routes are root's; 77 is EX_NOPERM of sysexits(3).
require_root() {
  [ "$(id -u)" -eq 0 ] || die 77 "needs root (network namespaces, packages): run it as  sudo $0 $*"
}

# Sets `selected`: the tests (paths below test/) that have one of the patterns in their path; all, without a pattern, but
# those of packages/, which a pattern has to name: they take long, and build the packages first.
# Compiled files whose source is gone are not among them: the list is made from the sources.
select_tests() {
  local file name pattern
  selected=()
  while IFS= read -r file; do
    name=${file#test/}
    for pattern in "${@:-}"; do
      if [[ $name == packages/* && $pattern != packages* ]]; then continue; fi
      if [[ $name == *"$pattern"* ]]; then selected+=("$name"); break; fi
    done
  done < <(find test -name '*.test.ts' | sort)
}
