/**
 * With a capital at the beginning, except where a name stands there that is written as it is: of a node (`kafka1`), a
 * file (`run.json`), a setting (`acks=1`). A name that looks like any other word nobody can tell, so sentences do not
 * begin with one that somebody else has chosen.
 */
export function capitalised(text: string): string {
  const [word = ''] = text.split(/[\s,;:!?…]/, 1);
  const isName = /[\d/_=-]|\.(?!$)/.test(word);
  return isName ? text : text.charAt(0).toUpperCase() + text.slice(1);
}
