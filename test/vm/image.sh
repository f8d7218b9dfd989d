# The disks and the kernel of the virtual machine: a small Debian, made once and kept, and the project as it is now.
#
# Sourced by scripts/test-vrf, after common.sh and debian.sh. Sets `vm_suite` and `vm_base` (a directory with root.ext4 and vmlinux).
# Nothing is mounted on this host, and a finished directory of the cache is never written to (qemu's `snapshot=on`).

vm_cache=${BACKUP_ROUTER_TEST_CACHE:-/var/cache/backup-router-test}
# libstdc++6 is for this host's Node, which comes with the project's disk.
vm_packages=linux-image-cloud-amd64,iproute2,frr,iputils-ping,procps,kmod,libstdc++6
# Raised when what is done below changes, so that an old image is not taken for a new one.
vm_recipe=3
# The release whose FRR (10) and kernel are wanted; this host's own where its mirrors do not have it.
vm_wanted=trixie

# vm_build_base SUITE DIRECTORY: about 30 s and 700 MB.
vm_build_base() {
  local suite=$1 directory=$2 sources proxies kernel
  sources=$(release_sources "$suite")
  [ -n "$sources" ] || return 1
  mapfile -t proxies < <(apt_proxies)
  say "building a Debian ($suite) with its cloud kernel and FRR"
  # INITRD=No: the kernel has what it needs to mount its root, and nobody waits for an initial RAM disk.
  printf '%s\n' "$sources" | INITRD=No mmdebstrap --quiet --mode=root --variant=minbase --include="$vm_packages" "${proxies[@]}" "$suite" "$directory/root" - >&2 || return 1
  kernel=$(echo "$directory"/root/boot/vmlinuz-*)
  vm_extract_kernel "$kernel" "$directory/vmlinux" || return 1
  rm -rf "$directory"/root/boot/* "$directory"/root/var/cache/apt/* "$directory"/root/var/lib/apt/lists/*
  # The rest of PID 1 comes with the project's disk. That is no second nvme disk: the kernel numbers those in no certain order.
  mkdir "$directory/root/project"
  printf '%s\n' '#!/bin/sh' 'export PATH=/usr/sbin:/usr/bin:/sbin:/bin' 'mount -t proc proc /proc' 'mount -t devtmpfs devtmpfs /dev' 'modprobe virtio_blk' \
    'for i in $(seq 100); do [ -b /dev/vda ] && break; sleep 0.1; done' 'mount -o ro /dev/vda /project' 'exec /project/init.sh' >"$directory/root/sbin/init"
  chmod 755 "$directory/root/sbin/init"
  vm_make_disk "$directory/root" "$directory/root.ext4" || return 1
  rm -rf "$directory/root"
}

# Unpacking itself costs a kernel many seconds on an emulated processor (payload_offset and payload_length:
# Documentation/arch/x86/boot.rst; behind the compressed stream stands its unpacked size, 4 bytes).
vm_extract_kernel() {
  local image=$1 target=$2 setup offset length magic unpack
  setup=$(od -An -tu1 -j 497 -N 1 "$image")
  offset=$(od -An -tu4 -j 584 -N 4 "$image")
  length=$(od -An -tu4 -j 588 -N 4 "$image")
  offset=$(((setup + 1) * 512 + offset))
  magic=$(od -An -tx1 -j "$offset" -N 4 "$image" | tr -d ' ')
  case $magic in
    28b52ffd) unpack='zstd -dc' ;;
    fd377a58) unpack='xz -dc' ;;
    02214c18) unpack='lz4 -dc' ;;
    *) say "$image is compressed in a way that is not known here ($magic)"; return 1 ;;
  esac
  dd if="$image" iflag=skip_bytes,count_bytes skip="$offset" count="$((length - 4))" bs=1M status=none | $unpack >"$target"
}

# vm_make_disk DIRECTORY IMAGE: an ext4 file system with some room.
vm_make_disk() {
  local megabytes
  megabytes=$(du -sm --apparent-size "$1" | cut -f1)
  truncate -s "$((megabytes * 3 / 2 + 64))M" "$2"
  mkfs.ext4 -q -F -E root_owner=0:0 -O ^has_journal -d "$1" "$2" >&2
}

vm_try_base() {
  local suite=$1 key partial
  key=$(printf '%s\n' "$vm_recipe" "$vm_packages" "$suite" "$(release_sources "$suite")" | sha256sum | cut -c1-16)
  vm_base=$vm_cache/vm-$suite-$key
  vm_suite=$suite
  if [ -d "$vm_base" ]; then return 0; fi
  mkdir -p "$vm_cache"
  partial=$(mktemp -d "$vm_base.XXXXXX")
  if vm_build_base "$suite" "$partial" && mv -T "$partial" "$vm_base"; then return 0; fi
  rm -rf "$partial"
  # Somebody else's build came first.
  [ -d "$vm_base" ]
}

vm_base_image() {
  local host
  host=$(host_field VERSION_CODENAME)
  [ "$(host_field ID)" = debian ] && [ "$(uname -m)" = x86_64 ] || die 69 "needs Debian on x86_64: its cloud kernel has all that it boots from built in"
  # A host that has only just been installed has no package lists.
  if [ -z "$(release_sources "$host")" ]; then apt-get -q update >&2 || die 69 "apt-get update failed; is the network there?"; fi
  if [ -n "${BACKUP_ROUTER_VM_SUITE:-}" ]; then vm_try_base "$BACKUP_ROUTER_VM_SUITE" || die 69 "no root of $BACKUP_ROUTER_VM_SUITE could be built"; return; fi
  if vm_try_base "$vm_wanted"; then return; fi
  say "no root of $vm_wanted could be built; taking this host's $host"
  vm_try_base "$host" || die 69 "no root of $host could be built"
}

# vm_project_image DIRECTORY: the compiled program and these tests, the production packages, Node: DIRECTORY/project.ext4
vm_project_image() {
  local stage=$1/stage
  mkdir -p "$stage"
  node scripts/lib/install-stage.mjs "$root" "$stage"
  mkdir -p "$stage/dist/test/vm"
  cp dist/test/vm/*.js "$stage/dist/test/vm/"
  # The laboratory that the tests are made of is no part of what is installed.
  mkdir -p "$stage/dist/src" "$stage/dist/test/lab"
  cp -rp dist/src/. "$stage/dist/src/"
  cp dist/test/lab/*.js "$stage/dist/test/lab/"
  install -m 755 test/vm/init.sh "$stage/init.sh"
  install -m 755 "$(readlink -f "$(command -v node)")" "$stage/node"
  vm_make_disk "$stage" "$1/project.ext4"
  rm -rf "$stage"
}
