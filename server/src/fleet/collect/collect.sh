# Tells livemig what a node is: its configuration files and what is measured there. It only reads, save the probe file.
#
#   sh -s -- [WORD…] <collect.sh
#
#   only:files | only:asked   nothing but the files, or nothing but what the words below ask for
#   root:FOLDER               the files of a tree below FOLDER in place of /; implies only:files
#   path:PATH                 mode, owner and time of PATH, too
#   certificate:PATH          the certificate in PATH, too
#   account:NAME              ids and groups of NAME, too
#   peer:NAME                 what NAME resolves to here
#   probe:ADDRESS:PORT        whether a TCP connection gets there (nothing is sent)
#   room:PATH                 how much is free on the file system of PATH, and whether nova's and QEMU's accounts may write there
#   probe-write:TOKEN:FOLDER  a hidden file with TOKEN in it is made in FOLDER, to see whether others have the same folder
#   probe-read:TOKEN:FOLDER   what is in it
#   probe-remove:TOKEN:FOLDER it is removed, if TOKEN is in it. TOKEN is of 8 to 64 letters and digits
#   image:PATH                what lies there, what it takes, and its first bytes, in which qcow2 tells how large the disk is
#   pools:active              libvirt's storage pools
#   limit:SECONDS             for each command (10)
#   deadline:SECONDS          for all of them (60): what is left then is named and not run
#
# POSIX sh: dash, bash, busybox. Words are words: none is evaluated. Commands get no standard input, since that is this
# script. The answer is plain text, so that a terminal or another program on the way does no harm to it:
#
#   @@livemig begin 1 ENCODING
#   @@livemig file LENGTH MODE UID GID TIME SIZE PATH    then LENGTH characters, the encoded content; PATH has no slash before it
#   @@livemig out LENGTH NAME                            then the same; the last line of the content is `exit STATUS`
#   @@livemig outs LENGTH NAME                           the same of several, each below a line `== STATUS NAME`
#   @@livemig lacks NAME<tab>WHY                         what could not be read
#   @@livemig end
#
# Without the last line the answer is not whole.

unset ENV BASH_ENV CDPATH
LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin:/usr/libexec
export LC_ALL PATH
set -u

MAX_BYTES=4194304
line_break='
'

only='' root='' beside='' limit=10 deadline=60
for word; do
  case $word in
    only:*) only=${word#only:} ;;
    root:*) root=${word#root:} only=files ;;
    limit:*) limit=${word#limit:} ;;
    deadline:*) deadline=${word#deadline:} ;;
  esac
done

have() { command -v "$1" >/dev/null 2>&1; }

# ---- never hang -----------------------------------------------------------------------------------------------------

# `limited COMMAND…`: killed when its time is over, with all that it started: by timeout(1); where that is missing, or older
# than its present form, by a second process.
if timeout -s KILL 5 true 2>/dev/null; then
  limited() { timeout -s KILL "$limit" "$@" </dev/null; }
else
  apart=''
  if have setsid; then apart=setsid; fi
  limited() {
    $apart "$@" </dev/null &
    child=$!
    (
      trap 'kill "$nap"; exit' TERM
      sleep "$limit" &
      nap=$!
      wait "$nap"
      kill -9 -"$child" || kill -9 "$child"
    ) >/dev/null 2>&1 </dev/null &
    dog=$!
    wait "$child" 2>/dev/null
    status=$?
    kill "$dog" 2>/dev/null
    return "$status"
  }
fi

# Seconds since the machine started, without a process for it.
clock() {
  up=0
  { read -r up rest </proc/uptime; } 2>/dev/null
  up=${up%%.*}
}
clock
end=$((up + deadline))
late() { clock; [ "$up" -ge "$end" ]; }

# ---- the answer -----------------------------------------------------------------------------------------------------

if have base64; then encoding=base64
elif have openssl; then encoding=openssl
elif have od; then encoding=od
else encoding=none
fi

encode_file() {
  case $encoding in
    base64) limited base64 "$1" ;;
    openssl) limited openssl base64 -in "$1" ;;
    od) limited od -An -v -tx1 "$1" ;;
    none) false ;;
  esac 2>/dev/null
}

encode() {
  case $encoding in
    base64) base64 ;;
    openssl) openssl base64 ;;
    od) od -An -v -tx1 ;;
  esac 2>/dev/null
}

lacks() { printf '@@livemig lacks %s\t%s\n' "$1" "$2"; }

