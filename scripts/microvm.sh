#!/bin/bash
# microvm.sh COMMAND...: runs a command on Debian's own kernel, in a virtual machine that sees this machine's files
# (what it writes is lost), in the current folder, with an environment of its own and no stdin. The command's output
# and exit status come out as if it had run here. Exit status 125: the machine itself failed, its console is shown.
# MICROVM_BOOT_SECONDS (60) limits the boot, MICROVM_SECONDS (900) the whole run, MICROVM_MEMORY (3G) the memory.
# MICROVM_LAYER names a folder whose files lie over this machine's. MICROVM_NICS (0) is how many NICs, joined by a hub, it has,
# or which ones, by QEMU's models: 'e1000,addr=0x12 e1000e'. Drivers of others than virtio's are for the command to load.
# MICROVM_SYSTEMD, if not empty, has systemd boot the machine, and the command run as its last unit.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin
(($#)) || { sed -n '2,9s/^# //p' "$0" >&2; exit 2; }
project=$(cd "$(dirname "$0")/.." && pwd)
image=$project/.cache/microvm
"$project/scripts/microvm-image.sh"

# However this script ends, even by SIGKILL: the kernel kills its children (setpriv), and the folder goes last.
share=$(mktemp -d)
setsid sh -c 'tail -s 0.1 --pid="$1" -f /dev/null; rm -rf "$2"' sh $$ "$share" </dev/null &>/dev/null &
disown

fail() {
  echo "microvm: $*; the console's last lines:" >&2
  tail -n 30 "$share/console" | tr -d '\r' >&2
  exit 125
}

touch "$share/stdout" "$share/stderr"
{
  echo 'export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8'
  printf 'cd %q && exec' "$PWD"
  printf ' %q' "$@"
} >"$share/command"

more=()
read -ra models <<<"${MICROVM_NICS:-0}"
if [[ ${models[*]} =~ ^[0-9]+$ ]]; then
  amount=${models[0]} models=()
  while ((${#models[@]} < amount)); do models+=(virtio-net-pci); done
fi
for nic in "${!models[@]}"; do
  more+=(-netdev "hubport,id=nic$nic,hubid=0")
  more+=(-device "$(printf '%s,netdev=nic%d,mac=52:54:00:00:00:%02x,romfile=' "${models[nic]}" "$nic" "$nic")")
done
[[ ! ${MICROVM_SYSTEMD-} ]] || touch "$share/systemd"
if [[ ${MICROVM_LAYER-} ]]; then
  touch "$share/layer"
  more+=(-fsdev "local,id=layer,path=$MICROVM_LAYER,security_model=none,readonly=on" -device virtio-9p-pci,fsdev=layer,mount_tag=layer)
fi

# No KVM: a /dev/kvm that is there may still hang every guest.
setpriv --pdeathsig KILL qemu-system-x86_64 \
  -M q35 -accel tcg,thread=multi -cpu max -smp 2 -m "${MICROVM_MEMORY:-3G}" -nic none -display none -no-reboot \
  -monitor none -serial "file:$share/console" \
  -kernel "$image/vmlinuz" -initrd "$image/initramfs" -append 'console=ttyS0 loglevel=6 panic=-1 random.trust_cpu=on' \
  -fsdev local,id=host,path=/,security_model=none,readonly=on,multidevs=remap -device virtio-9p-pci,fsdev=host,mount_tag=host \
  -fsdev "local,id=share,path=$share,security_model=none" -device virtio-9p-pci,fsdev=share,mount_tag=share \
  "${more[@]}" \
  >>"$share/console" 2>&1 </dev/null &
machine=$!
disown # else bash tells when it is killed
setpriv --pdeathsig KILL tail -s 0.1 -n +1 -f --pid="$machine" "$share/stdout" &
out=$!
setpriv --pdeathsig KILL tail -s 0.1 -n +1 -f --pid="$machine" "$share/stderr" >&2 &
err=$!

while kill -0 "$machine" 2>/dev/null; do
  ((SECONDS < ${MICROVM_SECONDS:-900})) || fail "the command took longer than ${MICROVM_SECONDS:-900} s"
  [[ -e $share/booted ]] || ((SECONDS < ${MICROVM_BOOT_SECONDS:-60})) ||
    fail "the machine did not boot in ${MICROVM_BOOT_SECONDS:-60} s"
  sleep 0.1
done
wait "$out" "$err"
[[ -e $share/booted ]] || fail "the machine did not boot"
[[ -s $share/status ]] || fail "the machine stopped before the command had ended"
exit "$(<"$share/status")"
