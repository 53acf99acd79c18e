import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as v from 'valibot';
import { environmentSchema } from '../model/result.ts';
import { canObserve, readEnvironment, readListenDrops, readMachine } from './environment.ts';

describe('environment', () => {
  it('matches the model', async () => {
    const environment = await readEnvironment({ bun: '1.4.5', ioUring: 'available' });
    assert.deepEqual(v.parse(environmentSchema, environment), environment);
    assert.equal(environment.node, process.version);
    assert.ok(environment.memoryBytes > 0 && environment.cpus > 0 && environment.openFilesLimit > 0);
  });

  it('includes the limits of this machine', async () => {
    const machine = await readMachine({ bun: '1.4.5', ioUring: 'available' });
    assert.ok(machine.cpus.length > 0);
    assert.ok(machine.memoryBytes > 0);
    assert.ok(machine.openFilesLimit > 0);
    assert.equal(machine.isRoot, process.getuid?.() === 0);
    if (process.platform !== 'linux') return;
    assert.ok((machine.somaxconn ?? 0) > 0);
    assert.ok(machine.portRange && machine.portRange[0] < machine.portRange[1]);
    assert.ok(await readListenDrops());
  });

  it('can be read if there is a procfs', () => {
    assert.equal(canObserve(), process.platform === 'linux');
    assert.equal(canObserve('/no/such/folder'), false);
  });
});
