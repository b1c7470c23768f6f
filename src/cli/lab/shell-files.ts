import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LAB_COMMANDS } from './program.ts';

/**
 * What a shell needs to have the lab's commands: a directory of tiny programs, and for bash a file of functions, which also
 * have the names that bash or the system use for something else (kill, cut, reset, help). Those go on to mean what
 * they meant where their words cannot be meant for the lab.
 */
export interface ShellFiles {
  /** For PATH. */
  directory: string;
  /** For bash: --rcfile, or BASH_ENV in a script. */
  rcFile: string;
}

/** Names that mean something else to a system or its shells. */
const TAKEN: ReadonlySet<string> = new Set(['kill', 'cut', 'reset', 'help']);
const PROGRAM = fileURLToPath(new URL('lab-command.js', import.meta.url));

/** @param directory the lab's own. */
export function writeShellFiles(directory: string): ShellFiles {
  const programs = join(directory, 'bin');
  mkdirSync(programs, { recursive: true });
  const start = (words: string) => `exec ${quoted(process.execPath)} ${quoted(PROGRAM)} ${words}"$@"\n`;
  writeFileSync(join(programs, 'lab'), `#!/bin/sh\n${start('')}`, { mode: 0o755 });
  for (const name of LAB_COMMANDS) {
    if (!TAKEN.has(name))
      writeFileSync(join(programs, name), `#!/bin/sh\n${start(`${name} `)}`, { mode: 0o755 });
  }
  const rcFile = join(directory, 'bashrc');
  writeFileSync(rcFile, bashText(programs));
  return { directory: programs, rcFile };
}

/** In a script it is read by every bash, so it does no more than define. */
function bashText(programs: string): string {
  return `case $- in *i*) [ -f ~/.bashrc ] && . ~/.bashrc; PS1='kept-lab# ' ;; esac
case ":$PATH:" in *:${programs}:*) ;; *) PATH=${quoted(programs)}:$PATH ;; esac
# Jobs and processes are still the shell's business.
kill() { case "\${!#}" in [a-zA-Z]*|--help) lab kill "$@" ;; *) builtin kill "$@" ;; esac; }
cut() { case "$1" in --one-way|--help|[!-]*) lab cut "$@" ;; *) command cut "$@" ;; esac; }
reset() { lab reset "$@"; }
help() { lab help "$@"; }
case $- in *i*)
  _kept_lab() {
    local words=("\${COMP_WORDS[@]:0:COMP_CWORD+1}")
    [ "\${words[0]}" = lab ] && words=("\${words[@]:1}")
    local IFS=$'\\n'
    COMPREPLY=($(lab complete -- "\${words[@]}" 2>/dev/null))
  }
  complete -F _kept_lab lab ${LAB_COMMANDS.join(' ')} ;;
esac
`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