# `frame NAME [outs]`: standard input. What runs side by side is written at once, by a program: bash writes line by line, and
# what others write comes between.
frame() {
  body=$(encode)
  if [ -z "$beside" ] || ! env printf '@@livemig %s %s %s\n%s\n' "${2:-out}" "${#body}" "$1" "$body" 2>/dev/null; then
    printf '@@livemig %s %s %s\n%s\n' "${2:-out}" "${#body}" "$1" "$body"
  fi
}

# `run NAME COMMAND…`: what it says on both streams, and how it ended. Not a word where there is no such program.
run() {
  name=$1
  shift
  have "$1" || return 0
  if late; then lacks "$name" 'no time was left'; return 0; fi
  {
    limited "$@" 2>&1
    printf '\nexit %s\n' "$?"
  } | frame "$name"
}

# `show NAME FILE…`: files of /proc and /sys, each below its name.
show() {
  name=$1
  shift
  {
    for file; do
      [ -r "$file" ] && [ -f "$file" ] || continue
      printf '== %s\n' "$file"
      limited cat "$file" 2>/dev/null
      # Files of SELinux end without a line break.
      echo
    done
    printf '\nexit 0\n'
  } | frame "$name"
}

# ---- files ----------------------------------------------------------------------------------------------------------

# `look PATH…`: MODE UID GID TIME SIZE PATH, links followed, by stat(1), else by ls(1), which tells no time in seconds.
if stat -L -c '%f %u %g %Y %s %n' / >/dev/null 2>&1; then
  look() { limited stat -L -c '%f %u %g %Y %s %n' "$@" 2>&1; }
else
  look() {
    for seen; do
      line=$(limited ls -lndL "$seen" 2>&1) || { printf '%s\n' "$line"; continue; }
      read -r mode links uid gid size rest <<END
$line
END
      printf '%s %s %s - %s %s\n' "$mode" "$uid" "$gid" "$size" "$seen"
    done
  }
fi

# `send FILE…`: those that are there, relative to the root.
send() {
  look "$@" | while read -r mode uid gid time size file; do
    # What stat and ls complain of is no line with a mode: those were told already.
    case $mode in
      8??? | -[r-][w-]*) ;;
      [0-9a-f]??? | [0-9a-f]???? | [bcdlps][r-][w-]*) lacks "$file" 'is no regular file'; continue ;;
      *) continue ;;
    esac
    if [ ! -r "$file" ]; then lacks "$file" 'permission denied'; continue; fi
    if [ "$size" -gt "$MAX_BYTES" ]; then lacks "$file" "has more than $MAX_BYTES bytes"; continue; fi
    body=$(encode_file "$file") || { lacks "$file" 'could not be read'; continue; }
    printf '@@livemig file %s %s %s %s %s %s %s\n%s\n' "${#body}" "$mode" "$uid" "$gid" "$time" "$size" "$file" "$body"
  done
}

# Of a unit's link only that it is there, and that it leads nowhere, is said.
link() { printf '@@livemig file 0 a1ff 0 0 - 0 %s\n\n' "$1"; }

