import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createScope } from './scope.ts';

describe('scope', () => {
  it('undoes in reverse order, one after another', async () => {
    const scope = createScope();
    const order: string[] = [];
    for (const name of ['folder', 'server', 'nginx']) {
      scope.add(name, async () => {
        order.push(`${name} begins`);
        await new Promise(setImmediate);
        order.push(`${name} ends`);
      });
    }
    assert.deepEqual(await scope.close(), []);
    assert.deepEqual(order, [
      'nginx begins',
      'nginx ends',
      'server begins',
      'server ends',
      'folder begins',
      'folder ends',
    ]);
  });

  it('continues after a failure and reports it', async () => {
    const scope = createScope();
    const undone: string[] = [];
    scope.add('first', () => void undone.push('first'));
    scope.add('second', () => {
      throw new Error('no');
    });
    scope.add('third', () => Promise.reject(new Error('never')));
    assert.deepEqual(
      (await scope.close()).map(({ name, error }) => [name, String(error)]),
      [
        ['third', 'Error: never'],
        ['second', 'Error: no'],
      ],
    );
    assert.deepEqual(undone, ['first']);
  });

  it('undoes everything only once if it is closed twice', async () => {
    const scope = createScope();
    let times = 0;
    scope.add('thing', () => void times++);
    await Promise.all([scope.close(), scope.close()]);
    await scope.close();
    assert.equal(times, 1);
  });

  it('undoes actions immediately that are added during or after the close', async () => {
    const scope = createScope();
    const undone: string[] = [];
    scope.add('slow', async () => {
      await new Promise(setImmediate);
      scope.add('during', () => void undone.push('during'));
      undone.push('slow');
    });
    await scope.close();
    assert.deepEqual(undone, ['slow', 'during']);
    scope.add('after', () => void undone.push('after'));
    assert.deepEqual(undone, ['slow', 'during', 'after']);
  });
});
