/** One file of each dialect as they look in the field. */
import { type Dialect } from '../../server/src/syntax';

export const SAMPLES: Readonly<Record<Dialect, string>> = {
  oslo: `# nova.conf of compute1
[DEFAULT]
my_ip = 10.77.0.11
transport_url = rabbit://openstack:p#ss@controller:5672/
instances_path=$state_path/instances
; livemig: ignore nova/uri-deprecated -- until the upgrade
pci_passthrough_whitelist: {"vendor_id": "8086",
    "product_id": "10fb"}

[libvirt]
virt_type = kvm
live_migration_uri = "qemu+tcp://%s/system"
cpu_models = Cascadelake-Server,
  Skylake-Server
[LIBVIRT]
live_migration_permit_post_copy = true
[vnc]
server_listen = 0.0.0.0
server_proxyclient_address = $my_ip
`,
  libvirt: `# Master libvirt daemon configuration file
listen_tls = 0
listen_tcp = 1   # plain TCP
auth_tcp = "none"; tcp_port = '16509'
# livemig: ignore libvirtd/auth-tcp-none, libvirtd/listen-tcp-off
listen_addr = "0.0.0.0"
tls_allowed_dn_list = [ "C=GB,O=Red Hat,CN=compute1",
    "CN=compute2",
]
host_uuid = """00000000-0000-0000-0000-000000000000"""
#max_clients = 5000
min_workers = +5
keepalive_interval = -1
`,
  shell: `# Defaults for libvirtd
start_libvirtd="yes"
# livemig: ignore defaults/daemon-flag-systemd -- sysv
libvirtd_opts="-d -l"   # options
export LIBVIRTD_ARGS='--listen'; KRB5_KTNAME=/etc/libvirt/krb5.tab
LONG="one \\
two"
EMPTY=
HOME_DIR=$HOME/x
`,
  upstart: `description "libvirt daemon"
start on (runlevel [2345]
  and stopped networking RESULT=ok)
stop on starting rc RUNLEVEL=[016]
expect daemon
respawn
env libvirtd_opts="-d -l"
pre-start script
	[ -r /etc/default/libvirt-bin ] && . /etc/default/libvirt-bin
	exec true
end script
# livemig: ignore defaults/conflict-upstart
exec /usr/sbin/libvirtd $libvirtd_opts
`,
  unit: `# /etc/systemd/system/libvirtd-tls.socket.d/override.conf
[Unit]
Description = Libvirt TLS, \\
  on the migration network
; the address comes late
After=network-online.target

[Socket]
# livemig: ignore defaults/socket-double -- the package's is cleared
ListenStream=
ListenStream=192.0.2.31:16514
FreeBind = yes
Environment="LIBVIRTD_ARGS=--listen" \\
# one for each line
; or so
            "B=b \\\\"
[X-Own]
Any = thing
`,
  exports: `# /etc/exports
/srv/nova  10.77.0.0/24(rw,sync,no_root_squash,no_subtree_check) \\
           10.78.0.1(ro)
"/srv/with blank" -rw,sync compute1 compute2(fsid=1)
# livemig: ignore exports/world -- a lab
/srv/world (ro)
/srv\\040two *(rw,sec=krb5p:krb5) # trailing
/srv/alone
`,
  fstab: `# <file system> <mount point> <type> <options> <dump> <pass>
UUID=0a3407de-014b-458b-b5c1-848e92a327a3 / ext4 errors=remount-ro 0 1
# livemig: ignore fstab/soft -- read only data
controller:/srv/nova\t/var/lib/nova/instances\tnfs4\trw,hard,_netdev,vers=4.2\t0\t0
10.77.0.10:/srv/with\\040blank /mnt/a\\040b nfs rw
tmpfs /tmp tmpfs
`,
  hosts: `127.0.0.1\tlocalhost
127.0.1.1 compute1.example compute1   # Debian
10.77.0.12 compute2
::1 localhost ip6-localhost
fe80::1 gw
`,
  passwd: `root:x:0:0:root:/root:/bin/bash
nova:x:64060:64060::/var/lib/nova:/bin/false
# a comment
libvirt-qemu:x:64055:106:Libvirt Qemu,,,:/var/lib/libvirt:/usr/sbin/nologin
`,
  group: `root:x:0:
kvm:x:106:nova,libvirt-qemu
libvirt:x:113:nova
`,
  'livemig-ini': `release = zed

[rules]
# livemig: ignore x/y
nova/uri-deprecated = off

[cloud]
; which driver
driver = nova
name = "prod ; east"

[node controller]
address = 192.168.3.10
user = root
roles = controller, nfs

[node compute1.example]
address = fd00::1
`,
};
