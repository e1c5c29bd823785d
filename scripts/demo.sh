#!/usr/bin/env bash
# Shows Kontena's main job on this machine: a commit becomes running containers on three Docker hosts, and stays so.
# Installs what is missing, builds, and starts everything in a lab of its own, so that the machine's own Docker Engine is
# left alone. `demo.sh --keep` leaves it running and says how to use it; otherwise nothing is left behind.
set -euo pipefail
cd "$(dirname "$0")/.."
keep=
case "$#${1:-}" in
  0) ;;
  1--keep) keep=1 ;;
  *) echo "usage: scripts/demo.sh [--keep]" >&2; exit 2 ;;
esac
[ "$(id -u)" -eq 0 ] || { echo "demo: starting Docker Engines and networks needs root" >&2; exit 1; }

export LAB_ID=demo LAB_SUBNET=${LAB_SUBNET:-10.96.0.0/24}
bold='' dim='' green='' red='' plain=''
if [ -t 1 ]; then
  bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
fi

began=${EPOCHREALTIME/./}
elapsed() {
  local ms=$(((${EPOCHREALTIME/./} - ${1:-$began}) / 1000))
  printf '%d.%01d' $((ms / 1000)) $((ms % 1000 / 100))
}
step() { printf '\n%s[%5s s] %s%s\n' "$bold" "$(elapsed)" "$*" "$plain"; }
note() { printf '          %s\n' "$*"; }
good() { printf '          %s✓%s %s\n' "$green" "$plain" "$*"; }
fail() { printf '          %s✗ %s%s\n' "$red" "$*" "$plain" >&2; exit 1; }
show() { printf '          %s$ %s%s\n' "$dim" "$*" "$plain"; }
indented() { sed -u 's/^/          /'; }
run() { show "$*"; "$@" 2>&1 | indented; }

work=$(mktemp -d)
watcher=
finish() {
  local status=$?
  trap - EXIT INT TERM
  [ -z "$watcher" ] || kill "$watcher" 2>/dev/null || true
  if [ $status -ne 0 ]; then
    printf '\n%sThe demo failed.%s\n' "$red" "$plain" >&2
    tail -n 15 "/var/tmp/kontena-lab-$LAB_ID"/kontena/*.log 2>/dev/null >&2 || true
  fi
  if [ -z "$keep" ]; then tests/lab/lab.sh down 2>&1 | indented || true; fi
  rm -rf "$work"
  exit $status
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

step "Packages and programs"
scripts/install-deps.sh build test 2>&1 | indented
scripts/build.sh release 2>&1 | tail -n 1 | indented
built=${EPOCHREALTIME/./}

step "Three hosts, each with a Docker Engine; a registry; a Git server"
tests/lab/lab.sh down >/dev/null 2>&1 # what an interrupted demo may have left
tests/lab/lab.sh up 3 2>&1 | indented
eval "$(tests/lab/lab.sh env)"

step "A master, and an agent on every host"
tests/lab/cluster.sh up demo
eval "$(tests/lab/cluster.sh env)"
run kontena node list

hosts=("$LAB_HOST_1_IP" "$LAB_HOST_2_IP" "$LAB_HOST_3_IP")
docker_of() { local var=LAB_HOST_${1}_DOCKER; shift; docker -H "${!var}" "$@"; }
answers() { local ip; for ip in "${hosts[@]}"; do curl -s -m 1 "http://$ip:8080/" | sed "s|^|http://$ip:8080  |" || true; done; }
count_answers() { answers | grep -c -- "$1" || true; }
# Waits until exactly COUNT hosts answer with TEXT, shows what they say, and how long it took since $changed.
expect_answers() {
  local count=$1 text=$2 until=$((SECONDS + 40))
  until [ "$(count_answers "$text")" -eq "$count" ] && [ "$(count_answers .)" -eq "$count" ]; do
    [ $SECONDS -le $until ] || { answers | indented; fail "expected $count answers with '$text'"; }
    sleep 0.05
  done
  answers | indented
  good "$3 ($(elapsed "$changed") s after the change)"
}

commit() {
  local message=$1
  git -C "$work/repo" add -A
  git -C "$work/repo" -c user.name=Demo -c user.email=demo@example.com commit -q -m "$message"
  show "git commit -m '$message' && git push"
  git -C "$work/repo" diff --unified=0 HEAD~1 2>/dev/null | grep -E '^[-+] ' | indented || true
  changed=${EPOCHREALTIME/./}
  git -C "$work/repo" push -q origin main 2>&1 | sed 's/^remote: *//' | indented
}
edit() { sed -i "$@" "$work/repo/stacks/hello.yml"; }

