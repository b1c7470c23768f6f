import type { ExecutionContext } from 'ava';
import { abilitiesHere } from '../../src/control/netns/abilities.ts';
import { expectedOf, LAB_CASES } from '../lab/cases.ts';

/**
 * Containers that cannot be reached at their own addresses, where everything is done by ports that the daemon publishes: the
 * contract of a lab, and real Kafka to a verdict, as published.ts tells of them.
 */
export async function assertPublished(
  t: ExecutionContext,
  told: Record<string, unknown>,
  stderr: string,
): Promise<void> {
  const said = `${stderr}\n${String(told['said'])}`;

  const contract = (told['contract'] ?? {}) as Record<string, unknown>;
  const withoutDelay = (await abilitiesHere()).delay.answer !== 'yes';
  for (const each of LAB_CASES)
    t.deepEqual(
      contract[each.name],
      expectedOf(each, 'published', withoutDelay),
      `${each.name}\n${String(told['reachedFromAway'])}${stderr}`,
    );
  t.regex(
    String(told['reachedFromAway']),
    /ports published on 10\.99\.0\.1, because 172\.\S+ of a was tried/,
  );
  // A node that is disconnected would come back at other ports, so this lab says that it cannot do it.
  t.regex(String(told['reachedFromAway']), /^plugs: the workers reach the nodes by published ports/m);

  t.is(told['exitStatus'], 1, said);
  t.deepEqual(told['judgements'], ['permitted'], said);
  const [note] = told['notes'] as string[];
  t.regex(
    note ?? '',
    /ports published on 127\.0\.0\.1, because 172\.\S+ of kafka1 was tried \(ECONNREFUSED\)/,
  );
  const faults = told['faults'] as { verified: boolean; evidence: string }[];
  t.is(faults.length, 4, said);
  t.true(
    faults.every(({ verified }) => verified),
    JSON.stringify(faults),
  );
  t.regex(faults[0]!.evidence, /^no TCP connection within .* client–kafka1$/);
  const viewers = (told['viewers'] as string[]).filter((name) => !name.startsWith('log:'));
  t.deepEqual(viewers.toSorted(), ['kafka1', 'kafka2', 'kafka3'], 'each broker gives its own account');
  t.deepEqual(told['left'], []);
}
