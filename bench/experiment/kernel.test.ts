import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { droppedHandshakes, stolenTime } from './kernel.ts';

describe('what the kernel counted during the load', () => {
  it('tells of CPU time that the host gave to others, from one percent on', () => {
    const before = { total: 1000, idle: 500, stolen: 10 };
    const [notice] = stolenTime(before, { total: 3000, idle: 1500, stolen: 73 });
    assert.equal(notice?.code, 'cpu-stolen');
    assert.match(notice.text, /gave 3\.1 % of its CPU time to others/);
    assert.deepEqual(stolenTime(before, { total: 3000, idle: 1500, stolen: 29 }), []);
    assert.deepEqual(stolenTime(before, before), []);
    assert.deepEqual(stolenTime(null, before), []);
    assert.deepEqual(stolenTime(before, null), []);
  });

  it('tells of handshakes that found the backlog full', () => {
    const [notice] = droppedHandshakes({ overflows: 3, drops: 3 }, { overflows: 10, drops: 12 });
    assert.equal(notice?.code, 'listen-overflow');
    assert.match(notice.text, /overflowed 7 times/);
    assert.deepEqual(droppedHandshakes({ overflows: 3, drops: 3 }, { overflows: 3, drops: 9 }), []);
    assert.deepEqual(droppedHandshakes(null, { overflows: 3, drops: 9 }), []);
  });
});
