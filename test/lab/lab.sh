#!/bin/bash
# A cluster for live migrations on one Linux machine: real sshd, libvirtd, virtlogd, QEMU, rpcbind and nfs-ganesha in nodes of
# namespaces. Needs root, no systemd, no kernel module but overlay and fuse, no network outside.
#
#   lab.sh up [NODE…]          starts a lab and prints its folder; nodes: controller compute1 … compute9 (default: controller
#                              compute1 compute2)
#   lab.sh list                the labs that run
#   lab.sh down [DIR]          ends a lab (the only one, if no folder is given) and removes all that it used
#   lab.sh status [DIR]        what runs and listens in it
#   lab.sh exec NODE CMD…      runs a command in a node, without ssh (LAB_DIR chooses among labs)
#   lab.sh ssh NODE [CMD…]     the same over ssh; accounts root, op (may use sudo), plain (may not), password "lab"
#   lab.sh guest NODE NAME [KEY=VALUE…]   starts a guest; keys: mem=128 dirty=64 delay=0 type=qemu|kvm disk=shared|local
#                              cache=none cpu='<cpu …>' vnc=ADDRESS|none size=16
#   lab.sh possible            says why there can be no lab here, if so
#   lab.sh run [NODE…]         the same as up in the foreground: ends, and takes all with it, when its standard input does
#
# A lab lies in a folder of its own, /tmp/livemig-lab-TAG: livemig.ini, ssh_config, known_hosts, known_hosts.hashed, id (a key
# that all nodes take), NODE.pid (process 1), NODE.log. `livemig check --inventory DIR/livemig.ini --ssh-config DIR/ssh_config`
# judges it. All processes, mounts and interfaces live in namespaces of one process and end with it, however that ends.
#
# LAB_TAG, LAB_NET: name of the interface on this machine (lm77), and the first two parts of the addresses (10.77); chosen at
# random among those that are free. Management is LAB_NET.0.0/24 (this machine: .1), migration LAB_NET.1.0/24 (not reachable
# from this machine); controller is .10, computeN is .1N.
set -u

self=$(readlink -f "${BASH_SOURCE[0]}")
here=${self%/*}
root=${TMPDIR:-/tmp}

die() {
  echo "lab: $*" >&2
  exit 1
}

number() {
  case $1 in
    controller) echo 10 ;;
    compute[1-9]) echo "1${1#compute}" ;;
    *) return 1 ;;
  esac
}

# ---- up and down ----------------------------------------------------------------------------------------------------

needed=(ip unshare nsenter setpriv pivot_root ssh-keygen /usr/sbin/sshd /usr/sbin/libvirtd /usr/sbin/virtlogd virsh
  qemu-img qemu-system-x86_64 bindfs /etc/init.d/libvirtd rpcbind showmount ganesha.nfsd nft iptables certtool sudo)

# Why there can be no lab here; nothing where there can.
missing() {
  local program
  for program in "${needed[@]}"; do
    command -v "$program" >/dev/null || { echo "not installed: $program"; return; }
  done
  unshare -n -m -p -u -i -f true 2>/dev/null || echo 'namespaces are not allowed here'
  [ -c /dev/fuse ] || echo 'there is no /dev/fuse'
}

# Labs whose owner is gone: their processes are gone, too, and their folders are left.
sweep() {
  local dir pid
  for dir in "$root"/livemig-lab-*/; do
    [ -e "$dir/owner" ] || continue
    pid=$(<"$dir/owner")
    alive "$pid" || rm -rf "$dir"
  done
}
alive() { [ -n "$1" ] && grep -qsz 'lab\.sh' "/proc/$1/cmdline"; }

