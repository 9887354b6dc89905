#!/bin/bash
# Installs the Debian packages that the tests and the demo need, only those that are missing, and fetches the kernel
# for the microVM into .cache/ (its package is only unpacked: this machine's own /boot is not touched).
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

# Puts the macvlan and ipvlan plugins of Debian 13 or later into .cache/plugins, for the test of long names: Debian 12's
# builds look no link up by its altname. The package is only unpacked.
fetch_plugins() {
  [[ ! -e .cache/plugins/macvlan ]] || return 0
  local release mirror
  release=$(. /etc/os-release && echo "${VERSION_ID-99}")
  rm -rf .cache/plugins
  if ((${release%%.*} >= 13)); then
    ln -s /usr/lib/cni .cache/plugins
    return
  fi
  ((EUID == 0)) || fail "Debian 13's network plugins are missing and only root can fetch them"
  refresh_lists
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' 'Component: main' | head -1)
  [[ $mirror ]] || fail "apt has no source of Debian's packages"
  echo "setup: fetching Debian 13's containernetworking-plugins"
  rm -rf .cache/apt
  mkdir -p .cache/apt/lists/partial
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" >.cache/apt/sources.list
  local apt=(apt-get -q -o APT::Sandbox::User=root -o "Dir::Etc::sourcelist=$PWD/.cache/apt/sources.list"
    -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$PWD/.cache/apt/lists" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=)
  quietly "${apt[@]}" update
  (cd .cache/apt && quietly "${apt[@]}" download containernetworking-plugins)
  quietly dpkg-deb -x .cache/apt/*.deb .cache/apt/unpacked
  mv .cache/apt/unpacked/usr/lib/cni .cache/plugins
  rm -rf .cache/apt
}

command -v apt-get >/dev/null || fail "this needs Debian's apt-get"
install iproute2 containernetworking-plugins
mkdir -p .cache
fetch_plugins
# For the tests of what is released: what it needs of a node, and the arm64 one running here; `time` and iperf3 for the benchmarks.
install strace binutils time iperf3 qemu-user
[[ $(dpkg --print-architecture) == arm64 ]] || install libc6-arm64-cross
if ! scripts/on-kernel.sh --here; then
  [[ $(dpkg --print-architecture) == amd64 ]] ||
    fail "this kernel has no bonding or 8021q (or this user is not root), and the microVM that stands in for it is for amd64 only"
  install qemu-system-x86 busybox-static kmod
  fetch_kernel
  scripts/microvm-image.sh
fi
