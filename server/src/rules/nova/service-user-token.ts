import { documentOf } from '../../model/parsed';
import { setOsloOption, setOsloValue } from '../edits';
import { defineRule } from '../rule';
import { placeOf } from './_entry';
import { isTrue, runsGuests } from './_guests';
import { isPlaceholder } from './_items';
import { optionOf } from './_options';

/** Who fills one of these in means to use the section. */
const CREDENTIALS = new Set(['auth_url', 'password', 'username', 'user', 'auth_type', 'auth_plugin', 'auth_section']);

export default defineRule({
  id: 'nova/service-user-token',
  scope: 'host',
  title: 'A service user that is never used',
  severity: 'info',
  files: ['nova'],
  releases: { from: 'ocata' },
  messages: {
    default:
      '[service_user] has an account, and send_service_user_token is off: long migrations fail when the token runs out; write true',
  },
  fixes: { on: 'Set send_service_user_token = true' },
  why: `A migration that takes longer than the caller's token lives ends in tidying up: Neutron and Cinder refuse what nova asks of them, and
ports and volumes stay bound to the source. With a service user's token beside it the expired one is accepted. The section alone does not
do it; send_service_user_token is off by default.`,
  sources: ['nova/conf/service_token.py, 15.0.0 to 33.0.0', 'Nova administration guide: Configure service user token'],
  examples: [
    {
      files: {
        'etc/nova/nova.conf':
          '[libvirt]\nvirt_type = kvm\n⟦[service_user]⟧\nauth_url = http://ctl:5000\nusername = nova\npassword = p\n',
      },
      fix: 'on',
      good: {
        'etc/nova/nova.conf':
          '[libvirt]\nvirt_type = kvm\n[service_user]\nauth_url = http://ctl:5000\nusername = nova\npassword = p\nsend_service_user_token = true\n',
      },
    },
    {
      title: 'said aloud',
      release: 'ocata',
      files: {
        'etc/nova/nova.conf':
          '[libvirt]\r\nvirt_type=kvm\r\n[service_user]\r\nsend_service_user_token=⟦False⟧\r\nauth_section=keystone_authtoken\r\n',
      },
      fix: 'on',
      good: {
        'etc/nova/nova.conf':
          '[libvirt]\r\nvirt_type=kvm\r\n[service_user]\r\nsend_service_user_token=true\r\nauth_section=keystone_authtoken\r\n',
      },
    },
    {
      title: 'on, not used at all, not decided yet',
      files: {
        'c1/etc/nova/nova.conf':
          '[libvirt]\nvirt_type = kvm\n[service_user]\nsend_service_user_token = true\nauth_url = http://ctl:5000\n',
        'c2/etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n',
        'c3/etc/nova/nova.conf':
          '[libvirt]\nvirt_type = kvm\n[service_user]\nsend_service_user_token = {{ token }}\nauth_url = http://ctl:5000\n',
        'c4/etc/nova/nova.conf': '[libvirt]\nvirt_type = kvm\n[service_user]\n',
      },
    },
    {
      title: 'a controller',
      files: {
        'livemig.ini': '[node ctl]\nroles = controller\n',
        'ctl/etc/nova/nova.conf': '[service_user]\nauth_url = http://ctl:5000\n',
      },
    },
  ],
  check(host, report) {
    const send = optionOf(host, 'service_user/send_service_user_token');
    if (!send || isTrue(send.value) || isPlaceholder(send.value ?? '') || !host.nova.whole) return;
    if (!runsGuests(host)) return;
    for (const file of host.nova.files) {
      const entry = documentOf(file, 'oslo').entries.find(
        (e) => e.section?.lookup === 'service_user' && CREDENTIALS.has(e.key) && e.value !== '',
      );
      const header = entry?.section;
      if (!header) continue;
      report({
        ...(placeOf(send) ?? { file, span: header.span }),
        fixes: [
          {
            title: 'on',
            preferred: false,
            edits: [
              send.file && send.entry
                ? setOsloValue(send.file, send.entry, 'true')
                : setOsloOption(file, send.option.group, send.option.name, 'true'),
            ],
          },
        ],
      });
      return;
    }
  },
});
