import { spawn } from '../../core/child-process.ts';
import type { HookOrder } from '../fault-hook.ts';

/**
 * Heals when this program cannot any more. A small shell beside it knows which faults are in force; when its standard
 * input ends without a word, because the program was killed, it calls the hook's `heal` for each of them.
 */
export interface Guardian {
  remember(order: HookOrder): void;
  forget(order: HookOrder): void;
  /** Nothing is in force any more that it should heal. */
  close(): void;
}

export function startGuardian(options: { command: string; environment: NodeJS.ProcessEnv }): Guardian {
  const child = spawn('/bin/sh', ['-c', WATCH, 'kept-guardian', options.command], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // Ctrl-C is not meant for it, and it must outlive this program by a moment.
    detached: true,
    env: options.environment,
  });
  child.unref();
  // If it is gone there is nothing that it could be told.
  child.on('error', () => undefined);
  child.stdin.on('error', () => undefined);
  const tell = (line: string) => child.stdin.write(`${line}\n`);
  return {
    remember: (order) => tell(`+${order.id} ${JSON.stringify(order)}`),
    forget: ({ id }) => tell(`-${id}`),
    close: () => child.stdin.end(),
  };
}

/** An id is made of letters, digits and dashes. Each heal is tried three times; where there is `timeout`, it ends after a minute. */
const WATCH = `
trap '' INT TERM HUP
orders=$(mktemp -d) || exit 1
while IFS= read -r line; do
  case $line in
    +*) rest=\${line#+}; printf '%s\\n' "\${rest#* }" > "$orders/\${rest%% *}" ;;
    -*) rm -f "$orders/\${line#-}" ;;
  esac
done
limit=
command -v timeout > /dev/null && limit='timeout 60'
for order in "$orders"/*; do
  [ -f "$order" ] || continue
  for attempt in 1 2 3; do
    $limit /bin/sh -c "$1 heal" < "$order" > /dev/null 2>&1 && break
    sleep 1
  done
done
rm -rf "$orders"
`;
