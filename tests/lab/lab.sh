#!/usr/bin/env bash
# The lab: N hosts with a real Docker Engine each, a registry, and a Git server over HTTP and SSH, on one machine.
# `lab.sh help` says how to use it. Every name that it gives (links, namespaces, cgroup, folder) contains the lab's id,
# so several labs can live side by side, and `down` finds what a crashed run left behind.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: lab.sh COMMAND

  up [N]                 start the lab with N hosts (3); nothing to do when it runs already
  down                   stop it and delete everything it made
  status                 what runs
  check                  say why this machine cannot run a lab; silent when it can
  env                    shell variables that tell where everything is: eval "$(lab.sh env)"
  docker HOST ARGS…      docker command line of host 1, 2, …
  exec HOST COMMAND…     run a command in the network of a host
  partition HOST         cut a host off
  heal HOST              connect it again
  git-create NAME        make a repository; prints its HTTP and SSH addresses
  git-webhook NAME URL [SECRET]
                         call URL after each push (signed as X-Hub-Signature-256 when a secret is given)
  git-stop, git-start    take the Git server over HTTP away, and bring it back
  registry-stop, registry-start

Environment: LAB_ID (lab) at most 8 letters or digits, LAB_SUBNET (10.99.0.0/24) a /24, one for each lab.
TEXT
}

LAB_ID=${LAB_ID:-lab}
LAB_SUBNET=${LAB_SUBNET:-10.99.0.0/24}
[[ $LAB_ID =~ ^[a-z0-9]{1,8}$ ]] || { echo "lab: LAB_ID must be 1 to 8 lower-case letters or digits" >&2; exit 2; }
[[ $LAB_SUBNET =~ ^([0-9]+\.[0-9]+\.[0-9]+)\.0/24$ ]] || { echo "lab: LAB_SUBNET must be like 10.99.0.0/24" >&2; exit 2; }
net=${BASH_REMATCH[1]}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

state_root=/var/tmp # on a disk: an engine's data root on overlayfs or tmpfs could not use overlay2
dir=$state_root/kontena-lab-$LAB_ID
cache=$state_root/kontena-lab-cache
bridge=kl-$LAB_ID
gateway=$net.1
registry=$gateway:5000
git_http_port=8081
git_ssh_port=2222
git_user=lab
git_password=lab-password

netns() { echo "kl-$LAB_ID-$1"; }
veth() { echo "kl-$LAB_ID-$1"; }
host_ip() { echo "$net.$((10 + $1))"; }
host_dir() { echo "$dir/host-$1"; }
host_count() { cat "$dir/hosts" 2>/dev/null || echo 0; }

say() { echo "lab: $*" >&2; }
die() { say "$@"; exit 1; }
need_host() {
  if ! [[ ${1:-} =~ ^[0-9]+$ ]] || [ "$1" -lt 1 ] || [ "$1" -gt "$(host_count)" ]; then die "there is no host '${1:-}'"; fi
}
now_ms() { echo $((${EPOCHREALTIME/./} / 1000)); }

# wait_for SECONDS WHAT COMMAND…: until the command succeeds.
wait_for() {
  local limit=$1 what=$2 until
  shift 2
  until=$((SECONDS + limit))
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -le $until ] || { say "$what does not answer after $limit s"; return 1; }
    sleep 0.05
  done
}

# spawn NAME COMMAND…: a daemon with $dir/pids/NAME, $dir/logs/NAME.log, and a clean environment.
spawn() {
  local name=$1
  shift
  env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME="$dir" LANG=C.UTF-8 \
    setsid "$@" </dev/null >>"$dir/logs/$name.log" 2>&1 9>&- &
  echo $! >"$dir/pids/$name"
}

# The pid of a daemon that spawn started, if it still is that process.
daemon_pid() {
  local pid
  pid=$(cat "$dir/pids/$1" 2>/dev/null) && [ -n "$pid" ] && tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF "$dir/" && echo "$pid"
}

