# Shared by the scripts: paths, messages, checks.
#
# Sourced, never run. Sets the umask, `root` (the project's directory) and PATH: a Node that
# scripts/setup installed comes first. `system_path` is the PATH without it (Debian's npm finds its
# libraries only with Debian's node).

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
node_prefix=$root/.node
system_path=${PATH#"$node_prefix/bin:"}
if [ -x "$node_prefix/bin/node" ]; then PATH=$node_prefix/bin:$system_path; fi
export PATH

# What is made here is read by daemons of other users, and is the same whoever runs it.
umask 022

say() { printf '%s\n' "$*" >&2; }

die() {
  local status=$1
  shift
  say "$(basename "$0"): $*"
  exit "$status"
}

# Namespaces, packages and routes need root; 77 is EX_NOPERM of sysexits(3).
require_root() {
  [ "$(id -u)" -eq 0 ] || die 77 "needs root (network namespaces, packages): run it as  sudo $0 $*"
}

# The tests of packages/ that run without a pattern. The others take longer, or need more.
gate_packages='content debian12 npm readme'

# Sets `selected`: the tests (paths below test/) whose path contains one of the patterns; without
# a pattern all of them but those of packages/ that are not in `gate_packages`. Tests of
# packages/ need a pattern that begins with `packages`: they build the packages first. The list
# is made from the sources, so compiled files without a source are not in it.
select_tests() {
  local file name pattern
  selected=()
  while IFS= read -r file; do
    name=${file#test/}
    for pattern in "${@:-}"; do
      if [[ $name == packages/* && $pattern != packages* ]]; then
        file=${name#packages/}
        if [[ -n $pattern || " $gate_packages " != *" ${file%.test.ts} "* ]]; then continue; fi
      fi
      if [[ $name == *"$pattern"* ]]; then selected+=("$name"); break; fi
    done
  done < <(find test -name '*.test.ts' | sort)
}
