#!/bin/bash
# Becomes process 1 of a node of the lab, in namespaces that lab.sh made: node.sh DIR NET NODE ALL…
# Its root is this machine's, with a layer above it that is lost at the end.
set -eu

dir=$1 net=$2 node=$3
shift 3
case $node in controller) i=10 ;; *) i=1${node#compute} ;; esac

read -r pid _ </proc/self/stat
echo "$pid" >"$dir/$node.new"
mv "$dir/$node.new" "$dir/$node.pid"
hostname "$node"
ip link set lo up

# ---- a root of its own ----------------------------------------------------------------------------------------------

own=$dir/$node
mount -t tmpfs -o size=4g,mode=755 "$node" "$own"
mkdir "$own/upper" "$own/work" "$own/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$own/upper,workdir=$own/work" "$own/root"
cd "$own/root"
mount -t tmpfs -o mode=755 tmpfs dev
for device in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0; do
  IFS=: read -r name major minor <<<"$device"
  mknod -m 666 "dev/$name" c "$major" "$minor"
done
mkdir dev/pts dev/shm dev/net
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
for n in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/${n%:*}" "dev/${n#*:}"; done
for device in kvm fuse net/tun; do
  if [ -c "/dev/$device" ]; then cp -a "/dev/$device" "dev/$device"; fi
done
if [ -c dev/kvm ]; then chmod 666 dev/kvm; fi
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mkdir -p run/lab run/lock run/sshd run/sendsigs.omit.d var/lib/nova/instances srv/instances mnt
mount --bind "$dir/shared" srv/instances
cp "$dir/id.pub" run/lab/key.pub
pivot_root . mnt
cd /
umount -l /mnt

# ---- its configuration ----------------------------------------------------------------------------------------------

export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
number() { case $1 in controller) echo 10 ;; *) echo "1${1#compute}" ;; esac; }
mine() { sed -i "/^\(op\|plain\|nova\):/d" "/etc/$1"; }

echo "$node" >/etc/hostname
{
  echo '127.0.0.1 localhost'
  for other; do echo "$net.0.$(number "$other") $other.lab $other"; done
} >/etc/hosts
rm -f /etc/resolv.conf
: >/etc/resolv.conf
rm -f /etc/machine-id
printf '%032x\n' "$((0x1ab0000 + i))" >/etc/machine-id
# The hash is of "lab".
# shellcheck disable=SC2016
lab='$6$livemig$IPufw10mRo0v5yYucgRnVj38KUtR9yJO4J7iYAyGg.kiHjgWlUrKIvDlH38tfwUd458zEl9iI/jJ10rqAS68K/'
for file in passwd group shadow gshadow; do mine "$file"; done
# Users and groups of the packages, with the numbers they have in Debian's.
getent group kvm >/dev/null || echo 'kvm:x:64053:' >>/etc/group
getent group libvirt >/dev/null || echo 'libvirt:x:64056:' >>/etc/group
getent group libvirt-qemu >/dev/null || echo 'libvirt-qemu:x:64055:' >>/etc/group
getent passwd libvirt-qemu >/dev/null ||
  echo 'libvirt-qemu:x:64055:64053:Libvirt Qemu:/var/lib/libvirt:/usr/sbin/nologin' >>/etc/passwd
getent passwd _rpc >/dev/null || echo '_rpc:x:64057:65534::/run/rpcbind:/usr/sbin/nologin' >>/etc/passwd
printf '%s\n' 'op:x:64001:' 'plain:x:64002:' 'nova:x:64060:' >>/etc/group
sed -i 's/^libvirt:\([^:]*:[^:]*:\).*/libvirt:\1nova/' /etc/group
printf '%s\n' 'op:x:64001:64001::/home/op:/bin/bash' 'plain:x:64002:64002::/home/plain:/bin/sh' \
  'nova:x:64060:64060::/var/lib/nova:/bin/bash' >>/etc/passwd
