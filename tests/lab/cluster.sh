#!/usr/bin/env bash
# Kontena in the lab: a master on the gateway address and an agent in every host. For the demo, the benchmark and use by
# hand; the end-to-end tests start theirs from Python.
#   cluster.sh up [GRID]   after lab.sh up: starts all, logs in, makes the grid (lab), waits until every node is online
#   cluster.sh env         shell variables for using it: eval "$(cluster.sh env)"; kontena node list
# lab.sh down ends it. KONTENA_BIN tells where the programs are, build/release/bin by default.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bin=${KONTENA_BIN:-$here/../../build/release/bin}
bin=$(cd "$bin" && pwd) || { echo "cluster: no programs in $bin; scripts/build.sh makes them" >&2; exit 1; }
lab_env=$("$here/lab.sh" env)
eval "$lab_env"
dir=$LAB_DIR/kontena
url=http://$LAB_GATEWAY:9292
export KONTENA_CONFIG=$dir/client.json

wait_for() {
  local limit=$1 what=$2 until
  shift 2
  until=$((SECONDS + limit))
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -le $until ] || { echo "cluster: $what takes longer than $limit s" >&2; tail -n 20 "$dir"/*.log >&2; exit 1; }
    sleep 0.05
  done
}

start() {
  local name=$1
  shift
  setsid "$@" </dev/null >>"$dir/$name.log" 2>&1 &
  echo $! >"$dir/$name.pid"
}

nodes_online() { [ "$("$bin/kontena" node list | grep -cw online)" -eq "$LAB_HOSTS" ]; }

up() {
  local grid=${1:-lab} token grid_token i address netns
  mkdir -p "$dir"
  chmod 0700 "$dir"
  token=$(openssl rand -hex 24)
  (umask 077 && echo "$token" >"$dir/admin.token")
  KONTENA_INITIAL_TOKEN=$token start master "$bin/kontena-master" --listen "$LAB_GATEWAY:9292" --data-dir "$dir/master"
  wait_for 20 "the master's start" curl -fsS -m 2 -o /dev/null "$url/v1/ping"
  "$bin/kontena" master login --token "$token" "$url" >/dev/null
  grid_token=$(openssl rand -hex 24)
  "$bin/kontena" grid create --token "$grid_token" "$grid" >/dev/null
  "$bin/kontena" grid use "$grid" >/dev/null
  for i in $(seq "$LAB_HOSTS"); do
    address=LAB_HOST_${i}_IP
    netns=LAB_HOST_${i}_NETNS
    engine=LAB_HOST_${i}_DOCKER
    KONTENA_TOKEN=$grid_token KONTENA_PRIVATE_IP=${!address} start "agent-$i" nsenter "--net=/run/netns/${!netns}" \
      "$bin/kontena-agent" --url "$url" --data-dir "$dir/agent-$i" --docker "${!engine}" --name "host-$i"
  done
  wait_for 30 "the registration of the nodes" nodes_online
}

print_env() {
  printf 'export KONTENA_CONFIG=%q DOCKER_CONFIG=%q\n' "$KONTENA_CONFIG" "$LAB_DIR/docker-cli"
  # shellcheck disable=SC2016 # for the shell that evaluates it
  printf 'export PATH=%q:"$PATH"\n' "$bin"
}

case ${1:-} in
  up) up "${2:-}" ;;
  env) print_env ;;
  *) sed -n '2,6s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac
