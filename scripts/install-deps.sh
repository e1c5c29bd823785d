#!/usr/bin/env bash
# Installs the Debian packages that Kontena needs: `install-deps.sh [build] [test] [fuzz]`, the first two by default.
# Does nothing, and asks the network nothing, when all of them are there.
set -euo pipefail

build_packages='
  ca-certificates       # TLS roots for Git over HTTPS
  ccache                # a second build of the same file costs nothing
  clang-19              # the compiler (g++ 12 miscompiles co_await)
  cmake                 # build system
  git                   # version stamp, and the tests make repositories
  libbenchmark-dev      # kontena-bench
  libboost-json1.81-dev # JSON
  libboost-url1.81-dev  # URLs
  libboost1.81-dev      # Asio and Beast
  libexpected-dev       # tl::expected, behind Result
  libfmt-dev            # formatting
  libgit2-dev           # Git sources
  libgmock-dev          # tests
  libgtest-dev          # tests
  librapidcheck-dev     # property tests
  libspdlog-dev         # logging
  libsqlite3-dev        # the store
  libssl-dev            # TLS, hashes
  libstdc++-12-dev      # the C++ library
  libvalijson-dev       # a test holds the JSON schemas against the stack file reader
  libyaml-dev           # stack files
  lld-19                # the linker
  ninja-build           # build tool
  pkg-config            # finds libgit2 and libyaml
  zlib1g-dev            # asked for by libgit2 and OpenSSL users
'

test_packages='
  busybox-static        # the content of the lab images
  ca-certificates       # Docker refuses to start without a trust store on some hosts
  curl                  # HTTP by hand, the webhook hook
  docker-registry       # the registry that the lab pulls from
  docker.io             # one engine per lab host
  fcgiwrap              # runs git http-backend for nginx
  git                   # the Git server and its clients
  iproute2              # namespaces, bridge, veth
  iptables              # lets lab traffic pass, and dockerd needs it
  jq                    # reads JSON in shell scripts
  nginx-light           # HTTP in front of git http-backend
  openssh-client        # Git over SSH
  openssh-server        # Git over SSH
  openssl               # passwords for the Git server, certificates of tests
  procps                # ps, used when a test reports what is left over
  python3               # the e2e tests, those of the CLI on a terminal
  python3-pytest        # the e2e tests
  python3-yaml          # tools/check_openapi.py reads YAML
  sqlite3               # looks into the master'"'"'s store when a test fails
  util-linux            # nsenter, unshare, setsid
'

fuzz_packages='
  libclang-rt-19-dev    # libFuzzer and the sanitizers
'

names() { while read -r name _; do [ -z "$name" ] || echo "$name"; done <<<"$1"; }

groups=("$@")
[ ${#groups[@]} -gt 0 ] || groups=(build test)
wanted=()
for group in "${groups[@]}"; do
  case $group in
    build) mapfile -t -O ${#wanted[@]} wanted < <(names "$build_packages") ;;
    test) mapfile -t -O ${#wanted[@]} wanted < <(names "$test_packages") ;;
    fuzz) mapfile -t -O ${#wanted[@]} wanted < <(names "$fuzz_packages") ;;
    *) echo "usage: $0 [build] [test] [fuzz]" >&2; exit 2 ;;
  esac
done

declare -A have=()
while read -r state name; do
  [ "$state" != installed ] || have[$name]=1
done < <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null || true)
missing=()
for name in "${wanted[@]}"; do
  [ -n "${have[$name]:-}" ] || { missing+=("$name"); have[$name]=1; }
done
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
  echo "install-deps: these Debian packages are missing, and installing them needs root: ${missing[*]}" >&2
  exit 1
fi
echo "install-deps: installing ${missing[*]}"
log=$(mktemp)
guard=/usr/sbin/policy-rc.d
made_guard=
finish() {
  [ -z "$made_guard" ] || rm -f "$guard"
  rm -f "$log"
}
trap finish EXIT

# The lab runs its own daemons. The packages' services stay as they are: what is new is neither started nor enabled.
services=(docker.service docker.socket containerd.service docker-registry.service nginx.service fcgiwrap.service
  fcgiwrap.socket ssh.service ssh.socket)
new_services=()
for service in "${services[@]}"; do
  [ -e "/lib/systemd/system/$service" ] || new_services+=("$service")
done
if [ ! -e "$guard" ]; then
  made_guard=1
  printf '#!/bin/sh\nexit 101\n' >"$guard"
  chmod 0755 "$guard"
fi

install_missing() {
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold "${missing[@]}" </dev/null >"$log" 2>&1
}
known() { apt-cache show --no-all-versions "${missing[@]}" >/dev/null 2>&1; }
if ! known || ! install_missing; then
  apt-get -o DPkg::Lock::Timeout=300 update </dev/null >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
  install_missing || { cat "$log" >&2; exit 1; }
fi

if [ -d /run/systemd/system ]; then
  for service in "${new_services[@]}"; do
    [ ! -e "/lib/systemd/system/$service" ] || systemctl disable --now "$service" >/dev/null 2>&1 || true
  done
fi
