/** The bridge that all nodes hang on; the client's place has its address there. */
export const BRIDGE = 'lab0';

/** What to put before a command so that it runs on the node. nsenter becomes the command, so its pid is the daemon's. */
export function insideCommand(node: string): string[] {
  return ['nsenter', `--net=/run/netns/${node}`];
}