# Takes a tag, a net and a folder that nobody has. Until its interface is there nobody else may look for one, whatever folder
# labs lie in for him.
claim() {
  local try
  for try in {1..50}; do
    tag=${LAB_TAG:-lm$((RANDOM % 150 + 50))}
    net=${LAB_NET:-10.${tag//[^0-9]/}}
    dir=$root/livemig-lab-$tag
    if [ -z "$(ip -4 route show root "$net.0.0/16")" ] && mkdir -m 711 "$dir" 2>/dev/null; then
      echo $$ >"$dir/owner"
      return 0
    fi
    [ -z "${LAB_TAG:-}" ] || break
  done
  die "no free tag and net (last tried: $tag, $net)"
}

run() {
  local program node
  [ "$(id -u)" = 0 ] || die 'root is needed'
  program=$(missing)
  [ -z "$program" ] || die "$program"
  [ $# -gt 0 ] || set -- controller compute1 compute2
  for node; do number "$node" >/dev/null || die "$node: nodes are called controller and compute1 to compute9"; done
  sweep
  exec 9</run && flock 9
  claim
  trap 'kill -9 ${keeper:-} 2>/dev/null; wait 2>/dev/null; rm -rf "$dir"' EXIT
  trap 'exit 143' TERM INT HUP
  mkdir "$dir/shared"
  ssh-keygen -q -t ed25519 -N '' -C lab -f "$dir/id"
  # Process 1 of the lab: when it ends, the kernel ends all others, and with the last one go networks and mounts.
  setpriv --pdeathsig KILL unshare -n -m -p -f --kill-child --propagation private \
    bash "$self" __keeper "$dir" "$net" "$@" <&0 >"$dir/keeper.log" 2>&1 9<&- &
  keeper=$!
  while kill -0 "$keeper" 2>/dev/null && [ ! -s "$dir/keeper.pid" ]; do sleep 0.02; done
  # The one interface on this machine: it goes when its other end does.
  ip link add "$tag" type veth peer name host netns "/proc/$(<"$dir/keeper.pid")/ns/net" || die "no interface $tag"
  ip addr add "$net.0.1/24" dev "$tag"
  ip link set "$tag" up
  # Not reachable is also what the way out of this machine must not be asked for.
  ip route add "$net.1.0/24" dev "$tag"
  exec 9<&-
  while kill -0 "$keeper" 2>/dev/null && [ ! -e "$dir/ready" ]; do sleep 0.05; done
  [ -e "$dir/ready" ] || die "did not start: $(tail -n 5 "$dir"/*.log)"
  echo "$dir"
  wait "$keeper"
}

# Process 1 of the lab, in a network of its own, which is the switch between the nodes.
keeper() {
  dir=$1
  net=$2
  shift 2
  local node i
  read -r pid _ </proc/self/stat
  mount -t tmpfs -o mode=755 tmpfs "$dir/shared"
  ip link set lo up
  ip link add management type bridge && ip link set management up || exit 1
  ip link add migration type bridge && ip link set migration up || exit 1
  echo "$pid" >"$dir/keeper.pid"
  for node; do start "$node" "$@" & done
  until ip link set host master management up 2>/dev/null; do sleep 0.01; done
  wait
  for node; do [ -e "$dir/$node.ready" ] || exit 1; done
  papers "$@"
  : >"$dir/ready"
  # Until the owner lets go.
  exec cat >/dev/null
}

# `start NODE ALL…`: in namespaces of its own, with a cable to each bridge.
start() {
  local node=$1 i try
  i=$(number "$node")
  mkdir "$dir/$node"
  unshare -n -m -u -i -p -f --kill-child --propagation private \
    bash "$here/node.sh" "$dir" "$net" "$@" >"$dir/$node.log" 2>&1 </dev/null &
  for try in {1..200}; do
    [ ! -s "$dir/$node.pid" ] || break
    sleep 0.02
  done
  ip link add "m$i" type veth peer name eth0 netns "/proc/$(<"$dir/$node.pid")/ns/net" &&
    ip link set "m$i" master management up &&
    ip link add "g$i" type veth peer name eth1 netns "/proc/$(<"$dir/$node.pid")/ns/net" &&
    ip link set "g$i" master migration up || return 1
  for try in {1..600}; do
    [ ! -e "/proc/$(<"$dir/$node.pid")/root/run/lab/ready" ] || break
    sleep 0.05
  done
  [ ! -e "/proc/$(<"$dir/$node.pid")/root/run/lab/ready" ] || : >"$dir/$node.ready"
}

# What whoever looks at the nodes needs.
papers() {
  local node i key
  {
    for node; do
      case $node in controller) roles='controller, nfs' ;; *) roles=compute ;; esac
      printf '\n[node %s]\naddress = %s.0.%s\nuser = root\nroles = %s\n' "$node" "$net" "$(number "$node")" "$roles"
    done
    echo
    echo '[rules]'
    # The nodes' networks end in this machine.
    echo 'libvirtd/auth-tcp-none = off'
  } >"$dir/livemig.ini"
  for node; do
    i=$(number "$node")
    key=$(cut -d' ' -f1,2 "/proc/$(<"$dir/$node.pid")/root/etc/ssh/ssh_host_ed25519_key.pub")
    printf '%s %s\n' "$net.0.$i" "$key" "$net.1.$i" "$key"
  done >"$dir/known_hosts"
  cp "$dir/known_hosts" "$dir/known_hosts.hashed"
  ssh-keygen -q -H -f "$dir/known_hosts.hashed" >/dev/null 2>&1
  rm -f "$dir/known_hosts.hashed.old"
  printf '%s\n' "UserKnownHostsFile $dir/known_hosts" "IdentityFile $dir/id" 'IdentityAgent none' 'IdentitiesOnly yes' \
    >"$dir/ssh_config"
}

up() {
  local log pid out try
  log=$(mktemp)
  out=$(mktemp)
  # Its standard input is one that nobody writes to and that never ends.
  # shellcheck disable=SC2016 # it is the other bash that reads it
  setsid bash -c 'exec 3<>"$1"; shift; exec bash "$@" <&3' up <(:) "$self" run "$@" >"$out" 2>"$log" </dev/null &
  pid=$!
  for try in {1..600}; do
    [ -s "$out" ] && break
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.05
  done
  cat "$log" >&2
  cat "$out"
  [ -s "$out" ]
  try=$?
  rm -f "$log" "$out"
  return "$try"
}

# The folder of the lab that is meant.
chosen() {
  local found=()
  if [ -n "${1:-${LAB_DIR:-}}" ]; then
    dir=${1:-$LAB_DIR}
  else
    mapfile -t found < <(list)
    [ ${#found[@]} -eq 1 ] || die "${#found[@]} labs run: name one by LAB_DIR or as an argument"
    dir=${found[0]}
  fi
  [ -e "$dir/ready" ] || die "$dir: no lab runs there"
  net=$(sed -n 's/^address = \(.*\)\.0\.[0-9]*$/\1/p' "$dir/livemig.ini" | sed 1q)
}

list() {
  local dir
  sweep
  for dir in "$root"/livemig-lab-*/; do [ ! -e "$dir/ready" ] || echo "${dir%/}"; done
}

down() {
  chosen "${1:-}"
  local owner
  owner=$(<"$dir/owner")
  kill "$owner"
  while kill -0 "$owner" 2>/dev/null; do sleep 0.02; done
}

# ---- in a node ------------------------------------------------------------------------------------------------------

enter() {
  local node=$1
  shift
  [ -e "$dir/$node.pid" ] || die "no such node: $node"
  nsenter -t "$(<"$dir/$node.pid")" -m -u -i -n -p -r -w -- env -i HOME=/root LANG=C.UTF-8 TERM="${TERM:-dumb}" \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

status() {
  local file node
  for file in "$dir"/*.ready; do
    node=${file##*/}
    node=${node%.ready}
    echo "$node: process $(<"$dir/$node.pid"), $net.0.$(number "$node"), $net.1.$(number "$node")"
    enter "$node" ss -Hltn | awk '{ print "  listens " $4 }' | sort -u
    [ "$node" = controller ] || enter "$node" virsh -q list --all 2>&1 | sed 's/^/  guest/'
  done
}

case ${1:-} in
  run) shift; run "$@" ;;
  up) shift; up "$@" ;;
  list) list ;;
  down) down "${2:-}" ;;
  possible) missing ;;
  status) chosen "${2:-}"; status ;;
  exec) shift; chosen; enter "$@" ;;
  ssh)
    node=${2:?}
    shift 2
    chosen
    exec ssh -F "$dir/ssh_config" -o BatchMode=yes "root@$net.0.$(number "$node")" "$@"
    ;;
  guest)
    node=${2:?}
    shift 2
    chosen
    # shellcheck source=test/lab/guest.sh
    . "$here/guest.sh"
    guest "$node" "$@"
    ;;
  __keeper) shift; keeper "$@" ;;
  *) sed -n '2,/^set -u/{/^#/s/^# \{0,1\}//p}' "$self"; exit 2 ;;
esac
