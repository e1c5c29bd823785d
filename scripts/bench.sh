#!/usr/bin/env bash
# Benchmarks.
#   scripts/bench.sh [ARGS]          kontena-bench: placement, no-op reconcile, store commit (ARGS go to Google Benchmark)
#   scripts/bench.sh --e2e [ROUNDS]  30 containers on three real engines, from the command until all run, by `docker run`,
#                                    by a Docker Swarm service and by a Kontena service; in turn, over several rounds (5)
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install-deps.sh build
scripts/build.sh release >&2
if [ "${1:-}" != --e2e ]; then
  exec build/release/bin/kontena-bench "$@"
fi

rounds=${2:-5}
[[ $rounds =~ ^[1-9][0-9]*$ ]] || { echo "usage: scripts/bench.sh --e2e [ROUNDS]" >&2; exit 2; }
[ "$(id -u)" -eq 0 ] || { echo "bench: starting Docker Engines and networks needs root" >&2; exit 1; }
scripts/install-deps.sh test
export LAB_ID=bench LAB_SUBNET=${LAB_SUBNET:-10.97.0.0/24}
count=30
work=$(mktemp -d)
finish() {
  local status=$?
  trap - EXIT
  tests/lab/lab.sh down >&2 || true
  rm -rf "$work"
  exit $status
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

tests/lab/lab.sh down 2>/dev/null
tests/lab/lab.sh up 3 >&2
eval "$(tests/lab/lab.sh env)"
tests/lab/cluster.sh up bench >&2
eval "$(tests/lab/cluster.sh env)"
engines=("$LAB_HOST_1_DOCKER" "$LAB_HOST_2_DOCKER" "$LAB_HOST_3_DOCKER")
image=$LAB_REGISTRY/lab/web:1

now_ms() { echo $((${EPOCHREALTIME/./} / 1000)); }
# How many containers run on all engines: asked of Docker itself, the same way for all three.
running() {
  local engine total=0 answer
  for engine in "${engines[@]}"; do
    answer=$(curl -fsS --unix-socket "${engine#unix://}" http://engine/containers/json | jq length)
    total=$((total + answer))
  done
  echo $total
}
wait_running() {
  local until=$((SECONDS + 300))
  until [ "$(running)" -eq "$1" ]; do
    [ $SECONDS -le $until ] || { echo "bench: $(running) of $1 containers run after 300 s" >&2; return 1; }
    sleep 0.1
  done
}
# All engines idle, with the image, and without leftovers, before the clock starts.
settle() {
  local engine left
  wait_running 0
  for engine in "${engines[@]}"; do
    left=$(docker -H "$engine" ps -aq)
    # shellcheck disable=SC2086 # a list of ids
    [ -z "$left" ] || docker -H "$engine" rm -f $left >/dev/null 2>&1 || true
  done
  sleep 1
}

run_docker() { # every host starts its third, all hosts at once, as many at a time as there are cores
  local engine
  for engine in "${engines[@]}"; do
    seq $((count / 3)) | xargs -P "$(nproc)" -I{} docker -H "$engine" run -d "$image" >/dev/null &
  done
  wait
  wait_running $count
}
end_docker() {
  local engine
  for engine in "${engines[@]}"; do docker -H "$engine" ps -aq | xargs -r docker -H "$engine" rm -f >/dev/null & done
  wait
}

run_swarm() {
  docker -H "${engines[0]}" service create -q --detach --name bench --replicas $count "$image" >/dev/null
  wait_running $count
}
end_swarm() { docker -H "${engines[0]}" service rm bench >/dev/null; }

run_kontena() {
  kontena stack apply -f "$work/bench.yml" >/dev/null
  wait_running $count
}
end_kontena() { kontena stack remove --force bench >/dev/null; }

cat >"$work/bench.yml" <<YAML
stack: bench
services:
  web:
    image: $image
    instances: $count
    deploy: { strategy: ha, min_health: 0.0 }
YAML
for engine in "${engines[@]}"; do docker -H "$engine" pull -q "$image" >/dev/null; done
docker -H "${engines[0]}" swarm init --advertise-addr "$LAB_HOST_1_IP" >/dev/null
join=$(docker -H "${engines[0]}" swarm join-token -q worker)
docker -H "${engines[1]}" swarm join --token "$join" --advertise-addr "$LAB_HOST_2_IP" "$LAB_HOST_1_IP:2377" >/dev/null
docker -H "${engines[2]}" swarm join --token "$join" --advertise-addr "$LAB_HOST_3_IP" "$LAB_HOST_1_IP:2377" >/dev/null

echo "$count containers of $image on ${#engines[@]} engines, $(nproc) cores; seconds until all run"
printf '%-6s %11s %11s %11s %15s %14s %14s\n' round docker swarm kontena kontena/docker swarm/docker kontena/swarm
contenders=(docker swarm kontena)
declare -A took
ratio() { awk -v a="$1" -v b="$2" 'BEGIN {printf "%.2f", a / b}'; }
for round in $(seq "$rounds"); do
  for turn in 0 1 2; do
    who=${contenders[$(((round - 1 + turn) % 3))]} # another one is first each round
    settle
    began=$(now_ms)
    "run_$who"
    took[$who]=$(($(now_ms) - began))
    "end_$who"
  done
  ratios=("$(ratio "${took[kontena]}" "${took[docker]}")" "$(ratio "${took[swarm]}" "${took[docker]}")" "$(ratio "${took[kontena]}" "${took[swarm]}")")
  printf '%-6s %11s %11s %11s %15s %14s %14s\n' "$round" "$(ratio "${took[docker]}" 1000)" "$(ratio "${took[swarm]}" 1000)" \
    "$(ratio "${took[kontena]}" 1000)" "${ratios[@]}"
  echo "${ratios[@]}" >>"$work/ratios"
done
median() { cut -d' ' -f"$1" "$work/ratios" | sort -n | awk '{v[NR] = $1} END {print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2}'; }
printf '%-6s %11s %11s %11s %15s %14s %14s\n' median '' '' '' "$(median 1)" "$(median 2)" "$(median 3)"