step "A Git repository with a stack file from examples/stacks/, as a source"
tests/lab/lab.sh git-create stacks >/dev/null
git init -q -b main "$work/repo"
git -C "$work/repo" remote add origin "http://$LAB_GIT_USER:$LAB_GIT_PASSWORD@${LAB_GIT_HTTP#http://}/stacks.git"
mkdir "$work/repo/stacks"
sed "s|default: registry.example.com|default: $LAB_REGISTRY/lab|" examples/stacks/hello.yml >"$work/repo/stacks/hello.yml"
indented <"$work/repo/stacks/hello.yml"
changed=$began
git -C "$work/repo" commit -q --allow-empty -m 'Start' 2>/dev/null || git -C "$work/repo" -c user.name=Demo -c user.email=demo@example.com commit -q --allow-empty -m Start
git -C "$work/repo" push -q origin main
show "kontena source add stacks --url $LAB_GIT_HTTP/stacks.git --path stacks"
echo "$LAB_GIT_PASSWORD" | kontena source add stacks --url "$LAB_GIT_HTTP/stacks.git" --ref main --path stacks \
  --policy automatic --interval 2s --self-heal --username "$LAB_GIT_USER" --password-stdin 2>&1 | indented

step "1. Commit: plan, containers on the hosts, answers"
commit 'Add the hello stack'
run kontena source sync stacks --wait
expect_answers 2 'greeting=hello' "two instances run on two hosts"
run kontena service list

step "2. Commit: three instances"
edit 's/instances: 2/instances: 3/'
commit 'Scale hello to three'
expect_answers 3 'greeting=hello' "the third instance runs"

step "3. Commit: another image and greeting, one instance after the other"
edit -e 's|/web:1|/web:2|' -e 's/GREETING: hello/GREETING: moin/'
(while sleep 0.05; do [ "$(count_answers .)" -ge 1 ] || echo gap; done) >"$work/gaps" 2>/dev/null &
watcher=$!
commit 'Roll out version 2'
expect_answers 3 'version=2.*greeting=moin' "all three are replaced"
kill "$watcher"
wait "$watcher" 2>/dev/null || true
watcher=
[ ! -s "$work/gaps" ] || fail "there was a moment in which no instance answered"
good "at every moment at least one instance answered"

step "4. A container killed by hand"
victim=$(docker_of 1 ps -q --filter label=io.kontena.stack.name=hello --filter publish=8080)
changed=${EPOCHREALTIME/./}
show "docker -H $LAB_HOST_1_DOCKER rm -f $victim"
docker_of 1 rm -f "$victim" >/dev/null
expect_answers 3 'version=2' "it is back"

step "5. Commit: a service removed"
edit '/^  ticker:/,/^ *$/d'
commit 'Drop the ticker'
count_ticker() { local i; for i in 1 2 3; do docker_of "$i" ps -q --filter label=io.kontena.stack.name=hello --filter name=ticker; done | wc -l; }
until=$((SECONDS + 40))
until [ "$(count_ticker)" -eq 0 ]; do [ $SECONDS -le $until ] || fail "the ticker still runs"; sleep 0.05; done
good "its containers are gone ($(elapsed "$changed") s after the change)"
expect_answers 3 'version=2' "the other service was not touched"

step "What runs now"
run kontena service list
printf '\n%sDone in %s s, %s s of it after the build.%s\n' "$bold" "$(elapsed)" "$(elapsed "$built")" "$plain"

if [ -n "$keep" ]; then
  cat <<TEXT

It goes on running. To use it, in this shell:

  export LAB_ID=$LAB_ID LAB_SUBNET=$LAB_SUBNET
  eval "\$(tests/lab/lab.sh env)"; eval "\$(tests/lab/cluster.sh env)"
  kontena node list; kontena service list; kontena events
  git clone http://$LAB_GIT_USER:$LAB_GIT_PASSWORD@${LAB_GIT_HTTP#http://}/stacks.git   # edit, commit, push
  curl http://$LAB_HOST_1_IP:8080/
  tests/lab/lab.sh docker 1 ps
  tests/lab/lab.sh partition 2; tests/lab/lab.sh heal 2

To end it: LAB_ID=$LAB_ID tests/lab/lab.sh down
TEXT
fi