printf '%s\n' "op:$lab:19000::::::" "plain:$lab:19000::::::" "nova:$lab:19000::::::" "root:$lab:19000::::::" >/run/lab/shadow
grep -v '^root:' /etc/shadow >>/run/lab/shadow || true
cat /run/lab/shadow >/etc/shadow
rm /run/lab/shadow
printf '%s\n' 'root ALL=(ALL) ALL' 'op ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers
rm -f /etc/sudoers.d/*
for account in root:/root op:/home/op plain:/home/plain nova:/var/lib/nova; do
  home=${account#*:}
  account=${account%%:*}
  mkdir -p "$home/.ssh"
  rm -f "$home"/.bashrc "$home"/.profile "$home"/.ssh/*
  chmod 700 "$home/.ssh"
  cp /run/lab/key.pub "$home/.ssh/authorized_keys"
  chown -R "$account:" "$home/.ssh"
done
chown nova:nova /var/lib/nova
chmod 755 /var/lib/nova /home/op /home/plain

rm -f /etc/ssh/ssh_host_* /etc/ssh/sshd_config.d/*
ssh-keygen -q -t ed25519 -N '' -C "$node" -f /etc/ssh/ssh_host_ed25519_key
cat >/etc/ssh/sshd_config <<END
HostKey /etc/ssh/ssh_host_ed25519_key
PermitRootLogin yes
PasswordAuthentication yes
KbdInteractiveAuthentication no
UsePAM no
MaxStartups 100
PidFile /run/sshd.pid
Subsystem sftp internal-sftp
END

rm -rf /etc/nova /etc/nova.conf /etc/pki /etc/exports.d /etc/fstab /etc/exports /etc/libvirt/qemu /etc/libvirt/secrets /etc/libvirt/storage \
  /etc/sysctl.d /etc/sysctl.conf /etc/systemd/system/*virt* /etc/systemd/system/*.wants/*virt* \
  /usr/lib/systemd/system/libvirtd* /usr/lib/systemd/system/virt*
mkdir -p /etc/nova /etc/libvirt /etc/sasl2 /etc/ganesha /etc/sysctl.d
: >/etc/fstab
cat >/etc/nova/nova.conf <<END
[DEFAULT]
my_ip = $net.0.$i
host = $node
instances_path = /var/lib/nova/instances
[vnc]
enabled = true
server_listen = 0.0.0.0
server_proxyclient_address = $net.0.$i
END

if [ "$node" != controller ]; then
  cat >>/etc/nova/nova.conf <<END
[libvirt]
virt_type = qemu
cpu_mode = none
live_migration_inbound_addr = $net.1.$i
live_migration_scheme = tcp
END
  # What remains of a release when nova itself is not installed.
  rm -rf /usr/lib/python3/dist-packages/nova-[0-9]*
  mkdir -p /usr/lib/python3/dist-packages/nova-26.2.2.egg-info
  cat >/etc/default/libvirtd <<END
LIBVIRTD_ARGS="--listen"
END
  cat >/etc/libvirt/libvirtd.conf <<END
listen_tls = 0
listen_tcp = 1
auth_tcp = "none"
unix_sock_group = "libvirt"
unix_sock_rw_perms = "0770"
auth_unix_rw = "none"
host_uuid = "1ab00000-0000-4000-8000-0000000000$i"
log_outputs = "3:file:/var/log/libvirt/libvirtd.log"
END
  echo 'mech_list: gssapi' >/etc/sasl2/libvirt.conf
  cat >/etc/libvirt/qemu.conf <<END
security_driver = "none"
namespaces = [ ]
cgroup_controllers = [ ]
END
  # What a compute node would mount; no kernel here can.
  cat >/etc/fstab <<END
controller:/srv/instances /var/lib/nova/instances nfs hard,vers=4.1,_netdev 0 0
END
  # By FUSE, under the name that libvirt takes for GlusterFS: so it counts as shared, which a bind mount does not.
  bindfs -o "allow_other,fsname=controller:/srv/instances,subtype=glusterfs" /srv/instances /var/lib/nova/instances
else
  # It computes nothing, and so has nothing of libvirt's.
  rm -rf /etc/libvirt /etc/default/libvirtd /etc/init.d/libvirtd /etc/init.d/virtlogd /usr/sbin/libvirtd /usr/sbin/virtlogd \
    /usr/bin/virsh /usr/bin/qemu-system-x86_64
  cat >/etc/exports <<END
/srv/instances $net.0.0/24(rw,sync,no_root_squash,no_subtree_check,fsid=1)
END
  # No kernel here serves NFS: nfs-ganesha does, in user space, what /etc/exports says.
  cat >/etc/ganesha/ganesha.conf <<END
NFS_CORE_PARAM { Protocols = 3, 4; MNT_Port = 20048; Enable_NLM = false; Enable_RQUOTA = false; }
NFSV4 { Graceless = true; }
EXPORT {
  Export_Id = 1;
  Path = /srv/instances;
  Pseudo = /srv/instances;
  Access_Type = RW;
  Squash = No_Root_Squash;
  SecType = sys;
  CLIENT { Clients = $net.0.0/24; }
  FSAL { Name = VFS; }
}
END
  cat >/etc/init.d/nfs-ganesha <<'END'
#!/bin/sh
# The package has units of systemd alone. nfs-ganesha start|stop|restart
pid=/run/ganesha.pid
if [ "$1" != start ] && [ -e "$pid" ]; then
  kill "$(cat "$pid")"
  while kill -0 "$(cat "$pid")" 2>/dev/null; do sleep 0.05; done
  rm -f "$pid"
fi
if [ "$1" != stop ]; then
  mkdir -p /run/ganesha /var/lib/nfs/ganesha
  ganesha.nfsd -f /etc/ganesha/ganesha.conf -L /var/log/ganesha.log -p "$pid"
  until showmount -e localhost >/dev/null 2>&1; do sleep 0.05; done
fi
END
  chmod 755 /etc/init.d/nfs-ganesha
fi
chown nova:nova /srv/instances

# ---- what runs ------------------------------------------------------------------------------------------------------

# A name by which the daemons' own scripts and livemig know an old-fashioned init.
rm -f /usr/sbin/init
cp /bin/bash /usr/sbin/init
cat >/run/lab/init <<'END'
cable() {
  until ip addr add "$2/24" dev "$1" 2>/dev/null; do sleep 0.01; done
  ip link set "$1" up
}
cable eth0 "$NET.0.$I"
cable eth1 "$NET.1.$I"
ip route add default via "$NET.0.1"
/usr/sbin/sshd -E /var/log/sshd.log
if [ "$NODE" = controller ]; then
  /etc/init.d/rpcbind start
  timeout 10 /etc/init.d/nfs-ganesha start
else
  mkdir -p /var/log/libvirt/qemu
  rm -f /run/libvirtd.pid /run/virtlogd.pid
  /etc/init.d/virtlogd start
  /etc/init.d/libvirtd start
  until virsh -q -c qemu:///system list >/dev/null; do sleep 0.05; done
fi
: >/run/lab/ready
trap 'exit 0' TERM
while :; do
  sleep 3600 &
  wait $!
done
END
cat >/run/lab/restart-libvirtd <<'END'
#!/bin/sh
# As `service libvirtd restart`, which sleeps for a second: comes back when libvirtd answers, or has ended. `bare`: by hand.
start-stop-daemon --stop --oknodo --quiet --retry 5 --pidfile /run/libvirtd.pid --exec /usr/sbin/libvirtd
rm -f /run/libvirtd.pid
if [ "${1:-}" = bare ]; then /usr/sbin/libvirtd -d; else /etc/init.d/libvirtd start >/dev/null; fi
for i in $(seq 100); do
  virsh -q -c qemu:///system list >/dev/null 2>&1 && exit 0
  pidof /usr/sbin/libvirtd >/dev/null || exit 1
  sleep 0.05
done
exit 1
END
cat >/run/lab/certify <<'END'
#!/bin/sh
# Makes certificates out of certtool's template on standard input: `certify authority DIR`, `certify libvirt|qemu [DIR]`.
set -e
ca=${2:-/run/lab/ca}
mkdir -p "$ca" /run/lab/own
cat >/run/lab/template
key() { [ -e "$1" ] || certtool --generate-privkey --key-type=rsa --bits=2048 --outfile "$1" 2>/dev/null; }
if [ "$1" = authority ]; then
  key "$ca/key.pem"
  certtool --generate-self-signed --load-privkey "$ca/key.pem" --template /run/lab/template --outfile "$ca/cert.pem" 2>/dev/null
  exit
fi
own=/run/lab/own
key "$own/key.pem"
certtool --generate-certificate --load-privkey "$own/key.pem" --load-ca-certificate "$ca/cert.pem" \
  --load-ca-privkey "$ca/key.pem" --template /run/lab/template --outfile "$own/cert.pem" 2>/dev/null
if [ "$1" = qemu ]; then
  mkdir -p /etc/pki/qemu
  cp "$ca/cert.pem" /etc/pki/qemu/ca-cert.pem
  for side in server client; do
    cp "$own/cert.pem" "/etc/pki/qemu/$side-cert.pem"
    cp "$own/key.pem" "/etc/pki/qemu/$side-key.pem"
  done
  chmod 644 /etc/pki/qemu/*
else
  mkdir -p /etc/pki/CA /etc/pki/libvirt/private
  cp "$ca/cert.pem" /etc/pki/CA/cacert.pem
  for side in server client; do
    cp "$own/cert.pem" "/etc/pki/libvirt/${side}cert.pem"
    cp "$own/key.pem" "/etc/pki/libvirt/private/${side}key.pem"
  done
fi
END
chmod 755 /run/lab/restart-libvirtd /run/lab/certify
exec env -i NET="$net" NODE="$node" I="$i" PATH="$PATH" HOME=/root LANG=C.UTF-8 bash -c 'exec -a init /usr/sbin/init /run/lab/init'
