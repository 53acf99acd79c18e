import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { droppedHandshakes, fullDisk, throttling } from './kernel.ts';

describe('what the kernel counted during the load', () => {
  it('tells of handshakes that found the backlog full', () => {
    const [notice] = droppedHandshakes({ overflows: 3, drops: 3 }, { overflows: 10, drops: 12 });
    assert.deepEqual([notice?.code, notice?.data], ['listen-overflow', { count: 7 }]);
    assert.deepEqual(droppedHandshakes({ overflows: 3, drops: 3 }, { overflows: 3, drops: 9 }), []);
    assert.deepEqual(droppedHandshakes(null, { overflows: 3, drops: 9 }), []);
    assert.deepEqual(droppedHandshakes({ overflows: 3, drops: 3 }, null), []);
  });

  it('tells of a temporary folder without space, and not of a file system that counts none', () => {
    assert.deepEqual(
      [
        { blocks: 16, bavail: 0 },
        { blocks: 16, bavail: 1 },
        { blocks: 0, bavail: 0 },
      ].map((stats) => fullDisk(stats).map(({ code }) => code)),
      [['temporary-folder-full'], [], []],
    );
  });

  it('tells of a CPU quota that was used up, from a whole period on', () => {
    const [notice] = throttling(1_000_000, 3_340_000);
    assert.deepEqual([notice?.code, notice?.data], ['cpu-throttled', { us: 2_340_000 }]);
    assert.equal(throttling(0, 50_000).length, 1);
    assert.deepEqual(throttling(0, 49_999), []);
    assert.deepEqual(throttling(null, 9e6), []);
    assert.deepEqual(throttling(0, null), []);
  });
});
