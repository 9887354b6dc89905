#!/bin/bash
# Installs the Debian packages that the tests and the demo need, only those that are missing, and fetches into .cache/ what
# the microVM is made of and runs: a kernel, network services, a container runtime. The packages of these are only
# unpacked: this machine's own /boot is not touched, and nothing starts here.
set -euo pipefail
export LC_ALL=C # apt's words are read below
PATH=$PATH:/usr/sbin:/sbin
cd "$(dirname "$0")/.."

fail() {
  echo "setup: $*" >&2
  exit 1
}

# Runs a command whose output only matters when it fails.
quietly() {
  local output
  output=$("$@" 2>&1 </dev/null) || fail "'$*' failed:"$'\n'"$output"
}

# The package lists are fetched once, and only when something has to be installed.
lists_are_fresh=
refresh_lists() {
  [[ $lists_are_fresh ]] || quietly apt-get -q update
  lists_are_fresh=1
}

# install PACKAGE...: installs those of them that dpkg does not know as installed.
install() {
  local package missing=()
  for package; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  ((EUID == 0)) || fail "these packages are missing and only root can install them: ${missing[*]}"
  echo "setup: installing ${missing[*]}"
  refresh_lists
  DEBIAN_FRONTEND=noninteractive quietly apt-get -q -y install --no-install-recommends "${missing[@]}"
}

# Fetches the newest of Debian's own kernels, whose name the meta-package knows.
fetch_kernel() {
  [[ -z $(compgen -G '.cache/kernel/linux-image-*.deb') ]] || return 0
  ((EUID == 0)) || fail "the microVM's kernel is missing and only root can fetch it"
  local package
  refresh_lists
  package=$(apt-cache depends linux-image-amd64 | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -1)
  [[ $package ]] || fail "apt knows no kernel: the package linux-image-amd64 names none"
  echo "setup: fetching $package"
  rm -rf .cache/kernel.part
  mkdir -p .cache/kernel.part
  (cd .cache/kernel.part && quietly apt-get -q -o APT::Sandbox::User=root download "$package")
  rm -rf .cache/kernel
  mv .cache/kernel.part .cache/kernel
}

# Whether the plugins of a folder speak the newest version of the protocol. Those look links up by altnames too.
speaks_newest() {
  CNI_COMMAND=VERSION "$1/macvlan" 2>/dev/null </dev/null | grep -q '"1\.1\.0"'
}

# Puts plugins that speak the newest version of the protocol into .cache/plugins: Debian's own where they do, else those of
# its testing suite. The package is only unpacked.
fetch_plugins() {
  ! speaks_newest .cache/plugins || return 0
  rm -rf .cache/plugins
  if speaks_newest /usr/lib/cni; then
    ln -s /usr/lib/cni .cache/plugins
    return
  fi
  ((EUID == 0)) || fail "newer network plugins are missing and only root can fetch them"
  local mirror
  refresh_lists
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' 'Component: main' | head -1)
  [[ $mirror ]] || fail "apt has no source of Debian's packages"
  echo "setup: fetching containernetworking-plugins of Debian testing"
  rm -rf .cache/apt
  mkdir -p .cache/apt/lists/partial
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror testing main" >.cache/apt/sources.list
  local apt=(apt-get -q -o APT::Sandbox::User=root -o "Dir::Etc::sourcelist=$PWD/.cache/apt/sources.list"
    -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$PWD/.cache/apt/lists" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=)
  quietly "${apt[@]}" update
  (cd .cache/apt && quietly "${apt[@]}" download containernetworking-plugins)
  quietly dpkg-deb -x .cache/apt/*.deb .cache/apt/unpacked
  mv .cache/apt/unpacked/usr/lib/cni .cache/plugins
  rm -rf .cache/apt
  speaks_newest .cache/plugins || fail "the fetched network plugins don't speak version 1.1.0"
}

# unpack NAME PACKAGE...: unpacks packages, with all that they depend on, into .cache/debian/NAME, whatever this machine has
# installed, and without running any script of theirs.
unpack() {
  local name=$1 packages=("${@:2}") folder=$PWD/.cache/debian/$1 wanted work package merged
  wanted=$(. /etc/os-release && echo "$ID ${VERSION_ID-}: ${packages[*]}") # the machine may be upgraded
  [[ $(cat "$folder.packages" 2>/dev/null) != "$wanted" ]] || return 0
  ((EUID == 0)) || fail "these packages are missing and only root can unpack them: ${packages[*]}"
  refresh_lists
  echo "setup: fetching ${packages[*]}, and what they depend on"
  work=$folder.part
  rm -rf "$work" "$folder" "$folder.packages"
  mkdir -p "$work"/{state,cache/archives/partial,root/usr}
  # With a state of its own apt takes nothing for installed.
  quietly apt-get -q -y -o APT::Sandbox::User=root -o "Dir::State=$work/state" -o Dir::State::status=/dev/null \
    -o Dir::State::lists=/var/lib/apt/lists -o "Dir::Cache=$work/cache" \
    install --download-only --no-install-recommends "${packages[@]}"
  for merged in bin sbin lib lib64; do # what packages still have in /bin belongs to /usr/bin
    mkdir "$work/root/usr/$merged"
    ln -s "usr/$merged" "$work/root/$merged"
  done
  for package in "$work"/cache/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar -x --keep-directory-symlink -C "$work/root"
  done
  mv "$work/root" "$folder"
  rm -rf "$work"
  echo "$wanted" >"$folder.packages"
}

command -v apt-get >/dev/null || fail "this needs Debian's apt-get"
# nftables translates addresses as kube-proxy does, for the tests of node paths.
install iproute2 containernetworking-plugins nftables
mkdir -p .cache
fetch_plugins
# For the tests of what is released: what it needs of a node, and the arm64 one running here; `time` and iperf3 for the benchmarks.
install strace binutils time iperf3 qemu-user
[[ $(dpkg --print-architecture) == arm64 ]] || install libc6-arm64-cross
if [[ $(dpkg --print-architecture) == amd64 ]]; then
  install qemu-system-x86 busybox-static kmod
  fetch_kernel
  scripts/microvm-image.sh
  unpack services network-manager systemd udev dbus
  unpack containers containerd runc buildah
  unpack boot systemd-sysv udev dbus
  unpack base base-files coreutils
else
  scripts/on-kernel.sh --here ||
    fail "this kernel has no bonding or 8021q (or this user is not root), and the microVM that stands in for it is for amd64 only"
fi
