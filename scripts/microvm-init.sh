#!/bin/busybox sh
# The first process inside the microVM, under busybox. It lays a memory file system over the host's root, so that
# everything can be written and nothing reaches the host, runs /share/command there and leaves its output and exit
# status in /share. What it says itself goes to the console, which the caller sees only when the boot fails.
export PATH=/bin
/bin/busybox --install -s /bin
trap 'poweroff -f' EXIT
set -e

mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
modprobe -a virtio_pci 9pnet_virtio 9p overlay
mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,cache=loose,ro host /host
mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000 share /share
[ ! -e /share/layer ] || mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,cache=loose,ro layer /layer
mount -t tmpfs -o size=90% writable /writable
mkdir /writable/upper /writable/work
mount -t overlay -o lowerdir=/layer:/host,upperdir=/writable/upper,workdir=/writable/work root /root

# Not over /tmp: the project may lie there.
mkdir -p /root/proc /root/sys /root/dev /root/run /root/lib/modules
mount -t proc proc /root/proc
mount -t sysfs sys /root/sys
mount -t cgroup2 cgroup /root/sys/fs/cgroup
echo +memory >/root/sys/fs/cgroup/cgroup.subtree_control
mount -t devtmpfs dev /root/dev
mkdir -p /root/dev/pts /root/dev/shm
ln -s /proc/self/fd /root/dev/fd
ln -s /proc/self/fd/0 /root/dev/stdin
ln -s /proc/self/fd/1 /root/dev/stdout
ln -s /proc/self/fd/2 /root/dev/stderr
mount -t devpts devpts /root/dev/pts
mount -t tmpfs shm /root/dev/shm
mount -t tmpfs run /root/run
mount -o bind /lib/modules /root/lib/modules
modprobe -a bonding 8021q dummy virtio_net
ifconfig lo up
hostname microvm

# systemd as the first process, if that is wanted, and the command once it says that the system is up.
if [ -e /share/systemd ]; then
  mkdir -p /root/run/microvm /root/run/systemd/system /root/run/tmpfiles.d
  ln -s /dev/null /root/run/tmpfiles.d/tmp.conf # it would empty /tmp, where there is much on this machine, or the project
  mount -o bind /share /root/run/microvm
  cat >/root/run/systemd/system/microvm.service <<'EOF'
[Unit]
Requires=multi-user.target
After=multi-user.target
[Service]
Type=oneshot
TimeoutStartSec=infinity
StandardOutput=append:/run/microvm/stdout
StandardError=append:/run/microvm/stderr
ExecStartPre=touch /run/microvm/booted
ExecStart=/bin/bash /run/microvm/command
ExecStopPost=/bin/sh -c 'echo $EXIT_STATUS >/run/microvm/status'
ExecStopPost=systemctl poweroff --force --force
EOF
  trap - EXIT
  exec chroot /root /lib/systemd/systemd --unit=microvm.service
fi

# Through pipes: a command that opens /dev/stdout anew must not cut off what it wrote before.
mkfifo /out /err
cat </out >/share/stdout & out=$!
cat </err >/share/stderr & err=$!
cp /share/command /root/run/command
touch /share/booted
set +e
chroot /root /bin/bash /run/command </dev/null >/out 2>/err &
wait $! # in the background, so that this shell's own word about a killed command goes to the console
status=$?

# What the command left running would keep the pipes open.
for process in /proc/[0-9]*; do
  [ "$(readlink "$process/root")" = /root ] && kill -9 "${process#/proc/}"
done
wait "$out" "$err"
echo "$status" >/share/status
