/** Files whose change on disk matters, as globs. */
export const WATCHED: readonly string[] = [
  '**/{nova.conf,nova-*.conf,libvirtd.conf,virtproxyd.conf,virtqemud.conf,qemu.conf,livemig.ini,facts.json}',
  '**/nova.conf.d/*.conf',
  '**/{default,sysconfig}/{libvirt-bin,libvirtd}',
  '**/init/libvirt-bin.conf',
  '**/{exports,fstab,hosts,hostname,passwd,group,os-release}',
  '**/exports.d/*.exports',
];
