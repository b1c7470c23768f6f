import test from 'ava';
import { Failure } from '../../../src/core/failure.ts';
import type { Connection } from '../../../src/control/ssh/connection.ts';
import { repeatOn } from '../../../src/control/ssh/lasting-connection.ts';

/** Connections, one after the other: each opens a shell, or fails because it is lost, or fails although it serves. */
function connections(...each: ('opens' | 'lost' | 'refuses')[]) {
  const asked: string[] = [];
  return {
    asked,
    lasting: {
      current: () => {
        const fate = each[asked.length]!;
        asked.push(fate);
        let why: string | null = null;
        return Promise.resolve({
          lostBecause: () => why,
          openShell() {
            if (fate === 'opens') return Promise.resolve('a shell');
            if (fate === 'lost') why = 'No response from server';
            return Promise.reject(new Failure(`it ${fate}`));
          },
        } as unknown as Connection);
      },
    },
  };
}

const open = (connection: Connection): Promise<unknown> => connection.openShell();

test('a connection that looked as if it served, and was lost, is no reason to fail: the next one serves', async (t) => {
  const { lasting, asked } = connections('lost', 'lost', 'opens');
  t.is(await repeatOn(lasting, open), 'a shell');
  t.is(asked.length, 3);
});

test('a connection that is lost again and again is none', async (t) => {
  const { lasting, asked } = connections('lost', 'lost', 'lost', 'opens');
  await t.throwsAsync(() => repeatOn(lasting, open), { instanceOf: Failure, message: 'it lost' });
  t.is(asked.length, 3);
});

test('a host that says no on a connection that serves is not asked again', async (t) => {
  const { lasting, asked } = connections('refuses', 'opens');
  await t.throwsAsync(() => repeatOn(lasting, open), { instanceOf: Failure, message: 'it refuses' });
  t.is(asked.length, 1);
});