files() {
  for folder in etc etc/nova etc/nova/nova.conf.d etc/libvirt etc/exports.d etc/sasl2 etc/sysctl.d etc/systemd/system \
    etc/kolla/nova-compute etc/kolla/nova-libvirt; do
    if [ -d "$folder" ] && { [ ! -r "$folder" ] || [ ! -x "$folder" ]; }; then lacks "$folder" 'permission denied'; fi
  done
  set --
  for file in etc/exports etc/fstab etc/hosts etc/passwd etc/group etc/hostname etc/os-release etc/sysctl.conf \
    etc/default/libvirt-bin etc/default/libvirtd etc/sysconfig/libvirtd etc/init/libvirt-bin.conf \
    etc/libvirt/qemu.conf etc/libvirt/auth.conf etc/kolla/nova-libvirt/qemu.conf \
    etc/nova/nova.conf.d/*.conf etc/exports.d/* etc/exports.d/.*.exports etc/sasl2/*.conf; do
    if [ -e "$file" ]; then set -- "$@" "$file"
    elif [ -L "$file" ]; then lacks "$file" 'is a link that leads nowhere'
    fi
  done
  for folder in etc etc/nova etc/libvirt etc/default etc/sysconfig etc/init etc/kolla/nova-compute etc/kolla/nova-libvirt; do
    for file in "$folder/nova.conf" "$folder"/nova-*.conf "$folder/libvirtd.conf" "$folder/virtproxyd.conf" \
      "$folder/virtqemud.conf"; do
      case $file in etc/init/nova*) continue ;; esac
      if [ -e "$file" ]; then set -- "$@" "$file"
      elif [ -L "$file" ]; then lacks "$file" 'is a link that leads nowhere'
      fi
    done
  done
  # A link to sysctl.conf is among these on Debian, and may be a broken one.
  for file in etc/sysctl.d/*.conf; do
    if [ -f "$file" ]; then set -- "$@" "$file"; fi
  done
  for folder in etc/systemd/system usr/lib/systemd/system lib/systemd/system; do
    # With one /usr for all, /lib is a link to what was seen already.
    if [ "$folder" = lib/systemd/system ] && [ -L lib ]; then continue; fi
    for file in "$folder"/*.mount; do
      case $file in */snap-*) continue ;; esac
      unit "$file" && set -- "$@" "$file"
    done
    for ours in libvirtd virtproxyd virtqemud libvirt-bin nova-compute openstack-nova-compute; do
      for file in "$folder/$ours".socket "$folder/$ours"-*.socket "$folder/$ours".service "$folder/$ours"-*.service \
        "$folder/$ours".socket.d/*.conf "$folder/$ours"-*.socket.d/*.conf "$folder/$ours".service.d/*.conf \
        "$folder/$ours"-*.service.d/*.conf; do
        unit "$file" && set -- "$@" "$file"
      done
    done
  done
  for folder in etc/systemd/system/sockets.target.wants etc/systemd/system/multi-user.target.wants; do
    for ours in libvirtd virtproxyd virtqemud libvirt-bin nova-compute openstack-nova-compute; do
      for file in "$folder/$ours"[.-]*; do
        if [ -e "$file" ] || [ -L "$file" ]; then link "$file"; fi
      done
    done
  done
  [ $# -eq 0 ] || send "$@"
}

# Whether a unit is to be read. A link to /dev/null switches it off; another one leads to what was seen already.
unit() {
  if [ -L "$1" ]; then
    case $(readlink "$1") in
      /dev/null) link "$1"; return 1 ;;
      /*) return 1 ;;
    esac
  fi
  [ -e "$1" ]
}

# ---- measurements ---------------------------------------------------------------------------------------------------

identity() {
  run user id -u
  run now date +%s
  show kernel /proc/sys/kernel/hostname /proc/sys/kernel/osrelease
  run fqdn hostname -f
  run addresses ip -o addr
  have ip || run addresses ifconfig -a
  {
    [ -d /run/systemd/system ] && echo systemd
    readlink /proc/1/exe
    cat /proc/1/comm
    have initctl && limited initctl version
    printf '\nexit 0\n'
  } 2>/dev/null | frame init
  show release /etc/os-release /etc/redhat-release /etc/lsb-release /etc/debian_version
}

# `daemon PID`: name, start in ticks after the machine's, and words of the command line, if it is one of ours.
daemon() {
  pid=$1
  { read -r line <"/proc/$pid/stat"; } 2>/dev/null || return 0
  name=${line#*\(}
  name=${name%\)*}
  case $name in
    libvirtd | virtqemud | virtproxyd | virtlogd | virtlockd | nova-compute) ;;
    *) return 0 ;;
  esac
  # Those of a container with a network of its own are another node's.
  space=$(readlink "/proc/$pid/ns/net" 2>/dev/null)
  if [ -n "$space" ] && [ -n "$network" ] && [ "$space" != "$network" ]; then return 0; fi
  set -f
  # shellcheck disable=SC2086 # fields of the kernel's
  set -- ${line##*\) }
  set +f
  shift 19
  # In a container its files are others. All of our shells know -ef.
  # shellcheck disable=SC3013
  case $name in libvirtd | virtqemud) [ "/proc/$pid/root/." -ef /. ] 2>/dev/null || echo '== elsewhere' ;; esac
  printf '== %s %s %s\n' "$pid" "$name" "$1"
  { tr '\000' '\n' <"/proc/$pid/cmdline"; } 2>/dev/null
}

daemons() {
  network=$(readlink /proc/self/ns/net 2>/dev/null)
  {
    printf 'ticks %s\n' "$(getconf CLK_TCK 2>/dev/null)"
    sed -n '/^btime/p' /proc/stat
    { read -r up rest </proc/uptime && printf 'now %s %s\n' "$(date +%s.%N)" "$up"; } 2>/dev/null
    for pid in /proc/[0-9]*; do daemon "${pid#/proc/}"; done
    printf '\nexit 0\n'
  } | frame daemons
  run sockets systemctl list-units --type=socket --state=active --no-legend --no-pager --full --plain
}

versions() {
  run libvirt libvirtd --version
  have libvirtd || run libvirt virtqemud --version
  found=''
  for file in /usr/lib/python*/*-packages/nova-[0-9]* /usr/local/lib/python*/*-packages/nova-[0-9]* \
    /usr/lib64/python*/*-packages/nova-[0-9]*; do
    if [ -e "$file" ]; then found=$found${file##*/}$line_break; fi
  done
  # The program knows better, but takes a second to say it.
  if [ -n "$found" ]; then printf '%s\nexit 0\n' "$found" | frame nova-package; else run nova nova-compute --version; fi
}

