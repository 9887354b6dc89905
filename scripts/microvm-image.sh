#!/bin/bash
# Makes what the microVM boots from the kernel package in .cache/kernel: .cache/microvm/vmlinuz and an initramfs of
# busybox, scripts/microvm-init.sh and those modules that the tests need. Does nothing when both are up to date.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin
cd "$(dirname "$0")/.."

# What init loads at once, and what the kernel may ask for by itself; depmod knows what these depend on.
modules=(virtio_pci virtio_net 9pnet_virtio 9p overlay 8021q bonding dummy veth macvlan macvtap ipvlan bridge team vrf vxlan
  ifb sch_ingress act_mirred ipv6 tls e1000 e1000e vmxnet3 nft_chain_nat nft_nat nft_masq nft_ct)

package=$(compgen -G '.cache/kernel/linux-image-*.deb') || {
  echo "microvm: there is no kernel in .cache/kernel yet: run 'make setup' first" >&2
  exit 125
}
image=.cache/microvm
stale=
for source in "$package" scripts/microvm-image.sh scripts/microvm-init.sh; do
  [[ $image/initramfs -nt $source ]] || stale=1
done
[[ $stale ]] || exit 0

echo "microvm: making the image from ${package##*/}" >&2
work=$(mktemp -d .cache/image.XXXXXX)
trap 'rm -rf "$work"' EXIT
dpkg-deb -x "$package" "$work/kernel"
[[ -e $work/kernel/lib ]] || ln -s usr/lib "$work/kernel/lib" # newer packages have their modules in usr/lib
version=$(basename "$work"/kernel/lib/modules/*)
depmod -b "$work/kernel" "$version"

root=$work/root
mkdir -p "$root"/{bin,sbin,proc,sys,dev,share,host,layer,writable,root,etc/modprobe.d,"lib/modules/$version"}
for module in "${modules[@]}"; do
  modprobe -d "$work/kernel" -S "$version" --show-depends "$module"
done | awk '$1 == "insmod" { print $2 }' | sort -u | while read -r file; do
  case $file in
    *.xz) busybox xzcat "$file" >"$root/lib/modules/$version/$(basename "$file" .xz)" ;;
    *) cp "$file" "$root/lib/modules/$version/" ;;
  esac
done
cp "$work/kernel/lib/modules/$version"/modules.{order,builtin,builtin.modinfo} "$root/lib/modules/$version/"
depmod -b "$root" "$version"

# A module that makes a bond0 or dummy0 of its own would be in the way of tests that count links.
printf 'options %s\n' 'bonding max_bonds=0' 'dummy numdummies=0' 'ifb numifbs=0' >"$root/etc/modprobe.d/microvm.conf"
cp "$(command -v busybox)" "$root/bin/busybox"
ln -s /bin/busybox "$root/sbin/modprobe" # where the kernel looks for it
install -m 755 scripts/microvm-init.sh "$root/init"

# Renamed into place, so that a machine that starts meanwhile finds whole files; the initramfs last, its age counts.
(cd "$root" && find . | busybox cpio -o -H newc 2>/dev/null) >"$work/initramfs"
cp "$work"/kernel/boot/vmlinuz-* "$work/vmlinuz"
mkdir -p "$image"
mv "$work/vmlinuz" "$work/initramfs" "$image/"
