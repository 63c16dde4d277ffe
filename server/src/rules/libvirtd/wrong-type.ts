import { defineRule } from '../rule';
import { checkTypes, TYPE_FIXES, TYPE_MESSAGES } from './_keys';

export default defineRule({
  id: 'libvirtd/wrong-type',
  scope: 'host',
  title: 'A value of another type than the daemon reads',
  severity: 'error',
  files: ['libvirtd'],
  messages: TYPE_MESSAGES,
  fixes: TYPE_FIXES,
  why: `Ports, addresses and permissions are texts and need quotes; switches are a bare 0 or 1. The daemon ends with *Can't load
config file: internal error: FILE: expected a string for 'tcp_port' parameter*, *expected a bool for 'listen_tcp' parameter* or
*value for 'listen_tcp' parameter must be 0 or 1*.`,
  sources: ['libvirtd 9.0.0 run on each of the examples', 'src/remote/libvirtd.aug of libvirt 9.0.0'],
  explains: [
    /(libvirtd|virtproxyd|virtqemud)\.conf: expected an? [\w ]+ for '\w+' parameter/,
    /(libvirtd|virtproxyd|virtqemud)\.conf: value for '\w+' parameter must be 0 or 1/,
  ],
  preflight: 'destination',
  examples: [
    {
      title: 'a port without quotes, a switch with',
      files: { 'etc/libvirt/libvirtd.conf': 'listen_tcp = ⟦"1"⟧ # on\r\ntcp_port = ⟦16509⟧\r\n' },
      good: { 'etc/libvirt/libvirtd.conf': 'listen_tcp = 1 # on\r\ntcp_port = "16509"\r\n' },
    },
    { title: 'a switch has two positions', files: { 'etc/libvirt/libvirtd.conf': 'listen_tcp = ⟦2⟧\n' } },
    {
      title: 'a list of one',
      files: { 'etc/libvirt/libvirtd.conf': 'sasl_allowed_username_list = ⟦"joe@EXAMPLE.COM"⟧\n' },
      good: { 'etc/libvirt/libvirtd.conf': 'sasl_allowed_username_list = [ "joe@EXAMPLE.COM" ]\n' },
    },
    {
      title: 'right types; a later equal key and one no daemon reads any more are not looked at',
      files: {
        'etc/libvirt/libvirtd.conf':
          'listen_tcp = 1\nlisten_tcp = "1"\nauth_tcp = \'none\'\nunix_sock_rw_perms = "0770"\nkeepalive_interval = -1\nmdns_adv = "0"\n',
      },
    },
  ],
  check: (host, report) => checkTypes(host.filesOf('libvirtd'), report),
});
