import { Command } from 'commander';
import { parseAcks, parseCount, parseRateOption } from '../options/parse.ts';
import { parseLength } from './amounts.ts';
import type { ImpairOptions, LabActions, ProduceOptions, ResetOptions, TopicOptions } from './actions.ts';

/** The commands of a lab, in the order of their help. */
export const LAB_COMMANDS = [
  'status',
  'topic',
  'produce',
  'consume',
  'kill',
  'stop',
  'start',
  'pause',
  'resume',
  'partition',
  'cut',
  'slow',
  'flaky',
  'disconnect',
  'heal',
  'logs',
  'controller',
  'end-offsets',
  'check',
  'reset',
  'help',
] as const;

const NODE = 'a node, or: leader, controller';

/**
 * The command line of a lab: `status`, `produce kept --acks 1`, … Its parser and its help; what each does is `actions`'.
 * @param end is given each command's exit status.
 */
export function labProgram(
  actions: LabActions,
  output: { out: (text: string) => void; err: (text: string) => void },
  end: (status: number) => void,
): Command {
  const program = new Command('lab')
    .enablePositionalOptions()
    .description('act on the lab that this shell stands in')
    .usage('COMMAND …, or the command alone')
    .helpCommand('help [command]', 'what a command does, with examples')
    .addHelpText(
      'after',
      `
A first round, in two terminals ("kept lab --attach" opens the second):
  produce kept --acks 1        writes until Ctrl-C, and counts what comes back
  kill leader                  in the other one, in the middle of it
  status                       who leads now, by each broker's own account
  start kafka1                 the one that was killed
  check                        reads everything back: what was lost, and why
  reset                        heals and starts everything, with a fresh topic

In other shells than bash, and in scripts, kill, cut, reset and help are called through "lab": lab kill leader.
Exit status: 0 done; 64 wrong usage; 2 it could not be done; check: 0 valid, 1 invalid, 2 inconclusive.`,
    );
  const add = (usage: string, description: string, help: string): Command =>
    program.command(usage).description(description).addHelpText('after', `\n${help}`);

  add(
    'status',
    'what every broker says of leader, epoch, ISR and controller',
    `Each broker is asked directly, so a zombie's claim to be leader stands beside the claims of those who replaced it.
End offsets come from the leader of each partition.

Example:
  status`,
  ).action(async () => end(await actions.status()));

  const topic = add(
    'topic',
    'make, describe or delete a topic',
    `The recorded topic is there from the beginning; "reset" makes it anew. Others are for play: nothing of them is recorded.

Examples:
  topic create play --partitions 3 --min-isr 2
  topic describe kept`,
  );
  topic
    .command('create')
    .argument('<name>')
    .description('make a topic; what is written to it is not recorded')
    .option('--partitions <n>', 'its partitions', parseCount, 1)
    .option(
      '--replication-factor <n>',
      'copies of each partition; as many as there are brokers, 3 at most, if absent',
      parseCount,
    )
    .option('--min-isr <n>', 'min.insync.replicas', parseCount, 1)
    .option('--unclean', 'allow unclean leader election')
    .addHelpText('after', '\nExample:\n  topic create play --partitions 3 --replication-factor 2')
    .action(async (name: string, options: TopicOptions) => end(await actions.createTopic(name, options)));
  topic
    .command('describe')
    .argument('[name]', 'the recorded topic if absent')
    .description('its partitions, leaders, replicas and settings')
    .addHelpText('after', '\nExample:\n  topic describe kept')
    .action(async (name: string | undefined) => end(await actions.describeTopic(name)));
  topic
    .command('delete')
    .argument('<name>')
    .description('delete a topic that was made here')
    .addHelpText('after', '\nExample:\n  topic delete play')
    .action(async (name: string) => end(await actions.deleteTopic(name)));

  add(
    'produce',
    'write to a topic, and count what was acknowledged, failed, and is unknown',
    `Without --count it goes on until Ctrl-C, which ends this producer only. What goes to the recorded topic is recorded:
"check" says what became of it. A history has one kind of acknowledgement: a producer with another one begins a new
history, with a fresh topic, and says so.

Examples:
  produce kept --acks 1
  produce kept --acks all --count 100000 --rate max --workers 10
  produce kept --acks 1 --slow`,
  )
    .argument('[topic]', 'the recorded topic if absent')
    .option('--acks <0|1|all>', 'what the producer waits for', parseAcks, 'all')
    .option('--count <n>', 'end after so many writes', parseCount)
    .option(
      '--rate <n|max>',
      'writes per second of all workers together; max: as fast as answers come',
      parseRateOption,
      1_000,
    )
    .option('--workers <n>', 'how many producers', parseCount, 8)
    .option('--in-flight <n>', 'writes that one worker may have outstanding', parseCount, 4)
    .option('--slow', 'one worker and one write a second, to follow each by eye')
    .action(async (name: string | undefined, options: ProduceOptions) =>
      end(await actions.produce(name, options)),
    );

  add(
    'consume',
    'read a topic from its beginning, and follow it',
    `Ends with Ctrl-C. A consumer of the recorded topic is recorded: what it was given, and is gone in the end, was seen.

Examples:
  consume kept
  consume kept --values | head`,
  )
    .argument('[topic]', 'the recorded topic if absent')
    .option('--values', 'print partition, offset and value of every record')
    .action(async (name: string | undefined, options: { values?: true }) =>
      end(await actions.consume(name, options)),
    );

  const strikes = [
    ['kill', 'end a node at once (SIGKILL)', 'start'],
    ['stop', 'shut a node down in good order (SIGTERM)', 'start'],
    ['pause', 'halt a node, which keeps its connections (SIGSTOP)', 'resume'],
  ] as const;
  for (const [kind, description, undo] of strikes) {
    add(kind, description, `"${undo} NODE" undoes it.\n\nExamples:\n  ${kind} leader\n  ${kind} kafka2`)
      .argument('<node>', NODE)
      .action(async (node: string) => end(await actions.strike(kind, node)));
  }
  add(
    'start',
    'start a node that was killed or stopped',
    'Resolves when it answers.\n\nExample:\n  start kafka1',
  )
    .argument('<node>', 'a node')
    .action(async (node: string) => end(await actions.start(node)));
  add('resume', 'let a paused node go on', 'Example:\n  resume kafka1')
    .argument('<node>', 'a node')
    .action(async (node: string) => end(await actions.resume(node)));

  add(
    'partition',
    'split the network into groups that lose each other',
    `Nodes of one group are joined by commas; what stands in no group is one more group. Clients reach all brokers, unless
"client" stands in a group. "heal" undoes it.

Examples:
  partition kafka1 kafka2,kafka3,zookeeper
  partition leader
  partition kafka1,zookeeper kafka2,kafka3,client`,
  )
    .argument('<groups...>', 'nodes, joined by commas; also: leader, controller, client')
    .action(async (groups: string[]) => end(await actions.partition(groups)));
  add(
    'cut',
    'cut the connection between two nodes',
    `Packets vanish, nothing is refused. "heal" undoes it.

Examples:
  cut leader zookeeper
  cut kafka1 kafka2 --one-way     (only what kafka1 sends to kafka2 is lost)`,
  )
    .argument('<from>', 'a node, or: leader, controller, client')
    .argument('<to>', 'another one')
    .option('--one-way', 'only what the first sends to the second is lost')
    .action(async (from: string, to: string, options: { oneWay?: true }) =>
      end(await actions.cut(from, to, options)),
    );
  add(
    'slow',
    'delay packets between a node and the others, or between two nodes',
    `Needs the kernel module sch_netem where the nodes run, and says so where it is missing. Without a time it is 100 ms, in
each direction. "heal" undoes it.

Examples:
  slow kafka1                     (between kafka1 and the rest of the cluster)
  slow leader kafka2 200ms
  slow kafka1 kafka2 1s --jitter 300ms --one-way`,
  )
    .argument('<node...>', `${NODE}, client; perhaps another one; perhaps by how much: 200ms, 1.5s`)
    .option('--jitter <time>', 'by so much more or less at random', parseLength)
    .option('--one-way', 'only what the first sends is late')
    .action(async (words: string[], options: ImpairOptions) => end(await actions.slow(words, options)));
  add(
    'flaky',
    'lose a part of the packets between a node and the others, or between two nodes',
    `Without a number it is 20%, in each direction, at random. TCP sends lost packets again, so nothing is lost for good:
connections become slow, and some break. "heal" undoes it.

Examples:
  flaky kafka1                    (between kafka1 and the rest of the cluster)
  flaky leader kafka2 20%
  flaky client kafka1 5% --one-way`,
  )
    .argument('<node...>', `${NODE}, client; perhaps another one; perhaps how much: 20%`)
    .option('--one-way', 'only what the first sends is lost')
    .action(async (words: string[], options: ImpairOptions) => end(await actions.flaky(words, options)));
  add(
    'disconnect',
    'take a node off the network, as pulling its cable does',
    `In a lab of containers only: the Docker daemon does it. The node keeps its address. "heal" undoes it.

Examples:
  disconnect leader
  disconnect kafka2`,
  )
    .argument('<node>', NODE)
    .action(async (node: string) => end(await actions.strike('disconnect', node)));
  add(
    'heal',
    'undo every cut, loss, delay and disconnection',
    'Nodes that are down or paused stay so, unless --all is given.\n\nExamples:\n  heal\n  heal --all',
  )
    .option('--all', 'start and resume every node as well')
    .action(async (options: { all?: true }) => end(await actions.heal(options)));

  add('logs', "print a node's own log", 'Examples:\n  logs kafka1 --grep Truncat\n  logs leader --follow')
    .argument('<node>', NODE)
    .option('--grep <text>', 'only lines that hold this, whatever the case of its letters')
    .option('--follow', 'go on until Ctrl-C')
    .action(async (node: string, options: { grep?: string; follow?: true }) =>
      end(await actions.logs(node, options)),
    );
  add('controller', 'who is the active controller, by each broker', 'Example:\n  controller').action(
    async () => end(await actions.controller()),
  );
  add(
    'end-offsets',
    'first offset and high watermark of each partition, by its leader',
    'Example:\n  end-offsets kept',
  )
    .argument('[topic]', 'the recorded topic if absent')
    .action(async (name: string | undefined) => end(await actions.endOffsets(name)));

  add(
    'check',
    'read everything back: what was lost, and why',
    `Ends the producers and consumers, heals and starts everything, waits until the brokers agree, reads the topic back and
says whether Kafka kept what it acknowledged. It draws what you did as timeline.svg. The history is closed then; the next
command that changes something begins a new one, with a fresh topic. "kept check store/run-N" judges it again at any time.

Exit status: 0 valid, 1 invalid, 2 inconclusive.

Example:
  check`,
  ).action(async () => end(await actions.check()));
  add(
    'reset',
    'heal and start everything, and begin anew with a fresh topic',
    `A history that was not checked stays in the store as it is: "check" first, if you want to know what was lost.

Examples:
  reset
  reset --min-isr 2`,
  )
    .option('--min-isr <n>', 'min.insync.replicas of the topic from now on', parseCount)
    .option('--unclean', 'allow unclean leader election from now on')
    .action(async (options: ResetOptions) => end(await actions.reset(options)));
  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (words: string[]) => end(await actions.complete(words)));

  for (const command of [program, ...program.commands, ...topic.commands]) {
    command
      .exitOverride()
      .configureOutput({
        writeOut: output.out,
        writeErr: output.err,
        outputError: (text, write) => write(text),
      })
      .showHelpAfterError(`("${command === program ? 'help' : `${command.name()} --help`}" teaches)`);
  }
  return program;
}