hardware() {
  sed '/^$/q' /proc/cpuinfo 2>/dev/null | { cat; printf '\nexit 0\n'; } | frame cpuinfo
  case $(uname -m) in x86_64 | i?86) ;; *) run lscpu lscpu ;; esac
  show meminfo /proc/meminfo
  show hugepages /sys/kernel/mm/hugepages/hugepages-*/nr_hugepages
  show sysctls /proc/sys/vm/unprivileged_userfaultfd /proc/sys/vm/nr_hugepages /proc/sys/vm/overcommit_memory \
    /proc/sys/vm/overcommit_ratio /proc/sys/vm/swappiness /proc/sys/vm/max_map_count /proc/sys/fs/file-max \
    /proc/sys/fs/aio-max-nr /proc/sys/fs/nfs/nfs_callback_tcpport /proc/sys/fs/nfs/nlm_tcpport \
    /proc/sys/fs/nfs/nlm_udpport /proc/sys/kernel/numa_balancing /proc/sys/net/core/somaxconn \
    /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/ip_nonlocal_bind /proc/sys/net/ipv6/ip_nonlocal_bind \
    /proc/sys/net/ipv4/ip_local_port_range /proc/sys/net/ipv4/ip_local_reserved_ports \
    /proc/sys/net/ipv4/tcp_keepalive_time /proc/sys/net/ipv6/conf/all/disable_ipv6
  show mounts /proc/self/mounts
  show security /sys/fs/selinux/enforce /sys/fs/selinux/booleans/virt_use_nfs /sys/fs/selinux/booleans/virt_use_fusefs \
    /sys/module/apparmor/parameters/enabled /sys/class/dmi/id/product_uuid
  run interfaces ls /sys/class/net
}

# Of the rules only, not of the programs that manage them: those are written in Python and take longer than all the rest.
firewall() {
  run nft nft -j list ruleset
  run iptables iptables-save
  run ip6tables ip6tables-save
  # Rules of the old kind beside those of the new.
  if [ -s /proc/net/ip_tables_names ]; then run iptables-legacy iptables-legacy-save; fi
  if [ -s /proc/net/ip6_tables_names ]; then run ip6tables-legacy ip6tables-legacy-save; fi
}

# What a server of NFS really serves.
served() {
  [ -s /etc/exports ] || [ -s /var/lib/nfs/etab ] || [ -d /etc/ganesha ] || return 0
  if have exportfs; then run exported exportfs -s; fi
  run shown showmount --no-headers -e 127.0.0.1
  run rpc rpcinfo -p 127.0.0.1
}

listening() {
  {
    for file in /proc/net/tcp /proc/net/tcp6; do sed -n 's/^ *[0-9]*: \([0-9A-F:]*\) [0-9A-F:]* 0A .*/\1/p' "$file"; done
    printf '\nexit 0\n'
  } 2>/dev/null | frame listening
}

# Libvirt's own words. Where it does not answer, its other questions are not asked. One process of virsh's takes longer than
# many questions. Domcapabilities is not told to who connects to read only (`-r`), as all others than root do.
hypervisor() {
  emulator=''
  machine=$(uname -m)
  if have virsh && ! late; then
    connect=''
    if [ "$(id -u)" != 0 ]; then connect=-r; fi
    answer=$(limited virsh $connect -c qemu:///system "echo == domcapabilities; domcapabilities; echo == capabilities; capabilities; \
      echo == cpu-models; cpu-models $machine; echo == secrets; secret-list; echo == list; list --all; echo == uuids; \
      list --all --uuid; echo == with-snapshot; list --all --with-snapshot --uuid; echo == end" 2>/dev/null)
    status=$?
    case $answer in
      *'== end')
        printf '%s\nexit 0\n' "$answer" | frame virsh
        emulator=$(printf '%s\n' "$answer" | sed -n 's|^ *<path>\(/.*\)</path>$|\1|p' | sed 1q)
        guests
        ;;
      *)
        # Its time is over, or it has not all of these questions, or only root may ask it.
        if [ "$status" -ne 124 ] && [ "$status" -ne 137 ]; then
          answer=$(limited virsh -r -c qemu:///system capabilities 2>&1)
          status=$?
        fi
        printf '%s\nexit %s\n' "$answer" "$status" | frame capabilities
        if [ "$status" -eq 0 ]; then run cpu-models virsh -r -c qemu:///system cpu-models "$machine"; fi
        ;;
    esac
  fi
  case $machine in ppc64le) machine=ppc64 ;; i?86) machine=i386 ;; esac
  for file in "$emulator" "qemu-system-$machine" qemu-kvm kvm; do
    if [ -n "$file" ] && have "$file"; then
      run qemu "$file" --version
      answer=$(limited "$file" -machine help 2>&1)
      status=$?
      # Before QEMU 1.2 it was asked with a question mark.
      if [ "$status" -ne 0 ]; then answer=$(limited "$file" -M '?' 2>&1) && status=0; fi
      printf '%s\nexit %s\n' "$answer" "$status" | frame machines
      break
    fi
  done
}

