/** With a capital at the beginning, except where a node's name stands there: `kafka1` stays as it is. */
export function capitalised(text: string): string {
  return /^[a-z]+[-_.]?\d/.test(text) ? text : text.charAt(0).toUpperCase() + text.slice(1);
}
