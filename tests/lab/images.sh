#!/usr/bin/env bash
# images.sh FILE.tar: the root file system of the lab's images, from Debian's busybox-static. One tree serves them all:
#   lab/web:1, lab/web:2  CMD /lab/web    a page that tells version, host name and GREETING, at once on PORT (80)
#   lab/slow:1            CMD /lab/slow   the same, but the port opens after DELAY (3) seconds
#   lab/crash:1           CMD /lab/crash  prints 25 lines, and ends with CODE (3) after AFTER (0) seconds
set -euo pipefail
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root"/{bin,lab,etc,proc,sys,dev,tmp,root,data}
cp "$(command -v busybox)" "$root/bin/busybox"
while read -r applet; do ln -sf busybox "$root/bin/$applet"; done < <("$root/bin/busybox" --list | grep -vx busybox)
ln -s bin "$root/sbin"
echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
echo 'root:x:0:' >"$root/etc/group"
chmod 1777 "$root/tmp"

cat >"$root/lab/web" <<'WEB'
#!/bin/sh
# /dev/shm can be written even when the container's root cannot.
www=/dev/shm/www
mkdir -p $www
echo "version=${LAB_VERSION} host=$(hostname) greeting=${GREETING:-hello}" >$www/index.html
echo ok >$www/health
env | sort >$www/env
httpd -f -p "${PORT:-80}" -h $www &
server=$!
# The first process of a container gets no default signal handlers: without this, stopping it takes the whole grace.
trap 'kill $server; exit 0' TERM INT
echo "lab web ${LAB_VERSION} listens on ${PORT:-80}"
wait $server
WEB
cat >"$root/lab/slow" <<'SLOW'
#!/bin/sh
trap 'exit 0' TERM INT
sleep "${DELAY:-3}" &
wait $!
exec /lab/web
SLOW
cat >"$root/lab/crash" <<'CRASH'
#!/bin/sh
trap 'exit 0' TERM INT
i=0
while [ $i -lt 25 ]; do
  i=$((i + 1))
  echo "crash line $i"
done
sleep "${AFTER:-0}" &
wait $!
echo "crash says goodbye" >&2
exit "${CODE:-3}"
CRASH
chmod +x "$root"/lab/*
tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$root" -cf "$1" .
