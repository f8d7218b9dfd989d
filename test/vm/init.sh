#!/bin/sh
# PID 1 of the virtual machine, once /sbin/init (image.sh) has mounted /proc, /dev and this: mounts the rest, loads the
# modules that the tests are about, runs them, ends the machine.
#
# The kernel and this script speak on the console (the first serial port), the tests on the second, as TAP and nothing
# else. The machine is ended by a reset, which qemu takes for its end (-no-reboot); so is a panic.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 TERM=dumb NO_COLOR=1

mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
mount -t cgroup2 cgroup2 /sys/fs/cgroup
exec </dev/console >/dev/console 2>&1
# A carriage return is no part of TAP.
stty -opost </dev/ttyS1
install -d -o frr -g frr -m 755 /run/frr
mkdir -p /run/netns /run/lock
ip link set lo up
for module in vrf dummy veth; do modprobe "$module" || echo "no module $module"; done

cut -d' ' -f1 /proc/uptime | sed 's/^/# backup-router: the tests begin after (s of the machine): /' >/dev/ttyS1
/project/node --test-reporter=tap /project/dist/test/vm/vrf.js >/dev/ttyS1
echo "# backup-router: exit $? of vm/vrf" >/dev/ttyS1
# Lets the port drain.
stty -F /dev/ttyS1 >/dev/null
sleep 1
echo b >/proc/sysrq-trigger
