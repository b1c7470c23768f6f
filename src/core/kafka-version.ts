/** Whether a version of Kafka (`3.9.1`) is older than another one. One that is not known, or is no version, is not. */
export function isBefore(version: string | undefined, major: number, minor: number): boolean {
  const found = /^(\d+)\.(\d+)/.exec(version ?? '');
  if (found === null) return false;
  const [ofMajor, ofMinor] = [Number(found[1]), Number(found[2])];
  return ofMajor < major || (ofMajor === major && ofMinor < minor);
}