MAX_GUESTS=500

# UUIDs among "$answer", in the section of a name.
uuids() { printf '%s\n' "$answer" | sed -n "/^== $1\$/,/^== /p" | grep -E '^[0-9a-f-]{36}$'; }

# `each_guest NAME COMMAND UUIDS`: one question of virsh's about each, in one process.
each_guest() {
  [ -n "$3" ] || return 0
  if late; then lacks "$1" 'no time was left'; return 0; fi
  {
    # Passwords are told to none who does not ask for them; should an old one do it they stay here all the same.
    limited virsh -r -c qemu:///system "$(printf '%s\n' "$3" | sed "s/.*/echo == &; $2 &;/")" 2>/dev/null |
      sed -e '/^ *<alias [^>]*\/>$/d' -e '/^ *<target [^>]*\/>$/d' -e '/^      <address type=[^>]*\/>$/d' \
        -e '/^ *<nova:[^n][^>]*>[^<]*<[^>]*>$/d' -e "s/ passwd='[^']*'//g"
    printf '\nexit 0\n'
  } | frame "$1"
}

guests() {
  all=$(uuids uuids)
  count=$(printf '%s\n' "$all" | wc -l)
  if [ "$count" -gt "$MAX_GUESTS" ]; then
    lacks instances "are $((count)): only $MAX_GUESTS of them were read"
    all=$(printf '%s\n' "$all" | sed "${MAX_GUESTS}q")
  fi
  each_guest instances dumpxml "$all"
  each_guest snapshots 'snapshot-list --name' "$(uuids with-snapshot)"
  each_guest jobs domjobinfo "$all"
}

