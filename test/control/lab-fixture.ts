import { writeFileSync } from 'node:fs';
import { realClock } from '../../src/core/clock.ts';
import { enterLab, insideLab } from '../../src/control/netns/enter.ts';
import { createLab } from '../../src/control/netns/lab.ts';

/**
 * A real, tiny program that enters a lab, for the tests to run, signal and kill. What it learns inside it prints as one
 * line of JSON. Usage: lab-fixture.ts status|net|daemon|wait [MARKER]
 */
const [task, marker = ''] = process.argv.slice(2);
const clock = realClock();

async function inside(): Promise<void> {
  if (task === 'status') process.exit(7);
  if (task === 'wait') {
    process.on('SIGINT', () => process.stdout.write('SIGINT\n'));
    process.on('SIGTERM', () => {
      process.stdout.write('SIGTERM\n');
      process.exit(3);
    });
    const { nodes } = await createLab([{ name: 'a' }]);
    await nodes
      .get('a')!
      .spawn(['sleep', '300'], { outputFile: '/dev/null', environment: { KEPT_TEST_MARKER: marker } });
    process.stdout.write('ready\n');
    await clock.sleep(300_000);
  }
  const { net, nodes } = await createLab([{ name: 'a' }, { name: 'b' }, { name: 'c' }]);
  if (task === 'net') {
    const reach = (from: string, to: string) => net.reachable({ from, to }, 400);
    const before = await reach('a', 'b');
    await net.cut([{ from: 'a', to: 'b' }]);
    const table = await nodes.get('a')!.exec(['ip', 'neigh', 'show', '192.0.2.11']);
    const opposite = await nodes.get('b')!.exec(['ip', 'neigh', 'show', 'nud', 'permanent']);
    const during = {
      ab: await reach('a', 'b'),
      ba: await reach('b', 'a'),
      ac: await reach('a', 'c'),
      client: await reach('client', 'a'),
    };
    await net.heal();
    const after = await reach('a', 'b');
    await net.cut([{ from: 'client', to: 'c' }]);
    const client = { c: await reach('client', 'c'), b: await reach('client', 'b') };
    console.log(
      JSON.stringify({ before, table: table.stdout, opposite: opposite.stdout, during, after, client }),
    );
  }
  if (task === 'daemon') {
    const daemon = await nodes
      .get('b')!
      .spawn(['sh', '-c', 'echo hello; ip -o addr show dev eth0; exec sleep 300'], {
        outputFile: marker,
      });
    await clock.sleep(300);
    daemon.signal('SIGSTOP');
    await clock.sleep(100);
    const stopped = await daemon.state();
    daemon.signal('SIGKILL');
    const exited = await daemon.exited;
    console.log(JSON.stringify({ stopped, exited, gone: await daemon.state() }));
  }
  process.exit(0);
}

if (insideLab()) await inside();
else {
  const status = await enterLab(process.argv.slice(2));
  if (task === 'wait') writeFileSync(1, `outer saw ${status}\n`);
  process.exit(status);
}
