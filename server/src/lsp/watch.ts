/** Files whose change on disk matters, as globs. */
export const WATCHED: readonly string[] = [
  '**/{nova.conf,nova-*.conf,libvirtd.conf,virtproxyd.conf,virtqemud.conf,qemu.conf,livemig.ini,facts.json}',
  '**/nova.conf.d/*.conf',
  '**/{default,sysconfig}/{libvirt-bin,libvirtd}',
  '**/init/libvirt-bin.conf',
  '**/systemd/system/{libvirt,virtproxyd,virtqemud,nova-compute,openstack-nova-compute}*.{socket,service}',
  '**/systemd/system/{libvirt,virtproxyd,virtqemud,nova-compute,openstack-nova-compute}*.d/*.conf',
  '**/systemd/system/*.mount',
  '**/systemd/system/*.target.wants/{libvirt,virtproxyd,virtqemud}*',
  '**/{sasl2,sysctl.d}/*.conf',
  '**/{auth.conf,sysctl.conf}',
  '**/{exports,fstab,hosts,hostname,passwd,group,os-release}',
  '**/exports.d/*',
];
