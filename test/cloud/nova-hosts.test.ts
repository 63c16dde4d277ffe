// Hosts of a real Nova that are drained, or read over SSH, and migrations by commands on a controller.
import { after, before } from 'node:test';
import { novaCliSuite } from '../nova-cli/suite';
import { drainSuite } from '../nova/drain';
import { noNova, PASSWORD, startNova, type NovaLab } from '../nova/lab';
import { readSuite } from '../nova/read';

let lab: NovaLab;
if (!noNova) {
  before(async () => {
    lab = await startNova();
  });
  after(() => lab.stop());
}

drainSuite(() => lab);
readSuite(() => lab);
novaCliSuite(() => lab, PASSWORD);
