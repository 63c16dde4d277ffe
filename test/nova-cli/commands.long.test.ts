// The nova-cli driver on the real thing: python3-openstackclient and python3-novaclient behind a real sshd, before a real Nova.
import { existsSync } from 'node:fs';
import { after, before, describe } from 'node:test';
import { noSshd } from '../fleet/sshd';
import { noNova, PASSWORD, startNova, type NovaLab } from '../nova/lab';
import { novaCliSuite } from './suite';

const missing = ['openstack', 'nova'].find((name) => !existsSync(`/usr/bin/${name}`));
const skip = noSshd || noNova || (missing !== undefined && `/usr/bin/${missing} is not installed`);

describe('a real Nova, by commands', { skip }, () => {
  let lab: NovaLab;
  before(async () => {
    lab = await startNova();
  });
  after(() => lab.stop());
  novaCliSuite(() => lab, PASSWORD);
});