# Whom root trusts over SSH, and who may log in: public keys without their comments, names of options, and of values only what
# is one plain word. Of private keys it is looked whether they are there. Where one file cannot be read nothing is told: the
# others would give another answer. `trust TREE`, empty for the node's own files.
SSH_NAMES='host|match|include|hostname|hostkeyalias|proxycommand|proxyjump|identityfile|identityagent|certificatefile|userknownhostsfile'
SSH_NAMES="$SSH_NAMES|globalknownhostsfile|knownhostscommand|stricthostkeychecking|user|port|pubkeyauthentication|controlpath"
SSH_NAMES="$SSH_NAMES|preferredauthentications|canonicalizehostname|verifyhostkeydns|pkcs11provider|hostbasedauthentication"
SSH_NAMES="$SSH_NAMES|gssapiauthentication|hostkey|hostkeyagent|hostcertificate|permitrootlogin|permitemptypasswords"
SSH_NAMES="$SSH_NAMES|authorizedkeysfile|authorizedkeyscommand|authenticationmethods|trustedusercakeys"
trust() {
  tree=$1
  if late; then lacks ssh 'no time was left'; return 0; fi
  # Where the vendor's own files lie elsewhere these are not all that count.
  [ -f "$tree/etc/ssh/sshd_config" ] && [ -r "$tree/etc/passwd" ] && [ ! -d "$tree/usr/etc/ssh" ] || return 0
  told='' folder=$tree/etc/ssh
  set -- "$folder/sshd_config"
  for file in "$folder"/sshd_config.d/*.conf "$folder/ssh_config" "$folder"/ssh_config.d/*.conf "$folder/ssh_known_hosts" \
    "$folder/ssh_known_hosts2" "$folder"/ssh_host_*_key.pub; do
    [ ! -f "$file" ] || set -- "$@" "$file"
  done
  while IFS=: read -r account rest; do
    case $account in root | nova) ;; *) continue ;; esac
    home=${rest%:*}
    home=${home##*:}
    case $home in /*) ;; *) continue ;; esac
    told=$told"home $account $home$line_break"
    for folder in "$tree$home" "$tree$home/.ssh"; do
      [ ! -e "$folder" ] || { [ -r "$folder" ] && [ -x "$folder" ]; } || return 0
    done
    for file in "$folder/authorized_keys" "$folder/authorized_keys2"; do
      [ ! -f "$file" ] || set -- "$@" "$file"
    done
    [ "$account" = root ] || continue
    for file in "$folder/known_hosts" "$folder/known_hosts2" "$folder/config"; do
      [ ! -f "$file" ] || set -- "$@" "$file"
    done
    for file in rsa dsa ecdsa ecdsa_sk ed25519 ed25519_sk xmss; do
      file=$folder/id_$file
      [ -e "$file" ] || continue
      told=$told"private ${file#"$tree"}$line_break"
      if [ -e "$file-cert.pub" ]; then told=$told"certificate$line_break"; fi
      [ ! -f "$file.pub" ] || set -- "$@" "$file.pub"
    done
  done <"$tree/etc/passwd"
  found=$(limited grep -E -i "AAAA|^[[:space:]]*($SSH_NAMES)[[:space:]=]" /dev/null "$@" 2>&1)
  if [ $? -gt 1 ]; then lacks ssh 'could not be read'; return 0; fi
  {
    printf '%s' "$told"
    printf '%s\n' "$found" | sed -n -e "s|^$tree/|/|" -e 't begin' -e ':begin' -e '/^[^:]*:[[:space:]]*#/d' -e 's/^Binary file .*/binary/p' \
      -e 's/^grep: .*: binary file matches$/binary/p' \
      -e '/^[^:]*known_hosts2\{0,1\}:/{' \
      -e 's/^\([^:]*\):[[:space:]]*\(@[a-z-]*[[:space:]][[:space:]]*\)\{0,1\}\([^[:space:]]*\)[[:space:]][[:space:]]*\([a-z][a-z0-9@.-]*\)[[:space:]][[:space:]]*\(AAAA[A-Za-z0-9+\/]*=*\).*/\1 \4 \5 \3 \2/p' \
      -e 'd' -e '}' \
      -e 's/^\([^:]*\):[[:space:]]*\([a-z][a-z0-9@.-]*\)[[:space:]][[:space:]]*\(AAAA[A-Za-z0-9+\/]*=*\).*/\1 \2 \3/p' -e t \
      -e 's/^\([^:]*\):.*[[:space:]]\([a-z][a-z0-9@.-]*\)[[:space:]][[:space:]]*\(AAAA[A-Za-z0-9+\/]*=*\).*/\1 \2 \3 options/p' -e t \
      -e '/^[^:]*conf[ig]*:/!d' \
      -e 's/^\([^:]*\):[[:space:]]*\([Hh][Oo][Ss][Tt]\)[[:space:]=][[:space:]=]*\([A-Za-z0-9_.%/*?!:@, -]*\)$/\1 \2 \3/p' -e t \
      -e 's/^\([^:]*\):[[:space:]]*\([A-Za-z0-9]*\)[[:space:]=]*\([A-Za-z0-9_.%/*-]*\)[[:space:]]*$/\1 \2 \3/p' -e t \
      -e 's/^\([^:]*\):[[:space:]]*\([Aa]uthorized[Kk]eys[Ff]ile\)[[:space:]]*\.ssh\/authorized_keys \.ssh\/authorized_keys2$/\1 \2 .ssh\/authorized_keys/p' -e t \
      -e 's/^\([^:]*\):[[:space:]]*\([A-Za-z0-9]*\).*/\1 \2 ?/p'
    printf '\nexit 0\n'
  } | frame ssh
}

time_servers() {
  run chrony chronyc -n tracking
  run ntp ntpq -c rv
  run timesync timedatectl timesync-status
}

# `accounts NAME…`
accounts() {
  for account; do
    case $account in -*) ;; *) run "id $account" id "$account" ;; esac
  done
}

# `paths PATH…`: one question for all; those that hang are asked for apart, by the caller.
paths() {
  late && { lacks paths 'no time was left'; return 0; }
  {
    look "$@"
    printf '\nexit %s\n' "$?"
  } | frame "paths $1"
}

# `writer ACCOUNT PATH`: whether the account may write and go there, as the file system's own server sees it.
writer() {
  run "writer $1 $2" setpriv --reuid "$1" --regid "$(id -g "$1")" --init-groups test -w "$2" -a -x "$2"
}