stop_daemon() {
  local pid
  if pid=$(daemon_pid "$1"); then
    kill -TERM -- "-$pid" 2>/dev/null || kill -TERM "$pid" 2>/dev/null || true
    for _ in $(seq 40); do daemon_pid "$1" >/dev/null || break; sleep 0.05; done
    kill -KILL -- "-$pid" 2>/dev/null || true
  fi
  rm -f "$dir/pids/$1"
}

tail_log() { say "the end of $1:"; tail -n 15 "$dir/logs/$1.log" >&2 || true; }

### network

allow() { iptables -w -C "$@" 2>/dev/null || iptables -w -I "$@"; }

network_up() {
  ip link add "$bridge" type bridge
  ip addr add "$gateway/24" dev "$bridge"
  ip link set "$bridge" up
  # A Docker Engine of the machine sets FORWARD to DROP, and bridged traffic passes iptables too.
  allow FORWARD -i "$bridge" -o "$bridge" -j ACCEPT
  allow INPUT -i "$bridge" -j ACCEPT
  local i ns
  for i in $(seq "$1"); do
    ns=$(netns "$i")
    ip netns add "$ns"
    ip link add "$(veth "$i")" type veth peer name eth0 netns "$ns"
    ip link set "$(veth "$i")" master "$bridge" up
    ip -n "$ns" link set lo up
    ip -n "$ns" addr add "$(host_ip "$i")/24" dev eth0
    ip -n "$ns" link set eth0 up
    ip -n "$ns" route add default via "$gateway"
  done
}

network_down() {
  local chain rule ns link
  for chain in FORWARD INPUT; do
    while read -r rule; do
      # shellcheck disable=SC2086 # the rule is a list of words
      iptables -w ${rule/#-A/-D} 2>/dev/null || true
    done < <(iptables -w -S "$chain" 2>/dev/null | grep -E -- "-i $bridge " || true)
  done
  for ns in $(ip netns list 2>/dev/null | awk '{print $1}' | grep -E "^kl-$LAB_ID-[0-9]+$" || true); do
    ip netns del "$ns" 2>/dev/null || true
  done
  for link in $(ip -o link show 2>/dev/null | awk -F': ' '{sub(/@.*/, "", $2); print $2}' | grep -E "^kl-$LAB_ID(-[0-9]+)?$" || true); do
    ip link del "$link" 2>/dev/null || true
  done
}

### engines

storage_driver() {
  local probe=$dir/probe
  mkdir -p "$probe"/{lower,upper,work,merged}
  if mount -t overlay overlay -o "lowerdir=$probe/lower,upperdir=$probe/upper,workdir=$probe/work" "$probe/merged" 2>/dev/null; then
    umount "$probe/merged"
    echo overlay2
  else
    echo vfs
  fi
  rm -rf "$probe"
}

engine_up() {
  local i=$1 storage=$2 at
  at=$(host_dir "$i")
  mkdir -p "$at"
  rm -f "$at/docker.pid" # a stale one keeps dockerd from starting
  # Until version 23 the engine's id comes from a key that all engines of a machine would share.
  local key=
  case $(dockerd --version) in *' version 1'[0-9].* | *' version 20.'*) key="\"deprecated-key-path\": \"$at/key.json\"," ;; esac
  cat >"$at/daemon.json" <<JSON
{
  $key
  "data-root": "$at/data",
  "exec-root": "$at/run",
  "pidfile": "$at/docker.pid",
  "hosts": ["unix://$at/docker.sock"],
  "bip": "172.29.$i.1/24",
  "default-address-pools": [{"base": "172.30.0.0/16", "size": 24}],
  "insecure-registries": ["$registry"],
  "storage-driver": "$storage",
  "exec-opts": ["native.cgroupdriver=cgroupfs"],
  "cgroup-parent": "/$bridge",
  "log-level": "warn",
  "max-concurrent-downloads": 6
}
JSON
  # A mount namespace of its own: what the engine mounts goes when it dies, and a containerd of the machine, which
  # dockerd would use if it saw it, stays out of sight.
  # shellcheck disable=SC2016 # expanded by the inner shell
  spawn "engine-$i" nsenter --net="/run/netns/$(netns "$i")" unshare --mount --propagation private \
    sh -c '[ ! -d /run/containerd ] || mount -t tmpfs tmpfs /run/containerd; exec dockerd --config-file "$1"' dockerd "$at/daemon.json"
}

