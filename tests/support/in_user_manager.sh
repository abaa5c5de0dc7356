#!/usr/bin/env bash
# Runs a program of a build under a real `systemd --user` manager, with a journal, in private namespaces: on a machine
# whose own init is another one, too. Needs root and Debian's systemd; touches nothing outside.
#
#   in_user_manager.sh BIN_FOLDER PROGRAM [ARG...]    exit status: the program's; 77: such a manager cannot be had here
#
# Inside: uid 1000, a loopback network of its own, HOME fresh and removed afterwards, OPD_MANAGER_BIN the folder of the
# programs. With WITHOUT_NAMESPACES=1 in the environment the manager cannot give its services namespaces.
# The way to start the manager is that of a script that was written to try user units in containers.
set -u

skip() { echo "skipped: $1" >&2; exit 77; }

if [ "$1" != --inside ]; then
  [ "$(id -u)" = 0 ] || skip "needs root"
  for program in /lib/systemd/systemd /lib/systemd/systemd-journald /usr/bin/unshare /usr/bin/setpriv; do
    [ -x "$program" ] || skip "there is no $program"
  done
  root=/sys/fs/cgroup/unified
  [ -d "$root" ] || root=/sys/fs/cgroup
  group=$root/operator-test.$$
  mkdir "$group" 2>/dev/null || skip "there is no control group that may be changed"
  home=$(mktemp -d) && chmod 755 "$home" && install -d -o 1000 -g 1000 "$home/home" && mkdir "$home/bin"
  (
    echo "$BASHPID" >"$group/cgroup.procs" &&
      exec setpriv --pdeathsig KILL unshare --mount --pid --net --fork --cgroup --ipc --kill-child \
        --propagation private "$0" --inside "$home" "$@"
  )
  code=$?
  for _ in $(seq 40); do  # the kernel needs a moment to empty the groups
    find "$group" -depth -type d -exec rmdir {} \; 2>/dev/null
    [ -d "$group" ] || break
    sleep 0.05
  done
  rm -rf "$home"
  exit $code
fi

home=$2
mount --bind "$3" "$home/bin" || skip "cannot mount here"
program=$home/bin/$4
shift 4
mount -t proc proc /proc && { umount -R /sys/fs/cgroup; mount -t cgroup2 cgroup2 /sys/fs/cgroup; } ||
  skip "cannot mount the control groups"
python3 - <<'PYTHON' || skip "cannot switch on a loopback network"
import fcntl, socket, struct
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
    fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh", b"lo", IFF_UP))
PYTHON
mount -t tmpfs tmpfs /run
machine=$(cat /etc/machine-id 2>/dev/null || echo none)
mkdir -p /run/systemd/system /run/systemd/journal "/run/log/journal/$machine" /run/user/1000 /sys/fs/cgroup/user
# The system's manager makes this one for its first service with a mount namespace; that of a user may not.
[ -n "${WITHOUT_NAMESPACES:-}" ] || mkdir /run/systemd/unit-root
chown 1000:1000 /run/user/1000 /sys/fs/cgroup/user /sys/fs/cgroup/user/cgroup.{procs,threads,subtree_control}
chmod 700 /run/user/1000
chgrp -R systemd-journal /run/log/journal && chmod -R 2755 /run/log/journal
/lib/systemd/systemd-journald >/dev/null 2>&1 &
echo $$ >/sys/fs/cgroup/user/cgroup.procs
exec setpriv --reuid=1000 --regid=1000 --groups="$(getent group systemd-journal | cut -d: -f3)" --inh-caps=-all \
  env -i PATH="$PATH" HOME="$home/home" USER=user LANG=C.UTF-8 OPD_MANAGER_BIN="$home/bin" \
  WITHOUT_NAMESPACES="${WITHOUT_NAMESPACES:-}" XDG_RUNTIME_DIR=/run/user/1000 ASAN_OPTIONS=detect_leaks=0 \
  bash -c '
    /lib/systemd/systemd --user --log-target=journal >/dev/null 2>&1 &
    manager=$!
    for _ in $(seq 200); do
      [ -S "$XDG_RUNTIME_DIR/systemd/private" ] && break
      sleep 0.02
    done
    systemctl --user is-system-running --wait >/dev/null 2>&1 ||
      { echo "skipped: the user manager did not come up" >&2; exit 77; }
    "$@"
    code=$?
    kill -TERM $manager
    wait $manager
    exit $code' _ "$program" "$@"