# `room PATH`
room() {
  [ -d "$1" ] || return 0
  run "room $1" stat -f -c '%S %b %a' "$1"
  # As anybody but root nothing can be tried for somebody else.
  [ "$(id -u)" = 0 ] || return 0
  for account in nova libvirt-qemu qemu; do
    if id "$account" >/dev/null 2>&1; then writer "$account" "$1"; fi
  done
}

# `image PATH`
image() {
  if late; then lacks "image $1" 'no time was left'; return 0; fi
  {
    look "$1"
    if [ -f "$1" ]; then
      limited od -An -v -tx1 -N32 "$1"
      limited du -kL "$1"
    fi
    printf '\nexit 0\n'
  } 2>/dev/null | frame "image $1"
}

# Where one of them has a name that is more than a word nothing is told.
pools() {
  have virsh || return 0
  names=$(limited virsh -r -c qemu:///system pool-list --name 2>/dev/null) || return 0
  case $names in *[!A-Za-z0-9_.+$line_break-]*) return 0 ;; esac
  names=$(printf '%s\n' "$names" | sed -e '/^$/d' -e 's/.*/pool-dumpxml --pool &;/')
  run pools virsh -r -c qemu:///system "${names:-echo}"
}

# ---- the probe file -------------------------------------------------------------------------------------------------

# `token TOKEN:FOLDER`: the file, of a name that nobody else has, in a folder that is there.
token() {
  token=${1%%:*}
  file=${1#*:}/.livemig-probe-$token
  case $token in *[!A-Za-z0-9]* | ?????? | ????? | ???? | ??? | ?? | ? | '') return 1 ;; esac
  case $file in /*) [ ${#token} -le 64 ] ;; *) false ;; esac
}

# By nova where root has no right, as on NFS with root_squash. A file that is there already is left as it is, save one that
# somebody made who was ended before he removed it: it holds its own token, and is older than any comparison takes.
# shellcheck disable=SC2016 # the inner shell puts the words in their places
probe_write() {
  token "$1" || return 0
  run "probe-write $1" sh -c 'set -C; umask 022
    for old in "${2%/*}"/.livemig-probe-*; do
      if [ -f "$old" ] && [ ! -L "$old" ] && [ "$(cat -- "$old")" = "${old##*/.livemig-probe-}" ] &&
        [ -n "$(find "$old" -prune -mmin +5)" ]; then
        rm -f -- "$old" || setpriv --reuid nova --regid nova --init-groups rm -f -- "$old"
      fi
    done 2>/dev/null
    printf "%s\n" "$1" >"$2" ||
      setpriv --reuid nova --regid nova --init-groups sh -c '\''set -C; umask 022; printf "%s\n" "$1" >"$2"'\'' sh "$1" "$2"' \
    sh "$token" "$file"
}

# shellcheck disable=SC2016
probe_read() {
  token "$1" || return 0
  run "probe-read $1" sh -c 'cat -- "$1" || { [ -d "${1%/*}" ] || exit 3; [ -x "${1%/*}" ] || exit 4
    [ -e "$1" ] && exit 4; sleep 1; cat -- "$1" 2>/dev/null || { [ -e "$1" ] && exit 4; exit 5; }; }' sh "$file"
}

# shellcheck disable=SC2016
probe_remove() {
  token "$1" || return 0
  run "probe-remove $1" sh -c '[ "$(cat -- "$2")" = "$1" ] || exit 1
    rm -f -- "$2" || setpriv --reuid nova --regid nova --init-groups rm -f -- "$2"' sh "$token" "$file"
}

# Only what stands between a certificate's own marks leaves the node: keys may lie in the same file.
certificate() {
  [ -e "$1" ] || return 0
  if [ ! -r "$1" ]; then lacks "$1" 'permission denied'; return 0; fi
  {
    limited sed -n '/^-----BEGIN CERTIFICATE-----/,/^-----END CERTIFICATE-----/p' "$1"
    printf '\nexit 0\n'
  } 2>/dev/null | frame "certificate $1"
}