engine_answers() { curl -fsS -m 2 --unix-socket "$(host_dir "$1")/docker.sock" http://engine/_ping; }
on_host() { DOCKER_CONFIG=$dir/docker-cli docker -H "unix://$(host_dir "$1")/docker.sock" "${@:2}"; }

### registry and images

registry_start() {
  mkdir -p "$dir/registry/storage"
  cat >"$dir/registry/config.yml" <<YAML
version: 0.1
log: { level: warn }
storage:
  filesystem: { rootdirectory: "$dir/registry/storage" }
  delete: { enabled: true }
http: { addr: "$registry" }
YAML
  spawn registry docker-registry serve "$dir/registry/config.yml"
}
registry_answers() { curl -fsS -m 2 "http://$registry/v2/"; }

images_key() { cat "$(command -v busybox)" "$here/images.sh" | sha256sum | cut -c1-16; }

# make_image NAME:TAG PROGRAM CHANGES…
make_image() { on_host 1 import "${@:3}" --change "CMD [\"/lab/$2\"]" "$dir/images.tar" "$registry/lab/$1" >/dev/null; }

images_up() {
  local stored
  stored=$cache/registry-$(images_key)
  if [ -d "$stored" ]; then return; fi
  "$here/images.sh" "$dir/images.tar"
  make_image web:1 web --change 'ENV LAB_VERSION=1' --change 'EXPOSE 80'
  make_image web:2 web --change 'ENV LAB_VERSION=2' --change 'EXPOSE 80'
  make_image slow:1 slow --change 'ENV LAB_VERSION=1' --change 'EXPOSE 80'
  make_image crash:1 crash
  local image
  for image in web:1 web:2 slow:1 crash:1; do
    on_host 1 push -q "$registry/lab/$image" >/dev/null
    on_host 1 rmi "$registry/lab/$image" >/dev/null
  done
  mkdir -p "$cache"
  cp -a "$dir/registry/storage" "$stored.$$"
  mv -T "$stored.$$" "$stored" 2>/dev/null || rm -rf "$stored.$$" # another lab may have been first
}

### Git server

git_http_start() {
  local at=$dir/git
  mkdir -p "$at/nginx"
  rm -f "$at/fcgi.sock"
  spawn fcgiwrap fcgiwrap -c 4 -s "unix:$at/fcgi.sock"
  wait_for 10 fcgiwrap test -S "$at/fcgi.sock"
  spawn nginx nginx -p "$at/nginx" -c "$at/nginx.conf" -e "$dir/logs/nginx-error.log"
}
git_http_stop() { stop_daemon nginx; stop_daemon fcgiwrap; }
git_http_answers() { curl -sS -m 2 -o "$dir/git/probe" "http://$gateway:$git_http_port/"; }
git_ssh_answers() { exec 3<>"/dev/tcp/$gateway/$git_ssh_port" && read -r -t 2 -u 3 _; }

git_up() {
  local at=$dir/git pam=no
  mkdir -p "$at"/{repositories,webhooks,hooks} /run/sshd
  printf '%s:%s\n' "$git_user" "$(openssl passwd -apr1 "$git_password")" >"$at/htpasswd"
  cat >"$at/nginx.conf" <<CONF
daemon off;
user root;
worker_processes 1;
pid $at/nginx/pid;
events { worker_connections 256; }
http {
  access_log $dir/logs/nginx-access.log;
  client_max_body_size 0;
  client_body_temp_path $at/nginx/body;
  fastcgi_temp_path $at/nginx/fastcgi;
  proxy_temp_path $at/nginx/proxy;
  uwsgi_temp_path $at/nginx/uwsgi;
  scgi_temp_path $at/nginx/scgi;
  server {
    listen $gateway:$git_http_port;
    auth_basic "Lab repositories";
    auth_basic_user_file $at/htpasswd;
    location / {
      fastcgi_pass unix:$at/fcgi.sock;
      fastcgi_param SCRIPT_FILENAME /usr/lib/git-core/git-http-backend;
      fastcgi_param GIT_PROJECT_ROOT $at/repositories;
      fastcgi_param GIT_HTTP_EXPORT_ALL 1;
      fastcgi_param PATH_INFO \$uri;
      fastcgi_param QUERY_STRING \$query_string;
      fastcgi_param REQUEST_METHOD \$request_method;
      fastcgi_param CONTENT_TYPE \$content_type;
      fastcgi_param CONTENT_LENGTH \$content_length;
      fastcgi_param REMOTE_USER \$remote_user;
      fastcgi_param REMOTE_ADDR \$remote_addr;
    }
  }
}
CONF
  cat >"$at/hooks/post-receive" <<HOOK
#!/usr/bin/env bash
# Calls the webhook that lab.sh git-webhook configured, the way Git hosts do.
name=\$(basename "\$(pwd)" .git)
read -r before after ref || exit 0
{ read -r url; read -r secret; } 2>/dev/null <"$at/webhooks/\$name" || [ -n "\${url:-}" ] || exit 0
body=\$(printf '{"ref":"%s","before":"%s","after":"%s","repository":{"name":"%s"}}' "\$ref" "\$before" "\$after" "\$name")
headers=(-H 'Content-Type: application/json' -H 'X-GitHub-Event: push')
if [ -n "\${secret:-}" ]; then
  headers+=(-H "X-Hub-Signature-256: sha256=\$(printf %s "\$body" | openssl dgst -sha256 -hmac "\$secret" -r | cut -d' ' -f1)")
fi
curl -sS -m 5 -o /dev/null -w 'webhook answered %{http_code}\n' "\${headers[@]}" --data-binary "\$body" "\$url" || true
HOOK
  cat >"$at/ssh-command" <<HOOK
#!/usr/bin/env bash
# What the deploy key may do: read and write the lab's repositories.
if [[ \${SSH_ORIGINAL_COMMAND:-} =~ ^(git-upload-pack|git-receive-pack)\ \'/?([A-Za-z0-9._-]+)\'\$ ]]; then
  exec "\${BASH_REMATCH[1]}" "$at/repositories/\${BASH_REMATCH[2]}"
fi
echo 'this key only serves Git' >&2
exit 1
HOOK
  chmod +x "$at/hooks/post-receive" "$at/ssh-command"
  [ -e "$at/host_key" ] || ssh-keygen -q -t ed25519 -N '' -C lab-host -f "$at/host_key"
  [ -e "$at/deploy_key" ] || ssh-keygen -q -t ed25519 -N '' -C lab-deploy -f "$at/deploy_key"
  printf '[%s]:%s %s\n' "$gateway" "$git_ssh_port" "$(cat "$at/host_key.pub")" >"$at/known_hosts"
  printf 'restrict,command="%s" %s\n' "$at/ssh-command" "$(cat "$at/deploy_key.pub")" >"$at/authorized_keys"
  # Without PAM, sshd refuses the keys of an account whose password is locked.
  case $(passwd -S root 2>/dev/null) in root\ L*) pam=yes ;; esac
  cat >"$at/sshd_config" <<CONF
ListenAddress $gateway:$git_ssh_port
HostKey $at/host_key
PidFile $at/sshd.pid
AuthorizedKeysFile $at/authorized_keys
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
StrictModes no
UsePAM $pam
UseDNS no
AcceptEnv GIT_PROTOCOL
CONF
  spawn sshd /usr/sbin/sshd -D -e -f "$at/sshd_config"
  git_http_start
}

git_http_url() { echo "http://$gateway:$git_http_port/$1"; }
git_ssh_url() { echo "ssh://root@$gateway:$git_ssh_port/$1"; }

git_create() {
  local name=${1%.git} at
  [[ $name =~ ^[A-Za-z0-9._-]+$ ]] || die "'$name' is no name for a repository"
  at=$dir/git/repositories/$name.git
  [ -d "$dir/git" ] || die "the lab is not up"
  [ ! -e "$at" ] || die "there is a repository '$name' already"
  git init -q --bare -b main "$at"
  git -C "$at" config http.receivepack true
  git -C "$at" config core.hooksPath "$dir/git/hooks"
  git_http_url "$name.git"
  git_ssh_url "$name.git"
}

### commands

is_up() {
  local i n
  n=$(host_count)
  [ "$n" -gt 0 ] || return 1
  for i in $(seq "$n"); do engine_answers "$i" >/dev/null 2>&1 || return 1; done
  registry_answers >/dev/null 2>&1 && git_http_answers 2>/dev/null
}

up() {
  local n=${1:-3} i storage started stored
  if ! [[ $n =~ ^[0-9]+$ ]] || [ "$n" -lt 1 ] || [ "$n" -gt 200 ]; then die "up wants a number of hosts"; fi
  if [ "$(host_count)" = "$n" ] && is_up; then say "$n hosts are up already"; return; fi
  "$here/../../scripts/install-deps.sh" test >&2
  clean
  started=$(now_ms)
  mkdir -p "$dir"/{pids,logs,docker-cli,git}
  chmod 0700 "$dir"
  echo '{}' >"$dir/docker-cli/config.json"
  trap '[ $? -eq 0 ] || say "up failed; the logs are in $dir/logs; lab.sh down cleans up"' EXIT
  network_up "$n"
  storage=$(storage_driver)
  for i in $(seq "$n"); do engine_up "$i" "$storage"; done
  stored=$cache/registry-$(images_key)
  if [ -d "$stored" ]; then
    mkdir -p "$dir/registry"
    cp -a "$stored" "$dir/registry/storage"
  fi
  registry_start
  git_up
  wait_for 15 "the Git server" git_http_answers || { tail_log nginx; return 1; }
  wait_for 15 "the SSH server" git_ssh_answers || { tail_log sshd; return 1; }
  wait_for 15 "the registry" registry_answers || { tail_log registry; return 1; }
  for i in $(seq "$n"); do
    wait_for 60 "the engine of host $i" engine_answers "$i" || { tail_log "engine-$i"; return 1; }
  done
  images_up
  echo "$n" >"$dir/hosts"
  say "$n hosts up in $(($(now_ms) - started)) ms (storage driver $storage)"
}

# Processes that belong to this lab: in its namespaces, in its cgroup, or daemons that name its folder.
lab_processes() {
  local ns pid
  for ns in $(ip netns list 2>/dev/null | awk '{print $1}' | grep -E "^kl-$LAB_ID-[0-9]+$" || true); do ip netns pids "$ns"; done
  find /sys/fs/cgroup -type d -name "$bridge" 2>/dev/null | while read -r group; do
    find "$group" -name cgroup.procs -exec cat {} + 2>/dev/null || true
  done
  for pid in $(ps -eo pid=,comm= | awk '$2 ~ /^(dockerd|containerd|docker-registry|docker-proxy|nginx|fcgiwrap|sshd|kontena-)/ {print $1}'); do
    if tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF "$dir/"; then
      echo "$pid"
      ps -o pid= --ppid "$pid" || true
    fi
  done
}

clean() {
  local pids tries=0
  while pids=$(lab_processes | sort -un | grep -vx "$$") && [ -n "$pids" ]; do
    # shellcheck disable=SC2086 # a list of pids
    kill -KILL $pids 2>/dev/null || true
    tries=$((tries + 1))
    [ $tries -lt 200 ] || { say "these processes do not end: $pids"; return 1; }
    sleep 0.05
  done
  find /sys/fs/cgroup -depth -type d -path "*/$bridge*" \( -name "$bridge" -o -path "*/$bridge/*" \) -exec rmdir {} + 2>/dev/null || true
  network_down
  local mounted
  while read -r mounted; do umount -l "$mounted" 2>/dev/null || true; done \
    < <(awk -v d="$dir/" 'index($2, d) == 1 {print $2}' /proc/mounts | sort -r)
  rm -rf --one-file-system "$dir"
}

down() { clean; say "down"; }

check() {
  [ "$(id -u)" -eq 0 ] || { echo "a lab needs root"; return 1; }
  local probe=kl-$LAB_ID-0
  ip netns add "$probe" 2>/dev/null || { echo "network namespaces cannot be made here"; return 1; }
  ip netns del "$probe"
  ip link add "$probe" type bridge 2>/dev/null || { echo "network bridges cannot be made here"; return 1; }
  ip link del "$probe"
  iptables -w -S >/dev/null 2>&1 || { echo "iptables does not work here"; return 1; }
  local group=/sys/fs/cgroup
  [ ! -d "$group/memory" ] || group=$group/memory
  mkdir "$group/$probe" 2>/dev/null || { echo "control groups cannot be made here"; return 1; }
  rmdir "$group/$probe"
}

print_env() {
  local i n
  n=$(host_count)
  [ "$n" -gt 0 ] || die "the lab is not up"
  cat <<TEXT
LAB_ID=$LAB_ID
LAB_DIR=$dir
LAB_HOSTS=$n
LAB_SUBNET=$LAB_SUBNET
LAB_GATEWAY=$gateway
LAB_REGISTRY=$registry
LAB_GIT_HTTP=http://$gateway:$git_http_port
LAB_GIT_USER=$git_user
LAB_GIT_PASSWORD=$git_password
LAB_GIT_SSH=ssh://root@$gateway:$git_ssh_port
LAB_SSH_KEY=$dir/git/deploy_key
LAB_SSH_KNOWN_HOSTS=$dir/git/known_hosts
TEXT
  for i in $(seq "$n"); do
    cat <<TEXT
LAB_HOST_${i}_IP=$(host_ip "$i")
LAB_HOST_${i}_DOCKER=unix://$(host_dir "$i")/docker.sock
LAB_HOST_${i}_NETNS=$(netns "$i")
TEXT
  done
}

status() {
  local i n state link name
  n=$(host_count)
  if [ "$n" -eq 0 ]; then echo "lab $LAB_ID is down"; return 3; fi
  echo "lab $LAB_ID, $n hosts, in $dir"
  for i in $(seq "$n"); do
    state=down
    if engine_answers "$i" >/dev/null 2>&1; then state="up, $(on_host "$i" ps -q | wc -l) containers"; fi
    link=connected
    if ip -o link show "$(veth "$i")" 2>/dev/null | grep -q 'state DOWN'; then link='cut off'; fi
    printf '  host %-3s %-13s engine %s, %s\n' "$i" "$(host_ip "$i")" "$state" "$link"
  done
  for name in registry nginx fcgiwrap sshd; do
    printf '  %-10s %s\n' "$name" "$(if daemon_pid "$name" >/dev/null; then echo up; else echo down; fi)"
  done
}

main() {
  local command=${1:-help} host
  [ $# -eq 0 ] || shift
  case $command in
    help | -h | --help) usage; return ;;
    env | status | check) ;;
    *) [ "$(id -u)" -eq 0 ] || die "$command needs root" ;;
  esac
  case $command in
    up | down)
      exec 9>"$state_root/kontena-lab-$LAB_ID.lock"
      flock -w 120 9 || die "another lab.sh works on lab $LAB_ID"
      "$command" "$@"
      [ "$command" != down ] || rm -f "$state_root/kontena-lab-$LAB_ID.lock"
      ;;
    env) print_env ;;
    status) status ;;
    check) check ;;
    docker) need_host "${1:-}"; host=$1; shift; on_host "$host" "$@" ;;
    exec) need_host "${1:-}"; host=$1; shift; exec nsenter --net="/run/netns/$(netns "$host")" "$@" ;;
    partition) need_host "${1:-}"; ip link set "$(veth "$1")" down ;;
    heal) need_host "${1:-}"; ip link set "$(veth "$1")" up ;;
    git-create) git_create "${1:?a name}" ;;
    git-webhook)
      [ -d "$dir/git/repositories/${1:?a name}.git" ] || die "there is no repository '$1'"
      printf '%s\n%s\n' "${2:?a URL}" "${3:-}" >"$dir/git/webhooks/$1"
      ;;
    git-stop) git_http_stop ;;
    git-start) daemon_pid nginx >/dev/null || git_http_start; wait_for 15 "the Git server" git_http_answers ;;
    registry-stop) stop_daemon registry ;;
    registry-start) daemon_pid registry >/dev/null || registry_start; wait_for 15 "the registry" registry_answers ;;
    *) usage >&2; exit 2 ;;
  esac
}

main "$@"