# `probe ADDRESS:PORT`: by bash, which most nodes have, by Python, by netcat, whose options differ most.
probe() {
  port=${1##*:}
  address=${1%:*}
  address=${address#\[}
  address=${address%\]}
  limit=3
  if have bash && bash -c 'exec 3<>/dev/tcp/127.0.0.1/1' 2>&1 </dev/null | grep -q refused; then
    # shellcheck disable=SC2016 # bash puts the words in their places
    run "probe $1" bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$address" "$port"
  elif have python3; then
    run "probe $1" python3 -c 'import socket, sys
socket.create_connection((sys.argv[1], int(sys.argv[2])), 3)' "$address" "$port"
  else
    run "probe $1" nc -v -z -w 3 "$address" "$port"
  fi
}

# `abreast COMMAND WORD…`: the command for each word, so many at a time.
abreast() {
  command=$1
  shift
  count=0
  beside=1
  for word; do
    "$command" "$word" &
    count=$((count + 1))
    if [ $((count % 16)) -eq 0 ]; then wait; fi
  done
  wait
  beside=''
}

# `resolve LANE NAME…`: what every sixteenth name resolves to. Hundreds may be asked for: a process for each is enough.
resolve() {
  lane=$1
  shift
  index=0 text=''
  for name; do
    index=$((index + 1))
    [ $((index % 16)) -eq $((lane % 16)) ] || continue
    case $name in -*) continue ;; esac
    if late; then lacks "peer $name" 'no time was left'; continue; fi
    answer=$(limited getent ahosts "$name" 2>&1)
    status=$?
    # What is longer than a pipe takes at once may be torn by what others write.
    if [ ${#answer} -gt 2500 ]; then lacks "peer $name" 'says too much'; continue; fi
    if [ $((${#text} + ${#answer})) -gt 2500 ]; then printf '%s' "$text" | frame peers outs; text=''; fi
    text="$text== $status peer $name$line_break$answer$line_break"
  done
  [ -z "$text" ] || printf '%s' "$text" | frame peers outs
}

peers() {
  have getent || return 0
  beside=1
  for lane in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
    [ $# -ge "$lane" ] || break
    resolve "$lane" "$@" &
  done
  wait
  beside=''
}

# `asked PREFIX COMMAND…`: the command with the words that begin so.
asked() {
  prefix=$1
  shift
  # The words are in "$words", one a line: none holds a line break.
  set -f
  IFS=$line_break
  # shellcheck disable=SC2046
  set -- "$@" $(printf '%s\n' "$words" | sed -n "s|^$prefix:||p")
  unset IFS
  set +f
  "$@"
}

words=$(printf '%s\n' "$@")

printf '@@livemig begin 1 %s\n' "$encoding"
if [ "$encoding" = none ]; then lacks everything 'there is neither base64 nor openssl nor od'; exit 1; fi

if [ "$only" != asked ]; then
  if cd "${root:-/}"; then files; else lacks "$root" 'is no folder'; fi
fi
if [ -z "$only" ]; then
  identity
  daemons
  versions
  hardware
  listening
  firewall
  served
  accounts nova libvirt-qemu qemu
  trust ''
  time_servers
  hypervisor
  paths / /var /var/lib /usr/bin/qemu-system-x86_64 /usr/bin/qemu-kvm /usr/bin/kvm /usr/libexec/qemu-kvm \
    /var/run/libvirt/libvirt-sock /var/run/libvirt/libvirt-sock-ro /var/run/libvirt/virtlogd-sock /dev/kvm \
    /etc/pki/CA/cacert.pem /etc/pki/libvirt/servercert.pem /etc/pki/libvirt/private/serverkey.pem \
    /etc/pki/libvirt/clientcert.pem /etc/pki/libvirt/private/clientkey.pem /etc/pki/qemu /etc/pki/qemu/ca-cert.pem \
    /etc/pki/qemu/server-cert.pem /etc/pki/qemu/server-key.pem /etc/pki/qemu/client-cert.pem \
    /etc/pki/qemu/client-key.pem /etc/pki/libvirt-vnc /etc/pki/libvirt-vnc/server-cert.pem \
    /etc/libvirt/krb5.tab /etc/krb5.keytab /usr/share/seabios/bios-256k.bin /usr/share/qemu/bios-256k.bin \
    /usr/share/qemu-kvm/bios-256k.bin
  paths /var/lib/nova /var/lib/nova/instances
  for file in /etc/pki/CA/cacert.pem /etc/pki/libvirt/servercert.pem /etc/pki/libvirt/clientcert.pem \
    /etc/pki/qemu/ca-cert.pem /etc/pki/qemu/server-cert.pem /etc/pki/qemu/client-cert.pem \
    /etc/pki/libvirt-vnc/ca-cert.pem /etc/pki/libvirt-vnc/server-cert.pem; do
    certificate "$file"
  done
fi
if [ "$only" != files ]; then
  each() { command=$1; shift; for word; do "$command" "$word"; done; }
  asked account accounts
  asked path each paths
  asked certificate each certificate
  asked room each room
  asked image each image
  asked pools each pools
  asked probe-write each probe_write
  asked probe-read each probe_read
  asked probe-remove each probe_remove
  asked peer peers
  asked probe abreast probe
fi
printf '@@livemig end\n'
